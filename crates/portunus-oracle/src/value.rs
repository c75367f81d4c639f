//! Values, their one order, and what they are in the text of a rule. It knows nothing of rules or documents.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a document, or a part of one, can be. Bytes and instants are left to other tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Value {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub fn map<const N: usize>(members: [(&str, Value); N]) -> Self {
        Self::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Map(members) => members.get(name),
            _ => None,
        }
    }

    /// Whether an index has a term for it: only what is plain (an object has no term, an array those of its elements).
    pub fn is_plain(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// As the text of a rule has it.
    pub fn literal(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(it) => it.to_string(),
            Self::Int(it) => it.to_string(),
            Self::Float(it) => format!("{it:?}"),
            Self::Text(it) => format!("{it:?}"),
            Self::List(it) => format!("[{}]", it.iter().map(Self::literal).collect::<Vec<_>>().join(", ")),
            Self::Map(it) => {
                let member = |(name, value): (&String, &Self)| format!("{name:?}: {}", value.literal());
                format!("{{{}}}", it.iter().map(member).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// A merge patch: its members replace those of the same name, null removes them (RFC 7396).
    pub fn patched(self, patch: &Value) -> Self {
        let Self::Map(changes) = patch else { return patch.clone() };
        let Self::Map(mut members) = self else { return Self::Map(BTreeMap::new()).patched(patch) };
        for (name, change) in changes {
            let old = members.remove(name).unwrap_or(Self::Null);
            if *change != Self::Null {
                members.insert(name.clone(), old.patched(change));
            }
        }
        Self::Map(members)
    }
}

/// Types come in one order, and numbers are one type: 1 and 1.0 are one number, compared exactly and never rounded, because
/// an index and a rule must agree. Arrays compare element by element, objects member by member, what is shorter is less.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    use Value::{Bool, Float, Int, List, Map, Text};
    match (left, right) {
        (Bool(left), Bool(right)) => left.cmp(right),
        (Int(left), Int(right)) => left.cmp(right),
        (Float(left), Float(right)) => left.partial_cmp(right).expect("no stored float is no number"),
        (Int(left), Float(right)) => int_beside_float(*left, *right),
        (Float(left), Int(right)) => int_beside_float(*right, *left).reverse(),
        (Text(left), Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (List(left), List(right)) => {
            let each = left.iter().zip(right).map(|(left, right)| compare(left, right));
            each.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        (Map(left), Map(right)) => {
            let member = |((name, left), (other, right)): ((&String, &Value), (&String, &Value))| {
                name.cmp(other).then_with(|| compare(left, right))
            };
            let each = left.iter().zip(right).map(member);
            each.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

pub fn is_equal(left: &Value, right: &Value) -> bool {
    compare(left, right).is_eq()
}

/// The place of a value's type in the order of types.
pub fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 2,
        Value::Text(_) => 3,
        Value::List(_) => 4,
        Value::Map(_) => 5,
    }
}

/// Beyond the integers the sign of the float decides; within them its whole part is an integer, and what is behind the point
/// decides between equals.
fn int_beside_float(int: i64, float: f64) -> Ordering {
    if float >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    let whole = float.floor();
    let behind = if float > whole { Ordering::Less } else { Ordering::Equal };
    int.cmp(&(whole as i64)).then(behind)
}
