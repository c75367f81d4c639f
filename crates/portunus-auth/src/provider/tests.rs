//! What a definition is refused for before any store is asked, and what it may be at the most.

use super::*;

fn right() -> Provider {
    Provider::new("staff", "https://issuer.example")
        .jwks_url("https://issuer.example/keys")
        .algorithm(Algorithm::Es256)
}

/// A definition with a change, and what it is refused for.
fn refused(change: impl FnOnce(Provider) -> Provider) -> String {
    change(right()).check().unwrap_err().to_string()
}

fn texts(number: usize, bytes: usize) -> Vec<String> {
    (0..number).map(|number| format!("{number:0>bytes$}")).collect()
}

fn given(number: usize, bytes: usize) -> Vec<GivenRole> {
    texts(number, bytes).into_iter().map(|role| GivenRole { role, when: None }).collect()
}

#[test]
fn a_definition_may_be_as_large_as_the_limits_say() {
    let mut largest = right().leeway(JWT_LEEWAY_MAX).age_max(AGE_MAX_MAX);
    largest.name = "n".repeat(PROVIDER_NAME_BYTES_MAX);
    largest.issuer = "i".repeat(ISSUER_BYTES_MAX);
    largest.audiences = texts(AUDIENCES_MAX, AUDIENCE_BYTES_MAX);
    largest.roles = given(PROVIDER_ROLES_MAX, 64);
    largest.algorithms = Algorithm::ALL.to_vec();
    largest.token_type = Some("t".repeat(TOKEN_TYPE_BYTES_MAX));
    largest.check().unwrap();
    let inline = Provider { jwks_url: None, jwks: Some("k".repeat(INLINE_KEYS_BYTES_MAX)), ..right() };
    inline.check().unwrap();
    let smallest = right();
    smallest.check().unwrap();
}

#[test]
fn nothing_is_larger_than_its_limit() {
    for (what, told) in [
        ("access provider name", refused(|it| Provider { name: "n".repeat(65), ..it })),
        ("issuer", refused(|it| Provider { issuer: "i".repeat(401), ..it })),
        ("audience", refused(|it| it.audience("a".repeat(401)))),
        ("audiences of an access provider", refused(|it| Provider { audiences: texts(17, 3), ..it })),
        ("roles of an access provider", refused(|it| Provider { roles: given(65, 3), ..it })),
        ("token_type", refused(|it| it.token_type("t".repeat(129)))),
        (
            "key set of an access provider",
            refused(|it| Provider { jwks_url: None, ..it }.jwks("k".repeat(INLINE_KEYS_BYTES_MAX + 1))),
        ),
    ] {
        assert!(told.starts_with(&format!("{what} is too large")), "{told}");
    }
    assert_eq!(refused(|it| it.leeway(Duration::from_millis(60_001))), "leeway: is longer than 60 seconds");
    assert_eq!(
        refused(|it| it.age_max(AGE_MAX_MAX + Duration::from_secs(1))),
        "age_max: is longer than ten years"
    );
}

#[test]
fn what_is_missing_or_said_twice_is_refused() {
    for (told, expected) in [
        (refused(|it| Provider { algorithms: Vec::new(), ..it }), "algorithms: there is none"),
        (refused(|it| it.algorithm(Algorithm::Es256)), "algorithms: has one twice"),
        (
            refused(|it| Provider { jwks_url: None, ..it }),
            "jwks: there are no keys, nor is there where to fetch them",
        ),
        (refused(|it| it.jwks("{}")), "jwks: the keys are given, and where to fetch them as well"),
        (refused(|it| it.role("a").role("b").role("a")), "roles: has one twice"),
        (refused(|it| it.audience("a").audience("a")), "audiences: has one twice"),
        (refused(|it| Provider { issuer: String::new(), ..it }), "issuer: is empty"),
        (refused(|it| it.audience("")), "audience: is empty"),
        (refused(|it| it.token_type("")), "token_type: is empty"),
        (refused(|it| it.age_max(Duration::ZERO)), "age_max: is no time at all"),
        (refused(|it| it.audience("a\nb")), "audience: has a control character"),
        (refused(|it| Provider { issuer: "a\0".into(), ..it }), "issuer: has a control character"),
    ] {
        assert_eq!(told, expected);
    }
    for name in ["", "9", "a b", "é", "a/b", "-"] {
        assert!(refused(|it| Provider { name: name.into(), ..it }).starts_with("access provider name: "));
    }
}

#[test]
fn no_definition_names_an_audience_that_some_database_has_by_itself() {
    for audience in ["urn:portunus:db:00000000001", "urn:portunus:db:", "URN:Portunus:DB:x"] {
        assert!(refused(|it| it.audience(audience)).starts_with("audience: is of the kind"), "{audience}");
    }
    right().audience("urn:portunus:d").audience("urn:portunus").check().unwrap();
    assert!(is_own_audience(&own_audience("x")));
}
