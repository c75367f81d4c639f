//! A copy of the tree that faults are planted in, kept from one run to the next so that builds stay small. It knows nothing
//! of building.

use super::fault::{Fault, top};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold what tools make, at any depth.
const MADE: [&str; 5] = [".git", "target", "artifacts", "coverage", "mutants.out"];

/// A copy of the tree.
pub struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Makes the copy in `folder` equal to the tree. What is equal already is left alone, with the time at which it was made.
    pub fn of_tree(folder: PathBuf) -> Self {
        let mut kept = BTreeSet::new();
        copy_folder(top(), &folder, &mut kept);
        remove_others(&folder, &kept);
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Plants a fault, runs `then`, and takes the fault out again.
    ///
    /// # Errors
    /// That it cannot be planted.
    pub fn with<T>(&self, fault: &Fault, then: impl FnOnce() -> T) -> Result<T, String> {
        let file = self.folder.join(&fault.file);
        let sound = fs::read_to_string(&file).unwrap();
        fs::write(&file, fault.plant(&sound)?).unwrap();
        let result = then();
        fs::write(&file, sound).unwrap();
        Ok(result)
    }
}

fn copy_folder(from: &Path, to: &Path, kept: &mut BTreeSet<PathBuf>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let name = entry.file_name();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !MADE.iter().any(|made| name == *made) {
            copy_folder(&source, &target, kept);
        } else if kind.is_file() {
            let bytes = fs::read(&source).unwrap();
            if fs::read(&target).ok().as_ref() != Some(&bytes) {
                fs::write(&target, bytes).unwrap();
            }
            kept.insert(target);
        }
    }
}

fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            remove_others(&path, kept);
        } else if !kept.contains(&path) {
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn a_copy_follows_the_tree_and_gives_faults_back() {
    let made = tempfile::tempdir().unwrap();
    let fault = Fault::all().swap_remove(0);
    let copy = Copy::of_tree(made.path().join("tree"));
    let file = copy.folder().join(&fault.file);
    let sound = fs::read_to_string(&file).unwrap();
    let planted = copy.with(&fault, || fs::read_to_string(&file).unwrap()).unwrap();
    assert_ne!(planted, sound);
    assert_eq!(fs::read_to_string(&file).unwrap(), sound);

    let (stray, when) = (copy.folder().join("stray.rs"), fs::metadata(&file).unwrap().modified().unwrap());
    fs::write(&stray, "").unwrap();
    fs::write(copy.folder().join("Cargo.toml"), "left over by a run that was cut off").unwrap();
    let again = Copy::of_tree(made.path().join("tree"));
    assert!(!stray.exists());
    assert_eq!(
        fs::read(again.folder().join("Cargo.toml")).unwrap(),
        fs::read(top().join("Cargo.toml")).unwrap()
    );
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), when, "what is equal is left alone");
}
