//! Which hashes are taken over, and whose passwords prove them. The hashes were made by other programs.

use super::{PASSWORD_HASH_BYTES_MAX, PasswordHash};
use crate::password::{HashParameters, Password};
use crate::{Error, ErrorKind};

/// Of `correct horse`, by the reference implementation of Argon2: as new ones are here, as that implementation makes them, as
/// OWASP allows with one pass, and the weakest that there is room for.
const ARGON2ID: [&str; 4] = [
    "$argon2id$v=19$m=19456,t=2,p=1$AQIDBAUGBwgJCgsMDQ4PEA$WSYaCniE35LgMC861etJkzreaLAHfRyCvDTHu5qnYDY",
    "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM",
    "$argon2id$v=19$m=47104,t=1,p=1$AQIDBAUGBwgJCgsMDQ4PEA$hA5LbPgvk1GU/BNxVUC59lUkFRc/BIy45tAShN/mHTo",
    "$argon2id$v=19$m=7168,t=5,p=1$AQIDBAUGBwg$O3XCpbgxrIVSR2g/nCebwA",
];

/// Of `correct horse`, by libxcrypt.
const BCRYPT: &str = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu";
/// Of `correct horse`, by OpenSSL.
const SCRYPT: &str =
    "$scrypt$ln=14,r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA$FxwiFcMw85WnckBUWaE5YS/WyrZJZiEk6WbzTUsJhPo";

fn is_right(hash: &str, password: &str) -> bool {
    let hash = PasswordHash::import(hash).unwrap();
    hash.verify(&Password::new(password).unwrap()).unwrap()
}

fn check_refused(text: &str) {
    let error = PasswordHash::import(text).err().unwrap_or_else(|| panic!("{text} is taken over"));
    assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
    assert!(text.split('$').filter(|part| part.len() > 10).all(|part| !error.to_string().contains(part)));
}

#[test]
fn hashes_of_argon2id_are_taken_over_as_they_are() {
    for text in ARGON2ID {
        let hash = PasswordHash::import(text).unwrap();
        assert_eq!(hash.expose(), text);
        assert_eq!(
            format!("{hash:?} {:#?}", hash.clone()),
            "PasswordHash(argon2id…) PasswordHash(argon2id…)"
        );
        assert!(is_right(text, "correct horse"), "{text}");
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0"] {
            assert!(!is_right(text, wrong), "{text} {wrong:?}");
        }
    }
}

#[test]
fn a_new_hash_has_a_salt_of_its_own_and_is_proven_by_its_password_alone() {
    let parameters = HashParameters::new(20_000, 3, 2).unwrap();
    let password = Password::new("correct horse").unwrap();
    let [first, second] = [(); 2].map(|()| PasswordHash::make(&password, parameters).unwrap());
    assert!(first.expose().starts_with("$argon2id$v=19$m=20000,t=3,p=2$"));
    assert_ne!(first.expose(), second.expose());
    for hash in [first, second] {
        let again = PasswordHash::import(hash.expose()).unwrap();
        assert_eq!(again.expose(), hash.expose());
        assert!(again.verify(&password).unwrap());
        assert!(!again.verify(&Password::new("correct horsf").unwrap()).unwrap());
        assert!(!again.is_outdated(parameters));
    }
}

#[test]
fn passwords_of_100_bytes_that_differ_in_the_last_are_different() {
    let text = |last: char| format!("{}{last}", "x".repeat(99));
    let hash = PasswordHash::make(&Password::new(text('a')).unwrap(), HashParameters::default()).unwrap();
    assert!(is_right(hash.expose(), &text('a')));
    assert!(!is_right(hash.expose(), &text('b')));
}

#[test]
fn no_password_is_cut_off_folded_or_normalised() {
    let longest = "x".repeat(1024);
    for (set, tried) in [
        (longest.as_str(), &longest[..1023]),
        ("nul\0and more", "nul"),
        ("nul\0and more", "nul\0and mora"),
        ("Straße 12", "strasse 12"),
        ("caf\u{e9} noir", "cafe\u{301} noir"),
        ("password", "PASSWORD"),
        (" password", "password"),
    ] {
        let hash = PasswordHash::make(&Password::new(set).unwrap(), HashParameters::default()).unwrap();
        assert!(is_right(hash.expose(), set));
        assert!(!is_right(hash.expose(), tried), "{set:?} {tried:?}");
    }
}

#[test]
fn stored_parameters_that_would_cost_too_much_or_protect_too_little_are_refused() {
    let text = ARGON2ID[0];
    for parameters in [
        "m=4294967295,t=2,p=1",
        "m=4294967296,t=2,p=1",
        "m=262145,t=2,p=1",
        "m=19456,t=17,p=1",
        "m=19456,t=4294967295,p=1",
        "m=19456,t=2,p=9",
        "m=19456,t=2,p=16777215",
        "m=19456,t=1,p=1",
        "m=7167,t=16,p=1",
        "m=7168,t=4,p=1",
        "m=8,t=1,p=1",
        "m=0,t=0,p=0",
        "m=19456,t=2,p=0",
        "m=19456,t=0,p=1",
        "m=19456,t=2",
        "t=2,m=19456,p=1",
        "m=19456,t=2,p=1,data=AAAA",
        "m=19456,t=2,p=1,keyid=AAAA",
        "m=19456,m=19456,t=2,p=1",
        "m=019456,t=2,p=1",
        "m=+19456,t=2,p=1",
        "m=-19456,t=2,p=1",
        "m=19456,t=2,p=one",
        "m=19456;t=2;p=1",
        "",
    ] {
        check_refused(&text.replace("m=19456,t=2,p=1", parameters));
    }
}

#[test]
fn texts_that_are_no_hash_of_a_known_form_are_refused() {
    let text = ARGON2ID[0];
    for (from, to) in [
        ("$argon2id", "$argon2i"),
        ("$argon2id", "$argon2d"),
        ("$argon2id", "$argon2"),
        ("$argon2id", "$ARGON2ID"),
        ("$argon2id", "$pbkdf2-sha256"),
        ("$argon2id", "argon2id"),
        ("$argon2id", " $argon2id"),
        ("v=19", "v=16"),
        ("v=19", "v=20"),
        ("v=19", "v=019"),
        ("$v=19", ""),
        ("$AQIDBAUGBwgJCgsMDQ4PEA", ""),
        ("$AQIDBAUGBwgJCgsMDQ4PEA", "$"),
        ("AQIDBAUGBwgJCgsMDQ4PEA", "AQIDBAUGBw"),
        ("AQIDBAUGBwgJCgsMDQ4PEA", "AQIDBAUGBwgJCgsMDQ4PEB"),
        ("AQIDBAUGBwgJCgsMDQ4PEA", "AQIDBAUGBwgJCgsMDQ4PEA=="),
        ("WSYaCniE35LgMC861etJkzreaLAHfRyCvDTHu5qnYDY", ""),
        ("WSYaCniE35LgMC861etJkzreaLAHfRyCvDTHu5qnYDY", "WSYaCniE35LgMC861etJ"),
        ("nYDY", "nYDZ"),
        ("nYDY", "nYDY\n"),
        ("nYDY", "nYDY\0"),
        ("nYDY", "nYDY$"),
        ("nYDY", "nYDY$more"),
        ("nYDY", "nYD€"),
    ] {
        assert!(text.contains(from), "{from}");
        check_refused(&text.replace(from, to));
    }
    check_refused(&text.replace("AQIDBAUGBwgJCgsMDQ4PEA", &"A".repeat(68)));
    check_refused(&text.replace("WSYaCniE35LgMC861etJkzreaLAHfRyCvDTHu5qnYDY", &"A".repeat(88)));
    for text in ["", "$", "$$$$", "correct horse", "{SSHA}abcdef", "$1$salt$hash", "$6$salt$hash", "$7$abc"] {
        check_refused(text);
    }
    let long = |bytes: usize| PasswordHash::import(&"$".repeat(bytes)).unwrap_err();
    assert_eq!(long(PASSWORD_HASH_BYTES_MAX).kind(), ErrorKind::Invalid);
    assert!(matches!(long(PASSWORD_HASH_BYTES_MAX + 1), Error::Limit { max: PASSWORD_HASH_BYTES_MAX, .. }));
}

#[test]
fn a_hash_that_protects_less_than_a_new_one_is_outdated() {
    let is_outdated = |text: &str, memory, passes| {
        let parameters = HashParameters::new(memory, passes, 1).unwrap();
        PasswordHash::import(text).unwrap().is_outdated(parameters)
    };
    for (text, memory, passes, expected) in [
        (ARGON2ID[0], 19_456, 2, false),
        (ARGON2ID[0], 19_457, 2, true),
        (ARGON2ID[0], 19_456, 3, true),
        (ARGON2ID[1], 19_456, 2, false),
        (ARGON2ID[1], 65_536, 3, false),
        (ARGON2ID[1], 65_537, 3, true),
        // One pass over much memory is as good as two over less.
        (ARGON2ID[2], 19_456, 2, false),
        (ARGON2ID[2], 47_104, 2, true),
        (ARGON2ID[3], 19_456, 2, true),
    ] {
        assert_eq!(is_outdated(text, memory, passes), expected, "{text} {memory} {passes}");
    }
    // Strong enough, but for a short salt, or a short hash.
    assert!(is_outdated(&ARGON2ID[1].replace("AQIDBAUGBwgJCgsMDQ4PEA", "AQIDBAUGBwgJCgsMDQ4P"), 19_456, 2));
    assert!(is_outdated(&ARGON2ID[1].replace("DYZxfM", "DYZxg"), 19_456, 2));
}

#[test]
fn a_hash_of_nothing_costs_what_a_new_one_costs_and_no_password_proves_it() {
    let parameters = HashParameters::default();
    let nothing = PasswordHash::of_nothing(parameters).unwrap();
    assert_eq!(nothing.memory_kib(), parameters.memory_kib());
    assert!(PasswordHash::import(nothing.expose()).is_ok());
    for text in ["", "correct horse"] {
        assert!(!nothing.verify(&Password::new(text).unwrap()).unwrap());
    }
}

#[cfg(not(feature = "import-bcrypt"))]
#[test]
fn without_the_feature_no_hash_of_bcrypt_is_taken_over() {
    check_refused(BCRYPT);
}

#[cfg(not(feature = "import-scrypt"))]
#[test]
fn without_the_feature_no_hash_of_scrypt_is_taken_over() {
    check_refused(SCRYPT);
}

#[cfg(feature = "import-bcrypt")]
#[test]
fn hashes_of_bcrypt_are_taken_over_and_outdated() {
    let of_umlauts = "$2a$10$abcdefghijklmnopqrstuunYspUDVwxKwnshT7FzjzjwI57RV2KKa";
    for (text, password) in [
        (BCRYPT, "correct horse"),
        (&BCRYPT.replace("$2b", "$2y"), "correct horse"),
        (of_umlauts, "pässwörd"),
    ] {
        let hash = PasswordHash::import(text).unwrap();
        assert_eq!((hash.expose(), format!("{hash:?}").as_str()), (text, "PasswordHash(bcrypt…)"));
        assert!(is_right(text, password));
        assert!(!is_right(text, &password.to_uppercase()));
        assert!(hash.is_outdated(HashParameters::default()));
    }
}

/// bcrypt repeats a password and the NUL behind it until it has 72 bytes, and looks at no more.
#[cfg(feature = "import-bcrypt")]
#[test]
fn no_password_proves_a_hash_of_bcrypt_that_it_only_begins_like() {
    let of_72 = "$2y$10$abcdefghijklmnopqrstuuhBb/0dYbuuS1CS8hp30IXhlFBW2VAWG";
    assert!(is_right(of_72, &"x".repeat(72)));
    for wrong in ["x".repeat(71), "x".repeat(73), "x".repeat(1024), format!("{}\0", "x".repeat(72))] {
        assert!(!is_right(of_72, &wrong), "{wrong:?}");
    }
    let of_a = "$2a$10$abcdefghijklmnopqrstuuj/LkVFwQAC6H0GkC0f1Bcmj82rKvDn.";
    assert!(is_right(of_a, "a"));
    for wrong in ["a\0a", "a\0", "a\0a\0a", ""] {
        assert!(!is_right(of_a, wrong), "{wrong:?}");
    }
}

#[cfg(feature = "import-bcrypt")]
#[test]
fn hashes_of_bcrypt_past_their_limits_or_of_another_form_are_refused() {
    for cost in ["09", "04", "00", "16", "31", "32", "99", "+9", " 9", "-1", "1x", "010"] {
        check_refused(&BCRYPT.replace("$10$", &format!("${cost}$")));
    }
    for (from, to) in [
        ("$2b$", "$2x$"),
        ("$2b$", "$2$"),
        ("$2b$", "$2c$"),
        ("$2b$", "2b$"),
        ("3Xu", "3X"),
        ("3Xu", "3Xuu"),
        ("3Xu", "3X="),
        ("3Xu", "3X\0"),
        ("3Xu", "é€"),
        ("stuu", "stuv"),
    ] {
        check_refused(&BCRYPT.replace(from, to));
    }
}

#[cfg(feature = "import-scrypt")]
#[test]
fn hashes_of_scrypt_are_taken_over_and_outdated() {
    let hash = PasswordHash::import(SCRYPT).unwrap();
    assert_eq!((hash.expose(), format!("{hash:?}").as_str()), (SCRYPT, "PasswordHash(scrypt…)"));
    assert!(is_right(SCRYPT, "correct horse"));
    assert!(!is_right(SCRYPT, "correct horsf"));
    assert!(hash.is_outdated(HashParameters::default()));
    assert_eq!(hash.memory_kib(), 16 * 1024);
}

#[cfg(feature = "import-scrypt")]
#[test]
fn hashes_of_scrypt_past_their_limits_or_of_another_form_are_refused() {
    let with = |parameters: &str| SCRYPT.replace("ln=14,r=8,p=1", parameters);
    for parameters in ["ln=18,r=8,p=1", "ln=13,r=8,p=10", "ln=17,r=8,p=8"] {
        assert!(PasswordHash::import(&with(parameters)).is_ok(), "{parameters}");
    }
    for parameters in [
        "ln=13,r=8,p=1",
        "ln=14,r=7,p=1",
        "ln=19,r=8,p=1",
        "ln=18,r=9,p=1",
        "ln=17,r=8,p=9",
        "ln=63,r=8,p=1",
        "ln=64,r=8,p=1",
        "ln=255,r=8,p=1",
        "ln=256,r=8,p=1",
        "ln=4294967295,r=4294967295,p=4294967295",
        "ln=14,r=1073741824,p=1",
        "ln=14,r=8,p=1073741824",
        "ln=14,r=0,p=1",
        "ln=14,r=8,p=0",
        "ln=0,r=64,p=64",
        "n=16384,r=8,p=1",
        "ln=14,r=8",
        "",
    ] {
        check_refused(&with(parameters));
    }
    check_refused(&SCRYPT.replace("$scrypt$", "$scrypt$v=1$"));
    check_refused(&SCRYPT.replace("$FxwiFcMw85WnckBUWaE5YS/WyrZJZiEk6WbzTUsJhPo", ""));
}
