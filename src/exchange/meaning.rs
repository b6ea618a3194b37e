//! What a cell meant, where that is more than its text: day numbers of workbooks, months in the place
//! of days, formulas without a value, digits a spreadsheet has lost.

use super::book::{Cell, DayCount, Form};
use super::target::Owner;
use crate::program::{Field, FieldType, TypedError};
use crate::record::{Fields, SheetMark, Value, fold, parse_month};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};

/// Why a cell has no value that could be read, and what to do.
pub(super) fn lost(field: &Field, cell: &Cell) -> Option<(Said, Said)> {
    let amounts = matches!(
        field.field_type,
        FieldType::Money { .. } | FieldType::Integer { .. } | FieldType::Decimal { .. }
    );
    let long_text = matches!(field.field_type, FieldType::Text { multiline: true, .. });
    match cell.form {
        Form::Failed => Some((
            formula_failed(),
            Said::fixed("请改成数值或文字。", "Put a value or text in its place."),
        )),
        Form::Unworked => Some(unworked()),
        Form::Rounded if !amounts => Some(cut(cell)),
        _ if matches!(field.field_type, FieldType::Date) && is_counted_from_today(&cell.text) => {
            Some(counted_from_today())
        }
        _ if matches!(field.field_type, FieldType::PersonName) && is_two_names(&cell.text) => {
            Some(two_names())
        }
        _ if !amounts && !long_text && is_cut_text(&cell.text) => Some(cut(cell)),
        _ => None,
    }
}

/// The same for the number of a record.
pub(super) fn lost_number(cell: &Cell) -> Option<(Said, Said)> {
    match cell.form {
        Form::Failed => Some((
            formula_failed(),
            Said::fixed("请照原档案写编号。", "Write the number as in the file."),
        )),
        Form::Unworked => Some(unworked()),
        Form::Rounded => Some(cut(cell)),
        _ => is_cut_text(&cell.text).then(|| cut(cell)),
    }
}

/// `1.39E+10`: the sign tells it from a code with an E in it.
fn is_cut_text(text: &str) -> bool {
    text.contains(['+', '＋']) && matches!(SheetMark::of(text), Some(SheetMark::Exponent(_)))
}

/// What a form takes for a day counted from today: in a file it is a code for "none", or a slip.
fn is_counted_from_today(text: &str) -> bool {
    let text = fold(text).to_lowercase();
    let count = text.strip_prefix(['+', '-']).unwrap_or_default();
    !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit())
        || matches!(text.as_str(), "t" | "today" | "yesterday" | "tomorrow")
        || matches!(
            text.as_str(),
            "今天" | "今日" | "昨天" | "昨日" | "前天" | "明天" | "后天" | "当天"
        )
}

fn counted_from_today() -> (Said, Said) {
    (
        Said::fixed(
            "名单里的日期要写出年、月、日。",
            "A date in a list is written with its year, month and day.",
        ),
        Said::fixed(
            "请写作 2025-03-03；没有日期请留空。",
            "Write 2025-03-03, or leave it empty where there is none.",
        ),
    )
}

/// Two lines that are a name each. A name whose characters are below one another is one.
fn is_two_names(text: &str) -> bool {
    let lines = text.lines().map(fold).filter(|line| line.chars().count() >= 2);
    let han = |line: &String| !line.chars().any(|c| c.is_ascii_alphanumeric());
    lines.filter(han).count() > 1
}

fn two_names() -> (Said, Said) {
    (
        Said::fixed("这一格里有两个姓名。", "There are two names in this cell."),
        Said::fixed("请一人一行。", "Give each person a row."),
    )
}

fn formula_failed() -> Said {
    Said::fixed("这一格的公式算错了。", "The formula of this cell failed.")
}

fn unworked() -> (Said, Said) {
    (
        Said::fixed(
            "公式没有结果，请用表格软件打开并保存一次。",
            "The formula has no result; open the file in a spreadsheet program and save it once.",
        ),
        Said::fixed("保存后再导入。", "Then import it again."),
    )
}

/// What is said of a number a spreadsheet has cut.
pub(super) fn cut(cell: &Cell) -> (Said, Said) {
    let zeros = Said::fixed(
        "表格软件只保留 15 位，这个号码的后几位已经丢失，变成了 0。",
        "A spreadsheet keeps 15 digits; the last ones of this number are lost and now zeros.",
    );
    let mark = SheetMark::of(&cell.text).filter(|mark| matches!(mark, SheetMark::Exponent(_)));
    (
        mark.map_or(zeros, |mark| mark.said()),
        Said::fixed(
            "请在表格里把这一列设为“文本”，照原件重新录入号码。",
            "Set the column to Text in the spreadsheet and enter the number again from the papers.",
        ),
    )
}

/// The day a number stands for that has no date format, where it can be a day of a life: 1927 to
/// 2099. Smaller ones may be years or months.
pub(super) fn day(field: &Field, cell: &Cell, calendar: DayCount) -> Option<NaiveDate> {
    let (FieldType::Date, Form::Number(number)) = (&field.field_type, cell.form) else {
        return None;
    };
    let in_range = (8_000.0..73_051.0).contains(&number) && number.fract() == 0.0;
    let day = calendar.day(if in_range { number as i64 } else { return None })?;
    (1927..=2099).contains(&day.year()).then_some(day)
}

/// The month a cell gives where a day is wanted: year and month.
pub(super) fn month(field: &Field, cell: &Cell) -> Option<Month> {
    if !matches!(field.field_type, FieldType::Date) {
        return None;
    }
    let (year, month) = parse_month(&cell.text)?;
    Some(Month { year, month, text: cell.text.clone() })
}

/// A month read.
pub(super) struct Month {
    year: i32,
    month: u32,
    text: String,
}

/// Months of a row that wait for its identity number.
#[derive(Default)]
pub(super) struct Months<'f>(Vec<Waiting<'f>>);

/// A month in the place of a day.
pub(super) struct Waiting<'f> {
    pub at: usize,
    pub owner: Owner,
    pub field: &'f Field,
    pub text: String,
    year: i32,
    month: u32,
    error: TypedError,
}

impl<'f> Months<'f> {
    /// One more.
    pub fn wait(
        &mut self,
        at: usize,
        owner: Owner,
        field: &'f Field,
        month: Month,
        error: TypedError,
    ) {
        let Month { year, month, text } = month;
        self.0.push(Waiting { at, owner, field, text, year, month, error });
    }
}

impl<'f> IntoIterator for Months<'f> {
    type Item = Waiting<'f>;
    type IntoIter = std::vec::IntoIter<Waiting<'f>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Waiting<'_> {
    /// The day, by what the identity number beside it gives.
    ///
    /// # Errors
    /// When it gives none, or one of another month.
    pub fn day(&self, from_id: &Fields) -> Result<NaiveDate, TypedError> {
        let Some(Value::Date(day)) = from_id.get(&self.field.id) else {
            return Err(self.error.clone());
        };
        if (day.year(), day.month()) == (self.year, self.month) {
            return Ok(*day);
        }
        let (year, month) = (day.year(), day.month());
        Err(TypedError::new(
            said!(
                "与身份证号不一致，证号上是 {year} 年 {month} 月。",
                "It differs from the identity number, which says {year}-{month:02}."
            ),
            Said::fixed(
                "请照证件核对：改这一栏，或改身份证号。",
                "Compare with the card: change this field, or the identity number.",
            ),
        ))
    }
}
