//! What a predicate depends on, read off its tree.

use crate::ast::Comparison;
use crate::ir::{Node, Path, Step};
use crate::predicate::Name;
use crate::{Known, Slot, Span};
use std::sync::Arc;

/// What a predicate depends on.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let vocabulary = Vocabulary::new()
///     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
///     .declare(Declaration::entity("identity", Type::Any, Known::Bound))
///     .with_now()
///     .with_reads();
/// let predicate = Predicate::new("doc.until > now && exists(\"groups\", doc.group)", &vocabulary)?;
/// let uses = predicate.uses();
/// assert_eq!(uses.slots, [0]);
/// assert!(uses.now && !uses.database && uses.bound);
/// assert!(uses.reads[0].decided);
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The declared names, by slot, in order.
    pub slots: Vec<Slot>,
    /// `now`.
    pub now: bool,
    /// `database()`.
    pub database: bool,
    /// Whether binding has something to put into it: the value of a name that is known then, `now`, the database, or a document
    /// that is read by what is known then.
    pub bound: bool,
    /// The documents that it reads, each once.
    pub reads: Vec<Read>,
}

/// A document that a predicate reads.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let identity = Declaration::entity("identity", Type::Any, Known::Bound);
/// let vocabulary = Vocabulary::new().declare(identity).with_reads();
/// let predicate = Predicate::new("get(\"teams\", identity.team).is_open", &vocabulary)?;
/// let read = &predicate.uses().reads[0];
/// assert_eq!((&*read.collection, read.decided), ("teams", false));
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its collection.
    pub collection: Arc<str>,
    /// Whether its id is known for each decision only, and not when binding.
    pub decided: bool,
}

/// Fields that are selected from a declared name.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let doc = Declaration::entity("doc", Type::Any, Known::Decided);
/// let predicate = Predicate::new("doc.owner.name == \"ann\" && has(doc.size)", &Vocabulary::new().declare(doc))?;
/// let paths = predicate.paths(0);
/// assert_eq!(paths[0].fields, ["owner", "name"]);
/// assert_eq!(paths[1].span.of(predicate.source()), "has(doc.size)");
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// Where, in the text of the predicate; for one in a predicate with a name, where that is called.
    pub span: Span,
    /// The names of the fields, from the outermost. There is at least one.
    pub fields: Vec<String>,
}

impl Uses {
    pub(crate) fn of(node: &Node, names: &[Name], reads: Vec<Read>) -> Self {
        let mut uses = Self { bound: reads.iter().any(|it| !it.decided), reads, ..Self::default() };
        node.each(&mut |part| match &part.step {
            Step::Path(path) | Step::HasPath(path) => uses.slots.push(path.slot),
            Step::Meta(_, slot) => uses.slots.push(*slot),
            Step::Now => uses.now = true,
            Step::Database => uses.database = true,
            _ => {}
        });
        uses.slots.sort_unstable();
        uses.slots.dedup();
        let is_bound = |slot: &Slot| names.get(usize::from(*slot)).is_some_and(|it| it.known == Known::Bound);
        uses.bound |= uses.now || uses.database || uses.slots.iter().any(is_bound);
        uses
    }
}

/// The fields of which a tree's being true, or its being false, says that they are equal in two slots. It may say so of more.
pub(crate) fn kept(node: &Node, slots: (Slot, Slot), is: bool) -> Vec<FieldPath> {
    let both = |one: Vec<FieldPath>, other: &[FieldPath]| -> Vec<FieldPath> {
        one.into_iter().filter(|it| other.iter().any(|other| other.fields == it.fields)).collect()
    };
    match &node.step {
        Step::Not(of) => kept(of, slots, !is),
        Step::And(parts) | Step::Or(parts) => {
            let each = parts.iter().map(|part| kept(part, slots, is));
            // All parts of a true `&&` are true, and all of a false `||` false; of the others only some are.
            if matches!(node.step, Step::And(_)) == is {
                each.flatten().collect()
            } else {
                each.reduce(|one, other| both(one, &other)).unwrap_or_default()
            }
        }
        Step::Compare(Comparison::Equal, sides) if is => same(sides, slots, node.span),
        Step::Compare(Comparison::NotEqual, sides) if !is => same(sides, slots, node.span),
        _ => Vec::new(),
    }
}

fn same([left, right]: &[Node; 2], (one, other): (Slot, Slot), span: Span) -> Vec<FieldPath> {
    let (Step::Path(left), Step::Path(right)) = (&left.step, &right.step) else { return Vec::new() };
    let is_pair = (left.slot, right.slot) == (one, other) || (left.slot, right.slot) == (other, one);
    let names = |path: &Path| -> Vec<String> { path.fields.iter().map(|it| it.name.to_string()).collect() };
    let fields = names(left);
    if is_pair && fields == names(right) { vec![FieldPath { span, fields }] } else { Vec::new() }
}

/// The fields that are selected from a slot.
pub(crate) fn paths(node: &Node, slot: Slot) -> Vec<FieldPath> {
    let mut found = Vec::new();
    node.each(&mut |part| {
        if let Step::Path(path) | Step::HasPath(path) = &part.step
            && path.slot == slot
            && !path.fields.is_empty()
        {
            let fields = path.fields.iter().map(|it| it.name.to_string()).collect();
            found.push(FieldPath { span: part.span, fields });
        }
    });
    found
}
