//! What the store keeps of an access provider, and where. It knows nothing of who may define one, or of how the JWTs of one
//! are verified.

use crate::jwt::Algorithm;
use crate::numbered;
use crate::provider::own_audience;
use crate::role_record::{RoleRef, RoleUser};
use crate::route::{self, Route, RouteEnd};
use crate::rule::Rule;
use crate::{Error, Result};
use portunus_scope::{
    DatabaseId, Document, StoredCollection, SystemCollection, Timestamp, TreeReader, TreeWriter, Version,
    to_value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// The first number of an access provider in a database.
const FIRST_NUMBER: u32 = 1;
/// The most routes by which key sets are found that are to be fetched before they are needed.
const ROUTES_LOOKED_AT: usize = 1_024;

/// An access provider: a document of its database under its number, with a route in the store for each audience.
///
/// A record with a member that this program does not know may be one that gives less than it seems to: it is damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderRecord {
    #[serde(skip)]
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) issuer: String,
    /// Beside the one that its database has by itself.
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<AlgorithmName>,
    pub(crate) keys: KeysFrom,
    pub(crate) roles: Vec<GivenRole>,
    pub(crate) identity: Option<Mapping>,
    /// In microseconds, as all that follow.
    pub(crate) age_max: Option<i64>,
    pub(crate) leeway: i64,
    pub(crate) token_type: Option<String>,
    /// JWTs that were issued before it are refused.
    pub(crate) not_before: Option<i64>,
    pub(crate) created_at: i64,
}

/// Where the keys of a provider are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeysFrom {
    #[serde(rename = "url")]
    Url(String),
    #[serde(rename = "set")]
    Set(String),
}

/// A role that a provider gives to the holders of its JWTs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenRole {
    pub(crate) role: u32,
    /// What must be true of the claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Rule>,
}

/// The fields of a collection by which the holder of a JWT is found among its documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    pub(crate) collection: u32,
    /// The field with the issuer, then the one with the subject.
    pub(crate) fields: [String; 2],
}

/// An algorithm, as it is kept: by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub(crate) struct AlgorithmName(pub(crate) Algorithm);

impl ProviderRecord {
    /// A number for a new provider, which no other one of the database ever has.
    ///
    /// # Errors
    /// `Limit` if there is none left.
    pub(crate) fn next_number(writer: &mut TreeWriter, database: DatabaseId) -> Result<u32> {
        Ok(writer.next_number_in(database, "providers", FIRST_NUMBER)?)
    }

    /// The provider of this number, and the version of its record.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(
        reader: &TreeReader,
        database: DatabaseId,
        number: u32,
    ) -> Result<Option<(Self, Version)>> {
        let Some(document) = stored(reader, database, number)? else { return Ok(None) };
        let record: Self = document.to().map_err(|_| damaged())?;
        Ok(Some((Self { number, ..record }, Version(document.version()))))
    }

    /// The version of the provider's record, which every change of it changes.
    ///
    /// # Errors
    /// As every read.
    pub(crate) fn version(reader: &TreeReader, database: DatabaseId, number: u32) -> Result<Option<Version>> {
        Ok(stored(reader, database, number)?.map(|document| Version(document.version())))
    }

    /// All providers of a database, in the order of their numbers.
    ///
    /// # Errors
    /// As [`ProviderRecord::find`].
    pub(crate) fn all(reader: &TreeReader, database: DatabaseId) -> Result<Vec<Self>> {
        let found = numbered::all::<Self>(reader, database, SystemCollection::Provider, damaged)?;
        Ok(found.into_iter().map(|(number, record)| Self { number, ..record }).collect())
    }

    /// Where the key sets of providers are fetched, as far as one look at the store tells: of its first
    /// [`ROUTES_LOOKED_AT`] routes.
    ///
    /// # Errors
    /// As [`ProviderRecord::find`].
    pub(crate) fn key_set_urls(reader: &TreeReader) -> Result<BTreeSet<String>> {
        let mut urls = BTreeSet::new();
        for end in route::all_ends(reader, ROUTES_LOOKED_AT)? {
            let found = Self::find(reader, end.database, end.provider)?;
            if let Some((Self { keys: KeysFrom::Url(url), .. }, _)) = found {
                urls.insert(url);
            }
        }
        Ok(urls)
    }

    /// Stores the provider in the place of what it was before, with its routes, and its claims on roles.
    pub(crate) fn put(
        &self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        old: Option<&Self>,
    ) -> Result<()> {
        if let Some(old) = old {
            old.delete_entries(writer, database)?;
        }
        let id = numbered::id(self.number);
        writer.unfiltered_system_put(database, SystemCollection::Provider, &id, &to_value(self)?)?;
        self.routes(writer, database)?.iter().try_for_each(|route| route.put(writer))?;
        for given in &self.roles {
            RoleRef::User(given.role).put_use(writer, database, &RoleUser::Provider(self.number))?;
        }
        Ok(())
    }

    /// Removes the provider.
    pub(crate) fn delete(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        self.delete_entries(writer, database)?;
        let id = numbered::id(self.number);
        Ok(writer.unfiltered_system_delete(database, SystemCollection::Provider, &id)?)
    }

    /// The audiences that it answers to: the one that its database has by itself, and its own.
    ///
    /// # Errors
    /// `NotFound` if there is no such database; as every read.
    pub(crate) fn all_audiences(&self, reader: &TreeReader, database: DatabaseId) -> Result<Vec<String>> {
        let database = reader.database(database)?.ok_or(Error::NotFound("database"))?;
        Ok([own_audience(&database.public_id)].into_iter().chain(self.audiences.iter().cloned()).collect())
    }

    /// The routes that lead to it.
    ///
    /// # Errors
    /// As [`ProviderRecord::all_audiences`].
    pub(crate) fn routes(&self, reader: &TreeReader, database: DatabaseId) -> Result<Vec<Route>> {
        let to = RouteEnd { database, provider: self.number };
        let audiences = self.all_audiences(reader, database)?;
        Ok(audiences.iter().map(|audience| Route::new(audience, &self.issuer, to)).collect())
    }

    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        self.algorithms.iter().map(|name| name.0).collect()
    }

    pub(crate) fn age_max(&self) -> Option<Duration> {
        self.age_max.map(duration)
    }

    pub(crate) fn leeway(&self) -> Duration {
        duration(self.leeway)
    }

    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        self.not_before.map(Timestamp)
    }

    fn delete_entries(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        self.routes(writer, database)?.iter().try_for_each(|route| route.delete(writer))?;
        for given in &self.roles {
            RoleRef::User(given.role).delete_use(writer, database, &RoleUser::Provider(self.number))?;
        }
        Ok(())
    }
}

impl Mapping {
    /// The name of the index over the two fields.
    pub(crate) fn index(&self) -> String {
        self.fields.join(",")
    }

    /// Whether a collection has that index, unique and with all its documents in it.
    pub(crate) fn is_kept_by(&self, collection: &StoredCollection) -> bool {
        let mut indexes = collection.definition().indexes().iter();
        indexes.any(|index| index.is_unique() && index.fields() == self.fields)
            && !collection.building().contains(&self.index().as_str())
    }
}

impl TryFrom<String> for AlgorithmName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse().map(Self)
    }
}

impl From<AlgorithmName> for &'static str {
    fn from(name: AlgorithmName) -> Self {
        name.0.name()
    }
}

fn stored(reader: &TreeReader, database: DatabaseId, number: u32) -> Result<Option<Document>> {
    Ok(reader.unfiltered_system_get(database, SystemCollection::Provider, &numbered::id(number))?)
}

/// A length of time from the microseconds of a record; one that is negative can only be no time.
fn duration(microseconds: i64) -> Duration {
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}

fn damaged() -> Error {
    Error::Corrupt("an access provider has not its form".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BuiltInRole, Gate, GateOptions, JwksError, JwksSource, Provider, SecretScope};
    use portunus_scope::{DatabasePath, Durability};
    use std::sync::Arc;

    struct Nothing;

    impl JwksSource for Nothing {
        fn fetch(&self, _: &str) -> std::result::Result<Vec<u8>, JwksError> {
            Err(JwksError::Timeout)
        }
    }

    #[test]
    fn no_more_than_so_many_providers_are_looked_at_for_their_keys() {
        let options = GateOptions { jwks: Some(Arc::new(Nothing)), ..GateOptions::default() };
        let (gate, root) = Gate::create_in_memory(&options).unwrap();
        let urls = || ProviderRecord::key_set_urls(&gate.shared.tree.begin_read().unwrap()).unwrap().len();
        for database in 0..11 {
            let path: DatabasePath = format!("d{database}").parse().unwrap();
            let mut view = gate.begin_write(&root).unwrap();
            view.create_database(&path).unwrap();
            view.commit(Durability::Immediate).unwrap();
            let inside = root.scoped(&SecretScope::role(BuiltInRole::Admin).at(path));
            let mut view = gate.begin_write(&inside).unwrap();
            for provider in 0..100 {
                let provider = Provider::new(format!("p{provider}"), format!("urn:{provider}"))
                    .jwks_url(format!("https://issuer.example/{database}/{provider}"))
                    .algorithm(Algorithm::EdDsa);
                view.define_provider(provider).unwrap();
            }
            view.commit(Durability::Immediate).unwrap();
            assert_eq!(urls(), ROUTES_LOOKED_AT.min((database + 1) * 100));
        }
    }
}
