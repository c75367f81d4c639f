//! Bytes as worlds with roles and rules, and as what is asked and done there: the engine answers what an oracle says that shares no code
//! with it. It knows nothing of either.

use portunus_soak::oracle::{chosen, played, shrunk};

/// Plays the world that `data` says.
pub fn run(data: &[u8]) {
    let case = chosen(data);
    if let Err(text) = played(&case) {
        panic!("{}", shrunk(case, text));
    }
}
