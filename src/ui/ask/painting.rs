//! How a question looks: a box as high as it needs, its parts scrolled where it cannot be.

use super::{Ask, MOST_CHOICES, Part};
use crate::said;
use crate::terminal::text::{self, clear_area};
use crate::ui::entry::{self, Entry};
use crate::ui::rows;
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Rows of a long text being typed.
const TALL: u16 = 4;

/// Lines of the text above the questions of a verdict that are never given up for them.
const MOST_BODY: u16 = 7;

/// Lines of the box that are no content: two of the frame, one of help.
const FRAME: u16 = 3;

/// Draws the box in the middle of `area`.
pub(super) fn draw(ask: &Ask, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let width = area.width.min(90);
    let cells = width.saturating_sub(4);
    let body: Vec<String> = ask
        .body
        .iter()
        .flat_map(|said| text::wrap(said.get(look.lang), usize::from(cells)))
        .collect();
    let room = area.height.saturating_sub(FRAME);
    let body_rows = u16::try_from(body.len()).unwrap_or(u16::MAX);
    // What a verdict rests on is above its questions however many they are.
    let kept = if ask.deciding { MOST_BODY } else { 2 };
    let wishes = ask.parts.iter().map(|part| wish(part, cells, look)).collect();
    let (first, heights) = fitted(ask, wishes, room.saturating_sub(body_rows.min(kept)));
    let parts_rows: u16 = heights.iter().sum();
    let body_rows = body_rows.min(room.saturating_sub(parts_rows));
    let height = (body_rows + parts_rows + FRAME).min(area.height);
    let boxed = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    clear_area(buf, boxed);
    rows::frame(buf, boxed, look, &ask.title);
    let x = boxed.x + 2;
    let mut y = boxed.y + 1;
    let (start, beyond) = &ask.scroll;
    let hidden = body.len().saturating_sub(usize::from(body_rows));
    beyond.set(hidden);
    for line in body.iter().skip((*start).min(hidden)).take(usize::from(body_rows)) {
        look.put(buf, x, y, cells, line, Tone::Plain);
        y += 1;
    }
    let mut cursor = None;
    for ((at, part), rows) in ask.parts.iter().enumerate().skip(first).zip(&heights) {
        let focused = at == ask.focus;
        let place = draw_part(part, focused, Rect::new(x, y, cells, *rows), buf, look);
        cursor = cursor.or(place);
        y += rows;
    }
    let (tone, hint) = hint(ask, hidden > 0);
    look.say(buf, x, boxed.bottom().saturating_sub(2), cells, &hint, tone);
    cursor.or(ask.parts.is_empty().then(|| Position::new(x, boxed.bottom().saturating_sub(2))))
}

fn hint(ask: &Ask, scrolls: bool) -> (Tone, Said) {
    if ask.wanting {
        return (Tone::Bad, said!("这一项要填。", "This one is needed."));
    }
    let several = matches!(ask.parts.get(ask.focus), Some(Part::Choices { several: true, .. }));
    let hint = match (ask.parts.is_empty(), several) {
        (true, _) if scrolls => {
            said!("回车 确定   Esc 返回   ↑↓ 看上下文", "Enter confirm   Esc back   arrows scroll")
        }
        (true, _) => said!("回车 确定   Esc 返回", "Enter confirm   Esc back"),
        (_, true) => said!(
            "空格 选／不选   回车 下一项   F10 确定   Esc 返回",
            "Space mark   Enter next   F10 confirm   Esc back"
        ),
        _ if ask.parts.len() > 1 => {
            said!("回车 下一项   F10 确定   Esc 返回", "Enter next   F10 confirm   Esc back")
        }
        _ => said!("回车 确定   Esc 返回", "Enter confirm   Esc back"),
    };
    (Tone::Quiet, hint)
}

/// The rows each part wants.
fn wish(part: &Part, width: u16, look: &Look) -> u16 {
    let title = u16::from(!part.title().is_empty());
    title
        + match part {
            Part::Line { tall: true, .. } => TALL,
            Part::Line { .. } => 1,
            Part::Field { entry, .. } => {
                let typed = if entry.is_long() { TALL } else { 1 };
                let below = below(entry, width, look).len();
                typed.saturating_add(u16::try_from(below).unwrap_or(u16::MAX))
            }
            Part::Choices { options, .. } => {
                u16::try_from(options.len().clamp(1, MOST_CHOICES)).unwrap_or(1)
            }
        }
}

/// The first part shown and the rows each from there gets, so that all fit, or at least the one
/// with the focus.
fn fitted(ask: &Ask, wishes: Vec<u16>, room: u16) -> (usize, Vec<u16>) {
    let mut heights = wishes;
    while heights.iter().sum::<u16>() > room {
        match heights.iter_mut().max().filter(|tallest| **tallest > 3) {
            Some(tallest) => *tallest -= 1,
            None => break,
        }
    }
    let mut first = 0;
    while first < ask.focus && heights.iter().take(ask.focus + 1).skip(first).sum::<u16>() > room {
        first += 1;
    }
    let mut left = room;
    let shown = heights.into_iter().skip(first).map_while(|rows| {
        let rows = rows.min(left);
        left -= rows;
        (rows > 0).then_some(rows)
    });
    (first, shown.collect())
}

/// What is below a field: what is wrong with it, else how it is filled in.
fn below(entry: &Entry, width: u16, look: &Look) -> Vec<(Tone, String)> {
    let wrong = entry::wrong_lines(entry.wrong.as_ref(), width, look.lang);
    if !wrong.is_empty() {
        return wrong.into_iter().map(|line| (Tone::Bad, line)).collect();
    }
    let help = entry.field.help.iter();
    help.flat_map(|help| text::wrap(help.get(look.lang), usize::from(width)))
        .map(|line| (Tone::Quiet, line))
        .collect()
}

fn draw_field(
    entry: &Entry,
    focused: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let below = below(entry, area.width, look);
    let beneath = u16::try_from(below.len()).unwrap_or(u16::MAX);
    let typed = area.height.saturating_sub(beneath).max(1);
    let beside = entry::understood(entry, focused);
    let cells = if beside.is_some() { area.width.min(entry.room()) } else { area.width };
    let line = Rect { width: cells, height: typed.min(area.height), ..area };
    let cursor = entry::input(entry, focused, line, buf, look);
    if let Some((tone, understood)) = beside {
        let at = area.x + cells + 1;
        look.say(buf, at, area.y, area.right().saturating_sub(at), &understood, tone);
    }
    for (y, (tone, said)) in (area.y + typed..area.bottom()).zip(&below) {
        look.put(buf, area.x, y, area.width, said, *tone);
    }
    cursor
}

fn draw_part(
    part: &Part,
    focused: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let mut area = area;
    if !part.title().is_empty() {
        let tone = if focused { Tone::Title } else { Tone::Plain };
        look.say(buf, area.x, area.y, area.width, part.title(), tone);
        area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    }
    match part {
        Part::Line { input, secret: true, .. } => {
            rows::secret(buf, Rect { height: 1, ..area }, look, input, focused)
        }
        Part::Line { input, tall: true, .. } => rows::tall_input(buf, area, look, input, focused),
        Part::Line { input, .. } => {
            rows::input(buf, Rect { height: 1, ..area }, look, input, focused)
        }
        Part::Field { entry, .. } => draw_field(entry, focused, area, buf, look),
        Part::Choices { options, marked, at, several, .. } => {
            let shown = usize::from(area.height).max(1);
            let first = (at + 1).saturating_sub(shown);
            let listed = options.iter().zip(marked).enumerate().skip(first).take(shown);
            for (row, (i, ((_, title), on))) in listed.enumerate() {
                let mark = match (several, on) {
                    (true, true) => "[x]",
                    (true, false) => "[ ]",
                    (false, true) => "(o)",
                    (false, false) => "( )",
                };
                let line = format!("{mark} {} {}", i + 1, title.get(look.lang));
                let tone = if focused && i == *at { Tone::Marked } else { Tone::Plain };
                let y = area.y + u16::try_from(row).unwrap_or(0);
                look.put(buf, area.x, y, area.width, &line, tone);
            }
            let rest = options.len().saturating_sub(first + shown);
            if rest > 0 {
                let more = said!("  ↓ 还有 {rest} 项", "  ↓ {rest} more");
                let width = u16::try_from(text::width(more.get(look.lang))).unwrap_or(12);
                let y = area.bottom().saturating_sub(1);
                look.say(buf, area.right().saturating_sub(width), y, width, &more, Tone::Key);
            }
            let row = u16::try_from(at - first.min(*at)).unwrap_or(0);
            focused.then(|| Position::new(area.x, area.y + row))
        }
    }
}
