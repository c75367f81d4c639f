//! Whether the server is there and has a store that works, for whoever asks without a secret. It tells nothing else.

use crate::problem::Problem;
use crate::reply::Reply;
use crate::transaction::Engine;
use axum::http::StatusCode;

impl Engine {
    /// That the server answers.
    pub fn is_alive(&self) -> Reply {
        Reply::json(StatusCode::OK, "{\"live\":true}")
    }

    /// That it takes transactions.
    ///
    /// # Errors
    /// 503 if it does not.
    pub fn is_ready(&self) -> Result<Reply, Problem> {
        if self.room.is_full() {
            return Err(Problem::busy("there is too much to do; try again"));
        }
        Ok(Reply::json(StatusCode::OK, "{\"ready\":true}"))
    }

    /// Which version it is of.
    pub fn version(&self) -> Reply {
        Reply::json(StatusCode::OK, format!("{{\"version\":\"{}\"}}", env!("CARGO_PKG_VERSION")))
    }

    /// What there is to count, as Prometheus reads it.
    pub fn metrics(&self) -> Reply {
        let (running, waiting) = self.room.taken();
        let mut text = String::new();
        for (name, help, value) in [
            ("portunus_transactions_running", "Transactions that run now.", running),
            ("portunus_transactions_waiting", "Transactions that wait for their turn.", waiting),
        ] {
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
        }
        Reply::typed(StatusCode::OK, "text/plain; version=0.0.4", text)
    }
}
