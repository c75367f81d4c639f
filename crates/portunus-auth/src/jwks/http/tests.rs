//! Tests of fetching against servers on this machine that answer whatever a bad server may answer. No other network: names
//! are looked up in the test.

use super::{HEAD_BYTES_MAX, Host, HttpJwks, check_url};
use crate::jwks::{JwksError, JwksSource};
use crate::jwt::KEY_SET_BYTES_MAX;
use data_encoding::BASE64;
use proptest::prelude::*;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
/// Time enough on the busiest machine.
const LONG: Duration = Duration::from_secs(120);
/// Too little time for an answer that never ends.
const SHORT: Duration = Duration::from_millis(200);

/// A server of one test, which ends with it.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Hands each connection to `serve`, one after the other. What goes wrong there is the client's business.
    fn start(serve: impl Fn(TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, over) = (Arc::clone(&connections), Arc::clone(&is_over));
        let run = move || {
            for connection in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = serve(connection.unwrap());
            }
        };
        Self { address, connections, is_over, thread: Some(std::thread::spawn(run)) }
    }

    /// Reads the request, answers with these bytes, and waits until the client is gone.
    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut connection| {
            request(&mut connection)?;
            connection.write_all(&answer)?;
            connection.shutdown(std::net::Shutdown::Write)?;
            drain(&mut connection)
        })
    }

    fn http(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    fn https(&self, host: &str) -> String {
        format!("https://{host}:{}/keys", self.address.port())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "the server failed");
    }
}

/// Reads a request up to the empty line.
fn request(connection: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

fn drain(connection: &mut impl Read) -> io::Result<()> {
    io::copy(connection, &mut io::sink()).map(drop)
}

/// A source that may fetch from the servers of these tests.
fn source(fetch_max: Duration) -> HttpJwks {
    HttpJwks { fetch_max, ..HttpJwks::new().allow_http_on_loopback(true).allow_private(true) }
}

fn fetch(server: &Server) -> Result<Vec<u8>, JwksError> {
    source(LONG).fetch(&server.http())
}

/// A source whose names lead to these addresses.
fn leading_to(addresses: &[SocketAddr]) -> HttpJwks {
    let addresses = addresses.to_vec();
    HttpJwks { look_up: Arc::new(move |_, _| Ok(addresses.clone())), ..source(LONG) }
}

fn io_error<T>(kind: io::ErrorKind) -> Result<T, JwksError> {
    Err(JwksError::Io(kind))
}

#[test]
fn a_key_set_is_fetched_as_it_is() {
    for answer in [
        format!("{OK}Content-Length: 11\r\n\r\n{{\"keys\":[]}}"),
        format!("{OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{{\"\r\n9;a=b\r\nkeys\":[]}}\r\n0\r\n\r\n"),
        format!("{OK}Connection: close\r\n\r\n{{\"keys\":[]}}"),
        format!("HTTP/1.1 100 Continue\r\n\r\n{OK}Content-Length: 11\r\n\r\n{{\"keys\":[]}}"),
        // What it is does not matter here, nor what it says it is.
        "HTTP/1.0 200 Fine\r\nContent-Type: text/html\r\nContent-Encoding: x\r\n\r\n{\"keys\":[]}".to_owned(),
    ] {
        let server = Server::answering(answer.as_str());
        assert_eq!(fetch(&server).as_deref(), Ok(br#"{"keys":[]}"#.as_slice()), "{answer}");
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn the_request_says_what_it_wants_and_nothing_of_the_asker() {
    let (sender, requests) = channel();
    let sender = Mutex::new(sender);
    let server = Server::start(move |mut connection| {
        sender.lock().unwrap().send(request(&mut connection)?).unwrap();
        connection.write_all(format!("{OK}Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n").as_bytes())
    });
    let source = source(LONG);
    for _ in 0..2 {
        assert_eq!(source.fetch(&(server.http() + "?tenant=7")), Ok(Vec::new()));
        let head = requests.recv().unwrap();
        let mut lines: Vec<&str> = head.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.remove(0), "GET /keys?tenant=7 HTTP/1.1");
        lines.sort_unstable();
        let host = format!("host: {}", server.address);
        let expected = [
            "accept-encoding: identity",
            "accept: application/jwk-set+json, application/json",
            host.as_str(),
            "user-agent: portunus",
        ];
        assert_eq!(lines, expected);
    }
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_key_set_as_large_as_allowed_is_the_largest() {
    let of_length = |length: usize| {
        let body = " ".repeat(length);
        [
            format!("{OK}Content-Length: {length}\r\n\r\n{body}"),
            format!("{OK}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
            format!("{OK}\r\n{body}"),
        ]
    };
    for answer in of_length(KEY_SET_BYTES_MAX) {
        assert_eq!(fetch(&Server::answering(answer)).map(|body| body.len()), Ok(KEY_SET_BYTES_MAX));
    }
    for answer in of_length(KEY_SET_BYTES_MAX + 1) {
        assert_eq!(fetch(&Server::answering(answer)), Err(JwksError::TooLarge));
    }
}

#[test]
fn a_body_without_end_is_left_at_the_limit() {
    for (head, piece) in [
        (format!("{OK}\r\n"), "x".repeat(1_000)),
        (format!("{OK}Transfer-Encoding: chunked\r\n\r\n"), format!("3e8\r\n{}\r\n", "x".repeat(1_000))),
        // Nothing of this body has to be sent to see that it is too large.
        (format!("{OK}Content-Length: 9223372036854775807\r\n\r\n"), String::new()),
    ] {
        let server = Server::start(move |mut connection| {
            request(&mut connection)?;
            connection.write_all(head.as_bytes())?;
            if piece.is_empty() {
                return drain(&mut connection);
            }
            loop {
                connection.write_all(piece.as_bytes())?;
            }
        });
        assert_eq!(fetch(&server), Err(JwksError::TooLarge));
    }
}

#[test]
fn a_head_without_end_is_left_too() {
    for line in ["a: b\r\n".to_owned(), "x".repeat(1_000)] {
        let server = Server::start(move |mut connection| {
            request(&mut connection)?;
            connection.write_all(OK.as_bytes())?;
            loop {
                connection.write_all(line.as_bytes())?;
            }
        });
        // Too many lines are no HTTP, too long ones are too large.
        let refused = fetch(&server);
        assert!(
            matches!(refused, Err(JwksError::TooLarge | JwksError::Io(io::ErrorKind::InvalidData))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_head_is_at_most_as_long_as_allowed() {
    let of_length = |length: usize| format!("{OK}A: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(length));
    assert_eq!(fetch(&Server::answering(of_length(HEAD_BYTES_MAX - 200))), Ok(Vec::new()));
    assert_eq!(fetch(&Server::answering(of_length(HEAD_BYTES_MAX))), Err(JwksError::TooLarge));
}

#[test]
fn a_body_cut_short_is_no_body() {
    for answer in [
        format!("{OK}Content-Length: 12\r\n\r\n{{\"keys\":[]}}"),
        format!("{OK}Transfer-Encoding: chunked\r\n\r\nb\r\n{{\"keys\":[]}}\r\n"),
        format!("{OK}Transfer-Encoding: chunked\r\n\r\nff\r\n{{\"keys\":[]}}"),
        OK.to_owned(),
        "HTTP/1.1 2".to_owned(),
        String::new(),
    ] {
        let server = Server::answering(answer.as_str());
        assert_eq!(fetch(&server), io_error(io::ErrorKind::UnexpectedEof), "{answer}");
    }
}

#[test]
fn what_is_no_http_is_refused() {
    for answer in [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: eleven\r\n\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnumber\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{\"keys\":[]}",
    ] {
        let refused = fetch(&Server::answering(answer));
        assert_eq!(refused, io_error(io::ErrorKind::InvalidData), "{answer}");
    }
}

#[test]
fn nobody_goes_where_an_answer_leads() {
    let elsewhere = Server::answering(format!("{OK}Content-Length: 0\r\n\r\n"));
    for status in ["300 A", "301 B", "302 C", "303 D", "304 E", "307 F", "308 G"] {
        for body in ["", "Content-Length: 3\r\n"] {
            let answer = format!("HTTP/1.1 {status}\r\nLocation: {}\r\n{body}\r\nabc", elsewhere.http());
            assert_eq!(fetch(&Server::answering(answer)), Err(JwksError::Redirect), "{status}");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn another_status_than_200_is_a_failure() {
    for status in [201, 203, 204, 206, 400, 401, 404, 429, 500, 503] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Other\r\nContent-Length: 11\r\n\r\n{{\"keys\":[]}}"
        ));
        assert_eq!(fetch(&server), Err(JwksError::Status(status)));
    }
}

#[test]
fn a_server_that_takes_its_time_is_left_when_it_is_over() {
    type Serve = fn(TcpStream) -> io::Result<()>;
    let silent: Serve = |mut connection| drain(&mut connection);
    let half_a_head: Serve = |mut connection| {
        request(&mut connection)?;
        connection.write_all(OK.as_bytes())?;
        drain(&mut connection)
    };
    let half_a_body: Serve = |mut connection| {
        request(&mut connection)?;
        connection.write_all(format!("{OK}Content-Length: 9\r\n\r\n{{\"keys\"").as_bytes())?;
        drain(&mut connection)
    };
    // Each byte comes soon after the last; there are more of them than there is time.
    let dripping: Serve = |mut connection| {
        request(&mut connection)?;
        connection.write_all(format!("{OK}Content-Length: 200000\r\n\r\n").as_bytes())?;
        connection.set_read_timeout(Some(Duration::from_millis(2)))?;
        loop {
            connection.write_all(b" ")?;
            match connection.read(&mut [0]) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                }
                _ => return Ok(()),
            }
        }
    };
    for serve in [silent, half_a_head, half_a_body, dripping] {
        let server = Server::start(serve);
        assert_eq!(source(SHORT).fetch(&server.http()), Err(JwksError::Timeout));
        assert_eq!(server.connections(), 1);
    }
    let server = Server::start(silent);
    let refused = source(SHORT).fetch(&server.https("127.0.0.1"));
    assert_eq!(refused, Err(JwksError::Timeout), "in the middle of a handshake");
}

#[test]
fn a_name_that_is_never_found_is_not_waited_for() {
    let (free, held) = channel::<()>();
    let held = Mutex::new(held);
    let look_up = move |_: &str, _: u16| {
        let _ = held.lock().unwrap().recv();
        Ok(Vec::new())
    };
    let slow = HttpJwks { look_up: Arc::new(look_up), ..source(SHORT) };
    assert_eq!(slow.fetch("https://issuer.example/keys"), Err(JwksError::Timeout));
    drop(free);
    let unknown = HttpJwks { look_up: Arc::new(|_, _| Err(io::ErrorKind::NotFound.into())), ..source(LONG) };
    assert_eq!(unknown.fetch("https://issuer.example/keys"), io_error(io::ErrorKind::NotFound));
    assert_eq!(leading_to(&[]).fetch("https://issuer.example/keys"), io_error(io::ErrorKind::NotFound));
    let failing = HttpJwks { look_up: Arc::new(|_, _| panic!("a fault of the system's")), ..source(LONG) };
    assert_eq!(failing.fetch("https://issuer.example/keys"), io_error(io::ErrorKind::Other));
}

#[test]
fn nothing_is_fetched_from_this_machine_or_its_network_unless_allowed() {
    let server = Server::answering(format!("{OK}Content-Length: 0\r\n\r\n"));
    let strict = HttpJwks { fetch_max: LONG, ..HttpJwks::new() };
    let on_loopback = HttpJwks { fetch_max: LONG, ..HttpJwks::new().allow_http_on_loopback(true) };
    for host in
        ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "192.168.0.1", "[fd00::1]", "100.64.0.1"]
    {
        assert_eq!(strict.fetch(&server.https(host)), Err(JwksError::Address), "{host}");
        assert_eq!(on_loopback.fetch(&server.https(host)), Err(JwksError::Address), "{host}");
    }
    for host in
        ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]", "255.255.255.255"]
    {
        assert_eq!(source(LONG).fetch(&server.https(host)), Err(JwksError::Address), "{host}");
    }
    assert!(matches!(strict.fetch(&server.http()), Err(JwksError::Url(_))));
    assert_eq!(server.connections(), 0);
    assert_eq!(on_loopback.fetch(&server.http()), Ok(Vec::new()));
}

#[test]
fn what_a_name_leads_to_is_what_is_judged() {
    let server = Server::answering(format!("{OK}Content-Length: 0\r\n\r\n"));
    let public: SocketAddr = "203.0.114.1:443".parse().unwrap();
    let within: SocketAddr = "10.0.0.1:443".parse().unwrap();
    let metadata: SocketAddr = "169.254.169.254:443".parse().unwrap();
    for addresses in
        [vec![server.address], vec![public, server.address], vec![within, public], vec![metadata]]
    {
        let strict = leading_to(&addresses).allow_private(false);
        assert_eq!(strict.fetch(&server.https("issuer.example")), Err(JwksError::Address), "{addresses:?}");
    }
    let lenient = leading_to(&[server.address, metadata]);
    assert_eq!(lenient.fetch(&server.https("issuer.example")), Err(JwksError::Address));
    // Plain HTTP stays on this machine, whatever it calls itself.
    for address in [public, within] {
        let misled = leading_to(&[address]);
        assert_eq!(misled.fetch("http://localhost/keys"), Err(JwksError::Address), "{address}");
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(leading_to(&[server.address]).fetch("http://localhost/keys"), Ok(Vec::new()));
}

#[test]
fn a_name_is_looked_up_once_and_nowhere_else_is_gone() {
    let server = Server::answering(format!("{OK}Content-Length: 0\r\n\r\n"));
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, address) = (Arc::clone(&asked), server.address);
    // The second answer would be another one: the name is bound anew between the check and the connection.
    let look_up = move |_: &str, _: u16| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(vec![address]),
        _ => Ok(vec!["10.0.0.1:80".parse().unwrap()]),
    };
    let rebound = HttpJwks { look_up: Arc::new(look_up), ..source(LONG) };
    assert_eq!(rebound.fetch("http://localhost/keys"), Ok(Vec::new()));
    assert_eq!((asked.load(Ordering::SeqCst), server.connections()), (1, 1));
}

#[test]
fn a_host_may_have_more_addresses_than_are_tried() {
    let server = Server::answering(format!("{OK}Content-Length: 0\r\n\r\n"));
    assert_eq!(leading_to(&[server.address; 100]).fetch("http://localhost/keys"), Ok(Vec::new()));
}

#[test]
fn nobody_there_is_a_fault_of_the_connection() {
    let server = Server::start(|mut connection| drain(&mut connection));
    // An end of a connection has a port that nobody else is given, and nobody listens there.
    let taken = TcpStream::connect(server.address).unwrap();
    let url = format!("http://{}/keys", taken.local_addr().unwrap());
    assert_eq!(source(LONG).fetch(&url), io_error(io::ErrorKind::ConnectionRefused));
}

#[test]
fn no_proxy_is_asked() {
    let url = check_url("https://issuer.example/keys", false).unwrap();
    let agent = HttpJwks::new().agent(&url, Vec::new(), LONG);
    assert!(agent.config().proxy().is_none() && agent.config().https_only());
    assert_eq!(agent.config().max_redirects(), 0);
}

proptest! {
    /// What is checked is what is connected to: both readers of a URL see the same in it.
    #[test]
    fn every_url_that_is_taken_leads_where_the_client_thinks(
        host in "([a-z0-9-]{1,3}\\.){0,3}[a-z0-9-]{1,3}|\\[[0-9a-f:.]{2,8}\\]|[0-9]{1,3}(\\.[0-9]{1,3}){3}",
        port in "(:[0-9]{0,5})?",
        rest in "[a-z0-9@:.%\\[\\]/?#!$&'()*+,;=_~-]{0,16}",
        scheme in "https?",
    ) {
        let text = format!("{scheme}://{host}{port}{rest}");
        if let Ok(read) = check_url(&text, true) {
            let uri: ureq::http::Uri = text.parse().unwrap();
            prop_assert_eq!(uri.scheme_str(), Some(if read.is_https { "https" } else { "http" }));
            let seen = uri.host().unwrap();
            match read.host {
                Host::Name(name) => prop_assert_eq!(seen, name),
                Host::Address(address) => {
                    let seen: IpAddr = seen.trim_matches(['[', ']']).parse().unwrap();
                    prop_assert_eq!(seen, address);
                }
            }
            let port = uri.port_u16().unwrap_or(if read.is_https { 443 } else { 80 });
            prop_assert_eq!(port, read.port);
        }
    }
}

/// Two certificates for `issuer.example` and `127.0.0.1` that have signed themselves, with Ed25519, until the year 9999; and the
/// key of the first, which opens nothing but these tests.
const CERTIFICATE: &str = "\
    MIIBGDCBy6ADAgECAhR4I7VANv9HkntQqBaOQky8Q2/uuDAFBgMrZXAwGTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcN\
    MjAwMTAxMDAwMDAwWhgPOTk5OTEyMzEwMDAwMDBaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMCowBQYDK2VwAyEALO4k\
    jvIX+n4R5l54RDiEO5GLh4vZDKG+yJOnBRhmg8ijIzAhMB8GA1UdEQQYMBaCDmlzc3Vlci5leGFtcGxlhwR/AAABMAUGAytl\
    cANBABmKMx85RVGf1Uw80QSyW/n31+1pxGEKOAfmdsfKNXuG7KNxiYXTkllHrmSaI2zZK1D2XvUKrB40s5os+3ZWcQA=";
const KEY: &str = "\
    MFECAQEwBQYDK2VwBCIEIOw+xaUlii2gAwzWIiCskaUkugmr7UUeJA29gkkaDYgSgSEALO4kjvIX+n4R5l54RDiEO5GLh4vZ\
    DKG+yJOnBRhmg8g=";
const ANOTHER_CERTIFICATE: &str = "\
    MIIBGDCBy6ADAgECAhRf4FZkLdY/wD9uG+pCVZXnoPECDDAFBgMrZXAwGTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcN\
    MjAwMTAxMDAwMDAwWhgPOTk5OTEyMzEwMDAwMDBaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMCowBQYDK2VwAyEAYGSI\
    lPDUaaCECs8UDAiV2UAwW4Iw+NLnaRBFPP5yXPSjIzAhMB8GA1UdEQQYMBaCDmlzc3Vlci5leGFtcGxlhwR/AAABMAUGAytl\
    cANBALlnm4a+Xqm7yLmTR8Sw8Bu05AuyjPc8AzX+JE3aqjgLd2mkV8g12t+4nuKNxqZHurxobhwPmVIC+bWRsgvbMgQ=";

fn der(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).unwrap()
}

/// A server with the first certificate.
fn over_tls() -> Server {
    let key = PrivateKeyDer::Pkcs8(der(KEY).into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der(CERTIFICATE).into()], key)
        .unwrap();
    let config = Arc::new(config);
    Server::start(move |connection| {
        let tls = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, connection);
        request(&mut stream)?;
        stream.write_all(format!("{OK}Content-Length: 11\r\n\r\n{{\"keys\":[]}}").as_bytes())?;
        stream.conn.send_close_notify();
        stream.flush()?;
        drain(&mut stream.sock)
    })
}

#[test]
fn only_a_certificate_that_is_trusted_and_names_the_host_will_do() {
    let server = over_tls();
    let leading = leading_to(&[server.address]);
    let (url, by_address) = (server.https("issuer.example"), server.https("127.0.0.1"));
    assert_eq!(leading.fetch(&url), Err(JwksError::Tls), "browsers do not know it");
    let trusting = |certificate| leading.clone().trust_only(&der(certificate)).unwrap();
    let knowing = trusting(CERTIFICATE);
    assert_eq!(knowing.fetch(&url).as_deref(), Ok(br#"{"keys":[]}"#.as_slice()));
    assert_eq!(knowing.fetch(&by_address).as_deref(), Ok(br#"{"keys":[]}"#.as_slice()));
    let another = server.https("other.example");
    assert_eq!(knowing.fetch(&another), Err(JwksError::Tls), "it is another host's");
    let unlike = trusting(ANOTHER_CERTIFICATE);
    assert_eq!(unlike.fetch(&url), Err(JwksError::Tls), "it has the name and not the key");
    let both = unlike.trust_only(&der(CERTIFICATE)).unwrap();
    assert!(both.fetch(&url).is_ok());
    assert_eq!(
        knowing.fetch("http://issuer.example/keys"),
        Err(JwksError::Url("does not begin with https://"))
    );
}

#[test]
fn what_is_no_certificate_is_not_trusted() {
    for der in [b"".as_slice(), b"no certificate", &[0x30, 0x03, 0x02, 0x01, 0x00]] {
        assert_eq!(HttpJwks::new().trust_only(der).err(), Some(JwksError::Tls));
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to() {
    let server = Server::start(|mut connection| {
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        drain(&mut connection)
    });
    assert_eq!(source(LONG).fetch(&server.https("127.0.0.1")), Err(JwksError::Tls));
}

#[test]
fn the_cryptography_that_the_program_chose_plays_no_part() {
    let server = over_tls();
    let source = leading_to(&[server.address]).trust_only(&der(CERTIFICATE)).unwrap();
    let url = server.https("issuer.example");
    assert!(CryptoProvider::get_default().is_none(), "nothing here installs one");
    assert!(source.fetch(&url).is_ok());
    assert!(CryptoProvider::get_default().is_none(), "nor does a fetch");
    let useless =
        CryptoProvider { cipher_suites: Vec::new(), ..rustls::crypto::aws_lc_rs::default_provider() };
    useless.install_default().unwrap();
    assert!(source.fetch(&url).is_ok());
}
