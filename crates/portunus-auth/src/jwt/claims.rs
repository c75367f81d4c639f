//! The registered claims of a token, each of the type that it must have. It knows nothing of who may claim what, or of what
//! time it is.

use super::JwtFault;
use super::json::{optional, short_text};
use portunus_scope::{Object, Timestamp, Value};
use std::time::Duration;

/// The most audiences that a token may name.
const AUDIENCES_MAX: usize = 64;
/// The most bytes of a subject.
const SUBJECT_BYTES_MAX: usize = 255;
/// The most bytes of a token's own id.
pub(crate) const TOKEN_ID_BYTES_MAX: usize = 256;
/// The last instant that a token may name, in seconds: the end of the year 9999.
const DATE_MAX: Duration = Duration::from_secs(253_402_300_799);

/// The claims that decide whether a token is good, and for whom.
pub(super) struct Registered {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) subject: String,
    pub(super) expires_at: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) token_id: Option<String>,
}

impl Registered {
    /// Reads them. A claim of a wrong type is never taken as missing.
    pub(super) fn read(payload: &Object) -> Result<Self, JwtFault> {
        let issuer = payload.get("iss").and_then(|issuer| short_text(issuer, usize::MAX));
        let token_id = optional(payload, "jti", |id| short_text(id, TOKEN_ID_BYTES_MAX));
        Ok(Self {
            issuer: issuer.ok_or(JwtFault::Issuer)?.to_owned(),
            audiences: payload.get("aud").and_then(audiences).ok_or(JwtFault::Audience)?,
            subject: payload.get("sub").and_then(subject).ok_or(JwtFault::Subject)?.to_owned(),
            expires_at: payload.get("exp").and_then(date).ok_or(JwtFault::Claims)?,
            not_before: optional(payload, "nbf", date).ok_or(JwtFault::Claims)?,
            issued_at: optional(payload, "iat", date).ok_or(JwtFault::Claims)?,
            token_id: token_id.ok_or(JwtFault::Claims)?.map(str::to_owned),
        })
    }
}

/// One audience, or a list of some.
fn audiences(claim: &Value) -> Option<Vec<String>> {
    let list = match claim.as_array() {
        Some(list) => list,
        None => std::slice::from_ref(claim),
    };
    if !(1..=AUDIENCES_MAX).contains(&list.len()) {
        return None;
    }
    list.iter().map(|audience| audience.as_str().map(str::to_owned)).collect()
}

fn subject(claim: &Value) -> Option<&str> {
    short_text(claim, SUBJECT_BYTES_MAX).filter(|subject| !subject.chars().any(char::is_control))
}

/// A number of seconds since 1970, perhaps with a fraction.
fn date(claim: &Value) -> Option<Timestamp> {
    let since = match (claim.as_int(), claim.as_float()) {
        (Some(seconds), _) => Duration::from_secs(u64::try_from(seconds).ok()?),
        (_, Some(seconds)) => Duration::try_from_secs_f64(seconds).ok()?,
        (None, None) => return None,
    };
    if since > DATE_MAX { None } else { Timestamp(0).checked_add(since) }
}
