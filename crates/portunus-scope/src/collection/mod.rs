//! Collections: what a caller defines, and what the store keeps of it. It knows nothing of documents' storage.

mod change;
mod schema;

pub use schema::{Field, Type};

use crate::ids::{CollectionId, IndexId};
use crate::limits::{FIELDS_MAX, INDEX_FIELDS_MAX, INDEXES_MAX};
use crate::path::check_collection_name;
use crate::{DatabaseId, Error, FieldPath, Object, Result, Value};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The definition of a collection, as a caller states it. Defining a collection that exists alters it to this.
///
/// ```
/// use portunus_scope::{Collection, Field, Type};
/// use std::time::Duration;
/// let users = Collection::new("users")
///     .field(Field::new("email", Type::String).required().max_len(320))
///     .field(Field::new("region", Type::String))
///     .closed()
///     .ttl(Duration::from_secs(3_600))
///     .unique(["email"])
///     .index(["region", "email"]);
/// assert_eq!((users.name(), users.fields().len()), ("users", 2));
/// assert!(users.is_closed());
/// assert_eq!(users.time_to_live(), Some(Duration::from_secs(3_600)));
/// assert_eq!(users.without_index("region,email").indexes().len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    closed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    indexes: Vec<Index>,
}

/// The definition of an index: the fields, in order, and whether two documents may have the same terms.
///
/// ```
/// use portunus_scope::{Collection, Index};
/// let users = Collection::new("users").unique(["email"]).index(["region", "name"]);
/// let names: Vec<String> = users.indexes().iter().map(Index::name).collect();
/// assert_eq!(names, ["email", "region,name"]);
/// assert!(users.indexes()[0].is_unique());
/// assert_eq!(users.indexes()[1].fields(), ["region", "name"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    fields: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unique: bool,
}

impl Index {
    /// The name by which queries ask for the index: its fields, joined by `,`.
    #[must_use]
    pub fn name(&self) -> String {
        self.fields.join(",")
    }

    /// The paths of the fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Whether two documents may not have the same terms.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.unique
    }
}

impl Collection {
    /// A collection that takes any document and has no index.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Vec::new(), closed: false, ttl_ms: None, indexes: Vec::new() }
    }

    /// Declares a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Refuses documents with members that are not declared.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Lets every document expire this long after it was created, unless its writer says otherwise.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl_ms = Some(u64::try_from(ttl.as_millis()).unwrap_or(INTEGER_MAX).min(INTEGER_MAX));
        self
    }

    /// Adds an index over one or several field paths.
    #[must_use]
    pub fn index<S: Into<String>>(self, fields: impl IntoIterator<Item = S>) -> Self {
        self.add_index(fields, false)
    }

    /// Adds an index in which no two documents may have the same terms. A document that lacks one of the fields,
    /// or has null there, does not take part.
    #[must_use]
    pub fn unique<S: Into<String>>(self, fields: impl IntoIterator<Item = S>) -> Self {
        self.add_index(fields, true)
    }

    /// Removes the index of this name, if it is there.
    #[must_use]
    pub fn without_index(mut self, name: &str) -> Self {
        self.indexes.retain(|index| index.name() != name);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The declared fields.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether undeclared members are refused.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// How long after its creation a document expires.
    #[must_use]
    pub fn time_to_live(&self) -> Option<Duration> {
        self.ttl_ms.map(Duration::from_millis)
    }

    /// The indexes.
    #[must_use]
    pub fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    pub(crate) fn renamed(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    fn add_index<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>, unique: bool) -> Self {
        self.indexes.push(Index { fields: fields.into_iter().map(Into::into).collect(), unique });
        self
    }

    /// Checks everything that can be checked without a store.
    pub(crate) fn check(&self) -> Result<()> {
        check_collection_name(&self.name)?;
        limit("declared fields", self.fields.len(), FIELDS_MAX)?;
        limit("indexes of a collection", self.indexes.len(), INDEXES_MAX)?;
        if self.ttl_ms == Some(0) {
            return Err(Error::invalid("ttl", "a time to live is longer than nothing"));
        }
        schema::check_fields(&self.fields)?;
        let mut names = Vec::new();
        for index in &self.indexes {
            self.check_index(index)?;
            if names.contains(&index.name()) {
                return Err(Error::invalid(index.name(), "the index is defined twice"));
            }
            names.push(index.name());
        }
        Ok(())
    }

    fn check_index(&self, index: &Index) -> Result<()> {
        limit("fields of an index", index.fields.len(), INDEX_FIELDS_MAX)?;
        if index.fields.is_empty() {
            return Err(Error::invalid("index", "an index has at least one field"));
        }
        for (place, field) in index.fields.iter().enumerate() {
            let path: FieldPath = field.parse()?;
            if field.contains(',') {
                return Err(Error::invalid(field, "an indexed field has no ',' in its name"));
            }
            if index.fields.iter().take(place).any(|before| before == field) {
                return Err(Error::invalid(field, "the index names the field twice"));
            }
            if self.closed && !schema::may_hold(&self.fields, &path) {
                return Err(Error::invalid(
                    field,
                    "the index is on a field that the closed collection does not have",
                ));
            }
        }
        Ok(())
    }
}

/// A collection as the store keeps it: the definition, and the ids that its keys are built with.
#[derive(Clone, Debug)]
pub struct StoredCollection {
    pub(crate) database: DatabaseId,
    pub(crate) id: CollectionId,
    pub(crate) definition: Collection,
    pub(crate) schema: schema::Schema,
    pub(crate) indexes: Vec<StoredIndex>,
    /// Whether somebody may stand for one of its documents.
    pub(crate) holds_identities: bool,
}

/// An index as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredIndex {
    pub(crate) id: IndexId,
    pub(crate) name: String,
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) unique: bool,
    pub(crate) state: IndexState,
}

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexState {
    /// Every document is in it.
    #[serde(rename = "ready")]
    Ready,
    /// The documents up to this id, included, are in it, and every document that was written since.
    #[serde(rename = "building")]
    Building {
        /// The last document that the build has taken; nothing before its first step.
        after: Option<String>,
    },
}

impl StoredCollection {
    /// The definition.
    #[must_use]
    pub fn definition(&self) -> &Collection {
        &self.definition
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The number of the collection, which no other one of this store ever has: a name can be taken over.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.id.0
    }

    /// The database that the collection is in.
    #[must_use]
    pub fn database(&self) -> DatabaseId {
        self.database
    }

    /// Whether somebody may stand for one of its documents.
    #[must_use]
    pub fn holds_identities(&self) -> bool {
        self.holds_identities
    }

    /// The names of indexes that are still being built.
    #[must_use]
    pub fn building(&self) -> Vec<&str> {
        let unfinished = self.indexes.iter().filter(|index| index.state != IndexState::Ready);
        unfinished.map(|index| index.name.as_str()).collect()
    }

    /// The fields of the index of this name, if there is one.
    #[must_use]
    pub fn fields_of(&self, index: &str) -> Option<&[FieldPath]> {
        self.index(index).ok().map(|index| index.fields.as_slice())
    }

    /// What a new document has of which nothing is said.
    #[must_use]
    pub fn defaults(&self) -> Value {
        let mut document = Object::new();
        self.schema.apply_defaults(&mut document);
        Value::Object(document)
    }

    pub(crate) fn index(&self, name: &str) -> Result<&StoredIndex> {
        self.indexes.iter().find(|index| index.name == name).ok_or(Error::NotFound("index"))
    }

    pub(crate) fn from_record(database: DatabaseId, record: Record) -> Result<Self> {
        let indexes = record
            .definition
            .indexes
            .iter()
            .zip(record.indexes)
            .map(|(index, (id, state))| StoredIndex::new(index, IndexId(id), state))
            .collect::<Result<_>>()?;
        Ok(Self {
            database,
            id: CollectionId(record.id),
            schema: schema::Schema::new(&record.definition)?,
            definition: record.definition,
            indexes,
            holds_identities: record.holds_identities,
        })
    }

    pub(crate) fn to_record(&self) -> Record {
        Record {
            id: self.id.0,
            definition: self.definition.clone(),
            indexes: self.indexes.iter().map(|index| (index.id.0, index.state.clone())).collect(),
            holds_identities: self.holds_identities,
        }
    }
}

impl StoredIndex {
    pub(crate) fn new(index: &Index, id: IndexId, state: IndexState) -> Result<Self> {
        let fields = index.fields.iter().map(|field| field.parse()).collect::<Result<_>>()?;
        Ok(Self { id, name: index.name(), fields, unique: index.unique, state })
    }
}

/// The stored record of a collection. The ids and states of its indexes stand in the order of their definitions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: u32,
    pub(crate) definition: Collection,
    pub(crate) indexes: Vec<(u32, IndexState)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) holds_identities: bool,
}

/// The largest number that a definition states: it is stored as a 64-bit integer with a sign.
const INTEGER_MAX: u64 = i64::MAX.unsigned_abs();

fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}
