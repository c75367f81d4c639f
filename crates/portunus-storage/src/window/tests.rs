//! Rules of the window: what it lets pass, and that it stays within its bound.

use super::Window;
use crate::interval::Interval;
use crate::reads::ReadSet;
use crate::writes::Writes;
use crate::{KeyRange, Version};

fn put(keys: &[&[u8]]) -> Writes {
    let mut writes = Writes::default();
    for key in keys {
        writes.set(key, Some(vec![0]));
    }
    writes
}

fn clear(range: &KeyRange) -> Writes {
    let mut writes = Writes::default();
    writes.clear(Interval::of(range).unwrap());
    writes
}

fn read_key(key: &[u8]) -> ReadSet {
    let mut reads = ReadSet::default();
    reads.add_key(key, usize::MAX).unwrap();
    reads
}

fn read_range(range: &KeyRange) -> ReadSet {
    let mut reads = ReadSet::default();
    reads.add_interval(Interval::of(range).unwrap(), usize::MAX).unwrap();
    reads
}

#[test]
fn a_read_stands_unless_a_later_commit_wrote_it() {
    let range = |from: &str, to: &str| KeyRange::half_open(from.as_bytes(), to.as_bytes());
    let cases: [(&str, Writes, ReadSet, bool); 9] = [
        ("same key", put(&[b"b"]), read_key(b"b"), false),
        ("other key", put(&[b"b"]), read_key(b"a"), true),
        ("key in a range read", put(&[b"b"]), read_range(&range("a", "c")), false),
        ("key at the start of a range read", put(&[b"a"]), read_range(&range("a", "c")), false),
        ("key at the end of a range read", put(&[b"c"]), read_range(&range("a", "c")), true),
        ("cleared range over a key read", clear(&range("a", "c")), read_key(b"b"), false),
        ("cleared range beside a key read", clear(&range("a", "c")), read_key(b"c"), true),
        ("cleared range over a range read", clear(&range("b", "d")), read_range(&range("a", "c")), false),
        ("cleared range beside a range read", clear(&range("c", "d")), read_range(&range("a", "c")), true),
    ];
    for (name, writes, reads, stands) in cases {
        let mut window = Window::new(Version(6), usize::MAX);
        window.push(Version(7), &writes);
        assert_eq!(window.validate(Version(6), &reads).is_ok(), stands, "{name}");
        assert!(window.validate(Version(7), &reads).is_ok(), "{name}, in the snapshot already");
    }
}

#[test]
fn what_the_window_has_forgotten_is_a_conflict() {
    let mut window = Window::new(Version(0), 1000);
    for version in 1..=100 {
        window.push(Version(version), &put(&[format!("key {version}").as_bytes()]));
        assert!(window.bytes() <= 1000);
    }
    assert!(window.validate(Version(1), &read_key(b"never written")).is_err());
    assert!(window.validate(Version(99), &read_key(b"never written")).is_ok());
    assert!(window.validate(Version(99), &read_key(b"key 100")).is_err());
    assert!(window.validate(Version(1), &ReadSet::default()).is_ok(), "blind writes depend on nothing");
}

#[test]
fn a_window_takes_all_the_memory_that_it_was_given_and_no_more() {
    let mut unbounded = Window::new(Version(0), usize::MAX);
    unbounded.push(Version(1), &put(&[b"a", b"bc"]));
    let needed = unbounded.bytes();
    assert!(needed > 3);
    for (bytes_max, kept) in [(needed, true), (needed - 1, false)] {
        let mut window = Window::new(Version(0), bytes_max);
        window.push(Version(1), &put(&[b"a", b"bc"]));
        assert_eq!(window.bytes(), if kept { needed } else { 0 });
        assert_eq!(window.validate(Version(0), &read_key(b"b")).is_ok(), kept);
    }
}

#[test]
fn a_commit_larger_than_the_window_leaves_it_empty_and_safe() {
    let mut window = Window::new(Version(0), 100);
    window.push(Version(1), &put(&[&[b'x'; 200]]));
    assert_eq!(window.bytes(), 0);
    assert!(window.validate(Version(0), &read_key(b"a")).is_err());
    assert!(window.validate(Version(1), &read_key(b"a")).is_ok());
}

#[test]
fn forgetting_an_old_writer_keeps_the_newer_one_of_the_same_key() {
    let mut window = Window::new(Version(0), 400);
    window.push(Version(1), &put(&[b"k"]));
    window.push(Version(2), &put(&[b"k"]));
    window.push(Version(3), &put(&[b"other"]));
    assert_eq!(window.floor, Version(1), "the first commit was forgotten and the second was not");
    assert!(window.validate(Version(1), &read_key(b"k")).is_err());
}
