//! Standard output that ends, or is full.

use crate::harness::{World, flights};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

fn with_flights() -> World {
    let world = World::new();
    world.admin(&["collection", "define", "flights"]).ok();
    world.admin(&["import", "flights", flights().to_str().unwrap(), "--id-field", "id"]).ok();
    world
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let world = with_flights();
    for args in [
        &["export", "flights"][..],
        &["scan", "flights", "--limit", "4000", "--json"],
        &["scan", "flights", "--limit", "4000"],
    ] {
        let mut command = world.command(&[args, &["--store", "s", "--secret-file", "k"]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // Read no more than has to be read: what is behind it finds nobody.
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = world.said(child.wait_with_output().unwrap());
        assert_eq!(said.code, 0, "{args:?}: {}", said.err);
        assert!(!said.err.contains("panic") && !said.err.contains("error"), "{args:?}: {}", said.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_shown_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let world = World::empty();
    let said = world.said(world.command(&["--help"]).stdout(full).output().unwrap());
    said.failed(1, "cannot write the output");
    world.run(&["--no-such-option"]).failed(2, "--no-such-option");
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_that_cannot_be_shown_is_not_made() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let world = World::empty();
    let mut init = world.command(&["init", "new"]);
    let said = world.said(init.stdout(full()).output().unwrap());
    said.failed(1, "no store was made");
    assert!(world.names().is_empty(), "nobody could open it");

    let world = World::new();
    let mut create =
        world.command(&["key", "create", "--role", "admin", "--store", "s", "--secret-file", "k"]);
    world.said(create.stdout(full()).output().unwrap()).failed(1, "cannot write the output");
    assert_eq!(world.admin(&["key", "list", "--json"]).ok().json().as_array().unwrap().len(), 1);
    let mut scan = world.command(&["whoami", "--store", "s", "--secret-file", "k"]);
    world.said(scan.stdout(full()).output().unwrap()).failed(1, "cannot write the output");
}
