//! Long runs that try to break the engine. Each kind of run is a module, and knows nothing of the others; the runner gives them
//! seeds for as long as it is told, and the ledger keeps what came of it.

pub mod crash;
pub mod damage;
pub mod fault;
pub mod fuzz;
pub mod history;
pub mod kind;
pub mod ledger;
pub mod oracle;
pub mod plan;
pub mod product;
pub mod runner;
pub mod worlds;
pub mod writers;
