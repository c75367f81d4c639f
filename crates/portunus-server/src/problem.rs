//! What went wrong, as RFC 9457 has it: a status, a stable code, and words. It knows nothing of requests.

use crate::reply::Reply;
use axum::http::{StatusCode, header};
use portunus::{Error, ErrorKind};
use serde_json::{Map, Value as Json};
use std::time::Duration;

/// What is said in `WWW-Authenticate`.
const CHALLENGE: &str = "Bearer realm=\"portunus\"";

/// What went wrong.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    operation: Option<usize>,
    challenge: Option<&'static str>,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of the request itself.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (operation, challenge, retry_after) = (None, None, None);
        Self { status, code, detail: detail.into(), operation, challenge, retry_after }
    }

    /// A request that is not one.
    pub fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A request that brings no secret along.
    pub fn no_secret() -> Self {
        let detail = "a request brings its secret along as Authorization: Bearer";
        let problem = Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
        Self { challenge: Some(""), ..problem }
    }

    /// More is asked for than can be done now.
    pub fn busy(detail: &str) -> Self {
        Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail) }
    }

    /// It may have been done, or may yet be.
    pub fn outcome_unknown(status: StatusCode) -> Self {
        let detail =
            "the outcome of the commit is unknown; look, or send it again with the same Idempotency-Key";
        Self::new(status, ErrorKind::OutcomeUnknown.code(), detail)
    }

    /// There is nothing of that name, or nothing that may be seen.
    pub fn missing(what: &'static str) -> Self {
        Self::of(&Error::NotFound(what))
    }

    /// An error of the engine.
    pub fn of(error: &Error) -> Self {
        let kind = error.kind();
        let status = status_of(error);
        let problem = Self::new(status, kind.code(), detail_of(error));
        match error {
            Error::Unauthenticated => Self { challenge: Some(", error=\"invalid_token\""), ..problem },
            Error::Denied { .. } => Self { challenge: Some(", error=\"insufficient_scope\""), ..problem },
            Error::Throttled { retry_after } => {
                Self { retry_after: Some(whole_seconds(*retry_after)), ..problem }
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Self { retry_after: Some(1), ..problem },
            _ => problem,
        }
    }

    /// The same, with the number of the operation that failed, if it was one.
    #[must_use]
    pub fn at(self, operation: Option<usize>) -> Self {
        Self { operation, ..self }
    }

    /// As it is answered.
    pub fn reply(self, request_id: &str) -> Reply {
        let mut body = Map::new();
        body.insert("type".into(), "about:blank".into());
        body.insert("title".into(), self.status.canonical_reason().unwrap_or("Error").into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("code".into(), self.code.into());
        body.insert("detail".into(), self.detail.into());
        if let Some(operation) = self.operation {
            body.insert("operation".into(), operation.into());
        }
        body.insert("request_id".into(), request_id.into());
        let reply = Reply::typed(self.status, "application/problem+json", Json::Object(body).to_string());
        let reply = match self.challenge {
            Some(error) => reply.header(header::WWW_AUTHENTICATE, format!("{CHALLENGE}{error}")),
            None => reply,
        };
        match self.retry_after {
            Some(seconds) => reply.header(header::RETRY_AFTER, seconds.to_string()),
            None => reply,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

/// What is told of it. What happened inside is for the one who runs the server.
fn detail_of(error: &Error) -> String {
    match error {
        Error::Internal(_) | Error::Io(_) | Error::Corrupt(_) | Error::Version(_) => {
            tracing::error!(%error, "a request failed");
            "something failed here; whoever runs the server finds it in its log".into()
        }
        Error::OutcomeUnknown(cause) => {
            tracing::error!(%cause, "the outcome of a commit is unknown");
            "the outcome of the commit is unknown".into()
        }
        Error::Rule { text, error } => format!("a rule is none:\n{}", error.shown_in(text)),
        other => other.to_string(),
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::OtherVersion => return StatusCode::PRECONDITION_FAILED,
        Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            return StatusCode::INSUFFICIENT_STORAGE;
        }
        Error::Limit { what: "the queue for hashing passwords", .. } => {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        _ => {}
    }
    match error.kind() {
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Denied | ErrorKind::InvalidSecret => StatusCode::FORBIDDEN,
        ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::AlreadyExists | ErrorKind::Constraint | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Limit => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Application => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::OutcomeUnknown | ErrorKind::SnapshotExpired => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::ReadOnly | ErrorKind::Locked => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}
