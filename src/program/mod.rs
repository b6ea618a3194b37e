//! Program packs: the kinds of record an office keeps, as files it may edit itself.
//!
//! Holds what a pack says — kinds, fields, code lists, workflow — and what follows from it alone:
//! reading what a person typed for a field, showing a value, checking a record's fields, working
//! out totals and computed values. Packs are `assets/programs/*.toml`, or a station's own files.
//!
//! May know `record`, `formula`, `edited` and `words`. Knows no store, no account, no screen; who
//! may make a move and when it is due is the business of the rooms above.

mod catalogue;
mod check;
mod code_list;
mod effective;
mod first_row;
mod follow;
mod kind;
mod loader;
mod measure;
mod number;
mod same;
mod show;
mod spot;
pub mod typed;
mod workflow;

#[cfg(test)]
mod tests;

pub use catalogue::{AreaTab, Catalogue, Heading, Pack};
use check::BIRTH_DATE;
pub use check::{
    FieldProblem, Stage, answer_problem, consent_given, consents_lacking, doubts, filled_from_id,
    fits, problems, unanswered,
};
pub use code_list::{CodeList, Entry, NoChoice, folded, initials, pinyin_matches, pinyin_of};
pub use effective::{
    Effective, day_number, derived, effective, effective_fields, effective_row, formula_kind,
    formula_value, rows_with, see,
};
pub use first_row::{entered_again, has_first_row};
pub use follow::{Follow, Given};
pub use kind::{
    Confidential, Derived, Field, FieldType, FirstRow, Hop, Import, Kind, ListSort, RecordList,
    Required, SearchKeys, Section, Total, Validity,
};
pub use measure::{KeyPart, Measure, MeasureKey, Tally};
pub use number::{NumberTemplate, TemplateError};
pub use same::{same_people, same_value};
pub use show::{HIDDEN, mask, mask_refused, masked, plain, show};
pub use spot::{Behind, Spot};
pub use typed::{Cell, Named, NoRecords, Records, TypedError, Typing};
pub use workflow::{
    Ask, AskType, Due, DueFrom, EXPLAINS, FromSheet, MOVE_KEYS, Move, Need, Objection, Override,
    Role, State, Workflow,
};

/// The id of the kind every service points to: people.
pub const PERSON: &str = "person";
