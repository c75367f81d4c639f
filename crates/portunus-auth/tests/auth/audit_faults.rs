//! The audit log of a store whose disk fails: it holds what was committed, whatever the outcome of a commit was, and stays
//! one chain.

use crate::audit::{event, records};
use portunus_auth::{AuditSettings, Durability, Error, Gate, GateOptions, NewKey, Secret};
use portunus_storage::Disk;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A disk in memory, one of whose writes or syncs can be made to fail.
#[derive(Default)]
struct FailingDisk {
    bytes: Mutex<Vec<u8>>,
    /// How many more go well.
    left: AtomicUsize,
}

impl FailingDisk {
    fn judge(&self) -> io::Result<()> {
        let before = self.left.fetch_sub(1, Ordering::Relaxed);
        if before == 0 { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    }

    fn fail_after(&self, steps: usize) {
        self.left.store(steps, Ordering::Relaxed);
    }
}

impl Disk for FailingDisk {
    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.bytes.lock().unwrap().len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (bytes, offset) = (self.bytes.lock().unwrap(), usize::try_from(offset).unwrap());
        let found = bytes.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn write(&self, offset: u64, written: &[u8]) -> io::Result<()> {
        self.judge()?;
        let offset = usize::try_from(offset).unwrap();
        self.bytes.lock().unwrap()[offset..offset + written.len()].copy_from_slice(written);
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.judge()?;
        self.bytes.lock().unwrap().resize(usize::try_from(size).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.judge()
    }
}

#[test]
fn a_commit_of_unknown_outcome_leaves_its_record_if_and_only_if_it_survives() {
    let (mut survived, mut lost) = (0, 0);
    for failing in 0..12 {
        let disk = Arc::new(FailingDisk::default());
        disk.fail_after(usize::MAX);
        let on = disk.clone();
        let options = GateOptions::default();
        let (gate, root) =
            Gate::create_on(move |options| portunus_storage::create_on(on, options), &options).unwrap();
        let settings = AuditSettings { refusals: true, ..AuditSettings::default() };
        let mut view = gate.begin_write(&root).unwrap();
        view.set_audit(settings).unwrap();
        view.commit(Durability::Immediate).unwrap();
        disk.fail_after(failing);
        let outcome = create_key(&gate, &root);
        disk.fail_after(usize::MAX);
        if outcome.is_ok() {
            continue;
        }
        assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
        // The store reopens itself for the next one who writes, and the chain goes on from what is there.
        gate.begin_read(&Secret::from("a guess")).unwrap_err();
        create_key(&gate, &root).unwrap();
        gate.flush_audit().unwrap();
        let view = gate.begin_read(&root).unwrap();
        let chain = view.verify_audit().unwrap();
        assert_eq!(chain.first_break, None);
        let told: BTreeSet<String> = records(&view)
            .iter()
            .filter_map(|record| event(record)["key"].as_str().map(str::to_owned))
            .collect();
        let mut keys: BTreeSet<String> = view.keys().unwrap().iter().map(|key| key.id.to_string()).collect();
        keys.remove(&view.principal().unwrap().id().to_string());
        assert_eq!(told, keys, "what is recorded is what is there");
        if keys.len() == 2 { survived += 1 } else { lost += 1 }
    }
    assert!(survived > 0 && lost > 0, "both happen: {survived} survived, {lost} did not");
}

fn create_key(gate: &Gate, root: &Secret) -> Result<(), Error> {
    let mut view = gate.begin_write(root)?;
    view.create_key(NewKey::new("server"))?;
    view.commit(Durability::Immediate)
}
