//! Attempts to get more out of rules than they say: through what surrounds them, and through whoever may administer a part.

use crate::world::{World, check, denied, path};
use portunus_auth::{
    Action, Collection, Durability, Error, Expiry, Fields, NamedPredicate, NewKey, NewToken, On, Privilege,
    Resource, Role, SecretScope,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn json_of(document: &portunus_auth::Document) -> Json {
    document.to().unwrap()
}

#[test]
fn fields_of_a_grant_that_reads_are_shown_beside_one_without_a_rule() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("groups"))?;
            tx.create_with_id("groups", "g", json!({}))?;
            tx.create_with_id("notes", "x", json!({"owner": "bob", "group": "g", "secret": 7}))?;
            tx.create_with_id("notes", "y", json!({"owner": "bob", "group": "none", "secret": 8}))?;
            let some =
                Privilege::new(On::Collection("notes".into()), Action::Read).fields(Fields::only(["owner"]));
            let more = Privilege::new(On::Collection("notes".into()), Action::Read)
                .when("exists('groups', doc.group)")
                .fields(Fields::only(["secret"]));
            tx.define_role(Role::new("r").member("users").privilege(some).privilege(more))
        });
        let ann = world.token("", "ann").secret;
        let seen = world.read(&ann, |tx| tx.get("notes", "x")).unwrap();
        assert_eq!(json_of(&seen), json!({"owner": "bob", "secret": 7}));
        // And not where that grant does not hold.
        let seen = world.read(&ann, |tx| tx.get("notes", "y")).unwrap();
        assert_eq!(json_of(&seen), json!({"owner": "bob"}));
    });
}

#[test]
fn a_rule_knows_the_database_in_which_it_is_asked() {
    check(|world| {
        let home =
            |place: &str| world.read(&world.inside(place), |tx| Ok(tx.principal()?.database().to_owned()));
        let (acme, beta) = (home("acme"), home("beta"));
        assert_ne!(acme, beta);
        for place in ["acme", "beta"] {
            world.settle(place);
            world.write(&world.inside(place), |tx| {
                tx.create_with_id("notes", "a", json!({"home": acme}))?;
                tx.create_with_id("notes", "b", json!({"home": beta}))?;
                tx.create_with_id("notes", "c", json!({"home": ""}))?;
                let rule = "doc.home == database()";
                tx.define_role(Role::new("r").member("users").allow_when("notes", Action::Read, rule))
            });
        }
        for (place, seen) in [("acme", "a"), ("beta", "b")] {
            let ann = world.token(place, "ann").secret;
            assert_eq!(world.read(&ann, |tx| tx.query("notes").list_ids()), [seen]);
        }
    });
}

#[test]
fn the_size_of_what_is_hidden_is_not_told() {
    check(|world| {
        world.settle("");
        let big = "s".repeat(5 << 20);
        world.write(&world.admin, |tx| {
            tx.create_with_id("notes", "a", json!({"secret": "", "text": ""}))?;
            tx.create_with_id("notes", "b", json!({"secret": big, "text": ""}))?;
            let read = Privilege::new(On::Collection("notes".into()), Action::Read)
                .fields(Fields::except(["secret"]));
            let write =
                Privilege::new(On::Collection("notes".into()), Action::Write).fields(Fields::only(["text"]));
            tx.define_role(Role::new("r").member("users").privilege(read).privilege(write))
        });
        let ann = world.token("", "ann").secret;
        let text = "t".repeat(5 << 20);
        let told = |id: &str| {
            let mut tx = world.gate.begin_write(&ann).unwrap();
            format!("{:?}", tx.patch("notes", id, json!({"text": text})).map(|_| ()))
        };
        assert_eq!(told("a"), "Ok(())");
        assert_eq!(told("b"), "Err(Denied { action: Write, resource: Document })");
    });
}

#[test]
fn a_rename_gives_nobody_what_an_inherited_role_says_of_another_collection() {
    check(|world| {
        world.settle("acme/eu");
        world.write(&world.inside("acme"), |tx| {
            tx.define(Collection::new("users"))?;
            tx.define(Collection::new("public"))?;
            tx.define_role(Role::new("staff").inherit().member("users").allow("public", Action::Read))
        });
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define(Collection::new("public"))?;
            tx.define(Collection::new("secret"))?;
            tx.create_with_id("secret", "s", json!({}))?;
            tx.define_role(
                Role::new("delegate")
                    .member("users")
                    .allow_every(Resource::Collection, Action::Read)
                    .allow_every(Resource::Collection, Action::Write),
            )
        });
        let ann = world.token("acme/eu", "ann").secret;
        assert!(!world.read(&ann, |tx| tx.exists("secret", "s")));
        let renamed = world.try_write(&ann, |tx| {
            tx.rename_collection("public", "old")?;
            tx.rename_collection("secret", "public")
        });
        denied(renamed);
    });
}

#[test]
fn a_rename_lifts_no_denial_that_reads() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("blocked"))?;
            tx.create_with_id("blocked", "ann", json!({}))?;
            tx.define_role(
                Role::new("delegate")
                    .member("users")
                    .allow("notes", Action::Read)
                    .deny_when("notes", Action::Read, "exists('blocked', id(identity))")
                    .allow_every(Resource::Collection, Action::Read)
                    .allow_every(Resource::Collection, Action::Write)
                    .allow_every(Resource::Collection, Action::Delete),
            )
        });
        let ann = world.token("", "ann").secret;
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
        denied(world.try_write(&ann, |tx| tx.rename_collection("blocked", "old")));
        denied(world.try_write(&ann, |tx| tx.rename_collection("users", "blocked")));
        denied(world.try_write(&ann, |tx| tx.drop_collection("blocked")));
        world.write(&ann, |tx| tx.rename_collection("users", "people"));
    });
}

/// A rule that reads what is not there is no gap that a delegate may fill.
#[test]
fn a_new_collection_lets_no_rule_hold_that_reads() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(
                Role::new("delegate")
                    .member("users")
                    .allow_when("notes", Action::Read, "exists('allowed', id(identity))")
                    .allow_every(Resource::Collection, Action::Create)
                    .allow_every(Resource::Document, Action::Create)
                    .allow_every(Resource::Document, Action::CreateWithId),
            )
        });
        let ann = world.token("", "ann").secret;
        denied(world.try_write(&ann, |tx| {
            tx.define(Collection::new("allowed"))?;
            tx.create_with_id("allowed", "ann", json!({}))
        }));
        world.write(&ann, |tx| tx.define(Collection::new("others")));
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn who_may_change_a_field_does_not_let_a_document_expire() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            let write =
                Privilege::new(On::Collection("notes".into()), Action::Write).fields(Fields::only(["text"]));
            tx.define_role(
                Role::new("r")
                    .member("users")
                    .allow("notes", Action::Read)
                    .privilege(write)
                    .deny("notes", Action::Delete),
            )
        });
        let ann = world.token("", "ann").secret;
        let soon = world.later(1);
        let changed =
            world.try_write(&ann, |tx| tx.change("notes", "n1").expires(Expiry::At(soon)).patch(json!({})));
        denied(changed);
    });
}

#[test]
fn an_identity_below_that_an_inherited_role_looks_at_is_watched() {
    check(|world| {
        world.write(&world.inside("acme"), |tx| {
            tx.define_role(
                Role::new("staff")
                    .inherit()
                    .member_when("people", "identity.level > 3")
                    .allow("notes", Action::Read),
            )
        });
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define(Collection::new("people"))?;
            tx.create_with_id("people", "ann", json!({"level": 5}))
        });
        let ann = world.admin.scoped(&SecretScope::document("people", "ann").unwrap().at(path("acme/eu")));
        let open = world.gate.begin_read(&ann).unwrap();
        let writer = world.gate.begin_write(&ann).unwrap();
        assert!(open.exists("notes", "n1").unwrap());
        assert!(writer.exists("notes", "n1").unwrap());
        world.write(&world.inside("acme/eu"), |tx| tx.replace("people", "ann", json!({"level": 1})));
        assert!(
            matches!(open.exists("notes", "n1"), Err(Error::Conflict)),
            "{:?}",
            open.exists("notes", "n1")
        );
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn a_moved_database_loses_what_it_had_inherited() {
    check(|world| {
        world.settle("acme/eu");
        world.write(&world.inside("acme"), |tx| {
            tx.define_role(Role::new("staff").inherit().member("users").allow("notes", Action::Read))
        });
        let ann = world.token("acme/eu", "ann").secret;
        let open = world.gate.begin_read(&ann).unwrap();
        assert!(open.exists("notes", "n1").unwrap());
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &path("beta")));
        assert!(open.exists("notes", "n1").is_err());
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn names_inside_named_predicates_are_not_captured() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_predicate(NamedPredicate::new("known", ["x"], "[1, 2].exists(y, y == x)"))?;
            tx.define_role(Role::new("r").member("users").allow_when(
                "notes",
                Action::Read,
                "[3].exists(y, known(y))",
            ))
        });
        let ann = world.token("", "ann").secret;
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

/// A delegate who may administer roles and keys, and sees what `rule` lets it.
fn delegate(world: &World, more: impl Fn(Role) -> Role) -> portunus_auth::Secret {
    world.settle("");
    let mut role = Role::new("delegate").member("users");
    for kind in [Resource::Role, Resource::Key, Resource::Procedure, Resource::AccessProvider] {
        for action in [Action::Read, Action::Create, Action::Write, Action::Delete] {
            role = role.allow_every(kind, action);
        }
    }
    world.write(&world.admin, |tx| tx.define_role(more(role.clone())));
    world.token("", "ann").secret
}

#[test]
fn no_rule_is_handed_on_in_a_wider_form() {
    let own = "doc.owner == 'ann' && doc.size / 2 == 1";
    let others = [
        "doc.owner == 'ann' && doc.size / 2.0 == 1",
        "doc.owner == 'ann' && doc.size / 2u == 1",
        "doc.owner == 'ann' || doc.size / 2 == 1",
        "doc.owner == 'ann'",
        "true",
        "doc.owner == b'ann' && doc.size / 2 == 1",
        "doc.owner == doc.owner && doc.size / 2 == 1",
    ];
    check(|world| {
        let secret = delegate(world, |role| role.allow_when("notes", Action::Read, own));
        for rule in others {
            let role = Role::new("x").allow_when("notes", Action::Read, rule);
            denied(world.try_write(&secret, |tx| tx.define_role(&role)));
        }
        for action in [Action::Write, Action::Delete, Action::ListIds] {
            denied(world.try_write(&secret, |tx| tx.define_role(Role::new("x").allow("notes", action))));
        }
        denied(world.try_write(&secret, |tx| {
            tx.define_role(Role::new("x").allow_every_when(Resource::Document, Action::Read, own))
        }));
        let same = Role::new("x").allow_when("notes", Action::Read, own);
        world.write(&secret, |tx| tx.define_role(&same));
        world.write(&secret, |tx| tx.create_key(NewKey::new("x")));
        denied(world.try_write(&secret, |tx| tx.define_role(same.clone().inherit())));
        denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new("delegate").at(path("acme")))));
    });
}

#[test]
fn a_denial_is_lifted_by_no_change_of_membership() {
    check(|world| {
        let secret = delegate(world, |role| role.allow("notes", Action::Read));
        world.write(&world.admin, |tx| {
            tx.define_role(
                Role::new("no").member_when("users", "identity.name == 'ann'").deny("notes", Action::Read),
            )
        });
        assert!(!world.read(&secret, |tx| tx.exists("notes", "n1")));
        for role in [
            Role::new("no").deny("notes", Action::Read),
            Role::new("no").member_when("users", "identity.name == 'bob'").deny("notes", Action::Read),
            Role::new("no").member_when("users", "identity.name == 'ann'"),
            Role::new("no").member_when("users", "identity.name == 'ann'").deny_when(
                "notes",
                Action::Read,
                "false",
            ),
        ] {
            assert!(world.try_write(&secret, |tx| tx.define_role(&role)).is_err(), "{role:?}");
        }
        denied(world.try_write(&secret, |tx| tx.delete_role("no")));
        denied(world.try_write(&secret, |tx| tx.define_predicate(NamedPredicate::new("p", ["x"], "true"))));
    });
}

#[test]
fn a_mask_is_handed_on_no_wider() {
    check(|world| {
        let masked =
            |fields: Fields| Privilege::new(On::Collection("notes".into()), Action::Read).fields(fields);
        let secret = delegate(world, |role| role.privilege(masked(Fields::only(["owner"]))));
        for wider in [
            Role::new("x").allow("notes", Action::Read),
            Role::new("x").privilege(masked(Fields::only(["owner", "email"]))),
            Role::new("x").privilege(masked(Fields::except(["owner"]))),
            Role::new("x").privilege(masked(Fields::only(["*"]))),
            Role::new("x").allow("notes", Action::ListIds),
        ] {
            denied(world.try_write(&secret, |tx| tx.define_role(&wider)));
        }
    });
}

#[test]
fn a_named_predicate_changed_in_a_transaction_is_a_conflict() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_predicate(NamedPredicate::new("open", ["x"], "true"))?;
            tx.define_role(Role::new("r").member("users").allow_when("notes", Action::Read, "open(doc)"))
        });
        let ann = world.token("", "ann").secret;
        let (open, writer) = (world.gate.begin_read(&ann).unwrap(), world.gate.begin_write(&ann).unwrap());
        assert!(open.exists("notes", "n1").unwrap() && writer.exists("notes", "n1").unwrap());
        world.write(&world.admin, |tx| tx.define_predicate(NamedPredicate::new("open", ["x"], "false")));
        assert!(matches!(open.exists("notes", "n1"), Err(Error::Conflict)));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn a_document_that_a_membership_reads_is_read_by_the_transaction() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("groups"))?;
            tx.create_with_id("groups", "g", json!({"members": ["ann"]}))?;
            let rule = "id(identity) in get('groups', 'g').members";
            tx.define_role(
                Role::new("r")
                    .member_when("users", rule)
                    .allow("notes", Action::Read)
                    .allow("notes", Action::Create),
            )
        });
        let ann = world.token("", "ann").secret;
        let mut writer = world.gate.begin_write(&ann).unwrap();
        writer.create("notes", json!({"owner": "ann", "email": "e"})).unwrap();
        world.write(&world.admin, |tx| tx.replace("groups", "g", json!({"members": []})));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn membership_that_ends_is_over_at_once_also_when_the_clock_goes_back() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(
                Role::new("r")
                    .member_when("users", "now < timestamp('2027-01-15T08:00:10Z')")
                    .allow("notes", Action::Read),
            )
        });
        let ann = world.token("", "ann").secret;
        assert!(world.read(&ann, |tx| tx.exists("notes", "n1")));
        world.advance(9);
        assert!(world.read(&ann, |tx| tx.exists("notes", "n1")));
        world.advance(1);
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
    });
}

#[test]
fn a_collection_made_again_under_its_name_is_another_one() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("r").member("users").allow("notes", Action::Read))
        });
        let ann = world.token("", "ann").secret;
        let open = world.gate.begin_read(&ann).unwrap();
        world.write(&world.admin, |tx| {
            tx.drop_collection("notes")?;
            tx.define(Collection::new("notes"))?;
            tx.create_with_id("notes", "n1", json!({}))
        });
        let _ = open.exists("notes", "n1");
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
        world.write(&world.admin, |tx| {
            tx.drop_collection("users")?;
            tx.define(Collection::new("users"))?;
            tx.create_with_id("users", "ann", json!({}))
        });
        world.refuses(&ann);
        let again = world.write(&world.admin, |tx| tx.create_token(NewToken::new("users", "ann")));
        assert!(world.read(&again.secret, |tx| Ok(tx.principal()?.roles().is_empty())));
    });
}

/// Rules of all forms over a few fields, many of which fault.
fn rule() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec!["a", "b", "c", "c.x", "list", "missing"]);
    let value = prop::sample::select(vec![
        "0",
        "1",
        "1.0",
        "1u",
        "2",
        "-1",
        "1.5",
        "'x'",
        "'xy'",
        "''",
        "null",
        "true",
        "false",
        "[1, 'x']",
        "b'x'",
        "9007199254740993",
        "9007199254740992.0",
        "-0.0",
        "timestamp('2027-01-15T08:00:00Z')",
        "args",
        "id(identity)",
        "identity.name",
        "identity.missing",
    ]);
    let value = value.prop_filter("a rule has no arguments", |it| *it != "args");
    let sign = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (field.clone(), sign.clone(), value.clone()).prop_map(|(f, s, v)| format!("doc.{f} {s} {v}")),
        (value.clone(), sign, field.clone()).prop_map(|(v, s, f)| format!("{v} {s} doc.{f}")),
        (field.clone(), value.clone(), value.clone()).prop_map(|(f, v, w)| format!("doc.{f} in [{v}, {w}]")),
        (value.clone(), field.clone()).prop_map(|(v, f)| format!("{v} in doc.{f}")),
        field.clone().prop_map(|f| format!("doc.{f}.startsWith('x')")),
        field.clone().prop_map(|f| format!("has(doc.{f})")),
        (field.clone(), value.clone()).prop_map(|(f, v)| format!("doc.{f}.exists(e, e == {v})")),
        (field.clone(), value.clone()).prop_map(|(f, v)| format!("doc.{f}.all(e, e == {v})")),
        (field.clone(), field.clone()).prop_map(|(f, g)| format!("doc.{f} == doc.{g}")),
        field.clone().prop_map(|f| format!("size(doc.{f}) > 0")),
        field.clone().prop_map(|f| format!("exists('groups', doc.{f})")),
        field.prop_map(|f| format!("doc.{f} in get('groups', 'g').members")),
        prop::sample::select(vec!["d1", "d5", "d9"]).prop_map(|id| format!("id(doc) >= '{id}'")),
        Just("doc.a < now".to_owned()),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn value() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![
        json!(0),
        json!(1),
        json!(1.0),
        json!(2),
        json!(-1),
        json!(1.5),
        json!(-0.0),
        json!("x"),
        json!("xy"),
        json!(""),
        json!("ann"),
        json!("g"),
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!([1]),
        json!([1, "x"]),
        json!([[1]]),
        json!({"x": 1}),
        json!({"x": "xy"}),
        json!([{"x": 1}]),
        json!(9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_992.0),
        json!("x".repeat(300)),
    ])
}

fn things() -> impl Strategy<Value = Vec<Json>> {
    let document =
        prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c", "list"]), value(), 0..5);
    prop::collection::vec(document.prop_map(|it| json!(it)), 10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Documents beside the indexes of which they are part, and without any.
    #[test]
    fn rules_say_the_same_of_documents_along_indexes_and_one_by_one(
        documents in things(),
        rules in prop::collection::vec((rule(), prop::option::of(rule()), rule()), 1..12),
    ) {
        let world = World::new(64);
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("groups"))?;
            tx.create_with_id("groups", "g", json!({"members": [1, "x", "ann"]}))?;
            tx.create_with_id("groups", "x", json!({}))?;
            tx.define(Collection::new("bare"))?;
            tx.define(
                Collection::new("indexed").index(["a"]).index(["b", "a"]).index(["c.x"]).index(["list"]).index(["c"]),
            )?;
            for (at, document) in documents.iter().enumerate() {
                tx.create_with_id("bare", &format!("d{at}"), document)?;
                tx.create_with_id("indexed", &format!("d{at}"), document)?;
            }
            Ok(())
        });
        let ann = world.token("", "ann").secret;
        for (grant, denial, filter) in rules {
            let mut role = Role::new("r").member("users");
            for collection in ["bare", "indexed"] {
                role = role.allow_when(collection, Action::Read, &*grant);
                if let Some(denial) = &denial {
                    role = role.deny_when(collection, Action::Read, &**denial);
                }
            }
            match world.try_write(&world.admin, |tx| tx.define_role(&role)) {
                Ok(()) => {}
                Err(Error::Rule { .. }) => continue,
                Err(other) => panic!("{other:?}"),
            }
            let view = world.gate.begin_read(&ann).unwrap();
            let one_by_one: Vec<String> = (0..documents.len())
                .map(|at| format!("d{at}"))
                .filter(|id| view.exists("indexed", id).unwrap())
                .collect();
            let along = view.query("indexed").list_ids().unwrap();
            prop_assert_eq!(&along, &one_by_one, "{} but {:?}", grant, denial);
            prop_assert_eq!(view.query("bare").list_ids().unwrap(), one_by_one, "{} but {:?}", grant, denial);
            let down = view.query("indexed").descending().list_ids().unwrap();
            prop_assert_eq!(down.into_iter().rev().collect::<Vec<_>>(), along);
            let told = |of: &str| format!("{:?}", view.query(of).filter(&*filter).list_ids().map_err(|it| it.to_string()));
            prop_assert_eq!(told("indexed"), told("bare"), "{} of {} but {:?}", filter, grant, denial);
            for index in ["a", "b,a", "c.x", "list", "c"] {
                let ids = view.query("indexed").index(index).list_ids().unwrap();
                prop_assert!(ids.iter().all(|id| view.exists("indexed", id).unwrap()));
            }
        }
    }
}

/// Documents of one form, as masks with members take it for granted: `c` is an object, `list` an array of objects.
fn formed() -> impl Strategy<Value = Vec<Json>> {
    let plain = prop::sample::select(vec![json!(0), json!(1), json!("x"), json!(null), json!(-0.0)]);
    let object = prop::collection::btree_map(prop::sample::select(vec!["x", "y"]), plain.clone(), 0..3)
        .prop_map(|it| json!(it));
    let list = prop::collection::vec(object.clone(), 0..3).prop_map(|it| json!(it));
    let o = |value: BoxedStrategy<Json>| prop::option::of(value);
    let document = (o(plain.clone().boxed()), o(plain.boxed()), o(object.boxed()), o(list.boxed())).prop_map(
        |(a, b, c, list)| {
            let fields = [("a", a), ("b", b), ("c", c), ("list", list)];
            json!(
                fields
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)))
                    .collect::<std::collections::BTreeMap<_, _>>()
            )
        },
    );
    prop::collection::vec(document, 10)
}

/// Paths of masks, over the same fields.
fn mask() -> impl Strategy<Value = Fields> {
    let path =
        prop::sample::select(vec!["a", "b", "c", "c.x", "list", "list.*", "list.*.x", "c.*", "list.x", "*"]);
    let paths = prop::collection::vec(path, 1..3);
    (any::<bool>(), paths)
        .prop_map(|(only, paths)| if only { Fields::only(paths) } else { Fields::except(paths) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Two documents that look the same through a mask are told apart by no change.
    #[test]
    fn changes_tell_nothing_of_what_a_mask_hides(
        documents in prop::collection::vec(formed(), 3),
        (read, write, more) in (mask(), prop::option::of(mask()), prop::option::of(mask())),
        changes in things(),
    ) {
        let world = World::new(64);
        world.settle("");
        let all: Vec<Json> = documents.concat();
        let ids: Vec<String> = (0..all.len()).map(|at| format!("d{at:02}")).collect();
        let defined = world.try_write(&world.admin, |tx| {
            tx.define(Collection::new("things").index(["a"]).index(["list"]).index(["c.x", "b"]))?;
            for (id, document) in ids.iter().zip(&all) {
                tx.create_with_id("things", id, document)?;
            }
            let on = || On::Collection("things".into());
            let mut role = Role::new("r").member("users").privilege(Privilege::new(on(), Action::Read).fields(read.clone()));
            if let Some(more) = &more {
                role = role.privilege(Privilege::new(on(), Action::Read).fields(more.clone()));
            }
            role = match &write {
                Some(write) => role.privilege(Privilege::new(on(), Action::Write).fields(write.clone())),
                None => role.allow("things", Action::Write),
            };
            tx.define_role(role)
        });
        prop_assume!(defined.is_ok());
        let ann = world.token("", "ann").secret;
        let ask = |id: &str, change: &Json, whole: bool| {
            let mut tx = world.gate.begin_write(&ann).unwrap();
            let done = if whole { tx.replace("things", id, change) } else { tx.patch("things", id, change) };
            let told = format!("{:?}", done.map(|it| json_of(&it).to_string()).map_err(|it| it.to_string()));
            told + &format!("{:?}", tx.get("things", id).unwrap().map(|it| json_of(&it).to_string()))
        };
        let shown: Vec<String> = world.read(&ann, |tx| {
            ids.iter().map(|id| Ok(json_of(&tx.get("things", id)?.unwrap()).to_string())).collect()
        });
        for (one, look) in shown.iter().enumerate() {
            let Some(other) = shown.iter().skip(one + 1).position(|it| it == look).map(|at| at + one + 1) else { continue };
            for change in &changes {
                for whole in [true, false] {
                    prop_assert_eq!(
                        ask(&ids[one], change, whole), ask(&ids[other], change, whole),
                        "{} {} {} {:?} {:?} {:?}", all[one], all[other], change, read, more, write
                    );
                }
            }
            // What is given back as it was seen changes nothing.
            let seen: Json = serde_json::from_str(look).unwrap();
            let kept = {
                let mut tx = world.gate.begin_write(&ann).unwrap();
                tx.replace("things", &ids[one], &seen).map(|_| tx.commit(Durability::Immediate).unwrap()).is_ok()
            };
            if kept {
                let after = world.read(&world.admin, |tx| tx.get("things", &ids[one])).unwrap();
                prop_assert_eq!(json_of(&after), all[one].clone(), "{:?} {:?}", read, more);
            }
        }
    }
}

/// A plan shows what was bound into a rule, and that may be what only the rule may read.
#[test]
fn a_plan_shows_nothing_that_only_a_rule_may_read() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("clearance"))?;
            tx.create_with_id("clearance", "ann", json!({"level": 424_242}))?;
            let rule = "doc.level < get('clearance', id(identity)).level";
            tx.define_role(
                Role::new("r")
                    .member("users")
                    .allow_when("notes", Action::Read, rule)
                    .allow_every(Resource::Role, Action::Read),
            )
        });
        let ann = world.token("", "ann").secret;
        let plan = world.read(&ann, |tx| tx.query("notes").explain());
        assert!(!plan.to_string().contains("424242"), "{plan}");
    });
}
