//! A process that is killed, at whatever moment, has lost nothing that it was acknowledged.

use crate::other::Other;
use crate::strace;
use crate::work::{self, WRITERS};

#[test]
fn a_process_that_is_killed_has_lost_nothing_that_was_acknowledged() {
    for acknowledgements in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let admin = work::prepare(&path);
        let mut other = Other::start(&[], &path, &admin);
        let mut done = [0; WRITERS];
        for _ in 0..acknowledgements {
            let (by, number) = other.next().expect("it was not killed yet");
            done[by] = number;
        }
        other.kill();
        // What it still got to say was acknowledged too.
        let done = other.rest(done);
        other.wait();
        work::check_file(&path, &admin, done);
    }
}

/// Killed as it asks the system to write, or to make durable, for the n-th time: while it opens the store as well.
#[test]
fn a_process_that_is_killed_at_any_write_has_lost_nothing_that_was_acknowledged() {
    if !strace::is_there() {
        return;
    }
    let (mut killed, mut acknowledged) = (0, 0);
    for (call, moments) in [("pwrite64", (1..60).step_by(3)), ("fdatasync", (1..30).step_by(2))] {
        for moment in moments {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let admin = work::prepare(&path);
            let mut other = strace::start(&format!("{call}:signal=KILL:when={moment}"), &path, &admin);
            let done = other.rest([0; WRITERS]);
            killed += u32::from(!other.wait().success());
            acknowledged += done.iter().sum::<u64>();
            work::check_file(&path, &admin, done);
        }
    }
    println!("{killed} processes killed at a write, after {acknowledged} acknowledgements in all");
    assert!(killed > 20 && acknowledged > 50, "{killed} killed, {acknowledged} acknowledged");
}
