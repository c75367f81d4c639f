//! Files that hold secrets, and files that must not be overwritten. It knows nothing of what is in them.

use crate::failure::{Failure, Result};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

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
pub fn write_secret(mut file: &File, path: &Path, secret: &portunus::Secret) -> Result {
    let written = file.write_all(secret.expose().as_bytes()).and_then(|()| file.write_all(b"\n"));
    written.and_then(|()| file.sync_all()).map_err(|error| Failure::file("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_is_its_owners_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = create_private(&path).unwrap();
        write_secret(&file, &path, &portunus::Secret::new("swordfish")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "swordfish\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(create_private(&path).unwrap_err().exit().code(), 5);
    }
}
