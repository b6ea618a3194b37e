//! Characters that stand for another one: the private-use characters of old GBK, radicals, and
//! compatibility ideographs.
//!
//! Files of the time before Unicode had these characters carry them as private-use ones; text
//! taken out of PDF files carries radicals that look like the characters they are made into.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The private-use characters of GBK: bytes FE50 to FEA0, without FE7F, in order.
const FIRST_OF_GBK: u32 = 0xE815;
const LAST_OF_GBK: u32 = 0xE864;

/// Those six whose character lies beyond the basic plane. GB 18030-2005, Annex E, gives each of
/// them a second place of four bytes, and the mapping of its two bytes stays private even in the
/// edition of 2022.
const BEYOND_THE_BASIC_PLANE: [(char, char); 6] = [
    ('\u{E816}', '\u{20087}'),
    ('\u{E817}', '\u{20089}'),
    ('\u{E818}', '\u{200CC}'),
    ('\u{E831}', '\u{215D7}'),
    ('\u{E83B}', '\u{2298F}'),
    ('\u{E855}', '\u{241FE}'),
];

/// Unicode's equivalents of the radicals, by radical.
static RADICALS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let read = |code: &str| char::from_u32(u32::from_str_radix(code, 16).ok()?);
    include_str!("../../assets/characters/radicals.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (radical, ideograph) = line.split_once(' ')?;
            Some((read(radical)?, read(ideograph)?))
        })
        .collect()
});

/// The character another one stands for: of a private-use character of old GBK the one GB 18030
/// has in its place, of a radical the ideograph Unicode holds equivalent, of a compatibility
/// ideograph the unified one it is canonically the same as. Every other character stands for
/// itself.
#[must_use]
pub fn proper_char(c: char) -> char {
    match u32::from(c) {
        FIRST_OF_GBK..=LAST_OF_GBK => of_gbk(c).map_or(c, of_radical),
        0x2E80..=0x2FDF => of_radical(c),
        0xF900..=0xFAFF | 0x2F800..=0x2FA1F => std::iter::once(c).nfc().next().unwrap_or(c),
        _ => c,
    }
}

fn of_radical(c: char) -> char {
    RADICALS.get(&c).copied().unwrap_or(c)
}

/// The character GB 18030 has where GBK has a private-use one.
fn of_gbk(c: char) -> Option<char> {
    if let Some((_, meant)) = BEYOND_THE_BASIC_PLANE.iter().find(|(private, _)| *private == c) {
        return Some(*meant);
    }
    let place = 0x50 + u32::from(c).checked_sub(FIRST_OF_GBK)?;
    let trail = u8::try_from(if place < 0x7F { place } else { place + 1 }).ok()?;
    let bytes = [0xFE, trail];
    let (text, _, failed) = encoding_rs::GB18030.decode(&bytes);
    let meant = text.chars().next().filter(|_| !failed)?;
    (!is_private(meant)).then_some(meant)
}

/// True for a private-use character: only a font says what it looks like.
#[must_use]
pub fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// A text in which every character is the one it stands for, in Unicode's composed form.
#[must_use]
pub fn proper_text(text: &str) -> String {
    if is_unified(text) {
        return text.to_owned();
    }
    text.chars().map(proper_char).nfc().collect()
}

/// Whether a text is unified Han characters of the basic block and nothing else, as most names are:
/// each of them stands for itself.
pub(super) fn is_unified(text: &str) -> bool {
    text.chars().all(is_plain_han)
}

/// Whether it is a unified Han character of the basic block: every form of it is itself.
#[must_use]
pub fn is_plain_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// A text as it was entered, with the characters that stand for others told by their code:
/// `龙〔U+E863〕`, `⻢〔U+2EE2〕某`. A private-use character is told by its code alone, as it looks
/// like nothing anywhere else.
#[must_use]
pub fn with_codes(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !is_private(c) {
            out.push(c);
        }
        if is_private(c) || proper_char(c) != c || is_combining_mark(c) {
            out.push_str(&format!("〔U+{:04X}〕", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unified_characters_stand_for_themselves() {
        for c in '\u{4e00}'..='\u{9fff}' {
            assert!(is_unified(&c.to_string()));
            assert_eq!(std::iter::once(proper_char(c)).nfkc().collect::<String>(), c.to_string());
            assert_eq!(c.to_lowercase().collect::<String>(), c.to_string());
        }
        assert!(!is_unified("\u{9fff}\u{a000}") && !is_unified("\u{3fff}"));
    }

    #[test]
    fn characters_that_stand_for_others() {
        for (entered, meant) in [
            // Old GBK, by GB 18030-2000 as Python's codec has it, and as the edition of 2022.
            ('\u{E863}', '䶮'),
            ('\u{E81A}', '㑳'),
            ('\u{E844}', '䜣'),
            ('\u{E85C}', '䴓'),
            ('\u{E81E}', '\u{9FB4}'),
            ('\u{E864}', '\u{9FBB}'),
            ('\u{E831}', '\u{215D7}'),
            // A private-use character for a radical is the ideograph of that.
            ('\u{E815}', '厂'),
            ('⻢', '马'),
            ('⾼', '高'),
            ('⼀', '一'),
            ('⿕', '龠'),
            // Written as escapes: an editor that composes text would change them.
            ('\u{F92C}', '\u{90CE}'),
            ('\u{2F800}', '\u{4E3D}'),
            // One of the twelve of that block that are unified ideographs.
            ('\u{FA11}', '\u{FA11}'),
            ('\u{E000}', '\u{E000}'),
            ('\u{E814}', '\u{E814}'),
            ('〇', '〇'),
            ('①', '①'),
        ] {
            assert_eq!(proper_char(entered), meant, "{:04X}", u32::from(entered));
        }
        let gbk = (FIRST_OF_GBK..=LAST_OF_GBK).filter_map(char::from_u32);
        assert!(gbk.clone().all(|c| !is_private(proper_char(c))), "each of the eighty is known");
        assert_eq!(gbk.count(), 80);
        assert_eq!(RADICALS.len(), 328);
    }

    #[test]
    fn what_was_entered_is_told_by_codes() {
        assert_eq!(with_codes("龙\u{E863}"), "龙〔U+E863〕");
        assert_eq!(with_codes("⻢某"), "⻢〔U+2EE2〕某");
        assert_eq!(with_codes("张三"), "张三");
        assert_eq!(with_codes("e\u{301}"), "e\u{301}〔U+0301〕");
        assert_eq!(proper_text("e\u{301}\u{387}"), "é·");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".*", near in "[\u{2E80}-\u{2FD5}\u{E800}-\u{E870}\u{F900}-\u{FAFF}]*") {
            for text in [text, near] {
                let once = proper_text(&text);
                prop_assert_eq!(proper_text(&once), once.clone());
                let _ = with_codes(&text);
            }
        }
    }
}
