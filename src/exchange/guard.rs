//! Marks that make a spreadsheet show a text as text.
//!
//! A text cell of a CSV file that begins like a formula is run as one (CWE-1236, OWASP "CSV
//! Injection"), so it gets an apostrophe in front. People, macros and other systems guard numbers
//! in the same way, with an apostrophe, a backtick or as `="…"`, so that no digit is lost.
//! Importing takes one such mark off, wherever the cell comes from; exporting puts an apostrophe
//! before a text that begins with one, so a file that went out comes back as it was.

use crate::terminal::text::visible;

/// First characters that start a formula, in either width, or that hide one.
const STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// First characters that guard a text.
const MARKS: &[char] = &['\'', '`'];

/// The text as it may be in a CSV cell, with characters nobody sees made visible.
#[must_use]
pub fn guard(text: &str) -> String {
    let text = visible(text);
    if text.starts_with(STARTS) { format!("'{text}") } else { marked(&text) }
}

/// The text as it may be in a cell of a workbook, where no text is run.
#[must_use]
pub(super) fn marked(text: &str) -> String {
    let text = visible(text);
    if guarded(&text).is_some() { format!("'{text}") } else { text.into_owned() }
}

/// The text of a cell without its guard; `None` when it has none.
pub(super) fn guarded(cell: &str) -> Option<String> {
    if let Some(bare) = cell.strip_prefix(MARKS) {
        return Some(bare.to_string());
    }
    let inside = cell.trim_end().strip_prefix("=\"")?.strip_suffix('"')?;
    // A quote inside is written twice; anything else is a formula of several parts.
    let bare = inside.replace("\"\"", "\u{0}");
    (!bare.contains('"')).then(|| bare.replace('\u{0}', "\""))
}

/// The text of a cell without the guard.
#[must_use]
pub fn unguard(cell: &str) -> String {
    guarded(cell).unwrap_or_else(|| cell.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(guard("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        for text in ["+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'引", "`a"] {
            assert_eq!(guard(text), format!("'{text}"));
        }
        for text in ["", "张三", "a=b", "1-2"] {
            assert_eq!(guard(text), text);
            assert_eq!(unguard(text), text);
        }
    }

    #[test]
    fn guards_of_other_programs() {
        for (cell, text) in [
            ("'13900000012", "13900000012"),
            ("`500199", "500199"),
            ("=\"张三\"", "张三"),
            ("=\"a\"\"b\" ", "a\"b"),
            ("=\"\"", ""),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("=A1", "=A1"),
            ("=\"", "=\""),
        ] {
            assert_eq!(unguard(cell), text, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn what_went_out_comes_back(text in "['`]{0,3}(=\"|[=+@\\-\t a张])?.*\"?") {
            let cell = guard(&text);
            let shown = visible(&text);
            prop_assert_eq!(unguard(&cell), shown.clone());
            prop_assert_eq!(unguard(&marked(&text)), shown);
            prop_assert!(!cell.starts_with(STARTS));
        }
    }
}
