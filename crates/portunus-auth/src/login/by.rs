//! Whom somebody says they are: by an id, or by what a unique index has for one document alone. It knows nothing of who
//! there is.

use crate::{Error, Result};
use portunus_scope::term::{encode_value, is_missing_or_null};
use portunus_scope::{DOCUMENT_ID_BYTES_MAX, Value, ValueRef};

/// The most bytes of a term that somebody is looked for by. No index has a longer one.
const TERM_BYTES_MAX: usize = 1_024;

/// Whom a password is tried for.
///
/// ```
/// use portunus_auth::By;
/// let by_id = By::id("0190163d-8694-739b-aea5-966c26f8ad91");
/// let by_email = By::index("email", "ann@example.org");
/// assert_eq!(by_email, portunus_auth::by("email", "ann@example.org"));
/// assert_ne!(by_id, by_email);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct By {
    pub(crate) named: Named,
}

/// What a document is named by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    Id(String),
    Index { name: String, term: Value },
}

/// The document that has this term in the unique index of a field: [`By::index`], for where it is read in one breath.
///
/// ```
/// use portunus_auth::{Login, Password, by};
/// let password = Password::new("correct horse")?;
/// let login = Login::new("users", by("email", "ann@example.org"), &password);
/// # Ok::<(), portunus_auth::Error>(())
/// ```
pub fn by(field: impl Into<String>, term: impl Into<Value>) -> By {
    By::index(field, term)
}

impl By {
    /// The document of this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self { named: Named::Id(id.into()) }
    }

    /// The document that has this term in a unique index of one field. The index is called like its field.
    pub fn index(name: impl Into<String>, term: impl Into<Value>) -> Self {
        Self { named: Named::Index { name: name.into(), term: term.into() } }
    }

    /// What tells this from all others that it could be: two terms that an index takes for the same one are the same here.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if no document can be named by this.
    pub(crate) fn key(&self) -> Result<Vec<u8>> {
        match &self.named {
            Named::Id(id) => {
                if id.is_empty() {
                    return Err(Error::invalid("id", "an id is not empty"));
                }
                limit("document id", id.len(), DOCUMENT_ID_BYTES_MAX)?;
                Ok(id.as_bytes().to_vec())
            }
            Named::Index { term, .. } => {
                let length = match term {
                    Value::String(text) => text.len(),
                    Value::Bytes(bytes) => bytes.len(),
                    _ => 0,
                };
                limit("index term", length, TERM_BYTES_MAX)?;
                let mut key = Vec::new();
                encode_value(&mut key, ValueRef::from(term))?;
                if is_missing_or_null(&key) {
                    return Err(Error::invalid("index term", "null is unique to nobody"));
                }
                Ok(key)
            }
        }
    }
}

fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use portunus_scope::Object;

    #[test]
    fn what_an_index_takes_for_the_same_is_the_same() {
        assert_eq!(by("n", 1).key().unwrap(), by("n", 1.0).key().unwrap());
        assert_ne!(by("n", 1).key().unwrap(), by("n", "1").key().unwrap());
        assert_ne!(by("n", "Ann").key().unwrap(), by("n", "ann").key().unwrap());
    }

    #[test]
    fn what_names_nobody_is_refused_before_anybody_is_looked_for() {
        for (by, kind) in [
            (By::id(""), ErrorKind::Invalid),
            (By::id("x".repeat(257)), ErrorKind::Limit),
            (by("email", Value::Null), ErrorKind::Invalid),
            (by("email", Object::from_iter([("$ne", Value::Null)])), ErrorKind::Invalid),
            (by("email", vec![Value::from("ann@example.org")]), ErrorKind::Invalid),
            (by("email", "x".repeat(1_025)), ErrorKind::Limit),
            (by("email", Value::Bytes(vec![0; 1_025])), ErrorKind::Limit),
        ] {
            assert_eq!(by.key().unwrap_err().kind(), kind, "{by:?}");
        }
    }
}
