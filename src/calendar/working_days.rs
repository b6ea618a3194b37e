//! Which days are worked, in all years that have a holiday file.

use super::NoHolidayFile;
use super::file::{read_year, year_twice};
use super::year::{DayKind, YearCalendar, is_weekend, weekday};
use crate::edited::{Problems, shipped};
use crate::words::{Problem, Said};
use chrono::{Datelike, NaiveDate};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A day that is not what its weekday suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDay {
    /// The day.
    pub date: NaiveDate,
    /// Off although a weekday, or worked although a weekend.
    pub kind: DayKind,
    /// The holiday, as in the notice.
    pub name: String,
}

/// The working days of all years that have a holiday file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i32, YearCalendar>,
}

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/calendar");

static BUILT_IN: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| shipped(&FOLDER, "calendar/"));

impl Calendar {
    /// The years the program brings along.
    #[must_use]
    pub fn built_in() -> Self {
        let mut calendar = Self::default();
        for (name, text) in Self::shipped() {
            // A test reads all of them; an unreadable one would leave its year without a file.
            if let Ok(year) = read_year(text, name) {
                calendar.put(year);
            }
        }
        calendar
    }

    /// The files the program carries, by name.
    #[must_use]
    pub fn shipped() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// The built-in years, each replaced by the file (name, text) of the same year.
    ///
    /// # Errors
    /// Everything wrong in the files, by file and line.
    pub fn with_own(own: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        let mut calendar = Self::built_in();
        let problems = Problems::default();
        let mut from: BTreeMap<i32, &str> = BTreeMap::new();
        for (name, text) in own {
            match read_year(text, name) {
                Ok(year) => {
                    if let Some(other) = from.insert(year.year, name) {
                        problems.extend(vec![year_twice(name, other, year.year)]);
                    }
                    calendar.put(year);
                }
                Err(wrong) => problems.extend(wrong),
            }
        }
        problems.into_result(calendar)
    }

    /// Reads one file over what is here; `file` is its name for messages.
    ///
    /// # Errors
    /// Everything wrong in the file, by line.
    pub fn with_file(mut self, text: &str, file: &str) -> Result<Self, Vec<Problem>> {
        self.put(read_year(text, file)?);
        Ok(self)
    }

    fn put(&mut self, year: YearCalendar) {
        self.years.insert(year.year, year);
    }

    /// The years that have a file, in order.
    pub fn years(&self) -> impl Iterator<Item = i32> + '_ {
        self.years.keys().copied()
    }

    /// One year's arrangement.
    ///
    /// # Errors
    /// [`NoHolidayFile`] when the year has no file.
    pub fn year(&self, year: i32) -> Result<&YearCalendar, NoHolidayFile> {
        self.years.get(&year).ok_or(NoHolidayFile { year })
    }

    /// Whether offices work on a day: weekdays that are not off, and weekend days worked.
    ///
    /// # Errors
    /// [`NoHolidayFile`] when the year has no file.
    pub fn is_working_day(&self, date: NaiveDate) -> Result<bool, NoHolidayFile> {
        Ok(match self.year(date.year())?.days.get(&date) {
            Some((DayKind::Off, _)) => false,
            Some((DayKind::Work, _)) => true,
            None => !is_weekend(date),
        })
    }

    /// Why a day is what it is: the holiday's name, `None` for a plain day.
    #[must_use]
    pub fn named(&self, date: NaiveDate) -> Option<(DayKind, &str)> {
        let (kind, name) = self.years.get(&date.year())?.days.get(&date)?;
        Some((*kind, name))
    }

    /// The days of a year that are not what their weekday suggests: days off that fall on
    /// weekdays and working days that fall on weekends, in order.
    ///
    /// # Errors
    /// [`NoHolidayFile`] when the year has no file.
    pub fn listing(&self, year: i32) -> Result<Vec<ListedDay>, NoHolidayFile> {
        let days = self.year(year)?.days.iter();
        let unusual =
            days.filter(|(date, (kind, _))| is_weekend(**date) == (*kind == DayKind::Work));
        Ok(unusual
            .map(|(date, (kind, name))| ListedDay { date: *date, kind: *kind, name: name.clone() })
            .collect())
    }

    /// Why nobody works on a day off: the holiday, or the weekday.
    pub(super) fn reason(&self, date: NaiveDate) -> Said {
        match self.named(date) {
            Some((_, name)) => holiday(name),
            None => weekday(date),
        }
    }
}

/// The English names of the holidays by law; a name a clerk adds is shown as written.
const HOLIDAYS: &[(&str, &str)] = &[
    ("元旦", "New Year's Day"),
    ("春节", "Spring Festival"),
    ("清明节", "Qingming"),
    ("劳动节", "Labour Day"),
    ("端午节", "Dragon Boat Festival"),
    ("中秋节", "Mid-Autumn Festival"),
    ("国庆节", "National Day"),
];

/// A holiday's name in both languages; `国庆节、中秋节` is two.
fn holiday(name: &str) -> Said {
    let english = |part: &str| {
        let known = HOLIDAYS.iter().find(|(chinese, _)| *chinese == part);
        known.map_or_else(|| part.to_owned(), |(_, english)| (*english).to_owned())
    };
    let parts: Vec<String> = name.split('、').map(english).collect();
    Said::new(name.to_owned(), parts.join(" and "))
}
