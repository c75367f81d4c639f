//! A few rounds of the runs with faults, and faults of the disk and of its users that they must find.

use portunus_soak::fault::disk::Failure;
use portunus_soak::fault::trial::Belief;
use portunus_soak::fault::{run, try_faults};

#[test]
fn faults_of_the_disk_cost_nothing_that_was_acknowledged() {
    let struck: u64 =
        (0..3).map(|seed| run(seed).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"))).sum();
    println!("{struck} faults struck");
    assert!(struck > 40);
}

/// Tells what rounds find, one of which has to find something.
fn found(failures: &[Failure], belief: Belief) -> String {
    let found = (0..8).find_map(|seed| try_faults(seed, failures, belief).err());
    let found = found.expect("it was not found");
    println!("{found}");
    found
}

#[test]
fn a_disk_that_swallows_its_errors_is_found() {
    found(&[Failure::Swallowed], Belief::Sound);
}

#[test]
fn somebody_who_believes_in_an_unknown_outcome_is_found() {
    found(&[Failure::Error], Belief::UnknownIsDone);
}
