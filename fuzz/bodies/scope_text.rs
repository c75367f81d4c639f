//! Texts as scopes, judged a second time by the grammar spelled out: what is a scope is exactly what the grammar says, and it
//! has one text. It knows nothing of who may use one.

use portunus_auth::SecretScope;

const NAME_BYTES_MAX: usize = 64;
const PATH_NAMES_MAX: usize = 32;
const DOCUMENT_ID_BYTES_MAX: usize = 256;

/// Reads `data` as the text of a scope.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = text.parse::<SecretScope>();
    assert_eq!(read.is_ok(), is_scope(text), "{text:?}");
    let Ok(scope) = read else { return };
    assert_eq!(scope.to_string(), text, "a scope has one text");
    assert!(scope.role_name().is_some() != scope.document_id().is_some(), "a scope names one thing");
    if let Some((collection, id)) = scope.document_id() {
        let again = SecretScope::document(collection, id).expect("its parts make a scope");
        assert_eq!(again.at(scope.path().clone()), scope);
    }
    if let Some(role) = scope.role_name() {
        assert_eq!(SecretScope::role(role.clone()).at(scope.path().clone()), scope);
    }
}

fn is_scope(text: &str) -> bool {
    let Some((path, holder)) = text.split_once('#') else { return false };
    let path = path.is_empty() || path.strip_prefix('@').is_some_and(is_path);
    path && match holder.strip_prefix("@doc/").map(|document| document.split_once('/')) {
        Some(Some((collection, id))) => {
            (1..=NAME_BYTES_MAX).contains(&collection.len()) && !collection.contains('#') && is_id(id)
        }
        Some(None) => false,
        None => is_role(holder),
    }
}

/// The only signs that are escaped are the two that must be.
fn is_id(text: &str) -> bool {
    let mut parts = text.split('%');
    let plain = parts.next().unwrap_or_default();
    let mut bytes = plain.len();
    for part in parts {
        if !part.starts_with("23") && !part.starts_with("25") {
            return false;
        }
        bytes += part.len() - 1;
    }
    !text.contains('#') && (1..=DOCUMENT_ID_BYTES_MAX).contains(&bytes)
}

fn is_path(text: &str) -> bool {
    text.split('/').count() <= PATH_NAMES_MAX && text.split('/').all(is_name)
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(fits) && text != "." && text != ".."
}

fn is_role(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(fits)
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
}
