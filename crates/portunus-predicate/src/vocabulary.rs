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
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let note = Type::Object([("size".to_owned(), Type::Int)].into(), true);
/// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", note, Known::Decided));
/// assert!(Predicate::new("doc.size > 3 && doc.other == \"a\"", &vocabulary).is_ok());
/// let error = Predicate::new("doc.size > \"a\"", &vocabulary).unwrap_err();
/// assert_eq!(error.problem, "there is no order between int and string");
/// ```
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
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let vocabulary = Vocabulary::new().declare(Declaration::entity("old", Type::Any, Known::Never));
/// let error = Predicate::new("old.owner == \"ann\"", &vocabulary).unwrap_err();
/// assert_eq!(error.problem, "`old` is not known in a predicate of this kind");
/// ```
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
///
/// ```
/// use portunus_predicate::{Declaration, Known, Type};
/// let claims = Declaration { null_is_missing: true, ..Declaration::value("claims", Type::Any, Known::Bound) };
/// assert_eq!(claims.name, "claims");
/// ```
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
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let vocabulary = Vocabulary::new()
///     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
///     .declare(Declaration::entity("identity", Type::Any, Known::Bound))
///     .define("is_owner", &["it"], "it.owner == id(identity)")?;
/// let predicate = Predicate::new("doc.public || is_owner(doc)", &vocabulary)?;
/// assert_eq!(predicate.canonical(), "doc.public || doc.owner == id(identity)");
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
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
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// assert!(Predicate::new("true", &Vocabulary::new()).is_ok());
    /// assert!(Predicate::new("doc.open", &Vocabulary::new()).is_err());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more name. Its slot is the number of those before it; there are no slots, and so no names, beyond 256.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
    /// let doc = Declaration::entity("doc", Type::Any, Known::Decided);
    /// assert!(Predicate::new("doc.open", &Vocabulary::new().declare(doc)).is_ok());
    /// ```
    #[must_use]
    pub fn declare(mut self, declaration: Declaration) -> Self {
        self.declarations.push(declaration);
        self
    }

    /// With `now`.
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// let source = "now.getHours('Europe/Berlin') >= 8";
    /// assert!(Predicate::new(source, &Vocabulary::new().with_now()).is_ok());
    /// assert!(Predicate::new(source, &Vocabulary::new()).is_err());
    /// ```
    #[must_use]
    pub fn with_now(mut self) -> Self {
        self.has_now = true;
        self
    }

    /// With `get()`, `exists()` and `database()`.
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// let source = "exists('settings', 'open')";
    /// assert!(Predicate::new(source, &Vocabulary::new().with_reads()).is_ok());
    /// assert!(Predicate::new(source, &Vocabulary::new()).is_err());
    /// ```
    #[must_use]
    pub fn with_reads(mut self) -> Self {
        self.has_reads = true;
        self
    }

    /// Without rules for types: what does not fit shows when a predicate runs, as it does in CEL that is not checked.
    ///
    /// ```
    /// use portunus_predicate::{Predicate, Vocabulary};
    /// assert!(Predicate::new("1 == '1'", &Vocabulary::new()).is_err());
    /// assert!(Predicate::new("1 == '1'", &Vocabulary::new().without_types()).is_ok());
    /// ```
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
    ///
    /// ```
    /// use portunus_predicate::Vocabulary;
    /// assert!(Vocabulary::new().define("is_open", &["it"], "it.open").is_ok());
    /// assert!(Vocabulary::new().define("size", &["it"], "it.open").is_err());
    /// ```
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
    ///
    /// ```
    /// use portunus_predicate::Vocabulary;
    /// let vocabulary = Vocabulary::new().define("is_open", &["it"], "it.open && that.open")?;
    /// let error = vocabulary.check_named("is_open").unwrap_err();
    /// assert_eq!(error.problem, "there is no name `that`");
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    pub fn check_named(&self, name: &str) -> Result<Vec<Warning>> {
        match self.predicates.get(name) {
            Some(named) => Compiler::new(self).alone(named).map(|term| lint::warnings(&term.node)),
            None => Err(Error::at(Span::default(), format!("there is no predicate `{name}`"))),
        }
    }
}

/// That a predicate or a parameter cannot be called so.
fn refuse_name(name: &str, role: &str) -> Result<()> {
    let is_word = matches!(parse(name).map(|it| it.kind), Ok(crate::ast::ExprKind::Name { name: written, .. }) if written == name);
    if is_word {
        return Ok(());
    }
    Err(Error::at(Span::default(), format!("{role} cannot be called `{name}`")))
}
