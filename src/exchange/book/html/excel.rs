//! What Excel and LibreOffice say of a cell besides the text they show: the text may be rounded.

use super::super::cell::{Cell, DayCount, is_error};
use super::style::{Look, Shows};

/// Whole numbers of so many digits are not kept by a spreadsheet; a page that has them all has them
/// from somewhere else.
const MORE_THAN_KEPT: usize = 16;

/// What the attributes of a cell say of its value. An empty one says that the text shown is it.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// `x:num`, `sdval`.
    pub number: Option<String>,
    /// `x:str`.
    pub text: Option<String>,
    /// `x:bool`.
    pub yes_no: Option<String>,
    /// `x:err`.
    pub error: Option<String>,
    /// `x:fmla`: the text shown is what it gives.
    pub formula: bool,
    /// What the style says.
    pub shows: Shows,
}

impl Given {
    /// Takes an attribute of the cell.
    pub fn take(&mut self, name: &str, value: &str) {
        let value = || Some(value.trim().to_string());
        match name {
            "x:num" | "sdval" => self.number = value(),
            "x:str" => self.text = value(),
            "x:bool" => self.yes_no = value(),
            "x:err" => self.error = value(),
            "x:fmla" => self.formula = true,
            // Language, and after it the format: `1033;0;YYYY-MM-DD`.
            "sdnum" => {
                let format = value().unwrap_or_default();
                if format.ends_with(";BOOLEAN") {
                    self.yes_no = Some(String::new());
                }
                if let Some(code) = format.splitn(3, ';').nth(2).filter(|code| !code.is_empty()) {
                    let quoted = code.replace(';', "\\;");
                    self.shows = Look::of(&format!("mso-number-format:{quoted}")).shows;
                }
            }
            _ => {}
        }
    }

    /// The cell that shows this text.
    pub fn cell(self, shown: String) -> Cell {
        let blank = shown.trim().is_empty();
        let or_shown = |given: String| if given.is_empty() { shown.clone() } else { given };
        if let Some(error) = self.error {
            return Cell::failed(or_shown(error));
        }
        if let Some(yes_no) = self.yes_no {
            let said = or_shown(yes_no);
            return Cell::yes_no(matches!(&*said.trim().to_ascii_lowercase(), "true" | "1" | "-1"));
        }
        if let Some(text) = self.text {
            return Cell::text(or_shown(text));
        }
        match self.number {
            Some(_) if is_error(shown.trim()) => Cell::failed(shown.trim()),
            Some(number) if matches!(self.shows, Shows::Anything | Shows::Number) => {
                numeric(&number, &shown).unwrap_or_else(|| Cell::text(shown))
            }
            Some(number) if self.shows == Shows::Moment => with_time(&number, shown),
            None if self.formula && blank => Cell::unworked(),
            _ => Cell::text(shown),
        }
    }
}

/// The number of a cell, from its attribute or else from the text shown. `None` when the text shown
/// is what is meant: a day in a format the page does not tell of, or more digits than a number has.
fn numeric(given: &str, shown: &str) -> Option<Cell> {
    let bare: String =
        shown.chars().filter(|c| !c.is_whitespace() && !",()%¥￥$€".contains(*c)).collect();
    if !bare.is_empty() && bare.parse::<f64>().is_err() {
        return None;
    }
    if given.is_empty() {
        // Signs of money, percent and thousands are part of what is shown.
        return (bare == shown.trim()).then(|| number(&bare)).flatten();
    }
    number(given)
}

/// A day as it is shown, with the time it has and does not show.
fn with_time(given: &str, shown: String) -> Cell {
    let time = given.parse::<f64>().ok().filter(|number| *number >= 1.0);
    let time = time.and_then(|number| Cell::moment(number, DayCount::From1900));
    let time = time.as_ref().and_then(|moment| moment.text.split_once(' '));
    match time {
        Some((_, time)) if !shown.contains([':', '时']) && !shown.trim().is_empty() => {
            Cell::text(format!("{} {time}", shown.trim()))
        }
        _ => Cell::text(shown),
    }
}

fn number(text: &str) -> Option<Cell> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() >= MORE_THAN_KEPT && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cell::text(text));
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    Some(Cell::number(number))
}

#[cfg(test)]
mod tests {
    use super::super::super::cell::Form;
    use super::*;

    fn cell(attributes: &[(&str, &str)], shows: Shows, shown: &str) -> Cell {
        let mut given = Given { shows, ..Given::default() };
        attributes.iter().for_each(|(name, value)| given.take(name, value));
        given.cell(shown.to_string())
    }

    #[test]
    fn numbers_have_the_digits_they_were_saved_with() {
        let plain = |value, shown| cell(&[("x:num", value)], Shows::Anything, shown);
        assert_eq!(plain("3541.67", "3,542"), Cell::number(3541.67));
        assert_eq!(plain("0.5", "50%"), Cell::number(0.5));
        assert_eq!(plain("", "12"), Cell::number(12.0));
        assert_eq!(plain("", "¥1,200"), Cell::text("¥1,200"));
        assert_eq!(plain("5.00199196404102E+17", "5.00199E+17").form, Form::Rounded);
        // Whole as they stand: no spreadsheet wrote them.
        assert_eq!(plain("500199196404102031", "5.002E+17"), Cell::text("500199196404102031"));
        assert_eq!(plain("", "500199196404102031"), Cell::text("500199196404102031"));
        assert_eq!(plain("inf", "1"), Cell::text("1"));
        assert_eq!(plain("7", ""), Cell::number(7.0));
    }

    #[test]
    fn days_are_the_text_shown() {
        let day = &[("x:num", "45719")];
        assert_eq!(cell(day, Shows::Moment, "2025/3/3"), Cell::text("2025/3/3"));
        assert_eq!(cell(day, Shows::Anything, "2025-03-03"), Cell::text("2025-03-03"));
        assert_eq!(cell(day, Shows::Moment, "20250303"), Cell::text("20250303"));
        assert_eq!(cell(day, Shows::Number, "45,719"), Cell::number(45_719.0));
        let early = &[("x:num", "45718.99950231481")];
        assert_eq!(cell(early, Shows::Moment, "2025/3/2"), Cell::text("2025/3/2 23:59:17"));
        assert_eq!(cell(early, Shows::Moment, "2025/3/2 23:59"), Cell::text("2025/3/2 23:59"));
        assert_eq!(cell(&[("x:num", "0.5")], Shows::Moment, "12时"), Cell::text("12时"));
        let libre = &[("sdval", "45719"), ("sdnum", "2052;0;YYYYMMDD")];
        assert_eq!(cell(libre, Shows::Anything, "20250303"), Cell::text("20250303"));
        let text = &[("sdval", "0"), ("sdnum", "2052;0;@")];
        assert_eq!(cell(text, Shows::Anything, "007"), Cell::text("007"));
    }

    #[test]
    fn texts_formulas_and_errors() {
        let plain = |attributes: &[_], shown| cell(attributes, Shows::Anything, shown);
        assert_eq!(plain(&[("x:str", "")], "001"), Cell::text("001"));
        assert_eq!(plain(&[("x:str", "甲 ")], "甲"), Cell::text("甲"));
        assert_eq!(plain(&[("x:fmla", "=B2*12")], " "), Cell::unworked());
        assert_eq!(plain(&[("x:fmla", "=B2*12"), ("x:num", "")], "24"), Cell::number(24.0));
        assert_eq!(plain(&[("x:fmla", "=A1&\"\""), ("x:str", "")], ""), Cell::text(""));
        assert_eq!(plain(&[("x:bool", "TRUE")], "TRUE"), Cell::yes_no(true));
        assert_eq!(plain(&[("x:err", "#N/A")], "#N/A"), Cell::failed("#N/A"));
        assert_eq!(plain(&[("sdval", "0"), ("sdnum", "1033;")], "#N/A"), Cell::failed("#N/A"));
        let boolean = &[("sdval", "1"), ("sdnum", "1033;0;BOOLEAN")];
        assert_eq!(plain(boolean, "TRUE"), Cell::yes_no(true));
        assert_eq!(plain(&[], "1.99199E+17"), Cell::text("1.99199E+17"));
    }
}
