//! The algebra of rights: unions, denials, and who holds more than whom.

use super::{Asked, Right, Rights, Ruling, Target};
use crate::fields::Fields;
use crate::resource::{Action, Decision, Resource};
use crate::rule::{Clause, Library, Rule, Shape, Subject};
use proptest::prelude::*;

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        prop::sample::select(Resource::ALL.to_vec()).prop_map(Target::Every),
        (64..68_u32).prop_map(Target::Documents),
        prop::sample::select(vec!["a", "b"]).prop_map(|name| Target::Procedure(name.into())),
    ]
}

fn grants() -> impl Strategy<Value = Vec<Right>> {
    let grant = (target(), prop::sample::select(Action::ALL.to_vec()));
    let right = |(on, action)| Right { on, action, when: None, fields: None };
    prop::collection::vec(grant.prop_map(right), 0..12)
}

/// A rule of the same names for every action, so that the algebra alone is looked at.
fn clause(source: &str) -> Clause {
    Rule::new(source).compile(Subject::Standing, &Library::default(), &Shape::unknown()).unwrap()
}

fn conditional_grants() -> impl Strategy<Value = Vec<Right>> {
    const SOURCES: [&str; 3] = ["doc.a", "doc.b", "doc.a == id(identity)"];
    let when = prop::option::of(prop::sample::select(SOURCES.to_vec()).prop_map(clause));
    let fields = prop::option::weighted(0.2, Just(Fields::only(["a"])));
    let action = prop::sample::select(vec![Action::Read, Action::Write]);
    let right = (target(), action, when, fields).prop_map(|(on, action, when, fields)| Right {
        on,
        action,
        when,
        fields,
    });
    prop::collection::vec(right, 0..8)
}

fn rights(grants: &[Right], denials: &[Right]) -> Rights {
    Rights::of(grants.iter(), denials.iter())
}

/// Everything that can be asked about what the generators name, and about things that they never do.
fn questions() -> Vec<(Asked<'static>, Action)> {
    let mut asked: Vec<Asked<'static>> = Resource::ALL.into_iter().map(Asked::Every).collect();
    asked.extend((64..69).map(Asked::Documents));
    asked.extend(["a", "b", "c"].map(Asked::Procedure));
    asked.into_iter().flat_map(|asked| Action::ALL.map(|action| (asked, action))).collect()
}

/// Whether one of these says something about the question: what is on all of a kind is on each of them.
fn names(list: &[Right], asked: Asked<'_>, action: Action) -> bool {
    list.iter().any(|right| is_on(right, asked, action))
}

fn is_on(right: &Right, asked: Asked<'_>, action: Action) -> bool {
    right.action == action
        && match (&right.on, asked) {
            (Target::Every(kind), asked) => *kind == asked.kind(),
            (Target::Documents(number), Asked::Documents(other)) => *number == other,
            (Target::Procedure(name), Asked::Procedure(other)) => name == other,
            _ => false,
        }
}

fn right(on: Target, action: Action, when: Option<&str>) -> Right {
    Right { on, action, when: when.map(clause), fields: None }
}

#[test]
fn only_a_right_on_documents_of_some_collection_changes_documents() {
    let every = Target::Every;
    let notes = || Target::Documents(64);
    let procedure = || Target::Procedure("a".into());
    let cases = [
        (every(Resource::Document), Action::Read, None, false),
        (every(Resource::Document), Action::Create, None, true),
        (every(Resource::Document), Action::Write, None, true),
        (every(Resource::Document), Action::Delete, None, true),
        (every(Resource::Document), Action::Write, Some("doc.a"), true),
        (every(Resource::Document), Action::Read, Some("doc.a"), false),
        (every(Resource::Collection), Action::Write, None, false),
        (notes(), Action::Read, None, false),
        (notes(), Action::Write, None, true),
        (notes(), Action::Read, Some("doc.a"), false),
        (notes(), Action::Delete, Some("doc.a"), true),
        (procedure(), Action::Call, None, false),
        (procedure(), Action::Write, Some("doc.a"), false),
    ];
    for (on, action, when, changes) in cases {
        let granted = right(on, action, when);
        let rights = rights(std::slice::from_ref(&granted), &[]);
        assert_eq!(rights.changes_documents(), changes, "{granted:?}");
    }
    assert!(!Rights::default().changes_documents());
}

#[test]
fn what_is_said_of_whoever_asks_and_what_is_read_is_known() {
    for (when, of_caller, reads) in [
        (None, false, false),
        (Some("doc.a"), false, false),
        (Some("doc.a == id(identity)"), true, false),
        (Some("exists('groups', doc.a)"), false, true),
        (Some("exists('groups', id(identity))"), true, true),
    ] {
        let granted = right(Target::Documents(64), Action::Read, None);
        let ruled = right(Target::Documents(64), Action::Read, when);
        for (granted, denied) in [(vec![ruled.clone()], vec![]), (vec![granted], vec![ruled])] {
            let rights = rights(&granted, &denied);
            assert_eq!(rights.depend_on_caller(), of_caller, "{when:?}");
            if let Ruling::Depends(conditions) = rights.ruling(Asked::Documents(64), Action::Read) {
                assert_eq!(conditions.read(), reads, "{when:?}");
            }
        }
    }
}

#[test]
fn what_is_denied_to_oneself_is_not_handed_on() {
    let notes = |when: Option<&str>| right(Target::Documents(64), Action::Read, when);
    let of = |granted: &[Option<&str>], denied: &[&str]| {
        let granted: Vec<Right> = granted.iter().map(|when| notes(*when)).collect();
        let denied: Vec<Right> = denied.iter().map(|when| notes(Some(*when))).collect();
        rights(&granted, &denied)
    };
    let own = of(&[None], &["doc.a"]);
    assert!(own.cover(&own));
    assert!(!own.cover(&of(&[None], &[])), "it would be free of the denial");
    assert!(!own.cover(&of(&[Some("doc.b")], &[])), "also where it is granted less");
    assert!(!own.cover(&of(&[None], &["doc.b"])), "another denial is not this one");
    assert!(own.cover(&of(&[None], &["doc.a", "doc.b"])), "it may be denied more");
    assert!(own.cover(&of(&[Some("doc.b")], &["doc.a"])), "and be granted less");
    assert!(of(&[None], &[]).cover(&own));

    let ruled = of(&[Some("doc.b")], &["doc.a"]);
    assert!(!ruled.cover(&own), "what is granted by a rule is not granted without it");
    let two = of(&[None], &["doc.a", "doc.b"]);
    assert!(two.cover(&two) && !two.cover(&own));
    // What a rule says of whoever asks, it says of another one otherwise.
    let personal = of(&[None], &["doc.a == id(identity)"]);
    assert!(!personal.cover(&personal));
}

#[test]
fn a_kind_that_is_granted_twice_is_granted() {
    let read = (Resource::Document, Action::Read);
    assert_eq!(Rights::on_kinds([read, read]), Rights::on_kinds([read]));
    assert_eq!(Rights::on_kinds([read]).decide(Resource::Document, Action::Read), Decision::Allow);
}

proptest! {
    #[test]
    fn an_action_is_allowed_if_granted_and_not_denied(granted in grants(), denied in grants()) {
        let rights = rights(&granted, &denied);
        for (asked, action) in questions() {
            let expected = names(&granted, asked, action) && !names(&denied, asked, action);
            prop_assert_eq!(rights.decide(asked, action) == Decision::Allow, expected, "{:?} {}", asked, action);
            // Where there are no rules, nothing depends on one.
            let ruled = match rights.ruling(asked, action) {
                Ruling::Allow => Some(true),
                Ruling::Deny => Some(false),
                Ruling::Depends(_) => None,
            };
            prop_assert_eq!(ruled, Some(expected), "{:?} {}", asked, action);
        }
    }

    #[test]
    fn neither_order_nor_repetition_matters(mut granted in grants(), mut denied in grants()) {
        let first = rights(&granted, &denied);
        granted.reverse();
        denied.reverse();
        granted.extend(granted.clone());
        prop_assert_eq!(first, rights(&granted, &denied));
    }

    #[test]
    fn whoever_covers_another_may_do_all_that_it_may(a in grants(), b in grants(), c in grants(), d in grants()) {
        let (one, other) = (rights(&a, &b), rights(&c, &d));
        let all = questions().into_iter().all(|(asked, action)| {
            other.decide(asked, action) == Decision::Deny || one.decide(asked, action) == Decision::Allow
        });
        prop_assert_eq!(one.cover(&other), all);
        prop_assert!(one.cover(&one) && one.cover(&Rights::default()));
    }

    /// What a ruling says, against all grants and denials looked at one by one.
    #[test]
    fn a_ruling_loses_no_grant_and_no_denial(granted in conditional_grants(), denied in conditional_grants()) {
        let denied: Vec<Right> = denied.into_iter().map(|denial| Right { fields: None, ..denial }).collect();
        let rights = rights(&granted, &denied);
        for (asked, action) in questions() {
            let grants: Vec<&Right> = granted.iter().filter(|it| is_on(it, asked, action)).collect();
            let denials: Vec<&Right> = denied.iter().filter(|it| is_on(it, asked, action)).collect();
            match rights.ruling(asked, action) {
                Ruling::Allow => {
                    prop_assert!(denials.is_empty());
                    prop_assert!(grants.iter().any(|it| it.when.is_none() && it.fields.is_none()));
                }
                Ruling::Deny => prop_assert!(grants.is_empty() || denials.iter().any(|it| it.when.is_none())),
                Ruling::Depends(conditions) => {
                    let has = |grant: &&Right| {
                        conditions.grants.iter().any(|it| it.when == grant.when && it.fields == grant.fields)
                    };
                    prop_assert!(!grants.is_empty() && grants.iter().all(has));
                    prop_assert!(denials.iter().all(|it| conditions.denials.contains(it.when.as_ref().unwrap())));
                    prop_assert!(conditions.grants.len() <= grants.len());
                    prop_assert!(conditions.denials.len() <= denials.len());
                }
            }
        }
    }

    #[test]
    fn neither_order_nor_repetition_matters_to_rules(mut granted in conditional_grants(), mut denied in conditional_grants()) {
        let first = rights(&granted, &denied);
        granted.reverse();
        denied.reverse();
        granted.extend(granted.clone());
        prop_assert_eq!(first, rights(&granted, &denied));
    }

    /// Nothing that a rule says of one person may be handed on to another one.
    #[test]
    fn what_depends_on_who_asks_covers_nothing(granted in conditional_grants()) {
        let rights = rights(&granted, &[]);
        let names_identity = |it: &Right| it.when.as_ref().is_some_and(|when| when.meaning().contains("identity"));
        for right in granted.iter().filter(|right| names_identity(right)) {
            let others: Vec<&Right> =
                granted.iter().filter(|it| is_on(it, Asked::from(&right.on), right.action)).collect();
            let alone = Rights::of([right].into_iter(), [].iter());
            let by_another = others.iter().any(|it| it.when.is_none() && (it.fields.is_none() || it.fields == right.fields));
            prop_assert_eq!(rights.cover(&alone), by_another);
        }
    }
}
