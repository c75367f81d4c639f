//! The step from a secret that was shown to one that is proven: its tag is that of a record. There is no other way to
//! come by a proof. It knows nothing of what the record lets its holder do.

use super::Opened;
use super::prove_jwt::ProvenJwt;
use crate::key_record::KeyRecord;
use crate::mac::Tag;
use crate::refusal::Refusal;
use crate::secret::{SecretKind, SecretParts};
use crate::token_record::TokenRecord;
use crate::{PublicId, SecretScope};
use portunus_scope::{Document, TreeReader, Value};
use std::sync::Arc;

/// A secret that could be read, with the tag that its record must carry.
pub(super) struct Claim<'s> {
    pub(super) parts: &'s SecretParts,
    pub(super) tag: Tag,
}

/// A secret that was proven in some snapshot, and the procedure that runs for its holder, if one does.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) proven: Proven,
    pub(crate) procedure: Option<Running>,
}

/// A procedure that runs for somebody.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) name: Arc<str>,
    /// What it was called with, which whoever may call it may depend on.
    pub(crate) arguments: Arc<Value>,
}

/// A secret that was proven in some snapshot.
#[derive(Clone)]
pub(crate) enum Proven {
    Key { id: PublicId, tag: Tag, scope: Option<Arc<SecretScope>> },
    Token { id: PublicId, tag: Tag },
    Jwt(Arc<ProvenJwt>),
}

impl Claim<'_> {
    /// Compares the tags. Where there is no record, one that no secret proves is read and compared in its place.
    pub(super) fn prove(&self, reader: &TreeReader, no_key: &Document) -> Opened<Proven> {
        let id = self.parts.public_id;
        let found = match self.parts.kind {
            SecretKind::Key => KeyRecord::find(reader, id)?.map(|record| (record.tag, record.target)),
            SecretKind::Token | SecretKind::Refresh => {
                TokenRecord::find(reader, id)?.map(|record| (record.tag, record.database))
            }
        };
        let (tag, otherwise) = match found {
            Some((tag, database)) => (tag, Refusal::Wrong.in_database(id, database)),
            None => (KeyRecord::read(id, no_key)?.tag, Refusal::Unknown.of(Some(id))),
        };
        if !(std::hint::black_box(tag == self.tag) && found.is_some()) {
            return Err(otherwise);
        }
        match (self.parts.kind, &self.parts.scope) {
            (SecretKind::Key, scope) => Ok(Proven::Key { id, tag, scope: scope.clone() }),
            (SecretKind::Token, None) => Ok(Proven::Token { id, tag }),
            (SecretKind::Token | SecretKind::Refresh, Some(_)) => Err(Refusal::Scope.of(Some(id))),
            (SecretKind::Refresh, None) => Err(Refusal::Refresh.of(Some(id))),
        }
    }

    /// The record of a refresh token, and whether its secret is this one: it may be that of the next one already. Where
    /// there is no record, one that no secret proves is compared in its place.
    pub(super) fn login(&self, reader: &TreeReader, no_key: &Document) -> Opened<(TokenRecord, bool)> {
        let id = self.parts.public_id;
        let found = match (self.parts.kind, &self.parts.scope) {
            (SecretKind::Refresh, None) => TokenRecord::find(reader, id)?,
            (SecretKind::Key | SecretKind::Token, _) | (SecretKind::Refresh, Some(_)) => None,
        };
        let tag = match &found {
            Some(record) => record.tag,
            None => KeyRecord::read(id, no_key)?.tag,
        };
        let is_present = std::hint::black_box(tag == self.tag);
        found.map(|record| (record, is_present)).ok_or_else(|| Refusal::Unknown.of(Some(id)))
    }

    /// Whether this is the secret that a proof was for.
    pub(super) fn is(&self, proof: &Proof) -> bool {
        let (kind, proven) = match &proof.proven {
            Proven::Key { tag, .. } => (SecretKind::Key, tag),
            Proven::Token { tag, .. } => (SecretKind::Token, tag),
            Proven::Jwt(_) => return false,
        };
        kind == self.parts.kind && *proven == self.tag
    }
}
