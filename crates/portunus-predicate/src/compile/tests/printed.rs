//! A tree that is written as text and read again is the same text.

use super::vocabulary;
use crate::Predicate;
use proptest::prelude::*;
use proptest::sample;

// over 70 lines: one table, a case a line.
#[test]
fn what_is_printed_reads_as_the_same() {
    let vocabulary = vocabulary();
    for (source, canonical) in [
        ("((1+2))*3", "(1 + 2) * 3"),
        ("1+(2*3)", "1 + 2 * 3"),
        ("(1-2)-3", "1 - 2 - 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("1+(2+3)", "1 + (2 + 3)"),
        ("8/(4/2)%3", "8 / (4 / 2) % 3"),
        ("!doc.a", "!doc.a"),
        ("!!doc.a", "!!doc.a"),
        ("!(-doc.a == 1)", "!(-doc.a == 1)"),
        ("-(-doc.a)", "--doc.a"),
        ("-(-5)", "5"),
        ("-5", "-5"),
        ("-(dyn([1])[0])", "-dyn([1])[0]"),
        ("1 - -5", "1 - -5"),
        ("-5 * 3", "-5 * 3"),
        ("-(5 * 3)", "-(5 * 3)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-(-9223372036854775808)", "-(-9223372036854775808)"),
        ("(-5.5).x", ""),
        ("string(-5.5).size()", "size(string(-5.5))"),
        ("dyn(-5)[doc.a]", "dyn(-5)[doc.a]"),
        ("(doc.a && doc.b) && doc.c", "doc.a && doc.b && doc.c"),
        ("doc.a || (doc.b || doc.c) && doc.d", "doc.a || (doc.b || doc.c) && doc.d"),
        (
            "(doc.a ? doc.b : doc.c) ? doc.d : (doc.e ? doc.f : doc.g)",
            "(doc.a ? doc.b : doc.c) ? doc.d : doc.e ? doc.f : doc.g",
        ),
        ("doc.a ? (doc.b ? doc.c : doc.d) : doc.e", "doc.a ? (doc.b ? doc.c : doc.d) : doc.e"),
        ("(doc.a == doc.b) == doc.c", "doc.a == doc.b == doc.c"),
        ("doc.a == (doc.b == doc.c)", "doc.a == (doc.b == doc.c)"),
        ("doc.a in [1, 2u, 3.0, 1e300, -0.0]", "doc.a in [1, 2u, 3.0, 1e300, -0.0]"),
        ("doc['odd name'].b", "doc[\"odd name\"].b"),
        ("doc.`odd-name`", "doc[\"odd-name\"]"),
        ("has(doc.`odd-name`) && has(doc.`in`)", "has(doc.`odd-name`) && has(doc.`in`)"),
        ("doc.a[0][doc.b]['c']", "doc.a[0][doc.b].c"),
        ("{'a': 1, true: [null]}[doc.b]", "{\"a\": 1, true: [null]}[doc.b]"),
        ("{'a': doc.b, 2u: []}.a", "{\"a\": doc.b, 2u: []}.a"),
        ("[doc.a, {}][0]", "[doc.a, {}][0]"),
        (r#"'it''s "q"' == doc.a"#, ""),
        (r#"doc.a == '"\\\n\t\u0001é' "#, r#"doc.a == "\"\\\n\t\u0001é""#),
        (r#"b'a\x00"\\' == doc.a"#, r#"b"a\x00\"\\" == doc.a"#),
        (
            "doc.a.map(x, x > 1, x + 1).filter(y, y < 2).exists_one(z, z == 1)",
            "doc.a.map(v0, v0 > 1, v0 + 1).filter(v0, v0 < 2).exists_one(v0, v0 == 1)",
        ),
        ("(doc.a + doc.b).all(x, x.all(y, x == y))", "(doc.a + doc.b).all(v0, v0.all(v1, v0 == v1))"),
        ("has(dyn(1).a.b) && dyn({'a': 1}).a == 1", "has(dyn(1).a.b) && dyn({\"a\": 1}).a == 1"),
        (
            "doc.a.startsWith('b') && (doc.a + 'c').size() > 1",
            "doc.a.startsWith(\"b\") && size(doc.a + \"c\") > 1",
        ),
        ("matches(doc.a + 'b', '\\\\d')", "(doc.a + \"b\").matches(\"\\\\d\")"),
        (
            "now.getHours('UTC') + (now + duration('1h')).getMonth()",
            "now.getHours(\"UTC\") + (now + duration(\"1h\")).getMonth()",
        ),
        ("timestamp('2020-01-01T00:00:00Z') < now", "timestamp(\"2020-01-01T00:00:00Z\") < now"),
        ("type(doc.a) == google.protobuf.Timestamp", "type(doc.a) == google.protobuf.Timestamp"),
        ("id(doc) == get('g', doc.a + 'b').c || exists('g', collection(doc))", ""),
        (
            "id(doc) == get('g', doc.a + 'b').c && version(identity) == 1",
            "id(doc) == get(\"g\", doc.a + \"b\").c && version(identity) == 1",
        ),
        ("database() in scopes(claims)", "database() in scopes(claims)"),
        ("a.b.c == 'x' && a.b == 1", "a.b.c == \"x\" && a.b == 1"),
        (
            "(party).size == 1 && party.size == 1 && party['size'] == 1 && has((party).size)",
            "(party).size == 1 && party.size == 1 && (party).size == 1 && has(party.size)",
        ),
        ("(doc).a == 1 && (doc.a).b == 1", "doc.a == 1 && doc.a.b == 1"),
    ] {
        let Ok(predicate) = Predicate::expression(source, &vocabulary) else {
            assert_eq!(canonical, "", "{source}");
            continue;
        };
        let printed = predicate.canonical();
        assert_eq!(printed, canonical, "{source}");
        let again = Predicate::expression(&printed, &vocabulary);
        let again = again.unwrap_or_else(|error| panic!("{source}\n{}", error.shown_in(&printed)));
        assert_eq!(again.canonical(), printed, "{source}");
    }
}

/// Texts in which everything stands in parentheses, so that what is printed without them must hold together by itself.
fn texts() -> impl Strategy<Value = String> {
    let leaves = [
        "doc",
        "doc.a.b",
        "doc['odd name']",
        "identity",
        "note.size",
        "now",
        "database()",
        "id(doc)",
        "has(doc.a)",
        "1",
        "-1",
        "2u",
        "1.5",
        "-0.0",
        "1e100",
        "'a\"\\n'",
        "b'\\xff'",
        "true",
        "null",
        "int",
        "[]",
        "{}",
        "a.b.c",
        "scopes(claims)",
        "timestamp('2020-01-01T00:00:00Z')",
        "exists('g', 'a')",
    ];
    let operators = ["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "&&", "||"];
    sample::select(leaves.to_vec()).prop_map(str::to_owned).prop_recursive(6, 40, 3, move |inner| {
        let (one, two, three) = (inner.clone(), inner.clone(), inner.clone());
        let binary = (one.clone(), sample::select(operators.to_vec()), two.clone());
        let macros = sample::select(vec!["all", "exists", "exists_one", "filter", "map"]);
        prop_oneof![
            4 => binary.prop_map(|(left, sign, right)| format!("(({left}) {sign} ({right}))")),
            1 => one.clone().prop_map(|of| format!("!({of})")),
            1 => one.clone().prop_map(|of| format!("-({of})")),
            1 => (one.clone(), two.clone(), three.clone()).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            1 => one.clone().prop_map(|of| format!("({of}).x")),
            1 => one.clone().prop_map(|of| format!("has(({of}).`x-y`)")),
            1 => (one.clone(), two.clone()).prop_map(|(of, at)| format!("({of})[{at}]")),
            1 => (one.clone(), two.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            1 => (one.clone(), two.clone()).prop_map(|(a, b)| format!("{{'k': {a}, doc.k: {b}}}")),
            1 => (one.clone(), two.clone()).prop_map(|(a, b)| format!("({a}).startsWith({b})")),
            1 => one.clone().prop_map(|of| format!("({of}).getHours()")),
            1 => one.clone().prop_map(|of| format!("matches({of}, '^a+')")),
            1 => one.clone().prop_map(|of| format!("size({of})")),
            1 => (one.clone(), macros, two.clone()).prop_map(|(of, name, body)| format!("({of}).{name}(x, [x, {body}])")),
            1 => (one, two, three).prop_map(|(of, by, body)| format!("({of}).map(y, {by}, y == ({body}))")),
        ]
    })
}

#[test]
fn a_minus_in_front_of_what_begins_with_a_number_is_not_that_of_the_number() {
    let vocabulary = vocabulary().without_types();
    for source in ["-(1.all(v0, v0))", "-(1.x[0].startsWith(2))", "-(1.5.x)", "-(1u.matches(\"a\"))"] {
        assert_eq!(Predicate::expression(source, &vocabulary).unwrap().canonical(), source);
    }
    assert_eq!(Predicate::expression("-((-1).x)", &vocabulary).unwrap().canonical(), "-(-1).x");
}

proptest! {
    #[test]
    fn any_tree_that_is_printed_reads_as_the_same(source in texts()) {
        let vocabulary = vocabulary().without_types();
        // Some are too high, or go through too many lists: those are refused, and that is all there is to them.
        if let Ok(predicate) = Predicate::expression(&source, &vocabulary) {
            let printed = predicate.canonical();
            let again = Predicate::expression(&printed, &vocabulary);
            let again = again.map_err(|error| TestCaseError::fail(format!("{source}\n{}", error.shown_in(&printed))))?;
            prop_assert_eq!(again.canonical(), printed);
        }
    }
}
