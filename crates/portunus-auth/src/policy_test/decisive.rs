//! By which rule, and by which part of it, something was decided. It knows nothing of who asks.

use crate::{Action, Answer, ExplainedPart, ExplainedRole, ExplainedRule, Explanation};

/// How a test says that there is nothing which could have granted it.
const NO_GRANT: &str = "no grant";

/// Whether a text stands in what was decisive.
pub(super) fn is_because(explanation: &Explanation, is_allowed: bool, text: &str) -> bool {
    let decisive = if is_allowed { for_it(explanation) } else { against_it(explanation) };
    decisive.iter().any(|decisive| decisive.contains(text))
}

/// The parts of the grants that hold by which they do, and of the memberships by which somebody has them.
fn for_it(explanation: &Explanation) -> Vec<String> {
    let mut decisive = Vec::new();
    for role in explanation.roles.iter().filter(|role| role.is_held) {
        for grant in role.grants.iter().filter(|grant| grant.holds) {
            add(&mut decisive, grant.rule.as_ref(), |answer| answer == Answer::True);
        }
        let reasons = role.reasons.iter().filter(|reason| reason.holds);
        reasons.for_each(|reason| add(&mut decisive, reason.rule.as_ref(), |answer| answer == Answer::True));
    }
    decisive
}

/// The parts of the grants by which they do not hold, of the denials by which they are not lifted, and of the memberships by which
/// somebody lacks a role that would have helped.
fn against_it(explanation: &Explanation) -> Vec<String> {
    let mut decisive = Vec::new();
    let fails = |answer: Answer| answer != Answer::True;
    for role in &explanation.roles {
        if !role.is_held {
            let reasons = if grants(role) { role.reasons.as_slice() } else { &[] };
            reasons.iter().for_each(|reason| add(&mut decisive, reason.rule.as_ref(), fails));
            continue;
        }
        for grant in role.grants.iter().filter(|grant| !grant.holds) {
            add(&mut decisive, grant.rule.as_ref(), fails);
        }
        for denial in role.denials.iter().filter(|denial| denial.holds) {
            decisive.push(format!("{} denies to {} {}", role.name, denial.action, denial.on));
            add(&mut decisive, denial.rule.as_ref(), |answer| answer != Answer::False);
        }
    }
    let held = || explanation.roles.iter().filter(|role| role.is_held);
    let is_ungranted =
        |action: &Action| !held().any(|role| role.grants.iter().any(|grant| grant.action == *action));
    // To see an id, either action is enough.
    let lacks = match explanation.needs.as_slice() {
        needs @ [.., Action::ListIds] => needs.iter().all(is_ungranted),
        needs => needs.iter().any(is_ungranted),
    };
    decisive.extend(lacks.then(|| NO_GRANT.to_owned()));
    decisive.extend(explanation.obstacle.map(|obstacle| obstacle.to_string()));
    decisive
}

fn grants(role: &ExplainedRole) -> bool {
    role.grants.iter().any(|grant| grant.holds)
}

/// Adds the smallest parts of a rule that came out on the same side as the whole.
fn add(decisive: &mut Vec<String>, rule: Option<&ExplainedRule>, is_side: impl Fn(Answer) -> bool) {
    let Some(rule) = rule.filter(|rule| rule.answer.is_some_and(&is_side)) else { return };
    let before = decisive.len();
    add_within(decisive, &rule.parts, 0, &is_side);
    if decisive.len() == before {
        decisive.push(rule.text.clone());
    }
}

/// The same within parts that follow one that is this deep.
fn add_within(
    decisive: &mut Vec<String>,
    parts: &[ExplainedPart],
    above: usize,
    is_side: &dyn Fn(Answer) -> bool,
) {
    let mut rest = parts;
    while let Some((part, after)) = rest.split_first().filter(|(part, _)| part.depth > above) {
        let width = after.iter().take_while(|inner| inner.depth > part.depth).count();
        let (inner, others) = after.split_at_checked(width).unwrap_or((after, &[]));
        if part.answers.iter().any(|answer| is_side(*answer)) {
            let before = decisive.len();
            add_within(decisive, inner, part.depth, is_side);
            if decisive.len() == before {
                decisive.push(part.text.clone());
            }
        }
        rest = others;
    }
}
