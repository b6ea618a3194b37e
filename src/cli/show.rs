//! `yizhan show`: one record, sensitive content masked.

use super::opening::Opened;
use super::{Done, print};
use crate::office::Refusal;
use crate::program::{Field, Kind, PERSON};
use crate::record::{Record, Row, Value, china_offset};
use crate::terminal::text;
use clap::Args;
use serde_json::{Map, Value as Json, json};
use std::io::Write;

/// What `show` takes.
#[derive(Args)]
pub struct ShowArgs {
    /// 编号，或人员的身份证号 / Its number, or a person's identity number
    number: String,
}

/// Prints a record as a person of this account may see it.
///
/// # Errors
/// When there is no such record.
pub fn run(args: &ShowArgs, at: &Opened, out: &mut dyn Write) -> Done {
    let record = at.record(&args.number)?;
    let kind = at.kind(&record.kind)?;
    let person = match at.office.person_of_record(&record) {
        Some(person) => Some((at.kind(PERSON)?, person)),
        None => None,
    };
    if at.json {
        let mut shown = as_json(at, kind, &record)?;
        if let Some((kind, person)) = &person {
            shown.insert("person".into(), Json::Object(as_json(at, kind, person)?));
        }
        return print::json_line(out, &shown);
    }
    as_text(at, kind, &record, out)?;
    if let Some((kind, person)) = &person {
        writeln!(out)?;
        as_text(at, kind, person, out)?;
    }
    Ok(())
}

/// The state's title in both languages.
fn state_of(kind: &Kind, record: &Record) -> crate::words::Said {
    let life = kind.workflow.as_ref();
    let state = life.and_then(|life| life.state(&record.state));
    state.map(|state| state.title.clone()).unwrap_or_default()
}

fn as_json(at: &Opened, kind: &Kind, record: &Record) -> Result<Map<String, Json>, Refusal> {
    let state = state_of(kind, record);
    let mut fields = Map::new();
    for field in kind.fields() {
        if let Some(Value::Table(rows)) = record.get(&field.id) {
            fields.insert(
                field.id.clone(),
                rows.iter().map(|row| row_json(at, field, row)).collect(),
            );
        } else if let Some(shown) = at.office.shown(Some(&at.actor), record, field) {
            fields.insert(field.id.clone(), Json::from(shown.zh.to_string()));
        }
    }
    let shown = json!({
        "number": record.number, "kind": record.kind, "title": at.office.title_of(record),
        "state": record.state, "state_title": state.zh, "state_title_en": state.en,
        "revision": record.revision,
        "created": record.created.to_rfc3339(), "created_by": record.created_by,
        "updated": record.updated.to_rfc3339(), "updated_by": record.updated_by,
        "fields": fields,
    });
    match shown {
        Json::Object(shown) => Ok(shown),
        _ => Ok(Map::new()),
    }
}

/// A row's cells, masked as the record's own fields are.
fn row_json(at: &Opened, table: &Field, row: &Row) -> Json {
    let cells = table.field_type.columns().iter().filter_map(|column| {
        let value = row.fields.get(&column.id)?;
        let shown = at.office.shown_value(Some(&at.actor), column, value);
        Some((column.id.clone(), Json::from(shown.zh.to_string())))
    });
    Json::Object(cells.collect())
}

fn as_text(at: &Opened, kind: &Kind, record: &Record, out: &mut dyn Write) -> Done {
    let lang = at.lang;
    let state = state_of(kind, record);
    let title = at.office.title_of(record);
    let (number, state) = (&record.number, state.get(lang));
    let heading = [number.as_str(), title.as_str(), kind.title.get(lang), state];
    let heading: Vec<&str> = heading.into_iter().filter(|part| !part.is_empty()).collect();
    writeln!(out, "{}", heading.join("  "))?;
    let when = record.updated.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
    let (revision, by) = (record.revision, &record.updated_by);
    let changed = crate::said!(
        "第 {revision} 版，{when} {by} 修改",
        "Revision {revision}, changed {when} by {by}"
    );
    writeln!(out, "{}", changed.get(lang))?;
    for section in &kind.sections {
        let mut begun = false;
        for field in &section.fields {
            let lines = shown_lines(at, record, field);
            if lines.is_empty() {
                continue;
            }
            if !begun {
                writeln!(out, "\n{}", section.title.get(lang))?;
                begun = true;
            }
            let label = text::fit(field.title.get(lang), 24);
            for (at, line) in lines.iter().enumerate() {
                let label = if at == 0 { label.as_str() } else { "" };
                writeln!(out, "  {}  {}", text::pad(label, 24), text::harmless(line))?;
            }
        }
    }
    Ok(())
}

fn shown_lines(at: &Opened, record: &Record, field: &Field) -> Vec<String> {
    if let Some(Value::Table(rows)) = record.get(&field.id) {
        let rows = at.office.shown_rows(Some(&at.actor), field, rows);
        return rows.iter().map(|row| row.get(at.lang).to_string()).collect();
    }
    let shown = at.office.shown(Some(&at.actor), record, field);
    let shown = shown.map(|said| said.get(at.lang).to_string()).unwrap_or_default();
    shown.lines().map(str::to_string).collect()
}
