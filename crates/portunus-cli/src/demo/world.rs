//! The store of the demo: a tree of databases by region and owner, their documents, and a key for each holder.

use super::data::{Data, Record};
use super::place::Place;
use crate::failure::{Failure, Result};
use crate::files::{create_private, write_secret};
use portunus::{
    BuiltInRole, Collection, DatabasePath, Field, NewKey, Portunus, PublicId, Secret, SecretScope, Type,
};
use std::time::{Duration, Instant};

/// The memory for cached pages, of the store as of raw redb beside it.
pub(super) const CACHE_BYTES: usize = 64 << 20;

/// The documents that are stored in one transaction.
const STEP: usize = 1_000;

/// The databases below the root: a region each, and in one of them an owner of its own.
const DATABASES: [&str; 4] = ["ewr", "jfk", "lga", "jfk/b6"];

/// Whoever holds a key.
pub(super) struct Holder {
    pub name: &'static str,
    /// The path of the database that the key opens, from the root.
    pub database: &'static str,
    pub role: BuiltInRole,
    pub id: PublicId,
    pub secret: Secret,
}

/// What is to be made a holder: its name, database and role.
const HOLDERS: [(&str, &str, BuiltInRole); 7] = [
    ("operations", "", BuiltInRole::Server),
    ("jfk desk", "jfk", BuiltInRole::Server),
    ("lga board", "lga", BuiltInRole::ServerReadonly),
    ("jetblue at jfk", "jfk/b6", BuiltInRole::Server),
    ("visitor", "", BuiltInRole::None),
    ("ewr desk", "ewr", BuiltInRole::Server),
    ("contractor", "", BuiltInRole::Server),
];

/// The store, and all secrets for it.
pub(super) struct World {
    db: Portunus,
    pub admin: Secret,
    holders: Vec<Holder>,
    pub data: Data,
    /// Documents in each database, by its path.
    pub documents: Vec<(&'static str, usize)>,
    pub import_time: Duration,
}

impl World {
    /// # Errors
    /// What the store reports.
    pub(super) fn make(place: &Place) -> Result<Self> {
        let data = Data::read()?;
        let key_file = create_private(place.key_file())?;
        let created = Portunus::builder().sweep_every(None).cache_bytes(CACHE_BYTES).create(place.store());
        let (db, admin) = created.map_err(|error| Failure::from(error).at(place.store().display()))?;
        write_secret(&key_file, place.key_file(), &admin)?;
        for path in DATABASES {
            let path = path_of(path)?;
            db.write(&admin, |tx| tx.create_database(&path).map(drop))?;
        }
        let began = Instant::now();
        let documents = fill(&db, &admin, &data)?;
        let import_time = began.elapsed();
        let holders = HOLDERS.map(|(name, database, role)| holder(&db, &admin, name, database, role));
        let holders = holders.into_iter().collect::<Result<_>>()?;
        Ok(Self { db, admin, holders, data, documents, import_time })
    }

    pub(super) fn db(&self) -> &Portunus {
        &self.db
    }

    pub(super) fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// # Errors
    /// Internal, if there is no holder of this name.
    pub(super) fn holder(&self, name: &str) -> Result<&Holder> {
        let found = self.holders.iter().find(|holder| holder.name == name);
        found.ok_or_else(|| Failure::new(format!("the demo has no {name}")))
    }

    /// Revokes the contractor's key.
    ///
    /// # Errors
    /// What the store reports.
    pub(super) fn revoke_contractor(&self) -> Result {
        let id = self.holder("contractor")?.id;
        Ok(self.db.write(&self.admin, |tx| tx.delete_key(id))?)
    }

    /// Closes the database of Newark to its own keys.
    ///
    /// # Errors
    /// What the store reports.
    pub(super) fn disable_ewr(&self) -> Result {
        let path = path_of("ewr")?;
        Ok(self.db.write(&self.admin, |tx| tx.disable_database(&path))?)
    }

    /// Opens it again.
    ///
    /// # Errors
    /// What the store reports.
    pub(super) fn reopen_ewr(&self) -> Result {
        let path = path_of("ewr")?;
        Ok(self.db.write(&self.admin, |tx| tx.enable_database(&path))?)
    }

    /// How many documents there are in all databases.
    pub(super) fn documents_total(&self) -> usize {
        self.documents.iter().map(|(_, count)| count).sum()
    }
}

/// The path of a database of the demo.
pub(super) fn path_of(path: &str) -> Result<DatabasePath> {
    path.parse().map_err(|_| Failure::new(format!("{path} is no path")))
}

/// The flights of one database, and all that is asked of them.
pub(super) fn flights() -> Collection {
    Collection::new("flights")
        .field(Field::new("carrier", Type::String).required().max_len(2))
        .field(Field::new("flight", Type::Int).required())
        .field(Field::new("origin", Type::String).required().max_len(3))
        .field(Field::new("dest", Type::String).required().max_len(3))
        .field(Field::new("scheduled", Type::String).required())
        .field(Field::new("region", Type::String).required())
        .field(Field::new("level", Type::Int).required())
        .index(["carrier"])
        .index(["region"])
        .index(["level"])
        .index(["origin", "dest"])
        .unique(["carrier", "flight", "origin", "scheduled"])
}

fn fill(db: &Portunus, admin: &Secret, data: &Data) -> Result<Vec<(&'static str, usize)>> {
    let scoped = |path: &str| -> Result<Secret> {
        Ok(admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(path_of(path)?)))
    };
    let mut documents = Vec::new();
    let mut of_root = 0;
    let all: [(Collection, Vec<&Record>); 3] = [
        (Collection::new("airlines"), data.airlines.iter().collect()),
        (Collection::new("airports").index(["state"]), data.airports.iter().collect()),
        (flights(), data.flights.iter().collect()),
    ];
    for (collection, records) in all {
        of_root += store(db, admin, &collection, &records)?;
    }
    documents.push(("", of_root));
    for (path, origin, carrier) in
        [("ewr", "EWR", None), ("jfk", "JFK", None), ("jfk/b6", "JFK", Some("B6")), ("lga", "LGA", None)]
    {
        let flies = |flight: &&Record| {
            flight.has("origin", origin) && carrier.is_none_or(|carrier| flight.has("carrier", carrier))
        };
        let records: Vec<&Record> = data.flights.iter().filter(flies).collect();
        documents.push((path, store(db, &scoped(path)?, &flights(), &records)?));
    }
    Ok(documents)
}

/// Defines a collection in the database that a secret opens, and fills it.
fn store(db: &Portunus, secret: &Secret, collection: &Collection, records: &[&Record]) -> Result<usize> {
    db.write(secret, |tx| tx.define(collection))?;
    for step in records.chunks(STEP) {
        db.write(secret, |tx| {
            let mut each = step.iter();
            each.try_for_each(|record| {
                tx.create_with_id(collection.name(), &record.id, &record.value).map(drop)
            })
        })?;
    }
    Ok(records.len())
}

fn holder(
    db: &Portunus,
    admin: &Secret,
    name: &'static str,
    database: &'static str,
    role: BuiltInRole,
) -> Result<Holder> {
    let key = NewKey::new(role.name()).at(path_of(database)?).named(name);
    let made = db.write(admin, |tx| tx.create_key(&key))?;
    Ok(Holder { name, database, role, id: made.id, secret: made.secret })
}
