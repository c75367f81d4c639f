//! From a secret to a principal: read, proven, resolved. The only place that decides whether a secret opens anything,
//! and so the only source of the one error for those that do not. It knows nothing of what a principal then does.

use crate::key_record::KeyRecord;
use crate::mac::{MacKeys, Tag};
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::role::BuiltInRole;
use crate::secret::SecretParts;
use crate::{PublicId, Result, Secret, SecretScope};
use portunus_scope::{DatabaseId, Document, Error as ScopeError, Tree, TreeReader, TreeWriter, Version};
use quick_cache::sync::Cache;
use std::sync::Arc;

/// What opens the transactions of one store.
pub(crate) struct Opener {
    keys: MacKeys,
    /// Principals of recent readers. A commit can make an entry useless, never wrong: see [`Known::holds`].
    known: Option<Cache<KnownKey, Known>>,
    /// What is read in the place of a record that is not there.
    no_key: Document,
}

/// A secret that could be read, with the tag that its record must carry.
struct Claim<'s> {
    parts: &'s SecretParts,
    tag: Tag,
}

/// A secret whose tag was that of its record, in some snapshot. There is no other way to come by one.
#[derive(Clone)]
pub(crate) struct Proof {
    id: PublicId,
    tag: Tag,
    scope: Option<Arc<SecretScope>>,
}

/// A principal, and until when it is known to be right.
#[derive(Clone)]
struct Known {
    tag: Tag,
    principal: Arc<Principal>,
    read_at: Version,
}

/// A secret's public id and what it was narrowed to.
#[derive(PartialEq, Eq, Hash)]
struct KnownKey(PublicId, Option<Arc<SecretScope>>);

/// The same, borrowed: it hashes as the owned one does.
#[derive(Hash)]
struct KnownKeyRef<'s>(PublicId, Option<&'s Arc<SecretScope>>);

impl quick_cache::Equivalent<KnownKey> for KnownKeyRef<'_> {
    fn equivalent(&self, key: &KnownKey) -> bool {
        self.0 == key.0 && self.1 == key.1.as_ref()
    }
}

impl Known {
    /// Whether the principal is the same in a snapshot. What it was derived from are watched records; none of them
    /// has changed since the later of both snapshots if the last watched commit is in the earlier one.
    fn holds(&self, snapshot: Version, epoch: Version) -> bool {
        epoch <= snapshot && epoch <= self.read_at
    }
}

impl Opener {
    /// `principals_max` is the most principals that are kept for later readers; with 0 none is.
    ///
    /// # Errors
    /// None but a fault in this program.
    pub(crate) fn new(keys: MacKeys, principals_max: usize) -> Result<Self> {
        let known = (principals_max > 0).then(|| Cache::new(principals_max));
        Ok(Self { keys, known, no_key: KeyRecord::of_no_key()? })
    }

    pub(crate) fn keys(&self) -> &MacKeys {
        &self.keys
    }

    /// A reader, and who reads.
    ///
    /// # Errors
    /// `Unauthenticated`; as every read of the store.
    pub(crate) fn open_read(
        &self,
        tree: &Tree,
        secret: &Secret,
    ) -> Result<(TreeReader, Proof, Arc<Principal>)> {
        let claim = self.claim(secret)?;
        let reader = tree.begin_read()?;
        if let Some((proof, principal)) = self.recall(&reader, tree, &claim) {
            return Ok((reader, proof, principal));
        }
        let found = KeyRecord::find(&reader, claim.parts.public_id)?;
        let (proof, record) = claim.prove(found, &self.no_key)?;
        let principal = Arc::new(resolve_record(&reader, &proof, &record)?);
        if let Some(known) = &self.known {
            let entry = Known { tag: claim.tag, principal: principal.clone(), read_at: reader.version() };
            known.insert(KnownKey(proof.id, proof.scope.clone()), entry);
        }
        Ok((reader, proof, principal))
    }

    /// A writer, and who writes. The secret is proven before the writer begins; what it rests on is then read through
    /// the writer, so that a commit depends on it.
    ///
    /// # Errors
    /// `Unauthenticated`; as every read of the store; `ReadOnly`.
    pub(crate) fn open_write(
        &self,
        tree: &Tree,
        secret: &Secret,
    ) -> Result<(TreeWriter, Proof, Arc<Principal>)> {
        let (_, proof, _) = self.open_read(tree, secret)?;
        let writer = tree.begin_write()?;
        let principal = Arc::new(resolve(&writer, &proof)?);
        Ok((writer, proof, principal))
    }

    fn claim<'s>(&self, secret: &'s Secret) -> Result<Claim<'s>> {
        match secret.parts() {
            Some(parts) => Ok(Claim { parts, tag: parts.proof(&self.keys) }),
            None => {
                // The work of those that can be read, so that only the missing look-up tells them apart.
                std::hint::black_box(SecretParts::proof_of_none(&self.keys));
                Err(Refusal::Malformed.unauthenticated(None))
            }
        }
    }

    /// The principal that an earlier reader came by, if it is still right. One whose tag is not the secret's is not
    /// answered from here: the secret is refused where all others are, after the same work.
    fn recall(&self, reader: &TreeReader, tree: &Tree, claim: &Claim<'_>) -> Option<(Proof, Arc<Principal>)> {
        let parts = claim.parts;
        let known = self.known.as_ref()?.get(&KnownKeyRef(parts.public_id, parts.scope.as_ref()))?;
        // The epoch is loaded after the snapshot and the entry, so that it covers all that was committed before either:
        // the entry may come from a reader that began after this one.
        if !known.holds(reader.version(), tree.epoch()) || known.tag != claim.tag {
            return None;
        }
        if known.principal.expires_at.is_some_and(|at| reader.now() >= at) {
            return None;
        }
        Some((claim.proof(), known.principal))
    }
}

impl Claim<'_> {
    /// Compares the tags. Where there is no record, one that no secret proves is read and compared in its place.
    fn prove(&self, found: Option<KeyRecord>, no_key: &Document) -> Result<(Proof, KeyRecord)> {
        let (record, otherwise) = match found {
            Some(record) => (record, Refusal::Wrong),
            None => (KeyRecord::read(self.parts.public_id, no_key)?, Refusal::Unknown),
        };
        let is_known = otherwise == Refusal::Wrong;
        if std::hint::black_box(record.tag == self.tag) && is_known {
            Ok((self.proof(), record))
        } else {
            Err(otherwise.unauthenticated(Some(self.parts.public_id)))
        }
    }

    fn proof(&self) -> Proof {
        Proof { id: self.parts.public_id, tag: self.tag, scope: self.parts.scope.clone() }
    }
}

/// Who a proven secret stands for in the state that `reader` sees.
///
/// # Errors
/// `Unauthenticated` if it opens nothing there; as every read of the store.
pub(crate) fn resolve(reader: &TreeReader, proof: &Proof) -> Result<Principal> {
    match KeyRecord::find(reader, proof.id)? {
        Some(record) if record.tag == proof.tag => resolve_record(reader, proof, &record),
        Some(_) => Err(Refusal::Wrong.unauthenticated(Some(proof.id))),
        None => Err(Refusal::Unknown.unauthenticated(Some(proof.id))),
    }
}

fn resolve_record(reader: &TreeReader, proof: &Proof, record: &KeyRecord) -> Result<Principal> {
    let refuse = |refusal: Refusal| refusal.unauthenticated(Some(proof.id));
    if record.expires_at.is_some_and(|at| reader.now() >= at) {
        return Err(refuse(Refusal::Expired));
    }
    let own_role = BuiltInRole::named(record.role.as_str()).ok_or_else(|| refuse(Refusal::Role))?;
    let (database, role) = match &proof.scope {
        None => (record.target, own_role),
        Some(_) if own_role != BuiltInRole::Admin => return Err(refuse(Refusal::Scope)),
        Some(scope) => {
            let database =
                reader.resolve(record.target, scope.path())?.ok_or_else(|| refuse(Refusal::Scope))?;
            (database.id, scope.built_in_role().ok_or_else(|| refuse(Refusal::Role))?)
        }
    };
    let database_public_id = check_database(reader, database, record)?.map_err(refuse)?;
    Ok(Principal {
        key: proof.id,
        database,
        database_public_id,
        role,
        rights: role.rights(),
        scope: proof.scope.clone(),
        expires_at: record.expires_at,
    })
}

/// The public id of the database that is opened, if it and all above it are open, and it lies below the one that the
/// key was made for, and that below the key's owner.
fn check_database(
    reader: &TreeReader,
    database: DatabaseId,
    record: &KeyRecord,
) -> Result<std::result::Result<String, Refusal>> {
    let lineage = match reader.lineage(database) {
        Ok(lineage) => lineage,
        Err(ScopeError::NotFound(_)) => return Ok(Err(Refusal::NoDatabase)),
        Err(error) => return Err(error.into()),
    };
    let place = |id: DatabaseId| lineage.iter().position(|one| one.id == id);
    match (place(record.target), place(record.owner)) {
        (Some(target), Some(owner)) if target <= owner => {}
        _ => return Ok(Err(Refusal::NoDatabase)),
    }
    if lineage.iter().any(|one| one.disabled) {
        return Ok(Err(Refusal::Disabled));
    }
    Ok(lineage.into_iter().next().map(|own| own.public_id).ok_or(Refusal::NoDatabase))
}
