//! The small universe without anything left out: every small rule for everybody, and every two grants with every denial. The bench
//! compares; here is only what there is to compare.

use super::bench::{Bench, leaves, literals, role, small_rules};

#[test]
fn every_small_rule_shows_everybody_what_the_oracle_says() {
    for has_indexes in [true, false] {
        let mut bench = Bench::new(&[""], has_indexes);
        let mut shown = 0;
        for rule in small_rules() {
            bench.define("", "role", role(&[Some(rule)], &[]));
            shown += ["absent", "null", "true", "one", "a"]
                .map(|id| bench.seen("", id).len())
                .iter()
                .sum::<usize>();
        }
        assert!(shown > 5_000, "{shown}");
    }
}

#[test]
fn every_two_grants_and_a_denial_show_what_the_oracle_says_and_a_denial_never_adds() {
    let mut bench = Bench::single();
    let (leaves, denials) = (leaves(), literals());
    for (number, one) in leaves.iter().enumerate() {
        for other in &leaves[number..] {
            let grants = [one, other].map(|it| Some(it.clone()));
            bench.define("", "role", role(&grants, &[]));
            let without = bench.seen("", "a");
            for denial in &denials {
                bench.define("", "role", role(&grants, &[Some(denial.clone())]));
                let seen = bench.seen("", "a");
                assert!(
                    seen.is_subset(&without),
                    "{grants:?} and the denial {denial:?} show {seen:?} beside {without:?}"
                );
            }
        }
    }
}
