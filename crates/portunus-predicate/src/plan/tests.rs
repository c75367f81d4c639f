//! What follows from which predicate, and what must not.

mod ranges;
