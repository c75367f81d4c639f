//! What the demo adds to each flight, so that there is something to decide by: an owner, a region, a confidentiality, and
//! costs. All of it follows from the flight and its destination. It knows nothing of rules.

use portunus::{Object, Value};

/// How late a flight is, in minutes, to be more than everybody's business, and to be confidential.
const LATE: i64 = 30;
const VERY_LATE: i64 = 120;

/// Gallons of fuel for a mile, and dollars for a gallon.
const GALLONS: i64 = 5;
const DOLLARS: i64 = 3;

/// The dispatchers that are people of the demo, and the airlines of whose flight numbers they have one in three.
const DISPATCHERS: [(&str, &[&str]); 2] = [("ann", &["B6"]), ("bob", &["DL", "9E"])];
const SHARE: i64 = 3;

/// Adds to a flight what is decided by. `zone` is the time zone of its destination.
pub(super) fn add(flight: &mut Object, zone: &str) {
    let number = |flight: &Object, name| flight.get(name).and_then(Value::as_int);
    let carrier = flight.get("carrier").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_theirs = number(flight, "flight").is_some_and(|it| it % SHARE == 0);
    let level = level(number(flight, "dep_delay"));
    let gallons = number(flight, "distance").unwrap_or_default() * GALLONS;
    flight.insert("owner", owner(&carrier, is_theirs));
    flight.insert("region", region(zone));
    flight.insert("level", level);
    let fuel = [("gallons", gallons), ("cost", gallons * DOLLARS)];
    flight.insert("fuel", fuel.into_iter().collect::<Object>());
}

/// Who dispatches the flight: a person, or the desk of the airline.
fn owner(carrier: &str, is_theirs: bool) -> String {
    let person = DISPATCHERS.iter().find(|(_, carriers)| is_theirs && carriers.contains(&carrier));
    person.map_or_else(|| format!("desk-{carrier}"), |(name, _)| (*name).into())
}

/// Where the flight goes to.
fn region(zone: &str) -> &'static str {
    match zone {
        "America/New_York" => "east",
        "America/Chicago" => "central",
        "America/Denver" | "America/Phoenix" => "mountain",
        "America/Los_Angeles" => "pacific",
        _ => "overseas",
    }
}

/// How confidential the flight is: 0 to 2. One without a delay was cancelled.
fn level(delay: Option<i64>) -> i64 {
    match delay {
        Some(minutes) if minutes < LATE => 0,
        Some(minutes) if minutes < VERY_LATE => 1,
        Some(_) | None => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_gets_what_follows_from_it() {
        for (carrier, number, delay, zone, expected) in [
            ("B6", 3, Some(29), "America/Denver", ("ann", "mountain", 0)),
            ("9E", 6, Some(30), "America/New_York", ("bob", "east", 1)),
            ("B6", 4, Some(120), "Pacific/Honolulu", ("desk-B6", "overseas", 2)),
            ("UA", 4, None, "America/Los_Angeles", ("desk-UA", "pacific", 2)),
        ] {
            let mut flight = Object::new();
            flight.insert("carrier", carrier);
            flight.insert("flight", number);
            flight.insert("distance", 100);
            if let Some(delay) = delay {
                flight.insert("dep_delay", delay);
            }
            add(&mut flight, zone);
            let text = |name| flight.get(name).and_then(Value::as_str).unwrap();
            let level = flight.get("level").and_then(Value::as_int).unwrap();
            assert_eq!((text("owner"), text("region"), level), expected);
            let cost = flight.get("fuel").and_then(|fuel| fuel.member("cost")).and_then(Value::as_int);
            assert_eq!(cost, Some(1_500));
        }
    }
}
