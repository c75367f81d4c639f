//! What Portunus has to answer, worked out from its design by going through everything. It shares nothing with the engine that it
//! judges: not a value, not a rule, not a line. Where it was not said clearly what has to come, it says what all can come.

pub mod change;
pub mod fields;
pub mod judge;
pub mod query;
pub mod rights;
pub mod rule;
pub mod value;
pub mod world;

pub use change::{Deed, Done, Outcome, Refusal};
pub use fields::Fields;
pub use judge::Scene;
pub use query::{Next, Query, Terms};
pub use rule::{Comparison, Expr, Var};
pub use value::Value;
pub use world::{Action, Collection, Database, Document, Flaw, Holder, Right, Role, World};
