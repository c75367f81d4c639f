//! Planted faults: for each of the promises that the engine makes, the source is broken once, and the test that guards the
//! promise must fail. It knows sources as text and tests by their names, never what either does.
//!
//! The sources that ship carry no way to be broken: a fault is a text and another in its place, laid over a copy of the tree.
//! Each run of the tests checks that every fault still finds its place and its test. The trial itself takes a build for each
//! fault, so it is asked for: `cargo test -p portunus-tests --test planted -- --ignored --nocapture`, with `PORTUNUS_PLANTED`
//! set to `all` (as if it were not set), to a number for a sample that moves with the commit, or to names with commas between.

#[cfg(test)]
mod planted {
    mod chosen;
    mod copy;
    mod fault;
    mod sound;
    mod trial;
}
