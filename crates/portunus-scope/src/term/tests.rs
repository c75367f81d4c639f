//! The order of terms is the order of values, terms survive, and none is the beginning of another.

#![expect(clippy::as_conversions, reason = "another way than the code's to compare numbers")]

use super::*;
use crate::value::tests::{any_float, any_int, any_text, any_value};
use crate::{Object, Value};
use proptest::prelude::*;

fn encoded(term: &Term<'_>) -> Vec<u8> {
    let mut key = Vec::new();
    encode_term(&mut key, term);
    key
}

fn any_term() -> impl Strategy<Value = Term<'static>> {
    prop_oneof![
        Just(Term::Missing),
        Just(Term::Null),
        any::<bool>().prop_map(Term::Bool),
        any_int().prop_map(Term::Int),
        any_float().prop_map(Term::Float),
        any_text().prop_map(|text| Term::String(text.into())),
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..8)
            .prop_map(|bytes| Term::Bytes(bytes.into())),
        any_int().prop_map(|micros| Term::Timestamp(Timestamp(micros))),
    ]
}

/// The order of two numbers, found in another way than the code does: as integers where both are whole, which is exact,
/// else as floats, where an integer that is not exactly a float is compared with the float's whole part.
fn order_by_arithmetic(int: i64, float: f64) -> Ordering {
    if float >= 9_223_372_036_854_775_808.0 {
        Ordering::Less
    } else if float < -9_223_372_036_854_775_808.0 {
        Ordering::Greater
    } else {
        let whole = float.trunc();
        int.cmp(&(whole as i64)).then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap())
    }
}

#[test]
fn terms_sort_in_the_order_that_is_promised() {
    let ordered = [
        Term::Missing,
        Term::Null,
        Term::Bool(false),
        Term::Bool(true),
        Term::Float(f64::NEG_INFINITY),
        Term::Float(f64::MIN),
        Term::Float(-9_223_372_036_854_777_856.0),
        Term::Int(i64::MIN),
        Term::Int(i64::MIN + 1),
        Term::Float(-9_223_372_036_854_774_784.0),
        Term::Int(-(1 << 53) - 1),
        Term::Float(-9_007_199_254_740_992.0),
        Term::Int(-1),
        Term::Float(-5e-324),
        Term::Int(0),
        Term::Float(5e-324),
        Term::Float(f64::MIN_POSITIVE),
        Term::Float(0.1),
        Term::Float(0.3),
        Term::Float(0.1 + 0.2),
        Term::Int(1),
        Term::Int((1 << 53) - 1),
        Term::Float(9_007_199_254_740_992.0),
        Term::Int((1 << 53) + 1),
        Term::Int((1 << 53) + 2),
        Term::Float(9_223_372_036_854_774_784.0),
        Term::Int(i64::MAX - 1),
        Term::Int(i64::MAX),
        Term::Float(9_223_372_036_854_775_808.0),
        Term::Float(f64::MAX),
        Term::Float(f64::INFINITY),
        Term::Float(f64::NAN),
        Term::String("".into()),
        Term::String("\0".into()),
        Term::String("\0\0".into()),
        Term::String("\0b".into()),
        Term::String("\u{1}".into()),
        Term::String("a".into()),
        Term::String("a\0".into()),
        Term::String("a\0b".into()),
        Term::String("a\u{1}".into()),
        Term::String("ab".into()),
        Term::String("ä".into()),
        Term::String("\u{10FFFF}".into()),
        Term::Bytes([].as_slice().into()),
        Term::Bytes([0].as_slice().into()),
        Term::Bytes([0, 255].as_slice().into()),
        Term::Bytes([0, 255, 0].as_slice().into()),
        Term::Bytes([1].as_slice().into()),
        Term::Bytes([255].as_slice().into()),
        Term::Bytes([255, 255].as_slice().into()),
        Term::Timestamp(Timestamp::MIN),
        Term::Timestamp(Timestamp(-1)),
        Term::Timestamp(Timestamp(0)),
        Term::Timestamp(Timestamp::MAX),
    ];
    for (i, a) in ordered.iter().enumerate() {
        for (j, b) in ordered.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a:?} and {b:?}");
            assert_eq!(encoded(a).cmp(&encoded(b)), i.cmp(&j), "{a:?} and {b:?}, encoded");
        }
    }
}

#[test]
fn equal_numbers_have_one_term() {
    let check = |int: i64, float: f64| assert_eq!(encoded(&Term::Int(int)), encoded(&Term::Float(float)));
    check(0, 0.0);
    check(0, -0.0);
    check(1, 1.0);
    check(1 << 53, 9_007_199_254_740_992.0);
    check(1 << 62, 4_611_686_018_427_387_904.0);
    check(i64::MIN, -9_223_372_036_854_775_808.0);
    assert_ne!(encoded(&Term::Int(i64::MAX)), encoded(&Term::Float(9_223_372_036_854_775_808.0)));
}

/// ATTACKS 107, across what stands behind a term: the pairs that a codec without an end mark confuses.
#[test]
fn terms_in_a_row_are_never_taken_for_other_terms() {
    let row = |texts: &[&str]| {
        texts.iter().flat_map(|text| encoded(&Term::String((*text).into()))).collect::<Vec<_>>()
    };
    let rows = [
        row(&["a\0b"]),
        row(&["a", "\0b"]),
        row(&["a\0", "b"]),
        row(&["a", "b"]),
        row(&["ab", ""]),
        row(&["", "ab"]),
    ];
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate() {
            assert!(i == j || !a.starts_with(b), "{i} and {j}");
        }
    }
}

#[test]
fn a_zero_byte_in_a_text_is_never_taken_for_its_end() {
    for before in ["", "a", "a\0"] {
        for behind in ["", "\0", "\u{1}", "\u{1}b", "b"] {
            let (short, long) =
                (Term::String(before.into()), Term::String(format!("{before}\0{behind}").into()));
            assert!(!encoded(&long).starts_with(&encoded(&short)), "{before:?} and {behind:?}");
        }
    }
}

#[test]
fn malformed_terms_are_refused() {
    let check = |key: &[u8]| {
        assert!(matches!(decode_term(key), Err(Error::Corrupt(_))), "{key:02x?}");
    };
    check(&[]);
    check(&[0x00]);
    check(&[0x11]);
    check(&[0x30]);
    check(&[0x30, 2]);
    check(&[0x50]);
    check(&[0x50, b'a']);
    check(&[0x50, b'a', 0]);
    check(&[0x50, b'a', 0, 2, 0, 1]);
    check(&[0x50, 0xC0, 0, 1]);
    check(&[0x60, 0, 0]);
    check(&[0x70, 0, 0, 0, 0, 0, 0, 0]);
    // A remainder above a float that has none: half, infinity, and one whose next float is nearer.
    check(&[&[0x40][..], &Number::of_float(0.5).0.to_be_bytes(), &[0, 1]].concat());
    check(&[&[0x40][..], &Number::of_float(f64::INFINITY).0.to_be_bytes(), &[0, 1]].concat());
    check(&[&[0x40][..], &Number::of_float(8.0).0.to_be_bytes(), &[0, 1]].concat());
    // A second form of zero, and a second one of not-a-number.
    check(&[&[0x40][..], &(!(-0.0_f64).to_bits()).to_be_bytes(), &[0, 0]].concat());
    check(&[&[0x40][..], &[0xFF; 8], &[0, 0]].concat());
}

#[test]
fn the_entries_of_a_document_follow_its_fields() {
    let document = Value::from_json(
        r#"{"a": 1, "list": ["x", "y", "x", null, {"b": 1}, ["z"]], "none": [], "o": {"b": 2, "l": [1, 1.0]}, "n": null}"#,
    )
    .unwrap();
    let text = |text: &str| Term::String(text.to_string().into());
    let check = |fields: &[&str], expected: &[&[Term<'_>]]| {
        let fields: Vec<FieldPath> = fields.iter().map(|field| field.parse().unwrap()).collect();
        let entries = terms_of(ValueRef::from(&document), &fields, 100).unwrap();
        let expected: Vec<Vec<u8>> =
            expected.iter().map(|terms| terms.iter().flat_map(encoded).collect()).collect();
        assert_eq!(entries, expected, "{fields:?}");
    };
    check(&["a"], &[&[Term::Int(1)]]);
    check(&["n"], &[&[Term::Null]]);
    check(&["o.b"], &[&[Term::Int(2)]]);
    check(&["o.l"], &[&[Term::Int(1)]]);
    check(&["list"], &[&[Term::Null], &[text("x")], &[text("y")]]);
    // Without a term: missing, an object, an empty array, something inside an array.
    for field in ["missing", "o", "none", "list.b", "a.b"] {
        check(&[field], &[]);
        check(&[field, "a"], &[&[Term::Missing, Term::Int(1)]]);
        check(&["a", field], &[&[Term::Int(1), Term::Missing]]);
        check(&[field, "missing"], &[]);
    }
    check(
        &["a", "list", "o.b"],
        &[
            &[Term::Int(1), Term::Null, Term::Int(2)],
            &[Term::Int(1), text("x"), Term::Int(2)],
            &[Term::Int(1), text("y"), Term::Int(2)],
        ],
    );
    // Both lists in full, also when they are one and the same.
    let fields: Vec<FieldPath> = ["list", "list"].map(|field| field.parse().unwrap()).into();
    assert_eq!(terms_of(ValueRef::from(&document), &fields, 9).unwrap().len(), 9);
    assert!(matches!(terms_of(ValueRef::from(&document), &fields, 8), Err(Error::Limit { max: 8, .. })));
}

#[test]
fn a_document_can_neither_have_endless_entries_nor_an_endless_one() {
    let fields: Vec<FieldPath> = ["list", "text"].map(|field| field.parse().unwrap()).into();
    let check = |elements: i64, text: usize, fits: bool| {
        let document = Value::from(Object::from_iter([
            ("list", Value::Array((0..elements).map(Value::Int).collect())),
            ("text", "x".repeat(text).into()),
        ]));
        let entries = terms_of(ValueRef::from(&document), &fields, 1_000);
        assert_eq!(entries.is_ok(), fits, "{elements} elements and {text} bytes");
        assert!(fits || matches!(entries, Err(Error::Limit { .. })));
    };
    check(1_000, 10, true);
    check(1_001, 10, false);
    check(1_000_000, 10, false);
    // 11 bytes for the number, 3 around the text.
    check(1, INDEX_ENTRY_BYTES_MAX - 14, true);
    check(1, INDEX_ENTRY_BYTES_MAX - 13, false);
    // Bytes have the same room, before they are escaped and after it.
    let text = ["text".parse().unwrap()];
    for (bytes, fits) in [
        (vec![7; INDEX_ENTRY_BYTES_MAX - 3], true),
        (vec![7; INDEX_ENTRY_BYTES_MAX - 2], false),
        (vec![7; INDEX_ENTRY_BYTES_MAX + 1], false),
        (vec![0; INDEX_ENTRY_BYTES_MAX / 2 - 2], true),
        (vec![0; INDEX_ENTRY_BYTES_MAX / 2], false),
    ] {
        let document = Value::from(Object::from_iter([("text", Value::Bytes(bytes.clone()))]));
        let entries = terms_of(ValueRef::from(&document), &text, 1_000);
        assert_eq!(entries.is_ok(), fits, "{} bytes of {:?}", bytes.len(), bytes.first());
        assert!(fits || matches!(entries, Err(Error::Limit { .. })));
    }
    check(1_000, 8 << 20, false);
}

#[test]
fn arrays_and_objects_are_no_terms_but_have_an_order() {
    let values: Vec<Value> = [
        "null",
        "[]",
        "[1]",
        "[1, 0]",
        "[1.5]",
        "[[]]",
        "{}",
        r#"{"a": 1}"#,
        r#"{"a": 2}"#,
        r#"{"a": 2, "b": 0}"#,
        r#"{"b": 0}"#,
    ]
    .map(|text| Value::from_json(text).unwrap())
    .into();
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            assert_eq!(compare(a.into(), b.into()), i.cmp(&j), "{a:?} and {b:?}");
        }
    }
    assert!(encode_value(&mut Vec::new(), (&values[1]).into()).is_err());
    assert!(encode_value(&mut Vec::new(), (&values[6]).into()).is_err());
}

proptest! {
    #[test]
    fn encoded_terms_sort_as_the_terms_do(a in any_term(), b in any_term()) {
        prop_assert_eq!(encoded(&a).cmp(&encoded(&b)), a.cmp(&b));
    }

    #[test]
    fn integers_and_floats_are_on_one_exact_line(int in any_int(), float in any_float()) {
        let order = order_by_arithmetic(int, float);
        prop_assert_eq!(Term::Int(int).cmp(&Term::Float(float)), order);
        prop_assert_eq!(Term::Float(float).cmp(&Term::Int(int)), order.reverse());
    }

    #[test]
    fn numbers_sort_as_numbers(ints in (any_int(), any_int()), floats in (any_float(), any_float())) {
        prop_assert_eq!(Number::of_int(ints.0).cmp(&Number::of_int(ints.1)), ints.0.cmp(&ints.1));
        prop_assert_eq!(Some(Term::Float(floats.0).cmp(&Term::Float(floats.1))), floats.0.partial_cmp(&floats.1));
    }

    #[test]
    fn a_term_survives_and_leaves_the_rest_of_the_key(term in any_term(), id in prop::collection::vec(any::<u8>(), 0..10)) {
        let key = [encoded(&term), id.clone()].concat();
        let (decoded, rest) = decode_term(&key).unwrap();
        prop_assert_eq!(encoded(&decoded), encoded(&term));
        prop_assert_eq!(&decoded, &term);
        prop_assert_eq!(rest, &id[..]);
        prop_assert_eq!(skip_term(&key).unwrap(), &id[..]);
        prop_assert_eq!(is_missing_or_null(&key), matches!(term, Term::Missing | Term::Null));
    }

    #[test]
    fn no_term_is_the_beginning_of_another(a in any_term(), b in any_term()) {
        prop_assert!(a == b || !encoded(&a).starts_with(&encoded(&b)));
    }

    #[test]
    fn rows_of_terms_sort_as_tuples_do(a in prop::collection::vec(any_term(), 3), b in prop::collection::vec(any_term(), 3)) {
        let row = |terms: &[Term<'_>]| terms.iter().flat_map(encoded).collect::<Vec<_>>();
        prop_assert_eq!(row(&a).cmp(&row(&b)), a.cmp(&b));
    }

    #[test]
    fn a_prefix_covers_exactly_the_texts_that_begin_with_it(term in any_term(), prefix in any_text(), more in any_text()) {
        let mut key = Vec::new();
        encode_string_prefix(&mut key, &prefix);
        let begins = matches!(&term, Term::String(text) if text.starts_with(&prefix));
        prop_assert_eq!(encoded(&term).starts_with(&key), begins);
        prop_assert!(encoded(&Term::String((prefix + &more).into())).starts_with(&key));
    }

    #[test]
    fn no_key_makes_decoding_panic_and_what_is_decoded_was_encoded(
        tag in prop::sample::select(vec![0x10_u8, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80]),
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(255), any::<u8>()], 0..14),
    ) {
        let key = [vec![tag], rest].concat();
        let skipped = skip_term(&key);
        if let Ok((term, rest)) = decode_term(&key) {
            prop_assert_eq!([&encoded(&term)[..], rest].concat(), key.clone());
            prop_assert_eq!(skipped.unwrap(), rest);
        }
    }

    #[test]
    fn values_and_their_terms_have_one_order(a in any_value(), b in any_value()) {
        let (a, b) = (ValueRef::from(&a), ValueRef::from(&b));
        prop_assert_eq!(compare(a, b), compare(b, a).reverse());
        prop_assert!(compare(a, a).is_eq());
        let (mut a_key, mut b_key) = (Vec::new(), Vec::new());
        if encode_value(&mut a_key, a).is_ok() && encode_value(&mut b_key, b).is_ok() {
            prop_assert_eq!(a_key.cmp(&b_key), compare(a, b));
        }
    }
}
