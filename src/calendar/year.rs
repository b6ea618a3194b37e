//! One year: its days off, and the weekend days worked to make up for them.

use crate::words::Said;
use chrono::{Datelike, NaiveDate, Weekday};
use std::collections::BTreeMap;

/// What an arrangement makes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DayKind {
    /// Day off (休).
    Off,
    /// Weekend day worked to make up (班).
    Work,
}

impl DayKind {
    /// The word in holiday files and in the command line's output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Work => "work",
        }
    }
}

/// The notice an arrangement comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Its title as printed.
    pub title: String,
    /// Its document number as printed.
    pub number: Option<String>,
    /// The day it was issued.
    pub issued: Option<NaiveDate>,
}

/// One year's arrangement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YearCalendar {
    pub year: i32,
    /// Where the arrangement comes from.
    pub notice: Notice,
    /// The days named in the notice: kind and name of the holiday.
    pub days: BTreeMap<NaiveDate, (DayKind, String)>,
}

/// Saturday or Sunday.
pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The weekday in words.
#[must_use]
pub fn weekday(date: NaiveDate) -> Said {
    match date.weekday() {
        Weekday::Mon => Said::fixed("周一", "Monday"),
        Weekday::Tue => Said::fixed("周二", "Tuesday"),
        Weekday::Wed => Said::fixed("周三", "Wednesday"),
        Weekday::Thu => Said::fixed("周四", "Thursday"),
        Weekday::Fri => Said::fixed("周五", "Friday"),
        Weekday::Sat => Said::fixed("周六", "Saturday"),
        Weekday::Sun => Said::fixed("周日", "Sunday"),
    }
}
