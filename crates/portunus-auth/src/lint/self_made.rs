//! Membership that a member can give itself: a rule about a field that some role lets the documents of the same collection
//! change. It judges by what roles say plainly, and rather warns once too often.

use super::{CheckedPart, CheckedRole, Finding};
use crate::rights::Target;
use crate::rule::{IDENTITY, NEW, OLD};
use crate::{Action, Fields, Resource, RolePart};
use portunus_scope::FieldPath;
use std::collections::BTreeSet;

pub(super) fn say(role: &CheckedRole, roles: &[CheckedRole], found: &mut Vec<Finding>) {
    for member in role.members() {
        let Some(rule) = &member.rule else { continue };
        let mut told = BTreeSet::new();
        for used in rule.predicate.paths(IDENTITY) {
            if !told.insert(used.fields.clone()) {
                continue;
            }
            if let Some((by, grant)) = changes(&used.fields, &member.on, roles) {
                let path =
                    FieldPath::from_segments(used.fields).map_or_else(|_| "it".into(), |it| it.to_string());
                let problem = format!(
                    "a document of the collection can make itself a member: the role {} has `{}`, which lets it change `{path}`",
                    by.name, grant.part,
                );
                found.push(role.warn(member, problem).at(used.span));
            }
        }
    }
}

/// What lets the documents of a collection change a field of documents of that collection.
fn changes<'r>(
    field: &[String],
    of: &Target,
    roles: &'r [CheckedRole],
) -> Option<(&'r CheckedRole, &'r CheckedPart)> {
    let of_same = |role: &&CheckedRole| role.members().any(|member| member.on == *of);
    let of_all = |role: &CheckedRole| role.members().any(|member| member.on == *of && member.rule.is_none());
    for role in roles.iter().filter(of_same) {
        let denials = roles.iter().filter(|other| other.name == role.name || of_all(other));
        if denials.flat_map(CheckedRole::denied).any(|it| it.is_on(of) && keeps(it, field, false)) {
            continue;
        }
        let lets = |grant: &&CheckedPart| grant.is_on(of) && !keeps(grant, field, true);
        let mut grants = role.allowed().filter(|it| may_change(it.fields.as_ref(), field));
        if let Some(grant) = grants.find(lets) {
            return Some((role, grant));
        }
    }
    None
}

impl CheckedPart {
    /// Whether it is about changes of the documents of a collection.
    fn is_on(&self, of: &Target) -> bool {
        self.action == Some(Action::Write) && (self.on == *of || self.on == Target::Every(Resource::Document))
    }
}

/// Whether a field stays what it is where the rule of a grant is true, or that of a denial is false.
fn keeps(part: &CheckedPart, field: &[String], wherever: bool) -> bool {
    match &part.rule {
        // A grant without a rule keeps nothing, a denial without one keeps all.
        None => matches!(part.part, RolePart::Deny(_)),
        Some(rule) => {
            let kept = rule.predicate.kept((OLD, NEW), wherever);
            kept.iter().any(|kept| field.starts_with(&kept.fields))
        }
    }
}

/// Whether fields that may be changed have this one among them.
fn may_change(fields: Option<&Fields>, field: &[String]) -> bool {
    let Some(fields) = fields else { return true };
    let parsed =
        |paths: &[String]| -> Vec<FieldPath> { paths.iter().filter_map(|it| it.parse().ok()).collect() };
    let meets =
        |path: &FieldPath| path.segments().iter().zip(field).all(|(name, own)| name == "*" || name == own);
    match (fields.as_only(), fields.as_except()) {
        (Some(only), _) => parsed(only).iter().any(meets),
        (None, Some(except)) => {
            !parsed(except).iter().any(|path| path.segments().len() <= field.len() && meets(path))
        }
        (None, None) => true,
    }
}
