//! How a command fails: a message, what to do about it, and the exit code that programs go by. It knows no command.

use portunus::ErrorKind;
use std::fmt;
use std::io;
use std::path::Path;

/// A result of a command.
pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// The exit codes, as programs may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Whoever read the output has gone. There is nobody to tell, and nothing wrong.
    Gone,
    /// Something failed.
    Failure,
    /// The command was not understood.
    Usage,
    /// The secret or the password opens nothing, its role does not allow this, or it was tried too often.
    Denied,
    /// There is no such thing.
    NotFound,
    /// Something else is in the way.
    Conflict,
    /// The store is damaged.
    Corrupt,
    /// The store is open elsewhere.
    Locked,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Gone => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::NotFound => 4,
            Self::Conflict => 5,
            Self::Corrupt => 6,
            Self::Locked => 7,
        }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure that has no more exact kind.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, code: "failure", message: message.into(), hint: None }
    }

    /// A command that cannot be carried out as it was given.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: "usage", message: message.into(), hint: None }
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self {
            exit: Exit::NotFound,
            code: "not_found",
            message: format!("there is no such {what}"),
            hint: None,
        }
    }

    /// There is one already.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self { exit: Exit::Conflict, code: "already_exists", message: message.into(), hint: None }
    }

    /// A secret or a password was not given, and nobody can be asked for it.
    pub fn no_secret(noun: &str, variable: &str, option: &str) -> Self {
        Self {
            exit: Exit::Denied,
            code: "unauthenticated",
            message: format!("no {noun} was given"),
            hint: Some(format!("set {variable}, or name a file with {option}")),
        }
    }

    /// Damage that a check has found.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self { exit: Exit::Corrupt, code: "corrupt", message: message.into(), hint: None }
    }

    /// A file that the operating system would not read or write.
    pub fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        let (exit, code, problem) = match error.kind() {
            io::ErrorKind::NotFound => (Exit::NotFound, "not_found", "there is no such file".to_owned()),
            io::ErrorKind::AlreadyExists => {
                (Exit::Conflict, "already_exists", "there is something of that name already".to_owned())
            }
            io::ErrorKind::IsADirectory => (Exit::Failure, "io", "it is a folder".to_owned()),
            io::ErrorKind::InvalidData => (Exit::Failure, "io", "it is no text in UTF-8".to_owned()),
            _ => (Exit::Failure, "io", error.to_string()),
        };
        Self { exit, code, message: format!("cannot {doing} {}: {problem}", path.display()), hint: None }
    }

    /// What comes back from a write to standard output.
    pub fn output(error: &io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Gone } else { Exit::Failure };
        Self { exit, code: "io", message: format!("cannot write the output: {error}"), hint: None }
    }

    /// The same failure, with a word on what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure, with where it happened put before it.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// The same failure of what every holder of a token may do, and nobody else whatever the role.
    #[must_use]
    pub fn for_token_holders(self) -> Self {
        if self.code != ErrorKind::Denied.code() {
            return self;
        }
        self.hint("this is for the token of a document; `portunus whoami` shows the kind of this secret")
    }

    /// The kind, for the exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong, without what to do about it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// As the end of a line that names the place.
    pub fn one_line(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.message.clone(), |hint| format!("{} ({hint})", self.message))
    }

    /// As one JSON value.
    pub fn to_json(&self) -> serde_json::Value {
        let mut error = serde_json::json!({"code": self.code, "message": self.message});
        if let (Some(hint), Some(object)) = (&self.hint, error.as_object_mut()) {
            object.insert("hint".into(), hint.as_str().into());
        }
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<portunus::Error> for Failure {
    fn from(error: portunus::Error) -> Self {
        let kind = error.kind();
        let message = match &error {
            portunus::Error::Rule { text, error } => format!("a rule is none:\n{}", error.shown_in(text)),
            other => other.to_string(),
        };
        Self { exit: exit_of(kind), code: kind.code(), message, hint: hint_of(kind).map(Into::into) }
    }
}

fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Unauthenticated | ErrorKind::Denied | ErrorKind::InvalidSecret | ErrorKind::Throttled => {
            Exit::Denied
        }
        ErrorKind::NotFound => Exit::NotFound,
        ErrorKind::AlreadyExists | ErrorKind::Constraint | ErrorKind::Conflict => Exit::Conflict,
        ErrorKind::Corrupt => Exit::Corrupt,
        ErrorKind::Locked => Exit::Locked,
        // Kinds may be added; whatever they are, they are failures.
        _ => Exit::Failure,
    }
}

fn hint_of(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Unauthenticated => Some(
            "the secret may be mistyped, revoked or expired, its database disabled, or --in and --as ask for what it may not do",
        ),
        ErrorKind::Denied => {
            Some("the role of this secret does not allow it; `portunus whoami` shows the role")
        }
        ErrorKind::Corrupt => {
            Some("`portunus check` lists what is damaged; keep a copy of the file before anything else")
        }
        ErrorKind::Locked => Some("another process works with this store; wait until it has ended"),
        ErrorKind::OutcomeUnknown => Some(
            "writing failed; is the disk full? look whether the change is there before you make it again",
        ),
        ErrorKind::Conflict => {
            Some("somebody changed the same thing at the same time; run the command again")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_kind_of_error() {
        for (kind, code) in [
            (ErrorKind::Unauthenticated, 3),
            (ErrorKind::Denied, 3),
            (ErrorKind::InvalidSecret, 3),
            (ErrorKind::Throttled, 3),
            (ErrorKind::NotFound, 4),
            (ErrorKind::AlreadyExists, 5),
            (ErrorKind::Constraint, 5),
            (ErrorKind::Conflict, 5),
            (ErrorKind::Corrupt, 6),
            (ErrorKind::Locked, 7),
            (ErrorKind::Invalid, 1),
            (ErrorKind::Version, 1),
            (ErrorKind::Io, 1),
        ] {
            assert_eq!(exit_of(kind).code(), code, "{kind:?}");
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        assert_eq!(Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe)).exit().code(), 0);
        assert_eq!(Failure::output(&io::Error::from(io::ErrorKind::StorageFull)).exit().code(), 1);
    }
}
