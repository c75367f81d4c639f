//! A server to be asked, and what asks it: HTTP as bytes, so that wrong requests can be made too. It knows no routes.

use portunus::{Call, Portunus, Secret, Value};
use portunus_server::{Options, Server};
use serde_json::Value as Json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long a test waits for what should be there at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server in this process, of a store in memory.
pub struct Running {
    pub db: Portunus,
    pub admin: Secret,
    pub address: SocketAddr,
    server: Option<Server>,
    /// Is sent to when the procedure `wait` has begun.
    pub begun: Receiver<()>,
    /// Lets one go on.
    pub go_on: Sender<()>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Running {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let ((begins, begun), (go_on, goes_on)) = (channel(), channel());
        let (begins, goes_on) = (Mutex::new(begins), Mutex::new(goes_on));
        let wait = move |_: &Call<'_>, _: Value| {
            let _ = begins.lock().unwrap().send(());
            let _ = goes_on.lock().unwrap().recv();
            Ok(true)
        };
        let builder = Portunus::builder().procedure("double", |_, number: i64| Ok(number * 2));
        let (db, admin) = builder.procedure("wait", wait).in_memory().unwrap();
        let options = Options { address: "127.0.0.1:0".parse().unwrap(), ..options };
        let server = Server::start(&db, options).unwrap();
        Self { db, admin, address: server.address(), server: Some(server), begun, go_on }
    }

    /// The server, for somebody who stops it.
    pub fn server(&mut self) -> Server {
        self.server.take().unwrap()
    }

    /// Sends a request that is not answered before `go_on` says so, and waits until it is under way.
    pub fn wait(&self) -> TcpStream {
        self.db.write(&self.admin, |tx| tx.define_procedure("wait", None)).unwrap();
        let mut stream = self.connect();
        let secret = self.admin.expose();
        let head = format!(
            "POST /v1/call/wait HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        self.begun.recv_timeout(PATIENCE).unwrap();
        stream
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// One request as it should be, with the secret of the administrator.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answered {
        self.ask_as(&self.admin, method, path, body)
    }

    pub fn ask_as(&self, secret: &Secret, method: &str, path: &str, body: &str) -> Answered {
        self.ask_with(method, path, &format!("Authorization: Bearer {}\r\n", secret.expose()), body)
    }

    /// One request with these headers.
    pub fn ask_with(&self, method: &str, path: &str, headers: &str, body: &str) -> Answered {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let length = body.len();
        self.send(
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}Content-Length: {length}\r\n{headers}\r\n{body}")
                .as_bytes(),
        )
        .expect("it is answered")
    }

    /// Bytes, and what is answered, if anything is.
    pub fn send(&self, bytes: &[u8]) -> Option<Answered> {
        let mut stream = self.connect();
        // The other side may have had enough of it already.
        let _ = stream.write_all(bytes);
        answer(&mut stream)
    }

    /// A transaction, by the administrator.
    pub fn transact(&self, operations: &Json) -> Json {
        let answered =
            self.ask("POST", "/v1/transaction", &serde_json::json!({ "operations": operations }).to_string());
        assert_eq!(answered.status, 200, "{answered:?}");
        answered.json()["answers"].clone()
    }
}

/// Reads until the other side closes the connection.
pub fn answer(stream: &mut TcpStream) -> Option<Answered> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Answered { status, headers: lines.filter_map(header).collect(), body: body.to_owned() })
}

impl Answered {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// All that is the same each time: the number of the request and the time are left out.
    pub fn lasting(&self) -> String {
        let mut json = self.json();
        json.as_object_mut().unwrap().remove("request_id");
        let headers = self.headers.iter().filter(|(name, _)| name != "x-request-id" && name != "date");
        format!("{} {:?} {json}", self.status, headers.collect::<Vec<_>>())
    }
}
