//! What is kept of a password: a hash in its text form, read and held within limits. It knows nothing of where it is kept, nor
//! of how many are worked out at a time.

#[cfg(feature = "import-bcrypt")]
use super::bcrypt::Bcrypt;
#[cfg(feature = "import-scrypt")]
use super::scrypt::Scrypt;
use super::{
    HashParameters, Password,
    argon2id::{self, Argon2id},
    phc_string::PhcString,
};
use crate::{Error, Result, random::random_bytes};
use std::fmt;
use std::sync::Arc;

/// The longest text of a password hash, in bytes.
pub const PASSWORD_HASH_BYTES_MAX: usize = 1024;

/// What is kept of a password.
///
/// Its text is a [PHC string](https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md) of Argon2id, which
/// nearly every other library reads and writes. Hashes that were made elsewhere are taken over with
/// [`import`](Self::import), so that nobody needs a new password when a program moves here. Whoever has the text can try
/// passwords on it for as long as they like: nothing but [`expose`](Self::expose) shows it.
///
/// ```
/// use portunus_auth::{ErrorKind, PasswordHash};
/// let text = "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";
/// let hash = PasswordHash::import(text)?;
/// assert_eq!(hash.expose(), text);
/// assert_eq!(format!("{hash:?}"), "PasswordHash(argon2id…)");
/// let greedy = PasswordHash::import(&text.replace("m=65536", "m=4294967295")).unwrap_err();
/// assert_eq!(greedy.kind(), ErrorKind::Invalid);
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    inner: Arc<Inner>,
}

struct Inner {
    text: String,
    form: Form,
}

/// The large ones are kept apart, so that a form has one size whatever it is and whichever features there are.
enum Form {
    Argon2id(Box<Argon2id>),
    #[cfg(feature = "import-bcrypt")]
    Bcrypt(Bcrypt),
    #[cfg(feature = "import-scrypt")]
    Scrypt(Box<Scrypt>),
}

impl PasswordHash {
    /// Takes over a hash from its text.
    ///
    /// - `$argon2id$v=19$m=…,t=…,p=…$…`: up to 256 MiB of memory, 16 passes and 8 lanes, and not weaker than 7 MiB with five
    ///   passes.
    /// - With the feature `import-bcrypt`, `$2a$`, `$2b$` and `$2y$`: of a cost from 10 to 15. bcrypt looks at no more than 72
    ///   bytes of a password, and elsewhere at what comes before a NUL. Here a longer password, or one with a NUL, does not
    ///   prove such a hash: others would do as well. Who has one needs a new password.
    /// - With the feature `import-scrypt`, `$scrypt$ln=…,r=…,p=…$…`: up to 256 MiB of memory, and not weaker than 14, 8, 1.
    ///
    /// Hashes of bcrypt and scrypt, and those with less than the present [`HashParameters`], are made anew when their
    /// owners log in.
    ///
    /// # Errors
    /// `Invalid` for any other hash, `Limit` for a text of more than 1024 bytes.
    pub fn import(text: &str) -> Result<Self> {
        if text.len() > PASSWORD_HASH_BYTES_MAX {
            let (actual, max) = (text.len(), PASSWORD_HASH_BYTES_MAX);
            return Err(Error::Limit { what: "the password hash", actual, max });
        }
        Ok(Self { inner: Arc::new(Inner { form: Form::read(text)?, text: text.into() }) })
    }

    /// The text, to be taken elsewhere. The only way to see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.inner.text
    }

    /// The function that it was made with: `argon2id`, `bcrypt` or `scrypt`.
    ///
    /// ```
    /// # let text = "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";
    /// # let hash = portunus_auth::PasswordHash::import(text)?;
    /// assert_eq!(hash.algorithm(), "argon2id");
    /// # Ok::<(), portunus_auth::Error>(())
    /// ```
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.inner.form.name()
    }

    /// Hashes a password, with a salt of its own.
    ///
    /// # Errors
    /// `Internal` if there is no memory or no random bytes for it.
    pub(super) fn make(password: &Password, parameters: HashParameters) -> Result<Self> {
        let hash = Argon2id::make(password.as_bytes(), parameters, random_bytes()?)?;
        Ok(Self { inner: Arc::new(Inner { text: hash.text(), form: Form::Argon2id(Box::new(hash)) }) })
    }

    /// A hash that no password is known to have, and that takes as long to try as one with these parameters.
    ///
    /// # Errors
    /// None that the limits of parameters leave room for.
    pub(super) fn of_nothing(parameters: HashParameters) -> Result<Self> {
        let hash = Argon2id::of_nothing(parameters)?;
        Ok(Self { inner: Arc::new(Inner { text: hash.text(), form: Form::Argon2id(Box::new(hash)) }) })
    }

    /// Whether the password has this hash: one run of the function, whatever the answer.
    ///
    /// # Errors
    /// `Internal` if there is no memory to work it out.
    pub(super) fn verify(&self, password: &Password) -> Result<bool> {
        match &self.inner.form {
            Form::Argon2id(hash) => hash.verify(password.as_bytes()),
            #[cfg(feature = "import-bcrypt")]
            Form::Bcrypt(hash) => hash.verify(password.as_bytes()),
            #[cfg(feature = "import-scrypt")]
            Form::Scrypt(hash) => hash.verify(password.as_bytes()),
        }
    }

    /// Whether the password should be hashed again with these parameters, now that it is known.
    pub(super) fn is_outdated(&self, parameters: HashParameters) -> bool {
        match &self.inner.form {
            Form::Argon2id(hash) => hash.is_weaker_than(parameters),
            #[cfg(feature = "import-bcrypt")]
            Form::Bcrypt(_) => true,
            #[cfg(feature = "import-scrypt")]
            Form::Scrypt(_) => true,
        }
    }

    /// Memory that one run of its function takes, in KiB.
    pub(super) fn memory_kib(&self) -> u32 {
        match &self.inner.form {
            Form::Argon2id(hash) => hash.memory_kib(),
            #[cfg(feature = "import-bcrypt")]
            Form::Bcrypt(_) => super::bcrypt::MEMORY_KIB,
            #[cfg(feature = "import-scrypt")]
            Form::Scrypt(hash) => hash.memory_kib(),
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PasswordHash({}…)", self.algorithm())
    }
}

impl Form {
    fn read(text: &str) -> Result<Self> {
        #[cfg(feature = "import-bcrypt")]
        if Bcrypt::is_one(text) {
            return Bcrypt::read(text).map(Self::Bcrypt);
        }
        if text.starts_with("$2") {
            return Err(unusable("is of bcrypt, which this program does not take over"));
        }
        let phc = PhcString::read(text)?;
        match phc.algorithm() {
            (argon2id::NAME, _) => Argon2id::read(phc).map(|hash| Self::Argon2id(Box::new(hash))),
            #[cfg(feature = "import-scrypt")]
            (super::scrypt::NAME, _) => Scrypt::read(phc).map(|hash| Self::Scrypt(Box::new(hash))),
            _ => Err(unusable("is of a function that this program does not take over")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Argon2id(_) => argon2id::NAME,
            #[cfg(feature = "import-bcrypt")]
            Self::Bcrypt(_) => "bcrypt",
            #[cfg(feature = "import-scrypt")]
            Self::Scrypt(_) => super::scrypt::NAME,
        }
    }
}

/// Why a hash is not taken over. Nothing of the hash is in it.
pub(super) fn unusable(problem: &'static str) -> Error {
    Error::invalid("password hash", problem)
}

#[cfg(test)]
mod tests;
