//! From a request to what answers it: whom it is for, what it brings along, how large it may be. It knows nothing of operations.

use crate::bearer::secret_of;
use crate::connection::is_set;
use crate::host::Hosts;
use crate::options::Options;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::room::Room;
use crate::routes::{self, Route};
use crate::transaction::{Asked, Engine};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use axum::routing::{MethodFilter, MethodRouter, any, on};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use portunus::Portunus;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};
use uuid::Uuid;

/// A body that claims more bytes than this is read only for those whose secret opens something.
const UNPROVEN_BYTES_MAX: usize = 64 << 10;

/// Who is on the other side of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What every request meets.
#[derive(Clone, Debug)]
struct Gatehouse {
    engine: Engine,
    hosts: Arc<Hosts>,
    options: Arc<Options>,
    cut: watch::Receiver<bool>,
}

/// What a path leads to.
#[derive(Clone, Debug)]
enum Way {
    Operation(Arc<Route>),
    Transaction,
    Login,
    Refresh,
    Password,
    Call,
    Live,
    Ready,
    Version,
    Metrics,
    OpenApi,
    Nowhere,
    WrongMethod,
}

/// All paths. Once `cut` says so, nothing is waited for any more.
pub fn router(
    db: &Portunus,
    options: &Arc<Options>,
    address: SocketAddr,
    cut: watch::Receiver<bool>,
) -> Router {
    let engine = Engine { db: db.clone(), room: Room::new(options) };
    let hosts = Arc::new(Hosts::new(options, address));
    let gatehouse = Gatehouse { engine, hosts, options: Arc::clone(options), cut };
    let way = |way: Way| {
        let gatehouse = gatehouse.clone();
        move |request: Request<Body>| gatehouse.clone().answer(way.clone(), request)
    };
    let mut router = Router::new();
    for route in routes::all() {
        let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::TRACE);
        router = router.route(route.path, on(filter, way(Way::Operation(Arc::new(route)))));
    }
    let more: [(MethodFilter, &str, Way); 10] = [
        (MethodFilter::POST, "/v1/transaction", Way::Transaction),
        (MethodFilter::POST, "/v1/login", Way::Login),
        (MethodFilter::POST, "/v1/refresh", Way::Refresh),
        (MethodFilter::PUT, "/v1/credentials/{collection}/{id}", Way::Password),
        (MethodFilter::POST, "/v1/call/{procedure}", Way::Call),
        (MethodFilter::GET, "/livez", Way::Live),
        (MethodFilter::GET, "/readyz", Way::Ready),
        (MethodFilter::GET, "/version", Way::Version),
        (MethodFilter::GET, "/openapi.json", Way::OpenApi),
        (MethodFilter::GET, "/metrics", Way::Metrics),
    ];
    for (filter, path, leads) in more {
        router = router.route(path, on(filter, way(leads)));
    }
    router.method_not_allowed_fallback(way(Way::WrongMethod)).fallback_service(nowhere(way(Way::Nowhere)))
}

fn nowhere<F, A>(handler: F) -> MethodRouter
where
    F: Fn(Request<Body>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    any(handler)
}

impl Gatehouse {
    async fn answer(self, way: Way, request: Request<Body>) -> Response<Body> {
        let id = Uuid::now_v7().to_string();
        let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
        let mut cut = self.cut.clone();
        let answered = tokio::select! {
            answered = self.lead(way, request) => answered,
            () = is_set(&mut cut) => Err(stopped(is_read)),
        };
        answered.unwrap_or_else(|problem| problem.reply(&id)).sent(&id)
    }

    async fn lead(&self, way: Way, request: Request<Body>) -> Result<Reply, Problem> {
        let (mut parts, body) = request.into_parts();
        self.hosts.check(&parts.uri, &parts.headers)?;
        if parts.uri.query().is_some() {
            return Err(Problem::bad("invalid_request", "nothing is asked for in the query of a path"));
        }
        match way {
            Way::Live => return Ok(self.engine.is_alive()),
            Way::Ready => return self.engine.is_ready(),
            Way::Version => return Ok(self.engine.version()),
            Way::OpenApi => return Ok(crate::openapi::reply()),
            Way::Metrics if self.options.metrics => return Ok(self.engine.metrics()),
            Way::Nowhere | Way::Metrics => return Err(Problem::missing("path")),
            Way::WrongMethod => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                return Err(Problem::new(status, "method_not_allowed", "there is no such method here"));
            }
            _ => {}
        }
        let secret = secret_of(&parts.headers)?;
        let parameters = parameters_of(&mut parts).await?;
        let (body, _room) = self.body_of(&parts.headers, &secret, body).await?;
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
        let asked = Asked { secret, parameters, headers: parts.headers, body };
        match way {
            Way::Operation(route) => self.engine.operate(&route, asked).await,
            Way::Transaction => self.engine.transact(asked).await,
            Way::Login => self.engine.login(asked, peer).await,
            Way::Refresh => self.engine.refresh(asked).await,
            Way::Password => self.engine.set_password(asked).await,
            Way::Call => self.engine.call(asked).await,
            _ => Err(Problem::missing("path")),
        }
    }

    /// The body, and the room that it takes until the request is answered.
    async fn body_of(
        &self,
        headers: &HeaderMap,
        secret: &portunus::Secret,
        body: Body,
    ) -> Result<(String, OwnedSemaphorePermit), Problem> {
        let max = self.options.body_bytes_max;
        if headers.contains_key(header::TRANSFER_ENCODING) && headers.contains_key(header::CONTENT_LENGTH) {
            return Err(Problem::bad("invalid_request", "a body has one length"));
        }
        let claimed = match headers.get(header::CONTENT_LENGTH) {
            Some(length) => length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX),
            None if headers.contains_key(header::TRANSFER_ENCODING) => max,
            None => 0,
        };
        if claimed > max {
            return Err(too_large());
        }
        if claimed > 0 {
            check_type(headers)?;
        }
        if claimed > UNPROVEN_BYTES_MAX {
            self.engine.prove(secret).await?;
        }
        let room = self.engine.room.for_body(claimed)?;
        let read = tokio::time::timeout(self.options.body_time, Limited::new(body, max).collect());
        let Ok(read) = read.await else {
            return Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                "the body does not come in time",
            ));
        };
        let read = read.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => too_large(),
            None => Problem::bad("invalid_request", "the body is none"),
        })?;
        let text = String::from_utf8(read.to_bytes().into());
        let text = text.map_err(|_| Problem::bad("invalid", "the body is not UTF-8"))?;
        Ok((text, room))
    }
}

async fn parameters_of(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    let wrong = || Problem::bad("invalid_request", "the path is not UTF-8");
    let found = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| wrong())?;
    Ok(found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if ["application/json", "application/merge-patch+json"].contains(&kind.as_str()) {
        return Ok(());
    }
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Err(Problem::new(status, "unsupported_media_type", "a body is application/json"))
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "limit", "the body is too large")
}

fn stopped(is_read: bool) -> Problem {
    if is_read {
        Problem::busy("the server stops")
    } else {
        Problem::outcome_unknown(StatusCode::SERVICE_UNAVAILABLE)
    }
}
