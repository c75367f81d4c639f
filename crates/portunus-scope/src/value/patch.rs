//! Merge patches as RFC 7396 defines them.

use crate::{Object, Value};

impl Value {
    /// Applies a merge patch: members of the patch replace those of the same name, null removes them, objects are
    /// merged in turn, and everything else, arrays too, replaces what was there.
    ///
    /// ```
    /// use portunus_scope::Value;
    /// let mut value = Value::from_json(r#"{"title": "milk", "tags": ["a", "b"], "amount": 1}"#)?;
    /// value.merge_patch(Value::from_json(r#"{"tags": ["c"], "amount": null}"#)?);
    /// assert_eq!(value, Value::from_json(r#"{"title": "milk", "tags": ["c"]}"#)?);
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn merge_patch(&mut self, patch: Self) {
        let Self::Object(patch) = patch else {
            *self = patch;
            return;
        };
        if self.as_object().is_none() {
            *self = Self::Object(Object::new());
        }
        let Self::Object(target) = self else { return };
        for (name, change) in patch {
            if change.is_null() {
                target.remove(&name);
                continue;
            }
            match target.get_mut(&name) {
                Some(value) => value.merge_patch(change),
                None => {
                    let mut value = Self::Null;
                    value.merge_patch(change);
                    target.insert(name, value);
                }
            }
        }
    }
}
