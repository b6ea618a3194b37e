//! Measures of a pack file: `[measure.one_file]`.

use super::records::{Narrowed, narrowed};
use crate::edited::{At, Node, Place, Problems};
use crate::program::{Catalogue, FieldType, KeyPart, Kind, Measure, MeasureKey};
use crate::said;
use crate::words::{Said, closest};

/// A measure as it was read, with the places of what it names: its kind may be in another file.
pub(super) struct Read {
    id: At<String>,
    of: Option<At<String>>,
    narrowed: Vec<(At<String>, Vec<At<String>>)>,
    sum: Option<At<String>>,
    per: Vec<At<String>>,
    at_most: Option<i64>,
    at_least: Option<i64>,
    says: Option<Said>,
}

/// The measures of a file.
pub(super) fn read(root: &Node<'_>) -> Vec<Read> {
    let one = |(id, node): (At<String>, Node<'_>)| {
        let of = node.need_text("of");
        let narrowed = node.table("where").iter().flat_map(Node::every_list).collect();
        let (sum, count) = (node.text("sum"), node.yes("count").unwrap_or(false));
        if sum.is_some() == count {
            node.wrong(said!(
                "写 count = true（数记录），或 sum = \"字段\"（合计），只写一种",
                "write `count = true` or `sum = \"field\"`, one of them"
            ));
        }
        let per = node.texts("per");
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
        Read { id, of, narrowed, sum, per, at_most, at_least, says }
    };
    root.named_tables("measure").into_iter().map(one).collect()
}

/// The measure, once all kinds are there.
pub(super) fn check(catalogue: &Catalogue, read: &Read, problems: &Problems) -> Option<Measure> {
    let of = read.of.as_ref()?;
    let Some(kind) = catalogue.kind(&of.value) else {
        let id = &of.value;
        problems.add_meant(
            &of.place,
            said!("没有“{id}”这种记录", "there is no kind `{id}`"),
            closest(id, catalogue.kinds().map(|kind| kind.id.as_str())),
        );
        return None;
    };
    let Narrowed { states, facets, codes } = narrowed(kind, &read.narrowed, problems);
    for (list, at) in &codes {
        super::cross::known_code(catalogue, list, at, problems);
    }
    if let Some(sum) = &read.sum {
        let can = |field: &FieldType| {
            matches!(field, FieldType::Money { .. } | FieldType::Integer { .. })
                || matches!(field, FieldType::Computed { gives, .. }
                    if matches!(**gives, FieldType::Money { .. } | FieldType::Integer { .. }))
        };
        must_be(kind, sum, &sum.value, can, problems);
    }
    let per: Vec<MeasureKey> =
        read.per.iter().filter_map(|at| key(kind, at, &at.place, problems)).collect();
    Some(Measure {
        id: read.id.value.clone(),
        of: kind.id.clone(),
        states,
        facets,
        sum: read.sum.as_ref().map(|at| at.value.clone()),
        per,
        at_most: read.at_most,
        at_least: read.at_least,
        says: read.says.clone().unwrap_or_default(),
    })
}

fn key(kind: &Kind, at: &At<String>, place: &Place, problems: &Problems) -> Option<MeasureKey> {
    let Some(key) = MeasureKey::read(&at.value) else {
        problems.add(
            place,
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
            place,
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
