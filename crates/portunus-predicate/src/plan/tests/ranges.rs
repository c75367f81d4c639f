//! Which ranges follow from which residual, and why there are none.

use crate::{
    Constant, Declaration, Known, Predicate, REACH_POINTS_MAX, Reach, Residual, Scene, Scratch, Type,
    Vocabulary,
};

/// Binds a predicate to the user `ann`, whose groups are the first letters.
fn residual(source: &str) -> Residual {
    let vocabulary = Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("old", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .with_reads()
        .without_types();
    let text = |text: &str| Constant::String(text.into());
    let many: Vec<_> = (0..=i64::try_from(REACH_POINTS_MAX).unwrap()).map(Constant::Int).collect();
    let user = Constant::map([
        ("groups", Constant::List([text("a"), text("b")].into())),
        ("none", Constant::List([].into())),
        ("many", Constant::List(many.into())),
        ("dept", text("law")),
    ]);
    let scene = Scene::new().with_entity(2, "users", "ann", 1, &user);
    let predicate = Predicate::new(source, &vocabulary).unwrap_or_else(|error| panic!("{source}: {error}"));
    predicate.bind(&scene, &mut Scratch::new()).unwrap()
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        let reach = residual(source).reach(0).to_string();
        assert_eq!(reach, *expected, "{source}");
    }
}

#[test]
fn comparisons_become_points_and_ranges() {
    check(&[
        ("doc.a == 5", "a = 5"),
        ("5 == doc.a", "a = 5"),
        ("doc.a.b.c == null", "a.b.c = null"),
        ("doc['a.b'] == true", r"a\.b = true"),
        ("doc.a < 5", "a < 5"),
        ("5 < doc.a", "a > 5"),
        ("5 >= doc.a", "a <= 5"),
        ("5 <= doc.a", "a >= 5"),
        ("5 > doc.a", "a < 5"),
        ("doc.a >= 'x'", "a >= \"x\""),
        ("doc.open", "open = true"),
        ("!doc.open", "open = false"),
        ("!!doc.open", "open = true"),
        ("!(doc.a < 5)", "a >= 5"),
        ("!(doc.a <= 5)", "a > 5"),
        ("!(doc.a > 5)", "a <= 5"),
        ("!(doc.a >= 5)", "a < 5"),
        ("!(doc.a != 5)", "a = 5"),
        ("doc.a in [3, 1, 1.0, 1u]", "(a = 1 or a = 3)"),
        ("doc.a in {'x': 1}", "a = \"x\""),
        ("doc.a in []", "nothing"),
        ("doc.name.startsWith('an')", "name begins with \"an\""),
        ("doc.tags[0] == 'a'", "tags has \"a\""),
        ("'a' in doc.tags", "tags has \"a\""),
        ("doc.tags.exists(t, t == 'a')", "tags has \"a\""),
        ("doc.tags.exists(t, t in ['a', 'b'])", "(tags has \"a\" or tags has \"b\")"),
        ("doc.tags.exists_one(t, 'a' == t)", "tags has \"a\""),
        ("id(doc) == 'x'", "id = \"x\""),
        ("id(doc) in ['x', 5]", "id = \"x\""),
        ("id(doc) >= 'x' && id(doc) < 'y'", "\"x\" <= id < \"y\""),
        ("id(doc) < 5", "nothing"),
    ]);
}

#[test]
fn points_are_those_that_stored_values_can_be_equal_to() {
    check(&[
        ("doc.a == 1u", "a = 1"),
        ("doc.a == -0.0", "a = 0"),
        ("doc.a == 1.5", "a = 1.5"),
        ("doc.a == 18446744073709551615u", "nothing"),
        ("doc.a == 9223372036854775808u", "a = 9.223372036854776e18"),
        ("doc.a == double('NaN')", "nothing"),
        ("doc.a < double('NaN')", "nothing"),
        ("doc.a == duration('1s')", "nothing"),
        ("doc.a < null", "nothing"),
        ("doc.a == int", "nothing"),
        ("doc.a < 18446744073709551615u", "a < 1.8446744073709552e19"),
        ("doc.a <= 18446744073709551615u", "a < 1.8446744073709552e19"),
        ("doc.a > 18446744073709551615u", "a >= 1.8446744073709552e19"),
        ("doc.a >= 18446744073709551615u", "a >= 1.8446744073709552e19"),
        ("doc.a < 9223372036854775809u", "a <= 9.223372036854776e18"),
        ("doc.a >= 9223372036854775809u", "a > 9.223372036854776e18"),
        ("doc.at == timestamp(1) + duration('500ns')", "nothing"),
        ("doc.at < timestamp(1) + duration('500ns')", "at <= timestamp(\"1970-01-01T00:00:01Z\")"),
        ("doc.at >= timestamp(1) + duration('500ns')", "at > timestamp(\"1970-01-01T00:00:01Z\")"),
        ("doc.at >= timestamp(1)", "at >= timestamp(\"1970-01-01T00:00:01Z\")"),
    ]);
}

#[test]
fn conditions_are_put_together() {
    check(&[
        ("doc.a == 1 && doc.b == 2", "(a = 1 and b = 2)"),
        ("doc.a == 1 && has(doc.b)", "a = 1"),
        ("doc.a == 1 && doc.a == 2", "nothing"),
        ("doc.a > 1 && doc.a <= 5 && doc.a < 4.5", "1 < a < 4.5"),
        ("doc.a > 1 && doc.a < 1.0", "nothing"),
        ("doc.a > 1 && doc.a == 1", "nothing"),
        ("doc.a >= 1 && doc.a == 1", "a = 1"),
        ("doc.a >= 1 && doc.a > 1u", "a > 1"),
        ("doc.a >= 1 && doc.a <= 1.0", "1 <= a <= 1"),
        ("doc.a > 1 && doc.a < 'x'", "nothing"),
        ("doc.a == 'abc' && doc.a.startsWith('ab')", "a = \"abc\""),
        ("doc.a.startsWith('a') && doc.a.startsWith('ab')", "a begins with \"ab\""),
        ("doc.a.startsWith('a') && doc.a > 5", "nothing"),
        ("'a' in doc.a && 'b' in doc.a", "(a has \"a\" and a has \"b\")"),
        ("doc.a == 1 || doc.b == 2 || doc.a == 1.0", "(a = 1 or b = 2)"),
        ("doc.a == 1 || doc.b == duration('1s')", "a = 1"),
        ("doc.open ? doc.a == 1 : doc.a == 2", "((open = true and a = 1) or (open = false and a = 2))"),
        ("has(doc.a) ? doc.a == 1 : doc.b == 2", "(a = 1 or b = 2)"),
        ("old.a == 1 && doc.a == 2", "a = 2"),
    ]);
}

#[test]
fn what_was_bound_gives_ranges_too() {
    check(&[
        ("doc.owner == id(identity)", "owner = \"ann\""),
        ("id(identity) in [doc.owner, doc.editor]", "(owner = \"ann\" or editor = \"ann\")"),
        ("doc.group in identity.groups", "(group = \"a\" or group = \"b\")"),
        ("identity.groups.exists(g, g == doc.group)", "(group = \"a\" or group = \"b\")"),
        ("identity.groups.exists(g, g in doc.groups)", "(groups has \"a\" or groups has \"b\")"),
        ("identity.groups.all(g, g in doc.groups)", "(groups has \"a\" and groups has \"b\")"),
        ("[doc.owner, doc.editor].exists(it, it == identity.dept)", "(owner = \"law\" or editor = \"law\")"),
        ("[{'is': 'x'}, {'is': 'y'}].exists(it, it.is == doc.a)", "(a = \"x\" or a = \"y\")"),
        (
            "identity.groups.exists(g, identity.none.exists(n, n == g) || g == doc.a)",
            "(a = \"a\" or a = \"b\")",
        ),
        ("identity.none.exists(n, n + 'x' == doc.a)", "nothing"),
        ("identity.groups.exists(g, g == 'a' && doc.a == 5)", "a = 5"),
        ("id(identity) in get('groups', doc.group).members", "group among groups where members has \"ann\""),
        ("id(identity) in get('groups', doc.group).all.of", "group among groups where all.of has \"ann\""),
        ("identity.missing == doc.a", "nothing"),
    ]);
}

#[test]
fn nothing_follows_from_what_leaves_anything_open() {
    let reasons = [
        ("doc.a != 5", "no range holds all for which `doc.a != 5`"),
        ("!(doc.a == 5)", "no range holds all for which `!(doc.a == 5)`"),
        ("!(doc.a < double('NaN'))", "no range holds all for which `!(doc.a < double(\"NaN\"))`"),
        ("doc.a == [1]", "no range holds all for which `doc.a == [1]`"),
        ("doc.a in [1, [2]]", "no range holds all for which `doc.a in [1, [2]]`"),
        ("doc.a in [1, {}]", "no range holds all for which `doc.a in [1, {}]`"),
        ("doc == null", "no range holds all for which `doc == null`"),
        ("doc.a == doc.b", "no range holds all for which `doc.a == doc.b`"),
        ("doc.a == 1 || has(doc.b)", "no range holds all for which `has(doc.b)`"),
        (
            "doc.a == 1 || (has(doc.b) && has(doc.c))",
            "no range holds all for which `has(doc.b) && has(doc.c)`",
        ),
        ("!(doc.a == 1 && doc.b == 2)", "no range holds all for which `!(doc.a == 1 && doc.b == 2)`"),
        ("doc.tags.all(t, t == 'a')", "no range holds all for which `doc.tags.all(v0, v0 == \"a\")`"),
        ("doc.tags.exists(t, t > 'a')", "no range holds all for which `v0 > \"a\"`"),
        ("size(doc.a) == 1", "no range holds all for which `size(doc.a) == 1`"),
        ("doc.a + 1 == 2", "no range holds all for which `doc.a + 1 == 2`"),
        ("old.a == 1", "no range holds all for which `old.a == 1`"),
        ("collection(doc) == 'x'", "no range holds all for which `collection(doc) == \"x\"`"),
        (
            "get('groups', doc.group).owner == 'x'",
            "no range holds all for which `get(\"groups\", doc.group).owner == \"x\"`",
        ),
        ("true", "there is no condition"),
        ("doc.a == 1 || true", "there is no condition"),
    ];
    for (source, expected) in reasons {
        assert_eq!(residual(source).reach(0).to_string(), format!("everything: {expected}"), "{source}");
    }
}

#[test]
fn a_plan_of_too_many_ranges_is_none() {
    for source in [
        "doc.a in identity.many",
        "identity.many.exists(m, m == doc.a)",
        "identity.many.exists(m, m in doc.list)",
        "identity.many.exists(m, doc.list.exists(x, x == m))",
    ] {
        let reach = residual(source).reach(0);
        assert!(matches!(&reach, Reach::Everything(why) if why.contains("1000 ranges")), "{source}: {reach}");
    }
    // Where something else is known, that is taken.
    check(&[("doc.a in identity.many && doc.b == 1", "b = 1")]);
    let nested = "identity.many.exists(m, identity.many.exists(n, m == doc.a && n == doc.b))";
    assert!(matches!(residual(nested).reach(0), Reach::Everything(_)));
}

#[test]
fn a_reason_shows_only_so_much_of_a_predicate() {
    let long = format!("doc.a != '{}'", "ä".repeat(1_000));
    let Reach::Everything(why) = residual(&long).reach(0) else { panic!("a range follows") };
    assert!(why.chars().count() < 300 && why.contains('…'));
}
