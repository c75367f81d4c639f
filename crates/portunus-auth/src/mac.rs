//! Keyed hashes: the proof of a secret and the seal of a cursor. It knows nothing of stores or principals.

use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of the store's key, and of every tag.
pub(crate) const TAG_BYTES: usize = 32;

/// What the keys for the two uses are derived with. A change here would invalidate every stored secret.
const PROOF_CONTEXT: &str = "portunus 2026-11 proof of a secret";
const SEAL_CONTEXT: &str = "portunus 2026-11 seal of a cursor";

/// The keys that one store hashes with, derived from the one that it keeps.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct MacKeys {
    #[zeroize(skip)]
    id: MacKeysId,
    proof: [u8; TAG_BYTES],
    seal: [u8; TAG_BYTES],
}

/// Tells the keys of one open store from those of all others of this process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct MacKeysId(u64);

/// A keyed hash. Compared in constant time; not a secret itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(blake3::Hash);

impl MacKeys {
    /// The keys of the store whose own key is `store_key`.
    pub(crate) fn derive(store_key: &[u8; TAG_BYTES]) -> Self {
        static DERIVED: AtomicU64 = AtomicU64::new(0);
        Self {
            id: MacKeysId(DERIVED.fetch_add(1, Ordering::Relaxed)),
            proof: blake3::derive_key(PROOF_CONTEXT, store_key),
            seal: blake3::derive_key(SEAL_CONTEXT, store_key),
        }
    }

    pub(crate) fn id(&self) -> MacKeysId {
        self.id
    }

    /// The tag of a secret: of its random part, bound to its kind and public id, so that no record can stand in for
    /// another. One block of the hash.
    pub(crate) fn proof(&self, kind: u8, public_id: u64, random: &[u8; 32]) -> Tag {
        let mut input = [0u8; 41];
        let (head, tail) = input.split_at_mut(9);
        if let Some((first, id)) = head.split_first_mut() {
            *first = kind;
            id.copy_from_slice(&public_id.to_be_bytes());
        }
        tail.copy_from_slice(random);
        let tag = Tag(blake3::keyed_hash(&self.proof, &input));
        input.zeroize();
        tag
    }

    /// The tag of a list of parts. The length of each goes in before it, so that no two lists read alike.
    pub(crate) fn seal(&self, parts: &[&[u8]]) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(&self.seal);
        add_parts(&mut hasher, parts);
        Tag(hasher.finalize())
    }
}

/// A hash of a list of parts that needs no key: what is looked up by it is compared by it alone. The length of each part
/// goes in before it.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; TAG_BYTES] {
    let mut hasher = blake3::Hasher::new();
    add_parts(&mut hasher, parts);
    *hasher.finalize().as_bytes()
}

/// The hash of a record in a chain: of the hash before it, its place and its text. Anybody can work it out again.
pub(crate) fn link(previous: &[u8; TAG_BYTES], sequence: u64, text: &str) -> [u8; TAG_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous).update(&sequence.to_be_bytes()).update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

/// A hash in hexadecimal digits.
pub(crate) fn hex(hash: [u8; TAG_BYTES]) -> String {
    blake3::Hash::from_bytes(hash).to_hex().to_string()
}

fn add_parts(hasher: &mut blake3::Hasher, parts: &[&[u8]]) {
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(&length.to_be_bytes());
        hasher.update(part);
    }
}

impl Tag {
    /// The stored form.
    pub(crate) fn as_bytes(&self) -> &[u8; TAG_BYTES] {
        self.0.as_bytes()
    }

    /// From the stored form.
    pub(crate) fn from_bytes(bytes: [u8; TAG_BYTES]) -> Self {
        Self(blake3::Hash::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{MacKeys, Tag};

    #[test]
    fn a_proof_depends_on_the_store_the_kind_the_id_and_the_random_part() {
        let keys = MacKeys::derive(&[1; 32]);
        let tag = keys.proof(1, 7, &[2; 32]);
        assert!(tag == keys.proof(1, 7, &[2; 32]));
        assert!(tag == Tag::from_bytes(*tag.as_bytes()));
        assert!(tag != MacKeys::derive(&[3; 32]).proof(1, 7, &[2; 32]), "another store");
        assert!(tag != keys.proof(2, 7, &[2; 32]), "another kind");
        assert!(tag != keys.proof(1, 8, &[2; 32]), "another id");
        assert!(tag != keys.proof(1, 7, &[4; 32]), "another random part");
    }

    #[test]
    fn a_seal_tells_lists_apart_that_run_together_alike() {
        let keys = MacKeys::derive(&[1; 32]);
        assert!(keys.seal(&[b"ab", b"c"]) != keys.seal(&[b"a", b"bc"]));
        assert!(keys.seal(&[b"abc"]) != keys.seal(&[b"abc", b""]));
        assert!(keys.seal(&[b"abc"]) == keys.seal(&[b"abc"]));
    }
}
