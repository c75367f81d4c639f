//! What is left on a disk after a power cut, at any moment of a recording and whatever becomes of the writes that were not
//! synced. It knows nothing of what is written.

use super::random::Random;
use super::recording_disk::{Act, at, write_to};

/// The unit that a disk writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;

/// What becomes of the acts that were not synced when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// None has happened.
    Lost,
    /// All have happened.
    Kept,
    /// Each has happened or not, by chance.
    Subset,
    /// Those up to one of them have happened.
    Prefix,
    /// One has not happened although a later one has.
    Reordered,
    /// One write arrived in part: sectors at its beginning, at its end or between. Each other one has happened or not.
    Torn,
    /// All have happened, but one sector still holds what it held before.
    StaleSector,
    /// The writes have happened as far as they lie in the size that the disk had, but it has not changed its size.
    SizeLost,
    /// The disk has changed its size, but no write has happened.
    SizeAlone,
}

impl Unsynced {
    /// All that can become of them.
    pub const ALL: [Self; 9] = [
        Self::Lost,
        Self::Kept,
        Self::Subset,
        Self::Prefix,
        Self::Reordered,
        Self::Torn,
        Self::StaleSector,
        Self::SizeLost,
        Self::SizeAlone,
    ];
}

/// Walks through a recording, and builds what is on the disk after a power cut.
///
/// ```
/// use portunus_storage::conformance::{PowerCuts, Random, RecordingDisk, Unsynced};
/// use portunus_storage::Disk;
///
/// let disk = RecordingDisk::empty();
/// disk.resize(4)?;
/// disk.sync()?;
/// disk.write(0, b"news")?;
/// let acts = disk.recording();
/// let mut cuts = PowerCuts::new(&acts);
/// cuts.advance(acts.len());
/// assert_eq!(cuts.image(Unsynced::Lost, &mut Random::new(0)), [0; 4]);
/// assert_eq!(cuts.image(Unsynced::Kept, &mut Random::new(0)), b"news");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PowerCuts<'r> {
    acts: &'r [Act],
    synced: Vec<u8>,
    /// The acts before this one are in `synced`.
    synced_until: usize,
    position: usize,
    /// Acts that a failed sync has forgotten.
    forgotten: Vec<usize>,
}

impl<'r> PowerCuts<'r> {
    /// At the beginning of what was recorded on an empty disk.
    #[must_use]
    pub fn new(acts: &'r [Act]) -> Self {
        Self::on(Vec::new(), acts)
    }

    /// At the beginning of what was recorded on a disk that held these bytes.
    #[must_use]
    pub fn on(bytes: Vec<u8>, acts: &'r [Act]) -> Self {
        Self { acts, synced: bytes, synced_until: 0, position: 0, forgotten: Vec::new() }
    }

    /// Goes on to the moment after `position` acts.
    pub fn advance(&mut self, position: usize) {
        for (number, act) in self.acts.iter().enumerate().take(position).skip(self.position) {
            match act {
                Act::Sync => {
                    let pending = self.synced_until..number;
                    for pending in pending.filter(|pending| !self.forgotten.contains(pending)) {
                        self.acts[pending].apply(&mut self.synced);
                    }
                    self.synced_until = number;
                    self.forgotten.clear();
                }
                // The size of a file is kept by other means than its pages.
                Act::FailedSync => self.forgotten.extend(
                    (self.synced_until..number)
                        .filter(|pending| matches!(self.acts[*pending], Act::Write(..))),
                ),
                Act::Write(..) | Act::Resize(_) => {}
            }
        }
        self.position = position;
    }

    /// Whether anything has been done since the last sync: else nothing can become of it, and all images are one.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pending().iter().all(|act| matches!(act, Act::Sync | Act::FailedSync))
    }

    /// Whether a size has been changed since the last sync: else the fates that are about sizes are as others.
    #[must_use]
    pub fn has_resized(&self) -> bool {
        self.pending().iter().any(|act| matches!(act, Act::Resize(_)))
    }

    /// What is left if the power goes now.
    #[must_use]
    pub fn image(&self, unsynced: Unsynced, random: &mut Random) -> Vec<u8> {
        let mut image = Vec::new();
        self.image_into(unsynced, random, &mut image);
        image
    }

    /// As [`PowerCuts::image`], in memory that is there already.
    pub fn image_into(&self, unsynced: Unsynced, random: &mut Random, image: &mut Vec<u8>) {
        image.clone_from(&self.synced);
        let pending: Vec<&Act> =
            self.pending().iter().filter(|act| matches!(act, Act::Write(..) | Act::Resize(_))).collect();
        match unsynced {
            Unsynced::Lost => {}
            Unsynced::Kept => keep(image, &pending),
            Unsynced::Subset => keep(image, &some(&pending, random)),
            Unsynced::Prefix => keep(image, &pending[..random.below(pending.len() + 1)]),
            Unsynced::Reordered => keep(image, &reordered(&pending, random)),
            Unsynced::Torn => torn(image, &pending, random),
            Unsynced::StaleSector => stale(image, &pending, random),
            Unsynced::SizeLost => {
                let size = image.len();
                keep(image, &writes(&pending));
                image.truncate(size);
            }
            Unsynced::SizeAlone => {
                let is_resize = |act: &&&Act| matches!(act, Act::Resize(_));
                keep(image, &pending.iter().filter(is_resize).copied().collect::<Vec<_>>());
            }
        }
    }

    fn pending(&self) -> &'r [Act] {
        &self.acts[self.synced_until..self.position]
    }
}

fn keep(image: &mut Vec<u8>, acts: &[&Act]) {
    acts.iter().for_each(|act| act.apply(image));
}

fn some<'a>(acts: &[&'a Act], random: &mut Random) -> Vec<&'a Act> {
    acts.iter().copied().filter(|_| random.chance(50)).collect()
}

fn writes<'a>(acts: &[&'a Act]) -> Vec<&'a Act> {
    acts.iter().copied().filter(|act| matches!(act, Act::Write(..))).collect()
}

/// All but one, which is not the last if there are two; some of those before it are gone as well.
fn reordered<'a>(acts: &[&'a Act], random: &mut Random) -> Vec<&'a Act> {
    if acts.len() < 2 {
        return acts.to_vec();
    }
    let lost = random.below(acts.len() - 1);
    let mut kept = some(&acts[..lost], random);
    kept.extend(&acts[lost + 1..]);
    kept
}

/// One write arrives in part.
fn torn(image: &mut Vec<u8>, acts: &[&Act], random: &mut Random) {
    let large: Vec<usize> =
        (0..acts.len()).filter(|number| sectors(acts[*number]).is_some_and(|count| count > 1)).collect();
    let Some(chosen) = (!large.is_empty()).then(|| large[random.below(large.len())]) else {
        return keep(image, &some(acts, random));
    };
    keep(image, &some(&acts[..chosen], random));
    if let Act::Write(offset, bytes) = acts[chosen] {
        let count = sectors(acts[chosen]).unwrap_or(1);
        let (first, last) = match random.below(3) {
            0 => (0, 1 + random.below(count - 1)),
            1 => (1 + random.below(count - 1), count),
            _ => {
                let first = random.below(count);
                (first, first + 1)
            }
        };
        let until = (last * SECTOR_BYTES).min(bytes.len());
        write_to(image, at(*offset) + first * SECTOR_BYTES, &bytes[first * SECTOR_BYTES..until]);
    }
    keep(image, &some(&acts[chosen + 1..], random));
}

/// All arrive, but one sector of one write does not.
fn stale(image: &mut Vec<u8>, acts: &[&Act], random: &mut Random) {
    let all = writes(acts);
    if all.is_empty() {
        return keep(image, acts);
    }
    let chosen = all[random.below(all.len())];
    let mut sector = random.below(sectors(chosen).unwrap_or(1));
    for act in acts {
        match act {
            Act::Write(offset, bytes) if std::ptr::eq(*act, chosen) => {
                sector = sector.min(bytes.len() / SECTOR_BYTES);
                let start = sector * SECTOR_BYTES;
                let end = (start + SECTOR_BYTES).min(bytes.len());
                write_to(image, at(*offset), &bytes[..start]);
                write_to(image, at(*offset) + end, &bytes[end..]);
            }
            act => act.apply(image),
        }
    }
}

/// How many sectors a write has. What is written begins at the beginning of one.
fn sectors(act: &Act) -> Option<usize> {
    match act {
        Act::Write(_, bytes) => Some(bytes.len().div_ceil(SECTOR_BYTES).max(1)),
        Act::Resize(_) | Act::Sync | Act::FailedSync => None,
    }
}

#[cfg(test)]
mod tests;
