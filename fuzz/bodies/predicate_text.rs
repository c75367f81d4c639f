//! Texts as predicates: each is refused with a place that is in it, or says the same when it is written in the one way that it has.
//! It knows nothing of what a predicate decides.

use portunus_predicate::{Declaration, Error, Known, Predicate, SOURCE_BYTES_MAX, Span, Type, Vocabulary};
use std::sync::LazyLock;

/// The names that rules have, with types where a schema would give them and without.
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let fields = [
        ("owner", Type::String),
        ("level", Type::Int),
        ("tags", Type::List(Box::new(Type::String))),
        ("born", Type::Timestamp),
    ];
    let typed = Type::Object(fields.map(|(name, r#type)| (name.to_owned(), r#type)).into(), true);
    Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("old", typed, Known::Decided))
        .declare(Declaration::entity("new", Type::Any, Known::Never))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .declare(Declaration {
            null_is_missing: true,
            ..Declaration::value("claims", Type::Any, Known::Bound)
        })
        .with_now()
        .with_reads()
        .define("is_owner", &["it", "who"], "it.owner == id(who)")
        .expect("a body that can be read")
});

/// Reads `data` as the text of a predicate.
pub fn run(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let predicate = match Predicate::new(source, &VOCABULARY) {
        Ok(predicate) => predicate,
        Err(error) => {
            refused(source, &error);
            match Predicate::expression(source, &VOCABULARY) {
                Ok(expression) => expression,
                Err(error) => return refused(source, &error),
            }
        }
    };
    assert_eq!(predicate.source(), source);
    for warning in predicate.warnings() {
        placed(source, warning.span);
    }
    for slot in 0..5 {
        let _paths = predicate.paths(slot);
    }
    let canonical = predicate.canonical();
    match Predicate::expression(&canonical, &VOCABULARY) {
        Ok(again) => assert_eq!(again.canonical(), canonical, "{source:?}"),
        // Escapes, and predicates that are put in, make a text longer.
        Err(_) if canonical.len() > SOURCE_BYTES_MAX => {}
        Err(error) => panic!("{source:?} is written as {canonical:?}: {error}"),
    }
}

fn refused(source: &str, error: &Error) {
    if source.len() <= SOURCE_BYTES_MAX {
        placed(source, error.span);
    }
    assert!(!error.problem.is_empty() && !error.problem.ends_with('.'), "{source:?}: {}", error.problem);
    assert!(!error.problem.starts_with(char::is_uppercase), "{source:?}: {}", error.problem);
    assert!(error.shown_in(source).contains(&error.problem));
}

/// A place is a part of the text, of whole signs.
fn placed(source: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && source.get(start..end).is_some(), "{source:?}: {span:?}");
}
