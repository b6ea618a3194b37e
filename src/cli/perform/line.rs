//! One JSON line as a command of the office.

use crate::cli::opening::{Opened, not_found};
use crate::office::{Answers, Command, Refusal};
use crate::program::typed::{self, answer_from_json, from_json};
use crate::program::{Field, FieldType, Kind, Move, TypedError, Typing};
use crate::record::{Fields, Record, RecordId, Value};
use crate::said;
use crate::words::{Said, closest};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A JSON object.
type Object = Map<String, Json>;

/// The keys a command may be called by, each with the others that may be beside it.
const SHAPES: [(&str, &[&str]); 6] = [
    ("create", &["fields", "number", "head"]),
    ("amend", &["base", "fields", "reason"]),
    ("move", &["number", "base", "answers"]),
    ("undo", &[]),
    ("merge", &["into", "reason"]),
    ("take_back", &["reason"]),
];

/// Reads a line; `None` for a blank one. `row` counts from 1.
///
/// # Errors
/// What is wrong with it and what to write instead.
pub fn read(at: &Opened, row: usize, line: &[u8]) -> Result<Option<Command>, Refusal> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Err(unreadable(row, &Said::fixed("不是 UTF-8 文字", "it is not UTF-8")));
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(None);
    }
    let object = match serde_json::from_str(text) {
        Ok(Json::Object(object)) => object,
        Ok(_) => return Err(unreadable(row, &Said::fixed("不是对象 {…}", "it is no object {…}"))),
        Err(error) => {
            let column = error.column();
            let what = said!(
                "不是完整的 JSON，问题在第 {column} 列附近",
                "it is not whole JSON; look near column {column}"
            );
            return Err(unreadable(row, &what));
        }
    };
    let (shape, beside) = shape(row, &object)?;
    only_known(&object, shape, beside)?;
    let what = needed_text(&object, shape)?;
    match shape {
        "create" => create(at, what, &object),
        "amend" => amend(at, what, &object),
        "undo" => Ok(Command::Undo { id: newest(at, what)?.id, seq: None }),
        "merge" => {
            let (id, into) = (newest(at, what)?.id, needed_text(&object, "into")?);
            let into = newest(at, into).map_err(|refusal| refusal.at("into"))?.id;
            let reason = reason(&object)?.unwrap_or_default();
            Ok(Command::Merge { id, into, reason })
        }
        "take_back" => {
            let (id, seq) = (newest(at, what)?.id, None);
            let reason = reason(&object)?.unwrap_or_default();
            Ok(Command::TakeBack { id, seq, reason })
        }
        _ => make_move(at, what, &object),
    }
    .map(Some)
}

fn create(at: &Opened, kind: &str, object: &Object) -> Result<Command, Refusal> {
    let kind = at.kind(kind)?;
    let mut fields = defaults(at, kind);
    for (id, json) in object_at(object, "fields")? {
        let (id, value) = value(at, kind, id, json)?;
        match value {
            Some(value) => fields.insert(id, value),
            None => fields.remove(&id),
        };
    }
    if let Some(head) = object.get("head") {
        let reference = kind.person.as_deref().and_then(|id| kind.field(id)).ok_or_else(|| {
            Refusal::invalid(
                "head",
                said!("这种记录不属于某个人。", "This kind of record belongs to nobody."),
                said!("请去掉 head。", "Leave head out."),
            )
        })?;
        if let Some(value) = field_value(at, reference, head, "head")? {
            fields.insert(reference.id.clone(), value);
        }
    }
    let number = match object.get("number") {
        None | Some(Json::Null) => None,
        Some(_) => Some(needed_text(object, "number")?.to_string()),
    };
    Ok(Command::Create { kind: kind.id.clone(), fields, number, step: None })
}

/// What the form of this kind starts with.
fn defaults(at: &Opened, kind: &Kind) -> Fields {
    let names = at.office.names(&at.actor);
    let typing = Typing { records: &names, ..at.office.typing() };
    let fields = kind.fields().filter(|field| field.field_type.columns().is_empty());
    fields
        .filter_map(|field| Some((field.id.clone(), typed::default_value(field, &typing)?)))
        .collect()
}

fn amend(at: &Opened, number: &str, object: &Object) -> Result<Command, Refusal> {
    let record = newest(at, number)?;
    let kind = at.kind(&record.kind)?;
    let base = base(object)?.ok_or_else(|| {
        let now = record.revision;
        Refusal::invalid(
            "base",
            said!("没有写明根据哪一版修改。", "It does not say which revision it is based on."),
            said!(
                "请加上 \"base\"；现在是第 {now} 版，先用 yizhan show 看清再改。",
                "Add \"base\"; it is at revision {now} now, look with `yizhan show` first."
            ),
        )
    })?;
    let mut fields = BTreeMap::new();
    for (id, json) in object_at(object, "fields")? {
        let (id, value) = value(at, kind, id, json)?;
        fields.insert(id, value);
    }
    Ok(Command::Amend { id: record.id, base, fields, reason: reason(object)? })
}

fn reason(object: &Object) -> Result<Option<String>, Refusal> {
    match object.get("reason") {
        None | Some(Json::Null) => Ok(None),
        Some(_) => needed_text(object, "reason").map(|reason| Some(reason.to_string())),
    }
}

fn make_move(at: &Opened, step: &str, object: &Object) -> Result<Command, Refusal> {
    let record = newest(at, needed_text(object, "number")?)?;
    let kind = at.kind(&record.kind)?;
    let found = kind.workflow.as_ref().and_then(|life| life.find_move(step));
    let mut answers = Answers::new();
    for (id, json) in object_at(object, "answers")? {
        // An unknown step or question is refused by the office, in its own words.
        if let Some(value) = answer(at, kind, found, id, json)? {
            answers.insert(id.clone(), value);
        }
    }
    let base = base(object)?;
    Ok(Command::Move { id: record.id, base, id_of_move: step.to_string(), answers })
}

fn answer(
    at: &Opened,
    kind: &Kind,
    step: Option<&Move>,
    id: &str,
    json: &Json,
) -> Result<Option<Value>, Refusal> {
    let ask = step.and_then(|step| step.asks.iter().find(|ask| ask.id == id));
    match ask {
        Some(ask) => answer_from_json(
            kind,
            ask,
            json,
            &Typing { records: &at.office.names(&at.actor), ..at.office.typing() },
        )
        .map_err(|error| refused(id, error)),
        None => Ok(Some(Value::Text(json.as_str().unwrap_or_default().to_string()))),
    }
}

/// A field of the kind or its person with its value, `None` for emptying it.
fn value(
    at: &Opened,
    kind: &Kind,
    name: &str,
    json: &Json,
) -> Result<(String, Option<Value>), Refusal> {
    let catalogue = at.office.catalogue();
    let Some(heading) = catalogue.heading(kind, name) else {
        let flat = catalogue.flat_fields(kind);
        let meant = closest(name, flat.iter().map(|(_, field)| field.id.as_str()));
        let (zh, en) = (&kind.title.zh, &kind.title.en);
        return Err(Refusal::invalid(
            name,
            said!("{zh}没有“{name}”这个字段。", "A {en} has no field \"{name}\"."),
            match meant {
                Some(meant) => said!("是否想写 {meant}？", "Did you mean {meant}?"),
                None => said!("请核对字段名。", "Check the name of the field."),
            },
        ));
    };
    let id = heading.field.id.clone();
    Ok((id, field_value(at, heading.field, json, name)?))
}

fn field_value(
    at: &Opened,
    field: &Field,
    json: &Json,
    place: &str,
) -> Result<Option<Value>, Refusal> {
    let names = at.office.names(&at.actor);
    let typing = Typing { records: &names, ..at.office.typing() };
    if let (FieldType::Reference { kind, find_by, .. }, Some(text)) =
        (&field.field_type, json.as_str())
        && uuid::Uuid::parse_str(text).is_err()
        && typing.records.named(kind, find_by, text.trim()).is_empty()
    {
        return Err(not_found(text).at(place));
    }
    from_json(field, json, &typing).map_err(|error| refused(place, error))
}

fn refused(place: &str, error: TypedError) -> Refusal {
    let place = match error.cell {
        Some(cell) => format!("{place}[{}].{}", cell.row, cell.column),
        None => place.to_string(),
    };
    Refusal::invalid(place, error.said, error.next)
}

/// A record as it stands for the next change, also when it is still on its way to the disk.
fn newest(at: &Opened, number: &str) -> Result<Record, Refusal> {
    let number = number.trim();
    let id: RecordId = at.office.numbered(number).ok_or_else(|| not_found(number))?;
    if !at.office.knows(&at.actor, id) {
        return Err(not_found(number));
    }
    for kind in at.office.catalogue().kinds() {
        let found = at.office.store().latest(&kind.id, id);
        let found = found.map_err(|error| Refusal::unavailable(error.said(), error.next()))?;
        if let Some(stored) = found {
            return Ok(stored.record);
        }
    }
    Err(not_found(number))
}

fn shape(row: usize, object: &Object) -> Result<(&'static str, &'static [&'static str]), Refusal> {
    let mut named = SHAPES.into_iter().filter(|(shape, _)| object.contains_key(*shape));
    match (named.next(), named.next()) {
        (Some(shape), None) => Ok(shape),
        (None, _) => {
            let what = Said::fixed(
                "没有 create、amend、move、undo 或 take_back",
                "it has none of create, amend, move, undo and take_back",
            );
            Err(unreadable(row, &what))
        }
        (Some((first, _)), Some((second, _))) => Err(unreadable(
            row,
            &said!("既有 {first} 又有 {second}", "it has {first} and {second}"),
        )),
    }
}

/// A misspelt key would otherwise be passed over without a word.
fn only_known(object: &Object, shape: &str, beside: &[&str]) -> Result<(), Refusal> {
    let Some(extra) = object.keys().find(|key| *key != shape && !beside.contains(&key.as_str()))
    else {
        return Ok(());
    };
    let known = beside.join(", ");
    let next = match closest(extra, beside.iter().copied()) {
        Some(meant) => said!("是否想写 {meant}？", "Did you mean {meant}?"),
        None => said!("可用的有：{known}。", "Known: {known}."),
    };
    Err(Refusal::invalid(
        extra.clone(),
        said!("{shape} 没有“{extra}”这一项。", "{shape} has no \"{extra}\"."),
        next,
    ))
}

fn object_at<'o>(
    object: &'o Object,
    key: &str,
) -> Result<impl Iterator<Item = (&'o String, &'o Json)>, Refusal> {
    let inner = match object.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::Object(inner)) => Some(inner),
        Some(_) => {
            return Err(Refusal::invalid(
                key,
                said!("“{key}”应是对象 {{…}}。", "\"{key}\" is an object {{…}}."),
                said!("请写成 {{\"字段\": 值}}。", "Write {{\"field\": value}}."),
            ));
        }
    };
    Ok(inner.into_iter().flatten())
}

fn needed_text<'o>(object: &'o Object, key: &str) -> Result<&'o str, Refusal> {
    let text = object.get(key).and_then(Json::as_str).map(str::trim);
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        Refusal::invalid(
            key,
            said!("“{key}”要写文字。", "\"{key}\" is a string."),
            said!("请补上 \"{key}\": \"…\"。", "Add \"{key}\": \"…\"."),
        )
    })
}

fn base(object: &Object) -> Result<Option<u32>, Refusal> {
    match object.get("base") {
        None | Some(Json::Null) => Ok(None),
        Some(json) => {
            json.as_u64().and_then(|base| u32::try_from(base).ok()).map(Some).ok_or_else(|| {
                Refusal::invalid(
                    "base",
                    said!("“base”要写版本号，如 3。", "\"base\" is a revision, such as 3."),
                    said!("版本号见 yizhan show。", "See `yizhan show`."),
                )
            })
        }
    }
}

fn unreadable(row: usize, what: &Said) -> Refusal {
    let (zh, en) = (&what.zh, &what.en);
    Refusal::invalid(
        "",
        said!("第 {row} 行读不懂：{zh}。", "Line {row} cannot be understood: {en}."),
        said!(
            "每行写一个 JSON 对象，例如 {{\"create\": \"person\", \"fields\": {{\"name\": \"…\"}}}}。",
            "Write one JSON object a line, such as {{\"create\": \"person\", \"fields\": {{\"name\": \"…\"}}}}."
        ),
    )
}
