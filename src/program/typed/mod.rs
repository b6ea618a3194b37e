//! What a person typed, or a command brought as JSON, as the value of a field.
//!
//! One reader for forms, imports and commands, so that a date or an amount means the same
//! wherever it comes in.

mod coded;
mod error;
mod json;
mod range;

pub use coded::tick;
pub(super) use coded::{PAPER_STATES, choice, paper_state, pieces};
use coded::{codes, papers, ticked};
pub use error::{Cell, TypedError};
pub use json::{answer_from_json, from_json, to_json};
pub(super) use range::in_range;

use super::{Ask, AskType, Catalogue, Field, FieldType, Kind};
use crate::record::{
    DateError, IdNumber, OrganisationCode, RecordId, Value, check_name, china_offset, clean_name,
    fold, parse_card, parse_date, parse_money, parse_phone,
};
use crate::said;
use crate::words::{Said, closest};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// A record as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The record.
    pub id: RecordId,
    pub number: String,
    /// The name it goes by.
    pub title: String,
}

/// The records a typed text can name.
pub trait Records: Sync {
    /// Those of a kind that have this number or are found by this text, whole. `find_by` are fields
    /// of the kind, none for all a search looks at.
    fn named(&self, kind: &str, find_by: &[String], text: &str) -> Vec<Named>;
}

/// No records at all: for packs by themselves.
#[derive(Clone, Copy, Debug)]
pub struct NoRecords;

impl Records for NoRecords {
    fn named(&self, _kind: &str, _find_by: &[String], _text: &str) -> Vec<Named> {
        Vec::new()
    }
}

/// What reading a typed text may look at.
#[derive(Clone, Copy)]
pub struct Typing<'c> {
    /// The packs, for code lists.
    pub catalogue: &'c Catalogue,
    /// Today in China: what `t` means, and which codes may be chosen.
    pub today: NaiveDate,
    /// What references may name.
    pub records: &'c dyn Records,
}

/// Reads a typed text. Nothing but spaces is no value.
///
/// # Errors
/// With a sentence for the field and what to type instead.
pub fn parse(field: &Field, text: &str, typing: &Typing<'_>) -> Result<Option<Value>, TypedError> {
    let typed = fold(text);
    if typed.is_empty() {
        return Ok(None);
    }
    let leaf = |said: Said, next: Said| TypedError::new(said, next);
    let value = match &field.field_type {
        FieldType::Text { multiline, max } => free_text(text, *multiline, *max)?,
        FieldType::PersonName => person_name(text)?,
        FieldType::IdNumber => IdNumber::parse_on(text, typing.today)
            .map(|id| Value::Text(id.as_str().to_string()))
            .map_err(|error| leaf(error.said(), error.next()))?,
        FieldType::OrgCode => OrganisationCode::parse(text)
            .map(|code| Value::Text(code.as_str().to_string()))
            .map_err(|error| leaf(error.said(), error.next()))?,
        FieldType::Phone => {
            parse_phone(text).map(Value::Text).map_err(|error| leaf(error.said(), error.next()))?
        }
        FieldType::BankCard => {
            parse_card(text).map(Value::Text).map_err(|error| leaf(error.said(), error.next()))?
        }
        FieldType::Integer { .. } => whole(&typed)?,
        FieldType::Decimal { .. } => decimal(&typed)?,
        FieldType::Money { .. } => {
            parse_money(text).map(Value::Money).map_err(|error| leaf(error.said(), error.next()))?
        }
        FieldType::Date => Value::Date(date(text, typing.today)?),
        FieldType::Instant => instant(&typed, typing.today)?,
        FieldType::YesNo => yes_no(&typed)?,
        FieldType::Choice { list } => Value::Choice(choice(list, text, typing)?),
        FieldType::Tags { list, .. } => Value::Tags(codes(list, text, typing)?),
        FieldType::Reference { kind, find_by, .. } => reference(kind, find_by, &typed, typing)?,
        FieldType::Table { fields, one_per, .. } => {
            ticked(fields, one_per.as_deref(), text, typing)?
        }
        FieldType::Papers { list } => papers(list, text, typing)?,
        FieldType::Computed { .. } => return Err(not_typed(field)),
    };
    in_range(field, &value)?;
    Ok(Some(value))
}

/// What an empty form starts with; `None` also when the default cannot be read.
#[must_use]
pub fn default_value(field: &Field, typing: &Typing<'_>) -> Option<Value> {
    parse(field, field.default.as_deref()?, typing).ok().flatten()
}

/// Reads a typed answer to what a move asks. Field names are ids, titles or aliases of the
/// record's fields or its person's; a clause is taken as its id.
///
/// # Errors
/// With a sentence and what to type instead.
pub fn answer(
    kind: &Kind,
    ask: &Ask,
    text: &str,
    typing: &Typing<'_>,
) -> Result<Option<Value>, TypedError> {
    match &ask.ask_type {
        AskType::Value(field) => parse(field, text, typing),
        AskType::Clause => {
            let id = fold(text);
            Ok((!id.is_empty()).then_some(Value::Text(id)))
        }
        AskType::Fields => {
            let names = pieces(text);
            let ids = names.iter().map(|name| field_id(kind, name, typing.catalogue));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            Ok((!ids.is_empty()).then_some(Value::Tags(ids)))
        }
    }
}

/// The id of a field somebody names: `table.column` for a column.
pub(super) fn field_id(
    kind: &Kind,
    name: &str,
    catalogue: &Catalogue,
) -> Result<String, TypedError> {
    if let Some(found) = catalogue.heading(kind, name) {
        return Ok(found.field.id.clone());
    }
    if let Some((table, column)) = name.split_once('.')
        && let Some(table) = catalogue.heading(kind, table)
        && let Some(column) = table.field.column_heading(column)
    {
        return Ok(format!("{}.{}", table.field.id, column.id));
    }
    let flat = catalogue.flat_fields(kind);
    let meant = closest(name, flat.iter().map(|(_, field)| field.id.as_str()));
    let next = meant.map_or_else(
        || Said::fixed("请写栏目的名称或编号。", "Name the field by its title or id."),
        |meant| said!("是否指“{meant}”？", "Did you mean `{meant}`?"),
    );
    Err(TypedError::new(said!("没有“{name}”这个栏目。", "There is no field `{name}`."), next))
}

pub(super) fn not_typed(field: &Field) -> TypedError {
    let (zh, en) = (&field.title.zh, &field.title.en);
    TypedError::new(
        Said::new(
            format!("“{zh}”由程序算出，不能填写。"),
            format!("{en} is worked out and cannot be typed."),
        ),
        Said::fixed("请改它所依据的栏目。", "Change the fields it is worked out from."),
    )
}

fn free_text(text: &str, multiline: bool, max: Option<usize>) -> Result<Value, TypedError> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let cleaned: String = if multiline {
        lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
    } else {
        lines
            .split('\n')
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .collect()
    };
    let cleaned = cleaned.trim().to_string();
    let long = cleaned.chars().count();
    match max {
        Some(max) if long > max => Err(TypedError::new(
            said!(
                "写了 {long} 个字，最多 {max} 个。",
                "This has {long} characters of {max} at most."
            ),
            Said::fixed("请写短一些。", "Write it shorter."),
        )),
        _ => Ok(Value::Text(cleaned)),
    }
}

fn person_name(text: &str) -> Result<Value, TypedError> {
    let name = clean_name(text);
    check_name(&name).map_err(|error| TypedError::new(error.said(), error.next()))?;
    Ok(Value::Text(name))
}

/// Words that may follow a count.
const COUNTERS: [&str; 12] =
    ["人", "口", "套", "个", "月", "个月", "年", "岁", "次", "名", "处", "辆"];

fn whole(typed: &str) -> Result<Value, TypedError> {
    let digits = COUNTERS
        .iter()
        .filter_map(|counter| typed.strip_suffix(counter))
        .min_by_key(|rest| rest.len())
        .unwrap_or(typed)
        .trim();
    let plain = digits.replace(',', "");
    let number = plain.strip_suffix(".0").unwrap_or(&plain).parse().ok();
    number.or_else(|| small_number(digits)).map(Value::Integer).ok_or_else(|| {
        TypedError::new(
            said!("“{typed}”不是整数。", "\"{typed}\" is not a whole number."),
            Said::fixed("请写数字，如 3。", "Type digits, such as 3."),
        )
    })
}

/// 零 to 十, as they are on forms.
fn small_number(text: &str) -> Option<i64> {
    let numerals = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "无", "两"];
    let place = numerals.iter().position(|numeral| *numeral == text)?;
    match place {
        11 => Some(0),
        12 => Some(2),
        place => i64::try_from(place).ok(),
    }
}

fn decimal(typed: &str) -> Result<Value, TypedError> {
    let units = ["平方米", "平米", "㎡", "m2", "m²"];
    let number = units.iter().find_map(|unit| typed.strip_suffix(unit)).unwrap_or(typed);
    number.trim().replace(',', "").parse().map(Value::Decimal).map_err(|_| {
        TypedError::new(
            said!("“{typed}”不是数。", "\"{typed}\" is not a number."),
            Said::fixed("请写数字，如 62.5。", "Type digits, such as 62.5."),
        )
    })
}

fn date(text: &str, today: NaiveDate) -> Result<NaiveDate, TypedError> {
    parse_date(text, today).map_err(|error: DateError| TypedError::new(error.said(), error.next()))
}

/// RFC 3339, or a date and a time of day in China, or a date alone.
fn instant(typed: &str, today: NaiveDate) -> Result<Value, TypedError> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(typed) {
        return Ok(Value::Instant(moment.with_timezone(&Utc)));
    }
    let civil = match typed.rsplit_once([' ', 'T']) {
        Some((day, time)) => {
            let day = date(day, today)?;
            let time = ["%H:%M:%S", "%H:%M"]
                .iter()
                .find_map(|form| chrono::NaiveTime::parse_from_str(time, form).ok());
            time.map(|time| NaiveDateTime::new(day, time))
        }
        None => date(typed, today)?.and_hms_opt(0, 0, 0),
    };
    let moment = civil.and_then(|civil| china_offset().from_local_datetime(&civil).single());
    moment.map(|moment| Value::Instant(moment.with_timezone(&Utc))).ok_or_else(|| {
        TypedError::new(
            said!("“{typed}”不能读作时间。", "\"{typed}\" cannot be read as a time."),
            Said::fixed("写作 2025-10-15 14:30。", "Type 2025-10-15 14:30."),
        )
    })
}

fn yes_no(typed: &str) -> Result<Value, TypedError> {
    match typed.to_lowercase().as_str() {
        "是" | "有" | "对" | "y" | "yes" | "true" | "1" | "√" | "✓" | "✔" | "s" => {
            Ok(Value::YesNo(true))
        }
        "否" | "无" | "没有" | "不是" | "n" | "no" | "false" | "0" | "2" | "×" | "x" | "f" => {
            Ok(Value::YesNo(false))
        }
        _ => Err(TypedError::new(
            said!("“{typed}”既不是“是”也不是“否”。", "\"{typed}\" is neither yes nor no."),
            Said::fixed("是写 y 或 1，否写 n 或 0。", "Type y or 1 for yes, n or 0 for no."),
        )),
    }
}

/// How many are named where a text fits several.
const CANDIDATES: usize = 3;

/// Another record: its number, what its kind is found by, or both as a form writes them.
fn reference(
    kind: &str,
    find_by: &[String],
    typed: &str,
    typing: &Typing<'_>,
) -> Result<Value, TypedError> {
    if let Ok(id) = uuid::Uuid::parse_str(typed) {
        return Ok(Value::Reference(RecordId(id)));
    }
    let mut found = typing.records.named(kind, find_by, typed);
    if found.is_empty()
        && let Some((title, number)) = typed.rsplit_once(' ')
    {
        // As a form writes it; a number with another name is a slip in one of the two.
        found = typing.records.named(kind, &["number".to_string()], number);
        found.retain(|named| fold(&named.title) == title.trim());
    }
    let title = typing.catalogue.kind(kind).map(|kind| kind.title.clone()).unwrap_or_default();
    match found.as_slice() {
        [one] => Ok(Value::Reference(one.id)),
        [] => Err(TypedError::new(
            Said::new(
                format!("没有找到“{typed}”这个{}。", title.zh),
                format!("No {} \"{typed}\" was found.", title.en),
            ),
            Said::fixed(
                "请写编号或全名；在表单里按 F3 查找并选择。",
                "Give its number or whole name; in a form F3 finds and chooses it.",
            ),
        )),
        several => {
            let one = |named: &Named| format!("{} {}", named.title, named.number);
            let named: Vec<String> = several.iter().take(CANDIDATES).map(one).collect();
            let (count, zh, en) = (several.len(), named.join("、"), named.join(", "));
            Err(TypedError::new(
                said!(
                    "“{typed}”有 {count} 个：{zh}。",
                    "\"{typed}\" is the name of {count}: {en}."
                ),
                Said::fixed("请写其中一个的编号。", "Give the number of the one that is meant."),
            ))
        }
    }
}
