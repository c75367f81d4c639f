//! Every cell of the table of rights, spelled out a second time: what a change would have to change on purpose.

use super::{BuiltInRole, RoleName};
use crate::resource::{Action, Decision, Resource};

#[test]
fn every_built_in_role_has_exactly_these_rights() {
    // A row for each kind in their order; a letter for each action that is allowed, in their order:
    // Read, Create, create with Id, Write, Delete, List ids, cAll, Explain.
    let check = |role: BuiltInRole, rows: [&str; 10]| {
        for (resource, row) in Resource::ALL.into_iter().zip(rows) {
            for (action, cell) in Action::ALL.into_iter().zip(row.chars()) {
                let expected = if cell == '-' { Decision::Deny } else { Decision::Allow };
                assert_eq!(role.decide(resource, action), expected, "{role:?} {action} {resource}");
            }
            assert_eq!(row.len(), Action::ALL.len());
        }
    };
    let all = "RCIWDL--";
    let no = "--------";
    check(
        BuiltInRole::Admin,
        [all, all, all, all, "RC-WDL--", "RC-WD---", "RC-WD--E", "RC-WD---", "RC-WD-A-", "R--W----"],
    );
    check(BuiltInRole::Server, [all, "R----L--", no, no, "RC-WDL--", "RC-WD---", no, no, "R-----A-", no]);
    check(BuiltInRole::ServerReadonly, ["R----L--", "R----L--", no, no, no, no, no, no, "R-------", no]);
    check(BuiltInRole::None, [no; 10]);
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
