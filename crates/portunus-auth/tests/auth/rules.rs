//! Roles with rules, on every path to a document: what a caller sees and may do depends on its identity document.

use portunus_auth::{
    Action, Collection, Durability, Error, Fields, Gate, GateOptions, NewToken, On, Privilege, Role, Secret,
};
use serde_json::json;

/// A store with notes of two people, and a role by which each has the ones that it owns.
fn notes(role: impl FnOnce(Role) -> Role) -> (Gate, Secret, Secret, Secret) {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users")).unwrap();
    view.define(Collection::new("notes").index(["owner"]).unique(["slug"])).unwrap();
    view.create_with_id("users", "ann", json!({"team": "red"})).unwrap();
    view.create_with_id("users", "bob", json!({"team": "blue"})).unwrap();
    for (id, owner) in [("n1", "ann"), ("n2", "bob"), ("n3", "ann")] {
        let note = json!({"owner": owner, "title": id, "slug": format!("s-{id}"), "salary": 7});
        view.create_with_id("notes", id, note).unwrap();
    }
    view.define_role(role(Role::new("author").member("users"))).unwrap();
    let ann = view.create_token(NewToken::new("users", "ann")).unwrap().secret;
    let bob = view.create_token(NewToken::new("users", "bob")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    (gate, admin, ann, bob)
}

const OWN: &str = "doc.owner == id(identity)";

#[test]
fn each_sees_its_own_on_every_path() {
    let (gate, _, ann, bob) = notes(|role| role.allow_when("notes", Action::Read, OWN));
    for (secret, own, other) in [(&ann, ["n1", "n3"].as_slice(), "n2"), (&bob, &["n2"], "n1")] {
        let view = gate.begin_read(secret).unwrap();
        assert_eq!(view.query("notes").list_ids().unwrap(), own);
        assert_eq!(view.query("notes").count().unwrap(), own.len());
        assert_eq!(view.query("notes").index("owner").list_ids().unwrap(), own);
        assert_eq!(view.query("notes").first().unwrap().unwrap().id(), own[0]);
        assert!(view.exists("notes", own[0]).unwrap() && !view.exists("notes", other).unwrap());
        assert_eq!(view.query("notes").page(10, None).unwrap().documents.len(), own.len());
    }
}

#[test]
fn each_document_that_rules_read_is_the_one_that_they_name() {
    let (gate, admin, ann, _) = notes(|role| {
        role.allow_when("notes", Action::Read, "get('users', doc.owner).team == 'blue'")
            .allow_when("notes", Action::Read, "get('users', doc.reviewer).team == 'blue'")
            .allow_when(
                "notes",
                Action::Delete,
                "get('users', 'ann').team == 'red' && get('users', 'bob').team == 'blue'",
            )
    });
    let mut view = gate.begin_write(&admin).unwrap();
    for (id, owner, reviewer) in [("x1", "ann", "bob"), ("x2", "bob", "ann"), ("x3", "ann", "ann")] {
        view.create_with_id("notes", id, json!({"owner": owner, "reviewer": reviewer, "slug": id})).unwrap();
    }
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&ann).unwrap();
    assert_eq!(view.query("notes").list_ids().unwrap(), ["n2", "x1", "x2"]);
    for (id, sees) in [("x1", true), ("x2", true), ("x3", false), ("n2", true), ("n1", false)] {
        assert_eq!(view.exists("notes", id).unwrap(), sees, "{id}");
    }
    view.delete("notes", "x1").unwrap();
}

#[test]
fn rules_that_read_see_what_the_transaction_has_written() {
    for rule in ["get('groups', 'g').open", "get('groups', doc.group).open"] {
        let (gate, admin, ann, _) = notes(|role| role);
        let mut view = gate.begin_write(&admin).unwrap();
        view.define(Collection::new("groups")).unwrap();
        view.create_with_id("groups", "g", json!({"open": true})).unwrap();
        view.create_with_id("notes", "x", json!({"group": "g", "slug": "x"})).unwrap();
        let role = Role::new("opener").member("users").allow("groups", Action::Read);
        let role = role.allow("groups", Action::Write).allow_when("notes", Action::Read, rule);
        view.define_role(role).unwrap();
        view.commit(Durability::Immediate).unwrap();

        let mut view = gate.begin_write(&ann).unwrap();
        for open in [true, false, true] {
            view.patch("groups", "g", json!({"open": open})).unwrap();
            assert_eq!(view.exists("notes", "x").unwrap(), open, "{rule}");
            assert_eq!(view.query("notes").list_ids().unwrap().contains(&"x".to_owned()), open, "{rule}");
        }
    }
}

#[test]
fn a_count_is_of_what_is_seen_where_no_index_helps() {
    let (gate, _, ann, _) = notes(|role| role.allow_when("notes", Action::Read, "doc.title.endsWith('3')"));
    let view = gate.begin_read(&ann).unwrap();
    assert_eq!(view.query("notes").count().unwrap(), 1);
    assert!(view.query("notes").exists().unwrap());
    assert_eq!(view.query("notes").index("owner").count().unwrap(), 1);
    assert_eq!(view.query("notes").filter("doc.salary == 7").count().unwrap(), 1);
}

#[test]
fn what_is_another_s_is_not_taken_by_a_change() {
    let (gate, _, ann, _) = notes(|role| {
        role.allow("notes", Action::Read).allow_when("notes", Action::Write, "old.owner == id(identity)")
    });
    let mut view = gate.begin_write(&ann).unwrap();
    for change in [json!({"owner": "ann"}), json!({"title": "mine"})] {
        let denied = view.patch("notes", "n2", change);
        assert!(matches!(denied, Err(Error::Denied { action: Action::Write, .. })), "{denied:?}");
    }
    view.patch("notes", "n1", json!({"owner": "bob"})).unwrap();
}

#[test]
fn a_change_is_asked_for_with_what_was_and_what_will_be() {
    let (gate, _, ann, _) = notes(|role| {
        role.allow_when("notes", Action::Read, OWN)
            .allow_when("notes", Action::Write, "old.owner == id(identity) && new.owner == old.owner")
            .allow_when("notes", Action::Create, "new.owner == id(identity)")
            .allow_when("notes", Action::Delete, "doc.title == 'n3'")
    });
    let mut view = gate.begin_write(&ann).unwrap();
    view.patch("notes", "n1", json!({"title": "new"})).unwrap();
    let denied = view.patch("notes", "n1", json!({"owner": "bob"}));
    assert!(matches!(denied, Err(Error::Denied { action: Action::Write, .. })));
    assert!(matches!(view.patch("notes", "n2", json!({"title": "x"})), Err(Error::NotFound(_))));
    assert!(view.create("notes", json!({"owner": "ann"})).is_ok());
    assert!(matches!(view.create("notes", json!({"owner": "bob"})), Err(Error::Denied { .. })));
    assert!(matches!(view.delete("notes", "n1"), Err(Error::Denied { action: Action::Delete, .. })));
    view.delete("notes", "n3").unwrap();
    assert!(matches!(view.delete("notes", "n2"), Err(Error::NotFound(_))));
}

#[test]
fn a_clash_with_what_one_may_not_see_is_denied() {
    let (gate, _, ann, _) = notes(|role| {
        role.allow_when("notes", Action::Read, OWN)
            .allow("notes", Action::Create)
            .allow("notes", Action::CreateWithId)
    });
    let mut view = gate.begin_write(&ann).unwrap();
    let hidden = view.create("notes", json!({"owner": "ann", "slug": "s-n2"}));
    assert!(matches!(hidden, Err(Error::Denied { .. })), "{hidden:?}");
    let seen = view.create("notes", json!({"owner": "ann", "slug": "s-n1"}));
    assert!(matches!(seen, Err(Error::Constraint(_))), "{seen:?}");
    let hidden = view.create_with_id("notes", "n2", json!({"owner": "ann"}));
    assert!(matches!(hidden, Err(Error::Denied { .. })), "{hidden:?}");
    let seen = view.create_with_id("notes", "n1", json!({"owner": "ann"}));
    assert!(matches!(seen, Err(Error::AlreadyExists(_))), "{seen:?}");
}

#[test]
fn a_clash_with_fields_that_one_may_not_see_is_denied() {
    for (hidden, told) in [("slug", false), ("salary", true)] {
        let (gate, _, ann, _) = notes(|role| {
            let read = Privilege::new(On::Collection("notes".into()), Action::Read);
            role.privilege(read.fields(Fields::except([hidden]))).allow("notes", Action::Create)
        });
        let mut view = gate.begin_write(&ann).unwrap();
        let clash = view.create("notes", json!({"owner": "ann", "slug": "s-n2"}));
        match told {
            true => assert!(matches!(clash, Err(Error::Constraint(_))), "{clash:?}"),
            false => assert!(matches!(clash, Err(Error::Denied { .. })), "{clash:?}"),
        }
    }
}

#[test]
fn who_may_not_create_a_document_is_not_told_what_it_would_clash_with() {
    let (gate, _, ann, _) = notes(|role| {
        role.allow("notes", Action::Read)
            .allow_when("notes", Action::Create, "new.owner == id(identity)")
            .allow("notes", Action::CreateWithId)
    });
    let mut view = gate.begin_write(&ann).unwrap();
    for refused in [
        view.create("notes", json!({"owner": "bob", "slug": "s-n1"})),
        view.create_with_id("notes", "n1", json!({"owner": "bob"})),
    ] {
        assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    }
}

#[test]
fn a_masked_field_does_not_exist() {
    let read = Privilege::new(On::Collection("notes".into()), Action::Read).when(OWN);
    let (gate, _, ann, _) =
        notes(|role| role.privilege(read.fields(Fields::except(["salary"]))).allow("notes", Action::Write));
    let mut view = gate.begin_write(&ann).unwrap();
    let note = view.get("notes", "n1").unwrap().unwrap();
    assert!(note.field("salary").is_none() && note.field("title").is_some());
    let changed = view.replace("notes", "n1", json!({"owner": "ann", "title": "other"})).unwrap();
    assert!(changed.field("salary").is_none());
    view.commit(Durability::Immediate).unwrap();
}
