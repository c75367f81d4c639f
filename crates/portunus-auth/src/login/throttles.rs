//! How often passwords may be tried, kept in the store so that a restart forgives nothing. It knows nothing of whether a
//! password was right, nor whether there is anybody whom it could be right for.

use super::retried;
use crate::mac::digest;
use crate::throttle::{Bucket, Wait};
use crate::{By, Error, Result, ThrottleLimits, base64url};
use crate::{login::Named, view::Tried};
use parking_lot::Mutex;
use portunus_scope::{DatabaseId, Durability, SystemCollection, Timestamp, Tree, TreeReader, TreeWriter};

/// What is limited in all databases of a store.
pub(crate) struct Throttles {
    of_credential: ThrottleLimits,
    of_source: ThrottleLimits,
    /// Whoever takes or gives back does so alone, so that two of them never get into a conflict.
    turn: Mutex<()>,
}

/// The buckets that one attempt takes from.
pub(crate) struct Attempt {
    database: DatabaseId,
    buckets: Vec<(String, ThrottleLimits)>,
}

impl Throttles {
    pub(crate) fn new(of_credential: ThrottleLimits, of_source: ThrottleLimits) -> Self {
        Self { of_credential, of_source, turn: Mutex::new(()) }
    }

    /// The attempt at a password that comes from a source. Its buckets are named by what the caller has said, so they
    /// are the same whether or not there is anybody of that name.
    ///
    /// # Errors
    /// As [`By::key`].
    pub(crate) fn attempt(&self, tried: &Tried, source: Option<&str>) -> Result<Attempt> {
        let mut buckets = vec![(bucket_of_name(tried.collection, &tried.by)?, self.of_credential)];
        buckets.extend(source.map(|source| (name("source", &[source.as_bytes()]), self.of_source)));
        Ok(Attempt { database: tried.database, buckets })
    }

    /// Takes from each bucket, or from none. It is committed before this returns: whatever happens next, the attempt counts.
    ///
    /// # Errors
    /// `Throttled` if one of them is empty; as every write.
    pub(crate) fn take(&self, tree: &Tree, attempt: &Attempt) -> Result<()> {
        let _turn = self.turn.lock();
        retried(|| {
            let mut writer = tree.begin_write()?;
            let (mut kept, mut refused, mut longest) = (Vec::new(), Vec::new(), None);
            for (id, limits) in &attempt.buckets {
                let now = writer.now();
                let mut bucket = stored(&writer, attempt.database, id)?.unwrap_or(Bucket::full(*limits, now));
                let before = bucket;
                match bucket.take(*limits, now) {
                    Ok(()) => kept.push((id, bucket, limits)),
                    Err(Wait(wait)) => {
                        longest = longest.max(Some(wait));
                        if bucket != before {
                            refused.push((id, bucket, limits));
                        }
                    }
                }
            }
            let kept = if longest.is_some() { refused } else { kept };
            if !kept.is_empty() {
                for (id, bucket, limits) in kept {
                    put(&mut writer, attempt.database, id, bucket, *limits)?;
                }
                writer.commit(Durability::Immediate)?;
            }
            longest.map_or(Ok(()), |retry_after| Err(Error::Throttled { retry_after }))
        })
    }

    /// Gives back what a right password has taken. Should that fail, the next ones wait a little longer.
    pub(crate) fn give_back(&self, tree: &Tree, attempt: &Attempt) {
        let _turn = self.turn.lock();
        let given = retried(|| {
            let mut writer = tree.begin_write()?;
            for (id, limits) in &attempt.buckets {
                // One that is gone is full.
                if let Some(mut bucket) = stored(&writer, attempt.database, id)? {
                    bucket.give_back(*limits);
                    put(&mut writer, attempt.database, id, bucket, *limits)?;
                }
            }
            writer.commit(Durability::Relaxed)?;
            Ok(())
        });
        if let Err(error) = given {
            tracing::debug!(%error, "what a right password has taken was not given back");
        }
    }
}

fn stored(reader: &TreeReader, database: DatabaseId, id: &str) -> Result<Option<Bucket>> {
    let found = reader.unfiltered_system_get(database, SystemCollection::Throttle, id)?;
    found.map(|found| Bucket::from_value(found.root())).transpose()
}

fn put(
    writer: &mut TreeWriter,
    database: DatabaseId,
    id: &str,
    bucket: Bucket,
    limits: ThrottleLimits,
) -> Result<()> {
    let full_at: Timestamp = bucket.full_at(limits);
    let throttle = SystemCollection::Throttle;
    if full_at <= writer.now() {
        return Ok(writer.unfiltered_system_delete(database, throttle, id)?);
    }
    Ok(writer.unfiltered_system_put_until(database, throttle, id, &bucket.to_value(), full_at)?)
}

fn bucket_of_name(collection: u32, by: &By) -> Result<String> {
    let collection = collection.to_be_bytes();
    Ok(match &by.named {
        Named::Id(_) => name("id", &[&collection, &by.key()?]),
        Named::Index { name: index, .. } => name("index", &[&collection, index.as_bytes(), &by.key()?]),
    })
}

/// The name of a bucket: of one length, and without what somebody may have typed into the wrong field.
fn name(kind: &str, parts: &[&[u8]]) -> String {
    let parts: Vec<&[u8]> = [kind.as_bytes()].into_iter().chain(parts.iter().copied()).collect();
    base64url::encode(&digest(&parts))
}
