//! Rules as trees, and the text that the engine is given of each. It knows nothing of what they mean.

use crate::Value;

/// What a rule can speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Var {
    Doc,
    Old,
    New,
    Identity,
    Args,
    /// The element that `exists` and `all` go over.
    Each,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Const(Value),
    Var(Var),
    Field(Box<Expr>, String),
    Has(Box<Expr>, String),
    /// The id of a document, which no field can shadow.
    Id(Var),
    Size(Box<Expr>),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    StartsWith(Box<Expr>, Box<Expr>),
    /// Whether something is true of some element of a list.
    Any(Box<Expr>, Box<Expr>),
    /// Whether something is true of every element of a list.
    All(Box<Expr>, Box<Expr>),
    /// A document of a collection, read with the rights of the engine.
    Get(String, Box<Expr>),
    Exists(String, Box<Expr>),
}

impl Var {
    fn name(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Old => "old",
            Self::New => "new",
            Self::Identity => "identity",
            Self::Args => "args",
            Self::Each => "each",
        }
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Expr {
    pub fn field(var: Var, name: &str) -> Self {
        Self::Field(Box::new(Self::Var(var)), name.to_owned())
    }

    pub fn compare(comparison: Comparison, left: Self, right: Self) -> Self {
        Self::Compare(comparison, Box::new(left), Box::new(right))
    }

    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    pub fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    /// In the language of rules, with brackets around every part: no knowledge of what binds tighter is needed.
    pub fn source(&self) -> String {
        match self {
            Self::Const(value) => format!("({})", value.literal()),
            Self::Var(var) => var.name().into(),
            Self::Field(of, name) => format!("{}.{name}", of.source()),
            Self::Has(of, name) => format!("has({}.{name})", of.source()),
            Self::Id(var) => format!("id({})", var.name()),
            Self::Size(of) => format!("size({})", of.source()),
            Self::Not(part) => format!("!({})", part.source()),
            Self::And(one, other) => format!("({} && {})", one.source(), other.source()),
            Self::Or(one, other) => format!("({} || {})", one.source(), other.source()),
            Self::If(condition, one, other) => {
                format!("({} ? {} : {})", condition.source(), one.source(), other.source())
            }
            Self::Compare(comparison, one, other) => {
                format!("({} {} {})", one.source(), comparison.sign(), other.source())
            }
            Self::Add(one, other) => format!("({} + {})", one.source(), other.source()),
            Self::In(one, other) => format!("({} in {})", one.source(), other.source()),
            Self::StartsWith(text, start) => format!("{}.startsWith({})", text.source(), start.source()),
            Self::Any(list, part) => format!("{}.exists(each, {})", list.source(), part.source()),
            Self::All(list, part) => format!("{}.all(each, {})", list.source(), part.source()),
            Self::Get(collection, id) => format!("get({collection:?}, {})", id.source()),
            Self::Exists(collection, id) => format!("exists({collection:?}, {})", id.source()),
        }
    }
}
