//! Values that a predicate owns: what stands in its text, and what binding has put there.

use std::sync::Arc;

/// A value that a predicate owns. It may go over threads, and copying it is cheap.
#[derive(Clone, Debug)]
pub enum Constant {
    /// The absence of a value, stated.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit signed integer.
    Int(i64),
    /// A 64-bit unsigned integer.
    Uint(u64),
    /// A 64-bit float.
    Double(f64),
    /// Text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// An instant.
    Timestamp(Instant),
    /// A length of time.
    Duration(TimeSpan),
    /// Values in order.
    List(Arc<[Constant]>),
    /// Keys and values, in the order in which they were written, no key twice.
    Map(Arc<[(Constant, Constant)]>),
    /// A type, by its name in the language.
    Type(&'static str),
}

/// An instant: seconds since 1970, and nanoseconds after that second. From year 1 to year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Seconds since 1970, UTC; negative before that.
    pub seconds: i64,
    /// Nanoseconds after that second, below 1,000,000,000.
    pub nanos: u32,
}

/// A length of time: seconds, and nanoseconds to be added to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan {
    /// Seconds; negative for one that goes back.
    pub seconds: i64,
    /// Nanoseconds to be added, below 1,000,000,000.
    pub nanos: u32,
}

impl Constant {
    /// Values in order.
    ///
    /// ```
    /// use portunus_predicate::Constant;
    /// assert!(matches!(Constant::list(["a", "b"]), Constant::List(items) if items.len() == 2));
    /// ```
    #[must_use]
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Named values. Of two with the same name, only the first is found.
    ///
    /// ```
    /// use portunus_predicate::Constant;
    /// assert!(matches!(Constant::map([("open", true)]), Constant::Map(entries) if entries.len() == 1));
    /// ```
    #[must_use]
    pub fn map<'n, T: Into<Self>>(entries: impl IntoIterator<Item = (&'n str, T)>) -> Self {
        Self::Map(entries.into_iter().map(|(name, value)| (Self::from(name), value.into())).collect())
    }
}

impl From<&str> for Constant {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Constant {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Constant {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl Instant {
    /// From microseconds since 1970, which is how stored instants are kept.
    ///
    /// ```
    /// use portunus_predicate::Instant;
    /// assert_eq!(Instant::from_micros(-1), Instant { seconds: -1, nanos: 999_999_000 });
    /// ```
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        let nanos = u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0) * 1_000;
        Self { seconds: micros.div_euclid(1_000_000), nanos }
    }
}
