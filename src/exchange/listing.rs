//! Records as rows that go out: which columns there are and what is in each cell.
//!
//! Columns, their order and their headings are settled in [`Listing::new`] and [`Listing::headings`]
//! and nowhere else: the layout another system wants, such as the national sheet of members, is a
//! second list of columns there.

use crate::office::Office;
use crate::program::{
    Catalogue, Field, FieldType, Kind, effective_fields, effective_row, mask, plain, typed,
};
use crate::record::{Fields, Record, Row, Value};
use crate::words::{Lang, Said};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// What is in one cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Out {
    /// Nothing.
    Empty,
    /// Text, never to be taken for a formula.
    Text(String),
    /// Money in fen.
    Fen(i64),
    /// A whole number.
    Whole(i64),
    /// A decimal number.
    Decimal(Decimal),
}

/// What a column shows.
enum Source<'c> {
    Number,
    State,
    Own(&'c Field),
    Person(&'c Field),
}

/// How records of a kind, or the rows of one of its tables, go out.
pub(super) struct Listing<'c> {
    office: &'c Office,
    kind: &'c Kind,
    rows_of: Option<&'c Field>,
    columns: Vec<Source<'c>>,
    lang: Lang,
    reveal: bool,
}

impl<'c> Listing<'c> {
    pub fn new(
        office: &'c Office,
        kind: &'c Kind,
        rows_of: Option<&'c Field>,
        lang: Lang,
        reveal: bool,
    ) -> Self {
        let mut columns = vec![Source::Number];
        if let Some(table) = rows_of {
            columns.extend(table.field_type.columns().iter().map(Source::Own));
        } else {
            columns.extend(kind.workflow.as_ref().map(|_| Source::State));
            // A person's fields first: a table of files begins with whose they are. Tables have
            // rows of their own and go out by themselves.
            let person = office.catalogue().person_kind(kind);
            columns.extend(person.into_iter().flat_map(Kind::fields).map(Source::Person));
            let own = kind.fields().filter(|field| {
                kind.person.as_deref() != Some(field.id.as_str())
                    && !matches!(field.field_type, FieldType::Table { .. })
            });
            columns.extend(own.map(Source::Own));
        }
        Self { office, kind, rows_of, columns, lang, reveal }
    }

    fn catalogue(&self) -> &'c Catalogue {
        self.office.catalogue()
    }

    /// The headings.
    pub fn headings(&self) -> Vec<String> {
        let title = |source: &Source<'_>| match source {
            Source::Number => self.number_heading().get(self.lang).to_string(),
            Source::State => STATE.get(self.lang).to_string(),
            Source::Own(field) | Source::Person(field) => field.title.get(self.lang).to_string(),
        };
        self.columns.iter().map(title).collect()
    }

    /// A heading importing knows as the number and takes for no field: the file comes back whole.
    fn number_heading(&self) -> Said {
        let columns = self.kind.import.columns.iter();
        let mut free = columns.filter(|name| self.catalogue().heading(self.kind, name).is_none());
        let zh = free.next().cloned().unwrap_or_else(|| "编号".to_string());
        Said::new(zh, "number")
    }

    /// How many rows a record gives.
    pub fn count(&self, record: &Record) -> usize {
        match self.rows_of {
            None => 1,
            Some(table) => record.get(&table.id).map_or(0, |value| value.rows().len()),
        }
    }

    /// The rows a record gives.
    pub fn rows(&self, record: &Record) -> Vec<Vec<Out>> {
        let Some(table) = self.rows_of else {
            let person = self.office.person_of_record(record).unwrap_or_else(|| blank(record));
            let own = effective_fields(self.kind, &record.fields);
            return vec![self.cells(record, &own, &person.fields)];
        };
        let none = Fields::new();
        let rows = record.get(&table.id).map(Value::rows).unwrap_or_default();
        rows.iter().map(|row| self.cells(record, &self.whole(table, row), &none)).collect()
    }

    fn whole(&self, table: &Field, row: &Row) -> Fields {
        let columns: Vec<&Field> = table.field_type.columns().iter().collect();
        effective_row(&columns, &row.fields)
    }

    fn cells(&self, record: &Record, own: &Fields, person: &Fields) -> Vec<Out> {
        let cell = |source: &Source<'_>| match source {
            Source::Number => Out::Text(record.number.clone()),
            Source::State => Out::Text(self.state(record)),
            Source::Own(field) => self.cell(field, own.get(&field.id)),
            Source::Person(field) => self.cell(field, person.get(&field.id)),
        };
        self.columns.iter().map(cell).collect()
    }

    fn state(&self, record: &Record) -> String {
        let state = self.kind.workflow.as_ref().and_then(|life| life.state(&record.state));
        state.map_or(record.state.clone(), |state| state.title.get(self.lang).to_string())
    }

    fn is_hidden(&self, field: &Field, value: &Value) -> bool {
        !self.reveal && (field.sensitive.is_some() || mask(field, value).is_some())
    }

    fn cell(&self, field: &Field, value: Option<&Value>) -> Out {
        let Some(value) = value else { return Out::Empty };
        if self.is_hidden(field, value) {
            return Out::Text(plain(self.catalogue(), field, value, self.lang, false));
        }
        match value {
            Value::Money(fen) => Out::Fen(*fen),
            Value::Integer(number) => Out::Whole(*number),
            Value::Decimal(number) => Out::Decimal(*number),
            Value::Reference(id) => {
                let record = self.office.record(*id).ok().flatten();
                record.map_or(Out::Empty, |record| Out::Text(record.number))
            }
            other => Out::Text(plain(self.catalogue(), field, other, self.lang, true)),
        }
    }

    /// A record as one object with the fields of its person beside its own; or one object a row.
    pub fn objects(&self, record: &Record) -> Vec<Json> {
        let number = ("number".to_string(), Json::from(record.number.as_str()));
        if let Some(table) = self.rows_of {
            let columns = table.field_type.columns();
            let rows = record.get(&table.id).map(Value::rows).unwrap_or_default();
            return rows
                .iter()
                .map(|row| {
                    let mut object = Map::from_iter([number.clone()]);
                    self.insert(&mut object, columns.iter(), &self.whole(table, row));
                    Json::Object(object)
                })
                .collect();
        }
        let mut object = Map::from_iter([
            number,
            ("kind".to_string(), Json::from(record.kind.as_str())),
            ("state".to_string(), Json::from(record.state.as_str())),
            ("revision".to_string(), Json::from(record.revision)),
        ]);
        self.insert(&mut object, self.kind.fields(), &effective_fields(self.kind, &record.fields));
        if let Some(person) = self.catalogue().person_kind(self.kind)
            && let Some(head) = self.office.person_of_record(record)
        {
            self.insert(&mut object, person.fields(), &head.fields);
        }
        vec![Json::Object(object)]
    }

    fn insert<'f>(
        &self,
        object: &mut Map<String, Json>,
        fields: impl Iterator<Item = &'f Field>,
        values: &Fields,
    ) {
        for field in fields {
            if let Some(value) = values.get(&field.id) {
                object.insert(field.id.clone(), self.json(field, value));
            }
        }
    }

    fn json(&self, field: &Field, value: &Value) -> Json {
        if self.is_hidden(field, value) {
            return Json::from(plain(self.catalogue(), field, value, self.lang, false));
        }
        match value {
            // A reference by the number people use: the id means nothing outside.
            Value::Reference(id) => {
                let record = self.office.record(*id).ok().flatten();
                record.map_or(Json::Null, |record| Json::from(record.number))
            }
            Value::Table(rows) => rows
                .iter()
                .map(|row| {
                    let mut object = Map::from_iter([("row".to_string(), Json::from(row.id))]);
                    self.insert(&mut object, field.field_type.columns().iter(), &row.fields);
                    Json::Object(object)
                })
                .collect(),
            other => typed::to_json(field, other),
        }
    }
}

/// The heading of the workflow state.
const STATE: Said = Said::fixed("状态", "State");

fn blank(record: &Record) -> Record {
    Record { fields: Fields::new(), ..record.clone() }
}
