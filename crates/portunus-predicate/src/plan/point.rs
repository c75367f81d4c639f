//! The values that a stored field can be equal to, and their order. It knows nothing of predicates.

use crate::ast::Comparison;
use crate::number::{Number, nearest_unsigned};
use crate::plan::Over;
use crate::{Constant, Instant};
use std::cmp::Ordering;
use std::ops::Bound;

/// The stored value to which exactly those stored values are equal that are equal to a constant.
#[derive(Debug)]
pub(crate) enum Point {
    At(Constant),
    /// Nothing stored is equal to it.
    Nowhere,
    /// Something stored may be equal to it, but no index has that.
    Unindexed,
}

impl Point {
    pub(crate) fn of(constant: &Constant) -> Self {
        match constant {
            Constant::Null
            | Constant::Bool(_)
            | Constant::Int(_)
            | Constant::String(_)
            | Constant::Bytes(_) => Self::At(constant.clone()),
            Constant::Uint(value) => match (Number::Uint(*value).to_whole(), nearest_double(*value)) {
                (Some(int), _) => Self::At(Constant::Int(int)),
                (None, (double, Ordering::Equal)) => Self::At(Constant::Double(double)),
                (None, _) => Self::Nowhere,
            },
            Constant::Double(value) if value.is_nan() => Self::Nowhere,
            Constant::Double(value) => {
                let whole = Number::Double(*value).to_whole();
                Self::At(whole.map_or(Constant::Double(*value), Constant::Int))
            }
            Constant::Timestamp(instant) if instant.nanos % 1_000 == 0 => Self::At(constant.clone()),
            Constant::Timestamp(_) | Constant::Duration(_) | Constant::Type(_) => Self::Nowhere,
            Constant::List(_) | Constant::Map(_) => Self::Unindexed,
        }
    }
}

/// Where the stored values lie that are on one side of a constant; nothing if there are none.
pub(crate) fn side(comparison: Comparison, constant: &Constant) -> Option<Over> {
    let (bound, distance) = match constant {
        Constant::Bool(_) | Constant::String(_) | Constant::Bytes(_) => (constant.clone(), Ordering::Equal),
        Constant::Timestamp(instant) => {
            let nanos = instant.nanos - instant.nanos % 1_000;
            (Constant::Timestamp(Instant { nanos, ..*instant }), nanos.cmp(&instant.nanos))
        }
        Constant::Uint(value) if i64::try_from(*value).is_err() => {
            let (double, distance) = nearest_double(*value);
            (Constant::Double(double), distance)
        }
        Constant::Int(_) | Constant::Uint(_) | Constant::Double(_) => match Point::of(constant) {
            Point::At(point) => (point, Ordering::Equal),
            Point::Nowhere | Point::Unindexed => return None,
        },
        // What is compared with these has no value, or is not stored.
        Constant::Null | Constant::Duration(_) | Constant::Type(_) | Constant::List(_) | Constant::Map(_) => {
            return None;
        }
    };
    // A bound that is a little below the constant is itself on the lower side, one a little above it on the upper.
    Some(match (comparison, distance) {
        (Comparison::Less, Ordering::Equal | Ordering::Greater) => {
            Over::Range(Bound::Unbounded, Bound::Excluded(bound))
        }
        (Comparison::LessOrEqual, Ordering::Greater) => Over::Range(Bound::Unbounded, Bound::Excluded(bound)),
        (Comparison::Less | Comparison::LessOrEqual, _) => {
            Over::Range(Bound::Unbounded, Bound::Included(bound))
        }
        (Comparison::Greater, Ordering::Equal | Ordering::Less) => {
            Over::Range(Bound::Excluded(bound), Bound::Unbounded)
        }
        (Comparison::GreaterOrEqual, Ordering::Less) => Over::Range(Bound::Excluded(bound), Bound::Unbounded),
        (Comparison::Greater | Comparison::GreaterOrEqual, _) => {
            Over::Range(Bound::Included(bound), Bound::Unbounded)
        }
        (Comparison::Equal | Comparison::NotEqual, _) => return None,
    })
}

/// The order of two stored values of one type; none for those of different types.
pub(crate) fn order(left: &Constant, right: &Constant) -> Option<Ordering> {
    match (left, right) {
        (Constant::Null, Constant::Null) => Some(Ordering::Equal),
        (Constant::Bool(left), Constant::Bool(right)) => Some(left.cmp(right)),
        (Constant::String(left), Constant::String(right)) => Some(left.cmp(right)),
        (Constant::Bytes(left), Constant::Bytes(right)) => Some(left.cmp(right)),
        (Constant::Timestamp(left), Constant::Timestamp(right)) => Some(left.cmp(right)),
        _ => number(left)?.compare(number(right)?),
    }
}

fn number(constant: &Constant) -> Option<Number> {
    match constant {
        Constant::Int(int) => Some(Number::Int(*int)),
        Constant::Double(double) => Some(Number::Double(*double)),
        _ => None,
    }
}

/// The float nearest to an integer, and on which side of it that float is.
fn nearest_double(value: u64) -> (f64, Ordering) {
    let double = nearest_unsigned(value);
    (double, Number::Double(double).compare(Number::Uint(value)).unwrap_or(Ordering::Equal))
}
