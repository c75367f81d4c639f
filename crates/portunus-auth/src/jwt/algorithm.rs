//! The signature algorithms that are accepted, by their names in tokens. It knows nothing of how a signature is verified.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A signature algorithm of a JWT. There is none here that verifies with the key that signs.
///
/// ```
/// use portunus_auth::Algorithm;
/// let algorithm: Algorithm = "ES256".parse()?;
/// assert_eq!((algorithm, algorithm.name()), (Algorithm::Es256, "ES256"));
/// assert_eq!(Algorithm::EdDsa.to_string(), "EdDSA");
/// for name in ["HS256", "none", "es256", ""] {
///     assert!(name.parse::<Algorithm>().is_err());
/// }
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RSA (PKCS #1 v1.5) with SHA-256.
    Rs256,
    /// RSA (PKCS #1 v1.5) with SHA-384.
    Rs384,
    /// RSA (PKCS #1 v1.5) with SHA-512.
    Rs512,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// RSA-PSS with SHA-384.
    Ps384,
    /// RSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    ///
    /// ```
    /// use portunus_auth::Algorithm;
    /// assert!(Algorithm::ALL.iter().all(|algorithm| algorithm.name().parse().ok() == Some(*algorithm)));
    /// ```
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name that tokens and key sets use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of exactly this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::of_name(name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::invalid("algorithm", format!("is none of {names}"))
        })
    }
}
