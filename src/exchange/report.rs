//! What became of a file: how many rows were taken, and each refused one with its reason.

use super::told::{Notice, sheet_said};
use crate::office::Refusal;
use crate::program::{Field, mask_refused};
use crate::said;
use crate::words::{Lang, Said};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// The most characters of a value shown in a report.
const SHOWN: usize = 60;

/// The most runs of lines named in one sentence; all of them are in the rejects and for machines.
const RUNS_SHOWN: usize = 20;

/// One thing wrong in one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The column, from 0; none for the row as a whole or a field without a column.
    pub at: Option<usize>,
    /// The column's heading as it is in the file; empty for the row as a whole.
    pub column: String,
    /// What is there, cut when it is long.
    pub value: String,
    /// The same with numbers of people masked, for screens.
    pub masked: String,
    /// What is wrong.
    pub said: Said,
    /// What to do.
    pub next: Said,
}

impl Fault {
    /// A fault of a cell.
    pub(super) fn at(
        at: usize,
        column: &str,
        field: Option<&Field>,
        value: &str,
        said: Said,
        next: Said,
    ) -> Self {
        let value = cut(value);
        let masked = field.and_then(|field| mask_refused(field, &value));
        let masked = masked.unwrap_or_else(|| value.clone());
        Self { at: Some(at), column: column.trim().to_string(), value, masked, said, next }
    }

    /// The memory it takes, in bytes, roughly.
    pub(super) fn weight(&self) -> usize {
        let said =
            self.said.zh.len() + self.said.en.len() + self.next.zh.len() + self.next.en.len();
        size_of::<Self>() + self.column.len() + self.value.len() + self.masked.len() + said
    }

    /// A fault of a row as a whole; its text may hold anything, so no screen shows it.
    pub(super) fn of_row(value: &str, said: Said, next: Said) -> Self {
        let value = cut(value);
        Self { at: None, column: String::new(), value, masked: String::new(), said, next }
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Where a row is in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The sheet, by its name; empty for a file without sheets.
    pub sheet: Arc<str>,
    /// The line of the file it begins on, or the row of the sheet, from 1.
    pub line: usize,
}

impl Place {
    /// `第 3 行`, `Line 3`; with the sheet where there is one.
    #[must_use]
    pub fn said(&self) -> Said {
        let line = self.line;
        if self.sheet.is_empty() {
            return said!("第 {line} 行", "Line {line}");
        }
        let sheet = sheet_said(&self.sheet);
        Said::new(
            format!("{}第 {line} 行", sheet.zh),
            format!("Line {line} of sheet \"{}\"", self.sheet),
        )
    }
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedRow {
    /// Where it is.
    pub place: Place,
    /// The number it gives; empty when it gives none.
    pub number: String,
    /// Its cells as they are in the file.
    pub cells: Vec<String>,
    /// What is wrong, in the order of the columns; at least one.
    pub faults: Vec<Fault>,
}

impl RefusedRow {
    /// The fault the row is refused for.
    #[must_use]
    pub fn first(&self) -> Option<&Fault> {
        self.faults.first()
    }

    /// One line for a screen.
    #[must_use]
    pub fn said(&self) -> Said {
        let faults: Vec<Said> = self.faults.iter().map(fault_said).collect();
        let told = Said::join(&faults, "", " ");
        let (place, number) = (self.place.said(), &self.number);
        let gap = if number.is_empty() { "" } else { " " };
        Said::new(
            format!("{}{gap}{number}：{}", place.zh, told.zh),
            format!("{}{gap}{number}: {}", place.en, told.en),
        )
    }
}

fn fault_said(fault: &Fault) -> Said {
    let Fault { column, masked, said, next, .. } = fault;
    let value = masked.replace(['\r', '\n'], " ");
    let side = |open: &str, close: &str, value: String, lang: Lang| {
        let place =
            if column.is_empty() { String::new() } else { format!("{open}{column}{close}") };
        format!("{place}{value} {} {}", said.get(lang), next.get(lang)).trim().to_string()
    };
    let shown = |text: String| if value.is_empty() { String::new() } else { text };
    Said::new(
        side("【", "】", shown(format!("“{value}”")), Lang::Zh),
        side("[", "]", shown(format!(" \"{value}\"")), Lang::En),
    )
}

/// A row the machine failed to take: nothing is known to be wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftRow {
    /// Where it is.
    pub place: Place,
    /// The number it gives; empty when it gives none.
    pub number: String,
    /// Its cells as they are in the file.
    pub cells: Vec<String>,
}

/// What became of a sheet, or of a file without sheets: every row that is not blank is one of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetReport {
    /// Its name; empty for a file without sheets.
    pub name: String,
    /// Its columns, from the first on.
    pub columns: Vec<ColumnReport>,
    /// The first rows as they are stored, at most three: the title of a field and what it is given,
    /// numbers of people masked.
    pub first: Vec<Vec<(Said, Said)>>,
    /// Rows that become records.
    pub made: usize,
    /// Rows that are added to a record.
    pub changed: usize,
    /// Rows already kept just so.
    pub unchanged: usize,
    /// Rows not taken because of what they say.
    pub refused: usize,
    /// Rows that are none of the list, and hidden ones: told and not taken.
    pub told: usize,
    /// Rows the machine failed to take.
    pub left: usize,
}

impl SheetReport {
    /// The rows taken in.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.made + self.changed
    }

    /// Its counts, in a line.
    #[must_use]
    pub fn said(&self) -> Said {
        let Self { made, changed, unchanged, refused, told, .. } = self;
        let counts = said!(
            "新增 {made} 条，增补 {changed} 行，已在库中且一致 {unchanged} 行，未通过 {refused} 行，不属名单 {told} 行",
            "{made} made, {changed} added to, {unchanged} already here, {refused} refused, {told} left out"
        );
        if self.name.is_empty() {
            return counts;
        }
        let sheet = sheet_said(&self.name);
        Said::new(format!("{}：{}", sheet.zh, counts.zh), format!("{}: {}", sheet.en, counts.en))
    }
}

/// A column of a file and what it is taken for.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnReport {
    /// Its heading as it is in the file.
    pub heading: String,
    /// What it fills: a field's id, or `number`; none for a column that is not taken.
    pub field: Option<String>,
    /// What that is called.
    pub title: Said,
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// True when nothing was to be written.
    pub dry_run: bool,
    /// The sheets taken in, in their order; one without a name for a file without sheets.
    pub sheets: Vec<SheetReport>,
    /// Rows not taken, in the order of the file.
    pub refused: Vec<RefusedRow>,
    /// What a person should know of the file besides.
    pub notices: Vec<Notice>,
    /// Why the import stopped before the end; what was taken before stays.
    pub stopped: Option<Refusal>,
    /// Rows left when it stopped, in the order of the file.
    pub left: Vec<LeftRow>,
    /// Where from on no row was tried.
    pub left_from: Option<Place>,
}

impl Report {
    /// Rows taken in.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.sum(SheetReport::accepted)
    }

    /// Rows already kept just so.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.sum(|sheet| sheet.unchanged)
    }

    /// A count over all sheets.
    pub fn sum(&self, of: impl Fn(&SheetReport) -> usize) -> usize {
        self.sheets.iter().map(of).sum()
    }

    /// True when every row was taken or is already there.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused.is_empty() && self.stopped.is_none()
    }

    /// One line on the whole.
    #[must_use]
    pub fn said(&self) -> Said {
        let (accepted, unchanged) = (self.accepted(), self.unchanged());
        let refused = self.refused.len();
        let counts = said!(
            "{accepted} 行，已在库中且一致 {unchanged} 行，未通过 {refused} 行。",
            "{accepted} taken, {unchanged} already here and the same, {refused} refused."
        );
        let mut parts = vec![if self.dry_run {
            Said::new(
                format!("试导入（没有写入）：可接收 {}", counts.zh),
                format!("Trial, nothing written: {}", counts.en),
            )
        } else {
            Said::new(format!("接收 {}", counts.zh), format!("Rows: {}", counts.en))
        }];
        if let Some(why) = &self.stopped {
            parts.push(Said::new(
                format!("中途停止：{}{}", sentence(&why.message).zh, why.next.zh),
                format!("Stopped on the way: {} {}", sentence(&why.message).en, why.next.en),
            ));
            parts.extend(self.left_said());
            parts.push(Said::fixed(
                "再次导入同一文件会接着完成，已接收的不会重复。",
                "Importing the same file again goes on from there; what was taken is not doubled.",
            ));
        } else if self.dry_run {
            if refused > 0 {
                parts.push(Said::fixed(
                    "未通过的行可先改正；也可先导入其余各行，改好后再导入一次。",
                    "Put the refused rows right first, or import the others and these again later.",
                ));
            }
        } else if refused > 0 {
            parts.push(Said::fixed(
                "改正未通过的行后再次导入同一文件即可，已接收的不会重复。",
                "Put the refused rows right and import again; what was taken is not doubled.",
            ));
        } else if accepted == 0 {
            parts.push(Said::fixed("没有新内容。", "Nothing new."));
        }
        Said::join(&parts, "", " ")
    }

    /// Which rows were left, by sheet and line.
    fn left_said(&self) -> Option<Said> {
        let count = self.left.len();
        let mut sheets: Vec<Arc<str>> =
            self.left.iter().map(|row| row.place.sheet.clone()).collect();
        sheets.dedup();
        let each = sheets.iter().map(|sheet| {
            let named = self.left_in(sheet);
            if sheet.is_empty() {
                return named;
            }
            let name = sheet_said(sheet);
            Said::new(format!("{}{}", name.zh, named.zh), format!("{}: {}", name.en, named.en))
        });
        let named = Said::join(&each.collect::<Vec<_>>(), "；", "; ");
        (count > 0).then(|| {
            Said::new(
                format!("没有写入的有 {count} 行：{}。", named.zh),
                format!("{count} rows were not taken: {}.", named.en),
            )
        })
    }

    /// Which rows of a sheet were left, by their lines.
    fn left_in(&self, sheet: &str) -> Said {
        let from = self.left_from.as_ref().filter(|from| *from.sheet == *sheet);
        let mut from = from.map(|from| from.line);
        let until = from.unwrap_or(usize::MAX);
        let lines = self.left.iter().filter(|row| *row.place.sheet == *sheet);
        let mut runs = runs(lines.map(|row| row.place.line).filter(|line| *line < until));
        // What is right before the rows that were not tried belongs to them.
        while let Some((first, _)) = runs.pop_if(|(_, last)| from == Some(*last + 1)) {
            from = Some(first);
        }
        let more =
            runs.iter().skip(RUNS_SHOWN).map(|(first, last)| last - first + 1).sum::<usize>();
        let run = |(first, last): &(usize, usize)| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        };
        let shown: Vec<String> = runs.iter().take(RUNS_SHOWN).map(run).collect();
        let mut parts = Vec::new();
        if !shown.is_empty() {
            let (zh, en) = (shown.join("、"), shown.join(", "));
            parts.push(Said::new(format!("第 {zh} 行"), format!("line {en}")));
        }
        if more > 0 {
            parts.push(said!("另外 {more} 行", "{more} more"));
        }
        if let Some(from) = from {
            parts.push(said!("第 {from} 行及以后各行", "line {from} and all after it"));
        }
        Said::join(&parts, "，", "; ")
    }

    /// The report for machines: counts, and an object for each refused row and each row left. Like
    /// all machine output it does not depend on a language: Chinese, and the English under `…_en`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let notices: Vec<Json> = self.notices.iter().map(notice_json).collect();
        let left = |row: &LeftRow| {
            let Place { sheet, line } = &row.place;
            json!({ "sheet": &**sheet, "line": line, "number": row.number })
        };
        json!({
            "dry_run": self.dry_run,
            "accepted": self.accepted(),
            "made": self.sum(|sheet| sheet.made),
            "changed": self.sum(|sheet| sheet.changed),
            "unchanged": self.unchanged(),
            "refused": self.refused.len(),
            "told": self.sum(|sheet| sheet.told),
            "sheets": self.sheets.iter().map(sheet_json).collect::<Vec<_>>(),
            "rows": self.refused.iter().map(row_json).collect::<Vec<_>>(),
            "notices": notices,
            "stopped": self.stopped.as_ref().map(stopped_json),
            "left": self.left.len(),
            "left_rows": self.left.iter().map(left).collect::<Vec<_>>(),
        })
    }
}

/// Lines in order as runs from the first to the last.
fn runs(lines: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => runs.push((line, line)),
        }
    }
    runs
}

/// What the store says, closed as a sentence.
fn sentence(said: &Said) -> Said {
    let close = |text: &str, stop: char| {
        let bare = text.trim_end_matches(['。', '.']);
        format!("{bare}{stop}")
    };
    Said::new(close(&said.zh, '。'), close(&said.en, '.'))
}

fn stopped_json(why: &Refusal) -> Json {
    let Refusal { message, next, .. } = why;
    json!({
        "message": message.zh, "next": next.zh, "message_en": message.en, "next_en": next.en,
    })
}

fn notice_json(notice: &Notice) -> Json {
    let said = notice.said();
    json!({
        "about": notice.about.name(), "sheet": notice.sheet, "count": notice.count,
        "lines": notice.lines, "message": said.zh, "message_en": said.en,
    })
}

fn sheet_json(sheet: &SheetReport) -> Json {
    let column = |column: &ColumnReport| {
        json!({
            "heading": column.heading, "field": column.field,
            "title": column.title.zh, "title_en": column.title.en,
        })
    };
    let row = |row: &Vec<(Said, Said)>| {
        let cell =
            |(title, value): &(Said, Said)| (title.zh.to_string(), Json::from(value.zh.as_ref()));
        Json::Object(row.iter().map(cell).collect())
    };
    json!({
        "sheet": sheet.name,
        "accepted": sheet.accepted(), "made": sheet.made, "changed": sheet.changed,
        "unchanged": sheet.unchanged, "refused": sheet.refused, "told": sheet.told,
        "left": sheet.left,
        "columns": sheet.columns.iter().map(column).collect::<Vec<_>>(),
        "first": sheet.first.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row_json(row: &RefusedRow) -> Json {
    let mut object = Map::new();
    object.insert("sheet".to_string(), Json::from(&*row.place.sheet));
    object.insert("line".to_string(), Json::from(row.place.line));
    object.insert("number".to_string(), Json::from(row.number.as_str()));
    if let Some(first) = row.first() {
        object.extend(fault_json(first));
    }
    if row.faults.len() > 1 {
        let also = row.faults.iter().skip(1).map(|fault| Json::Object(fault_json(fault)));
        object.insert("also".to_string(), also.collect());
    }
    Json::Object(object)
}

fn fault_json(fault: &Fault) -> Map<String, Json> {
    let pairs = [
        ("column", fault.column.as_str()),
        ("value", fault.masked.as_str()),
        ("reason", &fault.said.zh),
        ("next", &fault.next.zh),
        ("reason_en", &fault.said.en),
        ("next_en", &fault.next.en),
    ];
    pairs.into_iter().map(|(key, text)| (key.to_string(), Json::from(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(lines: &[usize], from: Option<usize>) -> Said {
        let place = |line: usize| Place { line, ..Place::default() };
        let left = |line: &usize| LeftRow {
            place: place(*line),
            number: String::new(),
            cells: Vec::new(),
        };
        let left = lines.iter().map(left).collect();
        let report = Report { left, left_from: from.map(place), ..Report::default() };
        report.left_said().unwrap_or_default()
    }

    #[test]
    fn every_row_left_is_named_by_its_line() {
        assert_eq!(left(&[], None), Said::default());
        assert_eq!(&*left(&[3, 4, 5, 9], None).zh, "没有写入的有 4 行：第 3–5、9 行。");
        let said = left(&[3, 7, 8, 9, 11], Some(9));
        assert_eq!(&*said.zh, "没有写入的有 5 行：第 3 行，第 7 行及以后各行。");
        assert_eq!(&*said.en, "5 rows were not taken: line 3; line 7 and all after it.");
        // Rows between those left that are here already or refused: from there on is not said.
        let said = left(&[3, 4, 6, 8], Some(8));
        assert_eq!(&*said.zh, "没有写入的有 4 行：第 3–4、6 行，第 8 行及以后各行。");
        let many: Vec<usize> = (0..30).map(|n| 2 + n * 2).collect();
        assert!(left(&many, None).zh.ends_with("、40 行，另外 10 行。"));
    }
}
