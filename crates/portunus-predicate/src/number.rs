//! Numbers of three types as one line of numbers: comparisons and conversions that lose nothing. The only file that converts with `as`.

use std::cmp::Ordering;

/// 2^63, the first double that is past the signed integers.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
/// 2^64, the first double that is past the unsigned integers.
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// A number of any type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Int(i64),
    Uint(u64),
    Double(f64),
}

impl Number {
    /// How they compare, exactly; not at all if one is not a number.
    #[inline]
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Uint(left), Self::Uint(right)) => Some(left.cmp(&right)),
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(&right),
            (Self::Int(left), Self::Uint(right)) => Some(int_with_uint(left, right)),
            (Self::Uint(left), Self::Int(right)) => Some(int_with_uint(right, left).reverse()),
            (Self::Int(left), Self::Double(right)) => int_with_double(left, right),
            (Self::Double(left), Self::Int(right)) => int_with_double(right, left).map(Ordering::reverse),
            (Self::Uint(left), Self::Double(right)) => uint_with_double(left, right),
            (Self::Double(left), Self::Uint(right)) => uint_with_double(right, left).map(Ordering::reverse),
        }
    }

    /// The signed integer, if it is a whole number that is one.
    pub(crate) fn to_whole(self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(int),
            Self::Uint(uint) => i64::try_from(uint).ok(),
            Self::Double(double) => {
                truncated(double).filter(|int| int_with_double(*int, double) == Some(Ordering::Equal))
            }
        }
    }
}

fn int_with_uint(int: i64, uint: u64) -> Ordering {
    u64::try_from(int).map_or(Ordering::Less, |int| int.cmp(&uint))
}

fn int_with_double(int: i64, double: f64) -> Option<Ordering> {
    match truncated(double) {
        // What was cut off decides between equals.
        Some(whole) => {
            int.cmp(&whole).then_with(|| 0.0.partial_cmp(&double.fract()).unwrap_or(Ordering::Equal)).into()
        }
        None => 0.0.partial_cmp(&double),
    }
}

fn uint_with_double(uint: u64, double: f64) -> Option<Ordering> {
    match truncated_unsigned(double) {
        Some(whole) => {
            uint.cmp(&whole).then_with(|| 0.0.partial_cmp(&double.fract()).unwrap_or(Ordering::Equal)).into()
        }
        // Less than zero, or more than all of them.
        None => 0.0.partial_cmp(&double),
    }
}

/// The signed integer towards zero, if there is one.
#[expect(clippy::as_conversions, reason = "there is no other way, and the range has been looked at")]
pub(crate) fn truncated(double: f64) -> Option<i64> {
    (-INT_END..INT_END).contains(&double).then_some(double as i64)
}

/// The unsigned integer towards zero, if there is one; none is less than zero.
#[expect(clippy::as_conversions, reason = "there is no other way, and the range has been looked at")]
pub(crate) fn truncated_unsigned(double: f64) -> Option<u64> {
    (0.0..UINT_END).contains(&double).then_some(double as u64)
}

/// The nearest double.
#[expect(
    clippy::as_conversions,
    reason = "there is no other way that rounds, and every integer is in the range"
)]
pub(crate) fn nearest(int: i64) -> f64 {
    int as f64
}

/// The nearest double.
#[expect(
    clippy::as_conversions,
    reason = "there is no other way that rounds, and every integer is in the range"
)]
pub(crate) fn nearest_unsigned(uint: u64) -> f64 {
    uint as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn numbers_of_different_types_compare_exactly() {
        let (two_53, two_63) = (9_007_199_254_740_992_i64, INT_END);
        let cases = [
            (Number::Int(1), Number::Uint(1), Some(Equal)),
            (Number::Int(1), Number::Double(1.0), Some(Equal)),
            (Number::Int(-1), Number::Uint(u64::MAX), Some(Less)),
            (Number::Int(two_53 + 1), Number::Double(nearest(two_53)), Some(Greater)),
            (Number::Int(two_53), Number::Double(nearest(two_53)), Some(Equal)),
            (Number::Int(i64::MAX), Number::Double(two_63), Some(Less)),
            (Number::Int(i64::MIN), Number::Double(-two_63), Some(Equal)),
            (Number::Int(i64::MIN), Number::Double(f64::NEG_INFINITY), Some(Greater)),
            (Number::Int(0), Number::Double(-0.0), Some(Equal)),
            (Number::Int(0), Number::Double(-0.5), Some(Greater)),
            (Number::Int(-1), Number::Double(-1.5), Some(Greater)),
            (Number::Int(1), Number::Double(1.5), Some(Less)),
            (Number::Uint(0), Number::Double(-0.5), Some(Greater)),
            (Number::Uint(u64::MAX), Number::Double(UINT_END), Some(Less)),
            (Number::Uint(u64::MAX), Number::Double(f64::INFINITY), Some(Less)),
            (Number::Int(1), Number::Double(f64::NAN), None),
            (Number::Double(f64::NAN), Number::Double(f64::NAN), None),
        ];
        for (left, right, expected) in cases {
            assert_eq!(left.compare(right), expected, "{left:?} with {right:?}");
            assert_eq!(right.compare(left), expected.map(Ordering::reverse), "{right:?} with {left:?}");
        }
    }

    #[test]
    fn a_double_is_a_place_only_if_it_is_whole() {
        assert_eq!(Number::Double(3.0).to_whole(), Some(3));
        assert_eq!(Number::Double(3.1).to_whole(), None);
        assert_eq!(Number::Double(INT_END).to_whole(), None);
        assert_eq!(Number::Uint(u64::MAX).to_whole(), None);
        assert_eq!((truncated(f64::NAN), truncated_unsigned(-0.5)), (None, None));
    }
}
