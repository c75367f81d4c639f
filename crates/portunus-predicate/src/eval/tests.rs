//! What expressions come to, in tables: the rules that must not slip, and each limit from both sides.

use crate::limits::{FUEL_MAX, READ_COST, SCRATCH_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::{
    Constant, Declaration, Fault, Instant, Known, Outcome, Predicate, Scene, Scratch, Span, Traced, Type,
    Vocabulary,
};

const DOC: u8 = 0;
const IDENTITY: u8 = 1;
const CLAIMS: u8 = 2;
const ARGS: u8 = 3;

fn vocabulary() -> Vocabulary {
    let claims =
        Declaration { null_is_missing: true, ..Declaration::value("claims", Type::Any, Known::Bound) };
    Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .declare(claims)
        .declare(Declaration::value("args", Type::Any, Known::Bound))
        .with_now()
        .with_reads()
        .without_types()
}

fn compiled(source: &str) -> Predicate {
    Predicate::expression(source, &vocabulary()).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn evaluated(source: &str, scene: &Scene<'_>) -> Result<Constant, Fault> {
    compiled(source).evaluate(scene, &mut Scratch::new())
}

/// Both come to the same value, type and all.
#[track_caller]
fn same(scene: &Scene<'_>, cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        let (value, expected) = (
            evaluated(source, scene).unwrap_or_else(|it| panic!("{source}: {it}")),
            evaluated(expected, scene),
        );
        assert_eq!(format!("{value:?}"), format!("{:?}", expected.unwrap()), "{source}");
    }
}

#[track_caller]
fn fault(scene: &Scene<'_>, cases: &[(&str, Fault)]) {
    for (source, expected) in cases {
        match evaluated(source, scene) {
            Err(fault) => assert_eq!(fault, *expected, "{source}"),
            Ok(value) => panic!("{source} came to {value:?}"),
        }
    }
}

fn value(source: &str) -> Constant {
    evaluated(source, &Scene::new()).unwrap()
}

#[test]
fn false_wins_over_a_fault_and_a_fault_over_true() {
    same(
        &Scene::new(),
        &[
            ("1 / 0 == 1 && false", "false"),
            ("false && 1 / 0 == 1", "false"),
            ("1 / 0 == 1 || true", "true"),
            ("true || 1 / 0 == 1", "true"),
            ("dyn(1) || true", "true"),
            ("[1, 0].exists(n, 2 / n == 2)", "true"),
            ("[0, 1].exists(n, 2 / n == 2)", "true"),
            ("[0, 2].all(n, 2 / n == 2)", "false"),
            ("[2, 0].all(n, 2 / n == 2)", "false"),
            ("true ? 1 : 1 / 0", "1"),
        ],
    );
    fault(
        &Scene::new(),
        &[
            ("1 / 0 == 1 && true", Fault::Arithmetic),
            ("true && 1 / 0 == 1", Fault::Arithmetic),
            ("1 / 0 == 1 || false", Fault::Arithmetic),
            ("!(1 / 0 == 1)", Fault::Arithmetic),
            ("1 / 0 == 1 ? true : true", Fault::Arithmetic),
            ("dyn(1) && true", Fault::Type),
            ("dyn(1) ? 1 : 2", Fault::Type),
            ("!dyn(1)", Fault::Type),
            ("[0, 4].exists(n, 2 / n == 2)", Fault::Arithmetic),
            ("[0, 1].all(n, 2 / n == 2)", Fault::Arithmetic),
            ("[1, 0, 1].exists_one(n, 2 / n == 2)", Fault::Arithmetic),
            ("[1, 1, 0].exists_one(n, 2 / n == 2)", Fault::Arithmetic),
            ("[1, 0].filter(n, 2 / n == 2)", Fault::Arithmetic),
            ("[1, 0].map(n, 2 / n)", Fault::Arithmetic),
            ("[1].filter(n, n)", Fault::Type),
            ("dyn(1).all(n, true)", Fault::Type),
        ],
    );
}

#[test]
fn types_do_not_juggle_and_numbers_are_one_line() {
    same(
        &Scene::new(),
        &[
            ("1 == '1'", "false"),
            ("1 != '1'", "true"),
            ("null == null", "true"),
            ("null == false", "false"),
            ("b'a' == 'a'", "false"),
            ("1 == 1u && 1u == 1.0 && 1.0 == 1", "true"),
            ("9007199254740993 == 9007199254740992.0", "false"),
            ("9007199254740993 > 9007199254740992.0", "true"),
            ("9223372036854775807 < 9223372036854775808.0", "true"),
            ("0.0 / 0.0 == 0.0 / 0.0", "false"),
            ("0.0 / 0.0 != 0.0 / 0.0", "true"),
            ("0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"),
            ("[0.0 / 0.0] == [0.0 / 0.0]", "false"),
            ("-0.0 == 0", "true"),
            ("false < true", "true"),
            ("'a' < 'b' && b'a' < b'b'", "true"),
            ("[1, [2u, {'a': 3}]] == [1.0, [2, {'a': 3u}]]", "true"),
            ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"),
            ("{1: 'a'} == {1u: 'a'}", "true"),
            ("{'a': 1} == {'a': 2} || {'a': 1} == {'b': 1} || {'a': 1} == {}", "false"),
            ("1.0 in [3, 2, 1] && !('1' in [1]) && null in [null]", "true"),
            ("1.0 in {1: 2} && 'a' in {'a': null} && !(null in {'a': 1})", "true"),
            ("type(1) == int && type(1u) != type(1) && type(type(1)) == type", "true"),
            ("type([]) == list && type({}) == map && type(null) == null_type", "true"),
        ],
    );
    fault(
        &Scene::new(),
        &[
            ("1 < '1'", Fault::Type),
            ("null < null", Fault::Type),
            ("[1] < [2]", Fault::Type),
            ("type(1) < type(2)", Fault::Type),
            ("1 in 'abc'", Fault::Type),
            ("1 + 1.0", Fault::Type),
            ("1 + '1'", Fault::Type),
            ("1u - 1", Fault::Type),
            ("1.0 % 1.0", Fault::Type),
            ("'a' - 'a'", Fault::Type),
            ("-dyn(1u)", Fault::Type),
            ("-dyn('a')", Fault::Type),
            ("{} + {}", Fault::Type),
        ],
    );
}

#[test]
fn numbers_do_not_wrap_around() {
    same(
        &Scene::new(),
        &[
            ("-7 / 2", "-3"),
            ("-7 % 2", "-1"),
            ("1.0 / 0.0", "double('inf')"),
            ("2.0 * 3.5 - 1.0 + 0.5", "6.5"),
            ("7u % 4u * 2u + 1u - 3u", "4u"),
        ],
    );
    fault(
        &Scene::new(),
        &[
            ("9223372036854775807 + 1", Fault::Arithmetic),
            ("-9223372036854775808 - 1", Fault::Arithmetic),
            ("-9223372036854775808 / -1", Fault::Arithmetic),
            ("-9223372036854775808 % -1", Fault::Arithmetic),
            ("-(-9223372036854775808)", Fault::Arithmetic),
            ("1u - 2u", Fault::Arithmetic),
            ("18446744073709551615u + 1u", Fault::Arithmetic),
            ("1 % 0", Fault::Arithmetic),
            ("1u / 0u", Fault::Arithmetic),
            ("1u % 0u", Fault::Arithmetic),
        ],
    );
}

#[test]
fn what_is_not_there_is_a_fault_and_never_null() {
    let doc =
        value("{'owner': 'ann', 'note': null, 'tags': ['a', 'b'], 'deep': {'er': {'name': 1}}, 'n': 5}");
    let scene = Scene::new().with_entity(DOC, "notes", "n1", 7, &doc);
    same(
        &scene,
        &[
            ("doc.owner", "'ann'"),
            ("doc['owner'] + doc[\"own\" + \"er\"]", "'annann'"),
            ("doc.note == null && has(doc.note)", "true"),
            ("has(doc.owner) && !has(doc.other) && !has(doc.deep.other)", "true"),
            ("has(doc.deep.er.name) && has({'a': 1}.a) && !has({'a': 1}.b)", "true"),
            ("doc.tags[1] + doc.tags[0u] + doc.tags[1.0]", "'bab'"),
            ("'owner' in doc && !('other' in doc)", "true"),
            ("size(doc) + size(doc.tags) + size(doc.owner)", "10"),
            ("id(doc) + collection(doc)", "'n1notes'"),
            ("version(doc)", "7"),
            ("identity == null && claims == null", "true"),
            ("doc.exists(name, name == 'owner')", "true"),
            ("doc.deep.er.map(name, doc.deep.er[name])", "[1]"),
        ],
    );
    fault(
        &scene,
        &[
            ("doc.other", Fault::Missing),
            ("doc.other == null", Fault::Missing),
            ("doc.other.name", Fault::Missing),
            ("doc['other']", Fault::Missing),
            ("doc.owner.name", Fault::Type),
            ("doc.note.name", Fault::Type),
            ("has(doc.owner.name)", Fault::Type),
            ("has(doc.other.name)", Fault::Missing),
            ("has({'a': 1}[doc.owner].b)", Fault::Missing),
            ("doc.tags[2]", Fault::Missing),
            ("doc.tags[-1]", Fault::Missing),
            ("doc.tags[0.5]", Fault::Argument),
            ("doc.tags['a']", Fault::Type),
            ("doc.tags.a", Fault::Type),
            ("doc[null]", Fault::Type),
            ("doc[[]]", Fault::Type),
            ("doc.owner[0]", Fault::Type),
            ("identity.name", Fault::Unknown),
            ("has(identity.name)", Fault::Unknown),
            ("id(identity)", Fault::Unknown),
            ("version(identity) == 1", Fault::Unknown),
            ("claims.sub", Fault::Unknown),
            ("scopes(claims)", Fault::Unknown),
            ("now == now", Fault::Unknown),
            ("database()", Fault::Unknown),
            ("{1: 2, 1.0 == 1.0 ? 1u : 2u: 3}", Fault::Argument),
            ("{[1][0]: 2, [1u][0]: 3}", Fault::Argument),
            ("{[1.5][0]: 2}", Fault::Type),
        ],
    );
}

#[test]
fn a_null_claim_is_as_good_as_none() {
    let claims = value("{'sub': 'ann', 'mail': null, 'deep': {'a': null, 'b': [{'c': null}]}}");
    let args = value("{'mail': null}");
    let scene = Scene::new().with_value(CLAIMS, &claims).with_value(ARGS, &args);
    same(
        &scene,
        &[
            ("has(claims.sub) && !has(claims.mail) && !has(claims.deep.a)", "true"),
            ("'mail' in claims || 'a' in claims.deep || 'c' in claims.deep.b[0]", "false"),
            ("size(claims)", "2"),
            ("claims.deep", "{'b': [{}]}"),
            ("has(args.mail) && args.mail == null", "true"),
        ],
    );
    fault(
        &scene,
        &[
            ("claims.mail", Fault::Missing),
            ("claims.mail == null", Fault::Missing),
            ("claims['ma' + 'il'] == null", Fault::Missing),
            ("claims.deep[claims.sub == 'ann' ? 'a' : 'b']", Fault::Missing),
            ("dyn(claims).deep.a", Fault::Missing),
        ],
    );
}

#[test]
fn scopes_are_words_and_not_parts_of_text() {
    let scopes = |claims: &Constant| {
        evaluated("scopes(claims)", &Scene::new().with_value(CLAIMS, claims)).map(|it| format!("{it:?}"))
    };
    let expected = Ok(format!("{:?}", value("['nonadmin', 'read']")));
    for stated in [
        "{'scope': 'nonadmin read'}",
        "{'scope': ' nonadmin  read '}",
        "{'scope': ['nonadmin', 'read']}",
        "{'scp': ['nonadmin', 'read'], 'scope': null}",
        "{'scp': 'nonadmin read'}",
        "{'scp': 'other', 'scope': 'nonadmin read'}",
    ] {
        assert_eq!(scopes(&value(stated)), expected, "{stated}");
    }
    let whole = Ok(format!("{:?}", value("['read:all', 'a.b-c/d,e']")));
    assert_eq!(scopes(&value("{'scope': 'read:all a.b-c/d,e'}")), whole, "nothing but a space parts words");
    assert_eq!(scopes(&value("{'scope': ''}")), Ok(format!("{:?}", value("[]"))));
    assert_eq!(scopes(&value("{'scopes': 'admin'}")), Err(Fault::Missing));
    assert_eq!(scopes(&value("{'scope': 5}")), Err(Fault::Type));
    let claims = value("{'scope': 'nonadmin read'}");
    let scene = Scene::new().with_value(CLAIMS, &claims);
    same(&scene, &[("'admin' in scopes(claims)", "false"), ("'read' in scopes(claims)", "true")]);
}

#[test]
fn text_and_lists_are_put_together_and_taken_apart() {
    same(
        &Scene::new(),
        &[
            ("size('πέντε') + size(b'ab') + size([1]) + size({})", "8"),
            ("'' + 'a' + 'ÿ' + '🐱'", "'aÿ🐱'"),
            ("b'a' + b'' + b'\\xff'", "b'a\\xff'"),
            ("[1] + [] + ['a']", "[1, 'a']"),
            ("'forté'.startsWith('for') && 'forté'.endsWith('té') && 'forté'.contains('ort')", "true"),
            ("''.contains('') && 'a'.startsWith('') && !'a'.startsWith('ab')", "true"),
            ("'hubba'.matches('ub+') && !'hubba'.matches('^b')", "true"),
            ("[1, 2, 3].filter(n, n > 1).map(n, n * 2)", "[4, 6]"),
            ("[1, 2, 3].map(n, n > 1, n * 2)", "[4, 6]"),
            ("{'a': 1, 'b': 2}.filter(key, key != 'a')", "['b']"),
            ("[1, 2].exists_one(n, n == 1) && ![1, 1].exists_one(n, n == 1)", "true"),
            ("[[1, 2], [3]].map(list, list.map(n, n + size(list)))", "[[3, 4], [4]]"),
            ("[].all(n, false) && ![].exists(n, true)", "true"),
        ],
    );
    fault(
        &Scene::new(),
        &[
            ("dyn(1).startsWith('a')", Fault::Type),
            ("'a'.contains(dyn(1))", Fault::Type),
            ("size(dyn(1))", Fault::Type),
            ("dyn(1).matches('a')", Fault::Type),
        ],
    );
}

#[test]
fn conversions_are_strict() {
    same(
        &Scene::new(),
        &[
            ("int(-1.9)", "-1"),
            ("int('-12') + int(3u) + int(timestamp(5))", "-4"),
            ("uint(1.9) + uint('2') + uint(3)", "6u"),
            ("double('1.5') + double(1) + double(1u)", "3.5"),
            ("string(1) + string(2u) + string(true) + string('x') + string(b'y')", "'12truexy'"),
            (
                "string(1.0) + ' ' + string(-0.0045) + ' ' + string(1e21) + ' ' + string(1.5e-7)",
                "'1 -0.0045 1e+21 1.5e-07'",
            ),
            ("string(0.0 / 0.0) + string(1.0 / 0.0) + string(-1.0 / 0.0)", "'NaN+Inf-Inf'"),
            ("bytes('ÿ')", "b'\\xc3\\xbf'"),
            ("bool('True') && !bool('f')", "true"),
            ("dyn(dyn(1))", "1"),
        ],
    );
    fault(
        &Scene::new(),
        &[
            ("int('1.5')", Fault::Argument),
            ("int('')", Fault::Argument),
            ("int(1e19)", Fault::Arithmetic),
            ("int(0.0 / 0.0)", Fault::Arithmetic),
            ("int(18446744073709551615u)", Fault::Arithmetic),
            ("uint(-1)", Fault::Arithmetic),
            ("uint(-0.5)", Fault::Arithmetic),
            ("uint('-1')", Fault::Argument),
            ("double('1e400')", Fault::Arithmetic),
            ("double('x')", Fault::Argument),
            ("double(' 1')", Fault::Argument),
            ("bool('yes')", Fault::Argument),
            ("bool(1)", Fault::Type),
            ("string(b'\\xff')", Fault::Argument),
            ("string([])", Fault::Type),
            ("string(null)", Fault::Type),
            ("int(true)", Fault::Type),
            ("timestamp(1u)", Fault::Type),
            ("duration(1)", Fault::Type),
        ],
    );
}

// over 70 lines: one table, a case a line.
#[test]
fn the_calendar_is_that_of_the_zone() {
    let scene =
        Scene::new().with_now(Instant { seconds: 1_234_567_890, nanos: 5_000_000 }).with_database("db");
    same(
        &scene,
        &[
            ("string(now)", "'2009-02-13T23:31:30.005Z'"),
            ("timestamp('2009-02-13T23:31:30.005Z') == now", "true"),
            ("timestamp('2009-02-14t00:31:30.005+01:00') == now", "true"),
            ("timestamp('2009-02-13T22:01:30.005-01:30') == now", "true"),
            ("[now.getFullYear(), now.getMonth(), now.getDate(), now.getDayOfMonth()]", "[2009, 1, 13, 12]"),
            ("[now.getDayOfWeek(), now.getDayOfYear(), now.getHours(), now.getMinutes()]", "[5, 43, 23, 31]"),
            ("[now.getSeconds(), now.getMilliseconds()]", "[30, 5]"),
            ("now.getDate('Australia/Sydney')", "14"),
            ("now.getHours('+01:30') * 100 + now.getMinutes('01:30')", "101"),
            ("now.getDayOfWeek('-23:59')", "4"),
            ("now.getMinutes('Asia/Kathmandu')", "16"),
            ("timestamp('2024-07-01T00:00:00Z').getHours('Europe/Berlin')", "2"),
            ("timestamp('2024-01-01T00:00:00Z').getHours('Europe/Berlin')", "1"),
            ("timestamp('9999-12-31T23:59:59.999999999Z').getFullYear()", "9999"),
            ("string(timestamp('0001-01-01T00:00:00Z'))", "'0001-01-01T00:00:00Z'"),
            ("string(duration('1h30m') + duration('-0.5s'))", "'5399.5s'"),
            ("string(duration('-1.5s'))", "'-1.5s'"),
            (
                "string(duration('1us')) + string(duration('.5ms')) + string(duration('0'))",
                "'0.000001s0.0005s0s'",
            ),
            ("duration('-1.5s').getSeconds() * 1000 + duration('-1.5s').getMilliseconds()", "-1500"),
            ("[duration('3730s').getHours(), duration('3730s').getMinutes()]", "[1, 62]"),
            ("now - duration('1s') + duration('1s') == now && now - now == duration('0s')", "true"),
            ("now - timestamp(0) > duration('300000h')", "true"),
            ("duration('1s') < duration('1001ms') && duration('-1s') < duration('-999ms')", "true"),
            ("type(now) == google.protobuf.Timestamp && type(now - now) == google.protobuf.Duration", "true"),
            ("database()", "'db'"),
        ],
    );
    fault(
        &scene,
        &[
            ("timestamp('2009-02-30T00:00:00Z')", Fault::Argument),
            ("timestamp('2009-02-13 23:31:30Z')", Fault::Argument),
            ("timestamp('2009-02-13T23:31:30')", Fault::Argument),
            ("timestamp('2009-02-13T23:31:60Z')", Fault::Argument),
            ("timestamp('2009-02-13T23:31:30.Z')", Fault::Argument),
            ("timestamp('2009-02-13T23:31:30+1:00')", Fault::Argument),
            ("timestamp('2009-02-13T23:31:30+24:00')", Fault::Argument),
            ("timestamp('+009-02-13T23:31:30Z')", Fault::Argument),
            ("timestamp('0000-12-31T23:59:59Z')", Fault::Argument),
            ("timestamp('🐱🐱🐱')", Fault::Argument),
            ("timestamp(253402300800)", Fault::Arithmetic),
            ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", Fault::Arithmetic),
            ("timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')", Fault::Arithmetic),
            ("duration('315576000000s') + duration('1ns')", Fault::Arithmetic),
            ("duration('315576000001s')", Fault::Argument),
            ("duration('')", Fault::Argument),
            ("duration('-')", Fault::Argument),
            ("duration('1')", Fault::Argument),
            ("duration('.s')", Fault::Argument),
            ("duration('1.2.3s')", Fault::Argument),
            ("duration('1d')", Fault::Argument),
            ("duration('1s ')", Fault::Argument),
            ("duration('99999999999999999999s')", Fault::Argument),
            ("now.getHours('Nowhere/City')", Fault::Argument),
            ("now.getHours('+1:00')", Fault::Argument),
            ("now + now", Fault::Type),
            ("duration('1s') - now", Fault::Type),
            ("duration('1s').getDate()", Fault::Type),
            ("dyn(1).getHours()", Fault::Type),
        ],
    );
}

#[test]
fn documents_are_read_by_what_a_document_says() {
    let (doc, team) = (value("{'team': 't1', 'other': 't2'}"), value("{'open': true}"));
    let scene = Scene::new().with_entity(DOC, "notes", "n1", 1, &doc).with_document("teams", "t1", &team);
    same(
        &scene,
        &[
            ("get('teams', doc.team).open", "true"),
            ("exists('teams', doc.team)", "true"),
            ("exists('teams', doc.other)", "false"),
        ],
    );
    fault(&scene, &[("get('teams', doc.other)", Fault::Missing), ("exists('teams', dyn(doc))", Fault::Type)]);
}

/// Ones, so many.
fn ones(count: usize) -> Constant {
    Constant::List(std::iter::repeat_n(Constant::Int(1), count).collect())
}

#[test]
fn a_decision_ends_where_its_fuel_ends() {
    let fuel = usize::try_from(FUEL_MAX).unwrap();
    let cases: [(&str, Constant, Constant); 10] = [
        ("args.all(n, n == 1)", ones(fuel), ones(fuel + 1)),
        // A step about eleven nodes costs two.
        ("args.all(n, n + n + n + n + n > 0)", ones(fuel / 2), ones(fuel / 2 + 1)),
        ("2 in args", ones(fuel), ones(fuel + 1)),
        ("args == args", ones(fuel), ones(fuel + 1)),
        (
            "args.contains('b')",
            "a".repeat(fuel * 16).as_str().into(),
            "a".repeat(fuel * 16 + 16).as_str().into(),
        ),
        (
            "args.endsWith(args)",
            "a".repeat(fuel * 16).as_str().into(),
            "a".repeat(fuel * 16 + 16).as_str().into(),
        ),
        ("size(args)", "a".repeat(fuel * 16).as_str().into(), "a".repeat(fuel * 16 + 16).as_str().into()),
        (
            "args.matches('^b')",
            "a".repeat(fuel * 16).as_str().into(),
            "a".repeat(fuel * 16 + 16).as_str().into(),
        ),
        ("args < args", "a".repeat(fuel * 16).as_str().into(), "a".repeat(fuel * 16 + 16).as_str().into()),
        ("args.all(a, args.all(b, true))", ones(99), ones(100)),
    ];
    for (source, enough, too_much) in cases {
        let outcome = |args| evaluated(source, &Scene::new().with_value(ARGS, args));
        assert!(outcome(&enough).is_ok(), "{source}: {:?}", outcome(&enough));
        assert_eq!(outcome(&too_much).unwrap_err(), Fault::Cost, "{source}");
    }
}

#[test]
fn reading_ends_where_its_fuel_ends() {
    let team = value("{}");
    let scene = Scene::new().with_document("teams", "t1", &team);
    let reads = |count| {
        let ids = Constant::List(std::iter::repeat_n(Constant::from("t1"), count).collect());
        evaluated("args.all(id, exists('teams', id))", &scene.clone().with_value(ARGS, &ids)).map(|_| ())
    };
    let most = usize::try_from(FUEL_MAX / (READ_COST + 1)).unwrap();
    assert_eq!((reads(most), reads(most + 1)), (Ok(()), Err(Fault::Cost)));
}

#[test]
fn a_costly_part_decides_nothing_but_may_not_matter() {
    let args = ones(usize::try_from(FUEL_MAX).unwrap() + 1);
    let scene = Scene::new().with_value(ARGS, &args);
    same(&scene, &[("2 in args || true", "true"), ("args.all(n, n == 1) && false", "false")]);
    fault(&scene, &[("2 in args || false", Fault::Cost), ("!(2 in args)", Fault::Cost)]);
}

#[test]
fn nothing_that_costs_is_done_once_the_fuel_is_spent() {
    let args = "a".repeat(usize::try_from(FUEL_MAX).unwrap() * 16 + 16);
    let args = args.as_str().into();
    let scene = Scene::new().with_value(ARGS, &args);
    same(&scene, &[("false || [1, 2].exists(n, n == 2)", "true")]);
    fault(&scene, &[("args.contains('b') || [1, 2].exists(n, n == 2)", Fault::Cost)]);
}

#[test]
fn what_a_decision_makes_has_an_end() {
    let half = "a".repeat(SCRATCH_BYTES_MAX / 2);
    let (fits, too_long) = (Constant::from(half.as_str()), Constant::from(format!("{half}a").as_str()));
    for (source, args, expected) in [
        ("size(args + args)", &fits, Ok(())),
        ("size(args + args)", &too_long, Err(Fault::Cost)),
        ("size(bytes(args) + bytes(args))", &fits, Ok(())),
        ("size(bytes(args) + bytes(args))", &too_long, Err(Fault::Cost)),
        ("size(args.map(n, n))", &ones(700), Ok(())),
        ("size(args.map(n, n))", &ones(5000), Err(Fault::Cost)),
        ("size(args.filter(n, n == 1))", &ones(5000), Err(Fault::Cost)),
        ("size(args.filter(n, n == 2))", &ones(5000), Ok(())),
        ("size(args + args)", &ones(4000), Err(Fault::Cost)),
        ("args.all(n, size([n, n, n, n, n, n, n, n, n, n]) == 10)", &ones(500), Err(Fault::Cost)),
    ] {
        let outcome = evaluated(source, &Scene::new().with_value(ARGS, args)).map(|_| ());
        assert_eq!(outcome, expected, "{source}");
    }
}

#[test]
fn the_scratch_is_empty_again_for_the_next_decision() {
    let predicate = compiled("args + args == 'never'");
    let args = Constant::from("a".repeat(SCRATCH_BYTES_MAX / 2).as_str());
    let scene = Scene::new().with_value(ARGS, &args);
    let mut scratch = Scratch::new();
    for _ in 0..100 {
        assert_eq!(predicate.decide(&scene, &mut scratch), Outcome::False);
        assert_eq!(scratch.used(), SCRATCH_BYTES_MAX);
    }
}

#[test]
fn values_are_looked_into_to_a_depth() {
    let nested = |depth: usize| (0..depth).fold(Constant::Null, |inner, _| Constant::List([inner].into()));
    let outcome =
        |source, args: &Constant| evaluated(source, &Scene::new().with_value(ARGS, args)).map(|_| ());
    for source in ["args == args", "args"] {
        assert_eq!(outcome(source, &nested(VALUE_DEPTH_MAX - 1)), Ok(()), "{source}");
        assert_eq!(outcome(source, &nested(VALUE_DEPTH_MAX + 1)), Err(Fault::Cost), "{source}");
    }
}

#[test]
fn the_highest_tree_needs_little_stack() {
    let source = format!("{}true{}", "!(".repeat(98), ")".repeat(98));
    let run = move || {
        assert_eq!(compiled(&source).decide(&Scene::new(), &mut Scratch::new()), Outcome::True);
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn each_part_that_is_evaluated_is_told() {
    let source = "doc.n == 1 || !has(doc.m) && doc.tags.exists(t, t == 'b') || doc.x";
    let doc = value("{'n': 2, 'tags': ['a', 'b']}");
    let scene = Scene::new().with_entity(DOC, "notes", "n1", 1, &doc);
    let mut told = Vec::new();
    let mut trace = |span: Span, traced| told.push((span.of(source).to_owned(), traced));
    let outcome = compiled(source).decide_traced(&scene, &mut Scratch::new(), &mut trace);
    let expected = [
        ("doc.n", Traced::Other),
        ("1", Traced::Other),
        ("doc.n == 1", Traced::False),
        ("has(doc.m)", Traced::False),
        ("!has(doc.m)", Traced::True),
        ("doc.tags", Traced::Other),
        ("t", Traced::Other),
        ("'b'", Traced::Other),
        ("t == 'b'", Traced::False),
        ("t", Traced::Other),
        ("'b'", Traced::Other),
        ("t == 'b'", Traced::True),
        ("doc.tags.exists(t, t == 'b')", Traced::True),
        ("!has(doc.m) && doc.tags.exists(t, t == 'b')", Traced::True),
        (source, Traced::True),
    ];
    assert_eq!(outcome, Outcome::True);
    assert_eq!(told, expected.map(|(part, traced)| (part.to_owned(), traced)));
}

#[test]
fn an_identity_is_told_from_its_fields() {
    let user = value("{'id': 'other', 'version': 0}");
    let scene = Scene::new().with_entity(IDENTITY, "users", "ann", 3, &user);
    same(&scene, &[("id(identity) + identity.id", "'annother'"), ("identity != null", "true")]);
}
