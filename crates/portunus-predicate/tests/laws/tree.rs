//! Expressions as they are made here, and their text.

use super::thing::Thing;
use std::fmt::{self, Display, Formatter};

#[derive(Clone, Debug)]
pub enum Tree {
    Literal(Thing),
    /// `doc`, `old`, `identity`, `claims`, `now`, or the variable of a comprehension.
    Name(&'static str),
    Field(Box<Tree>, &'static str),
    Has(Box<Tree>, &'static str),
    Index(Box<[Tree; 2]>),
    Not(Box<Tree>),
    Negate(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    If(Box<[Tree; 3]>),
    Compare(&'static str, Box<[Tree; 2]>),
    In(Box<[Tree; 2]>),
    Arithmetic(&'static str, Box<[Tree; 2]>),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    /// Its name, range, variable, filter and body.
    Macro(&'static str, Box<Tree>, &'static str, Option<Box<Tree>>, Box<Tree>),
    Size(Box<Tree>),
    /// `startsWith`, `endsWith` or `contains`.
    Text(&'static str, Box<[Tree; 2]>),
    /// `id` or `collection`, of a name.
    Meta(&'static str, &'static str),
    /// `get` or `exists`, and the collection.
    Read(&'static str, &'static str, Box<Tree>),
}

impl Tree {
    pub fn field(self, name: &'static str) -> Self {
        Self::Field(Box::new(self), name)
    }

    pub fn compare(sign: &'static str, left: Self, right: Self) -> Self {
        Self::Compare(sign, Box::new([left, right]))
    }
}

impl Display for Tree {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(thing) => literal(to, thing),
            Self::Name(name) => to.write_str(name),
            Self::Field(of, name) => write!(to, "{of}.{name}"),
            Self::Has(of, name) => write!(to, "has({of}.{name})"),
            Self::Index(parts) => write!(to, "{}[{}]", parts[0], parts[1]),
            Self::Not(of) => write!(to, "(!({of}))"),
            Self::Negate(of) => write!(to, "(-({of}))"),
            Self::And(parts) => joined(to, parts, " && "),
            Self::Or(parts) => joined(to, parts, " || "),
            Self::If(parts) => write!(to, "(({}) ? ({}) : ({}))", parts[0], parts[1], parts[2]),
            Self::Compare(sign, parts) => write!(to, "({} {sign} {})", parts[0], parts[1]),
            Self::In(parts) => write!(to, "({} in {})", parts[0], parts[1]),
            Self::Arithmetic(sign, parts) => write!(to, "({} {sign} {})", parts[0], parts[1]),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(to, "[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(to, "{{{}}}", entries.join(", "))
            }
            Self::Macro(name, range, variable, filter, body) => {
                write!(to, "{range}.{name}({variable}, ")?;
                filter.as_ref().map_or(Ok(()), |filter| write!(to, "{filter}, "))?;
                write!(to, "{body})")
            }
            Self::Size(of) => write!(to, "size({of})"),
            Self::Text(name, parts) => write!(to, "{}.{name}({})", parts[0], parts[1]),
            Self::Meta(meta, name) => write!(to, "{meta}({name})"),
            Self::Read(name, collection, id) => write!(to, "{name}(\"{collection}\", {id})"),
        }
    }
}

fn joined(to: &mut Formatter<'_>, parts: &[Tree], sign: &str) -> fmt::Result {
    let parts: Vec<_> = parts.iter().map(|part| format!("({part})")).collect();
    write!(to, "({})", parts.join(sign))
}

fn literal(to: &mut Formatter<'_>, thing: &Thing) -> fmt::Result {
    match thing {
        Thing::Null => to.write_str("null"),
        Thing::Bool(truth) => write!(to, "{truth}"),
        Thing::Int(int) if *int < 0 => write!(to, "({int})"),
        Thing::Int(int) => write!(to, "{int}"),
        Thing::Uint(uint) => write!(to, "{uint}u"),
        Thing::Double(double) if double.is_nan() => to.write_str("double(\"NaN\")"),
        Thing::Double(double) if double.is_infinite() => {
            to.write_str(if *double > 0.0 { "double(\"Infinity\")" } else { "double(\"-Infinity\")" })
        }
        Thing::Double(double) => write!(to, "({double:?})"),
        Thing::Text(text) => write!(to, "{text:?}"),
        Thing::Bytes(bytes) => write!(to, "b{:?}", str::from_utf8(bytes).unwrap()),
        Thing::Instant(seconds, nanos) => {
            write!(to, "(timestamp({seconds}) + duration(\"{nanos}ns\"))")
        }
        Thing::Span(seconds, nanos) => write!(to, "duration(\"{seconds}.{nanos:09}s\")"),
        Thing::List(_) | Thing::Map(_) => panic!("{thing:?} is no literal"),
    }
}
