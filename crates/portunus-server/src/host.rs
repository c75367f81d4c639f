//! For whom a request is: a page of another site that has its name resolved to this machine is not meant. It knows no routes.

use crate::options::Options;
use crate::problem::Problem;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use std::net::{IpAddr, SocketAddr};

/// The names that requests may be for.
#[derive(Debug)]
pub struct Hosts {
    names: Vec<String>,
    address: SocketAddr,
}

impl Hosts {
    /// Those of a server that listens there.
    pub fn new(options: &Options, address: SocketAddr) -> Self {
        let names = options.hosts.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { names, address }
    }

    /// Whether a request is for this server.
    ///
    /// # Errors
    /// 400 if it does not say exactly once whom it is for, 421 if it is for another.
    pub fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        if uri.authority().is_some() || uri.scheme().is_some() {
            return Err(Problem::bad("invalid_request", "this is no proxy: ask for a path"));
        }
        let mut named = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return Err(Problem::bad("invalid_request", "a request has one Host"));
        };
        let host = host.to_str().map_err(|_| Problem::bad("invalid_request", "the Host is no text"))?;
        if self.is_own(host) {
            return Ok(());
        }
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", "the Host is another one"))
    }

    fn is_own(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        if self.names.contains(&name) {
            return true;
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        let ip = bare.parse::<IpAddr>();
        if self.address.ip().is_loopback() {
            return name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        }
        // Somebody put the server on a network: there its names are not known unless they are said.
        self.names.is_empty() || ip.is_ok_and(|ip| ip == self.address.ip())
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}
