//! A tree as text that can be read again, with no more parentheses than it needs. It knows the names of slots and nothing of values.

use crate::ast::{Arithmetic, Macro};
use crate::functions::{self, Style};
use crate::ir::{Comprehension, FieldName, Function, Meta, Node, Path, Step};
use crate::predicate::Name;
use crate::{Constant, Slot};
use std::fmt::{Display, Formatter, Result, Write};

/// A tree that is to be written.
pub(crate) struct Printed<'n> {
    pub(crate) node: &'n Node,
    pub(crate) names: &'n [Name],
}

/// How strongly the parts of an expression hold together, from the loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Sign,
    Member,
}

/// What tells one tree from another, without the names.
pub(crate) fn key(node: &Node) -> String {
    Printed { node, names: &[] }.to_string()
}

impl Display for Printed<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        self.node(to, self.node, Hold::Conditional)
    }
}

/// As a literal, or as a call that gives the value where there is no literal for it.
///
/// ```
/// use portunus_predicate::{Constant, Instant};
///
/// let values = [Constant::Uint(1), Constant::Timestamp(Instant { seconds: 0, nanos: 0 })];
/// let list = Constant::List(values.into());
/// assert_eq!(list.to_string(), r#"[1u, timestamp("1970-01-01T00:00:00Z")]"#);
/// ```
impl Display for Constant {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        constant(to, self)
    }
}

impl Printed<'_> {
    /// Writes a part where something holds at least so strongly.
    fn node(&self, to: &mut Formatter<'_>, node: &Node, least: Hold) -> Result {
        if hold(&node.step) < least {
            to.write_char('(')?;
            self.step(to, &node.step)?;
            return to.write_char(')');
        }
        self.step(to, &node.step)
    }

    fn step(&self, to: &mut Formatter<'_>, step: &Step) -> Result {
        match step {
            Step::Constant(value) => constant(to, value),
            Step::Fault(fault) => write!(to, "fault({:?})", fault.to_string()),
            Step::Path(path) => self.path(to, path, path.fields.len()),
            Step::HasPath(path) => {
                to.write_str("has(")?;
                self.path(to, path, path.fields.len().saturating_sub(1))?;
                path.fields.last().map_or(Ok(()), |last| tested(to, last))?;
                to.write_char(')')
            }
            Step::Now => to.write_str("now"),
            Step::Database => to.write_str("database()"),
            Step::Local(number) => self.variable(to, *number),
            Step::Select(of, name) => {
                self.node(to, of, Hold::Member)?;
                field(to, name)
            }
            Step::Has(of, name) => {
                to.write_str("has(")?;
                self.node(to, of, Hold::Member)?;
                tested(to, name)?;
                to.write_char(')')
            }
            Step::Index(parts) => {
                let [of, index] = &**parts;
                self.node(to, of, Hold::Member)?;
                to.write_char('[')?;
                self.node(to, index, Hold::Conditional)?;
                to.write_char(']')
            }
            Step::Not(of) => self.signed(to, '!', of),
            Step::Negate(of) => self.signed(to, '-', of),
            Step::And(parts) => self.separated(to, parts, " && ", Hold::Relation),
            Step::Or(parts) => self.separated(to, parts, " || ", Hold::And),
            Step::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.node(to, condition, Hold::Or)?;
                to.write_str(" ? ")?;
                self.node(to, then, Hold::Or)?;
                to.write_str(" : ")?;
                self.node(to, otherwise, Hold::Conditional)
            }
            Step::Compare(comparison, sides) => {
                self.sides(to, sides, comparison.sign(), Hold::Relation, Hold::Sum)
            }
            Step::In(sides) => self.sides(to, sides, "in", Hold::Relation, Hold::Sum),
            Step::Arithmetic(operator, sides) => match hold(step) {
                Hold::Sum => self.sides(to, sides, operator.sign(), Hold::Sum, Hold::Product),
                _ => self.sides(to, sides, operator.sign(), Hold::Product, Hold::Sign),
            },
            Step::List(items) => {
                to.write_char('[')?;
                self.separated(to, items, ", ", Hold::Conditional)?;
                to.write_char(']')
            }
            Step::Map(entries) => self.map(to, entries),
            Step::Comprehension(comprehension) => self.comprehension(to, comprehension),
            Step::Call(function, arguments) => self.call(to, *function, arguments),
            Step::Matches(of, pattern) => {
                self.node(to, of, Hold::Member)?;
                to.write_str(".matches(")?;
                quoted(to, pattern.as_str())?;
                to.write_char(')')
            }
            Step::Meta(meta, slot) => self.meta(to, *meta, *slot),
            Step::Get(collection, id) => self.read(to, "get", collection, id),
            Step::Exists(collection, id) => self.read(to, "exists", collection, id),
        }
    }

    fn path(&self, to: &mut Formatter<'_>, path: &Path, fields: usize) -> Result {
        if fields > 0 && self.goes_on(path.slot) {
            // Else a field could be taken for a part of a longer name.
            to.write_char('(')?;
            self.slot(to, path.slot)?;
            to.write_char(')')?;
        } else {
            self.slot(to, path.slot)?;
        }
        path.fields.iter().take(fields).try_for_each(|name| field(to, name))
    }

    fn slot(&self, to: &mut Formatter<'_>, slot: Slot) -> Result {
        match self.names.get(usize::from(slot)) {
            Some(name) => to.write_str(&name.name),
            None => write!(to, "#{slot}"),
        }
    }

    /// Whether some other name begins with that of a slot and a dot.
    fn goes_on(&self, slot: Slot) -> bool {
        let Some(name) = self.names.get(usize::from(slot)) else { return false };
        let longer =
            |other: &Name| other.name.strip_prefix(&*name.name).is_some_and(|it| it.starts_with('.'));
        self.names.iter().any(longer)
    }

    /// The variable of a comprehension. What it was called is not kept, so it is called by its number, and otherwise than what
    /// is declared.
    fn variable(&self, to: &mut Formatter<'_>, number: u8) -> Result {
        let mut name = format!("v{number}");
        while self.names.iter().any(|it| *it.name == *name) {
            name.insert(0, '_');
        }
        to.write_str(&name)
    }

    /// Of two signs in a row the language has only such that are alike, and a minus belongs to the number behind it, even if
    /// something is selected from that.
    fn signed(&self, to: &mut Formatter<'_>, sign: char, of: &Node) -> Result {
        to.write_char(sign)?;
        if sign == '-' && begins_with_number(of) {
            to.write_char('(')?;
            self.step(to, &of.step)?;
            return to.write_char(')');
        }
        let is_alike = matches!((sign, &of.step), ('!', Step::Not(_)) | ('-', Step::Negate(_)));
        self.node(to, of, if is_alike { Hold::Sign } else { Hold::Member })
    }

    fn separated(&self, to: &mut Formatter<'_>, parts: &[Node], separator: &str, least: Hold) -> Result {
        for (at, part) in parts.iter().enumerate() {
            to.write_str(if at == 0 { "" } else { separator })?;
            self.node(to, part, least)?;
        }
        Ok(())
    }

    fn sides(
        &self,
        to: &mut Formatter<'_>,
        sides: &[Node; 2],
        sign: &str,
        left: Hold,
        right: Hold,
    ) -> Result {
        let [before, behind] = sides;
        self.node(to, before, left)?;
        write!(to, " {sign} ")?;
        self.node(to, behind, right)
    }

    fn map(&self, to: &mut Formatter<'_>, entries: &[(Node, Node)]) -> Result {
        to.write_char('{')?;
        for (at, (key, value)) in entries.iter().enumerate() {
            to.write_str(if at == 0 { "" } else { ", " })?;
            self.node(to, key, Hold::Conditional)?;
            to.write_str(": ")?;
            self.node(to, value, Hold::Conditional)?;
        }
        to.write_char('}')
    }

    fn comprehension(&self, to: &mut Formatter<'_>, comprehension: &Comprehension) -> Result {
        self.node(to, &comprehension.range, Hold::Member)?;
        write!(to, ".{}(", comprehension.kind.name())?;
        self.variable(to, comprehension.local)?;
        if let (Macro::Map, Some(filter)) = (comprehension.kind, &comprehension.filter) {
            to.write_str(", ")?;
            self.node(to, filter, Hold::Conditional)?;
        }
        to.write_str(", ")?;
        self.node(to, &comprehension.body, Hold::Conditional)?;
        to.write_char(')')
    }

    fn call(&self, to: &mut Formatter<'_>, function: Function, arguments: &[Node]) -> Result {
        let Some(signature) = functions::of(function) else { return Ok(()) };
        let (receiver, arguments) = match (signature.style, arguments.split_first()) {
            (Style::Method, Some((receiver, rest))) => (Some(receiver), rest),
            (Style::Function | Style::Both, _) | (Style::Method, None) => (None, arguments),
        };
        if let Some(receiver) = receiver {
            self.node(to, receiver, Hold::Member)?;
            to.write_char('.')?;
        }
        write!(to, "{}(", signature.name)?;
        self.separated(to, arguments, ", ", Hold::Conditional)?;
        to.write_char(')')
    }

    fn meta(&self, to: &mut Formatter<'_>, meta: Meta, slot: Slot) -> Result {
        to.write_str(match meta {
            Meta::Id => "id(",
            Meta::Version => "version(",
            Meta::Collection => "collection(",
        })?;
        self.slot(to, slot)?;
        to.write_char(')')
    }

    fn read(&self, to: &mut Formatter<'_>, name: &str, collection: &str, id: &Node) -> Result {
        write!(to, "{name}(")?;
        quoted(to, collection)?;
        to.write_str(", ")?;
        self.node(to, id, Hold::Conditional)?;
        to.write_char(')')
    }
}

fn hold(step: &Step) -> Hold {
    match step {
        Step::Conditional(_) => Hold::Conditional,
        Step::Or(_) => Hold::Or,
        Step::And(_) => Hold::And,
        Step::Compare(..) | Step::In(_) => Hold::Relation,
        Step::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, _) => Hold::Sum,
        Step::Arithmetic(Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder, _) => {
            Hold::Product
        }
        Step::Not(_) | Step::Negate(_) => Hold::Sign,
        Step::Constant(Constant::Int(value)) if *value < 0 => Hold::Sign,
        Step::Constant(Constant::Double(value)) if value.is_finite() && value.is_sign_negative() => {
            Hold::Sign
        }
        Step::Constant(_)
        | Step::Fault(_)
        | Step::Path(_)
        | Step::HasPath(_)
        | Step::Now
        | Step::Database
        | Step::Local(_)
        | Step::Select(..)
        | Step::Has(..)
        | Step::Index(_)
        | Step::List(_)
        | Step::Map(_)
        | Step::Comprehension(_)
        | Step::Call(..)
        | Step::Matches(..)
        | Step::Meta(..)
        | Step::Get(..)
        | Step::Exists(..) => Hold::Member,
    }
}

/// Whether a number is what is printed first.
fn begins_with_number(node: &Node) -> bool {
    let first = match &node.step {
        Step::Constant(Constant::Int(_) | Constant::Uint(_)) => return hold(&node.step) == Hold::Member,
        Step::Constant(Constant::Double(value)) => {
            return value.is_finite() && hold(&node.step) == Hold::Member;
        }
        Step::Select(of, _) | Step::Matches(of, _) => Some(&**of),
        Step::Index(parts) => parts.first(),
        Step::Comprehension(comprehension) => Some(&comprehension.range),
        Step::Call(function, arguments) => {
            let is_method = functions::of(*function).is_some_and(|it| it.style == Style::Method);
            arguments.first().filter(|_| is_method)
        }
        _ => None,
    };
    first.is_some_and(begins_with_number)
}

/// A field behind what it is selected from.
fn field(to: &mut Formatter<'_>, name: &FieldName) -> Result {
    if is_word(&name.name) {
        return write!(to, ".{}", name.name);
    }
    to.write_char('[')?;
    quoted(to, &name.name)?;
    to.write_char(']')
}

/// A field that is tested for. There are no brackets within `has`, so that an odd name stands between backticks.
fn tested(to: &mut Formatter<'_>, name: &FieldName) -> Result {
    if is_word(&name.name) { write!(to, ".{}", name.name) } else { write!(to, ".`{}`", name.name) }
}

/// Whether a name can stand behind a dot as it is.
fn is_word(name: &str) -> bool {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|it| it.is_ascii_alphabetic() || it == '_');
    begins
        && letters.all(|it| it.is_ascii_alphanumeric() || it == '_')
        && !matches!(name, "in" | "true" | "false" | "null")
}

fn constant(to: &mut Formatter<'_>, value: &Constant) -> Result {
    match value {
        Constant::Null => to.write_str("null"),
        Constant::Bool(value) => write!(to, "{value}"),
        Constant::Int(value) => write!(to, "{value}"),
        Constant::Uint(value) => write!(to, "{value}u"),
        Constant::Double(value) if value.is_nan() => to.write_str("double(\"NaN\")"),
        Constant::Double(value) if value.is_infinite() => {
            to.write_str(if *value > 0.0 { "double(\"Infinity\")" } else { "double(\"-Infinity\")" })
        }
        Constant::Double(value) => write!(to, "{value:?}"),
        Constant::String(text) => quoted(to, text),
        Constant::Bytes(bytes) => {
            to.write_str("b\"")?;
            bytes.iter().try_for_each(|byte| match byte {
                b'"' | b'\\' => write!(to, "\\{}", char::from(*byte)),
                b' '..=b'~' => to.write_char(char::from(*byte)),
                _ => write!(to, "\\x{byte:02x}"),
            })?;
            to.write_char('"')
        }
        Constant::Timestamp(instant) => write!(to, "timestamp(\"{instant}\")"),
        Constant::Duration(span) => write!(to, "duration(\"{span}\")"),
        Constant::List(items) => {
            to.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                to.write_str(if at == 0 { "" } else { ", " })?;
                constant(to, item)?;
            }
            to.write_char(']')
        }
        Constant::Map(entries) => {
            to.write_char('{')?;
            for (at, (key, value)) in entries.iter().enumerate() {
                to.write_str(if at == 0 { "" } else { ", " })?;
                constant(to, key)?;
                to.write_str(": ")?;
                constant(to, value)?;
            }
            to.write_char('}')
        }
        Constant::Type(name) => to.write_str(name),
    }
}

fn quoted(to: &mut Formatter<'_>, text: &str) -> Result {
    to.write_char('"')?;
    text.chars().try_for_each(|letter| match letter {
        '"' | '\\' => write!(to, "\\{letter}"),
        '\n' => to.write_str("\\n"),
        '\r' => to.write_str("\\r"),
        '\t' => to.write_str("\\t"),
        letter if letter.is_control() => write!(to, "\\u{:04x}", u32::from(letter)),
        letter => to.write_char(letter),
    })?;
    to.write_char('"')
}
