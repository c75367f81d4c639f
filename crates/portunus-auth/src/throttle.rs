//! How often something may be tried: a bucket of tokens that fills with time. It knows nothing of what is tried, nor of where
//! buckets are kept.

use crate::{Error, Result};
use portunus_scope::{Object, Timestamp, Value, ValueRef};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The tokens that a full bucket may hold.
const BURST: RangeInclusive<u32> = 1..=1_000_000;
/// The time in which a bucket may gain one token: from a millisecond to an hour, the longest that anybody ever has to wait.
const REFILL: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(3_600);

/// How often something may be tried: so many times at once, and then once each time that `refill` has passed.
///
/// ```
/// use portunus_auth::{GateOptions, ThrottleLimits};
/// use std::time::Duration;
/// let five_and_then_one_a_minute = ThrottleLimits::new(5, Duration::from_secs(60))?;
/// let options = GateOptions { throttle_credential: five_and_then_one_a_minute, ..GateOptions::default() };
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    burst: u32,
    /// Of whole microseconds, as instants are.
    refill: Duration,
}

/// The tokens that are left. Where no bucket is kept, there is a full one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    tokens: u32,
    /// Since when time counts toward the next token.
    since: Timestamp,
}

/// There is no token, but there will be one after this time: at most that in which a bucket gains one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

impl ThrottleLimits {
    /// For guesses at the password of one name: ten, and then two a minute.
    pub(crate) const OF_CREDENTIAL: Self = Self { burst: 10, refill: Duration::from_secs(30) };
    /// For guesses that come from one place: a hundred, and then one a second.
    pub(crate) const OF_SOURCE: Self = Self { burst: 100, refill: Duration::from_secs(1) };

    /// So many at once, and then one each `refill`.
    ///
    /// # Errors
    /// `Invalid` unless `burst` is 1 to a million and `refill` a millisecond to an hour.
    pub fn new(burst: u32, refill: Duration) -> Result<Self> {
        if !BURST.contains(&burst) {
            return Err(Error::invalid("burst", "is not 1 to a million"));
        }
        if !REFILL.contains(&refill) {
            return Err(Error::invalid("refill", "is not a millisecond to an hour"));
        }
        let micros = u64::try_from(refill.as_micros()).unwrap_or(u64::MAX);
        Ok(Self { burst, refill: Duration::from_micros(micros) })
    }
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(limits: ThrottleLimits, now: Timestamp) -> Self {
        Self { tokens: limits.burst, since: now }
    }

    /// Takes a token. Whether there is one or not, the bucket has to be kept if it is another one than before: after the clock
    /// was set back, time counts from the new instant on, or nobody would ever gain a token until the old one comes again.
    ///
    /// # Errors
    /// [`Wait`] if there is none.
    pub(crate) fn take(&mut self, limits: ThrottleLimits, now: Timestamp) -> std::result::Result<(), Wait> {
        self.fill(limits, now);
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                Ok(())
            }
            None => Err(Wait(limits.refill.saturating_sub(now.saturating_since(self.since)))),
        }
    }

    /// Puts a token back that was taken, as far as there is room for it.
    pub(crate) fn give_back(&mut self, limits: ThrottleLimits) {
        self.tokens = self.tokens.saturating_add(1).min(limits.burst);
    }

    /// When it is full, so that it need not be kept any more.
    pub(crate) fn full_at(&self, limits: ThrottleLimits) -> Timestamp {
        self.since.saturating_add(limits.refill.saturating_mul(limits.burst.saturating_sub(self.tokens)))
    }

    /// The stored form.
    pub(crate) fn to_value(self) -> Value {
        let members =
            [("tokens", Value::from(i64::from(self.tokens))), ("since", Value::Timestamp(self.since))];
        Value::Object(Object::from_iter(members))
    }

    /// From the stored form.
    ///
    /// # Errors
    /// `Corrupt` if it is another one. A bucket with more tokens than it may have is a full one, and one of a time to come is as
    /// after a clock that was set back: whatever it says, nobody gains more by it than one burst, or waits longer than for a
    /// token.
    pub(crate) fn from_value(value: ValueRef<'_>) -> Result<Self> {
        let tokens = value.member("tokens").and_then(ValueRef::as_int).and_then(|it| u32::try_from(it).ok());
        let since = value.member("since").and_then(ValueRef::as_timestamp);
        match (tokens, since) {
            (Some(tokens), Some(since)) => Ok(Self { tokens, since }),
            _ => Err(Error::Corrupt("the record of a throttle has not its form".into())),
        }
    }

    fn fill(&mut self, limits: ThrottleLimits, now: Timestamp) {
        let room = limits.burst.saturating_sub(self.tokens);
        let gained = now.saturating_since(self.since).as_micros() / limits.refill.as_micros().max(1);
        match u32::try_from(gained) {
            Ok(gained) if gained < room => {
                self.tokens += gained;
                self.since = now.min(self.since.saturating_add(limits.refill.saturating_mul(gained)));
            }
            _ => *self = Self::full(limits, now),
        }
    }
}

#[cfg(test)]
mod tests;
