//! Texts: in 8 or 16 bits a character, alone or shared by the whole workbook.

use super::super::shared::SharedTexts;
use super::super::xml::cut_off;
use super::records::{Pieces, Record, Records};
use crate::exchange::trouble::FileTrouble;
use encoding_rs::Encoding;

/// Each character in two bytes.
const WIDE: u8 = 0x01;
/// How the text is read aloud comes after it.
const READING: u8 = 0x04;
/// Fonts of parts of the text come after it.
const RUNS: u8 = 0x08;

/// How a workbook writes its texts.
#[derive(Clone, Copy)]
pub(super) enum Writing {
    /// Excel 97 and later.
    Unicode,
    /// Excel 5 and 95: in the encoding of the machine it was written on.
    EightBit(&'static Encoding),
}

impl Writing {
    /// A text with its length in two bytes.
    pub fn long(self, pieces: &mut Pieces<'_>) -> Option<String> {
        let count = usize::from(pieces.u16()?);
        self.counted(pieces, count)
    }

    /// A text with its length in one byte.
    pub fn short(self, pieces: &mut Pieces<'_>) -> Option<String> {
        let count = usize::from(pieces.u8()?);
        self.counted(pieces, count)
    }

    fn counted(self, pieces: &mut Pieces<'_>, count: usize) -> Option<String> {
        let mut text = String::new();
        match self {
            Self::Unicode => unicode(pieces, count, &mut Vec::new(), &mut text)?,
            Self::EightBit(encoding) => {
                let mut bytes = Vec::new();
                while bytes.len() < count {
                    bytes.extend_from_slice(pieces.some(count - bytes.len())?);
                }
                text.push_str(&encoding.decode_without_bom_handling(&bytes).0);
            }
        }
        Some(text)
    }
}

/// A text of so many characters, from its marks on. `units` is for use between several texts.
fn unicode(
    pieces: &mut Pieces<'_>,
    count: usize,
    units: &mut Vec<u16>,
    into: &mut String,
) -> Option<()> {
    let mut marks = pieces.u8()?;
    let runs = if marks & RUNS != 0 { usize::from(pieces.u16()?) } else { 0 };
    let reading = if marks & READING != 0 { pieces.u32()? } else { 0 };
    units.clear();
    loop {
        let wanted = count - units.len();
        let here = pieces.here().len();
        if marks & WIDE != 0 {
            let bytes = wanted.min(here / 2) * 2;
            if bytes > 0 {
                let pairs = pieces.some(bytes)?.as_chunks().0;
                units.extend(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
            }
        } else if wanted.min(here) > 0 {
            units.extend(pieces.some(wanted)?.iter().map(|byte| u16::from(*byte)));
        }
        if units.len() >= count {
            break;
        }
        // Each record that continues the characters says anew how wide they are.
        pieces.turn()?;
        marks = pieces.u8()?;
    }
    let all = char::decode_utf16(units.iter().copied());
    into.extend(all.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    pieces.skip(runs * 4)?;
    pieces.skip(usize::try_from(reading).ok()?)
}

/// Reads the record of shared texts that begins at a place of the stream.
///
/// # Errors
/// When it ends in the middle of a text.
pub(super) fn shared_texts(mut records: Records<'_>) -> Result<SharedTexts, FileTrouble> {
    let record: Record<'_> = records.next()?;
    let count = usize::try_from(record.u32(4)?).unwrap_or(usize::MAX);
    let mut pieces = records.pieces(&record, 8);
    let (mut strings, mut units) = (SharedTexts::default(), Vec::new());
    while !pieces.at_end() {
        let read = strings.add(|into| {
            let length = pieces.u16().map(usize::from).ok_or(())?;
            unicode(&mut pieces, length, &mut units, into).ok_or(())
        });
        if read.is_err() {
            // Behind the last text there may be bytes without a meaning.
            return if strings.len() < count { Err(cut_off()) } else { Ok(strings) };
        }
    }
    Ok(strings)
}

/// The encoding of a code page. Where nothing is said or understood, that of Chinese machines.
pub(super) fn encoding(page: Option<u16>) -> &'static Encoding {
    let label: &[u8] = match page {
        Some(10_000 | 32_768) => b"macintosh",
        Some(10_007) => b"x-mac-cyrillic",
        Some(874) => b"windows-874",
        Some(866) => b"ibm866",
        Some(932 | 10_001) => b"shift_jis",
        Some(949 | 10_003) => b"euc-kr",
        Some(950 | 10_002) => b"big5",
        Some(1250) => b"windows-1250",
        Some(1251) => b"windows-1251",
        Some(1252 | 32_769 | 437 | 850) => b"windows-1252",
        Some(1253) => b"windows-1253",
        Some(1254) => b"windows-1254",
        Some(1255) => b"windows-1255",
        Some(1256) => b"windows-1256",
        Some(1257) => b"windows-1257",
        Some(1258) => b"windows-1258",
        Some(65_001) => b"utf-8",
        _ => b"gb18030",
    };
    Encoding::for_label(label).unwrap_or(encoding_rs::GB18030)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn read(first: &[u8], later: &[&[u8]]) -> Result<SharedTexts, FileTrouble> {
        let mut stream = record(super::super::records::SST, first);
        for piece in later {
            stream.extend(record(super::super::records::CONTINUE, piece));
        }
        shared_texts(Records::from(&stream, 0))
    }

    #[test]
    fn texts_that_go_on_in_the_next_record() {
        let mut first = vec![3, 0, 0, 0, 3, 0, 0, 0];
        // Two characters of four; the rest is said to be narrow.
        first.extend([4, 0, WIDE]);
        first.extend(wide("重庆"));
        // With runs and a reading, both after the text; nothing of it in the first record.
        let mut second = vec![0, b'A', b'B', 2, 0, RUNS | READING, 1, 0, 3, 0, 0, 0];
        let mut third = vec![WIDE];
        third.extend(wide("甲乙"));
        third.extend([9, 9]);
        let fourth = [9, 9, 7, 7, 7, 1, 0, 0, b'z'];
        let all = |strings: &SharedTexts| -> Vec<String> {
            (0..4).map_while(|at| strings.get(at).map(String::from)).collect()
        };
        let strings = read(&first, &[&second, &third, &fourth]).unwrap();
        assert_eq!(all(&strings), ["重庆AB", "甲乙", "z"]);
        // A text cut in the middle is told.
        assert!(read(&first, &[&second, &third, fourth.get(..7).unwrap()]).is_err());
        assert!(read(&first, &[]).is_err());
        // What is after the last one is nothing.
        second.truncate(3);
        first[4] = 1;
        let strings = read(&first, &[&second, &[200, 0, 0, b'x']]).unwrap();
        assert_eq!(all(&strings), ["重庆AB"]);
    }

    #[test]
    fn a_character_beyond_the_first_plane_across_two_records() {
        let both = wide("𠮷");
        let (high, low) = both.split_at(2);
        let first = [&[1, 0, 0, 0, 1, 0, 0, 0, 2, 0, WIDE][..], high].concat();
        let strings = read(&first, &[&[&[WIDE][..], low].concat()]).unwrap();
        assert_eq!(strings.get(0), Some("𠮷"));
    }

    #[test]
    fn code_pages() {
        let text = |page: Option<u16>, bytes: &[u8]| {
            encoding(page).decode_without_bom_handling(bytes).0.into_owned()
        };
        assert_eq!(text(Some(936), b"\xD0\xD5\xC3\xFB"), "姓名");
        assert_eq!(text(None, b"\xD0\xD5\xC3\xFB"), "姓名");
        assert_eq!(text(Some(950), b"\xA9\x6D\xA6\x57"), "姓名");
        assert_eq!(text(Some(1252), b"\xE9"), "é");
    }
}
