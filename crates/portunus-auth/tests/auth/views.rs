//! The operations of a view as somebody who may do them sees them, and the order in which they are refused.

use crate::world::{World, check, constraint, denied, invalid, not_found, path};
use portunus_auth::{
    Collection, Document, Durability, Error, Expiry, Field, Gate, NewKey, ReadView, Timestamp, Type, Value,
    WriteView,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::ops::ControlFlow;

fn owner(document: &Document) -> Option<String> {
    document.field("owner").and_then(|owner| owner.as_str().map(Into::into))
}

#[test]
fn views_are_owned_and_can_be_sent() {
    fn sendable<T: Send + 'static>() {}
    fn shareable<T: Send + Sync + Clone + 'static>() {}
    sendable::<ReadView>();
    sendable::<WriteView>();
    shareable::<Gate>();
    let world = World::new(64);
    let view = world.gate.begin_read(&world.admin).unwrap();
    drop(world);
    assert!(std::thread::spawn(move || view.exists("notes", "n1").unwrap()).join().unwrap());
}

#[test]
fn documents_are_created_changed_and_deleted() {
    check(|world| {
        let made = world.write(&world.admin, |tx| tx.create("notes", json!({"owner": "bob"})));
        assert_eq!(made.id().len(), 36, "the engine makes its ids");
        let read = || world.read(&world.admin, |tx| tx.get("notes", made.id()));
        assert_eq!(read(), Some(made.clone()));
        let replaced =
            world.write(&world.admin, |tx| tx.replace("notes", made.id(), json!({"owner": "cid"})));
        assert!(replaced.version() > made.version());
        let patch = json!({"owner": null, "size": 3});
        let patched = world.write(&world.admin, |tx| tx.patch("notes", made.id(), &patch));
        assert_eq!(
            (owner(&patched), patched.field("size").and_then(portunus_auth::ValueRef::as_int)),
            (None, Some(3))
        );
        assert_eq!(read(), Some(patched));
        world.write(&world.admin, |tx| tx.delete("notes", made.id()));
        assert_eq!(read(), None);
        not_found(world.try_write(&world.admin, |tx| tx.delete("notes", made.id())));
    });
}

#[test]
fn a_transaction_sees_its_own_changes_and_nobody_else_does_before_it_commits() {
    check(|world| {
        let mut view = world.gate.begin_write(&world.admin).unwrap();
        view.delete("notes", "n1").unwrap();
        view.create_with_id("notes", "n1", json!({"owner": "new"})).unwrap();
        assert_eq!(view.get("notes", "n1").unwrap().as_ref().and_then(owner).as_deref(), Some("new"));
        assert_eq!(view.query("notes").index("owner").equal(["new"]).count().unwrap(), 1);
        assert_eq!(world.place(&world.admin), "");
        drop(view);
        assert_eq!(world.place(&world.admin), "", "dropping it has no effect");
    });
}

#[test]
fn a_change_on_condition_of_a_version_happens_once() {
    fn other<T: std::fmt::Debug>(result: portunus_auth::Result<T>) {
        assert!(matches!(result, Err(Error::OtherVersion)), "{result:?}");
    }
    check(|world| {
        let version = world.read(&world.admin, |tx| tx.get("notes", "n1")).unwrap().version();
        let change = |text: &str| {
            world.try_write(&world.admin, |tx| {
                tx.change("notes", "n1").if_version(version).patch(json!({"text": text}))
            })
        };
        change("first").unwrap();
        other(change("second"));
        other(world.try_write(&world.admin, |tx| tx.change("notes", "n1").if_version(version).delete()));
        not_found(world.try_write(&world.admin, |tx| tx.change("notes", "n9").if_version(version).delete()));
        // A document that took its place at a later instant does not have its version.
        world.advance(1);
        world.write(&world.admin, |tx| {
            tx.delete("notes", "n1")?;
            tx.create_with_id("notes", "n1", json!({}))
        });
        other(change("third"));
    });
}

#[test]
fn documents_expire_by_the_clock() {
    check(|world| {
        let at = world.later(10);
        world.write(&world.admin, |tx| {
            tx.add("notes").id("short").expires(Expiry::At(at)).create(json!({"owner": "bob"}))
        });
        invalid(world.try_write(&world.admin, |tx| {
            tx.add("notes").expires(Expiry::At(tx_now(world))).create(json!({}))
        }));
        let kept = world.write(&world.admin, |tx| tx.patch("notes", "short", json!({"size": 1})));
        assert_eq!(kept.expires_at(), Some(at), "a change leaves it as it was");
        world.advance(10);
        let view = world.gate.begin_read(&world.admin).unwrap();
        assert!(view.get("notes", "short").unwrap().is_none());
        assert_eq!(view.query("notes").index("owner").equal(["bob"]).count().unwrap(), 0);
        assert_eq!(world.gate.sweep(100).unwrap(), 1);
        world.write(&world.admin, |tx| tx.change("notes", "n1").expires(Expiry::Never).patch(json!({})));
    });
}

fn tx_now(world: &World) -> Timestamp {
    world.clock_now()
}

#[test]
fn a_creation_is_refused_for_permission_then_validity_then_uniqueness() {
    check(|world| {
        world.write(&world.admin, |tx| {
            let strict =
                Collection::new("users").field(Field::new("name", Type::String).required()).unique(["name"]);
            tx.define(&strict)?;
            tx.create_with_id("users", "u1", json!({"name": "ann"}))
        });
        let (_, readonly) = world.key("", "server-readonly");
        let (_, server) = world.key("", "server");
        let attempt = |secret, value: serde_json::Value| {
            world.try_write(secret, |tx| tx.create_with_id("users", "u1", &value)).unwrap_err()
        };
        // Without permission, whatever else is wrong.
        for value in [json!({"name": "bob"}), json!({"name": 7}), json!({}), json!([])] {
            assert!(matches!(attempt(&readonly, value), Error::Denied { .. }));
        }
        denied(world.try_write(&readonly, |tx| tx.create_with_id("ghosts", "", json!({}))));
        // With it, an invalid document is invalid, whether or not it would clash.
        for value in [json!({"name": 7}), json!({}), json!([]), json!("text"), json!(null)] {
            assert!(matches!(attempt(&server, value), Error::Invalid { .. }));
        }
        assert!(matches!(attempt(&server, json!({"name": "bob"})), Error::AlreadyExists("document")));
        constraint(world.try_write(&server, |tx| tx.create("users", json!({"name": "ann"}))));
        not_found(world.try_write(&server, |tx| tx.create("ghosts", json!({}))));
        invalid(world.try_write(&server, |tx| tx.create_with_id("users", "", json!({"name": "bob"}))));
        invalid(
            world.try_write(&server, |tx| tx.create_with_id("users", &"i".repeat(257), json!({"name": "b"}))),
        );
    });
}

#[test]
fn a_change_is_refused_for_sight_then_permission_then_its_condition() {
    check(|world| {
        let (_, readonly) = world.key("", "server-readonly");
        let mut view = world.gate.begin_write(&readonly).unwrap();
        denied(view.replace("notes", "n1", json!([])));
        denied(view.patch("notes", "n1", json!({})));
        denied(view.delete("notes", "n1"));
        denied(view.change("notes", "n1").if_version(1).delete());
        not_found(view.replace("notes", "n9", json!([])));
        not_found(view.delete("notes", "n9"));
        not_found(view.delete("ghosts", "n1"));
        match view.delete("notes", "n1") {
            Err(error @ Error::Denied { .. }) => assert_eq!(error.to_string(), "denied: delete on document"),
            other => panic!("{other:?}"),
        }
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    owner: String,
    #[serde(default)]
    size: i64,
}

#[test]
fn typed_documents_take_the_same_ways() {
    check(|world| {
        let note = Note { owner: "bob".into(), size: 4 };
        let made = world.write(&world.admin, |tx| tx.create("notes", &note));
        assert_eq!(made.to::<Note>().unwrap(), note);
        let found = |tx: &ReadView| tx.query("notes").index("owner").equal(["bob"]).collect::<Note>();
        assert_eq!(world.read(&world.admin, found), [note]);
        let all = world.read(&world.admin, |tx| tx.query("notes").collect::<Value>());
        assert_eq!(all.len(), 2);
        invalid(world.gate.begin_read(&world.admin).unwrap().query("notes").collect::<i64>());
    });
}

#[test]
fn queries_are_narrowed_ordered_and_limited() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("goods").index(["kind", "price"]))?;
            for (id, kind, price) in [("a", "tea", 3), ("b", "tea", 5), ("c", "tin", 1), ("d", "tub", 9)] {
                tx.create_with_id("goods", id, json!({"kind": kind, "price": price}))?;
            }
            Ok(())
        });
        let view = world.gate.begin_read(&world.admin).unwrap();
        let query = || view.query("goods");
        let by_kind = || query().index("kind,price");
        let check =
            |query: portunus_auth::Query<'_>, ids: &[&str]| assert_eq!(query.list_ids().unwrap(), ids);
        check(query(), &["a", "b", "c", "d"]);
        check(query().descending().limit(2), &["d", "c"]);
        check(query().limit(0), &[]);
        check(query().ids("b".."d"), &["b", "c"]);
        check(query().ids("b"..="d").descending(), &["d", "c", "b"]);
        check(by_kind().equal(["tea"]), &["a", "b"]);
        check(by_kind().equal(["tea"]).range(4..), &["b"]);
        check(by_kind().equal([Value::from("tea"), Value::from(3)]), &["a"]);
        check(by_kind().prefix("t").descending(), &["d", "c", "b", "a"]);
        check(by_kind().range("tea".."tub"), &["a", "b", "c"]);
        assert_eq!(by_kind().count().unwrap(), 4);
        assert_eq!(query().descending().first().unwrap().unwrap().id(), "d");
        assert!(by_kind().equal(["none"]).first().unwrap().is_none());
        not_found(query().index("price").count());
        not_found(view.query("ghosts").count());
        invalid(query().equal(["tea"]).count());
        invalid(query().range(1..2).count());
        invalid(by_kind().ids("a"..).count());
        invalid(by_kind().equal(["a", "b", "c"]).count());
        let mut seen = 0;
        let stopped = query().for_each(|document| {
            seen += 1;
            if document.id() == "b" {
                Err(Error::application("enough"))
            } else {
                Ok(ControlFlow::Continue(()))
            }
        });
        assert!(matches!(stopped, Err(Error::Application(_))));
        assert_eq!(seen, 2);
        query().for_each(|_| Ok::<_, Error>(ControlFlow::Break(()))).unwrap();
    });
}

#[test]
fn collections_are_defined_altered_renamed_and_dropped() {
    check(|world| {
        let altered = Collection::new("notes").index(["owner"]).index(["place"]);
        world.write(&world.admin, |tx| tx.define(&altered));
        assert_eq!(world.read(&world.admin, |tx| tx.collection("notes")), Some(altered));
        assert_eq!(world.read(&world.admin, |tx| tx.query("notes").index("place").count()), 1);
        world.write(&world.admin, |tx| tx.rename_collection("notes", "papers"));
        assert!(world.read(&world.admin, |tx| tx.exists("papers", "n1")));
        not_found(world.gate.begin_read(&world.admin).unwrap().get("notes", "n1"));
        assert_eq!(world.place(&world.inside("acme")), "acme", "each database has its own");
        world.write(&world.admin, |tx| tx.drop_collection("papers"));
        not_found(world.try_write(&world.admin, |tx| tx.drop_collection("papers")));
        assert!(world.read(&world.admin, ReadView::collections).is_empty());
        invalid(world.try_write(&world.admin, |tx| tx.define(Collection::new("no name"))));
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("pairs"))?;
            tx.create("pairs", json!({"k": 1}))?;
            tx.create("pairs", json!({"k": 1}))
        });
        constraint(world.try_write(&world.admin, |tx| tx.define(Collection::new("pairs").unique(["k"]))));
    });
}

#[test]
fn keys_are_listed_by_the_database_that_owns_them() {
    check(|world| {
        let inside = world.inside("acme");
        let key = NewKey::new("server").at(path("eu")).named("to the east").expires_at(world.later(9));
        let made = world.write(&inside, |tx| tx.create_key(&key));
        let listed = world.read(&inside, ReadView::keys);
        assert_eq!(listed.len(), 1);
        let key = &listed[0];
        assert_eq!(
            (key.id, key.role.as_str(), key.name.as_deref()),
            (made.id, "server", Some("to the east"))
        );
        assert_eq!((key.path.clone(), key.expires_at), (Some(path("eu")), Some(world.later(9))));
        assert_eq!(key.created_at, world.clock_now());
        assert!(world.read(&world.admin, |tx| tx.key(made.id)).is_none(), "not even from above");
        world.write(&inside, |tx| tx.set_key_role(made.id, "none"));
        assert_eq!(world.read(&inside, ReadView::keys)[0].role.as_str(), "none");
        world.write(&inside, |tx| tx.delete_key(made.id));
        assert!(world.read(&inside, ReadView::keys).is_empty());
        invalid(world.try_write(&inside, |tx| tx.create_key(NewKey::new("none").named("n".repeat(257)))));
        invalid(world.try_write(&inside, |tx| tx.create_key(NewKey::new("none").named("a\nb"))));
        invalid(world.try_write(&inside, |tx| tx.create_key(NewKey::new("none").named("\u{1b}[31m"))));
    });
}

#[test]
fn a_principal_knows_who_it_is() {
    check(|world| {
        let (id, secret) = world.key("acme", "server");
        let view = world.gate.begin_read(&secret).unwrap();
        let principal = view.principal().unwrap();
        assert_eq!(
            (principal.id(), principal.roles()[0].as_str(), principal.expires_at()),
            (id, "server", None)
        );
        assert!(principal.scope().is_none());
        assert_eq!(principal.database().len(), 11);
        let narrowed = world.gate.begin_read(&world.inside("acme/eu")).unwrap();
        assert_eq!(narrowed.principal().unwrap().scope().unwrap().to_string(), "@acme/eu#admin");
        assert_ne!(narrowed.principal().unwrap().database(), principal.database());
    });
}

#[test]
fn a_transaction_too_large_for_a_key_is_not_committed_in_half() {
    use portunus_auth::{GateOptions, TreeOptions};
    let tree = TreeOptions { transaction_bytes_max: 4_000, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    let failed = loop {
        if let Err(error) = view.create_key(NewKey::new("server")) {
            break error;
        }
    };
    assert!(matches!(failed, Error::Limit { .. }), "{failed:?}");
    assert!(matches!(view.commit(Durability::Immediate), Err(Error::Incomplete)));
    assert_eq!(gate.begin_read(&admin).unwrap().keys().unwrap().len(), 1);
}

#[test]
fn who_may_change_nothing_leaves_no_token_behind() {
    check(|world| {
        for role in ["server-readonly", "none"] {
            denied(world.try_write(&world.key("", role).1, |tx| tx.once("a token")));
        }
        assert!(world.write(&world.key("", "server").1, |tx| tx.once("a token")));
    });
}
