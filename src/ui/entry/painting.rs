//! How a field being typed looks, wherever it is.

use super::{Entry, Wrong};
use crate::program::FieldType;
use crate::record::{PaperState, Value, show_money};
use crate::said;
use crate::terminal::text;
use crate::ui::rows;
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use crate::words::{Lang, Said};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws what is typed, or the mask in its stead; the cursor, where it has the focus.
pub fn input(
    entry: &Entry,
    focused: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    match &entry.mask {
        Some(mask) => {
            let shown = text::fit(mask, usize::from(area.width));
            look.put(buf, area.x, area.y, area.width, &shown, Tone::Field);
            focused.then(|| Position::new(area.x, area.y))
        }
        None if area.height > 1 => rows::tall_input(buf, area, look, &entry.input, focused),
        None => rows::input(buf, area, look, &entry.input, focused),
    }
}

/// What is wrong and what to type, whole, in as many lines as it needs.
pub fn wrong_lines(wrong: Option<&Wrong>, width: u16, lang: Lang) -> Vec<String> {
    let Some(wrong) = wrong else { return Vec::new() };
    let words = Said::join(&[wrong.said.clone(), wrong.next.clone()], "", " ");
    text::wrap(words.get(lang), usize::from(width.saturating_sub(6)).max(8))
}

/// What is beside an entry: what its rows come to, or what was understood.
pub fn understood(entry: &Entry, focused: bool) -> Option<(Tone, Said)> {
    if entry.from_rows.is_some() && entry.rows_hidden {
        return Some((Tone::Quiet, said!("按明细合计，已遮盖", "by the rows, masked")));
    }
    if let Some(total) = &entry.from_rows {
        let shown = match total {
            Value::Money(fen) => show_money(*fen),
            Value::Integer(count) => count.to_string(),
            _ => String::new(),
        };
        return Some(match &entry.value {
            Some(typed) if typed != total => (
                Tone::Unsure,
                said!("按明细是 {shown}：请核对", "by the rows {shown}: please check"),
            ),
            _ => (Tone::Quiet, said!("按明细合计 {shown}", "by the rows {shown}")),
        });
    }
    if focused || entry.mask.is_some() {
        return None;
    }
    match (&entry.field.field_type, entry.value.as_ref()?) {
        (FieldType::Money { .. }, Value::Money(fen)) => {
            let shown = show_money(*fen);
            (entry.input.text().trim() != shown)
                .then(|| (Tone::Quiet, said!("{shown} 元", "¥{shown}")))
        }
        (_, Value::Papers(papers)) => {
            let missing = papers.iter().filter(|(_, at)| *at == PaperState::Missing).count();
            (missing > 0).then(|| (Tone::Unsure, said!("缺 {missing} 份", "{missing} missing")))
        }
        _ => None,
    }
}
