//! Which fields a privilege is about, and what is left of a document. It knows nothing of privileges. Written down from the
//! documentation of `Fields`; a place is looked at by itself, once for every list of fields.

use crate::Value;
use std::collections::BTreeMap;

/// Paths of names joined by dots.
#[derive(Clone, Debug, PartialEq)]
pub enum Fields {
    Only(Vec<String>),
    Except(Vec<String>),
}

/// The fields of all grants that hold together; without a list a grant is for all fields.
#[derive(Clone, Debug)]
pub struct Mask<'r>(pub Vec<Option<&'r Fields>>);

impl Fields {
    /// A path stands for what is there and for everything inside it.
    fn shows(&self, place: &[&str]) -> bool {
        let leads_here = |path: &String| {
            let mut names = path.split('.');
            let mut place = place.iter();
            names.all(|name| place.next() == Some(&name))
        };
        match self {
            Self::Only(paths) => paths.iter().any(leads_here),
            Self::Except(paths) => !paths.iter().any(leads_here),
        }
    }

    fn is_flat(&self) -> bool {
        let (Self::Only(paths) | Self::Except(paths)) = self;
        paths.iter().all(|path| !path.contains('.'))
    }
}

impl Mask<'_> {
    pub const ALL: Self = Self(Vec::new());

    /// Whether every list names whole fields of the top alone: what may be changed through others is left to other tests.
    pub fn is_flat(&self) -> bool {
        self.0.iter().flatten().all(|fields| fields.is_flat())
    }

    /// Several grants show the union. `ALL` is that of no lists.
    pub fn shows(&self, place: &[&str]) -> bool {
        self.0.is_empty() || self.0.iter().any(|fields| fields.is_none_or(|fields| fields.shows(place)))
    }

    /// What is left of a document; the document itself is always there.
    pub fn show(&self, value: &Value) -> Value {
        self.left_of(value, &mut Vec::new()).unwrap_or(Value::Map(BTreeMap::new()))
    }

    /// A plain value is there if it is shown, and what has parts also if some part is left. An element of an array has no
    /// name: it is where the array is.
    fn left_of<'v>(&self, value: &'v Value, place: &mut Vec<&'v str>) -> Option<Value> {
        let is_shown = self.shows(place);
        match value {
            Value::Map(members) => {
                let mut left = BTreeMap::new();
                for (name, member) in members {
                    place.push(name);
                    left.extend(self.left_of(member, place).map(|it| (name.clone(), it)));
                    place.pop();
                }
                (is_shown || !left.is_empty()).then_some(Value::Map(left))
            }
            Value::List(elements) => {
                let left: Vec<Value> =
                    elements.iter().filter_map(|element| self.left_of(element, place)).collect();
                (is_shown || !left.is_empty()).then_some(Value::List(left))
            }
            plain => is_shown.then(|| plain.clone()),
        }
    }
}
