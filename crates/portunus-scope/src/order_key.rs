//! Bytes that sort as values do: for orders that no index has. It knows nothing of documents.

use crate::ValueRef;
use crate::term::{Term, encode_term};

const ARRAY: u8 = 0x80;
const OBJECT: u8 = 0x90;
/// Ends an array or object. No value begins with it.
const END: u8 = 0x00;

/// Appends to a key what sorts as a value does in the one order of values: as [`compare`](crate::compare) has it, and what is
/// missing before all others. Of a large value no more than about `bytes_max` is looked at.
///
/// ```
/// use portunus_scope::{Value, ValueRef, append_order_key};
/// let key = |json: &str| {
///     let mut key = Vec::new();
///     append_order_key(&mut key, Some(ValueRef::from(&Value::from_json(json).unwrap())), 100);
///     key
/// };
/// let mut missing = Vec::new();
/// append_order_key(&mut missing, None, 100);
/// assert!(missing < key("null") && key("9") < key("10") && key("10") < key(r#""1""#));
/// assert!(key(r#""z""#) < key("[]") && key("[1]") < key("[1, null]") && key("[9]") < key("{}"));
/// ```
pub fn append_order_key(key: &mut Vec<u8>, value: Option<ValueRef<'_>>, bytes_max: usize) {
    let end = key.len().saturating_add(bytes_max);
    match value {
        None => encode_term(key, &Term::Missing),
        Some(value) => append(key, value, end),
    }
    key.truncate(end);
}

fn append(key: &mut Vec<u8>, value: ValueRef<'_>, end: usize) {
    match value {
        ValueRef::Array(elements) => {
            key.push(ARRAY);
            elements.iter().for_each(|element| append_unless_full(key, element, end));
            key.push(END);
        }
        ValueRef::Object(members) => {
            key.push(OBJECT);
            for (name, value) in members.iter() {
                append_unless_full(key, ValueRef::String(name), end);
                append_unless_full(key, value, end);
            }
            key.push(END);
        }
        scalar => {
            if let Some(term) = Term::of(scalar) {
                encode_term(key, &term);
            }
        }
    }
}

fn append_unless_full(key: &mut Vec<u8>, value: ValueRef<'_>, end: usize) {
    if key.len() < end {
        append(key, value, end);
    }
}

#[cfg(test)]
mod tests {
    use super::append_order_key;
    use crate::{Value, ValueRef, compare};
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-3..3_i64).prop_map(Value::Int),
            prop_oneof![Just(-0.0), Just(0.5), Just(f64::INFINITY)].prop_map(Value::Float),
            "[\0ab]{0,3}".prop_map(Value::String),
            proptest::collection::vec(0..3_u8, 0..3).prop_map(Value::Bytes),
            (-2..2_i64).prop_map(|at| Value::Timestamp(crate::Timestamp(at))),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                proptest::collection::vec(("[\0ab]{0,2}", inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn keys_sort_as_values_do(left in value(), right in value()) {
            let key = |value: &Value| {
                let mut key = Vec::new();
                append_order_key(&mut key, Some(ValueRef::from(value)), 1_000);
                key
            };
            let order = compare(ValueRef::from(&left), ValueRef::from(&right));
            prop_assert_eq!(key(&left).cmp(&key(&right)), order);
        }

        #[test]
        fn what_is_too_long_is_cut_and_stays_in_order(left in value(), right in value(), max in 0..6_usize) {
            let key = |value: &Value| {
                let mut key = Vec::new();
                append_order_key(&mut key, Some(ValueRef::from(value)), max);
                key
            };
            let order = compare(ValueRef::from(&left), ValueRef::from(&right));
            prop_assert!(key(&left).len() <= max);
            let cut = key(&left).cmp(&key(&right));
            prop_assert!(cut.is_eq() || cut == order);
        }
    }
}
