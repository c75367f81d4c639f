//! Rules of the store's header record.

use super::{decode, encode};
use crate::{Error, Version, record};

#[test]
fn a_header_tells_its_version() {
    for version in [0, 1, u64::MAX] {
        assert_eq!(decode(&encode(Version(version))).unwrap(), Version(version));
    }
}

#[test]
fn every_bit_flip_and_every_other_length_is_refused() {
    let header = encode(Version(0x0102_0304_0506_0708));
    for bit in 0..header.len() * 8 {
        let mut flipped = header.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
    }
    for len in 0..header.len() {
        assert!(decode(&header[..len]).is_err(), "length {len}");
    }
    assert!(decode(&[header.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn another_program_and_a_newer_format_are_told_apart_from_damage() {
    assert!(matches!(decode(b"another program's header, long enough"), Err(Error::Version(_))));
    let mut newer = encode(Version(1))[..20].to_vec();
    newer[8] = 2;
    let checksum = record::checksum(&newer);
    newer.extend_from_slice(&checksum.to_le_bytes());
    let error = decode(&newer).unwrap_err();
    assert!(matches!(&error, Error::Version(text) if text.contains("format 2")), "{error}");
}

/// The stored form is a promise to files already written: a change of it needs a new format number.
#[test]
fn the_stored_form_stays_as_it_is() {
    let header = encode(Version(7));
    assert_eq!(header[..20], *b"PORTUNUS\x01\0\0\0\x07\0\0\0\0\0\0\0");
    assert_eq!(header.len(), 28);
}
