//! One text for each scope, and no other text is one.

use super::SecretScope;
use crate::RoleName;
use proptest::prelude::*;

#[test]
fn what_is_no_scope_is_refused() {
    for text in [
        "#admin",
        "@a#admin",
        "@acme/eu.1/x_y-z#server-readonly",
        "@...#x",
        "#@doc/users/1",
        "@a#@doc/users/a/b%23c@d%25",
    ] {
        assert_eq!(text.parse::<SecretScope>().map(|scope| scope.to_string()).unwrap(), text);
    }
    let wrong = [
        "",
        "admin",
        "a:admin",
        "@",
        "#",
        "@#",
        "@#admin",
        "@a",
        "@a#",
        "a#admin",
        "@a#admin#admin",
        "##admin",
        "@@a#admin",
        "@a@b#admin",
        "@/a#admin",
        "@a/#admin",
        "@a//b#admin",
        "@a/./b#admin",
        "@../a#admin",
        "@a/..#admin",
        "@A#admin",
        "@%2e%2e%2fa#admin",
        "@..\\a#admin",
        "@a #admin",
        " #admin",
        "#admin ",
        "#admin\n",
        "#ad\0min",
        "#@doc",
        "#@doc/",
        "#@doc/users",
        "#@doc/users/",
        "#@doc//1",
        "#@doc/users/a#b",
        "#@doc/users/a%b",
        "#@doc/users/a%2",
        "#@doc/users/a%2f",
        "#@doc/#users/1",
        "#@Doc/users/1",
        "#@document/users/1",
        "#é",
        "@é#admin",
        "# admin",
    ];
    for text in wrong {
        assert!(text.parse::<SecretScope>().is_err(), "{text:?}");
    }
    assert!(format!("@{}#admin", "a/".repeat(100_000)).parse::<SecretScope>().is_err());
    assert!(format!("@{}#admin", ["a"; 33].join("/")).parse::<SecretScope>().is_err());
    assert!(format!("#{}", "a".repeat(65)).parse::<SecretScope>().is_err());
}

#[test]
fn the_longest_scope_fits() {
    let text = format!("@{}#{}", vec!["a".repeat(64); 32].join("/"), "r".repeat(64));
    assert_eq!(text.parse::<SecretScope>().unwrap().to_string(), text);
    let text = format!("@{}#@doc/{}/{}", vec!["a".repeat(64); 32].join("/"), "c".repeat(64), "i".repeat(256));
    assert_eq!(text.parse::<SecretScope>().unwrap().to_string(), text);
    let text =
        format!("@{}#@doc/{}/{}", vec!["a".repeat(64); 32].join("/"), "c".repeat(64), "%23".repeat(256));
    assert_eq!(text.parse::<SecretScope>().unwrap().to_string(), text);
    assert!(format!("#@doc/{}/i", "c".repeat(65)).parse::<SecretScope>().is_err());
    assert!(format!("#@doc/c/{}", "i".repeat(257)).parse::<SecretScope>().is_err());
}

proptest! {
    #[test]
    fn parsing_undoes_printing(
        path in proptest::collection::vec("[a-z0-9_-][a-z0-9._-]{0,12}", 0..5),
        role in "[A-Za-z][A-Za-z0-9_-]{0,12}",
    ) {
        let scope = SecretScope::role(role.parse::<RoleName>().unwrap()).at(path.join("/").parse().unwrap());
        prop_assert_eq!(scope.to_string().parse::<SecretScope>().unwrap(), scope);
    }

    #[test]
    fn parsing_undoes_printing_of_documents(
        path in proptest::collection::vec("[a-z0-9_-][a-z0-9._-]{0,12}", 0..5),
        collection in "[A-Za-z][A-Za-z0-9_-]{0,12}",
        id in ".{1,40}",
    ) {
        let scope = SecretScope::document(collection, id).unwrap().at(path.join("/").parse().unwrap());
        prop_assert_eq!(scope.to_string().parse::<SecretScope>().unwrap(), scope);
    }

    #[test]
    fn whatever_parses_prints_as_it_was(text in "[@#/a-zA-Z.:_ -]{0,12}") {
        if let Ok(scope) = text.parse::<SecretScope>() {
            prop_assert_eq!(scope.to_string(), text);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Ok(scope) = text.parse::<SecretScope>() {
            prop_assert_eq!(scope.to_string(), text);
        }
    }
}

/// Fuzzing found that a second scope behind one of a document was taken for a part of the document's id.
#[test]
fn no_two_scopes_together_are_one() {
    let scopes = ["#admin", "@a#admin", "#@doc/users/u1", "@a#@doc/users/u%231"];
    for (one, other) in scopes.iter().flat_map(|one| scopes.map(|other| (*one, other))) {
        assert!(format!("{one}{other}").parse::<SecretScope>().is_err(), "{one}{other}");
    }
}
