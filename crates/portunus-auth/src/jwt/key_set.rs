//! The public keys of one issuer (a JWKS), of which a token selects at most one. It knows nothing of where they were found.

use super::Algorithm;
use super::verifying_key::VerifyingKey;
use crate::{Error, Result};
use portunus_scope::Value;

/// The most bytes of a key set. The largest in use have some ten thousand.
pub const KEY_SET_BYTES_MAX: usize = 256 << 10;
/// The most entries of a key set.
const KEYS_MAX: usize = 1_000;

/// The public keys of one issuer.
///
/// Entries that cannot be used are passed over, because issuers put keys for all purposes into one set: private and
/// symmetric keys, keys that are not for verifying signatures, keys that are too weak, and keys of kinds that no
/// [`Algorithm`] is for. An id that several of the others have selects none of them: which key a token is verified with must
/// not depend on the order in which they are listed.
///
/// ```
/// use portunus_auth::KeySet;
/// let keys = KeySet::from_json(br#"{"keys": [
///     {"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kid": "b", "kty": "oct", "k": "c3dvcmRmaXNo"}
/// ]}"#)?;
/// assert_eq!(keys.ids().collect::<Vec<_>>(), [Some("a")]);
/// assert!(KeySet::from_json(br#"{"keys": [{"kid": "b", "kty": "oct", "k": "c3dvcmRmaXNo"}]}"#).is_err());
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
    shows_private_keys: bool,
}

impl KeySet {
    /// Reads a JSON Web Key Set.
    ///
    /// # Errors
    /// `Limit` for more than 256 KiB or 1,000 entries; `Invalid` if it is not a strict JSON object with the list `keys`, or
    /// if none of them can be used.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        if json.len() > KEY_SET_BYTES_MAX {
            return Err(Error::Limit { what: "key set", actual: json.len(), max: KEY_SET_BYTES_MAX });
        }
        // What the parser says would repeat names from the set, however long they are.
        let set = std::str::from_utf8(json).ok().and_then(|text| Value::from_json(text).ok());
        let set = set.ok_or_else(|| Error::invalid("", "is not strict JSON"))?;
        let entries = set.member("keys").and_then(Value::as_array);
        let entries = entries.ok_or_else(|| Error::invalid("keys", "is not a list of keys"))?;
        if entries.len() > KEYS_MAX {
            return Err(Error::Limit { what: "list of keys", actual: entries.len(), max: KEYS_MAX });
        }
        let (keys, fault) = usable(entries);
        let shows_private_keys = entries.iter().any(VerifyingKey::shows_private);
        match (keys.is_empty(), fault) {
            (false, _) => Ok(Self { keys, shows_private_keys }),
            (true, None) => Err(Error::invalid("keys", "is empty")),
            (true, Some(fault)) => {
                Err(Error::invalid("keys", format!("has no usable key: the first {fault}")))
            }
        }
    }

    /// The ids of the keys that can be used. A key without an id serves tokens without one, if it is the only key.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.keys.iter().map(VerifyingKey::id)
    }

    /// Whether it has a key for one of these algorithms.
    pub(crate) fn serves(&self, algorithms: &[Algorithm]) -> bool {
        self.keys.iter().any(|key| algorithms.iter().any(|algorithm| key.is_for(*algorithm)))
    }

    /// Whether it was read from a set with a private or symmetric key in it, which is passed over as any other that
    /// cannot be used, but is nothing to keep.
    pub(crate) fn shows_private_keys(&self) -> bool {
        self.shows_private_keys
    }

    /// The one key that a token with this id and algorithm is to be verified with.
    pub(crate) fn select(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&VerifyingKey> {
        let mut candidates = self.keys.iter().filter(|key| id.is_none() || key.id() == id);
        let only = candidates.next().filter(|_| candidates.next().is_none());
        only.filter(|key| key.is_for(algorithm))
    }
}

/// The keys that can be used, and what is wrong with the first of the others.
fn usable(entries: &[Value]) -> (Vec<VerifyingKey>, Option<&'static str>) {
    let mut fault = None;
    let mut keys = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        match VerifyingKey::read(entry) {
            Ok(key) => keys.push(key),
            Err(reason) => {
                tracing::debug!(place, reason, "an entry of a key set was passed over");
                fault.get_or_insert(reason);
            }
        }
    }
    (keys, fault)
}
