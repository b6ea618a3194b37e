//! Which records go out: all of a kind, those a search finds, or those with certain values.

use crate::office::{Actor, Office, Refusal};
use crate::program::{Field, Kind, effective, typed};
use crate::record::{Record, RecordId, Value, fold};
use crate::said;
use crate::words::{Said, closest};

/// One `field=value`.
struct Condition<'c> {
    of: Of<'c>,
    /// As typed, folded.
    text: String,
    /// As a value; none for "is empty".
    value: Option<Value>,
}

enum Of<'c> {
    Number,
    State,
    Own(&'c Field),
    Person(&'c Field),
}

/// The records of a kind that a query names, by number; a search gives them best first.
///
/// # Errors
/// When the query names no field or a value cannot be read, or the machine cannot read.
pub(super) fn choose(
    office: &Office,
    actor: &Actor,
    kind: &Kind,
    query: Option<&str>,
) -> Result<Vec<RecordId>, Refusal> {
    office.wait_for_index();
    let query = query.map(str::trim).filter(|query| !query.is_empty());
    let conditions = match query {
        Some(query) if !query.contains(['=', '＝']) => {
            let found = office.search(actor, query, Some(&kind.id), usize::MAX)?;
            return Ok(found.into_iter().map(|line| line.id).collect());
        }
        Some(query) => conditions(office, kind, query)?,
        None => Vec::new(),
    };
    let mut chosen = Vec::new();
    office.each(&kind.id, |record| {
        let known = office.knows(actor, record.id);
        if known && conditions.iter().all(|condition| condition.holds(office, kind, &record)) {
            chosen.push((record.number, record.id));
        }
        Ok(())
    })?;
    chosen.sort_unstable();
    Ok(chosen.into_iter().map(|(_, id)| id).collect())
}

fn conditions<'c>(
    office: &'c Office,
    kind: &'c Kind,
    query: &str,
) -> Result<Vec<Condition<'c>>, Refusal> {
    let pieces = query.split([',', '，']).map(fold).filter(|piece| !piece.is_empty());
    pieces.map(|piece| condition(office, kind, &piece)).collect()
}

fn condition<'c>(
    office: &'c Office,
    kind: &'c Kind,
    piece: &str,
) -> Result<Condition<'c>, Refusal> {
    let refused = |said: Said, next: Said| Refusal::invalid("where", said, next);
    let Some((name, text)) = piece.split_once('=') else {
        return Err(refused(
            said!("“{piece}”里没有等号。", "There is no equals sign in \"{piece}\"."),
            Said::fixed(
                "请写 字段=值，多个条件用逗号分开。",
                "Write field=value, several with commas between.",
            ),
        ));
    };
    let (name, text) = (name.trim(), text.trim().to_string());
    let of = match (name, office.catalogue().heading(kind, name)) {
        ("number" | "编号", _) => Of::Number,
        ("state" | "状态", _) => Of::State,
        (_, Some(found)) if found.kind.id == kind.id => Of::Own(found.field),
        (_, Some(found)) => Of::Person(found.field),
        (_, None) => {
            let flat = office.catalogue().flat_fields(kind);
            let meant = closest(name, flat.iter().map(|(_, field)| field.id.as_str()));
            return Err(refused(
                said!("没有“{name}”这个栏目。", "There is no field \"{name}\"."),
                match meant {
                    Some(meant) => said!("是不是“{meant}”？", "Did you mean {meant}?"),
                    None => Said::fixed(
                        "请写栏目的名称或编号，如 state=draft。",
                        "Name a field by title or id, such as state=draft.",
                    ),
                },
            ));
        }
    };
    let value = match &of {
        Of::Own(field) | Of::Person(field) if !field.is_computed() => {
            typed::parse(field, &text, &office.typing())
                .map_err(|error| refused(error.said, error.next))?
        }
        _ => (!text.is_empty()).then(|| Value::Text(text.clone())),
    };
    Ok(Condition { of, text, value })
}

impl Condition<'_> {
    fn holds(&self, office: &Office, kind: &Kind, record: &Record) -> bool {
        let kept = match self.of {
            Of::Number => return fold(&record.number).eq_ignore_ascii_case(&self.text),
            Of::State => return self.is_state(kind, record),
            Of::Own(field) => effective(kind, &record.fields, &field.id).value,
            Of::Person(field) => {
                office.person_of_record(record).and_then(|person| person.get(&field.id).cloned())
            }
        };
        match (kept, &self.value) {
            (None, None) => true,
            (Some(Value::Tags(kept)), Some(Value::Tags(wanted))) => {
                wanted.iter().all(|code| kept.contains(code))
            }
            (Some(Value::Money(fen)), Some(Value::Text(text))) => {
                crate::record::parse_money(text) == Ok(fen)
            }
            (kept, wanted) => kept == *wanted,
        }
    }

    fn is_state(&self, kind: &Kind, record: &Record) -> bool {
        let state = kind.workflow.as_ref().and_then(|life| life.state(&record.state));
        record.state == self.text
            || state.is_some_and(|s| s.title.zh == self.text || s.title.en == self.text)
    }
}
