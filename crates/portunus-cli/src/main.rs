//! The command line of Portunus.
fn main() {}
