//! What a move brings about: rows and fields of its own record, and new records, all in the one
//! entry of the move. Another record that is there already is never touched.

use super::entering::{Entered, settle_names};
use super::plan::Door;
use super::{Actor, Answers, Refusal};
use crate::program::{Field, Follow, Given, Kind, Move, Stage, fits, rows_with, typed};
use crate::record::{Fields, Record, Row, Value};
use crate::words::Said;

/// A record a move makes, with what was entered for it and is kept otherwise.
pub(super) type Made = (Record, Entered);

/// Where the values of a consequence come from.
struct Sources<'s> {
    answers: &'s Answers,
    row: Option<&'s Fields>,
    record: &'s Record,
}

impl Sources<'_> {
    fn named(&self, name: &str) -> Option<&Value> {
        let of_row = || self.row.and_then(|row| row.get(name));
        self.answers.get(name).or_else(of_row).or_else(|| self.record.get(name))
    }
}

impl super::Office {
    /// Brings rows and fields of the record itself up to what the move says.
    pub(super) fn follow_here(
        &self,
        kind: &Kind,
        step: &Move,
        answers: &Answers,
        record: &mut Record,
    ) {
        for follow in &step.then {
            let before = record.clone();
            let sources = Sources { answers, row: None, record: &before };
            match follow {
                Follow::Make { .. } => {}
                Follow::Set { with } => {
                    let emptied = with.iter().filter(|(_, given)| *given == Given::Nothing);
                    emptied.for_each(|(name, _)| drop(record.fields.remove(name)));
                    let values = with.iter().filter_map(|(name, given)| {
                        Some((name.clone(), self.given(kind.field(name)?, given, &sources)?))
                    });
                    record.fields.extend(values);
                }
                Follow::Row { table, with } => {
                    let Some(field) = kind.field(table) else { continue };
                    let columns = field.field_type.columns();
                    let values = with.iter().filter_map(|(name, given)| {
                        let column = columns.iter().find(|column| column.id == *name)?;
                        Some((name.clone(), self.given(column, given, &sources)?))
                    });
                    let row = Row { id: 0, fields: values.collect() };
                    match record.fields.get_mut(table) {
                        Some(Value::Table(rows)) => rows.push(row),
                        _ => {
                            record.fields.insert(table.clone(), Value::Table(vec![row]));
                        }
                    }
                }
            }
        }
        super::entering::number_rows(&mut record.fields);
    }

    /// The records a move makes.
    ///
    /// # Errors
    /// When one of them would not hold; the field is named with the kind it is of.
    pub(super) fn follow_beyond(
        &self,
        door: &mut Door,
        actor: &Actor,
        step: &Move,
        answers: &Answers,
        record: &Record,
    ) -> Result<Vec<Made>, Refusal> {
        let beyond = self.beyond(step, answers, record).into_iter().map(|(kind, fields)| {
            let made = self.made_of(door, actor, kind, (fields, record));
            made.map_err(|refusal| of_kind(kind, refusal))
        });
        beyond.collect()
    }

    /// A record as a move will leave it, before anybody has answered anything, and after it what the
    /// move makes: for rules that are shown beforehand. What is made has no number yet.
    pub(super) fn as_left_by(&self, kind: &Kind, step: &Move, record: &Record) -> Vec<Record> {
        let mut left = Record { state: step.to.clone(), ..record.clone() };
        let answers = Answers::new();
        self.follow_here(kind, step, &answers, &mut left);
        let made = self.beyond(step, &answers, &left).into_iter().filter_map(|(kind, fields)| {
            let state = kind.workflow.as_ref().map(|life| life.start.clone());
            let made = Record::made(self.new_id().ok()?, &kind.id, "", "", self.now());
            Some(Record { fields, state: state.unwrap_or_default(), ..made })
        });
        let made: Vec<Record> = made.collect();
        std::iter::once(left).chain(made).collect()
    }

    /// The fields of the records a move makes, with their kinds.
    fn beyond(&self, step: &Move, answers: &Answers, record: &Record) -> Vec<(&Kind, Fields)> {
        let mut beyond = Vec::new();
        for follow in &step.then {
            let Follow::Make { kind, each, narrowed, copy, with } = follow else { continue };
            // The loader knows the kinds.
            let kinds = self.catalogue.kind(kind).zip(self.catalogue.kind(&record.kind));
            let Some((kind, own)) = kinds else { continue };
            let Some(table) = each else {
                let sources = Sources { answers, row: None, record };
                beyond.push((kind, self.fields_of(kind, *copy, with, &sources)));
                continue;
            };
            for row in rows_with(own, &record.fields, table, narrowed) {
                let sources = Sources { answers, row: Some(&row), record };
                beyond.push((kind, self.fields_of(kind, *copy, with, &sources)));
            }
        }
        beyond
    }

    fn fields_of(
        &self,
        kind: &Kind,
        copy: bool,
        with: &[(String, Given)],
        sources: &Sources<'_>,
    ) -> Fields {
        let mut fields = Fields::new();
        for field in kind.fields().filter(|field| !field.is_computed() && field.total.is_none()) {
            let given = with.iter().find(|(name, _)| *name == field.id).map(|(_, given)| given);
            if given == Some(&Given::Nothing) {
                continue;
            }
            let value = match given {
                Some(given) => self.given(field, given, sources),
                None if copy => {
                    let from = sources.row.unwrap_or(&sources.record.fields).get(&field.id);
                    from.filter(|value| fits(&field.field_type, value)).cloned()
                }
                None => None,
            };
            let value = value.or_else(|| typed::default_value(field, &self.typing()));
            fields.extend(value.map(|value| (field.id.clone(), value)));
        }
        fields
    }

    fn made_of(
        &self,
        door: &mut Door,
        actor: &Actor,
        kind: &Kind,
        (mut fields, from): (Fields, &Record),
    ) -> Result<Made, Refusal> {
        super::entering::number_rows(&mut fields);
        let entered = settle_names(kind, &mut fields)?;
        self.checked(kind, &fields, Stage::Draft)?;
        // The record it comes from may be made in the same entry, and is there for nobody yet.
        let to_it = fields.iter().filter(|(_, value)| value.as_reference() == Some(from.id));
        let to_it = to_it.map(|(field, value)| (field.clone(), value.clone())).collect();
        self.references_hold(kind, &fields, &to_it)?;
        Ok((self.new_record(door, actor, kind, fields, None)?, entered))
    }

    fn given(&self, field: &Field, given: &Given, sources: &Sources<'_>) -> Option<Value> {
        match given {
            Given::This => Some(Value::Reference(sources.record.id)),
            Given::Nothing => None,
            Given::Named(name) => sources.named(name).cloned(),
            // The loader has read it once already.
            Given::Typed(text) => typed::parse(field, text, &self.typing()).ok().flatten(),
        }
    }
}

/// A refusal of a record the move would make says which kind it is about.
fn of_kind(kind: &Kind, refusal: Refusal) -> Refusal {
    let (title, said) = (&kind.title, &refusal.message);
    let message = Said::new(
        format!("这一步要新建的“{}”：{}", title.zh, said.zh),
        format!("The {} this step makes: {}", title.en, said.en),
    );
    Refusal { message, ..refusal }
}
