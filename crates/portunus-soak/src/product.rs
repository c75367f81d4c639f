//! A random workload over the whole product: databases of a tree, collections with indexes of every kind, documents, keys,
//! roles, tokens, passwords and audit logs, written by one or several writers. It keeps what it was promised, and tells of any
//! store whether it holds that. It knows nothing of what is done to the disk below it.

pub mod check;
pub mod promises;
pub mod state;
pub mod transaction;
pub mod writer;

use portunus_auth::{
    AuditSettings, DatabasePath, Durability, Error, Gate, GateOptions, ManualClock, NewToken, Result, Secret,
    Timestamp, TreeOptions,
};
use portunus_storage::conformance::{Random, RecordingDisk};
use portunus_storage::{Disk, create_on, open_on};
use promises::{Base, Promises};
use serde_json::json;
use state::{COLLECTIONS, PLACES, USERS};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use transaction::{Focus, furniture};
use writer::{Writer, inside};

/// The instant at which every store begins.
const START: Timestamp = Timestamp(1_800_000_000_000_000);

/// A store under a random workload.
pub struct Product {
    pub gate: Gate,
    pub clock: Arc<ManualClock>,
    pub promises: Arc<Promises>,
    /// After how many acts of the disk somebody had its first secret, and after how many the writers began.
    pub created_at: usize,
    pub furnished_at: usize,
    writers: Vec<Writer>,
    random: Random,
}

impl Product {
    /// A new store on an empty disk, with this many writers that have not written yet.
    pub fn create(disk: Arc<RecordingDisk>, seed: u64, writers: usize) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(START));
        let on: Arc<dyn Disk> = disk.clone();
        let (gate, admin) = Gate::create_on(|engine| create_on(on, engine), &options(clock.clone()))?;
        let created_at = disk.acts();
        let base = furnish(&gate, &admin)?;
        let furnished_at = disk.acts();
        let promises = Arc::new(Promises::new(disk, admin, base, writers));
        let mut random = Random::new(seed);
        let focus = Focus::ALL[random.below(Focus::ALL.len())];
        let writers = (0..writers)
            .map(|number| Writer::new(number, Random::new(random.next()), promises.clone(), focus))
            .collect();
        Ok(Self { gate, clock, promises, created_at, furnished_at, writers, random })
    }

    /// Runs the next transaction of one of the writers; now and then, time passes or what has expired is swept.
    pub fn step(&mut self) -> Result<()> {
        self.pass()?;
        let writer = self.random.below(self.writers.len());
        self.writers[writer].step(&self.gate)
    }

    /// Runs so many transactions of each writer, each on a thread of its own.
    pub fn run_together(&mut self, transactions: usize) -> Result<()> {
        let (gate, writers) = (&self.gate, &mut self.writers);
        std::thread::scope(|scope| {
            let threads: Vec<_> = writers
                .iter_mut()
                .map(|writer| scope.spawn(move || (0..transactions).try_for_each(|_| writer.step(gate))))
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap())
        })?;
        self.pass()
    }

    /// Finds out about every transaction of which nobody knows whether it is there.
    pub fn find_out(&mut self) -> Result<()> {
        let doubtful = self.writers.iter_mut().filter(|writer| writer.is_in_doubt());
        doubtful.into_iter().try_for_each(|writer| writer.find_out(&self.gate))
    }

    fn pass(&mut self) -> Result<()> {
        if self.random.chance(8) {
            self.clock.advance(Duration::from_secs(20));
        }
        if self.random.chance(5) {
            return match self.gate.sweep(16) {
                Ok(_) | Err(Error::Conflict) => Ok(()),
                Err(error) => Err(error),
            };
        }
        Ok(())
    }
}

/// Opens a store on a disk, at this instant.
pub fn open(disk: Arc<dyn Disk>, now: Timestamp) -> Result<Gate> {
    Gate::open_on(|engine| open_on(disk, engine), &options(Arc::new(ManualClock::new(now))))
}

/// Small caches: a store is small, and is opened for a millisecond.
fn options(clock: Arc<ManualClock>) -> GateOptions {
    // They ask the system how many processors there are, which takes longer than all else here.
    static USUAL: LazyLock<GateOptions> = LazyLock::new(GateOptions::default);
    let tree = TreeOptions {
        clock,
        cache_bytes: 1 << 20,
        transaction_bytes_max: 16 << 10,
        ..TreeOptions::default()
    };
    GateOptions { tree, principals_max: 64, ..USUAL.clone() }
}

/// Databases, collections and audit logs; and somebody in each database, so that all users are known to be identities.
fn furnish(gate: &Gate, admin: &Secret) -> Result<[Base; PLACES.len()]> {
    let mut base = [Base::default(); PLACES.len()];
    for (place, base) in base.iter_mut().enumerate() {
        if place > 0 {
            let path: DatabasePath = PLACES[place].parse()?;
            let mut view = gate.begin_write(admin)?;
            view.create_database(&path)?;
            view.commit(Durability::Immediate)?;
        }
        let mut view = gate.begin_write(&inside(admin, 0, place))?;
        view.set_audit(AuditSettings::default())?;
        furniture().iter().try_for_each(|collection| view.define(collection))?;
        view.create_with_id(COLLECTIONS[USERS], "base", json!({}))?;
        view.create_token(NewToken::new(COLLECTIONS[USERS], "base"))?;
        view.commit(Durability::Immediate)?;
        base.keys = gate.begin_read(&inside(admin, 0, place))?.keys()?.len();
    }
    for (place, base) in base.iter_mut().enumerate() {
        base.audited = gate.begin_read(&inside(admin, 0, place))?.verify_audit()?.records;
    }
    Ok(base)
}
