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
/// The most tokens that are noted at a time; a use of another one is noted when there is room again.
const NOTED_MAX: usize = 100_000;
/// The most that are brought to the store in one transaction.
const BROUGHT_AT_ONCE_MAX: usize = 1_000;

/// The uses that were noted lately.
#[derive(Default)]
pub(crate) struct TokenUses {
    noted: Mutex<HashMap<PublicId, Noted>>,
}

struct Noted {
    at: Timestamp,
    is_stored: bool,
}

/// When the holder of a principal that is kept for many transactions was last noted. It says nothing of who that is.
pub(crate) struct LastNoted(AtomicI64);

impl LastNoted {
    pub(crate) fn never() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    fn at(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn is_at(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

/// Whether a use is worth noting after the last one. A clock that went back is noted too.
fn is_due(last: Timestamp, now: Timestamp) -> bool {
    now >= last.saturating_add(NOTED_EVERY) || now < last
}

impl Clone for LastNoted {
    fn clone(&self) -> Self {
        Self(AtomicI64::new(self.at().0))
    }
}

impl PartialEq for LastNoted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TokenUses {
    /// Notes that a token was used, unless that was done just now: then it costs an atomic load, or a look at the notes
    /// where the principal is a new one.
    pub(crate) fn note(&self, token: PublicId, last: &LastNoted, now: Timestamp) {
        if !is_due(last.at(), now) {
            return;
        }
        let mut noted = self.noted.lock();
        match noted.get(&token) {
            Some(known) if !is_due(known.at, now) => last.is_at(known.at),
            None if noted.len() >= NOTED_MAX => {}
            Some(_) | None => {
                noted.insert(token, Noted { at: now, is_stored: false });
                last.is_at(now);
            }
        }
    }

    /// When a token was last used, as far as it was noted.
    ///
    /// # Errors
    /// `Corrupt` if the record has not its form; as every read.
    pub(crate) fn last(&self, reader: &TreeReader, token: PublicId) -> Result<Option<Timestamp>> {
        if let Some(noted) = self.noted.lock().get(&token) {
            return Ok(Some(noted.at));
        }
        let damaged = || Error::Corrupt("the last use of a token has not its form".into());
        let (store, uses) = (DatabaseId::STORE, SystemCollection::TokenUse);
        let found = reader.unfiltered_system_get(store, uses, &token.to_string())?;
        found.map(|document| document.root().as_timestamp().ok_or_else(damaged)).transpose()
    }

    /// Brings what was noted to the store. What cannot be written stays noted.
    ///
    /// # Errors
    /// As every write.
    pub(crate) fn flush(&self, tree: &Tree) -> Result<()> {
        let new = self.not_stored();
        let (mut left, mut step) = (new.as_slice(), BROUGHT_AT_ONCE_MAX);
        while !left.is_empty() {
            let (some, others) = left.split_at(step.min(left.len()));
            match write(tree, some) {
                Ok(()) => {
                    self.stored(some);
                    left = others;
                }
                // A conflict is over one of them that is no more, or is another: the rest need not wait for it.
                Err(Error::Limit { .. } | Error::Conflict) if some.len() > 1 => step = some.len() / 2,
                Err(error) => return Err(error),
            }
        }
        // What is stored is kept for as long as it saves another note.
        let now = tree.clock().now();
        self.noted.lock().retain(|_, noted| !noted.is_stored || !is_due(noted.at, now));
        Ok(())
    }

    fn not_stored(&self) -> Vec<(PublicId, Timestamp)> {
        let noted = self.noted.lock();
        let new = noted.iter().filter(|(_, noted)| !noted.is_stored);
        new.map(|(token, noted)| (*token, noted.at)).collect()
    }

    fn stored(&self, some: &[(PublicId, Timestamp)]) {
        let mut noted = self.noted.lock();
        for (token, at) in some {
            if let Some(noted) = noted.get_mut(token) {
                // It may have been used again meanwhile.
                noted.is_stored = noted.at == *at;
            }
        }
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

#[cfg(test)]
mod tests;
