//! What a role grants to nobody, or grants and takes back. It knows nothing of fields or indexes.

use super::{CheckedPart, CheckedRole, Finding, Severity};
use crate::{Action, RoleEntry};

pub(super) fn say(role: &CheckedRole, found: &mut Vec<Finding>) {
    if role.allowed().next().is_some() && role.members().next().is_none() && !role.is_used {
        let problem = "nobody has it: it has no members, and no key, access provider or procedure has it";
        found.push(Finding::new(Severity::Warning, RoleEntry::Role(role.name.clone()), problem));
    }
    for part in role.allowed() {
        let always = |denial: &&CheckedPart| denial.rule.is_none() && denial.covers(part);
        if let Some(denial) = role.denied().find(always) {
            found.push(role.warn(part, format!("the role denies it: {}", denial.part)));
        }
        if part.action == Some(Action::CreateWithId) && !role.allowed().any(|other| creates(other, part)) {
            let problem = "an id is chosen on top of `create`, which the role does not grant there";
            found.push(role.warn(part, problem));
        }
    }
}

/// Whether a grant is one of the right to create that choosing an id needs.
fn creates(other: &CheckedPart, part: &CheckedPart) -> bool {
    other.action == Some(Action::Create) && other.is_about(part)
}
