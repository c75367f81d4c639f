//! What is allowed in a predicate, and hardly meant. A short list: a warning that is wrong once is not read again.

use crate::Span;
use crate::ir::{Function, Node, Root, Step};
use crate::print::key;
use crate::{Constant, ast::Comparison};

/// Something in a text that is allowed, and hardly meant.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let claims = Declaration { null_is_missing: true, ..Declaration::value("claims", Type::Any, Known::Bound) };
/// let predicate = Predicate::new("claims.scope.contains(\"admin\")", &Vocabulary::new().declare(claims))?;
/// let warning = &predicate.warnings()[0];
/// assert!(warning.problem.contains("in scopes(claims)"));
/// assert_eq!(warning.span.start, 0);
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub span: Span,
    /// What, in lower case, without the place.
    pub problem: String,
}

/// The claims that hold words of which one is part of another.
const WORDS: [&str; 5] = ["scope", "scp", "scopes", "roles", "permissions"];

/// What there is to say of a tree, each once.
pub(crate) fn warnings(node: &Node) -> Vec<Warning> {
    let mut found: Vec<Warning> = Vec::new();
    let mut warn = |span: Span, problem: &str| {
        if !found.iter().any(|it| it.span == span && it.problem == problem) {
            found.push(Warning { span, problem: problem.to_owned() });
        }
    };
    node.each(&mut |part| {
        if let Some(problem) = part_of_word(part) {
            warn(part.span, problem);
        }
        if let Some(problem) = same_always(part) {
            warn(part.span, problem);
        }
        for decided in decided_by(part) {
            if let Step::Constant(Constant::Bool(value)) = decided.step {
                warn(
                    decided.span,
                    if value { "this part is always true" } else { "this part is always false" },
                );
            }
        }
    });
    found
}

/// `claims.scope.contains("admin")`, which is true of `nonadmin`.
fn part_of_word(node: &Node) -> Option<&'static str> {
    let Step::Call(Function::Contains, values) = &node.step else { return None };
    let Step::Path(path) = &values.first()?.step else { return None };
    let last = &*path.fields.last()?.name;
    if path.root != Root::Claims || !WORDS.contains(&last) {
        return None;
    }
    Some(match last {
        "scope" | "scp" => {
            "`contains` also finds a part of a longer word; `… in scopes(claims)` compares whole words"
        }
        _ => "`contains` also finds a part of a longer word; `in` compares the elements of a list",
    })
}

fn same_always(node: &Node) -> Option<&'static str> {
    let (Step::Compare(_, sides) | Step::In(sides)) = &node.step else { return None };
    let [left, right] = &**sides;
    if let (Step::Constant(_), Step::Constant(_)) = (&left.step, &right.step) {
        return Some("this compares two constants");
    }
    match &node.step {
        Step::Compare(comparison, _) if key(left) == key(right) => Some(match comparison {
            Comparison::Equal | Comparison::LessOrEqual | Comparison::GreaterOrEqual => {
                "both sides are the same"
            }
            // Of a number that is none it is: that is no way to ask for it which many would understand.
            Comparison::NotEqual => "both sides are the same, so it is true of nothing but NaN",
            Comparison::Less | Comparison::Greater => "both sides are the same, so it is never true",
        }),
        _ => None,
    }
}

/// The parts whose being true or false decides on the whole.
fn decided_by(node: &Node) -> &[Node] {
    match &node.step {
        Step::And(parts) | Step::Or(parts) => parts,
        Step::Not(of) => std::slice::from_ref(of),
        Step::Conditional(parts) => parts.get(..1).unwrap_or_default(),
        _ => &[],
    }
}
