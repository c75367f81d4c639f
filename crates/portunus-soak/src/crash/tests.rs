//! A few rounds; and on a disk that only says it has synced, the promises are seen to be broken.

use super::*;
use portunus_storage::Disk;

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_promised() {
    for seed in 0..3 {
        let recording = record(seed).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
        let tried =
            Cuts::new(&recording, seed).of(200).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
        assert!(tried > 100, "{tried}");
    }
}

#[test]
fn a_disk_that_lies_about_syncing_is_caught() {
    for seed in 0..2 {
        let mut recording = record(seed).unwrap();
        let furnished_at = recording.product.furnished_at;
        for act in recording.acts.iter_mut().skip(furnished_at).filter(|act| **act == Act::Sync) {
            *act = Act::Write(0, Vec::new());
        }
        let problem = Cuts::new(&recording, seed).of(IMAGES).unwrap_err();
        println!("with a disk that lies: {problem}");
    }
}

#[test]
fn a_recording_played_to_its_end_is_the_disk() {
    let disk = RecordingDisk::empty();
    let mut product = Product::create(disk.clone(), 1, 2).unwrap();
    (0..5).for_each(|_| product.step().unwrap());
    product.gate.close().unwrap();
    let acts = disk.recording();
    let mut cuts = PowerCuts::new(&acts);
    cuts.advance(acts.len());
    for unsynced in Unsynced::ALL {
        assert!(cuts.image(unsynced, &mut Random::new(0)) == disk.bytes());
    }
    assert!(disk.size().unwrap() > 0);
}
