//! Small drawings every screen shares: a box, an input line, a windowed list, titled lines.

use super::action::Action;
use super::screen::Look;
use super::theme::Tone;
use crate::office::ListColumn;
use crate::terminal::input_line::View;
use crate::terminal::{InputLine, text};
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;

/// Draws a box with a title on its upper edge.
pub fn frame(buf: &mut Buffer, area: Rect, look: &Look, title: &Said) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let inner = usize::from(area.width - 2);
    let rule = "─".repeat(inner);
    look.put(buf, area.x, area.y, area.width, &format!("┌{rule}┐"), Tone::Line);
    look.put(buf, area.x, area.bottom() - 1, area.width, &format!("└{rule}┘"), Tone::Line);
    for y in area.y + 1..area.bottom() - 1 {
        look.put(buf, area.x, y, 1, "│", Tone::Line);
        look.put(buf, area.right() - 1, y, 1, "│", Tone::Line);
    }
    let heading = format!(" {} ", title.get(look.lang));
    look.put(buf, area.x + 2, area.y, area.width.saturating_sub(4), &heading, Tone::Title);
}

/// Draws a line being typed into; returns the cursor's place when it has the focus.
pub fn input(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    line: &InputLine,
    focused: bool,
) -> Option<Position> {
    view(buf, area, look, &line.view(area.width), focused)
}

/// The same for a secret: a dot for each character.
pub fn secret(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    line: &InputLine,
    focused: bool,
) -> Option<Position> {
    view(buf, area, look, &line.masked_view(area.width, '*'), focused)
}

/// Writes texts below one another, wrapped; returns the rows used.
pub fn paragraphs(buf: &mut Buffer, area: Rect, look: &Look, said: &[(Tone, &Said)]) -> u16 {
    let mut y = area.y;
    for (tone, said) in said.iter().filter(|(_, said)| !said.is_empty()) {
        for line in text::wrap(said.get(look.lang), usize::from(area.width)) {
            if y < area.bottom() {
                look.put(buf, area.x, y, area.width, &line, *tone);
                y += 1;
            }
        }
    }
    y - area.y
}

/// Draws how far something is, as a bar of `area.width` cells; `None` while nobody knows.
pub fn bar(buf: &mut Buffer, area: Rect, look: &Look, share: Option<(u64, u64)>) {
    let Some((done, total)) = share else { return };
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    let cells = u64::from(area.width.saturating_sub(8));
    let filled = usize::try_from(cells * percent / 100).unwrap_or(0);
    let empty = usize::try_from(cells).unwrap_or(0).saturating_sub(filled);
    // Of signs every terminal has, in one width everywhere.
    let drawn = format!("[{}{}] {percent:>3}%", "#".repeat(filled), ".".repeat(empty));
    look.put(buf, area.x, area.y, area.width, &drawn, Tone::Key);
}

/// Rows a text takes when it may go on in the next line, at most `most`.
#[must_use]
pub fn rows_of(line: &InputLine, cells: u16, most: usize) -> u16 {
    let (lines, _) = broken(line, cells);
    u16::try_from(lines.len().clamp(1, most)).unwrap_or(1)
}

/// A text being typed over several rows, those around the cursor.
pub fn tall_input(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    line: &InputLine,
    focused: bool,
) -> Option<Position> {
    let (lines, (row, column)) = broken(line, area.width);
    let page = usize::from(area.height).max(1);
    let first = if focused { (row + 1).saturating_sub(page) } else { 0 };
    for (y, shown) in (area.top()..area.bottom()).zip(lines.iter().skip(first)) {
        look.put(
            buf,
            area.x,
            y,
            area.width,
            &text::pad(shown, usize::from(area.width)),
            Tone::Field,
        );
    }
    if !focused && lines.len() > page && area.width > 2 {
        look.put(buf, area.right() - 1, area.bottom() - 1, 1, "…", Tone::Field);
    }
    let y = area.y + u16::try_from(row - first.min(row)).unwrap_or(0);
    let x = area.x + u16::try_from(column).unwrap_or(0).min(area.width.saturating_sub(1));
    focused.then(|| Position::new(x, y.min(area.bottom().saturating_sub(1))))
}

/// The text cut at every `cells` cells, and the cursor's row and column in it. Cut anywhere, so
/// that typing moves nothing but what comes after.
fn broken(line: &InputLine, cells: u16) -> (Vec<String>, (usize, usize)) {
    let cells = usize::from(cells).max(2);
    let cursor = line.visual_cursor();
    let mut lines = vec![String::new()];
    let (mut row, mut column, mut passed) = (0, 0, 0);
    let mut place = None;
    for cluster in text::graphemes(line.text()) {
        let wide = text::cluster_width(cluster);
        if column + wide > cells {
            lines.push(String::new());
            row += 1;
            column = 0;
        }
        if place.is_none() && passed >= cursor {
            place = Some((row, column));
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(&text::harmless(cluster));
        }
        column += wide;
        passed += wide;
    }
    if place.is_none() && column >= cells {
        lines.push(String::new());
        (row, column) = (row + 1, 0);
    }
    (lines, place.unwrap_or((row, column)))
}

fn view(buf: &mut Buffer, area: Rect, look: &Look, view: &View, focused: bool) -> Option<Position> {
    let cells = usize::from(area.width);
    look.put(buf, area.x, area.y, area.width, &text::pad(&view.text, cells), Tone::Field);
    let x = area.x + view.cursor.min(area.width.saturating_sub(1));
    focused.then(|| Position::new(x, area.y))
}

/// The place in a list: which row is marked and which is at the top of the window.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The marked row.
    pub at: usize,
    /// The first row shown.
    pub first: usize,
    /// Rows the last drawing had room for: a page key goes on by as many.
    page: Cell<usize>,
}

/// Rows of a page before anything was drawn.
const FIRST_PAGE: usize = 12;

impl Window {
    fn page(&self) -> usize {
        match self.page.get() {
            0 => FIRST_PAGE,
            page => page,
        }
    }

    /// Moves for an action in a list of `len` rows; returns whether it was one that moves.
    pub fn act(&mut self, action: Action, len: usize) -> bool {
        let last = len.saturating_sub(1);
        self.at = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at + 1,
            Action::PageUp => self.at.saturating_sub(self.page()),
            Action::PageDown => self.at + self.page(),
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        }
        .min(last);
        self.settle(len);
        true
    }

    /// Brings the window over the marked row after the list changed.
    pub fn settle(&mut self, len: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        self.first = self.top(len, self.page());
    }

    /// The first row shown. A mark that leaves the window brings it to the middle of the next, so
    /// that running down a list repaints it once in half a page and not at every step.
    fn top(&self, len: usize, page: usize) -> usize {
        let page = page.max(1);
        let inside = (self.first..self.first + page).contains(&self.at);
        let first = if inside { self.first } else { self.at.saturating_sub(page / 2) };
        first.min(len.saturating_sub(page))
    }

    /// The rows in the window and a page before and after it; before anything was drawn, a large
    /// screen of them.
    #[must_use]
    pub fn around(&self, len: usize) -> std::ops::Range<usize> {
        let page = self.page().max(60);
        let first = self.top(len, self.page());
        first.saturating_sub(page).min(len)..(first + 2 * page).min(len)
    }

    /// The rows to draw in a window of `page` rows.
    #[must_use]
    pub fn shown(&self, len: usize, page: usize) -> std::ops::Range<usize> {
        self.page.set(page);
        let first = self.top(len, page);
        first..(first + page).min(len)
    }
}

/// A column of a list.
pub struct Column {
    /// Its heading.
    pub title: Said,
    /// Cells it takes; 0 for whatever is left.
    pub cells: u16,
}

/// Cells a column of open width gets where another takes what is left, and the least it is shown in.
const OPEN: u16 = 16;
const LEAST: u16 = 8;

/// The columns there is room for in `width` cells, each with its place among all of them. The first
/// one is always there, and what is left goes to the last of open width, else to the last.
pub fn fitting(columns: &[ListColumn], width: u16) -> (Vec<Column>, Vec<usize>) {
    let mut room = width.saturating_sub(2);
    let mut places: Vec<usize> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let (least, usual) = match column.cells {
            0 => (LEAST, OPEN),
            cells => (cells, cells),
        };
        if places.is_empty() || least < room {
            room = room.saturating_sub(usual + 1);
            places.push(at);
        }
    }
    let kept: Vec<&ListColumn> = places.iter().filter_map(|at| columns.get(*at)).collect();
    let open = kept.iter().rposition(|column| column.cells == 0);
    let last = open.unwrap_or(kept.len().saturating_sub(1));
    let shown = kept.iter().enumerate().map(|(place, column)| {
        let cells = match (column.cells, place == last) {
            (_, true) => 0,
            (0, false) => OPEN,
            (cells, false) => cells,
        };
        Column { title: column.title.clone(), cells }
    });
    (shown.collect(), places)
}

/// One row of a list, already in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowShown {
    /// A cell for each column.
    pub cells: Vec<String>,
    /// The tone of the whole row.
    pub tone: Option<Tone>,
    /// Marked for a bulk action.
    pub picked: bool,
}

/// Draws headings and the rows of a window. The marked row carries `▸` and its first cell is
/// reversed: plain without colour, and a step down costs a few dozen bytes instead of two rows.
pub fn list(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    columns: &[Column],
    rows: &[RowShown],
    window: &Window,
) -> Option<Position> {
    if area.height < 2 || area.width < 8 {
        return None;
    }
    let fixed: u16 = columns.iter().map(|column| column.cells + 1).sum();
    let rest = area.width.saturating_sub(fixed + 2);
    let widths: Vec<u16> =
        columns.iter().map(|column| if column.cells == 0 { rest } else { column.cells }).collect();
    let mut x = area.x + 2;
    for (column, width) in columns.iter().zip(&widths) {
        look.say(buf, x, area.y, *width, &column.title, Tone::Quiet);
        x += width + 1;
    }
    let page = usize::from(area.height - 1);
    let mut cursor = None;
    for (line, index) in window.shown(rows.len(), page).enumerate() {
        let Some(row) = rows.get(index) else { break };
        let y = area.y + 1 + u16::try_from(line).unwrap_or(0);
        let marked = index == window.at;
        let left = match (marked, row.picked) {
            (true, true) => "▸x",
            (true, false) => "▸ ",
            (false, true) => " x",
            (false, false) => "  ",
        };
        look.put(buf, area.x, y, 2, left, Tone::Plain);
        let mut x = area.x + 2;
        for (index, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
            let head = marked && index == 0;
            let tone = if head { Tone::Marked } else { row.tone.unwrap_or(Tone::Plain) };
            look.put(buf, x, y, *width, &text::fit(cell, usize::from(*width)), tone);
            x += width + 1;
        }
        if marked {
            cursor = Some(Position::new(area.x, y));
        }
    }
    cursor
}
