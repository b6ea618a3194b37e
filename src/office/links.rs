//! Links between records: finding what a text names, and what points at a record.

use super::lists::Queue;
use super::reading::known_to;
use super::{Actor, Refusal};
use crate::directory::{Card, IdRole, Query, Sort, Why};
use crate::program::{FieldType, Kind, Named, Records};
use crate::record::{Fields, Record, RecordId, Value, name_key};
use crate::said;
use crate::words::Said;
use std::sync::PoisonError;

/// Most records one text is looked for among.
const MOST: usize = 200;

/// The records of one kind that point at another with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointing {
    /// The list of them.
    pub queue: Queue,
    /// What they are and by which field, as a heading.
    pub title: Said,
    /// How many.
    pub count: usize,
}

/// The records somebody knows of, by what is typed for them.
pub struct Names<'o> {
    office: &'o super::Office,
    who: Option<&'o Actor>,
}

impl Records for Names<'_> {
    fn named(&self, kind: &str, find_by: &[String], text: &str) -> Vec<Named> {
        self.office.named_for(self.who, kind, find_by, text)
    }
}

/// For nobody in particular, who knows of no confidential record.
impl Records for super::Office {
    fn named(&self, kind: &str, find_by: &[String], text: &str) -> Vec<Named> {
        self.named_for(None, kind, find_by, text)
    }
}

impl super::Office {
    /// The records somebody may name.
    #[must_use]
    pub fn names<'o>(&'o self, who: &'o Actor) -> Names<'o> {
        Names { office: self, who: Some(who) }
    }

    fn named_for(
        &self,
        who: Option<&Actor>,
        kind: &str,
        find_by: &[String],
        text: &str,
    ) -> Vec<Named> {
        let Some(kind) = self.catalogue.kind(kind) else { return Vec::new() };
        let by = |fields: &[String]| {
            find_by.is_empty() || find_by.iter().any(|wanted| fields.contains(wanted))
        };
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let known = |card: &Card<'_>| card.kind == kind.code && known_to(who, card);
        let cards = |ids: Vec<RecordId>| -> Vec<Card<'static>> {
            ids.into_iter().filter_map(|id| directory.get(id)).filter(known).collect()
        };
        let numbered = directory.by_number(text).or_else(|| self.merged_number(text));
        let mut found = cards(numbered.into_iter().collect());
        if found.is_empty() && (by(&kind.search.id_numbers) || by(&kind.search.numbers)) {
            let bearers = directory.by_id_number(text).into_iter();
            let own = bearers.filter(|bearer| bearer.role != IdRole::Household);
            found = cards(own.map(|bearer| bearer.id).collect());
        }
        let mut by_name = Vec::new();
        if found.is_empty() && by(&kind.search.names) {
            let query = Query { text: text.to_string(), kind: Some(kind.code), limit: MOST };
            let hits = directory.search(&query).into_iter().filter(|hit| hit.why == Why::Name);
            by_name = cards(hits.map(|hit| hit.id).collect());
        }
        drop(directory);
        by_name.retain(|card| self.is_called(kind, card, find_by, text));
        found.extend(by_name);
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let named = |card: Card<'static>| Named {
            id: card.id,
            title: self.name_on(&card, &directory, who),
            number: card.number.into_owned(),
        };
        found.into_iter().map(named).collect()
    }

    /// Whether this is its whole name, in one of the fields it is found by.
    fn is_called(&self, kind: &Kind, card: &Card<'_>, find_by: &[String], text: &str) -> bool {
        let wanted = name_key(text);
        if find_by.is_empty() && name_key(&card.title) == wanted {
            return true;
        }
        let Ok(Some(record)) = self.inside(&kind.id, card.id) else { return false };
        let names = kind.search.names.iter();
        let mut names = names.filter(|name| find_by.is_empty() || find_by.contains(name));
        names.any(|name| name_key(record.text(name)) == wanted)
    }
}

impl super::Office {
    /// What points at a record, by kind and field; nothing of those nothing of which does.
    #[must_use]
    pub fn pointing_at(&self, actor: &Actor, record: &Record) -> Vec<Pointing> {
        let all = self.references_to(&record.kind);
        all.filter_map(|(kind, field)| {
            let title = pointing_title(kind, &field);
            let queue = Queue::PointingAt { kind: kind.id.clone(), field, to: record.id };
            let count = self.waiting(actor, &queue);
            (count > 0).then_some(Pointing { queue, title, count })
        })
        .collect()
    }

    /// A record that still points at this one, and is none of `but`.
    pub(super) fn one_pointing_at(
        &self,
        record: &Record,
        but: &[RecordId],
    ) -> Option<Card<'static>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        self.references_to(&record.kind).find_map(|(kind, field)| {
            let filter = super::facets::pointing(kind, &field, record.id);
            let (_, ids) = directory.list(&filter, &Sort::default(), 0, but.len() + 1);
            directory.get(ids.into_iter().find(|id| !but.contains(id))?)
        })
    }

    /// The fields, and columns of tables, by which records point at those of a kind.
    pub(super) fn references_to(&self, to: &str) -> impl Iterator<Item = (&Kind, String)> {
        self.catalogue.kinds().flat_map(move |kind| {
            let fields = kind.references().filter(move |(_, of)| *of == to);
            fields.map(move |(field, _)| (kind, field))
        })
    }

    /// Refuses fields that name a record that is not here, or is of another kind. What was there
    /// `before` stays, whatever became of what it names.
    pub(super) fn references_hold(
        &self,
        kind: &Kind,
        fields: &Fields,
        before: &Fields,
    ) -> Result<(), Refusal> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let holds = |to: &str, value: &Value| match value.as_reference() {
            Some(id) => directory.kind(self.canonical(id)).is_some_and(|code| {
                self.catalogue.kind_of_code(code).is_some_and(|kind| kind.id == to)
            }),
            None => true,
        };
        for field in kind.fields().filter(|field| kind.person.as_ref() != Some(&field.id)) {
            let Some(value) = fields.get(&field.id) else { continue };
            let was = before.get(&field.id);
            if was == Some(value) {
                continue;
            }
            let rows_before = was.map(Value::rows).unwrap_or_default();
            if let FieldType::Reference { kind: to, .. } = &field.field_type
                && !holds(to, value)
            {
                return Err(self.no_such(to).at(field.id.clone()));
            }
            for column in field.field_type.columns() {
                let FieldType::Reference { kind: to, .. } = &column.field_type else { continue };
                for row in value.rows() {
                    let was = rows_before.iter().find(|other| other.id == row.id);
                    let was = was.and_then(|row| row.fields.get(&column.id));
                    if was.is_some() && was == row.fields.get(&column.id) {
                        continue;
                    }
                    if row.fields.get(&column.id).is_some_and(|value| !holds(to, value)) {
                        let place = format!("{}[{}].{}", field.id, row.id, column.id);
                        return Err(self.no_such(to).at(place));
                    }
                }
            }
        }
        Ok(())
    }

    fn no_such(&self, kind: &str) -> Refusal {
        let title = self.catalogue.kind(kind).map(|kind| kind.title.clone()).unwrap_or_default();
        Refusal::invalid(
            "",
            Said::new(
                format!("这里要填一个{}，填的记录不是，或已不在。", title.zh),
                format!("This names a {}; the record given is none, or is not here.", title.en),
            ),
            said!("请按编号或全名重新选一个。", "Choose one again by number or whole name."),
        )
    }
}

/// "检查（站点）": what the records are, and by which field they point.
fn pointing_title(kind: &Kind, field: &str) -> Said {
    let by = kind.field_at(field).map(|field| field.title.clone()).unwrap_or_default();
    Said::new(format!("{}（{}）", kind.title.zh, by.zh), format!("{} ({})", kind.title.en, by.en))
}
