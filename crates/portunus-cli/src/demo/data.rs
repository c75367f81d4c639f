//! The data set that the program carries; `data/README.md` says where it comes from. It knows nothing of stores.

use super::additions;
use crate::document_json::LineForm;
use crate::failure::{Failure, Result};
use portunus::Value;
use std::collections::HashMap;

const AIRLINES: &str = include_str!("../../data/airlines.jsonl");
const AIRPORTS: &str = include_str!("../../data/airports.jsonl");
const FLIGHTS: &str = include_str!("../../data/flights.jsonl");

/// A document of the data set.
pub(super) struct Record {
    pub id: String,
    pub value: Value,
}

impl Record {
    /// Whether the document has this text in a member.
    pub(super) fn has(&self, member: &str, text: &str) -> bool {
        self.value.member(member).and_then(Value::as_str) == Some(text)
    }
}

/// The data set.
pub(super) struct Data {
    pub airlines: Vec<Record>,
    pub airports: Vec<Record>,
    pub flights: Vec<Record>,
}

impl Data {
    /// # Errors
    /// None, as a test shows.
    pub(super) fn read() -> Result<Self> {
        let (airports, mut flights) = (records(AIRPORTS)?, records(FLIGHTS)?);
        let text =
            |value: &Value, member: &str| value.member(member).and_then(Value::as_str).map(str::to_owned);
        let zones: HashMap<_, _> =
            airports.iter().map(|airport| (airport.id.as_str(), text(&airport.value, "tz"))).collect();
        for flight in &mut flights {
            let dest = text(&flight.value, "dest").unwrap_or_default();
            let zone = zones.get(dest.as_str()).and_then(Option::as_deref).unwrap_or_default();
            if let Some(members) = flight.value.as_object_mut() {
                additions::add(members, zone);
            }
        }
        Ok(Self { airlines: records(AIRLINES)?, airports, flights })
    }
}

fn records(lines: &str) -> Result<Vec<Record>> {
    let form = LineForm::IdField("id".into());
    let read = lines.lines().map(|line| {
        let incoming = form.read(line)?;
        let id = incoming.id.ok_or_else(|| Failure::new("a record of the demo has no id"))?;
        Ok(Record { id, value: incoming.value })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_set_is_whole_and_its_references_lead_somewhere() {
        let data = Data::read().unwrap();
        assert_eq!((data.airlines.len(), data.airports.len(), data.flights.len()), (16, 97, 4_334));
        let airports: Vec<&str> = data.airports.iter().map(|record| record.id.as_str()).collect();
        let airlines: Vec<&str> = data.airlines.iter().map(|record| record.id.as_str()).collect();
        for flight in &data.flights {
            let text = |member| flight.value.member(member).and_then(Value::as_str).unwrap();
            assert!(airlines.contains(&text("carrier")), "{}", flight.id);
            assert!(airports.contains(&text("origin")) && airports.contains(&text("dest")), "{}", flight.id);
        }
    }
}
