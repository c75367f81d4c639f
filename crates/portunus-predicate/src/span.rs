//! Where in a source text something stands.

use std::ops::Range;

/// A part of a source text, in bytes.
///
/// ```
/// use portunus_predicate::Span;
/// let span = Span { start: 4, end: 9 };
/// assert_eq!(span.of("doc.owner == 1"), "owner");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// What stands there; nothing if the text has no such part.
    #[must_use]
    pub fn of(self, source: &str) -> &str {
        self.range().and_then(|range| source.get(range)).unwrap_or_default()
    }

    fn range(self) -> Option<Range<usize>> {
        Some(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }
}
