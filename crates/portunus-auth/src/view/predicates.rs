//! Named predicates through a view: what the rules of a database may call.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::provider_record::ProviderRecord;
use crate::resource::{Action, Resource};
use crate::role_record::RoleRecord;
use crate::rule::{Library, LibraryEntry, Rule, Shape, Subject};
use crate::{Error, Result};
use std::borrow::Borrow;

/// The most parameters of a named predicate.
pub const PREDICATE_PARAMETERS_MAX: usize = 8;

/// What a change of a predicate that is not there, or may not be seen, is told.
const PREDICATE: &str = "predicate";

/// A rule with a name, which the rules of roles may call.
///
/// ```
/// use portunus_auth::NamedPredicate;
/// let owns = NamedPredicate::new("owns", ["who", "what"], "what.owner == id(who)");
/// assert_eq!((owns.name(), owns.parameters().len(), owns.rule()), ("owns", 2, "what.owner == id(who)"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPredicate {
    name: String,
    parameters: Vec<String>,
    rule: String,
}

impl NamedPredicate {
    /// A rule over parameters.
    pub fn new<P: Into<String>>(
        name: impl Into<String>,
        parameters: impl IntoIterator<Item = P>,
        rule: impl Into<String>,
    ) -> Self {
        let parameters = parameters.into_iter().map(Into::into).collect();
        Self { name: name.into(), parameters, rule: rule.into() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called with.
    #[must_use]
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl ReadView {
    /// The named predicates of the database, in the order of their names: none if the principal may not see roles.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, NamedPredicate, Role};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("notes"))?;
    /// view.define_predicate(NamedPredicate::new("mine", ["what"], "what.owner == id(identity)"))?;
    /// view.define_role(Role::new("reader").allow_when("notes", Action::Read, "mine(doc) || doc.public"))?;
    /// assert_eq!(view.predicates()?[0].name(), "mine");
    /// assert!(view.delete_predicate("mine").is_err(), "a role calls it");
    /// view.delete_role("reader")?;
    /// view.delete_predicate("mine")?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn predicates(&self) -> Result<Vec<NamedPredicate>> {
        if self.policy()?.sees(Resource::Role) { self.every_predicate() } else { Ok(Vec::new()) }
    }

    /// All named predicates of the database, whoever asks.
    pub(super) fn every_predicate(&self) -> Result<Vec<NamedPredicate>> {
        let library = Library::of(self.reader(), self.database())?;
        let named = |(name, entry): (String, LibraryEntry)| {
            NamedPredicate::new(name, entry.parameters, entry.rule.source)
        };
        Ok(library.predicates.into_iter().map(named).collect())
    }

    /// What rules can call that the principal writes: the named predicates that it sees. Of others no error tells, neither that
    /// there is one nor what it is called.
    pub(super) fn known_library(&self) -> Result<Library> {
        match self.policy()?.sees(Resource::Role) {
            true => Library::of(self.reader(), self.database()),
            false => Ok(Library::default()),
        }
    }

    /// That every role and every access provider of the database still says something with other named predicates.
    pub(super) fn check_roles_with(&self, library: &Library) -> Result<()> {
        let check = |(subject, rule): (Subject, &Rule), kind: &str, name: &str| {
            rule.compile(subject, library, &Shape::unknown()).map(drop).map_err(|error| match error {
                Error::Rule { .. } => {
                    Error::Constraint(format!("the {kind} {name} would not be one any more"))
                }
                other => other,
            })
        };
        for role in RoleRecord::all(self.reader(), self.database())? {
            role.rules().try_for_each(|rule| check(rule, "role", &role.name))?;
        }
        for provider in ProviderRecord::all(self.reader(), self.database())? {
            let rules = provider.roles.iter().filter_map(|given| given.when.as_ref());
            rules
                .map(|rule| (Subject::Claims, rule))
                .try_for_each(|rule| check(rule, "access provider", &provider.name))?;
        }
        Ok(())
    }
}

impl WriteView {
    /// Creates a named predicate, or alters the one of that name, and with it every rule that calls it. It takes an
    /// administrator: what it makes rules say cannot be held against what somebody holds.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions, NamedPredicate};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// view.define_predicate(NamedPredicate::new("mine", ["what"], "what.owner == id(identity)"))?;
    /// assert_eq!(view.predicates()?.len(), 1);
    /// view.delete_predicate("mine")?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`; `Invalid` with the place in the text; `Constraint` if the rule of a role would not be one any more; `Limit`.
    pub fn define_predicate(&mut self, predicate: impl Borrow<NamedPredicate>) -> Result<()> {
        let NamedPredicate { name, parameters, rule } = predicate.borrow().clone();
        self.policy()?.require_administrator(Action::Write, Resource::Role)?;
        if parameters.len() > PREDICATE_PARAMETERS_MAX {
            let (actual, max) = (parameters.len(), PREDICATE_PARAMETERS_MAX);
            return Err(Error::Limit { what: "parameters of a predicate", actual, max });
        }
        let mut library = Library::of(self.reader(), self.database())?;
        let entry = LibraryEntry { parameters, rule: Rule::new(&rule) };
        library.predicates.insert(name.clone(), entry);
        library.check(&name)?;
        self.put_library(&library)?;
        self.note(Event::PredicateDefined { predicate: name })
    }

    /// Deletes a named predicate that no rule calls.
    ///
    /// # Errors
    /// `Denied`, `NotFound`; `Constraint` if a rule calls it.
    pub fn delete_predicate(&mut self, name: &str) -> Result<()> {
        self.policy()?.require_administrator(Action::Delete, Resource::Role)?;
        let mut library = Library::of(self.reader(), self.database())?;
        library.predicates.remove(name).ok_or(Error::NotFound(PREDICATE))?;
        // Others that call it are checked as well.
        for other in library.predicates.keys() {
            let used = || Error::Constraint(format!("the predicate {other} calls it"));
            library.check(other).map_err(|_| used())?;
        }
        self.put_library(&library)?;
        self.note(Event::PredicateDeleted { predicate: name.into() })
    }

    fn put_library(&mut self, library: &Library) -> Result<()> {
        self.check_roles_with(library)?;
        let database = self.database();
        self.keep_role_version()?;
        self.whole(|writer| library.put(writer, database))
    }
}
