//! A file looked at: its sheets, what was recognised, and what would become of its rows; later,
//! what became of them.

use crate::exchange::{About, Book, ColumnReport, Notice, Report, SheetReport};
use crate::office::Refusal;
use crate::said;
use crate::ui::action::Action;
use crate::ui::reading::Reading;
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::path::PathBuf;
use std::sync::Arc;

/// Refused rows shown of a sheet; all of them are in the file of refused rows.
const SHOWN: usize = 200;

/// Most rows of the screen that the list of sheets takes.
const SHEETS: u16 = 6;

/// A sheet of the file.
struct Sheet {
    name: String,
    hidden: bool,
    /// It is to be taken in.
    on: bool,
}

/// A file, and what was found in it.
pub struct Preview {
    /// Where it lies.
    pub path: PathBuf,
    /// The file as it was read: what was looked at is what is taken in.
    pub book: Arc<Book>,
    sheets: Vec<Sheet>,
    /// Somebody chose sheets by hand.
    chosen: bool,
    /// Rows the sheets do not show are taken too.
    pub hidden: bool,
    window: Window,
    /// What was found, or why nothing can be taken.
    pub outcome: Result<Report, Refusal>,
    /// Where the rows that were not taken were written to.
    pub saved: Option<PathBuf>,
    reading: Reading,
}

impl Preview {
    /// A file just read.
    pub fn new(path: PathBuf, book: Arc<Book>, outcome: Result<Report, Refusal>) -> Self {
        let heads = book.sheets().iter();
        let sheets = heads.map(|head| Sheet {
            name: head.name.clone(),
            hidden: head.hidden,
            on: taken(&outcome, &head.name).is_some(),
        });
        let mut preview = Self {
            path,
            sheets: sheets.collect(),
            book,
            chosen: false,
            hidden: false,
            window: Window::default(),
            outcome,
            saved: None,
            reading: Reading::default(),
        };
        preview.window.at = preview.sheets.iter().position(|sheet| sheet.on).unwrap_or(0);
        preview.read();
        preview
    }

    /// Another report on the same file.
    pub fn found(&mut self, outcome: Result<Report, Refusal>) {
        self.outcome = outcome;
        self.saved = None;
        self.read();
    }

    /// The sheets meant; none named for all that are shown.
    pub fn meant(&self) -> Vec<String> {
        let on = self.sheets.iter().filter(|sheet| sheet.on && self.chosen);
        on.map(|sheet| sheet.name.clone()).collect()
    }

    /// More than one table.
    pub fn has_sheets(&self) -> bool {
        self.sheets.len() > 1
    }

    /// Marks the sheet at the cursor, or not; false when it is the only one marked.
    pub fn mark(&mut self) -> bool {
        let others = self.sheets.iter().enumerate();
        let others = others.filter(|(at, sheet)| *at != self.window.at && sheet.on).count();
        match self.sheets.get_mut(self.window.at) {
            Some(sheet) if sheet.on && others == 0 => false,
            Some(sheet) => {
                sheet.on = !sheet.on;
                self.chosen = true;
                true
            }
            None => false,
        }
    }

    /// There are rows the sheets do not show.
    pub fn has_hidden_rows(&self) -> bool {
        let notices = self.outcome.iter().flat_map(|report| &report.notices);
        self.hidden || notices.into_iter().any(|notice| notice.about == About::HiddenRows)
    }

    /// Something can be taken in.
    pub fn is_good(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|report| report.dry_run && report.accepted() > 0)
    }

    /// There are rows that were not taken.
    pub fn has_refused(&self) -> bool {
        let rows = |report: &Report| report.refused.len() + report.left.len();
        self.outcome.as_ref().is_ok_and(|report| rows(report) > 0)
    }

    /// The rows that were not taken are in this file.
    pub fn kept(&mut self, path: PathBuf) {
        self.saved = Some(path);
        self.read();
    }

    /// Moves between sheets or scrolls; false for an action that does neither.
    pub fn step(&mut self, action: Action) -> bool {
        let between = matches!(action, Action::Up | Action::Down) && self.has_sheets();
        if between && self.window.act(action, self.sheets.len()) {
            self.reading = Reading::default();
            self.read();
            return true;
        }
        self.reading.act(action)
    }

    fn read(&mut self) {
        let mut reading = Reading::default();
        match &self.outcome {
            Err(why) => {
                reading.line(Tone::Bad, why.message.clone());
                reading.line(Tone::Plain, why.next.clone());
            }
            Ok(report) => {
                let tone = if report.is_clean() { Tone::Good } else { Tone::Unsure };
                reading.line(tone, report.said());
                self.told_of_file(&mut reading);
                let name = self.sheets.get(self.window.at).map_or("", |sheet| &sheet.name);
                self.sheet(&mut reading, report, name);
            }
        }
        self.reading = reading.at_place_of(&self.reading);
    }

    fn told_of_file(&self, reading: &mut Reading) {
        if self.is_good() {
            reading.line(
                Tone::Plain,
                said!(
                    "按 F10 导入；按 Esc 返回，什么都不写入。",
                    "F10 takes it in; Esc goes back and nothing is written."
                ),
            );
        }
        if let Some(saved) = &self.saved {
            let path = saved.display();
            reading.line(
                Tone::Good,
                said!(
                    "没有接收的行和原因写在 {path}。改好后直接导入它。文件含完整个人信息，用后请删除。",
                    "The rows that were not taken are in {path} with their reasons. Put right, it can be imported. It holds personal data in full: delete it after use."
                ),
            );
        } else if self.has_refused() {
            reading.line(
                Tone::Plain,
                said!(
                    "按 s 把没有接收的行连同原因存成文件，改好后导入那个文件。",
                    "s saves the rows that were not taken with their reasons; put right, that file is imported."
                ),
            );
        }
    }

    /// What was found of one sheet.
    fn sheet(&self, reading: &mut Reading, report: &Report, name: &str) {
        reading.gap();
        let found = report.sheets.iter().find(|sheet| sheet.name == name);
        match found {
            Some(sheet) => reading.heading(sheet.said()),
            None => reading.heading(said!(
                "工作表“{name}”不导入（空格选上）",
                "Sheet \"{name}\" is left out (Space takes it)"
            )),
        }
        let others = |notice: &Notice| notice.about == About::Sheet && !self.has(&notice.sheet);
        let notices: Vec<&Notice> =
            report.notices.iter().filter(|notice| notice.sheet == name || others(notice)).collect();
        for notice in notices {
            let said = Said::join(&[notice.what.clone(), here(notice.about)], "", " ");
            reading.push(Tone::Unsure, Said::default(), said, 1);
        }
        if let Some(sheet) = found.filter(|_| report.dry_run) {
            columns(reading, &sheet.columns);
            first(reading, sheet);
        }
        refused(reading, report, name);
    }

    fn has(&self, name: &str) -> bool {
        self.sheets.iter().any(|sheet| sheet.name == name)
    }

    /// Draws the sheets, where there are several, and what was found below.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        if !self.has_sheets() {
            return self.reading.draw(area, buf, look);
        }
        let rows = u16::try_from(self.sheets.len()).unwrap_or(SHEETS).min(SHEETS) + 1;
        let list = Rect { height: rows.min(area.height), ..area };
        let columns = [
            Column { title: said!("工作表", "Sheet"), cells: 0 },
            Column { title: said!("新增", "Made"), cells: 8 },
            Column { title: said!("增补", "Added to"), cells: 8 },
            Column { title: said!("一致", "Same"), cells: 8 },
            Column { title: said!("未通过", "Refused"), cells: 8 },
            Column { title: said!("不属名单", "Left out"), cells: 8 },
        ];
        let shown: Vec<RowShown> = self.sheets.iter().map(|sheet| self.row(sheet, look)).collect();
        let cursor = rows::list(buf, list, look, &columns, &shown, &self.window);
        let below = Rect {
            y: area.y + list.height + 1,
            height: area.height.saturating_sub(list.height + 1),
            ..area
        };
        self.reading.draw(below, buf, look);
        cursor
    }

    fn row(&self, sheet: &Sheet, look: &Look) -> RowShown {
        let name = match sheet.hidden {
            true => said!("{0}（隐藏）", "{0} (hidden)", sheet.name),
            false => Said::same(sheet.name.clone()),
        };
        let mut cells = vec![name.get(look.lang).to_string()];
        if let Some(found) = taken(&self.outcome, &sheet.name) {
            let counts = [found.made, found.changed, found.unchanged, found.refused, found.told];
            cells.extend(counts.map(|count| count.to_string()));
        }
        RowShown { cells, tone: (!sheet.on).then_some(Tone::Quiet), picked: sheet.on }
    }
}

/// The key that does on this screen what a notice says an option does.
fn here(about: About) -> Said {
    match about {
        About::HiddenRows => Said::fixed("（这里按 h）", "(Here: h.)"),
        About::Sheet => Said::fixed("（这里用空格选）", "(Here: Space.)"),
        _ => Said::default(),
    }
}

/// What the report says of a sheet.
fn taken<'r>(outcome: &'r Result<Report, Refusal>, name: &str) -> Option<&'r SheetReport> {
    outcome.as_ref().ok()?.sheets.iter().find(|sheet| sheet.name == name)
}

fn refused(reading: &mut Reading, report: &Report, name: &str) {
    let rows = || report.refused.iter().filter(|row| *row.place.sheet == *name);
    let count = rows().count();
    if count == 0 {
        return;
    }
    reading.heading(said!("未通过的 {count} 行", "The {count} refused rows"));
    for row in rows().take(SHOWN) {
        reading.push(Tone::Plain, Said::default(), row.said(), 1);
    }
    let more = count.saturating_sub(SHOWN);
    if more > 0 {
        let said = said!(
            "另有 {more} 行，这里没有列出；按 s 存成文件可得到全部。",
            "{more} more are not listed here; s saves all of them."
        );
        reading.push(Tone::Quiet, Said::default(), said, 1);
    }
}

/// What each heading was taken for: those that say it themselves in one line.
fn columns(reading: &mut Reading, columns: &[ColumnReport]) {
    let heading =
        |column: &ColumnReport| column.heading.split_whitespace().collect::<Vec<_>>().join(" ");
    let filled = || columns.iter().filter(|column| !column.heading.trim().is_empty());
    let known = filled().filter(|column| column.field.is_some());
    let (same, other): (Vec<_>, Vec<_>) =
        known.partition(|column| heading(column) == column.title.zh);
    let left: Vec<String> = filled().filter(|column| column.field.is_none()).map(heading).collect();
    reading.heading(said!("表头 → 栏目", "Headings and fields"));
    for column in other {
        let (heading, title) = (heading(column), &column.title);
        let said =
            Said::new(format!("{heading} → {}", title.zh), format!("{heading} → {}", title.en));
        reading.push(Tone::Plain, Said::default(), said, 1);
    }
    if !same.is_empty() {
        let both: Vec<Said> = same.iter().map(|column| column.title.clone()).collect();
        let both = Said::join(&both, "、", ", ");
        let said =
            Said::new(format!("照原名：{}", both.zh), format!("By their own names: {}", both.en));
        reading.push(Tone::Plain, Said::default(), said, 1);
    }
    if !left.is_empty() {
        let (zh, en) = (left.join("、"), left.join(", "));
        let said = said!("不导入的列：{zh}", "Columns left out: {en}");
        reading.push(Tone::Unsure, Said::default(), said, 1);
    }
}

/// The first rows as they are stored.
fn first(reading: &mut Reading, sheet: &SheetReport) {
    if sheet.first.is_empty() {
        return;
    }
    reading.heading(said!("前几行存成这样", "The first rows as they are stored"));
    for (row, number) in sheet.first.iter().zip(1..) {
        let cells: Vec<Said> = row
            .iter()
            .map(|(title, value)| {
                Said::new(
                    format!("{} {}", title.zh, value.zh),
                    format!("{} {}", title.en, value.en),
                )
            })
            .collect();
        let cells = Said::join(&cells, "；", "; ");
        let flat = |text: &str| text.replace(['\r', '\n'], " ");
        let said = Said::new(
            format!("{number}　{}", flat(&cells.zh)),
            format!("{number}  {}", flat(&cells.en)),
        );
        reading.push(Tone::Plain, Said::default(), said, 1);
    }
}
