//! Measures of a kind: `[[kind.loan.measure]]`.

use super::Mentions;
use super::records::{Narrowed, known_columns, narrowed};
use crate::edited::{At, Node, values};
use crate::program::{Field, FieldType, KeyPart, Kind, Measure, MeasureKey, Tally};
use crate::said;
use crate::words::closest;

/// A name in `where`, and the values it is narrowed to.
type Asked = (At<String>, Vec<At<String>>);

/// Reads a measure; its kind is there but for its measures.
pub(super) fn read(node: &Node<'_>, kind: &Kind, mentions: &mut Mentions) -> Option<Measure> {
    let id = node.need_text("id");
    let rows = node.text("rows");
    if let Some(rows) = &rows {
        must_be(kind, rows, &rows.value, |field| matches!(field, FieldType::Table { .. }), node);
    }
    let rows = rows.map(|at| at.value);
    let named: Vec<_> = node.table("where").iter().flat_map(Node::every_list).collect();
    let (of_rows, named) = of_rows(rows.as_deref(), named);
    if let Some(rows) = &rows {
        known_columns(kind, rows, &of_rows, node.problems(), &mut mentions.codes);
    }
    let columns = of_rows.into_iter().map(|(at, wanted)| (at.value, values(wanted))).collect();
    let Narrowed { states, facets, codes, hops } = narrowed(kind, &named, node.problems());
    mentions.codes.extend(codes);
    for (name, _) in hops {
        let path = &name.value;
        node.problems().add(
            &name.place,
            said!(
                "计量不能按别的记录的“{path}”来数：那份记录一改，数就自己变了",
                "a measure does not count by `{path}` of another record: it would change by itself"
            ),
        );
    }
    let tally = tally(node, kind, rows.as_deref());
    let per = node.texts("per");
    let per = per.iter().filter_map(|at| key(kind, rows.as_deref(), at, node)).collect();
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
        rows,
        columns,
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
fn tally(node: &Node<'_>, kind: &Kind, rows: Option<&str>) -> Option<Tally> {
    let count = node.yes("count").unwrap_or(false).then_some(Tally::Count);
    let (sum, last) = (node.text("sum"), node.text("last"));
    if let Some(sum) = &sum {
        must_be_of(kind, rows, sum, &sum.value, can_be_summed, node);
    }
    if let Some(last) = &last {
        let day = |field: &FieldType| matches!(field, FieldType::Date);
        must_be_of(kind, rows, last, &last.value, day, node);
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

fn key(kind: &Kind, rows: Option<&str>, at: &At<String>, node: &Node<'_>) -> Option<MeasureKey> {
    let problems = node.problems();
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
    let (first, _) = key.field.split_once('.').unwrap_or((&key.field, ""));
    if rows == Some(first) {
        must_be_of(kind, rows, at, &key.field, can, node);
    } else {
        must_be(kind, at, &key.field, can, node);
    }
    let is_sensitive = |field: Option<&Field>| field.is_some_and(|it| it.sensitive.is_some());
    let sensitive = is_sensitive(kind.field(first)) || is_sensitive(kind.field_at(&key.field));
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

/// A field, or of measures over rows a column of their table.
fn must_be_of(
    kind: &Kind,
    rows: Option<&str>,
    at: &At<String>,
    id: &str,
    can: impl Fn(&FieldType) -> bool,
    node: &Node<'_>,
) {
    let Some(table) = rows.and_then(|rows| kind.field(rows)) else {
        return must_be(kind, at, id, can, node);
    };
    let column = id.split_once('.').filter(|(first, _)| *first == table.id);
    if column.and_then(|(_, id)| table.column(id)).is_some_and(|it| can(&it.field_type)) {
        return;
    }
    let columns = table.field_type.columns().iter().filter(|column| can(&column.field_type));
    let known: Vec<String> = columns.map(|column| format!("{}.{}", table.id, column.id)).collect();
    let rows = &table.id;
    node.problems().add_meant(
        &at.place,
        said!(
            "没有“{id}”这个合适的列；按行计的写成 {rows}.列",
            "there is no column `{id}` that fits here; of rows it is `{rows}.column`"
        ),
        closest(id, known.iter().map(String::as_str)),
    );
}

/// What is asked of rows, by their columns, and what of the records.
fn of_rows(rows: Option<&str>, named: Vec<Asked>) -> (Vec<Asked>, Vec<Asked>) {
    let (mut of_rows, mut of_records) = (Vec::new(), Vec::new());
    for (mut name, wanted) in named {
        let column = rows.and_then(|rows| name.value.strip_prefix(rows)?.strip_prefix('.'));
        match column.map(str::to_string) {
            Some(column) => {
                name.value = column;
                of_rows.push((name, wanted));
            }
            None => of_records.push((name, wanted)),
        }
    }
    (of_rows, of_records)
}

fn must_be(
    kind: &Kind,
    at: &At<String>,
    id: &str,
    can: impl Fn(&FieldType) -> bool,
    node: &Node<'_>,
) {
    if kind.field(id).is_some_and(|field| can(&field.field_type)) {
        return;
    }
    let known = kind.fields().filter(|field| can(&field.field_type));
    node.problems().add_meant(
        &at.place,
        said!("没有“{id}”这个合适的字段", "there is no field `{id}` that fits here"),
        closest(id, known.map(|field| field.id.as_str())),
    );
}
