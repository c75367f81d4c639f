//! Values as the oracle knows them, and how they are lent to predicates.

use super::quirk::{Quirk, meet};
use portunus_predicate::{Constant, Instant, ListView, MapView, Seen, TimeSpan, View};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub enum Thing {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Seconds and nanoseconds.
    Instant(i64, u32),
    Span(i64, u32),
    List(Vec<Thing>),
    /// Documents have names only, in their order.
    Map(Vec<(Thing, Thing)>),
}

impl Thing {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The field of an object.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| matches!(key, Self::Text(key) if key == name)).map(|(_, value)| value)
    }

    /// Without the keys whose values are null, at any depth.
    pub fn without_nulls(&self) -> Self {
        match self {
            Self::List(items) => Self::List(items.iter().map(Self::without_nulls).collect()),
            Self::Map(entries) => {
                let stated = entries.iter().filter(|(_, value)| !matches!(value, Self::Null));
                Self::Map(stated.map(|(key, value)| (key.clone(), value.without_nulls())).collect())
            }
            other => other.clone(),
        }
    }

    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
            }
            (Self::Map(left), Self::Map(right)) => {
                let has = |key: &Self, value: &Self| {
                    right.iter().any(|(other, there)| other.equals(key) && there.equals(value))
                };
                left.len() == right.len() && left.iter().all(|(key, value)| has(key, value))
            }
            (Self::Null, Self::Null) => true,
            (Self::Span(..), Self::Span(..)) => self.order(other) == Some(Some(Ordering::Equal)),
            _ => self.order(other) == Some(Some(Ordering::Equal)),
        }
    }

    /// Outside: whether there is an order between such values; inside: whether there is one between these.
    pub fn order(&self, other: &Self) -> Option<Option<Ordering>> {
        Some(match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some(left.chars().cmp(right.chars())),
            (Self::Bytes(left), Self::Bytes(right)) => Some(left.cmp(right)),
            (Self::Instant(left, nanos), Self::Instant(right, others))
            | (Self::Span(left, nanos), Self::Span(right, others)) => {
                Some((left, nanos).cmp(&(right, others)))
            }
            _ => {
                let ((left, rest), (right, other_rest)) = (self.on_line()?, other.on_line()?);
                if matches!(self, Self::Double(_)) != matches!(other, Self::Double(_))
                    && left.unsigned_abs().max(right.unsigned_abs()) > 1 << 53
                {
                    meet(Quirk::RoundedInteger);
                }
                if rest.is_nan() || other_rest.is_nan() {
                    None
                } else {
                    left.cmp(&right).then(rest.partial_cmp(&other_rest).unwrap()).into()
                }
            }
        })
    }

    /// A number as its floor and what it is above that.
    fn on_line(&self) -> Option<(i128, f64)> {
        Some(match self {
            Self::Int(int) => ((*int).into(), 0.0),
            Self::Uint(uint) => ((*uint).into(), 0.0),
            Self::Double(double) if double.is_nan() => (0, f64::NAN),
            // Beyond all integers, floats have the line for themselves.
            Self::Double(double) if double.abs() > 1e30 => {
                (if *double > 0.0 { i128::MAX } else { i128::MIN }, *double)
            }
            Self::Double(double) => (double.floor() as i128, double - double.floor()),
            _ => return None,
        })
    }

    pub fn to_constant(&self) -> Constant {
        match self {
            Self::Null => Constant::Null,
            Self::Bool(truth) => Constant::Bool(*truth),
            Self::Int(int) => Constant::Int(*int),
            Self::Uint(uint) => Constant::Uint(*uint),
            Self::Double(double) => Constant::Double(*double),
            Self::Text(text) => Constant::String(text.as_str().into()),
            Self::Bytes(bytes) => Constant::Bytes(bytes.as_slice().into()),
            Self::Instant(seconds, nanos) => {
                Constant::Timestamp(Instant { seconds: *seconds, nanos: *nanos })
            }
            Self::Span(seconds, nanos) => Constant::Duration(TimeSpan { seconds: *seconds, nanos: *nanos }),
            Self::List(items) => Constant::List(items.iter().map(Self::to_constant).collect()),
            Self::Map(entries) => Constant::Map(
                entries.iter().map(|(key, value)| (key.to_constant(), value.to_constant())).collect(),
            ),
        }
    }

    pub fn of(constant: &Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(truth) => Self::Bool(*truth),
            Constant::Int(int) => Self::Int(*int),
            Constant::Uint(uint) => Self::Uint(*uint),
            Constant::Double(double) => Self::Double(*double),
            Constant::String(text) => Self::text(text),
            Constant::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Constant::Timestamp(instant) => Self::Instant(instant.seconds, instant.nanos),
            Constant::Duration(span) => Self::Span(span.seconds, span.nanos),
            Constant::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Constant::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (Self::of(key), Self::of(value))).collect())
            }
            Constant::Type(name) => panic!("no type {name} is made here"),
        }
    }

    /// Whether they are the same, types and all; what is not a number is the same as itself.
    pub fn is_same(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

/// A stored value that is lent.
#[derive(Clone, Copy)]
pub struct Lent<'a>(pub &'a Thing);

#[derive(Clone, Copy)]
pub struct LentList<'a>(&'a [Thing]);

#[derive(Clone, Copy)]
pub struct LentMap<'a>(&'a [(Thing, Thing)]);

impl<'a> View<'a> for Lent<'a> {
    type List = LentList<'a>;
    type Map = LentMap<'a>;

    fn see(self) -> Seen<'a, LentList<'a>, LentMap<'a>> {
        match self.0 {
            Thing::Null => Seen::Null,
            Thing::Bool(truth) => Seen::Bool(*truth),
            Thing::Int(int) => Seen::Int(*int),
            Thing::Double(double) => Seen::Double(*double),
            Thing::Text(text) => Seen::String(text),
            Thing::Bytes(bytes) => Seen::Bytes(bytes),
            Thing::Instant(seconds, nanos) => Seen::Timestamp(Instant { seconds: *seconds, nanos: *nanos }),
            Thing::List(items) => Seen::List(LentList(items)),
            Thing::Map(entries) => Seen::Map(LentMap(entries)),
            Thing::Uint(_) | Thing::Span(..) => panic!("{:?} is never stored", self.0),
        }
    }
}

impl<'a> ListView<'a> for LentList<'a> {
    type Item = Lent<'a>;

    fn len(self) -> usize {
        self.0.len()
    }

    fn at(self, index: usize) -> Option<Lent<'a>> {
        self.0.get(index).map(Lent)
    }
}

impl<'a> MapView<'a> for LentMap<'a> {
    type Item = Lent<'a>;

    fn len(self) -> usize {
        self.0.len()
    }

    fn find(self, name: &str) -> Option<Lent<'a>> {
        (0..self.0.len())
            .filter_map(|index| self.at(index))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    fn at(self, index: usize) -> Option<(&'a str, Lent<'a>)> {
        match self.0.get(index)? {
            (Thing::Text(name), value) => Some((name, Lent(value))),
            other => panic!("{other:?} is no field"),
        }
    }
}
