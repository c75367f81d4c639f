//! The audit log of what has no transaction of its own: openings, refusals, denials, and passwords that prove nothing.

use crate::audit::{event, kinds, records, whole};
use crate::leaks::{checksum, random_text};
use crate::world::{START, World, denied, path, scope};
use portunus_auth::{
    Action, AuditQuery, AuditSettings, By, Collection, Durability, Error, Gate, GateOptions, Login,
    ManualClock, NewKey, NewToken, Password, ReadView, RefreshTerms, Role, Secret, Sessions, TreeOptions, by,
};
use serde_json::{Value, json};
use std::sync::Arc;

const REFUSALS: AuditSettings = AuditSettings { openings: false, refusals: true, denials: false };
const DENIALS: AuditSettings = AuditSettings { openings: false, refusals: false, denials: true };
const OPENINGS: AuditSettings = AuditSettings { openings: true, refusals: false, denials: false };

impl World {
    /// The events of a kind in the log that a secret opens, after what waits was brought there.
    fn events(&self, secret: &Secret, kind: &str) -> Vec<Value> {
        self.gate.flush_audit().unwrap();
        let view = self.gate.begin_read(secret).unwrap();
        view.audit(AuditQuery::default().kind(kind)).unwrap().iter().map(event).collect()
    }
}

#[test]
fn a_refusal_is_recorded_with_its_true_reason_where_it_was_meant() {
    let world = World::new(64);
    let root = world.audited("", REFUSALS);
    let acme = world.audited("acme", REFUSALS);
    let (id, key) = world.key("acme", "server");
    let wrong = {
        let checked = format!("{}{}", &key.expose()[..14], random_text(&root));
        Secret::new(format!("{checked}{}", checksum(&checked)))
    };
    let (short, short_lived) = {
        let new = NewKey::new("server").at(path("acme")).expires_at(world.later(1));
        let made = world.write(&world.admin, |tx| tx.create_key(new));
        (made.id, made.secret)
    };
    let open = world.gate.begin_read(&short_lived).unwrap();
    world.advance(1);
    for secret in [
        &short_lived,
        &wrong,
        &key.scoped(&scope("#none")),
        &world.admin.scoped(&scope("@nowhere#none")),
        &Secret::from("swordfish"),
        &World::new(0).admin,
    ] {
        world.gate.begin_read(secret).unwrap_err();
    }
    // One that ends while a transaction of it is open is refused once.
    for _ in 0..3 {
        assert!(matches!(open.principal(), Err(Error::Unauthenticated)));
    }
    let refused = |reason: &str, id: String| json!({"kind": "refused", "reason": reason, "secret": id});
    let (id, short) = (id.to_string(), short.to_string());
    assert_eq!(
        world.events(&acme, "refused"),
        [
            refused("expired", short.clone()),
            refused("wrong", id.clone()),
            refused("scope", id),
            refused("expired", short),
        ]
    );
    let elsewhere = world.events(&root, "refused");
    let told: Vec<_> = elsewhere.iter().map(|event| event["reason"].as_str().unwrap()).collect();
    assert_eq!(told, ["scope", "malformed", "unknown"]);
    assert_eq!(elsewhere[1]["secret"], Value::Null);
    assert!(
        records(&world.gate.begin_read(&root).unwrap()).iter().all(|one| !one.json.contains("swordfish"))
    );
    // A database that keeps no log, or none of refusals, is told nothing.
    let beta = world.audited("beta", DENIALS);
    world.gate.begin_read(&world.key("beta", "server").1.scoped(&scope("#none"))).unwrap_err();
    assert!(world.events(&beta, "refused").is_empty());
}

#[test]
fn a_flood_of_refusals_is_counted_and_does_not_fill_the_log() {
    let world = World::new(64);
    let root = world.audited("", REFUSALS);
    let guess = || assert!(world.gate.begin_read(&Secret::from("a guess")).is_err());
    (0..1_000).for_each(|_| guess());
    assert_eq!(world.events(&root, "refused").len(), 60);
    let lost = |refusals: u64| json!({"kind": "dropped", "openings": 0, "refusals": refusals, "denials": 0, "failed_logins": 0});
    assert_eq!(world.events(&root, "dropped"), [lost(940)]);
    guess();
    assert_eq!(world.events(&root, "dropped"), [lost(940), lost(1)]);
    world.advance(10);
    (0..20).for_each(|_| guess());
    assert_eq!(world.events(&root, "refused").len(), 70);
    assert_eq!(world.events(&root, "dropped")[2], lost(10));
    // It is a matter of one database: what concerns another has its own room.
    let acme = world.audited("acme", REFUSALS);
    let key = world.key("acme", "server").1;
    world.gate.begin_read(&key.scoped(&scope("#none"))).unwrap_err();
    assert_eq!(world.events(&acme, "refused").len(), 1);
    let stats = world.gate.auth_stats();
    assert_eq!((stats.refused["malformed"], stats.refused["scope"]), (1_021, 1));
    assert_eq!(stats.audit_dropped, 951);
    let view = world.gate.begin_read(&root).unwrap();
    whole(&view, 1 + 70 + 3 + 1);
}

#[test]
fn every_opening_is_recorded_where_that_is_asked_for() {
    let world = World::new(64);
    let acme = world.audited("acme", OPENINGS);
    let (id, server) = world.key("acme", "server");
    // More than there is room for at a time.
    for _ in 0..1_500 {
        world.gate.begin_read(&server).unwrap();
        world.gate.begin_write(&server).unwrap();
    }
    world.gate.begin_read(&world.key("beta", "server").1).unwrap();
    world.gate.flush_audit().unwrap();
    let view = world.gate.begin_read(&acme).unwrap();
    let chain = view.verify_audit().unwrap();
    assert_eq!((chain.records, chain.first_break), (1 + 3_000, None));
    let last = view.audit(AuditQuery::default().newest_first().principal(id).limit(2)).unwrap();
    assert_eq!(event(&last[0]), json!({"kind": "opened", "mode": "write"}));
    assert_eq!(event(&last[1]), json!({"kind": "opened", "mode": "read"}));
    // Whoever opened it before the log was asked for that is recorded from then on.
    let world = World::new(64);
    let acme = world.inside("acme");
    let (id, server) = world.key("acme", "server");
    world.gate.begin_read(&server).unwrap();
    world.audited("acme", OPENINGS);
    world.gate.begin_read(&server).unwrap();
    world.write(&acme, |tx| tx.set_audit(AuditSettings::default()));
    world.gate.begin_read(&server).unwrap();
    assert!(world.events(&acme, "opened").is_empty(), "what waits is not written once nobody asks for it");
    world.write(&acme, |tx| tx.set_audit(OPENINGS));
    world.gate.begin_read(&server).unwrap();
    world.gate.flush_audit().unwrap();
    let view = world.gate.begin_read(&acme).unwrap();
    assert_eq!(view.audit(AuditQuery::default().kind("opened").principal(id)).unwrap().len(), 1);
}

#[test]
fn a_denial_is_recorded_with_who_wanted_what() {
    let world = World::new(64);
    let acme = world.audited("acme", DENIALS);
    let (id, server) = world.key("acme", "server");
    let (_, reader) = world.key("acme", "server-readonly");
    let mut view = world.gate.begin_write(&server).unwrap();
    denied(view.create_key(NewKey::new("server")));
    denied(view.own_tokens());
    drop(view);
    let mut view = world.gate.begin_write(&reader).unwrap();
    denied(view.create("notes", json!({})));
    denied(view.delete("notes", "n1"));
    denied(view.define(Collection::new("more")));
    // What it may not see is not there, which is not a denial.
    assert!(matches!(view.delete_key(id), Err(Error::NotFound(_))));
    denied(world.gate.call::<_, ()>(&reader, "sign_up", ()));
    let told = world.events(&acme, "denied");
    let of = |action: &str, on: &str| json!({"kind": "denied", "action": action, "resource": on});
    assert_eq!(
        told,
        [
            of("create", "key"),
            of("read", "token"),
            of("create", "document"),
            of("delete", "document"),
            of("create", "collection"),
            of("call", "procedure"),
        ]
    );
    let view = world.gate.begin_read(&acme).unwrap();
    assert_eq!(view.audit(AuditQuery::default().principal(id)).unwrap().len(), 2);
    assert_eq!(world.gate.auth_stats().denied, 6);
    // Nobody else's log is told.
    denied(world.write(&world.key("beta", "server").1, |tx| Ok(tx.create_key(NewKey::new("server")))));
    assert_eq!(world.events(&acme, "denied").len(), 6);
}

/// A store with a log and with `ann`, who has a password.
struct Logins {
    gate: Gate,
    app: Secret,
    password: Password,
}

impl Logins {
    fn new() -> Self {
        // The clock stands still, so that nobody gets another attempt while this goes on.
        let tree = TreeOptions { clock: Arc::new(ManualClock::new(START)), ..TreeOptions::default() };
        let (gate, app) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
        let password = Password::new("correct horse").unwrap();
        let hash = gate.hash_password(&password).unwrap();
        let mut view = gate.begin_write(&app).unwrap();
        view.define(Collection::new("users").unique(["email"])).unwrap();
        view.create_with_id("users", "ann", json!({"email": "ann@example.org"})).unwrap();
        view.create_with_id("users", "bob", json!({"email": "bob@example.org"})).unwrap();
        view.set_credential("users", "ann", &hash, Sessions::End).unwrap();
        view.commit(Durability::Immediate).unwrap();
        let mut view = gate.begin_write(&app).unwrap();
        view.set_audit(AuditSettings::default()).unwrap();
        view.commit(Durability::Immediate).unwrap();
        Self { gate, app, password }
    }

    fn view(&self) -> ReadView {
        self.gate.begin_read(&self.app).unwrap()
    }

    fn last(&self) -> Value {
        event(&self.view().audit(AuditQuery::default().newest_first()).unwrap()[0])
    }
}

#[test]
fn a_login_is_recorded_with_its_tokens_and_so_is_what_becomes_of_it() {
    let home = Logins::new();
    let login = Login::new("users", by("email", "ann@example.org"), &home.password).source("10.0.0.7");
    let session = home.gate.login(&home.app, login.refresh(RefreshTerms::default())).unwrap();
    let refresh = session.refresh.unwrap();
    assert_eq!(
        home.last(),
        json!({"kind": "logged_in", "collection": "users", "document": "ann", "token": session.id.to_string(),
            "refresh_token": refresh.id.to_string(), "source": "10.0.0.7"})
    );
    let next = home.gate.refresh(&refresh.secret).unwrap();
    let (refresh_id, next_id) = (refresh.id.to_string(), next.id.to_string());
    assert_eq!(home.last(), json!({"kind": "login_renewed", "refresh_token": refresh_id, "token": next_id}));
    home.gate.refresh(&refresh.secret).unwrap_err();
    assert_eq!(
        home.last(),
        json!({"kind": "refresh_token_reused", "refresh_token": refresh_id, "tokens": [next_id]})
    );
    let view = home.view();
    let reused = &view.audit(AuditQuery::default().kind("refresh_token_reused")).unwrap()[0];
    assert_eq!(reused.principal, Some(refresh.id));
    let by: Value = serde_json::from_str::<Value>(&reused.json).unwrap()["principal"].clone();
    assert_eq!((by["collection"].as_str(), by["document"].as_str()), (Some("users"), Some("ann")));
    // The own password.
    let login = Login::new("users", By::id("ann"), &home.password);
    let session = home.gate.login(&home.app, &login).unwrap();
    let new = Password::new("battery staple").unwrap();
    home.gate.change_password(&session.secret, &home.password, &new, Sessions::EndElsewhere).unwrap();
    assert_eq!(home.last(), json!({"kind": "credential_changed", "collection": "users", "document": "ann"}));
    let view = home.view();
    assert_eq!(
        kinds(&view),
        [
            "audit_set",
            "logged_in",
            "login_renewed",
            "refresh_token_reused",
            "logged_in",
            "credential_changed"
        ]
    );
    whole(&view, 6);
    let stats = home.gate.auth_stats();
    assert_eq!((stats.logins, stats.login_failures, stats.tokens_issued, stats.tokens_ended), (2, 0, 4, 1));
}

#[test]
fn a_login_that_fails_is_recorded_with_its_reason_and_without_what_was_typed() {
    let home = Logins::new();
    let wrong = Password::new("swordfish and chips").unwrap();
    let attempt = |by: By, password: &Password| {
        let login = Login::new("users", by, password).source("a\r\n\u{1b}[2Jsource");
        assert!(matches!(home.gate.login(&home.app, login), Err(Error::WrongCredentials)));
        home.last()
    };
    let failed = |reason: &str, document: Value| {
        json!({"kind": "login_failed", "reason": reason, "purpose": "login", "collection": "users",
            "document": document, "source": "a\r\n\u{1b}[2Jsource"})
    };
    assert_eq!(attempt(by("email", "ann@example.org"), &wrong), failed("wrong_password", "ann".into()));
    assert_eq!(attempt(By::id("ann"), &wrong), failed("wrong_password", "ann".into()));
    assert_eq!(attempt(by("email", "bob@example.org"), &wrong), failed("no_credential", "bob".into()));
    let nobody = failed("unknown_identity", Value::Null);
    assert_eq!(attempt(by("email", "correct horse"), &wrong), nobody);
    assert_eq!(attempt(By::id("correct horse"), &wrong), nobody);
    let mut view = home.gate.begin_write(&home.app).unwrap();
    view.disable_credential("users", "ann", Sessions::End).unwrap();
    view.commit(Durability::Immediate).unwrap();
    assert_eq!(attempt(By::id("ann"), &home.password), failed("credential_disabled", "ann".into()));
    // Other ways to try a password.
    assert!(!home.gate.verify_password(&home.app, "users", &By::id("bob"), &wrong).unwrap());
    let verify = home.last();
    assert_eq!((verify["purpose"].as_str(), verify["source"].as_str()), (Some("verify"), None));
    let mut view = home.gate.begin_write(&home.app).unwrap();
    let token = view.create_token(NewToken::new("users", "bob")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    home.gate.change_password(&token.secret, &wrong, &home.password, Sessions::Keep).unwrap_err();
    let change = home.last();
    assert_eq!((change["purpose"].as_str(), change["document"].as_str()), (Some("change"), Some("bob")));
    let log: String = records(&home.view()).iter().map(|record| record.json.as_str()).collect();
    for hidden in ["swordfish", "correct horse", "example.org", "argon2", "\r", "\n", "\u{1b}"] {
        assert!(!log.contains(hidden), "{hidden:?}");
    }
    assert_eq!(home.gate.auth_stats().login_failures, 8);
}

#[test]
fn a_login_that_has_to_wait_is_recorded_as_that() {
    let home = Logins::new();
    let wrong = Password::new("battery staple").unwrap();
    let login = Login::new("users", By::id("ann"), &wrong);
    while !matches!(home.gate.login(&home.app, &login), Err(Error::Throttled { .. })) {}
    let throttled = home.last();
    assert_eq!(
        throttled,
        json!({"kind": "login_throttled", "purpose": "login", "collection": "users", "document": "ann",
            "source": null})
    );
    let stats = home.gate.auth_stats();
    assert_eq!(stats.logins_throttled, 1);
    let failures = home.view().audit(AuditQuery::default().kind("login_failed")).unwrap().len();
    assert_eq!(u64::try_from(failures).unwrap(), stats.login_failures);
}

#[test]
fn what_waits_is_brought_by_a_sweep_and_by_whoever_closes_or_drops_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (mut gate, root) = Gate::create(&file, &GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&root).unwrap();
    view.set_audit(REFUSALS).unwrap();
    view.commit(Durability::Immediate).unwrap();
    drop(view_of(&gate, &root));
    let guess = |gate: &Gate| drop(gate.begin_read(&Secret::from("a guess")).unwrap_err());
    guess(&gate);
    gate.sweep(10).unwrap();
    assert_eq!(view_of(&gate, &root).verify_audit().unwrap().records, 2);
    guess(&gate);
    gate.close().unwrap();
    drop(gate);
    gate = Gate::open(&file, &GateOptions::default()).unwrap();
    assert_eq!(view_of(&gate, &root).verify_audit().unwrap().records, 3);
    guess(&gate);
    drop(gate);
    gate = Gate::open(&file, &GateOptions::default()).unwrap();
    assert_eq!(view_of(&gate, &root).verify_audit().unwrap().records, 4);
}

fn view_of(gate: &Gate, secret: &Secret) -> ReadView {
    gate.begin_read(secret).unwrap()
}

#[test]
fn the_trace_tells_of_the_same_and_never_of_a_secret() {
    let world = World::new(64);
    let ((secret, id), text) = crate::trace::heard(|| {
        let made = world.write(&world.admin, |tx| tx.create_key(NewKey::new("server").named("importer")));
        world.gate.begin_read(&made.secret).unwrap();
        denied(
            world
                .gate
                .begin_write(&made.secret)
                .unwrap()
                .define_role(Role::new("mine").allow("notes", Action::Read)),
        );
        (made.secret, made.id)
    });
    assert!(text.contains(&format!("KeyCreated {{ key: PublicId({id})")), "{text}");
    assert!(text.contains("action=create resource=role"), "{text}");
    for part in random_text(&secret).as_bytes().windows(5) {
        assert!(!text.contains(std::str::from_utf8(part).unwrap()), "a part of the secret is in the trace");
    }
}
