//! Key sets over HTTPS. It knows nothing of what a key set says, and is the one place that speaks HTTP or TLS.

use super::address::{Reach, reach};
use super::source::{JwksError, JwksSource};
use super::url::{Host, JwksUrl, check_url};
use crate::jwt::KEY_SET_BYTES_MAX;
use rustls::crypto::CryptoProvider;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, config::Config};

/// How long a fetch may take, from the name of the host to the last byte.
const FETCH_MAX: Duration = Duration::from_secs(5);
/// The most bytes of an answer before its body.
const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// The addresses of a name and a port.
type LookUp = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Fetches key sets over HTTPS, with the roots of trust that browsers have: 256 KiB at most, within five seconds, with no
/// redirects, no cookies and no proxy, and only from the Internet, never from this machine or its network.
///
/// What may be connected to is decided by the addresses that the host's name leads to, and no others are connected to,
/// whatever the name leads to a moment later.
///
/// ```
/// use portunus_auth::{HttpJwks, JwksError, JwksSource};
/// let source = HttpJwks::new();
/// assert_eq!(source.fetch("https://169.254.169.254/keys"), Err(JwksError::Address));
/// assert!(matches!(source.fetch("http://issuer.example/keys"), Err(JwksError::Url(_))));
///
/// // In a network of one's own, with its own authority:
/// let source = HttpJwks::new().allow_private(true);
/// assert_eq!(source.trust_only(b"no certificate").err(), Some(JwksError::Tls));
///
/// // Under test:
/// let source = HttpJwks::new().allow_http_on_loopback(true);
/// assert!(source.allows_http_on_loopback());
/// ```
#[derive(Clone)]
pub struct HttpJwks {
    allows_private: bool,
    allows_http_on_loopback: bool,
    /// The roots that are trusted instead of those of browsers, if there are any.
    roots: Vec<Certificate<'static>>,
    /// Given to each connection, so that the program's default plays no part, nor whether it has one.
    crypto: Arc<CryptoProvider>,
    fetch_max: Duration,
    look_up: LookUp,
}

impl HttpJwks {
    /// A source that fetches from the Internet alone.
    #[must_use]
    pub fn new() -> Self {
        Self {
            allows_private: false,
            allows_http_on_loopback: false,
            roots: Vec::new(),
            crypto: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            fetch_max: FETCH_MAX,
            look_up: Arc::new(|name, port| Ok((name, port).to_socket_addrs()?.collect())),
        }
    }

    /// Whether to fetch from this machine and from private networks too. Whoever may define access providers can then
    /// have this machine ask there. Link-local addresses, among them those at which clouds hand out credentials, stay
    /// out of reach.
    #[must_use]
    pub fn allow_private(self, allowed: bool) -> Self {
        Self { allows_private: allowed, ..self }
    }

    /// Whether to take URLs of plain HTTP, from this machine alone: for tests with an issuer that has no certificate.
    #[must_use]
    pub fn allow_http_on_loopback(self, allowed: bool) -> Self {
        Self { allows_http_on_loopback: allowed, ..self }
    }

    /// Trusts issuers whose certificate leads to this one, in DER, instead of those that browsers trust. May be called
    /// again with others.
    ///
    /// # Errors
    /// [`JwksError::Tls`] if it is no certificate that can be trusted.
    pub fn trust_only(mut self, certificate: &[u8]) -> Result<Self, JwksError> {
        rustls::RootCertStore::empty().add(certificate.into()).map_err(|_| JwksError::Tls)?;
        self.roots.push(Certificate::from_der(certificate).to_owned());
        Ok(self)
    }

    /// Where `url` leads, all of which may be connected to.
    fn addresses(&self, url: &JwksUrl<'_>, within: Duration) -> Result<Vec<SocketAddr>, JwksError> {
        let found = match url.host {
            Host::Address(address) => vec![SocketAddr::new(address, url.port)],
            Host::Name(name) => self.resolve(name, url.port, within)?,
        };
        let is_allowed = |address: &SocketAddr| match reach(address.ip()) {
            Reach::Public => url.is_https,
            Reach::Loopback => self.allows_private || !url.is_https,
            Reach::Private => self.allows_private && url.is_https,
            Reach::Nowhere => false,
        };
        if found.is_empty() {
            return Err(JwksError::Io(io::ErrorKind::NotFound));
        }
        // A name that leads to some forbidden address is not half trusted.
        if found.iter().all(is_allowed) { Ok(found) } else { Err(JwksError::Address) }
    }

    /// Asks the system, which may take longer than there is time. Its thread is then left to itself: there is one for a
    /// fetch, and fetches are rare.
    fn resolve(&self, name: &str, port: u16, within: Duration) -> Result<Vec<SocketAddr>, JwksError> {
        let (sender, answer) = mpsc::sync_channel(1);
        let (name, look_up) = (name.to_owned(), Arc::clone(&self.look_up));
        // Nobody is there to be sent to once the time is over.
        let ask = move || drop(sender.send(look_up(&name, port)));
        std::thread::Builder::new().name("portunus-jwks-name".into()).spawn(ask)?;
        match answer.recv_timeout(within) {
            Ok(found) => Ok(found?),
            Err(RecvTimeoutError::Timeout) => Err(JwksError::Timeout),
            Err(RecvTimeoutError::Disconnected) => Err(JwksError::Io(io::ErrorKind::Other)),
        }
    }

    /// One that is used for one fetch, and so brings nothing along from others.
    fn agent(&self, url: &JwksUrl<'_>, addresses: Vec<SocketAddr>, within: Duration) -> Agent {
        let roots = match self.roots.as_slice() {
            [] => RootCerts::WebPki,
            own => RootCerts::new_with_certs(own),
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::clone(&self.crypto))
            .root_certs(roots)
            .build();
        let config = Agent::config_builder()
            .https_only(url.is_https)
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(within))
            .max_response_header_size(HEAD_BYTES_MAX)
            .user_agent("portunus")
            .accept("application/jwk-set+json, application/json")
            .accept_encoding("identity")
            .build();
        Agent::with_parts(config, DefaultConnector::new(), Known(addresses))
    }
}

impl JwksSource for HttpJwks {
    fn fetch(&self, url: &str) -> Result<Vec<u8>, JwksError> {
        let began = Instant::now();
        let place = check_url(url, self.allows_http_on_loopback).map_err(JwksError::Url)?;
        let addresses = self.addresses(&place, self.fetch_max)?;
        let left = self.fetch_max.saturating_sub(began.elapsed());
        let mut answer = self.agent(&place, addresses, left).get(url).call().map_err(error)?;
        match answer.status().as_u16() {
            200 => {}
            300..=399 => return Err(JwksError::Redirect),
            other => return Err(JwksError::Status(other)),
        }
        let bytes_max = u64::try_from(KEY_SET_BYTES_MAX).unwrap_or(u64::MAX);
        if answer.body().content_length().is_some_and(|length| length > bytes_max) {
            return Err(JwksError::TooLarge);
        }
        answer.body_mut().with_config().limit(bytes_max).read_to_vec().map_err(error)
    }

    fn allows_http_on_loopback(&self) -> bool {
        self.allows_http_on_loopback
    }
}

impl Default for HttpJwks {
    fn default() -> Self {
        Self::new()
    }
}

/// Resolves every name to the addresses that were checked.
#[derive(Debug)]
struct Known(Vec<SocketAddr>);

impl Resolver for Known {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut known = self.empty();
        for address in &self.0 {
            // There is room for more than anybody has the time to try.
            let _ = known.try_push(*address);
        }
        Ok(known)
    }
}

fn error(error: ureq::Error) -> JwksError {
    match error {
        ureq::Error::Timeout(_) => JwksError::Timeout,
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => JwksError::TooLarge,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired => JwksError::Tls,
        // What goes wrong in the middle of a handshake comes as a fault of the connection.
        ureq::Error::Io(error) if is_of_tls(&error) => JwksError::Tls,
        ureq::Error::Io(error) => error.into(),
        // Whatever else there is, is an answer that is no HTTP.
        _ => JwksError::Io(io::ErrorKind::InvalidData),
    }
}

fn is_of_tls(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests;
