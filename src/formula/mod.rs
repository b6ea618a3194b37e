//! Conditions and computed values: CEL expressions evaluated three-valued.
//!
//! The grammar is that of the Common Expression Language, parsed by the `cel` crate. What is
//! parsed is turned into a small tree of the operators rules need, which is then walked here,
//! because an input nobody knows yet must stay unknown instead of becoming an error:
//! `false && unknown` is false, `true || unknown` is true, all else that touches it is unknown
//! and says which inputs were lacking.
//!
//! Understood: `&& || ! == != < <= > >= + - * in ?: size() year() month()`, whole numbers, `true`,
//! `false`, text, lists, names, dotted or not, and `name.given`: whether it is known. Division is left out on purpose: money is whole fen, and
//! `12 * n * s` against `i - r` compares exactly where a quotient would round.
//!
//! May know `words`, and `edited` for formulas in files. Knows nothing of records, policies or
//! programs.

mod eval;
mod kind;
mod parse;
mod value;
mod written;

#[cfg(test)]
mod tests;

pub use parse::{Formula, FormulaError};
pub use value::{Input, Inputs, Kind, Outcome, Val};
