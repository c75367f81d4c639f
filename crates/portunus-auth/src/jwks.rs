//! Key sets of access providers, fetched when they are needed and kept while they serve. It knows nothing of tokens, of the
//! records of providers or of stores.

#[cfg(feature = "jwks-http")]
mod address;
#[cfg(feature = "jwks-http")]
mod http;
mod slot;
mod source;
mod url;

#[cfg(feature = "jwks-http")]
pub use http::HttpJwks;
pub(crate) use slot::CachedKeys;
pub use source::{JwksError, JwksSource};

use parking_lot::RwLock;
use portunus_scope::Clock;
use slot::{Common, Counters, Slot, Work};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The most key sets that are refreshed in the background at once. Those that are due beyond it are so a little later.
const REFRESHES_MAX: usize = 16;

/// When key sets are fetched, and how long they are kept.
///
/// ```
/// use portunus_auth::JwksOptions;
/// use std::time::Duration;
/// let options = JwksOptions { max_age: Duration::from_secs(3_600), ..JwksOptions::default() };
/// assert_eq!((options.refetch_every, options.sets_max), (Duration::from_secs(30), 1_024));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksOptions {
    /// The least time between two fetches of one URL, whether they succeed or fail. A token with an unknown key can cause
    /// one fetch in that time, and a million such tokens no more.
    pub refetch_every: Duration,
    /// The age from which on a set is refreshed, while it serves on.
    pub refresh_after: Duration,
    /// The age up to which a set serves while it cannot be refreshed.
    pub max_age: Duration,
    /// The most sets that are kept. The one that was not asked for longest makes room for another.
    pub sets_max: usize,
}

impl Default for JwksOptions {
    fn default() -> Self {
        Self {
            refetch_every: Duration::from_secs(30),
            refresh_after: Duration::from_secs(15 * 60),
            max_age: Duration::from_secs(24 * 3_600),
            sets_max: 1_024,
        }
    }
}

/// What was done for the key sets of access providers since the store was opened.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// use portunus_auth::JwksStats;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// assert_eq!(gate.jwks_stats(), JwksStats { sets: 0, fetches: 0, failures: 0, refused: 0 });
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JwksStats {
    /// Sets that are kept, or were asked for in vain.
    pub sets: usize,
    /// Fetches that have begun.
    pub fetches: u64,
    /// Fetches that brought no usable set.
    pub failures: u64,
    /// Questions that were not followed by a fetch, though only one could have answered them, because a limit forbade it.
    pub refused: u64,
}

/// The key sets of all URLs that were asked for.
pub(crate) struct JwksCache {
    common: Arc<Common>,
    slots: RwLock<HashMap<String, Arc<Slot>>>,
    /// Counts questions.
    asked: AtomicU64,
}

impl JwksCache {
    /// A cache that fetches from `source`; without one, every fetch fails.
    pub(crate) fn new(
        source: Option<Arc<dyn JwksSource>>,
        clock: Arc<dyn Clock>,
        options: JwksOptions,
    ) -> Self {
        Self::with_start(source, clock, options, start_thread)
    }

    fn with_start(
        source: Option<Arc<dyn JwksSource>>,
        clock: Arc<dyn Clock>,
        options: JwksOptions,
        start: fn(Work) -> io::Result<()>,
    ) -> Self {
        let common = Common {
            source,
            clock,
            options,
            start,
            counters: Counters::default(),
            versions: AtomicU64::new(0),
            refreshing: AtomicUsize::new(0),
        };
        Self { common: Arc::new(common), slots: RwLock::default(), asked: AtomicU64::new(0) }
    }

    /// The newest usable keys of `url`. Waits for a fetch if there are none, or none called `kid`, and a fetch is allowed;
    /// it may still be others that come then. Nobody who calls this holds a transaction.
    pub(crate) fn keys(&self, url: &str, kid: Option<&str>) -> Option<Arc<CachedKeys>> {
        self.slot(url)?.keys(kid)
    }

    /// Has the keys of `url` fetched in the background, unless they are there and fresh.
    pub(crate) fn prefetch(&self, url: &str) {
        if let Some(slot) = self.slot(url) {
            slot.refresh(false);
        }
    }

    /// Whether there is anything that fetches.
    pub(crate) fn has_source(&self) -> bool {
        self.common.source.is_some()
    }

    /// Whether the source takes URLs like this one.
    ///
    /// # Errors
    /// Which rule it breaks, to be read after the name of the thing.
    pub(crate) fn check_url(&self, url: &str) -> Result<(), &'static str> {
        let allows_http = self.common.source.as_ref().is_some_and(|source| source.allows_http_on_loopback());
        url::check_url(url, allows_http).map(drop)
    }

    pub(crate) fn stats(&self) -> JwksStats {
        let Counters { fetches, failures, refused } = &self.common.counters;
        JwksStats {
            sets: self.slots.read().len(),
            fetches: fetches.load(Ordering::Relaxed),
            failures: failures.load(Ordering::Relaxed),
            refused: refused.load(Ordering::Relaxed),
        }
    }

    /// The slot of `url`, unless there is no room for one.
    fn slot(&self, url: &str) -> Option<Arc<Slot>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(slot) = self.slots.read().get(url) {
            slot.asked.store(asked, Ordering::Relaxed);
            return Some(Arc::clone(slot));
        }
        let mut slots = self.slots.write();
        if !slots.contains_key(url) && slots.len() >= self.common.options.sets_max && !make_room(&mut slots) {
            self.common.counters.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let slot = slots.entry(url.to_owned()).or_insert_with(|| Slot::new(url, &self.common));
        slot.asked.store(asked, Ordering::Relaxed);
        Some(Arc::clone(slot))
    }
}

/// Takes the slot away that was not asked for longest, of those that can be spared.
fn make_room(slots: &mut HashMap<String, Arc<Slot>>) -> bool {
    let mut oldest: Vec<(u64, &Arc<Slot>)> =
        slots.values().map(|slot| (slot.asked.load(Ordering::Relaxed), slot)).collect();
    oldest.sort_unstable_by_key(|(asked, _)| *asked);
    let spared = oldest.into_iter().find(|(_, slot)| slot.retire()).map(|(_, slot)| Arc::clone(slot));
    spared.is_some_and(|spared| slots.remove(spared.url()).is_some())
}

/// Does `work` in a thread that nobody waits for: it ends with its fetch, and keeps nothing alive but that.
fn start_thread(work: Work) -> io::Result<()> {
    std::thread::Builder::new().name("portunus-jwks".into()).spawn(work).map(drop)
}

#[cfg(test)]
mod tests;
