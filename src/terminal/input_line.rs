//! One line of text being edited, by user-perceived characters and cells.

use super::event::{Key, KeyCode, Mods};
use super::text;
use unicode_segmentation::UnicodeSegmentation;

/// The most characters a line holds when nothing else is said.
const DEFAULT_CAPACITY: usize = 4096;

/// A line of text with a cursor between two of its grapheme clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputLine {
    text: String,
    /// Byte offset, always at the boundary of a cluster.
    cursor: usize,
    /// In characters (`char`s).
    capacity: usize,
}

/// What a key did to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The text is another one.
    Changed,
    /// At most the cursor moved.
    Moved,
    /// The key is not for lines.
    NotMine,
}

/// The part of a line that is seen in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What is seen, as wide as the field at most, nothing harmful in it.
    pub text: String,
    /// The cursor's cell from the left edge of the field.
    pub cursor: u16,
    /// Text goes on to the left.
    pub more_left: bool,
    /// Text goes on to the right.
    pub more_right: bool,
}

impl Default for InputLine {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl InputLine {
    /// An empty line for at most `capacity` characters.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { text: String::new(), cursor: 0, capacity }
    }

    /// A line holding `text`, the cursor at its end.
    #[must_use]
    pub fn with_text(text: &str, capacity: usize) -> Self {
        let mut line = Self::new(capacity);
        line.insert(text);
        line
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Replaces the text; the cursor goes to its end.
    pub fn set_text(&mut self, text: &str) {
        self.clear();
        self.insert(text);
    }

    /// Takes the text out, leaving the line empty.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Inserts typed or pasted text at the cursor. Line ends and tabs become spaces, other
    /// control characters go. False when the line was full and some was left out, never half a
    /// cluster.
    pub fn insert(&mut self, new: &str) -> bool {
        let new = new.replace("\r\n", " ");
        let clean: String = new
            .chars()
            .map(
                |c| if matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') { ' ' } else { c },
            )
            .filter(|c| !text::is_harmful(*c))
            .collect();
        let mut room = self.capacity.saturating_sub(self.text.chars().count());
        let mut fits = 0;
        for cluster in text::graphemes(&clean) {
            let Some(left) = room.checked_sub(cluster.chars().count()) else { break };
            room = left;
            fits += cluster.len();
        }
        let (fitting, rest) = clean.split_at(fits);
        self.text.insert_str(self.cursor, fitting);
        self.cursor += fitting.len();
        self.settle();
        rest.is_empty()
    }

    /// Moves the cursor forward to the end of the cluster it is in: an accent joined the
    /// letter before it.
    fn settle(&mut self) {
        self.cursor = self
            .text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .find(|at| *at >= self.cursor)
            .unwrap_or(self.text.len());
    }

    fn before(&self) -> &str {
        self.text.split_at(self.cursor).0
    }

    fn after(&self) -> &str {
        self.text.split_at(self.cursor).1
    }

    /// Takes the text between two boundaries out.
    fn cut(&mut self, from: usize, to: usize) -> bool {
        if from == to {
            return false;
        }
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.settle();
        true
    }

    fn left_boundary(&self) -> usize {
        self.cursor - text::graphemes(self.before()).next_back().map_or(0, str::len)
    }

    fn right_boundary(&self) -> usize {
        self.cursor + text::graphemes(self.after()).next().map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        self.cursor - word_length(text::graphemes(self.before()).rev())
    }

    fn word_right(&self) -> usize {
        self.cursor + word_length(text::graphemes(self.after()))
    }

    /// Deletes the cluster before the cursor; false when there is none.
    pub fn backspace(&mut self) -> bool {
        self.cut(self.left_boundary(), self.cursor)
    }

    /// Deletes the cluster after the cursor; false when there is none.
    pub fn delete(&mut self) -> bool {
        self.cut(self.cursor, self.right_boundary())
    }

    /// Deletes the word before the cursor; a run of Han counts as one.
    pub fn delete_word_left(&mut self) -> bool {
        self.cut(self.word_left(), self.cursor)
    }

    /// Deletes the word after the cursor.
    pub fn delete_word_right(&mut self) -> bool {
        self.cut(self.cursor, self.word_right())
    }

    /// Deletes everything before the cursor.
    pub fn delete_to_start(&mut self) -> bool {
        self.cut(0, self.cursor)
    }

    /// Deletes everything after the cursor.
    pub fn delete_to_end(&mut self) -> bool {
        self.cut(self.cursor, self.text.len())
    }

    /// Moves one cluster to the left.
    pub fn left(&mut self) {
        self.cursor = self.left_boundary();
    }

    /// Moves one cluster to the right.
    pub fn right(&mut self) {
        self.cursor = self.right_boundary();
    }

    /// Moves to the beginning.
    pub fn home(&mut self) {
        self.cursor = 0;
    }

    /// Moves to the end.
    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// Does what `key` means in a line: typing, deleting, moving; also Ctrl-A, E, U, K, W, as
    /// in a shell.
    pub fn handle(&mut self, key: Key) -> Edit {
        let changed = |did| if did { Edit::Changed } else { Edit::Moved };
        if let Some(c) = key.typed() {
            return changed(self.insert(c.encode_utf8(&mut [0; 4])));
        }
        let by_word = !key.mods.is_empty() && key.mods.without(Mods::CTRL | Mods::ALT).is_empty();
        match key.code {
            KeyCode::Backspace if by_word => return changed(self.delete_word_left()),
            KeyCode::Delete if by_word => return changed(self.delete_word_right()),
            KeyCode::Left if by_word => self.cursor = self.word_left(),
            KeyCode::Right if by_word => self.cursor = self.word_right(),
            KeyCode::Char(c) if key.mods == Mods::CTRL => match c {
                'a' => self.home(),
                'e' => self.end(),
                'u' => return changed(self.delete_to_start()),
                'k' => return changed(self.delete_to_end()),
                'w' => return changed(self.delete_word_left()),
                _ => return Edit::NotMine,
            },
            _ if !key.mods.is_empty() => return Edit::NotMine,
            KeyCode::Backspace => return changed(self.backspace()),
            KeyCode::Delete => return changed(self.delete()),
            KeyCode::Left => self.left(),
            KeyCode::Right => self.right(),
            KeyCode::Home => self.home(),
            KeyCode::End => self.end(),
            _ => return Edit::NotMine,
        }
        Edit::Moved
    }

    /// The cursor's cell from the beginning of the text.
    #[must_use]
    pub fn visual_cursor(&self) -> usize {
        text::width(self.before())
    }

    /// What a field of `cells` shows: the cursor always inside it, with text on both sides of it
    /// where there is any.
    #[must_use]
    pub fn view(&self, cells: u16) -> View {
        window(&self.text, self.visual_cursor(), cells)
    }

    /// As [`view`](Self::view), with one `mask` (one cell wide) for each cluster: for passwords.
    #[must_use]
    pub fn masked_view(&self, cells: u16, mask: char) -> View {
        let masks = |part: &str| text::graphemes(part).map(|_| mask).collect::<String>();
        window(&masks(&self.text), text::width(&masks(self.before())), cells)
    }
}

/// The bytes up to the far end of the next word: first what is no word, then the word.
fn word_length<'a>(pieces: impl Iterator<Item = &'a str>) -> usize {
    let mut length = 0;
    let mut inside = false;
    for piece in pieces {
        let is_word = piece.chars().any(char::is_alphanumeric);
        if inside && !is_word {
            break;
        }
        inside |= is_word;
        length += piece.len();
    }
    length
}

/// The window of `cells` on `whole` that holds the cell `cursor`. A function of the text and the
/// cursor alone, so that drawing changes nothing.
fn window(whole: &str, cursor: usize, cells: u16) -> View {
    let cells = usize::from(cells).max(1);
    let total = text::width(whole);
    // One cell after the text is the cursor's when it is at the end.
    let wish = cursor.saturating_sub(cells * 2 / 3).min((total + 1).saturating_sub(cells));
    let mut hidden = 0;
    let mut rest = whole;
    for cluster in text::graphemes(whole) {
        if hidden >= wish {
            break;
        }
        hidden += text::cluster_width(cluster);
        rest = rest.strip_prefix(cluster).unwrap_or_default();
    }
    let (seen, behind) = text::split_at_width(rest, cells);
    View {
        text: text::harmless(seen).into_owned(),
        cursor: u16::try_from(cursor.saturating_sub(hidden).min(cells - 1)).unwrap_or(u16::MAX),
        more_left: hidden > 0,
        more_right: !behind.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> InputLine {
        InputLine::with_text(text, 100)
    }

    #[test]
    fn clusters_are_deleted_whole() {
        let mut name = line("王e\u{301}🇨🇳");
        assert_eq!(name.visual_cursor(), 5);
        assert!(name.backspace());
        assert_eq!(name.text(), "王e\u{301}");
        assert!(name.backspace() && name.backspace() && !name.backspace());
        assert!(name.is_empty());
    }

    #[test]
    fn an_accent_joins_the_letter_before_the_cursor() {
        let mut name = line("ea");
        name.left();
        name.insert("\u{301}");
        assert_eq!((name.text(), name.visual_cursor()), ("e\u{301}a", 1));
        name.backspace();
        assert_eq!(name.text(), "a");
    }

    #[test]
    fn words() {
        let mut address = line("渝中区 Block-12 号");
        assert!(address.delete_word_left());
        assert_eq!(address.text(), "渝中区 Block-12 ");
        assert!(address.delete_word_left());
        assert_eq!(address.text(), "渝中区 Block-");
        address.home();
        assert!(address.delete_word_right());
        assert_eq!(address.text(), " Block-");
        assert_eq!(address.handle("Ctrl-Right".parse().unwrap()), Edit::Moved);
        assert_eq!(address.visual_cursor(), 6);
        assert_eq!(address.handle(Key::ctrl('k')), Edit::Changed);
        assert_eq!(address.text(), " Block");
    }

    #[test]
    fn keys() {
        let mut name = InputLine::default();
        for c in "张伟".chars() {
            assert_eq!(name.handle(Key::char(c)), Edit::Changed);
        }
        assert_eq!(name.handle(KeyCode::Home.into()), Edit::Moved);
        assert_eq!(name.handle(KeyCode::Backspace.into()), Edit::Moved);
        assert_eq!(name.handle(KeyCode::Delete.into()), Edit::Changed);
        assert_eq!(name.text(), "伟");
        for other in ["Enter", "Esc", "Tab", "F2", "Ctrl-S", "Alt-x", "Up"] {
            assert_eq!(name.handle(other.parse().unwrap()), Edit::NotMine, "{other}");
        }
    }

    #[test]
    fn pasted_lines_become_one() {
        let mut note = InputLine::default();
        assert!(note.insert("一\r\n二\t三\u{1b}[2J\n"));
        assert_eq!(note.text(), "一 二 三[2J ");
    }

    #[test]
    fn a_full_line_takes_no_more() {
        let mut id = InputLine::new(3);
        assert!(!id.insert("ab🇨🇳c"));
        assert_eq!(id.text(), "ab");
        assert!(id.insert("c") && !id.insert("d"));
        assert_eq!(id.text(), "abc");
        assert_eq!(id.handle(Key::char('d')), Edit::Moved);
    }

    #[test]
    fn the_window_follows_the_cursor() {
        let mut address = line("渝中区化龙桥街道");
        let seen = address.view(20);
        assert_eq!((seen.text.as_str(), seen.cursor), ("渝中区化龙桥街道", 16));
        assert!(!seen.more_left && !seen.more_right);
        let seen = address.view(7);
        assert_eq!((seen.text.as_str(), seen.cursor, seen.more_left), ("桥街道", 6, true));
        address.home();
        let seen = address.view(7);
        assert_eq!((seen.text.as_str(), seen.cursor, seen.more_right), ("渝中区", 0, true));
    }

    #[test]
    fn a_mask_hides_length_in_cells_too() {
        let secret = line("密码a");
        let seen = secret.masked_view(10, '*');
        assert_eq!((seen.text.as_str(), seen.cursor), ("***", 3));
    }

    proptest! {
        #[test]
        fn any_editing_keeps_the_cursor_on_a_boundary(
            text in any::<String>(), steps in prop::collection::vec((0u8..9, any::<char>()), 0..40), cells in 1u16..20
        ) {
            let mut line = InputLine::with_text(&text, 60);
            for (step, c) in steps {
                match step {
                    0 => { line.insert(c.encode_utf8(&mut [0; 4])); }
                    1 => { line.backspace(); }
                    2 => { line.delete(); }
                    3 => line.left(),
                    4 => line.right(),
                    5 => { line.delete_word_left(); }
                    6 => { line.delete_word_right(); }
                    7 => line.home(),
                    _ => line.end(),
                }
                let boundaries: Vec<_> = line.text.grapheme_indices(true).map(|(at, _)| at).collect();
                prop_assert!(line.cursor == line.text.len() || boundaries.contains(&line.cursor));
                prop_assert!(line.text.chars().count() <= 60);
                let seen = line.view(cells);
                prop_assert!(seen.cursor < cells && text::width(&seen.text) <= usize::from(cells));
            }
        }
    }
}
