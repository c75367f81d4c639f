//! Things that are no documents, as rules know them: what they show to whoever may see them, and so never a secret or what it is
//! proven by. It knows nothing of who may do what.

use crate::judge::Scene;
use crate::resource::Resource;
use crate::rights::Asked;
use portunus_predicate::Entity;
use portunus_scope::{Object, Value, ValueRef};

/// A kind of thing that rules can be about.
pub(crate) trait Described {
    /// What rights on it are rights on.
    const KIND: Resource;

    /// What rules know of it.
    fn thing(&self) -> Thing;
}

/// A thing of which it is not known yet what it will be named by.
pub(crate) struct Unnamed<T>(pub(crate) T);

/// What rules know of one thing. What a thing does not have is no field of it.
pub(crate) struct Thing {
    kind: Resource,
    id: String,
    fields: Value,
}

/// What rules know of one thing, while that is put together.
pub(crate) struct Sketch {
    kind: Resource,
    id: String,
    fields: Object,
}

impl Thing {
    /// A thing of a kind, under what it is named by.
    pub(crate) fn of(kind: Resource, id: impl Into<String>) -> Sketch {
        Sketch { kind, id: id.into(), fields: Object::new() }
    }

    /// What is asked about when this is.
    pub(crate) fn asked(&self) -> Asked<'_> {
        match self.kind {
            Resource::Procedure => Asked::Procedure(&self.id),
            kind => Asked::Every(kind),
        }
    }

    /// As one that is there.
    pub(crate) fn standing(&self) -> Scene<'_> {
        Scene { doc: Some(self.entity()), ..Scene::default() }
    }

    /// As one that is about to be.
    pub(crate) fn coming(&self) -> Scene<'_> {
        Scene { new: Some(self.entity()), ..Scene::default() }
    }

    /// As one that another one is about to become.
    pub(crate) fn from<'s>(&'s self, old: &'s Self) -> Scene<'s> {
        Scene { old: Some(old.entity()), new: Some(self.entity()), ..Scene::default() }
    }

    fn entity(&self) -> Entity<'_, ValueRef<'_>> {
        let root = ValueRef::from(&self.fields);
        Entity { id: &self.id, version: 0, collection: self.kind.name(), root }
    }
}

impl<T: Described> Described for Unnamed<T> {
    const KIND: Resource = T::KIND;

    fn thing(&self) -> Thing {
        Thing { id: String::new(), ..self.0.thing() }
    }
}

impl Sketch {
    /// With a field; without it if it has nothing to say.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !matches!(value, Value::Null) {
            self.fields.insert(name, value);
        }
        self
    }

    /// With a field that has several values.
    pub(crate) fn with_all<T: Into<Value>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        self.with(name, values)
    }

    pub(crate) fn done(self) -> Thing {
        Thing { kind: self.kind, id: self.id, fields: Value::Object(self.fields) }
    }
}
