//! `serve`: the store over HTTP, until the process is asked to end. It knows nothing of requests.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::session::open_store;
use clap::Args;
use portunus_server::{Options, Server, StartError};
use serde_json::json;
use std::net::SocketAddr;

/// Serve the store over HTTP: every request is a transaction, opened by the secret that it brings along
///
/// It stops at SIGINT or SIGTERM, after the requests in flight have been answered.
#[derive(Args)]
pub struct Serve {
    /// Where to listen; with port 0 the system chooses one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7447")]
    listen: SocketAddr,
    /// Listen on another interface than loopback, although secrets then go over a network in the clear
    #[arg(long)]
    plaintext_off_loopback: bool,
    /// A name that requests may be for, beside localhost
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Tell at /metrics what there is to count, to whoever asks
    #[arg(long)]
    metrics: bool,
}

impl Serve {
    /// # Errors
    /// If the store cannot be opened, or the address cannot be listened on.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let db = open_store(common)?;
        let options = Options {
            address: self.listen,
            plaintext_off_loopback: self.plaintext_off_loopback,
            hosts: self.host,
            metrics: self.metrics,
            ..Options::default()
        };
        let server = Server::start(&db, options).map_err(|error| failed(&error))?;
        let url = format!("http://{}", server.address());
        if output.is_json() {
            output.json(&json!({ "url": url }))?;
        } else {
            output.line(&url)?;
        }
        output.finish()?;
        server.run_until_signal().map_err(|error| failed(&error))?;
        Ok(db.close()?)
    }
}

fn failed(error: &StartError) -> Failure {
    match error {
        StartError::Plaintext(_) => Failure::usage(error.to_string())
            .hint("put something with TLS before it, or say --plaintext-off-loopback"),
        _ => Failure::new(error.to_string()),
    }
}
