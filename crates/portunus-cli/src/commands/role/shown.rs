//! Roles, what becomes of them and what is found in them, for programs and for people. It knows nothing of stores.

use crate::failure::Result;
use crate::output::Output;
use crate::role_file::FilePlace;
use portunus::{Fate, Finding, Membership, On, PartChange, Privilege, Role, RoleChange, RoleEntry, RolePart};
use serde_json::{Map, Value as Json, json};

/// A role, as one value.
pub fn role_json(role: &Role) -> Json {
    let privileges = |privileges: &[Privilege]| -> Json { privileges.iter().map(privilege_json).collect() };
    json!({
        "name": role.name(),
        "members": role.members().iter().map(member_json).collect::<Json>(),
        "inherit": role.is_inherited(),
        "allows": privileges(role.privileges()),
        "denies": privileges(role.denials()),
    })
}

/// A privilege in a cell of a table: that there is more to it, but not what.
pub fn in_short(privilege: &Privilege) -> String {
    let on = match &privilege.on {
        On::Collection(name) => format!("{name}:{}", privilege.action),
        On::Every(resource) => format!("every {resource}:{}", privilege.action),
        On::Procedure(name) => format!("{} {name}", privilege.action),
    };
    match (&privilege.when, &privilege.fields) {
        (None, None) => on,
        (Some(_), None) => format!("{on} (rule)"),
        (None, Some(_)) => format!("{on} (fields)"),
        (Some(_), Some(_)) => format!("{on} (rule, fields)"),
    }
}

/// The members of a role in a cell of a table.
pub fn member_in_short(member: &Membership) -> String {
    let rule = if member.when.is_some() { " (rule)" } else { "" };
    format!("{}{rule}", member.collection)
}

/// What became of roles, or would.
pub fn changes(changes: &[RoleChange], output: &mut Output) -> Result {
    if output.is_json() {
        return output.json(&changes.iter().map(change_json).collect());
    }
    changes.iter().try_for_each(|change| output.line(&change.to_string()))
}

/// What was found in roles, and how bad it is.
pub fn finding(finding: &Finding, file: Option<&str>, place: Option<FilePlace>) -> String {
    format!("{}: {}", finding.severity, problem(finding, file, place))
}

/// What was found in roles, and where in the file that they are from.
pub fn problem(finding: &Finding, file: Option<&str>, place: Option<FilePlace>) -> String {
    let at = match (file, place) {
        (Some(file), Some(FilePlace { line, column })) => format!("{file}:{line}:{column}: "),
        (Some(file), None) => format!("{file}: "),
        (None, _) => String::new(),
    };
    match finding.shown() {
        Some(marked) => {
            let part = finding.part.as_ref().map(in_a_word).unwrap_or_default();
            let marked: Vec<String> = marked.lines().map(|line| format!("\n  {line}")).collect();
            format!("{at}{}{part}{}", finding.entry, marked.concat())
        }
        None => format!("{at}{finding}"),
    }
}

/// The same, as one value.
pub fn finding_json(finding: &Finding, place: Option<FilePlace>) -> Json {
    let mut found = json!({"severity": finding.severity.to_string(), "problem": finding.problem});
    let Some(object) = found.as_object_mut() else { return found };
    put_entry(object, &finding.entry);
    if let Some(part) = &finding.part {
        put_part(object, part);
    }
    if let Some(span) = &finding.span {
        object.insert("span".into(), json!([span.start, span.end]));
    }
    if let Some(FilePlace { line, column }) = place {
        object.insert("line".into(), line.into());
        object.insert("column".into(), column.into());
    }
    found
}

fn in_a_word(part: &RolePart) -> String {
    match part {
        RolePart::Allow(privilege) => format!(", allow {}", on_action(privilege)),
        RolePart::Deny(privilege) => format!(", deny {}", on_action(privilege)),
        RolePart::Member(member) => format!(", members {}", member.collection),
        _ => String::new(),
    }
}

fn on_action(privilege: &Privilege) -> String {
    in_short(&Privilege::new(privilege.on.clone(), privilege.action))
}

fn change_json(change: &RoleChange) -> Json {
    let fate = match change.fate {
        Fate::Added => "added",
        Fate::Altered => "altered",
        Fate::Removed => "removed",
    };
    let part = |PartChange { added, part }: &PartChange| {
        let mut object = Map::from_iter([("added".to_owned(), Json::from(*added))]);
        put_part(&mut object, part);
        Json::Object(object)
    };
    let mut object = Map::new();
    put_entry(&mut object, &change.entry);
    object.insert("change".into(), fate.into());
    object.insert("parts".into(), change.parts.iter().map(part).collect());
    Json::Object(object)
}

fn put_entry(object: &mut Map<String, Json>, entry: &RoleEntry) {
    let kind = match entry {
        RoleEntry::Predicate(_) => "predicate",
        RoleEntry::Role(_) => "role",
    };
    object.insert(kind.into(), entry.name().into());
}

fn put_part(object: &mut Map<String, Json>, part: &RolePart) {
    match part {
        RolePart::Member(member) => object.insert("member".into(), member_json(member)),
        RolePart::Allow(privilege) => object.insert("allow".into(), privilege_json(privilege)),
        RolePart::Deny(privilege) => object.insert("deny".into(), privilege_json(privilege)),
        RolePart::Rule { parameters, rule } => {
            object.insert("parameters".into(), parameters.clone().into());
            object.insert("rule".into(), rule.as_str().into())
        }
        _ => object.insert("inherit".into(), true.into()),
    };
}

fn member_json(member: &Membership) -> Json {
    match &member.when {
        None => member.collection.as_str().into(),
        Some(rule) => json!({"collection": member.collection, "when": rule}),
    }
}

fn privilege_json(privilege: &Privilege) -> Json {
    let (key, name) = match &privilege.on {
        On::Collection(name) => ("collection", name.clone()),
        On::Every(resource) => ("every", resource.to_string()),
        On::Procedure(name) => ("procedure", name.clone()),
    };
    let mut object = Map::new();
    object.insert(key.into(), name.into());
    object.insert("action".into(), privilege.action.to_string().into());
    if let Some(rule) = &privilege.when {
        object.insert("when".into(), rule.as_str().into());
    }
    let fields = privilege.fields.as_ref();
    for (form, paths) in
        [("only", fields.and_then(|it| it.as_only())), ("except", fields.and_then(|it| it.as_except()))]
    {
        if let Some(paths) = paths {
            object.insert(form.into(), paths.into());
        }
    }
    Json::Object(object)
}
