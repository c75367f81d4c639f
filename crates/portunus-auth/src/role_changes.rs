//! What makes one set of roles into another: as a value, and as text. It knows nothing of stores.

use crate::role_set::RoleSet;
use crate::{Membership, NamedPredicate, On, Privilege, Role};
use std::collections::BTreeSet;
use std::fmt;

/// How much a set of roles speaks of.
///
/// ```
/// use portunus_auth::Extent;
/// assert_ne!(Extent::Named, Extent::All);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Only of what it names: what it does not name stays as it is.
    Named,
    /// Of all that there is: what it does not name is to go.
    All,
}

/// A role or a predicate, by its name.
///
/// ```
/// use portunus_auth::RoleEntry;
/// assert_eq!(RoleEntry::Role("author".into()).to_string(), "role author");
/// assert_eq!(RoleEntry::Predicate("owns".into()).to_string(), "predicate owns");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleEntry {
    /// A predicate.
    Predicate(String),
    /// A role.
    Role(String),
}

/// What becomes of a role or a predicate. A rename is not among it: what has another name is another one.
///
/// ```
/// use portunus_auth::{Action, Collection, Extent, Gate, GateOptions, Role, RoleSet};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("notes"))?;
/// view.define_role(Role::new("reader").allow("notes", Action::Read))?;
/// let reader = Role::new("reader").allow_when("notes", Action::Read, "doc.public").deny("notes", Action::Delete);
/// let changes = view.compare_roles(&RoleSet::new([], [reader])?, Extent::All)?;
/// let lines = "~ role reader
///   - allow notes: read
///   + allow notes: read when doc.public
///   + deny notes: delete";
/// assert_eq!(changes[0].to_string(), lines);
/// assert!(changes[0].parts.iter().any(|part| !part.added));
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleChange {
    /// Which one.
    pub entry: RoleEntry,
    /// What becomes of it.
    pub fate: Fate,
    /// What is new in it, and what is in it no longer.
    pub parts: Vec<PartChange>,
}

/// What becomes of something.
///
/// ```
/// use portunus_auth::Fate;
/// assert_eq!([Fate::Added, Fate::Altered, Fate::Removed].map(|it| it.to_string()), ["+", "~", "-"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not there.
    Added,
    /// It stays, and is not what it was.
    Altered,
    /// It goes.
    Removed,
}

/// A part that a role or a predicate gets or loses.
///
/// ```
/// use portunus_auth::{PartChange, RolePart};
/// let change = PartChange { added: true, part: RolePart::Inherited };
/// assert_eq!(change.to_string(), "+ works in the databases below");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChange {
    /// Whether it gets it.
    pub added: bool,
    /// The part.
    pub part: RolePart,
}

/// A part of a role or a predicate.
///
/// ```
/// use portunus_auth::{Action, On, Privilege, Resource, RolePart};
/// let keys = Privilege::new(On::Every(Resource::Key), Action::Read).when("doc.role == 'app'");
/// assert_eq!(RolePart::Allow(keys).to_string(), "allow every key: read when doc.role == 'app'");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RolePart {
    /// That it works in the databases below as well.
    Inherited,
    /// A collection whose documents are members.
    Member(Membership),
    /// What it grants.
    Allow(Privilege),
    /// What it denies.
    Deny(Privilege),
    /// What a predicate says.
    Rule {
        /// What it is called with.
        parameters: Vec<String>,
        /// The rule.
        rule: String,
    },
}

/// What makes `old` into `new`: predicates, then roles, both in the order of their names.
pub(crate) fn compare(old: &RoleSet, new: &RoleSet, extent: Extent) -> Vec<RoleChange> {
    let predicates = entries(
        (old.predicates(), new.predicates()),
        (NamedPredicate::name, RoleEntry::Predicate),
        extent,
        of_predicate,
    );
    let roles = entries((old.roles(), new.roles()), (Role::name, RoleEntry::Role), extent, Role::parts);
    predicates.into_iter().chain(roles).collect()
}

/// How things of a kind are named.
type Naming<T> = (fn(&T) -> &str, fn(String) -> RoleEntry);

fn entries<T: PartialEq>(
    (old, new): (&[T], &[T]),
    (name, entry): Naming<T>,
    extent: Extent,
    parts: fn(&T) -> Vec<RolePart>,
) -> Vec<RoleChange> {
    let find = |among: &[T], wanted: &str| among.iter().position(|it| name(it) == wanted);
    let names: BTreeSet<&str> = old.iter().chain(new).map(name).collect();
    let change = |wanted: &str| {
        let before = find(old, wanted).and_then(|at| old.get(at));
        let after = find(new, wanted).and_then(|at| new.get(at));
        let (fate, parts) = match (before, after) {
            (None, Some(after)) => (Fate::Added, differences(&[], &parts(after))),
            (Some(before), Some(after)) if before != after => {
                (Fate::Altered, differences(&parts(before), &parts(after)))
            }
            (Some(before), None) if extent == Extent::All => {
                (Fate::Removed, differences(&parts(before), &[]))
            }
            (Some(_), _) | (None, None) => return None,
        };
        Some(RoleChange { entry: entry(wanted.to_owned()), fate, parts })
    };
    names.into_iter().filter_map(change).collect()
}

/// What is lost, then what is new.
fn differences(old: &[RolePart], new: &[RolePart]) -> Vec<PartChange> {
    let lost = old.iter().filter(|part| !new.contains(part)).map(|part| (false, part));
    let won = new.iter().filter(|part| !old.contains(part)).map(|part| (true, part));
    lost.chain(won).map(|(added, part)| PartChange { added, part: part.clone() }).collect()
}

fn of_predicate(predicate: &NamedPredicate) -> Vec<RolePart> {
    let (parameters, rule) = (predicate.parameters().to_vec(), predicate.rule().to_owned());
    vec![RolePart::Rule { parameters, rule }]
}

impl Role {
    /// All that it says, part by part: whether it is inherited, its members, what it grants, and what it denies.
    ///
    /// ```
    /// use portunus_auth::{Action, Role, RolePart};
    /// let reader = Role::new("reader").member("users").allow_when("notes", Action::Read, "doc.public");
    /// let parts: Vec<String> = reader.parts().iter().map(RolePart::to_string).collect();
    /// assert_eq!(parts, ["members users", "allow notes: read when doc.public"]);
    /// ```
    #[must_use]
    pub fn parts(&self) -> Vec<RolePart> {
        let inherited = self.inherit.then_some(RolePart::Inherited);
        let members = self.members.iter().cloned().map(RolePart::Member);
        let privileges = self.privileges.iter().cloned().map(RolePart::Allow);
        let denials = self.denials.iter().cloned().map(RolePart::Deny);
        inherited.into_iter().chain(members).chain(privileges).chain(denials).collect()
    }
}

impl RoleEntry {
    /// The name.
    ///
    /// ```
    /// # use portunus_auth::RoleEntry;
    /// assert_eq!(RoleEntry::Role("author".into()).name(), "author");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Predicate(name) | Self::Role(name) => name,
        }
    }
}

impl RolePart {
    /// The text of its rule, if it has one.
    ///
    /// ```
    /// # use portunus_auth::RolePart;
    /// assert_eq!(RolePart::Inherited.rule(), None);
    /// ```
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Inherited => None,
            Self::Member(membership) => membership.when.as_deref(),
            Self::Allow(privilege) | Self::Deny(privilege) => privilege.when.as_deref(),
            Self::Rule { rule, .. } => Some(rule),
        }
    }
}

impl fmt::Display for RoleEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Predicate(name) => write!(formatter, "predicate {name}"),
            Self::Role(name) => write!(formatter, "role {name}"),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Added => "+",
            Self::Altered => "~",
            Self::Removed => "-",
        })
    }
}

impl fmt::Display for RoleChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.fate, self.entry)?;
        self.parts.iter().try_for_each(|part| write!(formatter, "\n  {part}"))
    }
}

impl fmt::Display for PartChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", if self.added { "+" } else { "-" }, self.part)
    }
}

impl fmt::Display for RolePart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = |formatter: &mut fmt::Formatter<'_>, rule: Option<&str>| {
            rule.map_or(Ok(()), |rule| write!(formatter, " when {}", on_one_line(rule)))
        };
        match self {
            Self::Inherited => formatter.write_str("works in the databases below"),
            Self::Member(Membership { collection, when: rule }) => {
                write!(formatter, "members {collection}")?;
                when(formatter, rule.as_deref())
            }
            Self::Allow(privilege) | Self::Deny(privilege) => {
                let verb = if matches!(self, Self::Allow(_)) { "allow" } else { "deny" };
                match &privilege.on {
                    On::Collection(name) => write!(formatter, "{verb} {name}: {}", privilege.action)?,
                    On::Every(kind) => write!(formatter, "{verb} every {kind}: {}", privilege.action)?,
                    On::Procedure(name) => {
                        write!(formatter, "{verb} procedure {name}: {}", privilege.action)?;
                    }
                }
                if let Some(fields) = &privilege.fields {
                    let only = fields.as_only().map(|paths| ("only", paths));
                    let listed = only.or_else(|| fields.as_except().map(|paths| ("except", paths)));
                    let (form, paths) = listed.unwrap_or_default();
                    write!(formatter, " {form} {}", paths.join(", "))?;
                }
                when(formatter, privilege.when.as_deref())
            }
            Self::Rule { parameters, rule } => {
                write!(formatter, "({}) {}", parameters.join(", "), on_one_line(rule))
            }
        }
    }
}

/// A rule with its line ends, and whatever else might move the cursor, as spaces.
fn on_one_line(rule: &str) -> String {
    let plain = rule.replace(char::is_control, " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
