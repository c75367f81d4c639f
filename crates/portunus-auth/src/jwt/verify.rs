//! The decision whether a token is true, and good now. It knows nothing of where keys and rules come from.

use super::claims::Registered;
use super::{Algorithm, JwtFault, KeySet, UnverifiedJwt};
use portunus_scope::{Timestamp, Value};
use std::time::Duration;

/// The most that clocks may differ.
pub const JWT_LEEWAY_MAX: Duration = Duration::from_secs(60);

/// Types of tokens that are taken where the rules name none: what most issuers write, and RFC 9068. Any other type is one
/// for another purpose (to log somebody out, say), though the same keys signed it for the same audience.
const COMMON_TYPES: [&str; 2] = ["JWT", "at+jwt"];

/// What a JWT must comply with.
///
/// ```
/// # use portunus_auth::{Algorithm, JwtRules};
/// # use std::time::Duration;
/// let rules = JwtRules {
///     algorithms: &[Algorithm::EdDsa],
///     issuer: "https://id.example",
///     audiences: &["notes".to_owned()],
///     leeway: Duration::ZERO,
///     age_max: Some(Duration::from_secs(3_600)),
///     token_type: None,
/// };
/// assert!(rules.algorithms.contains(&Algorithm::EdDsa));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct JwtRules<'r> {
    /// The algorithms that it may be signed with.
    pub algorithms: &'r [Algorithm],
    /// Its issuer, to the byte.
    pub issuer: &'r str,
    /// Our own audiences. It must be for exactly one of them; that it is for others as well does not matter.
    pub audiences: &'r [String],
    /// How far the issuer's clock may be off. More than [`JWT_LEEWAY_MAX`] counts as that.
    pub leeway: Duration,
    /// How long after it was issued it may be used, whatever end it names. It must then say when it was issued.
    pub age_max: Option<Duration>,
    /// Its type, with or without `application/`, in upper or lower case. Without a type here, it may have none, `JWT` or
    /// `at+jwt`.
    pub token_type: Option<&'r str>,
}

/// What a verified JWT says.
#[derive(Clone, Debug)]
pub struct JwtClaims {
    /// Who issued it: the issuer of the rules.
    pub issuer: String,
    /// Whom it is about. Unique for its issuer, and for no one else.
    pub subject: String,
    /// The one of our audiences that it is for.
    pub audience: String,
    /// The first instant at which it is not good any more, by its own end and the greatest age of the rules; leeway is
    /// added already.
    pub expires_at: Timestamp,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// Its own id, `jti`.
    pub token_id: Option<String>,
    /// All that it says: an object.
    pub payload: Value,
}

impl UnverifiedJwt<'_> {
    /// Verifies the token with `keys`, under `rules`, at the instant `now`.
    ///
    /// # Errors
    /// The first rule that it breaks. Which one that is says nothing of the token's issuer, unless the fault comes after
    /// [`JwtFault::Signature`]: claims are looked at only when they have been proven to be the issuer's.
    ///
    /// ```
    /// use portunus_auth::{Algorithm, JwtFault, JwtRules, KeySet, Timestamp, UnverifiedJwt};
    /// # use std::time::Duration;
    /// let keys = KeySet::from_json(br#"{"keys": [{"kid": "a", "kty": "OKP", "crv": "Ed25519",
    ///     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)?;
    /// let rules = JwtRules {
    ///     algorithms: &[Algorithm::EdDsa],
    ///     issuer: "https://id.example",
    ///     audiences: &["notes".to_owned()],
    ///     leeway: Duration::ZERO,
    ///     age_max: None,
    ///     token_type: None,
    /// };
    /// let now = Timestamp(1_800_000_000_000_000);
    /// let text = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJub3RlcyI\
    ///         sInN1YiI6ImFubiIsImV4cCI6MTkwMDAwMDAwMH0.t6zdkxyf8A3mNR1FiaGx_o1SdDoQd4WRV6MVy-AH-bgVmdMiYTdGjT\
    ///         LuTl-13xA846Qj-uqqbB--lB4kVFfyBQ";
    /// let claims = UnverifiedJwt::read(text)?.verify(&keys, &rules, now)?;
    /// assert_eq!((claims.subject.as_str(), claims.expires_at), ("ann", Timestamp(1_900_000_000_000_000)));
    /// let expired = UnverifiedJwt::read(text)?.verify(&keys, &rules, claims.expires_at);
    /// assert_eq!(expired.unwrap_err(), JwtFault::Expired);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(self, keys: &KeySet, rules: &JwtRules<'_>, now: Timestamp) -> Result<JwtClaims, JwtFault> {
        let algorithm = self.header.algorithm;
        if !rules.algorithms.contains(&algorithm) {
            return Err(JwtFault::Algorithm);
        }
        if !rules.allow_type(self.header.token_type.as_deref()) {
            return Err(JwtFault::Type);
        }
        let key = keys.select(self.key_id(), algorithm).ok_or(JwtFault::Key)?;
        if !key.verify(algorithm, self.signed.as_bytes(), &self.signature) {
            return Err(JwtFault::Signature);
        }
        if self.claims.issuer != rules.issuer {
            return Err(JwtFault::Issuer);
        }
        let audience = rules.own_audience(&self.claims.audiences).ok_or(JwtFault::Audience)?.clone();
        let expires_at = rules.end(&self.claims, now)?;
        let Registered { issuer, subject, issued_at, token_id, .. } = self.claims;
        let payload = Value::Object(self.payload);
        Ok(JwtClaims { issuer, subject, audience, expires_at, issued_at, token_id, payload })
    }
}

impl JwtRules<'_> {
    fn allow_type(&self, token_type: Option<&str>) -> bool {
        match (self.token_type, token_type) {
            (None, None) => true,
            (None, Some(found)) => COMMON_TYPES.iter().any(|common| same_type(common, found)),
            (Some(_), None) => false,
            (Some(wanted), Some(found)) => same_type(wanted, found),
        }
    }

    /// The only one of the token's audiences that is ours.
    fn own_audience<'t>(&self, audiences: &'t [String]) -> Option<&'t String> {
        let mut own = audiences.iter().filter(|audience| self.audiences.contains(audience));
        own.next().filter(|_| own.next().is_none())
    }

    /// The instant at which the token ends, if `now` is between its beginning and that.
    fn end(&self, claims: &Registered, now: Timestamp) -> Result<Timestamp, JwtFault> {
        let leeway = self.leeway.min(JWT_LEEWAY_MAX);
        let latest_beginning = now.saturating_add(leeway);
        if claims.not_before.max(claims.issued_at).is_some_and(|beginning| beginning > latest_beginning) {
            return Err(JwtFault::NotYetValid);
        }
        let end = claims.expires_at.saturating_add(leeway);
        if now >= end {
            return Err(JwtFault::Expired);
        }
        let Some(age_max) = self.age_max else { return Ok(end) };
        let issued_at = claims.issued_at.ok_or(JwtFault::TooOld)?;
        let too_old_at = issued_at.saturating_add(age_max).saturating_add(leeway);
        if now >= too_old_at { Err(JwtFault::TooOld) } else { Ok(end.min(too_old_at)) }
    }
}

/// Whether two names are of one media type; `application/` may be left out of either.
fn same_type(left: &str, right: &str) -> bool {
    let short = |name| match str::split_once(name, '/') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("application") && !rest.contains('/') => rest,
        _ => name,
    };
    short(left).eq_ignore_ascii_case(short(right))
}
