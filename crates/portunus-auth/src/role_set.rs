//! The roles of a database and the predicates that they call, as one value that can be written down, compared and kept. It
//! knows nothing of stores, nor of how files are written.

mod form;

use crate::view::{MEMBER_COLLECTIONS_MAX, PREDICATE_PARAMETERS_MAX, PRIVILEGES_MAX, ROLES_MAX};
use crate::{Action, Error, Fields, Membership, NamedPredicate, On, Privilege, Resource, Result, Role};
use portunus_predicate::NAMED_MAX;
use serde::{Deserialize, Serialize};

/// The roles of a database and the predicates that they call by name.
///
/// It has an order of its own, so that two of them are equal if they say the same. With serde it is written as people write
/// it in a file: `predicates` by their names, and a list `role` of objects with `name`, `members`, `inherit`, `allow` and
/// `deny`. A member is the name of a collection, or `{collection, when}`. What is allowed or denied is
/// `{on: collection, actions}`, `{every: kind of thing, actions}` or `{procedure: name}`, with `when` and with `only` or
/// `except` where it has a rule or is for some fields.
///
/// ```
/// use portunus_auth::{Action, Error, NamedPredicate, Role, RoleSet, from_value, to_value};
/// let owns = NamedPredicate::new("owns", ["what"], "what.owner == id(identity)");
/// let author = Role::new("author")
///     .member("users")
///     .allow_when("notes", Action::Read, "owns(doc)")
///     .allow_when("notes", Action::Delete, "owns(doc)");
/// let set = RoleSet::new([owns], [author])?;
/// assert_eq!((set.predicates()[0].name(), set.roles()[0].name()), ("owns", "author"));
///
/// let written = serde_json::json!({
///     "predicates": {"owns": {"parameters": ["what"], "rule": "what.owner == id(identity)"}},
///     "role": [{
///         "name": "author",
///         "members": ["users"],
///         "allow": [{"on": "notes", "actions": ["read", "delete"], "when": "owns(doc)"}],
///     }],
/// });
/// assert_eq!(serde_json::to_value(&set).unwrap(), written);
/// assert_eq!(from_value::<RoleSet>(&to_value(&set)?)?, set);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "form::File", into = "form::File")]
pub struct RoleSet {
    predicates: Vec<NamedPredicate>,
    roles: Vec<Role>,
}

impl RoleSet {
    /// These predicates and roles.
    ///
    /// # Errors
    /// `Invalid` if two have the same name; `Limit` if there are more than a database can have, or if one of them is larger
    /// than it can be.
    pub fn new(
        predicates: impl IntoIterator<Item = NamedPredicate>,
        roles: impl IntoIterator<Item = Role>,
    ) -> Result<Self> {
        let mut predicates: Vec<NamedPredicate> = predicates.into_iter().collect();
        let mut roles: Vec<Role> = roles.into_iter().map(settled).collect();
        limit("predicates of a database", predicates.len(), NAMED_MAX)?;
        limit("roles of a database", roles.len(), ROLES_MAX)?;
        predicates.sort_by(|one, other| one.name().cmp(other.name()));
        roles.sort_by(|one, other| one.name.cmp(&other.name));
        for predicate in &predicates {
            limit("parameters of a predicate", predicate.parameters().len(), PREDICATE_PARAMETERS_MAX)?;
        }
        for role in &roles {
            limit("privileges of a role", role.privileges.len() + role.denials.len(), PRIVILEGES_MAX)?;
            limit("collections of a role's members", role.members.len(), MEMBER_COLLECTIONS_MAX)?;
        }
        refuse_namesakes("predicates", predicates.iter().map(NamedPredicate::name))?;
        refuse_namesakes("roles", roles.iter().map(Role::name))?;
        Ok(Self { predicates, roles })
    }

    /// The predicates, in the order of their names.
    #[must_use]
    pub fn predicates(&self) -> &[NamedPredicate] {
        &self.predicates
    }

    /// The roles, in the order of their names.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    pub(crate) fn predicate(&self, name: &str) -> Option<&NamedPredicate> {
        self.predicates.iter().find(|predicate| predicate.name() == name)
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}

/// A role that says what it says once, and in order.
fn settled(mut role: Role) -> Role {
    for privileges in [&mut role.privileges, &mut role.denials] {
        privileges.sort_by(|one, other| place(one).cmp(&place(other)));
        privileges.dedup();
    }
    let member = |member: &Membership| (member.collection.clone(), member.when.clone());
    role.members.sort_by_cached_key(member);
    role.members.dedup();
    role
}

/// Where a privilege stands among others: documents first, then kinds of things, then procedures.
type Place<'p> = (u8, Option<Resource>, &'p str, Action, Option<&'p str>, Option<&'p Fields>);

fn place(privilege: &Privilege) -> Place<'_> {
    let (first, kind, name) = match &privilege.on {
        On::Collection(name) => (0, None, name.as_str()),
        On::Every(kind) => (1, Some(*kind), ""),
        On::Procedure(name) => (2, None, name.as_str()),
    };
    (first, kind, name, privilege.action, privilege.when.as_deref(), privilege.fields.as_ref())
}

/// `names` are in order.
fn refuse_namesakes<'n>(what: &str, names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut last = None;
    for name in names {
        if last == Some(name) {
            return Err(Error::invalid(name, format!("there are two {what} of this name")));
        }
        last = Some(name);
    }
    Ok(())
}

fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
