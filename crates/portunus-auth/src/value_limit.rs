//! How large a value may be that is not a document: the data of a token, the arguments of a procedure. It knows nothing of
//! what it is for.

use crate::{Error, Result};
use portunus_scope::{Error as ScopeError, Value};

/// Checks that a value can be stored, is not too large, and not nested too deeply.
///
/// # Errors
/// `Limit` if it is too large, under the name `what`; `Invalid` with the place of what else is wrong.
pub(crate) fn check_value(
    what: &'static str,
    value: &Value,
    depth_max: usize,
    bytes_max: usize,
) -> Result<()> {
    match value.check(depth_max, bytes_max) {
        Ok(_) => Ok(()),
        Err(ScopeError::Limit { actual, max, .. }) => Err(Error::Limit { what, actual, max }),
        Err(error) => Err(error.into()),
    }
}
