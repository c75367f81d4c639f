//! What differs between two worlds: things that a holder sees nothing of. It knows nothing of what the holder does.

use super::common::{ELSEWHERE, HOME, World, path};
use super::holder::Holder;
use super::random::Random;
use portunus_auth::{
    Action, AuditSettings, Collection, Expiry, NamedPredicate, NewKey, NewToken, PasswordHash, PublicId,
    Resource, Result, Role, Sessions, WriteView,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A hash of some password: none is ever tried.
const HASH: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";

/// A difference.
#[derive(Clone, Debug)]
pub enum Hidden {
    /// A note that no rule lets be seen: because of whose it is, because it is secret, or because it is odd.
    Note { id: u8, why: u8, size: i64, expires: Option<u64> },
    /// One less of them.
    NoNote { id: u8 },
    /// A document of a collection that nobody sees anything of.
    Vault { id: u8, owner: u8 },
    /// A document in another database.
    Elsewhere { place: usize, id: u8 },
    /// Something that is no document, in another database.
    ElsewhereThing { place: usize, what: u8, name: u8 },
    /// A collection of the holder's database.
    Collection { name: u8 },
    /// A key of the holder's database.
    Key { role: u8 },
    /// A key less.
    NoKey,
    /// A token of somebody else less.
    NoToken,
    /// A role that others have.
    Role { name: u8, form: u8 },
    /// A role that names the holder's collection of identities, and that its identity does not have.
    RoleOfUsers { name: u8 },
    /// A named predicate that no rule of the holder's calls.
    Predicate { name: u8 },
    /// A token of somebody else.
    Token,
    /// A password.
    Credential { of_ann: bool },
    /// Another state of somebody else.
    Bob { state: u8 },
    /// What the audit log of the holder's database is told.
    Audit { settings: u8 },
    /// A procedure that the holder may not call.
    Procedure,
}

/// Which reads a difference meets: those have to conflict with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Ranges of notes.
    Notes,
    /// Lists of what is no document.
    System,
    /// What every transaction of the holder rests on.
    Holder,
    /// Nothing that a holder reads.
    Nothing,
}

impl Hidden {
    /// Some difference that this holder sees nothing of.
    pub fn any(random: &mut Random, holder: Holder) -> Self {
        let id = random.small(6);
        match random.below(if holder.sees_documents() { 9 } else { 21 }) {
            0 => Self::Elsewhere { place: random.below(3), id },
            1 | 2 => {
                Self::ElsewhereThing { place: random.below(3), what: random.small(8), name: random.small(3) }
            }
            3 => Self::Key { role: random.small(3) },
            4 => Self::NoKey,
            5 => Self::Role { name: random.small(3), form: random.small(3) },
            6 => Self::Predicate { name: random.small(3) },
            7 => Self::Audit { settings: random.small(8) },
            8 => Self::RoleOfUsers { name: random.small(2) },
            // Whoever sees all documents sees what belongs to them as well.
            9 => Self::Token,
            10 => Self::NoToken,
            11 => Self::Credential { of_ann: random.below(2) == 0 },
            12 => Self::NoNote { id },
            13 | 14 => Self::Vault { id, owner: random.small(3) },
            15 => Self::Bob { state: random.small(3) },
            16 => Self::Collection { name: random.small(3) },
            17 => Self::Procedure,
            _ => Self::Note {
                id,
                why: random.small(4),
                size: random.int(4),
                expires: (random.below(4) == 0).then(|| 1 + u64::from(random.small(4))),
            },
        }
    }

    pub fn region(&self) -> Region {
        match self {
            Self::Note { .. } | Self::NoNote { .. } => Region::Notes,
            // Collections and databases are numbered in the whole store.
            Self::ElsewhereThing { .. } => Region::System,
            Self::Vault { .. } | Self::Elsewhere { .. } => Region::Nothing,
            Self::Bob { .. } => Region::Nothing,
            Self::Collection { .. }
            | Self::Key { .. }
            | Self::NoKey
            | Self::Audit { .. }
            | Self::Procedure => Region::System,
            Self::Role { .. } | Self::Token | Self::NoToken | Self::Credential { .. } => Region::System,
            Self::RoleOfUsers { .. } | Self::Predicate { .. } => Region::Holder,
        }
    }

    /// Whether more is read to find out who the holder is: roles that it might have, and rules that are compiled anew.
    pub fn costs_opening(&self) -> bool {
        matches!(self, Self::RoleOfUsers { .. } | Self::Predicate { .. })
    }

    /// Whether caches are looked through again after it.
    pub fn is_watched(&self) -> bool {
        // Documents of the vault are members of roles.
        !matches!(self, Self::Note { .. } | Self::NoNote { .. })
    }

    /// Makes the difference. Some fail, such as one that is there already: that is no matter.
    pub fn apply(&self, world: &World) {
        let place = match self {
            Self::Elsewhere { place, .. } | Self::ElsewhereThing { place, .. } => ELSEWHERE[*place],
            _ => HOME,
        };
        let Ok(mut tx) = world.gate.begin_write(&world.inside(place)) else { return };
        if self.put(&mut tx, world.others).is_ok() {
            drop(tx.commit(portunus_auth::Durability::Relaxed));
        }
    }

    /// The same, within a transaction of an administrator.
    ///
    /// # Errors
    /// Whatever comes back.
    pub fn put(&self, tx: &mut WriteView, [key, token]: [PublicId; 2]) -> Result<()> {
        match self {
            Self::Note { id, why, size, expires } => {
                let now = tx.now();
                let expiry = expires.map_or(Expiry::Unchanged, |after| {
                    Expiry::At(now.saturating_add(Duration::from_secs(after)))
                });
                let name = format!("n{id}x");
                tx.add("notes").id(&name).expires(expiry).create(note(*id, *why, *size)).map(drop)
            }
            Self::NoNote { id } => tx.delete("notes", &format!("n{id}x")),
            Self::Vault { id, owner } => {
                let owner = ["ann", "bob", "eve"][usize::from(*owner)];
                let value = json!({"owner": owner, "on": true});
                tx.create_with_id("vault", &format!("n{id}"), value).map(drop)
            }
            Self::Elsewhere { id, .. } => {
                let value = json!({"owner": "ann", "email": format!("e{id}")});
                tx.create_with_id("notes", &format!("n{id}"), value).map(drop)
            }
            Self::ElsewhereThing { what, name, .. } => elsewhere(tx, *what, *name),
            Self::Collection { name } => {
                tx.define(Collection::new(format!("c{name}")).index(["owner"]))?;
                tx.create_with_id(&format!("c{name}"), "n1", json!({"owner": "ann"})).map(drop)
            }
            Self::Key { role } => {
                let role = ["none", "server", "admin"][usize::from(*role)];
                tx.create_key(NewKey::new(role).named("hidden")).map(drop)
            }
            Self::NoKey => tx.delete_key(key),
            Self::NoToken => tx.delete_token(token),
            Self::Role { name, form } => tx.define_role(role(*name, *form)),
            Self::RoleOfUsers { name } => {
                let role = Role::new(format!("s{name}")).member_when("users", "identity.boss");
                tx.define_role(role.allow("notes", Action::Read).deny("notes", Action::Delete))
            }
            Self::Predicate { name } => {
                tx.define_predicate(NamedPredicate::new(format!("p{name}"), ["it"], "it.owner == 'bob'"))
            }
            Self::Token => tx.create_token(NewToken::new("users", "bob")).map(drop),
            Self::Credential { of_ann } => {
                let whose = if *of_ann { "ann" } else { "bob" };
                tx.set_credential("users", whose, &PasswordHash::import(HASH)?, Sessions::Keep)
            }
            Self::Bob { state } => {
                let state = json!({"name": "bob", "boss": true, "state": state});
                tx.replace("users", "bob", state).map(drop)
            }
            Self::Audit { settings } => tx.set_audit(audit(*settings)),
            Self::Procedure => tx.define_procedure("unused", None),
        }
    }
}

/// Fields of a note that no holder sees.
#[derive(Clone, Debug)]
pub struct HiddenFields {
    salary: Option<i64>,
    costs: [i64; 2],
}

impl HiddenFields {
    pub fn any(random: &mut Random) -> Self {
        let salary = (random.below(4) > 0).then(|| random.int(4));
        Self { salary, costs: [random.int(3), random.int(3)] }
    }

    /// A note with these among its fields.
    pub fn put_into(&self, note: &mut Json) {
        note["lines"] = json!([{"name": "a", "cost": self.costs[0]}, {"name": "b", "cost": self.costs[1]}]);
        if let Some(salary) = self.salary {
            note["salary"] = json!(salary);
        }
    }
}

fn note(id: u8, why: u8, size: i64) -> Json {
    let mut note = json!({"owner": "ann", "size": size, "tags": [size], "email": format!("x{id}")});
    match why {
        0 => note["owner"] = json!("bob"),
        1 => note["owner"] = json!({"name": "ann"}),
        2 => note["secret"] = json!(true),
        // Of a type that a rule can make nothing of.
        _ => {
            note.as_object_mut().unwrap().remove("owner");
            note["size"] = json!("large");
        }
    }
    HiddenFields { salary: Some(size), costs: [1, 2] }.put_into(&mut note);
    note
}

fn role(name: u8, form: u8) -> Role {
    let role = Role::new(format!("r{name}"));
    match form {
        // Each gives something that no holder has: whoever holds all that a role gives may be told that it is there.
        0 => {
            let role = role.allow_every(Resource::Collection, Action::Delete);
            role.member("vault").deny_every(Resource::Document, Action::Read)
        }
        1 => role.member("vault").allow_every(Resource::Document, Action::Read),
        _ => {
            role.allow_when("notes", Action::Read, "doc.salary > 2").allow_every(Resource::Key, Action::Read)
        }
    }
}

fn audit(settings: u8) -> AuditSettings {
    let bit = |bit: u8| settings & bit != 0;
    AuditSettings { openings: bit(1), refusals: bit(2), denials: bit(4) }
}

fn elsewhere(tx: &mut WriteView, what: u8, name: u8) -> Result<()> {
    match what {
        0 => tx.define(Collection::new(format!("c{name}"))),
        1 => tx.create_key(NewKey::new("admin").named(format!("d{name}"))).map(drop),
        2 => tx.create_token(NewToken::new("users", "ann")).map(drop),
        3 => tx.set_audit(audit(name)),
        4 => tx.define_role(Role::new(format!("d{name}")).member("users").allow("notes", Action::Read)),
        5 => tx.define_procedure("mine", Some("admin")),
        6 => tx.create_database(&path(&format!("x{name}"))).map(drop),
        _ => tx.define_predicate(NamedPredicate::new("owns", ["who", "it"], "true")),
    }
}
