//! Whether the list of faults still fits the tree: cheap enough for every run. It builds nothing.

use super::fault::{Fault, Test, top};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is wrong with a list.
fn unsound(faults: &[Fault]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut offences = Vec::new();
    for fault in faults {
        if !names.insert(&fault.name) {
            offences.push(format!("{}: there are two of this name", fault.name));
        }
        if fault.why.trim().is_empty() {
            offences.push(format!("{}: nobody says why it would be bad", fault.name));
        }
        match std::fs::read_to_string(top().join(&fault.file)) {
            Ok(text) => offences.extend(fault.plant(&text).err()),
            Err(error) => offences.push(format!("{}: {}: {error}", fault.name, fault.file)),
        }
        if !exists(&fault.caught_by) {
            offences.push(format!("{}: there is no test {}", fault.name, fault.caught_by.test));
        }
    }
    offences
}

/// Whether there is such a test, as far as file names tell: in the file of its module, or of the one that holds its module.
fn exists(test: &Test) -> bool {
    let mut path: Vec<&str> = test.test.split("::").collect();
    let name = path.pop().unwrap_or_default();
    let of_crate = top().join("crates").join(&test.package);
    let folder = if test.target == "lib" { of_crate.join("src") } else { of_crate.join("tests") };
    let mut files = Vec::new();
    rust_files(&folder, &mut files);
    let of_module = |file: &Path| {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.iter().rev().take(2).any(|module| *module == stem) || ["lib", "main", "mod"].contains(&stem)
    };
    let declared = format!("fn {name}(");
    files.iter().any(|file| of_module(file) && std::fs::read_to_string(file).unwrap().contains(&declared))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        match path.extension() {
            None if path.is_dir() => rust_files(&path, files),
            Some(extension) if extension == "rs" => files.push(path),
            _ => {}
        }
    }
}

#[test]
fn every_fault_finds_its_place_and_its_test() {
    let faults = Fault::all();
    assert!(faults.len() >= 40, "{} faults are planted", faults.len());
    let offences = unsound(&faults);
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn a_list_that_no_longer_fits_is_found_out() {
    let fault = Fault::all().swap_remove(0);
    let lost = Fault { find: "what nobody has written".into(), ..fault.clone() };
    let twice = Fault { find: "fn ".into(), ..fault.clone() };
    let nothing = Fault { replace: fault.find.clone(), ..fault.clone() };
    let silent = Fault { why: " ".into(), ..fault.clone() };
    let moved = Fault { file: "crates/nowhere.rs".into(), ..fault.clone() };
    let test = "storage::crashes::a_test_that_was_renamed".to_owned();
    let renamed = Fault { caught_by: Test { test, ..fault.caught_by.clone() }, ..fault.clone() };
    for broken in [lost, twice, nothing, silent, moved, renamed] {
        assert_eq!(unsound(std::slice::from_ref(&broken)).len(), 1, "{broken:?}");
    }
    assert_eq!(unsound(&[fault.clone(), fault]).len(), 1);
}
