//! What a person is told of a file besides its refused rows: everything that was seen and not
//! taken, or taken in another form than it had. This is the one place where it is put in words.

use crate::program::{Kind, Move};
use crate::said;
use crate::words::Said;

/// Lines named one by one in a sentence.
const LINES_NAMED: usize = 8;
/// Characters of a file's own words that are shown.
const WORDS_SHOWN: usize = 20;

/// What a notice is about; machines read its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The step new records are made with.
    Step,
    /// A sheet that is not taken in.
    Sheet,
    /// A column that is not taken in, or means what another does.
    Column,
    /// A column with content and without a heading.
    NoHeading,
    /// Headings put together from several rows.
    JoinedHeadings,
    /// Columns the sheet does not show.
    HiddenColumn,
    /// Rows the sheet does not show.
    HiddenRows,
    /// Totals, signatures, remarks below a table.
    NoPerson,
    /// Headings that are there again.
    HeadingsAgain,
    /// Cells that have their content from a merged region.
    Merged,
    /// Numbers that may have been cut.
    Cut,
    /// Things a format does not tell.
    Blind,
}

impl About {
    /// The name machines read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Sheet => "sheet",
            Self::Column => "column",
            Self::NoHeading => "no_heading",
            Self::JoinedHeadings => "joined_headings",
            Self::HiddenColumn => "hidden_column",
            Self::HiddenRows => "hidden_rows",
            Self::NoPerson => "no_record",
            Self::HeadingsAgain => "headings_again",
            Self::Merged => "merged",
            Self::Cut => "cut_numbers",
            Self::Blind => "blind",
        }
    }
}

/// One thing told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub about: About,
    /// The sheet, by its name; empty for a file without sheets.
    pub sheet: String,
    /// How many rows or cells it is about; 0 where that means nothing.
    pub count: usize,
    /// The first lines it is about, from 1.
    pub lines: Vec<usize>,
    /// The sentence, without the sheet.
    pub what: Said,
}

impl Notice {
    /// A notice without lines.
    pub(super) fn new(about: About, sheet: &str, what: Said) -> Self {
        Self { about, sheet: sheet.to_string(), count: 0, lines: Vec::new(), what }
    }

    /// A notice about rows.
    pub(super) fn of(about: About, sheet: &str, rows: &Lines, what: Said) -> Self {
        let (count, lines) = (rows.count, rows.first.clone());
        Self { about, sheet: sheet.to_string(), count, lines, what }
    }

    /// The sentence, with the sheet where there is one.
    #[must_use]
    pub fn said(&self) -> Said {
        if self.sheet.is_empty() || self.about == About::Sheet {
            return self.what.clone();
        }
        let sheet = sheet_said(&self.sheet);
        Said::new(
            format!("{}：{}", sheet.zh, self.what.zh),
            format!("{}: {}", sheet.en, self.what.en),
        )
    }
}

/// Lines that have something in common: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lines {
    pub count: usize,
    pub first: Vec<usize>,
}

impl Lines {
    /// One more.
    pub fn add(&mut self, line: usize) {
        self.count += 1;
        if self.first.len() < LINES_NAMED && self.first.last() != Some(&line) {
            self.first.push(line);
        }
    }

    /// `第 3、4 行等 12 行` and `lines 3, 4 and others, 12 in all`.
    fn said(&self) -> Said {
        let join = |between: &str| {
            self.first.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
        };
        let (zh, en, count) = (join("、"), join(", "), self.count);
        if count > self.first.len() {
            Said::new(
                format!("第 {zh} 行等 {count} 行"),
                format!("lines {en} and others, {count} in all"),
            )
        } else if count == 1 {
            Said::new(format!("第 {zh} 行"), format!("line {en}"))
        } else {
            Said::new(format!("第 {zh} 行共 {count} 行"), format!("lines {en}, {count} in all"))
        }
    }
}

/// A file's own words, as far as they are shown.
pub(super) fn words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(WORDS_SHOWN).collect();
    if line.chars().nth(WORDS_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A column by its heading, or by its letter where it has none.
pub(super) fn column_name(heading: &str, at: usize) -> Said {
    if heading.trim().is_empty() {
        let letters = letters(at);
        return said!("{letters} 列", "column {letters}");
    }
    let heading = words(heading);
    said!("“{heading}”列", "column \"{heading}\"")
}

/// `0` is `A`, `26` is `AA`, as spreadsheets name columns.
pub(super) fn letters(at: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = at + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Sheets the workbook does not show.
pub(super) fn hidden_sheet(name: &str) -> Notice {
    let what = said!(
        "隐藏的工作表“{name}”没有导入；要导入请用 --sheet \"{name}\"。",
        "The hidden sheet \"{name}\" was left out; --sheet \"{name}\" takes it."
    );
    Notice::new(About::Sheet, name, what)
}

/// Sheets in which no headings were recognised.
pub(super) fn foreign_sheets(names: &[String]) -> Option<Notice> {
    let first = names.first()?;
    let all: Vec<String> = names.iter().take(LINES_NAMED).map(|name| words(name)).collect();
    let (zh, en, count) = (all.join("、"), all.join(", "), names.len());
    let what = if count == 1 {
        said!(
            "工作表“{zh}”里没有认出表头，没有导入。",
            "Sheet \"{en}\" has no headings that are known and was left out."
        )
    } else {
        said!(
            "另有 {count} 张工作表没有认出表头，没有导入：{zh}。",
            "{count} sheets have no headings that are known and were left out: {en}."
        )
    };
    Some(Notice { count, ..Notice::new(About::Sheet, first, what) })
}

/// A sheet with headings that lacks a column every row needs.
pub(super) fn lacking_sheet(name: &str, why: &Said) -> Notice {
    let what = Said::new(
        format!("工作表“{name}”没有导入：{}", why.zh),
        format!("Sheet \"{name}\" was left out: {}", why.en),
    );
    Notice::new(About::Sheet, name, what)
}

/// Rows filtered out or hidden by hand, left or taken.
pub(super) fn hidden_rows(sheet: &str, rows: &Lines, taken: bool) -> Notice {
    let lines = rows.said();
    let what = if taken {
        Said::new(
            format!("{}是隐藏的行，也导入了。", lines.zh),
            format!("Hidden rows were taken too: {}.", lines.en),
        )
    } else {
        Said::new(
            format!("{}被筛选或隐藏，没有导入；要导入请先取消筛选，或用 --hidden。", lines.zh),
            format!(
                "Rows filtered out or hidden were left out ({}); --hidden takes them.",
                lines.en
            ),
        )
    };
    Notice::of(About::HiddenRows, sheet, rows, what)
}

/// Columns the sheet does not show. They are taken: a roster is printed without some.
pub(super) fn hidden_columns(sheet: &str, headings: &[String]) -> Notice {
    let (zh, en) = (headings.join("、"), headings.join(", "));
    let what =
        said!("隐藏的列也导入了：{zh}。", "Columns the sheet does not show were taken too: {en}.");
    Notice { count: headings.len(), ..Notice::new(About::HiddenColumn, sheet, what) }
}

/// A column with content under no heading.
pub(super) fn no_heading(sheet: &str, at: usize, rows: &Lines) -> Notice {
    let (column, number, lines) = (letters(at), at + 1, rows.said());
    let what = Said::new(
        format!(
            "{column} 列（第 {number} 列）没有表头，{}有内容，没有导入；请补上表头。",
            lines.zh
        ),
        format!(
            "Column {column} (number {number}) has no heading; its content was left out ({}).",
            lines.en
        ),
    );
    Notice::of(About::NoHeading, sheet, rows, what)
}

/// Headings of several rows put together, and what each was read as where that is less.
pub(super) fn joined_headings(sheet: &str, rows: usize, read: &[(String, String)]) -> Notice {
    let each = |between: &str| {
        let one = |(shown, meant): &(String, String)| format!("{shown} → {meant}");
        read.iter().map(one).collect::<Vec<_>>().join(between)
    };
    let (zh, en) = (each("；"), each("; "));
    let what = if read.is_empty() {
        said!("表头有 {rows} 行，已合并。", "The headings are in {rows} rows and were joined.")
    } else {
        said!(
            "表头有 {rows} 行，已合并；其中 {zh}。",
            "The headings are in {rows} rows and were joined; among them {en}."
        )
    };
    Notice { count: rows, ..Notice::new(About::JoinedHeadings, sheet, what) }
}

/// Rows that are totals, signatures or remarks.
pub(super) fn no_person(sheet: &str, rows: &Lines, labels: &[(usize, String)]) -> Notice {
    let each = |zh: bool, between: &str| {
        let one = |(line, label): &(usize, String)| match zh {
            true => format!("第 {line} 行“{label}”"),
            false => format!("line {line} \"{label}\""),
        };
        labels.iter().map(one).collect::<Vec<_>>().join(between)
    };
    let (zh, en, count) = (each(true, "、"), each(false, ", "), rows.count);
    let what = if count > labels.len() {
        said!(
            "合计、签名、说明一类的行没有导入：{zh} 等 {count} 行。",
            "Totals, signatures and remarks were left out: {en} and others, {count} rows in all."
        )
    } else {
        said!(
            "合计、签名、说明一类的行没有导入：{zh}。",
            "Totals, signatures and remarks were left out: {en}."
        )
    };
    Notice::of(About::NoPerson, sheet, rows, what)
}

/// Headings that are there again, as on every printed page.
pub(super) fn headings_again(sheet: &str, rows: &Lines) -> Notice {
    let lines = rows.said();
    let what = Said::new(
        format!("{}是重复的表头，没有导入。", lines.zh),
        format!("The headings are there again and were left out: {}.", lines.en),
    );
    Notice::of(About::HeadingsAgain, sheet, rows, what)
}

/// Other headings below the first ones.
pub(super) fn other_headings(sheet: &str, line: usize) -> Notice {
    let what = said!(
        "第 {line} 行起是另一种表头，其下各行没有导入；请分成两张工作表。",
        "Other headings begin on line {line}; nothing below them was taken. Put them into a sheet of their own."
    );
    let lines = vec![line];
    Notice { count: 1, lines, ..Notice::new(About::HeadingsAgain, sheet, what) }
}

/// Cells filled from the region they are merged into.
pub(super) fn merged_down(sheet: &str, column: &Said, rows: &Lines) -> Notice {
    let lines = rows.said();
    let what = Said::new(
        format!("{}的合并单元格，{}按合并的内容填入。", column.zh, lines.zh),
        format!("Merged cells of {} were filled with their content: {}.", column.en, lines.en),
    );
    Notice::of(About::Merged, sheet, rows, what)
}

/// Cells merged with one to their left, whose content does not count for them.
pub(super) fn merged_over(sheet: &str, column: &Said, rows: &Lines) -> Notice {
    let lines = rows.said();
    let what = Said::new(
        format!("{}与左边的单元格合并，{}的这一列按空白处理。", column.zh, lines.zh),
        format!(
            "Cells of {} are merged with their left neighbour and count as empty: {}.",
            column.en, lines.en
        ),
    );
    Notice::of(About::Merged, sheet, rows, what)
}

/// A column in which numbers were cut: none ending in zeros is believed.
pub(super) fn cut_numbers(sheet: &str, column: &Said, cut: usize, filled: usize) -> Notice {
    let what = Said::new(
        format!(
            "{}有 {cut} 个号码的后几位已被表格软件变成 0（共 {filled} 个），末尾是 000 的一律没有接收；其余号码也请与原件抽查。",
            column.zh
        ),
        format!(
            "In {} a spreadsheet turned the last digits of {cut} of {filled} numbers to zeros; none ending in 000 was taken. Check some of the others with the papers too.",
            column.en
        ),
    );
    Notice { count: cut, ..Notice::new(About::Cut, sheet, what) }
}

/// Numbers that end in zeros and fit all the same, in a short list.
pub(super) fn ends_in_zeros(sheet: &str, column: &Said, rows: &Lines) -> Notice {
    let lines = rows.said();
    let what = Said::new(
        format!("{}：{}的号码末尾是 000，校验相符，已接收；请与证件核对。", column.zh, lines.zh),
        format!(
            "Numbers of {} that end in 000 fit and were taken; compare them with the papers: {}.",
            column.en, lines.en
        ),
    );
    Notice::of(About::Cut, sheet, rows, what)
}

/// Rows above the headings that say more than a title does.
pub(super) fn above_headings(sheet: &str, rows: &Lines) -> Notice {
    let lines = rows.said();
    let what = Said::new(
        format!("表头上面的{}没有导入；如果是名单，请给它补上表头。", lines.zh),
        format!(
            "What is above the headings was left out ({}); give it headings if it is a list.",
            lines.en
        ),
    );
    Notice::of(About::NoPerson, sheet, rows, what)
}

/// Amounts that are said to be in another unit than yuan.
pub(super) fn other_unit(sheet: &str, line: usize, text: &str) -> Notice {
    let text = words(text);
    let what = said!(
        "第 {line} 行写着“{text}”，金额仍按元读取；请核对，不是元的请先换算。",
        "Line {line} says \"{text}\"; amounts are read in yuan all the same. Convert them first if they are not."
    );
    Notice { count: 1, lines: vec![line], ..Notice::new(About::Column, sheet, what) }
}

/// New records are made with a step.
pub(super) fn made_with(kind: &Kind, step: &Move) -> Notice {
    let state = kind.workflow.as_ref().and_then(|life| life.state(&step.to));
    let state = state.map(|state| state.title.clone()).unwrap_or_default();
    let title = &step.title;
    let what = Said::new(
        format!("新增的记录一并办理“{}”，成为“{}”。", title.zh, state.zh),
        format!("New records are made with \"{}\" and become: {}.", title.en, state.en),
    );
    Notice::new(About::Step, "", what)
}

/// `工作表“二月”`, `Sheet "二月"`.
pub(super) fn sheet_said(name: &str) -> Said {
    said!("工作表“{name}”", "Sheet \"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_spreadsheets_do() {
        let named: Vec<String> = [0, 25, 26, 701, 702].into_iter().map(letters).collect();
        assert_eq!(named, ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn lines_are_counted_and_the_first_named() {
        let mut lines = Lines::default();
        lines.add(3);
        assert_eq!(&*lines.said().zh, "第 3 行");
        lines.add(4);
        assert_eq!(&*lines.said().en, "lines 3, 4, 2 in all");
        (5..20).for_each(|line| lines.add(line));
        assert_eq!(&*lines.said().zh, "第 3、4、5、6、7、8、9、10 行等 17 行");
    }

    #[test]
    fn a_sheet_is_named_where_there_is_one() {
        let mut rows = Lines::default();
        rows.add(4);
        assert!(headings_again("", &rows).said().zh.starts_with("第 4 行"));
        assert!(headings_again("二月", &rows).said().zh.starts_with("工作表“二月”：第 4 行"));
    }
}
