//! How a form begins: empty, from a record, or from a draft; and how a draft is kept.

use super::choosing::{Asking, hints};
use super::filling::{DRAFT_AGAIN, Form, Item};
use super::table::TableInput;
use crate::office::{Actor, Changeable, Draft, Office, Right};
use crate::program::{Field, FieldType, Kind};
use crate::record::{Record, RecordId, Value};
use crate::said;
use crate::ui::entry::Entry;
use crate::ui::screen::{Context, Notice};
use crate::words::Lang;
use crate::workflow;
use std::cell::Cell;
use std::collections::BTreeMap;

impl Form {
    /// An empty form.
    pub fn new(kind: &str, person: Option<RecordId>, cx: &mut Context) -> Option<Self> {
        let kind = cx.office.catalogue().kind(kind)?.clone();
        let draft = new_id(cx)?;
        let mut form = Self::blank(&kind, draft, person, cx);
        form.items = items(&kind, |field| fresh(field, cx.office, cx.lang));
        form.show_heads(cx);
        form.focus_first();
        Some(form)
    }

    /// The form of a record.
    pub fn of_record(record: &Record, cx: &mut Context) -> Option<Self> {
        let kind = cx.office.catalogue().kind(&record.kind)?.clone();
        let draft = new_id(cx)?;
        let person = kind.person.as_ref().and_then(|field| record.get(field)?.as_reference());
        let mut form = Self::blank(&kind, draft, person, cx);
        form.load(&kind, record, cx);
        form.focus_first();
        form.focus_returned();
        Some(form)
    }

    /// Puts a record into the form in place of what was there.
    pub(super) fn load(&mut self, kind: &Kind, record: &Record, cx: &Context) {
        self.items = items(kind, |field| filled(field, record.get(&field.id), cx));
        self.show_heads(cx);
        self.base = record.revision;
        self.returned = kind
            .workflow
            .as_ref()
            .map(|life| workflow::returned_fields(life, record))
            .unwrap_or_default();
        let returned = kind.workflow.as_ref().and_then(|life| workflow::returned(life, record));
        self.reason = returned.map(|made| {
            let reason = made.answers.get("reason").and_then(Value::as_text).unwrap_or("");
            let by = &made.by;
            said!("{by} 退回：{reason}", "Returned by {by}: {reason}")
        });
        if self.whose.is_empty() {
            self.whose = cx.office.title_of(record);
        }
        if let Some(who) = cx.who {
            self.open = cx.office.changeable(who, record).unwrap_or(Changeable::All);
        }
        self.record = Some(record.clone());
        self.hands_in = self.submission(kind).is_some();
        self.keep_by = None;
        self.total(cx.office);
    }

    /// Shows the record's person as the first row of tables that begin with them.
    pub(super) fn show_heads(&mut self, cx: &Context) {
        let person = self.person.and_then(|id| cx.office.record(id).ok().flatten());
        let Some(person) = person else { return };
        for item in &mut self.items {
            if let Item::Table(table) = item {
                table.show_head(&person, cx.office);
            }
        }
    }

    /// A draft where it was left.
    pub fn of_draft(draft: &Draft, cx: &mut Context) -> Option<Self> {
        let record = match draft.record {
            Some(id) => cx.office.record(id).ok().flatten(),
            None => None,
        };
        let mut form = match &record {
            Some(record) => Self::of_record(record, cx)?,
            None => Self::new(&draft.kind, draft.person, cx)?,
        };
        form.draft = draft.id;
        if record.is_some() {
            // The draft says which revision it was typed over, so that saving it cannot undo
            // somebody else's change unseen.
            form.base = draft.base;
            // What the others changed since then is told field by field by that day's version.
            let then = record.as_ref().filter(|record| record.revision != draft.base);
            let then = then.and_then(|now| cx.office.record_at(&now.kind, now.id, draft.base));
            form.record = then.or(form.record);
        }
        form.type_again(&draft.typed, cx.office, cx.who);
        form.total(cx.office);
        form.focus_first();
        form.focus_wrong();
        Some(form)
    }

    fn blank(kind: &Kind, draft: RecordId, person: Option<RecordId>, cx: &Context) -> Self {
        let whose = person
            .and_then(|id| cx.office.record(id).ok().flatten())
            .map(|person| person.text("name").to_string())
            .unwrap_or_default();
        Self {
            draft,
            kind: kind.id.clone(),
            title: kind.title.clone(),
            whose,
            record: None,
            base: 0,
            person,
            items: Vec::new(),
            focus: 0,
            returned: Vec::new(),
            open: Changeable::All,
            found: None,
            reason: None,
            keep_by: None,
            unread: false,
            hints: hints(kind, cx.office),
            asking: Asking::Nothing,
            lang: cx.lang,
            hands_in: kind.workflow.is_some(),
            top: Cell::new(0),
        }
    }

    /// Puts a text into a field, as from a search that found nobody.
    pub fn prefill(&mut self, field: &str, text: &str, cx: &Context) {
        for item in &mut self.items {
            if let Item::Entry(entry) = item
                && entry.field.id == field
            {
                entry.set_text(text, cx.office, cx.who, cx.lang);
            }
        }
    }

    /// What is typed, by field; for a table the ids of its rows, and each cell by
    /// `table.row.column`.
    fn typed_texts(&self) -> BTreeMap<String, String> {
        let mut typed = BTreeMap::new();
        for item in &self.items {
            match item {
                Item::Entry(entry) if entry.in_draft() => {
                    typed.insert(entry.field.id.clone(), entry.input.text().to_string());
                }
                Item::Table(table) if table.in_draft() => {
                    let id = &table.field.id;
                    let rows = table.rows.iter().filter(|row| !row.is_empty());
                    let ids: Vec<String> = rows.clone().map(|row| row.id.to_string()).collect();
                    typed.insert(id.clone(), ids.join(" "));
                    for (at, row) in rows.enumerate() {
                        for cell in row.cells.iter().filter(|cell| cell.in_draft()) {
                            let path = format!("{id}.{at}.{}", cell.field.id);
                            typed.insert(path, cell.input.text().to_string());
                        }
                    }
                }
                _ => {}
            }
        }
        typed
    }

    fn type_again(
        &mut self,
        typed: &BTreeMap<String, String>,
        office: &Office,
        who: Option<&Actor>,
    ) {
        let lang = self.lang;
        for item in &mut self.items {
            match item {
                Item::Heading(_) => {}
                Item::Entry(entry) => {
                    if let Some(text) = typed.get(&entry.field.id) {
                        entry.set_text(text, office, who, lang);
                    }
                }
                Item::Table(table) => {
                    let Some(ids) = typed.get(&table.field.id) else { continue };
                    let ids: Vec<u32> =
                        ids.split_whitespace().map(|id| id.parse().unwrap_or(0)).collect();
                    table.lay_out(&ids, office, lang);
                    for (at, row) in table.rows.iter_mut().enumerate() {
                        for cell in &mut row.cells {
                            let path = format!("{}.{at}.{}", table.field.id, cell.field.id);
                            if let Some(text) = typed.get(&path) {
                                cell.set_text(text, office, who, lang);
                            }
                        }
                    }
                    table.keep_one_empty(office, lang);
                }
            }
        }
    }

    pub(super) fn keep_draft(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let typed = self.typed_texts();
        let kept = if typed.is_empty() {
            cx.office.drop_draft(who, self.draft)
        } else {
            let title = if self.whose.is_empty() { self.name_typed() } else { self.whose.clone() };
            cx.office.keep_draft(
                who,
                Draft {
                    id: self.draft,
                    kind: self.kind.clone(),
                    record: self.record.as_ref().map(|record| record.id),
                    base: self.base,
                    person: self.person,
                    title,
                    typed,
                    at: cx.now,
                },
            )
        };
        match kept {
            Ok(()) => self.keep_by = None,
            Err(refusal) => {
                self.keep_by = Some(cx.now + DRAFT_AGAIN);
                cx.say(Notice::from(refusal));
            }
        }
    }

    fn name_typed(&self) -> String {
        let name = self.items.iter().find_map(|item| match item {
            Item::Entry(entry) if matches!(entry.field.field_type, FieldType::PersonName) => {
                Some(entry.input.text().to_string())
            }
            _ => None,
        });
        name.unwrap_or_default()
    }
}

fn new_id(cx: &mut Context) -> Option<RecordId> {
    match cx.office.new_id() {
        Ok(id) => Some(id),
        Err(refusal) => {
            cx.say(Notice::from(refusal));
            None
        }
    }
}

/// Whether a table is filled as one line of ticked codes rather than row by row.
fn ticked(field: &Field) -> bool {
    matches!(field.field_type, FieldType::Table { one_per: Some(_), .. })
}

fn items(kind: &Kind, mut of: impl FnMut(&Field) -> Item) -> Vec<Item> {
    let mut items = Vec::new();
    for section in &kind.sections {
        // The person is chosen before the form opens, and computed fields are never typed.
        let fields = section
            .fields
            .iter()
            .filter(|field| kind.person.as_ref() != Some(&field.id) && !field.is_computed());
        let mut heading = Some(Item::Heading(section.title.clone()));
        for field in fields {
            items.extend(heading.take());
            items.push(of(field));
        }
    }
    items
}

fn fresh(field: &Field, office: &Office, lang: Lang) -> Item {
    if field.field_type.columns().is_empty() || ticked(field) {
        return Item::Entry(Entry::fresh(field, office, lang));
    }
    Item::Table(TableInput::new(field, &[], office, lang))
}

/// A field of the form with a value in it, masked where it is not open to whoever fills it.
pub(super) fn filled(field: &Field, value: Option<&Value>, cx: &Context) -> Item {
    let (office, lang) = (cx.office, cx.lang);
    let open = cx.who.is_some_and(|who| who.may(Right::Sensitive));
    if field.field_type.columns().is_empty() || ticked(field) {
        let mut entry = Entry::new(field, value.cloned(), office, lang);
        if !open {
            entry.close();
        }
        return Item::Entry(entry);
    }
    let rows = value.map(Value::rows).unwrap_or_default();
    let mut table = TableInput::new(field, rows, office, lang);
    if !open {
        table.close();
    }
    Item::Table(table)
}
