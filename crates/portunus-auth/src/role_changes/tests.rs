//! What becomes of roles, part by part.

use super::*;
use crate::{Action, Fields, Resource};

fn set(predicates: &[(&str, &str)], roles: Vec<Role>) -> RoleSet {
    let predicates = predicates.iter().map(|(name, rule)| NamedPredicate::new(*name, ["it"], *rule));
    RoleSet::new(predicates, roles).unwrap()
}

fn told(old: &RoleSet, new: &RoleSet, extent: Extent) -> Vec<String> {
    compare(old, new, extent).iter().map(ToString::to_string).collect()
}

#[test]
fn only_what_differs_is_told() {
    let old = set(
        &[("gone", "it.a"), ("same", "it.b")],
        vec![
            Role::new("kept").allow("notes", Action::Read),
            Role::new("left").deny("notes", Action::Delete),
            Role::new("turned").member("users").allow("notes", Action::Read).deny_call("send").inherit(),
        ],
    );
    let titles =
        Privilege::new(On::Collection("notes".into()), Action::Read).fields(Fields::only(["title", "a.b"]));
    let new = set(
        &[("same", "it.b"), ("new", "it.c\n  && it.d")],
        vec![
            Role::new("kept").allow("notes", Action::Read),
            Role::new("turned").member_when("users", "identity.active").privilege(titles).deny_call("send"),
            Role::new("young").allow_every(Resource::Key, Action::Read),
        ],
    );
    let named = [
        "+ predicate new\n  + (it) it.c && it.d",
        "~ role turned\n  - works in the databases below\n  - members users\n  - allow notes: read\n  + members users when identity.active\n  + allow notes: read only title, a.b",
        "+ role young\n  + allow every key: read",
    ];
    assert_eq!(told(&old, &new, Extent::Named), named);
    let all = told(&old, &new, Extent::All);
    assert_eq!(all[0], "- predicate gone\n  - (it) it.a");
    assert_eq!(all[2], "- role left\n  - deny notes: delete");
    assert_eq!((all.len(), &all[3], &all[4]), (5, &named[1].to_owned(), &named[2].to_owned()));
    assert!(compare(&old, &old, Extent::All).is_empty());
}

#[test]
fn a_rename_is_one_that_goes_and_one_that_comes() {
    let old = set(&[], vec![Role::new("writer").allow("notes", Action::Write)]);
    let new = set(&[], vec![Role::new("author").allow("notes", Action::Write)]);
    let expected = ["+ role author\n  + allow notes: write", "- role writer\n  - allow notes: write"];
    assert_eq!(told(&old, &new, Extent::All), expected);
}
