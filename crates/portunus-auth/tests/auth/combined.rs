//! What each is tried for alone elsewhere, tried together: rules that cost too much beside others, fields beside expiry, names that
//! change inside of a transaction, expired identities beside new ones of their ids, procedures in the midst of transactions.

use crate::world::{check, check_with, denied, not_found, path, scope, seen, with_notes};
use portunus_auth::{
    Action, Collection, Deed, Durability, Error, Expiry, Fields, NewToken, On, Privilege, Procedure,
    Resource, Result, Role, Sort, Verdict, Who,
};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::sync::{Arc, Mutex};

/// More elements than a rule may go over.
fn long() -> Vec<i64> {
    vec![0; 20_000]
}

/// A grant whose rule cost too much once took what was left for the other rules along, because they were decided as one: a
/// document was hidden by a grant, and whoever could write a long list could hide it.
#[test]
fn a_grant_that_costs_too_much_takes_away_no_other_grant() {
    let notes = [
        ("both", json!({"a": long(), "b": [1], "c": [1]})),
        ("reverse", json!({"a": [1], "b": long(), "c": [1]})),
        ("denied", json!({"a": long(), "b": [1], "c": [9]})),
        ("doubted", json!({"a": [1], "b": [1], "c": long()})),
        ("faulty", json!({"a": "no list", "b": long(), "c": [1]})),
        ("dear", json!({"a": long(), "b": long(), "c": [1]})),
    ];
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "doc.a.exists(x, x == 1)")
                .allow_when("notes", Action::Read, "doc.b.exists(x, x == 1)")
                .deny_when("notes", Action::Read, "doc.c.exists(x, x == 9)")
        },
        &notes,
        |world, ann| {
            assert_eq!(seen(world, ann), ["both", "reverse"]);
            for (id, _) in &notes {
                let sees = ["both", "reverse"].contains(id);
                assert_eq!(world.read(ann, |tx| tx.exists("notes", id)), sees, "{id}");
                let why = world.read(&world.admin, |tx| {
                    tx.explain(&Who::document("users", "ann"), &Deed::read("notes", *id))
                });
                assert_eq!(why.verdict == Verdict::Allowed, sees, "{id}: {why}");
            }
        },
    );
}

/// What rules make on their way is limited for each as well.
#[test]
fn a_grant_that_makes_too_much_takes_away_no_other_grant() {
    let text = "a".repeat(40_000);
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "(doc.text + doc.text).startsWith('b')").allow_when(
                "notes",
                Action::Read,
                "doc.text + 'z' == doc.text + doc.end",
            )
        },
        &[("a", json!({"text": text, "end": "y"})), ("b", json!({"text": "a".repeat(20_000), "end": "z"}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["b"]);
        },
    );
}

/// Fields of several grants are of those that hold, whatever others cost; and so are changes.
#[test]
fn fields_and_changes_are_those_of_grants_that_hold_whatever_others_cost() {
    let grant = |action, rule: &str, fields: &[&str]| {
        Privilege::new(On::Collection("notes".into()), action)
            .when(rule)
            .fields(Fields::only(fields.iter().copied()))
    };
    with_notes(
        |role| {
            role.privilege(grant(Action::Read, "doc.a.exists(x, x == 1)", &["a"]))
                .privilege(grant(Action::Read, "doc.b.exists(x, x == 1)", &["b", "title"]))
                .privilege(grant(Action::Write, "old.a.exists(x, x == 1)", &["a"]))
                .privilege(grant(Action::Write, "old.b.exists(x, x == 1)", &["title"]))
        },
        &[("a", json!({"a": long(), "b": [1], "title": "milk", "secret": 7}))],
        |world, ann| {
            let shown = world.read(ann, |tx| tx.get("notes", "a")).unwrap();
            assert_eq!(shown.value(), portunus_auth::to_value(&json!({"b": [1], "title": "milk"})).unwrap());
            let changed = world.write(ann, |tx| tx.patch("notes", "a", json!({"title": "tea"})));
            assert_eq!(changed.field("title").and_then(portunus_auth::ValueRef::as_str), Some("tea"));
            denied(world.try_write(ann, |tx| tx.patch("notes", "a", json!({"a": []}))));
        },
    );
}

/// Whoever might set some fields alone could once say how long a document lives, which the collection says.
#[test]
fn who_may_set_some_fields_of_a_new_document_does_not_say_when_it_expires() {
    let creates = |role: Role, fields: Option<Fields>| {
        let grant = Privilege::new(On::Collection("drafts".into()), Action::Create);
        role.allow("drafts", Action::CreateWithId)
            .privilege(fields.into_iter().fold(grant, Privilege::fields))
    };
    check(|world| {
        world.settle("");
        let ann = world.token("", "ann").secret;
        for (fields, may) in [(None, true), (Some(Fields::only(["title"])), false)] {
            world.write(&world.admin, |tx| {
                tx.define(Collection::new("drafts").ttl(std::time::Duration::from_secs(60)))?;
                let role = Role::new("author").member("users").allow("drafts", Action::Read);
                tx.define_role(creates(role, fields.clone()))
            });
            let draft = json!({"title": "milk"});
            for expiry in [Expiry::Never, Expiry::At(world.later(1_000_000))] {
                for id in [None, Some("d")] {
                    let made = || {
                        let mut view = world.gate.begin_write(&ann).unwrap();
                        let addition = view.add("drafts").expires(expiry);
                        id.into_iter().fold(addition, portunus_auth::Addition::id).create(&draft)
                    };
                    if may { assert!(made().is_ok(), "{:?}", made()) } else { denied(made()) }
                }
            }
            let made = world.write(&ann, |tx| tx.create("drafts", &draft));
            assert_eq!(made.expires_at(), Some(world.later(60)), "as the collection says");
        }
    });
}

/// Whoever might change all fields of a document could once let it end at once, whatever kept it from deleting it.
#[test]
fn who_may_not_delete_a_document_does_not_let_it_end_earlier_either() {
    for (deletes, may) in [("false", false), ("doc.owner == 'ann'", true), ("doc.owner == 'bob'", false)] {
        with_notes(
            |role| {
                role.allow("notes", Action::Read)
                    .allow("notes", Action::Write)
                    .allow("notes", Action::Delete)
                    .deny_when("notes", Action::Delete, format!("!({deletes})"))
            },
            &[],
            |world, ann| {
                let expires = |at: Option<u64>| {
                    let expiry = at.map_or(Expiry::Never, |at| Expiry::At(world.later(at)));
                    world.try_write(ann, |tx| tx.change("notes", "n1").expires(expiry).patch(json!({})))
                };
                world.write(&world.admin, |tx| {
                    tx.change("notes", "n1").expires(Expiry::At(world.later(100))).patch(json!({}))
                });
                expires(Some(200)).unwrap();
                for earlier in [199, 1] {
                    let ended = expires(Some(earlier));
                    if may { drop(ended.unwrap()) } else { denied(ended) }
                }
                expires(None).unwrap();
                if !may {
                    denied(expires(Some(1_000_000)));
                }
                assert!(world.read(ann, |tx| tx.exists("notes", "n1")));
            },
        );
    }
}

/// Nothing has swept the identity, and its id is given to somebody else: neither a token nor a membership comes back.
#[test]
fn a_new_identity_in_the_place_of_an_expired_one_gets_nothing_of_it() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            let until = Expiry::At(world.later(10));
            tx.add("users").id("tom").expires(until).create(json!({"email": "t@example.org"}))?;
            tx.define_role(Role::new("author").member("users").allow("notes", Action::Read))
        });
        let old = world.token("", "tom").secret;
        let acting = world.as_document("", "tom");
        let open = world.gate.begin_read(&old).unwrap();
        world.opens(&acting);
        world.advance(10);
        let mut adding = world.gate.begin_write(&world.admin).unwrap();
        adding.create_with_id("users", "tom", json!({"email": "other@example.org"})).unwrap();
        adding.commit(Durability::Immediate).unwrap();
        assert!(matches!(open.query("notes").count(), Err(Error::Unauthenticated)));
        world.refuses(&old);
        world.opens(&acting);
        assert!(world.read(&world.admin, |tx| tx.tokens_of("users", "tom")).is_empty());
        let new = world.token("", "tom").secret;
        assert_eq!(seen(world, &new), ["n1"]);
        world.clock.set(world.later(5));
        world.refuses(&old);
    });
}

/// A group that lets somebody in expires while a transaction is open: it reads no more, and does not commit.
#[test]
fn a_membership_by_a_document_that_expires_ends_with_it_in_open_transactions_too() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("groups"))?;
            let group = json!({"people": ["ann"]});
            tx.add("groups").id("g").expires(Expiry::At(world.later(10))).create(group)?;
            let rule = "id(identity) in get('groups', 'g').people";
            let role = Role::new("author").member_when("users", rule).allow("notes", Action::Read);
            tx.define_role(role.allow("notes", Action::Create))
        });
        let ann = world.token("", "ann").secret;
        let reader = world.gate.begin_read(&ann).unwrap();
        let mut writer = world.gate.begin_write(&ann).unwrap();
        writer.create("notes", json!({})).unwrap();
        assert_eq!(reader.query("notes").count().unwrap(), 1);
        world.advance(10);
        assert!(reader.query("notes").count().is_err());
        assert!(writer.commit(Durability::Immediate).is_err());
        assert!(seen(world, &ann).is_empty());
    });
}

/// A name is given to another collection in the same transaction: rights stay with what they were given for.
#[test]
fn rights_follow_a_collection_through_renames_of_the_same_transaction() {
    check(|world| {
        let steward = Role::new("steward")
            .allow_when("notes", Action::Read, "doc.owner == 'ann'")
            .allow("notes", Action::Create)
            .allow_every(Resource::Collection, Action::Read)
            .allow_every(Resource::Collection, Action::Write)
            .allow_every(Resource::Collection, Action::Create);
        world.write(&world.admin, |tx| {
            tx.create_with_id("notes", "n2", json!({"owner": "bob"}))?;
            tx.define(Collection::new("other"))?;
            tx.create_with_id("other", "o1", json!({"owner": "ann"}))?;
            tx.define_role(steward.clone())
        });
        let (_, key) = world.key("", "steward");
        let mut view = world.gate.begin_write(&key).unwrap();
        assert_eq!(view.query("notes").list_ids().unwrap(), ["n1"]);
        let first = view.query("notes").sort([Sort::ascending("owner")]).page(1, None).unwrap();
        assert!(first.next.is_none());
        view.rename_collection("notes", "memos").unwrap();
        assert_eq!(view.query("memos").list_ids().unwrap(), ["n1"]);
        assert!(!view.exists("memos", "n2").unwrap());
        view.rename_collection("other", "notes").unwrap();
        assert!(view.query("notes").list_ids().unwrap().is_empty(), "that is another collection");
        assert!(!view.exists("notes", "o1").unwrap());
        not_found(view.patch("notes", "o1", json!({"owner": "eve"})).map(drop));
        denied(view.create("notes", json!({})).map(drop));
        view.create("memos", json!({"owner": "ann"})).unwrap();
        view.define(Collection::new("other")).unwrap();
        denied(view.create("other", json!({})).map(drop));
        view.commit(Durability::Immediate).unwrap();
        assert_eq!(seen(world, &key), Vec::<String>::new());
        assert_eq!(world.read(&key, |tx| tx.query("memos").count()), 2);
    });
}

/// A role is renamed, or made anew under its name, while somebody who has it is at work.
#[test]
fn a_role_that_changes_its_name_or_its_place_under_a_transaction_lets_nothing_through() {
    type Change = fn(&mut portunus_auth::WriteView) -> Result<()>;
    let changes: [Change; 2] = [
        |tx| tx.rename_role("author", "writer"),
        |tx| {
            tx.delete_role("author")?;
            tx.define_role(Role::new("author").member("users").allow("notes", Action::Create))
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        with_notes(
            |role| role.allow("notes", Action::Read).allow("notes", Action::Create),
            &[],
            |world, ann| {
                let reader = world.gate.begin_read(ann).unwrap();
                let mut writer = world.gate.begin_write(ann).unwrap();
                writer.create_with_id("notes", "late", json!({})).map(drop).unwrap_err();
                writer.create("notes", json!({})).unwrap();
                world.write(&world.admin, change);
                assert!(reader.query("notes").count().is_err());
                assert!(writer.commit(Durability::Immediate).is_err());
                assert_eq!(seen(world, ann).len(), 1 - number);
            },
        );
    }
}

/// A procedure with more rights works while its caller has a transaction open on the same document: one of both commits.
#[test]
fn a_procedure_in_the_midst_of_its_caller_s_transaction_is_another_transaction() {
    let bump = Procedure::new("bump", |call, (): ()| {
        let mut view = call.begin_write()?;
        view.patch("notes", "n1", json!({"secret": 2}))?;
        view.commit(Durability::Immediate)
    });
    check_with(&[bump], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.patch("notes", "n1", json!({"secret": 1}))?;
            tx.define_procedure("bump", Some("server"))?;
            let notes = |action| Privilege::new(On::Collection("notes".into()), action);
            tx.define_role(
                Role::new("author")
                    .member("users")
                    .allow_call("bump")
                    .privilege(notes(Action::Read).fields(Fields::except(["secret"])))
                    .privilege(notes(Action::Write).fields(Fields::except(["secret"]))),
            )
        });
        let ann = world.token("", "ann").secret;
        let mut view = world.gate.begin_write(&ann).unwrap();
        view.patch("notes", "n1", json!({"title": "tea"})).unwrap();
        world.gate.call::<_, ()>(&ann, "bump", ()).unwrap();
        let seen = view.get("notes", "n1").unwrap().unwrap();
        assert!(seen.field("secret").is_none() && seen.field("title").is_some());
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        let note = world.read(&world.admin, |tx| tx.get("notes", "n1")).unwrap();
        assert_eq!(note.field("secret").and_then(portunus_auth::ValueRef::as_int), Some(2));
    });
}

/// What a call may do hangs on its arguments, and nothing that is remembered of one call is good for another.
#[test]
fn a_right_to_call_with_some_arguments_is_no_right_to_call_with_others() {
    let seen = Arc::new(Mutex::new(Vec::<i64>::new()));
    let noted = seen.clone();
    let pay = Procedure::new("pay", move |call, amount: Json| {
        let _reader = call.begin_read()?;
        let writer = call.begin_write()?;
        noted.lock().unwrap().push(amount["n"].as_i64().unwrap());
        writer.commit(Durability::Immediate)
    });
    check_with(&[pay], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_procedure("pay", Some("server"))?;
            tx.define_role(Role::new("payer").member("users").allow_call_when("pay", "args.n < 10"))
        });
        let ann = world.token("", "ann").secret;
        for (n, may) in [(5, true), (50, false), (5, true), (10, false), (9, true)] {
            seen.lock().unwrap().clear();
            let called = world.gate.call::<_, ()>(&ann, "pay", json!({"n": n}));
            assert_eq!(called.is_ok(), may, "{n}: {called:?}");
            assert_eq!(seen.lock().unwrap().len(), usize::from(may));
        }
    });
}

/// A key that is narrowed to a role has the nearest one of that name, also while databases gain and lose one.
#[test]
fn a_narrowed_key_has_the_nearest_role_of_its_name_at_every_moment() {
    check(|world| {
        let reader = || Role::new("reader").allow("notes", Action::Read);
        world.write(&world.admin, |tx| tx.define_role(reader().inherit()));
        let narrowed = world.admin.scoped(&scope("@acme/eu#reader"));
        assert_eq!(seen(world, &narrowed), ["n1"]);
        let open = world.gate.begin_read(&narrowed).unwrap();
        let own = world.inside("acme/eu");
        world.write(&own, |tx| tx.define_role(Role::new("reader").allow("notes", Action::Create)));
        assert!(open.query("notes").count().is_err(), "it is another role now");
        assert!(seen(world, &narrowed).is_empty());
        let open = world.gate.begin_read(&narrowed).unwrap();
        world.write(&own, |tx| tx.delete_role("reader"));
        assert!(open.query("notes").list_ids().is_err());
        assert_eq!(seen(world, &narrowed), ["n1"]);
        let mut writer = world.gate.begin_write(&narrowed).unwrap();
        denied(writer.create("notes", json!({})).map(drop));
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &path("beta")));
        assert!(writer.query("notes").count().is_err());
        world.refuses(&narrowed);
        assert_eq!(seen(world, &world.admin.scoped(&scope("@beta/eu#reader"))), ["n1"]);
    });
}

/// Patches that are no objects, or hold nothing but null, tell nothing of what is hidden.
#[test]
fn odd_patches_are_answered_alike_whatever_is_hidden() {
    let patches = [
        json!(null),
        json!([]),
        json!(1),
        json!({}),
        json!({"secret": null}),
        json!({"deep": null}),
        json!({"deep": {"secret": null}}),
        json!({"deep": {"shown": null}}),
        json!({"deep": {"shown": null, "secret": null}}),
        json!({"list": null}),
        json!({"list": []}),
        json!({"title": null}),
        json!({"secret": {}}),
    ];
    let told = |hidden: Json| {
        let told = RefCell::new(Vec::new());
        check(|world| {
            world.settle("");
            let hidden = hidden.clone();
            world.write(&world.admin, |tx| {
                let notes = |action| Privilege::new(On::Collection("notes".into()), action);
                let shown = || Fields::except(["secret", "deep.secret", "list.secret"]);
                tx.create_with_id("notes", "m", hidden)?;
                tx.define_role(
                    Role::new("author")
                        .member("users")
                        .privilege(notes(Action::Read).fields(shown()))
                        .privilege(notes(Action::Write).fields(shown())),
                )
            });
            let ann = world.token("", "ann").secret;
            for patch in &patches {
                for whole in [false, true] {
                    let mut view = world.gate.begin_write(&ann).unwrap();
                    let done = match whole {
                        false => view.patch("notes", "m", patch),
                        true => view.replace("notes", "m", patch),
                    };
                    let done = done.map(|it| it.value());
                    told.borrow_mut().push(format!("{patch}: {done:?}"));
                }
            }
        });
        told.into_inner()
    };
    let bare = told(json!({"title": "t", "deep": {"shown": 1}, "list": [{"shown": 1}]}));
    let full = told(json!({
        "title": "t", "secret": 7, "deep": {"shown": 1, "secret": 8}, "list": [{"shown": 1, "secret": 9}],
    }));
    assert_eq!(bare, full);
}

/// A name with a dot in it is another one than a path.
#[test]
fn a_field_whose_name_has_a_dot_is_not_shown_by_a_path() {
    let fields = |paths: &[&str]| Fields::only(paths.iter().copied());
    for (paths, expected) in [
        (&["a.b"][..], json!({"a": {"b": 2}})),
        (&[r"a\.b"][..], json!({"a.b": 1})),
        (&["a"][..], json!({"a": {"b": 2, "c": 3}})),
    ] {
        with_notes(
            |role| {
                let read = Privilege::new(On::Collection("notes".into()), Action::Read);
                role.privilege(read.when("id(doc) == 'm'").fields(fields(paths)))
            },
            &[("m", json!({"a.b": 1, "a": {"b": 2, "c": 3}, "": 4, "\u{0}": 5}))],
            |world, ann| {
                let shown = world.read(ann, |tx| tx.get("notes", "m")).unwrap().value();
                assert_eq!(shown, portunus_auth::to_value(&expected).unwrap(), "{paths:?}");
                let filter = |text: &str| world.read(ann, |tx| tx.query("notes").filter(text).count());
                assert_eq!(filter("doc['a.b'] == 1") == 1, paths == [r"a\.b"]);
                assert_eq!(filter("doc.a.b == 2") == 1, paths != [r"a\.b"]);
                assert_eq!(filter("has(doc.a.c)") == 1, paths == ["a"]);
            },
        );
    }
}

/// An administrator deletes what lets it in, and goes on in the same transaction: that is one transaction, and the last.
#[test]
fn who_revokes_itself_is_out_when_that_is_committed() {
    check(|world| {
        world.settle("");
        let made = world.write(&world.admin, |tx| tx.create_key(portunus_auth::NewKey::new("admin")));
        let mut view = world.gate.begin_write(&made.secret).unwrap();
        let open = world.gate.begin_read(&made.secret).unwrap();
        view.delete_key(made.id).unwrap();
        let token = view.create_token(NewToken::new("users", "ann")).unwrap();
        view.commit(Durability::Immediate).unwrap();
        assert!(matches!(open.query("notes").count(), Err(Error::Unauthenticated)));
        world.refuses(&made.secret);
        world.opens(&token.secret);
    });
}
