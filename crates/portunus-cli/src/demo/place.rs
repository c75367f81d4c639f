//! Where the demo leaves its files, and which files it may take away: its own, and never one that is no store.

use crate::failure::{Failure, Result};
use crate::files::{begins_with, beside};
use crate::scratch::Scratch;
use portunus::{ErrorKind, Portunus};
use std::path::{Path, PathBuf};

/// How the file of a key begins.
const KEY_PREFIX: &str = "pk_";

/// The files of one demo. They are taken away again if it does not come to its end.
pub(super) struct Place {
    store: PathBuf,
    key_file: PathBuf,
    kept: bool,
}

impl Place {
    /// A place with nothing in it.
    ///
    /// # Errors
    /// A conflict if there is something, and it is not to be replaced or not what it would have to be.
    pub(super) fn free(store: &Path, force: bool) -> Result<Self> {
        let key_file = beside(store, ".key");
        for path in [store, &key_file] {
            if !force && is_taken(path) {
                return Err(Failure::already_exists(format!("{} is there already", path.display()))
                    .hint("name another file, or replace this one with --force"));
            }
        }
        // Both are looked at before either goes.
        let store_is_there = is_replaceable(store, is_store)?;
        let key_is_there = is_replaceable(&key_file, is_key_file)?;
        for (path, there) in [(store, store_is_there), (key_file.as_path(), key_is_there)] {
            if there {
                std::fs::remove_file(path).map_err(|error| Failure::file("replace", path, &error))?;
            }
        }
        Ok(Self { store: store.into(), key_file, kept: false })
    }

    pub(super) fn store(&self) -> &Path {
        &self.store
    }

    pub(super) fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// A file for the time of a measurement, on the same disk.
    pub(super) fn scratch(&self, name: &str) -> Scratch {
        Scratch::beside(&self.store, name)
    }

    /// Leaves the files where they are.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.store);
            let _ = std::fs::remove_file(&self.key_file);
        }
    }
}

/// The name of the first demo that is made in a folder, the second, and so on.
pub(super) fn nth(number: u32) -> PathBuf {
    if number == 1 { "demo.portunus".into() } else { format!("demo-{number}.portunus").into() }
}

/// The first of these names that no demo has left its files at.
pub(super) fn first_free() -> PathBuf {
    let free = |store: &PathBuf| !is_taken(store) && !is_taken(&beside(store, ".key"));
    (1..=u32::MAX).map(nth).find(free).unwrap_or_else(|| nth(1))
}

fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether there is a file that may be replaced.
///
/// # Errors
/// If there is something else.
fn is_replaceable(path: &Path, is_ours: fn(&Path) -> Result<bool>) -> Result<bool> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file("look at", path, &error)),
        Ok(metadata) if metadata.is_file() && is_ours(path)? => Ok(true),
        Ok(_) => Err(Failure::already_exists(format!("{} is no file that a demo leaves", path.display()))
            .hint("it stays as it is: name another file")),
    }
}

/// # Errors
/// If another process works with it.
fn is_store(path: &Path) -> Result<bool> {
    match Portunus::builder().sweep_every(None).open(path) {
        Err(error) if error.kind() == ErrorKind::Locked => Err(Failure::from(error).at(path.display())),
        opened => Ok(opened.is_ok()),
    }
}

fn is_key_file(path: &Path) -> Result<bool> {
    Ok(begins_with(path, KEY_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_store_and_its_key_is_ever_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        drop(Portunus::create(path("store")).unwrap());
        std::fs::write(path("store.key"), "pk_…").unwrap();
        std::fs::write(path("letter"), "dear all").unwrap();
        drop(Portunus::create(path("mixed")).unwrap());
        std::fs::write(path("mixed.key"), "no key").unwrap();
        std::fs::create_dir(path("folder")).unwrap();

        for name in ["store", "letter", "mixed", "folder"] {
            assert!(Place::free(&path(name), false).is_err(), "{name}");
        }
        for name in ["letter", "mixed", "folder"] {
            assert!(Place::free(&path(name), true).is_err(), "{name}");
            assert!(path(name).exists(), "{name}");
        }
        let place = Place::free(&path("store"), true).unwrap();
        assert!(!path("store").exists() && !path("store.key").exists());
        drop(place);
    }

    #[test]
    fn a_demo_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::free(&folder.path().join("store"), false).unwrap();
        for path in [place.store(), place.key_file()] {
            std::fs::write(path, "half").unwrap();
        }
        drop(place);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
