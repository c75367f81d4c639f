//! Instants, their text form, and the clocks that tell the time. It knows nothing of what happens when.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Error, Result};

/// An instant: microseconds since 1970-01-01T00:00:00Z, before it negative.
///
/// Its text form is RFC 3339, in UTC. Every 64-bit number is an instant, though RFC 3339 has room only for the years
/// 0 to 9999; outside of them the text form is the number of microseconds followed by `us`.
///
/// ```
/// use portunus_scope::Timestamp;
/// let instant: Timestamp = "2026-11-05T12:00:00.000001+01:00".parse()?;
/// assert_eq!(instant.to_string(), "2026-11-05T11:00:00.000001Z");
/// assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00Z");
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The first instant that can be told.
    pub const MIN: Self = Self(i64::MIN);
    /// The last instant that can be told.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant in RFC 3339, in UTC, unless its year has not four digits.
    ///
    /// ```
    /// use portunus_scope::Timestamp;
    /// assert_eq!(Timestamp(0).to_rfc3339().as_deref(), Some("1970-01-01T00:00:00Z"));
    /// assert_eq!(Timestamp::MAX.to_rfc3339(), None);
    /// ```
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        let instant = epoch().checked_add(SignedDuration::from_micros(self.0)).ok()?;
        (instant.year() >= 0).then(|| format!("{instant}Z"))
    }

    /// The instant this much later, if it can be told. Less than a microsecond is cut off.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        i64::try_from(duration.as_micros()).ok().and_then(|micros| self.0.checked_add(micros)).map(Self)
    }

    /// The instant this much earlier, if it can be told. Less than a microsecond is cut off.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        i64::try_from(duration.as_micros()).ok().and_then(|micros| self.0.checked_sub(micros)).map(Self)
    }

    /// The instant this much later, or the last one.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }

    /// The instant this much earlier, or the first one.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).unwrap_or(Self::MIN)
    }

    /// How long after `earlier` this is; nothing if it is not after it.
    ///
    /// ```
    /// use portunus_scope::Timestamp;
    /// use std::time::Duration;
    /// let (noon, second) = (Timestamp(43_200_000_000), Duration::from_secs(1));
    /// let later = noon.saturating_add(second);
    /// assert_eq!(later.saturating_since(noon), second);
    /// assert_eq!((noon.saturating_since(later), later.saturating_sub(second)), (Duration::ZERO, noon));
    /// assert_eq!((Timestamp::MAX.checked_add(second), Timestamp::MIN.checked_sub(second)), (None, None));
    /// ```
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        let micros = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_rfc3339() {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Reads RFC 3339 with any offset, or the form `-123us` that instants outside of its years have.
    /// What would have to be rounded is refused: fractions below a microsecond, leap seconds.
    fn from_str(text: &str) -> Result<Self> {
        if let Some(micros) = text.strip_suffix("us") {
            let instant = micros.parse().map(Self).map_err(|_| invalid("is not an instant"))?;
            // One instant has one text form.
            return if instant.to_string() == text { Ok(instant) } else { Err(invalid("is not an instant")) };
        }
        let malformed = || invalid("is not an instant as RFC 3339 writes it");
        let (local, offset) = split_rfc3339(text).ok_or_else(malformed)?;
        let local: DateTime = local.parse().map_err(|_| malformed())?;
        let since_epoch = local.duration_since(epoch());
        if since_epoch.subsec_nanos() % 1_000 != 0 {
            return Err(invalid("has a fraction below a microsecond"));
        }
        let micros = since_epoch.as_micros() - offset.as_micros();
        i64::try_from(micros).map(Self).map_err(|_| malformed())
    }
}

fn epoch() -> DateTime {
    jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)
}

fn invalid(problem: &str) -> Error {
    Error::invalid("timestamp", problem)
}

/// Splits `YYYY-MM-DDTHH:MM:SS`, perhaps with a fraction, from its offset. The library that reads the first part takes
/// more than RFC 3339 allows (weeks, missing seconds), and moves a leap second to the second before it; its own
/// instants end a day before RFC 3339 does.
fn split_rfc3339(text: &str) -> Option<(&str, SignedDuration)> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let shaped = date_time.bytes().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        _ => byte == *shape,
    });
    if !shaped || date_time.ends_with("60") {
        return None;
    }
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    if offset.len() + 1 == rest.len() {
        return None;
    }
    let (local, _) = text.split_at_checked(text.len() - offset.len())?;
    Some((local, parse_offset(offset.as_bytes())?))
}

fn parse_offset(offset: &[u8]) -> Option<SignedDuration> {
    let number = |tens: u8, ones: u8, below: u8| {
        let (tens, ones) = (char::from(tens).to_digit(10)?, char::from(ones).to_digit(10)?);
        let number = tens * 10 + ones;
        (number < u32::from(below)).then_some(i64::from(number))
    };
    match *offset {
        [b'Z' | b'z'] => Some(SignedDuration::ZERO),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let minutes = number(a, b, 24)? * 60 + number(c, d, 60)?;
            Some(SignedDuration::from_mins(if sign == b'-' { -minutes } else { minutes }))
        }
        _ => None,
    }
}

/// What tells the time. It is injected, so that tests decide what time it is.
///
/// ```
/// use portunus_scope::{Clock, Timestamp};
/// struct Noon;
/// impl Clock for Noon {
///     fn now(&self) -> Timestamp {
///         Timestamp(43_200_000_000)
///     }
/// }
/// assert_eq!(Noon.now().to_string(), "1970-01-01T12:00:00Z");
/// ```
pub trait Clock: Send + Sync {
    /// The instant at which this is called. It may be earlier than what was told before.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
///
/// ```
/// use portunus_scope::{Clock, SystemClock, Timestamp};
/// assert!(SystemClock.now() > Timestamp(0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp(0).saturating_add(after),
            Err(before) => Timestamp(0).saturating_sub(before.duration()),
        }
    }
}

/// A clock that stands still until it is told to move.
///
/// ```
/// use portunus_scope::{Clock, ManualClock, Timestamp};
/// use std::time::Duration;
/// let clock = ManualClock::new(Timestamp(5));
/// clock.advance(Duration::from_micros(2));
/// assert_eq!(clock.now(), Timestamp(7));
/// clock.set(Timestamp(3));
/// assert_eq!(clock.now(), Timestamp(3));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Makes the clock show `now`, which may be earlier than what it shows.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock forward, at most to the last instant.
    pub fn advance(&self, duration: Duration) {
        let later = |micros| Some(Timestamp(micros).saturating_add(duration).0);
        // The closure never declines, so there is no failure to look at.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests;
