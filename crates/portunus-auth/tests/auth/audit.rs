//! The audit log of what is changed: which records there are, by whom, in which order, and who may read them.

use crate::world::{START, World, denied, invalid, path, scope};
use portunus_auth::{
    Action, Algorithm, AuditQuery, AuditRecord, AuditSettings, BuiltInRole, Collection, Durability, Error,
    Gate, GateOptions, Logout, NewKey, NewToken, Password, Provider, ReadView, Role, Secret, SecretScope,
    Sessions, WriteView,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Barrier;

const KEY_SET: &str =
    r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

pub fn records(view: &ReadView) -> Vec<AuditRecord> {
    view.audit(AuditQuery::default()).unwrap()
}

/// The record as JSON, without when it happened and who did it.
pub fn event(record: &AuditRecord) -> Value {
    let mut event: Value = serde_json::from_str(&record.json).unwrap();
    let members = event.as_object_mut().unwrap();
    members.remove("at").unwrap();
    members.remove("principal");
    event
}

pub fn kinds(view: &ReadView) -> Vec<String> {
    records(view).into_iter().map(|record| record.kind).collect()
}

/// That the log is whole, and has so many records.
#[track_caller]
pub fn whole(view: &ReadView, records: usize) {
    let chain = view.verify_audit().unwrap();
    assert_eq!((chain.first_break, chain.records), (None, u64::try_from(records).unwrap()));
}

impl World {
    /// Has the log of a database kept, and gives its administrator.
    pub fn audited(&self, place: &str, settings: AuditSettings) -> Secret {
        let admin = self.inside(place);
        self.write(&admin, |tx| tx.set_audit(settings));
        admin
    }
}

/// Runs one operation in a transaction of its own.
fn step<T>(gate: &Gate, secret: &Secret, run: impl FnOnce(&mut WriteView) -> portunus_auth::Result<T>) -> T {
    let mut view = gate.begin_write(secret).unwrap();
    let done = run(&mut view).unwrap();
    view.commit(Durability::Immediate).unwrap();
    done
}

/// Changes everything of every kind once, and tells what the log should say of each change.
fn change_everything(gate: &Gate, admin: &Secret) -> Vec<Value> {
    let mut expected = Vec::new();
    let mut tell = |event: Value| expected.push(event);
    let settings = AuditSettings { denials: true, ..AuditSettings::default() };
    step(gate, admin, |tx| tx.set_audit(settings));
    tell(json!({"kind": "audit_set", "openings": false, "refusals": false, "denials": true}));
    step(gate, admin, |tx| tx.define(Collection::new("people").unique(["issuer", "subject"])));
    tell(json!({"kind": "collection_created", "collection": "people"}));
    step(gate, admin, |tx| tx.define(Collection::new("people").unique(["issuer", "subject"])));
    step(gate, admin, |tx| {
        tx.define(Collection::new("people").unique(["issuer", "subject"]).unique(["email"]))
    });
    tell(json!({"kind": "collection_altered", "collection": "people"}));
    step(gate, admin, |tx| tx.rename_collection("people", "users"));
    tell(json!({"kind": "collection_renamed", "collection": "people", "to": "users"}));
    change_databases(gate, admin, &mut tell);
    change_roles(gate, admin, &mut tell);
    change_keys(gate, admin, &mut tell);
    change_identities(gate, admin, &mut tell);
    change_providers(gate, admin, &mut tell);
    step(gate, admin, |tx| tx.drop_collection("users"));
    tell(json!({"kind": "collection_dropped", "collection": "users"}));
    step(gate, admin, |tx| tx.set_audit(None));
    tell(json!({"kind": "audit_stopped"}));
    step(gate, admin, |tx| tx.create_key(NewKey::new("none")));
    expected
}

fn change_databases(gate: &Gate, admin: &Secret, tell: &mut dyn FnMut(Value)) {
    let made = step(gate, admin, |tx| tx.create_database(&path("one")));
    tell(json!({"kind": "database_created", "path": "one", "database": made.public_id}));
    step(gate, admin, |tx| tx.rename_database(&path("one"), &"two".parse().unwrap()));
    tell(json!({"kind": "database_renamed", "path": "one", "to": "two"}));
    let below = step(gate, admin, |tx| tx.create_database(&path("two/below")));
    tell(json!({"kind": "database_created", "path": "two/below", "database": below.public_id}));
    step(gate, admin, |tx| tx.move_database(&path("two/below"), &path("")));
    tell(json!({"kind": "database_moved", "path": "two/below", "to": ""}));
    step(gate, admin, |tx| tx.disable_database(&path("two")));
    tell(json!({"kind": "database_disabled", "path": "two"}));
    step(gate, admin, |tx| tx.enable_database(&path("two")));
    tell(json!({"kind": "database_enabled", "path": "two"}));
    step(gate, admin, |tx| tx.protect_database(&path("two"), true));
    tell(json!({"kind": "database_protected", "path": "two", "protected": true}));
    step(gate, admin, |tx| tx.delete_database(&path("below")));
    tell(json!({"kind": "database_deleted", "path": "below"}));
}

fn change_roles(gate: &Gate, admin: &Secret, tell: &mut dyn FnMut(Value)) {
    step(gate, admin, |tx| tx.define_role(Role::new("author").allow("users", Action::Read)));
    tell(json!({"kind": "role_created", "role": "author"}));
    step(gate, admin, |tx| tx.define_role(Role::new("author").member("users")));
    tell(json!({"kind": "role_altered", "role": "author"}));
    step(gate, admin, |tx| tx.rename_role("author", "writer"));
    tell(json!({"kind": "role_renamed", "role": "author", "to": "writer"}));
    step(gate, admin, |tx| tx.define_procedure("sign_up", Some("writer")));
    tell(json!({"kind": "procedure_defined", "procedure": "sign_up", "role": "writer"}));
    step(gate, admin, |tx| tx.delete_procedure("sign_up"));
    tell(json!({"kind": "procedure_deleted", "procedure": "sign_up"}));
}

fn change_keys(gate: &Gate, admin: &Secret, tell: &mut dyn FnMut(Value)) {
    let key = step(gate, admin, |tx| tx.create_key(NewKey::new("server").at(path("two")).named("a name"))).id;
    let (id, end) = (key.to_string(), "2030-01-01T00:00:00Z");
    tell(json!({"kind": "key_created", "key": id, "path": "two", "role": "server", "expires_at": null}));
    step(gate, admin, |tx| tx.set_key_role(key, "none"));
    tell(json!({"kind": "key_role_set", "key": id, "role": "none"}));
    step(gate, admin, |tx| tx.set_key_expiry(key, Some(end.parse().unwrap())));
    tell(json!({"kind": "key_expiry_set", "key": id, "expires_at": end}));
    step(gate, admin, |tx| tx.delete_key(key));
    tell(json!({"kind": "key_deleted", "key": id}));
}

fn change_identities(gate: &Gate, admin: &Secret, tell: &mut dyn FnMut(Value)) {
    step(gate, admin, |tx| tx.create_with_id("users", "ann", json!({"email": "ann@example.org"})));
    step(gate, admin, |tx| tx.create_with_id("users", "bob", json!({"email": "bob@example.org"})));
    let ann = |kind: &str| json!({"kind": kind, "collection": "users", "document": "ann"});
    let new = || NewToken::new("users", "ann").data(json!({"device": "phone"})).unwrap();
    let token = step(gate, admin, |tx| tx.create_token(new())).id;
    let (id, end) = (token.to_string(), "2030-01-01T00:00:00Z");
    let named = json!({"kind": "token_created", "token": id, "collection": "users", "document": "ann"});
    let mut created = named.clone();
    created["expires_at"] = Value::Null;
    tell(created.clone());
    let mut retargeted = named;
    retargeted["kind"] = "token_retargeted".into();
    retargeted["document"] = "bob".into();
    step(gate, admin, |tx| tx.retarget_token(token, "users", "bob"));
    tell(retargeted);
    step(gate, admin, |tx| tx.set_token_expiry(token, Some(end.parse().unwrap())));
    tell(json!({"kind": "token_expiry_set", "token": id, "expires_at": end}));
    step(gate, admin, |tx| tx.delete_token(token));
    tell(json!({"kind": "token_deleted", "token": id}));
    let own = step(gate, admin, |tx| tx.create_token(new()));
    created["token"] = own.id.to_string().into();
    tell(created);
    step(gate, &own.secret, |tx| tx.logout(Logout::Everywhere));
    tell(json!({"kind": "tokens_ended", "which": "everywhere", "tokens": [own.id.to_string()]}));
    let hash = gate.hash_password(&Password::new("correct horse").unwrap()).unwrap();
    step(gate, admin, |tx| tx.set_credential("users", "ann", &hash, Sessions::End));
    tell(ann("credential_set"));
    step(gate, admin, |tx| tx.disable_credential("users", "ann", Sessions::End));
    tell(ann("credential_disabled"));
    step(gate, admin, |tx| tx.enable_credential("users", "ann"));
    tell(ann("credential_enabled"));
    step(gate, admin, |tx| tx.delete_credential("users", "ann", Sessions::End));
    tell(ann("credential_deleted"));
    step(gate, admin, |tx| tx.delete("users", "ann"));
    tell(ann("identity_deleted"));
}

fn change_providers(gate: &Gate, admin: &Secret, tell: &mut dyn FnMut(Value)) {
    let staff = Provider::new("staff", "https://issuer.example").jwks(KEY_SET).algorithm(Algorithm::EdDsa);
    let staff = staff.role("writer");
    step(gate, admin, |tx| tx.define_provider(&staff));
    tell(json!({"kind": "provider_created", "provider": "staff"}));
    step(gate, admin, |tx| tx.define_provider(staff.clone().identity("users", ["issuer", "subject"])));
    tell(json!({"kind": "provider_altered", "provider": "staff"}));
    step(gate, admin, |tx| tx.rename_provider("staff", "crew"));
    tell(json!({"kind": "provider_renamed", "provider": "staff", "to": "crew"}));
    let at = "2027-01-01T00:00:00Z";
    step(gate, admin, |tx| tx.set_provider_not_before("crew", Some(at.parse().unwrap())));
    tell(json!({"kind": "provider_not_before_set", "provider": "crew", "not_before": at}));
    step(gate, admin, |tx| tx.deny_jwt("crew", "the id of a JWT", "2030-01-01T00:00:00Z".parse().unwrap()));
    tell(json!({"kind": "jwt_denied", "provider": "crew", "until": "2030-01-01T00:00:00Z"}));
    step(gate, admin, |tx| tx.delete_provider("crew"));
    tell(json!({"kind": "provider_deleted", "provider": "crew"}));
    step(gate, admin, |tx| tx.delete_role("writer"));
    tell(json!({"kind": "role_deleted", "role": "writer"}));
}

#[test]
fn every_change_is_recorded_with_who_made_it_and_outlives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (gate, root) = Gate::create(&file, &GateOptions::default()).unwrap();
    step(&gate, &root, |tx| tx.create_database(&path("acme")));
    let admin = root.scoped(&SecretScope::role(BuiltInRole::Admin).at(path("acme")));
    let expected = change_everything(&gate, &admin);
    gate.close().unwrap();
    drop(gate);
    let gate = Gate::open(&file, &GateOptions::default()).unwrap();
    let view = gate.begin_read(&admin).unwrap();
    let me = view.principal().unwrap().id();
    let found = records(&view);
    let mut events: Vec<Value> = found.iter().map(event).collect();
    for event in &mut events {
        // It is not the id itself, which might be anything that somebody has pasted there.
        let _ = event
            .as_object_mut()
            .unwrap()
            .remove("jwt")
            .map(|jwt| assert_eq!(jwt.as_str().unwrap().len(), 43));
    }
    assert_eq!(events, expected);
    whole(&view, expected.len());
    assert_eq!(view.audit_settings().unwrap(), None, "and it is kept no longer");
    for (record, sequence) in found.iter().zip(1..) {
        assert_eq!(record.sequence, sequence);
        let by: Value = serde_json::from_str::<Value>(&record.json).unwrap()["principal"].clone();
        if record.kind == "tokens_ended" {
            assert_eq!(
                by,
                json!({"kind": "token", "id": record.principal.unwrap().to_string(),
                    "collection": "users", "document": "ann"})
            );
        } else {
            assert_eq!(by, json!({"kind": "key", "id": me.to_string()}));
            assert_eq!(record.principal, Some(me));
        }
    }
    assert!(gate.begin_read(&root).unwrap().audit(AuditQuery::default()).unwrap().is_empty());
}

#[test]
fn anybody_can_work_out_the_hashes_again() {
    let world = World::new(64);
    let admin = world.audited("acme", AuditSettings::default());
    world.write(&admin, |tx| {
        tx.create_with_id("notes", "ü\n\"", json!({}))?;
        tx.create_token(NewToken::new("notes", "ü\n\""))
    });
    let view = world.gate.begin_read(&admin).unwrap();
    let mut hash = blake3::Hash::from_bytes([0; 32]);
    for record in records(&view) {
        let parts = [hash.as_bytes(), &record.sequence.to_be_bytes()[..], record.json.as_bytes()];
        hash = blake3::hash(&parts.concat());
        assert_eq!(record.hash, hash.to_hex().as_str());
    }
    assert_eq!(view.verify_audit().unwrap().head, hash.to_hex().as_str());
}

#[test]
fn what_does_not_commit_leaves_no_record() {
    let world = World::new(64);
    let admin = world.audited("acme", AuditSettings::default());
    // Dropped.
    let mut view = world.gate.begin_write(&admin).unwrap();
    view.create_key(NewKey::new("server")).unwrap();
    drop(view);
    // An operation that fails, in a transaction that goes on.
    world.write(&admin, |tx| {
        denied(tx.check());
        invalid(tx.create_key(NewKey::new("server").expires_at(START)));
        tx.create_with_id("notes", "n2", json!({"email": "a"}))
    });
    // A conflict.
    let mut one = world.gate.begin_write(&admin).unwrap();
    let mut other = world.gate.begin_write(&admin).unwrap();
    one.define_role(Role::new("a")).unwrap();
    other.define_role(Role::new("b")).unwrap();
    one.commit(Durability::Immediate).unwrap();
    assert!(matches!(other.commit(Durability::Immediate), Err(Error::Conflict)));
    let view = world.gate.begin_read(&admin).unwrap();
    assert_eq!(kinds(&view), ["audit_set", "role_created"]);
    assert_eq!(event(&records(&view)[1]), json!({"kind": "role_created", "role": "a"}));
    whole(&view, 2);
}

#[test]
fn no_change_commits_unrecorded_once_the_log_is_kept() {
    let world = World::new(64);
    let admin = world.inside("acme");
    let mut early = world.gate.begin_write(&admin).unwrap();
    early.create_key(NewKey::new("server")).unwrap();
    world.audited("acme", AuditSettings::default());
    assert!(matches!(early.commit(Durability::Immediate), Err(Error::Conflict)));
    // Nor one in the transaction that ends it.
    world.write(&admin, |tx| {
        tx.set_audit(None)?;
        tx.create_key(NewKey::new("server"))
    });
    world.write(&admin, |tx| tx.set_audit(None));
    let view = world.gate.begin_read(&admin).unwrap();
    assert_eq!(kinds(&view), ["audit_set", "audit_stopped", "key_created"]);
    // The log goes on where it ended.
    world.audited("acme", AuditSettings { openings: true, ..AuditSettings::default() });
    whole(&world.gate.begin_read(&admin).unwrap(), 4);
}

#[test]
fn many_at_once_leave_one_chain_without_a_gap() {
    const THREADS: usize = 8;
    const CHANGES: usize = 20;
    let directory = tempfile::tempdir().unwrap();
    let (gate, root) = Gate::create(&directory.path().join("store"), &GateOptions::default()).unwrap();
    step(&gate, &root, |tx| {
        tx.set_audit(AuditSettings { openings: true, refusals: true, denials: true })?;
        tx.define(Collection::new("users"))?;
        for number in 0..THREADS {
            tx.create_with_id("users", &format!("u{number}"), json!({}))?;
        }
        Ok(())
    });
    let start = Barrier::new(THREADS);
    let work = |number: usize| {
        start.wait();
        let mut made = Vec::new();
        while made.len() < CHANGES {
            let mut view = gate.begin_write(&root).unwrap();
            let id = if made.len() % 2 == 0 {
                view.create_key(NewKey::new("server")).unwrap().id
            } else {
                view.create_token(NewToken::new("users", format!("u{number}"))).unwrap().id
            };
            if number == 0 {
                gate.begin_read(&Secret::from("a guess")).unwrap_err();
                gate.flush_audit().unwrap();
            }
            match view.commit(Durability::Relaxed) {
                Ok(()) => made.push(id.to_string()),
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
        made
    };
    let made: BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    gate.flush_audit().unwrap();
    let view = gate.begin_read(&root).unwrap();
    let chain = view.verify_audit().unwrap();
    assert_eq!(chain.first_break, None);
    let mut told = BTreeSet::new();
    for (kind, member) in [("key_created", "key"), ("token_created", "token")] {
        let found = view.audit(AuditQuery::default().kind(kind)).unwrap();
        assert_eq!(found.len(), THREADS * CHANGES / 2);
        told.extend(found.iter().map(|record| event(record)[member].as_str().unwrap().to_owned()));
    }
    assert_eq!(told, made);
    assert_eq!(gate.auth_stats().audit_records, chain.records);
}

#[test]
fn nothing_secret_is_in_any_record() {
    let (gate, root) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    step(&gate, &root, |tx| tx.set_audit(AuditSettings { openings: true, refusals: true, denials: true }));
    step(&gate, &root, |tx| tx.define(Collection::new("users").unique(["email"])));
    let password = Password::new("correct horse").unwrap();
    let hash = gate.hash_password(&password).unwrap();
    let secrets = step(&gate, &root, |tx| {
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", "ann", &hash, Sessions::End)?;
        let data = json!({"device": "the data of a token"});
        let token = tx.create_token(NewToken::new("users", "ann").data(data)?)?;
        Ok([tx.create_key(NewKey::new("server"))?.secret, token.secret, root.clone()])
    });
    for secret in &secrets {
        gate.begin_read(secret).unwrap();
        gate.begin_read(&secret.scoped(&scope("#@doc/users/nobody"))).unwrap_err();
        let text = secret.expose();
        let last = if text.ends_with('x') { 'y' } else { 'x' };
        gate.begin_read(&Secret::new(format!("{}{last}", &text[..text.len() - 1]))).unwrap_err();
    }
    gate.begin_read(&Secret::from("eyJhbGciOiJub25lIn0.eyJpc3MiOiJtYWxsb3J5In0.c2lnbmF0dXJl")).unwrap_err();
    gate.flush_audit().unwrap();
    let view = gate.begin_read(&root).unwrap();
    let log: String = records(&view).iter().map(|record| record.json.as_str()).collect();
    assert!(log.matches("refused").count() >= 7, "{log}");
    for secret in &secrets {
        for part in secret.expose().as_bytes()[14..57].windows(6) {
            assert!(!log.contains(std::str::from_utf8(part).unwrap()), "a part of a secret is in the log");
        }
    }
    for hidden in ["correct horse", "argon2", "eyJ", "ann@example.org", "the data of a token"] {
        assert!(!log.contains(hidden), "{hidden}");
    }
}

#[test]
fn only_those_with_the_right_see_a_log_and_only_their_own() {
    let world = World::new(64);
    let root = world.audited("", AuditSettings::default());
    let acme = world.audited("acme", AuditSettings::default());
    for (place, role) in [("", "server"), ("", "none"), ("acme", "server"), ("acme", "server-readonly")] {
        let (_, secret) = world.key(place, role);
        let mut view = world.gate.begin_write(&secret).unwrap();
        assert!(records(&view).is_empty() && view.audit_settings().unwrap().is_none(), "{place} {role}");
        denied(view.verify_audit());
        denied(view.set_audit(None));
    }
    // Each sees its own, and nobody sees another's: neither the one above nor the one below.
    let of = |secret: &Secret| kinds(&world.gate.begin_read(secret).unwrap());
    assert_eq!(of(&acme), ["audit_set"]);
    assert_eq!(of(&root).len(), 1 + 4);
    assert!(of(&world.inside("beta")).is_empty() && of(&world.inside("acme/eu")).is_empty());
    // A role can be given the right to read and nothing else.
    let auditor = world.write(&acme, |tx| {
        tx.define_role(Role::new("auditor").allow_every(portunus_auth::Resource::Audit, Action::Read))?;
        tx.create_key(NewKey::new("auditor"))
    });
    let mut view = world.gate.begin_write(&auditor.secret).unwrap();
    assert_eq!(kinds(&view), ["audit_set", "role_created", "key_created"]);
    assert_eq!(view.audit_settings().unwrap(), Some(AuditSettings::default()));
    whole(&view, 3);
    denied(view.set_audit(None));
    // What a key of above is called there, and how it was narrowed, is not told below.
    assert!(records(&view).iter().all(|record| !record.json.contains("acme")));
}

#[test]
fn a_log_goes_with_its_database() {
    let world = World::new(64);
    world.audited("", AuditSettings::default());
    let acme = world.audited("acme", AuditSettings::default());
    world.gate.begin_read(&acme).unwrap();
    world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
    world.refuses(&acme);
    world.write(&world.admin, |tx| tx.create_database(&path("acme")));
    let acme = world.audited("acme", AuditSettings::default());
    whole(&world.gate.begin_read(&acme).unwrap(), 1);
    let view = world.gate.begin_read(&world.admin).unwrap();
    assert_eq!(kinds(&view), ["audit_set", "database_deleted", "database_created"]);
    assert!(view.check().unwrap().problems.is_empty());
}

#[test]
fn records_are_found_by_when_what_who_and_where() {
    let world = World::new(64);
    let admin = world.audited("acme", AuditSettings::default());
    let (other, secret) = world.key("acme", "admin");
    for _ in 0..3 {
        world.advance(60);
        world.write(&admin, |tx| tx.create_key(NewKey::new("server")));
        world.write(&secret, |tx| tx.define_role(Role::new("auditor")));
    }
    let view = world.gate.begin_read(&admin).unwrap();
    let of = |query: AuditQuery| -> Vec<u64> {
        view.audit(&query).unwrap().iter().map(|record| record.sequence).collect()
    };
    let all = AuditQuery::default;
    assert_eq!(of(all()), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(of(all().newest_first()), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(of(all().after(5)), [6, 7]);
    assert_eq!(of(all().newest_first().after(3).limit(1)), [2]);
    assert_eq!(of(all().since(world.later(60)).until(world.later(120))), [2, 3, 4, 5]);
    assert_eq!(of(all().kind("key_created")), [2, 4, 6]);
    assert_eq!(of(all().principal(other)), [3, 5, 7]);
    assert_eq!(of(all().principal(other).kind("role_created")), [3]);
    assert_eq!(of(all().newest_first().kind("role_altered").limit(1)), [7]);
    for none in
        [all().limit(0), all().after(u64::MAX), all().kind("unheard_of"), all().newest_first().after(0)]
    {
        assert!(of(none).is_empty());
    }
    let most = portunus_auth::AUDIT_RECORDS_MAX;
    assert_eq!(of(all().limit(most)).len(), 7);
    assert!(matches!(view.audit(all().limit(most + 1)), Err(Error::Limit { .. })));
}

#[test]
fn a_clock_that_jumps_moves_no_record() {
    let world = World::new(64);
    let admin = world.audited("acme", AuditSettings::default());
    for instant in [world.later(1_000), START, portunus_auth::Timestamp::MAX, portunus_auth::Timestamp(-1)] {
        world.clock.set(instant);
        world.write(&admin, |tx| tx.create_key(NewKey::new("server")));
        let view = world.gate.begin_read(&admin).unwrap();
        assert_eq!(view.audit(AuditQuery::default().newest_first()).unwrap()[0].at, instant);
    }
    whole(&world.gate.begin_read(&admin).unwrap(), 5);
}
