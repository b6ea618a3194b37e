//! What a cell's symbol becomes on this terminal, and whether terminals agree on its width.

use crate::terminal::caps::Capabilities;
use crate::terminal::codec::Codec;
use crate::terminal::text;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How far the cursor can be trusted to stand after a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// All terminals agree.
    Sure,
    /// A line or block symbol: believed while more of them follow, so that a rule is not sent
    /// with a cursor movement after each cell.
    Line,
    /// Terminals dispute it: place the cursor anew.
    Disputed,
}

/// The symbol to send for `symbol`: itself, or what stands for it where the terminal cannot show
/// it or would give it another width. Always as wide as `symbol`, at least 1.
pub(super) fn shown<'a>(symbol: &'a str, caps: &Capabilities) -> Cow<'a, str> {
    if let [0x20..=0x7e] = symbol.as_bytes() {
        return Cow::Borrowed(symbol);
    }
    let width = text::cluster_width(symbol);
    if width == 0 || symbol.contains(text::is_harmful) {
        return Cow::Borrowed(" ");
    }
    if width == 1 {
        // In GBK what is not ASCII takes two cells.
        let replace = caps.ascii
            || caps.codec == Codec::Gb18030
            || caps.ambiguous_wide && is_ambiguous(symbol);
        return if replace {
            Cow::Owned(stand_in(symbol).to_string())
        } else {
            Cow::Borrowed(symbol)
        };
    }
    if caps.han && !symbol.chars().all(|c| caps.codec.writes(c)) {
        // What printers set for a character they have no type for.
        return Cow::Owned(text::pad("〓", width));
    }
    if caps.han {
        return Cow::Borrowed(symbol);
    }
    // A full-width form has an ASCII one; others show that something is here.
    let mut folded = symbol.nfkc();
    match (folded.next(), folded.next()) {
        (Some(c @ ' '..='~'), None) => Cow::Owned(text::pad(c.encode_utf8(&mut [0; 4]), width)),
        _ => Cow::Owned("?".repeat(width)),
    }
}

/// How far to trust the cursor after `symbol`.
pub(super) fn trust(symbol: &str, caps: &Capabilities) -> Trust {
    if symbol.is_ascii() {
        return Trust::Sure;
    }
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return Trust::Disputed };
    match c {
        // CJK punctuation, kana, Hangul, Han and its extensions, full-width forms.
        '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{20000}'..='\u{3ffff}' => Trust::Sure,
        _ if text::cluster_width(symbol) > 1 => Trust::Disputed,
        _ if caps.ambiguous_known || !is_ambiguous(symbol) => Trust::Sure,
        '\u{2500}'..='\u{259f}' => Trust::Line,
        _ => Trust::Disputed,
    }
}

/// Cells that a terminal takes for `symbol` which measures each character by itself, and may be
/// set up for East Asian text.
pub(super) fn width_by_characters(symbol: &str) -> u16 {
    let cells = symbol.chars().map(|c| c.width_cjk().unwrap_or(0)).sum::<usize>();
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// The first character of a cluster.
pub(super) fn first_character(symbol: &str) -> &str {
    let first = symbol.chars().next().map_or(0, char::len_utf8);
    symbol.get(..first).unwrap_or_default()
}

/// Narrow here, wide on terminals set up for East Asian text (UAX #11, class A).
fn is_ambiguous(symbol: &str) -> bool {
    symbol.width_cjk() != symbol.width()
}

/// The ASCII character that looks most like a narrow symbol.
fn stand_in(symbol: &str) -> char {
    let Some(c) = symbol.chars().next() else { return ' ' };
    match c {
        '─' | '━' | '┄' | '┅' | '┈' | '┉' | '╌' | '╍' | '╴' | '╶' | '╸' | '╺' | '╼' | '╾' => {
            '-'
        }
        '│' | '┃' | '┆' | '┇' | '┊' | '┋' | '╎' | '╏' | '║' | '╵' | '╷' | '╹' | '╻' | '╽' | '╿' => {
            '|'
        }
        '═' => '=',
        '\u{2500}'..='\u{257f}' => '+',
        '░' => '.',
        '▒' => ':',
        '▏' | '▎' | '▍' | '▌' | '▐' | '▕' => '|',
        '▁' | '▂' => '_',
        '\u{2580}'..='\u{259f}' => '#',
        '▸' | '▶' | '►' | '▷' | '→' | '⇒' | '›' | '»' => '>',
        '◂' | '◀' | '◄' | '◁' | '←' | '⇐' | '‹' | '«' => '<',
        '▴' | '▲' | '△' | '↑' => '^',
        '▾' | '▼' | '▽' | '↓' | '✓' | '✔' | '√' => 'v',
        '•' | '·' | '●' | '◆' | '■' | '★' | '☆' | '∙' | '▪' => '*',
        '○' | '◇' | '□' | '◯' | '▫' | '°' => 'o',
        '✗' | '✘' | '×' => 'x',
        '…' => '.',
        '‐'..='―' | '−' => '-',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        '÷' => '/',
        '±' => '+',
        '①'..='⑨' => char::from_digit(u32::from(c) - 0x245f, 10).unwrap_or('?'),
        '⑩'..='⓿' => '#',
        // é as e, ² as 2; everything else shows that something is here.
        _ => std::iter::once(c).nfkd().next().filter(char::is_ascii_graphic).unwrap_or('?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_as_wide_as_what_they_stand_for() {
        let console = Capabilities::from_env_hints("linux", "", false, "");
        for (symbol, want) in [
            ("─", "-"),
            ("┼", "+"),
            ("▸", ">"),
            ("①", "1"),
            ("√", "v"),
            ("é", "e"),
            ("…", "."),
            ("字", "??"),
            ("，", ", "),
            ("Ａ", "A "),
            ("ж", "?"),
            ("a", "a"),
            ("\u{1b}", " "),
        ] {
            assert_eq!(shown(symbol, &console), want, "{symbol}");
        }
    }

    #[test]
    fn only_ambiguous_symbols_are_replaced_where_they_are_wide() {
        let wide = Capabilities { ambiguous_wide: true, ..Capabilities::default() };
        for (symbol, want) in [("─", "-"), ("“", "\""), ("字", "字"), ("ő", "ő"), ("①", "1")]
        {
            assert_eq!(shown(symbol, &wide), want, "{symbol}");
        }
        assert_eq!(shown("─", &Capabilities::default()), "─");
    }

    #[test]
    fn gbk_shows_what_it_has_and_marks_the_rest() {
        let gbk = Capabilities::from_env_hints("xterm", "", false, "zh_CN.GBK");
        for (symbol, want) in [
            ("字", "字"),
            ("，", "，"),
            ("─", "-"),
            ("é", "e"),
            ("ő", "o"),
            ("𠮷", "〓"),
            ("👩", "〓"),
            ("▸", ">"),
        ] {
            assert_eq!(shown(symbol, &gbk), want, "{symbol}");
        }
    }

    #[test]
    fn the_cursor_is_trusted_after_han_and_not_after_emoji() {
        let caps = Capabilities::default();
        for symbol in ["a", "字", "，", "あ", "한", "Ａ", "《"] {
            assert_eq!(trust(symbol, &caps), Trust::Sure, "{symbol}");
        }
        for symbol in ["👩‍👩‍👧", "😀", "❤\u{fe0f}", "①", "“", "e\u{301}"] {
            assert_eq!(trust(symbol, &caps), Trust::Disputed, "{symbol}");
        }
        assert_eq!(trust("─", &caps), Trust::Line);
        let told = Capabilities { ambiguous_known: true, ..caps };
        assert_eq!((trust("─", &told), trust("“", &told)), (Trust::Sure, Trust::Sure));
    }
}
