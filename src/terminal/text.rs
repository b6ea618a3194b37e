//! How wide text is on a terminal, and where it may be cut, filled up and wrapped.
//!
//! The one place that measures text: cells, never bytes or characters. It measures as ratatui
//! paints (grapheme clusters by `unicode-width`; control characters take no cell). What it cuts,
//! fills up and wraps comes out with nothing harmful in it; see [`is_harmful`].

mod seen;

pub use seen::{Shown, harmless, is_harmful, visible};

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use std::borrow::Cow;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// What stands for the part cut off.
pub const ELLIPSIS: &str = "…";

/// The user-perceived characters of `text`: 字, é, 👩‍👩‍👧 are one each.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// Cells one grapheme cluster takes: 0, 1 or 2 for nearly all, more for some Indic ones.
#[must_use]
pub fn cluster_width(cluster: &str) -> usize {
    if cluster.chars().any(char::is_control) { 0 } else { usize::from(cluster.cell_width()) }
}

/// Cells `text` takes on one line.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.len();
    }
    graphemes(text).map(cluster_width).sum()
}

/// The longest beginning of `text` that fits into `cells`, and the rest.
#[must_use]
pub fn split_at_width(text: &str, cells: usize) -> (&str, &str) {
    let mut used = 0;
    let mut bytes = 0;
    for cluster in graphemes(text) {
        used += cluster_width(cluster);
        if used > cells {
            break;
        }
        bytes += cluster.len();
    }
    text.split_at(bytes)
}

/// `text` if it fits into `cells`, else its beginning with `…` at the end.
#[must_use]
pub fn truncate(text: &str, cells: usize) -> Cow<'_, str> {
    let text = harmless(text);
    if width(&text) <= cells {
        return text;
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    Cow::Owned(format!("{}{ELLIPSIS}", split_at_width(&text, room).0))
}

/// `text` with spaces after it to at least `cells`.
#[must_use]
pub fn pad(text: &str, cells: usize) -> String {
    let text = harmless(text);
    let fill = cells.saturating_sub(width(&text));
    format!("{text}{:fill$}", "")
}

/// `text` with spaces before it to at least `cells`: for numbers.
#[must_use]
pub fn pad_left(text: &str, cells: usize) -> String {
    let text = harmless(text);
    let fill = cells.saturating_sub(width(&text));
    format!("{:fill$}{text}", "")
}

/// `text` in exactly `cells`: cut with `…`, or filled up with spaces.
#[must_use]
pub fn fit(text: &str, cells: usize) -> String {
    pad(&truncate(text, cells), cells)
}

/// `text` broken into lines of at most `cells`.
///
/// Line feeds break. Latin words and numbers stay whole, also right after Han; marks that may
/// not begin a line (，。）》” …) stay with what they follow, those that may not end one (（《“)
/// with what they precede (避头尾, by UAX #14). Only a word longer than a line is cut. Spaces at
/// a break are dropped. Always at least one line; a `cells` of 0 counts as 1, and a cluster
/// wider than the line stands alone on it.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    text.split('\n').flat_map(|paragraph| wrap_paragraph(paragraph, cells)).collect()
}

fn wrap_paragraph(paragraph: &str, cells: usize) -> Vec<String> {
    let paragraph = harmless(paragraph);
    let paragraph = paragraph.as_ref();
    let shaped = shape_quotes(paragraph);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut start = 0;
    for (end, kind) in linebreaks(&shaped) {
        // `shaped` has the same length and boundaries as `paragraph`.
        let piece = paragraph.get(start..end).unwrap_or_default();
        start = end;
        let solid = piece.trim_end();
        let solid_width = width(solid);
        if used > 0 && used + solid_width > cells {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if solid_width > cells {
            used = push_cut(solid, cells, &mut line, &mut lines);
        } else {
            line.push_str(solid);
            used += solid_width;
        }
        if kind == BreakOpportunity::Mandatory && end < shaped.len() {
            lines.push(std::mem::take(&mut line));
            used = 0;
            continue;
        }
        let space = piece.strip_prefix(solid).unwrap_or_default();
        if used + width(space) <= cells {
            line.push_str(space);
            used += width(space);
        } else {
            // The space ends the line and is seen by nobody.
            used = cells;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Adds a piece that no line can hold, cutting it between clusters; gives the cells used on the
/// last, unfinished line.
fn push_cut(piece: &str, cells: usize, line: &mut String, lines: &mut Vec<String>) -> usize {
    let mut used = width(line);
    for cluster in graphemes(piece) {
        let wide = cluster_width(cluster);
        if used > 0 && used + wide > cells {
            lines.push(std::mem::take(line));
            used = 0;
        }
        line.push_str(cluster);
        used += wide;
    }
    used
}

/// `text` with curly quotes beside wide characters replaced by corner brackets, of the same
/// length in UTF-8.
///
/// UAX #14 (before Unicode 16) allows no break on either side of a curly quote, because it
/// cannot tell opening from closing; in Chinese text the two are distinct.
fn shape_quotes(text: &str) -> Cow<'_, str> {
    if !text.contains(['“', '”', '‘', '’']) {
        return Cow::Borrowed(text);
    }
    let wide = |c: Option<char>| c.is_some_and(|c| width(c.encode_utf8(&mut [0; 4])) == 2);
    let mut shaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let beside_wide = wide(before) || wide(rest.peek().copied());
        shaped.push(match c {
            '“' | '‘' if beside_wide => '「',
            '”' | '’' if beside_wide => '」',
            _ => c,
        });
        before = Some(c);
    }
    Cow::Owned(shaped)
}

/// The key a committed character stands for outside fields.
///
/// Full-width forms by NFKC (`ｎ` → `n`, `？` → `?`), and the marks a Chinese input method puts
/// in place of ASCII ones (`、` → `/`, `。` → `.`, `￥` → `$`, `【` → `[`). Others are
/// themselves.
#[must_use]
pub fn fold_key(c: char) -> char {
    match c {
        '、' => '/',
        '。' => '.',
        '￥' | '¥' => '$',
        '【' => '[',
        '】' => ']',
        '《' => '<',
        '》' => '>',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '·' => '`',
        _ => {
            let mut folded = std::iter::once(c).nfkc();
            match (folded.next(), folded.next()) {
                (Some(one), None) if one.is_ascii() && !one.is_ascii_control() => one,
                _ => c,
            }
        }
    }
}

/// Blanks `area` for something drawn over it, as ratatui's `Clear` does, and also the wide
/// characters that its left and right edge cut in half: ratatui leaves those, and the first
/// column of the thing drawn over them is lost.
pub fn clear_area(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        let mut x = buf.area.left();
        while x < area.left() {
            let step = buf[(x, y)].cell_width().max(1);
            if x.saturating_add(step) > area.left() {
                let style = buf[(x, y)].style();
                for half in x..area.left() {
                    buf[(half, y)].set_symbol(" ").set_style(style);
                }
            }
            x = x.saturating_add(step);
        }
        // A wide character that begins inside is blanked here with the half that sticks out:
        // the cell behind the edge holds a blank of its own.
        for x in area.left()..area.right() {
            buf[(x, y)].reset();
        }
    }
}

#[cfg(test)]
mod tests;
