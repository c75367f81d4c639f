//! A backup: one snapshot as a stream of bytes, which can be verified to its last byte before any of it is believed.
//! It knows nothing of files, nor of what keys and values mean. The only file that names `blake3`.
//!
//! ```text
//! head    8  "PORTBACK"
//!         4  format of the backup, now 1
//!         8  version of the snapshot
//!         8  XXH3-64 of the 20 bytes before
//! block   1  1 for records, 2 for the end; nothing comes behind that
//!         4  bytes of the payload
//!         n  payload
//!         8  XXH3-64 of all of the block before
//! records    each: bytes of the key (2), bytes of the value (4), the key, the value; by keys, over all blocks
//! end     8  number of records
//!         8  bytes of their keys and values
//!        32  BLAKE3 of everything before this block
//! ```
//! All integers are little-endian.

mod reader;

pub use reader::read_backup;

use crate::{Error, KEY_BYTES_MAX, KeyRange, Order, Result, Snapshot, VALUE_BYTES_MAX, Version, record};
use std::io::Write;
use std::ops::ControlFlow;

const MAGIC: [u8; 8] = *b"PORTBACK";

/// The form of backup that this program writes, and the only one that it reads.
const FORMAT: u32 = 1;

const RECORDS: u8 = 1;
const END: u8 = 2;

/// How many bytes a block puts before its payload.
const BLOCK_HEAD_BYTES: usize = 5;

/// From how many bytes on a block is full.
const BLOCK_BYTES: usize = 256 << 10;

/// The most bytes that the payload of a block can have: one that was almost full, and the largest record.
const PAYLOAD_BYTES_MAX: usize = BLOCK_BYTES + RECORD_HEAD_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX;

/// How many bytes a record puts before its key.
const RECORD_HEAD_BYTES: usize = 6;

const DIGEST_BYTES: usize = 32;

/// What a backup holds.
///
/// ```
/// use portunus_storage::{Durability, EngineOptions, memory, read_backup, write_backup};
/// let engine = memory(EngineOptions::default())?;
/// let mut transaction = engine.begin_write()?;
/// transaction.put(b"key", b"value")?;
/// transaction.commit(Durability::Immediate)?;
///
/// let mut backup = Vec::new();
/// let snapshot = engine.begin_read()?;
/// let written = write_backup(snapshot.as_ref(), &mut backup, &mut || std::ops::ControlFlow::Continue(()))?;
/// let read = read_backup(&mut backup.as_slice(), &mut |key, value| {
///     assert_eq!((key, value), (b"key".as_slice(), b"value".as_slice()));
///     Ok(())
/// })?;
/// assert_eq!((read.records, read.bytes, read.version), (1, 8, snapshot.version()));
/// assert_eq!(written, Some(read));
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupSummary {
    /// The last commit that it contains.
    pub version: Version,
    /// How many records there are.
    pub records: u64,
    /// How many bytes their keys and values have.
    pub bytes: u64,
    /// The BLAKE3 of all that is before its end, in hexadecimal digits: two backups of one state have the same.
    pub digest: String,
}

/// Writes one snapshot to `out`, block by block, and calls `step` before each block; `None` if that broke off.
///
/// It is one reading from start to end, which the deadline of readers does not cut: the pages of the snapshot are kept for as long
/// as `out` takes.
///
/// # Errors
/// As [`Snapshot::scan`]; `Io` with what `out` reports. What was written then is no backup.
pub fn write_backup(
    snapshot: &dyn Snapshot,
    out: &mut dyn Write,
    step: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<BackupSummary>> {
    let mut writer = Writer::begin(snapshot.version(), out)?;
    let mut outcome = Ok(ControlFlow::Continue(()));
    snapshot.scan(&KeyRange::all(), Order::Ascending, &mut |key, value| {
        outcome = writer.add(key, value, step);
        if matches!(outcome, Ok(ControlFlow::Continue(()))) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if outcome?.is_break() || (writer.holds_records() && writer.block(step)?.is_break()) {
        return Ok(None);
    }
    writer.end().map(Some)
}

/// The hash of a stream, so far.
#[derive(Default)]
struct Digest(blake3::Hasher);

impl Digest {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn bytes(&self) -> [u8; DIGEST_BYTES] {
        *self.0.finalize().as_bytes()
    }

    fn text(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Counts what goes by.
struct Tally {
    version: Version,
    records: u64,
    bytes: u64,
    digest: Digest,
}

impl Tally {
    fn new(version: Version) -> Self {
        Self { version, records: 0, bytes: 0, digest: Digest::default() }
    }

    fn count(&mut self, key: &[u8], value: &[u8]) {
        let bytes = key.len().saturating_add(value.len());
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// The payload of the block that ends a backup of what was counted.
    fn end(&self) -> Vec<u8> {
        [&self.records.to_le_bytes()[..], &self.bytes.to_le_bytes(), &self.digest.bytes()].concat()
    }

    fn summary(&self) -> BackupSummary {
        let (version, records, bytes) = (self.version, self.records, self.bytes);
        BackupSummary { version, records, bytes, digest: self.digest.text() }
    }
}

/// A backup that is being written.
struct Writer<'o> {
    out: &'o mut dyn Write,
    tally: Tally,
    /// The block that is being filled, from its first byte on.
    block: Vec<u8>,
}

impl<'o> Writer<'o> {
    fn begin(version: Version, out: &'o mut dyn Write) -> Result<Self> {
        let mut writer = Self { out, tally: Tally::new(version), block: Vec::new() };
        writer.emit(&head(version))?;
        writer.empty(RECORDS);
        Ok(writer)
    }

    /// Adds a record, and writes the block first if it would be too full with it.
    fn add(
        &mut self,
        key: &[u8],
        value: &[u8],
        step: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        if self.block.len() >= BLOCK_BYTES && self.block(step)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let too_large = |what, max| move |_| Error::Limit { what, actual: usize::MAX, max };
        let key_bytes = u16::try_from(key.len()).map_err(too_large("the key", KEY_BYTES_MAX))?;
        let value_bytes = u32::try_from(value.len()).map_err(too_large("the value", VALUE_BYTES_MAX))?;
        self.tally.count(key, value);
        self.block.extend_from_slice(&key_bytes.to_le_bytes());
        self.block.extend_from_slice(&value_bytes.to_le_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        Ok(ControlFlow::Continue(()))
    }

    fn holds_records(&self) -> bool {
        self.block.len() > BLOCK_HEAD_BYTES
    }

    /// Writes the block, unless `step` breaks off, and begins another.
    fn block(&mut self, step: &mut dyn FnMut() -> ControlFlow<()>) -> Result<ControlFlow<()>> {
        if step().is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let sealed = seal(std::mem::take(&mut self.block))?;
        self.emit(&sealed)?;
        self.block = sealed;
        self.empty(RECORDS);
        Ok(ControlFlow::Continue(()))
    }

    fn end(mut self) -> Result<BackupSummary> {
        self.empty(END);
        self.block.extend_from_slice(&self.tally.end());
        let sealed = seal(std::mem::take(&mut self.block))?;
        self.out.write_all(&sealed).and_then(|()| self.out.flush()).map_err(Error::Io)?;
        Ok(self.tally.summary())
    }

    fn emit(&mut self, bytes: &[u8]) -> Result<()> {
        self.tally.digest.add(bytes);
        self.out.write_all(bytes).map_err(Error::Io)
    }

    /// Begins a block of a kind, in the room of the one before.
    fn empty(&mut self, kind: u8) {
        self.block.clear();
        self.block.push(kind);
        self.block.extend_from_slice(&[0; BLOCK_HEAD_BYTES - 1]);
    }
}

fn head(version: Version) -> Vec<u8> {
    let mut bytes = [&MAGIC[..], &FORMAT.to_le_bytes(), &version.0.to_le_bytes()].concat();
    bytes.extend_from_slice(&record::checksum(&bytes).to_le_bytes());
    bytes
}

/// Puts the length of its payload into a block, and the checksum behind it.
fn seal(mut block: Vec<u8>) -> Result<Vec<u8>> {
    let payload = block.len().saturating_sub(BLOCK_HEAD_BYTES);
    let length = u32::try_from(payload).map_err(|_| Error::Internal("a block is too long".into()))?;
    if let Some(place) = block.get_mut(1..BLOCK_HEAD_BYTES) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    block.extend_from_slice(&record::checksum(&block).to_le_bytes());
    Ok(block)
}

#[cfg(test)]
mod tests;
