//! A system that refuses to write: what was acknowledged is there, what was not is done once or not at all.

use crate::strace;
use crate::work::{self, WRITERS};

/// ATTACKS: a fault at each call, once and for good.
#[test]
fn a_call_that_fails_costs_nothing_that_was_acknowledged() {
    if !strace::is_there() {
        return;
    }
    let (mut finished, mut gave_up) = (0, 0);
    for call in ["pwrite64", "fdatasync"] {
        for error in ["EIO", "ENOSPC"] {
            for moment in ["1", "2", "7", "20", "33", "8+", "25+"] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("store");
                let admin = work::prepare(&path);
                let injection = format!("{call}:error={error}:when={moment}");
                let mut other = strace::start(&injection, &path, &admin);
                let done = other.rest([0; WRITERS]);
                let ended_well = other.wait().success();
                if done == [work::TRANSACTIONS; WRITERS] {
                    finished += 1;
                } else {
                    gave_up += 1;
                    let opening = done == [0; WRITERS];
                    assert!(ended_well || opening, "{injection}: it fell after it was acknowledged {done:?}");
                    assert!(
                        moment.ends_with('+') || opening,
                        "{injection}: a fault that passes ends nothing, {done:?}"
                    );
                }
                work::check_file(&path, &admin, done);
            }
        }
    }
    println!("{finished} processes went on after a fault, {gave_up} could not");
    assert!(finished > 10 && gave_up > 4, "{finished} finished, {gave_up} gave up");
}
