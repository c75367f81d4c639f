//! Numbers of a fixed width as base-62 text and back: one text per number. It knows nothing of what the numbers are.

/// The digits, in the order of their bytes, so that texts of one width sort as their numbers do.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: u16 = 62;

/// Writes the big-endian number `value` to `text`, left-padded with zeros, and leaves `value` zero.
///
/// The caller makes `text` wide enough for every value of that many bytes; digits that do not fit would be lost.
pub(crate) fn encode(value: &mut [u8], text: &mut String, width: usize) {
    let mut digits = Vec::with_capacity(width);
    for _ in 0..width {
        digits.push(divide(value));
    }
    debug_assert!(value.iter().all(|byte| *byte == 0), "the width holds every value");
    for digit in digits.iter().rev() {
        text.push(char::from(*digit));
    }
    zeroize::Zeroize::zeroize(&mut digits);
}

/// Reads `text` into the big-endian number `value`. `None` if a character is no digit or the number does not fit.
pub(crate) fn decode(text: &str, value: &mut [u8]) -> Option<()> {
    value.fill(0);
    for character in text.bytes() {
        multiply_add(value, digit_value(character)?)?;
    }
    Some(())
}

/// Divides `value` by 62 in place and returns the digit of the remainder.
fn divide(value: &mut [u8]) -> u8 {
    let mut remainder = 0u16;
    for byte in value {
        let part = remainder * 256 + u16::from(*byte);
        let [quotient, _] = (part / BASE).to_le_bytes();
        *byte = quotient;
        remainder = part % BASE;
    }
    DIGITS.get(usize::from(remainder)).copied().unwrap_or(b'0')
}

/// Multiplies `value` by 62 in place and adds `digit`. `None` if the result does not fit.
fn multiply_add(value: &mut [u8], digit: u8) -> Option<()> {
    let mut carry = u16::from(digit);
    for byte in value.iter_mut().rev() {
        let part = u16::from(*byte) * BASE + carry;
        let [low, high] = part.to_le_bytes();
        *byte = low;
        carry = u16::from(high);
    }
    (carry == 0).then_some(())
}

fn digit_value(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'Z' => Some(character - b'A' + 10),
        b'a'..=b'z' => Some(character - b'a' + 36),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    fn text_of(value: &[u8], width: usize) -> String {
        let mut text = String::new();
        encode(&mut value.to_vec(), &mut text, width);
        text
    }

    fn number_of(text: &str, bytes: usize) -> Option<Vec<u8>> {
        let mut value = vec![0; bytes];
        decode(text, &mut value).map(|()| value)
    }

    #[test]
    fn the_ends_of_every_width_that_secrets_use() {
        for (bytes, width, largest) in [
            (4, 6, "4gfFC3"),
            (8, 11, "LygHa16AHYF"),
            (32, 43, "mj8QbGWCQCbp2h0P5q5YqcLOEMvPBuDTBbVHrJLLbN0"),
        ] {
            assert_eq!(text_of(&vec![0; bytes], width), "0".repeat(width));
            let text = text_of(&vec![255; bytes], width);
            assert_eq!(text.len(), width);
            assert_eq!(number_of(&text, bytes), Some(vec![255; bytes]));
            if bytes < 32 {
                assert_eq!(text, largest, "{bytes} bytes");
            }
            assert_eq!(number_of(&"z".repeat(width), bytes), None, "one text per number: no overflow");
        }
    }

    #[test]
    fn only_digits_are_read() {
        for bad in ["-00000", "00 000", "00000_", "0000é", "00000\0", "0000+0"] {
            assert_eq!(number_of(bad, 4), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(value in any::<[u8; 32]>()) {
            let text = text_of(&value, 43);
            prop_assert_eq!(text.len(), 43);
            prop_assert_eq!(number_of(&text, 32), Some(value.to_vec()));
        }

        #[test]
        fn writing_undoes_reading(text in "[0-9A-Za-z]{11}") {
            if let Some(value) = number_of(&text, 8) {
                prop_assert_eq!(text_of(&value, 11), text);
            }
        }

        #[test]
        fn texts_sort_as_their_numbers(left in any::<u64>(), right in any::<u64>()) {
            let texts = (text_of(&left.to_be_bytes(), 11), text_of(&right.to_be_bytes(), 11));
            prop_assert_eq!(texts.0.cmp(&texts.1), left.cmp(&right));
        }
    }
}
