//! Power cuts under the whole product: at every moment, with whatever becomes of what was not synced, also while the store is
//! created or recovers. It knows of the product what was promised.

use crate::product::check::{check, check_whole};
use crate::product::{Product, open};
use portunus_auth::{Error, Timestamp};
use portunus_storage::conformance::{Act, PowerCuts, Random, RecordingDisk, Unsynced};
use std::sync::Arc;

/// About how many images one round tries: as many of its run's as chance picks.
const IMAGES: usize = 1_500;
/// Of so many images one is recovered from with another power cut.
const TWICE: usize = 40;

/// What happened to a disk, and what was promised meanwhile.
pub struct Recording {
    pub acts: Vec<Act>,
    pub product: Product,
}

/// One round: a workload, and power cuts in it.
pub fn run(seed: u64) -> Result<u64, String> {
    let recording = record(seed)?;
    Cuts::new(&recording, seed).of(IMAGES)
}

/// Runs a workload: every third one on eight threads, the others on one with up to three writers.
pub fn record(seed: u64) -> Result<Recording, String> {
    let disk = RecordingDisk::empty();
    let (writers, transactions) =
        if seed % 3 == 2 { (8, 64) } else { (1 + usize::try_from(seed % 3).unwrap(), 48) };
    let product = Product::create(disk.clone(), seed, writers);
    let mut product = product.map_err(|error| format!("no store could be made: {error}"))?;
    let ran = if writers == 8 {
        (0..4).try_for_each(|_| product.run_together(transactions / 4 / writers))
    } else {
        (0..transactions).try_for_each(|_| product.step())
    };
    ran.map_err(|error| format!("the workload failed: {error}"))?;
    check(&product.gate, &product.promises, &product.promises.now())
        .map_err(|problem| format!("{problem}; no power was cut"))?;
    product.gate.close().map_err(|error| format!("the store did not close: {error}"))?;
    Ok(Recording { acts: disk.recording(), product })
}

/// All the power cuts of one recording.
pub struct Cuts<'r> {
    recording: &'r Recording,
    cuts: PowerCuts<'r>,
    random: Random,
    now: Timestamp,
    tried: u64,
}

impl<'r> Cuts<'r> {
    pub fn new(recording: &'r Recording, seed: u64) -> Self {
        let now = portunus_auth::Clock::now(&*recording.product.clock);
        Self { recording, cuts: PowerCuts::new(&recording.acts), random: Random::new(seed), now, tried: 0 }
    }

    /// Cuts the power after each act, with everything that may become of the rest, or as often as chance says so that there are
    /// about so many images. Tells how many there were.
    pub fn of(mut self, images: usize) -> Result<u64, String> {
        let acts = self.recording.acts.len();
        let percent = (100 * images / (acts * Unsynced::ALL.len())).clamp(1, 100);
        for position in 0..=acts {
            self.cuts.advance(position);
            for unsynced in Unsynced::ALL {
                if self.is_another(position, unsynced) && self.random.chance(percent) {
                    self.once(position, unsynced).map_err(|problem| {
                        format!("{problem}; act {position} of {acts}, unsynced {unsynced:?}")
                    })?;
                }
            }
        }
        Ok(self.tried)
    }

    /// Whether an image is not as the others at this moment, or as one at the moment before of which as much was promised.
    fn is_another(&self, position: usize, unsynced: Unsynced) -> bool {
        let promises = &self.recording.product.promises;
        match unsynced {
            Unsynced::Lost => {
                let before = position.saturating_sub(1);
                self.cuts.is_settled() || promises.at(before).least != promises.at(position).least
            }
            Unsynced::SizeLost | Unsynced::SizeAlone => self.cuts.has_resized(),
            _ => !self.cuts.is_settled(),
        }
    }

    fn once(&mut self, position: usize, unsynced: Unsynced) -> Result<(), String> {
        let image = self.cuts.image(unsynced, &mut self.random);
        if self.random.below(TWICE) == 0 {
            self.twice(position, image.clone())?;
        }
        self.check_image(position, image)
    }

    /// The power goes again while the store recovers.
    fn twice(&mut self, position: usize, image: Vec<u8>) -> Result<(), String> {
        let disk = RecordingDisk::holding(image.clone());
        if let Ok(gate) = open(Arc::<RecordingDisk>::clone(&disk), self.now) {
            drop(gate);
        }
        let acts = disk.recording();
        let mut cuts = PowerCuts::on(image, &acts);
        for second in 0..=acts.len() {
            cuts.advance(second);
            let unsynced = Unsynced::ALL[self.random.below(Unsynced::ALL.len())];
            let image = cuts.image(unsynced, &mut self.random);
            self.check_image(position, image).map_err(|problem| {
                format!("{problem}; and again after act {second} of recovery, {unsynced:?}")
            })?;
        }
        Ok(())
    }

    /// What is left must open and hold what was promised. Before anybody had a secret, it may also be refused.
    fn check_image(&mut self, position: usize, image: Vec<u8>) -> Result<(), String> {
        self.tried += 1;
        let Product { promises, created_at, furnished_at, .. } = &self.recording.product;
        let disk = RecordingDisk::holding(image);
        match open(Arc::<RecordingDisk>::clone(&disk), self.now) {
            Ok(gate) if position >= *furnished_at => check(&gate, promises, &promises.at(position)),
            Ok(gate) => check_whole(&gate, promises),
            // What has been recovered below may be refused above: nobody has had a secret of it.
            Err(Error::Version(_)) if position < *created_at => Ok(()),
            Err(_) if position < *created_at && disk.acts() == 0 => Ok(()),
            Err(error) => Err(format!("the store does not open: {error}")),
        }
    }
}

#[cfg(test)]
mod tests;
