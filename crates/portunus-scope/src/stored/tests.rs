//! The stored form: it survives, it is small, it has the bytes that its description says, and no bytes break it.

#![expect(clippy::as_conversions, reason = "a reader that is as plain as its description")]

use super::*;
use crate::value::tests::any_value;
use proptest::prelude::*;

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().collect())
}

/// An array in an array in an array, so many of them.
fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn the_example_of_the_description_is_what_is_written() {
    // The description in the file is the source: its lines of hexadecimal digits, up to the two spaces before the words.
    let source = include_str!("../stored.rs");
    let (_, example) = source.split_once("//! at  bytes").expect("the description has its example");
    let (_, example) = example.split_once('\n').unwrap();
    let (example, _) = example.split_once("//! ```").unwrap();
    let bytes: String =
        example.lines().map(|line| line.get(8..).unwrap().split("  ").next().unwrap()).collect();

    let value = object([
        ("n", Value::Array(vec![Value::Int(-2), Value::Float(2.5)])),
        ("owner name", Value::String("ann".into())),
    ]);
    assert_eq!(hex(&bytes), encode(7, Some(Timestamp(1)), &value).unwrap());
}

#[test]
fn a_stored_document_keeps_its_version_and_expiry() {
    let check = |version, expires_at| {
        let bytes = encode(version, expires_at, &Value::Null).unwrap();
        assert_eq!(bytes.len(), ROOT_BYTES);
        let stored = access(&bytes).unwrap();
        assert_eq!((stored.version(), stored.expires_at()), (version, expires_at));
    };
    check(0, None);
    check(u64::MAX, Some(Timestamp::MIN));
    check(1, Some(Timestamp(0)));
}

#[test]
fn values_are_stored_up_to_the_depth_limit_and_read_back() {
    let deepest = nested(DEPTH_MAX);
    let bytes = encode(1, None, &deepest).unwrap();
    verify(&bytes).unwrap();
    assert_eq!(access(&bytes).unwrap().root().to_value(), deepest);
    assert!(matches!(encode(1, None, &nested(DEPTH_MAX + 1)), Err(Error::Invalid { .. })));

    // Text in the innermost place, the deepest that the validator goes.
    let text = (0..DEPTH_MAX).fold(Value::from("longer than eight"), |inner, _| object([("a", inner)]));
    let bytes = encode(1, None, &text).unwrap();
    verify(&bytes).unwrap();
    assert_eq!(access(&bytes).unwrap().root().to_value(), text);
}

#[test]
fn bytes_that_nest_deeper_than_any_document_are_refused_without_recursion() {
    // Null, behind it an array of it, behind that an array of that, and so on, the last one in the root.
    let chain = |levels: usize| {
        let list_of_one =
            |distance: i32| [[7].as_slice(), &distance.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        let mut bytes = vec![0; ELEMENT_BYTES];
        (1..levels).for_each(|_| bytes.extend(list_of_one(-10)));
        bytes.extend([0; 17]);
        bytes.extend(list_of_one(-27));
        bytes
    };
    assert_eq!(access(&chain(3)).unwrap().root().to_value(), nested(3));
    assert_eq!(chain(3), encode(0, None, &nested(3)).unwrap());
    verify(&chain(DEPTH_MAX)).unwrap();
    assert!(verify(&chain(DEPTH_MAX + 1)).is_err());
    for levels in [DEPTH_MAX + 2, 1_000, 800_000] {
        assert!(matches!(access(&chain(levels)), Err(Error::Corrupt(_))), "{levels} levels");
    }
}

#[test]
fn damaged_forms_are_found_by_verification() {
    let check = |bytes: Vec<u8>, problem: &str| {
        let error = verify(&bytes).unwrap_err().to_string();
        assert_eq!(error, format!("the store is damaged: a document {problem}"));
    };
    let bytes = encode(1, None, &object([("a", Value::Null), ("b", Value::Null)])).unwrap();
    let swap = |from: u8, to: u8| {
        bytes.iter().map(|byte| if *byte == from { to } else { *byte }).collect::<Vec<_>>()
    };
    check(swap(b'a', b'c'), "has members that are out of order");
    check(swap(b'a', b'b'), "has members that are out of order");

    let mut bytes = encode(1, None, &Value::Float(1.0)).unwrap();
    let float = bytes.len() - 8;
    bytes[float..].copy_from_slice(&f64::NAN.to_le_bytes());
    check(bytes, "holds a float that is not a number");

    check(Vec::new(), "does not have the form that it must have");
    check(vec![0; ROOT_BYTES - 1], "does not have the form that it must have");
    check([vec![0; ROOT_BYTES - 9], vec![9; 9]].concat(), "does not have the form that it must have");
    check([vec![0; 8], vec![2; 9], vec![0; 9]].concat(), "does not have the form that it must have");
    check(
        [vec![0; ROOT_BYTES - 9], vec![1, 2], vec![0; 7]].concat(),
        "does not have the form that it must have",
    );
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    for text in ["short", "longer than eight"] {
        let mut bytes = encode(1, None, &Value::from(text)).unwrap();
        let place = bytes.windows(2).position(|pair| pair == b"or" || pair == b"on").unwrap();
        bytes[place] = 0xC0;
        assert!(access(&bytes).is_err());
    }
}

proptest! {
    #[test]
    fn every_value_survives_and_has_the_size_that_the_check_says(value in any_value(), version in any::<u64>()) {
        let bytes = encode(version, None, &value).unwrap();
        prop_assert_eq!(value.check(DEPTH_MAX, usize::MAX).unwrap(), bytes.len());
        verify(&bytes).unwrap();
        let read = access(&bytes).unwrap().root().to_value();
        // Unlike equality this tells the two zeros apart.
        prop_assert_eq!(format!("{read:?}"), format!("{value:?}"));
        prop_assert_eq!(encode(version, None, &read).unwrap(), bytes);
    }

    #[test]
    fn no_bytes_make_access_or_what_follows_it_panic(bytes in prop::collection::vec(prop_oneof![0_u8..10, any::<u8>()], 0..120)) {
        if let Ok(stored) = access(&bytes) {
            let _ = stored.root().to_value();
            let _ = verify(&bytes);
        }
    }

    #[test]
    fn no_damage_makes_access_or_what_follows_it_panic(
        value in any_value(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(1, None, &value).unwrap();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.drain(..cut.index(bytes.len()) / 4);
        if let Ok(stored) = access(&bytes) {
            let root = stored.root();
            let _ = (root.to_value(), root.member("a"), format!("{root:?}"), verify(&bytes));
        }
    }
}
/// Reads the stored form by nothing but its description, as somebody without the archiving library would.
struct ByText<'a>(&'a [u8]);

impl ByText<'_> {
    fn read(&self) -> (u64, Option<i64>, Value) {
        let root = self.0.len() - 26;
        let expires_at = (self.0[root + 8] == 1).then(|| self.i64(root + 9));
        (u64::from_le_bytes(self.at(root)), expires_at, self.value(root + 17))
    }

    fn at<const N: usize>(&self, place: usize) -> [u8; N] {
        self.0[place..place + N].try_into().unwrap()
    }

    fn i64(&self, place: usize) -> i64 {
        i64::from_le_bytes(self.at(place))
    }

    fn value(&self, place: usize) -> Value {
        let content = place + 1;
        match self.0[place] {
            0 => Value::Null,
            1 => Value::Bool(self.0[content] == 1),
            2 => Value::Int(self.i64(content)),
            3 => Value::Float(f64::from_le_bytes(self.at(content))),
            4 => Value::String(self.text(content)),
            5 => Value::Bytes(self.items(content, 1).map(|place| self.0[place]).collect()),
            6 => Value::Timestamp(Timestamp(self.i64(content))),
            7 => Value::Array(self.items(content, 9).map(|place| self.value(place)).collect()),
            8 => Value::Object(
                self.items(content, 17).map(|place| (self.text(place), self.value(place + 8))).collect(),
            ),
            tag => panic!("no such tag: {tag}"),
        }
    }

    fn items(&self, slot: usize, size: usize) -> impl Iterator<Item = usize> {
        let count = u32::from_le_bytes(self.at(slot + 4)) as usize;
        let first = slot.wrapping_add_signed(i32::from_le_bytes(self.at(slot)) as isize);
        (0..count).map(move |item| first + item * size)
    }

    fn text(&self, slot: usize) -> String {
        let bytes = if self.0[slot] >> 6 == 0b10 {
            let length = u32::from_le_bytes(self.at(slot));
            let length = (length & 0x3F | length >> 8 << 6) as usize;
            let first = slot.wrapping_add_signed(i32::from_le_bytes(self.at(slot + 4)) as isize);
            &self.0[first..first + length]
        } else {
            self.0[slot..slot + 8].split(|byte| *byte == 0xFF).next().unwrap()
        };
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}

#[test]
fn long_texts_are_where_the_description_says() {
    for length in [0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 300, 70_000] {
        let value = Value::from("x".repeat(length));
        assert_eq!(ByText(&encode(1, None, &value).unwrap()).read().2, value);
    }
}

proptest! {
    #[test]
    fn every_stored_document_can_be_read_by_the_description_alone(
        value in any_value(),
        version in any::<u64>(),
        expires_at in any::<Option<i64>>(),
    ) {
        let bytes = encode(version, expires_at.map(Timestamp), &value).unwrap();
        prop_assert_eq!(ByText(&bytes).read(), (version, expires_at, value));
    }
}
