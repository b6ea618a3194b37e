//! Reading and checking one year's holiday file.

use super::year::is_weekend;
use super::{DayKind, Notice, YearCalendar, weekday};
use crate::edited::{Node, Problems, Source};
use crate::record::{FIRST_YEAR, LAST_YEAR, date_in_file};
use crate::said;
use crate::words::{Problem, Said, closest};
use chrono::{Datelike, NaiveDate};

/// Reads one file:
///
/// ```toml
/// year   = 2025
/// title  = "国务院办公厅关于2025年部分节假日安排的通知"
/// number = "国办发明电〔2024〕12号"
/// issued = 2024-11-12
///
/// [[day]]
/// date = 2025-01-01
/// kind = "off"
/// name = "元旦"
/// ```
pub(super) fn read_year(text: &str, file: &str) -> Result<YearCalendar, Vec<Problem>> {
    let problems = Problems::default();
    let source = Source::open(file, text, &problems);
    let root = source.root();
    let year = read_year_number(&root);
    let notice = Notice {
        title: root.need_text("title").map(|at| at.value).unwrap_or_default(),
        number: root.text("number").map(|at| at.value),
        issued: date_in_file(&root, "issued"),
    };
    let mut calendar =
        YearCalendar { year: year.unwrap_or_default(), notice, ..Default::default() };
    let rows = root.tables("day");
    root.finish();
    if rows.is_empty() {
        root.wrong_at(
            "year",
            Said::fixed(
                "文件里没有任何 [[day]]，一年不会没有节假日。请照通知逐日补上。",
                "There is no [[day]] at all. Add each day of the notice.",
            ),
        );
    }
    for row in &rows {
        let Some((date, kind, name)) = read_day(row, year) else { continue };
        if calendar.days.insert(date, (kind, name)).is_some() {
            row.wrong_at(
                "date",
                said!("{date} 写了两次，请删去一条。", "{date} is there twice; remove one."),
            );
        }
    }
    problems.into_result(calendar)
}

fn read_year_number(root: &Node<'_>) -> Option<i32> {
    root.need("year");
    let number = root.whole("year")?.value;
    let year = i32::try_from(number).ok().filter(|year| (FIRST_YEAR..=LAST_YEAR).contains(year));
    if year.is_none() {
        root.wrong_at(
            "year",
            Said::fixed(
                "年份要写成四位数字，如 2026。",
                "The year has to be four digits, such as 2026.",
            ),
        );
    }
    year
}

fn read_day(row: &Node<'_>, year: Option<i32>) -> Option<(NaiveDate, DayKind, String)> {
    row.need("date");
    let date = date_in_file(row, "date");
    let kind = read_kind(row);
    let name = row.need_text("name");
    row.finish();
    let (date, kind, name) = (date?, kind?, name?.value);
    if let Some(year) = year
        && date.year() != year
    {
        let other = date.year();
        row.wrong_at(
            "date",
            said!(
                "{date} 不在 {year} 年，应写在 {other}.toml 里。",
                "{date} is not in {year}; it belongs into {other}.toml."
            ),
        );
        return None;
    }
    if kind == DayKind::Work && !is_weekend(date) {
        let day = weekday(date);
        let (zh, en) = (&day.zh, &day.en);
        row.wrong_at(
            "date",
            said!(
                "{date} 是{zh}，本来就上班；\"work\" 只用于调休上班的周末。请核对日期。",
                "{date} is a {en}, a working day anyway; \"work\" is for weekend days. Check the \
                 date."
            ),
        );
        return None;
    }
    Some((date, kind, name))
}

fn read_kind(row: &Node<'_>) -> Option<DayKind> {
    let word = row.need_text("kind")?.value;
    match word.as_str() {
        "off" | "休" => Some(DayKind::Off),
        "work" | "班" => Some(DayKind::Work),
        other => {
            row.wrong_meaning(
                "kind",
                said!(
                    "不认识“{other}”：放假写 \"off\"，调休上班写 \"work\"。",
                    "\"{other}\" is not known: write \"off\" for a day off, \"work\" for a weekend \
                     day worked."
                ),
                closest(other, ["off", "work"]),
            );
            None
        }
    }
}

/// Two files for one year.
pub(super) fn year_twice(file: &str, other: &str, year: i32) -> Problem {
    Problem::new(
        file,
        0,
        said!(
            "{year} 年已有文件 {other}。请只留一个。",
            "{other} already has the year {year}. Keep only one."
        ),
    )
}
