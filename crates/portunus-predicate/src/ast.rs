//! The tree that a text is parsed to: what was written, before anything is known of names and types.

use crate::{Constant, Span};

/// An expression as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
    /// Whether it stands in parentheses of its own: no name goes on behind them.
    pub(crate) is_enclosed: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    /// A literal that is no list and no map.
    Literal(Constant),
    /// A name. With a dot in front of it what is declared is meant, whatever is called so around it.
    Name {
        name: String,
        is_absolute: bool,
    },
    /// `of.field`, or with `is_test` `has(of.field)`. The second span is that of the field.
    Select {
        of: Box<Expr>,
        field: String,
        is_test: bool,
    },
    /// `of[index]`
    Index {
        of: Box<Expr>,
        index: Box<Expr>,
    },
    /// `function(arguments)`, or `on.function(arguments)`.
    Call {
        function: String,
        name_span: Span,
        on: Option<Box<Expr>>,
        arguments: Vec<Expr>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Binary, Box<[Expr; 2]>),
    /// At least two parts; chains are one.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// `condition ? then : otherwise`
    Conditional(Box<[Expr; 3]>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    /// `range.kind(variable, body)`; `map` with three arguments has a filter.
    Comprehension(Box<Comprehension>),
}

#[derive(Clone, Debug)]
pub(crate) struct Comprehension {
    pub(crate) kind: Macro,
    pub(crate) range: Expr,
    pub(crate) variable: String,
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Compare(Comparison),
    In,
    Arithmetic(Arithmetic),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Comparison {
    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Macro {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::Filter => "filter",
            Self::Map => "map",
        }
    }
}
