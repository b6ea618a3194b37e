//! Which move is open to whom from which state, which facts are frozen, and when something is due.
//!
//! Reads a kind's [`Workflow`] and a record's moves; changes nothing and knows no program area.

mod facts;
mod hands;

pub use facts::{Open, open_facts, returned, returned_fields};
pub use hands::{
    Who, blocked, is_for, may, may_alone, proposed_by_other, since_submission, submitted_by,
};

use crate::calendar::{Calendar, CalendarError, Due as Counted};
use crate::program::{Due, DueFrom, Role, Workflow};
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
    /// The person wrote some of this record.
    Author,
    /// The person made a move whose maker may not make this one.
    MadeBefore {
        /// The title of that move.
        step: Said,
    },
    /// The person put it forward, and another has to make it.
    OwnProposal,
    /// The period before it is not over.
    TooEarly {
        /// The first day it may be made.
        from: NaiveDate,
        /// The clause the period rests on; none while to be confirmed.
        clause: Option<String>,
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
            Self::Author => said!(
                "这份材料有您录入、修改或提交的内容，须由另一位同事办理。",
                "You entered, changed or submitted some of this; somebody else must do it."
            ),
            Self::MadeBefore { step } => Said::new(
                format!("“{}”是您办理的，这一步须由另一位同事办理。", step.zh),
                format!("You made \"{}\", so somebody else must make this one.", step.en),
            ),
            Self::OwnProposal => said!(
                "这一步与建议不同，是您提出的，须由另一位同事复核后办理。",
                "This departs from the advice and you put it forward; another colleague must second it."
            ),
            Self::TooEarly { from, .. } => said!(
                "期限未满，{from} 起才能办理。",
                "The period is not over; this can be done from {from}."
            ),
            Self::Calendar(error) => error.said(),
        }
    }

    /// The clause it rests on.
    #[must_use]
    pub fn clause(&self) -> Option<&str> {
        match self {
            Self::TooEarly { clause, .. } => clause.as_deref(),
            _ => None,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::State { .. } => {
                said!("刷新后按 m 查看现在可办的步骤。", "Press m to see which steps apply now.")
            }
            Self::Role { .. } | Self::Author => {
                said!("请交给有权限的同事办理。", "Hand it to a colleague who may.")
            }
            Self::MadeBefore { .. } | Self::OwnProposal => said!(
                "请交给另一位同事；本站没有第二人的，由上级工会决定后登记。",
                "Hand it to another colleague; where there is none, the union above decides and it is entered here."
            ),
            Self::TooEarly { .. } => {
                said!("到期后再办，列表会提醒。", "Come back then; the list will remind you.")
            }
            Self::Calendar(error) => error.next(),
        }
    }
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
    let last = record.standing().last().and_then(|made| workflow.find_move(&made.id));
    match last.and_then(|step| step.due.as_ref()) {
        Some(wanted) => count(wanted, starts(wanted, workflow, record), calendar),
        None => Ok(None),
    }
}

/// When a wait that goes before a move is over. A day typed further back shortens no wait: it runs
/// from the day the state was entered, when that is later.
///
/// # Errors
/// When the calendar has no holiday file for a year the period needs.
fn wait(
    wanted: &Due,
    workflow: &Workflow,
    record: &Record,
    calendar: &Calendar,
) -> Result<Option<Counted>, CalendarError> {
    let entered = china_date(record.entered());
    let start = starts(wanted, workflow, record).map_or(entered, |start| start.max(entered));
    count(wanted, Some(start), calendar)
}

fn starts(wanted: &Due, workflow: &Workflow, record: &Record) -> Option<NaiveDate> {
    match &wanted.from {
        DueFrom::Entered => Some(china_date(record.entered())),
        DueFrom::Submitted => {
            since_submission(workflow, record).first().map(|made| china_date(made.at))
        }
        DueFrom::Field(field) => {
            let answered = record.standing().last().and_then(|made| made.answers.get(field));
            answered.or_else(|| record.get(field)).and_then(Value::as_date)
        }
    }
}

fn count(
    wanted: &Due,
    start: Option<NaiveDate>,
    calendar: &Calendar,
) -> Result<Option<Counted>, CalendarError> {
    let Some(start) = start else { return Ok(None) };
    calendar.due(start, wanted.period, &[]).map(Some)
}
