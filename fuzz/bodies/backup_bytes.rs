//! Bytes as a backup, a good one with something done to it, and one that somebody made whose checksums are all right: it is refused,
//! or it holds exactly what it says, and a store is made of that which can be asked anything. It knows nothing of how backups are
//! read.

use super::ram::Ram;
use super::recipe::Recipe;
use super::shelf::{SHELF, answers, open};
use portunus_auth::{Error, Gate};
use portunus_storage::{Disk, read_backup, restore_on};
use std::sync::{Arc, LazyLock};
use xxhash_rust::xxh3::xxh3_64;

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 1_024;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The backup of a good store, what is in it, and its version.
static GOOD: LazyLock<(Vec<u8>, Pairs, u64)> = LazyLock::new(|| {
    let gate = open(&Ram::holding(SHELF.image.clone())).unwrap();
    let (_, admin) = SHELF.secrets.iter().find(|(name, _)| *name == "admin").unwrap();
    let mut bytes = Vec::new();
    gate.begin_read(admin).unwrap().backup(&mut bytes).unwrap();
    let mut pairs = Pairs::new();
    let summary = read_backup(&mut bytes.as_slice(), &mut |key, value| {
        pairs.push((key.to_vec(), value.to_vec()));
        Ok(())
    });
    let version = summary.unwrap().version.0;
    assert!(made(&pairs, version) == bytes, "a backup does not have the form that is written down");
    (bytes, pairs, version)
});

/// Takes `data` for a backup, then for the recipe of what is done to the bytes of a good one, and to what is in it.
pub fn run(data: &[u8]) {
    restored(data);
    let (bytes, pairs, version) = &*GOOD;
    let mut recipe = Recipe::new(data);
    let damaged = damaged(&mut recipe, bytes);
    assert_eq!(restored(&damaged).is_some(), damaged == *bytes, "a damaged backup was believed");

    let mut changed = pairs.clone();
    for _ in 0..recipe.byte() % 4 {
        change(&mut recipe, &mut changed);
    }
    let in_order = changed.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let fits = in_order && changed.iter().all(|(key, _)| key.len() <= KEY_BYTES_MAX);
    let found = restored(&made(&changed, *version));
    assert_eq!(found, fits.then_some(changed), "what is in a backup is not what was put there");
}

/// What a backup holds if it is one. Then it can be restored to that, and whatever that is, nothing panics.
fn restored(mut bytes: &[u8]) -> Option<Pairs> {
    let whole = bytes;
    let mut pairs = Pairs::new();
    let read = read_backup(&mut bytes, &mut |key, value| {
        pairs.push((key.to_vec(), value.to_vec()));
        Ok(())
    });
    let disk = Arc::new(Ram::default());
    let on: Arc<dyn Disk> = Arc::<Ram>::clone(&disk);
    let done = restore_on(&on, &mut &*whole, 1 << 20);
    let verified = Gate::verify_backup(&mut &*whole);
    match (read, done) {
        (Ok(read), Ok(done)) => assert_eq!(read, done),
        (Err(error), Err(_)) => {
            let error = format!("{error:?}");
            assert!(error.starts_with("Backup") || error.starts_with("Version"), "{error}");
            assert!(matches!(verified, Err(Error::Backup(_) | Error::Version(_))), "{verified:?}");
            return None;
        }
        (read, done) => panic!("one says {read:?}, the other {done:?}"),
    }
    if let Ok(gate) = open(&disk) {
        for (_, secret) in &SHELF.secrets {
            drop(answers(&gate, secret));
            drop(gate.begin_read(secret).and_then(|view| view.check()));
        }
    }
    Some(pairs)
}

fn damaged(recipe: &mut Recipe<'_>, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..recipe.byte() % 4 {
        let (place, other) = (place(recipe, bytes.len()), place(recipe, bytes.len()));
        match recipe.byte() % 5 {
            0 => bytes[place] ^= recipe.byte().max(1),
            1 => bytes.truncate(place.max(1)),
            2 => bytes.swap(place, other),
            3 => bytes.extend_from_within(place..),
            _ => drop(bytes.drain(place.min(other)..place.max(other))),
        }
    }
    bytes
}

fn change(recipe: &mut Recipe<'_>, pairs: &mut Pairs) {
    if pairs.is_empty() {
        return;
    }
    let (chosen, other) = (place(recipe, pairs.len()), place(recipe, pairs.len()));
    match recipe.byte() % 7 {
        0 => drop(pairs.remove(chosen)),
        1 => pairs.swap(chosen, other),
        2 => pairs.insert(chosen, pairs[other].clone()),
        3 => pairs[chosen].1 = pairs[other].1.clone(),
        4 => pairs[chosen].0.resize(KEY_BYTES_MAX + usize::from(recipe.byte() % 2), 255),
        5 => {
            let (_, value) = &mut pairs[chosen];
            value.truncate(place(recipe, value.len()));
        }
        _ => {
            let (key, value) = &mut pairs[chosen];
            let bytes = if recipe.byte().is_multiple_of(2) || value.is_empty() { key } else { value };
            let place = place(recipe, bytes.len());
            bytes[place] ^= recipe.byte().max(1);
        }
    }
}

fn place(recipe: &mut Recipe<'_>, length: usize) -> usize {
    usize::from(u16::from_le_bytes([recipe.byte(), recipe.byte()])) % length.max(1)
}

/// A backup in one block, as `ARCHITECTURE.md` says that it is made.
fn made(pairs: &Pairs, version: u64) -> Vec<u8> {
    let mut all = summed([&b"PORTBACK"[..], &1_u32.to_le_bytes(), &version.to_le_bytes()].concat());
    let (mut records, mut bytes) = (Vec::new(), 0);
    for (key, value) in pairs {
        records.extend_from_slice(&u16::try_from(key.len()).unwrap().to_le_bytes());
        records.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
        records.extend_from_slice(&[&key[..], value].concat());
        bytes += u64::try_from(key.len() + value.len()).unwrap();
    }
    if !pairs.is_empty() {
        all.extend_from_slice(&block(1, &records));
    }
    let count = u64::try_from(pairs.len()).unwrap();
    let digest = blake3::hash(&all);
    all.extend_from_slice(&block(
        2,
        &[&count.to_le_bytes()[..], &bytes.to_le_bytes(), digest.as_bytes()].concat(),
    ));
    all
}

fn block(kind: u8, payload: &[u8]) -> Vec<u8> {
    summed([&[kind][..], &u32::try_from(payload.len()).unwrap().to_le_bytes(), payload].concat())
}

fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
    bytes
}
