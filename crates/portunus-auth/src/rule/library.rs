//! The named predicates of a database, which its rules may call. It knows nothing of roles.

use super::{DIALECT, Rule, Shape, Subject, vocabulary};
use crate::{Error, Result};
use portunus_predicate::{Vocabulary, Warning};
use portunus_scope::{DatabaseId, Document, SystemCollection, TreeReader, TreeWriter, to_value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The one record under which all of them are kept: rules are compiled from it and from a role, and from nothing else.
const RECORD: &str = "self";

/// The named predicates of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Library {
    pub(crate) predicates: BTreeMap<String, LibraryEntry>,
}

/// One named predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LibraryEntry {
    pub(crate) parameters: Vec<String>,
    pub(crate) rule: Rule,
}

impl Library {
    /// The record of a database, if it has one.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn document(reader: &TreeReader, database: DatabaseId) -> Result<Option<Document>> {
        Ok(reader.unfiltered_system_get(database, SystemCollection::Predicate, RECORD)?)
    }

    /// What a record says.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form.
    pub(crate) fn read(document: Option<&Document>) -> Result<Self> {
        let damaged = |_| Error::Corrupt("the named predicates have not their form".into());
        document.map_or_else(|| Ok(Self::default()), |document| document.to().map_err(damaged))
    }

    /// # Errors
    /// As every read of the store; `Corrupt`.
    pub(crate) fn of(reader: &TreeReader, database: DatabaseId) -> Result<Self> {
        Self::read(Self::document(reader, database)?.as_ref())
    }

    /// # Errors
    /// As every write.
    pub(crate) fn put(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        let value = to_value(self)?;
        Ok(writer.unfiltered_system_put(database, SystemCollection::Predicate, RECORD, &value)?)
    }

    /// A vocabulary in which they can be called.
    ///
    /// # Errors
    /// `Invalid` if one of them cannot be called so; `Version`.
    pub(super) fn enrich(&self, mut vocabulary: Vocabulary) -> Result<Vocabulary> {
        for (name, entry) in &self.predicates {
            if entry.rule.dialect != DIALECT {
                return Err(Error::Version(
                    "a predicate is written in a language that this program does not know".into(),
                ));
            }
            let parameters: Vec<&str> = entry.parameters.iter().map(String::as_str).collect();
            vocabulary = vocabulary
                .define(name, &parameters, &entry.rule.source)
                .map_err(|error| Error::Rule { text: entry.rule.source.clone(), error })?;
        }
        Ok(vocabulary)
    }

    /// Checks one of them by itself, against what it could be called with. Gives what is allowed in it, and hardly meant.
    ///
    /// # Errors
    /// `Rule` with the place.
    pub(crate) fn check(&self, name: &str) -> Result<Vec<Warning>> {
        let Some(entry) = self.predicates.get(name) else { return Err(Error::NotFound("predicate")) };
        let vocabulary = self.enrich(vocabulary(Subject::Calling, &Shape::unknown()))?;
        let checked = vocabulary.check_named(name);
        checked.map_err(|error| Error::Rule { text: entry.rule.source.clone(), error })
    }
}
