//! Which number formats of a workbook stand for days and moments.

/// Built-in formats that are dates or moments: ECMA-376 part 1, 18.8.30, with those of Chinese
/// and other East Asian locales.
pub(super) fn is_built_in_date(id: u16) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Whether a format's code shows a day or a time: a letter of dates outside quotes, escapes and
/// brackets. `[h]:mm` counts hours, and is a time too.
pub(super) fn is_date_code(code: &str) -> bool {
    let mut chars = code.chars();
    let mut bracket = String::new();
    let (mut quoted, mut in_bracket) = (false, false);
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            // What stands behind these is shown as it is, or leaves room.
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                in_bracket = true;
                bracket.clear();
            }
            ']' => {
                in_bracket = false;
                let counts =
                    |letter: char| bracket.chars().all(|b| b.eq_ignore_ascii_case(&letter));
                if !bracket.is_empty() && ['h', 'm', 's'].into_iter().any(counts) {
                    return true;
                }
            }
            _ if in_bracket => bracket.push(c),
            // The word has letters of dates in it; a code may go on behind it.
            'G' | 'g' if starts_general(chars.as_str()) => {
                chars.by_ref().take(GENERAL.len()).for_each(drop);
            }
            // Only the first part of a format is for numbers above zero.
            ';' => return false,
            // `E+` of 0.00E+00 is no era.
            'e' if code.contains("e+") || code.contains("e-") => {}
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'e' | '年' | '月'
            | '日' => return true,
            _ => {}
        }
    }
    false
}

/// `General` behind its first letter.
const GENERAL: &str = "eneral";

fn starts_general(rest: &str) -> bool {
    rest.get(..GENERAL.len()).is_some_and(|start| start.eq_ignore_ascii_case(GENERAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_spreadsheets() {
        for code in
            ["yyyy-mm-dd", "m/d/yy h:mm", "[$-804]yyyy\"年\"m\"月\"", "[h]:mm:ss", "yyyy/m/d;@"]
        {
            assert!(is_date_code(code), "{code}");
        }
        for code in [
            "General",
            "General_)",
            "[$-1010409]General",
            "GENERAL;[Red]-General",
            "0.00",
            "#,##0.00",
            "0.00E+00",
            "\"day\"0",
            "0\\d",
            "@",
            "[Red]0",
            "0_d",
            "_-* #,##0",
        ] {
            assert!(!is_date_code(code), "{code}");
        }
        assert!(is_built_in_date(14) && is_built_in_date(31) && !is_built_in_date(49));
    }
}
