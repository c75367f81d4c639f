//! Where secrets and passwords come from: a file, the environment, or a prompt, and never an argument. The only file that
//! names `rpassword`. It knows nothing of what they open.

use crate::args::Common;
use crate::failure::{Failure, Result};
use clap::Args;
use portunus::{Password, PasswordHash, Secret};
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

/// The most bytes that a secret can have, be it one with a scope or a token of an outside issuer, and more.
const TEXT_BYTES_MAX: u64 = 32 * 1024;

/// The secret that opens the store.
const SECRET: Source = Source {
    noun: "secret",
    variable: "PORTUNUS_SECRET",
    option: "--secret-file",
    prompt: "Secret: ",
    trimmed: Trimmed::All,
};
/// The password that somebody has.
const PASSWORD: Source = Source {
    noun: "password",
    variable: "PORTUNUS_PASSWORD",
    option: "--password-file",
    prompt: "Password: ",
    trimmed: Trimmed::LineEnd,
};
/// The password that somebody is to have.
const NEW_PASSWORD: Source = Source {
    noun: "new password",
    variable: "PORTUNUS_NEW_PASSWORD",
    option: "--new-password-file",
    prompt: "New password: ",
    trimmed: Trimmed::LineEnd,
};

/// What has to be kept to oneself, and where it may be found.
struct Source {
    noun: &'static str,
    variable: &'static str,
    option: &'static str,
    prompt: &'static str,
    trimmed: Trimmed,
}

/// What is no part of a text at its end.
#[derive(Clone, Copy)]
enum Trimmed {
    /// All white space.
    All,
    /// The one line end that editors add: a password may end with a space.
    LineEnd,
}

/// The password that somebody has.
#[derive(Args)]
pub struct PasswordArgs {
    /// Read the password from this file, or from standard input if it is '-' [otherwise: env PORTUNUS_PASSWORD, or a prompt]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// The password that somebody is to have in the place of another one.
#[derive(Args)]
pub struct NewPasswordArgs {
    /// Read the new password from this file, or from standard input if it is '-' [otherwise: env PORTUNUS_NEW_PASSWORD, or a
    /// prompt]
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password, to be tried.
    ///
    /// # Errors
    /// If there is none, or it cannot be read, or it is too long. It is never part of the message.
    pub fn read(&self, common: &Common) -> Result<Password> {
        check_standard_input(&[common.secret_file.as_deref(), self.password_file.as_deref()])?;
        Ok(Password::new(PASSWORD.read(self.password_file.as_deref(), Asked::Once)?)?)
    }

    /// The password, to be set: whoever types it, types it twice.
    ///
    /// # Errors
    /// As [`PasswordArgs::read`]; also if what is typed the second time is something else.
    pub fn read_to_set(&self, common: &Common) -> Result<Password> {
        check_standard_input(&[common.secret_file.as_deref(), self.password_file.as_deref()])?;
        Ok(Password::new(PASSWORD.read(self.password_file.as_deref(), Asked::Twice)?)?)
    }
}

impl NewPasswordArgs {
    /// The present password, and the new one.
    ///
    /// # Errors
    /// As [`PasswordArgs::read_to_set`].
    pub fn read_both(&self, present: &PasswordArgs, common: &Common) -> Result<(Password, Password)> {
        let (present, new) = (present.password_file.as_deref(), self.new_password_file.as_deref());
        check_standard_input(&[common.secret_file.as_deref(), present, new])?;
        let present = Password::new(PASSWORD.read(present, Asked::Once)?)?;
        Ok((present, Password::new(NEW_PASSWORD.read(new, Asked::Twice)?)?))
    }
}

/// The secret that a command was given.
///
/// # Errors
/// If there is none, or it cannot be read. What was read is never part of the message.
pub fn read_secret(common: &Common) -> Result<Secret> {
    SECRET.read(common.secret_file.as_deref(), Asked::Once).map(Secret::new)
}

/// A secret from a file.
///
/// # Errors
/// As [`read_secret`].
pub fn read_secret_file(path: &Path) -> Result<Secret> {
    SECRET.open(path).map(Secret::new)
}

/// A password hash that was made elsewhere, from a file or from standard input.
///
/// # Errors
/// As [`read_secret`]; as the store's, if it is none that can be taken over.
pub fn read_password_hash(path: &Path, common: &Common) -> Result<PasswordHash> {
    check_standard_input(&[common.secret_file.as_deref(), Some(path)])?;
    let text = Source { noun: "password hash", ..SECRET }.open(path)?;
    Ok(PasswordHash::import(&text)?)
}

/// How often somebody has to type it.
#[derive(Clone, Copy)]
enum Asked {
    Once,
    Twice,
}

impl Source {
    fn read(&self, file: Option<&Path>, asked: Asked) -> Result<String> {
        if let Some(path) = file {
            return self.open(path);
        }
        if let Some(text) = std::env::var_os(self.variable).filter(|text| !text.is_empty()) {
            let text = text
                .into_string()
                .map_err(|_| Failure::usage(format!("{} holds something that is no text", self.variable)))?;
            return self.cut(text, self.variable);
        }
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return self.ask(asked);
        }
        Err(Failure::no_secret(self.noun, self.variable, self.option))
    }

    fn ask(&self, asked: Asked) -> Result<String> {
        let answer = |prompt: &str| {
            rpassword::prompt_password(prompt)
                .map_err(|error| Failure::new(format!("cannot read the {}: {error}", self.noun)))
        };
        let text = answer(self.prompt)?;
        if matches!(asked, Asked::Twice) && answer("The same again: ")? != text {
            return Err(Failure::usage("that was something else the second time"));
        }
        self.cut(text, "the answer")
    }

    fn open(&self, path: &Path) -> Result<String> {
        if path.as_os_str() == "-" {
            return self.read_whole(io::stdin().lock(), Path::new("standard input"));
        }
        self.read_whole(File::open(path).map_err(|error| Failure::file("read", path, &error))?, path)
    }

    fn read_whole(&self, source: impl Read, path: &Path) -> Result<String> {
        // With room from the start: a string that grows leaves its old bytes behind.
        let mut text = String::with_capacity(usize::try_from(TEXT_BYTES_MAX).unwrap_or_default() + 1);
        match source.take(TEXT_BYTES_MAX + 1).read_to_string(&mut text) {
            Ok(read) if u64::try_from(read).unwrap_or(u64::MAX) > TEXT_BYTES_MAX => {
                Err(Failure::usage(format!("{} is too large to be a {}", path.display(), self.noun)))
            }
            Ok(_) => self.cut(text, &path.display().to_string()),
            Err(error) => Err(Failure::file("read", path, &error)),
        }
    }

    /// The text without the line end that editors add.
    fn cut(&self, mut text: String, source: &str) -> Result<String> {
        let kept = match self.trimmed {
            Trimmed::All => text.trim_end(),
            Trimmed::LineEnd => {
                let line = text.strip_suffix('\n').unwrap_or(&text);
                line.strip_suffix('\r').unwrap_or(line)
            }
        };
        text.truncate(kept.len());
        if text.is_empty() {
            return Err(Failure::usage(format!("{source} holds no {}: it is empty", self.noun)));
        }
        Ok(text)
    }
}

/// # Errors
/// A usage failure if more than one of these is standard input, which can be read only once.
fn check_standard_input(files: &[Option<&Path>]) -> Result {
    let count = files.iter().flatten().filter(|path| path.as_os_str() == "-").count();
    if count > 1 { Err(Failure::usage("standard input can hold only one secret")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_line_end() {
        let check = |text: &str| SECRET.cut(text.into(), "here");
        assert_eq!(check("pk_a\r\n").unwrap(), "pk_a");
        assert_eq!(check("pk_a").unwrap(), "pk_a");
        assert_eq!(check("\n").unwrap_err().exit().code(), 2);
    }

    #[test]
    fn a_password_keeps_its_spaces() {
        let check =
            |text: &str, password: &str| assert_eq!(PASSWORD.cut(text.into(), "here").unwrap(), password);
        check("horse \n", "horse ");
        check(" horse\r\n", " horse");
        check("horse\n\n", "horse\n");
        assert_eq!(PASSWORD.cut("\n".into(), "here").unwrap_err().exit().code(), 2);
    }

    #[test]
    fn what_is_no_secret_file_is_refused_without_its_content() {
        let long = "x".repeat(1 << 20);
        for bytes in [long.as_bytes(), b"swordfish\xff"] {
            let failure = SECRET.read_whole(bytes, Path::new("f")).unwrap_err().to_string();
            assert!(!failure.contains("sword") && !failure.contains("xx"), "{failure}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        let (dash, file) = (Some(Path::new("-")), Some(Path::new("f")));
        for (files, fine) in
            [([dash, file, None], true), ([None; 3], true), ([dash, None, dash], false), ([dash; 3], false)]
        {
            assert_eq!(check_standard_input(&files).is_ok(), fine);
        }
    }
}
