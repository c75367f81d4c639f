//! Reads a backup, and believes nothing of it: each block by its checksum, the order of its keys, and the whole by its end.
//! It knows nothing of where the records go.

use super::{
    BLOCK_HEAD_BYTES, BackupSummary, END, FORMAT, MAGIC, PAYLOAD_BYTES_MAX, RECORD_HEAD_BYTES, RECORDS, Tally,
};
use crate::{Error, KEY_BYTES_MAX, Result, VALUE_BYTES_MAX, Version, record};
use std::io::{self, Read};

/// What [`read_backup`] calls for every record, with the key and the value.
type Take<'t> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 't;

const CHECKSUM_BYTES: usize = 8;
const HEAD_BYTES: usize = 28;

/// Reads a backup to its end, and hands each record to `take`, in the order of the keys. What was handed out is the whole backup,
/// and what was written into it, only if this succeeds.
///
/// # Errors
/// `Version` if it is no backup, or one of another format; `Backup` if it is cut, was changed, or has something behind its end;
/// `Io` with what `input` reports; what `take` returns.
pub fn read_backup(input: &mut dyn Read, take: &mut Take<'_>) -> Result<BackupSummary> {
    let mut reader = Reader::begin(input)?;
    while reader.next_block()? == RECORDS {
        reader.records(take)?;
    }
    reader.end()
}

struct Reader<'i> {
    input: &'i mut dyn Read,
    tally: Tally,
    /// The block that was read last, from its first byte to its last.
    block: Vec<u8>,
    last_key: Option<Vec<u8>>,
}

impl<'i> Reader<'i> {
    fn begin(input: &'i mut dyn Read) -> Result<Self> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        read_up_to(input, HEAD_BYTES, &mut head)?;
        let mut reader =
            Self { input, tally: Tally::new(version_of(&head)?), block: Vec::new(), last_key: None };
        reader.tally.digest.add(&head);
        Ok(reader)
    }

    /// Reads a block and verifies it, and tells its kind.
    fn next_block(&mut self) -> Result<u8> {
        self.block.clear();
        self.read_on(BLOCK_HEAD_BYTES)?;
        let (kind, payload_bytes) = match self.block.split_first() {
            Some((&kind @ (RECORDS | END), length)) => (kind, length_of(length).ok_or_else(cut)?),
            _ => return Err(damaged("a block is of no kind")),
        };
        if payload_bytes > PAYLOAD_BYTES_MAX {
            return Err(damaged("a block is longer than any"));
        }
        self.read_on(payload_bytes.saturating_add(CHECKSUM_BYTES))?;
        let (checked, checksum) = self.block.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
        if *checksum != record::checksum(checked).to_le_bytes() {
            return Err(damaged("a block fails its checksum"));
        }
        if kind == RECORDS {
            self.tally.digest.add(&self.block);
        }
        Ok(kind)
    }

    fn payload(&self) -> &[u8] {
        let end = self.block.len().saturating_sub(CHECKSUM_BYTES);
        self.block.get(BLOCK_HEAD_BYTES..end).unwrap_or_default()
    }

    fn records(&mut self, take: &mut Take<'_>) -> Result<()> {
        let block = std::mem::take(&mut self.block);
        let end = block.len().saturating_sub(CHECKSUM_BYTES);
        let mut rest = block.get(BLOCK_HEAD_BYTES..end).unwrap_or_default();
        while !rest.is_empty() {
            let (key, value, behind) =
                split_record(rest).ok_or_else(|| damaged("a record has not its form"))?;
            if self.last_key.as_deref().is_some_and(|last| last >= key) {
                return Err(damaged("its keys are not in order"));
            }
            let last = self.last_key.get_or_insert_default();
            last.clear();
            last.extend_from_slice(key);
            self.tally.count(key, value);
            take(key, value)?;
            rest = behind;
        }
        self.block = block;
        Ok(())
    }

    fn end(mut self) -> Result<BackupSummary> {
        if self.payload() != self.tally.end() {
            return Err(damaged("its end does not fit what it holds"));
        }
        self.block.clear();
        match read_up_to(self.input, 1, &mut self.block)? {
            0 => Ok(self.tally.summary()),
            _ => Err(damaged("there is something behind its end")),
        }
    }

    /// Adds the next bytes to the block.
    fn read_on(&mut self, bytes: usize) -> Result<()> {
        match read_up_to(self.input, bytes, &mut self.block)? {
            read if read == bytes => Ok(()),
            _ => Err(cut()),
        }
    }
}

fn version_of(head: &[u8]) -> Result<Version> {
    let (magic, rest) = head.split_first_chunk().ok_or_else(foreign)?;
    if *magic != MAGIC {
        return Err(foreign());
    }
    let (format, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let format = u32::from_le_bytes(*format);
    if format != FORMAT {
        let message = format!("the backup has format {format}, and this program knows format {FORMAT} only");
        return Err(Error::Version(message));
    }
    let (version, _) = rest.split_first_chunk().ok_or_else(cut)?;
    let (checked, checksum) = head.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
    if head.len() != HEAD_BYTES {
        return Err(cut());
    }
    if *checksum != record::checksum(checked).to_le_bytes() {
        return Err(damaged("its head fails its checksum"));
    }
    Ok(Version(u64::from_le_bytes(*version)))
}

/// The key and the value of the first record, and what is behind it.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(RECORD_HEAD_BYTES)?;
    let (key_bytes, value_bytes) = head.split_first_chunk()?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key_bytes)))?;
    let (value, rest) = rest.split_at_checked(length_of(value_bytes)?)?;
    let fits = key.len() <= KEY_BYTES_MAX && value.len() <= VALUE_BYTES_MAX;
    fits.then_some((key, value, rest))
}

fn length_of(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

/// Adds up to so many bytes to `into`, fewer only at the end of the input. Tells how many.
fn read_up_to(input: &mut dyn Read, bytes: usize, into: &mut Vec<u8>) -> Result<usize> {
    let most = u64::try_from(bytes).unwrap_or(u64::MAX);
    match input.take(most).read_to_end(into) {
        Ok(read) => Ok(read),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(cut()),
        Err(error) => Err(Error::Io(error)),
    }
}

fn foreign() -> Error {
    Error::Version("this is no backup of a store".into())
}

fn cut() -> Error {
    damaged("it ends too early")
}

fn damaged(what: &str) -> Error {
    Error::Backup(what.into())
}
