//! Definitions of collections through a view.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::resource::{Action, Resource};
use crate::role_record::RoleRecord;
use crate::thing::{Described, Thing};
use crate::{Error, Result};
use portunus_scope::{BuildProgress, Collection, Error as ScopeError, Field, Index, StoredCollection};
use std::borrow::Borrow;
use std::sync::Arc;

/// What a change of a collection that is not there, or may not be seen, is told.
const COLLECTION: &str = "collection";

impl ReadView {
    /// The collections of the database whose definitions the principal may see, in the order of their names.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes").index(["owner"]))?;
    /// for collection in view.collections()? {
    ///     println!("{} has {} indexes", collection.name(), collection.indexes().len());
    /// }
    /// assert!(view.collection("notes")?.is_some() && view.collection("other")?.is_none());
    /// assert!(view.unbuilt_indexes("notes")?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn collections(&self) -> Result<Vec<Collection>> {
        self.policy()?.seen(|| {
            let stored = self.reader().collections(self.database())?;
            Ok(stored.iter().map(|collection| collection.definition().clone()).collect())
        })
    }

    /// The definition of a collection, if there is one of this name that the principal may see.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn collection(&self, name: &str) -> Result<Option<Collection>> {
        self.policy()?.seen_one(|| {
            let stored = self.reader().collection(self.database(), name)?;
            Ok(stored.map(|collection| collection.definition().clone()))
        })
    }

    /// The names of the collection's indexes that are still being built.
    ///
    /// # Errors
    /// `NotFound` if there is no such collection, or none that the principal may see.
    pub fn unbuilt_indexes(&self, collection: &str) -> Result<Vec<String>> {
        let stored = self.collection_there(Action::Read, collection)?;
        if !self.policy()?.sees_thing(stored.definition())? {
            return Err(Error::NotFound(COLLECTION));
        }
        Ok(stored.building().into_iter().map(Into::into).collect())
    }

    /// A collection that is there, if any is for the principal.
    fn collection_there(&self, action: Action, name: &str) -> Result<Arc<StoredCollection>> {
        self.policy()?.require_any(Resource::Collection, action, COLLECTION)?;
        self.reader().collection(self.database(), name)?.ok_or(Error::NotFound(COLLECTION))
    }

    /// That the principal may say where these names lead. By a name, a role of a database above finds what it is on, and a rule
    /// what it reads: another collection, or none, may be the way to what nobody has granted.
    fn require_to_lead(&self, action: Action, names: &[&str]) -> Result<()> {
        let (reader, database) = (self.reader(), self.database());
        let leads = RoleRecord::is_inherited_on(reader, database, names)?
            || self.shared().opener.roles().reads(reader, database, names)?;
        if leads {
            self.unchecked_policy().require_administrator(action, Resource::Collection)
        } else {
            Ok(())
        }
    }

    /// That a collection may become what it is changed to.
    fn require_to_change(&self, name: &str, change: impl FnOnce(&Collection) -> Thing) -> Result<()> {
        let stored = self.collection_there(Action::Write, name)?;
        let old = stored.definition();
        self.policy()?.require_change::<Collection>(COLLECTION, || Ok((old.thing(), change(old))))
    }
}

impl Described for Collection {
    const KIND: Resource = Resource::Collection;

    fn thing(&self) -> Thing {
        named(self.name(), self)
    }
}

/// What rules know of a definition under a name.
fn named(name: &str, definition: &Collection) -> Thing {
    Thing::of(Resource::Collection, name)
        .with("name", name)
        .with_all("fields", definition.fields().iter().map(Field::path))
        .with_all("indexes", definition.indexes().iter().map(Index::name))
        .with("closed", definition.is_closed())
        .done()
}

impl WriteView {
    /// Creates a collection, or alters the one of that name to this definition.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// use portunus_auth::{BuildProgress, Collection};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// view.define(Collection::new("notes").index(["owner"]))?;
    /// let with_another = view.collection("notes")?.expect("it is there").index(["title"]);
    /// view.define(with_another)?;
    /// // Over very many documents an index is built in steps.
    /// while view.build_indexes("notes")? != BuildProgress::Ready {}
    /// assert!(view.unbuilt_indexes("notes")?.is_empty());
    /// view.rename_collection("notes", "papers")?;
    /// assert_eq!(view.collections()?.len(), 1);
    /// view.drop_collection("papers")?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, a new one also where [`WriteView::rename_collection`] takes an administrator; `Invalid` if the definition breaks a rule or a document breaks the definition; `Constraint` if two
    /// documents clash in a unique index; `Limit` if there are too many collections, or too many documents to check; as
    /// [`WriteView::define_role`] if a role has waited for the collection.
    pub fn define(&mut self, definition: impl Borrow<Collection>) -> Result<()> {
        let definition = definition.borrow();
        let policy = self.policy()?;
        let database = self.database();
        let old = self.reader().collection(database, definition.name())?;
        let standing = old.as_ref().map(|old| old.definition().thing());
        policy.require_define(standing.as_ref(), definition)?;
        if old.is_none() {
            self.require_to_lead(Action::Create, &[definition.name()])?;
        }
        self.writer()?.define_collection(database, definition).map_err(without_clash)?;
        let collection = definition.name().to_owned();
        match old {
            None => self.note(Event::CollectionCreated { collection })?,
            Some(old) if old.definition() != definition => {
                self.note(Event::CollectionAltered { collection })?;
            }
            Some(_) => {}
        }
        self.define_awaiting()
    }

    /// Gives a collection another name. Its documents stay where they are.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if a role that works in databases below the one that it is of names either name, or a rule
    /// reads documents by it, and the principal is no administrator; `AlreadyExists` if there is one of the new name; `Invalid` if it cannot be one.
    pub fn rename_collection(&mut self, name: &str, new_name: &str) -> Result<()> {
        self.require_to_change(name, |old| named(new_name, old))?;
        if name != new_name {
            self.require_to_lead(Action::Write, &[name, new_name])?;
        }
        let database = self.database();
        if name != new_name
            && let Some(other) = self.reader().collection(database, new_name)?
        {
            return Err(self.unchecked_policy().taken(other.definition(), Action::Write, COLLECTION));
        }
        self.writer()?.rename_collection(database, name, new_name)?;
        self.note(Event::CollectionRenamed { collection: name.into(), to: new_name.into() })?;
        self.define_awaiting()
    }

    /// Drops a collection, with its documents.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also where [`WriteView::rename_collection`] takes an administrator; `Constraint` if the database is
    /// protected.
    pub fn drop_collection(&mut self, name: &str) -> Result<()> {
        let stored = self.collection_there(Action::Delete, name)?;
        self.policy()?.require_on(Action::Delete, COLLECTION, || Ok(stored.definition().clone()))?;
        self.require_to_lead(Action::Delete, &[name])?;
        let database = self.database();
        self.writer()?.drop_collection(database, name)?;
        self.note(Event::CollectionDropped { collection: name.into() })
    }

    /// Takes the next documents into the indexes of a collection that are still being built. Each step is to be
    /// committed by itself.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Constraint` if two documents clash in a unique index.
    pub fn build_indexes(&mut self, collection: &str) -> Result<BuildProgress> {
        self.require_to_change(collection, Described::thing)?;
        let database = self.database();
        Ok(self.writer()?.build_indexes(database, collection).map_err(without_clash)?)
    }
}

/// A clash of two documents that are there already names neither.
fn without_clash(error: ScopeError) -> ScopeError {
    match error {
        ScopeError::Clash { index, .. } => {
            ScopeError::Constraint(format!("two documents have the same terms in the unique index {index}"))
        }
        other => other,
    }
}
