//! What a kind of run is. It knows nothing of time or of ledgers.

/// One kind of run, which is made of rounds. A round is wholly determined by its seed, takes a second or two at most, says nothing
/// while it runs, and can run beside others of its kind in one process.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    /// What is counted, in the plural: `images`.
    pub counted: &'static str,
    /// How many of them the short slice has that is run before a change lands.
    pub slice: u64,
    /// Runs one round, and tells how many things it has tried, or what broke. One that has tried nothing is the last: what it needs is
    /// not there.
    pub run: fn(seed: u64) -> Result<u64, String>,
}

/// Every kind there is, in the order in which they are run.
pub const KINDS: &[Kind] = &[
    Kind { name: "crash", counted: "images", slice: 50_000, run: crate::crash::run },
    Kind { name: "fault", counted: "faults", slice: 10_000, run: crate::fault::run },
    Kind { name: "damage", counted: "damages", slice: 50_000, run: crate::damage::run },
    Kind { name: "oracle", counted: "decisions", slice: 10_000_000, run: crate::oracle::run },
    Kind { name: "history", counted: "transactions", slice: 200_000, run: crate::history::run },
    Kind { name: "worlds", counted: "pairs", slice: 50_000, run: crate::worlds::run },
    Kind { name: "fuzz", counted: "executions", slice: 2_000_000, run: crate::fuzz::run },
];
