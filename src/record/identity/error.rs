//! Why a text is no identity number, in words that never show the number.

use super::super::marks::SheetMark;
use crate::said;
use crate::words::Said;
use thiserror::Error;

/// The part of a birth date that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthPart {
    /// The year lies outside what records hold.
    Year,
    /// There is no such month.
    Month,
    /// The month has no such day.
    Day,
}

/// Why a text is not an identity number. The right check digit is never told: a number has to
/// be read again from the card, not mended until it passes. Nor is any run of its digits: the
/// reason is on screens and in reports where the number itself is masked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing was typed.
    #[error("no identity number")]
    Empty,
    /// Neither 18 nor 15 characters.
    #[error("{got} characters instead of 18")]
    Length {
        /// Characters there are.
        got: usize,
        /// The first that no number has: place, counted from 1, and what is there.
        odd: Option<(usize, char)>,
    },
    /// A character that cannot be there.
    #[error("character {position} is '{found}'")]
    Character {
        /// Place, counted from 1.
        position: usize,
        /// What is there.
        found: char,
    },
    /// Digits 7 to 14 (7 to 12 of an old number) are not a date.
    #[error("the {part:?} of birth does not exist")]
    BirthDate {
        part: BirthPart,
        /// The number has fifteen digits.
        old: bool,
    },
    /// The check digit does not fit the rest.
    #[error("check digit does not fit")]
    CheckDigit,
    /// The check digit does not fit, and the last three are zeros, as when a spreadsheet keeps
    /// fifteen digits of a number.
    #[error("the last three digits are zeros and do not fit")]
    Zeros,
    /// A spreadsheet kept the number as a number.
    #[error("kept by a spreadsheet: {0}")]
    Sheet(SheetMark),
    /// Born after today.
    #[error("birth date lies in the future")]
    Future,
}

impl IdError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填身份证号。", "No identity number yet."),
            Self::Length { got, odd: None } => said!(
                "身份证号应为 18 位，现在是 {got} 位。",
                "An identity number has 18 characters; this one has {got}."
            ),
            Self::Length { got, odd: Some((position, found)) } => said!(
                "身份证号应为 18 位，现在是 {got} 位，其中第 {position} 位是“{found}”。",
                "An identity number has 18 characters; this one has {got}, and character \
                 {position} is '{found}'."
            ),
            Self::Character { position, found } => said!(
                "第 {position} 位是“{found}”，不是数字。",
                "Character {position} is '{found}', where a digit belongs."
            ),
            Self::BirthDate { part, old } => birth_said(*part, *old),
            Self::CheckDigit => Said::fixed(
                "末位校验码与前面的数字不符，号码中有一位可能抄错。",
                "The last character does not fit the others; one of them may be miscopied.",
            ),
            Self::Zeros => Said::fixed(
                "后三位是 000 且校验不符：多半是表格软件把后几位变成了 0。",
                "The last three digits are 000 and do not fit: a spreadsheet most likely turned \
                 them into zeros.",
            ),
            Self::Sheet(mark) => mark.said(),
            Self::Future => Said::fixed(
                "出生日期（第 7 位起）在今天之后。",
                "The birth date, from character 7 on, lies after today.",
            ),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Empty | Self::Length { .. } => Said::fixed(
                "请照证件录入 18 位号码，末位可为 X。",
                "Type the 18 characters on the card; the last may be X.",
            ),
            Self::Character { .. } => Said::fixed(
                "请照证件核对这一位；只有末位可为 X。",
                "Compare this character with the card; only the last may be X.",
            ),
            Self::BirthDate { old: true, .. } => Said::fixed(
                "请照证件核对第 7 至 12 位。",
                "Compare characters 7 to 12 with the card.",
            ),
            Self::BirthDate { .. } | Self::Future => Said::fixed(
                "请照证件核对第 7 至 14 位。",
                "Compare characters 7 to 14 with the card.",
            ),
            Self::CheckDigit => Said::fixed(
                "请照证件逐位核对。",
                "Compare the number with the card, character by character.",
            ),
            Self::Zeros | Self::Sheet(_) => Said::fixed(
                "请照证件重新录入；在表格里先把这一列设为“文本”。",
                "Type it again from the card; in a spreadsheet, set the column to Text first.",
            ),
        }
    }
}

fn birth_said(part: BirthPart, old: bool) -> Said {
    match (part, old) {
        (BirthPart::Year, false) => Said::fixed(
            "出生日期段的第 7 至 10 位不是可能的年份。",
            "Characters 7 to 10, the year of birth, are no possible year.",
        ),
        (BirthPart::Year, true) => Said::fixed(
            "出生日期段的第 7、8 位不是可能的年份。",
            "Characters 7 and 8, the year of birth, are no possible year.",
        ),
        (BirthPart::Month, false) => Said::fixed(
            "出生日期段的第 11、12 位不是月份。",
            "Characters 11 and 12, the month of birth, are no month.",
        ),
        (BirthPart::Month, true) => Said::fixed(
            "出生日期段的第 9、10 位不是月份。",
            "Characters 9 and 10, the month of birth, are no month.",
        ),
        (BirthPart::Day, false) => Said::fixed(
            "出生日期段的第 13、14 位不是那个月里的日子。",
            "Characters 13 and 14, the day of birth, are no day of that month.",
        ),
        (BirthPart::Day, true) => Said::fixed(
            "出生日期段的第 11、12 位不是那个月里的日子。",
            "Characters 11 and 12, the day of birth, are no day of that month.",
        ),
    }
}
