//! What is left of a predicate once it is bound, and what binding may cost.

use crate::{
    BOUND_BYTES_MAX, BOUND_READS_MAX, Constant, Declaration, Entity, Environment, Fault, Instant, Known,
    Outcome, Predicate, ReadFailed, Residual, Scene, Scratch, Slot, Type, Vocabulary,
};
use std::cell::Cell;

fn vocabulary() -> Vocabulary {
    Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound))
        .declare(Declaration {
            null_is_missing: true,
            ..Declaration::value("claims", Type::Any, Known::Bound)
        })
        .with_now()
        .with_reads()
        .without_types()
}

fn predicate(source: &str) -> Predicate {
    Predicate::new(source, &vocabulary()).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn bound<'a>(source: &str, environment: &impl Environment<'a, &'a Constant>) -> Residual {
    predicate(source).bind(environment, &mut Scratch::new()).unwrap()
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let text = |text: &str| Constant::String(text.into());
    let user = Constant::map([
        ("admin", Constant::Bool(false)),
        ("dept", text("law")),
        ("groups", Constant::List([text("a")].into())),
        ("none", Constant::List([].into())),
        ("owner", Constant::Bool(true)),
    ]);
    let claims = Constant::map([("gone", Constant::Null), ("map", Constant::map([("a", Constant::Null)]))]);
    let group = Constant::map([("members", Constant::List([text("ann")].into()))]);
    let scene = Scene::new()
        .with_entity(1, "users", "ann", 1, &user)
        .with_value(2, &claims)
        .with_document("groups", "law", &group)
        .with_now(Instant { seconds: 5, nanos: 0 })
        .with_database("db");
    for (source, expected) in cases {
        assert_eq!(bound(source, &scene).to_string(), *expected, "{source}");
    }
}

#[test]
fn what_depends_on_nothing_that_is_not_known_becomes_a_constant() {
    check(&[
        ("doc.owner == id(identity)", r#"doc.owner == "ann""#),
        ("doc.a == 1 + 2", "doc.a == 3"),
        ("doc.at < now + duration('1s')", r#"doc.at < timestamp("1970-01-01T00:00:06Z")"#),
        ("database() == 'db'", "true"),
        ("id(identity) in get('groups', identity.dept).members", "true"),
        ("exists('groups', 'x')", "false"),
        ("doc.group in identity.groups.map(g, g + 'x')", r#"doc.group in ["ax"]"#),
        ("doc.tags.exists(t, t == identity.dept)", r#"doc.tags.exists(v0, v0 == "law")"#),
        (
            "doc.tags.exists(t, identity.groups.exists(g, g == t))",
            r#"doc.tags.exists(v0, ["a"].exists(v1, v1 == v0))"#,
        ),
        ("doc.tags.exists(t, identity.groups.exists(g, g == 'a'))", "doc.tags.exists(v0, true)"),
        ("identity.groups.all(g, g == doc.a && identity.dept == 'law')", r#"["a"].all(v0, v0 == doc.a)"#),
        ("identity.none.all(n, n == doc.a)", "true"),
        ("identity.none.exists(n, n == doc.a)", "false"),
        ("identity.none.exists_one(n, n == doc.a)", "false"),
        ("size(identity.none.map(n, n == doc.a)) == 0", "true"),
        ("doc.a in identity.none.filter(n, doc.b)", "doc.a in []"),
    ]);
}

#[test]
fn truth_values_that_are_known_decide_what_they_can() {
    check(&[
        ("identity.owner && doc.a == 1", "doc.a == 1"),
        ("identity.admin && doc.a == 1", "false"),
        ("doc.a == 1 && identity.admin", "false"),
        ("identity.admin || doc.a == 1 || identity.admin", "doc.a == 1"),
        ("doc.a == 1 || identity.owner", "true"),
        ("identity.owner && (doc.a == 1 && doc.b == 2) && identity.owner", "doc.a == 1 && doc.b == 2"),
        ("(identity.owner ? doc.a == 1 : doc.b) && doc.c", "doc.a == 1 && doc.c"),
        ("identity.admin ? doc.a == 1 : doc.b", "doc.b"),
        ("doc.c ? identity.owner : doc.b", "doc.c ? true : doc.b"),
        // What is chosen falls into the chain around it, if that is one of the same kind, and is decided by its own parts.
        ("doc.c && (identity.owner ? doc.a && doc.b : false)", "doc.c && doc.a && doc.b"),
        ("doc.c || (identity.owner ? doc.a || doc.b : false)", "doc.c || doc.a || doc.b"),
        ("doc.c || (identity.owner ? doc.a && doc.b : false)", "doc.c || doc.a && doc.b"),
        ("doc.c && (identity.owner ? doc.a || doc.b : false)", "doc.c && (doc.a || doc.b)"),
        ("!(identity.admin && doc.a == 1)", "true"),
        ("!(identity.owner && doc.a == 1)", "!(doc.a == 1)"),
        ("(identity.admin && doc.a) == doc.b", "false == doc.b"),
    ]);
}

#[test]
fn a_chain_of_one_part_still_wants_a_truth_value() {
    let (user, doc) =
        (Constant::map([("owner", Constant::Bool(true))]), Constant::map([("a", Constant::Int(5))]));
    let scene = Scene::new().with_entity(0, "docs", "d", 1, &doc).with_entity(1, "users", "ann", 1, &user);
    for source in ["identity.owner && doc.a", "(identity.owner && doc.a) == 5", "!(identity.owner && doc.a)"]
    {
        let said = bound(source, &scene).decide(&scene, &mut Scratch::new());
        assert_eq!(said, Outcome::Fault(Fault::Type), "{source}");
    }
}

#[test]
fn what_has_no_value_stays_what_it_is_unless_something_decides_without_it() {
    let missing = r#"fault("a field, key or element is missing")"#;
    check(&[
        ("identity.missing == 1", missing),
        ("identity.missing == doc.a", missing),
        ("identity.missing == 1 && doc.a == 1", &format!("{missing} && doc.a == 1")),
        (
            "doc.a == 1 || identity.missing || doc.b == 2 || 5",
            &format!("doc.a == 1 || {missing} || doc.b == 2"),
        ),
        ("identity.missing && identity.admin", "false"),
        ("identity.missing && doc.a == 1 && identity.admin", "false"),
        ("identity.missing || identity.owner", "true"),
        ("identity.missing ? doc.a == 1 : doc.b == 1", missing),
        ("doc.a == identity.missing", &format!("doc.a == {missing}")),
        ("identity.missing.exists(m, m == doc.a)", missing),
        (
            "identity.dept.exists(m, m == doc.a)",
            r#"fault("there is no such operation for values of these types")"#,
        ),
        ("5 || doc.a == 1", r#"fault("there is no such operation for values of these types") || doc.a == 1"#),
        ("claims.gone == doc.a", missing),
        ("doc.a in claims.map", "doc.a in {}"),
        ("claims.map[doc.a] == null", "{}[doc.a] == null"),
    ]);
    let nobody = bound("doc.owner == id(identity)", &Scene::new());
    assert_eq!(nobody.decide(&Scene::new(), &mut Scratch::new()), Outcome::Fault(Fault::Unknown));
    assert_eq!(bound("identity == null", &Scene::new()).known(), Some(Outcome::True));
}

#[test]
fn values_that_are_too_large_are_not_put_into_a_predicate() {
    let user = Constant::map([
        ("text", Constant::String("x".repeat(BOUND_BYTES_MAX).into())),
        ("half", Constant::String("x".repeat(BOUND_BYTES_MAX / 2).into())),
        ("less", Constant::String("y".repeat(BOUND_BYTES_MAX / 3).into())),
    ]);
    let scene = Scene::new().with_entity(1, "users", "ann", 1, &user);
    let cost = Some(Outcome::Fault(Fault::Cost));
    assert_eq!(bound("identity.text == doc.a", &scene).known(), cost);
    // What only passes through is not kept.
    assert_eq!(bound("identity.text == identity.half", &scene).known(), Some(Outcome::False));
    assert!(bound("doc.a == identity.half || doc.a == identity.less", &scene).known().is_none());
    let twice = bound("doc.a == identity.half && doc.b == identity.half", &scene).to_string();
    assert!(twice.ends_with(r#"doc.b == fault("the decision costs too much")"#));
}

/// Surroundings that count what is read, and in which some of it cannot be read.
struct Library {
    group: Constant,
    reads: Cell<usize>,
}

impl Library {
    fn new() -> Self {
        Self { group: Constant::map([("open", Constant::Bool(true))]), reads: Cell::new(0) }
    }
}

impl<'a> Environment<'a, &'a Constant> for &'a Library {
    fn value(&self, _: Slot) -> Option<&'a Constant> {
        None
    }

    fn entity(&self, _: Slot) -> Option<Entity<'a, &'a Constant>> {
        None
    }

    fn now(&self) -> Option<Instant> {
        None
    }

    fn database(&self) -> Option<&'a str> {
        None
    }

    fn read(&self, _: &str, id: &str) -> Result<Option<&'a Constant>, ReadFailed> {
        self.reads.set(self.reads.get() + 1);
        if id == "broken" { Err(ReadFailed) } else { Ok(Some(&self.group)) }
    }
}

fn ids(count: usize) -> String {
    format!("{:?}", (0..count).map(|id| id.to_string()).collect::<Vec<_>>())
}

#[test]
fn binding_reads_only_so_many_documents() {
    let library = &Library::new();
    let source = format!("{}.all(it, get('groups', it).open)", ids(BOUND_READS_MAX));
    // One that was read already is not one more.
    let again = format!("{source} && doc.a && {source}");
    assert_eq!(bound(&again, &library).to_string(), "doc.a");
    assert_eq!(library.reads.get(), 2 * BOUND_READS_MAX);

    let source = format!("{}.all(it, get('groups', it).open)", ids(BOUND_READS_MAX + 1));
    assert_eq!(bound(&source, &library).known(), Some(Outcome::Fault(Fault::Cost)));
    assert_eq!(library.reads.get(), 3 * BOUND_READS_MAX);
    assert_eq!(bound(&format!("{source} && 1 == 2"), &library).known(), Some(Outcome::False));
}

#[test]
fn what_cannot_be_read_ends_binding_whatever_else_is_said() {
    let library = &Library::new();
    for source in ["get('groups', 'broken').open", "get('groups', 'broken').open || 1 == 1"] {
        assert!(matches!(predicate(source).bind(&library, &mut Scratch::new()), Err(ReadFailed)), "{source}");
    }
    // What is decided before is not asked for.
    assert_eq!(bound("1 == 1 || get('groups', 'broken').open", &library).known(), Some(Outcome::True));
    // And what depends on a document waits for it.
    let late = bound("get('groups', doc.group).open", &library);
    assert!(late.needs_reads() && library.reads.get() == 2);
    assert!(!bound("get('groups', 'a').open && doc.a", &library).needs_reads());
}
