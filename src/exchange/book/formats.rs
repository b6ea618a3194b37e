//! What the number formats of a workbook show: a number, a day, a month, zeros before a number.

use super::cell::{Cell, DayCount};

/// What cells of a number format show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shows {
    /// A number.
    #[default]
    Number,
    /// A day or moment.
    Moment,
    /// The year and month of a day.
    Month,
    /// A whole number of so many digits, with zeros before it: a postal code, the number of a file.
    Zeros(u8),
}

impl Shows {
    /// The format a workbook has without saying so. Those that show a month do in Chinese
    /// workbooks, and 17 everywhere.
    pub fn built_in(id: u16) -> Self {
        match id {
            17 | 27 | 36 | 50 | 52 | 57 => Self::Month,
            id if is_built_in_date(id) => Self::Moment,
            _ => Self::Number,
        }
    }

    /// A format by its code.
    pub fn of_code(code: &str) -> Self {
        if is_date_code(code) {
            return if is_month_code(code) { Self::Month } else { Self::Moment };
        }
        let first = code.split(';').next().unwrap_or_default().trim();
        let zeros = first.bytes().all(|b| b == b'0') && first.len() > 1;
        match u8::try_from(first.len()) {
            Ok(digits) if zeros && digits <= MOST_ZEROS => Self::Zeros(digits),
            _ => Self::Number,
        }
    }

    /// The cell of a number shown so.
    pub fn cell(self, number: f64, calendar: DayCount) -> Cell {
        let plain = || Cell::number(number);
        match self {
            Self::Number => plain(),
            Self::Moment => Cell::moment(number, calendar).unwrap_or_else(plain),
            Self::Month => {
                let moment = Cell::moment(number, calendar).unwrap_or_else(plain);
                // Whoever types a month gets the first of it; another day was typed as a day.
                match moment.text.strip_suffix("-01") {
                    Some(month) if month.len() == "2025-03".len() => Cell::text(month),
                    _ => moment,
                }
            }
            Self::Zeros(digits) => {
                let whole = number.fract() == 0.0 && (0.0..1e15).contains(&number);
                let width = usize::from(digits);
                if whole { Cell::text(format!("{number:0width$}")) } else { plain() }
            }
        }
    }
}

/// More zeros than any number of a person or file has.
const MOST_ZEROS: u8 = 20;

/// Whether a code of dates shows year and month and nothing smaller.
fn is_month_code(code: &str) -> bool {
    let (mut letters, mut quoted, mut bracket) = (String::new(), false, false);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            '\\' | '_' | '*' if !quoted => drop(chars.next()),
            ';' if !quoted => break,
            c if !quoted && !bracket => letters.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let has = |letter: char| letters.contains(letter);
    (has('y') || has('年'))
        && (has('m') || has('月'))
        && !['d', 'h', 's', '日'].into_iter().any(has)
}

/// Built-in formats that are dates or moments: ECMA-376 part 1, 18.8.30, with those of Chinese
/// and other East Asian locales.
fn is_built_in_date(id: u16) -> bool {
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
            // What comes after these is shown as it is, or leaves room.
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
            // The word has letters of dates in it; a code may go on after it.
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

/// `General` after its first letter.
const GENERAL: &str = "eneral";

fn starts_general(rest: &str) -> bool {
    rest.get(..GENERAL.len()).is_some_and(|start| start.eq_ignore_ascii_case(GENERAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_shown() {
        let text = |code: &str, number| Shows::of_code(code).cell(number, DayCount::From1900).text;
        assert_eq!(text("000000", 10_010.0), "010010");
        assert_eq!(text("0", 10_010.0), "10010");
        assert_eq!(text("0000", 123_456.0), "123456");
        assert_eq!(text("00", 1.5), "1.5");
        // 29495 is 1980-10-01, as spreadsheets count.
        for code in
            ["mmm-yy", "yyyy\"年\"m\"月\"", "[$-804]yyyy\"年\"m\"月\";@", "yyyy-mm", "yyyy年m月"]
        {
            assert_eq!(text(code, 29_495.0), "1980-10", "{code}");
            assert_eq!(text(code, 29_499.0), "1980-10-05", "{code}");
        }
        for code in ["yyyy-mm-dd", "m/d/yy", "yyyy年m月d日", "yyyy/m/d h:mm"] {
            assert_eq!(text(code, 29_495.0), "1980-10-01", "{code}");
        }
        assert_eq!(Shows::built_in(17), Shows::Month);
        assert_eq!((Shows::built_in(14), Shows::built_in(1)), (Shows::Moment, Shows::Number));
    }

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
