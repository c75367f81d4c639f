//! Texts as secrets, scopes, ids and names: none may bring the parsers down, each has one text, and a slip of the pen is noticed.
//! It knows nothing of stores.

use portunus_auth::{PublicId, RoleName, Secret, SecretScope};
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Characters of a secret: a prefix of 3, a public id of 11, 43 of random bits, 6 of checksum.
const SECRET_CHARS: usize = 63;
/// Characters that the checksum is over.
const CHECKED_CHARS: usize = 57;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Reads `data` as text, and the text with a right checksum put in.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text);
    if let Some(corrected) = with_checksum(text) {
        check(&corrected);
    }
    one_text::<SecretScope>(text);
    one_text::<PublicId>(text);
    one_text::<RoleName>(text);
}

fn check(text: &str) {
    let secret = Secret::from(text);
    assert_eq!(secret.expose(), text, "a secret keeps its text");
    let shown = format!("{secret:?}");
    let Some(public) = readable(&secret, text) else {
        assert_eq!(shown, "Secret(…)", "what cannot be read shows nothing");
        return;
    };
    assert_eq!(shown, format!("Secret({public}…)"), "what can be read shows its public part alone");
    let scope = &text[SECRET_CHARS..];
    assert!(
        scope.is_empty() || scope.parse::<SecretScope>().is_ok(),
        "a secret with a bad scope is not read"
    );
    slips_are_noticed(text);
    if let Ok(narrower) = "@a.b#none".parse() {
        let twice = secret.scoped(&narrower);
        let is_read = format!("{twice:?}") != "Secret(…)";
        assert_eq!(is_read, scope.is_empty(), "a second scope opens nothing");
    }
}

/// The public part of a text that was read as a secret.
fn readable<'t>(secret: &Secret, text: &'t str) -> Option<&'t str> {
    let read = format!("{secret:?}") != "Secret(…)";
    if read {
        assert!(
            ["pk_", "pt_", "pr_"].iter().any(|kind| text.starts_with(kind)),
            "a secret begins with its kind"
        );
        let body = text.get(..SECRET_CHARS).expect("a secret is of one length");
        assert!(body.bytes().skip(3).all(|byte| DIGITS.contains(&byte)), "a secret is made of digits");
        assert_eq!(with_checksum(text).as_deref(), Some(text), "a secret carries its checksum");
    }
    read.then(|| &text[..14])
}

/// No single character of a secret can be changed without its being noticed.
fn slips_are_noticed(text: &str) {
    for place in 3..SECRET_CHARS {
        let mut slipped = text.as_bytes().to_vec();
        slipped[place] = if slipped[place] == b'7' { b'8' } else { b'7' };
        let slipped = Secret::new(String::from_utf8(slipped).expect("a digit for a digit"));
        assert_eq!(format!("{slipped:?}"), "Secret(…)", "a slip at {place} was not noticed");
    }
}

/// The text with the checksum that belongs to it, if it is long enough to have one.
pub fn with_checksum(text: &str) -> Option<String> {
    let checked = text.get(..CHECKED_CHARS)?;
    let scope = text.get(SECRET_CHARS..)?;
    let mut rest = crc32fast::hash(checked.as_bytes());
    let mut digits = Vec::new();
    for _ in CHECKED_CHARS..SECRET_CHARS {
        digits.push(DIGITS[usize::try_from(rest % 62).expect("a digit is small")]);
        rest /= 62;
    }
    digits.reverse();
    Some(format!("{checked}{}{scope}", String::from_utf8(digits).expect("digits are text")))
}

/// A text that can be read as `T` is the one text of what was read.
fn one_text<T: FromStr + Display + Debug + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text, "{value:?} has two texts");
    }
}
