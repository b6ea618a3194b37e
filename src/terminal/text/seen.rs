//! What people typed is shown, never obeyed: the one place that decides which characters may
//! reach a terminal or a file as they are, and what is there instead.

use std::borrow::Cow;
use std::io::{self, Write};

/// Whether a character may not be written as it is: controls (also those of the C1 block), marks
/// that turn the direction of the text around them, and characters nobody sees, which make one
/// name look like another. Variation selectors stay, rare names are written with them.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    if c < '\u{ad}' {
        return c.is_control();
    }
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// `text` fit to be shown on one line: line ends and tabs are spaces, other harmful characters
/// (see [`is_harmful`]) are written out, as `‹U+202E›`.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", " ").chars() {
        match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c => push_seen(&mut out, c),
        }
    }
    Cow::Owned(out)
}

/// `text` fit to be shown over several lines, or in a cell of a file: line ends and tabs stay,
/// other harmful characters are written out.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_harmful(c) && !is_layout(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_layout(c) { out.push(c) } else { push_seen(&mut out, c) }
    }
    Cow::Owned(out)
}

fn is_layout(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

fn push_seen(out: &mut String, c: char) {
    if is_harmful(c) {
        out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// Text on its way out of a command: harmful characters are made visible, in JSON escaped.
#[derive(Debug)]
pub struct Shown<W> {
    to: W,
    json: bool,
    /// The beginning of a character whose end has not been written yet.
    half: Vec<u8>,
}

impl<W: Write> Shown<W> {
    /// What is written goes to `to`.
    #[must_use]
    pub fn new(to: W, json: bool) -> Self {
        Self { to, json, half: Vec::new() }
    }

    /// Where it goes, for what is no text.
    pub fn plainly(&mut self) -> &mut W {
        &mut self.to
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.half.is_empty() && bytes.iter().all(|b| matches!(b, b'\n' | b'\t' | 0x20..=0x7e)) {
            return self.to.write(bytes);
        }
        let mut text = std::mem::take(&mut self.half);
        text.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&text)
            && error.error_len().is_none()
        {
            self.half = text.split_off(error.valid_up_to());
        }
        let text = String::from_utf8_lossy(&text);
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\n' | '\t' => out.push(c),
                // In JSON such a character is in a string, where this is the same character.
                c if self.json && is_harmful(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => push_seen(&mut out, c),
            }
        }
        self.to.write_all(out.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
