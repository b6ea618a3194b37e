//! Which facts of a record are open and which are frozen.
//!
//! Facts freeze when the record is submitted. From then on only a move that returns it opens the
//! fields it names; papers and consents may be added. In a closed state nothing changes.

use crate::program::{AskType, Workflow};
use crate::record::{MoveMade, Record, Value};

/// What of a record may be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// Everything: it was not submitted yet, or begins anew.
    All,
    /// The fields a return named, and papers and consents may be added.
    Named(Vec<String>),
    /// Facts are frozen; papers and consents may be added.
    Frozen,
    /// Nothing.
    Closed,
}

/// What of a record may be changed in its state.
#[must_use]
pub fn open_facts(workflow: &Workflow, record: &Record) -> Open {
    if workflow.is_closed(&record.state) {
        return Open::Closed;
    }
    let step = |made: &MoveMade| workflow.find_move(&made.id);
    for made in record.standing().into_iter().rev() {
        let Some(step) = step(made) else { continue };
        if made.to == workflow.start && !step.returns {
            return Open::All;
        }
        if step.returns {
            let names = step.asks.iter().any(|ask| matches!(ask.ask_type, AskType::Fields));
            return if names { Open::Named(named(made)) } else { Open::All };
        }
        if step.submits {
            return Open::Frozen;
        }
    }
    Open::All
}

/// The move that returned the record, while it waits for what was asked.
#[must_use]
pub fn returned<'r>(workflow: &Workflow, record: &'r Record) -> Option<&'r MoveMade> {
    let last = record.standing().into_iter().next_back()?;
    workflow.find_move(&last.id).filter(|step| step.returns).map(|_| last)
}

/// The fields the last return named, while the record waits for them.
#[must_use]
pub fn returned_fields(workflow: &Workflow, record: &Record) -> Vec<String> {
    returned(workflow, record).map(named).unwrap_or_default()
}

/// `fields` is the common question of packs for fields to correct.
fn named(made: &MoveMade) -> Vec<String> {
    match made.answers.get("fields") {
        Some(Value::Tags(fields)) => fields.clone(),
        _ => Vec::new(),
    }
}
