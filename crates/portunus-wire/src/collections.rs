//! Definitions of collections and their indexes. It knows nothing of documents.

use crate::Answer;
use crate::operation::{Act, Ask};
use portunus::{BuildProgress, Collection as Stated, Error, ReadView, Result, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A collection as JSON: its name, its definition, and which of its indexes are still to be built.
fn shown(view: &ReadView, stated: &Stated) -> Result<Json> {
    let unbuilt = view.unbuilt_indexes(stated.name())?;
    Ok(json!({"name": stated.name(), "definition": stated, "unbuilt_indexes": unbuilt}))
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collections {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collection {
    collection: String,
}

/// Makes a collection, or changes the one of this name to what is said here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefineCollection {
    #[serde(default)]
    collection: Option<String>,
    definition: Stated,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameCollection {
    collection: String,
    new_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DropCollection {
    collection: String,
}

/// Goes on with building the indexes of a collection, until `left` is false.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuildIndexes {
    collection: String,
}

impl Ask for Collections {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let shown: Result<Vec<Json>> = view.collections()?.iter().map(|stated| shown(view, stated)).collect();
        Answer::of(&shown?)
    }
}

impl Ask for Collection {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.collection(&self.collection)?, |stated| Answer::of(&shown(view, &stated)?))
    }
}

impl Act for DefineCollection {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        if self.collection.as_deref().is_some_and(|name| name != self.definition.name()) {
            return Err(Error::invalid("definition.name", "is not the name of the collection"));
        }
        view.define(&self.definition)?;
        Ok(Answer::done())
    }
}

impl Act for RenameCollection {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.rename_collection(&self.collection, &self.new_name)?;
        Ok(Answer::done())
    }
}

impl Act for DropCollection {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.drop_collection(&self.collection)?;
        Ok(Answer::done())
    }
}

impl Act for BuildIndexes {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let (documents, left) = match view.build_indexes(&self.collection)? {
            BuildProgress::More(documents) => (documents, true),
            BuildProgress::Ready => (0, false),
        };
        Answer::of(&json!({"documents": documents, "left": left}))
    }
}
