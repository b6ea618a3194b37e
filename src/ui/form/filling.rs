//! The form as a screen: where the focus is, and what a key does there.

use super::choosing::Asking;
use super::table::TableInput;
use crate::office::{Changeable, Office};
use crate::program::{Field, FieldType, PERSON, doubts, effective, filled_from_id};
use crate::record::{Fields, IdNumber, Instant, Record, RecordId, Value};
use crate::said;
use crate::terminal::Key;
use crate::ui::action::{Action, Place};
use crate::ui::ask::Answered;
use crate::ui::entry::Entry;
use crate::ui::keymap;
use crate::ui::reading::{self, Reading};
use crate::ui::screen::{Context, Look, Notice, Screen, Taken};
use crate::ui::screens::page::Page;
use crate::words::{Lang, Said};
use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

/// How far a draft may be behind the typing.
const DRAFT_BEHIND: TimeDelta = TimeDelta::seconds(1);
/// When a draft the disk did not take is tried again.
pub(super) const DRAFT_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// One item of a form.
#[derive(Clone)]
pub(super) enum Item {
    /// A section's heading.
    Heading(Said),
    /// A field of its own.
    Entry(Entry),
    Table(TableInput),
}

impl Item {
    pub(super) fn field(&self) -> Option<&Field> {
        match self {
            Self::Heading(_) => None,
            Self::Entry(entry) => Some(&entry.field),
            Self::Table(table) => Some(&table.field),
        }
    }

    pub(super) fn wrong(&self) -> bool {
        match self {
            Self::Heading(_) => false,
            Self::Entry(entry) => entry.wrong.is_some(),
            Self::Table(table) => table.wrong.is_some() || table.first_wrong().is_some(),
        }
    }
}

/// A form being filled.
pub struct Form {
    pub(super) draft: RecordId,
    pub(super) kind: String,
    pub(super) title: Said,
    pub(super) whose: String,
    pub(super) record: Option<Record>,
    pub(super) base: u32,
    pub(super) person: Option<RecordId>,
    pub(super) items: Vec<Item>,
    pub(super) focus: usize,
    pub(super) returned: Vec<String>,
    pub(super) reason: Option<Said>,
    /// When what is typed and not yet in the draft has to be there; none when all is.
    pub(super) keep_by: Option<Instant>,
    /// Something was typed that other fields may follow from, and they have not yet.
    pub(super) unread: bool,
    /// What can be chosen, in one line, by field id or `table.column`.
    pub(super) hints: BTreeMap<String, Said>,
    /// What the question over the form is about.
    pub(super) asking: Asking,
    pub(super) lang: Lang,
    /// What of the record may be changed.
    pub(super) open: Changeable,
    /// Who carries the identity number typed last already.
    pub(super) found: Option<RecordId>,
    /// Saving hands the record in for review.
    pub(super) hands_in: bool,
    /// The first item shown at the last drawing.
    pub(super) top: Cell<usize>,
}

impl Form {
    /// Reads what is typed at the focus, and keeps the draft when it changed anything.
    pub(super) fn leave(&mut self, cx: &mut Context) {
        match self.items.get_mut(self.focus) {
            Some(Item::Entry(entry)) => entry.understand(cx.office, cx.who, cx.lang),
            Some(Item::Table(table)) => table.understand(cx.office, cx.who, cx.lang),
            _ => {}
        }
        if std::mem::take(&mut self.unread) || self.keep_by.is_some() {
            self.derive(cx.office);
            self.total(cx.office);
            self.mark_people(cx);
            self.keep_draft(cx);
        }
    }

    /// Something was typed: the draft follows within a second.
    pub(super) fn typed_at(&mut self, now: Instant) {
        self.keep_by.get_or_insert(now + DRAFT_BEHIND);
        self.unread = true;
    }

    /// Fills from an identity number what it tells, where nothing is yet.
    fn derive(&mut self, office: &Office) {
        let fields: Vec<Field> =
            self.items.iter().filter_map(|item| item.field().cloned()).collect();
        let scope: Vec<&Field> = fields.iter().collect();
        for (id, value) in filled_from_id(&scope, &self.fields()) {
            for item in &mut self.items {
                if let Item::Entry(entry) = item
                    && entry.field.id == id
                    && entry.is_empty()
                {
                    entry.set_value(value.clone(), office, self.lang);
                }
            }
        }
    }

    /// The values typed so far.
    pub(super) fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        for item in &self.items {
            let (id, value) = match item {
                Item::Heading(_) => continue,
                Item::Entry(entry) => (&entry.field.id, entry.value.clone()),
                Item::Table(table) => (&table.field.id, table.value()),
            };
            if let Some(value) = value {
                fields.insert(id.clone(), value);
            }
        }
        fields
    }

    /// Works out the totals that come from rows, to be shown beside their fields, and what is
    /// unlikely about them.
    pub(super) fn total(&mut self, office: &Office) {
        let Some(kind) = office.catalogue().kind(&self.kind) else { return };
        let fields = self.fields();
        let tables = self.items.iter().filter_map(|item| match item {
            Item::Table(table) => Some(table),
            _ => None,
        });
        // The sum of what this person may not see is not shown either.
        let masked: Vec<(String, String)> = tables
            .flat_map(|table| {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                let masked = cells.filter(|cell| cell.mask.is_some());
                masked.map(|cell| (table.field.id.clone(), cell.field.id.clone()))
            })
            .collect();
        for item in &mut self.items {
            if let Item::Entry(entry) = item
                && entry.field.total.is_some()
            {
                let total = effective(kind, &fields, &entry.field.id);
                entry.from_rows = total.from_rows.then_some(total.value).flatten();
                entry.rows_hidden = entry.field.total.as_ref().is_some_and(|total| {
                    let column = total.sum.as_deref().unwrap_or_default();
                    masked.contains(&(total.table.clone(), column.to_string()))
                });
            }
        }
        let doubts = doubts(kind, &fields, office.today());
        for item in &mut self.items {
            if let Item::Entry(entry) = item {
                let own = doubts.iter().find(|(field, _)| *field == entry.field.id);
                entry.doubt = own.map(|(_, doubt)| doubt.clone());
            }
        }
    }

    /// Looks an identity number up as soon as it is whole: what is found can be opened from here.
    fn look_up(&mut self, cx: &mut Context) {
        let Some(entry) = self.entry() else { return };
        let typed = entry.input.text();
        let whole = matches!(entry.field.field_type, FieldType::IdNumber)
            && IdNumber::parse_on(typed, cx.office.today()).is_ok();
        if !whole {
            return;
        }
        let own = self.record.as_ref().map(|record| record.id);
        let but: Vec<RecordId> = own.into_iter().chain(self.person).collect();
        let known = cx.office.known_by_id_number(typed, &but);
        self.found = known.as_ref().map(|(id, _)| *id);
        if let Some((_, said)) = known {
            cx.say(Notice::unsure(
                said,
                said!(
                    "按 Ctrl-B 打开；这里填的会留着。",
                    "Ctrl-B opens it; what is typed here is kept."
                ),
            ));
        }
    }

    /// Opens what was found by the last identity number.
    fn open_found(&mut self, cx: &mut Context) {
        self.leave(cx);
        if let Some(page) = self.found.and_then(|id| Page::open(id, cx)) {
            cx.open(page);
        }
    }

    /// Whether the field with the focus stays as it is; then that is said.
    fn is_frozen(&self, cx: &mut Context) -> bool {
        let field = self.items.get(self.focus).and_then(Item::field);
        let frozen = field.is_some_and(|field| !self.open.takes(&field.id));
        if frozen {
            cx.say(Notice::unsure(
                said!("这一栏已经提交，不能改。", "This field was submitted and stays as it is."),
                said!(
                    "有误的，请主管退回并写明这一栏。",
                    "If it is wrong, ask a supervisor to return the file naming this field."
                ),
            ));
        }
        frozen
    }

    /// The decision as it would be with what is typed now.
    fn preview(&mut self, cx: &mut Context) {
        self.leave(cx);
        let Some(who) = cx.who else { return };
        let record = self.as_record(&who.account, cx);
        // Whoever typed everything on it sees all of it; what was there before stays masked.
        let typed = self.record.is_none();
        let sheet = cx.office.sheet(&record, None, None);
        match sheet.map(|s| if typed { s } else { cx.office.sheet_shown(cx.who, &record, s) }) {
            Ok(sheet) => {
                let whose = Said::same(&self.whose);
                cx.open(Preview {
                    whose,
                    reading: Reading::of_sheet(&sheet, false, &Said::default(), cx),
                });
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }

    /// Esc: what was typed stays as a draft, and the person is told where.
    fn go_back(&mut self, cx: &mut Context) {
        self.leave(cx);
        let kept = cx
            .who
            .is_some_and(|who| cx.office.drafts(who).iter().any(|draft| draft.id == self.draft));
        if kept {
            cx.say(Notice::good(said!(
                "草稿已留好，按 F6 接着填。",
                "The draft is kept; F6 goes on with it."
            )));
        }
        cx.close();
    }
}

impl Screen for Form {
    fn place(&self) -> Place {
        Place::Form
    }

    fn title(&self) -> Said {
        self.title.clone()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::AddRow | Action::RemoveRow => {
                matches!(self.items.get(self.focus), Some(Item::Table(_)))
            }
            Action::Sheet => self.kind != PERSON,
            Action::Choose => self.has_choices(),
            Action::OpenFound => self.found.is_some(),
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Save && !self.hands_in).then_some(Said::fixed("保存", "Save"))
    }

    fn typed(&mut self, key: Key, cx: &mut Context) -> Taken {
        if !keymap::types_text(key) {
            return Taken::No;
        }
        if self.is_frozen(cx) {
            return Taken::Yes;
        }
        let Some(entry) = self.entry_mut() else { return Taken::No };
        if !entry.field.is_computed() {
            entry.key(key);
            self.typed_at(cx.now);
            self.look_up(cx);
        }
        Taken::Yes
    }

    fn pasted(&mut self, pasted: &str, cx: &mut Context) {
        if !self.is_frozen(cx)
            && let Some(entry) = self.entry_mut()
            && !entry.field.is_computed()
        {
            entry.insert(pasted);
            self.typed_at(cx.now);
        }
        self.leave(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if matches!(action, Action::Choose | Action::AddRow | Action::RemoveRow)
            && self.is_frozen(cx)
        {
            return Taken::Yes;
        }
        match action {
            Action::Enter => self.enter(cx),
            Action::Next => self.tab(1, cx),
            Action::Previous => self.tab(-1, cx),
            Action::Up => self.up_or_down(-1, cx),
            Action::Down => self.up_or_down(1, cx),
            Action::PageDown => (0..8).for_each(|_| self.shift(1, cx)),
            Action::PageUp => (0..8).for_each(|_| self.shift(-1, cx)),
            Action::First => self.focus_end(false, cx),
            Action::Last => self.focus_end(true, cx),
            Action::Choose => self.choose(cx),
            Action::OpenFound => self.open_found(cx),
            Action::AddRow => {
                if let Some(table) = self.table() {
                    table.understand(cx.office, cx.who, cx.lang);
                    table.at = (table.rows.len().saturating_sub(1), table.first_needed());
                }
            }
            Action::RemoveRow => {
                if let Some(table) = self.table() {
                    table.remove(cx.office, cx.lang);
                    self.typed_at(cx.now);
                    self.leave(cx);
                }
            }
            Action::Sheet => self.preview(cx),
            Action::Save => {
                self.leave(cx);
                self.save(cx);
            }
            Action::KeepDraft | Action::Back => self.go_back(cx),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        match std::mem::take(&mut self.asking) {
            Asking::Nothing => {}
            Asking::Choice => self.chosen(&answers, cx),
            Asking::Submission(saving) => self.carry_out(&saving, cx),
            Asking::Reason(saving) => self.with_reason(saving, &answers, cx),
            Asking::Versions(now) => self.settle(&now, &answers, cx),
        }
    }

    /// What is written in a field by the program follows the session's language.
    fn refresh(&mut self, cx: &mut Context) {
        if self.lang == cx.lang {
            return;
        }
        self.lang = cx.lang;
        for item in &mut self.items {
            match item {
                Item::Heading(_) => {}
                Item::Entry(entry) => entry.rewrite(cx.office, cx.lang),
                Item::Table(table) => {
                    let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
                    cells.for_each(|cell| cell.rewrite(cx.office, cx.lang));
                }
            }
        }
    }

    fn keep(&mut self, cx: &mut Context) {
        self.leave(cx);
    }

    fn settles_in(&self, now: Instant) -> Option<Duration> {
        self.keep_by.map(|by| (by - now).to_std().unwrap_or_default())
    }

    /// A crash now loses nothing of what was typed; what is in the field is not read yet.
    fn settle(&mut self, cx: &mut Context) -> bool {
        self.keep_draft(cx);
        true
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        super::painting::draw(self, area, buf, look)
    }
}

/// The decision sheet over a form.
struct Preview {
    whose: Said,
    reading: Reading,
}

impl Screen for Preview {
    fn place(&self) -> Place {
        Place::Text
    }

    fn title(&self) -> Said {
        said!("认定依据（按目前填写）", "Decision (as typed so far)")
    }

    fn act(&mut self, action: Action, _cx: &mut Context) -> Taken {
        if self.reading.act(action) { Taken::Yes } else { Taken::No }
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        reading::page(area, buf, look, &[&self.title(), &self.whose], &self.reading)
    }
}

/// True for a value that was typed or chosen, in a check of what two people changed.
pub(super) fn differs(before: &Record, now: &Record, field: &str) -> bool {
    let value = |record: &Record| -> Option<Value> { record.get(field).cloned() };
    value(before) != value(now)
}
