//! The thread that collects expired documents while a store is open.

use crate::Result;
use portunus_auth::Gate;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// The documents that one transaction of a sweep takes.
const SWEEP_STEP: usize = 1_000;

/// Collects expired documents now and then, until it is dropped.
pub(crate) struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(crate) fn start(gate: Gate, every: Duration) -> Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let run = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = sweep(&gate) {
                    tracing::debug!(%error, "expired documents were not collected, trying again later");
                }
            }
        };
        let thread = std::thread::Builder::new().name("portunus-sweeper".into()).spawn(run);
        Ok(Self { stop: Some(stop), thread: Some(thread.map_err(portunus_auth::Error::Io)?) })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A sweeper that panicked has nothing to say that its panic has not said.
            let _ = thread.join();
        }
    }
}

/// Collects all documents that have expired, and tells how many.
pub(crate) fn sweep(gate: &Gate) -> Result<usize> {
    let mut total = 0;
    loop {
        let taken = gate.sweep(SWEEP_STEP)?;
        total += taken;
        if taken < SWEEP_STEP {
            return Ok(total);
        }
    }
}
