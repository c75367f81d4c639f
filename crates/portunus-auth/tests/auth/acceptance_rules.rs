//! The lines of the acceptance list on privileges with rules, each as a test under its number.

use crate::world::{check, check_with, denied, not_found, seen, with_notes};
use portunus_auth::{
    Action, Collection, Document, Durability, Error, Field, NamedPredicate, Privilege, Procedure, ReadView,
    Resource, Result, Role, Type,
};
use serde_json::json;

#[track_caller]
fn refused_at<T: std::fmt::Debug>(result: Result<T>, part: &str) {
    match result {
        Err(Error::Rule { text, error }) => assert_eq!(error.span.of(&text), part, "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn acceptance_093_a_document_that_satisfies_either_of_two_roles_is_visible() {
    let notes = [("a", json!({"public": true})), ("b", json!({"owner": "ann"})), ("c", json!({}))];
    with_notes(
        |role| role.allow_when("notes", Action::Read, "doc.public"),
        &notes,
        |world, ann| {
            let other = Role::new("other").member("users");
            let other = other.allow_when("notes", Action::Read, "doc.owner == id(identity)");
            world.write(&world.admin, |tx| tx.define_role(other));
            assert_eq!(seen(world, ann), ["a", "b", "n1"]);
        },
    );
}

#[test]
fn acceptance_094_a_rule_that_faults_grants_nothing_and_lifts_no_denial() {
    let notes = [("a", json!({"public": true})), ("b", json!({"public": "yes"})), ("c", json!({"size": 1}))];
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "doc.size / 0 == 1")
                .allow_when("notes", Action::Read, "doc.public")
                .allow_when("notes", Action::Write, "1 / (old.size - 1) == 0")
        },
        &notes,
        |world, ann| {
            assert_eq!(seen(world, ann), ["a"], "one grant faults, the other is true");
            world.write(&world.admin, |tx| {
                tx.define_role(Role::new("all").member("users").allow("notes", Action::Read))
            });
            let error = world.try_write(ann, |tx| tx.patch("notes", "c", json!({"x": 1}))).unwrap_err();
            assert_eq!(error.to_string(), "denied: write on document", "nothing of the fault");
            let denial = Role::new("denier").member("users").deny_when("notes", Action::Read, "doc.size > 5");
            world.write(&world.admin, |tx| tx.define_role(denial));
            assert_eq!(seen(world, ann), ["c"], "a denial that faults denies");
        },
    );
}

#[test]
fn acceptance_096_a_denial_of_one_role_beats_the_grant_of_another() {
    with_notes(
        |role| role.allow("notes", Action::Read),
        &[("a", json!({"secret": true})), ("b", json!({"secret": false}))],
        |world, ann| {
            let denial =
                |rule: &str| Role::new("denier").member("users").deny_when("notes", Action::Read, rule);
            world.write(&world.admin, |tx| tx.define_role(denial("doc.secret")));
            assert_eq!(seen(world, ann), ["b"], "n1 says nothing of secrecy, so it is denied");
            world.write(&world.admin, |tx| tx.define_role(denial("has(doc.secret) && doc.secret")));
            assert_eq!(seen(world, ann), ["b", "n1"]);
        },
    );
}

#[test]
fn acceptance_103_who_may_change_a_note_may_not_give_it_away() {
    with_notes(
        |role| role.allow("notes", Action::Read).allow_when("notes", Action::Write, "new.owner == old.owner"),
        &[],
        |world, ann| {
            denied(world.try_write(ann, |tx| tx.patch("notes", "n1", json!({"owner": "bob"}))));
            denied(world.try_write(ann, |tx| tx.replace("notes", "n1", json!({"text": "no owner"}))));
            world.write(ann, |tx| tx.patch("notes", "n1", json!({"text": "hers"})));
        },
    );
}

#[test]
fn acceptance_105_a_creation_is_judged_with_its_defaults_and_its_id() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            let state = Field::new("state", Type::String).default("draft");
            tx.define(Collection::new("papers").field(state))?;
            tx.define_role(
                Role::new("author")
                    .member("users")
                    .allow_when("papers", Action::Create, "new.state == 'draft' && new.by == id(identity)")
                    .allow_when("papers", Action::CreateWithId, "id(new).startsWith(id(identity) + '-')"),
            )
        });
        let ann = world.token("", "ann").secret;
        world.write(&ann, |tx| tx.create("papers", json!({"by": "ann"})));
        denied(world.try_write(&ann, |tx| tx.create("papers", json!({"by": "ann", "state": "final"}))));
        denied(world.try_write(&ann, |tx| tx.create("papers", json!({"by": "bob"}))));
        world.write(&ann, |tx| tx.create_with_id("papers", "ann-1", json!({"by": "ann"})));
        denied(world.try_write(&ann, |tx| tx.create_with_id("papers", "bob-1", json!({"by": "ann"}))));
        // Permission comes before validity: what is neither is denied.
        denied(world.try_write(&ann, |tx| tx.create("papers", json!({"by": "bob", "state": 5}))));
        let invalid = world.try_write(&ann, |tx| tx.create("papers", json!({"by": "ann", "state": 5})));
        denied(invalid);
    });
}

#[test]
fn acceptance_107_what_one_may_change_and_not_see_is_not_there() {
    with_notes(
        |role| role.allow("notes", Action::Write).allow_when("notes", Action::Read, "doc.public"),
        &[("a", json!({"public": true}))],
        |world, ann| {
            world.write(ann, |tx| tx.patch("notes", "a", json!({"text": "x"})));
            not_found(world.try_write(ann, |tx| tx.patch("notes", "n1", json!({"text": "x"}))));
            let missing = world.try_write(ann, |tx| tx.patch("notes", "none", json!({}))).unwrap_err();
            let hidden = world.try_write(ann, |tx| tx.patch("notes", "n1", json!({}))).unwrap_err();
            assert_eq!(missing.to_string(), hidden.to_string());
        },
    );
}

#[test]
fn acceptance_110_a_rule_reads_what_its_caller_may_not() {
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "id(identity) in get('users', doc.owner).friends")
                .allow_when("notes", Action::Write, "exists('users', old.owner)")
        },
        &[("a", json!({"owner": "bob"})), ("b", json!({"owner": "nobody"}))],
        |world, ann| {
            assert!(seen(world, ann).is_empty(), "nobody has friends");
            world.write(&world.admin, |tx| tx.patch("users", "bob", json!({"friends": ["ann"]})));
            assert_eq!(seen(world, ann), ["a"]);
            assert!(world.read(ann, |tx| tx.get("users", "bob")).is_none(), "she sees no user by it");
            world.write(ann, |tx| tx.patch("notes", "a", json!({"text": "x"})));
            world.write(&world.admin, |tx| tx.patch("users", "bob", json!({"friends": null})));
            assert!(seen(world, ann).is_empty());
        },
    );
}

/// What a write transaction decided by is in its read set, also where a rule has read it.
#[test]
fn acceptance_110_what_a_rule_has_read_is_read_by_its_transaction() {
    with_notes(
        |role| {
            role.allow("notes", Action::Read).allow_when(
                "notes",
                Action::Write,
                "get('users', old.owner).open",
            )
        },
        &[("a", json!({"owner": "bob"}))],
        |world, ann| {
            world.write(&world.admin, |tx| tx.patch("users", "bob", json!({"open": true})));
            let mut view = world.gate.begin_write(ann).unwrap();
            view.patch("notes", "a", json!({"text": "x"})).unwrap();
            world.write(&world.admin, |tx| tx.patch("users", "bob", json!({"open": false})));
            assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
            denied(world.try_write(ann, |tx| tx.patch("notes", "a", json!({"text": "x"}))));
        },
    );
}

#[test]
fn acceptance_111_and_112_a_text_that_is_no_rule_is_refused_with_the_place() {
    check(|world| {
        world.settle("");
        let try_rule = |action: Action, rule: &str| {
            world.try_write(&world.admin, |tx| {
                tx.define_role(Role::new("r").allow_when("notes", action, rule))
            })
        };
        for (action, rule, part) in [
            (Action::Read, "doc.owner == user", "user"),
            (Action::Read, "erase('notes', id(doc))", "erase"),
            (Action::Read, "call('send', doc)", "call"),
            (Action::Read, "new.owner == 'ann'", "new"),
            (Action::Create, "doc.owner == 'ann'", "doc"),
            (Action::Write, "old.owner == args.owner", "args"),
            (Action::Read, "1 + 'a' == doc.x", "1 + 'a'"),
            (Action::Read, "doc.owner = 'ann'", "="),
            (Action::Read, "size(doc.owner, 1) == 1", "size(doc.owner, 1)"),
        ] {
            match try_rule(action, rule) {
                Err(Error::Rule { text, error }) => {
                    let found = error.span.of(&text);
                    assert!(part.contains(found) || found.contains(part), "{rule}: {error} at {found:?}");
                }
                other => panic!("{rule}: {other:?}"),
            }
        }
        refused_at(try_rule(Action::Read, "id(doc) + 1"), "id(doc) + 1");
        assert!(world.read(&world.admin, ReadView::roles).is_empty(), "nothing of it was kept");
        // What a schema declares is known when a rule is saved.
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("sizes").field(Field::new("size", Type::Int)))
        });
        let rule = Role::new("r").allow_when("sizes", Action::Read, "doc.size == 'large'");
        refused_at(world.try_write(&world.admin, |tx| tx.define_role(rule)), "doc.size == 'large'");
    });
}

#[test]
fn acceptance_113_a_rule_that_reads_its_own_collection_does_not_go_round() {
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "get('notes', doc.parent).public").allow_when(
                "users",
                Action::Read,
                "exists('notes', doc.note)",
            )
        },
        &[
            ("a", json!({"parent": "b"})),
            ("b", json!({"parent": "a", "public": true})),
            ("c", json!({"parent": "c"})),
        ],
        |world, ann| assert_eq!(seen(world, ann), ["a"]),
    );
}

#[test]
fn acceptance_114_a_rule_that_costs_too_much_grants_nothing() {
    let long: Vec<i64> = (0..300).collect();
    with_notes(
        |role| role.allow_when("notes", Action::Read, "doc.list.all(a, doc.list.exists(b, b == a))"),
        &[("a", json!({"list": [1, 2]})), ("b", json!({"list": long}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["a"]);
            assert_eq!(world.gate.auth_stats().rules_too_dear, 1, "an operator sees that there was one");
        },
    );
}

#[test]
fn acceptance_115_a_rule_sees_who_asks_whatever_its_secret_is() {
    with_notes(
        |role| role.allow_when("notes", Action::Read, "identity == null || doc.owner == id(identity)"),
        &[("a", json!({"owner": "bob"}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["n1"]);
            assert_eq!(seen(world, &world.as_document("", "bob")), ["a"]);
            let (_, key) = world.key("", "author");
            assert_eq!(seen(world, &key), ["a", "n1"], "a key is nobody");
        },
    );
}

#[test]
fn acceptance_115_and_049_a_procedure_is_judged_by_its_role_and_its_caller() {
    let list = Procedure::new("list", |call, (): ()| call.begin_read()?.query("notes").list_ids());
    check_with(&[list], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("lister").allow_when(
                "notes",
                Action::Read,
                "doc.owner == id(identity)",
            ))?;
            tx.define_procedure("list", Some("lister"))?;
            tx.define_role(Role::new("caller").member("users").allow_call("list"))
        });
        for (person, expected) in [("ann", vec!["n1"]), ("bob", vec![])] {
            let token = world.token("", person).secret;
            let found: Vec<String> = world.gate.call(&token, "list", ()).unwrap();
            assert_eq!(found, expected);
            assert!(seen(world, &token).is_empty());
        }
    });
}

#[test]
fn acceptance_120_ids_alone_can_be_shown_of_some() {
    with_notes(
        |role| {
            role.allow_when("notes", Action::ListIds, "doc.known").allow_when(
                "notes",
                Action::Read,
                "doc.public",
            )
        },
        &[("a", json!({"known": true})), ("b", json!({"public": true})), ("c", json!({}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["a", "b"]);
            assert_eq!(world.read(ann, |tx| tx.query("notes").count()), 1);
            assert!(world.read(ann, |tx| tx.get("notes", "a")).is_none());
            let by_index = world.read(ann, |tx| tx.query("notes").index("owner").list_ids());
            assert!(by_index.is_empty(), "an index is made of values");
        },
    );
}

#[test]
fn acceptance_123_a_transaction_whose_rule_has_changed_does_not_commit() {
    with_notes(
        |role| {
            role.allow("notes", Action::Read).allow_when("notes", Action::Write, "old.owner == id(identity)")
        },
        &[],
        |world, ann| {
            let change = |rule: &str| {
                let role = Role::new("author").member("users").allow("notes", Action::Read);
                let role = role.allow_when("notes", Action::Write, rule);
                world.write(&world.admin, |tx| tx.define_role(role));
            };
            let mut view = world.gate.begin_write(ann).unwrap();
            view.patch("notes", "n1", json!({"text": "x"})).unwrap();
            change("old.owner == 'bob'");
            assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
            denied(world.try_write(ann, |tx| tx.patch("notes", "n1", json!({"text": "x"}))));
            // Nor one whose identity document says something else now.
            change("identity.may_write");
            world.write(&world.admin, |tx| tx.patch("users", "ann", json!({"may_write": true})));
            let mut view = world.gate.begin_write(ann).unwrap();
            view.patch("notes", "n1", json!({"text": "x"})).unwrap();
            world.write(&world.admin, |tx| tx.patch("users", "ann", json!({"may_write": false})));
            assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
            // Nor one of a named predicate that says something else now.
            let define = |rule: &str| {
                let named = NamedPredicate::new("fine", ["what"], rule);
                world.write(&world.admin, |tx| tx.define_predicate(&named));
            };
            define("what.owner == 'ann'");
            change("fine(old)");
            let mut view = world.gate.begin_write(ann).unwrap();
            view.patch("notes", "n1", json!({"text": "x"})).unwrap();
            define("what.owner == 'bob'");
            assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        },
    );
}

#[test]
fn acceptance_126_rules_follow_a_renamed_collection() {
    with_notes(
        |role| role.allow_when("notes", Action::Read, "doc.owner == id(identity)"),
        &[],
        |world, ann| {
            world.write(&world.admin, |tx| tx.rename_collection("notes", "papers"));
            assert_eq!(world.read(ann, |tx| tx.query("papers").list_ids()), ["n1"]);
            world.write(&world.admin, |tx| tx.define(Collection::new("notes")));
            assert!(seen(world, ann).is_empty());
        },
    );
}

#[test]
fn a_privilege_on_all_documents_holds_in_every_collection() {
    with_notes(
        |role| role.allow_every_when(Resource::Document, Action::Read, "doc.name == id(identity)"),
        &[("a", json!({"name": "ann"}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["a"]);
            let users: Vec<Document> = world.read(ann, |tx| tx.query("users").documents());
            assert_eq!(users.iter().map(Document::id).collect::<Vec<_>>(), ["ann"]);
        },
    );
}

#[test]
fn fields_are_only_for_what_has_fields() {
    check(|world| {
        world.settle("");
        let fields = portunus_auth::Fields::only(["title"]);
        let on_notes = portunus_auth::On::Collection("notes".into());
        let try_role = |role: Role| world.try_write(&world.admin, |tx| tx.define_role(role));
        for action in [Action::Delete, Action::ListIds, Action::CreateWithId] {
            let privilege = Privilege::new(on_notes.clone(), action).fields(fields.clone());
            assert!(matches!(try_role(Role::new("r").privilege(privilege)), Err(Error::Invalid { .. })));
        }
        let denial = Privilege::new(on_notes, Action::Read).fields(fields);
        assert!(matches!(try_role(Role::new("r").denial(denial)), Err(Error::Invalid { .. })));
    });
}
