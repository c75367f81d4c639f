//! A language for rules, and its evaluator: text becomes a checked predicate, a predicate bound to who asks becomes a
//! residual, and a residual decides over borrowed values and tells which ranges of an index it can be true in. Pure: it
//! knows nothing of stores, documents or secrets.

mod error;
mod limits;
mod span;

mod ast;
mod constant;
mod lexer;
mod parser;

mod check;
mod compile;
mod functions;
mod ir;
mod lint;
mod nearest;
mod pattern;
mod predicate;
mod print;
mod uses;
mod view;
mod vocabulary;

mod bind;
mod decide;
mod eval;
mod number;
mod outcome;
mod plan;
mod residual;
mod scene;
mod scratch;
mod time;
mod value;

pub use constant::{Constant, Instant, TimeSpan};
pub use error::{Error, Fault, Result};
pub use limits::*;
pub use lint::Warning;
pub use outcome::{Outcome, Traced};
pub use plan::{Over, REACH_POINTS_MAX, Reach};
pub use predicate::Predicate;
pub use residual::Residual;
pub use scene::Scene;
pub use scratch::Scratch;
pub use span::Span;
pub use uses::{FieldPath, Read, Uses};
pub use view::{Entity, Environment, ListView, MapView, ReadFailed, Seen, View};
pub use vocabulary::{Declaration, Known, Slot, Type, Vocabulary};
