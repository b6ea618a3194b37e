//! How a table inside a form looks: as many rows and columns around the focus as there is room.

use super::table::TableInput;
use crate::program::Required;
use crate::record::{Value, show_money};
use crate::terminal::text;
use crate::ui::entry::{Entry, Wrong, wrong_lines};
use crate::ui::rows;
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use crate::words::{Lang, Said};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Lines a table takes: title, headings, rows, and what is wrong.
pub(super) fn height(table: &TableInput, width: u16, look: &Look) -> usize {
    2 + usize::from(table.head.is_some()) + table.rows.len() + wrong(table, width, look.lang).len()
}

/// Draws a table; the cursor is in the focused cell.
pub(super) fn draw(
    table: &TableInput,
    focused: bool,
    marked: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let tone = if marked {
        Tone::Bad
    } else if focused {
        Tone::Title
    } else {
        Tone::Plain
    };
    let star = if marked { "!" } else { " " };
    let count = table.rows.iter().filter(|row| !row.is_empty()).count();
    let title = format!("{star} {}  ({count})", table.field.title.get(look.lang));
    look.put(buf, area.x + 1, area.y, area.width - 2, &title, tone);
    let wrong = wrong(table, area.width, look.lang);
    let wrong_rows = u16::try_from(wrong.len()).unwrap_or(0).min(area.height.saturating_sub(3));
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + wrong_rows), ..area };
    let cursor = draw_cells(table, focused, body, buf, look);
    for (row, line) in wrong.iter().take(usize::from(wrong_rows)).enumerate() {
        let y = area.bottom() - wrong_rows + u16::try_from(row).unwrap_or(0);
        look.put(buf, area.x + 3, y, area.width - 4, line, Tone::Bad);
    }
    cursor
}

fn draw_cells(
    table: &TableInput,
    focused: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    if area.height == 0 {
        return None;
    }
    let above = 1 + u16::from(table.head.is_some());
    let room = usize::from(area.height.saturating_sub(above));
    let first = if focused { (table.at.0 + 1).saturating_sub(room) } else { 0 };
    let columns = table.field.field_type.columns();
    let from = first_column(table, focused, area.width.saturating_sub(4), look.lang);
    let mut cursor = None;
    let mut x = area.x + 3;
    if from > 0 {
        look.put(buf, area.x + 1, area.y, 1, "<", Tone::Quiet);
    }
    for (index, column) in columns.iter().enumerate().skip(from) {
        let cells = TableInput::cells(column, look.lang);
        if x + cells + 1 > area.right() {
            look.put(buf, area.right() - 1, area.y, 1, ">", Tone::Quiet);
            break;
        }
        let needed = if column.required == Required::Never { "" } else { "*" };
        let heading = format!("{}{needed}", column.title.get(look.lang));
        look.put(buf, x, area.y, cells, &heading, Tone::Quiet);
        if let Some(own) = table.head.as_ref().and_then(|head| head.get(index)) {
            let shown = if own.is_empty() { "·" } else { own.get(look.lang) };
            let shown = text::fit(&text::harmless(shown), usize::from(cells));
            look.put(buf, x, area.y + 1, cells, &shown, Tone::Quiet);
        }
        for (line, (at, row)) in table.rows.iter().enumerate().skip(first).take(room).enumerate() {
            let y = area.y + above + u16::try_from(line).unwrap_or(0);
            let Some(cell) = row.cells.get(index) else { continue };
            let here = focused && table.at == (at, index);
            let place = draw_cell(cell, here, Rect::new(x, y, cells, 1), buf, look);
            cursor = cursor.or(place);
        }
        x += cells + 1;
    }
    cursor
}

fn draw_cell(
    cell: &Entry,
    here: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    if here && cell.mask.is_none() {
        return rows::input(buf, area, look, &cell.input, true);
    }
    let typed = cell.input.text();
    let shown = match (&cell.mask, &cell.value) {
        (Some(mask), _) => mask.clone(),
        (None, Some(Value::Money(fen))) => show_money(*fen),
        _ if typed.is_empty() && !here => "·".to_string(),
        _ => text::harmless(typed).into_owned(),
    };
    let tone = if cell.wrong.is_some() {
        Tone::Bad
    } else if here {
        Tone::Marked
    } else {
        Tone::Plain
    };
    look.put(buf, area.x, area.y, area.width, &text::fit(&shown, usize::from(area.width)), tone);
    here.then(|| Position::new(area.x, area.y))
}

/// The first column to show so that the focused one is on the screen.
fn first_column(table: &TableInput, focused: bool, room: u16, lang: Lang) -> usize {
    if !focused {
        return 0;
    }
    let columns = table.field.field_type.columns();
    let mut used = 0u16;
    for (at, column) in columns.iter().enumerate().take(table.at.1 + 1).rev() {
        used = used.saturating_add(TableInput::cells(column, lang) + 1);
        if used > room {
            return (at + 1).min(table.at.1);
        }
    }
    0
}

/// The first thing wrong in the table, with its row and column.
fn wrong(table: &TableInput, width: u16, lang: Lang) -> Vec<String> {
    let cell = table.first_wrong().and_then(|(row, column)| {
        let cell = table.rows.get(row)?.cells.get(column)?;
        let (wrong, row, title) = (cell.wrong.clone()?, row + 1, &cell.field.title);
        let said = Said::new(
            format!("第 {row} 行 {}：{}", title.zh, wrong.said.zh),
            format!("row {row}, {}: {}", title.en, wrong.said.en),
        );
        Some(Wrong { said, ..wrong })
    });
    wrong_lines(cell.as_ref().or(table.wrong.as_ref()), width, lang)
}
