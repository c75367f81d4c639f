//! Documents: a value with its id, version and expiry, kept in stored form and read in place.
//! It knows nothing of collections, nor of who may see a document.

use crate::stored::{self, StoredRef};
use crate::{FieldPath, Result, Timestamp, Value, ValueRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// A document that owns its bytes. Nothing is decoded until it is asked for.
///
/// Each call that looks at the value checks the stored form anew, in a time that grows with the document
/// (some 20 ns for a small one): to read many fields, take [`Document::root`] once.
///
/// ```
/// use portunus_scope::{Document, Value};
/// let value = Value::from_json(r#"{"title": "milk", "to": {"owner": "ann"}}"#)?;
/// let note = Document::new("n1", 7, None, &value)?;
/// assert_eq!((note.id(), note.version(), note.expires_at()), ("n1", 7, None));
/// assert_eq!(note.field("to.owner").and_then(|owner| owner.as_str()), Some("ann"));
/// assert_eq!(note.root().as_object().map(|members| members.len()), Some(2));
/// assert_eq!(note.value(), value);
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    id: String,
    version: u64,
    expires_at: Option<Timestamp>,
    /// Only bytes that `stored::access` has accepted.
    bytes: Vec<u8>,
}

impl Document {
    /// A document from its stored form.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are no stored document.
    pub fn from_stored(id: &str, bytes: Vec<u8>) -> Result<Self> {
        let stored = stored::access(&bytes)?;
        let (version, expires_at) = (stored.version(), stored.expires_at());
        Ok(Self { id: id.into(), version, expires_at, bytes })
    }

    /// A document from its parts.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the value cannot be stored.
    pub fn new(id: &str, version: u64, expires_at: Option<Timestamp>, value: &Value) -> Result<Self> {
        Ok(Self { id: id.into(), version, expires_at, bytes: stored::encode(version, expires_at, value)? })
    }

    /// The id, which is unique in the collection.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version, which every change raises.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// From when on the document is not there any more.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The value, looked at where it lies.
    #[must_use]
    pub fn root(&self) -> ValueRef<'_> {
        self.as_ref().root()
    }

    /// The value, decoded.
    #[must_use]
    pub fn value(&self) -> Value {
        self.root().to_value()
    }

    /// The value at a path of names joined by `.`; nothing if there is none, or if this is no path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<ValueRef<'_>> {
        field(self.root(), path)
    }

    /// The value as a type of the caller's.
    ///
    /// # Errors
    /// `Invalid` with the place that does not fit the type.
    ///
    /// ```
    /// # use portunus_scope::{Document, Value};
    /// #[derive(serde::Deserialize)]
    /// struct Note { title: String }
    /// let document = Document::new("n1", 7, None, &Value::from_json(r#"{"title": "milk"}"#)?)?;
    /// assert_eq!(document.to::<Note>()?.title, "milk");
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(self.root())
    }

    /// The value as a type of the caller's that may borrow text and bytes from the document.
    ///
    /// # Errors
    /// As [`Document::to`].
    ///
    /// ```
    /// # use portunus_scope::{Document, Value};
    /// #[derive(serde::Deserialize)]
    /// struct Note<'a> { title: &'a str }
    /// let document = Document::new("n1", 7, None, &Value::from_json(r#"{"title": "milk"}"#)?)?;
    /// assert_eq!(document.to_borrowed::<Note>()?.title, "milk");
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn to_borrowed<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        T::deserialize(self.root())
    }

    /// The document as a borrowed one.
    #[must_use]
    pub fn as_ref(&self) -> DocumentRef<'_> {
        match stored::access(&self.bytes) {
            Ok(stored) => DocumentRef { id: &self.id, bytes: &self.bytes, stored },
            Err(_) => unreachable!("these bytes were accepted before, and have not changed"),
        }
    }

    /// The stored form.
    ///
    /// ```
    /// # use portunus_scope::{Document, Value};
    /// let note = Document::new("n1", 7, None, &Value::from_json(r#"{"title": "milk"}"#)?)?;
    /// assert_eq!(Document::from_stored("n1", note.as_stored().to_vec())?, note);
    /// assert_eq!(note.as_ref().to_document(), note);
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    #[must_use]
    pub fn as_stored(&self) -> &[u8] {
        &self.bytes
    }
}

/// The value is left out: it may be large, and logs are read by those who may not see it.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

/// A document that lies in somebody else's bytes.
///
/// ```
/// use portunus_scope::{Document, DocumentRef, Value};
/// use std::collections::BTreeMap;
/// # let value = Value::from_json(r#"{"title": "milk"}"#)?;
/// # let owned = Document::new("n1", 7, None, &value)?;
/// let note: DocumentRef = owned.as_ref();
/// assert_eq!((note.id(), note.version(), note.expires_at()), ("n1", 7, None));
/// assert_eq!(note.field("title").and_then(|title| title.as_str()), Some("milk"));
/// assert_eq!(note.to::<BTreeMap<&str, &str>>()?["title"], "milk"); // borrowed from the document
/// assert_eq!(note.value(), note.root().to_value());
/// assert_eq!(note.to_document(), owned);
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct DocumentRef<'a> {
    id: &'a str,
    bytes: &'a [u8],
    stored: StoredRef<'a>,
}

impl<'a> DocumentRef<'a> {
    /// A document from its stored form.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are no stored document.
    pub fn from_stored(id: &'a str, bytes: &'a [u8]) -> Result<Self> {
        Ok(Self { id, bytes, stored: stored::access(bytes)? })
    }

    /// Checks what reading takes on trust: that members are in order, that no float is not a number.
    ///
    /// # Errors
    /// `Corrupt` with the rule that is broken.
    ///
    /// ```
    /// # use portunus_scope::{Document, DocumentRef, Value};
    /// let note = Document::new("n1", 7, None, &Value::from_json(r#"{"title": "milk"}"#)?)?;
    /// DocumentRef::from_stored("n1", note.as_stored())?.verify()?;
    /// assert!(DocumentRef::from_stored("n1", b"no document").is_err());
    /// # Ok::<(), portunus_scope::Error>(())
    /// ```
    pub fn verify(self) -> Result<()> {
        stored::verify(self.bytes)
    }

    /// The id, which is unique in the collection.
    #[must_use]
    #[inline]
    pub fn id(self) -> &'a str {
        self.id
    }

    /// The version, which every change raises.
    #[must_use]
    #[inline]
    pub fn version(self) -> u64 {
        self.stored.version()
    }

    /// From when on the document is not there any more.
    #[must_use]
    pub fn expires_at(self) -> Option<Timestamp> {
        self.stored.expires_at()
    }

    /// The value, looked at where it lies.
    #[must_use]
    #[inline]
    pub fn root(self) -> ValueRef<'a> {
        self.stored.root()
    }

    /// The value, decoded.
    #[must_use]
    pub fn value(self) -> Value {
        self.root().to_value()
    }

    /// The value at a path of names joined by `.`; nothing if there is none, or if this is no path.
    #[must_use]
    pub fn field(self, path: &str) -> Option<ValueRef<'a>> {
        field(self.root(), path)
    }

    /// The value as a type of the caller's, which may borrow text and bytes.
    ///
    /// # Errors
    /// `Invalid` with the place that does not fit the type.
    pub fn to<T: Deserialize<'a>>(self) -> Result<T> {
        T::deserialize(self.root())
    }

    /// A copy that owns its bytes.
    #[must_use]
    pub fn to_document(self) -> Document {
        Document {
            id: self.id.into(),
            version: self.version(),
            expires_at: self.expires_at(),
            bytes: self.bytes.into(),
        }
    }
}

impl fmt::Debug for DocumentRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("id", &self.id)
            .field("version", &self.version())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

fn field<'a>(root: ValueRef<'a>, path: &str) -> Option<ValueRef<'a>> {
    path.parse::<FieldPath>().ok()?.resolve(root)
}

#[cfg(test)]
mod tests;
