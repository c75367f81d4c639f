//! The ten schedules of Hermitage, Martin Kleppmann's test of isolation levels, with the outcome that strict serializability
//! allows under optimistic commits. It knows engines only by their contract.

use super::*;

pub(super) const CHECKS: &[Check] = &[
    ("hermitage G0: write cycles", write_cycles),
    ("hermitage G1a: aborted reads", aborted_reads),
    ("hermitage G1b: intermediate reads", intermediate_reads),
    ("hermitage G1c: circular information flow", circular_flow),
    ("hermitage OTV: observed transaction vanishes", observed_vanishes),
    ("hermitage PMP: predicate with many preceders", predicate_preceders),
    ("hermitage P4: lost update", lost_update),
    ("hermitage G-single: read skew", read_skew),
    ("hermitage G2-item: write skew", item_write_skew),
    ("hermitage G2: anti-dependency cycles over a predicate", predicate_write_skew),
];

const START: [(&str, &str); 2] = [("1", "10"), ("2", "20")];

/// The keys whose value is `wanted`, found by reading everything, as a query with a predicate does.
fn keys_with(snapshot: &dyn Snapshot, wanted: impl Fn(i64) -> bool) -> Vec<String> {
    let all = pairs(snapshot, &KeyRange::all(), Order::Ascending).into_iter();
    let matching = all.filter(|(_, value)| wanted(text(value).parse().unwrap()));
    matching.map(|(key, _)| text(&key)).collect()
}

fn write_cycles(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    put(one.as_mut(), "1", "11");
    put(two.as_mut(), "1", "12");
    put(one.as_mut(), "2", "21");
    commit(one).unwrap();
    assert_eq!(read_all(engine.as_ref()), "1=11 2=21");
    put(two.as_mut(), "2", "22");
    commit(two).unwrap();
    assert_eq!(read_all(engine.as_ref()), "1=12 2=22");
}

fn aborted_reads(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let two = engine.begin_write().unwrap();
    put(one.as_mut(), "1", "101");
    assert_eq!(scan_all(two.as_ref()), "1=10 2=20");
    drop(one);
    assert_eq!(scan_all(two.as_ref()), "1=10 2=20");
    commit(two).unwrap();
}

fn intermediate_reads(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let two = engine.begin_write().unwrap();
    put(one.as_mut(), "1", "101");
    assert_eq!(scan_all(two.as_ref()), "1=10 2=20");
    put(one.as_mut(), "1", "11");
    commit(one).unwrap();
    assert_eq!(scan_all(two.as_ref()), "1=10 2=20");
    commit(two).unwrap();
    assert_eq!(read_all(engine.as_ref()), "1=11 2=20");
}

fn circular_flow(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    put(one.as_mut(), "1", "11");
    put(two.as_mut(), "2", "22");
    assert_eq!(get(one.as_ref(), "2").as_deref(), Some("20"));
    assert_eq!(get(two.as_ref(), "1").as_deref(), Some("10"));
    commit(one).unwrap();
    assert_conflict(commit(two));
}

fn observed_vanishes(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    put(one.as_mut(), "1", "11");
    put(one.as_mut(), "2", "19");
    put(two.as_mut(), "1", "12");
    commit(one).unwrap();
    let three = engine.begin_write().unwrap();
    assert_eq!(get(three.as_ref(), "1").as_deref(), Some("11"));
    put(two.as_mut(), "2", "18");
    assert_eq!(get(three.as_ref(), "2").as_deref(), Some("19"));
    commit(two).unwrap();
    assert_eq!(scan_all(three.as_ref()), "1=11 2=19");
    commit(three).unwrap();
    assert_eq!(read_all(engine.as_ref()), "1=12 2=18");
}

fn predicate_preceders(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    assert!(keys_with(one.as_ref(), |value| value == 30).is_empty());
    fill(engine.as_ref(), &[("3", "30")]);
    assert!(keys_with(one.as_ref(), |value| value % 3 == 0).is_empty(), "the snapshot stays");
    put(one.as_mut(), "4", "1");
    assert_conflict(commit(one));
    // The same with writes that a predicate chooses: raise all by ten, while another removes those at 20.
    let engine = filled(factory, &START);
    let mut raise = engine.begin_write().unwrap();
    for key in keys_with(raise.as_ref(), |_| true) {
        let value: i64 = get(raise.as_ref(), &key).unwrap().parse().unwrap();
        put(raise.as_mut(), &key, &(value + 10).to_string());
    }
    let mut remove = engine.begin_write().unwrap();
    for key in keys_with(remove.as_ref(), |value| value == 20) {
        delete(remove.as_mut(), &key);
    }
    commit(raise).unwrap();
    assert_conflict(commit(remove));
    assert_eq!(read_all(engine.as_ref()), "1=20 2=30");
}

fn lost_update(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    for transaction in [&mut one, &mut two] {
        assert_eq!(get(transaction.as_ref(), "1").as_deref(), Some("10"));
        put(transaction.as_mut(), "1", "11");
    }
    commit(one).unwrap();
    assert_conflict(commit(two));
}

fn read_skew(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    assert_eq!(get(one.as_ref(), "1").as_deref(), Some("10"));
    fill(engine.as_ref(), &[("1", "12"), ("2", "18")]);
    assert_eq!(get(one.as_ref(), "2").as_deref(), Some("20"), "from the same snapshot as the first read");
    delete(one.as_mut(), "2");
    assert_conflict(commit(one));
    assert_eq!(read_all(engine.as_ref()), "1=12 2=18");
}

fn item_write_skew(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    for transaction in [&one, &two] {
        get(transaction.as_ref(), "1");
        get(transaction.as_ref(), "2");
    }
    put(one.as_mut(), "1", "11");
    put(two.as_mut(), "2", "21");
    commit(one).unwrap();
    assert_conflict(commit(two));
}

fn predicate_write_skew(factory: Factory<'_>) {
    let engine = filled(factory, &START);
    let mut one = engine.begin_write().unwrap();
    let mut two = engine.begin_write().unwrap();
    for transaction in [&one, &two] {
        assert!(keys_with(transaction.as_ref(), |value| value % 3 == 0).is_empty());
    }
    put(one.as_mut(), "3", "30");
    put(two.as_mut(), "4", "42");
    commit(one).unwrap();
    assert_conflict(commit(two));
    assert_eq!(read_all(engine.as_ref()), "1=10 2=20 3=30");
}
