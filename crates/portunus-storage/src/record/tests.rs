//! Rules of the record's envelope.

use super::{open, seal};

#[test]
fn a_sealed_record_opens_under_its_own_key_only() {
    for (key, payload) in [(&b"k"[..], &b"v"[..]), (b"", b""), (b"key", b""), (b"", b"value")] {
        let sealed = seal(key, payload);
        assert_eq!(open(key, &sealed).unwrap(), payload);
        assert!(open(b"another", &sealed).is_err());
    }
}

#[test]
fn moving_a_byte_between_key_and_payload_is_noticed() {
    let sealed = seal(b"ab", b"c");
    let mut moved = sealed[..9].to_vec();
    moved.extend_from_slice(b"bc");
    assert!(open(b"a", &moved).is_err());
}

#[test]
fn every_single_bit_flip_is_noticed() {
    let sealed = seal(b"some key", b"some payload that is a little longer");
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(b"some key", &flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_noticed() {
    let sealed = seal(b"k", b"payload");
    for len in 0..sealed.len() {
        assert!(open(b"k", &sealed[..len]).is_err(), "length {len}");
    }
}

/// The stored form is a promise to files already written: a change of it needs a new format number.
#[test]
fn the_stored_form_stays_as_it_is() {
    assert_eq!(seal(b"key", b"payload"), GOLDEN);
}

const GOLDEN: [u8; 16] = [1, 99, 184, 98, 141, 254, 186, 126, 217, b'p', b'a', b'y', b'l', b'o', b'a', b'd'];
