//! What somebody sees of a document through the fields of all their privileges together. It knows nothing of privileges.

use super::Fields;
use super::trie::{Node, Partly, Sight};
use portunus_scope::{FieldPath, Object, Value, ValueRef};

/// The union of some fields, ready to be applied: what is visible through any of them is visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    /// What is shown by lists of only fields, together.
    only: Node,
    /// What is hidden, for each list of excepted fields. Nothing is hidden that one of them does not hide.
    excepts: Vec<Node>,
}

impl Mask {
    /// The mask that hides nothing.
    pub(crate) fn all() -> Self {
        Self { only: Node::default(), excepts: vec![Node::default()] }
    }

    pub(crate) fn of(fields: &Fields) -> Self {
        Self::union([fields])
    }

    /// What is visible through any of these. Through none, nothing is.
    pub(crate) fn union<'f>(several: impl IntoIterator<Item = &'f Fields>) -> Self {
        let mut mask = Self::default();
        for fields in several {
            mask.add(fields);
        }
        mask
    }

    /// What is visible through this mask or another one.
    pub(crate) fn or(mut self, other: &Self) -> Self {
        self.only.join(&other.only);
        other.excepts.iter().for_each(|hidden| self.add_excepted(hidden.clone()));
        self
    }

    /// Fields that were never checked show less than they may have meant to: a path that is none shows nothing, and
    /// excepted fields that cannot be told hide all.
    fn add(&mut self, fields: &Fields) {
        for path in fields.as_only().unwrap_or_default() {
            if let Ok(path) = path.parse() {
                self.only.add(&path);
            }
        }
        if let Some(paths) = fields.as_except() {
            let mut hidden = Node::default();
            for path in paths {
                let Ok(path) = path.parse() else { return };
                hidden.add(&path);
            }
            self.add_excepted(hidden);
        }
    }

    fn add_excepted(&mut self, hidden: Node) {
        if !self.excepts.contains(&hidden) {
            self.excepts.push(hidden);
        }
    }

    /// Whether nothing is ever hidden. It may be that nothing is though this says otherwise.
    pub(crate) fn is_all(&self) -> bool {
        matches!(self.top(), Sight::Full)
    }

    /// What is visible of a document.
    pub(crate) fn show(&self, root: ValueRef<'_>) -> Value {
        self.top().show(root).unwrap_or_else(|| match root {
            ValueRef::Object(_) => Value::Object(Object::new()),
            ValueRef::Array(_) => Value::Array(Vec::new()),
            _ => Value::Null,
        })
    }

    /// Whether all of a document is visible.
    pub(crate) fn shows_all_of(&self, root: ValueRef<'_>) -> bool {
        let is_bare = root.as_object().is_some_and(portunus_scope::ObjectRef::is_empty);
        is_bare || self.top().shows_all_of(root)
    }

    /// Whether something could be hidden in some document at this path or below. It may be that nothing is though this
    /// says that it could.
    pub(crate) fn may_hide(&self, path: &FieldPath) -> bool {
        let mut sight = self.top();
        for name in path.segments() {
            match sight {
                Sight::Full => return false,
                Sight::Hidden => return true,
                Sight::Partly(partly) => sight = partly.member(name),
            }
        }
        !matches!(sight, Sight::Full)
    }

    pub(super) fn top(&self) -> Sight<'_> {
        Sight::of_top(&self.only, &self.excepts)
    }
}

impl Sight<'_> {
    /// What is visible of what is at this place, if anything is.
    pub(super) fn show(&self, value: ValueRef<'_>) -> Option<Value> {
        match self {
            Self::Full => Some(value.to_value()),
            Self::Hidden => None,
            Self::Partly(partly) => partly.show(value),
        }
    }

    /// Whether all of what is at this place is visible.
    pub(super) fn shows_all_of(&self, value: ValueRef<'_>) -> bool {
        match self {
            Self::Full => true,
            Self::Hidden => false,
            Self::Partly(partly) => partly.shows_all_of(value),
        }
    }
}

impl Partly<'_> {
    pub(super) fn show(&self, value: ValueRef<'_>) -> Option<Value> {
        let (shown, is_bare) = match value {
            ValueRef::Object(members) => {
                let shown =
                    members.iter().filter_map(|(name, value)| Some((name, self.member(name).show(value)?)));
                let shown: Object = shown.collect();
                let is_bare = shown.is_empty();
                (Value::Object(shown), is_bare)
            }
            ValueRef::Array(elements) => {
                let sight = self.element();
                let shown: Vec<Value> = elements.iter().filter_map(|element| sight.show(element)).collect();
                let is_bare = shown.is_empty();
                (Value::Array(shown), is_bare)
            }
            scalar => return self.is_shown().then(|| scalar.to_value()),
        };
        (self.is_shown() || !is_bare).then_some(shown)
    }

    pub(super) fn shows_all_of(&self, value: ValueRef<'_>) -> bool {
        let is_bare = match value {
            ValueRef::Object(members) => {
                if !members.iter().all(|(name, value)| self.member(name).shows_all_of(value)) {
                    return false;
                }
                members.is_empty()
            }
            ValueRef::Array(elements) => {
                let sight = self.element();
                if !elements.iter().all(|element| sight.shows_all_of(element)) {
                    return false;
                }
                elements.is_empty()
            }
            _ => true,
        };
        self.is_shown() || !is_bare
    }
}

#[cfg(test)]
mod tests;
