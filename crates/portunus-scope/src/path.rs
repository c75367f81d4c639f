//! Names of databases and collections, and paths through the tree: parsed once, and then right by their type.

use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// The most databases on one path.
pub const PATH_SEGMENTS_MAX: usize = 32;
/// The most bytes of a database's or collection's name.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of one database among its siblings: 1 to 64 bytes of `a-z 0-9 - _ .`, but not `.` or `..`.
///
/// ```
/// use portunus_scope::Segment;
/// assert_eq!("eu-1".parse::<Segment>()?.as_str(), "eu-1");
/// assert!("..".parse::<Segment>().is_err() && "Eu".parse::<Segment>().is_err());
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(String);

impl Segment {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Segment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        check_length("database name", text)?;
        if !text.bytes().all(fits) {
            return Err(Error::invalid(
                "database name",
                "only lower-case letters, digits, '-', '_' and '.' are allowed",
            ));
        }
        if text == "." || text == ".." {
            return Err(Error::invalid("database name", "'.' and '..' are no names"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The way from one database down to another: up to 32 names, joined by `/`. The empty path is the database itself.
///
/// ```
/// use portunus_scope::DatabasePath;
/// let path: DatabasePath = "acme/eu".parse()?;
/// let (parent, last) = path.split_last().expect("it leads somewhere");
/// assert_eq!((parent.to_string().as_str(), last.as_str()), ("acme", "eu"));
/// assert_eq!(DatabasePath::from_segments(path.segments().to_vec())?, path);
/// assert!(DatabasePath::here().is_here() && "".parse::<DatabasePath>()?.is_here());
/// assert!("acme//eu".parse::<DatabasePath>().is_err() && "/acme".parse::<DatabasePath>().is_err());
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabasePath(Vec<Segment>);

impl DatabasePath {
    /// The path that leads nowhere else.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// A path from its names.
    ///
    /// # Errors
    /// `Limit` if there are more than [`PATH_SEGMENTS_MAX`].
    pub fn from_segments(segments: Vec<Segment>) -> Result<Self> {
        if segments.len() > PATH_SEGMENTS_MAX {
            return Err(Error::Limit {
                what: "database path",
                actual: segments.len(),
                max: PATH_SEGMENTS_MAX,
            });
        }
        Ok(Self(segments))
    }

    /// The names, from the top down.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the database itself.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.0.is_empty()
    }

    /// The path to the parent, and the last name; nothing for the database itself.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &Segment)> {
        self.0.split_last().map(|(last, before)| (Self(before.to_vec()), last))
    }
}

impl FromStr for DatabasePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::here());
        }
        let most = PATH_SEGMENTS_MAX * (NAME_BYTES_MAX + 1);
        if text.len() > most {
            return Err(Error::Limit { what: "database path", actual: text.len(), max: most });
        }
        Self::from_segments(text.split('/').map(str::parse).collect::<Result<_>>()?)
    }
}

impl fmt::Display for DatabasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("/")?;
            }
            f.write_str(segment.as_str())?;
        }
        Ok(())
    }
}

/// Checks the name of a collection: 1 to 64 bytes of letters, digits, `-` and `_`, beginning with a letter.
pub(crate) fn check_collection_name(name: &str) -> Result<()> {
    check_length("collection name", name)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.bytes().all(fits) || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(Error::invalid(
            "collection name",
            "only letters, digits, '-' and '_' are allowed, after a letter",
        ));
    }
    Ok(())
}

fn check_length(what: &'static str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid(what, "a name is not empty"));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::Limit { what, actual: name.len(), max: NAME_BYTES_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_refused_unless_every_segment_is_a_name() {
        let check =
            |text: &str, right: bool| assert_eq!(text.parse::<DatabasePath>().is_ok(), right, "{text:?}");
        check("", true);
        check("a", true);
        check("acme/eu/v1.2_x-y", true);
        check("...", true);
        for wrong in [
            "../",
            "..",
            ".",
            "a/./b",
            "a//b",
            "/a",
            "a/",
            "..\\",
            "%2e%2e%2f",
            "%252e",
            "A",
            "a\0",
            "é",
            " a",
        ] {
            check(wrong, false);
        }
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        check(&["a"; 32].join("/"), true);
        check(&["a"; 33].join("/"), false);
        check(&"a/".repeat(100_000), false);
    }

    #[test]
    fn a_path_survives_its_text() {
        for text in ["", "a", "a/b", "a.b/c-d/e_f"] {
            assert_eq!(text.parse::<DatabasePath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn collection_names_begin_with_a_letter() {
        let check =
            |name: &str, right: bool| assert_eq!(check_collection_name(name).is_ok(), right, "{name:?}");
        check("notes", true);
        check("Notes_2-a", true);
        for wrong in ["", "_x", "1a", "a b", "a.b", "a/b", "a\0"] {
            check(wrong, false);
        }
        check(&"a".repeat(65), false);
    }
}
