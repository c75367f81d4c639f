//! Instants, their text form, and the clocks that tell the time. It knows nothing of what happens when.

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
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        let instant = jiff::Timestamp::from_microsecond(self.0).ok()?;
        let text = instant.to_string();
        // The text of other years begins with a sign.
        text.starts_with(|first: char| first.is_ascii_digit()).then_some(text)
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
        if !has_rfc3339_shape(text.as_bytes()) {
            return Err(invalid("is not an instant as RFC 3339 writes it"));
        }
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| invalid("is not an instant as RFC 3339 writes it"))?;
        if instant.subsec_nanosecond() % 1_000 != 0 {
            return Err(invalid("has a fraction below a microsecond"));
        }
        Ok(Self(instant.as_microsecond()))
    }
}

fn invalid(problem: &str) -> Error {
    Error::invalid("timestamp", problem)
}

/// Whether this is `YYYY-MM-DDTHH:MM:SS`, perhaps a fraction, and an offset. The library that reads the parts takes
/// more than RFC 3339 allows (weeks, missing seconds, names of zones), and moves a leap second to the second before it.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(19) else { return false };
    let shaped = date_time.iter().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        _ => byte == shape,
    });
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.split_at(digits).1
        }
        None => rest,
    };
    let offset = match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    shaped && offset && !date_time.ends_with(b"60")
}

/// What tells the time. It is injected, so that tests decide what time it is.
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
