//! What passwords are, and what a policy asks of them.

use super::{HashParameters, PASSWORD_BYTES_MAX, Password, PasswordPolicy, REFUSED_PASSWORDS_MAX};
use crate::{Error, ErrorKind};

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[test]
fn a_password_is_its_bytes_and_nothing_shows_them() {
    for text in ["", " correct horse ", "PäSSwörd", "a\0b", "\u{e9}", "e\u{301}", "\n"] {
        let password = password(text);
        assert_eq!(password.as_bytes(), text.as_bytes());
        assert_eq!(format!("{password:?} {:#?}", password.clone()), "Password(…) Password(…)");
    }
}

#[test]
fn a_password_past_1024_bytes_is_refused() {
    assert!(Password::new("x".repeat(PASSWORD_BYTES_MAX)).is_ok());
    for text in ["x".repeat(PASSWORD_BYTES_MAX + 1), "ä".repeat(513), "x".repeat(1 << 24)] {
        let error = Password::new(text.clone()).unwrap_err();
        assert!(
            matches!(error, Error::Limit { actual, max: PASSWORD_BYTES_MAX, .. } if actual == text.len())
        );
    }
}

#[test]
fn a_policy_counts_bytes_and_never_asks_for_less_than_eight() {
    let usual = PasswordPolicy::default();
    for (text, is_fine) in
        [("", false), ("seven77", false), ("eight888", true), ("ääää", true), ("äää", false)]
    {
        assert_eq!(usual.check(&password(text)).is_ok(), is_fine, "{text}");
    }
    let long = PasswordPolicy::new().at_least(PASSWORD_BYTES_MAX).unwrap();
    assert!(long.check(&password(&"x".repeat(PASSWORD_BYTES_MAX))).is_ok());
    assert!(long.check(&password(&"x".repeat(PASSWORD_BYTES_MAX - 1))).is_err());
    for bytes in [0, 7, PASSWORD_BYTES_MAX + 1, usize::MAX] {
        assert_eq!(PasswordPolicy::new().at_least(bytes).unwrap_err().kind(), ErrorKind::Invalid, "{bytes}");
    }
}

#[test]
fn a_policy_refuses_what_is_on_its_list_and_nothing_else() {
    let first = PasswordPolicy::new().refuse(["password", "12345678"]).unwrap();
    let both = first.clone().refuse(vec![String::from("iloveyou")]).unwrap();
    for text in ["password", "12345678", "iloveyou"] {
        let error = both.check(&password(text)).unwrap_err();
        assert_eq!(error.to_string(), "password: is on the list of refused passwords");
    }
    for text in ["Password", "password ", "password\0", "123456789"] {
        assert!(both.check(&password(text)).is_ok(), "{text}");
    }
    assert!(first.check(&password("iloveyou")).is_ok(), "the policy it was made from is as it was");
    assert_eq!(format!("{both:?}"), "PasswordPolicy(at least 8 bytes, 3 refused)");
}

#[test]
fn the_list_of_a_policy_is_bounded() {
    let full = PasswordPolicy::new().refuse((0..REFUSED_PASSWORDS_MAX).map(|it| it.to_string())).unwrap();
    assert!(full.clone().refuse(["0"]).is_ok(), "it is on the list already");
    assert_eq!(full.refuse(["one too many"]).unwrap_err().kind(), ErrorKind::Limit);
    let endless = std::iter::repeat("x".repeat(PASSWORD_BYTES_MAX + 1));
    assert_eq!(PasswordPolicy::new().refuse(endless).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn parameters_are_never_less_than_the_default_and_never_past_their_limits() {
    let usual = HashParameters::default();
    assert_eq!(HashParameters::new(19_456, 2, 1).unwrap(), usual);
    assert!(HashParameters::new(262_144, 16, 8).is_ok());
    for (memory, passes, lanes) in [
        (19_455, 2, 1),
        (19_456, 1, 1),
        (19_456, 2, 0),
        (262_145, 2, 1),
        (19_456, 17, 1),
        (19_456, 2, 9),
        (0, 0, 0),
        (u32::MAX, u32::MAX, u32::MAX),
    ] {
        let error = HashParameters::new(memory, passes, lanes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{memory} {passes} {lanes}");
    }
}
