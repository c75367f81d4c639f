//! Damage to the bytes of a store: whatever is read afterwards is right or refused, and nobody is shown more than before. It knows no
//! format: where things lie is found by looking for what is known to be in them.
//!
//! What can be promised depends on where the damage comes from. Bytes that are wrong by accident do not match their checksums: a closed
//! file must be refused then, or hold exactly what it did, and an open store must refuse what it reads of them. Whoever puts pages of
//! *earlier* states back makes no such accident. Under an open store they are noticed like any other change. In a closed file a page
//! is bound by the checksum in the page above it, up to the header: so what is found is refused or it is one whole earlier state, which
//! nothing in the file can tell from the newest. That is what is checked, and no more is promised.

pub mod harm;
pub mod patient;

use crate::writers;
use harm::Harm;
use patient::{Disbelief, Patient};
use portunus_storage::conformance::Random;

/// How many damages are done to the closed file, and to the open store, in one round.
const CLOSED: usize = 150;
const OPEN: usize = 50;

/// One round.
pub fn run(seed: u64) -> Result<u64, String> {
    try_damages(seed, Disbelief::Sound)
}

/// Does damages, and tells how many.
pub fn try_damages(seed: u64, disbelief: Disbelief) -> Result<u64, String> {
    let mut random = Random::new(seed);
    let patient = Patient::new(&mut random, disbelief)?;
    for number in 0..CLOSED {
        let harm = Harm::choose(&patient.states, &patient.cast, &mut random);
        let settings = settings(&mut random);
        patient
            .try_closed(&harm, settings, &mut random)
            .map_err(|broken| format!("damage {number} to the closed file, {harm:?}: {broken}"))?;
    }
    let mut opened = patient.open(settings(&mut random))?;
    for number in 0..OPEN {
        let harm = Harm::choose(&patient.states, &patient.cast, &mut random);
        patient
            .try_open(&mut opened, &harm, &mut random)
            .map_err(|broken| format!("damage {number} under the open store, {harm:?}: {broken}"))?;
    }
    Ok(u64::try_from(CLOSED + OPEN).unwrap())
}

/// Pages are read from the disk each time, or kept; secrets are proven each time, or remembered.
fn settings(random: &mut Random) -> writers::Settings {
    let cache_bytes = if random.chance(70) { 0 } else { 1 << 20 };
    writers::Settings { cache_bytes, principals_max: if random.chance(70) { 0 } else { 64 } }
}
