//! Bytes of a file to text: UTF-8, GB18030, or UTF-16, with a mark or without.
//!
//! Almost any bytes can be read as GB18030 and come out as wrong characters, so a file that is
//! UTF-8 but for a damaged place must not be taken for GB18030: what most of its lines are decides.

use super::FileTrouble;
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

const UTF_8: &str = "UTF-8";
const GB: &str = "GB18030";
const UTF_16: &str = "UTF-16";
/// The byte order mark.
const MARK: char = '\u{FEFF}';

/// Reads the bytes of a text file. Byte order marks are no part of the text, wherever files were
/// put together.
///
/// # Errors
/// [`FileTrouble::Empty`], [`FileTrouble::NotText`] for bytes no text has, and
/// [`FileTrouble::Encoding`] naming the first line that cannot be read.
pub fn decode(bytes: &[u8]) -> Result<String, FileTrouble> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, UTF_16LE)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, UTF_16BE)?,
        _ => unmarked(bytes)?,
    };
    let text = if text.contains(MARK) { text.replace(MARK, "") } else { text };
    if text.trim().is_empty() { Err(FileTrouble::Empty) } else { Ok(text) }
}

fn unmarked(bytes: &[u8]) -> Result<String, FileTrouble> {
    if let Some(line) = first_line(bytes, |line| line.contains(&0)) {
        return unmarked_utf16(bytes).ok_or(FileTrouble::NotText { line });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_string());
    }
    if mostly_utf8(bytes) {
        return utf8(bytes);
    }
    if let Some(text) = in_gb(bytes) {
        return Ok(text.into_owned());
    }
    // No byte of a GB18030 character is a line feed, so every line can be read on its own.
    let line = first_line(bytes, |line| in_gb(line).is_none()).unwrap_or(1);
    Err(FileTrouble::Encoding { encoding: GB, line })
}

fn in_gb(bytes: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes)
}

fn utf8(bytes: &[u8]) -> Result<String, FileTrouble> {
    std::str::from_utf8(bytes).map(str::to_string).map_err(|_| {
        let line = first_line(bytes, |line| std::str::from_utf8(line).is_err()).unwrap_or(1);
        FileTrouble::Encoding { encoding: UTF_8, line }
    })
}

fn utf16(bytes: &[u8], order: &'static encoding_rs::Encoding) -> Result<String, FileTrouble> {
    if let Some(text) = order.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text.into_owned());
    }
    let (read, _) = order.decode_without_bom_handling(bytes);
    let before = read.split('\u{FFFD}').next().unwrap_or("");
    let line = before.matches('\n').count() + 1;
    Err(FileTrouble::Encoding { encoding: UTF_16, line })
}

/// UTF-16 that does not say so. Line ends and separators then have a zero byte beside them, always
/// on the same side, and what comes out has to look like a table.
fn unmarked_utf16(bytes: &[u8]) -> Option<String> {
    let zeros = |side: usize| {
        let all = bytes.iter().skip(side).step_by(2);
        all.filter(|byte| **byte == 0).count()
    };
    let order = if zeros(1) >= zeros(0) { UTF_16LE } else { UTF_16BE };
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let text = order.decode_without_bom_handling_and_without_replacement(bytes)?;
    let (mut usual, mut all) = (0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        match c {
            '\t' | '\r' | '\n' => usual += 1,
            _ if c.is_control() => return None,
            ' '..='~'
            | '\u{A0}'..='\u{FF}'
            | '\u{2000}'..='\u{206F}'
            | '\u{2E80}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FF00}'..='\u{FFEF}'
            | '\u{20000}'..='\u{3FFFF}' => usual += 1,
            _ => {}
        }
    }
    (usual * 10 >= all * 9).then(|| text.into_owned())
}

/// More than half of the lines that are not plain ASCII are UTF-8. Chinese in GB18030 is almost
/// never valid UTF-8, not even a line of it.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut yes, mut no) = (0_usize, 0_usize);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        if std::str::from_utf8(line).is_ok() { yes += 1 } else { no += 1 }
    }
    yes > no
}

/// The number of the first line of which `test` holds, from 1.
fn first_line(bytes: &[u8], test: impl Fn(&[u8]) -> bool) -> Option<usize> {
    bytes.split(|byte| *byte == b'\n').position(test).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encodings_offices_save_in() {
        let text = "职工编号,姓名\r\nBN1,张㑇䶮\r\n";
        let (gb, _, lossy) = GB18030.encode(text);
        assert!(!lossy);
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
        };
        let little = utf16([0xFF, 0xFE], u16::to_le_bytes);
        let big = utf16([0xFE, 0xFF], u16::to_be_bytes);
        let bare = |marked: &[u8]| marked.get(2..).unwrap().to_vec();
        let (bare_little, bare_big) = (bare(&little), bare(&big));
        for bytes in [text.as_bytes(), &gb, &marked, &little, &big, &bare_little, &bare_big] {
            assert_eq!(decode(bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn utf16_without_a_mark() {
        for text in [
            "姓名\t身份证号\r\n无标一\t500199197602030969\r\n",
            "姓名\t身份证号\r\n双字甲\t500199196509132042\r\n",
        ] {
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(decode(&little).as_deref(), Ok(text));
            assert_eq!(decode(&big).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_damaged_line_is_named() {
        let mut utf8 = "姓名\n张三\n李四\n王五\n".as_bytes().to_vec();
        let at = utf8.iter().position(|byte| *byte == b'\n').unwrap() + 2;
        utf8[at] = 0xFF;
        let trouble = |encoding, line| Err(FileTrouble::Encoding { encoding, line });
        assert_eq!(decode(&utf8), trouble(UTF_8, 2));
        let (gb, _, _) = GB18030.encode("姓名\n张三\n");
        assert_eq!(decode(&[&gb, b"\xFF\xFF".as_slice()].concat()), trouble(GB, 3));
        assert_eq!(decode(&[0xFF, 0xFE, b'a', 0, b'\n', 0, 0, 0xD8]), trouble(UTF_16, 2));
    }

    #[test]
    fn what_is_no_text() {
        assert_eq!(decode(b""), Err(FileTrouble::Empty));
        assert_eq!(decode(b"\xEF\xBB\xBF \r\n"), Err(FileTrouble::Empty));
        assert_eq!(decode(b"a\nb\0c"), Err(FileTrouble::NotText { line: 2 }));
        assert_eq!(decode(b"\x7fELF\0\0\x01\0"), Err(FileTrouble::NotText { line: 1 }));
    }

    #[test]
    fn marks_of_files_put_together_are_no_text() {
        let (mark, title) = ("\u{FEFF}", "\"姓名\",备注\n");
        let twice = [mark, mark, title, mark, title].concat();
        assert_eq!(decode(twice.as_bytes()), Ok([title, title].concat()));
        assert_eq!(decode(&[0xFF, 0xFE, 0xFF, 0xFE]), Err(FileTrouble::Empty));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn utf8_comes_back_as_it_was(text in "[^\0\u{FEFF}]*[a张]") {
            prop_assert_eq!(decode(text.as_bytes()), Ok(text));
        }
    }
}
