//! A file system that is full: the store says so, keeps what it promised, and goes on when there is room again.

use crate::work;
use portunus::{ErrorKind, Portunus};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small file system in memory, which is gone when this is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path, size: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(at.to_path_buf()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Writes to a file until there is no room left.
fn fill(path: &Path) {
    let mut ballast = fs::File::create(path).unwrap();
    while ballast.write_all(&[1; 4096]).is_ok() {}
}

#[test]
fn attack_128_a_full_file_system_is_an_error_loses_nothing_and_writes_go_on_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_mounted) = Mounted::new(folder.path(), "4m") else {
        println!("no file system may be mounted here: skipped");
        return;
    };
    let [path, ballast, another] = ["store", "ballast", "another"].map(|name| folder.path().join(name));
    let admin = work::prepare(&path);
    let db = Portunus::builder().sweep_every(None).open(&path).unwrap();
    let mut done = 0;
    let write = |number| work::write(&db, &admin, 0, number);
    for _ in 0..3 {
        fill(&ballast);
        let fault = loop {
            match write(done + 1) {
                Ok(()) => done += 1,
                Err(fault) => break fault,
            }
            assert!(done < 10_000, "the file system never filled up");
        };
        assert_eq!(fault.kind(), ErrorKind::OutcomeUnknown, "{fault:?}");
        assert!(fault.to_string().contains("No space left"), "{fault}");
        // Readers go on, however often somebody tries to write.
        for _ in 0..3 {
            work::check(&db, &admin, [done, 0]);
            match write(done + 1) {
                Ok(()) => done += 1,
                Err(fault) => assert!(
                    matches!(fault.kind(), ErrorKind::OutcomeUnknown | ErrorKind::ReadOnly),
                    "{fault:?}"
                ),
            }
        }
        let created = Portunus::builder().sweep_every(None).create(&another);
        assert_eq!(created.err().map(|error| error.kind()), Some(ErrorKind::Io));
        assert!(!another.exists(), "a file that could not become a store was left behind");
        fs::remove_file(&ballast).unwrap();
        for _ in 0..5 {
            write(done + 1).unwrap();
            done += 1;
        }
        work::check(&db, &admin, [done, 0]);
    }
    db.close().unwrap();
    work::check_file(&path, &admin, [done, 0]);
}
