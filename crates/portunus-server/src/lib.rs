//! Portunus over HTTP: every request is one transaction, opened by the secret that it brings along. It knows nothing of rights: it
//! hands secrets down and answers up.
//!
//! ```no_run
//! use portunus::Portunus;
//! use portunus_server::{Options, Server};
//! let (db, admin) = Portunus::create("notes.portunus")?;
//! let server = Server::start(&db, Options::default())?;
//! println!("http://{}", server.address());
//! server.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bearer;
mod connection;
mod host;
mod openapi;
mod options;
mod patience;
mod probes;
mod problem;
mod reply;
mod room;
mod router;
mod routes;
mod server;
mod sign_in;
mod transaction;

pub use options::Options;
pub use server::{Server, StartError};
