//! The algebra of rights: unions, denials, and who holds more than whom.

use super::{Asked, Grant, Rights, Target};
use crate::resource::{Action, Decision, Resource};
use proptest::prelude::*;

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        prop::sample::select(Resource::ALL.to_vec()).prop_map(Target::Every),
        (64..68_u32).prop_map(Target::Documents),
        prop::sample::select(vec!["a", "b"]).prop_map(|name| Target::Procedure(name.into())),
    ]
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (target(), prop::sample::select(Action::ALL.to_vec()));
    prop::collection::vec(grant.prop_map(|(on, action)| Grant { on, action }), 0..12)
}

fn rights(grants: &[Grant], denials: &[Grant]) -> Rights {
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
fn names(list: &[Grant], asked: Asked<'_>, action: Action) -> bool {
    list.iter().any(|grant| {
        grant.action == action
            && match (&grant.on, asked) {
                (Target::Every(kind), asked) => *kind == asked.kind(),
                (Target::Documents(number), Asked::Documents(other)) => *number == other,
                (Target::Procedure(name), Asked::Procedure(other)) => name == other,
                _ => false,
            }
    })
}

proptest! {
    #[test]
    fn an_action_is_allowed_if_granted_and_not_denied(granted in grants(), denied in grants()) {
        let rights = rights(&granted, &denied);
        for (asked, action) in questions() {
            let expected = names(&granted, asked, action) && !names(&denied, asked, action);
            prop_assert_eq!(rights.decide(asked, action) == Decision::Allow, expected, "{:?} {}", asked, action);
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
}
