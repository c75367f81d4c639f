//! What is promised of roles, as theorems about all roles of the small universe. Each holds for the oracle and for the engine, because
//! the bench takes no answer on which the two differ.

use super::bench::{Bench, Seen, leaves, literals, reading, role};
use portunus_oracle::{Action, Expr, Role, Value, Var};

#[test]
fn what_nothing_grants_nobody_sees() {
    let mut bench = Bench::single();
    let everybody = vec![("users".to_owned(), None)];
    assert!(
        bench.seen("", "a").is_empty() && bench.seen_by_key("").is_empty(),
        "there is a role without any right"
    );
    for denial in literals().into_iter().map(Some).chain([None]) {
        bench.define("", "role", role(&[], &[denial]));
        assert!(bench.seen("", "a").is_empty() && bench.seen_by_key("").is_empty());
    }
    // What is granted is granted for that, for nothing else, and to nobody else.
    for action in Action::ALL.into_iter().filter(|it| *it != Action::Read) {
        let right = portunus_oracle::Right { action, ..reading(None) };
        bench.define(
            "",
            "role",
            Role { privileges: vec![right], members: everybody.clone(), ..Role::default() },
        );
        assert!(bench.seen("", "a").is_empty() && bench.seen_by_key("").is_empty(), "{action:?}");
    }
    let elsewhere = portunus_oracle::Right { on: Some("groups".into()), ..reading(None) };
    bench.define("", "role", Role { privileges: vec![elsewhere], members: everybody, ..Role::default() });
    assert!(bench.seen("", "a").is_empty());
    bench.define("", "role", Role { members: vec![("groups".into(), None)], ..role(&[None], &[]) });
    assert!(bench.seen("", "a").is_empty());
    assert_eq!(bench.seen_by_key(""), Bench::all(), "or it could be that nothing is ever seen");
}

#[test]
fn a_denial_beats_every_grant_wherever_either_stands() {
    let mut bench = Bench::single();
    for denial in literals() {
        // What the denial is certainly not about is what its opposite is true of.
        bench.define("", "other", Role::default());
        bench.define("", "role", role(&[Some(denial.clone().negated())], &[]));
        let spared = bench.seen("", "a");
        let denial = [Some(denial)];
        for grant in leaves().into_iter().map(Some).chain([None]) {
            let grants = [grant, None];
            for (one, other) in
                [(role(&grants, &denial), Role::default()), (role(&grants, &[]), role(&[], &denial))]
            {
                bench.define("", "role", one);
                bench.define("", "other", other);
                assert_eq!(bench.seen("", "a"), spared, "{denial:?}");
            }
        }
    }
}

#[test]
fn neither_order_nor_number_counts() {
    let mut bench = Bench::single();
    let rules = leaves();
    for (number, one) in rules.iter().enumerate() {
        for other in &rules[number..] {
            for denial in [&rules[3], &rules[6]] {
                let [one, other, denial] = [one, other, denial].map(|it| Some(it.clone()));
                let (fine, denied) = ([one.clone(), other.clone()], [denial.clone()]);
                let same = [
                    (role(&fine, &denied), Role::default()),
                    (role(&[other.clone(), one.clone()], &denied), Role::default()),
                    (
                        role(&[one.clone(), other.clone(), one.clone()], &[denial.clone(), denial]),
                        Role::default(),
                    ),
                    (role(std::slice::from_ref(&one), &denied), role(&[other], &[])),
                    (role(&[], &denied), role(&fine, &[])),
                    (role(&fine, &denied), role(&fine, &denied)),
                ];
                let seen = same.map(|(role, other)| {
                    bench.define("", "role", role);
                    bench.define("", "other", other);
                    bench.seen("", "a")
                });
                assert!(seen.iter().all(|it| *it == seen[0]), "{fine:?} {denied:?}: {seen:?}");
            }
        }
    }
}

/// What can be around a part of a rule, of so many parts.
fn around(hole: &Expr, depth: usize) -> Vec<Expr> {
    if depth == 0 {
        return vec![hole.clone()];
    }
    let inner = around(hole, depth - 1);
    let mut rules = inner.clone();
    let known = [Expr::Const(Value::Bool(true)), Expr::Const(Value::Bool(false)), leaves().swap_remove(2)];
    for rule in inner {
        rules.push(rule.clone().negated());
        for known in &known {
            let (rule, known) = (|| rule.clone(), || known.clone());
            rules.extend([rule().and(known()), known().and(rule()), rule().or(known()), known().or(rule())]);
        }
    }
    rules
}

#[test]
fn a_fault_grants_nothing_that_its_place_does_not_grant_whatever_is_there() {
    let mut bench = Bench::single();
    let truth = |it| around(&Expr::Const(Value::Bool(it)), 2);
    let (trues, falses) = (truth(true), truth(false));
    let mut seen = |rule: &Expr, is_denial: bool| -> Seen {
        let rule = [Some(rule.clone())];
        bench.define("", "role", if is_denial { role(&[None], &rule) } else { role(&rule, &[]) });
        bench.seen("", "a")
    };
    let missing = Expr::field(Var::Doc, "nothing");
    let unfit = Expr::Field(Expr::field(Var::Doc, "size").into(), "nothing".into());
    for is_denial in [false, true] {
        let known =
            [&trues, &falses].map(|rules| rules.iter().map(|it| seen(it, is_denial)).collect::<Vec<_>>());
        for fault in [&missing, &unfit] {
            for (number, faulty) in around(fault, 2).iter().enumerate() {
                let with_fault = seen(faulty, is_denial);
                let both: Seen = known[0][number].intersection(&known[1][number]).cloned().collect();
                assert!(with_fault.is_subset(&both), "{}: {with_fault:?} beside {both:?}", faulty.source());
            }
        }
    }
}

#[test]
fn a_child_never_grants_what_is_denied_above_nor_what_it_was_not_given() {
    let mut bench = Bench::new(&["", "acme", "acme/eu", "beta"], true);
    let nothing = Role::default();
    for denial in literals() {
        bench.define("acme", "role", role(&[Some(denial.clone().negated())], &[]));
        let spared = bench.seen("acme", "a");
        // It is denied from above, and below all is granted, by a role of the same name and by another one.
        bench.define("acme", "role", Role { inherits: true, ..role(&[], &[Some(denial.clone())]) });
        for name in ["role", "mine"] {
            bench.define("acme/eu", name, role(&[None], &[]));
            assert_eq!(bench.seen("acme/eu", "a"), spared, "{}", denial.source());
            bench.define("acme/eu", name, nothing.clone());
        }
        // What is granted above reaches below only if it is inherited, and neither up nor aside.
        for inherits in [false, true] {
            bench.define("acme", "role", Role { inherits, ..role(&[Some(denial.clone())], &[]) });
            let above = bench.seen("acme", "a");
            let below = bench.seen("acme/eu", "a");
            assert_eq!(below, if inherits { above } else { Seen::new() }, "{}", denial.source());
            assert!(bench.seen("", "a").is_empty() && bench.seen("beta", "a").is_empty());
        }
        bench.define("acme", "role", nothing.clone());
        bench.define("acme/eu", "role", Role { inherits: true, ..role(&[Some(denial)], &[]) });
        assert!(["", "acme", "beta"].iter().all(|path| bench.seen(path, "a").is_empty()));
        bench.define("acme/eu", "role", nothing.clone());
    }
}
