//! A language for rules, and its evaluator: text becomes a checked predicate, a predicate bound to who asks becomes a
//! residual, and a residual decides over borrowed values and tells which ranges of an index it can be true in. Pure: it
//! knows nothing of stores, documents or secrets.
//!
//! # From text to a decision
//!
//! ```
//! use portunus_predicate::{
//!     Constant, Declaration, Known, Outcome, Predicate, Scene, Scratch, Type, Vocabulary,
//! };
//!
//! // Which names there are, and when their values are known.
//! let vocabulary = Vocabulary::new()
//!     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
//!     .declare(Declaration::entity("identity", Type::Any, Known::Bound));
//!
//! // Checked once, when a rule is saved.
//! let predicate = Predicate::new("identity.admin || doc.owner == id(identity)", &vocabulary)?;
//!
//! // Bound once for whoever asks: what is known of them is put in.
//! let ann = Constant::map([("admin", Constant::Bool(false))]);
//! let scene = Scene::new().with_entity(1, "people", "ann", 1, &ann);
//! let mut scratch = Scratch::new();
//! let residual = predicate.bind(&scene, &mut scratch).unwrap();
//! assert_eq!(residual.to_string(), r#"doc.owner == "ann""#);
//!
//! // Decided for each document.
//! let hers = Constant::map([("owner", Constant::from("ann"))]);
//! let scene = Scene::new().with_entity(0, "notes", "n1", 1, &hers);
//! assert_eq!(residual.decide(&scene, &mut scratch), Outcome::True);
//! # Ok::<(), portunus_predicate::Error>(())
//! ```
//!
//! # The language, dialect 1
//!
//! A subset of the Common Expression Language. An expression is true, false, another value, or has none: then it is a
//! [`Fault`]. `false` wins over a fault in `&&`, `true` in `||`, and `!` of a fault is one. A field that is not there is a
//! fault and never null; [`has`](#functions) tests for it.
//!
//! | what | how it is written |
//! |---|---|
//! | literals | `null` `true` `-1` `0x1f` `2u` `1.5e3` `"text"` `r'\d'` `b"\xff"` `[1, 2]` `{"key": 1}` |
//! | fields and elements | `doc.owner`, `doc["odd name"]`, ``doc.`odd-name` ``, `doc.tags[0]` |
//! | comparisons | `==` `!=` `<` `<=` `>` `>=`, and `in` for elements of lists and keys of maps |
//! | arithmetic | `+` `-` `*` `/` `%`, `+` also for text, bytes, lists, instants and lengths of time |
//! | truth | `&&` `\|\|` `!` `condition ? then : otherwise` |
//! | over lists and keys | `list.all(x, …)` `.exists(x, …)` `.exists_one(x, …)` `.filter(x, …)` `.map(x, …)` `.map(x, condition, …)` |
//!
//! Numbers of all types are compared by their exact value: `1 == 1u` and `1 == 1.0`. Arithmetic takes two of one type. Values of
//! types that cannot be equal are refused when a text is checked, as far as their types are known then; otherwise `==` is
//! false, and `<` a fault. `dyn(…)` hides a type from the check.
//!
//! # Functions
//!
//! | function | what it gives |
//! |---|---|
//! | `has(of.field)` | whether the field is there |
//! | `size(x)`, `x.size()` | characters of text, bytes, elements or keys |
//! | `x.startsWith(y)` `x.endsWith(y)` `x.contains(y)` | tests of text |
//! | `x.matches("…")`, `matches(x, "…")` | whether a regular expression matches somewhere; it is a constant, and `\d`, `\s`, `\w` are of ASCII |
//! | `bool` `int` `uint` `double` `string` `bytes` `timestamp` `duration` | the value as one of that type |
//! | `type(x)` | its type, to be compared with one: `type(x) == int` |
//! | `dyn(x)` | the value, of a type that is not known |
//! | `getFullYear` `getMonth` `getDate` `getDayOfMonth` `getDayOfWeek` `getDayOfYear` | of an instant; `x.getMonth()` in UTC, `x.getMonth("Europe/Berlin")` there |
//! | `getHours` `getMinutes` `getSeconds` `getMilliseconds` | of an instant likewise, or of a length of time |
//! | `id(entity)` `version(entity)` `collection(entity)` | what a document is, which none of its fields can forge |
//! | `scopes(claims)` | the words of `claims.scope`, or the list `claims.scp` |
//! | `now` | the instant of the decision, with [`Vocabulary::with_now`] |
//! | `database()` | the name of the database, with [`Vocabulary::with_reads`] |
//! | `get("collection", id)` `exists("collection", id)` | another document, and whether there is one; with [`Vocabulary::with_reads`] |
//! | others | predicates with a name: [`Vocabulary::define`] |
//!
//! At most one document may be read whose id depends on what is known for each decision only, and
//! [`BOUND_READS_MAX`] others; what is read cannot say what else to read.

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
mod bytes;
mod decide;
mod eval;
mod number;
mod outcome;
mod parts;
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
pub use parts::Part;
pub use plan::{Over, REACH_POINTS_MAX, Reach};
pub use predicate::Predicate;
pub use residual::Residual;
pub use scene::Scene;
pub use scratch::Scratch;
pub use span::Span;
pub use uses::{FieldPath, Read, Uses};
pub use view::{Entity, Environment, ListView, MapView, ReadFailed, Seen, View};
pub use vocabulary::{Declaration, Known, Slot, Type, Vocabulary};
