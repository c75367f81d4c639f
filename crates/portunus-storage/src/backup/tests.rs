//! Backups: what comes back is what went out, and whatever else comes back is refused.

use super::{
    BLOCK_BYTES, BLOCK_HEAD_BYTES, BackupSummary, Digest, RECORDS, Writer, head, read_backup, seal,
    write_backup,
};
use crate::{Durability, Engine, EngineOptions, Error, Result, Version, memory};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

fn store(pairs: &Pairs) -> Arc<dyn Engine> {
    // A snapshot that was replaced has expired at once.
    let options = EngineOptions { reader_deadline: Duration::ZERO, ..EngineOptions::default() };
    let engine = memory(options).unwrap();
    let mut transaction = engine.begin_write().unwrap();
    pairs.iter().for_each(|(key, value)| transaction.put(key, value).unwrap());
    transaction.commit(Durability::Immediate).unwrap();
    engine
}

fn some_pairs() -> Pairs {
    let mut pairs: Pairs = (0..2_000_u32)
        .map(|number| (number.to_be_bytes().to_vec(), vec![7; usize::try_from(number).unwrap() % 700]))
        .collect();
    pairs.insert(vec![255; crate::KEY_BYTES_MAX], Vec::new());
    pairs.insert(b"large".to_vec(), vec![9; 3 * BLOCK_BYTES]);
    pairs
}

fn written(engine: &Arc<dyn Engine>, out: &mut dyn Write) -> Result<BackupSummary> {
    let snapshot = engine.begin_read().unwrap();
    write_backup(snapshot.as_ref(), out, &mut || ControlFlow::Continue(())).map(Option::unwrap)
}

fn read(mut bytes: &[u8]) -> Result<(Pairs, BackupSummary)> {
    let mut pairs = Pairs::new();
    let summary = read_backup(&mut bytes, &mut |key, value| {
        pairs.insert(key.to_vec(), value.to_vec());
        Ok(())
    })?;
    Ok((pairs, summary))
}

fn backup_of(pairs: &Pairs) -> Vec<u8> {
    let mut bytes = Vec::new();
    written(&store(pairs), &mut bytes).unwrap();
    bytes
}

fn small() -> Vec<u8> {
    backup_of(&Pairs::from([(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]))
}

#[test]
fn what_went_out_comes_back() {
    for pairs in [Pairs::new(), Pairs::from([(vec![0], Vec::new())]), some_pairs()] {
        let mut bytes = Vec::new();
        let summary = written(&store(&pairs), &mut bytes).unwrap();
        assert_eq!(summary.records, u64::try_from(pairs.len()).unwrap());
        assert_eq!(read(&bytes).unwrap(), (pairs.clone(), summary));
        assert_eq!(backup_of(&pairs), bytes, "one state has one backup");
    }
}

/// A sink that commits another change to the store for each block that it is given.
struct Meddling<'e>(&'e Arc<dyn Engine>, Vec<u8>);

impl Write for Meddling<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Not yet when the head is written: nothing was read by then, and an expired snapshot is not begun to read.
        if !self.1.is_empty() {
            let mut transaction = self.0.begin_write().unwrap();
            transaction.delete_range(&crate::KeyRange::all()).unwrap();
            transaction.put(b"new", &self.1.len().to_le_bytes()).unwrap();
            transaction.commit(Durability::Immediate).unwrap();
        }
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn attack_126_a_backup_while_others_write_is_of_one_state_and_outlives_the_deadline_of_readers() {
    let pairs = some_pairs();
    let engine = store(&pairs);
    let snapshot = engine.begin_read().unwrap();
    let mut sink = Meddling(&engine, Vec::new());
    let written = write_backup(snapshot.as_ref(), &mut sink, &mut || ControlFlow::Continue(()));
    let summary = written.unwrap().unwrap();
    assert_eq!(read(&sink.1).unwrap(), (pairs, summary));
    assert!(matches!(snapshot.get(b"new", &mut |_| {}), Err(Error::SnapshotExpired)), "others are cut");
    assert!(engine.begin_read().unwrap().get(b"new", &mut |_| {}).unwrap());
    let begun_late = write_backup(snapshot.as_ref(), &mut Vec::new(), &mut || ControlFlow::Continue(()));
    assert!(matches!(begun_late, Err(Error::SnapshotExpired)));
}

#[test]
fn a_backup_that_is_told_to_stop_stops_before_its_next_block() {
    let engine = store(&some_pairs());
    let snapshot = engine.begin_read().unwrap();
    let (mut bytes, mut blocks) = (Vec::new(), 0);
    let stopped = write_backup(snapshot.as_ref(), &mut bytes, &mut || {
        blocks += 1;
        if blocks == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((stopped.unwrap(), blocks), (None, 2));
    assert!(is_damage(&read(&bytes)), "what was written is no backup");
}

#[test]
fn a_sink_that_fails_ends_the_backup() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let failed = written(&store(&some_pairs()), &mut Full);
    assert!(matches!(failed, Err(Error::Io(error)) if error.kind() == io::ErrorKind::StorageFull));
}

fn is_damage<T>(read: &Result<T>) -> bool {
    matches!(read, Err(Error::Backup(_) | Error::Version(_)))
}

#[test]
fn attack_126_half_a_backup_is_refused_wherever_it_was_cut() {
    let whole = small();
    for end in 0..whole.len() {
        assert!(is_damage(&read(&whole[..end])), "cut at {end}");
    }
    let large = backup_of(&some_pairs());
    for end in (0..large.len()).step_by(10_007) {
        assert!(is_damage(&read(&large[..end])), "cut at {end}");
    }
}

#[test]
fn attack_126_a_backup_of_which_a_bit_was_changed_is_refused() {
    let whole = small();
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[place] ^= 1 << bit;
            assert!(is_damage(&read(&changed)), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn what_is_behind_the_end_is_refused() {
    let whole = small();
    for behind in [&b"x"[..], &whole] {
        let damage = read(&[&whole, behind].concat());
        assert!(matches!(damage, Err(Error::Backup(what)) if what.contains("behind")));
    }
}

#[test]
fn other_formats_and_other_files_are_told_from_damage() {
    let mut newer = small();
    newer[8] = 2;
    assert!(matches!(read(&newer), Err(Error::Version(what)) if what.contains("format 2")));
    for other in [&b""[..], b"PORT", b"PORTUNUS and so on, for another kind of file"] {
        assert!(matches!(read(other), Err(Error::Version(what)) if what.contains("no backup")));
    }
}

/// Backups whose checksums are right, and which are none all the same.
#[test]
fn blocks_that_fit_themselves_but_not_each_other_are_refused() {
    let step = &mut || ControlFlow::Continue(());
    let mut of_keys = |keys: &[&[u8]]| {
        let mut bytes = Vec::new();
        let mut writer = Writer::begin(Version(1), &mut bytes).unwrap();
        for key in keys {
            assert!(writer.add(key, b"", step).unwrap().is_continue());
        }
        assert!(writer.block(step).unwrap().is_continue());
        writer.end().unwrap();
        bytes
    };
    assert!(read(&of_keys(&[b"a", b"b"])).is_ok(), "the tests below would see a good one");
    assert!(is_damage(&read(&of_keys(&[b"b", b"a"]))), "out of order");
    assert!(is_damage(&read(&of_keys(&[b"a", b"a"]))), "twice");
    assert!(is_damage(&read(&of_keys(&[&vec![1; crate::KEY_BYTES_MAX + 1]]))), "a key that is too long");

    let whole = small();
    let (first, second) = (head(Version(0)).len(), whole.len() - (BLOCK_HEAD_BYTES + 48 + 8));
    let without_block = [&whole[..first], &whole[second..]].concat();
    assert!(is_damage(&read(&without_block)), "a block is missing");
    let of_other = [&head(Version(77)), &whole[first..]].concat();
    assert!(is_damage(&read(&of_other)), "another head");
}

#[test]
fn lengths_that_are_only_claimed_take_no_memory_and_are_refused() {
    for (kind, claimed) in [(RECORDS, u32::MAX), (RECORDS, 12 << 20), (3, 0), (0, 0)] {
        let block = [&[kind][..], &claimed.to_le_bytes(), b"few bytes"].concat();
        assert!(is_damage(&read(&[head(Version(1)), block].concat())), "{kind} {claimed}");
    }
    let record = [&5_u16.to_le_bytes()[..], &u32::MAX.to_le_bytes(), b"key"].concat();
    let block = seal([&[RECORDS, 0, 0, 0, 0][..], &record].concat()).unwrap();
    assert!(is_damage(&read(&[head(Version(1)), block].concat())));
}

#[test]
fn the_digest_is_that_of_all_bytes_before_the_end() {
    let whole = small();
    let mut digest = Digest::default();
    digest.add(&whole[..whole.len() - (BLOCK_HEAD_BYTES + 48 + 8)]);
    assert_eq!(read(&whole).unwrap().1.digest, digest.text());
}
