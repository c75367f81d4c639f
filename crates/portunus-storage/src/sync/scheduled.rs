//! What threads share, as shuttle orders it: the same names and promises as the real ones, over shuttle's lock and condition.
//! Time is a count, so that a schedule can be repeated. Faults can be planted here, below everything that is tried. Knows
//! nothing of what is shared.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::{Add, Deref};
use std::sync::{Arc, PoisonError, atomic};
use std::time::Duration;

pub(crate) use crossbeam_channel::RecvTimeoutError;
pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
pub(crate) use shuttle::thread::{Builder, JoinHandle};

/// What is wrong with these primitives, in a test that has to notice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    /// What was stored is not seen by the load after it.
    StoreLate,
    /// Who waits for a message is not woken by one.
    WakeLost,
    /// A message overtakes the one before it.
    Overtaking,
    /// A pointer that was published is seen by the load after the next.
    PublishLate,
}

thread_local! {
    static PLANTED: Cell<Fault> = const { Cell::new(Fault::None) };
}

/// Plants a fault for everything that this thread runs from now on.
pub(crate) fn plant(fault: Fault) {
    PLANTED.set(fault);
}

fn planted(fault: Fault) -> bool {
    PLANTED.get() == fault
}

/// As that of `parking_lot`: a panic does not poison it.
#[derive(Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub(crate) struct AtomicU64 {
    value: shuttle::sync::atomic::AtomicU64,
    /// What a planted fault shows once more.
    stale: std::sync::Mutex<Option<u64>>,
}

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: shuttle::sync::atomic::AtomicU64::new(value), stale: std::sync::Mutex::new(None) }
    }

    pub(crate) fn load(&self, ordering: Ordering) -> u64 {
        let value = self.value.load(ordering);
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(value)
    }

    pub(crate) fn store(&self, value: u64, ordering: Ordering) {
        let old = self.value.swap(value, ordering);
        if planted(Fault::StoreLate) {
            *self.stale.lock().unwrap_or_else(PoisonError::into_inner) = Some(old);
        }
    }

    pub(crate) fn fetch_add(&self, more: u64, ordering: Ordering) -> u64 {
        self.value.fetch_add(more, ordering)
    }
}

/// A pointer that is exchanged as a whole.
pub(crate) struct Pointer<T> {
    current: Mutex<T>,
    /// What a planted fault shows once more.
    stale: Mutex<Option<T>>,
}

pub(crate) type ArcSwap<T> = Pointer<Arc<T>>;
pub(crate) type ArcSwapOption<T> = Pointer<Option<Arc<T>>>;

/// What was loaded.
pub(crate) struct Loaded<T>(T);

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What an [`ArcSwap`] can be made of.
pub(crate) trait Pointing<T> {
    fn pointing(value: T) -> Self;
}

impl<T> Pointing<T> for Arc<T> {
    fn pointing(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T> Pointing<T> for Option<Arc<T>> {
    fn pointing(value: T) -> Self {
        Some(Arc::new(value))
    }
}

impl<P: Clone> Pointer<P> {
    pub(crate) fn from_pointee<T>(value: T) -> Self
    where
        P: Pointing<T>,
    {
        Self { current: Mutex::new(P::pointing(value)), stale: Mutex::new(None) }
    }

    pub(crate) fn load(&self) -> Loaded<P> {
        Loaded(self.load_full())
    }

    pub(crate) fn load_full(&self) -> P {
        if planted(Fault::PublishLate)
            && let Some(stale) = self.stale.lock().take()
        {
            return stale;
        }
        self.current.lock().clone()
    }

    pub(crate) fn swap(&self, next: P) -> P {
        let old = std::mem::replace(&mut *self.current.lock(), next);
        if planted(Fault::PublishLate) {
            *self.stale.lock() = Some(old.clone());
        }
        old
    }

    pub(crate) fn store(&self, next: P) {
        drop(self.swap(next));
    }
}

struct Channel<T> {
    state: shuttle::sync::Mutex<ChannelState<T>>,
    changed: shuttle::sync::Condvar,
}

struct ChannelState<T> {
    messages: VecDeque<T>,
    has_sender: bool,
    has_receiver: bool,
}

pub(crate) struct Sender<T>(Arc<Channel<T>>);
pub(crate) struct Receiver<T>(Arc<Channel<T>>);

/// The message comes back that nobody will receive.
pub(crate) struct SendError<T>(T);

/// Nothing is there, and nothing can come.
#[derive(Debug)]
pub(crate) struct RecvError;

pub(crate) fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    let state = ChannelState { messages: VecDeque::new(), has_sender: true, has_receiver: true };
    let channel =
        Arc::new(Channel { state: shuttle::sync::Mutex::new(state), changed: shuttle::sync::Condvar::new() });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

/// The engine sends no more than fits, so the bound is of no consequence.
pub(crate) fn bounded<T>(_messages_max: usize) -> (Sender<T>, Receiver<T>) {
    unbounded()
}

impl<T> Channel<T> {
    fn lock(&self) -> shuttle::sync::MutexGuard<'_, ChannelState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut state = self.0.lock();
        if !state.has_receiver {
            return Err(SendError(message));
        }
        if planted(Fault::Overtaking) {
            state.messages.push_front(message);
        } else {
            state.messages.push_back(message);
        }
        drop(state);
        if !planted(Fault::WakeLost) {
            self.0.changed.notify_one();
        }
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().has_sender = false;
        self.0.changed.notify_one();
    }
}

impl<T> Receiver<T> {
    pub(crate) fn try_recv(&self) -> Result<T, RecvError> {
        self.0.lock().messages.pop_front().ok_or(RecvError)
    }

    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        let mut state = self.0.lock();
        loop {
            if let Some(message) = state.messages.pop_front() {
                return Ok(message);
            }
            if !state.has_sender {
                return Err(RecvError);
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing may come until the deadline: then it is that late. Else something comes, if ever, before it.
    pub(crate) fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        if self.0.lock().messages.is_empty()
            && shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.5)
        {
            TICKS.fetch_max(deadline.0, Ordering::SeqCst);
            return Err(RecvTimeoutError::Timeout);
        }
        self.recv().map_err(|RecvError| RecvTimeoutError::Disconnected)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.has_receiver = false;
        let left = std::mem::take(&mut state.messages);
        drop(state);
        // A message may answer somebody when it is dropped.
        drop(left);
    }
}

/// A moment: how often, in all schedules so far, somebody has looked at the clock. Only differences are ever asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(u64);

/// What passes between two looks at the clock.
pub(crate) const TICK: Duration = Duration::from_millis(1);

static TICKS: atomic::AtomicU64 = atomic::AtomicU64::new(0);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(TICKS.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn checked_add(self, more: Duration) -> Option<Self> {
        self.0.checked_add(u64::try_from(more.as_millis()).ok()?).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, more: Duration) -> Self {
        self.checked_add(more).unwrap_or(Self(u64::MAX))
    }
}
