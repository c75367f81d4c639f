//! Predicates that are called by name.

use super::{check, refusal, vocabulary};
use crate::{Predicate, Result, Vocabulary};

fn with(definitions: &[(&str, &[&str], &str)]) -> Vocabulary {
    let define = |vocabulary: Vocabulary, (name, parameters, source): &(&str, &[&str], &str)| {
        vocabulary.define(name, parameters, source)
    };
    definitions.iter().try_fold(vocabulary(), define).unwrap()
}

#[test]
fn a_call_is_as_its_body() {
    let vocabulary = with(&[
        ("is_owner", &["it"], "it.owner == id(identity)"),
        ("is_named", &["it", "name"], "id(it) == name"),
        ("is_fresh", &[], "now > doc.made"),
        ("both", &["one", "other"], "one && other"),
        ("first", &["one", "other"], "one"),
        ("any_above", &["list", "least"], "list.exists(x, x > least)"),
        ("mine", &["it"], "is_owner(it) || is_named(it, 'mine')"),
    ]);
    for (source, canonical) in [
        ("is_owner(doc)", "doc.owner == id(identity)"),
        ("is_owner(doc.parent)", "doc.parent.owner == id(identity)"),
        ("is_owner({'owner': 'a'})", "{\"owner\": \"a\"}.owner == id(identity)"),
        ("is_named(note, 'a' + 'b')", "id(note) == \"a\" + \"b\""),
        ("is_fresh()", "now > doc.made"),
        ("both(doc.a, doc.b || doc.c)", "doc.a && (doc.b || doc.c)"),
        ("both(both(doc.a, doc.b), doc.c)", "doc.a && doc.b && doc.c"),
        ("!mine(note)", "!(note.owner == id(identity) || id(note) == \"mine\")"),
        ("first(doc.a, doc.b)", "doc.a"),
        // A variable around the call does not get into the body, and one of the body not into the argument.
        ("doc.a.exists(x, any_above(doc.b, x))", "doc.a.exists(v0, doc.b.exists(v1, v1 > v0))"),
        ("doc.a.exists(identity, is_owner(identity))", "doc.a.exists(v0, v0.owner == id(identity))"),
        ("any_above(doc.a, doc.b.map(x, x)[0])", "doc.a.exists(v0, v0 > doc.b.map(v1, v1)[0])"),
    ] {
        let predicate =
            Predicate::new(source, &vocabulary).unwrap_or_else(|it| panic!("{}", it.shown_in(source)));
        assert_eq!(predicate.canonical(), canonical, "{source}");
        // An error or a decision is told where the call stands, since the body is another text.
        assert!(usize::try_from(predicate.node.span.end).unwrap() <= source.len());
    }
}

#[test]
fn what_is_wrong_in_a_body_is_told_at_the_call() {
    let vocabulary = with(&[
        ("typo", &["it"], "it.owner == id(identiy)"),
        ("typed", &["it"], "it == 1"),
        ("outer", &["it"], "typed(it.name)"),
        ("number", &[], "5"),
        ("takes_entity", &["it"], "id(it) == 'a'"),
        ("again", &["it"], "again(it)"),
        ("ping", &[], "pong()"),
        ("pong", &[], "true && ping()"),
        ("nested", &["it"], "!it"),
        ("unused", &["it"], "true"),
    ]);
    for (source, refused) in [
        (
            "doc.a && typo(doc)",
            ("typo(doc)", "in `typo`: there is no name `identiy`; did you mean `identity`?"),
        ),
        ("typed(doc)", ("", "")),
        ("typed('a')", ("typed('a')", "in `typed`: string and int are never equal")),
        ("outer(note)", ("", "")),
        ("outer(note.address)", ("outer(note.address)", "in `outer`: there is no field `name`")),
        ("outer({'name': 'a'})", ("outer({'name': 'a'})", "in `typed`: string and int are never equal")),
        ("number()", ("number()", "in `number`: a predicate must be true or false, and this is int")),
        ("takes_entity(doc)", ("", "")),
        ("takes_entity(doc.a)", ("doc.a", "`id` takes the name of a document and nothing else")),
        ("takes_entity(dok)", ("dok", "there is no name `dok`; did you mean `doc`?")),
        ("typed()", ("typed()", "`typed` takes one argument")),
        ("doc.typed()", ("typed", "`typed` is no method; it is called as `typed(…)`")),
        ("tpyed(doc)", ("tpyed", "there is no function `tpyed`; did you mean `typed`?")),
        ("again(doc)", ("again(doc)", "in `again`: `again` calls itself")),
        ("ping()", ("ping()", "in `pong`: `ping` calls itself")),
        ("nested(nested(doc.a))", ("", "")),
        (
            "nested(nested(5))",
            ("nested(5)", "in `nested`: what `!` turns around must be true or false, and this is int"),
        ),
        ("unused(dok)", ("dok", "there is no name `dok`; did you mean `doc`?")),
        ("unused(1 + 'a')", ("1 + 'a'", "there is no `+` of int and string")),
    ] {
        check(&vocabulary, source, (!refused.1.is_empty()).then_some(refused));
    }
}

#[test]
fn a_named_predicate_is_checked_by_itself() {
    let vocabulary = with(&[
        ("fine", &["a", "b"], "id(a) == b.owner && a == b && a.b.c"),
        ("unknown", &["a"], "a == 1 && dok.b"),
        ("number", &["a"], "5"),
        ("typed", &["a"], "a + 1 == 'b'"),
        ("warned", &[], "claims.scope.contains('a')"),
        ("calls", &["a"], "number(a)"),
        ("itself", &["a"], "itself(a)"),
    ]);
    let refused = |name: &str| vocabulary.check_named(name).map_err(|it| (it.span.start, it.problem));
    let error = |at, problem: &str| Err((at, problem.to_owned()));
    assert_eq!(refused("fine"), Ok(vec![]));
    assert_eq!(refused("unknown"), error(10, "there is no name `dok`; did you mean `doc`?"));
    assert_eq!(refused("number"), error(0, "a predicate must be true or false, and this is int"));
    assert_eq!(refused("typed"), error(0, "int and string are never equal"));
    assert_eq!(refused("warned").unwrap().len(), 1);
    assert_eq!(refused("calls"), error(0, "in `number`: a predicate must be true or false, and this is int"));
    assert_eq!(refused("itself"), error(0, "in `itself`: `itself` calls itself"));
    assert_eq!(refused("nobody"), error(0, "there is no predicate `nobody`"));
}

#[test]
fn names_of_predicates_are_words_that_are_free() {
    let problem = |name: &str, parameters: &[&str], source: &str| {
        let defined: Result<Vocabulary> = Vocabulary::new().define(name, parameters, source);
        defined.err().map(|it| it.problem)
    };
    assert_eq!(problem("is_owner", &["doc", "who"], "doc.owner == who"), None);
    for name in
        ["", "a b", "a.b", "1a", "in", "true", "null", "package", "a-b", " a", "(a)", ".a", "a()", "é", "`a`"]
    {
        assert_eq!(problem(name, &[], "true"), Some(format!("a predicate cannot be called `{name}`")));
        assert_eq!(problem("a", &[name], "true"), Some(format!("a parameter cannot be called `{name}`")));
    }
    for name in ["size", "has", "exists", "get", "id", "matches", "scopes", "int", "map", "getHours"] {
        assert_eq!(problem(name, &[], "true"), Some(format!("`{name}` is a function of the language")));
    }
    assert_eq!(problem("a", &["b", "b"], "true").unwrap(), "there are two parameters `b`");
    assert!(problem("a", &[], "true &&").is_some());
    let parameters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    assert_eq!(problem("p", &parameters[..10], "true"), None);
    assert_eq!(problem("p", &parameters, "true").unwrap(), "a predicate has at most 10 parameters");
    let many = |count: usize| {
        (0..count).try_fold(Vocabulary::new(), |all, at| all.define(&format!("p{at}"), &[], "true"))
    };
    let full = many(100).unwrap();
    assert!(full.clone().define("p7", &[], "false").is_ok());
    assert_eq!(
        full.define("p100", &[], "true").err().unwrap().problem,
        "there are more than 100 predicates with a name"
    );
}

/// A few short bodies that call each other could make a tree of any size, and of any height.
#[test]
fn what_is_put_in_counts_against_the_limits() {
    let doubling: Vec<(String, String)> =
        (0..50).map(|at| (format!("p{at}"), format!("p{}(x) && p{}(x)", at + 1, at + 1))).collect();
    let define = |all: Vocabulary, (name, body): &(String, String)| all.define(name, &["x"], body);
    let all = doubling.iter().try_fold(vocabulary(), define).unwrap().define("p50", &["x"], "x").unwrap();
    assert_eq!(refusal(&all, "p0(doc.a)").problem, "the expression has more than 1000 parts");
    assert!(Predicate::new("p45(doc.a)", &all).is_ok());

    let twice = vocabulary().define("twice", &["x"], "x && x").unwrap();
    let nested = |times: usize| format!("{}doc.a{}", "twice(".repeat(times), ")".repeat(times));
    assert!(Predicate::new(&nested(6), &twice).is_ok());
    assert!(refusal(&twice, &nested(60)).problem.contains("the expression has more than 1000 parts"));

    let same = vocabulary().define("same", &["x"], "x").unwrap();
    let nested = |times: usize| format!("{}doc.a{}", "same(".repeat(times), ")".repeat(times));
    assert!(Predicate::new(&nested(60), &same).is_ok());

    // Each passes on its argument to the next, so that a call of the first goes through all of them, forth and back.
    let chain: Vec<(String, String)> =
        (0..99).map(|at| (format!("p{at}"), format!("p{}(x)", at + 1))).collect();
    let all = chain.iter().try_fold(vocabulary(), define).unwrap().define("p99", &["x"], "x").unwrap();
    assert!(
        refusal(&all, &format!("{}doc.a{}", "p0(".repeat(90), ")".repeat(90))).problem.contains("too deep")
    );

    let high = |at: usize| format!("{}p{}(x){}", "!(".repeat(45), at + 1, ")".repeat(45));
    let chain: Vec<(String, String)> = (0..99).map(|at| (format!("p{at}"), high(at))).collect();
    let all = chain.iter().try_fold(vocabulary(), define).unwrap().define("p99", &["x"], "x").unwrap();
    assert!(refusal(&all, "p0(doc.a)").problem.contains("too deep"));
    let high =
        vocabulary().define("high", &["x"], &format!("{}x{}", "!(".repeat(60), ")".repeat(60))).unwrap();
    assert!(Predicate::new("high(doc.a)", &high).is_ok());
    assert_eq!(
        refusal(&high, "high(high(doc.a))").problem,
        "in `high`: the expression has more than 100 levels"
    );
}

#[test]
fn reads_and_comprehensions_of_a_body_count() {
    let vocabulary = with(&[
        ("is_open", &["group"], "get('groups', group).open"),
        ("unused", &["it"], "true"),
        ("deep", &["list"], "list.all(x, x.all(y, y))"),
    ]);
    assert!(Predicate::new("is_open(doc.group) && is_open(identity.group)", &vocabulary).is_ok());
    check(
        &vocabulary,
        "is_open(doc.a) && is_open(doc.b)",
        Some((
            "is_open(doc.b)",
            "in `is_open`: a predicate reads at most one document whose id depends on the one it decides on",
        )),
    );
    let unused = Predicate::new("unused(get('a', doc.b))", &vocabulary).unwrap();
    assert_eq!(unused.uses().reads, []);
    check(
        &vocabulary,
        "doc.a.exists(x, deep(x))",
        Some(("deep(x)", "in `deep`: more than 2 lists are gone through in each other")),
    );
}
