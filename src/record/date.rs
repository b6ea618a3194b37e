//! Civil dates as people type them.

use super::fold;
use crate::edited::{Node, Raw};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, Days, NaiveDate};
use thiserror::Error;

/// The first year a date may lie in.
pub const FIRST_YEAR: i32 = 1880;
/// The last year a date may lie in.
pub const LAST_YEAR: i32 = 2200;

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// Nothing was typed.
    #[error("no date")]
    Empty,
    /// Not in any form the program reads.
    #[error("not a date: {0}")]
    NotUnderstood(String),
    /// The year has not four digits or does not come first.
    #[error("year not given in four digits: {0}")]
    YearForm(String),
    /// A year no record can lie in.
    #[error("year {0} is outside {FIRST_YEAR} to {LAST_YEAR}")]
    YearOutside(i64),
    /// A month that is not 1 to 12.
    #[error("there is no month {0}")]
    NoSuchMonth(u32),
    /// A day the month does not have.
    #[error("{year}-{month:02} has no day {day}, it ends on {last}")]
    NoSuchDay {
        /// Year typed.
        year: i32,
        /// Month typed.
        month: u32,
        /// Day typed.
        day: u32,
        /// Last day of that month.
        last: u32,
    },
}

impl DateError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填日期。", "No date yet."),
            Self::NotUnderstood(text) => {
                said!("“{text}”不能读作日期。", "\"{text}\" cannot be read as a date.")
            }
            Self::YearForm(text) => said!(
                "“{text}”没有以四位年份开头。",
                "\"{text}\" does not begin with a four-digit year."
            ),
            Self::YearOutside(year) => said!(
                "{year} 年不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之内。",
                "The year {year} is outside {FIRST_YEAR} to {LAST_YEAR}."
            ),
            Self::NoSuchMonth(month) => {
                said!("没有 {month} 月。", "There is no month {month}.")
            }
            Self::NoSuchDay { year, month, day, last } => said!(
                "{year} 年 {month} 月没有 {day} 日，最后一天是 {last} 日。",
                "{year}-{month:02} has no day {day}; its last day is {last}."
            ),
        }
    }

    /// What to type instead.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::NoSuchMonth(_) => Said::fixed(
                "月份写 1 至 12，顺序是年、月、日。",
                "Type a month from 1 to 12; the order is year, month, day.",
            ),
            Self::NoSuchDay { last, .. } => {
                said!("日写 1 至 {last}。", "Type a day from 1 to {last}.")
            }
            Self::YearOutside(_) => Said::fixed("请核对年份。", "Check the year."),
            Self::Empty | Self::NotUnderstood(_) | Self::YearForm(_) => Said::fixed(
                "写作 20250303、2025-3-3 或 2025年3月3日；t 是今天，-1 是昨天。",
                "Type 20250303, 2025-3-3 or 2025年3月3日; t is today, -1 yesterday.",
            ),
        }
    }
}

/// Reads a date: `20250303`, `2025-3-3`, `2025.3.3`, `2025/3/3`, `2025年3月3日`, `t` or `今天`,
/// `-1` (yesterday), `+3`, and a spreadsheet's `2025-03-03 00:00:00`.
///
/// # Errors
/// [`DateError`] says which part cannot be; a date that does not exist names the month's last day.
pub fn parse_date(text: &str, today: NaiveDate) -> Result<NaiveDate, DateError> {
    let typed = fold(text);
    if typed.is_empty() {
        return Err(DateError::Empty);
    }
    if let Some(days) = relative_days(&typed) {
        return shifted(today, days);
    }
    let day = without_time(&typed);
    let parts = split_parts(&day).ok_or_else(|| DateError::NotUnderstood(typed.clone()))?;
    let [year, month, day] = parts.map(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(DateError::NotUnderstood(typed));
    };
    if year < 1000 {
        return Err(DateError::YearForm(typed));
    }
    civil_date(year, month, day)
}

/// A date in a file an office edits: `2025-01-01`, or in quotes in any form a person types.
pub fn date_in_file(node: &Node<'_>, key: &'static str) -> Option<NaiveDate> {
    dates_in_file(node, key, |_| None)
}

/// The same, where a year alone stands for its first day.
pub(super) fn first_day_in_file(node: &Node<'_>, key: &'static str) -> Option<NaiveDate> {
    dates_in_file(node, key, |value| {
        let year = in_range(value.as_integer()?.as_str().parse().ok()?).ok()?;
        NaiveDate::from_ymd_opt(year, 1, 1)
    })
}

fn dates_in_file(
    node: &Node<'_>,
    key: &'static str,
    other: impl FnOnce(&Raw<'_>) -> Option<NaiveDate>,
) -> Option<NaiveDate> {
    let wrong = || {
        said!(
            "“{key}”不是日期，请写成 2025-07-01 的样子",
            "\"{key}\" is not a date; write it as 2025-07-01"
        )
    };
    let date = node.fit(key, wrong, |value| match value {
        Raw::Datetime(stamp) => {
            let date = stamp.date.filter(|_| stamp.time.is_none())?;
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        }
        // A file has no today, so words such as 今天 lead out of every year that is allowed.
        Raw::String(text) => parse_date(text, NaiveDate::MIN)
            .ok()
            .filter(|date| (FIRST_YEAR..=LAST_YEAR).contains(&date.year())),
        other_value => other(other_value),
    });
    date.map(|at| at.value)
}

/// The date of three numbers, or what is wrong with them.
fn civil_date(year: u32, month: u32, day: u32) -> Result<NaiveDate, DateError> {
    let year = in_range(i64::from(year))?;
    if !(1..=12).contains(&month) {
        return Err(DateError::NoSuchMonth(month));
    }
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| DateError::NoSuchDay {
        year,
        month,
        day,
        last: last_day(year, month),
    })
}

fn in_range(year: i64) -> Result<i32, DateError> {
    i32::try_from(year)
        .ok()
        .filter(|year| (FIRST_YEAR..=LAST_YEAR).contains(year))
        .ok_or(DateError::YearOutside(year))
}

/// The last day of a month.
fn last_day(year: i32, month: u32) -> u32 {
    (28..=31).rev().find(|day| NaiveDate::from_ymd_opt(year, month, *day).is_some()).unwrap_or(28)
}

/// Days from today, when that is what was typed.
fn relative_days(typed: &str) -> Option<i64> {
    match typed {
        "t" | "T" | "今天" | "今日" | "今" => return Some(0),
        "昨天" | "昨日" => return Some(-1),
        "前天" => return Some(-2),
        "明天" | "明日" => return Some(1),
        "后天" => return Some(2),
        _ => {}
    }
    let digits = typed.strip_prefix(['+', '-', '\u{2212}'])?.trim();
    let all_digits = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let days: i64 = all_digits.then(|| digits.parse().ok())??;
    // Five digits reach past every year that is allowed; more is not a number of days.
    (days <= 99_999).then_some(if typed.starts_with('+') { days } else { -days })
}

fn shifted(today: NaiveDate, days: i64) -> Result<NaiveDate, DateError> {
    let step = Days::new(days.unsigned_abs());
    let date = if days < 0 { today.checked_sub_days(step) } else { today.checked_add_days(step) };
    let date = date.ok_or(DateError::YearOutside(i64::from(today.year())))?;
    in_range(i64::from(date.year())).map(|_| date)
}

/// Drops the time of day a spreadsheet puts behind a date.
fn without_time(typed: &str) -> String {
    let cut = typed.split_once([' ', 'T']).filter(|(_, time)| {
        time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.')
    });
    cut.map_or(typed, |(date, _)| date).to_owned()
}

/// Year, month and day as typed.
fn split_parts(text: &str) -> Option<[String; 3]> {
    let is_digit = |c: char| c.is_ascii_digit();
    if text.len() == 8 && text.chars().all(is_digit) {
        let digits: Vec<char> = text.chars().collect();
        let part = |from: usize, to: usize| digits.get(from..to).map(|d| d.iter().collect());
        return Some([part(0, 4)?, part(4, 6)?, part(6, 8)?]);
    }
    let numbers: Vec<&str> = text.split(|c| !is_digit(c)).filter(|part| !part.is_empty()).collect();
    let between: Vec<&str> =
        text.split(is_digit).map(str::trim).filter(|s| !s.is_empty()).collect();
    let [year, month, day] = numbers.as_slice() else { return None };
    let starts_with_digit = text.chars().next().is_some_and(is_digit);
    let known = match between.as_slice() {
        [] => true,
        ["年", "月"] | ["年", "月", "日" | "号"] => true,
        [a, b] => a == b && ["-", "/", ".", "–", "—", "。"].contains(a) && text.ends_with(is_digit),
        _ => false,
    };
    let short = numbers.iter().all(|part| part.len() <= 5);
    (known && short && starts_with_digit).then(|| [*year, *month, *day].map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn what_people_type() {
        let today = date(2025, 3, 1);
        for text in [
            "20250303",
            "２０２５０３０３",
            "2025-3-3",
            "2025-03-03",
            "2025.3.3",
            "2025。3。3",
            "2025/3/3",
            "2025／３／３",
            "2025年3月3日",
            "2025年 3 月 3 号",
            "2025年3月3",
            "2025 3 3",
            "2025-03-03 00:00:00",
            "2025-03-03T00:00:00.000",
            "2025/3/3 0:00",
            "+2",
        ] {
            assert_eq!(parse_date(text, today), Ok(date(2025, 3, 3)), "{text}");
        }
        for text in ["t", "Ｔ", "今天", "+0", "-0"] {
            assert_eq!(parse_date(text, today), Ok(today), "{text}");
        }
        assert_eq!(parse_date("-1", today), Ok(date(2025, 2, 28)));
        assert_eq!(parse_date("昨天", today), Ok(date(2025, 2, 28)));
        assert_eq!(parse_date("2024-02-29", today), Ok(date(2024, 2, 29)));
    }

    #[test]
    fn what_cannot_be_says_so() {
        use DateError::{Empty, NoSuchDay, NoSuchMonth, NotUnderstood, YearForm, YearOutside};
        let today = date(2025, 3, 1);
        let owned = str::to_owned;
        for (text, error) in [
            (" ", Empty),
            ("2025-02-30", NoSuchDay { year: 2025, month: 2, day: 30, last: 28 }),
            ("19000229", NoSuchDay { year: 1900, month: 2, day: 29, last: 28 }),
            ("2025-04-31", NoSuchDay { year: 2025, month: 4, day: 31, last: 30 }),
            ("2025-4-0", NoSuchDay { year: 2025, month: 4, day: 0, last: 30 }),
            ("2025-13-01", NoSuchMonth(13)),
            ("1879-12-31", YearOutside(1879)),
            ("2201-01-01", YearOutside(2201)),
            ("25-3-3", YearForm(owned("25-3-3"))),
            ("3/3/2025", YearForm(owned("3/3/2025"))),
            ("2025-3/3", NotUnderstood(owned("2025-3/3"))),
            ("2025-3", NotUnderstood(owned("2025-3"))),
            ("2025-3-3x", NotUnderstood(owned("2025-3-3x"))),
            ("-2025-3-3", NotUnderstood(owned("-2025-3-3"))),
            ("不详", NotUnderstood(owned("不详"))),
            ("202503031", NotUnderstood(owned("202503031"))),
        ] {
            let got = parse_date(text, today);
            assert_eq!(got, Err(error), "{text}");
            let error = got.unwrap_err();
            assert!(!error.said().is_empty() && !error.next().is_empty());
        }
        assert_eq!(parse_date("+99999", today), Err(YearOutside(2298)));
    }

    proptest! {
        #[test]
        fn every_form_gives_the_date_back(days in 0_u64..117_000) {
            let day = date(FIRST_YEAR, 1, 1) + Days::new(days);
            let today = date(2025, 3, 1);
            for form in ["%Y%m%d", "%Y-%m-%d", "%Y.%-m.%-d", "%Y/%-m/%-d", "%Y年%-m月%-d日"] {
                prop_assert_eq!(parse_date(&day.format(form).to_string(), today), Ok(day));
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".*", near in "[-+0-9./年月日 :tT]{0,24}") {
            let today = date(2025, 3, 1);
            let _ = parse_date(&text, today);
            let _ = parse_date(&near, today);
        }
    }
}
