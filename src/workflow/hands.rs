//! Whose hands a move needs.

use super::WhyNot;
use crate::calendar::Calendar;
use crate::program::{Move, Role, Workflow};
use crate::record::{MoveMade, Record};
use crate::words::Said;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The key of the main step forward, in every pack.
const MAIN_STEP: char = 'a';

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'w> {
    pub account: &'w str,
    pub role: Role,
}

/// The moves that stand since the record was last submitted, that submission first; none for one
/// that was never submitted.
#[must_use]
pub fn since_submission<'r>(workflow: &Workflow, record: &'r Record) -> Vec<&'r MoveMade> {
    let standing = record.standing();
    let submits = |made: &&MoveMade| workflow.submitting().any(|step| step.id == made.id);
    // A life without submitting counts from its beginning.
    let from = match standing.iter().rposition(submits) {
        None if workflow.submitting().next().is_none() => Some(0),
        from => from,
    };
    from.and_then(|from| standing.get(from..)).map(<[_]>::to_vec).unwrap_or_default()
}

/// Who submitted the record last.
#[must_use]
pub fn submitted_by<'r>(workflow: &Workflow, record: &'r Record) -> Option<&'r str> {
    let first = since_submission(workflow, record).into_iter().next()?;
    workflow.submitting().any(|step| step.id == first.id).then_some(first.by.as_str())
}

/// Whether a step belongs to a role. Administrators look after accounts and packs and make no
/// moves, whatever a pack says.
#[must_use]
pub fn is_for(step: &Move, role: Role) -> bool {
    role != Role::Administrator && step.by.contains(&role)
}

/// Whether somebody else put this move forward, so that this account would second it.
#[must_use]
pub fn proposed_by_other(step: &Move, record: &Record, account: &str) -> bool {
    let proposal = record.proposal.as_ref().filter(|proposal| proposal.id == step.id);
    proposal.is_some_and(|proposal| proposal.by != account)
}

/// Whether `step` may be made now by this account.
///
/// # Errors
/// The reason it may not, in the order a person would want to hear it.
pub fn may(
    workflow: &Workflow,
    step: &Move,
    record: &Record,
    who: Who<'_>,
    today: NaiveDate,
    calendar: &Calendar,
) -> Result<(), WhyNot> {
    if !step.from.contains(&record.state) {
        let state = workflow.state(&record.state).map(|s| s.title.clone());
        return Err(WhyNot::State { state: state.unwrap_or_else(|| Said::same(&record.state)) });
    }
    if !is_for(step, who.role) {
        return Err(WhyNot::Role { roles: step.by.clone() });
    }
    if step.not_by_author && record.authors.contains(who.account) {
        return Err(WhyNot::Author);
    }
    let seconds = proposed_by_other(step, record, who.account);
    if let Some(other) = made_before(workflow, step, record, who.account, seconds) {
        return Err(WhyNot::MadeBefore { step: other });
    }
    if let Some(wait) = &step.not_before {
        let over = super::wait(wait, workflow, record, calendar).map_err(WhyNot::Calendar)?;
        if let Some(over) = over.filter(|over| today <= over.date) {
            let from = over.date.succ_opt().unwrap_or(over.date);
            let clause = step.not_before.as_ref().and_then(|wait| wait.clause.clone());
            return Err(WhyNot::TooEarly { from, clause });
        }
    }
    Ok(())
}

/// The accounts that had a hand in a record and so may not make the main step out of its state.
#[must_use]
pub fn blocked(workflow: &Workflow, record: &Record) -> BTreeSet<String> {
    let Some(step) = workflow.move_on(&record.state, MAIN_STEP) else { return BTreeSet::new() };
    let makers = since_submission(workflow, record);
    let makers = makers.iter().flat_map(|made| made.proposed_by.iter().chain([&made.by]));
    let hands: BTreeSet<&String> = record.authors.iter().chain(makers).collect();
    let may_not = |account: &str| {
        let seconds = proposed_by_other(step, record, account);
        (step.not_by_author && record.authors.contains(account))
            || made_before(workflow, step, record, account, seconds).is_some()
    };
    hands.into_iter().filter(|account| may_not(account)).cloned().collect()
}

/// Whether this account may make `step` in its own right, and not only second what another put
/// forward.
///
/// # Errors
/// The move it made that keeps it from making this one.
pub fn may_alone(
    workflow: &Workflow,
    step: &Move,
    record: &Record,
    account: &str,
) -> Result<(), WhyNot> {
    match made_before(workflow, step, record, account, false) {
        Some(other) => Err(WhyNot::MadeBefore { step: other }),
        None => Ok(()),
    }
}

/// A move this account made since the last submission that keeps it from making `step`.
///
/// Whoever `seconds` what another put forward is a second pair of eyes already: the two moves that
/// must be apart are then made by different accounts whoever of them made the first.
fn made_before(
    workflow: &Workflow,
    step: &Move,
    record: &Record,
    account: &str,
    seconds: bool,
) -> Option<Said> {
    let apart = workflow.apart.contains(&step.id) && !seconds;
    let keeps = |made: &MoveMade| {
        let named = step.not_by.contains(&made.id);
        named || (apart && made.id != step.id && workflow.apart.contains(&made.id))
    };
    let by_them =
        |made: &MoveMade| made.by == account || made.proposed_by.as_deref() == Some(account);
    let since = since_submission(workflow, record);
    let made = since.iter().find(|made| keeps(made) && by_them(made))?;
    workflow.find_move(&made.id).map(|step| step.title.clone())
}
