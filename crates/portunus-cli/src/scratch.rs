//! A file for the time of a measurement. It knows nothing of what is in it.

use crate::files::beside;
use std::path::{Path, PathBuf};

/// A file that is gone when this is dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A name beside that of a file, so that both are on one disk. Nothing is made.
    pub fn beside(path: &Path, name: &str) -> Self {
        Self(beside(path, &format!(".{name}-{}", std::process::id())))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes the name from a file that is open, where the system allows it: then nothing is left of it even when the program is
    /// interrupted.
    pub fn forget_name(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
