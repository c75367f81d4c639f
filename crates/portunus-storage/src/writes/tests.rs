//! What several transactions write together is what they write one after another.

use super::{Buffered, Writes};
use crate::KeyRange;
use crate::interval::Interval;

fn put(writes: &mut Writes, key: &str) {
    writes.set(key.as_bytes(), Some(vec![0]));
}

fn clear(writes: &mut Writes, from: &str, to: &str) {
    writes.clear(Interval::of(&KeyRange::half_open(from.as_bytes(), to.as_bytes())).unwrap());
}

fn found(writes: &Writes, key: &str) -> &'static str {
    match writes.find(key.as_bytes()) {
        Buffered::Put(_) => "put",
        Buffered::Removed => "removed",
        Buffered::Untouched => "untouched",
    }
}

#[test]
fn what_a_later_one_of_a_group_clears_is_gone_and_what_comes_after_it_is_there() {
    let (mut group, mut second, mut third) = (Writes::default(), Writes::default(), Writes::default());
    ["a", "b", "c", "f", "h"].iter().for_each(|key| put(&mut group, key));
    clear(&mut second, "b", "d");
    clear(&mut second, "f", "g");
    put(&mut second, "c");
    third.set(b"a", None);
    put(&mut third, "b");
    group.absorb(second);
    assert_eq!(
        ["a", "b", "c", "f", "g", "h"].map(|key| found(&group, key)),
        ["put", "removed", "put", "removed", "untouched", "put"]
    );
    group.absorb(third);
    assert_eq!(["a", "b", "c", "f"].map(|key| found(&group, key)), ["removed", "put", "put", "removed"]);
    assert!(group.cleared.contains(b"b") && group.cleared.contains(b"fx") && !group.cleared.contains(b"e"));
    assert!(!group.entries.contains_key(b"f".as_slice()), "clearing comes before what is put");
}
