//! Text forms of instants, their arithmetic, and the clocks.

use super::*;
use proptest::prelude::*;

#[test]
fn rfc3339_is_read_exactly_or_refused() {
    let check = |text: &str, micros: Option<i64>| {
        assert_eq!(text.parse::<Timestamp>().ok(), micros.map(Timestamp), "{text:?}");
    };
    check("1970-01-01T00:00:00Z", Some(0));
    check("1970-01-01t00:00:00z", Some(0));
    check("1970-01-01 00:00:00Z", Some(0));
    check("1970-01-01T00:00:00.000001Z", Some(1));
    check("1970-01-01T00:00:00.000001000Z", Some(1));
    check("1970-01-01T01:00:00+01:00", Some(0));
    check("1969-12-31T23:59:59.999999-00:00", Some(-1));
    check("2024-02-29T00:00:00Z", Some(1_709_164_800_000_000));
    check("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999));
    check("9999-12-31T23:59:59-23:59", Some(253_402_387_139_000_000));
    check("0000-01-01T00:00:00Z", Some(-62_167_219_200_000_000));
    check("-9223372036854775808us", Some(i64::MIN));
    for wrong in [
        "",
        "0",
        "1970-01-01",
        "1970-01-01T00:00Z",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.0000001Z",
        "1970-01-01T00:00:00+01",
        "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00Z[UTC]",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+00:60",
        "1970-01-01T00:00:00+0١:00",
        "1970-01-01T00:00:00.0000000001Z",
        "1970-01-01T00:00:00,5Z",
        "1970-W01-4T00:00:00Z",
        "+001970-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "1970-01-01T24:00:00Z",
        " 1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z ",
        "0us",
        "us",
        "9223372036854775808us",
        "١٩٧٠-01-01T00:00:00Z",
    ] {
        check(wrong, None);
    }
}

#[test]
fn years_without_four_digits_have_their_own_text_form() {
    let check = |micros, text: &str| assert_eq!(Timestamp(micros).to_string(), text);
    check(253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z");
    check(253_402_300_800_000_000, "253402300800000000us");
    check(-62_167_219_200_000_000, "0000-01-01T00:00:00Z");
    check(-62_167_219_200_000_001, "-62167219200000001us");
    check(i64::MAX, "9223372036854775807us");
}

#[test]
fn arithmetic_stops_at_the_ends_of_time() {
    assert_eq!(Timestamp::MAX.checked_add(Duration::from_micros(1)), None);
    assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MIN.checked_sub(Duration::from_micros(1)), None);
    assert_eq!(Timestamp::MIN.saturating_sub(Duration::MAX), Timestamp::MIN);
    assert_eq!(Timestamp(-1).saturating_add(Duration::from_nanos(2_999)), Timestamp(1));
    assert_eq!(Timestamp::MAX.saturating_since(Timestamp::MIN), Duration::from_micros(u64::MAX));
    assert_eq!(Timestamp(1).saturating_since(Timestamp(2)), Duration::ZERO);
}

#[test]
fn a_manual_clock_goes_where_it_is_told_also_back() {
    let clock = ManualClock::new(Timestamp(10));
    clock.advance(Duration::from_micros(5));
    assert_eq!(clock.now(), Timestamp(15));
    clock.set(Timestamp(-3));
    assert_eq!(clock.now(), Timestamp(-3));
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Timestamp::MAX);
}

proptest! {
    #[test]
    fn every_instant_survives_its_text(micros in any::<i64>(), near in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
        for instant in [Timestamp(micros), Timestamp(near)] {
            prop_assert_eq!(instant.to_string().parse::<Timestamp>().unwrap(), instant);
        }
    }
}
