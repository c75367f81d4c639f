//! What a server may be told, with what it does if it is told nothing. It knows nothing of how it is done.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The settings of a server. Every limit is on by default.
///
/// ```
/// use portunus_server::Options;
/// let options = Options { body_bytes_max: 1 << 20, ..Options::default() };
/// assert!(options.address.ip().is_loopback());
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. The loopback interface and port 7447.
    pub address: SocketAddr,
    /// Whether to listen on another interface than loopback, although secrets then go over a network in the clear. No.
    pub plaintext_off_loopback: bool,
    /// The names that requests may be for, beside those of loopback and the address itself. None.
    pub hosts: Vec<String>,
    /// The most connections at once. 16,384.
    pub connections_max: usize,
    /// The most bytes of the first line and the headers of a request. 16 KiB.
    pub head_bytes_max: usize,
    /// The most headers of a request. 64.
    pub headers_max: usize,
    /// How long the head of a request may take, and how long a connection may be idle. 15 seconds.
    pub head_time: Duration,
    /// The most bytes of a body. 8 MiB.
    pub body_bytes_max: usize,
    /// How long a body may take. 30 seconds.
    pub body_time: Duration,
    /// The most bytes that all bodies together may have that are being read or worked on. 256 MiB.
    pub bodies_bytes_max: usize,
    /// How long the other side may take no byte of an answer. 30 seconds.
    pub write_time: Duration,
    /// The most transactions that run at once. 64.
    pub transactions_max: usize,
    /// The most that wait for one of those to end. 256; whoever comes then is answered 503.
    pub waiting_max: usize,
    /// How long one waits at the most. 5 seconds.
    pub waiting_time: Duration,
    /// How long a transaction is waited for. 60 seconds.
    pub transaction_time: Duration,
    /// The most requests that hash passwords or wait for it. 16.
    pub logins_max: usize,
    /// How long requests in flight have to come to an end when the server stops. 10 seconds.
    pub stop_time: Duration,
    /// Whether `/metrics` tells anybody who asks what there is to count. No.
    pub metrics: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 7447)),
            plaintext_off_loopback: false,
            hosts: Vec::new(),
            connections_max: 16_384,
            head_bytes_max: 16 << 10,
            headers_max: 64,
            head_time: Duration::from_secs(15),
            body_bytes_max: 8 << 20,
            body_time: Duration::from_secs(30),
            bodies_bytes_max: 256 << 20,
            write_time: Duration::from_secs(30),
            transactions_max: 64,
            waiting_max: 256,
            waiting_time: Duration::from_secs(5),
            transaction_time: Duration::from_secs(60),
            logins_max: 16,
            stop_time: Duration::from_secs(10),
            metrics: false,
        }
    }
}
