//! How much is done at once: what finds no room in time is told so, early. It knows nothing of what is done.

use crate::options::Options;
use crate::problem::Problem;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Bodies are counted in pieces of this many bytes.
const PIECE: usize = 1 << 10;

/// The room that a server has.
#[derive(Clone, Debug)]
pub struct Room {
    queued: Arc<Semaphore>,
    running: Arc<Semaphore>,
    logins: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    transactions_max: usize,
    queued_max: usize,
    waiting_time: Duration,
    transaction_time: Duration,
}

impl Room {
    /// As much as the options say.
    pub fn new(options: &Options) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let transactions_max = options.transactions_max.max(1);
        let queued_max = transactions_max.saturating_add(options.waiting_max);
        Self {
            queued: semaphore(queued_max),
            running: semaphore(transactions_max),
            transactions_max,
            queued_max,
            logins: semaphore(options.logins_max),
            bodies: semaphore(options.bodies_bytes_max.div_ceil(PIECE)),
            waiting_time: options.waiting_time,
            transaction_time: options.transaction_time,
        }
    }

    /// Whether nobody is let in now.
    pub fn is_full(&self) -> bool {
        self.queued.available_permits() == 0
    }

    /// How many transactions run, and how many wait.
    pub fn taken(&self) -> (usize, usize) {
        let running = self.transactions_max.saturating_sub(self.running.available_permits());
        let queued = self.queued_max.saturating_sub(self.queued.available_permits());
        (running, queued.saturating_sub(running))
    }

    /// Room for a body of so many bytes.
    ///
    /// # Errors
    /// 503 if there is none now.
    pub fn for_body(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX);
        taken(Arc::clone(&self.bodies).try_acquire_many_owned(pieces))
    }

    /// Runs what takes a thread of its own, once there is room for it.
    ///
    /// # Errors
    /// 503 if there is no room in time; what it returns; 504 if it does not return in time, and goes on alone.
    pub async fn run<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = taken(Arc::clone(&self.queued).try_acquire_owned())?;
        let turn = tokio::time::timeout(self.waiting_time, Arc::clone(&self.running).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::busy("it is not its turn in time")) };
        self.finish(writes, move || {
            let _room = (place, turn);
            work()
        })
        .await
    }

    /// As [`Room::run`], for what hashes passwords: that waits in a queue of its own.
    ///
    /// # Errors
    /// As [`Room::run`].
    pub async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = taken(Arc::clone(&self.logins).try_acquire_owned())?;
        self.finish(true, move || {
            let _room = place;
            work()
        })
        .await
    }

    async fn finish<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let job = tokio::task::spawn_blocking(work);
        match tokio::time::timeout(self.transaction_time, job).await {
            Ok(Ok(done)) => done,
            Ok(Err(fault)) => {
                tracing::error!(%fault, "a transaction came to no end");
                Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed here"))
            }
            Err(_) if writes => Err(Problem::outcome_unknown(StatusCode::GATEWAY_TIMEOUT)),
            Err(_) => Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "it takes too long")),
        }
    }
}

fn taken(tried: Result<OwnedSemaphorePermit, TryAcquireError>) -> Result<OwnedSemaphorePermit, Problem> {
    tried.map_err(|_| Problem::busy("there is too much to do; try again"))
}
