//! Cells a spreadsheet would run as a formula (CWE-1236, OWASP "CSV Injection").
//!
//! A text cell of a CSV file that begins like a formula gets an apostrophe in front, which
//! spreadsheets show as text. Importing takes it off again, so a file that went out comes back
//! as it was.

/// First characters that start a formula, in either width, or that hide one.
const STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// True when the text, behind any apostrophes, begins like a formula. The apostrophes count so
/// that a text that came with one is told from one that was guarded.
fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// The text as it may stand in a CSV cell.
#[must_use]
pub fn guard(text: &str) -> String {
    if is_risky(text) { format!("'{text}") } else { text.to_string() }
}

/// The text of a CSV cell without the guard.
#[must_use]
pub fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_risky(text) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(guard("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        for text in ["+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(guard(text), format!("'{text}"));
        }
        for text in ["", "张三", "a=b", "'引", "1-2"] {
            assert_eq!(guard(text), text);
            assert_eq!(unguard(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_went_out_comes_back(text in "'{0,3}[=+@\\-\t a张]?.*") {
            let cell = guard(&text);
            prop_assert_eq!(unguard(&cell), text);
            prop_assert!(!cell.starts_with(STARTS));
        }
    }
}
