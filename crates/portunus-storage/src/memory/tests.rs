//! Rules that need a look inside the engine in memory.

use super::{Memory, Records};
use crate::{Durability, EngineOptions, Error, KeyRange, Order, Version, record, sequencer};
use std::ops::ControlFlow;

#[test]
fn a_damaged_record_is_an_error_to_everyone_who_meets_it_and_to_nobody_else() {
    let mut records = Records::new_sync();
    let mut damaged = record::seal(b"b", b"a grant");
    damaged[12] ^= 1;
    records.insert_mut(b"a".as_slice().into(), record::seal(b"a", b"1").into());
    records.insert_mut(b"b".as_slice().into(), damaged.into());
    records.insert_mut(b"c".as_slice().into(), record::seal(b"another key", b"moved").into());
    records.insert_mut(b"d".as_slice().into(), b"short".as_slice().into());
    let engine = sequencer::start(
        Box::new(Memory { records, version: Version(0) }),
        Version(0),
        EngineOptions::default(),
    )
    .unwrap();
    let snapshot = engine.begin_read().unwrap();
    let mut transaction = engine.begin_write().unwrap();
    assert!(snapshot.get(b"a", &mut |_| {}).unwrap());
    for key in [b"b", b"c", b"d"] {
        let outcome = snapshot.get(key, &mut |_| panic!("a damaged record was read"));
        assert!(matches!(outcome, Err(Error::Corrupt(_))));
        assert!(matches!(transaction.get(key, &mut |_| {}), Err(Error::Corrupt(_))));
    }
    for order in [Order::Ascending, Order::Descending] {
        let mut seen = 0;
        let visit = &mut |_: &[u8], _: &[u8]| {
            seen += 1;
            ControlFlow::Continue(())
        };
        assert!(matches!(snapshot.scan(&KeyRange::all(), order, visit), Err(Error::Corrupt(_))));
        assert_eq!(seen, if order == Order::Ascending { 1 } else { 0 });
    }
    transaction.put(b"b", b"mended").unwrap();
    transaction.delete_range(&KeyRange::half_open(b"c", b"e")).unwrap();
    transaction.commit(Durability::Immediate).unwrap();
    let mut found = 0;
    let visit = &mut |_: &[u8], _: &[u8]| {
        found += 1;
        ControlFlow::Continue(())
    };
    engine.begin_read().unwrap().scan(&KeyRange::all(), Order::Ascending, visit).unwrap();
    assert_eq!(found, 2);
}
