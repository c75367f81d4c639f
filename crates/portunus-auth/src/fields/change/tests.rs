//! Changes through masks, by examples and in general.
