//! A request as one transaction: its operations are read, opened with its secret, run, and answered. It knows nothing of connections.

use crate::problem::Problem;
use crate::reply::Reply;
use crate::room::Room;
use crate::routes::{DOCUMENT, Input, Route};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use portunus::{Error, Portunus, Secret};
use portunus_wire::{Answer, Operation, Progress, Request};
use serde_json::Value as Json;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What came with a request.
#[derive(Debug)]
pub struct Asked {
    /// What opens it.
    pub secret: Secret,
    /// The parameters of its path.
    pub parameters: Vec<(String, String)>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// The store, and how much may be done with it at once.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The store.
    pub db: Portunus,
    /// The room.
    pub room: Room,
}

/// What a transaction has answered; nothing if it had been done before.
type Answers = Option<Vec<Answer>>;

impl Engine {
    /// Runs a list of operations.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn transact(&self, asked: Asked) -> Result<Reply, Problem> {
        let once = once_of(&asked.headers)?;
        let Asked { secret, body, .. } = asked;
        let answers = self.run(secret, once, true, move || Ok(Request::read(&body)?)).await?;
        let Some(answers) = answers else { return Ok(Reply::json(StatusCode::OK, REPLAYED)) };
        let texts: Vec<&str> = answers.iter().map(Answer::json).collect();
        Ok(Reply::json(StatusCode::OK, format!("{{\"answers\":[{}]}}", texts.join(","))))
    }

    /// Runs the operation that a path asks for.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn operate(&self, route: &Route, asked: Asked) -> Result<Reply, Problem> {
        let once = once_of(&asked.headers)?;
        let (name, version) = conditioned(route, &asked.headers)?;
        let (input, writes) = (route.input, Operation::NAMES.1.contains(&name));
        let Asked { secret, parameters, body, .. } = asked;
        let read = move || {
            let arguments = arguments(input, &parameters, version, &body)?;
            Ok(Request::of(Operation::named(name, &arguments)?))
        };
        let answers = self.run(secret, once, writes, read).await?;
        let Some(answers) = answers else { return Ok(Reply::json(StatusCode::OK, REPLAYED)) };
        let answer = answers.first().ok_or_else(|| Error::Internal("an operation has no answer".into()))?;
        if answer.is_nothing() {
            return Err(Problem::missing(noun_of(name)));
        }
        let status = if name.starts_with("create") { StatusCode::CREATED } else { StatusCode::OK };
        let reply = Reply::json(status, answer.json());
        Ok(match answer.version() {
            Some(version) => reply.header(header::ETAG, format!("\"{version}\"")),
            None => reply,
        })
    }

    /// That a secret opens something, before more is done for whoever brings it.
    ///
    /// # Errors
    /// 401 if it does not.
    pub async fn prove(&self, secret: &Secret) -> Result<(), Problem> {
        let (db, secret) = (self.db.clone(), secret.clone());
        let opened = self.room.run(false, move || Ok(db.begin_read(&secret)?)).await;
        opened.map(drop)
    }

    async fn run(
        &self,
        secret: Secret,
        once: Option<String>,
        writes: bool,
        read: impl FnOnce() -> Result<Request, Problem> + Send + 'static,
    ) -> Result<Answers, Problem> {
        let db = self.db.clone();
        self.room.run(writes, move || answers(&db, &secret, once.as_deref(), read)).await
    }
}

const REPLAYED: &str = "{\"replayed\":true}";

fn answers(
    db: &Portunus,
    secret: &Secret,
    once: Option<&str>,
    read: impl FnOnce() -> Result<Request, Problem>,
) -> Result<Answers, Problem> {
    // Opened before it is read: nothing is taken apart for those whose secret opens nothing.
    let view = db.begin_read(secret)?;
    let request = read()?;
    let mut progress = Progress::default();
    let answered = if request.writes() {
        drop(view);
        db.write(secret, |tx| match once.map(|token| tx.once(token)).transpose()? {
            Some(false) => Ok(None),
            Some(true) | None => request.write(tx, &mut progress).map(Some),
        })
    } else {
        request.ask(&view, &mut progress).map(Some)
    };
    answered.map_err(|error| Problem::of(&error).at(progress.operation))
}

/// The operation that is meant, and the version that the document must have.
fn conditioned(route: &Route, headers: &HeaderMap) -> Result<(&'static str, Option<u64>), Problem> {
    let if_match = single(headers, &header::IF_MATCH)?;
    let if_none_match = single(headers, &header::IF_NONE_MATCH)?;
    let is_document = route.path == DOCUMENT && route.operation != "get";
    match (if_match, if_none_match) {
        (None, None) => Ok((route.operation, None)),
        (None, Some("*")) if is_document && route.operation == "put" => Ok(("create", None)),
        (Some(text), None) if is_document => {
            let name = if route.operation == "put" { "replace" } else { route.operation };
            Ok((name, version_of(text)?))
        }
        _ => Err(Problem::bad("invalid_request", "there is no such condition here")),
    }
}

fn version_of(text: &str) -> Result<Option<u64>, Problem> {
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let version = version.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let version = version.and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| Problem::bad("invalid_request", "If-Match is one ETag as it was given"))
}

fn once_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    Ok(single(headers, &IDEMPOTENCY_KEY)?.map(ToOwned::to_owned))
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Problem::bad("invalid_request", format!("{name} is no text"))),
        },
        (Some(_), Some(_)) => Err(Problem::bad("invalid_request", format!("there is more than one {name}"))),
    }
}

/// The object of an operation's arguments, as text: numbers stay as they were written.
fn arguments(
    input: Input,
    parameters: &[(String, String)],
    version: Option<u64>,
    body: &str,
) -> Result<String, Problem> {
    let mut members: Vec<String> =
        parameters.iter().map(|(name, value)| format!("\"{name}\":{}", Json::from(value.as_str()))).collect();
    if let Some(version) = version {
        members.push(format!("\"if_version\":{version}"));
    }
    let body = body.trim_ascii();
    match input {
        Input::Path if !body.is_empty() => {
            return Err(Problem::bad("invalid", "there is nothing to say here"));
        }
        Input::Path => {}
        Input::Members if body.is_empty() => {}
        Input::Members => {
            let _: &serde_json::value::RawValue = is_json(body)?;
            let inner = body.strip_prefix('{').and_then(|body| body.strip_suffix('}'));
            let inner = inner.ok_or_else(|| Problem::bad("invalid", "the body is an object"))?.trim_ascii();
            members.extend((!inner.is_empty()).then(|| inner.to_owned()));
        }
        Input::Whole(name) => {
            let _: &serde_json::value::RawValue = is_json(body)?;
            members.push(format!("\"{name}\":{body}"));
        }
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// That a text is one JSON value, and so cannot end what it is put into.
fn is_json(text: &str) -> Result<&serde_json::value::RawValue, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::bad("invalid", format!("the body is not JSON: {error}")))
}

fn noun_of(operation: &str) -> &'static str {
    match operation {
        "get" => "document",
        "collection" => "collection",
        "key" => "key",
        "provider" => "access provider",
        "credential" => "credential",
        "database" => "database",
        _ => "thing",
    }
}
