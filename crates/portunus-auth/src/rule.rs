//! Rules: the conditions of privileges, denials and memberships. A rule is kept as its text, and compiled from that alone.
//! It knows nothing of who holds a role, nor of stores.

mod library;

pub(crate) use library::{Library, LibraryEntry};

use crate::resource::{Action, Resource};
use crate::{Error, Result};
use portunus_predicate::{Declaration, Known, Predicate, Slot, Type, Vocabulary};
use portunus_scope::{Field, StoredCollection, Type as FieldType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version of the language in which rules are written.
pub(crate) const DIALECT: u32 = 1;

/// The places of the names in every vocabulary of rules.
pub(crate) const DOC: Slot = 0;
pub(crate) const OLD: Slot = 1;
pub(crate) const NEW: Slot = 2;
pub(crate) const IDENTITY: Slot = 3;
pub(crate) const CLAIMS: Slot = 4;
pub(crate) const ARGS: Slot = 5;

/// The text of a rule, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) dialect: u32,
    pub(crate) source: String,
}

/// What a rule is about, which decides what names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A thing that is there: `doc`.
    Standing,
    /// A thing about to be: `new`.
    Coming,
    /// A change: `old` and `new`.
    Changing,
    /// A call: `args`.
    Calling,
    /// Whether somebody is a member: `identity` alone.
    Membership,
    /// Whether a JWT has a role: `claims` alone.
    Claims,
    /// What a caller looks for: `doc` and `args`.
    Filter,
}

/// A rule that can be decided. Two are equal if they say the same.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) predicate: Arc<Predicate>,
    /// What the predicate says when all that it calls by name is put in its place.
    meaning: Arc<str>,
}

impl Rule {
    pub(crate) fn new(source: &str) -> Self {
        Self { dialect: DIALECT, source: source.to_owned() }
    }

    /// # Errors
    /// `Invalid` with the place, if the text is no rule about this subject; `Version` if it is written in a language that
    /// this program does not know.
    pub(crate) fn compile(&self, subject: Subject, library: &Library, shape: &Shape) -> Result<Clause> {
        if self.dialect != DIALECT {
            return Err(Error::Version(
                "a rule is written in a language that this program does not know".into(),
            ));
        }
        let vocabulary = library.enrich(vocabulary(subject, shape))?;
        let predicate = Predicate::new(&self.source, &vocabulary)
            .map_err(|error| Error::Rule { text: self.source.clone(), error })?;
        let meaning = predicate.canonical().into();
        Ok(Clause { predicate: Arc::new(predicate), meaning })
    }
}

impl Subject {
    /// What a rule about an action is about.
    pub(crate) fn of(action: Action) -> Self {
        match action {
            Action::Read | Action::Delete | Action::ListIds | Action::Explain => Self::Standing,
            Action::Create | Action::CreateWithId => Self::Coming,
            Action::Write => Self::Changing,
            Action::Call => Self::Calling,
        }
    }
}

impl Clause {
    /// Whether it says the same of a thing, whoever asks and whenever.
    pub(crate) fn is_about_the_thing_alone(&self) -> bool {
        let uses = self.predicate.uses();
        !uses.bound && uses.reads.is_empty()
    }

    pub(crate) fn meaning(&self) -> &str {
        &self.meaning
    }
}

impl PartialEq for Clause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.meaning, &other.meaning) || self.meaning == other.meaning
    }
}

/// What is known of the things that a rule is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// The declared fields of the things themselves.
    pub(crate) thing: Option<Type>,
}

impl Shape {
    /// Nothing: what a rule meets is seen when it meets it.
    pub(crate) fn unknown() -> Self {
        Self::default()
    }

    /// What the definition of a collection says of its documents.
    pub(crate) fn of_documents(collection: &StoredCollection) -> Self {
        let fields = collection.definition().fields();
        Self { thing: Some(type_of_fields(fields)) }
    }
}

fn type_of_fields(fields: &[Field]) -> Type {
    let mut root = Type::Object(BTreeMap::new(), true);
    for field in fields {
        let Ok(path) = field.path().parse::<portunus_scope::FieldPath>() else { continue };
        put_type(&mut root, path.segments(), type_of(field));
    }
    root
}

fn put_type(at: &mut Type, path: &[String], of_field: Type) {
    let Some((name, rest)) = path.split_first() else { return };
    let Type::Object(fields, _) = at else { return };
    if rest.is_empty() {
        // The fields of an object may have been put before the object itself.
        fields.entry(name.clone()).or_insert(of_field);
    } else {
        let inner = fields.entry(name.clone()).or_insert_with(|| Type::Object(BTreeMap::new(), true));
        put_type(inner, rest, of_field);
    }
}

fn type_of(field: &Field) -> Type {
    if field.is_nullable() {
        return Type::Any;
    }
    match field.r#type() {
        FieldType::Any => Type::Any,
        FieldType::Bool => Type::Bool,
        FieldType::Int => Type::Int,
        FieldType::Number => Type::Number,
        FieldType::String => Type::String,
        FieldType::Bytes => Type::Bytes,
        FieldType::Timestamp => Type::Timestamp,
        FieldType::Array => Type::List(Box::new(Type::Any)),
        FieldType::Object => Type::Object(BTreeMap::new(), true),
    }
}

/// The names that a rule about a subject has. All vocabularies have the same names in the same places, so that binding and
/// deciding need not know which one it was; those that mean nothing here are known never.
pub(crate) fn vocabulary(subject: Subject, shape: &Shape) -> Vocabulary {
    use Subject::{Calling, Changing, Claims, Coming, Filter, Membership, Standing};
    let thing = || shape.thing.clone().unwrap_or(Type::Any);
    let asks = !matches!(subject, Membership | Claims | Filter);
    let when = |here: bool, known: Known| if here { known } else { Known::Never };
    let claims = Declaration::value("claims", Type::Any, when(asks || subject == Claims, Known::Bound));
    let vocabulary = Vocabulary::new()
        .declare(Declaration::entity(
            "doc",
            thing(),
            when(matches!(subject, Standing | Filter), Known::Decided),
        ))
        .declare(Declaration::entity("old", thing(), when(matches!(subject, Changing), Known::Decided)))
        .declare(Declaration::entity(
            "new",
            thing(),
            when(matches!(subject, Coming | Changing), Known::Decided),
        ))
        .declare(Declaration::entity(
            "identity",
            Type::Any,
            when(asks || subject == Membership, Known::Bound),
        ))
        .declare(Declaration { null_is_missing: true, ..claims })
        .declare(Declaration::value(
            "args",
            Type::Any,
            when(matches!(subject, Calling | Filter), Known::Bound),
        ))
        .with_now();
    if subject == Filter { vocabulary } else { vocabulary.with_reads() }
}

/// Whether rules can be about things of a kind at all.
pub(crate) fn takes_fields(resource: Resource, action: Action) -> bool {
    resource == Resource::Document && matches!(action, Action::Read | Action::Create | Action::Write)
}
