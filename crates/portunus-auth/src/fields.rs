//! Which fields a privilege is about: only some, or all except some. It knows nothing of roles, nor of what is done with
//! the fields.

mod trie;

mod mask;

mod change;

pub(crate) use mask::Mask;

use crate::{Error, Result};
use portunus_scope::FieldPath;
use serde::{Deserialize, Serialize};

/// The most paths that one privilege may name.
pub const FIELDS_MAX: usize = 100;

/// The fields that a privilege is about: only those that are named, or all except those that are named.
///
/// A path is 1 to 16 names of 1 to 64 bytes, joined by `.`; a `.` or `\` in a name is written `\.` or `\\`. It stands for
/// what is there and for everything inside it.
///
/// - A name is that of a member of an object. `*` stands for every member, so a member that is called `*` cannot be named
///   by itself.
/// - Arrays are walked through: `items.cost` is the cost in every element of `items`, also where the elements are arrays
///   in turn.
/// - As one may read `tags.*` as the elements of the array `tags`, too, [`except`](Fields::except) leaves out both: members
///   of elements, and elements. [`only`](Fields::only) does not take `*` for an element, which would show more: whoever is
///   to see the elements is given `tags`.
///
/// What is not shown is absent. Where a path leads deeper, the objects and arrays on the way are shown with what is left of
/// them; an object or array of which `only` leaves nothing is absent itself, and so is a plain value where a path of `only`
/// expects an object. `except` hides no more than it names.
///
/// ```
/// use portunus_auth::Fields;
/// let public = Fields::only(["title", "address.city", "items.name"]);
/// assert_eq!(public.as_only().map(<[String]>::len), Some(3));
/// public.check()?;
///
/// let staff = Fields::except(["salary", "items.cost"]);
/// assert_eq!(staff.as_except(), Some(&["salary".to_owned(), "items.cost".to_owned()][..]));
/// assert_eq!(staff.as_only(), None);
/// staff.check()?;
///
/// // To show nothing means something; to hide nothing is a mistake.
/// assert!(Fields::only([""; 0]).check().is_ok() && Fields::except([""; 0]).check().is_err());
/// # Ok::<(), portunus_auth::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(Form);

/// As they are stored and written: `{"only": ["title"]}` or `{"except": ["salary"]}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Form {
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Fields {
    /// Only these fields, and what is inside them.
    pub fn only<P: Into<String>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self(Form::Only(paths.into_iter().map(Into::into).collect()))
    }

    /// All fields except these, and what is inside them.
    pub fn except<P: Into<String>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self(Form::Except(paths.into_iter().map(Into::into).collect()))
    }

    /// The paths of the only fields, if that is how they are given.
    #[must_use]
    pub fn as_only(&self) -> Option<&[String]> {
        if let Form::Only(paths) = &self.0 { Some(paths) } else { None }
    }

    /// The paths of the excepted fields, if that is how they are given.
    #[must_use]
    pub fn as_except(&self) -> Option<&[String]> {
        if let Form::Except(paths) = &self.0 { Some(paths) } else { None }
    }

    /// Checks that these fields can be those of a privilege.
    ///
    /// # Errors
    /// `Limit` if there are more than [`FIELDS_MAX`] paths, or one has too many names or too long ones; `Invalid` with its
    /// place if one is no path, or if nothing is excepted.
    pub fn check(&self) -> Result<()> {
        let (form, paths) = match &self.0 {
            Form::Only(paths) => ("only", paths),
            Form::Except(paths) => ("except", paths),
        };
        if paths.is_empty() && form == "except" {
            return Err(Error::invalid("except", "names no field, so that nothing would be hidden"));
        }
        if paths.len() > FIELDS_MAX {
            return Err(Error::Limit { what: "list of fields", actual: paths.len(), max: FIELDS_MAX });
        }
        paths.iter().enumerate().try_for_each(|(index, path)| {
            path.parse::<FieldPath>().map(drop).map_err(|error| match Error::from(error) {
                Error::Invalid { problem, .. } => Error::invalid(format!("{form}[{index}]"), problem),
                other => other,
            })
        })
    }
}

#[cfg(test)]
mod tests;
