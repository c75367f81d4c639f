//! Memory for what a decision makes on its way. The one file that names the package that hands it out. It knows nothing of values.

use crate::Fault;
use crate::limits::SCRATCH_BYTES_MAX;
use bumpalo::Bump;
use std::cell::Cell;
use std::fmt;

/// Memory for what decisions make: text that is put together, lists that are filtered. It is empty before each of them and keeps
/// the largest piece of it, so that one which is used again and again comes to allocate nothing.
///
/// ```
/// use portunus_predicate::Scratch;
/// let scratch = Scratch::new();
/// assert_eq!(scratch.used(), 0);
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    arena: Bump,
    used: Cell<usize>,
    has_run_out: Cell<bool>,
}

impl Scratch {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes that the last decision has used.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.get()
    }

    /// Notes that the present decision may not cost as much as it would.
    #[cold]
    pub(crate) fn run_out(&self) -> Fault {
        self.has_run_out.set(true);
        Fault::Cost
    }

    /// Whether it was noted of the last decision.
    #[inline]
    pub(crate) fn has_run_out(&self) -> bool {
        self.has_run_out.get()
    }

    /// Forgets what was made, and keeps the memory.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.has_run_out.set(false);
        if self.used.get() > 0 {
            self.arena.reset();
            self.used.set(0);
        }
    }

    /// Room for so many, all of them this at first.
    pub(crate) fn filled<T: Copy>(&self, count: usize, with: T) -> Result<&mut [T], Fault> {
        let used = count.checked_mul(size_of::<T>()).and_then(|bytes| self.used.get().checked_add(bytes));
        let used = used.filter(|used| *used <= SCRATCH_BYTES_MAX).ok_or_else(|| self.run_out())?;
        let room = self.arena.try_alloc_slice_fill_copy(count, with).map_err(|_| self.run_out())?;
        self.used.set(used);
        Ok(room)
    }

    /// One behind the other.
    pub(crate) fn joined<T: Copy>(&self, left: &[T], right: &[T]) -> Result<&[T], Fault> {
        let Some(first) = left.first().or(right.first()) else {
            return Ok(&[]);
        };
        let room = self.filled(left.len().saturating_add(right.len()), *first)?;
        if let Some((head, tail)) = room.split_at_mut_checked(left.len()) {
            head.copy_from_slice(left);
            tail.copy_from_slice(right);
        }
        Ok(room)
    }

    /// One text behind the other.
    pub(crate) fn joined_text(&self, left: &str, right: &str) -> Result<&str, Fault> {
        str::from_utf8(self.joined(left.as_bytes(), right.as_bytes())?).map_err(|_| Fault::Argument)
    }

    /// Text that is written here.
    pub(crate) fn written(&self, text: fmt::Arguments<'_>) -> Result<&str, Fault> {
        let mut bytes = Gathered::new(self, 0_u8);
        fmt::write(&mut bytes, text).map_err(|_| Fault::Cost)?;
        str::from_utf8(bytes.into_slice()).map_err(|_| Fault::Argument)
    }
}

/// A list that grows by one after the other.
pub(crate) struct Gathered<'s, T> {
    scratch: &'s Scratch,
    room: &'s mut [T],
    count: usize,
    /// What stands in the room that is not used yet.
    filler: T,
}

impl<'s, T: Copy> Gathered<'s, T> {
    const ROOM_MIN: usize = 8;

    pub(crate) fn new(scratch: &'s Scratch, filler: T) -> Self {
        Self { scratch, room: &mut [], count: 0, filler }
    }

    pub(crate) fn push(&mut self, item: T) -> Result<(), Fault> {
        self.extend(&[item])
    }

    fn extend(&mut self, items: &[T]) -> Result<(), Fault> {
        let count = self.count.saturating_add(items.len());
        if count > self.room.len() {
            let wanted = Self::ROOM_MIN.max(count).max(self.room.len().saturating_mul(2));
            let room = self.scratch.filled(wanted, self.filler)?;
            if let Some(head) = room.get_mut(..self.count) {
                head.copy_from_slice(self.room.get(..self.count).unwrap_or_default());
            }
            self.room = room;
        }
        if let Some(places) = self.room.get_mut(self.count..count) {
            places.copy_from_slice(items);
        }
        self.count = count;
        Ok(())
    }

    pub(crate) fn into_slice(self) -> &'s [T] {
        let room: &'s [T] = self.room;
        room.get(..self.count).unwrap_or_default()
    }
}

impl fmt::Write for Gathered<'_, u8> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
