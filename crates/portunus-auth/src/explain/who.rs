//! Whom a question is about. It knows nothing of what they are asked to do.

use crate::role::BuiltInRole;
use crate::value_limit::check_value;
use crate::{Error, PublicId, Result};
use portunus_scope::{DEPTH_MAX, Value, to_value};
use serde::Serialize;
use std::fmt;

/// The most roles that a question may put together.
pub const WHO_ROLES_MAX: usize = 64;
/// The most bytes of the claims of a question.
pub const WHO_CLAIMS_BYTES_MAX: usize = 16 * 1024;

/// Whom a question is about. Nobody of them has to have shown a secret, or to have one.
///
/// ```
/// use portunus_auth::{Error, PublicId, Who};
/// # use serde_json::json;
/// assert_eq!(Who::document("users", "ann").to_string(), "users/ann");
/// assert_eq!(Who::role("author").to_string(), "role author");
/// assert_eq!(Who::roles(["author", "clerk"])?.to_string(), "roles author, clerk");
/// assert_eq!(Who::claims("okta", json!({"sub": "ann"}))?.to_string(), "a holder of claims of okta");
/// let id: PublicId = "00000000007".parse()?;
/// assert_eq!(Who::key(id).to_string(), "key 00000000007");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Who(pub(crate) WhoIs);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WhoIs {
    Roles(Vec<String>),
    Document { collection: String, id: String },
    Key(PublicId),
    Claims { provider: String, claims: Value },
}

impl Who {
    /// Somebody with one role, and nobody else: there is no identity document behind it.
    pub fn role(name: impl Into<String>) -> Self {
        Self(WhoIs::Roles(vec![name.into()]))
    }

    /// Somebody with several roles together.
    ///
    /// # Errors
    /// `Invalid` if there are none; `Limit` if there are more than [`WHO_ROLES_MAX`].
    pub fn roles<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().take(WHO_ROLES_MAX + 1).map(Into::into).collect();
        match names.len() {
            0 => Err(Error::invalid("roles", "a question is about somebody with a role at least")),
            actual if actual > WHO_ROLES_MAX => {
                Err(Error::Limit { what: "roles of a question", actual, max: WHO_ROLES_MAX })
            }
            _ => Ok(Self(WhoIs::Roles(names))),
        }
    }

    /// An identity document, with the roles that it is a member of: as the holder of a token of it.
    pub fn document(collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self(WhoIs::Document { collection: collection.into(), id: id.into() })
    }

    /// A key that opens the database.
    #[must_use]
    pub fn key(id: PublicId) -> Self {
        Self(WhoIs::Key(id))
    }

    /// The holder of a JWT with these claims, as an access provider of this name lets it in. What makes a JWT a good one is not
    /// asked: its signature, issuer, audience and end.
    ///
    /// # Errors
    /// `Limit` if the claims have more than [`WHO_CLAIMS_BYTES_MAX`] bytes; `Invalid` if they are no object.
    pub fn claims<T: Serialize>(provider: impl Into<String>, claims: T) -> Result<Self> {
        let claims = to_value(&claims)?;
        check_value("claims", &claims, DEPTH_MAX, WHO_CLAIMS_BYTES_MAX)?;
        if !matches!(claims, Value::Object(_)) {
            return Err(Error::invalid("claims", "claims are an object"));
        }
        Ok(Self(WhoIs::Claims { provider: provider.into(), claims }))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            WhoIs::Roles(names) => match names.as_slice() {
                [one] if BuiltInRole::named(one).is_some() => write!(formatter, "built-in role {one}"),
                [one] => write!(formatter, "role {one}"),
                several => write!(formatter, "roles {}", several.join(", ")),
            },
            WhoIs::Document { collection, id } => write!(formatter, "{collection}/{id}"),
            WhoIs::Key(id) => write!(formatter, "key {id}"),
            WhoIs::Claims { provider, .. } => write!(formatter, "a holder of claims of {provider}"),
        }
    }
}
