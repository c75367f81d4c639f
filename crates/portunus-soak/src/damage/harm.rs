//! One damage: what becomes of the bytes of a file. It knows nothing of what they mean, but can look for them.

use super::patient::State;
use crate::writers::Cast;
use portunus_storage::conformance::{Random, SECTOR_BYTES};

/// What is written and read whole.
const PAGE_BYTES: usize = 4096;

/// What is done to a file.
#[derive(Clone, Debug)]
pub enum Harm {
    /// Some bits are other ones.
    Flips(Vec<(usize, u8)>),
    /// These bytes are zeroes.
    Zeroes(usize, usize),
    /// Two pages are in each other's place.
    Swap(usize, usize),
    /// A page was written to the place of another.
    Misdirected(usize, usize),
    /// These pages are as they were in an earlier state, with its number.
    Stale(usize, Vec<usize>),
    /// The whole file is as it was in an earlier state.
    Earlier(usize),
    /// The file ends here.
    Cut(usize),
    /// So much follows the end: zeroes, or what is at the beginning.
    Longer(usize, bool),
}

impl Harm {
    /// Whether what is written was once right in its place.
    pub fn is_of_an_earlier_state(&self) -> bool {
        matches!(self, Self::Stale(..) | Self::Earlier(_))
    }

    /// Some damage to the last of these states.
    pub fn choose(states: &[State], cast: &Cast, random: &mut Random) -> Self {
        let bytes = &states.last().unwrap().bytes;
        let place = aim(bytes, cast, random);
        let pages = bytes.len() / PAGE_BYTES;
        let (page, another) = (place / PAGE_BYTES, aim(bytes, cast, random) / PAGE_BYTES);
        let earlier = random.below(states.len() - 1);
        match random.below(12) {
            0..=4 => {
                let count = if random.chance(70) { 1 } else { 1 + random.below(8) };
                let near = (place + 64).min(bytes.len()) - place;
                Self::Flips((0..count).map(|_| (place + random.below(near), 1 << random.below(8))).collect())
            }
            5 => Self::Zeroes(place / SECTOR_BYTES * SECTOR_BYTES, SECTOR_BYTES * (1 + random.below(8))),
            6 => Self::Swap(page, another),
            7 => Self::Misdirected(page, another),
            8 => Self::Stale(earlier, vec![page]),
            9 => {
                let mut stale: Vec<usize> = (0..pages).filter(|_| random.chance(50)).collect();
                stale.push(page);
                Self::Stale(earlier, stale)
            }
            10 if random.chance(20) => Self::Earlier(earlier),
            10 => Self::Cut(if random.chance(50) { place } else { page * PAGE_BYTES }),
            _ => Self::Longer(1 + random.below(3 * PAGE_BYTES), random.chance(50)),
        }
    }

    /// Does it to the last of these states, which `bytes` holds.
    pub fn apply(&self, states: &[State], bytes: &mut Vec<u8>) {
        match self {
            Self::Flips(flips) => {
                for (at, flip) in flips {
                    bytes.get_mut(*at).into_iter().for_each(|byte| *byte ^= flip);
                }
            }
            Self::Zeroes(at, length) => {
                let end = (at + length).min(bytes.len());
                bytes[(*at).min(end)..end].fill(0);
            }
            Self::Swap(page, another) => {
                let (one, other) = (page_of(bytes, *page), page_of(bytes, *another));
                put(bytes, *page, &other);
                put(bytes, *another, &one);
            }
            Self::Misdirected(page, another) => {
                let written = page_of(bytes, *page);
                put(bytes, *another, &written);
            }
            Self::Stale(earlier, pages) => {
                for page in pages {
                    let was = page_of(&states[*earlier].bytes, *page);
                    put(bytes, *page, &was);
                }
            }
            Self::Earlier(earlier) => bytes.clone_from(&states[*earlier].bytes),
            Self::Cut(at) => bytes.truncate(*at),
            Self::Longer(by, with_zeroes) => {
                let added =
                    if *with_zeroes { vec![0; *by] } else { bytes[..(*by).min(bytes.len())].to_vec() };
                bytes.extend(added);
            }
        }
    }
}

fn page_of(bytes: &[u8], page: usize) -> Vec<u8> {
    let start = (page * PAGE_BYTES).min(bytes.len());
    bytes[start..(start + PAGE_BYTES).min(bytes.len())].to_vec()
}

fn put(bytes: &mut [u8], page: usize, written: &[u8]) {
    let start = page * PAGE_BYTES;
    let end = (start + written.len()).min(bytes.len());
    if start < end {
        bytes[start..end].copy_from_slice(&written[..end - start]);
    }
}

/// Somewhere in a file: where something lies that matters, in the header, or anywhere that anything was ever written.
fn aim(bytes: &[u8], cast: &Cast, random: &mut Random) -> usize {
    let id = |secret: &portunus_auth::Secret| secret.expose().as_bytes()[3..14].to_vec();
    let known: Vec<u8> = match random.below(9) {
        // Documents, and terms of their index.
        0 => b"text of 5, ".to_vec(),
        1 => b"\x50even\x00\x01".to_vec(),
        // Roles and their rules, and who is a member.
        2 => b"doc.by == ".to_vec(),
        3 => b"privileges".to_vec(),
        // Keys by their public ids, and the audit log.
        4 => id(&cast.admin),
        5 => b"\"kind\"".to_vec(),
        // The header of the store, and that of the file.
        6 => b"PORTUNUS".to_vec(),
        7 => return random.below(320),
        _ => Vec::new(),
    };
    let anywhere = |random: &mut Random| {
        let written = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        random.below(written + 1)
    };
    let from = anywhere(random);
    let found = (!known.is_empty()).then(|| {
        let mut places = bytes.windows(known.len()).skip(from).position(|window| window == known);
        places = places.map(|place| place + from);
        places.or_else(|| bytes.windows(known.len()).position(|window| window == known))
    });
    found.flatten().unwrap_or(from)
}
