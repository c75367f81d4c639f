//! Files that hold secrets, and files that must not be overwritten. It knows nothing of what is in them.

use crate::failure::{Failure, Result};
use portunus::Secret;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Creates a file that only its owner can read.
///
/// # Errors
/// A conflict if there is anything at `path`; a failure of the operating system.
pub fn create_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Failure::file("create", path, &error))
}

/// Writes a secret and a line end into a file that was created for it, down to the disk.
///
/// # Errors
/// A failure of the operating system.
pub fn write_secret(mut file: &File, path: &Path, secret: &Secret) -> Result {
    let written = file.write_all(secret.expose().as_bytes()).and_then(|()| file.write_all(b"\n"));
    written.and_then(|()| file.sync_all()).map_err(|error| Failure::file("write", path, &error))
}

/// Whether there is a file whose first bytes are these.
pub fn begins_with(path: &Path, prefix: &str) -> bool {
    let length = u64::try_from(prefix.len()).unwrap_or(u64::MAX);
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(length).read_to_end(&mut start));
    read.is_ok() && start == prefix.as_bytes()
}

/// The name of a file beside another one: the same with an ending.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// A file for a secret that is about to be made: made first, so that no secret is made that has nowhere to go, and gone
/// again unless it is kept.
pub struct SecretFile {
    path: PathBuf,
    /// Where it is written, if it is to take the place of another one in the end.
    beside: Option<PathBuf>,
    file: File,
    kept: bool,
}

impl SecretFile {
    /// A new file.
    ///
    /// # Errors
    /// As [`create_private`].
    pub fn create(path: &Path) -> Result<Self> {
        let file = create_private(path)?;
        Ok(Self { path: path.into(), beside: None, file, kept: false })
    }

    /// A new file, or one that will take the place of a file that holds a secret beginning with `prefix`.
    ///
    /// # Errors
    /// As [`create_private`], if there is anything else at `path`.
    pub fn create_or_replace(path: &Path, prefix: &str) -> Result<Self> {
        // Whatever else is there, creating a file finds it.
        if !begins_with(path, prefix) {
            return Self::create(path);
        }
        let beside = beside(path, ".new");
        let file = create_private(&beside)?;
        Ok(Self { path: path.into(), beside: Some(beside), file, kept: false })
    }

    /// The file, for what is no text: a backup is a secret too.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where the secret will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the secret.
    ///
    /// # Errors
    /// As [`write_secret`].
    pub fn write(&self, secret: &Secret) -> Result {
        write_secret(&self.file, self.written(), secret)
    }

    /// Lets the file stay, in its place.
    ///
    /// # Errors
    /// A failure of the operating system.
    pub fn keep(mut self) -> Result {
        if let Some(beside) = &self.beside {
            std::fs::rename(beside, &self.path)
                .map_err(|error| Failure::file("replace", &self.path, &error))?;
        }
        self.kept = true;
        Ok(())
    }

    fn written(&self) -> &Path {
        self.beside.as_ref().unwrap_or(&self.path)
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(self.written());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_is_its_owners_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = SecretFile::create(&path).unwrap();
        file.write(&Secret::new("swordfish")).unwrap();
        file.keep().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "swordfish\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(create_private(&path).unwrap_err().exit().code(), 5);
    }

    #[test]
    fn a_file_that_no_secret_came_into_is_gone_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        drop(SecretFile::create(&path).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn only_a_secret_of_the_same_kind_is_replaced_and_only_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "dear all").unwrap();
        assert_eq!(SecretFile::create_or_replace(&path, "pt_").err().map(|it| it.exit().code()), Some(5));
        std::fs::write(&path, "pt_old\n").unwrap();
        let file = SecretFile::create_or_replace(&path, "pt_").unwrap();
        file.write(&Secret::new("pt_new")).unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "pt_old\n");
        let file = SecretFile::create_or_replace(&path, "pt_").unwrap();
        file.write(&Secret::new("pt_new")).unwrap();
        file.keep().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "pt_new\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
