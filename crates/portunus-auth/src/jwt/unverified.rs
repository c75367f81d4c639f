//! A token as it was presented: read whole, believed in nothing. It knows nothing of keys and rules.

use super::claims::Registered;
use super::compact::Compact;
use super::header::Header;
use super::json::read_object;
use super::{Algorithm, JwtFault};
use portunus_scope::Object;
use std::fmt;
use zeroize::Zeroizing;

/// A JWT that nobody has verified.
///
/// What it says of itself chooses the rules and the keys that it is then held against, and is good for nothing else: anybody
/// can write such a token. [`verify`](Self::verify) says whether it is true.
///
/// ```
/// use portunus_auth::{Algorithm, UnverifiedJwt};
/// let text = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJub3RlcyIsIn\
///     N1YiI6ImFubiIsImV4cCI6MTkwMDAwMDAwMH0.bm8gc2lnbmF0dXJlIGF0IGFsbA";
/// let jwt = UnverifiedJwt::read(text)?;
/// assert_eq!((jwt.issuer(), jwt.audiences()), ("https://id.example", &["notes".to_owned()][..]));
/// assert_eq!((jwt.algorithm(), jwt.key_id()), (Algorithm::EdDsa, Some("a")));
/// # Ok::<(), portunus_auth::JwtFault>(())
/// ```
pub struct UnverifiedJwt<'t> {
    pub(super) header: Header,
    pub(super) claims: Registered,
    pub(super) payload: Object,
    /// What the signature is over.
    pub(super) signed: &'t str,
    pub(super) signature: Zeroizing<Vec<u8>>,
}

impl<'t> UnverifiedJwt<'t> {
    /// Reads a token in the compact form.
    ///
    /// # Errors
    /// The first thing that is wrong with it, whatever keys and rules there may be.
    pub fn read(text: &'t str) -> Result<Self, JwtFault> {
        let Compact { header, payload, signed, signature } = Compact::read(text)?;
        let header = Header::read(&header)?;
        let payload = read_object(&payload).ok_or(JwtFault::Claims)?;
        let claims = Registered::read(&payload)?;
        Ok(Self { header, claims, payload, signed, signature })
    }

    /// Who is said to have issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.issuer
    }

    /// Whom it is said to be for: one or more.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.claims.audiences
    }

    /// The key that is said to have signed it.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.key_id.as_deref()
    }

    /// The algorithm that it is said to be signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }
}

impl fmt::Debug for UnverifiedJwt<'_> {
    /// Shows nothing of it: it may be what it says, and then whoever reads it can use it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnverifiedJwt(…)")
    }
}
