//! Bracketed paste: everything between `CSI 200 ~` and `CSI 201 ~`.

use crate::terminal::text::is_harmful;

/// The most a paste may hold, in bytes; what comes after it is dropped.
pub const LARGEST_PASTE: usize = 16 << 20;

const END: &[u8] = b"\x1b[201~";

/// A paste being collected.
#[derive(Debug, Default)]
pub(super) struct Paste {
    bytes: Vec<u8>,
    /// How many bytes of [`END`] have been seen.
    matched: usize,
    /// The text was no UTF-8.
    pub(super) malformed: bool,
}

impl Paste {
    /// Takes bytes up to the end mark; gives how many were used and, at the mark, the text.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, Option<String>) {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if self.matched == 0 {
                let plain = rest.iter().position(|b| *b == END[0]).unwrap_or(rest.len());
                self.keep(rest.get(..plain).unwrap_or_default());
                used += plain;
                if plain < rest.len() {
                    self.matched = 1;
                    used += 1;
                }
                continue;
            }
            if rest.first() == END.get(self.matched) {
                self.matched += 1;
                used += 1;
                if self.matched == END.len() {
                    return (used, Some(self.text()));
                }
            } else {
                // The mark holds one Esc, at its beginning: the byte is looked at anew.
                self.keep(END.get(..self.matched).unwrap_or_default());
                self.matched = 0;
            }
        }
        (used, None)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LARGEST_PASTE.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }

    fn text(&mut self) -> String {
        let mut bytes = std::mem::take(&mut self.bytes);
        if bytes.len() == LARGEST_PASTE
            && let Err(cut) = std::str::from_utf8(&bytes)
            && cut.error_len().is_none()
        {
            bytes.truncate(cut.valid_up_to());
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|wrong| {
            self.malformed = true;
            String::from_utf8_lossy(wrong.as_bytes()).into_owned()
        });
        if !text.contains(is_harmful) {
            return text;
        }
        let mut clean = String::with_capacity(text.len());
        let mut after_cr = false;
        for c in text.chars() {
            match c {
                '\r' => clean.push('\n'),
                '\n' if after_cr => {}
                '\n' | '\t' => clean.push(c),
                c if is_harmful(c) => {}
                c => clean.push(c),
            }
            after_cr = c == '\r';
        }
        clean
    }
}
