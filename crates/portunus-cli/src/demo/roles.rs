//! The roles of the demo: who of the staff has which, and what their rules say. It knows nothing of passwords and secrets.

use crate::failure::Result;
use portunus::{Action, Collection, Fields, NamedPredicate, On, Portunus, Privilege, Resource, Role, Secret};
use serde_json::{Value as Json, json};

/// What everybody may know of a flight.
const SCHEDULE: [&str; 5] = ["carrier", "flight", "origin", "dest", "scheduled"];

/// The regions that a manager sees.
pub(super) const REGIONS: [&str; 2] = ["mountain", "pacific"];

/// The person of this name, as a document. `outside` is the issuer who knows the same person.
pub(super) fn person(name: &str, outside: &str) -> Json {
    let who = json!({"name": name, "issuer": outside, "subject": name});
    let attributes = match name {
        "ann" => json!({"role": "agent", "desk": "t5", "region": "pacific", "clearance": 1}),
        "bob" => json!({"role": "agent", "desk": "t4", "region": "central", "clearance": 0}),
        "cho" => json!({"role": "manager", "regions": REGIONS, "clearance": 2}),
        _ => json!({"role": "auditor", "clearance": 1}),
    };
    let members = [who, attributes].into_iter().filter_map(|part| part.as_object().cloned());
    members.flatten().collect()
}

/// The collection that the people of a database are documents of.
pub(super) fn staff() -> Collection {
    Collection::new("staff").unique(["name"]).unique(["issuer", "subject"])
}

/// Defines the roles of a database, and what they look at beside flights and people.
///
/// # Errors
/// What the store reports.
pub(super) fn define(db: &Portunus, admin: &Secret) -> Result {
    Ok(db.write(admin, |tx| {
        tx.define(Collection::new("desks"))?;
        tx.create_with_id("desks", "t4", json!({"airlines": ["DL", "9E"]}))?;
        tx.create_with_id("desks", "t5", json!({"airlines": ["B6"]}))?;
        let handled = r#"flight.carrier in get("desks", identity.desk).airlines"#;
        tx.define_predicate(NamedPredicate::new("handled", ["flight"], handled))?;
        tx.define_predicate(NamedPredicate::new("own", ["flight"], "flight.owner == id(identity)"))?;
        [cleared(), agent(), manager(), auditor(), board(), statistics()]
            .iter()
            .try_for_each(|role| tx.define_role(role))
    })?)
}

fn on_flights(action: Action) -> Privilege {
    Privilege::new(On::Collection("flights".into()), action)
}

/// What all people are denied: flights above their clearance, here and in the databases below.
fn cleared() -> Role {
    Role::new("cleared")
        .member("staff")
        .deny_when("flights", Action::Read, "doc.level > identity.clearance")
        .inherit()
}

/// An agent sees the flights that her desk handles, but for what their fuel cost, and of those to her region the schedule;
/// she makes flights of her own, and changes the gates of these.
fn agent() -> Role {
    Role::new("agent")
        .member_when("staff", r#"identity.role == "agent""#)
        .privilege(on_flights(Action::Read).when("handled(doc)").fields(Fields::except(["fuel.cost"])))
        .privilege(
            on_flights(Action::Read).when("doc.region == identity.region").fields(Fields::only(SCHEDULE)),
        )
        .allow_when("flights", Action::Create, "handled(new) && own(new)")
        .privilege(on_flights(Action::Write).when("own(old) && own(new)").fields(Fields::only(["gate"])))
}

/// A manager sees and changes everything in some regions, removes what is not confidential, looks at roles, and asks why they let
/// somebody do something.
fn manager() -> Role {
    Role::new("manager")
        .member_when("staff", r#"identity.role == "manager""#)
        .allow_when("flights", Action::Read, "doc.region in identity.regions")
        .allow_when("flights", Action::Write, "old.region in identity.regions && new.region == old.region")
        .allow_when("flights", Action::Delete, "doc.region in identity.regions && doc.level == 0")
        .allow_every(Resource::Role, Action::Read)
        .allow_every(Resource::Role, Action::Explain)
}

/// An auditor, here or in a database below, sees what flights were late or cancelled, and little of them.
fn auditor() -> Role {
    Role::new("auditor")
        .member_when("staff", r#"identity.role == "auditor""#)
        .privilege(
            on_flights(Action::Read)
                .when("doc.level > 0")
                .fields(Fields::only(["carrier", "flight", "level", "fuel"])),
        )
        .inherit()
}

/// A board of departures: a service without an identity.
fn board() -> Role {
    Role::new("board")
        .privilege(on_flights(Action::Read).when("doc.level == 0").fields(Fields::only(SCHEDULE)))
}

/// A service with a rule that no index helps with.
fn statistics() -> Role {
    Role::new("statistics").allow_when("flights", Action::Read, "doc.dep_delay >= 15 || doc.arr_delay >= 15")
}
