//! Explanations as people read them: trees of lines. It knows nothing of how they came about.

use super::reach::words;
use super::{
    ExplainedPart, ExplainedRight, ExplainedRole, ExplainedRule, Explanation, GrantTerms, Obstacle,
    Reachable, RoleReason, RoleSource, Verdict, WhoCan,
};
use crate::fields::Fields;
use std::fmt;

/// A line, and those below it.
struct Branch {
    line: String,
    below: Vec<Branch>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let obstacle = self.obstacle.iter().map(|obstacle| Branch::leaf(obstacle.to_string()));
        let mut below: Vec<Branch> = obstacle.chain(self.roles.iter().map(of_role)).collect();
        if below.is_empty() {
            below.push(Branch::leaf("no role has anything to say"));
        }
        if !self.is_complete {
            below.push(Branch::leaf("the rest is left out, because it is too much"));
        }
        let line = format!("{}: {}: {}", self.who, self.deed, self.verdict);
        Branch { line, below }.write(formatter, "", "")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allowed"),
            Self::Masked { hidden } => write!(formatter, "allowed, without {}", hidden.join(", ")),
            Self::Unseen => formatter.write_str("as if it were not there"),
            Self::Denied => formatter.write_str("denied"),
            Self::Depends => formatter.write_str("depends on the thing"),
            Self::OpensNothing { reason } => write!(formatter, "opens nothing: {reason}"),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::HiddenFields => "it would replace what one does not see, and has to see to say this",
            Self::OtherFields => "it sets fields that no grant which holds is for",
        })
    }
}

impl fmt::Display for Reachable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: ", self.action, words(&self.on))?;
        let grants: Vec<String> = self.terms.grants.iter().map(of_grant).collect();
        formatter.write_str(&grants.join("; "))?;
        self.terms.denials.iter().try_for_each(|denial| write!(formatter, ", unless {}", one_line(denial)))
    }
}

impl fmt::Display for WhoCan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles = self.roles.iter().map(|role| match role.is_always {
            true => Branch::leaf(format!("role {}: always", role.name)),
            false => Branch {
                line: format!("role {}: depends", role.name),
                below: role.needs.iter().map(|need| Branch::leaf(need.to_string())).collect(),
            },
        });
        let identities =
            self.identities.iter().map(|who| Branch::leaf(format!("{}/{}", who.collection, who.id)));
        let keys = self.keys.iter().map(|key| Branch::leaf(format!("key {key}")));
        let mut below: Vec<Branch> = roles.chain(identities).chain(keys).collect();
        if below.is_empty() {
            below.push(Branch::leaf("nobody"));
        }
        if !self.is_complete {
            below.push(Branch::leaf("there are more that were not looked at"));
        }
        Branch { line: self.deed.clone(), below }.write(formatter, "", "")
    }
}

fn of_role(role: &ExplainedRole) -> Branch {
    let from_above = if role.is_inherited { " (of a database above)" } else { "" };
    let held = if role.is_held { "held" } else { "not held" };
    let mut below: Vec<Branch> = role.reasons.iter().map(of_reason).collect();
    if role.reasons.is_empty() {
        below.push(Branch::leaf("nothing gives it to them"));
    }
    below.extend(role.grants.iter().map(|grant| of_right("grant to", ["holds", "does not hold"], grant)));
    below.extend(role.denials.iter().map(|denial| of_right("denial to", ["denies", "is lifted"], denial)));
    Branch { line: format!("role {}{from_above}: {held}", role.name), below }
}

fn of_reason(reason: &RoleReason) -> Branch {
    let RoleReason { source, rule, holds } = reason;
    let (source, always, yes, no) = match source {
        RoleSource::Question => ("the question", "names it", "", ""),
        RoleSource::Key => ("the key", "names it", "", ""),
        RoleSource::Collection(name) => {
            (name.as_str(), "all of its documents are members", "a member", "not a member")
        }
        RoleSource::Provider(name) => {
            (name.as_str(), "gives it to everybody", "gives it", "does not give it")
        }
    };
    let said = if rule.is_none() {
        always
    } else if *holds {
        yes
    } else {
        no
    };
    Branch { line: format!("{source}: {said}"), below: rule.iter().map(of_rule).collect() }
}

fn of_right(what: &str, [yes, no]: [&str; 2], right: &ExplainedRight) -> Branch {
    let fields = right.fields.as_ref().map(|fields| format!(" ({})", of_fields(fields))).unwrap_or_default();
    let is_unasked = right.rule.as_ref().is_some_and(|rule| rule.answer.is_none());
    let outcome = if is_unasked {
        "depends"
    } else if right.holds {
        yes
    } else {
        no
    };
    let line = format!("{what} {} {}{fields}: {outcome}", right.action, right.on);
    Branch { line, below: right.rule.iter().map(of_rule).collect() }
}

fn of_rule(rule: &ExplainedRule) -> Branch {
    let text = one_line(&rule.text);
    // Of a rule that was not asked no part was.
    let Some(answer) = rule.answer else { return Branch::leaf(text) };
    let mut parts = rule.parts.iter().peekable();
    Branch { line: format!("{text}: {answer}"), below: of_parts(&mut parts, 0) }
}

/// The parts that are deeper than this, up to the first that is not.
fn of_parts<'p>(
    parts: &mut std::iter::Peekable<impl Iterator<Item = &'p ExplainedPart>>,
    above: usize,
) -> Vec<Branch> {
    let mut branches = Vec::new();
    while let Some(part) = parts.next_if(|part| part.depth > above) {
        let answers: Vec<String> = part.answers.iter().map(ToString::to_string).collect();
        let answers = if answers.is_empty() { "not asked".to_owned() } else { answers.join(", ") };
        let line = format!("{}: {answers}", one_line(&part.text));
        branches.push(Branch { line, below: of_parts(parts, part.depth) });
    }
    branches
}

fn of_grant(grant: &GrantTerms) -> String {
    let rule =
        grant.rule.as_ref().map_or_else(|| "always".to_owned(), |rule| format!("where {}", one_line(rule)));
    match &grant.fields {
        None => rule,
        Some(fields) => format!("{rule} ({})", of_fields(fields)),
    }
}

fn of_fields(fields: &Fields) -> String {
    match (fields.as_only(), fields.as_except()) {
        (Some([]), _) => "no fields".to_owned(),
        (Some(paths), _) => format!("only {}", paths.join(", ")),
        (None, Some(paths)) => format!("except {}", paths.join(", ")),
        (None, None) => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Branch {
    fn leaf(line: impl Into<String>) -> Self {
        Self { line: line.into(), below: Vec::new() }
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, first: &str, rest: &str) -> fmt::Result {
        writeln!(formatter, "{first}{}", self.line)?;
        let last = self.below.len().saturating_sub(1);
        for (place, branch) in self.below.iter().enumerate() {
            let [first, more] = if place == last { ["└─ ", "   "] } else { ["├─ ", "│  "] };
            branch.write(formatter, &format!("{rest}{first}"), &format!("{rest}{more}"))?;
        }
        Ok(())
    }
}
