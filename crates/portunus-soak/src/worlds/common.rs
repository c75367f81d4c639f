//! What two worlds have in common: the tree, its definitions, roles and secrets, as they are before anything is hidden in them. It
//! is built once and then copied. It knows nothing of what is tried.

use super::counting::Counters;
use super::holder::Holder;
use portunus_auth::{
    Action, BuiltInRole, Collection, DatabasePath, Durability, Fields, Gate, GateOptions, ManualClock,
    NamedPredicate, NewKey, NewToken, On, Privilege, Procedure, PublicId, Resource, Result, Role, Secret,
    SecretScope, Timestamp, TreeOptions, WriteView,
};
use portunus_storage::{KeyRange, Order};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// The instant at which every world begins.
pub const START: Timestamp = Timestamp(1_800_000_000_000_000);
/// The database that holders work in, and those around it.
pub const HOME: &str = "acme";
/// Databases that no holder sees anything of.
pub const ELSEWHERE: [&str; 3] = ["", "beta", "acme/eu"];

/// What two worlds begin with.
pub struct Common {
    records: Vec<(Vec<u8>, Vec<u8>)>,
    admin: Secret,
    /// Whose answers are compared.
    pub holder: Holder,
    secret: Secret,
    /// A key and a token that are not the holder's.
    pub others: [PublicId; 2],
    principals_max: usize,
}

/// One store.
pub struct World {
    /// A key and a token that are not the holder's.
    pub others: [PublicId; 2],
    pub gate: Gate,
    /// An administrator of the root.
    pub admin: Secret,
    /// Whose answers are compared.
    pub secret: Secret,
    pub clock: Arc<ManualClock>,
    pub counters: Counters,
}

impl Common {
    /// A store for this holder, whose readers remember so many principals.
    pub fn new(holder: Holder, principals_max: usize) -> Self {
        let engine = Arc::new(Mutex::new(None));
        let kept = engine.clone();
        let clock = Arc::new(ManualClock::new(START));
        let (gate, admin) = Gate::create_on(
            move |options| {
                let engine = portunus_storage::memory(options)?;
                *kept.lock().unwrap() = Some(engine.clone());
                Ok(engine)
            },
            &options(&clock, principals_max),
        )
        .unwrap();
        let (secret, others) = build(&gate, &admin, holder);
        let engine = engine.lock().unwrap().take().unwrap();
        let mut records = Vec::new();
        let snapshot = engine.begin_read().unwrap();
        snapshot
            .scan(&KeyRange::all(), Order::Ascending, &mut |key, value| {
                records.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
        Self { records, admin, holder, secret, others, principals_max }
    }

    /// A store of its own that begins with it.
    pub fn world(&self) -> World {
        let clock = Arc::new(ManualClock::new(START));
        let counters = Counters::default();
        let open = |options| counters.memory_with(&self.records, options);
        let gate = Gate::open_on(open, &options(&clock, self.principals_max)).unwrap();
        World {
            others: self.others,
            gate,
            admin: self.admin.clone(),
            secret: self.secret.clone(),
            clock,
            counters,
        }
    }

    /// Whether readers remember principals.
    pub fn remembers(&self) -> bool {
        self.principals_max > 0
    }
}

impl World {
    /// The administrator of a database.
    pub fn inside(&self, place: &str) -> Secret {
        inside(&self.admin, place)
    }

    /// Runs a transaction that has to succeed.
    pub fn write<T>(&self, secret: &Secret, run: impl FnOnce(&mut WriteView) -> Result<T>) -> T {
        write(&self.gate, secret, run)
    }
}

fn options(clock: &Arc<ManualClock>, principals_max: usize) -> GateOptions {
    let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
    // What these do, they do as their caller or as nobody: nothing hidden is shown by them on purpose.
    let procedures = vec![
        Procedure::new("mine", |call, (): ()| {
            let view = call.begin_read()?;
            let who = view.principal()?.roles().iter().map(ToString::to_string).collect::<Vec<_>>();
            Ok((who, view.query("notes").list_ids()?))
        }),
        Procedure::new("nobody", |call, id: String| {
            let mut view = call.begin_write()?;
            let found = view.get("notes", &id)?.is_some();
            Ok((found, view.delete("notes", &id).is_ok()))
        }),
        Procedure::new("unused", |_, (): ()| Ok(())),
    ];
    GateOptions { tree, principals_max, procedures, ..GateOptions::default() }
}

fn inside(admin: &Secret, place: &str) -> Secret {
    admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(path(place)))
}

/// A path that is one.
pub fn path(text: &str) -> DatabasePath {
    text.parse().unwrap()
}

fn write<T>(gate: &Gate, secret: &Secret, run: impl FnOnce(&mut WriteView) -> Result<T>) -> T {
    let mut view = gate.begin_write(secret).unwrap();
    let done = run(&mut view).unwrap();
    view.commit(Durability::Relaxed).unwrap();
    done
}

/// Builds what all worlds of a holder have, and gives its secret, and a key and a token of others.
fn build(gate: &Gate, admin: &Secret, holder: Holder) -> (Secret, [PublicId; 2]) {
    write(gate, admin, |tx| {
        for place in [HOME, "acme/eu", "beta"] {
            tx.create_database(&path(place))?;
        }
        Ok(())
    });
    for place in ELSEWHERE {
        write(gate, &inside(admin, place), |tx| {
            tx.define(Collection::new("notes").index(["owner"]).unique(["email"]))?;
            tx.define(Collection::new("users"))?;
            tx.create_with_id("users", "ann", json!({"name": "ann"}))
        });
    }
    write(gate, &inside(admin, HOME), |tx| {
        define_home(tx)?;
        holder.role().map_or(Ok(()), |role| tx.define_role(role))
    });
    let home = inside(admin, HOME);
    let token = |document: &str| write(gate, &home, |tx| tx.create_token(NewToken::new("users", document)));
    let key = |role: &str| write(gate, &home, |tx| tx.create_key(NewKey::new(role))).secret;
    // Everybody has a second one, and Bob has one in any case: who stands for whom is nothing that is told by a mark.
    drop(token("ann"));
    let other = write(gate, &home, |tx| tx.create_key(NewKey::new("none").named("hidden")));
    let others = [other.id, token("bob").id];
    let secret = match holder {
        Holder::Author(_) => token("ann").secret,
        Holder::Document(_) => admin.scoped(&SecretScope::document("users", "ann").unwrap().at(path(HOME))),
        Holder::Reader => key("reader"),
        Holder::Delegate => key("delegate"),
        Holder::Server => key("server"),
        Holder::ServerReadonly => key("server-readonly"),
        Holder::None => key("none"),
    };
    (secret, others)
}

fn define_home(tx: &mut WriteView) -> Result<()> {
    let notes = Collection::new("notes").index(["owner"]).index(["size"]).index(["tags"]).index(["salary"]);
    tx.define(notes.index(["owner", "size"]).index(["size", "salary"]).unique(["email"]))?;
    // No holder sees anything of this one, and rules read it: what they read is the same in all worlds.
    tx.define(Collection::new("flags"))?;
    tx.create_with_id("flags", "ann", json!({"on": true}))?;
    tx.define(Collection::new("vault").index(["owner"]))?;
    tx.define(Collection::new("users"))?;
    for name in ["ann", "bob"] {
        tx.create_with_id("users", name, json!({"name": name, "boss": name == "bob"}))?;
    }
    tx.define_predicate(NamedPredicate::new("owns", ["who", "it"], "it.owner == id(who)"))?;
    tx.define_procedure("mine", None)?;
    tx.define_procedure("nobody", Some("none"))
}

/// What the writer of some notes may do, in one of several forms that hide the same.
pub fn author(form: u8) -> Role {
    let on_notes = |action| Privilege::new(On::Collection("notes".into()), action);
    let hides = || Fields::except(["salary", "lines.cost"]);
    let write = "old.owner == id(identity) && new.owner == old.owner";
    let role = Role::new("author").member("users").allow_call("mine").allow_call("nobody");
    let role = match form {
        // One rule that leads to an index, with a denial beside it.
        0 => role
            .privilege(on_notes(Action::Read).when("doc.owner == id(identity)").fields(hides()))
            .deny_when("notes", Action::Read, "has(doc.secret) && doc.secret"),
        // Two ways to the same documents, with masks that only together show all that may be shown.
        1 => role
            .privilege(
                on_notes(Action::Read)
                    .when("doc.owner == id(identity) && !has(doc.secret)")
                    .fields(Fields::only(["owner", "size", "email"])),
            )
            .privilege(
                on_notes(Action::Read)
                    .when("doc.owner in [id(identity)] && !has(doc.secret)")
                    .fields(Fields::only(["tags", "lines.name", "text"])),
            ),
        // A rule that no index serves.
        2 => role.privilege(
            on_notes(Action::Read)
                .when("[doc.owner].exists(it, it == id(identity)) && !has(doc.secret)")
                .fields(hides()),
        ),
        // Rules that read other documents, which the caller may not.
        _ => role.privilege(
            on_notes(Action::Read)
                .when("owns(identity, doc) && get('flags', doc.owner).on && exists('flags', id(identity)) && !has(doc.secret)")
                .fields(hides()),
        ),
    };
    role.privilege(on_notes(Action::Write).when(write).fields(hides()))
        .allow_when("notes", Action::Create, "new.owner == id(identity)")
        .allow("notes", Action::CreateWithId)
        .allow_when("notes", Action::Delete, "doc.size < 3")
}

/// What the holder of a key may do who is nobody: see some notes and ids, and make others.
pub fn reader() -> Role {
    let read = Privilege::new(On::Collection("notes".into()), Action::Read);
    Role::new("reader")
        .privilege(
            read.when("doc.owner == 'ann' && !has(doc.secret)").fields(Fields::except(["salary", "lines"])),
        )
        .allow_when("notes", Action::ListIds, "doc.owner == 'ann' && !has(doc.secret)")
        .allow_when("notes", Action::Create, "!has(new.secret)")
        .allow_call("mine")
}

/// What somebody may do to whom a part of the administration is left.
pub fn delegate() -> Role {
    // On one collection: whoever has a right to documents of all may know which collections and indexes there are.
    let mut role = Role::new("delegate").allow_when(
        "notes",
        Action::Read,
        "has(doc.owner) && doc.owner == 'ann' && !has(doc.secret)",
    );
    for (resource, field) in [
        (Resource::Key, "name"),
        (Resource::Role, "name"),
        (Resource::Collection, "name"),
        (Resource::Database, "name"),
        (Resource::Procedure, "name"),
        (Resource::Token, "document"),
    ] {
        let begins = |name: &str| match resource {
            Resource::Token => format!("{name}.document == 'ann'"),
            _ => format!("has({name}.{field}) && {name}.{field}.startsWith('d')"),
        };
        role = role
            .allow_every_when(resource, Action::Read, begins("doc"))
            .allow_every_when(resource, Action::Delete, begins("doc"))
            .allow_every_when(resource, Action::Create, begins("new"))
            .allow_every_when(resource, Action::Write, format!("{} && {}", begins("old"), begins("new")));
    }
    role
}
