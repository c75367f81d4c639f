//! Where key sets come from: the trait that an application may implement, and how a fetch fails. It knows nothing of
//! what a key set says.

use std::io;

/// What fetches key sets by their URL. `HttpJwks`, behind the feature `jwks-http`, is one; an application that has its
/// keys elsewhere writes its own.
///
/// ```
/// use portunus_auth::{JwksError, JwksSource};
/// use std::collections::HashMap;
///
/// /// Keys that came with the configuration of the application.
/// struct Configured(HashMap<String, String>);
///
/// impl JwksSource for Configured {
///     fn fetch(&self, url: &str) -> Result<Vec<u8>, JwksError> {
///         let keys = self.0.get(url).ok_or(JwksError::Io(std::io::ErrorKind::NotFound))?;
///         Ok(keys.clone().into_bytes())
///     }
/// }
///
/// let url = "https://issuer.example/keys";
/// let source = Configured(HashMap::from([(url.to_owned(), r#"{"keys":[]}"#.to_owned())]));
/// assert_eq!(source.fetch(url)?, br#"{"keys":[]}"#);
/// assert!(source.fetch("https://other.example/keys").is_err());
/// # Ok::<(), JwksError>(())
/// ```
pub trait JwksSource: Send + Sync {
    /// The key set at `url`, as JSON. Callers who have a token of its issuer wait for the answer, so it comes or fails
    /// within seconds; a source that asked the store itself, with such a token, would wait for itself. A set of more than
    /// [`KEY_SET_BYTES_MAX`](crate::KEY_SET_BYTES_MAX) is not taken.
    ///
    /// # Errors
    /// Whatever kept the source from it. What is held of that key set already serves on.
    fn fetch(&self, url: &str) -> Result<Vec<u8>, JwksError>;

    /// Whether this source takes URLs of plain HTTP to this machine itself. None does that is not under test.
    fn allows_http_on_loopback(&self) -> bool {
        false
    }
}

/// Why a key set could not be fetched. Says nothing of what was answered.
///
/// ```
/// use portunus_auth::JwksError;
/// assert_eq!(JwksError::Status(503).to_string(), "the key set was answered for with status 503");
/// assert_eq!(JwksError::from(std::io::Error::other("?")), JwksError::Io(std::io::ErrorKind::Other));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// The URL breaks a rule, and nothing was asked.
    #[error("the URL of the key set {0}")]
    Url(&'static str),
    /// The host of the URL has an address that may not be connected to, and nothing was.
    #[error("the host of the key set has an address that is not allowed")]
    Address,
    /// The certificate of the issuer, or one that was given to trust, is not to be trusted, or TLS failed otherwise.
    #[error("the issuer's end of the connection is not to be trusted")]
    Tls,
    /// The key set, or what came before it, is longer than any may be.
    #[error("the key set is too large")]
    TooLarge,
    /// The whole of it did not come in time.
    #[error("the key set did not come in time")]
    Timeout,
    /// The answer sends the asker elsewhere. Nobody goes there.
    #[error("the URL of the key set leads elsewhere")]
    Redirect,
    /// The answer is another one than 200.
    #[error("the key set was answered for with status {0}")]
    Status(u16),
    /// The connection, or whatever the source reads, failed.
    #[error("the key set could not be read: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for JwksError {
    /// Keeps the kind alone: the text of such an error may quote what was read.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::Timeout,
            kind => Self::Io(kind),
        }
    }
}
