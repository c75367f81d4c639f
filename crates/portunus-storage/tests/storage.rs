//! The storage engines from outside: the suite that all must pass, a model, histories from threads, faults and power cuts.

mod storage {
    mod conformance;
}
