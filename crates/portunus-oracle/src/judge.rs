//! What a rule says of a scene: true, false, or nothing, which is a fault. It knows nothing of roles. It is written down from
//! `rules.md` ("three answers"), and from the design of the language where that is silent.

use crate::rule::{Comparison, Expr, Var};
use crate::value::{Value, compare, is_equal, rank};
use crate::world::{Collection, Document, Flaw};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a rule says nothing: it does not matter why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// What a rule can see.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    pub doc: Option<&'s Document>,
    pub old: Option<&'s Document>,
    pub new: Option<&'s Document>,
    pub identity: Option<&'s Document>,
    pub args: Option<&'s Value>,
    /// What `get` and `exists` read: the database where the rule works.
    pub collections: &'s BTreeMap<String, Collection>,
    pub flaw: Option<Flaw>,
}

type Said<'s> = Result<Cow<'s, Value>, Fault>;

impl<'s> Scene<'s> {
    /// What a condition says; one that is no truth value says nothing.
    pub fn says(&self, rule: &Expr) -> Option<bool> {
        self.truth(rule, None).ok()
    }

    fn document(&self, var: Var) -> Result<&'s Document, Fault> {
        match var {
            Var::Doc => self.doc,
            Var::Old => self.old,
            Var::New => self.new,
            Var::Identity => self.identity,
            Var::Args | Var::Each => None,
        }
        .ok_or(Fault)
    }

    fn truth(&self, rule: &Expr, each: Option<&Value>) -> Result<bool, Fault> {
        let is = |rule| self.truth(rule, each);
        let value = |rule| self.value(rule, each);
        match rule {
            Expr::Not(part) => is(part).map(|it| !it),
            // False wins over a fault, whichever side it is on,
            Expr::And(one, other) => absorbing(false, [is(one), is(other)].into_iter()),
            // and so does true here.
            Expr::Or(one, other) if self.flaw == Some(Flaw::FaultWinsInOr) => Ok(is(one)? || is(other)?),
            Expr::Or(one, other) => absorbing(true, [is(one), is(other)].into_iter()),
            // `exists` is a long `||`, `all` a long `&&`.
            Expr::Any(list, part) => {
                let elements = elements(value(list)?)?;
                absorbing(true, elements.iter().map(|element| self.truth(part, Some(element))))
            }
            Expr::All(list, part) => {
                let elements = elements(value(list)?)?;
                absorbing(false, elements.iter().map(|element| self.truth(part, Some(element))))
            }
            Expr::If(condition, one, other) => is(if is(condition)? { one } else { other }),
            Expr::Compare(comparison, one, other) => compares(*comparison, &*value(one)?, &*value(other)?),
            // In a list an equal element, in an object a name; nothing is in anything else.
            Expr::In(one, other) => match (&*value(one)?, &*value(other)?) {
                (one, Value::List(elements)) => Ok(elements.iter().any(|element| is_equal(one, element))),
                (one, Value::Map(members)) => {
                    Ok(matches!(one, Value::Text(name) if members.contains_key(name)))
                }
                _ => Err(Fault),
            },
            Expr::StartsWith(text, start) => match (&*value(text)?, &*value(start)?) {
                (Value::Text(text), Value::Text(start)) => Ok(text.starts_with(start.as_str())),
                _ => Err(Fault),
            },
            // `has` asks whether a field is there, of something that can have fields.
            Expr::Has(of, name) => match &*value(of)? {
                Value::Map(members) => Ok(members.contains_key(name)),
                _ => Err(Fault),
            },
            Expr::Exists(collection, id) => match &*value(id)? {
                Value::Text(id) => Ok(self.read(collection, id).is_some()),
                _ => Err(Fault),
            },
            _ => match &*value(rule)? {
                Value::Bool(it) => Ok(*it),
                _ => Err(Fault),
            },
        }
    }

    fn value<'v>(&self, rule: &'v Expr, each: Option<&'v Value>) -> Said<'v>
    where
        's: 'v,
    {
        match rule {
            Expr::Const(value) => Ok(Cow::Borrowed(value)),
            Expr::Var(Var::Each) => each.map(Cow::Borrowed).ok_or(Fault),
            Expr::Var(Var::Args) => self.args.map(Cow::Borrowed).ok_or(Fault),
            Expr::Var(var) => Ok(Cow::Borrowed(&self.document(*var)?.value)),
            Expr::Id(var) => Ok(Cow::Owned(Value::Text(self.document(*var)?.id.clone()))),
            // A missing field is a fault, never null: else two missing fields would be equal.
            Expr::Field(of, name) => match self.value(of, each)? {
                Cow::Borrowed(of) => match of.field(name) {
                    None if self.flaw == Some(Flaw::MissingIsNull) => Ok(Cow::Owned(Value::Null)),
                    found => found.map(Cow::Borrowed).ok_or(Fault),
                },
                Cow::Owned(of) => of.field(name).cloned().map(Cow::Owned).ok_or(Fault),
            },
            Expr::Size(of) => {
                let size = match &*self.value(of, each)? {
                    Value::Text(text) => text.chars().count(),
                    Value::List(elements) => elements.len(),
                    Value::Map(members) => members.len(),
                    _ => return Err(Fault),
                };
                Ok(Cow::Owned(Value::Int(size as i64)))
            }
            // No type turns into another, and what does not fit is a fault.
            Expr::Add(one, other) => match (&*self.value(one, each)?, &*self.value(other, each)?) {
                (Value::Int(one), Value::Int(other)) => one.checked_add(*other).map(Value::Int),
                (Value::Text(one), Value::Text(other)) => Some(Value::Text(format!("{one}{other}"))),
                _ => None,
            }
            .map(Cow::Owned)
            .ok_or(Fault),
            Expr::Get(collection, id) => match &*self.value(id, each)? {
                Value::Text(id) => {
                    self.read(collection, id).map(|it| Cow::Owned(it.value.clone())).ok_or(Fault)
                }
                _ => Err(Fault),
            },
            _ => self.truth(rule, each).map(|it| Cow::Owned(Value::Bool(it))),
        }
    }

    fn read(&self, collection: &str, id: &str) -> Option<&'s Document> {
        self.collections.get(collection)?.documents.get(id)
    }
}

/// Of several parts one that is `strong` decides, whatever the others are; else a fault is one; else it is the other.
fn absorbing(strong: bool, parts: impl Iterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    let mut whole = Ok(!strong);
    for part in parts {
        match part {
            Ok(it) if it == strong => return Ok(strong),
            Ok(_) => {}
            Err(Fault) => whole = Err(Fault),
        }
    }
    whole
}

/// What a list has, or the names of what has members.
fn elements(value: Cow<'_, Value>) -> Result<Vec<Value>, Fault> {
    match value.into_owned() {
        Value::List(elements) => Ok(elements),
        Value::Map(members) => Ok(members.into_keys().map(Value::Text).collect()),
        _ => Err(Fault),
    }
}

/// Things of different types are unequal; which of them is less cannot be told, nor of what has no order.
fn compares(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Fault> {
    match comparison {
        Comparison::Equal => return Ok(is_equal(left, right)),
        Comparison::Unequal => return Ok(!is_equal(left, right)),
        _ if rank(left) != rank(right) || *left == Value::Null || !left.is_plain() => return Err(Fault),
        _ => {}
    }
    let order = compare(left, right);
    Ok(match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}
