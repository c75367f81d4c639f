//! Where a secret comes from: a file, the environment, or a prompt, and never an argument. The only file that names
//! `rpassword`. It knows nothing of what the secret opens.

use crate::args::Common;
use crate::failure::{Failure, Result};
use portunus::Secret;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

/// The variable of the environment that a secret may be in.
const SECRET_VARIABLE: &str = "PORTUNUS_SECRET";

/// The most bytes that a secret and its scope can have, and more.
const SECRET_BYTES_MAX: u64 = 8 * 1024;

/// The secret that a command was given.
///
/// # Errors
/// If there is none, or it cannot be read. What was read is never part of the message.
pub fn read_secret(common: &Common) -> Result<Secret> {
    if let Some(path) = &common.secret_file {
        return from_file(path);
    }
    if let Some(text) = std::env::var_os(SECRET_VARIABLE).filter(|text| !text.is_empty()) {
        let text = text
            .into_string()
            .map_err(|_| Failure::usage(format!("{SECRET_VARIABLE} holds something that is no text")))?;
        return secret_of(text, SECRET_VARIABLE);
    }
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let text = rpassword::prompt_password("Secret: ")
            .map_err(|error| Failure::new(format!("cannot read the secret: {error}")))?;
        return secret_of(text, "the answer");
    }
    Err(Failure::no_secret())
}

fn from_file(path: &Path) -> Result<Secret> {
    if path.as_os_str() == "-" {
        return read_whole(io::stdin().lock(), Path::new("standard input"));
    }
    read_whole(File::open(path).map_err(|error| Failure::file("read", path, &error))?, path)
}

fn read_whole(source: impl Read, path: &Path) -> Result<Secret> {
    // With room from the start: a string that grows leaves its old bytes behind.
    let mut text = String::with_capacity(usize::try_from(SECRET_BYTES_MAX).unwrap_or_default() + 1);
    match source.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(read) if u64::try_from(read).unwrap_or(u64::MAX) > SECRET_BYTES_MAX => {
            Err(Failure::usage(format!("{} is too large to be a secret", path.display())))
        }
        Ok(_) => secret_of(text, &path.display().to_string()),
        Err(error) => Err(Failure::file("read", path, &error)),
    }
}

/// A secret from its text, without the line end that editors add.
fn secret_of(mut text: String, source: &str) -> Result<Secret> {
    text.truncate(text.trim_end().len());
    if text.is_empty() {
        return Err(Failure::usage(format!("{source} holds no secret: it is empty")));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_line_end() {
        let check = |text: &str| secret_of(text.into(), "here").map(|secret| secret.expose().to_owned());
        assert_eq!(check("pk_a\r\n").unwrap(), "pk_a");
        assert_eq!(check("pk_a").unwrap(), "pk_a");
        assert_eq!(check("\n").unwrap_err().exit().code(), 2);
    }

    #[test]
    fn what_is_no_secret_file_is_refused_without_its_content() {
        let long = "x".repeat(1 << 20);
        for bytes in [long.as_bytes(), b"swordfish\xff"] {
            let failure = read_whole(bytes, Path::new("f")).unwrap_err().to_string();
            assert!(!failure.contains("sword") && !failure.contains("xx"), "{failure}");
        }
    }
}
