//! Why a text is not a date.

use super::words::{chinese, english};
use super::{FIRST_YEAR, LAST_YEAR};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};
use thiserror::Error;

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// Nothing was typed.
    #[error("no date")]
    Empty,
    /// Not in any form the program reads.
    #[error("not a date: {0}")]
    NotUnderstood(String),
    /// The year has not four digits or does not come first.
    #[error("year not given in four digits: {0}")]
    YearForm(String),
    /// A year no record can lie in.
    #[error("year {0} is outside {FIRST_YEAR} to {LAST_YEAR}")]
    YearOutside(i64),
    /// A month that is not 1 to 12.
    #[error("there is no month {0}")]
    NoSuchMonth(u32),
    /// A day the month does not have.
    #[error("{year}-{month:02} has no day {day}, it ends on {last}")]
    NoSuchDay {
        /// Year typed.
        year: i32,
        /// Month typed.
        month: u32,
        /// Day typed.
        day: u32,
        /// Last day of that month.
        last: u32,
    },
    /// A month, and no day.
    #[error("{year}-{month:02} without a day")]
    DayMissing {
        /// Year typed.
        year: i32,
        /// Month typed.
        month: u32,
    },
    /// The day of the week beside the date is not the one of that date.
    #[error("{0} is another day of the week")]
    OtherWeekday(NaiveDate),
    /// A time of day that is not midnight in China: it may mean the day before or after.
    #[error("{date} with the time {time}")]
    WithTime {
        /// The date, in China.
        date: NaiveDate,
        /// The time of day after it, as typed or, where a zone was given, in China.
        time: String,
    },
}

impl DateError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填日期。", "No date yet."),
            Self::NotUnderstood(text) => {
                said!("“{text}”不能读作日期。", "\"{text}\" cannot be read as a date.")
            }
            Self::YearForm(text) => said!(
                "“{text}”没有以四位年份开头。",
                "\"{text}\" does not begin with a four-digit year."
            ),
            Self::YearOutside(year) => said!(
                "{year} 年不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之内。",
                "The year {year} is outside {FIRST_YEAR} to {LAST_YEAR}."
            ),
            Self::NoSuchMonth(month) => {
                said!("没有 {month} 月。", "There is no month {month}.")
            }
            Self::NoSuchDay { year, month, day, last } => said!(
                "{year} 年 {month} 月没有 {day} 日，最后一天是 {last} 日。",
                "{year}-{month:02} has no day {day}; its last day is {last}."
            ),
            Self::DayMissing { year, month } => said!(
                "只有 {year} 年 {month} 月，缺少日。",
                "This is {year}-{month:02} without a day."
            ),
            Self::OtherWeekday(date) => {
                let (zh, en) = (chinese(date.weekday()), english(date.weekday()));
                Said::new(
                    format!("{date} 是{zh}，与写的星期不符。"),
                    format!("{date} is a {en}, which is not the day of the week given."),
                )
            }
            Self::WithTime { date, time } => said!(
                "这里要的是日期，还带着时间 {time}，不能断定是不是 {date} 这一天。",
                "A date belongs here; this has the time {time}, so it may not mean {date}."
            ),
        }
    }

    /// What to type instead.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::NoSuchMonth(_) => Said::fixed(
                "月份写 1 至 12，顺序是年、月、日。",
                "Type a month from 1 to 12; the order is year, month, day.",
            ),
            Self::NoSuchDay { last, .. } => {
                said!("日写 1 至 {last}。", "Type a day from 1 to {last}.")
            }
            Self::YearOutside(_) => Said::fixed("请核对年份。", "Check the year."),
            Self::DayMissing { .. } => Said::fixed(
                "请补上日，写作 20250303；不知道哪一日的，请照证件查明。",
                "Add the day, as in 20250303; look it up on the card where it is not known.",
            ),
            Self::OtherWeekday(_) => Said::fixed(
                "请核对日期和星期，改正写错的一个，或只写日期。",
                "Compare the date with the day of the week; correct one, or give the date alone.",
            ),
            Self::WithTime { date, .. } => said!(
                "如果就是这一天，请只写 {date}；否则写所指的那一天。",
                "If it is that day, give {date} alone; else the day that is meant."
            ),
            Self::Empty | Self::NotUnderstood(_) | Self::YearForm(_) => Said::fixed(
                "写作 20250303、2025-3-3 或 2025年3月3日；t 是今天，-1 是昨天。",
                "Type 20250303, 2025-3-3 or 2025年3月3日; t is today, -1 yesterday.",
            ),
        }
    }
}
