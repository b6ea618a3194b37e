//! What a pack finds wrong with what was entered, as refusals.

use super::Refusal;
use crate::program::{FieldProblem, Kind};
use crate::said;

/// A problem the pack found, as a refusal.
pub(super) fn refusal_of(problem: FieldProblem) -> Refusal {
    let place = match (problem.row, &problem.column) {
        (Some(row), Some(column)) => format!("{}[{row}].{column}", problem.field),
        _ => problem.field.clone(),
    };
    Refusal::invalid(place, problem.said, problem.next)
}

/// A field id nobody knows.
pub(super) fn unknown_field(kind: &Kind, field: &str) -> Refusal {
    let near = crate::words::closest(field, kind.fields().map(|known| known.id.as_str()));
    let title = &kind.title;
    let (zh, en) = (&title.zh, &title.en);
    let next = match near {
        Some(near) => said!("是否想写 {near}？", "Did you mean {near}?"),
        None => said!("请用 yizhan packs check 查看字段名。", "See the pack for the field names."),
    };
    Refusal::invalid(
        field,
        said!("{zh}没有“{field}”这个字段。", "A {en} has no field \"{field}\"."),
        next,
    )
}
