//! Regular expressions: constants, compiled when a predicate is saved, in linear time and bounded space. The one file that names
//! the package that does it.

use crate::limits::REGEX_BYTES_MAX;
use regex::{Regex, RegexBuilder};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compiles it; the error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let compiled =
            RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).dfa_size_limit(REGEX_BYTES_MAX).build();
        compiled.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the regular expression takes more than {REGEX_BYTES_MAX} bytes when it is compiled")
            }
            _ => "this is no regular expression".to_owned(),
        })
    }

    /// Whether it matches somewhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
