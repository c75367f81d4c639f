//! The functions of the language: their names, how they are called, and what they take and give. What they do is not here.

use crate::Type;
use crate::check::called;
use crate::ir::Function;

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `name(value)`
    Function,
    /// `value.name()`
    Method,
    /// Both ways.
    Both,
}

/// What a function takes behind its first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    Nothing,
    Text,
    /// The name or the offset of a time zone, or nothing; only with an instant.
    Zone,
}

/// A type without what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List,
    Map,
}

/// How a function is called, and what it takes and gives.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) function: Function,
    pub(crate) style: Style,
    pub(crate) second: Second,
    takes: &'static [Shape],
    gives: Shape,
}

const TEXT: &[Shape] = &[Shape::String];
const INSTANT: &[Shape] = &[Shape::Timestamp];
const TIME: &[Shape] = &[Shape::Timestamp, Shape::Duration];
const TO_BOOL: &[Shape] = &[Shape::Bool, Shape::String];
const TO_INT: &[Shape] = &[Shape::Int, Shape::Uint, Shape::Double, Shape::String, Shape::Timestamp];
const TO_NUMBER: &[Shape] = &[Shape::Int, Shape::Uint, Shape::Double, Shape::String];
const TO_BYTES: &[Shape] = &[Shape::Bytes, Shape::String];
const TO_TIMESTAMP: &[Shape] = &[Shape::Timestamp, Shape::String, Shape::Int];
const TO_DURATION: &[Shape] = &[Shape::Duration, Shape::String];
const TO_STRING: &[Shape] = &[
    Shape::String,
    Shape::Bool,
    Shape::Int,
    Shape::Uint,
    Shape::Double,
    Shape::Bytes,
    Shape::Timestamp,
    Shape::Duration,
];
const SIZED: &[Shape] = &[Shape::String, Shape::Bytes, Shape::List, Shape::Map];

static SIGNATURES: [Signature; 25] = [
    conversion("bool", Function::Bool, TO_BOOL, Shape::Bool),
    conversion("int", Function::Int, TO_INT, Shape::Int),
    conversion("uint", Function::Uint, TO_NUMBER, Shape::Uint),
    conversion("double", Function::Double, TO_NUMBER, Shape::Double),
    conversion("string", Function::String, TO_STRING, Shape::String),
    conversion("bytes", Function::Bytes, TO_BYTES, Shape::Bytes),
    conversion("timestamp", Function::Timestamp, TO_TIMESTAMP, Shape::Timestamp),
    conversion("duration", Function::Duration, TO_DURATION, Shape::Duration),
    conversion("type", Function::Type, &[Shape::Any], Shape::Any),
    conversion("dyn", Function::Dyn, &[Shape::Any], Shape::Any),
    conversion("scopes", Function::Scopes, &[Shape::Map], Shape::List),
    Signature { style: Style::Both, ..conversion("size", Function::Size, SIZED, Shape::Int) },
    search("startsWith", Function::StartsWith),
    search("endsWith", Function::EndsWith),
    search("contains", Function::Contains),
    selector("getFullYear", Function::FullYear, INSTANT),
    selector("getMonth", Function::Month, INSTANT),
    selector("getDate", Function::Date, INSTANT),
    selector("getDayOfMonth", Function::DayOfMonth, INSTANT),
    selector("getDayOfWeek", Function::DayOfWeek, INSTANT),
    selector("getDayOfYear", Function::DayOfYear, INSTANT),
    selector("getHours", Function::Hours, TIME),
    selector("getMinutes", Function::Minutes, TIME),
    selector("getSeconds", Function::Seconds, TIME),
    selector("getMilliseconds", Function::Milliseconds, TIME),
];

/// The functions that have rules of their own, and the macros.
const OTHERS: [&str; 13] = [
    "matches",
    "id",
    "version",
    "collection",
    "database",
    "get",
    "exists",
    "has",
    "all",
    "exists_one",
    "filter",
    "map",
    "now",
];

const fn conversion(
    name: &'static str,
    function: Function,
    takes: &'static [Shape],
    gives: Shape,
) -> Signature {
    Signature { name, function, style: Style::Function, second: Second::Nothing, takes, gives }
}

const fn search(name: &'static str, function: Function) -> Signature {
    Signature { name, function, style: Style::Method, second: Second::Text, takes: TEXT, gives: Shape::Bool }
}

const fn selector(name: &'static str, function: Function, takes: &'static [Shape]) -> Signature {
    Signature { name, function, style: Style::Method, second: Second::Zone, takes, gives: Shape::Int }
}

/// The function of this name.
pub(crate) fn named(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|it| it.name == name)
}

/// The signature of a function that is in a tree.
pub(crate) fn of(function: Function) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|it| it.function == function)
}

/// Every name that is taken by a function or a macro.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SIGNATURES.iter().map(|it| it.name).chain(OTHERS)
}

impl Signature {
    /// What it gives for a first argument of this type.
    pub(crate) fn judge(&self, first: &Type) -> Result<Type, String> {
        if !self.takes.iter().any(|shape| shape.covers(first)) {
            let taken: Vec<&str> = self.takes.iter().map(|it| it.name()).collect();
            let taken = taken.join(" or ");
            return Err(format!("`{}` is for {taken}, and this is {}", self.name, called(first)));
        }
        Ok(match (self.function, self.gives) {
            (Function::Type, _) => Type::Type,
            (_, gives) => gives.r#type(),
        })
    }
}

impl Shape {
    fn covers(self, r#type: &Type) -> bool {
        match r#type {
            Type::Any => true,
            Type::Null | Type::Type => self == Self::Any,
            Type::Bool => matches!(self, Self::Any | Self::Bool),
            Type::Int => matches!(self, Self::Any | Self::Int),
            Type::Uint => matches!(self, Self::Any | Self::Uint),
            Type::Double => matches!(self, Self::Any | Self::Double),
            Type::Number => matches!(self, Self::Any | Self::Int | Self::Uint | Self::Double),
            Type::String => matches!(self, Self::Any | Self::String),
            Type::Bytes => matches!(self, Self::Any | Self::Bytes),
            Type::Timestamp => matches!(self, Self::Any | Self::Timestamp),
            Type::Duration => matches!(self, Self::Any | Self::Duration),
            Type::List(_) => matches!(self, Self::Any | Self::List),
            Type::Map(..) | Type::Object(..) => matches!(self, Self::Any | Self::Map),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Any => "dyn",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::List => "list",
            Self::Map => "map",
        }
    }

    /// The type that a function gives; the only lists that one gives are of text.
    fn r#type(self) -> Type {
        match self {
            Self::Any => Type::Any,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Uint => Type::Uint,
            Self::Double => Type::Double,
            Self::String => Type::String,
            Self::Bytes => Type::Bytes,
            Self::Timestamp => Type::Timestamp,
            Self::Duration => Type::Duration,
            Self::List => Type::List(Box::new(Type::String)),
            Self::Map => Type::Map(Box::new(Type::String), Box::new(Type::Any)),
        }
    }
}
