//! Backups through pipes, and those that are damaged: what is refused leaves no file behind.

use crate::harness::{World, flights};
use std::process::Stdio;

/// A store with the flights, and what its backup is on standard output.
fn backed_up() -> (World, Vec<u8>) {
    let world = World::new();
    world.admin(&["collection", "define", "flights", "--index", "airline"]).ok();
    world.admin(&["import", "flights", flights().to_str().unwrap(), "--id-field", "id"]).ok();
    let mut command = world.command(&["backup", "-", "--store", "s", "--secret-file", "k"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (world, output.stdout)
}

fn exported(world: &World, store: &str) -> String {
    world.run(&["export", "flights", "--store", store, "--secret-file", "k"]).ok().out
}

#[test]
fn a_backup_goes_through_a_pipe_and_is_the_same_store_again() {
    let (world, backup) = backed_up();
    let mut restore = world.command(&["restore", "-", "--to", "again"]);
    let mut child =
        restore.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &backup).unwrap();
    world.said(child.wait_with_output().unwrap()).ok();
    assert_eq!(exported(&world, "again"), exported(&world, "s"));
    world.run(&["check", "--store", "again", "--secret-file", "k"]).ok();
    // In a file it is the same, byte for byte, and its owner's alone.
    world.admin(&["backup", "file"]).ok();
    assert!(std::fs::read(world.path("file")).unwrap() == backup);
    #[cfg(unix)]
    {
        let permissions = std::fs::metadata(world.path("file")).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, 0o600);
    }
}

#[test]
fn attack_126_half_a_backup_and_a_changed_one_are_refused_and_leave_nothing() {
    let (world, backup) = backed_up();
    let names = world.names();
    let mut flipped = backup.clone();
    flipped[backup.len() / 3] ^= 4;
    for (bytes, words) in [
        (backup[..backup.len() / 2].to_vec(), "ends too early"),
        (flipped, "checksum"),
        ([&backup[..], b"x"].concat(), "behind its end"),
    ] {
        std::fs::write(world.path("b"), bytes).unwrap();
        world.run(&["restore", "b", "--to", "again"]).failed(6, words);
        world.run(&["restore", "b", "--dry-run"]).failed(6, words);
        std::fs::remove_file(world.path("b")).unwrap();
        assert_eq!(world.names(), names);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_backup_that_finds_no_room_is_a_failure() {
    let world = World::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = world.command(&["backup", "-", "--store", "s", "--secret-file", "k"]);
    world.said(command.stdout(full).output().unwrap()).failed(1, "cannot write the output");
    world.admin(&["backup", "no/such/folder"]).failed(4, "no such file");
    assert_eq!(world.names(), ["k", "s"]);
}

#[test]
fn a_store_that_is_open_elsewhere_is_not_compacted() {
    let world = World::new();
    let _open = portunus::Portunus::open(world.path("s")).unwrap();
    world.run(&["compact", "--store", "s"]).failed(7, "open elsewhere");
}
