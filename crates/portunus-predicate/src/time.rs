//! Instants and lengths of time: their text, their ranges, their sums, and the calendar of time zones. The one file that names the
//! package that knows calendars. It knows nothing of now.

use crate::{Instant, TimeSpan};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use std::fmt;
use std::sync::LazyLock;

/// 0001-01-01T00:00:00Z
const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z
const LAST_SECOND: i64 = 253_402_300_799;
/// The longest length of time, about 10,000 years.
const SPAN_SECONDS_MAX: i64 = 315_576_000_000;
const NANOS: i128 = 1_000_000_000;
const UTC: TimeZone = TimeZone::UTC;

/// The zones that are compiled in: what a predicate says must not depend on the machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The instant so much later.
pub(crate) fn later(instant: Instant, span: TimeSpan) -> Option<Instant> {
    instant_of(instant.nanos_since_1970() + span.whole_nanos())
}

/// The instant so much earlier.
pub(crate) fn earlier(instant: Instant, span: TimeSpan) -> Option<Instant> {
    instant_of(instant.nanos_since_1970() - span.whole_nanos())
}

/// How long after the one the other is. As the language has it, it must be a 64-bit number of nanoseconds, that is 292 years.
pub(crate) fn between(from: Instant, to: Instant) -> Option<TimeSpan> {
    let nanos = to.nanos_since_1970() - from.nanos_since_1970();
    i64::try_from(nanos).ok().and_then(|nanos| span_of(nanos.into()))
}

pub(crate) fn sum(left: TimeSpan, right: TimeSpan) -> Option<TimeSpan> {
    span_of(left.whole_nanos() + right.whole_nanos())
}

pub(crate) fn difference(left: TimeSpan, right: TimeSpan) -> Option<TimeSpan> {
    span_of(left.whole_nanos() - right.whole_nanos())
}

fn instant_of(nanos: i128) -> Option<Instant> {
    let (seconds, nanos) = parts_of(nanos)?;
    Instant { seconds, nanos }.in_range()
}

fn span_of(nanos: i128) -> Option<TimeSpan> {
    let longest = i128::from(SPAN_SECONDS_MAX) * NANOS;
    let (seconds, nanos) = parts_of(nanos).filter(|_| (-longest..=longest).contains(&nanos))?;
    Some(TimeSpan { seconds, nanos })
}

fn parts_of(nanos: i128) -> Option<(i64, u32)> {
    Some((i64::try_from(nanos.div_euclid(NANOS)).ok()?, u32::try_from(nanos.rem_euclid(NANOS)).ok()?))
}

impl Instant {
    /// This one, if it is in the years 1 to 9999.
    pub(crate) fn in_range(self) -> Option<Self> {
        (FIRST_SECOND..=LAST_SECOND).contains(&self.seconds).then_some(self)
    }

    fn nanos_since_1970(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }
}

impl TimeSpan {
    /// Whole seconds, and the nanoseconds that are left over; both are negative if it goes back.
    pub(crate) fn towards_zero(self) -> (i64, i32) {
        let nanos = i32::try_from(self.nanos).unwrap_or(0);
        if self.seconds < 0 && nanos > 0 {
            (self.seconds + 1, nanos - 1_000_000_000)
        } else {
            (self.seconds, nanos)
        }
    }

    fn whole_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }
}

/// RFC 3339, with at most nine digits of a second.
pub(crate) fn parse_instant(text: &str) -> Option<Instant> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', 't'])?.split_at_checked(8)?;
    let date = Date::new(
        i16::try_from(field(date, 0..4)?).ok()?,
        i8::try_from(field_behind(date, '-', 5..7)?).ok()?,
        i8::try_from(field_behind(date, '-', 8..10)?).ok()?,
    );
    let time = Time::new(
        i8::try_from(field(time, 0..2)?).ok()?,
        i8::try_from(field_behind(time, ':', 3..5)?).ok()?,
        i8::try_from(field_behind(time, ':', 6..8)?).ok()?,
        0,
    );
    let (nanos, zone) = fraction(rest)?;
    let offset = if let "Z" | "z" = zone {
        0
    } else {
        offset_seconds(zone).filter(|_| zone.starts_with(['+', '-']))?
    };
    let seconds = DateTime::from_parts(date.ok()?, time.ok()?).duration_since(epoch()).as_secs();
    Instant { seconds: seconds - i64::from(offset), nanos }.in_range()
}

/// The digits of a second that a text begins with, as nanoseconds, and what comes behind them.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = digits.split_at_checked(count)?;
    if !(1..=9).contains(&count) {
        return None;
    }
    Some((format!("{digits:0<9}").parse().ok()?, rest))
}

fn field(text: &str, range: std::ops::Range<usize>) -> Option<u16> {
    let digits = text.get(range)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn field_behind(text: &str, mark: char, range: std::ops::Range<usize>) -> Option<u16> {
    text.get(..range.start).filter(|before| before.ends_with(mark))?;
    field(text, range)
}

/// `+01:30`, `-01:30` or `01:30`
fn offset_seconds(text: &str) -> Option<i32> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.len() != 5 {
        return None;
    }
    let (hours, minutes) = (field(unsigned, 0..2)?, field_behind(unsigned, ':', 3..5)?);
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    (hours < 24 && minutes < 60).then_some(if text.starts_with('-') { -seconds } else { seconds })
}

/// A length of time as the language writes it: `1h30m`, `-1.5s`, `100ms`, `0`.
pub(crate) fn parse_span(text: &str) -> Option<TimeSpan> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let nanos = if unsigned == "0" { 0 } else { nanos_in(unsigned)? };
    span_of(if text.starts_with('-') { -nanos } else { nanos })
}

/// Numbers with units, at least one.
fn nanos_in(text: &str) -> Option<i128> {
    let is_of_number = |it: char| it.is_ascii_digit() || it == '.';
    let (mut rest, mut nanos) = (text, 0_i128);
    loop {
        let (number, behind) = rest.split_at_checked(rest.find(|it| !is_of_number(it))?)?;
        let (unit, behind) = behind.split_at_checked(behind.find(is_of_number).unwrap_or(behind.len()))?;
        nanos = nanos.checked_add(nanos_of(number, unit)?)?;
        if behind.is_empty() {
            return Some(nanos);
        }
        rest = behind;
    }
}

/// A number of a unit. What is less than a nanosecond is cut off.
fn nanos_of(number: &str, unit: &str) -> Option<i128> {
    let unit: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS,
        "m" => 60 * NANOS,
        "h" => 3600 * NANOS,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // An empty number would be a mark alone; a second mark is no digit.
    if whole.is_empty() && part.is_empty() || part.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.into() };
    let part = part.get(..18).unwrap_or(part);
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part: i128 = if part.is_empty() { 0 } else { part.parse().ok()? };
    Some(whole * unit + part * unit / scale)
}

/// RFC 3339 in UTC, with as many digits of a second as there are; outside of the calendar, seconds since 1970.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(civil) = Civil::of(*self, &Zone::utc()) else {
            return write!(formatter, "{}s", self.seconds);
        };
        let Civil { year, month, day, hour, minute, second, .. } = civil;
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        write_fraction(formatter, self.nanos)?;
        formatter.write_str("Z")
    }
}

/// Seconds, with as many digits behind the point as there are: `1.5s`.
impl fmt::Display for TimeSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = self.towards_zero();
        let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
        write!(formatter, "{sign}{}", seconds.unsigned_abs())?;
        write_fraction(formatter, nanos.unsigned_abs())?;
        formatter.write_str("s")
    }
}

fn write_fraction(formatter: &mut fmt::Formatter<'_>, nanos: u32) -> fmt::Result {
    let (mut digits, mut width) = (nanos, 9);
    while digits > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        width -= 1;
    }
    if digits > 0 { write!(formatter, ".{digits:0width$}") } else { Ok(()) }
}

/// A time zone.
pub(crate) struct Zone(TimeZone);

impl Zone {
    pub(crate) fn utc() -> Self {
        Self(UTC)
    }

    /// The zone of this name, as in the database of time zones, or of this difference to UTC.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name.is_empty() || name == "UTC" {
            return Some(Self::utc());
        }
        match offset_seconds(name) {
            Some(seconds) => Offset::from_seconds(seconds).ok().map(|offset| Self(offset.to_time_zone())),
            None => ZONES.get(name).ok().map(Self),
        }
    }

    fn offset_seconds(&self, instant: Instant) -> i64 {
        let (first, last) = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        let seconds = instant.seconds.clamp(first, last);
        let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.0.to_offset(at).seconds().into()
    }
}

/// An instant by the calendar and the clock of a zone.
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    /// From 0, which is Sunday.
    pub(crate) day_of_week: i64,
    /// From 1.
    pub(crate) day_of_year: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Civil {
    /// `None` where the calendar ends.
    pub(crate) fn of(instant: Instant, zone: &Zone) -> Option<Self> {
        let seconds = instant.seconds.checked_add(zone.offset_seconds(instant))?;
        let civil = epoch().checked_add(SignedDuration::from_secs(seconds)).ok()?;
        Some(Self {
            year: civil.year().into(),
            month: civil.month().into(),
            day: civil.day().into(),
            day_of_week: match civil.weekday() {
                Weekday::Sunday => 0,
                other => other.to_monday_one_offset().into(),
            },
            day_of_year: civil.day_of_year().into(),
            hour: civil.hour().into(),
            minute: civil.minute().into(),
            second: civil.second().into(),
        })
    }
}

fn epoch() -> DateTime {
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
}
