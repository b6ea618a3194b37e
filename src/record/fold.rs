//! What people type with the input method on, brought to one width.

/// Half-width form of one character, where it has one that differs in width alone.
///
/// Only the full-width forms block is changed, not the rest of NFKC: `①` and the compatibility
/// ideographs that occur in personal names stay as they are.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c).saturating_sub(0xFEE0)).unwrap_or(c),
        '\u{FFE5}' => '¥',
        '\u{FFE0}' => '¢',
        '\u{FFE1}' => '£',
        '\u{3000}' | '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => ' ',
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        other => other,
    }
}

/// Characters that take no room and carry no meaning: zero-width spaces and joiners, direction
/// marks, byte-order marks, soft hyphens. Variation selectors stay, names use them.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{061C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
        )
}

/// What a person typed, as the program reads it: full-width digits, letters and punctuation
/// to half width, every kind of space to one space, invisible characters dropped, trimmed.
///
/// For numbers, codes, dates and searches. Prose keeps its full-width punctuation.
#[must_use]
pub fn fold(text: &str) -> String {
    // Most numbers and codes are as they should be.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.trim().to_owned();
    }
    let mut folded = String::with_capacity(text.len());
    folded.extend(text.chars().map(half_width).filter(|c| !is_invisible(*c)));
    let end = folded.trim_end().len();
    folded.truncate(end);
    let start = folded.len() - folded.trim_start().len();
    drop(folded.drain(..start));
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths_are_folded_and_nothing_else() {
        assert_eq!(fold("　１２３ＡｂＸ，．（）　"), "123AbX,.()");
        assert_eq!(fold("￥５"), "¥5");
        assert_eq!(fold("①㎡\u{F900}﨑ﬁ"), "①㎡\u{F900}﨑ﬁ");
        assert_eq!(fold("a\u{200B}b\u{FEFF}\u{0007}c\td"), "abc d");
        assert_eq!(fold("邻。“引”"), "邻。“引”");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
