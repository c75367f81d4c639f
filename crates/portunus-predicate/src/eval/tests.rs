//! The evaluator, on trees made by hand.
