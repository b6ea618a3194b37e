//! Cells and rows as they are in a file, with what is known of each.

use crate::exchange::guard;
use crate::exchange::limits::MOST_COLUMNS;
use crate::exchange::trouble::FileTrouble;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// The most bytes of a cell that are kept: more than a spreadsheet's 32,767 characters ever take,
/// so that a longer one is still seen to be too long.
const MOST_OF_A_CELL: usize = 4 * 32_768;

/// The most memory, in bytes, a row may take. A text that many cells share takes room in each.
const MOST_OF_A_ROW: usize = 4 << 20;

/// How a cell was in its file, where that matters for reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Form {
    /// Text, or a number a text file wrote.
    #[default]
    Text,
    /// A number of a workbook; a date without a date format is one too.
    Number(f64),
    /// A number of a workbook with more digits than it keeps (15): the last ones are lost.
    Rounded,
    /// The error of a formula, such as `#N/A`.
    Failed,
    /// A formula saved without its value: the program that wrote the file does not calculate.
    Unworked,
}

/// Whether a cell has its content from a merged region it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merged {
    /// It is its own.
    #[default]
    No,
    /// It is in the same column, in a row above.
    Down,
    /// It is in a column to the left.
    Over,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What is in it.
    pub text: String,
    /// How it was there.
    pub form: Form,
    /// Where it has it from.
    pub merged: Merged,
}

impl Cell {
    /// A cell of text, as it is in the file.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number as a person would have written it: no `.0`, no dust of binary fractions. From
    /// fifteen digits on a workbook has lost the last ones.
    #[must_use]
    pub fn number(number: f64) -> Self {
        if number.abs() >= EXACT_BELOW {
            let text = format!("{number:.0}");
            return Self { text, form: Form::Rounded, merged: Merged::No };
        }
        let written = format!("{number:.9}");
        let text = written.trim_end_matches('0').trim_end_matches('.');
        let text = if text == "-0" { "0" } else { text };
        Self { text: text.to_string(), form: Form::Number(number), merged: Merged::No }
    }

    /// A number with a date format: a day, with the time of day where it is not midnight. `None`
    /// outside the years a workbook's calendar knows.
    #[must_use]
    pub fn moment(number: f64, calendar: DayCount) -> Option<Self> {
        calendar.moment(number).map(Self::text)
    }

    /// A yes or no.
    #[must_use]
    pub fn yes_no(yes: bool) -> Self {
        Self::text(if yes { "是" } else { "否" })
    }

    /// A formula's error, by the text a spreadsheet shows for it.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), form: Form::Failed, merged: Merged::No }
    }

    /// A formula without a value.
    #[must_use]
    pub fn unworked() -> Self {
        Self { form: Form::Unworked, ..Self::default() }
    }

    /// Cuts a text no cell can hold; what is left is still too long.
    fn shorten(&mut self) {
        if self.text.len() > MOST_OF_A_CELL {
            self.text.truncate(self.text.floor_char_boundary(MOST_OF_A_CELL));
            self.text.shrink_to_fit();
        }
    }

    /// True when nothing is in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.form != Form::Unworked && self.text.chars().all(is_space)
    }
}

/// Spaces of every width, and what takes no room at all.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Numbers of this size and above have more digits than a workbook keeps.
const EXACT_BELOW: f64 = 1e15;

/// Which day a workbook counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DayCount {
    /// Day 1 is 1900-01-01, with a leap day in 1900 that never was.
    #[default]
    From1900,
    /// Day 0 is 1904-01-01, as on old Macintoshes.
    From1904,
}

impl DayCount {
    /// The civil day of a whole number.
    #[must_use]
    pub fn day(self, number: i64) -> Option<NaiveDate> {
        let (year, month, day) = match self {
            // Behind the leap day that never was, days are one further than counted.
            Self::From1900 if number >= 61 => (1899, 12, 30),
            Self::From1900 => (1899, 12, 31),
            Self::From1904 => (1904, 1, 1),
        };
        let first = NaiveDate::from_ymd_opt(year, month, day)?;
        let days = u64::try_from(number).ok().filter(|days| *days < 3_000_000)?;
        first.checked_add_days(chrono::Days::new(days))
    }

    /// A number as day and, where it is not midnight, time of day to the second; a number below 1
    /// is a time of day alone.
    fn moment(self, number: f64) -> Option<String> {
        if !(0.0..3_000_000.0).contains(&number) {
            return None;
        }
        // Below 3,000,000 days a double tells moments apart to a millionth of a second.
        let seconds = (number * 86_400.0).round() as i64;
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        if number < 1.0 && self == Self::From1900 {
            return Some(time);
        }
        let day = self.day(days)?;
        Some(if rest == 0 { day.to_string() } else { format!("{day} {time}") })
    }
}

/// A moment as ISO 8601 writes it, as [`Cell::moment`] gives one: the day alone at midnight, the time
/// alone on the day from which spreadsheets count. `None` for anything else, such as one with a zone.
pub(super) fn iso_moment(text: &str) -> Option<String> {
    let written = text.trim().replace(' ', "T");
    if let Ok(day) = written.parse::<NaiveDate>() {
        return Some(day.to_string());
    }
    let moment: NaiveDateTime = written.parse().ok()?;
    // To the nearest second, as for a number.
    let moment =
        moment.checked_add_signed(chrono::TimeDelta::milliseconds(500))?.with_nanosecond(0)?;
    let (day, time) = (moment.date(), moment.time());
    let first = |day| NaiveDate::from_ymd_opt(1899, 12, day);
    Some(if Some(day) == first(30) || Some(day) == first(31) {
        time.to_string()
    } else if time == NaiveTime::MIN {
        day.to_string()
    } else {
        format!("{day} {time}")
    })
}

/// Whether a spreadsheet shows this for a formula that failed: `#N/A`, and `Err:502` in LibreOffice.
pub(super) fn is_error(shown: &str) -> bool {
    const ERRORS: &[&str] =
        &["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"];
    let coded = shown.strip_prefix("Err:").filter(|code| !code.is_empty());
    ERRORS.contains(&shown)
        || coded.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetRow {
    /// The line of the file it begins on, or the row of the sheet, from 1.
    pub line: usize,
    /// Its cells, from the first column on; blank ones at the end may be left out.
    pub cells: Vec<Cell>,
    /// True when a quote in it is never closed; the only cell is then the line as it stands.
    pub broken: bool,
    /// True when the sheet does not show it: filtered out, or hidden by hand.
    pub hidden: bool,
    /// Bytes of text put into it so far.
    pub(in crate::exchange) content: usize,
}

impl SheetRow {
    /// A row of cells, none yet.
    #[must_use]
    pub fn at(line: usize, hidden: bool) -> Self {
        Self { line, hidden, ..Self::default() }
    }

    /// True when nothing of its own is in it: a row that merged cells reach into has nothing
    /// either.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.merged != Merged::No || cell.is_blank())
    }

    /// Puts a cell into a column, from 0. A blank one leaves the row as wide as it is.
    ///
    /// # Errors
    /// [`FileTrouble::TooWide`] when it has content and is too far to the right,
    /// [`FileTrouble::TooFull`] when the row holds more than any list does.
    pub fn put(&mut self, column: usize, mut cell: Cell) -> Result<(), FileTrouble> {
        cell.shorten();
        self.content += cell.text.len();
        if self.content > MOST_OF_A_ROW {
            return Err(FileTrouble::TooFull { row: self.line });
        }
        if let Some(place) = self.cells.get_mut(column) {
            *place = cell;
            return Ok(());
        }
        if cell.is_blank() {
            return Ok(());
        }
        if column >= MOST_COLUMNS {
            let column = column.saturating_add(1);
            return Err(FileTrouble::TooWide { row: self.line, column });
        }
        self.cells.resize_with(column, Cell::default);
        self.cells.push(cell);
        Ok(())
    }

    /// The row of a text file: its cells, blank ones at the end included.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub(super) fn of_texts<'t>(
        line: usize,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Self, FileTrouble> {
        let mut row = Self::at(line, false);
        for (column, text) in texts.enumerate() {
            row.put(column, Cell::text(text))?;
            if row.cells.len() <= column && column < MOST_COLUMNS {
                row.cells.push(Cell::default());
            }
        }
        Ok(row)
    }

    /// The memory it takes, in bytes.
    pub(in crate::exchange) fn weight(&self) -> usize {
        let texts: usize = self.cells.iter().map(|cell| cell.text.len()).sum();
        texts + self.cells.len() * size_of::<Cell>()
    }

    /// Takes the marks off that make a spreadsheet show a text as text.
    pub(super) fn unguard(&mut self) {
        for cell in self.cells.iter_mut().filter(|cell| cell.form == Form::Text) {
            if let Some(bare) = guard::guarded(&cell.text) {
                cell.text = bare;
            }
        }
    }

    /// What is in its cells.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.cells.iter().map(|cell| cell.text.clone()).collect()
    }
}

/// Notes columns as hidden, each once and in order.
pub(super) fn hide(hidden: &mut Vec<usize>, columns: std::ops::Range<usize>) {
    for column in columns.start..columns.end.min(MOST_COLUMNS) {
        if hidden.len() >= MOST_COLUMNS {
            return;
        }
        match hidden.last() {
            Some(last) if column <= *last => {
                if let Err(place) = hidden.binary_search(&column) {
                    hidden.insert(place, column);
                }
            }
            _ => hidden.push(column),
        }
    }
}

/// What is known of a sheet before its rows are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetHead {
    /// Its name; empty for a file that has one table and no names.
    pub name: String,
    /// True when the workbook does not show it.
    pub hidden: bool,
    /// How its day numbers are counted.
    pub calendar: DayCount,
    /// Columns it does not show, from 0.
    pub hidden_columns: Vec<usize>,
}

/// Reads one file. It runs on a thread of its own, where neither a panic of a reading library nor
/// a long file holds anybody up; it keeps no more in memory than the file has content.
pub(super) trait Source: Send {
    /// The sheets, in the order of the workbook.
    ///
    /// # Errors
    /// When the file cannot be read as what it is.
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble>;

    /// Hands the rows of a sheet to `each`, from the top, until it answers false. Rows without
    /// content may be left out; cells in merged regions are filled by [`super::merges::Merges`].
    ///
    /// # Errors
    /// When the sheet cannot be read, or is larger than the limits.
    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn days_of_both_calendars() {
        // As spreadsheets show them.
        assert_eq!(DayCount::From1900.day(45_802), day("2025-05-25"));
        assert_eq!(DayCount::From1900.day(25_569), day("1970-01-01"));
        assert_eq!(DayCount::From1900.day(1), day("1900-01-01"));
        assert_eq!(DayCount::From1900.day(61), day("1900-03-01"));
        assert_eq!(DayCount::From1904.day(0), day("1904-01-01"));
        assert_eq!(DayCount::From1904.day(44_257), day("2025-03-03"));
        assert_eq!(DayCount::From1900.day(-1), None);
    }

    #[test]
    fn moments_are_told_to_the_second() {
        let text = |number| Cell::moment(number, DayCount::From1900).map(|cell| cell.text);
        assert_eq!(text(45_719.0).as_deref(), Some("2025-03-03"));
        assert_eq!(text(45_718.999_502_314_81).as_deref(), Some("2025-03-02 23:59:17"));
        assert_eq!(text(0.5).as_deref(), Some("12:00:00"));
        assert_eq!(text(-3.0), None);
    }

    #[test]
    fn moments_in_words() {
        for (written, read) in [
            ("2025-03-03", Some("2025-03-03")),
            ("2025-03-03T00:00:00.000", Some("2025-03-03")),
            ("2025-03-02T23:59:17", Some("2025-03-02 23:59:17")),
            ("2025-03-02T23:59:59.999", Some("2025-03-03")),
            ("1899-12-31T12:30:00.000", Some("12:30:00")),
            ("1899-12-30T00:00:00", Some("00:00:00")),
            ("2025-03-03T00:00:00Z", None),
            ("2025-13-03", None),
            ("", None),
        ] {
            assert_eq!(iso_moment(written).as_deref(), read, "{written}");
        }
    }

    #[test]
    fn a_far_cell_counts_only_with_content() {
        let mut row = SheetRow::at(7, false);
        row.put(16_383, Cell::text(" \u{3000}")).unwrap();
        row.put(1, Cell::text("x")).unwrap();
        assert_eq!(row.texts(), ["", "x"]);
        let far = row.put(16_383, Cell::text("y")).unwrap_err();
        assert_eq!(far, FileTrouble::TooWide { row: 7, column: 16_384 });
    }

    #[test]
    fn a_row_holds_no_more_than_a_list_does() {
        let mut row = SheetRow::at(3, false);
        let full = (0..100).find_map(|at| row.put(at, Cell::text("长".repeat(100_000))).err());
        assert_eq!(full, Some(FileTrouble::TooFull { row: 3 }));
        // What is left of a long text is still longer than a cell.
        assert!(row.cells[0].text.chars().count() > 32_767 && row.cells[0].text.len() < 200_000);
        let wide = SheetRow::of_texts(2, std::iter::repeat_n("x", MOST_COLUMNS + 1));
        assert!(matches!(wide, Err(FileTrouble::TooWide { .. })));
        let blank = SheetRow::of_texts(2, std::iter::repeat_n("", 100_000)).unwrap();
        assert_eq!(blank.cells.len(), MOST_COLUMNS);
    }

    #[test]
    fn hidden_columns_are_noted_once() {
        let mut hidden = Vec::new();
        for _ in 0..1000 {
            hide(&mut hidden, 3..5);
            hide(&mut hidden, 1..4);
        }
        assert_eq!(hidden, [1, 2, 3, 4]);
        hide(&mut hidden, 0..usize::MAX);
        assert_eq!(hidden.len(), MOST_COLUMNS);
    }
}
