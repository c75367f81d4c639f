//! How stored values are lent to predicates, which look at them where they lie. It knows nothing of what is decided.

use crate::{ArrayRef, ObjectRef, ValueRef};
use portunus_predicate::{Instant, ListView, MapView, Seen, View};

impl<'a> View<'a> for ValueRef<'a> {
    type List = ArrayRef<'a>;
    type Map = ObjectRef<'a>;

    #[inline(always)]
    fn see(self) -> Seen<'a, ArrayRef<'a>, ObjectRef<'a>> {
        match self {
            Self::Null => Seen::Null,
            Self::Bool(truth) => Seen::Bool(truth),
            Self::Int(int) => Seen::Int(int),
            Self::Float(float) => Seen::Double(float),
            Self::String(text) => Seen::String(text),
            Self::Bytes(bytes) => Seen::Bytes(bytes),
            Self::Timestamp(instant) => Seen::Timestamp(Instant::from_micros(instant.0)),
            Self::Array(array) => Seen::List(array),
            Self::Object(object) => Seen::Map(object),
        }
    }
}

impl<'a> ListView<'a> for ArrayRef<'a> {
    type Item = ValueRef<'a>;

    #[inline(always)]
    fn len(self) -> usize {
        Self::len(self)
    }

    #[inline(always)]
    fn at(self, index: usize) -> Option<ValueRef<'a>> {
        self.get(index)
    }
}

impl<'a> MapView<'a> for ObjectRef<'a> {
    type Item = ValueRef<'a>;

    #[inline(always)]
    fn len(self) -> usize {
        Self::len(self)
    }

    #[inline(always)]
    fn find(self, name: &str) -> Option<ValueRef<'a>> {
        self.get(name)
    }

    #[inline(always)]
    fn at(self, index: usize) -> Option<(&'a str, ValueRef<'a>)> {
        Self::at(self, index)
    }
}
