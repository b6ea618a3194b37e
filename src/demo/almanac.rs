//! The days of the demo: counted back from today, with the supervisor's desk days on them.

use crate::calendar::{Calendar, Period, Unit};
use crate::record::{CHINA_OFFSET_HOURS, Instant};
use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};

/// Working days the demo reaches back.
pub(super) const REACH: usize = 48;
/// Working days between two sittings of the supervisor. Few sittings also mean few waits for
/// the disk: what one account does in a row is saved together.
const BETWEEN_SITTINGS: usize = 4;
/// Working days since the last sitting.
const LAST_SITTING: usize = 3;

/// The days of the demo.
pub(super) struct Almanac<'c> {
    calendar: &'c Calendar,
    today: NaiveDate,
    /// Working days before today, the latest first.
    workdays: Vec<NaiveDate>,
}

impl<'c> Almanac<'c> {
    /// The days before `today`.
    pub fn new(today: NaiveDate, calendar: &'c Calendar) -> Self {
        let back = (1..).map_while(|days| today.checked_sub_days(Days::new(days)));
        // A year without a holiday file: its weekdays count.
        let weekday = |day: NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let workdays = back
            .filter(|day| calendar.is_working_day(*day).unwrap_or_else(|_| weekday(*day)))
            .take(REACH)
            .collect();
        Self { calendar, today, workdays }
    }

    /// Today.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// The working day `ago` working days before today; 0 is today, whatever day it is.
    pub fn workday(&self, ago: usize) -> NaiveDate {
        let at = ago.checked_sub(1).map(|at| at.min(REACH - 1));
        at.and_then(|at| self.workdays.get(at)).copied().unwrap_or(self.today)
    }

    /// How many working days ago the supervisor sat for the `nth` time, counted back from the
    /// last time, which is 1.
    pub fn sitting(nth: usize) -> usize {
        LAST_SITTING + BETWEEN_SITTINGS * nth.saturating_sub(1)
    }

    /// The latest day from which a period of `days` ends today; none when today cannot end one.
    pub fn ends_today(&self, days: u32, unit: Unit) -> Option<NaiveDate> {
        let back = (1..30).filter_map(|back| self.today.checked_sub_days(Days::new(back)));
        let ends = |day: NaiveDate| {
            let due = self.calendar.due(day, Period::new(days, unit), &[]).ok();
            due.is_some_and(|due| due.date == self.today)
        };
        let mut ending: Vec<NaiveDate> = back.filter(|day| ends(*day)).collect();
        ending.sort_by_key(|day| !self.workdays.contains(day));
        ending.first().copied()
    }
}

/// A moment of a day in China, in seconds after midnight.
pub(super) fn moment(day: NaiveDate, seconds: i64) -> Instant {
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
    midnight - TimeDelta::hours(i64::from(CHINA_OFFSET_HOURS)) + TimeDelta::seconds(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::china_date;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn counts_working_days_over_the_autumn_holidays() {
        // 2025: off from 1 to 8 October, Saturday 11 October worked (国办发明电〔2024〕12号).
        let calendar = Calendar::built_in();
        let almanac = Almanac::new(day(2025, 10, 15), &calendar);
        let row: Vec<NaiveDate> = (0..=6).map(|ago| almanac.workday(ago)).collect();
        let expected = [15, 14, 13, 11, 10, 9].map(|d| day(2025, 10, d));
        assert_eq!(row[..6], expected);
        assert_eq!(row[6], day(2025, 9, 30));
    }

    #[test]
    fn finds_the_day_a_period_ends_today() {
        let calendar = Calendar::built_in();
        // Wednesday: five days before is Friday, a working day in 2025-10.
        let almanac = Almanac::new(day(2025, 10, 15), &calendar);
        assert_eq!(almanac.ends_today(5, Unit::Natural), Some(day(2025, 10, 10)));
        assert_eq!(almanac.ends_today(5, Unit::Working), Some(day(2025, 10, 9)));
        // On a Sunday nothing ends that rolls on to a working day.
        let almanac = Almanac::new(day(2025, 10, 19), &calendar);
        assert_eq!(almanac.ends_today(5, Unit::Natural), None);
    }

    #[test]
    fn moments_are_those_of_china() {
        let at = moment(day(2025, 10, 15), 9 * 3600);
        assert_eq!(at.to_rfc3339(), "2025-10-15T01:00:00+00:00");
        assert_eq!(china_date(moment(day(2025, 10, 15), 60)), day(2025, 10, 15));
    }
}
