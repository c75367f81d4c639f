//! When tokens were last used: noted in memory where a token opens something, brought to the store now and then, so that
//! the way of a transaction writes nothing. It knows nothing of who may see it.

use crate::{Error, PublicId, Result};
use parking_lot::Mutex;
use portunus_scope::{DatabaseId, Durability, SystemCollection, Timestamp, Tree, TreeReader, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How coarse the time is: a token that is used all the time is noted this often.
const NOTED_EVERY: Duration = Duration::from_secs(5 * 60);
/// The most tokens that are noted between two visits to the store; what comes after them is noted the next time.
const NOTED_MAX: usize = 100_000;
/// The most that are brought to the store in one transaction.
const BROUGHT_AT_ONCE_MAX: usize = 1_000;

/// The uses that have not been brought to the store yet.
#[derive(Default)]
pub(crate) struct TokenUses {
    noted: Mutex<HashMap<PublicId, Timestamp>>,
}

/// When the holder of a principal that is kept for many transactions was last noted. It says nothing of who that is.
pub(crate) struct LastNoted(AtomicI64);

impl LastNoted {
    pub(crate) fn never() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Whether a use is worth noting now. A clock that went back is noted too.
    fn is_due(&self, now: Timestamp) -> bool {
        let last = Timestamp(self.0.load(Ordering::Relaxed));
        now >= last.saturating_add(NOTED_EVERY) || now < last
    }
}

impl Clone for LastNoted {
    fn clone(&self) -> Self {
        Self(AtomicI64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl PartialEq for LastNoted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TokenUses {
    /// Notes that a token was used, unless that was done just now: then it costs an atomic load.
    pub(crate) fn note(&self, token: PublicId, last: &LastNoted, now: Timestamp) {
        if !last.is_due(now) {
            return;
        }
        last.0.store(now.0, Ordering::Relaxed);
        let mut noted = self.noted.lock();
        if noted.len() < NOTED_MAX || noted.contains_key(&token) {
            noted.insert(token, now);
        }
    }

    /// When a token was last used, as far as it was noted.
    ///
    /// # Errors
    /// `Corrupt` if the record has not its form; as every read.
    pub(crate) fn last(&self, reader: &TreeReader, token: PublicId) -> Result<Option<Timestamp>> {
        if let Some(at) = self.noted.lock().get(&token) {
            return Ok(Some(*at));
        }
        let damaged = || Error::Corrupt("the last use of a token has not its form".into());
        let (store, uses) = (DatabaseId::STORE, SystemCollection::TokenUse);
        let found = reader.unfiltered_system_get(store, uses, &token.to_string())?;
        found.map(|document| document.root().as_timestamp().ok_or_else(damaged)).transpose()
    }

    /// Brings what was noted to the store. What cannot be written is noted again.
    ///
    /// # Errors
    /// As every write.
    pub(crate) fn flush(&self, tree: &Tree) -> Result<()> {
        let noted: Vec<_> = std::mem::take(&mut *self.noted.lock()).into_iter().collect();
        let (mut left, mut step) = (noted.as_slice(), BROUGHT_AT_ONCE_MAX);
        while let Some((now, later)) =
            left.split_at_checked(step.min(left.len())).filter(|(now, _)| !now.is_empty())
        {
            match write(tree, now) {
                Ok(()) => left = later,
                Err(Error::Limit { .. }) if now.len() > 1 => step = now.len() / 2,
                Err(error) => {
                    let mut noted = self.noted.lock();
                    left.iter().for_each(|(token, at)| drop(noted.entry(*token).or_insert(*at)));
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

fn write(tree: &Tree, noted: &[(PublicId, Timestamp)]) -> Result<()> {
    let mut writer = tree.begin_write()?;
    let (store, uses) = (DatabaseId::STORE, SystemCollection::TokenUse);
    for (token, at) in noted {
        let id = token.to_string();
        // A token that is gone has left nothing behind, and shall not now; one that goes takes its note with it.
        if writer.unfiltered_system_get(store, SystemCollection::Token, &id)?.is_some() {
            writer.unfiltered_system_put(store, uses, &id, &Value::Timestamp(*at))?;
        }
    }
    writer.commit(Durability::Relaxed)?;
    Ok(())
}
