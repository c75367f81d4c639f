//! What can be wrong with a predicate: with its text, which is told with its place, and with a value that it meets, which is
//! told to nobody but those who may ask why. Neither carries a value.

use crate::Span;
use std::fmt;

/// The result of what can go wrong with a text.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where.
    pub span: Span,
    /// What, in lower case, without the place.
    pub problem: String,
}

/// Why an expression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A field, a key or an element that is not there.
    Missing,
    /// An operation that there is not for values of these types.
    Type,
    /// A number past the range of its type, or a division by zero.
    Arithmetic,
    /// A text that cannot be converted, or an argument that a function cannot take.
    Argument,
    /// The decision would cost too much.
    Cost,
    /// What is asked for is not known here: nobody is behind the secret, or a document was needed while binding.
    Unknown,
    /// A document could not be read. Whoever evaluates must ask its reader what went wrong.
    Read,
}

impl Error {
    pub(crate) fn at(span: Span, problem: impl Into<String>) -> Self {
        Self { span, problem: problem.into() }
    }

    /// The line of the source with the place marked below it, for a terminal.
    ///
    /// ```
    /// use portunus_predicate::{Error, Span};
    /// let error = Error { span: Span { start: 4, end: 7 }, problem: "unknown field".into() };
    /// assert_eq!(error.shown_in("doc.ovn == 1"), "doc.ovn == 1\n    ^^^ unknown field");
    /// ```
    #[must_use]
    pub fn shown_in(&self, source: &str) -> String {
        let start = usize::try_from(self.span.start).unwrap_or(usize::MAX).min(source.len());
        let (before, rest) = source.split_at_checked(start).unwrap_or((source, ""));
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = source.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = self.span.of(source).lines().next().unwrap_or_default().chars().count().max(1);
        let marked = marked.min(rest.lines().next().unwrap_or_default().chars().count().max(1));
        format!("{line}\n{}{} {}", " ".repeat(column), "^".repeat(marked), self.problem)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at byte {}", self.problem, self.span.start)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "a field, key or element is missing",
            Self::Type => "there is no such operation for values of these types",
            Self::Arithmetic => "a number is past its range, or a division is by zero",
            Self::Argument => "a function cannot take this argument",
            Self::Cost => "the decision costs too much",
            Self::Unknown => "what is asked for is not known",
            Self::Read => "a document could not be read",
        })
    }
}

impl std::error::Error for Fault {}
