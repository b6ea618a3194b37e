//! What a record is narrowed and counted by: the facets of its pack, and those every record has.

use super::merges::Merges;
use crate::directory::{Filter, Link, Through};
use crate::program::{Catalogue, Hop, Kind, derived, effective};
use crate::record::{Record, RecordId, Value};

/// The facet of an account that may not make the step a record waits for.
pub(super) const NOT_FOR: &str = "not_for";

/// The facet of what the decisions on a record rest on: clauses somebody named, by their ids, and the
/// rule sets that gave a sheet.
pub(super) const RESTS_ON: &str = "rests_on";

/// How the facet names a rule set.
pub(super) fn of_rules(id: &str) -> String {
    format!("rules {id}")
}

/// The values a record has of a facet; of a column each of its rows.
pub(super) fn facets_at(kind: &Kind, record: &Record, path: &str, merges: &Merges) -> Vec<String> {
    if let Some(facet) = kind.derived(path) {
        let holds = derived(kind, &record.fields, facet);
        return holds.iter().flat_map(|yes| facet_values(&Value::YesNo(*yes), merges)).collect();
    }
    let Some((table, column)) = path.split_once('.') else {
        let value = effective(kind, &record.fields, path).value;
        return value.as_ref().map(|value| facet_values(value, merges)).unwrap_or_default();
    };
    let rows = record.get(table).map(Value::rows).unwrap_or_default();
    let mut values: Vec<String> = rows
        .iter()
        .filter_map(|row| row.fields.get(column))
        .flat_map(|value| facet_values(value, merges))
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The values of a facet: a code, `yes` or `no`, a text, the id of another record.
pub(super) fn facet_values(value: &Value, merges: &Merges) -> Vec<String> {
    match value {
        Value::Reference(id) => vec![merges.canonical(*id).0.to_string()],
        other => other.facets().into_iter().map(str::to_string).collect(),
    }
}

/// A facet of the records a kind refers to, as a list asks for it.
pub(super) fn through(
    catalogue: &Catalogue,
    kind: &Kind,
    hop: &Hop,
    values: &[String],
    reader: Option<String>,
) -> Option<Through> {
    let there = catalogue.kind_behind(kind, hop)?;
    let link = match kind.person.as_ref() == Some(&hop.reference) {
        true => Link::Person,
        false => Link::Facet(hop.reference.clone()),
    };
    let facets = vec![(hop.facet.clone(), values.to_vec())];
    Some(Through { link, filter: Filter { facets, reader, ..Filter::of_kind(there.code) } })
}

/// The records of a kind that point at another with a field.
pub(super) fn pointing(kind: &Kind, field: &str, to: RecordId) -> Filter {
    let facets = vec![(field.to_string(), vec![to.0.to_string()])];
    Filter { facets, ..Filter::of_kind(kind.code) }
}
