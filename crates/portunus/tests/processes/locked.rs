//! A store that another process has open is not opened again, by whatever name.

use crate::other::Other;
use crate::work::{self, WRITERS};
use portunus::{ErrorKind, Portunus};
use std::path::Path;

fn kind(path: &Path) -> Option<ErrorKind> {
    Portunus::builder().sweep_every(None).open(path).err().map(|error| error.kind())
}

#[test]
fn a_store_that_another_process_has_open_is_locked_also_by_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let [path, hard, soft] = ["store", "hard", "soft"].map(|name| folder.path().join(name));
    let admin = work::prepare(&path);
    std::fs::hard_link(&path, &hard).unwrap();
    std::os::unix::fs::symlink(&path, &soft).unwrap();
    let mut other = Other::start(&[], &path, &admin);
    let first = other.next().expect("it works");
    for name in [&path, &hard, &soft] {
        assert_eq!(kind(name), Some(ErrorKind::Locked), "{}", name.display());
        assert_eq!(Portunus::create(name).err().map(|error| error.kind()), Some(ErrorKind::AlreadyExists));
    }
    other.kill();
    let mut done = [0; WRITERS];
    done[first.0] = first.1;
    let done = other.rest(done);
    other.wait();
    // Its lock went with it.
    assert_eq!(kind(&hard), None);
    work::check_file(&soft, &admin, done);
}

#[test]
fn a_device_is_no_store_even_one_that_is_always_full() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        println!("no device here that is always full: skipped");
        return;
    }
    assert_eq!(kind(full), Some(ErrorKind::Io));
    assert_eq!(Portunus::create(full).err().map(|error| error.kind()), Some(ErrorKind::AlreadyExists));
}
