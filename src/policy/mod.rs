//! Regulation documents, clauses, dated parameters, and rule sets evaluated into decision sheets.
//!
//! What a union office may edit without a programmer lies in `assets/policy/*.toml`; this room
//! reads it ([`Library`]), refuses what does not hold together with file, line and what was
//! probably meant, finds the value of a parameter on a date ([`Library::parameter_at`]) and
//! turns a [`RuleSet`] and the [`Facts`] of one record into a [`DecisionSheet`] that cites a
//! clause for every line. The program suggests, a person decides.
//!
//! May know `words`, `edited`, `record` and `formula`. Knows no kind of record: whoever
//! asks for a sheet fills in the facts by name.

mod by_row;
mod check;
mod document;
mod evaluate;
mod fact;
mod library;
mod load;
mod nearest;
mod parameter;
mod render;
mod rules;
mod scene;
mod sheet;
mod shown;
mod threshold;
mod veil;
mod written;

#[cfg(test)]
mod tests;

pub use crate::words::Problem;
pub use by_row::Known;
pub use document::{Basis, Clause, Document, Grade, Reach};
pub use evaluate::{Context, Evaluator, evaluate};
pub use fact::{Fact, FactValue, Facts};
pub use library::Library;
pub use parameter::{
    InForce, Keys, Parameter, ParameterAt, ParameterRow, ParameterValue, Start, Unit,
};
pub use rules::{
    AS_OF, Computed, FactKind, FieldSource, Gives, LineRole, MeasureSource, Named, Round,
    RowsSource, RuleLine, RuleSet, THIS, Take, Threshold,
};
pub use sheet::{Change, ChangeKind, DecisionSheet, LineResult, Overall, SheetInput, SheetLine};
pub use written::written;
