//! The text of a secret: its form, its checksum, its redaction.

use super::{LOGIN_BYTES, SECRET_BYTES, Secret, SecretKind, SecretParts};
use crate::mac::MacKeys;
use crate::{BuiltInRole, SecretScope};
use proptest::prelude::*;

fn issue(kind: SecretKind) -> Secret {
    Secret::issue(kind, &MacKeys::derive(&[9; 32])).unwrap().secret
}

fn key() -> Secret {
    issue(SecretKind::Key)
}

#[test]
fn a_secret_has_its_form_and_survives_its_text() {
    for (kind, prefix) in [(SecretKind::Key, "pk_"), (SecretKind::Token, "pt_"), (SecretKind::Refresh, "pr_")]
    {
        let secret = issue(kind);
        assert_eq!(secret.expose().len(), SECRET_BYTES);
        assert_eq!(SECRET_BYTES, 63);
        let rest = secret.expose().strip_prefix(prefix).unwrap();
        assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()), "one double-click selects it");
        let parts = secret.parts().unwrap();
        assert_eq!(parts.kind, kind);
        assert!(rest.starts_with(&parts.public_id.to_string()));
        assert_eq!(parts.text(), secret.expose());
    }
}

#[test]
fn no_two_secrets_are_alike() {
    let keys = MacKeys::derive(&[9; 32]);
    let (left, right) = (key(), key());
    assert_ne!(left.parts().unwrap().public_id, right.parts().unwrap().public_id);
    assert!(left.parts().unwrap().proof(&keys) != right.parts().unwrap().proof(&keys));
}

#[test]
fn a_secret_and_the_next_have_their_login_in_common_and_nothing_else_that_helps() {
    let keys = MacKeys::derive(&[9; 32]);
    let first = Secret::issue(SecretKind::Refresh, &keys).unwrap();
    let next = first.secret.issue_next(&keys).unwrap();
    assert_eq!(next.id, first.id);
    assert!(next.login_tag == first.login_tag && next.tag != first.tag);
    let random = |secret: &Secret| secret.parts().unwrap().random.0;
    let (before, after) = (random(&first.secret), random(&next.secret));
    assert_eq!(before[..LOGIN_BYTES], after[..LOGIN_BYTES]);
    assert_ne!(before[LOGIN_BYTES..], after[LOGIN_BYTES..]);
    assert_eq!(before.len() - LOGIN_BYTES, 16, "128 bits that nobody knows who had the one before");
    let other = Secret::issue(SecretKind::Refresh, &keys).unwrap();
    assert!(
        other.login_tag != first.login_tag && random(&other.secret)[..LOGIN_BYTES] != before[..LOGIN_BYTES]
    );
    let proof = |secret: &Secret| secret.parts().unwrap().proof(&keys);
    assert!(proof(&next.secret) == next.tag && next.tag != next.login_tag);
    assert!(Secret::from("swordfish").issue_next(&keys).is_err());
}

#[test]
fn debug_shows_the_public_id_and_nothing_of_the_rest() {
    let secret = key();
    let shown = format!("{secret:?} {secret:#?}");
    let id = secret.parts().unwrap().public_id.to_string();
    assert_eq!(format!("{secret:?}"), format!("Secret(pk_{id}…)"));
    let random = secret.expose().get(14..57).unwrap();
    for window in random.as_bytes().windows(4) {
        let window = std::str::from_utf8(window).unwrap();
        assert!(!shown.replace(&id, "").contains(window), "{window} of the random part is shown");
    }
    for text in ["password1", "pk_", "pk_0000000000000000"] {
        assert_eq!(
            format!("{:?}", Secret::from(text)),
            "Secret(…)",
            "what is no secret of ours may be one elsewhere"
        );
    }
}

#[test]
fn texts_that_are_no_secrets_are_told_apart_offline() {
    let good = key();
    let text = good.expose();
    let wrong = [
        String::new(),
        "pk_".into(),
        text.get(..62).unwrap().into(),
        format!("{text}0"),
        format!(" {text}"),
        format!("{text}\n"),
        format!("{text}admin"),
        format!("{text}:admin"),
        format!("{text}@"),
        format!("{text}#"),
        format!("{text}@a"),
        format!("{text}#admin#admin"),
        format!("{text}#@doc/users/"),
        text.to_uppercase(),
        text.replace("pk_", "pt_"),
        text.replace("pk_", "px_"),
        format!("{}é", text.get(..61).unwrap()),
        "é".repeat(40),
        "0".repeat(1 << 20),
        ".".repeat(1_000_000),
    ];
    for text in wrong {
        assert!(Secret::from(text.as_str()).parts().is_none(), "{text:.80}");
    }
}

#[test]
fn a_scope_follows_the_text_once() {
    let scope = SecretScope::role(BuiltInRole::Server).at("acme/eu".parse().unwrap());
    let narrowed = key().scoped(&scope);
    assert_eq!(narrowed.parts().unwrap().scope.as_deref(), Some(&scope));
    assert!(narrowed.scoped(&scope).parts().is_none(), "a scoped secret cannot be scoped again");
}

#[test]
fn a_clone_is_the_same_secret() {
    let secret = key();
    assert_eq!(secret.clone().expose(), secret.expose());
}

proptest! {
    #[test]
    fn one_wrong_character_is_noticed_offline(place in 0..SECRET_BYTES, replacement in "[0-9A-Za-z_ @#é]") {
        let secret = key();
        let mut text: Vec<String> = secret.expose().chars().map(String::from).collect();
        if text[place] != replacement {
            text[place] = replacement;
            prop_assert!(Secret::new(text.concat()).parts().is_none());
        }
    }

    #[test]
    fn two_neighbours_swapped_are_noticed_offline(place in 0..SECRET_BYTES - 1) {
        let secret = key();
        let mut text: Vec<char> = secret.expose().chars().collect();
        if text[place] != text[place + 1] {
            text.swap(place, place + 1);
            prop_assert!(Secret::new(text.into_iter().collect::<String>()).parts().is_none());
        }
    }

    #[test]
    fn no_text_panics_and_what_is_read_prints_as_it_was(text in "(pk_)?[0-9A-Za-z]{40,70}([@#][a-z#@/]{0,9})?") {
        if let Some(parts) = SecretParts::read(&text) {
            prop_assert!(text.starts_with(&parts.text()));
        }
        let secret = Secret::from(text.as_str());
        prop_assert_eq!(secret.expose(), text);
    }
}

#[test]
fn a_secret_that_is_shown_to_two_stores_has_the_tag_of_each() {
    let (one, other) = (MacKeys::derive(&[1; 32]), MacKeys::derive(&[2; 32]));
    let secret = key();
    let shown = secret.parts().unwrap();
    let new = Secret::new(secret.expose());
    for keys in [&one, &other, &one] {
        let expected = keys.proof(shown.kind.code(), shown.public_id.number(), &shown.random.0);
        assert!(shown.proof(keys) == expected);
        assert!(new.parts().unwrap().proof(keys) == expected);
    }
    assert!(shown.proof(&one) != shown.proof(&other));
}
