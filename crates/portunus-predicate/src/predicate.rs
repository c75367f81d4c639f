//! A predicate as it is kept: its text, the tree that decides, and what that tree depends on. It knows nothing of values.

use crate::check;
use crate::compile::{Compiler, Term};
use crate::ir::Node;
use crate::parser::parse;
use crate::{Error, Known, Result, Slot, Span, Type, Vocabulary};
use std::sync::Arc;

/// A checked predicate. It may go over threads, and copies share its text but not its tree.
#[derive(Clone, Debug)]
pub struct Predicate {
    pub(crate) source: Arc<str>,
    pub(crate) node: Node,
    pub(crate) uses: Uses,
    pub(crate) warnings: Vec<Warning>,
    /// The declared names, by slot.
    pub(crate) names: Arc<[Name]>,
}

/// What a slot is called, and when its value is known.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) name: Box<str>,
    pub(crate) known: Known,
}

/// What a predicate depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The declared names, by slot, in order.
    pub slots: Vec<Slot>,
    /// `now`.
    pub now: bool,
    /// `database()`.
    pub database: bool,
    /// Whether it depends on anything that binding puts into it: a declared name that is known then, `now` or the database.
    pub bound: bool,
    /// The documents that it reads.
    pub reads: Vec<Read>,
}

/// A document that a predicate reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its collection.
    pub collection: Arc<str>,
    /// Whether its id is known for each decision only, and not when binding.
    pub decided: bool,
}

/// Something in a text that is allowed, and hardly meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub span: Span,
    /// What, in lower case, without the place.
    pub problem: String,
}

impl Predicate {
    /// Parses and checks a predicate: its result is a truth value, or of a type that is not known.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn new(source: &str, vocabulary: &Vocabulary) -> Result<Self> {
        Self::compiled(source, vocabulary, |r#type| check::truth(r#type, "a predicate").map(|_| ()))
    }

    /// Parses and checks an expression of any type.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn expression(source: &str, vocabulary: &Vocabulary) -> Result<Self> {
        Self::compiled(source, vocabulary, |_| Ok(()))
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it depends on.
    #[must_use]
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// What is allowed in it, and hardly meant.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn compiled(
        source: &str,
        vocabulary: &Vocabulary,
        fits: impl Fn(&Type) -> std::result::Result<(), String>,
    ) -> Result<Self> {
        let expr = parse(source)?;
        let mut compiler = Compiler::new(vocabulary);
        let Term { node, r#type, .. } = compiler.compile(&expr)?;
        fits(&r#type).map_err(|problem| Error::at(expr.span, problem))?;
        let names = vocabulary.declarations.iter();
        let names = names.map(|it| Name { name: it.name.as_str().into(), known: it.known }).collect();
        let uses = Uses { reads: compiler.into_reads(), ..Uses::default() };
        Ok(Self { source: source.into(), node, uses, warnings: Vec::new(), names })
    }
}
