//! Working days, legal periods and deadlines, from holiday files.
//!
//! Holds the arrangement of days off and make-up working days of each year as the State Council
//! gives it ([`Calendar`]), and counts periods out with their arithmetic ([`Due`]). A year
//! without a holiday file is said, never guessed. Knows no kind of record: a period comes with
//! its length and unit.

mod due;
mod error;
mod file;
#[cfg(test)]
mod tests;
mod working_days;
mod year;

pub use due::{Countdown, Due, Period, Suspension, Unit, countdown};
pub use error::{CalendarError, NoHolidayFile};
pub use working_days::{Calendar, ListedDay};
pub use year::{DayKind, Notice, YearCalendar, weekday};
