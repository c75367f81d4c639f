//! Paths to fields of a document. It knows nothing of schemas or indexes.

use crate::{Error, Result, ValueRef};
use std::fmt;
use std::str::FromStr;

/// The most names on one path.
pub const FIELD_SEGMENTS_MAX: usize = 16;
/// The most bytes of one name on a path.
pub const FIELD_NAME_BYTES_MAX: usize = 64;

/// The way from the top of a document through objects to a field: 1 to 16 names of 1 to 64 bytes.
///
/// As text the names are joined by `.`; a `.` or `\` in a name is written `\.` or `\\`. A path leads through objects
/// only: what lies inside an array has none.
///
/// ```
/// use portunus_scope::{FieldPath, Value, ValueRef};
/// let value = Value::from_json(r#"{"a": {"b.c": 5}}"#)?;
/// let path: FieldPath = r"a.b\.c".parse()?;
/// assert_eq!(path.segments(), ["a", "b.c"]);
/// assert_eq!(path.resolve(ValueRef::from(&value)).and_then(ValueRef::as_int), Some(5));
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// A path from its names, in which no character means anything.
    ///
    /// # Errors
    /// `Invalid` if there is no name, or one is empty; `Limit` if there are too many, or one is too long.
    ///
    /// ```
    /// use portunus_scope::FieldPath;
    /// assert_eq!(FieldPath::from_segments(["a", "b.c"])?.to_string(), r"a.b\.c");
    /// assert!(FieldPath::from_segments(["a", ""]).is_err());
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn from_segments<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut path = Vec::new();
        for segment in segments {
            let segment = segment.into();
            if segment.is_empty() {
                return Err(Error::invalid("field path", "a name is empty"));
            }
            limit("name in a field path", segment.len(), FIELD_NAME_BYTES_MAX)?;
            path.push(segment);
            limit("field path", path.len(), FIELD_SEGMENTS_MAX)?;
        }
        if path.is_empty() { Err(Error::invalid("field path", "there is no name")) } else { Ok(Self(path)) }
    }

    /// The names, from the top down.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// What is at the path, if anything is.
    #[must_use]
    #[inline]
    pub fn resolve<'a>(&self, root: ValueRef<'a>) -> Option<ValueRef<'a>> {
        let mut value = root;
        for name in &self.0 {
            value = value.member(name)?;
        }
        Some(value)
    }
}

fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

impl FromStr for FieldPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // Twice for names in which every character is escaped.
        limit("field path", text.len(), 2 * FIELD_SEGMENTS_MAX * (FIELD_NAME_BYTES_MAX + 1))?;
        let mut segments = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let escaped = match character {
                '.' => {
                    segments.push(String::new());
                    continue;
                }
                '\\' => characters.next().filter(|next| matches!(next, '.' | '\\')),
                _ => Some(character),
            };
            let Some(character) = escaped else {
                return Err(Error::invalid("field path", r"only '\.' and '\\' are escapes"));
            };
            if let Some(segment) = segments.last_mut() {
                segment.push(character);
            }
        }
        Self::from_segments(segments)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            f.write_str(&segment.replace('\\', r"\\").replace('.', r"\."))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_refused_unless_every_name_can_be_one() {
        let check = |text: &str, segments: Option<&[&str]>| {
            let parsed = text.parse::<FieldPath>().ok();
            assert_eq!(
                parsed.as_ref().map(|path| path.segments().to_vec()),
                segments.map(<[_]>::to_vec).map(strings),
                "{text:?}"
            );
        };
        check("a", Some(&["a"]));
        check("a.b.c", Some(&["a", "b", "c"]));
        check(r"a\.b.c\\", Some(&["a.b", r"c\"]));
        check("$or.__proto__. .\0.ä", Some(&["$or", "__proto__", " ", "\0", "ä"]));
        for wrong in ["", ".", "a.", ".a", "a..b", r"a\", r"a\b", r"\n"] {
            check(wrong, None);
        }
        check(&"a".repeat(64), Some(&[&"a".repeat(64)]));
        check(&"a".repeat(65), None);
        check(&["a"; 16].join("."), Some(&["a"; 16]));
        check(&["a"; 17].join("."), None);
        check(&"a.".repeat(100_000), None);
        assert!(FieldPath::from_segments::<String>([]).is_err());
    }

    fn strings(segments: Vec<&str>) -> Vec<String> {
        segments.into_iter().map(Into::into).collect()
    }

    proptest! {
        #[test]
        fn every_path_survives_its_text(segments in prop::collection::vec(r"([.\\a]|\PC){1,16}", 1..=16)) {
            let path = FieldPath::from_segments(segments.clone()).unwrap();
            prop_assert_eq!(path.to_string().parse::<FieldPath>().unwrap(), path);
        }
    }
}
