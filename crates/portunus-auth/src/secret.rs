//! The text of a secret: made, read, narrowed, wiped. It knows nothing of stores: whether a secret opens anything is
//! decided in one place only, `open.rs`.

use crate::base62;
use crate::mac::{self, MacKeys, MacKeysId, TAG_BYTES, Tag};
use crate::random::random_bytes;
use crate::secret_scope::SecretScope;
use crate::{Error, PublicId, Result};
use std::fmt;
use std::sync::{Arc, OnceLock};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Characters of the random part: 43 base-62 digits hold 256 bits.
const RANDOM_DIGITS: usize = 43;
/// Characters of the checksum: 6 base-62 digits hold 32 bits.
const CHECK_DIGITS: usize = 6;
/// Characters before the checksum.
const CHECKED_BYTES: usize = PREFIX_BYTES + PublicId::DIGITS + RANDOM_DIGITS;
const PREFIX_BYTES: usize = 3;
/// Bytes of the random part that the refresh tokens of one login have in common. The others, as many, are drawn anew for
/// each of them: so one that was exchanged is known for what it is, and is no help to guess the next one.
const LOGIN_BYTES: usize = 16;
/// Characters of a secret without a scope.
const SECRET_BYTES: usize = CHECKED_BYTES + CHECK_DIGITS;

/// What is hashed in the place of a kind for the tag of a login.
const CODE_OF_LOGIN: u8 = 4;

/// What opens a transaction.
///
/// Any text is a secret. One that cannot be read opens nothing and says so where every secret does: when a transaction
/// is opened with it, with the one error that tells nothing more. The text is wiped from memory when the last clone is
/// dropped, and `Debug` shows the public id alone, which is no secret and names the key in listings and records.
///
/// ```
/// use portunus_auth::Secret;
/// let secret = Secret::from("swordfish");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "swordfish");
/// let from_a_file = Secret::new(String::from("swordfish\n").trim_end());
/// assert_eq!(from_a_file.expose(), secret.expose());
/// ```
#[derive(Clone)]
pub struct Secret {
    // Shared, so that moves and clones of a secret leave no copies of it behind.
    inner: Arc<Inner>,
}

struct Inner {
    text: Zeroizing<String>,
    read: Read,
}

/// What a text turned out to be.
enum Read {
    Own(SecretParts),
    /// With its digest, once that has been worked out.
    Jwt(OnceLock<[u8; TAG_BYTES]>),
    Nothing,
}

/// A secret that was made just now.
pub(crate) struct Issued {
    pub(crate) secret: Secret,
    pub(crate) id: PublicId,
    /// What its record is to carry.
    pub(crate) tag: Tag,
    /// What it is to carry beside that if it is a refresh token: the tag that all refresh tokens of its login have.
    pub(crate) login_tag: Tag,
}

/// What a secret is to be proven as.
pub(crate) enum Shown<'s> {
    /// A key or a token.
    Own(&'s SecretParts),
    /// Three parts with two dots between them, not read any further yet.
    Jwt { text: &'s str, digest: [u8; TAG_BYTES] },
    /// Nothing that could be one.
    Nothing,
}

/// A secret that could be read.
pub(crate) struct SecretParts {
    pub(crate) kind: SecretKind,
    pub(crate) public_id: PublicId,
    pub(crate) scope: Option<Arc<SecretScope>>,
    random: RandomPart,
    /// The tag that was worked out last, and for which store: the next transaction of this secret need not hash again.
    last_tag: OnceLock<(MacKeysId, Tag)>,
}

/// Which record proves a secret. Part of what is hashed, so that no kind passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// Made by an administrator, with a role named on it.
    Key,
    /// For an identity document.
    Token,
    /// Good for a new token of the same login, once, and for nothing else.
    Refresh,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct RandomPart([u8; 32]);

impl Secret {
    /// The secret with this text, whatever it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        let read = match SecretParts::read(&text) {
            Some(parts) => Read::Own(parts),
            None if looks_like_jwt(&text) => Read::Jwt(OnceLock::new()),
            None => Read::Nothing,
        };
        Self { inner: Arc::new(Inner { text, read }) }
    }

    /// The text, to be stored or sent. The only way to see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.inner.text
    }

    /// This secret, narrowed to `scope`. A secret that has a scope already opens nothing with a second one.
    ///
    /// ```
    /// use portunus_auth::{Secret, SecretScope};
    /// let narrowed = Secret::from("pk_…").scoped(&"@acme/eu#server".parse::<SecretScope>()?);
    /// assert_eq!(narrowed.expose(), "pk_…@acme/eu#server");
    /// # Ok::<(), portunus_auth::Error>(())
    /// ```
    #[must_use]
    pub fn scoped(&self, scope: &SecretScope) -> Self {
        let scope = scope.to_string();
        // Sized at once: a string that grows leaves its old bytes behind.
        let mut text = String::with_capacity(self.expose().len() + scope.len());
        text.push_str(self.expose());
        text.push_str(&scope);
        Self::new(text)
    }

    /// A new secret that nobody can guess.
    ///
    /// # Errors
    /// `Internal` if the operating system has no random bytes.
    pub(crate) fn issue(kind: SecretKind, keys: &MacKeys) -> Result<Issued> {
        let public_id = PublicId::new(u64::from_be_bytes(random_bytes()?));
        Ok(Self::issue_with(kind, public_id, RandomPart(random_bytes()?), keys))
    }

    /// The secret that takes the place of this one: of the same kind, under the same public id, and of the same login.
    ///
    /// # Errors
    /// As [`Secret::issue`].
    pub(crate) fn issue_next(&self, keys: &MacKeys) -> Result<Issued> {
        let parts = self.parts().ok_or_else(|| Error::Internal("nothing comes after no secret".into()))?;
        let mut random = RandomPart(random_bytes()?);
        random.take_login(&parts.random);
        Ok(Self::issue_with(parts.kind, parts.public_id, random, keys))
    }

    fn issue_with(kind: SecretKind, id: PublicId, random: RandomPart, keys: &MacKeys) -> Issued {
        let parts = SecretParts { kind, public_id: id, scope: None, random, last_tag: OnceLock::new() };
        let (tag, login_tag) = (parts.proof(keys), parts.proof_of_login(keys));
        Issued { secret: Self::new(parts.text()), id, tag, login_tag }
    }

    /// What could be read of it.
    pub(crate) fn shown(&self) -> Shown<'_> {
        let text = &self.inner.text;
        match &self.inner.read {
            Read::Own(parts) => Shown::Own(parts),
            Read::Jwt(digest) => {
                Shown::Jwt { text, digest: *digest.get_or_init(|| mac::digest(&[text.as_bytes()])) }
            }
            Read::Nothing => Shown::Nothing,
        }
    }

    /// The parts of a key or token.
    pub(crate) fn parts(&self) -> Option<&SecretParts> {
        match &self.inner.read {
            Read::Own(parts) => Some(parts),
            Read::Jwt(_) | Read::Nothing => None,
        }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            Some(parts) => write!(formatter, "Secret({}{}…)", parts.kind.prefix(), parts.public_id),
            None => formatter.write_str("Secret(…)"),
        }
    }
}

impl RandomPart {
    /// Takes over what the secrets of one login have in common.
    fn take_login(&mut self, other: &Self) {
        let common = self.0.iter_mut().zip(&other.0).take(LOGIN_BYTES);
        common.for_each(|(own, other)| *own = *other);
    }
}

impl SecretParts {
    /// The tag that tells the secrets of one login from all others.
    pub(crate) fn proof_of_login(&self, keys: &MacKeys) -> Tag {
        let mut login = RandomPart([0; 32]);
        login.take_login(&self.random);
        keys.proof(CODE_OF_LOGIN, self.public_id.number(), &login.0)
    }

    /// The tag that the secret's record must carry.
    pub(crate) fn proof(&self, keys: &MacKeys) -> Tag {
        let work_out = || keys.proof(self.kind.code(), self.public_id.number(), &self.random.0);
        match self.last_tag.get_or_init(|| (keys.id(), work_out())) {
            (id, tag) if *id == keys.id() => *tag,
            // The first store that the secret was shown to was another one.
            _ => work_out(),
        }
    }

    /// The tag for a text that is no secret: the same work, and no record carries it.
    pub(crate) fn proof_of_none(keys: &MacKeys) -> Tag {
        keys.proof(0, 0, &[0; 32])
    }

    fn read(text: &str) -> Option<Self> {
        let (secret, scope) = text.split_at_checked(SECRET_BYTES)?;
        let (checked, check) = secret.split_at_checked(CHECKED_BYTES)?;
        let (prefix, body) = checked.split_at_checked(PREFIX_BYTES)?;
        let kind = SecretKind::of_prefix(prefix)?;
        let mut checksum = [0; 4];
        base62::decode(check, &mut checksum)?;
        if u32::from_be_bytes(checksum) != crc32fast::hash(checked.as_bytes()) {
            return None;
        }
        let (id, random_text) = body.split_at_checked(PublicId::DIGITS)?;
        let public_id = id.parse().ok()?;
        let scope = if scope.is_empty() { None } else { Some(Arc::new(scope.parse().ok()?)) };
        let mut random = RandomPart([0; 32]);
        base62::decode(random_text, &mut random.0)?;
        Some(Self { kind, public_id, scope, random, last_tag: OnceLock::new() })
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(SECRET_BYTES);
        text.push_str(self.kind.prefix());
        base62::encode(&mut self.public_id.number().to_be_bytes(), &mut text, PublicId::DIGITS);
        base62::encode(&mut self.random.0.clone(), &mut text, RANDOM_DIGITS);
        let checksum = crc32fast::hash(text.as_bytes());
        base62::encode(&mut checksum.to_be_bytes(), &mut text, CHECK_DIGITS);
        text
    }
}

/// Two dots, and more than nothing around each of them: whatever else it is, it is proven as a JWT or not at all.
fn looks_like_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    parts.by_ref().take(3).filter(|part| !part.is_empty()).count() == 3 && parts.next().is_none()
}

impl SecretKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Key => "pk_",
            Self::Token => "pt_",
            Self::Refresh => "pr_",
        }
    }

    fn of_prefix(prefix: &str) -> Option<Self> {
        [Self::Key, Self::Token, Self::Refresh].into_iter().find(|kind| kind.prefix() == prefix)
    }

    /// The byte that is hashed. 0 is never a kind, nor is [`CODE_OF_LOGIN`].
    fn code(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Token => 2,
            Self::Refresh => 3,
        }
    }
}

#[cfg(test)]
mod tests;
