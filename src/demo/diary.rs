//! The diary of the station: who did what and when, in the order it is told afterwards.

use super::almanac::moment;
use crate::office::Answers;
use crate::record::{Fields, Instant, Value};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

/// Somebody in the cast, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PersonAt(pub usize);

/// A file in the cast, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileAt(pub usize);

/// What a deed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum About {
    Person(PersonAt),
    File(FileAt),
}

/// Who sits at the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Volunteer,
    Supervisor,
    /// The second pair of eyes.
    SecondSupervisor,
}

/// One thing done.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// A person is registered.
    Register(PersonAt, Fields),
    /// A file is opened for a registered person.
    Open(FileAt, Fields),
    /// Fields are put right.
    Amend(About, BTreeMap<String, Option<Value>>),
    /// A step of the workflow.
    Move(FileAt, &'static str, Answers),
    /// Something masked is looked at.
    Reveal(About, Vec<String>, &'static str),
}

/// One line of the diary.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub at: Instant,
    pub who: Who,
    pub deed: Deed,
}

/// The diary. Deeds of one account on one day follow each other in the order they are written.
#[derive(Debug, Default)]
pub(super) struct Diary {
    lines: Vec<Line>,
    written: HashMap<(NaiveDate, Who), i64>,
}

/// Seconds between two deeds at the counter.
const PACE: i64 = 40;
const HOUR: i64 = 3600;

impl Diary {
    /// Writes down that somebody did something on a day: the volunteer in the morning, the
    /// supervisors in the afternoon, one after the other.
    pub fn write(&mut self, day: NaiveDate, who: Who, deed: Deed) {
        let (from, until) = match who {
            Who::Volunteer => (9 * HOUR, 13 * HOUR),
            Who::Supervisor => (14 * HOUR, 16 * HOUR),
            Who::SecondSupervisor => (16 * HOUR + 60, 18 * HOUR),
        };
        let before = self.written.entry((day, who)).or_default();
        let at = moment(day, (from + *before * PACE).min(until));
        *before += 1;
        self.lines.push(Line { at, who, deed });
    }

    /// The lines in the order of time.
    pub fn read(mut self) -> Vec<Line> {
        self.lines.sort_by_key(|line| line.at);
        self.lines
    }
}

/// Who the story is about: identity numbers of people, and the head of each file.
pub(super) struct Cast {
    pub id_numbers: Vec<String>,
    pub heads: Vec<PersonAt>,
}
