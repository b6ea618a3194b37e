//! Measures of a kind: `[[kind.loan.measure]]`.

use super::Mentions;
use super::records::{Narrowed, narrowed};
use crate::edited::{At, Node, Problems};
use crate::program::{FieldType, KeyPart, Kind, Measure, MeasureKey};
use crate::said;
use crate::words::closest;

/// Reads a measure; its kind is there but for its measures.
pub(super) fn read(node: &Node<'_>, kind: &Kind, mentions: &mut Mentions) -> Option<Measure> {
    let id = node.need_text("id");
    let named: Vec<_> = node.table("where").iter().flat_map(Node::every_list).collect();
    let Narrowed { states, facets, codes } = narrowed(kind, &named, node.problems());
    mentions.codes.extend(codes);
    let (sum, count) = (node.text("sum"), node.yes("count").unwrap_or(false));
    if sum.is_some() == count {
        node.wrong(said!(
            "写 count = true（数记录），或 sum = \"字段\"（合计），只写一种",
            "write `count = true` or `sum = \"field\"`, one of them"
        ));
    }
    if let Some(sum) = &sum {
        must_be(kind, sum, &sum.value, can_be_summed, node.problems());
    }
    let per = node.texts("per");
    let per = per.iter().filter_map(|at| key(kind, at, node.problems())).collect();
    let whole = |key| node.whole(key).map(|at| at.value);
    let (at_most, at_least) = (whole("at_most"), whole("at_least"));
    let says = node.said("says");
    if (at_most.is_some() || at_least.is_some()) && says.is_none() {
        node.wrong(said!(
            "有上下限就要写 says：超过时告诉经办人什么",
            "a bound needs `says`: what whoever would pass it is told"
        ));
    }
    node.finish();
    let id = id?;
    mentions.measures.push(id.clone());
    Some(Measure {
        id: id.value,
        of: kind.id.clone(),
        states,
        facets,
        sum: sum.map(|at| at.value),
        per,
        at_most,
        at_least,
        says: says.unwrap_or_default(),
    })
}

fn can_be_summed(field: &FieldType) -> bool {
    let number =
        |field: &FieldType| matches!(field, FieldType::Money { .. } | FieldType::Integer { .. });
    match field {
        FieldType::Computed { gives, .. } => number(gives),
        other => number(other),
    }
}

fn key(kind: &Kind, at: &At<String>, problems: &Problems) -> Option<MeasureKey> {
    let Some(key) = MeasureKey::read(&at.value) else {
        problems.add(
            &at.place,
            said!(
                "per 写字段，日期可以写 字段:year 或 字段:month",
                "`per` is a field; of a date `field:year` or `field:month`"
            ),
        );
        return None;
    };
    let can = |field: &FieldType| match key.part {
        KeyPart::Whole => field.is_facet() || matches!(field, FieldType::Date),
        KeyPart::Year | KeyPart::Month => matches!(field, FieldType::Date),
    };
    must_be(kind, at, &key.field, can, problems);
    let sensitive = kind.field(&key.field).is_some_and(|field| field.sensitive.is_some());
    if sensitive {
        let id = &key.field;
        problems.add(
            &at.place,
            said!(
                "“{id}”是敏感信息，不能按它合计",
                "`{id}` is sensitive: nothing is counted by it"
            ),
        );
    }
    Some(key)
}

fn must_be(
    kind: &Kind,
    at: &At<String>,
    id: &str,
    can: impl Fn(&FieldType) -> bool,
    problems: &Problems,
) {
    if kind.field(id).is_some_and(|field| can(&field.field_type)) {
        return;
    }
    let known = kind.fields().filter(|field| can(&field.field_type));
    problems.add_meant(
        &at.place,
        said!("没有“{id}”这个合适的字段", "there is no field `{id}` that fits here"),
        closest(id, known.map(|field| field.id.as_str())),
    );
}
