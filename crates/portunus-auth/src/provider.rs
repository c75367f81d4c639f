//! Access providers as those who define them write them: whose JWTs open a database, and with which roles. It checks what
//! can be checked without a store, and knows nothing of how a JWT is verified.

use crate::name::check_name;
use crate::{Algorithm, Error, JWT_LEEWAY_MAX, Result};
use std::time::Duration;

/// The most access providers of a database.
pub const PROVIDERS_MAX: usize = 100;
/// The most bytes of an access provider's name.
pub const PROVIDER_NAME_BYTES_MAX: usize = 64;
/// The most bytes of an issuer. One with a subject of 255 bytes, the most that OpenID Connect allows, fits into an index.
pub const ISSUER_BYTES_MAX: usize = 400;
/// The most bytes of an audience.
pub const AUDIENCE_BYTES_MAX: usize = 400;
/// The most audiences of an access provider, its own aside.
pub const AUDIENCES_MAX: usize = 16;
/// The most roles that an access provider gives.
pub const PROVIDER_ROLES_MAX: usize = 64;
/// The most bytes of a key set that is part of a definition.
pub const INLINE_KEYS_BYTES_MAX: usize = 64 << 10;
/// The longest age up to which JWTs can be let in: as good as none.
const AGE_MAX_MAX: Duration = Duration::from_secs(10 * 366 * 24 * 3_600);
/// The most bytes of the type that the JWTs of a provider must have.
const TOKEN_TYPE_BYTES_MAX: usize = 128;

/// What the audience begins with that every database has by itself.
const OWN_AUDIENCE: &str = "urn:portunus:db:";

/// The definition of an access provider. Defining one that exists alters it to this.
///
/// Every provider answers to the audience of its database, `urn:portunus:db:` and the database's public id, which is
/// nobody else's. A JWT opens the database if exactly one of its audiences is one that the provider answers to; an
/// audience that two databases share, for the same issuer, opens neither.
///
/// ```
/// use portunus_auth::{Algorithm, Provider};
/// use std::time::Duration;
/// let staff = Provider::new("staff", "https://issuer.example/")
///     .jwks_url("https://issuer.example/keys")
///     .algorithm(Algorithm::Rs256)
///     .algorithm(Algorithm::EdDsa)
///     .audience("https://notes.example")
///     .role("reader")
///     .role_when("editor", r#""notes:edit" in scopes(claims)"#)
///     .identity("users", ["issuer", "subject"])
///     .age_max(Duration::from_secs(3_600))
///     .leeway(Duration::from_secs(5))
///     .token_type("at+jwt");
/// assert_eq!((staff.name.as_str(), staff.roles.len()), ("staff", 2));
///
/// // With keys that never change:
/// let machines = Provider::new("machines", "urn:example:machines").jwks(r#"{"keys":[]}"#);
/// assert!(machines.jwks_url.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name, unlike that of every other provider of the database.
    pub name: String,
    /// The issuer, exactly as its JWTs say it.
    pub issuer: String,
    /// Where its key set is found.
    pub jwks_url: Option<String>,
    /// Its key set, if that is not to be fetched.
    pub jwks: Option<String>,
    /// The algorithms that it signs with.
    pub algorithms: Vec<Algorithm>,
    /// The audiences that it answers to beside that of the database.
    pub audiences: Vec<String>,
    /// The roles that holders of its JWTs have.
    pub roles: Vec<GivenRole>,
    /// Which documents they are.
    pub identity: Option<IdentityMapping>,
    /// The age up to which a JWT is let in, whatever it says itself. One that does not say how old it is, is not.
    pub age_max: Option<Duration>,
    /// How far the issuer's clock may be off.
    pub leeway: Duration,
    /// The type that its JWTs have in their header.
    pub token_type: Option<String>,
}

/// A role that an access provider gives.
///
/// ```
/// use portunus_auth::{GivenRole, Provider};
/// let staff = Provider::new("staff", "https://issuer.example").role_when("nurse", "'care' in claims.groups");
/// let GivenRole { role, when, .. } = &staff.roles[0];
/// assert_eq!((role.as_str(), when.as_deref()), ("nurse", Some("'care' in claims.groups")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GivenRole {
    /// The name of the role.
    pub role: String,
    /// What must be true of the claims; without this all holders have the role.
    pub when: Option<String>,
}

/// How the holder of a JWT is found among the documents of a collection: by an issuer *and* a subject, since another
/// issuer's subject of the same name is somebody else.
///
/// ```
/// use portunus_auth::{IdentityMapping, Provider};
/// let provider = Provider::new("staff", "https://issuer.example").identity("users", ["login.issuer", "login.subject"]);
/// let IdentityMapping { collection, issuer_field, subject_field } = provider.identity.expect("it was set just now");
/// assert_eq!((collection.as_str(), issuer_field.as_str()), ("users", "login.issuer"));
/// assert_eq!(subject_field, "login.subject");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityMapping {
    /// The collection. It has a unique index over the two fields, in this order.
    pub collection: String,
    /// The field with the issuer.
    pub issuer_field: String,
    /// The field with the subject.
    pub subject_field: String,
}

impl Provider {
    /// A provider without keys, algorithms or roles: nothing that could be defined yet.
    pub fn new(name: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            issuer: issuer.into(),
            jwks_url: None,
            jwks: None,
            algorithms: Vec::new(),
            audiences: Vec::new(),
            roles: Vec::new(),
            identity: None,
            age_max: None,
            leeway: Duration::ZERO,
            token_type: None,
        }
    }

    /// Has the key set fetched from this URL.
    #[must_use]
    pub fn jwks_url(self, url: impl Into<String>) -> Self {
        Self { jwks_url: Some(url.into()), ..self }
    }

    /// Gives the key set itself, as JSON.
    #[must_use]
    pub fn jwks(self, json: impl Into<String>) -> Self {
        Self { jwks: Some(json.into()), ..self }
    }

    /// Takes JWTs that are signed with this algorithm.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithms.push(algorithm);
        self
    }

    /// Takes JWTs for this audience.
    ///
    /// Whoever may define access providers in another database of the store can claim it there as well: as long as both do, it
    /// opens neither, and where only the other one is left it leads there. Where databases do not trust each other, have
    /// JWTs issued for the audience alone that the database has by itself, which nobody else can claim.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Gives this role to all holders.
    #[must_use]
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.roles.push(GivenRole { role: name.into(), when: None });
        self
    }

    /// Gives this role to those holders whose `claims`, the whole payload, a rule is true of. In it a claim that is null is
    /// as one that is not there.
    #[must_use]
    pub fn role_when(mut self, name: impl Into<String>, rule: impl Into<String>) -> Self {
        self.roles.push(GivenRole { role: name.into(), when: Some(rule.into()) });
        self
    }

    /// Lets holders be the documents of this collection that have their issuer and subject in these two fields. They then
    /// also have the roles whose members those documents are. A holder for whom there is no document has only the
    /// provider's roles.
    ///
    /// Whoever may write these fields decides who is who.
    #[must_use]
    pub fn identity<S: Into<String>>(self, collection: impl Into<String>, fields: [S; 2]) -> Self {
        let [issuer_field, subject_field] = fields.map(Into::into);
        let collection = collection.into();
        Self { identity: Some(IdentityMapping { collection, issuer_field, subject_field }), ..self }
    }

    /// Lets no JWT in that is older.
    #[must_use]
    pub fn age_max(self, age: Duration) -> Self {
        Self { age_max: Some(age), ..self }
    }

    /// Allows for a clock of the issuer's that is off by this much.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Takes only JWTs of this type: `at+jwt` keeps those out that were made to tell an application who logged in.
    #[must_use]
    pub fn token_type(self, token_type: impl Into<String>) -> Self {
        Self { token_type: Some(token_type.into()), ..self }
    }

    /// Checks everything that can be checked without a store.
    ///
    /// # Errors
    /// `Invalid` or `Limit`.
    pub(crate) fn check(&self) -> Result<()> {
        check_provider_name(&self.name)?;
        check_text("issuer", &self.issuer, ISSUER_BYTES_MAX)?;
        self.check_audiences()?;
        self.check_keys()?;
        self.check_times()?;
        limit("roles of an access provider", self.roles.len(), PROVIDER_ROLES_MAX)?;
        let names: Vec<&str> = self.roles.iter().map(|given| given.role.as_str()).collect();
        check_distinct("roles", &names)?;
        if let Some(token_type) = &self.token_type {
            check_text("token_type", token_type, TOKEN_TYPE_BYTES_MAX)?;
        }
        Ok(())
    }

    fn check_audiences(&self) -> Result<()> {
        limit("audiences of an access provider", self.audiences.len(), AUDIENCES_MAX)?;
        for audience in &self.audiences {
            check_text("audience", audience, AUDIENCE_BYTES_MAX)?;
            let start = audience.get(..OWN_AUDIENCE.len());
            if start.is_some_and(|start| start.eq_ignore_ascii_case(OWN_AUDIENCE)) {
                let problem = "is of the kind that each database has one of by itself";
                return Err(Error::invalid("audience", problem));
            }
        }
        check_distinct("audiences", &self.audiences)
    }

    fn check_keys(&self) -> Result<()> {
        if self.algorithms.is_empty() {
            return Err(Error::invalid("algorithms", "there is none"));
        }
        check_distinct("algorithms", &self.algorithms)?;
        match (&self.jwks_url, &self.jwks) {
            (Some(_), Some(_)) => {
                Err(Error::invalid("jwks", "the keys are given, and where to fetch them as well"))
            }
            (None, None) => {
                Err(Error::invalid("jwks", "there are no keys, nor is there where to fetch them"))
            }
            (Some(_), None) => Ok(()),
            (None, Some(json)) => limit("key set of an access provider", json.len(), INLINE_KEYS_BYTES_MAX),
        }
    }

    fn check_times(&self) -> Result<()> {
        if self.leeway > JWT_LEEWAY_MAX {
            return Err(Error::invalid("leeway", "is longer than 60 seconds"));
        }
        match self.age_max {
            Some(Duration::ZERO) => Err(Error::invalid("age_max", "is no time at all")),
            Some(age) if age > AGE_MAX_MAX => Err(Error::invalid("age_max", "is longer than ten years")),
            Some(_) | None => Ok(()),
        }
    }
}

/// The audience that the database of this public id has by itself.
pub(crate) fn own_audience(database_public_id: &str) -> String {
    format!("{OWN_AUDIENCE}{database_public_id}")
}

/// Whether an audience is of the kind that each database has one of by itself.
pub(crate) fn is_own_audience(audience: &str) -> bool {
    audience.starts_with(OWN_AUDIENCE)
}

/// # Errors
/// `Invalid` or `Limit`.
pub(crate) fn check_provider_name(name: &str) -> Result<()> {
    check_name("access provider name", name, PROVIDER_NAME_BYTES_MAX)
}

/// What is compared as it is, and shown in lists.
fn check_text(what: &'static str, text: &str, bytes_max: usize) -> Result<()> {
    limit(what, text.len(), bytes_max)?;
    if text.is_empty() {
        return Err(Error::invalid(what, "is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(what, "has a control character"));
    }
    Ok(())
}

fn check_distinct<T: PartialEq>(what: &'static str, all: &[T]) -> Result<()> {
    let is_second = |(place, one): (usize, &T)| all.iter().take(place).any(|before| before == one);
    if all.iter().enumerate().any(is_second) { Err(Error::invalid(what, "has one twice")) } else { Ok(()) }
}

/// # Errors
/// `Limit`.
pub(crate) fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
