//! The secret of a request: exactly one, in exactly one place. It knows nothing of what a secret opens.

use crate::problem::Problem;
use axum::http::{HeaderMap, header};
use portunus::Secret;

/// The most bytes of a secret. A JWT with many claims is the longest that there is.
const SECRET_BYTES_MAX: usize = 12 << 10;

/// The secret that a request brings along.
///
/// # Errors
/// 401 if it brings none, 400 if it brings something else or more than one.
pub fn secret_of(headers: &HeaderMap) -> Result<Secret, Problem> {
    let mut brought = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = brought.next() else { return Err(Problem::no_secret()) };
    if brought.next().is_some() {
        return Err(invalid("there is more than one Authorization"));
    }
    let text = first.to_str().map_err(|_| invalid("the Authorization is no text"))?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(|| invalid("the Authorization has no secret"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid("the Authorization is not Bearer"));
    }
    let secret = secret.trim_matches(' ');
    if secret.is_empty()
        || secret.len() > SECRET_BYTES_MAX
        || !secret.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(invalid("the Authorization has no secret"));
    }
    Ok(Secret::from(secret))
}

fn invalid(detail: &str) -> Problem {
    Problem::bad("invalid_request", detail)
}
