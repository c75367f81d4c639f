//! What a role says of documents, held against the definitions of their collections: fields that they do not have, and rules for
//! which no index serves. It knows nothing of who has the role.

use super::{CheckedPart, CheckedRole, Finding};
use crate::rights::Target;
use crate::rule::{DOC, IDENTITY, NEW, OLD};
use crate::{Action, Fields, RolePart};
use portunus_predicate::Reach;
use portunus_scope::{FieldPath, StoredCollection};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) fn say(role: &CheckedRole, collections: &[Arc<StoredCollection>], found: &mut Vec<Finding>) {
    for part in &role.parts {
        let Target::Documents(number) = part.on else { continue };
        let Some(of) = collections.iter().find(|it| it.number() == number) else { continue };
        say_of_fields(role, part, of, found);
        say_of_indexes(role, part, (of, collections), found);
    }
}

fn say_of_fields(role: &CheckedRole, part: &CheckedPart, of: &StoredCollection, found: &mut Vec<Finding>) {
    let slots: &[_] = if matches!(part.part, RolePart::Member(_)) { &[IDENTITY] } else { &[DOC, OLD, NEW] };
    let problem = |path: &FieldPath| format!("{} declares no field `{path}`", of.name());
    if let Some(rule) = &part.rule {
        let mut told = BTreeSet::new();
        for used in slots.iter().flat_map(|slot| rule.predicate.paths(*slot)) {
            let Ok(path) = FieldPath::from_segments(used.fields) else { continue };
            if !declares(of, path.segments()) && told.insert(path.clone()) {
                found.push(role.warn(part, problem(&path)).at(used.span));
            }
        }
    }
    for path in part.fields.iter().flat_map(paths) {
        let Ok(path) = path.parse::<FieldPath>() else { continue };
        // What stands for every member is declared nowhere.
        let named: Vec<String> = path.segments().iter().take_while(|name| *name != "*").cloned().collect();
        if !named.is_empty() && !declares(of, &named) {
            found.push(role.warn(part, problem(&path)));
        }
    }
}

/// Whether there can be something at a path, as far as a collection says that at all.
fn declares(of: &StoredCollection, path: &[String]) -> bool {
    let definition = of.definition();
    let fields = definition.fields();
    let leads = |field: &portunus_scope::Field| {
        let declared = field.path().parse::<FieldPath>();
        declared.is_ok_and(|declared| {
            declared.segments().iter().zip(path).all(|(declared, used)| declared == used)
        })
    };
    (fields.is_empty() && !definition.is_closed()) || fields.iter().any(leads)
}

fn paths(fields: &Fields) -> &[String] {
    fields.as_only().or_else(|| fields.as_except()).unwrap_or_default()
}

/// That reading by a rule takes a look at every document.
fn say_of_indexes(
    role: &CheckedRole,
    part: &CheckedPart,
    (of, collections): (&StoredCollection, &[Arc<StoredCollection>]),
    found: &mut Vec<Finding>,
) {
    let (Some(rule), Some(Action::Read), RolePart::Allow(_)) = (&part.rule, part.action, &part.part) else {
        return;
    };
    // Whoever sees them all anyway, by this role or by a rule about itself alone, has no use for an index.
    let sees_all = |other: &CheckedPart| other.rule.is_none() && other.covers(part);
    if !rule.predicate.uses().slots.contains(&DOC) || role.allowed().any(sees_all) {
        return;
    }
    if let Err(why) = served(&rule.predicate.reach_to_be(DOC), of, collections) {
        found.push(role.warn(part, format!("all documents are looked at, because {why}")));
    }
}

/// Whether the indexes of a collection lead to where a rule can be true; why not.
fn served(reach: &Reach, of: &StoredCollection, all: &[Arc<StoredCollection>]) -> Result<(), String> {
    match reach {
        Reach::Everything(why) => Err(why.clone()),
        Reach::Nothing | Reach::Id(_) => Ok(()),
        Reach::Field { path, .. } => indexed(of, path),
        Reach::Members { path, collection, field, .. } => {
            indexed(of, path)?;
            let other = all.iter().find(|other| other.name() == &**collection);
            other.map_or(Ok(()), |other| indexed(other, field))
        }
        Reach::Any(arms) => arms.iter().try_for_each(|arm| served(arm, of, all)),
        Reach::All(arms) => {
            let mut first = Ok(());
            for arm in arms {
                let arm = served(arm, of, all);
                if arm.is_ok() {
                    return arm;
                }
                first = first.and(arm);
            }
            first
        }
    }
}

fn indexed(of: &StoredCollection, path: &str) -> Result<(), String> {
    let same = |first: &String| first.parse::<FieldPath>().is_ok_and(|first| first.to_string() == path);
    let is_there = of.definition().indexes().iter().any(|index| index.fields().first().is_some_and(same));
    if is_there { Ok(()) } else { Err(format!("no index of `{}` begins with `{path}`", of.name())) }
}
