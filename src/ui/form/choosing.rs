//! Choosing instead of typing: what a field offers, and what becomes of the choice.

use super::filling::{Form, Item};
use super::saving::Saving;
use crate::office::Office;
use crate::program::{Field, FieldType, Kind};
use crate::record::Record;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::entry::Entry;
use crate::ui::screen::{Context, Effect};
use crate::ui::screens::find::Find;
use crate::words::Said;
use std::collections::BTreeMap;

/// What a question over the form is about.
#[derive(Default)]
pub(super) enum Asking {
    /// Nothing is asked.
    #[default]
    Nothing,
    /// What to put into the focused field.
    Choice,
    /// Whether to hand the record in.
    Submission(Saving),
    /// Why a change is made that needs a reason.
    Reason(Saving),
    /// Which version counts where somebody else changed the record: the version there is now.
    Versions(Box<Record>),
}

impl Form {
    /// True when the focused field has something to choose from.
    pub(super) fn has_choices(&self) -> bool {
        self.entry().is_some_and(|entry| match &entry.field.field_type {
            FieldType::YesNo | FieldType::Reference { .. } => true,
            FieldType::Table { one_per, .. } => one_per.is_some(),
            other => other.list().is_some(),
        })
    }

    /// Offers what can be chosen, for those who do not know the codes. Where several may be
    /// chosen, those already there are left out and the chosen are added.
    pub(super) fn choose(&mut self, cx: &mut Context) {
        self.leave(cx);
        let Some(entry) = self.entry() else { return };
        if let FieldType::Reference { kind, make, .. } = &entry.field.field_type {
            let Some(kind) = cx.office.catalogue().kind(kind) else { return };
            // What was found before is not looked for again.
            let text = if entry.value.is_some() { "" } else { entry.input.text() };
            let find = Find::choosing(kind, *make, text);
            self.asking = Asking::Choice;
            cx.open(find);
            return;
        }
        let options = entry.options(cx.office);
        if options.is_empty() {
            return;
        }
        let title = entry.field.title.clone();
        let part = if entry.takes_several() {
            let there = pieces(entry);
            let is_there =
                |label: &Said| there.iter().any(|one| *one == label.zh || *one == label.en);
            let left = options.into_iter().filter(|(_, label)| !is_there(label)).collect();
            Part::any_of(Said::default(), left)
        } else {
            let text = entry.input.text().trim();
            let at = options.iter().position(|(_, label)| label.zh == text || label.en == text);
            Part::one_of(Said::default(), options).starting_at(at)
        };
        self.asking = Asking::Choice;
        cx.open(Ask::new(title, Vec::new(), vec![part], |answers, cx| {
            cx.ask(Effect::Answer(answers));
        }));
    }

    /// Takes over what was chosen.
    pub(super) fn chosen(&mut self, answers: &Answered, cx: &mut Context) {
        let chosen = answers.first().cloned().unwrap_or_default();
        let Some(entry) = self.entry_mut() else { return };
        let text = if entry.takes_several() {
            let mut all: Vec<String> = pieces(entry).iter().map(ToString::to_string).collect();
            all.extend(chosen);
            all.join("、")
        } else {
            chosen.join("")
        };
        entry.replace(&text);
        self.typed_at(cx.now);
        self.leave(cx);
    }
}

/// What is in a field that takes several, one by one.
fn pieces(entry: &Entry) -> Vec<&str> {
    let text = entry.input.text();
    text.split(['、', '，', ',', ';', '；']).map(str::trim).filter(|one| !one.is_empty()).collect()
}

/// One line of what can be chosen, for each field that draws on a list.
pub(super) fn hints(kind: &Kind, office: &Office) -> BTreeMap<String, Said> {
    let own = kind.fields().map(|field| (field.id.clone(), field));
    let columns = kind.fields().flat_map(|table| {
        let path = |column: &Field| format!("{}.{}", table.id, column.id);
        table.field_type.columns().iter().map(move |column| (path(column), column))
    });
    own.chain(columns)
        .filter_map(|(path, field)| {
            // The numbers are those one may type, which stay when an entry of the list is closed.
            let list = office.catalogue().code_list(list_of(&field.field_type)?)?;
            let numbered: Vec<Said> = list
                .open_on(office.today())
                .map(|entry| {
                    let (n, label) = (entry.number, &entry.label);
                    Said::new(format!("{n} {}", label.zh), format!("{n} {}", label.en))
                })
                .collect();
            (!numbered.is_empty()).then(|| (path, Said::join(&numbered, "  ", "  ")))
        })
        .collect()
}

/// The code list a field draws on; for a ticked table the one of its column.
fn list_of(field_type: &FieldType) -> Option<&str> {
    match field_type {
        FieldType::Table { fields, one_per: Some(key), .. } => {
            fields.iter().find(|field| field.id == *key)?.field_type.list()
        }
        other => other.list(),
    }
}

impl Form {
    /// What can be chosen at the focus, in one line.
    pub(super) fn hint(&self) -> Option<&Said> {
        let entry = self.entry()?;
        match self.items.get(self.focus)? {
            Item::Table(table) => self.hints.get(&format!("{}.{}", table.field.id, entry.field.id)),
            _ => self.hints.get(&entry.field.id),
        }
    }
}
