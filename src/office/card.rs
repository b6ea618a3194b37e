//! A record as the directory sees it.

use super::Office;
use crate::calendar::Calendar;
use crate::directory::{CONFIDENTIAL, Card, IdNumber, IdRole, OPEN_TO};
use crate::program::{Kind, PERSON};
use crate::record::{Record, Value};
use crate::store::{Glance, StoreError, Walk};
use crate::workflow;
use std::borrow::Cow;

/// What a walk over the table shows of a record.
#[allow(clippy::large_enum_variant, reason = "nearly all are cards")]
pub(super) enum Walked<'r> {
    /// Its card.
    Card(Card<'r>),
    /// Its making was taken back, or its content erased.
    Withdrawn(Box<Record>),
}

impl Office {
    /// Shows every record of the table; kinds no pack describes are left out.
    pub(super) fn each_card(&self, mut each: impl FnMut(Walked<'_>)) -> Result<Walk, StoreError> {
        let plain: Vec<&Kind> = self.catalogue.kinds().filter(|kind| is_plain(kind)).collect();
        self.store.walk(|record| {
            if let Some(kind) = plain.iter().find(|kind| kind.code == record.kind_code()) {
                let glance = record.glance()?;
                if glance.state.is_empty() {
                    each(Walked::Card(at_a_glance(&glance, kind)));
                    return Ok(());
                }
            }
            let record = record.stored()?.record;
            if record.is_withdrawn() {
                each(Walked::Withdrawn(Box::new(record)));
                return Ok(());
            }
            let person = self.person_of_record(&record);
            if let Some(card) = self.card_of(&record, person.as_ref()) {
                each(Walked::Card(card));
            }
            Ok(())
        })
    }

    /// The card of a record, where a pack describes its kind. `person` is the one it belongs to.
    pub(super) fn card_of<'r>(
        &self,
        record: &'r Record,
        person: Option<&'r Record>,
    ) -> Option<Card<'r>> {
        let kind = self.catalogue.kind(&record.kind)?;
        Some(of(record, person.zip(self.catalogue.kind(PERSON)), kind, &self.calendar))
    }
}

fn of<'r>(
    record: &'r Record,
    person: Option<(&'r Record, &Kind)>,
    kind: &Kind,
    calendar: &Calendar,
) -> Card<'r> {
    let mut card = Card::new(record.id, kind.code, record.created);
    card.number = Cow::Borrowed(&record.number);
    card.state = Cow::Borrowed(&record.state);
    card.entered = record.entered();
    card.updated = record.updated;
    if let Some((person, person_kind)) = person {
        card.person = Some(person.id);
        collect(&mut card, person_kind, IdRole::Own, |path, text| texts(person, path, text));
    }
    let role = if person.is_some() { IdRole::Household } else { IdRole::Own };
    collect(&mut card, kind, role, |path, text| texts(record, path, text));
    card.title = card.names.first().cloned().unwrap_or_default();
    if let Some(life) = &kind.workflow {
        card.submitted_by = workflow::submitted_by(life, record).map(Cow::Borrowed);
        card.due = workflow::due(life, record, calendar).ok().flatten().map(|due| due.date);
    }
    card.facets.push(("created_by".into(), Cow::Borrowed(&record.created_by)));
    if let Some(life) = &kind.workflow {
        let blocked = workflow::blocked(life, record).into_iter();
        card.facets.extend(blocked.map(|account| (NOT_FOR.into(), account.into())));
    }
    if let Some(rule) = &kind.confidential
        && record.get(&rule.field).and_then(Value::as_yes_no) == Some(true)
    {
        let named = rule.handler.as_ref().map(|field| record.text(field).trim());
        let handler = named.filter(|name| !name.is_empty()).unwrap_or(&record.created_by);
        card.facets.push((CONFIDENTIAL.into(), "yes".into()));
        card.facets.push((OPEN_TO.into(), handler.into()));
    }
    card
}

/// Whether the card of such a record needs nothing but its texts.
fn is_plain(kind: &Kind) -> bool {
    let search = &kind.search;
    let mut paths = search.names.iter().chain(&search.phones).chain(&search.id_numbers);
    kind.workflow.is_none()
        && kind.confidential.is_none()
        && kind.person.is_none()
        && paths.all(|path| !path.contains('.'))
}

/// The same card as [`of`] makes of the record.
fn at_a_glance<'r>(glance: &'r Glance<'_>, kind: &Kind) -> Card<'r> {
    let mut card = Card::new(glance.id, kind.code, glance.created);
    card.number = Cow::Borrowed(&glance.number);
    card.updated = glance.updated;
    collect(&mut card, kind, IdRole::Own, |path, found| {
        if let Some(text) = glance.text(path) {
            found(Cow::Borrowed(text));
        }
    });
    card.title = card.names.first().cloned().unwrap_or_default();
    card.facets.push(("created_by".into(), Cow::Borrowed(&glance.created_by)));
    card
}

/// The facet of an account that may not make the step a record waits for.
pub(super) const NOT_FOR: &str = "not_for";

/// Puts on a card what a kind is found by; `texts` tells those a path leads to.
fn collect<'r>(
    card: &mut Card<'r>,
    kind: &Kind,
    role: IdRole,
    texts: impl Fn(&str, &mut dyn FnMut(Cow<'r, str>)),
) {
    for path in &kind.search.names {
        texts(path, &mut |name| card.names.push(name));
    }
    for path in &kind.search.phones {
        texts(path, &mut |phone| card.phones.push(phone));
    }
    for path in &kind.search.id_numbers {
        let role = if path.contains('.') { IdRole::Household } else { role };
        texts(path, &mut |number| card.id_numbers.push(IdNumber { role, number }));
    }
}

/// The texts a path leads to: `name`, or `members.name` for each row.
fn texts<'r>(record: &'r Record, path: &str, found: &mut dyn FnMut(Cow<'r, str>)) {
    let mut text = |value: Option<&'r Value>| {
        if let Some(text) = value.and_then(Value::as_text) {
            found(Cow::Borrowed(text));
        }
    };
    match path.split_once('.') {
        None => text(record.get(path)),
        Some((table, column)) => {
            let rows = record.get(table).map(Value::rows).unwrap_or_default();
            rows.iter().for_each(|row| text(row.fields.get(column)));
        }
    }
}
