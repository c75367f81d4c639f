//! What a policy test has seen of the rules: which of them, and which of their parts, were true once, and which false. It knows
//! nothing of what was expected.

use crate::{Answer, ExplainedRight, ExplainedRole, ExplainedRule, Explanation, RoleReason, RoleSource};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was seen of the rules of roles.
///
/// ```
/// use portunus_auth::{Error, PartCoverage, PolicyCoverage, PolicyTest, RuleCoverage, Seen, from_value, to_value};
/// # use serde_json::json;
/// let test: PolicyTest = from_value(&to_value(&json!({
///     "roles": {"role": [{
///         "name": "reader",
///         "allow": [{"on": "notes", "actions": ["read"], "when": "doc.public && doc.level < 3"}],
///     }]},
///     "documents": {"notes": {"1": {"public": true, "level": 1}}},
///     "expect": [{"who": "role:reader", "can": "read", "on": "notes/1"}],
/// }))?)?;
/// let coverage: PolicyCoverage = test.run()?.coverage;
/// let rule: &RuleCoverage = &coverage.rules[0];
/// assert_eq!((rule.role.as_str(), rule.of.as_str()), ("reader", "grant to read notes"));
/// let part: &PartCoverage = &rule.parts[1];
/// let Seen { as_true, as_false, as_fault, .. } = part.seen;
/// assert_eq!((part.text.as_str(), as_true, as_false, as_fault), ("doc.level < 3", true, false, false));
/// assert_eq!(coverage.percent(), 50, "nothing was seen false");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyCoverage {
    /// Each rule of each role.
    pub rules: Vec<RuleCoverage>,
}

/// What was seen of a rule. See [`PolicyCoverage`].
///
/// ```
/// use portunus_auth::RuleCoverage;
/// fn was_never_true(rule: &RuleCoverage) -> bool {
///     !rule.seen.as_true
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleCoverage {
    /// The role.
    pub role: String,
    /// What it is the rule of.
    pub of: String,
    /// Its text.
    pub text: String,
    /// What was seen of it as a whole.
    pub seen: Seen,
    /// What was seen of the expressions in it that are true or false.
    pub parts: Vec<PartCoverage>,
}

/// What was seen of an expression. See [`PolicyCoverage`].
///
/// ```
/// use portunus_auth::PartCoverage;
/// fn shown(part: &PartCoverage) -> String {
///     format!("{}{}: {:?}", " ".repeat(part.depth), part.text, part.seen)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartCoverage {
    /// Its text.
    pub text: String,
    /// How many others it is part of.
    pub depth: usize,
    /// What was seen of it.
    pub seen: Seen,
}

/// What something came to, at least once.
///
/// ```
/// use portunus_auth::Seen;
/// assert!(!Seen::default().as_true);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// True.
    pub as_true: bool,
    /// False.
    pub as_false: bool,
    /// Without an answer.
    pub as_fault: bool,
}

impl PolicyCoverage {
    /// How much of what counts was seen, of a hundred, and rounded down: each rule and each expression in it counts twice, as true
    /// and as false. Where there are no rules, all was.
    #[must_use]
    pub fn percent(&self) -> usize {
        let rule = |rule: &RuleCoverage| {
            rule.seen.count() + rule.parts.iter().map(|part| part.seen.count()).sum::<usize>()
        };
        let seen: usize = self.rules.iter().map(rule).sum();
        let all: usize = self.rules.iter().map(|rule| 2 + 2 * rule.parts.len()).sum();
        (100 * seen).checked_div(all).unwrap_or(100)
    }
}

impl Seen {
    fn count(self) -> usize {
        usize::from(self.as_true) + usize::from(self.as_false)
    }

    fn add(&mut self, answer: Answer) {
        match answer {
            Answer::True => self.as_true = true,
            Answer::False => self.as_false = true,
            // A value is no answer for what is asked for a truth value.
            Answer::Fault(_) | Answer::Value => self.as_fault = true,
        }
    }
}

/// What has been seen so far.
pub(super) struct Count {
    rules: Vec<(RuleCoverage, Vec<usize>)>,
    places: BTreeMap<Key, usize>,
}

/// What tells a rule from others: its role, what it is the rule of, and its text.
type Key = (String, String, String);

impl Count {
    /// Nothing yet, of all that roles say.
    pub(super) fn of(outline: &[ExplainedRole]) -> Self {
        let mut count = Self { rules: Vec::new(), places: BTreeMap::new() };
        for role in outline {
            each_rule(role, true, &mut |of, rule| count.list(&role.name, of, rule));
        }
        count
    }

    /// What an explanation has seen: the rights of roles that were had, and why roles were had or not.
    pub(super) fn add(&mut self, explanation: &Explanation) {
        for role in &explanation.roles {
            each_rule(role, role.is_held, &mut |of, rule| self.see(&role.name, of, rule));
        }
    }

    pub(super) fn done(self) -> PolicyCoverage {
        PolicyCoverage { rules: self.rules.into_iter().map(|(rule, _)| rule).collect() }
    }

    fn list(&mut self, role: &str, of: String, rule: &ExplainedRule) {
        let key = (role.to_owned(), of.clone(), rule.text.clone());
        if self.places.contains_key(&key) {
            return;
        }
        let part = |part: &crate::ExplainedPart| PartCoverage {
            text: part.text.clone(),
            depth: part.depth,
            seen: Seen::default(),
        };
        let parts = rule.parts.iter().map(part).collect();
        let at = rule.parts.iter().map(|part| part.at).collect();
        self.places.insert(key, self.rules.len());
        let (role, text, seen) = (role.to_owned(), rule.text.clone(), Seen::default());
        self.rules.push((RuleCoverage { role, of, text, seen, parts }, at));
    }

    fn see(&mut self, role: &str, of: String, rule: &ExplainedRule) {
        let key = (role.to_owned(), of, rule.text.clone());
        let found = self.places.get(&key).and_then(|place| self.rules.get_mut(*place));
        let Some((coverage, places)) = found else { return };
        rule.answer.into_iter().for_each(|answer| coverage.seen.add(answer));
        for part in &rule.parts {
            let same = coverage.parts.iter_mut().zip(places.iter());
            for (known, at) in same {
                // Two expressions can begin at one place: the one of the same text is meant.
                if *at == part.at && known.text == part.text {
                    part.answers.iter().for_each(|answer| known.seen.add(*answer));
                }
            }
        }
    }
}

/// Calls for each rule of a role, with what it is the rule of.
fn each_rule(role: &ExplainedRole, with_rights: bool, call: &mut dyn FnMut(String, &ExplainedRule)) {
    for RoleReason { source, rule, .. } in &role.reasons {
        let of = match source {
            RoleSource::Collection(name) => format!("members in {name}"),
            RoleSource::Provider(name) => format!("given by {name}"),
            RoleSource::Question | RoleSource::Key => continue,
        };
        rule.iter().for_each(|rule| call(of.clone(), rule));
    }
    if !with_rights {
        return;
    }
    for (what, rights) in [("grant", &role.grants), ("denial", &role.denials)] {
        for ExplainedRight { action, on, rule, .. } in rights {
            rule.iter().for_each(|rule| call(format!("{what} to {action} {on}"), rule));
        }
    }
}
