//! The rules for names, types, calls and reads, as tables.
