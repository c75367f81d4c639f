//! Transactions whose secret loses its right while they are open: they stop at once, and commit nothing.

use super::people::{DATABASE, People, admin_of};
use super::world::World;
use crate::failure::Result;
use portunus::{Durability, Logout, ReadView};

/// Something that was possible, and then is not, or is again.
pub(super) struct Turn {
    pub what: &'static str,
    pub before: String,
    pub event: &'static str,
    pub after: String,
}

/// Revokes a key, closes a database, changes what somebody is cleared for and logs somebody out, with transactions of theirs open.
///
/// # Errors
/// What the store reports, other than what a turn is about.
pub(super) fn of_events(world: &World, people: &People) -> Result<Vec<Turn>> {
    let mut turns = revoked(world)?;
    turns.extend(disabled(world)?);
    turns.extend(demoted(world, people)?);
    turns.extend(logged_out(world, people)?);
    Ok(turns)
}

fn revoked(world: &World) -> Result<Vec<Turn>> {
    const EVENT: &str = "its key is revoked";
    let contractor = &world.holder("contractor")?.secret;
    let id = world.data.flights.first().map_or("", |flight| flight.id.as_str());
    let reading = world.db().begin_read(contractor)?;
    let mut writing = world.db().begin_write(contractor)?;
    let before = read(&reading);
    let changed = writing.patch("flights", id, serde_json::json!({"gate": "B22"}));
    let wrote = changed.map_or_else(|error| error.code(), |_| "flight changed");

    world.revoke_contractor()?;

    let after = read(&reading);
    let committed = writing.commit(Durability::Immediate).map_or_else(|error| error.code(), |_| "committed");
    let again = world.db().begin_read(contractor).map_or_else(|error| error.code(), |_| "opened");
    // What was refused must not be there.
    let stays = world.db().read(&world.admin, |tx| tx.get("flights", id))?;
    let stays = stays.is_some_and(|flight| flight.field("gate").is_none());
    Ok(vec![
        Turn { what: "contractor reads", before, event: EVENT, after },
        Turn { what: "contractor writes", before: wrote.into(), event: EVENT, after: committed.into() },
        Turn { what: "contractor begins anew", before: "opened".into(), event: EVENT, after: again.into() },
        Turn {
            what: "the flight itself",
            before: "as imported".into(),
            event: EVENT,
            after: if stays { "as imported" } else { "changed" }.into(),
        },
    ])
}

fn disabled(world: &World) -> Result<Vec<Turn>> {
    const EVENT: &str = "ewr is disabled";
    let desk = &world.holder("ewr desk")?.secret;
    let reading = world.db().begin_read(desk)?;
    let before = read(&reading);

    world.disable_ewr()?;

    let after = read(&reading);
    let anew = world.db().begin_read(desk).map_or_else(|error| error.code(), |_| "opened");
    Ok(vec![
        Turn { what: "ewr desk reads", before, event: EVENT, after },
        Turn { what: "ewr desk begins anew", before: "opened".into(), event: EVENT, after: anew.into() },
    ])
}

fn demoted(world: &World, people: &People) -> Result<Vec<Turn>> {
    const EVENT: &str = "her clearance is lowered";
    let admin = admin_of(world, DATABASE)?;
    let clear = |level: i64| {
        let change = serde_json::json!({"clearance": level});
        world.db().write(&admin, |tx| tx.patch("staff", "cho", &change).map(drop))
    };
    let reading = world.db().begin_read(&people.cho)?;
    let before = read(&reading);

    clear(0)?;

    let after = read(&reading);
    let anew =
        world.db().begin_read(&people.cho).map_or_else(|error| error.code().into(), |view| read(&view));
    clear(2)?;
    Ok(vec![
        Turn { what: "cho reads", before: before.clone(), event: EVENT, after },
        Turn { what: "cho begins anew", before, event: EVENT, after: anew },
    ])
}

fn logged_out(world: &World, people: &People) -> Result<Vec<Turn>> {
    const EVENT: &str = "he logs out";
    let reading = world.db().begin_read(&people.bob)?;
    let before = read(&reading);

    world.db().write(&people.bob, |tx| tx.logout(Logout::Here))?;

    let after = read(&reading);
    let anew = world.db().begin_read(&people.bob).map_or_else(|error| error.code(), |_| "opened");
    Ok(vec![
        Turn { what: "bob reads", before, event: EVENT, after },
        Turn { what: "bob begins anew", before: "opened".into(), event: EVENT, after: anew.into() },
    ])
}

fn read(view: &ReadView) -> String {
    view.query("flights").count().map_or_else(|error| error.code().into(), |count| format!("{count} flights"))
}
