//! Every operation once, on two stores whose hidden parts differ: the same answer from both, whatever it was.

use crate::world::{START, path};
use portunus_auth::{
    Action, AuditQuery, AuditSettings, Collection, Cursor, Durability, Gate, GateOptions, Logout,
    ManualClock, NewKey, NewToken, PublicId, Query, ReadView, Resource, Role, Secret, Sessions, TreeOptions,
    Value,
};
use serde_json::json;
use std::sync::Arc;

/// The queries that are tried.
fn query(view: &ReadView, number: usize) -> Query<'_> {
    let notes = view.query("notes");
    match number {
        0 => notes,
        1 => notes.ids("a".."z"),
        2 => notes.index("owner").equal(["ann"]),
        3 => notes.index("owner").equal(["ann", "bob"]),
        4 => notes.index("nowhere").descending(),
        5 => notes.index("owner").range(1..).limit(1),
        6 => notes.prefix("a"),
        _ => notes.strict(),
    }
}

/// What every operation of a view answers, as text.
fn answers(gate: &Gate, secret: &Secret, [key, token]: [PublicId; 2]) -> Vec<String> {
    let mut all = Vec::new();
    let mut say = |what: &str, answer: &dyn std::fmt::Debug| all.push(format!("{what}: {answer:?}"));
    let view = gate.begin_read(secret).unwrap();
    for number in 0..8 {
        let query = || query(&view, number);
        let name = format!("query {number}");
        say(&name, &(query().documents(), query().count(), query().first(), query().list_ids()));
        say(&name, &(query().collect::<Value>(), query().page(1, None)));
        say(&name, &query().page(1, Some(&Cursor::from("AQAA"))));
    }
    say("get", &(view.get("notes", "n1"), view.exists("notes", "n1"), view.get("notes", "")));
    say("collections", &(view.collections(), view.collection("notes"), view.unbuilt_indexes("notes")));
    say("databases", &(view.databases(&path("")), view.databases(&path("deep"))));
    say("databases", &(view.disabled_databases(&path("")), view.database_at(&path("deep"))));
    say("keys", &(view.keys(), view.key(key), view.check()));
    // The ids of tokens are random: that one is there is all that can be compared.
    let tokens = view.tokens_of("users", "ann").map(|tokens| tokens.len());
    say("tokens", &(tokens, view.token(token).map(|token| token.is_some()), view.own_tokens()));
    say("roles", &(view.roles(), view.role("author"), view.role("admin")));
    say("procedures", &(view.procedures(), view.credential("users", "ann")));
    say("providers", &(view.providers(), view.provider("issuer")));
    say("audit", &(view.audit_settings(), view.audit(AuditQuery::default()), view.verify_audit()));
    say("call", &(gate.call::<_, ()>(secret, "work", ()), gate.call::<_, ()>(secret, "ghost", ())));
    drop(view);
    let mut tx = gate.begin_write(secret).unwrap();
    say("create", &tx.create("notes", json!({"email": "x"})).map(drop));
    say("create", &tx.create_with_id("notes", "n1", json!({})).map(drop));
    say("create", &tx.create_with_id("notes", "", json!(7)).map(drop));
    say("replace", &(tx.replace("notes", "n1", json!({})), tx.replace("notes", "n1", json!(7))));
    say("patch", &tx.change("notes", "n1").if_version(3).patch(json!({"a": 1})));
    say("delete", &(tx.delete("notes", "n1"), tx.delete("notes", "n2")));
    say("define", &tx.define(Collection::new("notes")));
    say("define", &tx.define(Collection::new("no such name")));
    say("rename", &(tx.rename_collection("notes", "others"), tx.drop_collection("notes")));
    say("build", &tx.build_indexes("notes"));
    say("create", &(tx.create_database(&path("deep")), tx.create_database(&path("deep/er"))));
    say("rename", &tx.rename_database(&path("deep"), &"x".parse().unwrap()));
    say("move", &(tx.move_database(&path("deep"), &path("")), tx.delete_database(&path("deep"))));
    say("close", &(tx.disable_database(&path("deep")), tx.enable_database(&path("deep"))));
    say("protect", &(tx.protect_database(&path("deep"), true), tx.protect_database(&path(""), true)));
    say("key", &tx.create_key(NewKey::new("admin")).map(drop));
    say("key", &tx.create_key(NewKey::new("admin").at(path("deep"))).map(drop));
    say("key", &(tx.set_key_role(key, "none"), tx.set_key_expiry(key, None), tx.delete_key(key)));
    say("key", &tx.create_key(NewKey::new("author")).map(drop));
    say("once", &tx.once("again"));
    say("token", &(tx.create_token(NewToken::new("users", "ann")).map(drop), tx.logout(Logout::Everywhere)));
    say("token", &(tx.retarget_token(token, "users", "bob"), tx.set_token_expiry(token, None)));
    say("token", &(tx.delete_token(token), tx.delete_token(key)));
    say(
        "credential",
        &(tx.delete_credential("users", "ann", Sessions::End), tx.enable_credential("users", "ann")),
    );
    for name in ["author", "other", "admin", "no name"] {
        say("role", &(tx.define_role(Role::new(name)), tx.rename_role(name, "more"), tx.delete_role(name)));
    }
    say(
        "role",
        &tx.define_role(Role::new("more").member("users").allow("notes", Action::Read).allow_call("work")),
    );
    for name in ["work", "other", "no name"] {
        say("procedure", &(tx.define_procedure(name, Some("author")), tx.delete_procedure(name)));
    }
    say("provider", &(tx.rename_provider("issuer", "more"), tx.delete_provider("issuer")));
    say("audit", &tx.set_audit(AuditSettings::default()));
    say("commit", &tx.commit(Durability::Immediate));
    all
}

/// A store whose database `home` has much in it, or nothing; beside it a sibling that has or has not.
fn home(role: &str, is_full: bool, documents: bool) -> Vec<String> {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let inside = |place: &str| admin.scoped(&format!("@{place}#admin").parse().unwrap());
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.create_database(&path("home")).unwrap();
    tx.create_database(&path("sibling")).unwrap();
    let own = tx.create_key(NewKey::new(role).at(path("home"))).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    let mut tx = gate.begin_write(&inside("home")).unwrap();
    let key = tx.create_key(NewKey::new("admin")).unwrap();
    let mut token = key.id;
    if documents {
        tx.define(Collection::new("notes").index(["owner"]).unique(["email"])).unwrap();
        tx.create_with_id("notes", "n1", json!({"owner": "ann", "email": "x"})).unwrap();
        tx.define(Collection::new("users")).unwrap();
        tx.create_with_id("users", "ann", json!({})).unwrap();
        token = tx.create_token(NewToken::new("users", "ann")).unwrap().id;
        tx.define_procedure("work", None).unwrap();
    }
    if is_full {
        tx.create_database(&path("deep")).unwrap();
        tx.define_role(Role::new("author").deny_every(Resource::Document, Action::Read)).unwrap();
        tx.set_audit(AuditSettings::default()).unwrap();
    } else {
        tx.delete_key(key.id).unwrap();
    }
    tx.commit(Durability::Immediate).unwrap();
    if is_full {
        let mut tx = gate.begin_write(&inside("sibling")).unwrap();
        tx.define(Collection::new("others")).unwrap();
        tx.create("others", json!({"email": "x"})).unwrap();
        tx.commit(Durability::Immediate).unwrap();
    }
    answers(&gate, &own.secret, [key.id, token])
}

#[test]
fn whoever_may_not_see_it_gets_the_same_answers_whether_it_is_there_or_not() {
    for role in ["server", "server-readonly", "none"] {
        assert_eq!(home(role, true, true), home(role, false, true), "{role}: databases, keys, siblings");
    }
    assert_eq!(home("none", true, true), home("none", false, false), "collections and documents");
    assert_ne!(home("admin", true, true), home("admin", false, true), "it is there");
    assert_ne!(home("server-readonly", true, true), home("server-readonly", true, false), "it is there");
    assert_ne!(home("server", true, true), home("server", true, false), "it is there");
}

/// What somebody is told whose role this is, about documents that hold this.
fn told(role: &Role, value: &serde_json::Value) -> Vec<String> {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut tx = gate.begin_write(&admin).unwrap();
    tx.define(Collection::new("notes").index(["owner"]).index(["tags"])).unwrap();
    for id in ["n1", "n2", "n3"] {
        tx.create_with_id("notes", id, value).unwrap();
    }
    tx.define_role(role).unwrap();
    let own = tx.create_key(NewKey::new(role.name())).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    let view = gate.begin_read(&own.secret).unwrap();
    let mut all = answers(&gate, &own.secret, [own.id; 2]);
    for query in [
        view.query("notes").index("tags").equal(["a"]),
        view.query("notes").index("tags").descending(),
        view.query("notes").index("owner").range("a".."m"),
        view.query("notes").index("owner").equal(["ann"]).strict(),
    ] {
        all.push(format!("{:?}", query.list_ids()));
    }
    all
}

#[test]
fn whoever_may_not_read_documents_gets_the_same_answers_whatever_they_hold() {
    let values =
        [json!({}), json!({"owner": "ann", "tags": ["a", "b"]}), json!({"owner": "zoe", "email": "x"})];
    let roles = [
        Role::new("lister").allow("notes", Action::ListIds),
        Role::new("creator").allow("notes", Action::Create).allow("notes", Action::CreateWithId),
        Role::new("blind").allow("notes", Action::Write).allow("notes", Action::Delete),
        Role::new("denied").allow_every(Resource::Document, Action::Read).deny("notes", Action::Read),
    ];
    for role in roles {
        for value in &values {
            assert_eq!(told(&role, value), told(&role, &values[0]), "{role:?}");
        }
    }
    let reader = Role::new("reader").allow("notes", Action::Read);
    assert_ne!(told(&reader, &values[1]), told(&reader, &values[0]), "it is there");
}
