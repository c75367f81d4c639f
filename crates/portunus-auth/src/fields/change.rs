//! What becomes of a document when somebody changes it who sees, or may change, only a part. It knows nothing of privileges.
//!
//! Whether a change can be merged is decided by what the caller sees and puts there, never by what is hidden from them, so
//! that trying tells nothing. For the same reason whoever merges has to ask more than whether the mask of what may be
//! written [allows the change](Mask::allows_change): a caller who names a hidden field and may not write it would learn its
//! value, because putting there what is there already changes nothing. So all that is put has to be
//! [shown](Mask::shows_all_of) by what may be read [or](Mask::or) by what may be written, and it must [not have to make
//! room](Mask::lets_name) for what is hidden and may not be written.

use super::Mask;
use super::trie::{Partly, Sight};
use portunus_scope::{Object, ObjectRef, Value, ValueRef};

/// Something may be hidden where a change would put something else.
struct Blocked;

impl Mask {
    /// Whether two documents differ only where this mask shows both.
    ///
    /// What is added, removed or replaced has to be visible with all its parts. Elements of arrays are compared place by
    /// place; those that one array has more must be visible whatever they hold.
    pub(crate) fn allows_change(&self, old: ValueRef<'_>, new: ValueRef<'_>) -> bool {
        self.top().allows_change(old, new)
    }

    /// Whether somebody who may change what this mask shows, and sees what another one does, may say so without learning what
    /// they do not see: where nothing is seen, all must be theirs to change, whatever is there. One thing they can still learn:
    /// that something else than an object is where they see, and may change, some members of an object.
    pub(crate) fn lets_name(&self, seen: &Self, given: ValueRef<'_>) -> bool {
        self.clone().or(seen).shows_all_of(given) && seen.top().lets_name(&self.top(), given)
    }

    /// The document that is stored when somebody who sees `old` through this mask puts `new` in its place: what is visible
    /// becomes what `new` says, and what is hidden stays, unless `new` names it.
    ///
    /// Nothing if that cannot be: where an array may have hidden parts, they could come to lie in other elements, and an
    /// object that is seen though it may have hidden parts cannot make room for something else.
    pub(crate) fn merge_hidden(&self, old: ValueRef<'_>, new: Value) -> Option<Value> {
        let partly = match self.top() {
            Sight::Full => return Some(new),
            Sight::Hidden => return None,
            Sight::Partly(partly) => partly,
        };
        let (ValueRef::Object(old), Value::Object(new)) = (old, new) else { return None };
        partly.put_members(old, new).ok().map(Value::Object)
    }

    /// The document that is stored when somebody who sees `old` through this mask applies a merge patch (RFC 7396) to it:
    /// to them it is what the patch makes of what they see. What is hidden stays, unless the patch names it.
    ///
    /// Nothing if that cannot be, as for [`merge_hidden`](Self::merge_hidden).
    pub(crate) fn merge_patch(&self, old: ValueRef<'_>, patch: Value) -> Option<Value> {
        let partly = match self.top() {
            Sight::Full => return Some(patched(Some(old), patch)),
            Sight::Hidden => return None,
            Sight::Partly(partly) => partly,
        };
        let (ValueRef::Object(old), Value::Object(patch)) = (old, patch) else { return None };
        partly.patch_members(old, patch).ok().map(Value::Object)
    }
}

impl Sight<'_> {
    fn allows_change(&self, old: ValueRef<'_>, new: ValueRef<'_>) -> bool {
        match self {
            Self::Full => true,
            Self::Hidden => is_same(old, new),
            Self::Partly(partly) => partly.allows_change(old, new),
        }
    }

    /// Whether what is given here can be allowed or not by what is seen, where `change` says what of it may be changed.
    fn lets_name(&self, change: &Sight<'_>, given: ValueRef<'_>) -> bool {
        match (self, given) {
            _ if matches!(change, Sight::Full) => true,
            (Self::Full, _) => true,
            (Self::Hidden, _) => false,
            (Self::Partly(partly), ValueRef::Object(members)) => {
                let may = |(name, given)| partly.member(name).lets_name(&change.member(name), given);
                members.iter().all(may)
            }
            (Self::Partly(partly), _) => partly.is_shown(),
        }
    }

    fn member(&self, name: &str) -> Sight<'_> {
        match self {
            Self::Full => Sight::Full,
            Self::Hidden => Sight::Hidden,
            Self::Partly(partly) => partly.member(name),
        }
    }

    /// What is at this place after `new` was put there, or nothing was. What is hidden is named by what is put there, but
    /// not by putting nothing.
    fn put(&self, old: Option<ValueRef<'_>>, new: Option<Value>) -> Result<Option<Value>, Blocked> {
        match (self, old, new) {
            (Self::Full, _, new) | (_, None, new) => Ok(new),
            (Self::Hidden, Some(old), new) => Ok(Some(new.unwrap_or_else(|| old.to_value()))),
            (Self::Partly(partly), Some(ValueRef::Object(old)), Some(Value::Object(new))) => {
                partly.put_members(old, new).map(|members| Some(Value::Object(members)))
            }
            (Self::Partly(partly), Some(old), new) => partly.replace(old, new),
        }
    }

    /// What is at this place after a patch was applied there. Null is a patch that names the place, and removes what is
    /// seen of it.
    fn patch(&self, old: Option<ValueRef<'_>>, patch: Value) -> Result<Option<Value>, Blocked> {
        match (self, old, patch) {
            (Self::Full | Self::Hidden, _, Value::Null) => Ok(None),
            (Self::Full | Self::Hidden, old, patch) => Ok(Some(patched(old, patch))),
            (Self::Partly(_), old, Value::Null) => self.put(old, None),
            (Self::Partly(partly), Some(ValueRef::Object(old)), Value::Object(patch)) => {
                partly.patch_members(old, patch).map(|members| Some(Value::Object(members)))
            }
            (Self::Partly(_), old, patch) => self.put(old, Some(patched(None, patch))),
        }
    }
}

impl Partly<'_> {
    fn allows_change(&self, old: ValueRef<'_>, new: ValueRef<'_>) -> bool {
        match (old, new) {
            (ValueRef::Object(old), ValueRef::Object(new)) => {
                old.iter().all(|(name, old)| match new.get(name) {
                    Some(new) => self.member(name).allows_change(old, new),
                    None => self.member(name).shows_all_of(old),
                }) && new
                    .iter()
                    .filter(|(name, _)| old.get(name).is_none())
                    .all(|(name, new)| self.member(name).shows_all_of(new))
            }
            (ValueRef::Array(old), ValueRef::Array(new)) => {
                let sight = self.element();
                (old.len() == new.len() || matches!(sight, Sight::Full))
                    && old.iter().zip(new.iter()).all(|(old, new)| sight.allows_change(old, new))
            }
            (old, new) => is_same(old, new) || (self.shows_all_of(old) && self.shows_all_of(new)),
        }
    }

    fn put_members(&self, old: ObjectRef<'_>, new: Object) -> Result<Object, Blocked> {
        joined(old, new, |name, old, new| self.member(name).put(old, new))
    }

    fn patch_members(&self, old: ObjectRef<'_>, patch: Object) -> Result<Object, Blocked> {
        joined(old, patch, |name, old, patch| match patch {
            Some(patch) => self.member(name).patch(old, patch),
            None => Ok(old.map(ValueRef::to_value)),
        })
    }

    /// What is here after something was put here that cannot be merged with what is here, member by member.
    fn replace(&self, old: ValueRef<'_>, new: Option<Value>) -> Result<Option<Value>, Blocked> {
        let Some(shown) = self.show(old) else {
            // Nothing of it is seen, so that whatever is put here names it.
            return Ok(Some(new.unwrap_or_else(|| old.to_value())));
        };
        let shown = ValueRef::from(&shown);
        if new.as_ref().is_some_and(|new| is_same(shown, new.into())) {
            return Ok(Some(old.to_value()));
        }
        if !self.may_lack(shown) {
            return Ok(new);
        }
        match (old, new) {
            // Without its visible parts it is not seen any more, and may stay with the others.
            (ValueRef::Object(old), None) if !self.is_shown() => {
                let hidden = self.put_members(old, Object::new())?;
                Ok((!hidden.is_empty()).then_some(Value::Object(hidden)))
            }
            _ => Err(Blocked),
        }
    }

    /// Whether something may be hidden in what is shown as this.
    fn may_lack(&self, shown: ValueRef<'_>) -> bool {
        match shown {
            _ if !self.is_shown() => true,
            ValueRef::Object(_) => true,
            ValueRef::Array(elements) => match self.element() {
                Sight::Full => false,
                Sight::Hidden => true,
                // An element that is not shown for itself may be missing.
                Sight::Partly(partly) => {
                    !partly.is_shown() || elements.iter().any(|element| partly.may_lack(element))
                }
            },
            _ => false,
        }
    }
}

/// The object whose members are decided from those of two others by name, both in order.
fn joined(
    old: ObjectRef<'_>,
    new: Object,
    decide: impl Fn(&str, Option<ValueRef<'_>>, Option<Value>) -> Result<Option<Value>, Blocked>,
) -> Result<Object, Blocked> {
    let mut members: Vec<(String, Value)> = Vec::with_capacity(old.len().max(new.len()));
    let (mut olds, mut news) = (old.iter().peekable(), new.into_iter().peekable());
    loop {
        let old = olds.next_if(|(name, _)| news.peek().is_none_or(|(new, _)| *name <= new.as_str()));
        let new = news.next_if(|(name, _)| match old {
            Some((old, _)) => name == old,
            None => true,
        });
        let name = match (&old, &new) {
            (None, None) => return Ok(members.into_iter().collect()),
            (Some((name, _)), _) => (*name).to_owned(),
            (None, Some((name, _))) => name.clone(),
        };
        if let Some(value) = decide(&name, old.map(|(_, value)| value), new.map(|(_, value)| value))? {
            members.push((name, value));
        }
    }
}

/// What a merge patch makes of a value, or of nothing.
fn patched(old: Option<ValueRef<'_>>, patch: Value) -> Value {
    let mut value = old.map_or(Value::Null, ValueRef::to_value);
    value.merge_patch(patch);
    value
}

/// Whether two values are stored alike. Unlike equality this tells -0.0 from 0.0, which would be a change.
fn is_same(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    use ValueRef::{Array, Bool, Bytes, Float, Int, Null, Object, String, Timestamp};
    match (a, b) {
        (Null, Null) => true,
        (Bool(a), Bool(b)) => a == b,
        (Int(a), Int(b)) => a == b,
        (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
        (String(a), String(b)) => a == b,
        (Bytes(a), Bytes(b)) => a == b,
        (Timestamp(a), Timestamp(b)) => a == b,
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b)),
        (Object(a), Object(b)) => {
            let alike = |((name, a), (other, b))| name == other && is_same(a, b);
            a.len() == b.len() && a.iter().zip(b.iter()).all(alike)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
