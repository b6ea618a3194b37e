//! The room as a whole: the shipped packs, broken packs, every form of typing, what follows
//! from fields.

mod broken;
mod filled;
mod shipped;
mod typing;

use super::*;
use crate::words::{Lang, Problem};
use chrono::NaiveDate;
use std::sync::OnceLock;

/// The shipped packs, read once.
fn packs() -> &'static Catalogue {
    static PACKS: OnceLock<Catalogue> = OnceLock::new();
    PACKS.get_or_init(|| {
        Catalogue::built_in().unwrap_or_else(|problems| panic!("{}", told(&problems)))
    })
}

fn told(problems: &[Problem]) -> String {
    let line = |problem: &Problem| problem.said().get(Lang::En).to_string();
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The day all tests take for today.
fn today() -> NaiveDate {
    day(2025, 10, 15)
}

/// A number of a person born that day, with the check digit of GB 11643 (ISO 7064 MOD 11-2).
fn id_number(born: &str, sequence: u32) -> String {
    let digits = format!("500199{born}{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
    let check = "10X98765432".chars().nth(sum as usize % 11).unwrap();
    format!("{digits}{check}")
}
