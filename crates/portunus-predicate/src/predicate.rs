//! A predicate as it is kept: its text, the tree that decides, and what that tree depends on. It knows nothing of values.

use crate::check;
use crate::compile::{Compiler, Term};
use crate::ir::Node;
use crate::parser::parse;
use crate::print::Printed;
use crate::{Error, Known, Result, Slot, Type, Vocabulary};
use crate::{FieldPath, Uses, Warning, lint, uses};
use std::sync::Arc;

/// A checked predicate. It may go over threads, and copying it is cheap.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let vocabulary = Vocabulary::new()
///     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
///     .declare(Declaration::entity("identity", Type::Any, Known::Bound));
/// let predicate = Predicate::new("doc.owner == id(identity)", &vocabulary)?;
/// assert_eq!(predicate.source(), "doc.owner == id(identity)");
/// assert_eq!(predicate.warnings(), []);
///
/// let error = Predicate::new("doc.owner == id(identiy)", &vocabulary).unwrap_err();
/// assert_eq!(error.problem, "there is no name `identiy`; did you mean `identity`?");
/// assert_eq!(error.span.of("doc.owner == id(identiy)"), "identiy");
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Predicate {
    source: Arc<str>,
    pub(crate) node: Arc<Node>,
    uses: Arc<Uses>,
    warnings: Arc<[Warning]>,
    /// The declared names, by slot.
    pub(crate) names: Arc<[Name]>,
}

/// What a slot is called, and when its value is known.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) name: Box<str>,
    pub(crate) known: Known,
}

impl Predicate {
    /// Parses and checks a predicate: its result is a truth value, or of a type that is not known.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// assert!(Predicate::new("1 + 1 == 2", &Vocabulary::new()).is_ok());
    /// assert!(Predicate::new("1 + 1", &Vocabulary::new()).is_err());
    /// ```
    pub fn new(source: &str, vocabulary: &Vocabulary) -> Result<Self> {
        Self::compiled(source, vocabulary, |r#type| check::truth(r#type, "a predicate").map(|_| ()))
    }

    /// Parses and checks an expression of any type.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// assert!(Predicate::expression("1 + 1", &Vocabulary::new()).is_ok());
    /// assert!(Predicate::expression("1 + 'a'", &Vocabulary::new()).is_err());
    /// ```
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

    /// The fields that it selects from a declared name, by its slot, in the order in which they are written.
    #[must_use]
    pub fn paths(&self, slot: Slot) -> Vec<FieldPath> {
        uses::paths(&self.node, slot)
    }

    /// The fields that are the same in two declared names wherever the predicate is true, or wherever it is false, as far as it
    /// says so plainly.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
    ///
    /// let vocabulary = Vocabulary::new()
    ///     .declare(Declaration::entity("old", Type::Any, Known::Decided))
    ///     .declare(Declaration::entity("new", Type::Any, Known::Decided));
    /// let predicate = Predicate::new("old.open && new.owner == old.owner", &vocabulary)?;
    /// assert_eq!(predicate.kept((0, 1), true)[0].fields, ["owner"]);
    /// assert!(predicate.kept((0, 1), false).is_empty());
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    #[must_use]
    pub fn kept(&self, slots: (Slot, Slot), wherever: bool) -> Vec<FieldPath> {
        uses::kept(&self.node, slots, wherever)
    }

    /// What it says, written in one way only: without comments and needless parentheses, with predicates that it calls by name put
    /// in, and variables called by their place. Predicates of one vocabulary that have it in common decide alike.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
    ///
    /// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", Type::Any, Known::Decided));
    /// let predicate = Predicate::new("( (doc.tags.exists(tag,tag=='a')) ) && doc['open']", &vocabulary)?;
    /// assert_eq!(predicate.canonical(), r#"doc.tags.exists(v0, v0 == "a") && doc.open"#);
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    #[must_use]
    pub fn canonical(&self) -> String {
        Printed { node: &self.node, names: &self.names }.to_string()
    }

    fn compiled(
        source: &str,
        vocabulary: &Vocabulary,
        fits: impl Fn(&Type) -> std::result::Result<(), String>,
    ) -> Result<Self> {
        let expr = parse(source)?;
        let mut compiler = Compiler::new(vocabulary);
        let Term { node, r#type, .. } = compiler.compile(source, &expr)?;
        fits(&r#type).map_err(|problem| Error::at(expr.span, problem))?;
        let names = vocabulary.declarations.iter();
        let names: Arc<[Name]> =
            names.map(|it| Name { name: it.name.as_str().into(), known: it.known }).collect();
        let uses = Arc::new(Uses::of(&node, &names, compiler.into_reads()));
        let warnings = lint::warnings(&node).into();
        Ok(Self { source: source.into(), node: Arc::new(node), uses, warnings, names })
    }
}
