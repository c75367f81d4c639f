//! Every cell of the table of rights, spelled out a second time: what a change would have to change on purpose.

use super::{Action, BuiltInRole, Decision, Resource, RoleName};

const RESOURCES: [Resource; 4] =
    [Resource::Document, Resource::Collection, Resource::Database, Resource::Key];
const ACTIONS: [Action; 6] =
    [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete, Action::ListIds];

#[test]
fn every_built_in_role_has_exactly_these_rights() {
    // A row for each resource in the order above; a letter for each action that is allowed:
    // Read, Create, create with Id, Write, Delete, List ids.
    let check = |role: BuiltInRole, rows: [&str; 4]| {
        for (resource, row) in RESOURCES.into_iter().zip(rows) {
            for (action, cell) in ACTIONS.into_iter().zip(row.chars()) {
                let expected = if cell == '-' { Decision::Deny } else { Decision::Allow };
                assert_eq!(role.decide(resource, action), expected, "{role:?} {action} {resource}");
            }
            assert_eq!(row.len(), ACTIONS.len());
        }
    };
    check(BuiltInRole::Admin, ["RCIWDL", "RCIWDL", "RCIWDL", "RCIWDL"]);
    check(BuiltInRole::Server, ["RCIWDL", "R----L", "------", "------"]);
    check(BuiltInRole::ServerReadonly, ["R----L", "R----L", "------", "------"]);
    check(BuiltInRole::None, ["------", "------", "------", "------"]);
}

#[test]
fn a_role_is_found_by_its_exact_name_alone() {
    for role in BuiltInRole::ALL {
        assert_eq!(BuiltInRole::named(role.name()), Some(role));
        assert_eq!(RoleName::from(role).as_str().parse::<RoleName>().unwrap(), role.into());
    }
    for name in ["", "Admin", "admin ", "root", "server_readonly", "server-", "adm", "null"] {
        assert_eq!(BuiltInRole::named(name), None, "{name:?}");
    }
}

#[test]
fn role_names_cannot_be_mistaken_for_a_scope() {
    let check = |name: &str, right: bool| assert_eq!(name.parse::<RoleName>().is_ok(), right, "{name:?}");
    check("editor_2-x", true);
    for wrong in ["", "@doc", "@doc/users/1", "a#b", "a@b", "a/b", "a b", "1a", "-a", "é", "a\0"] {
        check(wrong, false);
    }
    check(&"a".repeat(64), true);
    check(&"a".repeat(65), false);
}
