//! The rules for names, types, calls and reads, as tables.

mod named;
mod printed;
mod reads;
mod types;

use crate::{Declaration, Error, Known, Predicate, Span, Type, Vocabulary};
use std::collections::BTreeMap;

/// The names of a predicate that decides on reading, and some with types.
pub(super) fn vocabulary() -> Vocabulary {
    let object = |fields: &[(&str, Type)], is_open| {
        let fields: BTreeMap<String, Type> =
            fields.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
        Type::Object(fields, is_open)
    };
    let address = object(&[("city", Type::String), ("zip", Type::Int)], false);
    let note = object(
        &[
            ("owner", Type::String),
            ("size", Type::Int),
            ("price", Type::Double),
            ("open", Type::Bool),
            ("tags", Type::List(Box::new(Type::String))),
            ("made", Type::Timestamp),
            ("address", address.clone()),
            ("blob", Type::Bytes),
        ],
        true,
    );
    Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("old", Type::Any, Known::Never))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .declare(Declaration {
            null_is_missing: true,
            ..Declaration::value("claims", Type::Any, Known::Bound)
        })
        .declare(Declaration::entity("note", note, Known::Decided))
        .declare(Declaration::value("address", address, Known::Bound))
        .declare(Declaration::value("a.b", Type::Int, Known::Bound))
        .declare(Declaration::value("a.b.c", Type::String, Known::Bound))
        .declare(Declaration::value("party", Type::Any, Known::Bound))
        .declare(Declaration::value("party.size", Type::Int, Known::Bound))
        .with_now()
        .with_reads()
}

/// That a text is taken, or refused at this part of it with these words.
#[track_caller]
pub(super) fn check(vocabulary: &Vocabulary, source: &str, refused: Option<(&str, &str)>) {
    match (Predicate::expression(source, vocabulary), refused) {
        (Ok(_), None) => {}
        (Ok(_), Some((_, problem))) => panic!("`{source}` is taken, and should not: {problem}"),
        (Err(error), None) => panic!("{}", error.shown_in(source)),
        (Err(error), Some((at, problem))) => {
            assert_eq!((error.span.of(source), &*error.problem), (at, problem), "{}", error.shown_in(source));
        }
    }
}

#[track_caller]
pub(super) fn refusal(vocabulary: &Vocabulary, source: &str) -> Error {
    Predicate::expression(source, vocabulary).err().unwrap_or_else(|| panic!("`{source}` is taken"))
}

#[test]
fn names_are_the_declared_ones() {
    let vocabulary = vocabulary();
    for (source, refused) in [
        ("doc", None),
        ("doc.anything.at.all", None),
        ("identity == null", None),
        ("now", None),
        ("dok.owner", Some(("dok", "there is no name `dok`; did you mean `doc`?"))),
        ("nobody", Some(("nobody", "there is no name `nobody`"))),
        ("old.owner", Some(("old", "`old` is not known in a predicate of this kind"))),
        ("new.owner", Some(("new", "`new` is not known in a predicate of this kind"))),
        ("a.b + 1", None),
        ("a.b.c + 'x'", None),
        ("a.b.c + 1", Some(("a.b.c + 1", "there is no `+` of string and int"))),
        ("a.b.d", Some(("d", "int has no fields"))),
        ("a.c", Some(("a", "there is no name `a`"))),
        ("(a).b", Some(("(a)", "there is no name `a`"))),
        ("(a.b) + 1", None),
        ("(a.b).c", Some(("c", "int has no fields"))),
        ("((a.b).c)", Some(("c", "int has no fields"))),
        ("(google).protobuf.Timestamp", Some(("(google)", "there is no name `google`"))),
        ("(doc).a.b", None),
        ("(doc.a).b", None),
        ("has((doc.a).b) && id((doc)) == 'a'", None),
        ("int == type(1)", None),
        ("google.protobuf.Timestamp == type(now)", None),
        ("google.protobuf", Some(("google", "there is no name `google`"))),
        ("[1].exists(doc, doc > 0)", None),
        ("[1].exists(a, a.b == 1)", Some(("b", "int has no fields"))),
        ("[1].exists(a, .a.b == 1)", None),
        ("[1].exists(a, . // a comment\n a.b == 1)", None),
        ("[1].exists(a, // a comment\n .a.b == 1)", None),
        ("[1].exists(a, (// a comment\n .a.b) == 1)", None),
        ("[1].exists(a, // .a\n a.b == 1)", Some(("b", "int has no fields"))),
        ("[1].exists(doc, id(.doc) == 'a')", None),
        ("[1].exists(.a, true)", Some((".a", "a name for each value in turn is expected here"))),
        ("[1].exists((a), true)", Some(("(a)", "a name for each value in turn is expected here"))),
        ("[1].exists(x, y > 0)", Some(("y", "there is no name `y`; did you mean `x`?"))),
        ("[1].exists(x, true) && x", Some(("x", "there is no name `x`"))),
    ] {
        check(&vocabulary, source, refused);
    }
    let bare = Vocabulary::new();
    check(&bare, "now", Some(("now", "`now` is not known in a predicate of this kind")));
    check(&bare, "nwo", Some(("nwo", "there is no name `nwo`")));
}

#[test]
fn a_predicate_is_true_or_false() {
    let vocabulary = vocabulary();
    for (source, problem) in [
        ("true", None),
        ("doc.open", None),
        ("doc.size + 1", Some("a predicate must be true or false, and this is int")),
        ("'yes'", Some("a predicate must be true or false, and this is string")),
        ("null", Some("a predicate must be true or false, and this is null")),
    ] {
        let error = Predicate::new(source, &vocabulary).err();
        assert_eq!(error.as_ref().map(|it| &*it.problem), problem, "{source}");
        if let Some(error) = error {
            assert_eq!(error.span.of(source), source);
        }
    }
}

#[test]
fn nodes_height_and_comprehensions_have_limits() {
    let vocabulary = vocabulary();
    // A part each for the chain, the comparisons, the names and the constants.
    let parts = |count: usize| vec!["doc == 1"; count].join(" && ");
    check(&vocabulary, &parts(333), None);
    assert_eq!(refusal(&vocabulary, &parts(334)).problem, "the expression has more than 1000 parts");
    let high = |count: usize| format!("doc{}", ".x".repeat(count));
    check(&vocabulary, &high(99), None);
    assert_eq!(refusal(&vocabulary, &high(100)).problem, "the expression has more than 100 levels");

    let within = |lists: &[&str]| {
        let begun: Vec<String> =
            lists.iter().enumerate().map(|(at, it)| format!("{it}.all(v{at}, ")).collect();
        format!("{}true{}", begun.concat(), ")".repeat(lists.len()))
    };
    let at_most = |most: usize| format!("more than {most} lists are gone through in each other");
    for (lists, most) in [
        (vec!["doc.a", "doc.b"], None),
        (vec!["doc.a", "v0"], None),
        (vec!["doc.a", "doc.b", "doc.c"], Some(2)),
        (vec!["doc.a", "v0", "v1"], Some(2)),
        (vec!["doc.a", "[1]", "v0"], None),
        (vec!["doc.a", "[1]", "v0", "doc.b"], Some(2)),
        (vec!["[1]", "[2]", "claims.a", "[3]"], None),
        (vec!["[1]", "[2]", "claims.a", "[3]", "[4]"], Some(4)),
        (vec!["doc.a.filter(x, x.all(y, true))", "doc.b"], None),
    ] {
        let source = within(&lists);
        let found = Predicate::new(&source, &vocabulary).err().map(|it| it.problem);
        assert_eq!(found, most.map(at_most), "{source}");
    }
}

#[test]
fn what_is_hardly_meant_is_warned_of_once() {
    let vocabulary = vocabulary();
    let word = "`contains` also finds a part of a longer word; `… in scopes(claims)` compares whole words";
    let element = "`contains` also finds a part of a longer word; `in` compares the elements of a list";
    for (source, warned) in [
        ("claims.scope.contains('admin')", vec![("claims.scope.contains('admin')", word)]),
        ("claims['scp'].contains('admin')", vec![("claims['scp'].contains('admin')", word)]),
        ("claims.realm.roles.contains('admin')", vec![("claims.realm.roles.contains('admin')", element)]),
        ("'admin' in scopes(claims)", vec![]),
        ("claims.name.contains('a')", vec![]),
        ("doc.scope.contains('a')", vec![]),
        ("true", vec![]),
        ("doc.a || true", vec![("true", "this part is always true")]),
        ("doc.a && !(doc.b && false)", vec![("false", "this part is always false")]),
        ("false ? doc.a : doc.b", vec![("false", "this part is always false")]),
        ("doc.a ? true : doc.b", vec![]),
        ("1 < 2", vec![("1 < 2", "this compares two constants")]),
        ("doc.a == doc['a']", vec![("doc.a == doc['a']", "both sides are the same")]),
        (
            "doc.a != doc.a",
            vec![("doc.a != doc.a", "both sides are the same, so it is true of nothing but NaN")],
        ),
        ("doc.a < doc.a", vec![("doc.a < doc.a", "both sides are the same, so it is never true")]),
        ("doc.a == doc.b", vec![]),
        ("doc.a == identity.a", vec![]),
    ] {
        let predicate = Predicate::new(source, &vocabulary).unwrap();
        let found: Vec<(&str, &str)> =
            predicate.warnings().iter().map(|it| (it.span.of(source), &*it.problem)).collect();
        assert_eq!(found, warned, "{source}");
    }
}

#[test]
fn what_a_predicate_depends_on_is_known() {
    let vocabulary = vocabulary();
    for (source, slots, bound) in [
        ("true", vec![], false),
        ("doc.a == 1", vec![0], false),
        ("id(identity) == doc.a && has(claims.b)", vec![0, 2, 3], true),
        ("version(doc) == 1", vec![0], false),
        ("now > doc.a", vec![0], true),
        ("database() == doc.a", vec![0], true),
        ("exists('a', 'b')", vec![], true),
        ("exists('a', doc.b)", vec![0], false),
        ("[doc].exists(x, x == a.b.c)", vec![0, 7], true),
    ] {
        let predicate = Predicate::new(source, &vocabulary).unwrap();
        assert_eq!((&*predicate.uses().slots, predicate.uses().bound), (&*slots, bound), "{source}");
    }
    let both = Predicate::new("get('a', doc.b).c && exists('d', claims.e)", &vocabulary).unwrap();
    let read: Vec<(&str, bool)> = both.uses().reads.iter().map(|it| (&*it.collection, it.decided)).collect();
    assert_eq!(read, [("a", true), ("d", false)]);
}

#[test]
fn the_paths_of_a_name_are_told_with_their_places() {
    let source = "doc.a.b == 1 && has(doc.c) && doc['d'].e[0].f && doc == null && identity.g";
    let predicate = Predicate::new(source, &vocabulary()).unwrap();
    let paths = predicate.paths(0);
    let found: Vec<(String, &str)> =
        paths.iter().map(|it| (it.fields.join("."), it.span.of(source))).collect();
    let expected = [("a.b", "doc.a.b"), ("c", "has(doc.c)"), ("d.e", "doc['d'].e")];
    assert_eq!(found, expected.map(|(path, at)| (path.to_owned(), at)));
    assert_eq!(predicate.paths(1), []);
    assert_eq!(predicate.paths(2)[0].span, Span { start: 64, end: 74 });
}
