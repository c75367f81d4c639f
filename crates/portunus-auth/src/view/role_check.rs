//! Looking roles over, through a view: those of the database, or others before they are applied to it.

use super::ReadView;
use super::roles::{check_denials, check_name, check_sizes};
use crate::lint::{CheckedPart, CheckedRole, Surroundings, warnings};
use crate::resource::{Action, Resource};
use crate::rights::Right;
use crate::role_record::Member;
use crate::rule::{Library, LibraryEntry, Rule, Shape, Subject};
use crate::{
    Error, Finding, Membership, NamedPredicate, Privilege, Result, Role, RoleEntry, RolePart, RoleSet,
    Severity,
};
use std::slice;

impl ReadView {
    /// Looks the roles and predicates of the database over, or others as if they were applied to it: what in them the principal
    /// cannot define, and what can be defined and is hardly meant.
    ///
    /// - rules that do not say what they seem to, as the language itself tells;
    /// - grants that reach nobody: the role denies them, or nobody has it, or an id may be chosen where nothing may be created;
    /// - rules to read for which every document is looked at, for want of a range or of an index;
    /// - fields that the collection does not declare, where it declares any;
    /// - rules of membership about fields that a document of the collection can change itself.
    ///
    /// ```
    /// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// let staff = Role::new("staff").member_when("users", "identity.employed");
    /// view.define_role(staff.allow("users", Action::Write))?;
    /// assert!(view.check_roles(None)?[0].problem.contains("can make itself a member"));
    /// let rule = "new.employed == old.employed";
    /// let staff = Role::new("staff").member_when("users", "identity.employed");
    /// view.define_role(staff.allow_when("users", Action::Write, rule))?;
    /// assert!(view.check_roles(None)?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` if the principal may not see roles.
    pub fn check_roles(&self, set: Option<&RoleSet>) -> Result<Vec<Finding>> {
        let policy = self.policy()?;
        policy.require(Resource::Role, Action::Read)?;
        let own = if set.is_none() { self.role_set()? } else { RoleSet::default() };
        let set = set.unwrap_or(&own);
        let mut library = Library::of(self.reader(), self.database())?;
        for predicate in set.predicates() {
            let (parameters, rule) = (predicate.parameters().to_vec(), Rule::new(predicate.rule()));
            library.predicates.insert(predicate.name().to_owned(), LibraryEntry { parameters, rule });
        }
        let mut found = Vec::new();
        for predicate in set.predicates() {
            check_predicate(predicate, &library, &mut found)?;
        }
        if found.iter().any(|finding| finding.severity == Severity::Error) {
            // Whatever calls it is wrong for that reason alone.
            return Ok(found);
        }
        let mut roles = Vec::new();
        for role in set.roles() {
            roles.push(self.check_role(role, &library, &mut found)?);
        }
        let may_be_told = policy.sees(Resource::Collection);
        let collections = if may_be_told { self.reader().collections(self.database())? } else { Vec::new() };
        let predicates: Vec<String> = library.predicates.into_keys().collect();
        let around = Surroundings { collections: &collections, predicates: &predicates };
        found.extend(warnings(&roles, &around));
        Ok(found)
    }

    /// The parts of a role that can be defined; what is wrong with others goes to `found`.
    fn check_role(&self, role: &Role, library: &Library, found: &mut Vec<Finding>) -> Result<CheckedRole> {
        let entry = RoleEntry::Role(role.name().to_owned());
        for checked in [check_name(role.name()), check_sizes(role)] {
            fault(checked, (&entry, None), found)?;
        }
        let record = self.role_record(role.name())?;
        let number = record.as_ref().map(|record| record.number);
        let mut parts = Vec::new();
        for part in role.parts() {
            let checked = match &part {
                RolePart::Allow(privilege) => self.check_privilege(privilege, (role, &part), library),
                RolePart::Deny(privilege) => check_denials(slice::from_ref(privilege))
                    .and_then(|()| self.check_privilege(privilege, (role, &part), library)),
                RolePart::Member(membership) => self.check_member(membership, (role, number), library),
                RolePart::Inherited | RolePart::Rule { .. } => continue,
            };
            parts.extend(fault(checked, (&entry, Some(&part)), found)?);
        }
        let used = record.map(|record| record.is_used(self.reader(), self.database())).transpose()?;
        Ok(CheckedRole { name: role.name().to_owned(), is_used: used.unwrap_or(false), parts })
    }

    fn check_privilege(
        &self,
        privilege: &Privilege,
        (role, part): (&Role, &RolePart),
        library: &Library,
    ) -> Result<CheckedPart> {
        let (_, rights) = self.grants(slice::from_ref(privilege), role.is_inherited(), library)?;
        let right = rights.into_iter().next().ok_or_else(|| Error::Internal("a privilege is none".into()))?;
        let Right { on, action, when, fields } = right;
        Ok(CheckedPart { part: part.clone(), on, action: Some(action), fields, rule: when })
    }

    fn check_member(
        &self,
        membership: &Membership,
        (role, number): (&Role, Option<u32>),
        library: &Library,
    ) -> Result<CheckedPart> {
        let mut alone = Role::new(role.name());
        alone.inherit = role.inherit;
        alone.members.push(membership.clone());
        let members = self.members_to(&alone, number, library)?;
        let of = members.into_iter().next().map(|Member { of, .. }| of);
        let on = of.ok_or_else(|| Error::Internal("a member is none".into()))?;
        let rule = membership.when.as_deref().map(Rule::new);
        let rule =
            rule.map(|rule| rule.compile(Subject::Membership, library, &Shape::unknown())).transpose()?;
        let part = RolePart::Member(membership.clone());
        Ok(CheckedPart { part, on, action: None, fields: None, rule })
    }
}

fn check_predicate(predicate: &NamedPredicate, library: &Library, found: &mut Vec<Finding>) -> Result<()> {
    let entry = RoleEntry::Predicate(predicate.name().to_owned());
    let (parameters, rule) = (predicate.parameters().to_vec(), predicate.rule().to_owned());
    let part = RolePart::Rule { parameters, rule };
    for warning in fault(library.check(predicate.name()), (&entry, Some(&part)), found)?.unwrap_or_default() {
        let finding = Finding::new(Severity::Warning, entry.clone(), warning.problem);
        found.push(finding.of(part.clone()).at(warning.span));
    }
    Ok(())
}

/// What came out of a check; if that is what is wrong, it is found.
///
/// # Errors
/// What has nothing to do with what was checked.
fn fault<T>(
    checked: Result<T>,
    (entry, part): (&RoleEntry, Option<&RolePart>),
    found: &mut Vec<Finding>,
) -> Result<Option<T>> {
    let finding = |problem: String| {
        let finding = Finding::new(Severity::Error, entry.clone(), problem);
        part.map_or(finding.clone(), |part| finding.of(part.clone()))
    };
    match checked {
        Ok(checked) => return Ok(Some(checked)),
        Err(Error::Rule { error, .. }) => found.push(finding(error.problem).at(error.span)),
        Err(error @ (Error::Invalid { .. } | Error::Constraint(_) | Error::Limit { .. })) => {
            found.push(finding(error.to_string()));
        }
        Err(other) => return Err(other),
    }
    Ok(None)
}
