//! The limits of the language: what is past one of them is refused when it is saved, or decides nothing when it runs.

/// The most bytes of a source text.
pub const SOURCE_BYTES_MAX: usize = 8 * 1024;
/// The most nodes of a predicate, those of the named predicates that it uses included.
pub const NODES_MAX: usize = 1_000;
/// The greatest height of its tree. Chains such as `a.b.c` and `1 + 1 + 1` count; `&&` and `||` take any number of parts.
pub const HEIGHT_MAX: usize = 100;
/// How deep comprehensions over what is known for each decision only may lie in each other.
pub const COMPREHENSIONS_MAX: usize = 2;
/// How deep comprehensions of any kind may lie in each other.
pub const COMPREHENSIONS_OVER_ANYTHING_MAX: usize = 4;
/// The most predicates with a name that a vocabulary has.
pub const NAMED_MAX: usize = 100;
/// The most parameters that one of them has.
pub const PARAMETERS_MAX: usize = 10;
/// What one decision may cost: for each step of a comprehension one, and one more for each [`NODES_OF_A_STEP`] nodes that it is
/// about; one for each 16 bytes that a function on text goes over, times the KiB of a regular expression where one is tried;
/// [`READ_COST`] for each document that is read.
pub const FUEL_MAX: u32 = 10_000;
/// How many nodes there may be in one step of a comprehension for the cost of one.
pub const NODES_OF_A_STEP: usize = 8;
/// What reading a document costs of that.
pub const READ_COST: u32 = 100;
/// The bytes that one decision may use for text, lists and maps that it makes.
pub const SCRATCH_BYTES_MAX: usize = 64 * 1024;
/// The most documents that a predicate reads because of who asks, once for each transaction.
pub const BOUND_READS_MAX: usize = 10;
/// The most bytes of values that binding puts into a predicate.
pub const BOUND_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a compiled regular expression.
pub const REGEX_BYTES_MAX: usize = 64 * 1024;
/// How deep values are compared and copied; those that documents can hold are far from it.
pub const VALUE_DEPTH_MAX: usize = 256;
