//! Races that are made to happen: an engine that lets others act at the worst moment.

use crate::world::START;
use portunus_auth::{
    Action, AuditSettings, Clock, Collection, Durability, Error, Gate, GateOptions, ManualClock, NewKey,
    NewToken, Role, Secret, Timestamp, TreeOptions,
};
use portunus_storage::conformance::Interrupted;
use portunus_storage::{Engine, memory};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A store on an engine that can be interrupted, and its admin.
fn interrupted() -> (Arc<Interrupted>, Gate, Secret) {
    let mut engine = None;
    let open = |options| {
        let interrupted = engine.insert(Interrupted::new(memory(options)?));
        Ok::<Arc<dyn Engine>, _>(interrupted.clone())
    };
    let (gate, admin) = Gate::create_on(open, &GateOptions::default()).unwrap();
    (engine.unwrap(), gate, admin)
}

#[test]
fn a_role_given_later_never_opens_the_state_from_before() {
    // Whoever begins has looked at the epoch, or has its snapshot and has looked at nothing yet.
    role_given_later(Interrupted::after_the_epoch);
    role_given_later(Interrupted::after_a_snapshot);
}

fn role_given_later(interrupt: impl FnOnce(&Interrupted, Box<dyn FnOnce() + Send>)) {
    let (engine, gate, admin) = interrupted();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("notes")).unwrap();
    tx.create_with_id("notes", "secret", json!({})).unwrap();
    let key = tx.create_key(NewKey::new("none")).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    gate.begin_read(&key.secret).unwrap();

    // The secret document goes in the same commit that gives the key the right to read.
    let (other, secret) = (gate.clone(), key.secret.clone());
    let promote = move || {
        let mut tx = other.begin_write(&admin).unwrap();
        tx.delete("notes", "secret").unwrap();
        tx.set_key_role(key.id, "server-readonly").unwrap();
        tx.commit(Durability::Immediate).unwrap();
        // Its next reader leaves the new principal in the cache.
        assert!(other.begin_read(&secret).unwrap().get("notes", "secret").unwrap().is_none());
    };
    interrupt(&engine, Box::new(promote));
    let view = gate.begin_read(&key.secret).unwrap();
    assert!(engine.is_undisturbed());
    assert!(!matches!(view.get("notes", "secret"), Ok(Some(_))), "old documents through new rights");
}

/// A clock at which something happens once, when it has been looked at so often.
struct Acting {
    clock: ManualClock,
    act: Mutex<Option<Act>>,
}

type Act = (u32, Box<dyn FnOnce() + Send>);

impl Acting {
    fn after_looks(&self, count: u32, act: impl FnOnce() + Send + 'static) {
        *self.act.lock().unwrap() = Some((count, Box::new(act)));
    }

    fn has_acted(&self) -> bool {
        self.act.lock().unwrap().is_none()
    }
}

impl Clock for Acting {
    fn now(&self) -> Timestamp {
        let mut waiting = self.act.lock().unwrap();
        if let Some((count, _)) = waiting.as_mut() {
            *count -= 1;
        }
        let due = waiting.take_if(|(count, _)| *count == 0);
        drop(waiting);
        let now = self.clock.now();
        if let Some((_, act)) = due {
            act();
        }
        now
    }
}

/// A store whose clock can be made to act, and its admin.
fn acting() -> (Arc<Acting>, Gate, Secret) {
    let acting = Arc::new(Acting { clock: ManualClock::new(START), act: Mutex::default() });
    let tree = TreeOptions { clock: acting.clone(), ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    (acting, gate, admin)
}

#[test]
fn rights_that_came_after_a_snapshot_are_not_found_in_memory_for_it() {
    let (clock, gate, admin) = acting();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("notes")).unwrap();
    tx.create_with_id("notes", "secret", json!({})).unwrap();
    let key = tx.create_key(NewKey::new("none")).unwrap();
    tx.commit(Durability::Immediate).unwrap();

    let (other, secret) = (gate.clone(), key.secret.clone());
    // A reader looks at the clock when it has its snapshot, and before it is found out who reads.
    clock.after_looks(1, move || {
        let mut tx = other.begin_write(&admin).unwrap();
        tx.delete("notes", "secret").unwrap();
        tx.set_key_role(key.id, "server-readonly").unwrap();
        tx.commit(Durability::Immediate).unwrap();
        assert!(other.begin_read(&secret).unwrap().get("notes", "secret").unwrap().is_none());
    });
    let view = gate.begin_read(&key.secret).unwrap();
    assert!(clock.has_acted());
    assert!(!matches!(view.get("notes", "secret"), Ok(Some(_))), "old documents through new rights");
}

#[test]
fn a_secret_that_expires_while_it_waits_for_the_audit_log_commits_nothing() {
    let (clock, gate, admin) = acting();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.set_audit(AuditSettings::default()).unwrap();
    let until = START.saturating_add(Duration::from_secs(10));
    let key = tx.create_key(NewKey::new("admin").expires_at(until)).unwrap().secret;
    tx.commit(Durability::Immediate).unwrap();

    let mut late = gate.begin_write(&key).unwrap();
    late.define(Collection::new("late")).unwrap();
    // The first look is whether it has expired, the second one for the record; then it is its turn.
    let other = Arc::clone(&clock);
    clock.after_looks(2, move || other.clock.advance(Duration::from_secs(10)));
    assert!(matches!(late.commit(Durability::Immediate), Err(Error::Unauthenticated)));
    assert!(clock.has_acted());
    assert!(gate.begin_read(&admin).unwrap().collection("late").unwrap().is_none());
}

#[test]
fn a_secret_revoked_between_the_last_check_and_the_commit_commits_nothing() {
    let (engine, gate, admin) = interrupted();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("notes")).unwrap();
    let key = tx.create_key(NewKey::new("server")).unwrap();
    tx.commit(Durability::Immediate).unwrap();

    let mut late = gate.begin_write(&key.secret).unwrap();
    late.create_with_id("notes", "late", json!({})).unwrap();
    let (other, by) = (gate.clone(), admin.clone());
    let revoke = move || {
        let mut tx = other.begin_write(&by).unwrap();
        tx.delete_key(key.id).unwrap();
        tx.commit(Durability::Immediate).unwrap();
    };
    // The check of the commit looks at the epoch of before; the engine finds that the key was read and has changed.
    engine.after_the_epoch(revoke);
    assert!(matches!(late.commit(Durability::Immediate), Err(Error::Unauthenticated)));
    assert!(engine.is_undisturbed());
    assert!(!gate.begin_read(&admin).unwrap().exists("notes", "late").unwrap());
}

#[test]
fn a_collection_dropped_while_somebody_first_acts_as_its_document_is_not_told_of() {
    let (engine, gate, admin) = interrupted();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("users")).unwrap();
    tx.create_with_id("users", "ann", json!({})).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    assert!(gate.begin_read(&admin).unwrap().exists("users", "ann").unwrap());

    let (other, by) = (gate.clone(), admin.clone());
    let replace = move || {
        let mut tx = other.begin_write(&by).unwrap();
        tx.drop_collection("users").unwrap();
        tx.commit(Durability::Immediate).unwrap();
    };
    // The definition is looked up, and gone before it can be marked.
    engine.after_the_epoch(replace);
    let refused = gate.begin_read(&admin.scoped(&"#@doc/users/ann".parse().unwrap())).unwrap_err();
    assert!(matches!(refused, Error::Unauthenticated), "{refused:?}");
    assert!(engine.is_undisturbed());
}

#[test]
fn an_identity_deleted_between_the_last_check_and_the_commit_commits_nothing() {
    let (engine, gate, admin) = interrupted();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("users")).unwrap();
    tx.define(Collection::new("notes")).unwrap();
    tx.define_role(Role::new("author").member("users").allow("notes", Action::Create)).unwrap();
    for id in ["ann", "bob"] {
        tx.create_with_id("users", id, json!({})).unwrap();
    }
    let ann = tx.create_token(NewToken::new("users", "ann")).unwrap().secret;
    tx.commit(Durability::Immediate).unwrap();
    for (secret, id) in [(ann, "ann"), (admin.scoped(&"#@doc/users/bob".parse().unwrap()), "bob")] {
        let mut late = gate.begin_write(&secret).unwrap();
        late.create("notes", json!({})).unwrap();
        let (other, by) = (gate.clone(), admin.clone());
        engine.after_the_epoch(move || {
            let mut tx = other.begin_write(&by).unwrap();
            tx.delete("users", id).unwrap();
            tx.commit(Durability::Immediate).unwrap();
        });
        assert!(matches!(late.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        assert!(engine.is_undisturbed());
        assert_eq!(gate.begin_read(&admin).unwrap().query("notes").count().unwrap(), 0);
    }
}
