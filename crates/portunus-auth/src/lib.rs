//! From a secret to a principal to a filtered view.
