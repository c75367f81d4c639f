//! The key set of one URL: when it is fetched, how long it serves, and who waits for it. It knows nothing of other URLs
//! or of the tokens that its keys are for.

use super::source::{JwksError, JwksSource};
use super::{JwksOptions, REFRESHES_MAX};
use crate::jwt::KeySet;
use parking_lot::{Condvar, Mutex};
use portunus_scope::{Clock, Timestamp};
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The version of the keys of a slot that holds none, or none any more.
const NO_VERSION: u64 = 0;

/// Work that is done behind the caller's back.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// What all slots of a cache share.
pub(super) struct Common {
    pub(super) source: Option<Arc<dyn JwksSource>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: JwksOptions,
    /// Starts a thread.
    pub(super) start: fn(Work) -> io::Result<()>,
    pub(super) counters: Counters,
    /// The last version that was given to the keys of any slot, so that none is given twice.
    pub(super) versions: AtomicU64,
    /// How many refreshes run in the background.
    pub(super) refreshing: AtomicUsize,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) fetches: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) refused: AtomicU64,
}

/// The key set of one URL.
pub(super) struct Slot {
    url: String,
    common: Arc<Common>,
    state: Mutex<State>,
    /// Told when a fetch has ended.
    ended: Condvar,
    standing: Arc<Standing>,
    /// When it was last asked for, as a count of questions.
    pub(super) asked: AtomicU64,
}

struct State {
    /// The last good set.
    held: Option<Arc<CachedKeys>>,
    /// When the fetch began that last brought what is held.
    fetched: Option<Timestamp>,
    /// When the last fetch began.
    attempted: Option<Timestamp>,
    is_fetching: bool,
    /// Fetches that have ended.
    fetches: u64,
    /// Set for good once the slot has made room for another one. Nothing is fetched into it then, not even for those who
    /// found it right before.
    is_retired: bool,
}

/// What a slot says of its keys to those who hold them: the one part of it that is read without its lock.
struct Standing {
    version: AtomicU64,
    /// Until when they serve, when the last fetch began, and when the next one is due, in microseconds.
    until: AtomicI64,
    attempted: AtomicI64,
    due: AtomicI64,
}

/// The keys of one URL, as they were when somebody asked for them.
pub(crate) struct CachedKeys {
    keys: KeySet,
    /// What they were read from, to tell whether others are the same.
    json: Vec<u8>,
    version: u64,
    standing: Arc<Standing>,
    slot: Weak<Slot>,
}

impl CachedKeys {
    pub(crate) fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The number of this set. Of two sets with the same number the content is the same, and of one URL the newer set
    /// has the higher one.
    #[cfg(test)]
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether these may be the keys for tokens with this id.
    fn suits(&self, kid: Option<&str>) -> bool {
        kid.is_none() || self.keys.ids().any(|id| id == kid)
    }

    /// Whether these are still the keys of their URL, and may be used. Some atomic loads; when a refresh is due, it is
    /// started, so that keys that are only ever asked this do not grow old.
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        // The end is read before the version: if the version is still this one, the end was that of this one.
        let until = self.standing.until.load(Ordering::Acquire);
        if self.standing.version.load(Ordering::Acquire) != self.version || now.0 >= until {
            return false;
        }
        let is_due = now.0 >= self.standing.due.load(Ordering::Relaxed);
        let is_set_back = now.0 < self.standing.attempted.load(Ordering::Relaxed);
        if (is_due || is_set_back)
            && let Some(slot) = self.slot.upgrade()
        {
            slot.refresh(false);
        }
        true
    }
}

impl Slot {
    pub(super) fn new(url: &str, common: &Arc<Common>) -> Arc<Self> {
        let never = || AtomicI64::new(i64::MIN);
        Arc::new(Self {
            url: url.to_owned(),
            common: Arc::clone(common),
            state: Mutex::new(State {
                held: None,
                fetched: None,
                attempted: None,
                is_fetching: false,
                fetches: 0,
                is_retired: false,
            }),
            ended: Condvar::new(),
            standing: Arc::new(Standing {
                version: AtomicU64::new(NO_VERSION),
                until: never(),
                attempted: never(),
                due: never(),
            }),
            asked: AtomicU64::new(0),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The newest set. Waits for a fetch if there is none, or none with `kid`, and one is allowed.
    pub(super) fn keys(self: &Arc<Self>, kid: Option<&str>) -> Option<Arc<CachedKeys>> {
        let mut state = self.state.lock();
        let now = self.heed_clock(&mut state);
        if let Some(held) = self.serving(&state, now)
            && held.suits(kid)
        {
            drop(state);
            if now.0 >= self.standing.due.load(Ordering::Relaxed) {
                self.refresh(true);
            }
            return Some(held);
        }
        if state.is_fetching {
            let fetches = state.fetches;
            while state.fetches == fetches {
                self.ended.wait(&mut state);
            }
        } else if self.may_fetch(&state, now) {
            self.begin(&mut state, now);
            drop(state);
            self.fetch();
            state = self.state.lock();
        } else {
            self.common.counters.refused.fetch_add(1, Ordering::Relaxed);
        }
        let now = self.heed_clock(&mut state);
        self.serving(&state, now)
    }

    /// Fetches the set in the background if that is due. Where no thread can be started it is fetched here, if the
    /// caller may wait.
    pub(super) fn refresh(self: &Arc<Self>, may_wait: bool) {
        let Some(place) = Place::take(&self.common) else { return };
        let mut state = self.state.lock();
        let now = self.heed_clock(&mut state);
        if state.is_fetching || state.is_retired || now.0 < self.standing.due.load(Ordering::Relaxed) {
            return;
        }
        self.begin(&mut state, now);
        drop(state);
        let slot = Arc::clone(self);
        let work = move || {
            slot.fetch();
            drop(place);
        };
        if (self.common.start)(Box::new(work)).is_err() {
            if may_wait {
                self.fetch();
            } else {
                drop(Ending { slot: self, is_good: false });
            }
        }
    }

    /// Gives the slot up, unless it is fetching or its last fetch would have to be remembered: whoever asks for the URL
    /// next must not be able to fetch sooner than if the slot were still there.
    pub(super) fn retire(&self) -> bool {
        let mut state = self.state.lock();
        let now = self.heed_clock(&mut state);
        if state.is_fetching || !self.may_fetch(&state, now) {
            return false;
        }
        state.is_retired = true;
        self.standing.version.store(NO_VERSION, Ordering::Release);
        true
    }

    /// The set that may be used now.
    fn serving(&self, state: &State, now: Timestamp) -> Option<Arc<CachedKeys>> {
        state.held.clone().filter(|_| now.0 < self.standing.until.load(Ordering::Relaxed))
    }

    fn may_fetch(&self, state: &State, now: Timestamp) -> bool {
        let next = |last: Timestamp| last.saturating_add(self.common.options.refetch_every);
        !state.is_retired && state.attempted.is_none_or(|last| now >= next(last))
    }

    /// Reads the clock. If it was set back, what lies ahead of it is taken to be now: nothing waits for the clock to get
    /// there again, and to be set back allows nothing at once.
    fn heed_clock(&self, state: &mut State) -> Timestamp {
        let now = self.common.clock.now();
        if state.attempted.is_some_and(|last| last > now) {
            state.attempted = Some(now);
            state.fetched = state.fetched.map(|last| last.min(now));
            self.publish(state);
        }
        now
    }

    /// Marks that a fetch begins, which ends with an [`Ending`].
    fn begin(&self, state: &mut State, now: Timestamp) {
        state.is_fetching = true;
        state.attempted = Some(now);
        self.publish(state);
        self.common.counters.fetches.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the holders of the keys what the times in `state` mean for them.
    fn publish(&self, state: &State) {
        let options = &self.common.options;
        let later =
            |instant: Option<Timestamp>, by| instant.map_or(Timestamp::MIN, |it| it.saturating_add(by));
        let due =
            later(state.fetched, options.refresh_after).max(later(state.attempted, options.refetch_every));
        self.standing.due.store(due.0, Ordering::Relaxed);
        self.standing.attempted.store(later(state.attempted, Duration::ZERO).0, Ordering::Relaxed);
        self.standing.until.store(later(state.fetched, options.max_age).0, Ordering::Release);
    }

    /// Fetches the set, with no lock held, and takes it if it is good.
    fn fetch(self: &Arc<Self>) {
        let mut ending = Ending { slot: self, is_good: false };
        let url = without_query(&self.url);
        match self.common.read(&self.url) {
            Ok((keys, json)) => {
                ending.is_good = true;
                if let Some(version) = self.take(keys, json) {
                    tracing::info!(url, version, "a key set is new or has changed");
                }
            }
            Err(fault) => {
                tracing::warn!(url, %fault, "a key set was not fetched, what is held of it serves on");
            }
        }
    }

    /// Keeps what was fetched, and tells its version if that is another one than before.
    fn take(self: &Arc<Self>, keys: KeySet, json: Vec<u8>) -> Option<u64> {
        let mut state = self.state.lock();
        state.fetched = state.attempted;
        let is_new = state.held.as_ref().is_none_or(|held| held.json != json);
        let version = is_new.then(|| self.common.versions.fetch_add(1, Ordering::Relaxed) + 1);
        if let Some(version) = version {
            let (standing, slot) = (Arc::clone(&self.standing), Arc::downgrade(self));
            state.held = Some(Arc::new(CachedKeys { keys, json, version, standing, slot }));
            // Before the time until which they serve: a holder of the old ones must not read the time of the new ones.
            self.standing.version.store(version, Ordering::Release);
        }
        self.publish(&state);
        version
    }
}

/// The end of a fetch, however it ends: by an answer, a fault, or a panic of the source.
struct Ending<'s> {
    slot: &'s Slot,
    is_good: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_good {
            self.slot.common.counters.failures.fetch_add(1, Ordering::Relaxed);
        }
        let mut state = self.slot.state.lock();
        state.is_fetching = false;
        state.fetches += 1;
        drop(state);
        self.slot.ended.notify_all();
    }
}

/// A place among the refreshes that run in the background.
struct Place(Arc<Common>);

impl Place {
    fn take(common: &Arc<Common>) -> Option<Self> {
        let place = Self(Arc::clone(common));
        (common.refreshing.fetch_add(1, Ordering::AcqRel) < REFRESHES_MAX).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.refreshing.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Why there is no new set. Says nothing of what was answered.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Fetch(#[from] JwksError),
    #[error("it is no key set, or has no usable key")]
    Unusable,
}

impl Common {
    /// A key set, and the text that it was read from.
    fn read(&self, url: &str) -> Result<(KeySet, Vec<u8>), Fault> {
        let source = self.source.as_ref().ok_or(JwksError::Io(io::ErrorKind::Unsupported))?;
        let json = source.fetch(url)?;
        let keys = KeySet::from_json(&json).map_err(|_| Fault::Unusable)?;
        Ok((keys, json))
    }
}

/// A query may hold what only the issuer should see.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::without_query;

    #[test]
    fn a_trace_names_no_query() {
        for url in ["https://a.example/keys", "https://a.example/keys?token=b", "https://a.example/keys#b?c"]
        {
            assert_eq!(without_query(url), "https://a.example/keys");
        }
    }
}
