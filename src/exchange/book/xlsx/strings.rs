//! Texts of cells: those shared by the whole workbook, and those in a cell.

use super::super::shared::SharedTexts;
use super::super::xml::{Xml, attribute, cut_off, is};
use crate::exchange::trouble::FileTrouble;
use quick_xml::events::Event;
use std::io::Read;

/// Reads the part of shared texts.
///
/// # Errors
/// When it is damaged or too large.
pub(super) fn shared_texts(part: impl Read) -> Result<SharedTexts, FileTrouble> {
    let mut part = Xml::new(part);
    let mut texts = SharedTexts::default();
    loop {
        match part.next()? {
            Event::Start(element) if is(&element, "si") => {
                texts.add(|into| rich_text(&mut part, into))?;
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// The text of the element just begun: its runs one after the other, without how it is read aloud.
pub(super) fn rich_text<R: Read>(part: &mut Xml<R>, into: &mut String) -> Result<(), FileTrouble> {
    let mut depth = 1_usize;
    let mut piece = String::new();
    while depth > 0 {
        match part.next()? {
            Event::Start(element) if is(&element, "t") => {
                let kept = attribute(&element, "space").is_some_and(|space| space == "preserve");
                piece.clear();
                part.text(&mut piece)?;
                // Only blanks of the file's own layout: a blank that belongs to the text is kept.
                let bare = piece.trim_matches([' ', '\t', '\r', '\n']);
                push_unescaped(if kept { &piece } else { bare }, into);
            }
            Event::Start(element) if is(&element, "rPh") => part.skip()?,
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
    Ok(())
}

/// Takes `_x000D_` for the character it stands for: characters XML does not allow are written so.
pub(super) fn push_unescaped(text: &str, into: &mut String) {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("_x") {
        let code = from.get(..5).and_then(|code| code.strip_suffix('_'));
        let unit = code.and_then(|code| u16::from_str_radix(code, 16).ok());
        let Some(unit) = unit else {
            flush(&mut units, into);
            into.push_str(before);
            into.push_str("_x");
            rest = from;
            continue;
        };
        if !before.is_empty() {
            flush(&mut units, into);
            into.push_str(before);
        }
        // Two in a row may be one character beyond the first plane.
        units.push(unit);
        rest = from.get(5..).unwrap_or_default();
    }
    flush(&mut units, into);
    into.push_str(rest);
}

fn flush(units: &mut Vec<u16>, into: &mut String) {
    into.extend(char::decode_utf16(units.drain(..)).map(|c| c.unwrap_or('\u{FFFD}')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_runs_and_readings() {
        let part = "<sst><si><t>甲</t></si><si><r><t xml:space=\"preserve\"> 乙 </t></r><r><t>丙</t></r>\
            <rPh sb=\"0\" eb=\"1\"><t>bing</t></rPh></si><si/><si><t> 丁\n</t></si></sst>";
        let strings = shared_texts(part.as_bytes()).unwrap();
        let all: Vec<_> = (0..5).map(|at| strings.get(at)).collect();
        assert_eq!(all, [Some("甲"), Some(" 乙 丙"), Some(""), Some("丁"), None]);
    }

    #[test]
    fn escaped_characters() {
        let plain = |text: &str| {
            let mut out = String::new();
            push_unescaped(text, &mut out);
            out
        };
        assert_eq!(plain("a_x000D__x000A_b"), "a\r\nb");
        assert_eq!(plain("_xD842__xDFB7_"), "𠮷");
        assert_eq!(plain("_x005F_x000D_"), "_x000D_");
        assert_eq!(plain("_xZZ_ _x12"), "_xZZ_ _x12");
    }
}
