//! A backing in memory that fails when it is told to, and one that breaks its promises, which must be noticed. It knows nothing
//! of transactions.

use crate::backing::{Backing, Batch, View};
use crate::memory::Memory;
use crate::sequencer::start;
use crate::writes::Writes;
use crate::{Engine, EngineOptions, Error, Result, Version};
use std::sync::{Arc, Mutex};

/// What goes wrong with a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Trouble {
    /// An error, and nothing was applied.
    Refused,
    /// An error, and everything was applied.
    Unsure,
    /// A panic.
    Panic,
    /// A broken promise: an error, and one record of the batch was applied.
    Half,
    /// A broken promise: success, and nothing was applied.
    Lost,
    /// A broken promise: what was cleared is not told.
    Untold,
    /// A broken promise: the view after it is that from before it.
    StaleView,
}

/// What the test keeps of a backing.
#[derive(Default)]
pub(super) struct Levers {
    /// The batches to come, counted from the next on, that are in trouble.
    troubles: Mutex<Vec<(usize, Trouble)>>,
    /// Whether reopening fails.
    stuck: Mutex<bool>,
    closed: Mutex<bool>,
    /// The last version of each batch that was applied.
    pub(super) batches: Mutex<Vec<Version>>,
}

impl Levers {
    pub(super) fn trouble(&self, batch: usize, trouble: Trouble) {
        self.troubles.lock().unwrap().push((batch, trouble));
    }

    pub(super) fn has_trouble(&self) -> bool {
        !self.troubles.lock().unwrap().is_empty()
    }

    pub(super) fn calm(&self) {
        self.troubles.lock().unwrap().clear();
    }

    pub(super) fn stick(&self, is_stuck: bool) {
        *self.stuck.lock().unwrap() = is_stuck;
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.lock().unwrap()
    }

    fn next(&self) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        let now = troubles.iter().find(|(batch, _)| *batch == 0).map(|(_, trouble)| *trouble);
        troubles.retain(|(batch, _)| *batch > 0);
        troubles.iter_mut().for_each(|(batch, _)| *batch -= 1);
        now
    }
}

struct Brittle {
    memory: Memory,
    version: Version,
    /// What is left when it is reopened.
    durable: (Memory, Version),
    levers: Arc<Levers>,
    stale: Mutex<Option<Box<dyn View>>>,
}

/// An engine, and the levers of its backing.
pub(super) fn engine(options: EngineOptions) -> (Arc<dyn Engine>, Arc<Levers>) {
    let levers = Arc::new(Levers::default());
    let backing = backing(&levers);
    (start(backing, Version(0), options).unwrap(), levers)
}

pub(super) fn backing(levers: &Arc<Levers>) -> Box<dyn Backing> {
    let levers = Arc::clone(levers);
    Box::new(Brittle {
        memory: Memory::default(),
        version: Version(0),
        durable: (Memory::default(), Version(0)),
        levers,
        stale: Mutex::new(None),
    })
}

impl Brittle {
    fn apply_all(&mut self, batch: &Batch<'_>, removed: &mut dyn FnMut(&[u8])) -> Result<()> {
        self.memory.apply(batch, removed)?;
        self.version = batch.version;
        if batch.durable {
            self.durable = (self.memory.clone(), self.version);
        }
        self.levers.batches.lock().unwrap().push(batch.version);
        Ok(())
    }
}

fn fault() -> Error {
    Error::Io(std::io::Error::other("the backing fails, as it was told to"))
}

impl Backing for Brittle {
    fn view(&self) -> Result<Box<dyn View>> {
        let stale = self.stale.lock().unwrap().take();
        stale.map_or_else(|| self.memory.view(), Ok)
    }

    fn apply(&mut self, batch: &Batch<'_>, removed: &mut dyn FnMut(&[u8])) -> Result<()> {
        // The batch is on its way, and others go on.
        shuttle::thread::yield_now();
        match self.levers.next() {
            None => self.apply_all(batch, removed),
            Some(Trouble::Refused) => Err(fault()),
            Some(Trouble::Unsure) => self.apply_all(batch, removed).and(Err(fault())),
            Some(Trouble::Panic) => panic!("the backing panics, as it was told to"),
            Some(Trouble::Half) => {
                let mut writes = Writes::default();
                if let Some((key, sealed)) = batch.writes.entries.first_key_value() {
                    writes.set(key, sealed.clone());
                }
                self.apply_all(&Batch { writes: &writes, ..*batch }, removed).and(Err(fault()))
            }
            Some(Trouble::Lost) => Ok(()),
            Some(Trouble::Untold) => self.apply_all(batch, &mut |_| {}),
            Some(Trouble::StaleView) => {
                *self.stale.lock().unwrap() = Some(self.memory.view()?);
                self.apply_all(batch, removed)
            }
        }
    }

    fn reopen(&mut self) -> Result<Version> {
        if *self.levers.stuck.lock().unwrap() {
            return Err(fault());
        }
        (self.memory, self.version) = self.durable.clone();
        Ok(self.version)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        *self.levers.closed.lock().unwrap() = true;
        Ok(())
    }

    fn file_bytes(&self) -> u64 {
        0
    }
}
