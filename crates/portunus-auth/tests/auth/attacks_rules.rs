//! The lines of the list of attacks on predicates and on documents, each as a test under its number.

use crate::world::{World, check, constraint, denied, invalid, not_found, seen, with_notes};
use portunus_auth::{
    Action, Collection, Durability, Error, Field, Fields, Object, On, Privilege, Role, Secret, Sort, Type,
    Value,
};
use serde_json::{Value as Json, json};
use std::fmt::Write;

fn try_rule(world: &World, rule: &str) -> portunus_auth::Result<()> {
    world.try_write(&world.admin, |tx| tx.define_role(Role::new("r").allow_when("notes", Action::Read, rule)))
}

#[test]
fn attack_083_a_rule_of_any_size_is_refused_where_it_is_too_large() {
    check(|world| {
        let mut many_ors = String::from("doc.a == 0");
        (1..100_000).for_each(|number| write!(many_ors, " || doc.a == {number}").unwrap());
        let long_path = format!("doc{}", ".b".repeat(8_000));
        let not = format!("{}doc.a", "!".repeat(8_000));
        let brackets = format!("{}doc.a{}", "(".repeat(4_000), ")".repeat(4_000));
        let nested = "doc.a.all(a, doc.a.all(b, doc.a.all(c, doc.a.all(d, a == d))))".to_owned();
        for text in ["doc.a ".repeat(200_000), many_ors, long_path, not, brackets, nested] {
            match try_rule(world, &text) {
                Err(Error::Rule { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn attack_084_a_regular_expression_takes_linear_time_or_is_refused() {
    let text = "a".repeat(5_000) + "b";
    with_notes(
        |role| role.allow_when("notes", Action::Read, r#"doc.text.matches("(a+)+$")"#),
        &[("a", json!({"text": text})), ("b", json!({"text": "aaa"}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["b"]);
            for pattern in ["(a{1,1000}){1,1000}", "a{1,1000000000}", "(", "a{4,1}"] {
                let rule = format!("doc.text.matches('{pattern}')");
                assert!(matches!(try_rule(world, &rule), Err(Error::Rule { .. })), "{pattern}");
            }
            // A pattern is part of the rule, and never of a document.
            assert!(matches!(try_rule(world, "doc.text.matches(doc.pattern)"), Err(Error::Rule { .. })));
        },
    );
}

#[test]
fn attack_086_numbers_are_compared_exactly_and_nothing_is_juggled() {
    let cases: [(&str, Json, bool); 12] = [
        ("doc.x == 1", json!(1), true),
        ("doc.x == 1", json!(1.0), true),
        ("doc.x == 1u", json!(1.0), true),
        ("doc.x == 1", json!("1"), false),
        ("doc.x == 1", json!(true), false),
        ("doc.x == '1'", json!(1), false),
        ("doc.x == true", json!("true"), false),
        ("doc.x == 0.0", json!(-0.0), true),
        ("doc.x == 9007199254740993", json!(9_007_199_254_740_992.0), false),
        ("doc.x == 9007199254740992", json!(9_007_199_254_740_992.0), true),
        ("doc.x < 9007199254740993", json!(9_007_199_254_740_992.0), true),
        ("doc.x >= '1'", json!(5), false),
    ];
    check(|world| {
        world.settle("");
        let ann = world.token("", "ann").secret;
        for (rule, value, expected) in &cases {
            world.write(&world.admin, |tx| {
                tx.define(Collection::new("things").index(["x"]))?;
                tx.create_with_id("things", "t", json!({"x": value}))?;
                tx.define_role(Role::new("r").member("users").allow_when("things", Action::Read, *rule))
            });
            // The same by the index that the rule leads to, and looked at by itself.
            assert_eq!(world.read(&ann, |tx| tx.query("things").count()) == 1, *expected, "{rule} {value}");
            assert_eq!(world.read(&ann, |tx| tx.exists("things", "t")), *expected, "{rule} {value}");
            world.write(&world.admin, |tx| tx.drop_collection("things"));
        }
    });
}

#[test]
fn attack_087_and_089_what_is_missing_grants_nothing() {
    let notes = [
        ("missing", json!({})),
        ("null", json!({"x": null, "list": null})),
        ("text", json!({"x": "a", "list": "a"})),
        ("list", json!({"x": [{"y": 1}], "list": [{"y": 1}]})),
        ("other", json!({"x": 2, "list": {"y": 2}})),
    ];
    with_notes(
        |role| role.allow_when("notes", Action::Read, "doc.x != 1"),
        &notes,
        |world, ann| {
            assert_eq!(
                seen(world, ann),
                ["list", "null", "other", "text"],
                "what has no x at all is not `not 1`"
            );
            let rule = |rule: &str| {
                let role = Role::new("author").member("users").allow_when("notes", Action::Read, rule);
                world.write(&world.admin, |tx| tx.define_role(role));
                seen(world, ann)
            };
            assert_eq!(rule("!(doc.x == 1)"), ["list", "null", "other", "text"]);
            assert!(rule("doc.x.y == 1").is_empty(), "no path leads through a list");
            assert_eq!(rule("doc.list.y == 2"), ["other"]);
            assert_eq!(rule("doc.x == null"), ["null"]);
            assert!(
                rule("doc.owner == identity.manager").is_empty(),
                "both are missing, which is not the same"
            );
            assert!(rule("identity.manager == null").is_empty());
            assert_eq!(rule("!has(doc.x)"), ["missing", "n1"]);
        },
    );
}

#[test]
fn attack_090_rules_and_predicates_cannot_go_round() {
    check(|world| {
        let define = |name: &str, rule: &str| {
            let predicate = portunus_auth::NamedPredicate::new(name, ["what"], rule);
            world.try_write(&world.admin, |tx| tx.define_predicate(&predicate))
        };
        define("one", "what.x").unwrap();
        define("other", "one(what)").unwrap();
        assert!(matches!(define("one", "other(what)"), Err(Error::Rule { .. } | Error::Constraint(_))));
        assert!(matches!(define("self", "self(what)"), Err(Error::Rule { .. })));
        assert!(matches!(try_rule(world, "get('notes', get('notes', doc.a).b).c"), Err(Error::Rule { .. })));
        let removed = world.try_write(&world.admin, |tx| tx.delete_predicate("one"));
        constraint(removed);
    });
}

/// A filter is asked of what its caller sees, after it is known that the caller does.
#[test]
fn attack_092_and_093_a_filter_meets_nothing_that_is_hidden() {
    let long: Vec<i64> = (0..400).collect();
    with_notes(
        |role| {
            let read = Privilege::new(On::Collection("notes".into()), Action::Read);
            role.privilege(
                read.when("doc.owner == id(identity)").fields(Fields::except(["secret", "deep.secret"])),
            )
        },
        &[
            ("a", json!({"owner": "ann", "list": [1], "secret": 5, "deep": {"secret": 5}})),
            ("b", json!({"owner": "bob", "list": long, "secret": 5, "deep": {"secret": 5}})),
        ],
        |world, ann| {
            let found = |filter: &str| world.read(ann, |tx| tx.query("notes").filter(filter).list_ids());
            let dear = "doc.list.all(a, doc.list.exists(b, a == b))";
            assert_eq!(found(dear), ["a"]);
            assert_eq!(world.gate.auth_stats().rules_too_dear, 0, "it was never asked of what is hidden");
            for filter in [
                "doc.secret == 5",
                "has(doc.secret)",
                "doc.deep.secret == 5",
                "has(doc.deep.secret)",
                "doc['secret'] == 5",
                "!(doc.secret != 5)",
                "[doc].exists(it, it.secret == 5)",
                "doc.secret == 5 && doc.owner == 'ann'",
                "'secret' in doc",
                "doc.exists(name, name == 'secret')",
            ] {
                assert!(found(filter).is_empty(), "{filter}");
            }
            // Nor does a filter read what its caller may not, nor know who asks by another name.
            for filter in ["get('users', 'bob').name == 'bob'", "identity == null", "exists('notes', 'b')"] {
                let refused = world.gate.begin_read(ann).unwrap().query("notes").filter(filter).count();
                assert!(matches!(refused, Err(Error::Rule { .. })), "{filter} {refused:?}");
            }
        },
    );
}

#[test]
fn attack_095_a_field_in_the_elements_of_a_list_is_hidden_in_all_of_them() {
    let lines = json!([{"name": "a", "cost": 1}, {"name": "b", "cost": 2}, [{"cost": 3, "name": "c"}]]);
    with_notes(
        |role| {
            let read = Privilege::new(On::Collection("notes".into()), Action::Read);
            role.privilege(read.fields(Fields::except(["lines.cost"]))).allow("notes", Action::Write)
        },
        &[("a", json!({"lines": lines}))],
        |world, ann| {
            let shown = world.read(ann, |tx| tx.get("notes", "a")).unwrap();
            let text = format!("{:?}", shown.value());
            assert!(!text.contains("cost") && text.contains("\"c\""), "{text}");
            // What is hidden is not moved to another element by writing the list.
            denied(world.try_write(ann, |tx| tx.patch("notes", "a", json!({"lines": [{"name": "z"}]}))));
            let same = shown.value();
            world.write(ann, |tx| tx.replace("notes", "a", &same));
            let whole = world.read(&world.admin, |tx| tx.get("notes", "a")).unwrap();
            assert_eq!(whole.field("lines").map(portunus_auth::ValueRef::to_value), Some(value(&lines)));
        },
    );
}

fn value(json: &Json) -> Value {
    portunus_auth::to_value(json).unwrap()
}

#[test]
fn attack_096_an_index_over_a_hidden_field_has_nothing_in_it() {
    with_notes(
        |role| {
            let read = Privilege::new(On::Collection("notes".into()), Action::Read);
            role.privilege(read.fields(Fields::except(["owner"])))
        },
        &[("a", json!({"owner": "bob"}))],
        |world, ann| {
            let count =
                |owner: &str| world.read(ann, |tx| tx.query("notes").index("owner").equal([owner]).count());
            assert_eq!((count("bob"), count("ann"), count("nobody")), (0, 0, 0));
            assert_eq!(world.read(ann, |tx| tx.query("notes").index("owner").count()), 0);
            assert_eq!(world.read(ann, |tx| tx.query("notes").count()), 2);
            assert!(
                world.read(ann, |tx| tx.query("notes").index("owner").range("a"..).list_ids()).is_empty()
            );
        },
    );
}

#[test]
fn attack_096_documents_are_not_sorted_by_what_is_hidden() {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            // Of such a field an index has all documents, in the order that is asked for.
            tx.define(
                Collection::new("ranked").field(Field::new("rank", Type::Int).required()).index(["rank"]),
            )?;
            for (id, rank) in [("a", 3), ("b", 1), ("c", 2)] {
                tx.create_with_id("ranked", id, json!({"rank": rank}))?;
            }
            let read = Privilege::new(On::Collection("ranked".into()), Action::Read);
            tx.define_role(Role::new("r").member("users").privilege(read.fields(Fields::except(["rank"]))))
        });
        let ann = world.token("", "ann").secret;
        let sorted =
            |secret: &Secret, sort: Sort| world.read(secret, |tx| tx.query("ranked").sort([sort]).list_ids());
        assert_eq!(sorted(&world.admin, Sort::ascending("rank")), ["b", "c", "a"]);
        // They are all alike: what is left is the order of their ids.
        assert_eq!(sorted(&ann, Sort::ascending("rank")), ["a", "b", "c"]);
        assert_eq!(sorted(&ann, Sort::descending("rank")), ["c", "b", "a"]);
    });
}

#[test]
fn attack_098_what_was_bound_for_one_is_not_used_for_another() {
    with_notes(
        |role| role.allow_when("notes", Action::Read, "doc.owner == id(identity)"),
        &[("b", json!({"owner": "bob"}))],
        |world, ann| {
            let bob = world.token("", "bob").secret;
            for _ in 0..3 {
                assert_eq!((seen(world, ann), seen(world, &bob)), (vec!["n1".into()], vec!["b".into()]));
            }
            let as_bob = world.as_document("", "bob");
            assert_eq!((seen(world, &as_bob), seen(world, ann)), (vec!["b".into()], vec!["n1".into()]));
        },
    );
}

#[test]
fn attack_099_what_costs_too_much_is_denied_and_gives_no_part() {
    let list: Vec<i64> = (0..200).collect();
    with_notes(
        |role| {
            role.allow("notes", Action::Read)
                .deny_when("notes", Action::Read, "doc.list.exists(a, doc.list.exists(b, a + b == -1))")
                .allow_when("notes", Action::Write, "old.list.all(a, new.list.exists(b, b == a))")
        },
        &[("a", json!({"list": [1]})), ("b", json!({"list": list}))],
        |world, ann| {
            assert_eq!(seen(world, ann), ["a"], "a denial that cannot be decided denies");
            not_found(world.try_write(ann, |tx| tx.patch("notes", "b", json!({"x": 1}))));
            world.write(ann, |tx| tx.patch("notes", "a", json!({"x": 1})));
        },
    );
}

#[test]
fn attack_105_a_field_that_one_may_not_set_is_not_set_by_any_name() {
    let names = ["", "__proto__", "$or", "a.b", "a\0", "_id", "constructor"];
    with_notes(
        |role| {
            let on_notes = |action| Privilege::new(On::Collection("notes".into()), action);
            role.allow("notes", Action::Read)
                .privilege(on_notes(Action::Create).fields(Fields::only(["text"])))
                .privilege(on_notes(Action::Write).fields(Fields::only(["text"])))
        },
        &[],
        |world, ann| {
            world.write(ann, |tx| tx.create("notes", json!({"text": "fine"})));
            for name in names.into_iter().chain(["owner", "role", "Text", "text "]) {
                let with =
                    |value: Value| Value::Object(Object::from_iter([("text", "x".into()), (name, value)]));
                let created = world.try_write(ann, |tx| tx.create("notes", with(Value::from("admin"))));
                assert!(created.is_err(), "{name:?}");
                let patched = world.try_write(ann, |tx| tx.patch("notes", "n1", with(Value::from("admin"))));
                assert!(patched.is_err(), "{name:?}");
            }
            denied(world.try_write(ann, |tx| tx.patch("notes", "n1", json!({"owner": null}))));
            denied(world.try_write(ann, |tx| tx.replace("notes", "n1", json!({"text": "alone"}))));
        },
    );
}

#[test]
fn attack_110_a_change_that_moves_a_document_out_of_sight_shows_nothing_new() {
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "doc.owner == id(identity)").allow_when(
                "notes",
                Action::Write,
                "old.owner == id(identity)",
            )
        },
        &[],
        |world, ann| {
            let mut view = world.gate.begin_write(ann).unwrap();
            view.patch("notes", "n1", json!({"owner": "bob"})).unwrap();
            assert!(view.get("notes", "n1").unwrap().is_none(), "in the same transaction already");
            not_found(view.patch("notes", "n1", json!({"owner": "ann"})));
            view.commit(Durability::Immediate).unwrap();
            assert!(seen(world, ann).is_empty());
            assert_eq!(seen(world, &world.token("", "bob").secret), ["n1"]);
        },
    );
}

#[test]
fn attack_111_a_document_that_is_deleted_and_made_again_is_judged_anew() {
    with_notes(
        |role| {
            role.allow_when("notes", Action::Read, "doc.owner == id(identity)")
                .allow_when("notes", Action::Delete, "doc.owner == id(identity)")
                .allow("notes", Action::CreateWithId)
                .allow_when("notes", Action::Create, "new.owner == id(identity)")
        },
        &[("b", json!({"owner": "bob"}))],
        |world, ann| {
            let mut view = world.gate.begin_write(ann).unwrap();
            view.delete("notes", "n1").unwrap();
            denied(view.create_with_id("notes", "n1", json!({"owner": "bob"})));
            view.create_with_id("notes", "n1", json!({"owner": "ann", "again": true})).unwrap();
            assert_eq!(view.query("notes").list_ids().unwrap(), ["n1"]);
            not_found(view.delete("notes", "b"));
            denied(view.create_with_id("notes", "b", json!({"owner": "ann"})));
            view.commit(Durability::Immediate).unwrap();
        },
    );
}

/// A serial order exists in which each operation used the rule of its place: a transaction that has read by a rule does not
/// commit behind a change of it.
#[test]
fn attack_135_a_change_of_a_rule_comes_before_or_after_a_transaction() {
    with_notes(
        |role| {
            role.allow("notes", Action::Read).allow_when("notes", Action::Write, "old.owner == id(identity)")
        },
        &[],
        |world, ann| {
            let role = Role::new("author").member("users").allow("notes", Action::Read);
            let mut writer = world.gate.begin_write(ann).unwrap();
            let reader = world.gate.begin_read(ann).unwrap();
            writer.patch("notes", "n1", json!({"text": "x"})).unwrap();
            world.write(&world.admin, |tx| tx.define_role(&role));
            assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
            assert!(
                matches!(reader.query("notes").count(), Err(Error::Conflict)),
                "nor does an open reader go on"
            );
            assert_eq!(seen(world, ann), ["n1"]);
        },
    );
}

#[test]
fn no_definition_goes_past_a_limit() {
    check(|world| {
        let many = (0..1_001).fold(Role::new("r"), |role, number| {
            role.allow_when("notes", Action::Read, format!("doc.a == {number}"))
        });
        invalid(world.try_write(&world.admin, |tx| tx.define_role(many)));
        let fields = Fields::only((0..101).map(|number| format!("f{number}")));
        let privilege = Privilege::new(On::Collection("notes".into()), Action::Read).fields(fields);
        invalid(world.try_write(&world.admin, |tx| tx.define_role(Role::new("r").privilege(privilege))));
        let named =
            portunus_auth::NamedPredicate::new("p", (0..9).map(|number| format!("a{number}")), "true");
        invalid(world.try_write(&world.admin, |tx| tx.define_predicate(named)));
        let define = |number: u32| {
            let named = portunus_auth::NamedPredicate::new(format!("p{number}"), ["what"], "what.x");
            world.try_write(&world.admin, |tx| tx.define_predicate(named))
        };
        (0..100).for_each(|number| define(number).unwrap());
        assert!(define(100).is_err());
    });
}
