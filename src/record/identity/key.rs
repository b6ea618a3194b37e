//! One number for both forms an identity number has: as issued before 1999, and since.

use super::check_character;
use crate::record::fold;
use chrono::NaiveDate;

/// What an identity number is compared by, wherever two are compared: people, households, files,
/// imports, search. A number of fifteen digits and the one of eighteen made of it give the same.
///
/// Widths, case, blanks and dashes do not count. Fifteen digits become eighteen as GB 11643-1999
/// says: the century in front of the year, and the check character at the end. Any other text is its
/// own key.
#[must_use]
pub fn id_key(number: &str) -> String {
    let text = plain(number);
    new_id_form(&text).unwrap_or(text)
}

/// A number without what people put between its characters, `X` in upper case.
pub(super) fn plain(number: &str) -> String {
    let mut plain = fold(number);
    plain.make_ascii_uppercase();
    plain.retain(|c| c != ' ' && c != '-');
    plain
}

/// The century of birth of a number of fifteen digits by its sequence number: 996 to 999 were
/// kept for people over a hundred years old when it was given (GB 11643-1989), who were born in
/// the nineteenth century.
pub(super) fn century(sequence: &str) -> &'static str {
    if matches!(sequence, "996" | "997" | "998" | "999") { "18" } else { "19" }
}

/// The number of eighteen characters that a number of fifteen digits became; none for other
/// texts, and for digits whose date of birth never was.
#[must_use]
pub fn new_id_form(old: &str) -> Option<String> {
    if old.len() != 15 || !old.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (address, born, sequence) = (old.get(..6)?, old.get(6..12)?, old.get(12..)?);
    let born = format!("{}{born}", century(sequence));
    NaiveDate::parse_from_str(&born, "%Y%m%d").ok()?;
    let body = format!("{address}{born}{sequence}");
    let check = check_character(body.chars())?;
    Some(format!("{body}{check}"))
}

/// The number of fifteen digits that became this one of eighteen; none for whoever was born too
/// late to have had one, and for a number whose check character does not fit.
#[must_use]
pub fn old_id_form(new: &str) -> Option<String> {
    if new.len() != 18 {
        return None;
    }
    let (address, born, sequence) = (new.get(..6)?, new.get(8..14)?, new.get(14..17)?);
    let old = format!("{address}{born}{sequence}");
    (new_id_form(&old)? == new).then_some(old)
}
