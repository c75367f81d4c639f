//! What each secret sees and may do. Everything here goes through the same door as any application's.

use super::people::{CHILD, DATABASE, People};
use super::world::{World, path_of};
use crate::failure::Result;
use portunus::{
    BuiltInRole, Collection, DatabasePath, NewKey, Portunus, ReadView, Secret, SecretScope, Value,
};

/// What one secret sees and may do.
pub(super) struct Sight {
    pub name: String,
    /// What the secret is, in words.
    pub kind: &'static str,
    pub database: String,
    pub role: String,
    /// The code of the error, where the secret opens nothing.
    pub seen: Result<Seen, &'static str>,
}

/// What a secret that opens something sees and may do.
pub(super) struct Seen {
    pub databases: usize,
    pub collections: usize,
    pub keys: usize,
    pub flights: usize,
    /// Along the index on the carrier.
    pub of_b6: usize,
    /// Along the index on origin and destination.
    pub jfk_to_lax: usize,
    pub create: &'static str,
    pub delete: &'static str,
    pub define: &'static str,
    pub make_key: &'static str,
}

/// Looks at the store with every secret: those of the holders, of whom two have lost their right by now, and those that
/// never open anything.
///
/// # Errors
/// What the store reports, other than what a sight is.
pub(super) fn of_all(world: &World, people: &People) -> Result<Vec<Sight>> {
    let mut sights = vec![sight(world, "head office", "first key", "", "admin", &world.admin)?];
    for holder in world.holders() {
        let kind = match holder.name {
            "contractor" => "key, revoked",
            "ewr desk" => "key, database disabled",
            _ => "key",
        };
        sights.push(sight(world, holder.name, kind, holder.database, holder.role.name(), &holder.secret)?);
    }
    let jfk = SecretScope::role(BuiltInRole::ServerReadonly).at(path_of("jfk")?);
    let scoped = world.admin.scoped(&jfk);
    sights.push(sight(world, "head office, at jfk", "key, narrowed", "jfk", "server-readonly", &scoped)?);
    let reaching = world.holder("operations")?.secret.scoped(&jfk);
    sights.push(sight(
        world,
        "operations, at jfk",
        "key, must not narrow",
        "jfk",
        "server-readonly",
        &reaching,
    )?);
    sights.extend(of_people(world, people)?);
    let (_, foreign) = Portunus::in_memory()?;
    sights.push(sight(world, "stranger", "key of another store", "", "admin", &foreign)?);
    sights.push(sight(world, "typist", "key, mistyped", "", "admin", &mistyped(&world.admin))?);
    Ok(sights)
}

/// Looks with what people and services have to show: tokens, JWTs from elsewhere, and keys with roles of the database's own.
fn of_people(world: &World, people: &People) -> Result<Vec<Sight>> {
    let as_admin = people.ann.scoped(&SecretScope::role(BuiltInRole::Admin));
    let as_ann = world.admin.scoped(&SecretScope::document("staff", "ann")?.at(path_of(DATABASE)?));
    let shown = [
        ("ann", "token", DATABASE, "agent", &people.ann),
        ("ann, by single sign-on", "JWT", DATABASE, "agent", &people.ann_by_sign_on),
        ("head office, as ann", "key, for a document", DATABASE, "agent", &as_ann),
        ("cho", "token", DATABASE, "manager", &people.cho),
        ("dan", "token", CHILD, "auditor, inherited", &people.dan),
        ("board", "key", DATABASE, "board", &people.board),
        ("statistics", "key", DATABASE, "statistics", &people.statistics),
        ("ann, as admin", "token, must not be scoped", DATABASE, "admin", &as_admin),
        ("ann, hours ago", "JWT, expired", DATABASE, "agent", &people.ann_long_ago),
        ("bob", "token, logged out", DATABASE, "agent", &people.bob),
        ("forger", "JWT, signed by another", DATABASE, "agent", &people.forged),
    ];
    shown
        .into_iter()
        .map(|(name, kind, database, role, secret)| sight(world, name, kind, database, role, secret))
        .collect()
}

/// The same text but for its last character.
fn mistyped(secret: &Secret) -> Secret {
    let text = secret.expose();
    let other = if text.ends_with('0') { '1' } else { '0' };
    let kept = text.chars().count().saturating_sub(1);
    Secret::new(text.chars().take(kept).chain([other]).collect::<String>())
}

fn sight(
    world: &World,
    name: &str,
    kind: &'static str,
    database: &str,
    role: &str,
    secret: &Secret,
) -> Result<Sight> {
    let seen = match world.db().begin_read(secret) {
        Ok(view) => Ok(look(world, secret, &view)?),
        Err(error) => Err(error.code()),
    };
    Ok(Sight { name: name.into(), kind, database: database.into(), role: role.into(), seen })
}

fn look(world: &World, secret: &Secret, view: &ReadView) -> portunus::Result<Seen> {
    let flights = || view.query("flights");
    let sample = world.data.flights.first().map_or(Value::Null, |flight| flight.value.clone());
    let id = flights().first()?.map_or_else(|| "nothing".to_owned(), |flight| flight.id().to_owned());
    // Each in a transaction of its own, which is dropped: nothing of it stays.
    let try_to = |run: &dyn Fn(&mut portunus::WriteView) -> portunus::Result<()>| {
        world
            .db()
            .begin_write(secret)
            .and_then(|mut tx| run(&mut tx))
            .map_or_else(|error| error.code(), |()| "yes")
    };
    Ok(Seen {
        databases: databases(view, &DatabasePath::here())?,
        collections: view.collections()?.len(),
        keys: view.keys()?.len(),
        flights: flights().count()?,
        of_b6: flights().index("carrier").equal(["B6"]).count()?,
        jfk_to_lax: flights().index("origin,dest").equal(["JFK", "LAX"]).count()?,
        create: try_to(&|tx| {
            let mut flight = sample.clone();
            // Another flight than all that are there: its number is not taken.
            if let Value::Object(flight) = &mut flight {
                flight.insert("flight", 99_999);
            }
            tx.create("flights", &flight).map(drop)
        }),
        delete: try_to(&|tx| tx.delete("flights", &id)),
        define: try_to(&|tx| tx.define(Collection::new("notes"))),
        make_key: try_to(&|tx| tx.create_key(NewKey::new("none")).map(drop)),
    })
}

/// How many databases there are below one.
fn databases(view: &ReadView, path: &DatabasePath) -> portunus::Result<usize> {
    let mut count = 0;
    for child in view.databases(path)?.into_iter().chain(view.disabled_databases(path)?) {
        count += 1 + databases(view, &child.path)?;
    }
    Ok(count)
}
