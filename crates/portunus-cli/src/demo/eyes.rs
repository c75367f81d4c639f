//! The same flights through the eyes of several callers, as roles with rules let them see: how many, which fields of one and
//! the same flight, and what comes of changing it.

use super::people::{CHILD, DATABASE, People, admin_of};
use super::world::World;
use crate::failure::{Failure, Result};
use portunus::{Document, Portunus, ReadView, Secret, ValueRef, WriteView};
use serde_json::json;

/// What one caller sees.
pub(super) struct Eyes {
    pub name: &'static str,
    pub database: &'static str,
    pub roles: Vec<String>,
    /// How many flights of each confidentiality the caller sees, as an administrator counts them.
    pub by_level: [usize; 3],
    /// The flight that all of them look at, in the fields that are there for the caller.
    pub sample: Option<Document>,
    /// What comes of each of [`ATTEMPTS`].
    pub outcomes: Vec<&'static str>,
}

/// What each caller tries to do with the flight, in transactions that are dropped.
pub(super) const ATTEMPTS: [(&str, Attempt); 5] = [
    ("change its gate", |tx, flight| tx.patch("flights", flight.id(), json!({"gate": "B22"})).map(drop)),
    ("give it to bob", |tx, flight| tx.patch("flights", flight.id(), json!({"owner": "bob"})).map(drop)),
    ("change its fuel", |tx, flight| {
        tx.patch("flights", flight.id(), json!({"fuel": {"cost": 1}})).map(drop)
    }),
    ("delete it", |tx, flight| tx.delete("flights", flight.id())),
    ("make another, as ann's", |tx, flight| {
        let mut another = flight.value();
        if let Some(members) = another.as_object_mut() {
            members.insert("flight", 99_999);
            members.insert("owner", "ann");
        }
        tx.create("flights", &another).map(drop)
    }),
];

type Attempt = fn(&mut WriteView, &Document) -> portunus::Result<()>;

/// The side by side of all callers.
pub(super) struct SideBySide {
    /// The id of the flight that all of them look at.
    pub flight: String,
    pub eyes: Vec<Eyes>,
}

/// Looks with the secrets of people and services, and with that of an administrator beside them.
///
/// # Errors
/// What the store reports.
pub(super) fn side_by_side(world: &World, people: &People) -> Result<SideBySide> {
    let db = world.db();
    let admin = admin_of(world, DATABASE)?;
    let flight = flight(db, &admin)?;
    let callers = [
        ("head office", DATABASE, &admin),
        ("ann", DATABASE, &people.ann),
        ("ann, by sign-on", DATABASE, &people.ann_by_sign_on),
        ("bob", DATABASE, &people.bob),
        ("cho", DATABASE, &people.cho),
        ("dan", CHILD, &people.dan),
        ("board", DATABASE, &people.board),
        ("statistics", DATABASE, &people.statistics),
    ];
    let eyes = callers.into_iter().map(|(name, database, secret)| {
        let levels = &admin_of(world, database)?;
        look(db, (name, database), secret, levels, &flight)
    });
    Ok(SideBySide { flight: flight.id().into(), eyes: eyes.collect::<Result<_>>()? })
}

/// A flight that is ann's, goes to a region of cho's, and was late enough for dan.
fn flight(db: &Portunus, admin: &Secret) -> Result<Document> {
    let fit = r#"doc.owner == "ann" && doc.region == "pacific" && doc.level == 1"#;
    let found = db.read(admin, |tx| tx.query("flights").filter(fit).first())?;
    found.ok_or_else(|| Failure::new("the demo has no flight to look at"))
}

fn look(
    db: &Portunus,
    (name, database): (&'static str, &'static str),
    secret: &Secret,
    admin: &Secret,
    flight: &Document,
) -> Result<Eyes> {
    let view = db.begin_read(secret)?;
    let outcomes = ATTEMPTS.iter().map(|(_, attempt)| {
        let tried = db.begin_write(secret).and_then(|mut tx| attempt(&mut tx, flight));
        tried.map_or_else(|error| error.code(), |()| "yes")
    });
    Ok(Eyes {
        name,
        database,
        roles: view.principal()?.roles().iter().map(ToString::to_string).collect(),
        by_level: by_level(&view, &db.begin_read(admin)?)?,
        sample: view.get("flights", flight.id())?,
        outcomes: outcomes.collect(),
    })
}

/// The flights in a view, by the confidentiality that another view shows.
fn by_level(view: &ReadView, of_admin: &ReadView) -> Result<[usize; 3]> {
    let mut counts = [0; 3];
    for id in view.query("flights").list_ids()? {
        let flight = of_admin.get("flights", &id)?;
        let level = flight.and_then(|flight| flight.field("level").and_then(ValueRef::as_int));
        let level = level.and_then(|level| usize::try_from(level).ok());
        if let Some(count) = level.and_then(|level| counts.get_mut(level)) {
            *count += 1;
        }
    }
    Ok(counts)
}
