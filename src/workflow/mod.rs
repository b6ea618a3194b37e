//! Which move is open to whom from which state, and when something is due.
//!
//! Reads a kind's [`Workflow`] and a record's moves; changes nothing and knows no program area.

use crate::calendar::{Calendar, CalendarError, Due as Counted, Period, Unit};
use crate::program::{DayUnit, Due, DueFrom, Move, Role, Workflow};
use crate::record::{Record, Value, china_date};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;

/// Why a move cannot be made now.
#[derive(Clone, Debug, PartialEq)]
pub enum WhyNot {
    /// It does not start from the record's state.
    State {
        /// The state's title.
        state: Said,
    },
    /// It belongs to other roles.
    Role {
        /// Who may.
        roles: Vec<Role>,
    },
    /// The person submitted this record.
    OwnSubmission,
    /// The period before it is not over.
    TooEarly {
        /// The first day it may be made.
        from: NaiveDate,
    },
    /// The period before it cannot be counted.
    Calendar(CalendarError),
}

impl WhyNot {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::State { state } => Said::new(
                format!("这份记录现在是“{}”，不能办理这一步。", state.zh),
                format!("This record is now \"{}\", so this step does not apply.", state.en),
            ),
            Self::Role { roles } => {
                let titles: Vec<Said> = roles.iter().map(|role| role.title()).collect();
                let titles = Said::join(&titles, "、", ", ");
                Said::new(
                    format!("这一步由{}办理。", titles.zh),
                    format!("This step is for: {}.", titles.en),
                )
            }
            Self::OwnSubmission => said!(
                "这份材料是您提交的，须由另一位同事审核。",
                "You submitted this; somebody else must review it."
            ),
            Self::TooEarly { from } => said!(
                "期限未满，{from} 起才能办理。",
                "The period is not over; this can be done from {from}."
            ),
            Self::Calendar(error) => error.said(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::State { .. } => {
                said!("刷新后按 m 查看现在可办的步骤。", "Press m to see which steps apply now.")
            }
            Self::Role { .. } | Self::OwnSubmission => {
                said!("请交给有权限的同事办理。", "Hand it to a colleague who may.")
            }
            Self::TooEarly { .. } => {
                said!("到期后再办，列表会提醒。", "Come back then; the list will remind you.")
            }
            Self::Calendar(error) => error.next(),
        }
    }
}

/// The accounts that submitted a record, latest last: whoever made a move that leaves the start.
pub fn submitters<'r>(
    workflow: &'r Workflow,
    record: &'r Record,
) -> impl Iterator<Item = &'r str> + 'r {
    record
        .moves
        .iter()
        .filter(|made| workflow.first_moves().any(|first| first.id == made.id))
        .map(|made| made.by.as_str())
}

/// Whether a step belongs to a role. An administrator may stand in at the counter and in review;
/// that nobody reviews an own submission holds for them too.
#[must_use]
pub fn is_for(step: &Move, role: Role) -> bool {
    step.by.contains(&role) || role == Role::Administrator
}

/// Whether `step` may be made now by this account.
///
/// # Errors
/// The reason it may not, in the order a person would want to hear it.
pub fn may(
    workflow: &Workflow,
    step: &Move,
    record: &Record,
    account: &str,
    role: Role,
    today: NaiveDate,
    calendar: &Calendar,
) -> Result<(), WhyNot> {
    if !step.from.contains(&record.state) {
        let state = workflow.state(&record.state).map(|s| s.title.clone());
        return Err(WhyNot::State { state: state.unwrap_or_else(|| Said::same(&record.state)) });
    }
    if !is_for(step, role) {
        return Err(WhyNot::Role { roles: step.by.clone() });
    }
    if step.not_by_submitter && submitters(workflow, record).any(|by| by == account) {
        return Err(WhyNot::OwnSubmission);
    }
    if let Some(wait) = &step.not_before {
        let over = period(wait, workflow, record, calendar).map_err(WhyNot::Calendar)?;
        if let Some(over) = over.filter(|over| today <= over.date) {
            return Err(WhyNot::TooEarly { from: over.date.succ_opt().unwrap_or(over.date) });
        }
    }
    Ok(())
}

/// When the step a record waits for is due: the period that began with its last move.
///
/// # Errors
/// When the calendar has no holiday file for a year the period needs.
pub fn due(
    workflow: &Workflow,
    record: &Record,
    calendar: &Calendar,
) -> Result<Option<Counted>, CalendarError> {
    let last = record.moves.last().and_then(|made| workflow.find_move(&made.id));
    match last.and_then(|step| step.due.as_ref()) {
        Some(wanted) => period(wanted, workflow, record, calendar),
        None => Ok(None),
    }
}

fn period(
    wanted: &Due,
    workflow: &Workflow,
    record: &Record,
    calendar: &Calendar,
) -> Result<Option<Counted>, CalendarError> {
    let start = match &wanted.from {
        DueFrom::Entered => Some(china_date(record.entered())),
        DueFrom::Submitted => record
            .moves
            .iter()
            .rev()
            .find(|made| workflow.first_moves().any(|first| first.id == made.id))
            .map(|made| china_date(made.at)),
        DueFrom::Field(field) => record
            .moves
            .last()
            .and_then(|made| made.answers.get(field))
            .or_else(|| record.get(field))
            .and_then(Value::as_date),
    };
    let Some(start) = start else { return Ok(None) };
    let unit = match wanted.unit {
        DayUnit::Working => Unit::Working,
        DayUnit::Natural => Unit::Natural,
    };
    calendar.due(start, Period::new(wanted.days, unit), &[]).map(Some)
}
