//! Named values, unique and in order. It knows nothing of how they are stored.

use crate::Value;

/// Named values: names are unique, and kept sorted by their bytes.
///
/// ```
/// use portunus_scope::{Object, Value};
/// let mut object = Object::new();
/// object.insert("b", 1);
/// object.insert("a", "first");
/// assert_eq!(object.insert("b", 2), Some(Value::Int(1)));
/// assert_eq!(object.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
/// assert_eq!((object.len(), object.get("b")), (2, Some(&Value::Int(2))));
/// object.remove("a");
/// assert!(!object.contains("a") && !object.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Sorted by name, each name once: only this file makes or changes it.
    members: Vec<Member>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl Object {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The members in any order, or the name that occurs twice.
    pub(crate) fn from_members(mut members: Vec<Member>) -> Result<Self, String> {
        let is_sorted = members.is_sorted_by(|a, b| a.name < b.name);
        if !is_sorted {
            members.sort_by(|a, b| a.name.cmp(&b.name));
            let twice = members.windows(2).find_map(|pair| match pair {
                [a, b] if a.name == b.name => Some(a.name.clone()),
                _ => None,
            });
            if let Some(name) = twice {
                return Err(name);
            }
        }
        Ok(Self { members })
    }

    /// Sets the member of this name, and returns the value that it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.find(&name) {
            Ok(place) => {
                self.members.get_mut(place).map(|member| std::mem::replace(&mut member.value, value))
            }
            Err(place) => {
                self.members.insert(place, Member { name, value });
                None
            }
        }
    }

    /// Removes the member of this name, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.find(name).ok().map(|place| self.members.remove(place).value)
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).ok().and_then(|place| self.members.get(place)).map(|member| &member.value)
    }

    /// The value of this name, to change.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.find(name).ok().and_then(|place| self.members.get_mut(place)).map(|member| &mut member.value)
    }

    /// Whether there is a member of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// The members, by name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator + Clone {
        self.members.iter().map(|member| (member.name.as_str(), &member.value))
    }

    /// The members, by name, with values to change.
    ///
    /// ```
    /// # use portunus_scope::{Object, Value};
    /// let mut object = Object::from_iter([("a", 1), ("b", 2)]);
    /// for (_, value) in object.iter_mut() {
    ///     *value = Value::Null;
    /// }
    /// if let Some(b) = object.get_mut("b") {
    ///     *b = Value::from("second");
    /// }
    /// assert_eq!(object, Object::from_iter([("a", Value::Null), ("b", "second".into())]));
    /// ```
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&str, &mut Value)> + ExactSizeIterator {
        self.members.iter_mut().map(|member| (member.name.as_str(), &mut member.value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn members(&self) -> &Vec<Member> {
        &self.members
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|member| member.name.as_str().cmp(name))
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Object {
    /// The members; of several with one name the last.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut members: Vec<Member> = members
            .into_iter()
            .map(|(name, value)| Member { name: name.into(), value: value.into() })
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members.dedup_by(|later, kept| {
            let twice = later.name == kept.name;
            if twice {
                std::mem::swap(later, kept);
            }
            twice
        });
        Self { members }
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Object {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(self.members.into_iter())
    }
}

/// The members of an [`Object`], by name.
#[derive(Clone, Debug)]
pub struct IntoIter(std::vec::IntoIter<Member>);

impl Iterator for IntoIter {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|member| (member.name, member.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for IntoIter {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|member| (member.name, member.value))
    }
}

impl ExactSizeIterator for IntoIter {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn an_object_behaves_as_a_sorted_map(steps in prop::collection::vec(("[a-d]{0,2}", any::<Option<i64>>()), 0..60)) {
            let (mut object, mut model) = (Object::new(), BTreeMap::new());
            for (name, step) in &steps {
                match step {
                    Some(int) => prop_assert_eq!(
                        object.insert(name.as_str(), *int),
                        model.insert(name.clone(), Value::Int(*int))
                    ),
                    None => prop_assert_eq!(object.remove(name), model.remove(name)),
                }
                prop_assert_eq!(object.get(name), model.get(name));
                prop_assert_eq!(object.contains(name), model.contains_key(name));
            }
            prop_assert_eq!(object.len(), model.len());
            prop_assert!(object.iter().eq(model.iter().map(|(name, value)| (name.as_str(), value))));
            prop_assert!(object.into_iter().eq(model));
        }

        #[test]
        fn of_several_members_with_one_name_the_last_is_kept(members in prop::collection::vec(("[a-c]", any::<i64>()), 0..20)) {
            let mut one_by_one = Object::new();
            one_by_one.extend(members.clone());
            prop_assert_eq!(Object::from_iter(members.clone()), one_by_one);

            let names = members.iter().map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>();
            let made = members.iter().map(|(name, int)| Member { name: name.clone(), value: Value::Int(*int) }).collect();
            prop_assert_eq!(Object::from_members(made).is_ok(), names.len() == members.len());
        }
    }
}
