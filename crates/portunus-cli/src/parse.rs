//! What people type for terms, instants, lengths of time and whom a secret stands for. It knows nothing of what they are for.

use portunus::{SecretScope, Timestamp, Value};
use std::str::FromStr;
use std::time::Duration;

/// A length of time: a number and `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// An instant, or a length of time from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// This instant.
    At(Timestamp),
    /// So long from now.
    In(Duration),
}

/// An instant, or a length of time ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past(When);

/// An end that something may have, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// None.
    Never,
    /// Then.
    When(When),
}

impl When {
    /// The instant, if it is `now`.
    pub fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::In(length) => now.saturating_add(length),
        }
    }
}

impl Past {
    /// The instant, if it is `now`.
    pub fn instant(self, now: Timestamp) -> Timestamp {
        match self.0 {
            When::At(instant) => instant,
            When::In(length) => now.saturating_sub(length),
        }
    }
}

impl End {
    /// The instant, if there is one, and it is `now`.
    pub fn instant(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::When(when) => Some(when.instant(now)),
        }
    }
}

/// An instant that may not be, for people.
pub fn optional_instant(instant: Option<Timestamp>) -> String {
    instant.map_or_else(|| "never".into(), |at| at.to_string())
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a number and s, m, h or d, as in 90m or 30d".to_owned();
        let unit = text.chars().last().ok_or_else(wrong)?;
        let seconds: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let number =
            text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok()).ok_or_else(wrong)?;
        number.checked_mul(seconds).map(|seconds| Self(Duration::from_secs(seconds))).ok_or_else(wrong)
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse::<Span>() {
            return Ok(Self::In(span.0));
        }
        let instant = text.parse::<Timestamp>();
        instant.map(Self::At).map_err(|_| {
            "write an instant as in 2027-01-31T12:00:00Z, or a length of time from now on as in 90m or 30d".into()
        })
    }
}

impl FromStr for Past {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_: String| {
            "write an instant as in 2027-01-31T12:00:00Z, or a length of time ago as in 90m or 30d".into()
        })
    }
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" { Ok(Self::Never) } else { text.parse().map(Self::When) }
    }
}

/// A term as it is typed: JSON if it is JSON, and else text.
#[derive(Clone, Debug, PartialEq)]
pub struct Term(pub Value);

impl FromStr for Term {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Value::from_tagged_json(text).unwrap_or_else(|_| Value::from(text))))
    }
}

/// What an admin key is narrowed to: a role, or the document of `@doc/COLLECTION/ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder(pub SecretScope);

impl FromStr for Holder {
    type Err = portunus::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("@doc/").and_then(|document| document.split_once('/')) {
            // The id as it is: only in the text of a secret some of its signs are escaped.
            Some((collection, id)) => SecretScope::document(collection, id).map(Self),
            None => format!("#{text}").parse().map(Self),
        }
    }
}

/// The one of these that is written like this.
///
/// # Errors
/// That none is, and which there are.
pub fn named<T: Copy + ToString>(all: &[T], what: &str, name: &str) -> Result<T, String> {
    all.iter().copied().find(|one| one.to_string() == name).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        format!("{name:?} is no {what}: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(text.parse::<Span>().ok().map(|span| span.0.as_secs()), seconds, "{text:?}");
        };
        check("90s", Some(90));
        check("15m", Some(900));
        check("2h", Some(7_200));
        check("30d", Some(2_592_000));
        for wrong in
            ["", "d", "5", "-5d", "5 d", "1.5h", "5w", "99999999999999999999d", "9999999999999999999d", "5é"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn an_end_is_never_or_an_instant_or_so_long_from_now() {
        let now = Timestamp(1_000_000);
        let check = |text: &str, end: Option<Option<Timestamp>>| {
            assert_eq!(text.parse::<End>().ok().map(|end| end.instant(now)), end, "{text:?}");
        };
        check("never", Some(None));
        check("2s", Some(Some(Timestamp(3_000_000))));
        check("1970-01-01T00:00:05Z", Some(Some(Timestamp(5_000_000))));
        check("tomorrow", None);
    }

    #[test]
    fn a_length_of_time_in_the_past_is_counted_back() {
        let now = Timestamp(5_000_000);
        let check = |text: &str, instant: Option<Timestamp>| {
            assert_eq!(text.parse::<Past>().ok().map(|past| past.instant(now)), instant, "{text:?}");
        };
        check("2s", Some(Timestamp(3_000_000)));
        check("1970-01-01T00:00:07Z", Some(Timestamp(7_000_000)));
        check("yesterday", None);
    }

    #[test]
    fn a_holder_is_a_role_or_a_document() {
        let holder = |text: &str| text.parse::<Holder>().unwrap().0;
        assert_eq!(holder("server").role_name().map(ToString::to_string), Some("server".into()));
        assert_eq!(holder("@doc/users/a/b#c").document_id(), Some(("users", "a/b#c")));
        for wrong in ["", "@users/ann", "@doc/users", "@doc/users/", "a b", "x#y"] {
            assert!(wrong.parse::<Holder>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_term_is_json_or_else_text() {
        let check = |text: &str, value: Value| assert_eq!(text.parse::<Term>(), Ok(Term(value)), "{text:?}");
        check("B6", Value::from("B6"));
        check("5", Value::from(5));
        check("\"5\"", Value::from("5"));
        check("null", Value::Null);
        check("2013-01-01", Value::from("2013-01-01"));
        check(r#"{"$timestamp": "1970-01-01T00:00:00Z"}"#, Value::from(Timestamp(0)));
    }
}
