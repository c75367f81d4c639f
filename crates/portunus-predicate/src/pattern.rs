//! Regular expressions: constants, compiled when a predicate is saved, in linear time and bounded space. The one file that names
//! the package that does it.

use crate::limits::REGEX_BYTES_MAX;
use regex::{Error, Regex, RegexBuilder};

/// What the smallest regular expressions take.
const SMALLEST_BYTES: usize = 1 << 10;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    regex: Regex,
    /// About how many KiB it takes: what trying it costs for a byte grows with that.
    weight: usize,
}

impl Pattern {
    /// Compiles it; the error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut builder = RegexBuilder::new(&with_ascii_classes(text));
        builder.dfa_size_limit(REGEX_BYTES_MAX);
        let mut bytes = SMALLEST_BYTES;
        let compiled = loop {
            match builder.size_limit(bytes).build() {
                Err(Error::CompiledTooBig(_)) if bytes < REGEX_BYTES_MAX => bytes *= 2,
                compiled => break compiled,
            }
        };
        let weight = bytes / SMALLEST_BYTES;
        compiled.map(|regex| Self { text: text.into(), regex, weight }).map_err(|error| match error {
            Error::CompiledTooBig(_) => {
                format!("the regular expression takes more than {REGEX_BYTES_MAX} bytes when it is compiled")
            }
            _ => "this is no regular expression".to_owned(),
        })
    }

    /// Whether it matches somewhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// How much more than the smallest one it costs to try it.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// The classes `\d`, `\s` and `\w` are those of ASCII, as the language has them: a digit of another script is none in a rule that
/// asks for digits, and they stay small.
fn with_ascii_classes(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            written.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => written.push_str("[0-9]"),
            Some('D') => written.push_str("[^0-9]"),
            Some('s') => written.push_str(r"[\t\n\f\r\x20]"),
            Some('S') => written.push_str(r"[^\t\n\f\r\x20]"),
            Some('w') => written.push_str("[0-9A-Za-z_]"),
            Some('W') => written.push_str("[^0-9A-Za-z_]"),
            Some(other) => written.extend(['\\', other]),
            None => written.push('\\'),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        for (pattern, text, matches) in [
            (r"^\d+$", "123", true),
            (r"^\d+$", "١٢٣", false),
            (r"^\D+$", "١é", true),
            (r"^\w+@\w+\.org$", "ann@example.org", true),
            (r"^\w+$", "né", false),
            (r"^[\w.-]+$", "a.b-c_1", true),
            (r"^[^\d\s]+$", "a 1", false),
            (r"^[^\d\s]+$", "aé", true),
            (r"^[\W]$", "é", true),
            (r"^\s$", " ", true),
            (r"(?x) ^ \s $", " ", true),
            (r"^\s$", "\u{b}", false),
            (r"^\\d$", r"\d", true),
            (r"^\\\d$", r"\1", true),
            (r"^.$", "é", true),
            (r"^\pL+$", "né", true),
            (r"\bé", "né", false),
            ("", "anything", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        assert_eq!(Pattern::new(r"\d").unwrap().as_str(), r"\d");
    }

    #[test]
    fn what_is_no_expression_or_too_big_is_refused() {
        for pattern in ["(", "a{2,1}", "[z-a]", "\\", r"(?<n>a)\1", "(?=a)", "*"] {
            assert_eq!(Pattern::new(pattern).unwrap_err(), "this is no regular expression", "{pattern}");
        }
        for pattern in ["a{65536}", "(a{100}){100}", "(((a{30}){30}){30}){30}", r"\pL{1000}", "x{1000000000}"]
        {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::new("a{1000}").is_ok());
        assert!(Pattern::new("(a+)+$").unwrap().is_match(&"a".repeat(10_000)));
    }

    /// A large automaton is tried in linear time, and each byte of that takes long: it was over a second within the fuel of
    /// one decision.
    #[test]
    fn a_larger_one_costs_more_to_try() {
        assert_eq!(Pattern::new("b").unwrap().weight(), 1);
        assert!(Pattern::new(r"^\w+@\w+\.org$").unwrap().weight() <= 4);
        assert!(Pattern::new("(a|aa|aaa|a{1,20}){1,10}(a?){50}b").unwrap().weight() >= 16);
    }
}
