//! How a form looks.
//!
//! ```text
//! 困难职工档案  欧阳靖雯
//! 家庭成员
//!   姓名      与户主关系  身份证号            月收入
//!   张伟      配偶        50019919…           2,600.00
//! 收入与刚性支出
//!   * 近12个月家庭总收入  52000             按明细是 48,000.00：请核对
//! ```

use super::filling::{Form, Item};
use super::grid;
use crate::said;
use crate::terminal::text;
use crate::ui::entry::{self, Entry};
use crate::ui::rows;
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Widest and narrowest the column of labels gets.
const LABELS: (u16, u16) = (20, 36);

/// Most lines a long text takes in the form.
const LONG: usize = 4;

/// Draws the form; the cursor is in the focused field.
pub fn draw(form: &Form, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let mut y = area.y;
    let heading = format!("{}  {}", form.title.get(look.lang), form.whose);
    let used = look.put(buf, area.x + 1, y, area.width - 2, &heading, Tone::Title);
    y += 1;
    if let Some(reason) = &form.reason {
        let room = area.width.saturating_sub(used + 4);
        if text::width(reason.get(look.lang)) <= usize::from(room) {
            look.say(buf, area.x + 3 + used, y - 1, room, reason, Tone::Bad);
        } else {
            for line in
                text::wrap(reason.get(look.lang), usize::from(area.width - 2)).iter().take(3)
            {
                look.put(buf, area.x + 1, y, area.width - 2, line, Tone::Bad);
                y += 1;
            }
        }
    }
    let foot = footer(form, area.width, look);
    let foot_rows = u16::try_from(foot.len()).unwrap_or(2).max(2).min(area.height / 2);
    let height = (area.bottom() - foot_rows).saturating_sub(y);
    let body = Rect { y, height, ..area };
    let canvas = Canvas { form, look, labels: labels(form, look), width: area.width };
    let cursor = canvas.items(body, buf);
    for (row, (tone, line)) in foot.iter().take(usize::from(foot_rows)).enumerate() {
        let y = area.bottom() - foot_rows + u16::try_from(row).unwrap_or(0);
        look.put(buf, area.x + 1, y, area.width - 2, line, *tone);
    }
    cursor
}

/// The width of the labels: as the longest needs, within reason.
fn labels(form: &Form, look: &Look) -> u16 {
    let titles = form.items.iter().filter_map(|item| match item {
        Item::Entry(entry) => Some(text::width(entry.field.title.get(look.lang))),
        _ => None,
    });
    let longest = u16::try_from(titles.max().unwrap_or(0)).unwrap_or(u16::MAX);
    longest.saturating_add(2).clamp(LABELS.0, LABELS.1)
}

struct Canvas<'a> {
    form: &'a Form,
    look: &'a Look,
    labels: u16,
    width: u16,
}

impl Canvas<'_> {
    fn items(&self, body: Rect, buf: &mut Buffer) -> Option<Position> {
        let (form, look) = (self.form, self.look);
        let heights: Vec<u16> =
            form.items.iter().map(|item| self.height(item).min(body.height.max(1))).collect();
        let first = first_shown(&heights, form.focus, body.height, form.top.get());
        form.top.set(first);
        let mut cursor = None;
        let mut row = body.y;
        for (at, item) in form.items.iter().enumerate().skip(first) {
            let tall = heights.get(at).copied().unwrap_or(1);
            if row >= body.bottom() {
                break;
            }
            let space = Rect { y: row, height: tall.min(body.bottom() - row), ..body };
            let focused = at == form.focus;
            let marked = item.field().is_some_and(|field| form.is_returned(&field.id));
            let place = match item {
                Item::Heading(title) => {
                    look.say(buf, space.x + 1, space.y, space.width - 2, title, Tone::Title);
                    None
                }
                Item::Entry(entry) => self.entry(entry, focused, marked, space, buf),
                Item::Table(table) => grid::draw(table, focused, marked, space, buf, look),
            };
            cursor = cursor.or(place);
            row += tall;
        }
        cursor
    }

    fn height(&self, item: &Item) -> u16 {
        let lines = match item {
            Item::Heading(_) => 1,
            Item::Entry(entry) => usize::from(self.text_rows(entry)) + self.below(entry).len(),
            Item::Table(table) => grid::height(table, self.width, self.look),
        };
        u16::try_from(lines).unwrap_or(u16::MAX)
    }

    /// Cells of an entry's text.
    fn cells(&self, entry: &Entry) -> u16 {
        self.width.saturating_sub(self.labels + 4).min(entry.room())
    }

    fn text_rows(&self, entry: &Entry) -> u16 {
        if !entry.is_long() || entry.mask.is_some() {
            return 1;
        }
        rows::rows_of(&entry.input, self.cells(entry), LONG)
    }

    fn entry(
        &self,
        entry: &Entry,
        focused: bool,
        marked: bool,
        area: Rect,
        buf: &mut Buffer,
    ) -> Option<Position> {
        let look = self.look;
        let star = match (marked, entry.needed()) {
            (true, _) => "!",
            (_, true) => "*",
            _ => " ",
        };
        let tone = if marked {
            Tone::Bad
        } else if focused {
            Tone::Title
        } else {
            Tone::Plain
        };
        let label = format!("{star} {}", entry.field.title.get(look.lang));
        look.put(buf, area.x + 1, area.y, self.labels, &label, tone);
        let x = area.x + 2 + self.labels;
        let cells = self.cells(entry);
        let rows_taken = self.text_rows(entry).min(area.height);
        let line = Rect::new(x, area.y, cells, rows_taken);
        let cursor = entry::input(entry, focused, line, buf, look);
        // What the program understood, where that is not what is there.
        if let Some((tone, understood)) = entry::understood(entry, focused) {
            let at = x + cells + 1;
            look.say(buf, at, area.y, area.right().saturating_sub(at + 1), &understood, tone);
        }
        for (row, (tone, line)) in self.below(entry).iter().enumerate() {
            let y = area.y + rows_taken + u16::try_from(row).unwrap_or(0);
            if y < area.bottom() {
                look.put(buf, area.x + 5, y, self.width - 6, line, *tone);
            }
        }
        cursor
    }

    /// What is below an entry: what is wrong with it, else what is unlikely.
    fn below(&self, entry: &Entry) -> Vec<(Tone, String)> {
        let wrong = entry::wrong_lines(entry.wrong.as_ref(), self.width, self.look.lang);
        if !wrong.is_empty() {
            return wrong.into_iter().map(|line| (Tone::Bad, line)).collect();
        }
        let Some(doubt) = &entry.doubt else { return Vec::new() };
        let cells = usize::from(self.width.saturating_sub(6)).max(8);
        let lines = text::wrap(doubt.get(self.look.lang), cells);
        lines.into_iter().map(|line| (Tone::Unsure, line)).collect()
    }
}

/// The first item to show so that the focused one is whole on the screen, with what comes next.
/// It stays as it is while that holds; else the focus goes to the upper third, so that going
/// through a form repaints it once a page and not at every field.
fn first_shown(heights: &[u16], focus: usize, room: u16, top: usize) -> usize {
    let sum = |from: usize, to: usize| -> u16 {
        heights.iter().take(to).skip(from).fold(0, |sum, tall| sum.saturating_add(*tall))
    };
    let ahead = sum(focus + 1, focus + 3).min(room / 3);
    if top <= focus && sum(top, focus + 1).saturating_add(ahead) <= room {
        return top;
    }
    let above = (room / 3).min(room.saturating_sub(sum(focus, focus + 1)));
    (0..=focus).find(|first| sum(*first, focus) <= above).unwrap_or(focus)
}

/// At the foot: help of the focused field, and what can be chosen, as far as two lines hold.
fn footer(form: &Form, width: u16, look: &Look) -> Vec<(Tone, String)> {
    let Some(entry) = form.entry() else { return Vec::new() };
    let cells = usize::from(width.saturating_sub(2)).max(8);
    let mut lines = Vec::new();
    let masked = said!(
        "已遮盖：不动就保留；重打就替换；Delete 清空。",
        "Masked: kept as it is; type to replace it; Delete empties it."
    );
    let help = if entry.mask.is_some() { Some(&masked) } else { entry.field.help.as_ref() };
    if let Some(help) = help {
        lines.extend(
            text::wrap(help.get(look.lang), cells)
                .into_iter()
                .take(2)
                .map(|line| (Tone::Quiet, line)),
        );
    }
    if let Some(hint) = form.hint() {
        let wrapped = text::wrap(hint.get(look.lang), cells);
        let more = wrapped.len() > 2;
        let mut shown: Vec<String> = wrapped.into_iter().take(2).collect();
        if more && let Some(last) = shown.last_mut() {
            let rest = said!("… F3 看全部", "… F3 shows all");
            let room = cells.saturating_sub(text::width(rest.get(look.lang)) + 1);
            *last = format!(
                "{}{}",
                text::truncate(last, room).trim_end_matches('…'),
                rest.get(look.lang)
            );
        }
        lines.extend(shown.into_iter().map(|line| (Tone::Quiet, line)));
    }
    lines
}
