//! Why a password proved nothing: told to the operator's trace and audit log, never to whoever tried it. It knows nothing of how it was
//! found.

use std::fmt;

/// Why a password proved nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginFailure {
    /// Nobody is called that.
    Unknown,
    /// The document has no password.
    NoCredential,
    /// Its password is disabled.
    Disabled,
    /// Its hash cannot be read, or takes more to work out than is allowed.
    UnusableHash,
    /// It is another one.
    Wrong,
    /// It was the right one when it was looked up, and is no longer.
    Changed,
    /// It was tried too often, and was not looked at this time.
    Throttled,
}

impl LoginFailure {
    /// Tells the trace.
    #[cold]
    pub(crate) fn trace(self) {
        tracing::debug!(reason = %self, "a login failed");
    }
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "unknown_identity",
            Self::NoCredential => "no_credential",
            Self::Disabled => "credential_disabled",
            Self::UnusableHash => "unusable_hash",
            Self::Wrong => "wrong_password",
            Self::Changed => "password_changed_meanwhile",
            Self::Throttled => "throttled",
        })
    }
}
