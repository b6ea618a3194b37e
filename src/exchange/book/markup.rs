//! Web pages and XML files as text: which encoding they are in, and a stream of it as UTF-8.
//!
//! What a page says of its encoding is often wrong, since the system that writes it and the template
//! it was made from do not know of each other. So the bytes decide: UTF-8 is almost never so by
//! accident, and what does not fit an encoding is not in it.

use crate::exchange::trouble::FileTrouble;
use encoding_rs::{Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;
use std::io::Read;
use std::sync::Arc;

/// How far a file is looked into for what it says of its encoding.
const LOOKED_AT: usize = 16 << 10;

/// The text decoded at once.
const PIECE: usize = 16 << 10;

/// A page or an XML file whose encoding is known.
#[derive(Debug)]
pub(super) struct Markup {
    bytes: Arc<[u8]>,
    /// Behind the byte order mark.
    from: usize,
    encoding: &'static Encoding,
}

impl Markup {
    /// Finds the encoding.
    ///
    /// # Errors
    /// [`FileTrouble::Encoding`] when the bytes fit none.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        let (from, encoding) = match &*bytes {
            [0xEF, 0xBB, 0xBF, ..] => (3, UTF_8),
            [0xFF, 0xFE, ..] => (2, UTF_16LE),
            [0xFE, 0xFF, ..] => (2, UTF_16BE),
            bytes => (0, wide(bytes).unwrap_or(UTF_8)),
        };
        let text = bytes.get(from..).unwrap_or_default();
        let found = if fits(text, encoding) {
            Some(encoding)
        } else if from > 0 || encoding != UTF_8 {
            // A mark is believed.
            None
        } else {
            let said = declared(text).filter(|said| *said != UTF_8);
            said.into_iter().chain([GB18030]).find(|candidate| fits(text, candidate))
        };
        match found {
            Some(encoding) => Ok(Self { from, encoding, bytes }),
            // The reader of plain text finds the line that does not fit.
            None => Err(crate::exchange::decode(&bytes).err().unwrap_or(FileTrouble::Unreadable)),
        }
    }

    /// The text from its beginning, in UTF-8.
    pub fn reader(&self) -> Decoded<'_> {
        Decoded {
            rest: self.bytes.get(self.from..).unwrap_or_default(),
            decoder: self.encoding.new_decoder_without_bom_handling(),
            piece: Vec::new(),
            at: 0,
        }
    }
}

/// UTF-16 without a mark: tags are plain letters, every other byte of which is nothing.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..bytes.len().min(256)).unwrap_or_default();
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1), start.len() / 4) {
        (0, little, enough) if little > enough => Some(UTF_16LE),
        (big, 0, enough) if big > enough => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding a page or an XML declaration names. GB2312 and GBK are read as GB18030, which has
/// all their characters; nobody who wrote UTF-16 into a file of plain bytes meant it.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default().to_ascii_lowercase();
    let words: [&[u8]; 2] = [b"charset", b"encoding"];
    let named = words.into_iter().find_map(|word| {
        memmem::find_iter(&start, word).find_map(|at| {
            let rest = start.get(at + word.len()..)?.trim_ascii_start().strip_prefix(b"=")?;
            let name = rest.trim_ascii_start();
            let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
            let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"-_:".contains(byte);
            Encoding::for_label(name.split(ends).next()?)
        })
    })?;
    match named {
        gb if gb == encoding_rs::GBK => Some(GB18030),
        plain if plain.is_ascii_compatible() => Some(plain),
        _ => None,
    }
}

/// Whether all bytes are text in this encoding.
fn fits(bytes: &[u8], encoding: &'static Encoding) -> bool {
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes).is_ok();
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut rest = bytes;
    let mut piece = vec![0_u8; PIECE];
    loop {
        let (ended, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut piece, true);
        rest = rest.get(read..).unwrap_or_default();
        match ended {
            encoding_rs::DecoderResult::InputEmpty => return true,
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::Malformed(..) => return false,
        }
    }
}

/// The text of a file as UTF-8, decoded as it is read.
pub(super) struct Decoded<'b> {
    rest: &'b [u8],
    decoder: Decoder,
    piece: Vec<u8>,
    at: usize,
}

impl Decoded<'_> {
    /// Decodes the next piece.
    fn refill(&mut self) {
        self.at = 0;
        self.piece.resize(PIECE, 0);
        let (_, read, written, _) = self.decoder.decode_to_utf8(self.rest, &mut self.piece, false);
        self.rest = self.rest.get(read..).unwrap_or_default();
        self.piece.truncate(written);
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.decoder.encoding() == UTF_8 {
            return self.rest.read(buffer);
        }
        // A piece may come out empty: the bytes left are half a character.
        while self.at >= self.piece.len() && !self.rest.is_empty() {
            self.refill();
        }
        let count = self.piece.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, FileTrouble> {
        let markup = Markup::open(bytes.into())?;
        let mut text = String::new();
        markup.reader().read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn what_fits_is_believed() {
        let page = |charset: &str| {
            format!("<html><meta content=\"text/html; charset={charset}\"><td>张㑇䶮𠮷</td>")
        };
        for charset in ["utf-8", "gb2312", "GBK", "utf-16", "nonsense", "big5"] {
            let text = page(charset);
            let (gb, _, _) = GB18030.encode(&text);
            let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for bytes in [text.as_bytes(), &gb, &marked, &little, &big] {
                assert_eq!(read(bytes).as_deref(), Ok(text.as_str()), "{charset}");
            }
        }
    }

    #[test]
    fn declarations() {
        assert_eq!(declared(b"<meta charset = 'GB2312'>"), Some(GB18030));
        assert_eq!(declared(b"<?xml version=\"1.0\" encoding=\"Big5\"?>"), Some(encoding_rs::BIG5));
        assert_eq!(declared(b"a charset, charset=what, charset=utf-8"), Some(UTF_8));
        assert_eq!(declared(b"<meta charset=utf-16>"), None);
        assert_eq!(declared(b"<p>"), None);
    }

    #[test]
    fn traditional_characters_and_damage() {
        let text = "<meta charset=big5><td>會員姓名：許功蓋</td>";
        let (big5, _, lossy) = encoding_rs::BIG5.encode(text);
        assert!(!lossy);
        assert_eq!(read(&big5).as_deref(), Ok(text));
        let damaged = [text.as_bytes(), b"\n\xFF\xFF<td>", "\n张三\n李四".as_bytes()].concat();
        assert_eq!(read(&damaged), Err(FileTrouble::Encoding { encoding: "UTF-8", line: 2 }));
    }

    #[test]
    fn small_buffers_lose_nothing() {
        let text = "<td>张三李四</td>".repeat(3000);
        let (gb, _, _) = GB18030.encode(&text);
        let markup = Markup::open((&*gb).into()).unwrap();
        let (mut reader, mut all, mut few) = (markup.reader(), Vec::new(), [0_u8; 7]);
        while let Ok(count @ 1..) = reader.read(&mut few) {
            all.extend_from_slice(few.get(..count).unwrap());
        }
        assert_eq!(String::from_utf8(all).unwrap(), text);
    }
}
