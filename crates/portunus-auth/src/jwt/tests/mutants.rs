//! Tokens that were right until one thing was changed: hundreds of thousands, and none is accepted.

use super::issuer::{header, issuer, payload};
use super::{JwtFault, verify};
use crate::base64url;
use crate::jwt::Algorithm;
use std::collections::BTreeMap;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn no_mutant_of_an_rs256_token_is_accepted() {
    none_is_accepted(Algorithm::Rs256, 200_000);
}

#[test]
fn no_mutant_of_an_es256_token_is_accepted() {
    none_is_accepted(Algorithm::Es256, 100_000);
}

#[test]
fn no_mutant_of_an_eddsa_token_is_accepted() {
    none_is_accepted(Algorithm::EdDsa, 100_000);
}

fn none_is_accepted(algorithm: Algorithm, mutants: usize) {
    let token = issuer().token(algorithm, &header(algorithm, &[]), &payload(&[]));
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    verify(&token).unwrap();
    let mut mutation = Mutation(0x9E37_79B9_7F4A_7C15);
    for _ in 0..mutants {
        let mutant = mutation.of(&token);
        match verify(&mutant) {
            Ok(_) => panic!("accepted: {mutant}\ninstead of {token}"),
            Err(fault) => *faults.entry(fault.to_string()).or_default() += 1,
        }
    }
    assert_eq!(faults.values().sum::<usize>(), mutants);
    // Most are read whole and only their signature tells, and the others meet all that comes before it.
    assert!(faults[&JwtFault::Signature.to_string()] > mutants / 4, "{faults:?}");
    for fault in [JwtFault::Malformed, JwtFault::Header, JwtFault::Claims, JwtFault::Algorithm, JwtFault::Key]
    {
        assert!(faults[&fault.to_string()] > mutants / 1_000, "{faults:?}");
    }
}

/// A source of changes, the same in every run.
struct Mutation(u64);

impl Mutation {
    /// A text that is not `token`, but was made of it by one change.
    fn of(&mut self, token: &str) -> String {
        loop {
            let mutant = match self.below(8) {
                0 => self.flip_a_bit_of_the_text(token),
                1..=3 => self.flip_a_bit_within_a_part(token),
                4 => self.take_out(token),
                5 => self.exchange(token),
                6 => self.put_in(token),
                _ => self.replace(token),
            };
            if mutant != token {
                return mutant;
            }
        }
    }

    fn flip_a_bit_of_the_text(&mut self, token: &str) -> String {
        let place = self.below(token.len());
        let mut text = token.as_bytes().to_vec();
        text[place] ^= 1 << self.below(7);
        String::from_utf8(text).unwrap()
    }

    /// What the bits stand for changes, and the text stays one of base64.
    fn flip_a_bit_within_a_part(&mut self, token: &str) -> String {
        let mut parts: Vec<Vec<u8>> = token.split('.').map(|part| base64url::decode(part).unwrap()).collect();
        let part = &mut parts[self.below(3)];
        let place = self.below(part.len());
        part[place] ^= 1 << self.below(8);
        parts.iter().map(|part| base64url::encode(part)).collect::<Vec<_>>().join(".")
    }

    fn take_out(&mut self, token: &str) -> String {
        let from = self.below(token.len());
        let length = 1 + self.below(6).min(token.len() - from - 1);
        format!("{}{}", &token[..from], &token[from + length..])
    }

    fn exchange(&mut self, token: &str) -> String {
        let mut text = token.as_bytes().to_vec();
        let (first, second) = (self.below(token.len()), self.below(token.len()));
        text.swap(first, second);
        String::from_utf8(text).unwrap()
    }

    fn put_in(&mut self, token: &str) -> String {
        let (place, letter) = (self.below(token.len() + 1), self.letter());
        format!("{}{letter}{}", &token[..place], &token[place..])
    }

    fn replace(&mut self, token: &str) -> String {
        let (place, letter) = (self.below(token.len()), self.letter());
        format!("{}{letter}{}", &token[..place], &token[place + 1..])
    }

    fn letter(&mut self) -> char {
        char::from(LETTERS[self.below(LETTERS.len())])
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}
