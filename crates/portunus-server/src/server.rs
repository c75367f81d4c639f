//! The server: it listens, hands connections on, and stops without leaving anybody unanswered. It knows nothing of HTTP.

use crate::connection::{is_set, serve};
use crate::options::Options;
use crate::router::router;
use axum::Router;
use portunus::Portunus;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How long the last answers have to leave after everything else has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long it waits after the system would give it no connection, until it asks for the next one.
const OUT_OF_FILES: Duration = Duration::from_millis(50);

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

/// Why a server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Secrets would go over a network in the clear, and nobody said that they may.
    Plaintext(SocketAddr),
    /// The system refused it.
    Io(io::Error),
}

impl Server {
    /// Starts a server for a store.
    ///
    /// # Errors
    /// `Plaintext` if the address is not of the loopback interface and the options do not say that it may be another; `Io`.
    pub fn start(db: &Portunus, options: Options) -> Result<Self, StartError> {
        if !options.address.ip().is_loopback() && !options.plaintext_off_loopback {
            return Err(StartError::Plaintext(options.address));
        }
        let threads = options.transactions_max.saturating_add(options.logins_max).saturating_add(4);
        let runtime = Builder::new_multi_thread().max_blocking_threads(threads).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(options.address))?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let (cut, is_cut) = watch::channel(false);
        let options = Arc::new(options);
        let router = router(db, &options, address, is_cut);
        let listening = runtime.spawn(listen(listener, router, options, stopping, cut));
        Ok(Self { runtime, address, stop, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until the process is asked to end, by SIGINT or SIGTERM, and stops.
    ///
    /// # Errors
    /// `Io` if signals cannot be listened for.
    pub fn run_until_signal(self) -> Result<(), StartError> {
        self.runtime.block_on(signal())?;
        self.stop();
        Ok(())
    }

    /// Stops: no new connections, and an answer for every request in flight. Whoever is still without one after the time
    /// that the options give is told that the outcome is unknown.
    pub fn stop(self) {
        let Self { runtime, stop, listening, .. } = self;
        stop.send_replace(true);
        if let Err(fault) = runtime.block_on(listening) {
            tracing::error!(%fault, "the server did not stop as it should");
        }
        runtime.shutdown_timeout(LAST_WORDS);
    }
}

async fn listen(
    listener: TcpListener,
    router: Router,
    options: Arc<Options>,
    mut stop: watch::Receiver<bool>,
    cut: watch::Sender<bool>,
) {
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(options.connections_max.min(Semaphore::MAX_PERMITS)));
    loop {
        // What cannot be served is not accepted: it waits with the system.
        let accepted = tokio::select! {
            accepted = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) } => accepted,
            () = is_set(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            (Ok(place), Ok(connection)) => {
                let served = serve(connection, router.clone(), Arc::clone(&options), stop.clone());
                connections.spawn(async move {
                    let _place = place;
                    served.await;
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(OUT_OF_FILES).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(options.stop_time, all_ended).await.is_ok() {
        return;
    }
    cut.send_replace(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_WORDS, all_ended).await.is_err() {
        connections.abort_all();
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plaintext(address) => {
                write!(
                    formatter,
                    "{address} is not of this machine alone: secrets would go there in the clear"
                )
            }
            Self::Io(error) => write!(formatter, "input or output failed: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Plaintext(_) => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
