//! The JSON of tokens and key sets: objects, read strictly. It knows nothing of what their members mean.

use portunus_scope::{Object, Value};

/// The most arrays and objects inside one another in a token.
const TOKEN_DEPTH_MAX: usize = 32;

/// The object that these bytes are. There is none if they are not one whole JSON text, if a name occurs twice in any
/// object of it, if a number would not be kept as it is, or if it is nested too deeply.
pub(super) fn read_object(bytes: &[u8]) -> Option<Object> {
    let value = Value::from_json(std::str::from_utf8(bytes).ok()?).ok()?;
    value.check(TOKEN_DEPTH_MAX, usize::MAX).ok()?;
    if let Value::Object(object) = value { Some(object) } else { None }
}

/// A member that may be missing, but not be anything else than `read` takes.
pub(super) fn optional<'o, T>(
    object: &'o Object,
    name: &str,
    read: impl FnOnce(&'o Value) -> Option<T>,
) -> Option<Option<T>> {
    match object.get(name) {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

/// A text of at least one and at most `bytes_max` bytes.
pub(super) fn short_text(value: &Value, bytes_max: usize) -> Option<&str> {
    value.as_str().filter(|text| (1..=bytes_max).contains(&text.len()))
}
