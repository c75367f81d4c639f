//! Why a JWT was not accepted, as a code for records and traces. It knows nothing of what the token says.

/// Why a JWT was not accepted. Its text is the code itself, and has nothing of the token in it.
///
/// Whoever presents a token is told none of these: an opening that fails has one error. They are for operators.
///
/// ```
/// use portunus_auth::{JwtFault, UnverifiedJwt};
/// let fault = UnverifiedJwt::read("a.b").unwrap_err();
/// assert_eq!((fault, fault.to_string().as_str()), (JwtFault::Malformed, "malformed"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JwtFault {
    /// The text or its header is too long.
    #[error("too_large")]
    TooLarge,
    /// It is not three parts of strict base64url.
    #[error("malformed")]
    Malformed,
    /// The header is not a strict JSON object, or a member of it is not what it must be.
    #[error("header")]
    Header,
    /// The header has an extension that a reader must understand, and this one understands none.
    #[error("critical")]
    Critical,
    /// The algorithm is missing, unknown, symmetric, none at all, or not one that the rules allow.
    #[error("algorithm")]
    Algorithm,
    /// It is a token for another purpose.
    #[error("type")]
    Type,
    /// The key set has not exactly one key for it.
    #[error("key")]
    Key,
    /// The signature is not one of that key.
    #[error("signature")]
    Signature,
    /// The payload is not a strict JSON object, or a claim is missing or not what it must be.
    #[error("claims")]
    Claims,
    /// The issuer is missing, or another one.
    #[error("issuer")]
    Issuer,
    /// The audience is missing, or is not exactly one of those that the rules name.
    #[error("audience")]
    Audience,
    /// The subject is missing, empty, too long, or has control characters.
    #[error("subject")]
    Subject,
    /// Its end has come.
    #[error("expired")]
    Expired,
    /// Its beginning, or the instant at which it was issued, is still to come.
    #[error("not_yet_valid")]
    NotYetValid,
    /// It was issued too long ago, or does not say when.
    #[error("too_old")]
    TooOld,
}
