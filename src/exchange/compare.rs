//! A row beside the record that is kept under its number or identity number.

use super::book::SheetRow;
use super::number_key::number_key;
use super::reading::RowReader;
use super::report::Fault;
use crate::office::Office;
use crate::program::{Field, Kind, same_value, show};
use crate::record::{Fields, Record, Value};
use crate::said;
use crate::words::{Lang, Said};

/// A field of a row that is not kept just so.
pub(super) struct Difference {
    /// What to tell.
    pub fault: Fault,
    /// True when something else is kept rather than nothing.
    pub kept: bool,
}

/// What to tell, in the order of the columns.
pub(super) fn faults(found: Vec<Difference>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = found.into_iter().map(|difference| difference.fault).collect();
    faults.sort_by_key(|fault| fault.at);
    faults
}

/// Where the fields of a row are not what is kept. Importing overwrites nothing: what differs is
/// told at its column, masked as on every screen.
pub(super) fn differences(
    reader: &RowReader<'_>,
    row: &SheetRow,
    kind: &Kind,
    kept: &Record,
    fields: &Fields,
    office: &Office,
) -> Vec<Difference> {
    let number = &kept.number;
    let mut found = Vec::new();
    for (id, value) in fields {
        let Some(field) = kind.field(id) else { continue };
        let known = kept.get(id);
        let is_number = kind.import.field.as_ref() == Some(id);
        if known.is_some_and(|known| {
            same(Some(field), known, value) || is_number && same_number(known, value)
        }) {
            continue;
        }
        let told = |lang| known.map(|known| shown(office, field, known, lang));
        let (zh, en) = (told(Lang::Zh), told(Lang::En));
        let (zh, en) = (zh.unwrap_or_else(|| "空".into()), en.unwrap_or_else(|| "empty".into()));
        let said = Said::new(
            format!("{number} 已在库中，这一列与库中（{zh}）不同。"),
            format!("{number} is kept already and differs here (kept: {en})."),
        );
        let next = said!(
            "导入不改动已有记录；要改请打开 {number} 修改。",
            "An import changes no kept record; open {number} to amend it."
        );
        let fault = reader.fault_at_field(row, id, said, next);
        found.push(Difference { fault, kept: known.is_some() });
    }
    found
}

fn shown(office: &Office, field: &Field, value: &Value, lang: Lang) -> String {
    show(office.catalogue(), field, value, lang, false)
}

/// A number written with other letters is the same number.
fn same_number(kept: &Value, typed: &Value) -> bool {
    let key = |value: &Value| value.as_text().map(number_key);
    key(kept) == key(typed)
}

/// Two values that say the same. A table typed as a list of codes says nothing of its rows' other
/// columns, which were filled in when it was kept.
pub(super) fn same(field: Option<&Field>, kept: &Value, typed: &Value) -> bool {
    let (Value::Table(kept), Value::Table(typed)) = (kept, typed) else {
        return field.map_or(kept == typed, |field| same_value(field, kept, typed));
    };
    kept.len() >= typed.len()
        && typed.iter().all(|row| {
            let is = |other: &&crate::record::Row| {
                row.fields.iter().all(|(id, value)| {
                    matches!(value, Value::Date(_)) || other.fields.get(id) == Some(value)
                })
            };
            kept.iter().any(|other| is(&other))
        })
}
