//! The storage engines from outside: the suite that all must pass, a model, histories from threads, faults and power cuts.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod storage {
    pub mod soak;
    pub mod workload;

    mod conformance;
    mod crashes;
    mod faults;
    mod files;
    mod histories;
    mod model;
}
