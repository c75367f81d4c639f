//! Which types operators and functions take.

use super::{check, vocabulary};
use crate::{Predicate, Vocabulary};

#[test]
fn operators_take_what_fits() {
    let vocabulary = vocabulary();
    for (source, refused) in [
        ("1 == 1.0", None),
        ("1 == 1u", None),
        ("1 == '1'", Some("int and string are never equal")),
        ("null == '1'", None),
        ("note.open == null", None),
        ("note.open == 1", Some("bool and int are never equal")),
        ("note.owner != note.size", Some("string and int are never equal")),
        ("note.owner == doc.a", None),
        ("note.unheard == 1", None),
        ("[1] == [2.0]", None),
        ("[1] == ['a']", Some("list and list are never equal")),
        ("[] == ['a']", None),
        ("{'a': 1} == note", None),
        ("{1: 1} == note", Some("map and map are never equal")),
        ("{'a': 1} == {'a': 'b'}", Some("map and map are never equal")),
        ("type(1) == int", None),
        ("type(1) == 'int'", Some("type and string are never equal")),
        ("1 < 2.5", None),
        ("1u <= 2", None),
        ("'a' < 'b'", None),
        ("false < true", None),
        ("now > timestamp('2020-01-01T00:00:00Z')", None),
        ("note.made > note.size", Some("there is no order between timestamp and int")),
        ("null < 1", Some("there is no order between null and int")),
        ("[1] < [2]", Some("there is no order between list and list")),
        ("doc.a < [2]", Some("there is no order between dyn and list")),
        ("int < string", Some("there is no order between type and type")),
        ("1 + 2", None),
        ("1 + 2.0", Some("there is no `+` of int and double; convert one of them")),
        ("1u - 2", Some("there is no `-` of uint and int; convert one of them")),
        ("'a' + 'b'", None),
        ("'a' + 1", Some("there is no `+` of string and int")),
        ("'a' * 1", Some("there is no `*` of string and int")),
        ("doc.a + 1 + 'b'", Some("there is no `+` of int and string")),
        ("[1] + ['a']", None),
        ("b'a' + b'b'", None),
        ("5.0 % 2.0", Some("there is no `%` of double and double")),
        ("doc.a % 2.0", Some("there is no `%` of dyn and double")),
        ("now + duration('1h') > now", None),
        ("duration('1h') + now > now", None),
        ("(now - now) == duration('0s')", None),
        ("now + now", Some("there is no `+` of timestamp and timestamp")),
        ("duration('1h') - now", Some("there is no `-` of duration and timestamp")),
        ("now - 1", Some("there is no `-` of timestamp and int")),
        ("true + false", Some("there is no `+` of bool and bool")),
        ("-1.5", None),
        ("-note.size", None),
        ("-(5u)", Some("there is no `-` of uint")),
        ("-'a'", Some("there is no `-` of string")),
        ("1 in [1, 2]", None),
        ("1 in [1.0]", None),
        ("1 in ['a']", Some("int is never in a list whose elements are string")),
        ("1 in [1, 'a']", None),
        ("'a' in {'a': 1}", None),
        ("1 in {'a': 1}", Some("int is never in a map whose keys are string")),
        ("'a' in note", None),
        ("1 in note", Some("int is never in a map whose keys are string")),
        ("'a' in note.tags", None),
        ("'a' in 'abc'", Some("`in` looks into lists and maps; for a part of a string there is `contains`")),
        ("'a' in 5", Some("`in` looks into lists and maps, and this is int")),
    ] {
        check(&vocabulary, source, refused.map(|problem| (source, problem)));
    }
}

#[test]
fn conditions_are_true_or_false() {
    let vocabulary = vocabulary();
    for (source, refused) in [
        ("doc.a && note.open || !note.open", None),
        ("true && 1", Some(("1", "a part of `&&` must be true or false, and this is int"))),
        ("note.size || true", Some(("note.size", "a part of `||` must be true or false, and this is int"))),
        ("!'a'", Some(("'a'", "what `!` turns around must be true or false, and this is string"))),
        ("1 ? 2 : 3", Some(("1", "the condition must be true or false, and this is int"))),
        ("true ? 'a' : 1", None),
        ("(true ? 'a' : 'b') + 1", Some(("(true ? 'a' : 'b') + 1", "there is no `+` of string and int"))),
        ("[1].all(x, x)", Some(("x", "what `all` tests must be true or false, and this is int"))),
        ("[1].map(x, 1, x)", Some(("1", "what `map` chooses by must be true or false, and this is int"))),
        ("[1].map(x, x + 1).exists(x, x > 1)", None),
        ("[1].map(x, x + 'a')", Some(("x + 'a'", "there is no `+` of int and string"))),
        (
            "['a'].filter(x, x > 'a').exists(x, x < 1)",
            Some(("x < 1", "there is no order between string and int")),
        ),
        ("{'a': 1}.all(x, x < 1)", Some(("x < 1", "there is no order between string and int"))),
        ("note.all(x, x < 1)", Some(("x < 1", "there is no order between string and int"))),
        (
            "note.size.all(x, true)",
            Some(("note.size", "only a list or a map can be gone through, and this is int")),
        ),
    ] {
        check(&vocabulary, source, refused);
    }
}

#[test]
fn fields_and_elements_are_those_of_the_type() {
    let vocabulary = vocabulary();
    for (source, refused) in [
        ("note.address.city == 'Bonn'", None),
        ("note.address.ctiy == 'Bonn'", Some(("ctiy", "there is no field `ctiy`; did you mean `city`?"))),
        (
            "note.address['ctiy'] == 'Bonn'",
            Some(("'ctiy'", "there is no field `ctiy`; did you mean `city`?")),
        ),
        ("has(note.address.street)", Some(("street", "there is no field `street`"))),
        ("address.zip == 1 && has(address.zip)", None),
        ("address[doc.a] == 1", None),
        ("address[1] == 1", Some(("address[1]", "map has no elements at int"))),
        ("note.size.x", Some(("x", "int has no fields"))),
        ("note.tags.x", Some(("x", "list has no fields"))),
        ("note.tags[0] == 'a'", None),
        ("note.tags[0] == 1", Some(("note.tags[0] == 1", "string and int are never equal"))),
        ("note.tags[dyn('a')]", None),
        ("note.tags[true]", Some(("note.tags[true]", "list has no elements at bool"))),
        ("note.tags['a']", Some(("'a'", "list has no fields"))),
        ("doc.a[null]", Some(("doc.a[null]", "dyn has no elements at null"))),
        ("{1: 2}[1u]", None),
        ("{1: 2}['a']", Some(("'a'", "map has no fields"))),
        ("{'a': 2}.a", None),
        ("{1: 2}.a", Some(("a", "map has no fields"))),
        ("'abc'[0]", Some(("'abc'[0]", "string has no elements"))),
        ("null.a", Some(("a", "null has no fields"))),
        ("{1: 'a', 1: 'b'}", Some(("1", "this key is there already"))),
        ("{1: 'a', 1u: 'b'}", Some(("1u", "this key is there already"))),
        ("{'a': doc.b, 'a': 1}", Some(("'a'", "this key is there already"))),
        ("{true: 1, 'true': 1, false: 1, 1: 1}", None),
        (
            "{1.0: 1}",
            Some(("1.0", "a key of a map is a bool, an int, a uint or a string, and this is double")),
        ),
        (
            "{null: 1}",
            Some(("null", "a key of a map is a bool, an int, a uint or a string, and this is null")),
        ),
        ("{doc.a: 1}", None),
    ] {
        check(&vocabulary, source, refused);
    }
}

// over 70 lines: one table, a case a line.
#[test]
fn functions_take_what_they_are_for() {
    let vocabulary = vocabulary();
    for (source, refused) in [
        ("size('a') + 'a'.size() + size([1]) + {'a': 1}.size() + size(b'a')", None),
        ("size(1)", Some(("1", "`size` is for string or bytes or list or map, and this is int"))),
        ("size()", Some(("size()", "`size` takes one argument"))),
        ("'a'.size(1)", Some(("'a'.size(1)", "`size` takes no argument"))),
        ("note.owner.startsWith('a')", None),
        ("note.size.startsWith('a')", Some(("note.size", "`startsWith` is for string, and this is int"))),
        ("note.owner.endsWith(1)", Some(("1", "`endsWith` takes a string here, and this is int"))),
        ("note.owner.contains()", Some(("note.owner.contains()", "`contains` takes one argument"))),
        ("note.tags.contains('a')", Some(("note.tags", "`contains` is for string, and this is list"))),
        ("contains('a', 'b')", Some(("contains", "`contains` is a method; it is called as `….contains(…)`"))),
        (
            "note.owner.strtsWith('a')",
            Some(("strtsWith", "there is no function `strtsWith`; did you mean `startsWith`?")),
        ),
        ("frobnicate(1)", Some(("frobnicate", "there is no function `frobnicate`"))),
        ("'a'.int()", Some(("int", "`int` is no method; it is called as `int(…)`"))),
        ("int('1') + int(1.5) + int(now) + int(2u)", None),
        (
            "int(true)",
            Some(("true", "`int` is for int or uint or double or string or timestamp, and this is bool")),
        ),
        ("uint(1) + 1u", None),
        ("double('1') + 1.0", None),
        ("string(now) + string(1) + string(true) + string(duration('1s'))", None),
        (
            "string([1])",
            Some((
                "[1]",
                "`string` is for string or bool or int or uint or double or bytes or timestamp or duration, and this is list",
            )),
        ),
        ("bytes('a') + b'b'", None),
        ("timestamp(0) < now", None),
        ("duration('1h') < duration(duration('2h'))", None),
        ("bool('true') && bool(true)", None),
        ("dyn(1) == 'a'", None),
        ("dyn(1) + 1", None),
        ("type(type(1)) == type", None),
        ("now.getHours() + now.getHours('Europe/Berlin') + duration('1h').getHours()", None),
        ("now.getHours(1)", Some(("1", "`getHours` takes a string here, and this is int"))),
        ("now.getHours('a', 'b')", Some(("now.getHours('a', 'b')", "`getHours` takes at most one argument"))),
        (
            "duration('1h').getHours('UTC')",
            Some(("duration('1h').getHours('UTC')", "`getHours` of a duration takes no time zone")),
        ),
        (
            "duration('1h').getMonth()",
            Some(("duration('1h')", "`getMonth` is for timestamp, and this is duration")),
        ),
        ("'a' in scopes(claims)", None),
        (
            "1 in scopes(claims)",
            Some(("1 in scopes(claims)", "int is never in a list whose elements are string")),
        ),
        ("scopes('a b')", Some(("'a b'", "`scopes` is for map, and this is string"))),
        ("claims.scopes()", Some(("scopes", "`scopes` is no method; it is called as `scopes(…)`"))),
        ("note.owner.matches('^a+$') && matches(note.owner, 'b')", None),
        ("note.owner.matches('a' + '+')", None),
        (
            "note.owner.matches(note.owner)",
            Some((
                "note.owner",
                "a regular expression must be a constant, so that it can be checked when it is saved",
            )),
        ),
        ("note.owner.matches('(')", Some(("'('", "this is no regular expression"))),
        (
            "note.owner.matches('a{1000}{1000}')",
            Some((
                "'a{1000}{1000}'",
                "the regular expression takes more than 65536 bytes when it is compiled",
            )),
        ),
        ("note.size.matches('a')", Some(("note.size", "`matches` takes a string here, and this is int"))),
        (
            "note.owner.matches()",
            Some(("note.owner.matches()", "`matches` takes a string and a regular expression")),
        ),
        ("id(doc) + collection(identity) == database()", None),
        ("version(doc) + 1", None),
        ("id(doc.owner)", Some(("doc.owner", "`id` takes the name of a document and nothing else"))),
        ("id(claims)", Some(("claims", "`id` takes the name of a document and nothing else"))),
        ("id(1)", Some(("1", "`id` takes the name of a document and nothing else"))),
        ("id(old)", Some(("old", "`old` is not known in a predicate of this kind"))),
        ("id(dok)", Some(("dok", "there is no name `dok`; did you mean `doc`?"))),
        ("id()", Some(("id()", "`id` takes one argument"))),
        ("doc.id()", Some(("id", "`id` is no method; it is called as `id(…)`"))),
        (
            "[doc].exists(doc, id(doc) == 'a')",
            Some(("doc", "`id` takes the name of a document and nothing else")),
        ),
        ("database(1)", Some(("database(1)", "`database` takes no argument"))),
        ("doc.id == id(doc)", None),
    ] {
        check(&vocabulary, source, refused);
    }
    let bare = Vocabulary::new();
    for name in ["get", "exists", "database"] {
        let problem = format!("`{name}` is not known in a predicate of this kind");
        check(&bare, &format!("{name}()"), Some((name, &problem)));
    }
}

#[test]
fn without_types_only_names_and_calls_are_checked() {
    let vocabulary = vocabulary().without_types();
    for source in ["'horses' || true", "1 == '1'", "!0", "[0] < [1]", "{3.3: 1}[3.3]", "size(1)", "5 ? 1 : 2"]
    {
        check(&vocabulary, source, None);
    }
    check(&vocabulary, "dok || true", Some(("dok", "there is no name `dok`; did you mean `doc`?")));
    check(
        &vocabulary,
        "sise(1) || true",
        Some(("sise", "there is no function `sise`; did you mean `size`?")),
    );
}

/// The cases of the language's own suite that it checks itself must be taken, where they name nothing undeclared.
#[test]
fn what_other_checkers_take_is_taken() {
    let vocabulary = Vocabulary::new();
    for source in [
        "{0: 1, 2: 2, 5: 3}[1]",
        "dyn([1, 2, 3][3]) || true",
        "[1, 2, 3][dyn(0.0)]",
        "type([1, 2, 3]) == type(['one'])",
        "null_type",
        "{'a': 1, 2: 'b'}",
        "[1, 'a', null, [1]][0]",
        "true ? null : 1",
        "dyn(3) in [5u, 4u, 3u]",
        "1.0 in {1: 'a'}",
        "'key' in {1u: 'a', 2: 'b'}",
        "[[1], [2.0]] + [[3u]]",
    ] {
        assert!(Predicate::expression(source, &vocabulary).is_ok(), "{source}");
    }
}
