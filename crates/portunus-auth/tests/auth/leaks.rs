//! A secret is nowhere but in its own text: not in the file, not in what is printed, not in what is traced.

use crate::people::{People, RIGHT, WRONG, commit, login, password};
use crate::trace::heard;
use crate::world::{START, World, path};
use portunus_auth::{
    Collection, Durability, Gate, GateOptions, ManualClock, NewKey, RefreshTerms, Secret, Sessions,
    ThrottleLimits, TreeOptions,
};
use serde_json::json;
use std::sync::Arc;

/// The base-62 text of a secret's random part.
pub fn random_text(secret: &Secret) -> &str {
    &secret.expose()[14..57]
}

/// The 32 bytes that the text of a random part stands for.
fn random_bytes(secret: &Secret) -> Vec<u8> {
    let mut bytes = vec![0u8; 32];
    for digit in random_text(secret).bytes() {
        let mut carry = match digit {
            b'0'..=b'9' => u32::from(digit - b'0'),
            b'A'..=b'Z' => u32::from(digit - b'A') + 10,
            _ => u32::from(digit - b'a') + 36,
        };
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 62;
            *byte = u8::try_from(carry % 256).unwrap();
            carry /= 256;
        }
        assert_eq!(carry, 0);
    }
    bytes
}

pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn no_byte_of_a_secret_is_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (gate, admin) = Gate::create(&file, &GateOptions::default()).unwrap();
    let mut secrets = vec![admin.clone()];
    for _ in 0..20 {
        let mut view = gate.begin_write(&admin).unwrap();
        let made = view.create_key(NewKey::new("server").named("the name of a key")).unwrap();
        view.commit(Durability::Immediate).unwrap();
        gate.begin_read(&made.secret).unwrap();
        secrets.push(made.secret);
    }
    gate.close().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(holds(&bytes, b"the name of a key"), "the search finds what is there");
    for secret in &secrets {
        let id = &secret.expose()[3..14];
        assert!(holds(&bytes, id.as_bytes()), "the public id is there");
        let (text, raw) = (random_text(secret).as_bytes(), random_bytes(secret));
        for part in text.windows(10).chain(raw.windows(8)) {
            assert!(!holds(&bytes, part), "a part of a secret is in the file");
        }
    }
    // What is stored is enough to open with, all the same.
    let gate = Gate::open(&file, &GateOptions::default()).unwrap();
    secrets.iter().for_each(|secret| drop(gate.begin_read(secret).unwrap()));
}

#[test]
fn no_byte_of_a_password_or_a_session_is_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    let (gate, admin) = Gate::create(&file, &GateOptions::default()).unwrap();
    let hash = gate.hash_password(&password(RIGHT)).unwrap();
    commit(&gate, &admin, |tx| {
        tx.define(Collection::new("users").unique(["email"]))?;
        tx.create_with_id("users", "ann", json!({"email": "ann@example.org"}))?;
        tx.set_credential("users", "ann", &hash, Sessions::End)
    })
    .unwrap();
    let mut sessions =
        vec![gate.login(&admin, login("ann", RIGHT).refresh(RefreshTerms::default())).unwrap()];
    for _ in 0..5 {
        let last = sessions.last().unwrap().refresh.as_ref().unwrap().secret.clone();
        sessions.push(gate.refresh(&last).unwrap());
    }
    // What somebody types into the wrong field, and from where, is not kept either.
    assert!(gate.login(&admin, login(WRONG, RIGHT).source("198.51.100.7")).is_err());
    gate.close().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(holds(&bytes, hash.expose().as_bytes()), "the search finds what is there");
    for text in [RIGHT, WRONG, "198.51.100.7"] {
        assert!(!holds(&bytes, text.as_bytes()), "{text}");
    }
    let refresh = sessions.iter().filter_map(|session| session.refresh.as_ref());
    for secret in sessions.iter().map(|session| &session.secret).chain(refresh.map(|token| &token.secret)) {
        let (text, raw) = (random_text(secret).as_bytes(), random_bytes(secret));
        for part in text.windows(10).chain(raw.windows(8)) {
            assert!(!holds(&bytes, part), "a part of a secret is in the file");
        }
    }
}

#[test]
fn opening_a_store_makes_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    assert!(Gate::open(&file, &GateOptions::default()).is_err());
    assert!(!file.exists());
    let (gate, admin) = Gate::create(&file, &GateOptions::default()).unwrap();
    gate.close().unwrap();
    drop(gate);
    assert!(Gate::create(&file, &GateOptions::default()).is_err(), "bootstrapping works once");
    let gate = Gate::open(&file, &GateOptions::default()).unwrap();
    assert_eq!(gate.begin_read(&admin).unwrap().keys().unwrap().len(), 1);
}

#[test]
fn no_debugging_form_shows_a_secret() {
    let world = World::new(64);
    let made = world.write(&world.admin, |tx| tx.create_key(NewKey::new("server").at(path("acme"))));
    let reader = world.gate.begin_read(&made.secret).unwrap();
    let writer = world.gate.begin_write(&made.secret).unwrap();
    let shown = format!(
        "{:?} {made:?} {reader:?} {writer:?} {:?} {:?}",
        world.gate,
        reader.principal().unwrap(),
        made.secret.scoped(&"#admin".parse().unwrap()),
    );
    assert!(shown.contains(&made.id.to_string()), "the public id is shown");
    for part in random_text(&made.secret).as_bytes().windows(5) {
        assert!(!shown.contains(std::str::from_utf8(part).unwrap()), "a part of the secret is shown");
    }
}

#[test]
fn the_trace_has_the_reason_and_never_the_secret() {
    let world = World::new(0);
    let wrong = {
        // The public id of one key, the random part of another, and a checksum that is right.
        let (left, right) = (world.key("", "server").1, world.key("", "server").1);
        let checked = format!("{}{}", &left.expose()[..14], random_text(&right));
        Secret::new(format!("{checked}{}", checksum(&checked)))
    };
    let expired = world
        .write(&world.admin, |tx| tx.create_key(NewKey::new("server").expires_at(world.later(1))))
        .secret;
    let disabled = world.key("acme", "server").1;
    world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    world.advance(1);
    let moved = world.write(&world.admin, |tx| {
        tx.create_database(&path("gamma"))?;
        tx.create_database(&path("gamma/below"))
    });
    assert_eq!(moved.path, path("gamma/below"));
    let stray =
        world.write(&world.inside("gamma"), |tx| tx.create_key(NewKey::new("server").at(path("below"))));
    world.write(&world.admin, |tx| tx.move_database(&path("gamma/below"), &path("beta")));
    let cases = [
        ("malformed", Secret::from("swordfish")),
        ("unknown", World::new(0).admin),
        ("wrong", wrong),
        ("expired", expired),
        ("database_disabled", disabled.clone()),
        ("no_database", stray.secret),
        ("scope", world.key("", "server").1.scoped(&"#none".parse().unwrap())),
        ("role", world.admin.scoped(&"#editor".parse().unwrap())),
    ];
    for (reason, secret) in &cases {
        let ((), text) = heard(|| world.refuses(secret));
        assert_eq!(text.matches(&format!("reason={reason} ")).count(), 2, "{reason}: {text}");
        assert!(!text.contains("swordfish"));
        if secret.expose().len() >= 57 {
            for part in random_text(secret).as_bytes().windows(5) {
                assert!(!text.contains(std::str::from_utf8(part).unwrap()), "{reason}: {text}");
            }
        }
    }
}

/// The base-62 checksum of what is before it, reckoned anew.
pub fn checksum(checked: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut crc = u32::MAX;
    for byte in checked.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let mut text = Vec::new();
    for _ in 0..6 {
        text.insert(0, DIGITS[usize::try_from(rest % 62).unwrap()]);
        rest /= 62;
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn the_trace_has_why_a_login_failed_and_never_what_was_typed() {
    let people = People::with(GateOptions {
        throttle_credential: ThrottleLimits::new(1, std::time::Duration::from_secs(30)).unwrap(),
        ..GateOptions::default()
    });
    for (reason, name, text) in [
        ("unknown_identity", "nobody", RIGHT),
        ("no_credential", "bob", RIGHT),
        ("credential_disabled", "carl", RIGHT),
        ("unknown_identity", "dora", RIGHT),
        ("wrong_password", "ann", WRONG),
        ("throttled", "ann", WRONG),
    ] {
        let (failed, told) = heard(|| people.world.gate.login(&people.app, login(name, text)));
        assert!(failed.is_err());
        assert_eq!(told.matches(&format!("reason={reason} ")).count(), 1, "{reason}: {told}");
        for hidden in [RIGHT, WRONG, "example.org", "$argon2id"] {
            assert!(!told.contains(hidden), "{reason}: {told}");
        }
    }
}

#[test]
fn errors_show_neither_values_nor_other_principals() {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    let notes = Collection::new("notes").unique(["email"]);
    view.define(&notes).unwrap();
    let value = serde_json::json!({"email": "ann@example.org"});
    view.create_with_id("notes", "the-hidden-id", &value).unwrap();
    for error in [
        view.create("notes", &value).unwrap_err(),
        view.create_with_id("notes", "the-hidden-id", &value).unwrap_err(),
        view.change("notes", "the-hidden-id").if_version(1).delete().unwrap_err(),
    ] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("ann@") && !text.contains("the-hidden-id"), "{text}");
    }
}
