//! Measures of a kind: `[[kind.loan.measure]]`.

use super::Mentions;
use super::records::{Narrowed, narrowed};
use crate::edited::{At, Node, Problems};
use crate::program::{FieldType, KeyPart, Kind, Measure, MeasureKey, Tally};
use crate::said;
use crate::words::closest;

/// Reads a measure; its kind is there but for its measures.
pub(super) fn read(node: &Node<'_>, kind: &Kind, mentions: &mut Mentions) -> Option<Measure> {
    let id = node.need_text("id");
    let named: Vec<_> = node.table("where").iter().flat_map(Node::every_list).collect();
    let Narrowed { states, facets, codes } = narrowed(kind, &named, node.problems());
    mentions.codes.extend(codes);
    let tally = tally(node, kind);
    let per = node.texts("per");
    let per = per.iter().filter_map(|at| key(kind, at, node.problems())).collect();
    let whole = |key| node.whole(key).map(|at| at.value);
    let (at_most, at_least) = (whole("at_most"), whole("at_least"));
    let says = node.said("says");
    let bound = at_most.is_some() || at_least.is_some();
    if bound && matches!(tally, Some(Tally::Last(_))) {
        node.wrong(said!(
            "last 取最近的日期，不能有上下限",
            "`last` is a day, and days have no `at_most` or `at_least`"
        ));
    }
    if bound && says.is_none() {
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
        tally: tally?,
        per,
        at_most,
        at_least,
        says: says.unwrap_or_default(),
    })
}

/// `count = true`, `sum = "field"` or `last = "field"`.
fn tally(node: &Node<'_>, kind: &Kind) -> Option<Tally> {
    let count = node.yes("count").unwrap_or(false).then_some(Tally::Count);
    let (sum, last) = (node.text("sum"), node.text("last"));
    if let Some(sum) = &sum {
        must_be(kind, sum, &sum.value, can_be_summed, node.problems());
    }
    if let Some(last) = &last {
        let day = |field: &FieldType| matches!(field, FieldType::Date);
        must_be(kind, last, &last.value, day, node.problems());
    }
    let (sum, last) = (sum.map(|at| Tally::Sum(at.value)), last.map(|at| Tally::Last(at.value)));
    let mut ways = [count, sum, last].into_iter().flatten();
    let (way, other) = (ways.next(), ways.next());
    if way.is_none() || other.is_some() {
        node.wrong(said!(
            "count = true（数记录）、sum = \"字段\"（合计）、last = \"日期字段\"（最近一天），写一种",
            "`count = true`, `sum = \"field\"` or `last = \"date field\"`, one of them"
        ));
    }
    way
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
