//! A small store in a file, built once: who can open it, what it answers them while it is whole, and what can happen to its bytes.
//! It knows nothing of where in the file anything lies.

use super::ram::Ram;
use super::recipe::Recipe;
use portunus_auth::{
    Action, AuditSettings, Clock, Collection, Document, Durability, Error, Expiry, Fields, Gate, GateOptions,
    ManualClock, NewKey, NewToken, On, Privilege, ReadView, Result, Role, Secret, Timestamp, TreeOptions,
};
use portunus_storage::{Disk, create_on, open_on};
use serde_json::json;
use std::sync::{Arc, LazyLock};

/// The instant at which everything here happens.
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
/// The bytes that a disk writes at once.
const SECTOR: usize = 512;
/// Notes in the root, of which each second one is Ann's and each third one is sealed.
pub const NOTES: usize = 9;

/// A store in a file, and who can open it.
pub struct Shelf {
    pub image: Vec<u8>,
    /// Where the sectors begin that have something in them.
    sectors: Vec<usize>,
    /// By name: an administrator, somebody who may read all, Ann, Bob, an administrator of a database below, nobody in particular.
    pub secrets: Vec<(&'static str, Secret)>,
}

pub static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::build);

impl Shelf {
    fn build() -> Self {
        let disk = Arc::new(Ram::default());
        let (gate, admin) =
            Gate::create_on(|options| create_on(Arc::clone(&disk) as Arc<dyn Disk>, options), &options())
                .unwrap();
        let mut view = gate.begin_write(&admin).unwrap();
        view.set_audit(AuditSettings::default()).unwrap();
        view.define(Collection::new("users").unique(["email"])).unwrap();
        view.define(Collection::new("notes").index(["owner"]).index(["level", "owner"])).unwrap();
        for name in ["ann", "bob"] {
            view.create_with_id("users", name, json!({"email": format!("{name}@example.org")})).unwrap();
        }
        view.define_role(author("doc.owner == id(identity)")).unwrap();
        view.commit(Durability::Immediate).unwrap();
        for number in 0..NOTES {
            let mut view = gate.begin_write(&admin).unwrap();
            view.create_with_id("notes", &note_id(number), note(number)).unwrap();
            view.commit(Durability::Immediate).unwrap();
        }
        let mut view = gate.begin_write(&admin).unwrap();
        view.add("notes").id("gone").expires(Expiry::At(Timestamp(NOW.0 + 1))).create(json!({})).unwrap();
        view.delete("notes", "gone").unwrap();
        view.create_database(&"acme".parse().unwrap()).unwrap();
        let server = view.create_key(NewKey::new("server-readonly")).unwrap().secret;
        let below = view.create_key(NewKey::new("admin").at("acme".parse().unwrap())).unwrap().secret;
        let nobody = view.create_key(NewKey::new("none")).unwrap().secret;
        let mut token = |name| view.create_token(NewToken::new("users", name)).unwrap().secret;
        let (ann, bob) = (token("ann"), token("bob"));
        view.commit(Durability::Immediate).unwrap();
        let mut view = gate.begin_write(&below).unwrap();
        view.define(Collection::new("notes")).unwrap();
        view.create_with_id("notes", "below", json!({"canary": "canary-below"})).unwrap();
        view.commit(Durability::Immediate).unwrap();
        gate.close().unwrap();
        drop(gate);
        let image = disk.bytes().clone();
        let sectors = (0..image.len())
            .step_by(SECTOR)
            .filter(|start| image[*start..].iter().take(SECTOR).any(|byte| *byte != 0))
            .collect();
        let secrets = vec![
            ("ann", ann),
            ("bob", bob),
            ("admin", admin),
            ("server", server),
            ("below", below),
            ("nobody", nobody),
        ];
        Self { image, sectors, secrets }
    }

    /// The bytes of the file with as much done to them as the recipe says, which may be nothing.
    pub fn damaged(&self, recipe: &mut Recipe<'_>) -> Vec<u8> {
        let mut image = self.image.clone();
        for _ in 0..recipe.byte() % 4 {
            let (start, other) = (self.sector(recipe), self.sector(recipe));
            if start.max(other) + SECTOR > image.len() {
                continue;
            }
            match recipe.byte() % 9 {
                0..=2 => image[start + recipe.place()] ^= recipe.byte().max(1),
                3 => image[start..start + SECTOR].fill(0),
                4 => image[start..start + SECTOR].fill(recipe.byte()),
                5 => image.copy_within(other..other + SECTOR, start),
                6 => (0..SECTOR).for_each(|place| image.swap(start + place, other + place)),
                7 => image.truncate(start + recipe.place()),
                _ => image.extend_from_within(start..start + SECTOR),
            }
        }
        image
    }

    fn sector(&self, recipe: &mut Recipe<'_>) -> usize {
        self.sectors[usize::from(recipe.short()) % self.sectors.len()]
    }
}

impl Recipe<'_> {
    fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn place(&mut self) -> usize {
        usize::from(self.short()) % SECTOR
    }
}

/// Opens a store that lies on a disk.
pub fn open(disk: &Arc<Ram>) -> Result<Gate> {
    Gate::open_on(|options| open_on(Arc::clone(disk) as Arc<dyn Disk>, options), &options())
}

fn options() -> GateOptions {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOW));
    let tree = TreeOptions { clock, cache_bytes: 1 << 20, ..TreeOptions::default() };
    GateOptions { tree, ..GateOptions::default() }
}

pub fn note_id(number: usize) -> String {
    format!("n{number}")
}

/// Notes say of themselves who may know them: whoever finds a canary that it may not know has found a fault.
fn note(number: usize) -> serde_json::Value {
    let owner = if number.is_multiple_of(2) { "ann" } else { "bob" };
    let sealed = number.is_multiple_of(3);
    let canary = if sealed { "canary-sealed".to_owned() } else { format!("canary-{owner}") };
    json!({"owner": owner, "sealed": sealed, "level": number / 2, "canary": canary, "hidden": "canary-hidden"})
}

/// The role of those who have documents: under a rule, what is not sealed, and of that all but one field.
pub fn author(rule: &str) -> Role {
    let read = Privilege::new(On::Collection("notes".into()), Action::Read);
    Role::new("author")
        .member("users")
        .privilege(read.when(rule).fields(Fields::except(["hidden"])))
        .allow_when("notes", Action::Create, "new.owner == id(identity)")
        .allow_when("notes", Action::Write, "old.owner == id(identity) && new.owner == old.owner")
        .deny_when("notes", Action::Read, "doc.sealed")
}

/// Everything that is asked of a store, and what it answers, each in words.
pub fn answers(gate: &Gate, secret: &Secret) -> Vec<Result<String>> {
    let view = match gate.begin_read(secret) {
        Ok(view) => view,
        Err(error) => return vec![Err(error)],
    };
    let mut said = Vec::new();
    let mut ask = |answer: Result<String>| said.push(answer);
    ask(view.principal().map(|principal| format!("{:?} {:?}", principal.roles(), principal.identity())));
    for number in 0..NOTES {
        ask(view.get("notes", &note_id(number)).map(|found| format!("{:?}", found.as_ref().map(shown))));
    }
    ask(view.query("notes").documents().map(all));
    ask(view.query("notes").descending().list_ids().map(|ids| ids.join(" ")));
    ask(view.query("notes").index("owner").equal(["ann"]).documents().map(all));
    ask(view.query("notes").index("level-owner").descending().documents().map(all));
    ask(view
        .query("notes")
        .filter("has(doc.hidden) || doc.level > 1")
        .count()
        .map(|count| count.to_string()));
    ask(view.query("users").documents().map(all));
    ask(things(&view));
    said
}

fn things(view: &ReadView) -> Result<String> {
    let keys = view.keys()?.len();
    let collections: Vec<_> = view.collections()?.iter().map(|it| it.name().to_owned()).collect();
    let tokens = view.own_tokens().map_or(0, |tokens| tokens.len());
    Ok(format!("{keys} {collections:?} {tokens} {:?} {:?}", view.roles()?, view.databases(&"".parse()?)?))
}

fn all(documents: Vec<Document>) -> String {
    documents.iter().map(shown).collect::<Vec<_>>().join("\n")
}

fn shown(document: &Document) -> String {
    format!("{} {} {:?}", document.id(), document.version(), document.value())
}

/// Whether an error may be told by a store of which something is damaged.
pub fn tells_damage(error: &Error) -> bool {
    matches!(error, Error::Corrupt(_) | Error::Version(_) | Error::Io(_))
}
