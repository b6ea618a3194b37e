//! Values as people read them: on screen with labels and masks, in a table file plain.

use super::typed::PAPER_STATES;
use super::{Catalogue, Field, FieldType};
use crate::record::{
    PaperState, Value, china_offset, fold, mask_card, mask_id, mask_phone, plain_money, show_money,
};
use crate::words::Lang;
use chrono::Datelike;

/// What stands for a sensitive value nobody asked to see.
pub const HIDDEN: &str = "***";

/// A value for a screen or a sheet. Without `reveal`, numbers of people are masked by their type
/// and anything in a sensitivity group is hidden; who may see which group is the caller's matter.
/// A reference shows as nothing: only the store knows what it leads to.
#[must_use]
pub fn show(
    catalogue: &Catalogue,
    field: &Field,
    value: &Value,
    lang: Lang,
    reveal: bool,
) -> String {
    if !reveal && let Some(masked) = masked(field, value) {
        return masked;
    }
    match value {
        Value::Money(fen) => show_money(*fen),
        Value::Table(rows) => match lang {
            Lang::Zh => format!("{} 行", rows.len()),
            Lang::En => format!("{} rows", rows.len()),
        },
        Value::Papers(papers) => {
            let count = |wanted| papers.iter().filter(|(_, state)| *state == wanted).count();
            let (have, lack) = (count(PaperState::Received), count(PaperState::Missing));
            match lang {
                Lang::Zh => format!("已收 {have}，缺 {lack}"),
                Lang::En => format!("{have} received, {lack} missing"),
            }
        }
        other => plain(catalogue, field, other, lang, true),
    }
}

/// A value for one cell of a CSV or spreadsheet file: no thousands separators, ISO dates, labels
/// of codes. Masked like [`show`] without `reveal`.
#[must_use]
pub fn plain(
    catalogue: &Catalogue,
    field: &Field,
    value: &Value,
    lang: Lang,
    reveal: bool,
) -> String {
    if !reveal && let Some(masked) = masked(field, value) {
        return masked;
    }
    let field_type = match &field.field_type {
        FieldType::Computed { gives, .. } => gives,
        other => other,
    };
    let list = field_type.list().and_then(|list| catalogue.code_list(list));
    let label = |code: &str| list.map_or(code, |list| list.label(code, lang)).to_string();
    match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Money(fen) => plain_money(*fen),
        Value::Date(date) => date.to_string(),
        Value::Instant(moment) => {
            moment.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M").to_string()
        }
        Value::YesNo(yes) => yes_no(*yes, lang).to_string(),
        Value::Choice(code) => label(code),
        Value::Tags(codes) => {
            let between = if lang == Lang::Zh { "、" } else { "; " };
            codes.iter().map(|code| label(code)).collect::<Vec<_>>().join(between)
        }
        Value::Reference(_) => String::new(),
        Value::Table(rows) => rows.len().to_string(),
        Value::Papers(papers) => {
            let one = |(code, at): &(String, PaperState)| {
                let word = PAPER_STATES.iter().find(|(state, _, _)| state == at);
                let word = word.map_or("", |(_, _, said)| said.get(lang));
                format!("{}={word}", label(code))
            };
            papers.iter().map(one).collect::<Vec<_>>().join(";")
        }
    }
}

fn yes_no(yes: bool, lang: Lang) -> &'static str {
    match (yes, lang) {
        (true, Lang::Zh) => "是",
        (false, Lang::Zh) => "否",
        (true, Lang::En) => "yes",
        (false, Lang::En) => "no",
    }
}

/// What stands for a value that is not shown in full: its mask, or [`HIDDEN`] for one of a
/// sensitivity group. `None` for what everybody may see.
#[must_use]
pub fn masked(field: &Field, value: &Value) -> Option<String> {
    mask(field, value).or_else(|| field.sensitive.as_ref().map(|_| HIDDEN.to_string()))
}

/// The masked form of a number that stands for a person: identity number, phone, bank card; and of
/// a date that is a part of one, of which the year stays. `None` for everything else.
#[must_use]
pub fn mask(field: &Field, value: &Value) -> Option<String> {
    match (&field.field_type, value) {
        (FieldType::IdNumber, Value::Text(text)) => Some(mask_id(text)),
        (FieldType::Phone, Value::Text(text)) => Some(mask_phone(text)),
        (FieldType::BankCard, Value::Text(text)) => Some(mask_card(text)),
        (FieldType::Date, Value::Date(date)) if field.gives_away.is_some() => {
            Some(format!("{:04}-**-**", date.year()))
        }
        _ => None,
    }
}

/// The masked form of a text that was refused for such a field: like [`mask`] where nothing but
/// digits is there, else with everything that is no digit in sight, as that is mostly what is
/// wrong.
#[must_use]
pub fn mask_refused(field: &Field, text: &str) -> Option<String> {
    let masked = mask(field, &Value::Text(text.to_string()))?;
    let of_numbers = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | 'x' | 'X');
    let plain = fold(text).chars().all(of_numbers);
    Some(if plain { masked } else { crate::record::mask_refused(text) })
}
