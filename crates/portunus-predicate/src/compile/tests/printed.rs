//! A tree that is written as text and read again is the same text.

use super::vocabulary;
use crate::Predicate;

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
