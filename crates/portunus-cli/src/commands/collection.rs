//! `collection`: definitions of collections. It knows nothing of documents.

mod definition;

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::session::{Session, change};
use crate::table::Table;
use clap::Subcommand;
use definition::Definition;
use portunus::{Collection as Stated, ReadView};
use serde_json::{Value as Json, json};

/// Definitions of collections: their fields, indexes and expiry
#[derive(Subcommand)]
pub enum Collection {
    /// Create a collection, or change the definition of the one that is there to this one
    Define(Definition),
    /// List the collections
    List,
    /// Show the definition of a collection, as `define --from` reads it
    Show {
        /// The collection
        name: String,
    },
    /// Give a collection another name
    Rename {
        /// The collection
        name: String,
        /// The new name
        new_name: String,
    },
    /// Delete a collection with its documents
    Drop {
        /// The collection
        name: String,
    },
}

impl Collection {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define(definition) => define(&definition, common, output),
            Self::List => list(common, output),
            Self::Show { name } => show(&name, common, output),
            Self::Rename { name, new_name } => {
                change(common, |tx| tx.rename_collection(&name, &new_name))?;
                output.done(
                    || json!({"renamed": name, "name": new_name}),
                    &format!("renamed {name} to {new_name}"),
                )
            }
            Self::Drop { name } => {
                confirm(common, &format!("delete the collection {name} with its documents"))?;
                change(common, |tx| tx.drop_collection(&name))?;
                output.done(|| json!({"dropped": name}), &format!("deleted {name}"))
            }
        }
    }
}

fn define(definition: &Definition, common: &Common, output: &mut Output) -> Result {
    let stated = definition.stated()?;
    let session = Session::open(common)?;
    session.write(|tx| tx.define(&stated))?;
    super::index::build(&session, stated.name(), output)?;
    session.close()?;
    output.done(|| json!({"defined": stated.name()}), &format!("defined {}", stated.name()))
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| {
        let collections = tx.collections()?;
        collections.into_iter().map(|stated| with_unbuilt(tx, stated)).collect::<portunus::Result<Vec<_>>>()
    })?;
    if output.is_json() {
        let list: Result<Vec<Json>> =
            found.iter().map(|(stated, unbuilt)| to_json(stated, unbuilt)).collect();
        return output.json(&Json::Array(list?));
    }
    if found.is_empty() {
        output.note("there are no collections here, or none that this secret may see");
        return Ok(());
    }
    let mut table = Table::new(["name", "fields", "expiry", "indexes"]);
    for (stated, unbuilt) in &found {
        let fields = match (stated.fields().len(), stated.is_closed()) {
            (0, false) => "any".into(),
            (declared, false) => format!("{declared} declared"),
            (declared, true) => format!("{declared} declared, no others"),
        };
        let expiry = stated.time_to_live().map_or_else(String::new, |ttl| format!("{} s", ttl.as_secs()));
        table.row([stated.name().to_owned(), fields, expiry, indexes(stated, unbuilt)]);
    }
    output.table(&table)
}

fn show(name: &str, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| tx.collection(name)?.map(|stated| with_unbuilt(tx, stated)).transpose())?;
    let (stated, unbuilt) = found.ok_or_else(|| Failure::not_found("collection"))?;
    if output.is_json() {
        return output.json(&to_json(&stated, &unbuilt)?);
    }
    let pretty = serde_json::to_string_pretty(&stated);
    output.line(&pretty.map_err(|error| Failure::new(error.to_string()))?)?;
    if !unbuilt.is_empty() {
        output.note(&format!(
            "still to be built: {}; `portunus index build {name}` goes on",
            unbuilt.join(" and ")
        ));
    }
    Ok(())
}

fn with_unbuilt(tx: &ReadView, stated: Stated) -> portunus::Result<(Stated, Vec<String>)> {
    let unbuilt = tx.unbuilt_indexes(stated.name())?;
    Ok((stated, unbuilt))
}

fn to_json(stated: &Stated, unbuilt: &[String]) -> Result<Json> {
    let definition = serde_json::to_value(stated).map_err(|error| Failure::new(error.to_string()))?;
    Ok(json!({"name": stated.name(), "definition": definition, "unbuilt_indexes": unbuilt}))
}

fn indexes(stated: &Stated, unbuilt: &[String]) -> String {
    let described = stated.indexes().iter().map(|index| {
        let name = index.name();
        match (index.is_unique(), unbuilt.contains(&name)) {
            (false, false) => name,
            (true, false) => format!("{name} (unique)"),
            (false, true) => format!("{name} (unbuilt)"),
            (true, true) => format!("{name} (unique, unbuilt)"),
        }
    });
    described.collect::<Vec<_>>().join("; ")
}
