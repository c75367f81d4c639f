//! Races that are made to happen: an engine that lets others act at the worst moment.

use portunus_auth::{
    Collection, Durability, Engine, EngineStats, Error, Gate, GateOptions, NewKey, Version, is_watched,
};
use portunus_storage::{EngineOptions, Snapshot, Transaction};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// An engine on which something happens right after the epoch was looked at, once.
struct Interrupted {
    inner: Arc<dyn Engine>,
    then: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Engine for Interrupted {
    fn begin_read(&self) -> portunus_storage::Result<Arc<dyn Snapshot>> {
        self.inner.begin_read()
    }

    fn begin_write(&self) -> portunus_storage::Result<Box<dyn Transaction>> {
        self.inner.begin_write()
    }

    fn epoch(&self) -> Version {
        let epoch = self.inner.epoch();
        let then = self.then.lock().unwrap().take();
        if let Some(then) = then {
            then();
        }
        epoch
    }

    fn stats(&self) -> EngineStats {
        self.inner.stats()
    }

    fn close(&self) -> portunus_storage::Result<()> {
        self.inner.close()
    }
}

#[test]
fn a_role_given_later_never_opens_the_state_from_before() {
    let options = EngineOptions { watch: is_watched, ..EngineOptions::default() };
    let inner = portunus_storage::memory(options).unwrap();
    let engine = Arc::new(Interrupted { inner, then: Mutex::new(None) });
    let (gate, admin) = Gate::create_on(engine.clone(), &GateOptions::default()).unwrap();
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
    *engine.then.lock().unwrap() = Some(Box::new(promote));
    let view = gate.begin_read(&key.secret).unwrap();
    assert!(!matches!(view.get("notes", "secret"), Ok(Some(_))), "old documents through new rights");
}

#[test]
fn a_secret_revoked_between_the_last_check_and_the_commit_commits_nothing() {
    let options = EngineOptions { watch: is_watched, ..EngineOptions::default() };
    let inner = portunus_storage::memory(options).unwrap();
    let engine = Arc::new(Interrupted { inner, then: Mutex::new(None) });
    let (gate, admin) = Gate::create_on(engine.clone(), &GateOptions::default()).unwrap();
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
    *engine.then.lock().unwrap() = Some(Box::new(revoke));
    assert!(matches!(late.commit(Durability::Immediate), Err(Error::Unauthenticated)));
    assert!(engine.then.lock().unwrap().is_none());
    assert!(!gate.begin_read(&admin).unwrap().exists("notes", "late").unwrap());
}
