//! What is wrong with roles, and what in them is allowed and hardly meant. It knows nothing of who asks, nor of stores.

mod reachable;
mod schema;
mod self_made;

use crate::rights::Target;
use crate::rule::Clause;
use crate::{Action, Fields, RoleEntry, RolePart};
use portunus_predicate::Span;
use portunus_scope::StoredCollection;
use self_made::SelfMade;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Something that is wrong with a role or a predicate, or hardly meant.
///
/// ```
/// use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role, RoleSet, Severity};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// view.define(Collection::new("notes"))?;
/// let author = Role::new("author").member("users").allow_when("notes", Action::Read, "doc.owner == id(identity)");
/// view.define_role(author)?;
/// let found = &view.check_roles(None)?[0];
/// assert_eq!((found.severity, found.entry.name()), (Severity::Warning, "author"));
/// assert_eq!(
///     found.to_string(),
///     "role author: allow notes: read when doc.owner == id(identity): \
///      all documents are looked at, because no index of `notes` begins with `owner`",
/// );
///
/// let author = Role::new("author").member("users").allow_when("notes", Action::Read, "doc.owner == id(user)");
/// let found = &view.check_roles(Some(&RoleSet::new([], [author])?))?[0];
/// assert_eq!((found.severity, found.rule()), (Severity::Error, Some("doc.owner == id(user)")));
/// assert_eq!(
///     found.shown().as_deref(),
///     Some("doc.owner == id(user)\n                ^^^^ there is no name `user`"),
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Whether it can be defined like that.
    pub severity: Severity,
    /// The role or the predicate.
    pub entry: RoleEntry,
    /// The part of it, if it is not about the whole.
    pub part: Option<RolePart>,
    /// Where in the rule of that part, in bytes, if it is about something there.
    pub span: Option<Range<usize>>,
    /// What, in lower case.
    pub problem: String,
}

/// How bad something is.
///
/// ```
/// use portunus_auth::Severity;
/// assert!(Severity::Error > Severity::Warning);
/// assert_eq!(Severity::Error.to_string(), "error");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can be defined, and is hardly meant.
    Warning,
    /// It cannot be defined.
    Error,
}

/// A role that can be defined as it is.
pub(crate) struct CheckedRole {
    pub(crate) name: String,
    /// Whether a key, a provider or a procedure has it.
    pub(crate) is_used: bool,
    pub(crate) parts: Vec<CheckedPart>,
}

/// What it grants or denies, or whom it has as members.
pub(crate) struct CheckedPart {
    pub(crate) part: RolePart,
    pub(crate) on: Target,
    /// Nothing if this is about members.
    pub(crate) action: Option<Action>,
    pub(crate) fields: Option<Fields>,
    pub(crate) rule: Option<Clause>,
}

/// What roles are looked over with.
pub(crate) struct Surroundings<'s> {
    /// The collections of which it may be told how they are defined.
    pub(crate) collections: &'s [Arc<StoredCollection>],
    /// The names of predicates.
    pub(crate) predicates: &'s [String],
}

/// What is allowed in roles, and hardly meant.
pub(crate) fn warnings(roles: &[CheckedRole], around: &Surroundings<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut self_made = SelfMade::of(roles);
    for role in roles {
        role.say_of_rules(around.predicates, &mut found);
        reachable::say(role, &mut found);
        schema::say(role, around.collections, &mut found);
        self_made.say(role, &mut found);
    }
    found
}

impl CheckedRole {
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &CheckedPart> {
        self.parts.iter().filter(|it| matches!(it.part, RolePart::Allow(_)))
    }

    pub(crate) fn denied(&self) -> impl Iterator<Item = &CheckedPart> {
        self.parts.iter().filter(|it| matches!(it.part, RolePart::Deny(_)))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &CheckedPart> {
        self.parts.iter().filter(|it| matches!(it.part, RolePart::Member(_)))
    }

    /// What the rules themselves say.
    fn say_of_rules(&self, predicates: &[String], found: &mut Vec<Finding>) {
        for part in &self.parts {
            let Some(predicate) = part.rule.as_ref().map(|rule| &rule.predicate) else { continue };
            for warning in predicate.warnings() {
                let written = warning.span.of(predicate.source());
                // What is in a predicate with a name is said of that.
                let calls =
                    |name: &String| written.strip_prefix(name.as_str()).is_some_and(|it| it.starts_with('('));
                if !predicates.iter().any(calls) {
                    found.push(self.warn(part, &warning.problem).at(warning.span));
                }
            }
        }
    }

    pub(crate) fn warn(&self, part: &CheckedPart, problem: impl Into<String>) -> Finding {
        let entry = RoleEntry::Role(self.name.clone());
        Finding::new(Severity::Warning, entry, problem).of(part.part.clone())
    }
}

impl CheckedPart {
    /// Whether it is about the same action on all that another part is about.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.action == other.action && self.is_about(other)
    }

    /// Whether it is on all that another part is on.
    pub(crate) fn is_about(&self, other: &Self) -> bool {
        match &self.on {
            Target::Every(kind) => other.on.kind() == *kind,
            own => *own == other.on,
        }
    }
}

impl Finding {
    pub(crate) fn new(severity: Severity, entry: RoleEntry, problem: impl Into<String>) -> Self {
        Self { severity, entry, part: None, span: None, problem: problem.into() }
    }

    pub(crate) fn of(mut self, part: RolePart) -> Self {
        self.part = Some(part);
        self
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        let ends = [span.start, span.end].map(usize::try_from);
        if let [Ok(start), Ok(end)] = ends {
            self.span = Some(start..end);
        }
        self
    }

    /// The text of the rule that it is about, if there is one.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.part.as_ref().and_then(RolePart::rule)
    }

    /// The line of the rule with the place marked below it, for a terminal, if it is about a place in a rule.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        let (rule, place) = (self.rule()?, self.span.as_ref()?);
        let end = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { start: end(place.start), end: end(place.end) };
        Some(portunus_predicate::Error { span, problem: self.problem.clone() }.shown_in(rule))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.entry)?;
        if let Some(part) = &self.part {
            write!(formatter, "{part}: ")?;
        }
        formatter.write_str(&self.problem)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
