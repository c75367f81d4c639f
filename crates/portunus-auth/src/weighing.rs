//! What a document is to become or come to be, weighed by the sights of whoever wants that. Transactions and explanations ask
//! the same here. It knows nothing of how anything is stored.

use crate::Result;
use crate::fields::Mask;
use crate::judge::{Judge, Scene};
use crate::sight::{Sight, entity};
use crate::value_limit::check_value;
use portunus_predicate::Entity;
use portunus_scope::{DEPTH_MAX, DOCUMENT_BYTES_MAX, Document, Draft, StoredCollection, Value, ValueRef};

/// What somebody gives for a document that is there.
#[derive(Clone)]
pub(crate) enum Put {
    /// What is to take the place of all that they see of it.
    Whole(Value),
    /// What is to be merged into it.
    Patch(Value),
}

/// What a document is to become.
pub(crate) struct Becoming {
    pub(crate) value: Value,
    /// What the caller gave, if it does not see all of the document.
    given: Option<Value>,
    /// Whether it is also to expire at another time. No list of fields allows that.
    pub(crate) is_to_expire: bool,
}

impl Put {
    /// What is to become of a document that is shown through a mask; nothing if one would have to see more of it to say so.
    pub(crate) fn onto(self, shown: &Mask, old: &Document) -> Option<Becoming> {
        let sees_all = shown.is_all();
        let (value, given) = match self {
            Self::Whole(value) if sees_all => (value, None),
            Self::Whole(value) => (shown.merge_hidden(old.root(), value.clone())?, Some(value)),
            Self::Patch(patch) => {
                let given = (!sees_all).then(|| patch.clone());
                (shown.merge_patch(old.root(), patch)?, given)
            }
        };
        Some(Becoming { value, given, is_to_expire: false })
    }
}

impl Sight {
    /// Whether a document may become this, if this is what changes are allowed on.
    ///
    /// # Errors
    /// `Limit` or `Invalid` if the value cannot be looked at; as every read of the store.
    pub(crate) fn lets_become(
        &self,
        judge: &mut Judge<'_>,
        (collection, old, shown): (&StoredCollection, &Document, &Mask),
        (becoming, version): (&Becoming, u64),
    ) -> Result<bool> {
        let may_change = match self {
            Self::All => Mask::all(),
            Self::None => return Ok(false),
            Self::Some(_) => {
                fits(&becoming.value)?;
                let (before, root) = (entity(collection, old.as_ref()), ValueRef::from(&becoming.value));
                let after = Entity { version, root, ..before };
                let scene = || Scene { old: Some(before), new: Some(after), ..Scene::default() };
                let mask = self.mask_in(judge, scene)?;
                match mask.filter(|mask| mask.allows_change(old.root(), root)) {
                    Some(mask) => mask,
                    None => return Ok(false),
                }
            }
        };
        if becoming.is_to_expire && !may_change.is_all() {
            return Ok(false);
        }
        // Naming a field that one neither sees nor may change would tell whether one has guessed what it holds.
        let may_name = |given| may_change.lets_name(shown, ValueRef::from(given));
        Ok(becoming.given.as_ref().is_none_or(may_name))
    }

    /// Whether a document may come to be as it is about to, with defaults and its id, and whether its creator may set what
    /// it has set; if this is what creations are allowed on.
    ///
    /// # Errors
    /// As [`Sight::lets_become`].
    pub(crate) fn lets_come(
        &self,
        judge: &mut Judge<'_>,
        collection: &StoredCollection,
        (draft, version): (&Draft, u64),
        is_to_expire: bool,
    ) -> Result<bool> {
        match self {
            Self::All => return Ok(true),
            Self::None => return Ok(false),
            Self::Some(_) => fits(&draft.value)?,
        }
        let root = ValueRef::from(&draft.value);
        let new = Entity { id: &draft.id, version, collection: collection.name(), root };
        let mask = self.mask_in(judge, || Scene { new: Some(new), ..Scene::default() })?;
        let defaults = collection.defaults();
        let may_set = |mask: &Mask| mask.allows_change(ValueRef::from(&defaults), root);
        Ok(mask.is_some_and(|mask| may_set(&mask) && (mask.is_all() || !is_to_expire)))
    }
}

/// That a value can be looked at: it is not deeper than what is stored may be.
fn fits(value: &Value) -> Result<()> {
    check_value("document", value, DEPTH_MAX, DOCUMENT_BYTES_MAX)
}
