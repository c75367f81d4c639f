//! The values that an evaluation works with: borrowed from whoever lent them, from the predicate or from the scratch. It knows no
//! operation but looking.

use crate::limits::VALUE_DEPTH_MAX;
use crate::number::Number;
use crate::{Constant, Fault, Instant, ListView, MapView, Seen, TimeSpan, View};
use std::cmp::Ordering;
use std::convert::Infallible;
use std::sync::Arc;

/// A value. `'s` is how long the predicate and the scratch are there, `'a` what is lent.
#[derive(Clone, Copy)]
pub(crate) enum Val<'s, 'a, V: View<'a>> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(&'s str),
    Bytes(&'s [u8]),
    Timestamp(Instant),
    Duration(TimeSpan),
    Type(&'static str),
    List(List<'s, 'a, V>),
    Map(Map<'s, 'a, V>),
}

/// Values in order, wherever they lie.
#[derive(Clone, Copy)]
pub(crate) enum List<'s, 'a, V: View<'a>> {
    Lent(V::List),
    Constant(&'s [Constant]),
    Made(&'s [Val<'s, 'a, V>]),
}

/// Keys and values, wherever they lie.
#[derive(Clone, Copy)]
pub(crate) enum Map<'s, 'a, V: View<'a>> {
    Lent(V::Map),
    Constant(&'s [(Constant, Constant)]),
    Made(&'s [(Val<'s, 'a, V>, Val<'s, 'a, V>)]),
}

impl<'s, 'a: 's, V: View<'a>> Val<'s, 'a, V> {
    #[inline(always)]
    pub(crate) fn lent(value: V) -> Self {
        Self::seen(value.see())
    }

    #[inline(always)]
    pub(crate) fn seen(seen: Seen<'a, V::List, V::Map>) -> Self {
        match seen {
            Seen::Null => Self::Null,
            Seen::Bool(truth) => Self::Bool(truth),
            Seen::Int(int) => Self::Int(int),
            Seen::Double(double) => Self::Double(double),
            Seen::String(text) => Self::String(text),
            Seen::Bytes(bytes) => Self::Bytes(bytes),
            Seen::Timestamp(instant) => Self::Timestamp(instant),
            Seen::List(list) => Self::List(List::Lent(list)),
            Seen::Map(map) => Self::Map(Map::Lent(map)),
            Seen::Owned(constant) => Self::constant(constant),
        }
    }

    #[inline]
    pub(crate) fn constant(constant: &'s Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(truth) => Self::Bool(*truth),
            Constant::Int(int) => Self::Int(*int),
            Constant::Uint(uint) => Self::Uint(*uint),
            Constant::Double(double) => Self::Double(*double),
            Constant::String(text) => Self::String(text),
            Constant::Bytes(bytes) => Self::Bytes(bytes),
            Constant::Timestamp(instant) => Self::Timestamp(*instant),
            Constant::Duration(span) => Self::Duration(*span),
            Constant::List(items) => Self::List(List::Constant(items)),
            Constant::Map(entries) => Self::Map(Map::Constant(entries)),
            Constant::Type(name) => Self::Type(name),
        }
    }

    /// The number, if it is one.
    #[inline]
    pub(crate) fn number(self) -> Option<Number> {
        match self {
            Self::Int(int) => Some(Number::Int(int)),
            Self::Uint(uint) => Some(Number::Uint(uint)),
            Self::Double(double) => Some(Number::Double(double)),
            _ => None,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The name of its type in the language.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }

    /// A copy that a predicate can own, of at most so many bytes, and how many it has.
    pub(crate) fn to_constant(self, bytes_max: usize) -> Result<(Constant, usize), Fault> {
        let mut left = bytes_max;
        let copy = self.copied(&mut left, VALUE_DEPTH_MAX)?;
        Ok((copy, bytes_max - left))
    }

    fn copied(self, left: &mut usize, depth: usize) -> Result<Constant, Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::Cost)?;
        take(left, size_of::<Constant>())?;
        Ok(match self {
            Self::Null => Constant::Null,
            Self::Bool(truth) => Constant::Bool(truth),
            Self::Int(int) => Constant::Int(int),
            Self::Uint(uint) => Constant::Uint(uint),
            Self::Double(double) => Constant::Double(double),
            Self::String(text) => {
                take(left, text.len())?;
                Constant::String(text.into())
            }
            Self::Bytes(bytes) => {
                take(left, bytes.len())?;
                Constant::Bytes(bytes.into())
            }
            Self::Timestamp(instant) => Constant::Timestamp(instant),
            Self::Duration(span) => Constant::Duration(span),
            Self::Type(name) => Constant::Type(name),
            Self::List(list) => {
                let items = list.iter().map(|item| item.copied(left, depth));
                Constant::List(items.collect::<Result<Arc<[_]>, _>>()?)
            }
            Self::Map(map) => {
                let entries =
                    map.iter().map(|(key, value)| Ok((key.copied(left, depth)?, value.copied(left, depth)?)));
                Constant::Map(entries.collect::<Result<Arc<[_]>, _>>()?)
            }
        })
    }
}

fn take(left: &mut usize, bytes: usize) -> Result<(), Fault> {
    *left = left.checked_sub(bytes).ok_or(Fault::Cost)?;
    Ok(())
}

impl<'s, 'a: 's, V: View<'a>> List<'s, 'a, V> {
    #[inline]
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Lent(list) => list.len(),
            Self::Constant(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    #[inline(always)]
    pub(crate) fn at(self, index: usize) -> Option<Val<'s, 'a, V>> {
        match self {
            Self::Lent(list) => list.at(index).map(Val::lent),
            Self::Constant(items) => items.get(index).map(Val::constant),
            Self::Made(items) => items.get(index).copied(),
        }
    }

    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = Val<'s, 'a, V>> {
        (0..self.len()).map_while(move |index| self.at(index))
    }
}

impl<'s, 'a: 's, V: View<'a>> Map<'s, 'a, V> {
    #[inline]
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Lent(map) => map.len(),
            Self::Constant(entries) => entries.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// How many keys are looked at to find one, beyond what a binary search looks at.
    pub(crate) fn searched(self) -> usize {
        if let Self::Lent(_) = self { 0 } else { self.len() }
    }

    #[inline]
    pub(crate) fn at(self, index: usize) -> Option<(Val<'s, 'a, V>, Val<'s, 'a, V>)> {
        match self {
            Self::Lent(map) => map.at(index).map(|(name, value)| (Val::String(name), Val::lent(value))),
            Self::Constant(entries) => {
                entries.get(index).map(|(key, value)| (Val::constant(key), Val::constant(value)))
            }
            Self::Made(entries) => entries.get(index).copied(),
        }
    }

    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = (Val<'s, 'a, V>, Val<'s, 'a, V>)> {
        (0..self.len()).map_while(move |index| self.at(index))
    }

    /// The value of a name.
    pub(crate) fn named(self, name: &str) -> Option<Val<'s, 'a, V>> {
        match self {
            Self::Lent(map) => map.find(name).map(Val::lent),
            Self::Constant(entries) => named(entries, name).map(Val::constant),
            Self::Made(entries) => {
                entries.iter().find(|(key, _)| matches!(key, Val::String(key) if *key == name)).map(|it| it.1)
            }
        }
    }

    /// The value of a key: numbers of different types are one key.
    pub(crate) fn get(self, key: Val<'s, 'a, V>) -> Option<Val<'s, 'a, V>> {
        match (self, key) {
            (_, Val::String(name)) => self.named(name),
            (Self::Lent(_), _) => None,
            _ => self.iter().find(|(other, _)| same_key(*other, key)).map(|(_, value)| value),
        }
    }
}

/// The value of a name in a map that a predicate owns.
#[inline]
pub(crate) fn named<'s>(entries: &'s [(Constant, Constant)], name: &str) -> Option<&'s Constant> {
    let entry = entries.iter().find(|(key, _)| matches!(key, Constant::String(key) if **key == *name));
    entry.map(|(_, value)| value)
}

/// Whether these are one key.
pub(crate) fn same_key<'s, 'a: 's, V: View<'a>>(left: Val<'s, 'a, V>, right: Val<'s, 'a, V>) -> bool {
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => left == right,
        (Val::String(left), Val::String(right)) => left == right,
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

/// Constants are lent as they are, to tests and tools: no list and no map of theirs needs to be looked through.
impl<'a> View<'a> for &'a Constant {
    type List = Infallible;
    type Map = Infallible;

    fn see(self) -> Seen<'a, Infallible, Infallible> {
        Seen::Owned(self)
    }
}

impl<'a> ListView<'a> for Infallible {
    type Item = &'a Constant;

    fn len(self) -> usize {
        match self {}
    }

    fn at(self, _: usize) -> Option<&'a Constant> {
        match self {}
    }
}

impl<'a> MapView<'a> for Infallible {
    type Item = &'a Constant;

    fn len(self) -> usize {
        match self {}
    }

    fn find(self, _: &str) -> Option<&'a Constant> {
        match self {}
    }

    fn at(self, _: usize) -> Option<(&'a str, &'a Constant)> {
        match self {}
    }
}
