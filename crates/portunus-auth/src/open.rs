//! From a secret to a principal: read, proven, resolved. The only place that decides whether a secret opens anything,
//! and so the only source of refusals. It knows nothing of what a principal then does.

mod open_jwt;
mod place;
mod proof;
mod prove_jwt;
mod renewal;
mod resolve;
mod resolve_jwt;
mod roles;
mod suppose;

pub(crate) use proof::{Proof, Proven, Running};
pub(crate) use renewal::Renewal;
pub(crate) use resolve::resolve;
pub(crate) use suppose::{Supposed, lineage_of, suppose};

use crate::audit::Heard;
use crate::jwks::JwksCache;
use crate::kept::Kept;
use crate::key_record::KeyRecord;
use crate::mac::{MacKeys, TAG_BYTES};
use crate::principal::Principal;
use crate::refusal::{OpenError, Refusal};
use crate::role_book::RoleBook;
use crate::secret::{SecretParts, Shown};
use crate::{Error, PublicId, Result, Secret, SecretScope};
use portunus_scope::{DatabaseId, Document, Durability, Timestamp, Tree, TreeReader, TreeWriter, Version};
use proof::Claim;
use prove_jwt::LoadedProvider;
use std::sync::Arc;

/// The most access providers that are kept ready.
const PROVIDERS_KEPT: usize = 256;

/// How often a collection is marked again for one opening because others change it meanwhile.
const MARKED_MAX: usize = 16;

/// What comes of an opening.
pub(crate) type Opened<T> = std::result::Result<T, OpenError>;

/// What opens the transactions of one store.
pub(crate) struct Opener {
    keys: MacKeys,
    /// Principals of recent readers. A commit can make an entry useless, never wrong: see [`Known::holds`].
    known: Option<Kept<KnownKey, Known>>,
    /// Access providers whose JWTs were verified lately.
    providers: Kept<(DatabaseId, u32), Arc<LoadedProvider>>,
    roles: RoleBook,
    jwks: JwksCache,
    /// What is read in the place of a record that is not there.
    no_key: Document,
}

/// A principal, how it was proven, and until when it is known to be right.
#[derive(Clone)]
struct Known {
    proof: Proof,
    principal: Arc<Principal>,
    read_at: Version,
    /// When that was. What had ended then has not ended yet for a clock that says that it is earlier.
    known_at: Timestamp,
}

/// What tells one use of one secret from all others: which secret, what it was narrowed to, and which procedure runs.
#[derive(PartialEq, Eq, Hash)]
enum KnownKey {
    Own(PublicId, Option<Arc<SecretScope>>, Option<Arc<str>>),
    Jwt([u8; TAG_BYTES], Option<Arc<str>>),
}

impl Known {
    /// Whether the principal is the same for a reader. What it was derived from are watched records; none of them has
    /// changed since the later of both snapshots if the last watched commit is in the earlier one.
    fn holds(&self, reader: &TreeReader, epoch: Version) -> bool {
        epoch <= reader.version() && epoch <= self.read_at && reader.now() >= self.known_at
    }
}

impl Opener {
    /// `principals_max` is the most principals that are kept for later readers; with 0 none is.
    ///
    /// # Errors
    /// None but a fault in this program.
    pub(crate) fn new(keys: MacKeys, principals_max: usize, jwks: JwksCache) -> Result<Self> {
        let known = (principals_max > 0).then(|| Kept::new(principals_max));
        let (providers, roles) = (Kept::new(PROVIDERS_KEPT), RoleBook::new());
        Ok(Self { keys, known, providers, roles, jwks, no_key: KeyRecord::of_no_key()? })
    }

    /// The roles that are kept ready.
    pub(crate) fn roles(&self) -> &RoleBook {
        &self.roles
    }

    /// The key sets of access providers.
    pub(crate) fn jwks(&self) -> &JwksCache {
        &self.jwks
    }

    pub(crate) fn keys(&self) -> &MacKeys {
        &self.keys
    }

    /// A reader, and who reads: the holder of the secret, with the rights of a procedure if one is named.
    ///
    /// # Errors
    /// That the secret is refused; as every read of the store.
    pub(crate) fn open_read(
        &self,
        tree: &Tree,
        secret: &Secret,
        procedure: Option<&Running>,
    ) -> Opened<(TreeReader, Proof, Arc<Principal>)> {
        match secret.shown() {
            Shown::Own(parts) => self.open_own(tree, parts, procedure),
            Shown::Jwt { text, digest } => self.open_jwt(tree, (text, digest), procedure),
            Shown::Nothing => {
                // The work of those that can be read, so that only the missing look-up tells them apart.
                std::hint::black_box(SecretParts::proof_of_none(&self.keys));
                Err(Refusal::Malformed.of(None))
            }
        }
    }

    /// A writer, and who writes. The secret is proven before the writer begins; what it rests on is then read through
    /// the writer, so that a commit depends on it.
    ///
    /// # Errors
    /// That the secret is refused; as every read of the store; `ReadOnly`.
    pub(crate) fn open_write(
        &self,
        tree: &Tree,
        secret: &Secret,
        procedure: Option<&Running>,
    ) -> Opened<(TreeWriter, Proof, Arc<Principal>)> {
        let (_, proof, read) = self.open_read(tree, secret, procedure)?;
        let writer = tree.begin_write()?;
        match resolve(&writer, &self.roles, &proof) {
            // The collection has been replaced since the reader began: begun again, all is well.
            Err(OpenError::Unmarked { .. }) => Err(OpenError::Failed(Error::Conflict)),
            principal => Ok((writer, proof, Arc::new(Principal { heard: read.heard, ..principal? }))),
        }
    }

    fn open_own(
        &self,
        tree: &Tree,
        parts: &SecretParts,
        procedure: Option<&Running>,
    ) -> Opened<(TreeReader, Proof, Arc<Principal>)> {
        let claim = Claim { parts, tag: parts.proof(&self.keys) };
        let reader = tree.begin_read()?;
        let key = KnownKey::Own(parts.public_id, parts.scope.clone(), name_of(procedure));
        if let Some((proof, principal)) = self.recall(&reader, tree, &key, &claim) {
            let proof = Proof { procedure: procedure.cloned(), ..proof };
            return Ok((reader, proof, principal));
        }
        let proof = Proof { proven: claim.prove(&reader, &self.no_key)?, procedure: procedure.cloned() };
        let (reader, principal) = resolve_marked(tree, &self.roles, reader, &proof)?;
        Ok(self.keep(key, reader, proof, principal)?)
    }

    /// The principal that an earlier reader came by, if it is still right. One whose tag is not the secret's is not
    /// answered from here: the secret is refused where all others are, after the same work.
    fn recall(
        &self,
        reader: &TreeReader,
        tree: &Tree,
        key: &KnownKey,
        claim: &Claim<'_>,
    ) -> Option<(Proof, Arc<Principal>)> {
        let known = self.known.as_ref()?.find(key)?;
        // The epoch is loaded after the snapshot and the entry, so that it covers all that was committed before either:
        // the entry may come from a reader that began after this one.
        if !known.holds(reader, tree.epoch()) || !claim.is(&known.proof) {
            return None;
        }
        if known.principal.expires_at.is_some_and(|at| reader.now() >= at) {
            return None;
        }
        Some((known.proof, known.principal))
    }

    /// Notes who reads, for later readers.
    fn keep(
        &self,
        key: KnownKey,
        reader: TreeReader,
        proof: Proof,
        principal: Principal,
    ) -> Result<(TreeReader, Proof, Arc<Principal>)> {
        let heard = Heard::load(&reader, principal.database)?;
        let principal = Arc::new(Principal { heard, ..principal });
        if let Some(known) = &self.known
            && principal.is_worth_keeping()
        {
            let (proof, principal) = (proof.clone(), principal.clone());
            known.keep(key, Known { proof, principal, read_at: reader.version(), known_at: reader.now() });
        }
        Ok((reader, proof, principal))
    }
}

fn name_of(procedure: Option<&Running>) -> Option<Arc<str>> {
    procedure.map(|running| running.name.clone())
}

/// Who a proven secret stands for in the state that the reader sees, or in a later one: before somebody stands for a
/// document of a collection for the first time, that is marked as one that holds identities, so that from then on their
/// changes are noticed by whoever does.
fn resolve_marked(
    tree: &Tree,
    roles: &RoleBook,
    mut reader: TreeReader,
    proof: &Proof,
) -> Opened<(TreeReader, Principal)> {
    for _ in 0..MARKED_MAX {
        match resolve(&reader, roles, proof) {
            Err(OpenError::Unmarked { database, collection }) => match mark(tree, database, &collection) {
                // Others were faster: they have marked it, or dropped it. What came of it is in the newest state.
                Ok(()) | Err(Error::Conflict | Error::NotFound(_)) => reader = tree.begin_read()?,
                Err(error) => return Err(error.into()),
            },
            principal => return Ok((reader, principal?)),
        }
    }
    Err(OpenError::Failed(Error::Conflict))
}

fn mark(tree: &Tree, database: DatabaseId, collection: &str) -> Result<()> {
    let mut writer = tree.begin_write()?;
    writer.mark_identities(database, collection)?;
    writer.commit(Durability::Immediate)?;
    Ok(())
}
