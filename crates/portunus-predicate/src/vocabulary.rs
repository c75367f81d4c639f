//! Which names a predicate may use, what is known of them, and when.

use crate::ast::Expr;
use crate::compile::Compiler;
use crate::limits::{NAMED_MAX, PARAMETERS_MAX};
use crate::parser::parse;
use crate::{Error, Result, Span, Warning, functions, lint};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of a declared name in its vocabulary.
pub type Slot = u8;

/// A type, as far as it is known before there is a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any value.
    Any,
    /// Null.
    Null,
    /// A truth value.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// A 64-bit unsigned integer.
    Uint,
    /// A 64-bit float.
    Double,
    /// A number of any type.
    Number,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// An instant.
    Timestamp,
    /// A length of time.
    Duration,
    /// Values in order.
    List(Box<Type>),
    /// Keys and values.
    Map(Box<Type>, Box<Type>),
    /// Named values of which some are declared; `true` if there can be others.
    Object(BTreeMap<String, Type>, bool),
    /// A type.
    Type,
}

/// When the value of a name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Once for a transaction: binding puts it into the predicate.
    Bound,
    /// For each decision anew.
    Decided,
    /// Not here: the name is one of the language, and a predicate of this kind that uses it is told so.
    Never,
}

/// A name that a predicate may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The name; one with dots is taken for the longest chain of fields that it matches.
    pub name: String,
    /// What is known of its values.
    pub r#type: Type,
    /// When its value is known.
    pub known: Known,
    /// Whether it is a document, to which `id()`, `version()` and `collection()` apply.
    pub is_entity: bool,
    /// Whether a null in it counts as missing, as it does in claims.
    pub null_is_missing: bool,
}

/// The names that a predicate may use, and the predicates that it may call by name.
///
/// `now` is no declaration: it is there if [`Vocabulary::with_now`] says so, and is known when a predicate is bound.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) has_now: bool,
    pub(crate) has_reads: bool,
    pub(crate) is_dynamic: bool,
    pub(crate) predicates: BTreeMap<String, Named>,
}

/// A predicate with a name: `define predicate is_owner(doc)` with a body over its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) parameters: Vec<String>,
    pub(crate) source: Arc<str>,
    pub(crate) body: Arc<Expr>,
}

impl Declaration {
    /// A name that stands for a document.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Type};
    /// assert!(Declaration::entity("doc", Type::Any, Known::Decided).is_entity);
    /// ```
    #[must_use]
    pub fn entity(name: &str, r#type: Type, known: Known) -> Self {
        Self { name: name.to_owned(), r#type, known, is_entity: true, null_is_missing: false }
    }

    /// A name that stands for a value.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Type};
    /// assert!(!Declaration::value("args", Type::Any, Known::Bound).is_entity);
    /// ```
    #[must_use]
    pub fn value(name: &str, r#type: Type, known: Known) -> Self {
        Self { name: name.to_owned(), r#type, known, is_entity: false, null_is_missing: false }
    }
}

impl Vocabulary {
    /// No names at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more name. Its slot is the number of those before it.
    #[must_use]
    pub fn declare(mut self, declaration: Declaration) -> Self {
        self.declarations.push(declaration);
        self
    }

    /// With `now`.
    #[must_use]
    pub fn with_now(mut self) -> Self {
        self.has_now = true;
        self
    }

    /// With `get()`, `exists()` and `database()`.
    #[must_use]
    pub fn with_reads(mut self) -> Self {
        self.has_reads = true;
        self
    }

    /// Without rules for types: what does not fit shows when a predicate runs, as it does in CEL that is not checked.
    #[must_use]
    pub fn without_types(mut self) -> Self {
        self.is_dynamic = true;
        self
    }

    /// One more predicate that others may call, or another one under that name. Its body may use the declared names and other named
    /// predicates, in whichever order they are defined.
    ///
    /// # Errors
    /// That the name or a parameter can be none, that there are too many, or that the body cannot be read. What the body means
    /// is checked by [`Vocabulary::check_named`], and where it is called.
    pub fn define(mut self, name: &str, parameters: &[&str], source: &str) -> Result<Self> {
        refuse_name(name, "a predicate")?;
        for (at, parameter) in parameters.iter().enumerate() {
            refuse_name(parameter, "a parameter")?;
            if parameters.iter().take(at).any(|other| other == parameter) {
                return Err(Error::at(Span::default(), format!("there are two parameters `{parameter}`")));
            }
        }
        if functions::names().any(|it| it == name) {
            return Err(Error::at(Span::default(), format!("`{name}` is a function of the language")));
        }
        if parameters.len() > PARAMETERS_MAX {
            let problem = format!("a predicate has at most {PARAMETERS_MAX} parameters");
            return Err(Error::at(Span::default(), problem));
        }
        let parameters = parameters.iter().map(|it| (*it).to_owned()).collect();
        self.predicates.insert(
            name.to_owned(),
            Named { parameters, source: source.into(), body: Arc::new(parse(source)?) },
        );
        if self.predicates.len() > NAMED_MAX {
            let problem = format!("there are more than {NAMED_MAX} predicates with a name");
            return Err(Error::at(Span::default(), problem));
        }
        Ok(self)
    }

    /// Checks a predicate with a name by itself, with parameters of which nothing is known. Gives what is allowed
    /// in it, and hardly meant.
    ///
    /// # Errors
    /// What is wrong with it and where, in its own text; or that there is none of this name.
    pub fn check_named(&self, name: &str) -> Result<Vec<Warning>> {
        match self.predicates.get(name) {
            Some(named) => Compiler::new(self).alone(named).map(|term| lint::warnings(&term.node)),
            None => Err(Error::at(Span::default(), format!("there is no predicate `{name}`"))),
        }
    }
}

/// That a predicate or a parameter cannot be called so.
fn refuse_name(name: &str, role: &str) -> Result<()> {
    let is_word =
        matches!(parse(name).map(|it| it.kind), Ok(crate::ast::ExprKind::Name(written)) if written == name);
    if is_word {
        return Ok(());
    }
    Err(Error::at(Span::default(), format!("{role} cannot be called `{name}`")))
}
