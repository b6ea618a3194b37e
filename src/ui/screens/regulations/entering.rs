//! A new value of a parameter: asked for with the document it rests on, most of it filled in from
//! the value before.

use super::trial::Trial;
use crate::office::{NewValues, Series, grade_title, title_in, unit_title};
use crate::policy::{Grade, Library, Parameter, ParameterValue, Start, Unit};
use crate::record::{fold, parse_date, parse_money};
use crate::said;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::screen::{Context, Notice};
use crate::words::Said;
use chrono::{Datelike, NaiveDate};

/// Grades somebody may give a copy they read.
const GRADES: [Grade; 3] = [Grade::A, Grade::B, Grade::C];

/// Asks for the next value of a parameter.
pub fn open(parameter: &str, cx: &mut Context) {
    ask(parameter, None, cx);
}

fn ask(id: &str, given: Option<Answered>, cx: &mut Context) {
    let library = cx.office.library();
    let Some(parameter) = library.parameters.get(id) else { return };
    let series = cx.office.series(parameter);
    let mut parts = questions(&library, parameter, &series, cx);
    if let Some(given) = given {
        let answered = parts.into_iter().zip(given);
        parts = answered.map(|(part, given)| part.answered(&given)).collect();
    }
    let title = &parameter.title;
    let title = Said::new(format!("新的{}", title.zh), format!("New value: {}", title.en));
    let body = vec![said!(
        "先试算，看过哪些档案会变再启用。不变的数值留空。",
        "It is tried over the files before it counts. Leave empty what stays as it is."
    )];
    let id = id.to_string();
    cx.open(Ask::new(title, body, parts, move |answers, cx| {
        let kept = answers.clone();
        if let Err(notice) = go_on(&id, &series, answers, cx) {
            cx.say(notice);
            ask(&id, Some(kept), cx);
        }
    }));
}

fn questions(
    library: &Library,
    parameter: &Parameter,
    series: &[Series],
    cx: &Context,
) -> Vec<Part> {
    let today = cx.office.today();
    let unit = unit_title(parameter.unit);
    let mut parts: Vec<Part> = series
        .iter()
        .map(|one| {
            let only = library.only_said(&one.only);
            let now = one.newest.as_ref().map(|row| parameter.shown(&row.value));
            let now = now.unwrap_or_else(|| said!("还没有", "none yet"));
            let title = Said::new(
                format!("{}数值（{}，现为 {}）", only.zh, unit.zh, now.zh),
                format!("Value {} ({}, now {})", only.en, unit.en, now.en),
            );
            Part::line(title).optional(true)
        })
        .collect();
    let from = next_start(series, today);
    let document = cx.office.newest_document(library, parameter);
    let number = document.and_then(|document| document.number.as_deref());
    let number = number.map(|number| next_number(number, from)).unwrap_or_default();
    let title =
        document.map(|document| title_in(document, from).zh.to_string()).unwrap_or_default();
    let newest = series.iter().filter_map(|series| series.newest.as_ref());
    let newest = newest.max_by_key(|row| row.start.latest());
    let article = newest.and_then(|row| library.clauses.get(&row.clause));
    let article = article.map(|clause| clause.article.clone()).unwrap_or_default();
    parts.push(Part::line(said!("自哪天起", "From")).starting_with(&from.to_string()));
    parts.push(
        Part::line(said!("文号（没有就清空）", "Number of the document, if any"))
            .optional(true)
            .starting_with(&number)
            .cursor_before("号"),
    );
    parts.push(
        Part::line(said!("文件名称", "Title of the document")).optional(true).starting_with(&title),
    );
    parts.push(Part::line(said!("第几条", "Article")).optional(true).starting_with(&article));
    let grades = GRADES.iter().map(|grade| (grade.letter().to_string(), grade_title(*grade)));
    parts.push(Part::one_of(said!("读的是", "What was read"), grades.collect()));
    parts
}

/// A year after the newest value began.
fn next_start(series: &[Series], today: NaiveDate) -> NaiveDate {
    let newest = series.iter().filter_map(|series| series.newest.as_ref());
    match newest.map(|row| row.start).max_by_key(|start| start.latest()) {
        Some(Start::On(day)) => day.with_year(day.year() + 1).unwrap_or(today),
        _ => today,
    }
}

/// The number of a document as it will look in another year, without what nobody knows yet:
/// `渝民规〔2025〕6号` becomes `渝民规〔2026〕号`.
fn next_number(number: &str, from: NaiveDate) -> String {
    match number.split_once('〔') {
        Some((issuer, _)) if number.ends_with('号') => {
            format!("{issuer}〔{}〕号", from.year())
        }
        _ => String::new(),
    }
}

/// Reads what was answered and opens the trial.
fn go_on(id: &str, series: &[Series], answers: Answered, cx: &mut Context) -> Result<(), Notice> {
    let Some(who) = cx.who else { return Ok(()) };
    let library = cx.office.library();
    let Some(parameter) = library.parameters.get(id) else { return Ok(()) };
    let mut answers = answers.into_iter().map(|answer| answer.into_iter().next());
    let mut answer = || answers.next().flatten().unwrap_or_default();
    let mut values = Vec::new();
    for one in series {
        let typed = answer();
        if typed.is_empty() {
            continue;
        }
        let Some(value) = read(parameter.unit, &typed) else {
            let unit = unit_title(parameter.unit);
            return Err(Notice::unsure(
                said!("“{typed}”不是能用的数值。", "\"{typed}\" is no such value."),
                Said::new(format!("请按{}填写。", unit.zh), format!("Give it in {}.", unit.en)),
            ));
        };
        values.push((one.clone(), value));
    }
    let typed = answer();
    let from = parse_date(&typed, cx.office.today()).map_err(|error| {
        Notice::unsure(error.said(), said!("请改“自哪天起”。", "Put the day right."))
    })?;
    let (number, title, article, grade) = (answer(), answer(), answer(), answer());
    let grade = GRADES.into_iter().find(|known| known.letter() == grade);
    let grade = grade.unwrap_or(Grade::C);
    let parameter = id.to_string();
    let new = NewValues { parameter, from, values, number, title, article, grade };
    let prepared = cx.office.prepare_values(who, &new).map_err(Notice::from)?;
    let trial = Trial::begin(prepared, cx).map_err(Notice::from)?;
    cx.open(trial);
    Ok(())
}

/// A value as people type one.
fn read(unit: Unit, typed: &str) -> Option<ParameterValue> {
    let typed = fold(typed);
    let whole = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
    match unit {
        Unit::Fen => parse_money(&typed).ok().filter(|fen| *fen >= 0).map(ParameterValue::Integer),
        Unit::Ratio | Unit::Share => ratio(&typed),
        Unit::YesNo => match typed.as_str() {
            "是" | "y" | "yes" => Some(ParameterValue::YesNo(true)),
            "否" | "n" | "no" => Some(ParameterValue::YesNo(false)),
            _ => None,
        },
        Unit::Text | Unit::Choice | Unit::Check => Some(ParameterValue::Text(typed)),
        // The loader takes no parameter of these.
        Unit::Date | Unit::List => None,
        _ => whole(&typed).map(ParameterValue::Integer),
    }
}

/// `3/2`, `1.5` or `20%`.
fn ratio(typed: &str) -> Option<ParameterValue> {
    let whole = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number >= 0);
    if let Some((num, den)) = typed.split_once('/') {
        let (num, den) = (whole(num)?, whole(den)?);
        return (den > 0).then_some(ParameterValue::Ratio { num, den });
    }
    let (typed, hundred) = match typed.strip_suffix('%') {
        Some(typed) => (typed, 100),
        None => (typed, 1),
    };
    let (before, after) = typed.split_once('.').unwrap_or((typed, ""));
    if after.len() > 6 || !after.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10_i64.checked_pow(u32::try_from(after.len()).ok()?)?;
    let fraction = if after.is_empty() { 0 } else { whole(after)? };
    let num = whole(before)?.checked_mul(scale)?.checked_add(fraction)?;
    let den = scale.checked_mul(hundred)?;
    let common = gcd(num, den);
    Some(ParameterValue::Ratio { num: num / common, den: den / common })
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_read_as_people_type_them() {
        let integer = |n| Some(ParameterValue::Integer(n));
        assert_eq!(read(Unit::Fen, "790"), integer(79_000));
        assert_eq!(read(Unit::Fen, "７９０．５"), integer(79_050));
        assert_eq!(read(Unit::Fen, "-1"), None);
        assert_eq!(read(Unit::WorkingDays, "7"), integer(7));
        assert_eq!(read(Unit::WorkingDays, "七"), None);
        let ratio = |num, den| Some(ParameterValue::Ratio { num, den });
        assert_eq!(read(Unit::Ratio, "1.5"), ratio(3, 2));
        assert_eq!(read(Unit::Ratio, "3/2"), ratio(3, 2));
        assert_eq!(read(Unit::Share, "20%"), ratio(1, 5));
        assert_eq!(read(Unit::Share, "12.5%"), ratio(1, 8));
        assert_eq!(read(Unit::Share, "1/0"), None);
        assert_eq!(read(Unit::Share, "%"), None);
        assert_eq!(read(Unit::YesNo, "是"), Some(ParameterValue::YesNo(true)));
    }

    #[test]
    fn a_number_goes_into_the_next_year_without_what_nobody_knows() {
        assert_eq!(next_number("渝民规〔2025〕6号", day("2026-07-01")), "渝民规〔2026〕号");
        assert_eq!(next_number("GB 11643-1999", day("2026-07-01")), "");
    }
}
