//! Civil dates as people type them.

mod clock;
mod error;
mod words;

pub use error::DateError;

use super::fold;
use crate::edited::{Node, Raw};
use crate::said;
use chrono::{Datelike, Days, NaiveDate};

/// The first year a date may lie in.
pub const FIRST_YEAR: i32 = 1880;
/// The last year a date may lie in.
pub const LAST_YEAR: i32 = 2200;

/// Reads a date: `20250303`, `2025-3-3`, `2025.3.3`, `2025/3/3`, `2025年3月3日`, Chinese numerals
/// (`二〇二五年三月三日`), `t` or `今天`, `-1` (yesterday), `+3`.
///
/// A day of the week beside it is read when it is that date's. A time of day after it is read
/// when it is midnight: a spreadsheet's `2025-03-03 00:00:00`, or an instant with a zone that is
/// midnight in China (`2025-03-02T16:00:00Z`). Nothing is cut off silently.
///
/// # Errors
/// [`DateError`] says which part cannot be; a date that does not exist names the month's last day.
pub fn parse_date(text: &str, today: NaiveDate) -> Result<NaiveDate, DateError> {
    let typed = fold(text);
    if typed.is_empty() {
        return Err(DateError::Empty);
    }
    // Most dates in lists and every birth date in a number: nothing else is written so.
    if typed.len() == 8
        && typed.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = typed.parse::<u32>()
    {
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        return if year < 1000 {
            Err(DateError::YearForm(typed))
        } else {
            civil_date(year, month, day)
        };
    }
    if let Some(days) = relative_days(&typed) {
        return shifted(today, days);
    }
    let (rest, weekday) = words::without_weekday(&typed);
    let timed = clock::timed(&words::with_digits(&rest));
    let Some(parts) = split_parts(&timed.date) else {
        return Err(match parse_month(&timed.date) {
            Some((year, month)) => DateError::DayMissing { year, month },
            None => DateError::NotUnderstood(typed),
        });
    };
    let [year, month, day] = parts.map(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(DateError::NotUnderstood(typed));
    };
    if year < 1000 {
        return Err(DateError::YearForm(typed));
    }
    let date = civil_date(year, month, day)?;
    if weekday.is_some_and(|weekday| weekday != date.weekday()) {
        return Err(DateError::OtherWeekday(date));
    }
    match timed.time {
        Some(time) => Err(DateError::WithTime { date, time }),
        None => Ok(date),
    }
}

/// Reads a year and month without a day: `1975.06`, `1975-06`, `1975/6`, `1975年6月`, `197506`,
/// `一九七五年六月`. The year has four digits.
///
/// `1975.1` is read as January; a spreadsheet that kept `1975.10` as a quantity shows the same,
/// so what it says has to be compared with something else, such as an identity number.
#[must_use]
pub fn parse_month(text: &str) -> Option<(i32, u32)> {
    let text = words::with_digits(&fold(text));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = match text.split_once(['-', '/', '.', '年', '–', '—']) {
        Some((year, month)) => {
            let month = match text.contains('年') {
                true => month.trim_end_matches('份').strip_suffix('月')?,
                false => month,
            };
            (year.trim(), month.trim())
        }
        None => (text.get(..4)?, text.get(4..).filter(|month| month.len() == 2)?),
    };
    let shaped = digits(year) && year.len() == 4 && digits(month) && month.len() <= 2;
    let year = in_range(year.parse().ok()?).ok().filter(|_| shaped)?;
    let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    Some((year, month))
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
            "2025/3/3 12:00:00 AM",
            "2025-03-02T16:00:00.000Z",
            "2025-03-03T00:00:00+08:00",
            "二〇二五年三月三日",
            "二○二五年三月三号",
            "二零二五年三月三日星期一",
            "2025年3月3日星期一",
            "2025-03-03（周一）",
            "2025.3.3 Mon",
            "Monday, 2025-03-03",
            "2025年3月3日 礼拜一 0:00",
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
        assert_eq!(parse_date("二○二五年十二月卅一日", today), Ok(date(2025, 12, 31)));
        assert_eq!(parse_date("一九七五年六月十五日", today), Ok(date(1975, 6, 15)));
    }

    #[test]
    fn what_cannot_be_says_so() {
        use DateError::{
            DayMissing, Empty, NoSuchDay, NoSuchMonth, NotUnderstood, OtherWeekday, WithTime,
            YearForm, YearOutside,
        };
        let with_time = |day, time: &str| WithTime { date: date(2025, 3, day), time: time.into() };
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
            ("2025-3", DayMissing { year: 2025, month: 3 }),
            ("1975.06", DayMissing { year: 1975, month: 6 }),
            ("一九七五年六月", DayMissing { year: 1975, month: 6 }),
            ("75.06", NotUnderstood(owned("75.06"))),
            ("2025-13", NotUnderstood(owned("2025-13"))),
            // 2025-03-03 is a Monday.
            ("2025年3月3日星期二", OtherWeekday(date(2025, 3, 3))),
            ("2025-03-03 Sunday", OtherWeekday(date(2025, 3, 3))),
            ("2025-03-02 23:59:17", with_time(2, "23:59:17")),
            ("2025-03-02T15:59:17Z", with_time(2, "23:59:17")),
            ("2025-03-03T00:00:00Z", with_time(3, "08:00:00")),
            ("2025-03-02T16:00:00", with_time(2, "16:00:00")),
            ("2025-03-03 25:00", NotUnderstood(owned("2025-03-03 25:00"))),
            ("3/4/2025", YearForm(owned("3/4/2025"))),
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
        let said = OtherWeekday(date(2025, 3, 3)).said();
        assert!(said.zh.contains("星期一") && said.en.contains("Monday"), "{}", said.zh);
        assert!(
            with_time(2, "23:59:17").said().zh.starts_with("这里要的是日期，还带着时间 23:59:17")
        );
    }

    #[test]
    fn months_without_a_day() {
        for text in [
            "1975.06",
            "1975-06",
            "1975年6月",
            "1975年06月份",
            "197506",
            "1975.6",
            "1975/6",
            "1975/06",
            " １９７５．０６ ",
            "一九七五年六月",
        ] {
            assert_eq!(parse_month(text), Some((1975, 6)), "{text}");
        }
        for text in [
            "75.06",
            "1975",
            "1975.13",
            "1975.00",
            "1975-06-01",
            "19756",
            "1975年6",
            "1975年6日",
            "1975.6.",
            "187506",
            "",
            "六月",
        ] {
            assert_eq!(parse_month(text), None, "{text}");
        }
    }

    /// A number as it is written in dates: digits for a year, tens for a month or day.
    fn in_numerals(number: u32, zero: char) -> String {
        let numerals: Vec<char> = "一二三四五六七八九".chars().collect();
        let one = |n: u32| n.checked_sub(1).map_or(zero, |at| numerals[at as usize]);
        match number {
            0..=9 => one(number).to_string(),
            10 => "十".to_string(),
            11..=19 => format!("十{}", one(number % 10)),
            20 | 30 => format!("{}十", one(number / 10)),
            21..=99 => format!("{}十{}", one(number / 10), one(number % 10)),
            _ => number.to_string().chars().map(|c| one(c.to_digit(10).unwrap())).collect(),
        }
    }

    proptest! {
        #[test]
        fn every_form_gives_the_date_back(days in 0_u64..117_000, zone in -12_i32..=14) {
            let day = date(FIRST_YEAR, 1, 1) + Days::new(days);
            let today = date(2025, 3, 1);
            for zero in ['〇', '○', '零'] {
                let (year, month) = (in_numerals(day.year_ce().1, zero), in_numerals(day.month(), zero));
                let words = format!("{year}年{month}月{}日", in_numerals(day.day(), zero));
                prop_assert_eq!(parse_date(&words, today), Ok(day), "{}", words);
                let other = format!("{words}{}", words::chinese(day.weekday()));
                prop_assert_eq!(parse_date(&other, today), Ok(day));
                let wrong = format!("{words}{}", words::chinese(day.weekday().succ()));
                prop_assert_eq!(parse_date(&wrong, today), Err(DateError::OtherWeekday(day)));
            }
            // Midnight in China, told in another zone.
            let zone = chrono::FixedOffset::east_opt(zone * 3600).unwrap();
            let there = day.and_hms_opt(0, 0, 0).unwrap() - chrono::Duration::hours(8);
            let there = there.and_utc().with_timezone(&zone);
            if there.year() >= 1 {
                prop_assert_eq!(parse_date(&there.to_rfc3339(), today), Ok(day));
            }
            for form in ["%Y-%m-%d 00:00:00", "%Y/%-m/%-d 0:00", "%Y-%m-%d %A", "%a %Y.%m.%d"] {
                prop_assert_eq!(parse_date(&day.format(form).to_string(), today), Ok(day));
            }
            for form in ["%Y.%m", "%Y-%m", "%Y年%-m月", "%Y%m", "%Y/%-m"] {
                let month = day.format(form).to_string();
                prop_assert_eq!(parse_month(&month), Some((day.year(), day.month())));
            }
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
