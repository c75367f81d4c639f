//! Tests of roles as people write them: what there is, who is asked about, and what they can and cannot. Each expectation is
//! tried in transactions of whoever it is about, in a store that there is for this alone. It knows nothing of files.

mod coverage;
mod decisive;
mod expectation;
mod form;
mod report;
mod trial;
mod world;

pub use coverage::{PartCoverage, PolicyCoverage, RuleCoverage, Seen};
pub use report::{PolicyOutcome, PolicyReport};

use crate::{Error, Result, RoleSet};
use coverage::Count;
use expectation::Expectation;
use form::{Form, RolesFrom};
use portunus_scope::Timestamp;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use world::World;

/// The most expectations of a policy test.
pub const POLICY_EXPECTATIONS_MAX: usize = 1_000;
/// The most documents that a policy test can have.
pub const POLICY_DOCUMENTS_MAX: usize = 1_000;
/// The most instants that a policy test can ask about: the store is made anew for each.
pub const POLICY_INSTANTS_MAX: usize = 32;
/// The instant that a policy test asks about if it says none: the first of 2026.
pub const POLICY_TEST_AT: Timestamp = Timestamp(1_767_225_600_000_000);

/// A test of roles: a store as it is to be, and what is expected of it.
///
/// With serde it is read from whatever people write it in:
///
/// | member | what it holds |
/// |---|---|
/// | `at` | the instant of all expectations that have none of their own |
/// | `roles` | a [`RoleSet`], or the name of a file with one, which is given later |
/// | `collection` | a list of definitions of collections: `name`, `fields`, `closed`, `indexes`; one that only has documents needs none |
/// | `documents` | documents by collection and id |
/// | `procedures` | a list of names; their bodies do nothing here |
/// | `provider` | a list of access providers: `name`, `roles` (names, or `{role, when}`), `identity` (`{collection, fields}`) |
/// | `expect` | a list of expectations |
///
/// An expectation says who it is about: `who` is `"users/ann"` for a document, `"role:author"` for somebody with this role alone,
/// or `{claims = {…}, provider = "okta"}` or `{claims = {…}, roles = ["reader"]}` for the holder of a JWT. What is expected is one
/// or several of these:
///
/// | member | what is expected |
/// |---|---|
/// | `can`, `cannot` | an action on what `on` names: `"notes/1"` to `read`, `delete`, `list_ids`; the same with `change` (a patch) or `replace` to `write`; `"notes"` or `"notes/9"` with `document` to `create`; the name of a procedure, perhaps with `args`, to `call` |
/// | `sees`, `does_not_see` | fields of the document that `on` names |
/// | `lists` | the ids of all documents of the collection that `on` names which they see |
/// | `because` | a text that stands in the rule, or the part of it, by which it was decided; `no grant` where nothing could have granted it |
///
/// `at` is the instant, and `note` says what it is about.
///
/// ```
/// use portunus_auth::{Error, PolicyTest, from_value, to_value};
/// use serde_json::json;
/// let test: PolicyTest = from_value(&to_value(&json!({
///     "roles": {"role": [{
///         "name": "author",
///         "members": ["users"],
///         "allow": [
///             {"on": "notes", "actions": ["read"], "when": "doc.owner == id(identity) || doc.public"},
///             {"on": "notes", "actions": ["write"], "when": "old.owner == id(identity)"},
///         ],
///     }]},
///     "documents": {
///         "users": {"ann": {}, "bob": {}},
///         "notes": {"1": {"owner": "ann", "public": true}},
///     },
///     "expect": [
///         {"who": "users/ann", "can": "write", "on": "notes/1", "change": {"title": "x"}},
///         {"who": "users/bob", "can": "read", "on": "notes/1", "because": "public"},
///         {"who": "users/bob", "cannot": "write", "on": "notes/1", "change": {"title": "x"}, "because": "owner"},
///         {"who": "role:author", "lists": ["1"], "on": "notes"},
///     ],
/// }))?)?;
/// let report = test.run()?;
/// assert!(report.holds(), "{report}");
/// assert_eq!(report.coverage.percent(), 75);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicyTest {
    form: Form,
}

impl PolicyTest {
    /// The name of the file that the roles are to be read from, if they are not there.
    ///
    /// ```
    /// use portunus_auth::{Error, PolicyTest, RoleSet, from_value, to_value};
    /// # use serde_json::json;
    /// let test: PolicyTest = from_value(&to_value(&json!({"roles": "roles.toml"}))?)?;
    /// assert_eq!(test.roles_file(), Some("roles.toml"));
    /// assert!(test.run().is_err(), "the roles are not there");
    /// assert!(test.with_roles(RoleSet::default()).run()?.holds(), "nothing is expected");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn roles_file(&self) -> Option<&str> {
        if let Some(RolesFrom::File(name)) = &self.form.roles { Some(name) } else { None }
    }

    /// The same test of these roles.
    #[must_use]
    pub fn with_roles(mut self, roles: RoleSet) -> Self {
        self.form.roles = Some(RolesFrom::Set(roles));
        self
    }

    /// Tries all that is expected.
    ///
    /// # Errors
    /// `Invalid` or `Limit` with the place if the test itself is wrong: if the roles are not there, or what is expected cannot be
    /// tried; what the store says to what it is to hold.
    pub fn run(&self) -> Result<PolicyReport> {
        self.form.check()?;
        let roles = match &self.form.roles {
            Some(RolesFrom::File(_)) => return Err(Error::invalid("roles", "the file has not been read")),
            Some(RolesFrom::Set(set)) => set.clone(),
            None => RoleSet::default(),
        };
        let expectations: Vec<(Timestamp, Expectation)> = self.expectations()?;
        let mut worlds: BTreeMap<Timestamp, World> = BTreeMap::new();
        let mut outcomes = Vec::new();
        let mut count: Option<Count> = None;
        for (at, expectation) in &expectations {
            if !worlds.contains_key(at) {
                if worlds.len() >= POLICY_INSTANTS_MAX {
                    let (what, max) = ("instants of a policy test", POLICY_INSTANTS_MAX);
                    return Err(Error::Limit { what, actual: max + 1, max });
                }
                worlds.insert(*at, World::new(&self.form, &roles, *at)?);
            }
            let Some(world) = worlds.get_mut(at) else { continue };
            let count = match &mut count {
                Some(count) => count,
                none => none.insert(Count::of(&world.outline()?)),
            };
            outcomes.push(expectation.tried(world, count)?);
        }
        let count = match count {
            Some(count) => count,
            // Nothing is expected: the roles are looked at all the same.
            None => Count::of(&World::new(&self.form, &roles, self.at())?.outline()?),
        };
        Ok(PolicyReport { outcomes, coverage: count.done() })
    }

    fn at(&self) -> Timestamp {
        self.form.at.unwrap_or(POLICY_TEST_AT)
    }

    fn expectations(&self) -> Result<Vec<(Timestamp, Expectation)>> {
        let read = |(place, form): (usize, &form::ExpectForm)| {
            let place = format!("expect[{place}]");
            Ok((form.at.unwrap_or_else(|| self.at()), Expectation::read(place, form)?))
        };
        self.form.expectations.iter().enumerate().map(read).collect()
    }
}

impl<'de> Deserialize<'de> for PolicyTest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Form::deserialize(deserializer).map(|form| Self { form })
    }
}

#[cfg(test)]
mod tests;
