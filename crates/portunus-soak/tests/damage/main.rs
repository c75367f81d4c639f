//! A few rounds of the runs with damage, and beliefs that they must find wrong.

use portunus_soak::damage::patient::Disbelief;
use portunus_soak::damage::{run, try_damages};

#[test]
fn what_is_damaged_is_right_or_refused_and_shows_nobody_more() {
    let tried: u64 =
        (0..3).map(|seed| run(seed).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"))).sum();
    assert_eq!(tried, 600);
}

/// That rounds find it when answers are told in this way.
fn is_found(disbelief: Disbelief) {
    let found = (0..8).find_map(|seed| try_damages(seed, disbelief).err());
    println!("{}", found.expect("it was not found"));
}

#[test]
fn an_error_that_is_told_as_nothing_is_found() {
    is_found(Disbelief::ErrorIsNothing);
}

#[test]
fn an_error_that_opens_is_found() {
    is_found(Disbelief::ErrorOpens);
}

#[test]
fn an_error_that_lets_a_write_pass_is_found() {
    is_found(Disbelief::ErrorAllows);
}
