//! How text is written on the line: UTF-8, or GB18030 for the many Chinese SSH clients whose
//! default that is.
//!
//! Inside a session everything is UTF-8; this file is at its two ends. Frames use only the
//! two-byte part of GB18030, which is GBK: clients set to either show it, and of the four-byte
//! part most have no glyphs. Whatever lies outside it becomes a stand-in of the same width.

use super::text;
use encoding_rs::{DecoderResult, GB18030};
use std::borrow::Cow;
use std::io::{self, Write};

/// How text is written on the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codec {
    /// UTF-8.
    #[default]
    Utf8,
    /// GB18030, of which GBK and GB 2312 are parts.
    Gb18030,
}

impl Codec {
    /// What a locale such as `zh_CN.GBK` says; UTF-8 where it names no codeset, or none we write.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        match codeset(locale).as_str() {
            "gbk" | "gb18030" | "gb2312" | "cp936" | "euccn" => Self::Gb18030,
            _ => Self::Utf8,
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Utf8 => Self::Gb18030,
            Self::Gb18030 => Self::Utf8,
        }
    }

    /// Its name as terminals list it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GBK",
        }
    }

    /// Whether a character can be written so that the terminal shows it.
    #[must_use]
    pub fn writes(self, c: char) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Gb18030 => short(c.encode_utf8(&mut [0; 4])).is_some(),
        }
    }

    /// Text a person typed outside any session, such as a command. Whatever the locale says, what
    /// can be UTF-8 is taken for it: Chinese in GB18030 hardly ever can.
    #[must_use]
    pub fn read(self, bytes: &[u8]) -> Cow<'_, str> {
        match (self, std::str::from_utf8(bytes)) {
            (_, Ok(text)) => Cow::Borrowed(text),
            (Self::Utf8, Err(_)) => String::from_utf8_lossy(bytes),
            (Self::Gb18030, Err(_)) => GB18030.decode_without_bom_handling(bytes).0,
        }
    }

    /// The bytes to send for a frame. Characters the terminal cannot show become `?`, or `〓`
    /// where they are two cells wide.
    #[must_use]
    pub fn encode(self, frame: Vec<u8>) -> Vec<u8> {
        if self == Self::Utf8 || frame.is_ascii() {
            return frame;
        }
        let text = String::from_utf8_lossy(&frame);
        let mut out = Vec::with_capacity(frame.len());
        for c in text.chars() {
            let mut utf8 = [0; 4];
            let written: &str = c.encode_utf8(&mut utf8);
            match short(written) {
                Some(bytes) => out.extend_from_slice(&bytes),
                None => match text::cluster_width(written) {
                    0 => {}
                    1 => out.push(b'?'),
                    _ => out.extend_from_slice(STAND_IN),
                },
            }
        }
        out
    }
}

/// Text on its way to a terminal that shows another encoding, outside any session.
#[derive(Debug)]
pub struct Encoder<W> {
    codec: Codec,
    to: W,
    /// The beginning of a character whose end has not been written yet.
    half: Vec<u8>,
}

impl<W: Write> Encoder<W> {
    /// What is written goes to `to`.
    #[must_use]
    pub fn new(codec: Codec, to: W) -> Self {
        Self { codec, to, half: Vec::new() }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.codec == Codec::Utf8 {
            return self.to.write(bytes);
        }
        let mut text = std::mem::take(&mut self.half);
        text.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&text)
            && error.error_len().is_none()
        {
            self.half = text.split_off(error.valid_up_to());
        }
        self.to.write_all(&self.codec.encode(text))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// `〓`, which printers set for a character they have no type for.
const STAND_IN: &[u8] = b"\xa1\xfe";

/// A character in one or two bytes.
fn short(c: &str) -> Option<Vec<u8>> {
    let (bytes, _, unmappable) = GB18030.encode(c);
    (!unmappable && bytes.len() <= 2).then(|| bytes.into_owned())
}

/// The codeset a locale names, in small letters without `-` and `_`; empty when it names none.
pub(super) fn codeset(locale: &str) -> String {
    let named = locale.split_once('.').map_or("", |(_, rest)| rest);
    let named = named.split('@').next().unwrap_or_default();
    named.replace(['-', '_'], "").to_ascii_lowercase()
}

/// Bytes from a terminal to UTF-8, however they are split. ASCII, and so every sequence that
/// begins with Esc, passes unchanged, also after half a character.
#[derive(Debug)]
pub struct Decoder {
    codec: Codec,
    /// The beginning of a character, up to three bytes: a lead, a digit, a lead.
    half: Vec<u8>,
}

impl Decoder {
    /// A decoder at the beginning of a line.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { codec, half: Vec::new() }
    }

    /// What bytes as they came amount to. What is no character is dropped; UTF-8 passes as it is,
    /// whole or not.
    pub fn feed<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if self.codec == Codec::Utf8 || bytes.is_ascii() && self.half.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len() * 3 / 2 + 4);
        bytes.iter().for_each(|byte| self.push(*byte, &mut out));
        Cow::Owned(out)
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let whole = match (self.half.len(), byte) {
            (0, 0..=0x7f) => return out.push(byte),
            (0, 0x81..=0xfe) | (1, b'0'..=b'9') | (2, 0x81..=0xfe) => {
                return self.half.push(byte);
            }
            (0, _) => return,
            (1, 0x40..=0x7e | 0x80..=0xfe) | (3, b'0'..=b'9') => true,
            _ => false,
        };
        if whole {
            self.half.push(byte);
            let text = GB18030.decode_without_bom_handling_and_without_replacement(&self.half);
            if let Some(text) = &text {
                out.extend_from_slice(text.as_bytes());
            }
            let unknown = text.is_none();
            self.half.clear();
            if unknown && byte.is_ascii() {
                out.push(byte);
            }
            return;
        }
        // The lead stood alone; what came after it is looked at anew.
        let mut again = std::mem::take(&mut self.half);
        again.push(byte);
        again.iter().skip(1).for_each(|byte| self.push(*byte, out));
    }

    /// Half a character has come and the rest has not: call [`expire`](Self::expire) after a
    /// while, or it takes the next key for its other half.
    #[must_use]
    pub fn waiting(&self) -> bool {
        !self.half.is_empty()
    }

    /// Gives up half a character; ASCII that was in it comes out.
    pub fn expire(&mut self) -> Vec<u8> {
        let mut half = std::mem::take(&mut self.half);
        half.retain(u8::is_ascii);
        half
    }
}

/// Whether bytes that are no UTF-8 are Chinese in GB18030: what a terminal set to GBK sends. The
/// first byte may be the second half of a character.
#[must_use]
pub fn looks_like_gb18030(bytes: &[u8]) -> bool {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fa5}').contains(&c);
    let chinese = |bytes: &[u8]| {
        let mut decoder = GB18030.new_decoder_without_bom_handling();
        let mut text = String::with_capacity(bytes.len() * 3 + 8);
        let (result, ..) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
        result == DecoderResult::InputEmpty && text.chars().any(is_han)
    };
    chinese(bytes) || bytes.get(1..).is_some_and(chinese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{Event, Key, Parser};
    use proptest::prelude::*;

    fn in_pieces(bytes: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut decoder = Decoder::new(Codec::Gb18030);
        let mut out = Vec::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let cut = cut.clamp(from, bytes.len());
            out.extend_from_slice(&decoder.feed(&bytes[from..cut]));
            from = cut;
        }
        out.extend(decoder.expire());
        out
    }

    #[test]
    fn locales_as_systems_write_them() {
        for gbk in ["zh_CN.GBK", "zh_CN.GB18030", "zh_CN.gb2312", "zh_CN.gb18030@pinyin"] {
            assert_eq!(Codec::from_locale(gbk), Codec::Gb18030, "{gbk}");
        }
        for utf8 in ["", "C", "zh_CN", "zh_CN.UTF-8", "en_US.utf8", "GBK"] {
            assert_eq!(Codec::from_locale(utf8), Codec::Utf8, "{utf8}");
        }
    }

    /// 驿站 in GB 2312 is code points 6968 and 5330 of its table: E6E4 D5BE.
    #[test]
    fn both_directions() {
        assert_eq!(in_pieces(b"\xe6\xe4\xd5\xbe", &[1, 2, 3]), "驿站".as_bytes());
        assert_eq!(Codec::Gb18030.encode("驿站".into()), b"\xe6\xe4\xd5\xbe");
        // Four bytes come in as well: 𠮷 of names, U+20BB7. Linear from 0x10000 and 189000
        // after 81308130: 257535 = ((20·10 + 4)·126 + 49)·10 + 5.
        assert_eq!(in_pieces(b"\x95\x34\xb2\x35", &[2]), "𠮷".as_bytes());
        // Going out they get a stand-in of the same width.
        assert_eq!(Codec::Gb18030.encode("𠮷aő\u{301}".into()), b"\xa1\xfea?");
        assert_eq!(Codec::Utf8.encode("𠮷ő".into()), "𠮷ő".as_bytes());
    }

    #[test]
    fn text_outside_a_session_goes_both_ways_too() {
        let mut written = Vec::new();
        for piece in "驿站\n".as_bytes().chunks(2) {
            Encoder::new(Codec::Utf8, &mut written).write_all(piece).unwrap();
        }
        assert_eq!(written, "驿站\n".as_bytes());
        let mut encoder = Encoder::new(Codec::Gb18030, Vec::new());
        for piece in "驿站\n".as_bytes().chunks(2) {
            encoder.write_all(piece).unwrap();
        }
        assert_eq!(encoder.to, b"\xe6\xe4\xd5\xbe\n");
        for codec in [Codec::Utf8, Codec::Gb18030] {
            assert_eq!(codec.read("find 驿站".as_bytes()), "find 驿站");
        }
        assert_eq!(Codec::Gb18030.read(b"find \xe6\xe4\xd5\xbe"), "find 驿站");
    }

    #[test]
    fn half_a_character_waits_and_takes_nothing_along() {
        let mut decoder = Decoder::new(Codec::Gb18030);
        assert!(decoder.feed(b"\xe6").is_empty() && decoder.waiting());
        // An Esc is never its other half.
        assert_eq!(decoder.feed(b"\x1b[A").as_ref(), b"\x1b[A");
        assert!(decoder.feed(b"\x810").is_empty() && decoder.waiting());
        assert_eq!(decoder.expire(), b"0");
        assert!(!decoder.waiting());
        assert_eq!(decoder.feed(b"j").as_ref(), b"j");
    }

    #[test]
    fn gbk_is_told_from_noise() {
        for gbk in [&b"\xe6\xe4\xd5\xbe"[..], b"\xc4\xe3", b"\xe4\xd5\xbe", b"abc \xd5\xbe\xe6"] {
            assert!(looks_like_gb18030(gbk), "{gbk:?}");
        }
        for noise in [&b"\xff\xfe"[..], b"abc", b"\xe9", b"\x80\x80"] {
            assert!(!looks_like_gb18030(noise), "{noise:?}");
        }
    }

    fn frame_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "\x1b[2;3H",
                "\x1b[1m",
                "驿站",
                "─",
                "𠮷",
                "é",
                "👩‍👩‍👧",
                "“",
                "〓"
            ])
            .prop_map(str::to_string),
            any::<String>(),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_decodes_the_same(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            mut cuts in prop::collection::vec(0usize..80, 0..6),
        ) {
            cuts.sort_unstable();
            prop_assert_eq!(in_pieces(&bytes, &cuts), in_pieces(&bytes, &[]));
        }

        /// Whatever came before, Esc sequences and later keys come through.
        #[test]
        fn a_later_key_is_never_lost(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut decoder = Decoder::new(Codec::Gb18030);
            decoder.feed(&bytes);
            let after = decoder.feed(b"\x1b[15~").into_owned();
            prop_assert!(after.ends_with(b"\x1b[15~"));
            decoder.feed(&bytes);
            decoder.expire();
            prop_assert_eq!(decoder.feed(b"j").into_owned(), b"j");
        }

        #[test]
        fn what_is_written_reads_back_or_is_a_stand_in(text in frame_text()) {
            let sent = Codec::Gb18030.encode(text.clone().into_bytes());
            let back = String::from_utf8(in_pieces(&sent, &[])).unwrap();
            let expected: String = text
                .chars()
                .filter_map(|c| match text::cluster_width(c.encode_utf8(&mut [0; 4])) {
                    _ if Codec::Gb18030.writes(c) => Some(c),
                    0 => None,
                    1 => Some('?'),
                    _ => Some('〓'),
                })
                .collect();
            prop_assert_eq!(back, expected);
            prop_assert!(Codec::Gb18030.encode(text.clone().into_bytes()).len() <= text.len());
        }

        /// A line of Chinese typed on a GBK terminal gives the keys of the same line.
        #[test]
        fn typed_chinese_in_any_pieces(text in "[一-龥a-z]{1,12}", cuts in prop::collection::vec(0usize..30, 0..6)) {
            let (sent, ..) = GB18030.encode(&text);
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut events = Vec::new();
            Parser::new().feed(&in_pieces(&sent, &cuts), &mut events);
            let keys: Vec<Event> = text.chars().map(|c| Event::Key(Key::char(c))).collect();
            prop_assert_eq!(events, keys);
        }
    }
}
