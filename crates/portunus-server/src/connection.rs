//! One connection: HTTP/1.1, with as much head and as much time as the options allow. It knows nothing of what is asked.

use crate::options::Options;
use crate::patience::Patient;
use crate::router::Peer;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The least that the buffer of a head may be.
const HEAD_BYTES_MIN: usize = 8 << 10;

/// Answers what comes over a connection, until it ends or the server stops.
pub async fn serve(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    options: Arc<Options>,
    mut stop: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        router.call(request)
    });
    let stream = TokioIo::new(Patient::new(stream, options.write_time));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_time)
        .max_headers(options.headers_max)
        .max_buf_size(options.head_bytes_max.max(HEAD_BYTES_MIN))
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = is_set(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended before its time");
    }
}

/// Waits until it is said, or until nobody is left who could say it.
pub async fn is_set(said: &mut watch::Receiver<bool>) {
    let _ = said.wait_for(|is_said| *is_said).await.is_ok();
}
