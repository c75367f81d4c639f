//! Cursors: sealed places in a query, for the next page. It knows nothing of what a place looks like inside.

use crate::mac::{MacKeys, TAG_BYTES, Tag};
use crate::{Error, Result, base64url};
use std::fmt;

/// The form of the bytes: version, tag, place.
const FORMAT: u8 = 1;
/// The most characters that a cursor can have: the longest key, its tag, and the base-64 of both.
const CURSOR_CHARS_MAX: usize = 2_048;

/// The place after which the next page of a query begins. Opaque text, good for the same query of the same principal
/// alone.
///
/// Any text can be made a cursor; one that no query gave is refused with `Invalid` where it is used.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::Cursor;
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// # for id in ["a", "b", "c"] { view.create_with_id("notes", id, json!({}))?; }
/// let first = view.query("notes").page(2, None)?;
/// let text = first.next.expect("there are three notes").as_str().to_owned();
/// let second = view.query("notes").page(2, Some(&Cursor::new(text)))?;
/// assert_eq!(second.documents.len(), 1);
/// assert!(second.next.is_none());
/// assert!(view.query("notes").page(2, Some(&Cursor::from("a guess"))).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be handed to whoever will ask for the next page.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a cursor is refused with.
    pub(crate) fn foreign() -> Error {
        Error::invalid("cursor", "is not one of this query and principal")
    }

    /// A cursor for `place`, which only a query with the same `binding` can use.
    pub(crate) fn seal(keys: &MacKeys, binding: &[&[u8]], place: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(1 + TAG_BYTES + place.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(tag(keys, binding, place).as_bytes());
        bytes.extend_from_slice(place);
        Self(base64url::encode(&bytes))
    }

    /// The place that was sealed with the same `binding`.
    ///
    /// # Errors
    /// `Invalid` for every other text.
    pub(crate) fn open(&self, keys: &MacKeys, binding: &[&[u8]]) -> Result<Vec<u8>> {
        let invalid = Self::foreign;
        if self.0.len() > CURSOR_CHARS_MAX {
            return Err(invalid());
        }
        let bytes = base64url::decode(&self.0).ok_or_else(invalid)?;
        let (&format, rest) = bytes.split_first().ok_or_else(invalid)?;
        let (sealed, place) = rest.split_first_chunk::<TAG_BYTES>().ok_or_else(invalid)?;
        if format != FORMAT || Tag::from_bytes(*sealed) != tag(keys, binding, place) {
            return Err(invalid());
        }
        Ok(place.to_vec())
    }
}

fn tag(keys: &MacKeys, binding: &[&[u8]], place: &[u8]) -> Tag {
    let mut parts = Vec::with_capacity(binding.len() + 1);
    parts.extend_from_slice(binding);
    parts.push(place);
    keys.seal(&parts)
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{CURSOR_CHARS_MAX, Cursor};
    use crate::Error;
    use crate::mac::MacKeys;
    use proptest::prelude::*;

    fn keys() -> MacKeys {
        MacKeys::derive(&[5; 32])
    }

    #[test]
    fn a_cursor_opens_with_its_own_binding_alone() {
        let cursor = Cursor::seal(&keys(), &[b"ann", b"notes"], b"place");
        assert_eq!(cursor.open(&keys(), &[b"ann", b"notes"]).unwrap(), b"place");
        for binding in
            [&[b"bob".as_slice(), b"notes"][..], &[b"ann", b"users"], &[b"annnotes"], &[b"ann"], &[]]
        {
            assert!(matches!(cursor.open(&keys(), binding), Err(Error::Invalid { .. })));
        }
        assert!(cursor.open(&MacKeys::derive(&[6; 32]), &[b"ann", b"notes"]).is_err(), "another store");
    }

    #[test]
    fn what_no_query_gave_is_refused() {
        let good = Cursor::seal(&keys(), &[], b"place");
        for text in
            ["", "AA", "AQ", "====", "é", " ", &format!("{good}="), &format!("{good}A"), &"A".repeat(1 << 20)]
        {
            assert!(
                matches!(Cursor::from(text).open(&keys(), &[]), Err(Error::Invalid { .. })),
                "{text:.40}"
            );
        }
    }

    #[test]
    fn a_cursor_has_as_many_characters_as_it_may_and_no_more() {
        let longest = vec![7; 1_503];
        let cursor = Cursor::seal(&keys(), &[], &longest);
        assert_eq!(cursor.as_str().len(), CURSOR_CHARS_MAX);
        assert_eq!(cursor.open(&keys(), &[]).unwrap(), longest);
        let beyond = Cursor::seal(&keys(), &[], &[7; 1_504]);
        assert!(matches!(beyond.open(&keys(), &[]), Err(Error::Invalid { .. })));
    }

    proptest! {
        #[test]
        fn a_changed_character_is_noticed(place in proptest::collection::vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>()) {
            let text = Cursor::seal(&keys(), &[], &place).to_string();
            let at = at.index(text.len());
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert!(Cursor::new(changed).open(&keys(), &[]).is_err());
            prop_assert_eq!(Cursor::new(text).open(&keys(), &[]).unwrap(), place);
        }
    }
}
