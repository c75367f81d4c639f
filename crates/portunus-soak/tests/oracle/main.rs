//! The oracle and the engine: a slice of what is compared in long runs, a small universe of which nothing is left out, and what is
//! promised of roles as theorems. It knows nothing of how either of them decides.

mod bench;
mod planted;
mod theorems;
mod universe;
