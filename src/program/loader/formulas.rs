//! Formulas of a kind: parsed, their names and kinds of value known, and none in a circle.

use crate::edited::{Place, Problems};
use crate::formula::{self, Formula};
use crate::program::{Field, FieldType, Kind, formula_kind};
use crate::said;
use crate::words::{Said, closest};
use std::collections::BTreeMap;

/// Checks every formula of a kind against its fields.
pub(super) fn check(kind: &Kind, places: &BTreeMap<String, Place>, problems: &Problems) {
    let own: Vec<&Field> = kind.fields().collect();
    check_scope("", &own, places, problems);
    for (field, doubt) in &kind.doubts {
        if let Some(place) = places.get(field) {
            let wanted = Some(formula::Kind::YesNo);
            check_one(&doubt.formula, wanted, true, &own, place, problems);
        }
    }
    for table in &own {
        let columns: Vec<&Field> = table.field_type.columns().iter().collect();
        check_scope(&format!("{}.", table.id), &columns, places, problems);
    }
}

fn check_scope(
    under: &str,
    fields: &[&Field],
    places: &BTreeMap<String, Place>,
    problems: &Problems,
) {
    for field in fields {
        let Some(place) = places.get(&format!("{under}{}", field.id)) else { continue };
        if let FieldType::Computed { formula, gives } = &field.field_type {
            // No `today`: a computed value must not change by itself.
            check_one(formula, Some(formula_kind(gives)), false, fields, place, problems);
        }
        if let Some(valid) = &field.valid {
            check_one(&valid.formula, Some(formula::Kind::YesNo), true, fields, place, problems);
        }
    }
    for circle in circles(fields) {
        let place = circle.first().and_then(|id| places.get(&format!("{under}{id}")));
        if let Some(place) = place {
            let way = circle.join(" → ");
            problems.add(
                place,
                said!(
                    "计算字段互相引用成了圈：{way}；请去掉其中一个引用",
                    "computed fields go in a circle: {way}; take one of the references out"
                ),
            );
        }
    }
}

pub(super) fn check_one(
    formula: &Formula,
    wanted: Option<formula::Kind>,
    today: bool,
    fields: &[&Field],
    place: &Place,
    problems: &Problems,
) {
    let kind_of = |name: &str| {
        if today && name == "today" {
            return Some(formula::Kind::Date);
        }
        let field = fields.iter().find(|field| field.id == name)?;
        Some(formula_kind(&field.field_type))
    };
    for name in formula.inputs() {
        if kind_of(name).is_none() {
            problems.add_meant(
                place,
                said!(
                    "公式里的“{name}”不是这里的字段",
                    "`{name}` in the formula is no field of this"
                ),
                closest(name, fields.iter().map(|field| field.id.as_str())),
            );
            return;
        }
    }
    match formula.kind(&kind_of) {
        Err(error) => problems.add(
            place,
            Said::new(
                format!("公式有误：{}", error.said.zh),
                format!("in the formula: {}", error.said.en),
            ),
        ),
        Ok(found) if wanted.is_some_and(|wanted| !wanted.takes(found)) => {
            let (found, wanted) = (found.said(), wanted.unwrap_or(found).said());
            problems.add(
                place,
                Said::new(
                    format!("公式得出{}，这里要的是{}", found.zh, wanted.zh),
                    format!("the formula gives {}, where {} is wanted", found.en, wanted.en),
                ),
            );
        }
        Ok(_) => {}
    }
}

/// The circles among computed fields, each once, from its first field back to it.
fn circles(fields: &[&Field]) -> Vec<Vec<String>> {
    let arrows: BTreeMap<&str, Vec<&str>> = fields
        .iter()
        .filter_map(|field| match &field.field_type {
            FieldType::Computed { formula, .. } => {
                Some((field.id.as_str(), formula.inputs().into_iter().collect()))
            }
            _ => None,
        })
        .collect();
    let mut circles: Vec<Vec<String>> = Vec::new();
    for start in arrows.keys() {
        if circles.iter().any(|circle| circle.iter().any(|id| id == start)) {
            continue;
        }
        let mut way = vec![*start];
        if leads_back(start, &arrows, &mut way) {
            circles.push(way.into_iter().map(str::to_string).collect());
        }
    }
    circles
}

/// Walks on from the end of `way` without stepping anywhere twice; true when it comes back to
/// `start`, which is then its last step.
fn leads_back<'f>(
    start: &'f str,
    arrows: &BTreeMap<&'f str, Vec<&'f str>>,
    way: &mut Vec<&'f str>,
) -> bool {
    let Some(here) = way.last() else { return false };
    for next in arrows.get(here).into_iter().flatten() {
        if *next == start {
            way.push(start);
            return true;
        }
        if arrows.contains_key(next) && !way.contains(next) {
            way.push(next);
            if leads_back(start, arrows, way) {
                return true;
            }
            way.pop();
        }
    }
    false
}
