//! Faults of the disk under the whole product: nothing that was acknowledged is lost, nothing is done twice, readers go on, and so do
//! writers once the disk is healed. It knows what the disk does, and nothing of how the store keeps its bytes.

pub mod disk;
pub mod trial;

use crate::writers;
use disk::{Failure, Fault, Operation};
use portunus_storage::conformance::{Random, RecordingDisk};
use trial::{Belief, Trial};

/// How many faults are tried in one round.
const FAULTS: usize = 32;

/// One round.
pub fn run(seed: u64) -> Result<u64, String> {
    try_faults(seed, &[Failure::Error, Failure::Full, Failure::Short], Belief::Sound)
}

/// Tries faults of these kinds, and tells how many struck.
pub fn try_faults(seed: u64, failures: &[Failure], belief: Belief) -> Result<u64, String> {
    let mut random = Random::new(seed);
    let disk = RecordingDisk::empty();
    let (gate, cast) = writers::create(disk.clone());
    gate.close().map_err(|error| error.to_string())?;
    drop(gate);
    let trial = Trial { bytes: disk.bytes(), cast, belief };
    let rehearsed = trial.run(None, &mut random).map_err(|broken| format!("without a fault: {broken}"))?;
    let mut struck = 0;
    for number in 0..FAULTS {
        let operation = Operation::ALL[number % Operation::ALL.len()];
        let failure = failures[random.below(failures.len())];
        let operations = rehearsed.done[operation as usize];
        if operations == 0 {
            continue;
        }
        // Most faults come when the store is open; reads are many while it is opened.
        let at = if random.chance(30) { random.below(operations.min(20)) } else { random.below(operations) };
        let fault = Fault { operation, failure, at, lasts: random.chance(50) };
        let outcome = trial
            .run(Some(fault), &mut random)
            .map_err(|broken| format!("fault {number} of the round, {fault:?}: {broken}"))?;
        struck += u64::from(outcome.struck);
    }
    Ok(struck)
}
