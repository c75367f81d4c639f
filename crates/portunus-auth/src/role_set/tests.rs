//! What is written is read back, and what cannot be meant is refused with what is wrong.

use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn read(text: Json) -> std::result::Result<RoleSet, String> {
    serde_json::from_value(text).map_err(|error| error.to_string())
}

fn rule() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(vec!["doc.a", "mine(doc)", "doc.t == \"\\\"'\\n\"", "a &&\n  b"]))
        .prop_map(|rule| rule.map(str::to_owned))
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["notes", "users", "a b", "\u{e4}'\"\\", "x.y"]).prop_map(str::to_owned)
}

fn fields() -> impl Strategy<Value = Option<Fields>> {
    let paths = || prop::collection::vec(name(), 0..3);
    prop_oneof![
        Just(None),
        paths().prop_map(|paths| Some(Fields::only(paths))),
        paths().prop_map(|paths| Some(Fields::except(paths))),
    ]
}

fn privilege() -> impl Strategy<Value = Privilege> {
    let on = prop_oneof![
        name().prop_map(On::Collection),
        prop::sample::select(Resource::ALL.to_vec()).prop_map(On::Every),
        name().prop_map(On::Procedure),
    ];
    let action = prop::sample::select(Action::ALL.to_vec());
    (on, action, rule(), fields()).prop_map(|(on, action, when, fields)| Privilege {
        on,
        action,
        when,
        fields,
    })
}

fn role() -> impl Strategy<Value = Role> {
    let privileges = || prop::collection::vec(privilege(), 0..6);
    let member = (name(), rule()).prop_map(|(collection, when)| Membership { collection, when });
    let members = prop::collection::vec(member, 0..4);
    ("[a-d]", privileges(), privileges(), members, any::<bool>()).prop_map(
        |(name, privileges, denials, members, inherit)| Role { name, privileges, denials, members, inherit },
    )
}

fn set() -> impl Strategy<Value = RoleSet> {
    let predicate = ("[p-s]", prop::collection::vec("[a-c]", 0..3), "[a-z]{1,9}")
        .prop_map(|(name, parameters, rule)| NamedPredicate::new(name, parameters, rule));
    let all = (prop::collection::vec(predicate, 0..4), prop::collection::vec(role(), 0..4));
    all.prop_filter_map("names are there once", |(predicates, roles)| RoleSet::new(predicates, roles).ok())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(set in set()) {
        let text = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<RoleSet>(&text).unwrap(), set.clone());
        let value = portunus_scope::to_value(&set).unwrap();
        prop_assert_eq!(portunus_scope::from_value::<RoleSet>(&value).unwrap(), set);
    }

    #[test]
    fn the_order_in_which_it_is_said_means_nothing(set in set()) {
        let turned = set.roles().iter().rev().cloned().map(|mut role| {
            role.privileges.reverse();
            role.denials.reverse();
            role.members.reverse();
            role
        });
        prop_assert_eq!(RoleSet::new(set.predicates().iter().rev().cloned(), turned).unwrap(), set);
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let grant = |grant: Json| read(json!({"role": [{"name": "r", "allow": [grant]}]}));
    let check = |given: std::result::Result<RoleSet, String>, words: &str| {
        let said = given.unwrap_err();
        assert!(said.contains(words), "{said}");
    };
    check(read(json!({"roles": []})), "unknown field `roles`");
    check(read(json!({"role": [{"name": "r", "member": ["users"]}]})), "unknown field `member`");
    check(read(json!({"role": [{}]})), "missing field `name`");
    check(read(json!({"role": [{"name": "r"}, {"name": "r"}]})), "there are two roles of this name");
    check(
        read(json!({"role": [{"name": "r", "members": [{"when": "identity.a"}]}]})),
        "missing field `collection`",
    );
    check(read(json!({"role": [{"name": "r", "members": [7]}]})), "expected the name of a collection");
    check(read(json!({"predicates": {"p": {"parameter": [], "rule": "true"}}})), "unknown field `parameter`");
    check(grant(json!({"actions": ["read"]})), "must say what this is on");
    check(grant(json!({"on": "notes", "every": "key", "actions": ["read"]})), "only one of `on`");
    check(grant(json!({"on": "notes"})), "at least one action");
    check(grant(json!({"on": "notes", "actions": ["reed"]})), "unknown variant `reed`");
    check(grant(json!({"every": "planet", "actions": ["read"]})), "unknown variant `planet`");
    check(
        grant(json!({"on": "notes", "actions": ["read"], "only": ["a"], "except": ["b"]})),
        "only one of `only` and `except`",
    );
    check(grant(json!({"on": "notes", "action": "read", "actions": ["read"]})), "unknown field `action`");
}

#[test]
fn a_procedure_is_called_unless_it_says_otherwise() {
    let given = json!({"role": [{"name": "r", "deny": [{"procedure": "send", "when": "args.all"}]}]});
    let set = read(given.clone()).unwrap();
    assert_eq!(set.roles()[0].denials()[0].action, Action::Call);
    assert_eq!(serde_json::to_value(&set).unwrap(), given);
}

#[test]
fn there_are_no_more_than_a_database_can_have() {
    let roles = |count: usize| (0..count).map(|number| Role::new(format!("r{number}")));
    assert!(RoleSet::new([], roles(ROLES_MAX)).is_ok());
    assert!(matches!(RoleSet::new([], roles(ROLES_MAX + 1)), Err(Error::Limit { .. })));
    let predicates =
        |count: usize| (0..count).map(|number| NamedPredicate::new(format!("p{number}"), [""; 0], "true"));
    assert!(RoleSet::new(predicates(NAMED_MAX), []).is_ok());
    assert!(matches!(RoleSet::new(predicates(NAMED_MAX + 1), []), Err(Error::Limit { .. })));
    let parameters = vec!["p"; PREDICATE_PARAMETERS_MAX + 1];
    assert!(RoleSet::new([NamedPredicate::new("p", parameters, "true")], []).is_err());
    let allow = |count: usize| {
        (0..count).fold(Role::new("r"), |role, number| role.allow(format!("c{number}"), Action::Read))
    };
    assert!(RoleSet::new([], [allow(PRIVILEGES_MAX)]).is_ok());
    assert!(RoleSet::new([], [allow(PRIVILEGES_MAX + 1)]).is_err());
    let members =
        |count: usize| (0..count).fold(Role::new("r"), |role, number| role.member(format!("c{number}")));
    assert!(RoleSet::new([], [members(MEMBER_COLLECTIONS_MAX)]).is_ok());
    assert!(RoleSet::new([], [members(MEMBER_COLLECTIONS_MAX + 1)]).is_err());
}
