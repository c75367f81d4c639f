//! Each thing that can become of unsynced writes is what it says, over many seeds, and no two are one.

use super::*;

const SIZE: usize = 4 * SECTOR_BYTES;

/// Four sectors of 1 are synced; then they are written over with 2, the disk grows by a sector, which gets 3, and the first gets 4.
fn acts() -> Vec<Act> {
    let size = |bytes: usize| u64::try_from(bytes).unwrap();
    vec![
        Act::Resize(size(SIZE)),
        Act::Write(0, vec![1; SIZE]),
        Act::Sync,
        Act::Write(0, vec![2; SIZE]),
        Act::Resize(size(SIZE + SECTOR_BYTES)),
        Act::Write(size(SIZE), vec![3; SECTOR_BYTES]),
        Act::Write(0, vec![4; SECTOR_BYTES]),
    ]
}

/// What is left, a digit for each sector. A sector holds one thing.
fn images(unsynced: Unsynced) -> Vec<String> {
    let acts = acts();
    let mut cuts = PowerCuts::new(&acts);
    cuts.advance(acts.len());
    let mut random = Random::new(1);
    let mut images: Vec<String> = (0..2000)
        .map(|_| {
            let image = cuts.image(unsynced, &mut random);
            let sectors = image.chunks(SECTOR_BYTES);
            sectors
                .map(|sector| {
                    assert!(sector.iter().all(|byte| *byte == sector[0]));
                    char::from(b'0' + sector[0])
                })
                .collect()
        })
        .collect();
    images.sort();
    images.dedup();
    images
}

#[test]
fn each_fate_leaves_what_it_says() {
    assert_eq!(images(Unsynced::Lost), ["1111"]);
    assert_eq!(images(Unsynced::Kept), ["42223"]);
    assert_eq!(images(Unsynced::Prefix), ["1111", "2222", "22220", "22223", "42223"]);
    assert_eq!(images(Unsynced::SizeLost), ["4222"]);
    assert_eq!(images(Unsynced::SizeAlone), ["11110"]);
    assert_eq!(images(Unsynced::StaleSector), ["22223", "41223", "42123", "42213", "42220", "42223"]);
    let subsets = images(Unsynced::Subset);
    assert!(
        ["1111", "2222", "41110", "11113", "42223"].iter().all(|image| subsets.contains(&(*image).into()))
    );
    let reordered = images(Unsynced::Reordered);
    assert!(reordered.contains(&"41113".into()) && reordered.contains(&"42220".into()), "{reordered:?}");
    assert!(!reordered.contains(&"1111".into()), "the last write is never lost: {reordered:?}");
    let torn = images(Unsynced::Torn);
    assert!(["2111", "1112", "1121"].iter().all(|image| torn.contains(&(*image).into())), "{torn:?}");
    assert!(!torn.contains(&"2222".into()), "one write is never whole: {torn:?}");
}

#[test]
fn a_synced_disk_is_the_same_whatever_becomes_of_the_rest() {
    let mut acts = acts();
    acts.push(Act::Sync);
    let mut cuts = PowerCuts::new(&acts);
    cuts.advance(acts.len() - 1);
    assert!(!cuts.is_settled() && cuts.has_resized());
    cuts.advance(acts.len());
    assert!(cuts.is_settled() && !cuts.has_resized());
    let first = cuts.image(Unsynced::Lost, &mut Random::new(0));
    for unsynced in Unsynced::ALL {
        assert!(cuts.image(unsynced, &mut Random::new(0)) == first, "{unsynced:?}");
    }
}
