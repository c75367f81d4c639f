//! The rule of the straight line: crates lie on top of each other, and each sees the one that it lies on. Knows what cargo says of
//! the workspace.

use super::tree::{nowhere, top};
use serde_json::Value;
use std::process::Command;

/// Each crate, and the crates of this workspace that it may import.
const ARROWS: [(&str, &[&str]); 10] = [
    ("portunus-storage", &[]),
    ("portunus-predicate", &[]),
    ("portunus-scope", &["portunus-storage"]),
    ("portunus-auth", &["portunus-scope"]),
    ("portunus", &["portunus-auth"]),
    ("portunus-wire", &["portunus"]),
    ("portunus-server", &["portunus-wire"]),
    ("portunus-cli", &["portunus-server"]),
    ("portunus-oracle", &[]),
    ("portunus-examples", &["portunus"]),
];

/// Arrows beside the straight line, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 5] = [
    ("portunus-scope", "portunus-predicate", "stored values are lent to predicates where they lie"),
    ("portunus-auth", "portunus-predicate", "rules are compiled, bound and planned where access is decided"),
    ("portunus-server", "portunus", "a server is handed the store that it serves"),
    ("portunus-cli", "portunus", "its commands work on an open store as well"),
    ("portunus-cli", "portunus-wire", "what it prints is what a server answers"),
];

/// Packages that only look at the others, and may look at all of them.
const ONLOOKERS: [&str; 3] = ["portunus-tests", "portunus-benches", "portunus-soak"];

/// What cargo says of a workspace, its own packages only.
pub fn metadata(manifest: &str) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(top().join(manifest))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// The list under `name`, empty if there is none.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn crooked(metadata: &Value) -> Vec<String> {
    let mut offences = Vec::new();
    for package in list(metadata, "packages") {
        let name = package["name"].as_str().unwrap();
        if ONLOOKERS.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            offences.push(format!("{name} has no place in the line"));
            continue;
        };
        let tools_aside = list(package, "dependencies").iter().filter(|it| it["kind"] != "dev");
        for below in tools_aside.filter_map(|it| it["name"].as_str()).filter(|it| it.starts_with("portunus"))
        {
            let excepted = EXCEPTIONS.iter().any(|(from, to, _)| (*from, *to) == (name, below));
            if !allowed.contains(&below) && !excepted {
                offences.push(format!("{name} -> {below}"));
            }
        }
    }
    offences
}

#[test]
fn a_crate_imports_only_the_one_directly_below() {
    let metadata = metadata("Cargo.toml");
    nowhere("these arrows are not drawn in ARCHITECTURE.md", &crooked(&metadata));
    let names: Vec<&str> = list(&metadata, "packages").iter().filter_map(|it| it["name"].as_str()).collect();
    for (name, _) in ARROWS {
        assert!(names.contains(&name), "{name} is drawn and does not exist");
    }
    let package = |name: &str, below: &str, kind: Value| serde_json::json!({"packages": [{"name": name, "dependencies": [{"name": below, "kind": kind}]}]});
    assert_eq!(
        crooked(&package("portunus", "portunus-storage", Value::Null)),
        ["portunus -> portunus-storage"]
    );
    assert_eq!(crooked(&package("portunus-storage", "portunus-scope", "build".into())).len(), 1);
    assert_eq!(crooked(&package("portunus-new", "serde", Value::Null)).len(), 1);
    assert_eq!(crooked(&package("portunus", "portunus-storage", "dev".into())).len(), 0);
    assert_eq!(crooked(&package("portunus", "portunus-auth", Value::Null)).len(), 0);
}
