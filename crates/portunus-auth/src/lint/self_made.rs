//! Membership that a member can give itself: a rule about a field that some role lets the documents of the same collection
//! change. It judges by what roles say plainly, and rather warns once too often.

use super::{CheckedPart, CheckedRole, Finding};
use crate::rights::Target;
use crate::rule::{IDENTITY, NEW, OLD};
use crate::{Action, Fields, Resource};
use portunus_scope::FieldPath;
use std::collections::{BTreeMap, BTreeSet};

/// The most looks at what one role says for the sake of another one. Roles of people are far from it, and what is past it is
/// not looked at.
const LOOKS_MAX: usize = 1_000_000;

/// What the documents of each collection can do to documents of that collection.
pub(super) struct SelfMade<'r> {
    grounds: BTreeMap<&'r Target, Vec<Writer<'r>>>,
    looks_left: usize,
}

/// A role that documents of a collection have, which lets them change documents of it.
struct Writer<'r> {
    role: &'r CheckedRole,
    grants: Vec<(&'r CheckedPart, Kept)>,
    /// What is denied to all who have the role.
    denied: Kept,
}

/// The paths of fields that stay what they are; the empty path is that of all of them.
type Kept = Vec<Vec<String>>;

impl<'r> SelfMade<'r> {
    pub(super) fn of(roles: &'r [CheckedRole]) -> Self {
        let mut holders: BTreeMap<&Target, Vec<&CheckedRole>> = BTreeMap::new();
        for role in roles {
            let collections: BTreeSet<&Target> = role.members().map(|member| &member.on).collect();
            collections.into_iter().for_each(|of| holders.entry(of).or_default().push(role));
        }
        // Where nobody has to fulfil a rule there is nothing to be made.
        holders.retain(|of, roles| roles.iter().any(|role| has(role, of, true)));
        let mut looks_left = LOOKS_MAX;
        let ground = |(of, roles): (&'r Target, Vec<&'r CheckedRole>)| {
            let parts = roles.iter().map(|role| role.parts.len()).sum();
            looks_left = looks_left.checked_sub(parts)?;
            Some((of, writers(of, &roles)))
        };
        let grounds = holders.into_iter().map_while(ground).collect();
        Self { grounds, looks_left }
    }

    pub(super) fn say(&mut self, role: &CheckedRole, found: &mut Vec<Finding>) {
        for member in role.members() {
            let Some(rule) = &member.rule else { continue };
            let mut told = BTreeSet::new();
            for used in rule.predicate.paths(IDENTITY) {
                if !told.insert(used.fields.clone()) {
                    continue;
                }
                if let Some((by, grant)) = self.changing(&used.fields, &member.on) {
                    let path = FieldPath::from_segments(used.fields);
                    let path = path.map_or_else(|_| "it".into(), |path| path.to_string());
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
    fn changing(&mut self, field: &[String], of: &Target) -> Option<(&'r CheckedRole, &'r CheckedPart)> {
        let writers = self.grounds.get(of)?;
        let looks = writers.iter().map(|writer| writer.denied.len() + writer.grants.len()).sum();
        self.looks_left = self.looks_left.checked_sub(looks)?;
        let changes = |(grant, kept): &&(&CheckedPart, Kept)| {
            may_change(grant.fields.as_ref(), field) && !is_kept(kept, field)
        };
        let able = writers.iter().filter(|writer| !is_kept(&writer.denied, field));
        let mut able = able.filter_map(|writer| Some((writer.role, writer.grants.iter().find(changes)?.0)));
        able.next()
    }
}

/// Of roles that documents of a collection have, those that let them change documents of it.
fn writers<'r>(of: &Target, roles: &[&'r CheckedRole]) -> Vec<Writer<'r>> {
    let denied = |role: &CheckedRole| -> Kept {
        role.denied().filter(|it| is_on(it, of)).flat_map(kept_by_denial).collect()
    };
    let to_all: Kept =
        roles.iter().filter(|role| has(role, of, false)).flat_map(|role| denied(role)).collect();
    let writer = |role: &&'r CheckedRole| {
        let grants = role.allowed().filter(|it| is_on(it, of)).map(|it| (it, kept(it, true)));
        let mut denied = denied(role);
        denied.extend(to_all.iter().cloned());
        Writer { role, grants: grants.collect(), denied }
    };
    roles.iter().map(writer).filter(|writer| !writer.grants.is_empty()).collect()
}

/// Whether a role has documents of a collection as members by a rule, or without one.
fn has(role: &CheckedRole, of: &Target, by_rule: bool) -> bool {
    role.members().any(|member| member.on == *of && member.rule.is_some() == by_rule)
}

/// Whether a part is about changes of the documents of a collection.
fn is_on(part: &CheckedPart, of: &Target) -> bool {
    part.action == Some(Action::Write) && (part.on == *of || part.on == Target::Every(Resource::Document))
}

fn kept_by_denial(denial: &CheckedPart) -> Kept {
    if denial.rule.is_none() { vec![Vec::new()] } else { kept(denial, false) }
}

/// What stays as it is wherever a rule is true, or wherever it is false.
fn kept(part: &CheckedPart, wherever: bool) -> Kept {
    let rule = part.rule.iter();
    let kept = rule.flat_map(|rule| rule.predicate.kept((OLD, NEW), wherever));
    kept.map(|path| path.fields).collect()
}

fn is_kept(kept: &Kept, field: &[String]) -> bool {
    kept.iter().any(|kept| field.starts_with(kept))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Library, Rule, Shape, Subject};
    use crate::{Membership, On, Privilege, RolePart};

    /// Roles by whose rules documents are members, and which let them change all fields in so many ways.
    fn roles(grants: usize) -> Vec<CheckedRole> {
        let compiled = |source: &str, subject: Subject| {
            Rule::new(source).compile(subject, &Library::default(), &Shape::unknown()).unwrap()
        };
        let on = Target::Documents(64);
        let grant = |number: usize| {
            let rule = format!("new.staff == old.staff && old.size > {number}");
            let privilege = Privilege::new(On::Collection("users".into()), Action::Write).when(&rule);
            let rule = Some(compiled(&rule, Subject::Changing));
            let part = RolePart::Allow(privilege);
            CheckedPart { part, on: on.clone(), action: Some(Action::Write), fields: None, rule }
        };
        let member = CheckedPart {
            part: RolePart::Member(Membership { collection: "users".into(), when: Some(String::new()) }),
            on: on.clone(),
            action: None,
            fields: None,
            rule: Some(compiled("identity.size > 3 || identity.staff", Subject::Membership)),
        };
        let parts = (0..grants).map(grant).chain([member]).collect();
        vec![CheckedRole { name: "r".into(), is_used: false, parts }]
    }

    #[test]
    fn there_is_an_end_to_looking() {
        let roles = roles(50);
        let found = |looks_left: usize| {
            let mut found = Vec::new();
            let mut self_made = SelfMade::of(&roles);
            assert_eq!(self_made.looks_left, LOOKS_MAX - 51);
            self_made.looks_left = looks_left;
            self_made.say(&roles[0], &mut found);
            found.len()
        };
        // Of the two fields one is kept by each of the fifty grants.
        assert_eq!((found(LOOKS_MAX), found(100), found(50), found(49)), (1, 1, 1, 0));
    }
}
