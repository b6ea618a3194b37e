//! Sections, fields and columns of a kind.

use super::Mentions;
use crate::edited::{At, Node, Place, values};
use crate::formula::Formula;
use crate::program::{Field, FieldType, FirstRow, Required, Section, Total, Validity};
use crate::record::parse_money;
use crate::said;
use crate::words::closest;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What reading the fields of one kind gathers besides the fields.
pub(super) struct Gathered<'m> {
    /// The kind's id.
    pub kind: &'m str,
    /// Names of other files.
    pub mentions: &'m mut Mentions,
    /// States named by `required`, checked against the workflow.
    pub states: Vec<At<String>>,
    /// What is unlikely, by field.
    pub doubts: Vec<(String, Validity)>,
    /// What rows are narrowed by, by table.
    pub narrowed: Vec<(String, Where)>,
    /// Where each field is, by its path.
    pub places: BTreeMap<String, Place>,
}

/// What something is narrowed by, as written: names, each with the values that will do.
pub(super) type Where = Vec<(At<String>, Vec<At<String>>)>;

/// The sections of a kind.
pub(super) fn sections(kind: &Node<'_>, into: &mut Gathered<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for node in kind.tables("section") {
        let id = node.need_text("id").map(|at| at.value).unwrap_or_default();
        if sections.iter().any(|section| section.id == id) {
            node.wrong(said!("分组“{id}”出现了两次", "section `{id}` stands here twice"));
        }
        let title = node.need_said("title");
        let fields = fields(&node, "field", "", into);
        node.finish();
        sections.push(Section { id, title, fields });
    }
    sections
}

/// Fields or columns; `under` is the table they are columns of, with a dot.
fn fields(node: &Node<'_>, key: &'static str, under: &str, into: &mut Gathered<'_>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for item in node.tables(key) {
        let Some(field) = field(&item, under, into) else { continue };
        let path = format!("{under}{}", field.id);
        if let Some(first) = into.places.get(&path) {
            let line = first.line;
            item.wrong(said!(
                "字段“{path}”在第 {line} 行已经有了",
                "field `{path}` is already there on line {line}"
            ));
            continue;
        }
        into.places.insert(path, item.place().clone());
        fields.push(field);
    }
    fields
}

/// `gives_away = "id_number"`: this date is the birth date in that identity number, so a mask of
/// the number leaves no more of it in sight than the year.
fn gives_away(item: &Node<'_>, field_type: Option<&FieldType>) -> Option<String> {
    let at = item.text("gives_away")?;
    if !matches!(field_type, Some(FieldType::Date)) {
        item.problems().add(
            &at.place,
            said!("只有日期字段可以写 gives_away", "only a date field can have `gives_away`"),
        );
    }
    Some(at.value)
}

/// One field; `None` when it has no id or no type to go by.
pub(super) fn field(item: &Node<'_>, under: &str, into: &mut Gathered<'_>) -> Option<Field> {
    let id = item.need_text("id");
    let title = item.need_said("title");
    let help = item.said("help");
    let id_text = id.as_ref().map(|at| at.value.clone()).unwrap_or_default();
    let path = format!("{under}{id_text}");
    let type_name = item.need_text("type");
    let field_type = type_name.and_then(|name| field_type(item, &name, &path, into));
    if let Some(doubt) = validity(item, "doubt") {
        if path.contains('.') {
            item.wrong(said!("列不能写 doubt", "a column cannot have a `doubt`"));
        }
        into.doubts.push((path.clone(), doubt));
    }
    let required = required(item, into);
    let sensitive = item.text("sensitive");
    into.mentions.groups.extend(sensitive.clone());
    let default = item.scalar("default").map(|at| {
        into.mentions.defaults.push((into.kind.to_string(), path, at.place));
        at.value
    });
    let aliases = values(item.texts("aliases"));
    let valid = validity(item, "valid");
    let total = total(item, into);
    let asked = item.yes("asked").unwrap_or(false);
    let gives_away = gives_away(item, field_type.as_ref());
    item.finish();
    let id = id?;
    check_id(item, &id);
    let field_type = field_type?;
    Some(Field {
        id: id.value,
        title,
        help,
        field_type,
        required,
        sensitive: sensitive.map(|at| at.value),
        default,
        aliases,
        valid,
        total,
        asked,
        gives_away,
    })
}

/// Ids are used in formulas and dotted paths, so they are plain lower-case names.
pub(super) fn check_id(item: &Node<'_>, id: &At<String>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fine =
        id.value.starts_with(|c: char| c.is_ascii_lowercase()) && id.value.chars().all(plain);
    if !fine {
        let text = &id.value;
        item.problems().add(
            &id.place,
            said!(
                "编号“{text}”只能用小写字母、数字和下划线，并以字母开头",
                "id `{text}` may only hold lower-case letters, digits and underscores"
            ),
        );
    }
}

fn field_type(
    item: &Node<'_>,
    name: &At<String>,
    path: &str,
    into: &mut Gathered<'_>,
) -> Option<FieldType> {
    Some(match name.value.as_str() {
        "text" => FieldType::Text {
            multiline: item.yes("multiline").unwrap_or(false),
            max: item.whole("max").and_then(|at| usize::try_from(at.value).ok()),
        },
        "person_name" => FieldType::PersonName,
        "id_number" => FieldType::IdNumber,
        "org_code" => FieldType::OrgCode,
        "phone" => FieldType::Phone,
        "bank_card" => FieldType::BankCard,
        "integer" => FieldType::Integer {
            min: item.whole("min").map(|at| at.value),
            max: item.whole("max").map(|at| at.value),
        },
        "decimal" => FieldType::Decimal {
            min: decimal(item, "min"),
            max: decimal(item, "max"),
            places: item.whole("places").and_then(|at| u32::try_from(at.value).ok()),
        },
        "money" => FieldType::Money { min: money(item, "min") },
        "date" => FieldType::Date,
        "instant" => FieldType::Instant,
        "yes_no" => FieldType::YesNo,
        "choice" => FieldType::Choice { list: list(item, into)? },
        "tags" => FieldType::Tags {
            list: list(item, into)?,
            max: item.whole("max").and_then(|at| usize::try_from(at.value).ok()),
        },
        "papers" => FieldType::Papers { list: list(item, into)? },
        "reference" => {
            let kind = item.need_text("kind")?;
            into.mentions.kinds.push(kind.clone());
            let find_by = item.texts("find_by");
            let to = find_by.iter().map(|at| (kind.value.clone(), at.clone()));
            into.mentions.find_by.extend(to);
            let make = item.yes("make").unwrap_or(false);
            FieldType::Reference { kind: kind.value, find_by: values(find_by), make }
        }
        "table" => table(item, path, into),
        "computed" => computed(item, path, into)?,
        other => {
            item.problems().add_meant(
                &name.place,
                said!("没有“{other}”这种字段类型", "there is no field type `{other}`"),
                closest(other, FieldType::NAMES),
            );
            item.forgive(&[
                "list", "kind", "column", "min", "max", "places", "is", "gives", "find_by", "make",
            ]);
            return None;
        }
    })
}

fn table(item: &Node<'_>, path: &str, into: &mut Gathered<'_>) -> FieldType {
    if path.contains('.') {
        item.wrong(said!("表格里不能再放表格", "a table cannot hold another table"));
    }
    let fields = fields(item, "column", &format!("{path}."), into);
    if fields.is_empty() {
        item.wrong(said!("表格没有列（column）", "the table has no `column`"));
    }
    let one_per = item.text("one_per");
    if let Some(at) = &one_per {
        let choice = |field: &&Field| matches!(field.field_type, FieldType::Choice { .. });
        if !fields.iter().filter(choice).any(|field| field.id == at.value) {
            let id = &at.value;
            item.problems().add_meant(
                &at.place,
                said!("没有“{id}”这个选项列", "there is no choice column `{id}`"),
                closest(id, fields.iter().filter(choice).map(|field| field.id.as_str())),
            );
        }
    }
    let first_row = item.table("first_row").and_then(|node| first_row(&node, &fields));
    FieldType::Table { fields, one_per: one_per.map(|at| at.value), first_row }
}

/// `first_row = { column = "relation", label = { zh = "本人", en = "self" } }`: the record's person
/// is shown as the first row, with the label in that column.
fn first_row(node: &Node<'_>, fields: &[Field]) -> Option<FirstRow> {
    let column = node.need_text("column");
    let label = node.need_said("label");
    node.finish();
    let column = column?;
    if !fields.iter().any(|field| field.id == column.value) {
        let id = &column.value;
        node.problems().add_meant(
            &column.place,
            said!("没有“{id}”这一列", "there is no column `{id}`"),
            closest(id, fields.iter().map(|field| field.id.as_str())),
        );
    }
    Some(FirstRow { column: column.value, label })
}

fn computed(item: &Node<'_>, path: &str, into: &mut Gathered<'_>) -> Option<FieldType> {
    let formula = Formula::need(item, "is");
    let gives = item.need_text("gives");
    let gives = gives.and_then(|name| {
        let plain = ["text", "integer", "money", "date", "yes_no", "choice"];
        if plain.contains(&name.value.as_str()) {
            return field_type(item, &name, path, into);
        }
        let other = &name.value;
        item.problems().add_meant(
            &name.place,
            said!("公式不能得出“{other}”类型", "a formula cannot give the type `{other}`"),
            closest(other, plain),
        );
        None
    });
    Some(FieldType::Computed { formula: formula?, gives: Box::new(gives?) })
}

fn list(item: &Node<'_>, into: &mut Gathered<'_>) -> Option<String> {
    let list = item.need_text("list")?;
    into.mentions.lists.push(list.clone());
    Some(list.value)
}

fn decimal(item: &Node<'_>, key: &'static str) -> Option<Decimal> {
    let at = item.scalar(key)?;
    let number = at.value.parse().ok();
    if number.is_none() {
        item.wrong_at(key, said!("“{key}”应当是数", "`{key}` must be a number"));
    }
    number
}

fn money(item: &Node<'_>, key: &'static str) -> Option<i64> {
    let at = item.scalar(key)?;
    let fen = parse_money(&at.value).ok();
    if fen.is_none() {
        item.wrong_at(key, said!("“{key}”应当是金额（元）", "`{key}` must be an amount in yuan"));
    }
    fen
}

fn required(item: &Node<'_>, into: &mut Gathered<'_>) -> Required {
    if item.is_true("required") {
        return Required::Always;
    }
    let texts = item.texts("required");
    match texts.as_slice() {
        [] => Required::Never,
        [one] if one.value == "always" => Required::Always,
        [one] if one.value == "submit" => Required::AtSubmit,
        [one] if one.value == "never" => Required::Never,
        _ => {
            into.states.extend(texts.iter().cloned());
            Required::In(values(texts))
        }
    }
}

fn validity(item: &Node<'_>, key: &'static str) -> Option<Validity> {
    let node = item.table(key)?;
    let formula = Formula::need(&node, "is");
    let said = node.need_said("message");
    node.finish();
    Some(Validity { formula: formula?, said })
}

fn total(item: &Node<'_>, into: &mut Gathered<'_>) -> Option<Total> {
    let node = item.table("total")?;
    let table = node.need_text("table").map(|at| at.value);
    let named: Where = node.table("where").iter().flat_map(Node::every_list).collect();
    let sum = node.text("sum").map(|at| at.value);
    let only = node.text("only").map(|at| at.value);
    let count = node.yes("count").unwrap_or(false);
    let plus = node.whole("plus").map_or(0, |at| at.value);
    if sum.is_some() == count {
        node.wrong(said!(
            "合计要么写 sum = \"列\"，要么写 count = true",
            "a total has either sum = \"column\" or count = true"
        ));
    }
    node.finish();
    let table = table?;
    let narrowed =
        named.iter().map(|(at, wanted)| (at.value.clone(), values(wanted.clone()))).collect();
    into.narrowed.push((table.clone(), named));
    Some(Total { table, sum, only, narrowed, plus })
}
