//! The rule for names that people give to roles and access providers: they stand in scopes, lists and logs as they are.

use crate::{Error, Result};

/// Checks that a name is of letters, digits, `-` and `_` after a letter.
///
/// # Errors
/// `Invalid`, or `Limit` if it has more than `bytes_max` bytes. It is called `what`.
pub(crate) fn check_name(what: &'static str, name: &str, bytes_max: usize) -> Result<()> {
    if name.len() > bytes_max {
        return Err(Error::Limit { what, actual: name.len(), max: bytes_max });
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.bytes().all(fits) || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(Error::invalid(what, "only letters, digits, '-' and '_' are allowed, after a letter"));
    }
    Ok(())
}
