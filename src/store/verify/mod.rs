//! Checking a data folder. Without any password: the chain, who signed what, the keys back to the
//! root, branches, erasures, heads known outside. With one: contents, that whoever signed an entry
//! is the one it names, that decisions grew by those who made them, and the table.

mod chain;
mod contents;
mod hands;
mod ledger;
mod report;

pub use chain::verify_chain;
pub use contents::Judge;
pub use hands::{CLOCK_ACCEPTED, CLOCK_DOUBTED, ERASE, ERASE_REQUEST};
pub use report::{BackupCheck, DirectoryReport, Problem, TableReport, VerifyReport};
