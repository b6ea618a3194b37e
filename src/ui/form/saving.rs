//! From a filled form to commands through the one door.

use super::choosing::Asking;
use super::filling::{Form, Item, differs};
use super::opening::filled;
use crate::office::{Answers, Command, Receipt, Refusal, RefusalKind};
use crate::policy::Overall;
use crate::program::{self, FieldProblem, Kind, Stage};
use crate::record::{Fields, Record, RecordId, Value};
use crate::said;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::entry::Wrong;
use crate::ui::screen::{Context, Effect, Notice};
use crate::ui::screens::page::Page;
use crate::words::Said;
use std::collections::BTreeMap;

/// What a confirmed form asks of the office.
#[derive(Clone)]
pub(super) struct Saving {
    command: Option<Command>,
    record: Option<RecordId>,
    submit: Option<String>,
}

impl Form {
    /// The form's values as a record that is not kept, for looking ahead.
    pub(super) fn as_record(&self, account: &str, cx: &Context) -> Record {
        let mut fields = self.fields();
        let kind = cx.office.catalogue().kind(&self.kind);
        if let (Some(person), Some(reference)) =
            (self.person, kind.and_then(|kind| kind.person.clone()))
        {
            fields.insert(reference, Value::Reference(person));
        }
        match &self.record {
            Some(record) => Record { fields, ..record.clone() },
            None => {
                let record = Record::made(self.draft, &self.kind, "", account, cx.now);
                Record { revision: 0, fields, ..record }
            }
        }
    }

    /// Checks everything, then asks once and saves; a file with a life of its own is submitted.
    pub(super) fn save(&mut self, cx: &mut Context) {
        let Some(who) = cx.who.cloned() else { return };
        let Some(kind) = cx.office.catalogue().kind(&self.kind).cloned() else { return };
        let record = self.as_record(&who.account, cx);
        let submit = self.submission(&kind);
        let stage = if submit.is_some() { Stage::Submit } else { Stage::Draft };
        self.mark(&kind, &record.fields, stage, cx);
        if self.items.iter().any(Item::wrong) {
            self.focus_wrong();
            self.typed_at(cx.now);
            self.keep_draft(cx);
            cx.say(Notice::unsure(
                said!(
                    "有几处还要填写或更正，已标出；填好的都留着。",
                    "Some entries need attention and are marked; what is filled in is kept."
                ),
                said!("改好后再按 F10。", "Put them right and press F10 again."),
            ));
            return;
        }
        let saving = Saving {
            command: self.command(&kind, &record),
            record: self.record.as_ref().map(|record| record.id),
            submit,
        };
        if saving.submit.is_none() {
            return self.carry_out(&saving, cx);
        }
        let heading = said!("提交审核", "Submit for review");
        let mut body = vec![self.summary(&record, cx)];
        for (field, doubt) in program::doubts(&kind, &record.fields, cx.office.today()) {
            let title = kind.field(&field).map(|field| field.title.clone()).unwrap_or_default();
            body.push(Said::new(
                format!("请留意 {}：{}", title.zh, doubt.zh),
                format!("Please note {}: {}", title.en, doubt.en),
            ));
        }
        body.push(
            said!(
                "提交后由审核员办理，需要改动时会退回。想先看每一条依据，按 Esc 再按 F7。",
                "A reviewer takes it from here and returns it if something must change. To read every line of the decision first, press Esc and then F7."
            ),
        );
        self.asking = Asking::Submission(saving);
        let asked = Ask::new(heading, body, Vec::new(), |answers, cx| {
            cx.ask(Effect::Answer(answers));
        });
        cx.open(asked.deciding());
    }

    /// What the program would suggest, in one line, before it is handed in.
    fn summary(&self, record: &Record, cx: &Context) -> Said {
        match cx.office.sheet(record, None, None) {
            Ok(sheet) => {
                let outcome = sheet.outcome.said();
                // A category beside "does not qualify" would read as if it had been granted.
                let category = cx.office.outcome_of(&sheet);
                let category = category.filter(|_| sheet.outcome != Overall::SuggestsNo);
                let category = category.unwrap_or_default();
                let of = |colon| if self.whose.is_empty() { "" } else { colon };
                let (zh, en) = (of("："), of(": "));
                Said::new(
                    format!("{}{zh}{} {}", self.whose, outcome.zh, category.zh),
                    format!("{}{en}{} {}", self.whose, outcome.en, category.en),
                )
            }
            Err(_) => Said::same(&self.whose),
        }
    }

    /// The move that hands the record in, when it is in a state to be handed in from.
    pub(super) fn submission(&self, kind: &Kind) -> Option<String> {
        let life = kind.workflow.as_ref()?;
        let state = self.record.as_ref().map_or(&life.start, |record| &record.state);
        life.submitting().find(|step| step.from.contains(state)).map(|step| step.id.clone())
    }

    /// Marks what the pack finds wrong beside what cannot be read; what was wrong at the last
    /// check and is right now is no longer marked.
    fn mark(&mut self, kind: &Kind, fields: &Fields, stage: Stage, cx: &Context) {
        let gone = |wrong: &mut Option<Wrong>| {
            wrong.take_if(|wrong| !wrong.unreadable);
        };
        let mut fields = fields.clone();
        for item in &mut self.items {
            match item {
                Item::Heading(_) => {}
                Item::Entry(entry) => gone(&mut entry.wrong),
                Item::Table(table) => {
                    gone(&mut table.wrong);
                    table
                        .rows
                        .iter_mut()
                        .flat_map(|row| &mut row.cells)
                        .for_each(|cell| gone(&mut cell.wrong));
                    if let Some(Value::Table(rows)) = fields.get_mut(&table.field.id) {
                        for (row, (_, id)) in rows.iter_mut().zip(table.numbered()) {
                            row.id = id;
                        }
                    }
                }
            }
        }
        for problem in cx.office.problems(kind, &fields, stage) {
            self.mark_one(&problem);
        }
    }

    /// Marks rows of a table that are somebody who is in the record already, as soon as they
    /// are typed; the rest of the check waits until the form is saved.
    pub(super) fn mark_people(&mut self, cx: &Context) {
        let Some(kind) = cx.office.catalogue().kind(&self.kind) else { return };
        let who = cx.who.map(|who| who.account.clone()).unwrap_or_default();
        let mut fields = self.as_record(&who, cx).fields;
        for item in &mut self.items {
            let Item::Table(table) = item else { continue };
            let twice = |wrong: &mut Option<Wrong>| {
                wrong.take_if(|wrong| wrong.twice);
            };
            table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|c| twice(&mut c.wrong));
            if let Some(Value::Table(rows)) = fields.get_mut(&table.field.id) {
                for (row, (_, id)) in rows.iter_mut().zip(table.numbered()) {
                    row.id = id;
                }
            }
        }
        for problem in cx.office.twice(kind, &fields) {
            self.mark_as(&problem, true);
        }
    }

    fn mark_one(&mut self, problem: &FieldProblem) {
        self.mark_as(problem, false);
    }

    fn mark_as(&mut self, problem: &FieldProblem, twice: bool) {
        let wrong = Wrong::checked(problem.said.clone(), problem.next.clone());
        let wrong = Wrong { twice, ..wrong };
        let put = |slot: &mut Option<Wrong>| {
            slot.get_or_insert(wrong.clone());
        };
        for item in &mut self.items {
            match item {
                Item::Entry(entry) if entry.field.id == problem.field => put(&mut entry.wrong),
                Item::Table(table) if table.field.id == problem.field => {
                    let numbered = table.numbered();
                    let at =
                        numbered.iter().find(|(_, id)| Some(*id) == problem.row).map(|(at, _)| *at);
                    let row = at.and_then(|at| table.rows.get_mut(at));
                    let cell = row.and_then(|row| {
                        row.cells
                            .iter_mut()
                            .find(|cell| Some(&cell.field.id) == problem.column.as_ref())
                    });
                    match cell {
                        Some(cell) => put(&mut cell.wrong),
                        None => put(&mut table.wrong),
                    }
                }
                _ => {}
            }
        }
    }

    /// The command that saves what is typed; none when nothing changed.
    fn command(&self, kind: &Kind, record: &Record) -> Option<Command> {
        let Some(old) = &self.record else {
            return Some(Command::Create {
                kind: kind.id.clone(),
                fields: record.fields.clone(),
                number: None,
                step: None,
            });
        };
        let mut changes: BTreeMap<String, Option<Value>> = BTreeMap::new();
        for item in &self.items {
            let Some(field) = item.field() else { continue };
            let new = record.fields.get(&field.id);
            if old.get(&field.id) != new {
                changes.insert(field.id.clone(), new.cloned());
            }
        }
        (!changes.is_empty()).then_some(Command::Amend {
            id: old.id,
            base: self.base,
            fields: changes,
            reason: None,
        })
    }

    /// Saves, then hands in. A refusal leaves everything typed where it is.
    pub(super) fn carry_out(&mut self, saving: &Saving, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let mut done = None;
        if let Some(command) = &saving.command {
            match cx.office.perform(who, command.clone()) {
                Ok(receipt) => done = Some(receipt),
                Err(refusal) if refusal.field == "reason" => {
                    return self.ask_reason(saving.clone(), &refusal, cx);
                }
                Err(refusal) => return self.refused(&refusal, cx),
            }
        }
        // What is saved needs no draft any more, even when handing it in is refused below.
        if let Err(refusal) = cx.office.drop_draft(who, self.draft) {
            cx.say(Notice::from(refusal));
        }
        self.keep_by = None;
        let id = saving.record.or(done.as_ref().and_then(|receipt| receipt.id));
        if let (Some(step), Some(id)) = (&saving.submit, id) {
            let command =
                Command::Move { id, base: None, id_of_move: step.clone(), answers: Answers::new() };
            match cx.office.perform(who, command) {
                Ok(receipt) => done = Some(receipt),
                Err(refusal) => return self.saved_only(id, done.as_ref(), &refusal, cx),
            }
        }
        match done {
            Some(receipt) => finished(&receipt, saving.submit.is_some(), cx),
            None => {
                cx.say(Notice::good(said!("没有改动。", "Nothing was changed.")));
                cx.close();
            }
        }
    }

    /// Asks why, where a change needs a reason.
    fn ask_reason(&mut self, saving: Saving, refusal: &Refusal, cx: &mut Context) {
        self.asking = Asking::Reason(saving);
        cx.open(Ask::new(
            said!("更正的原因", "Reason for the correction"),
            vec![refusal.message.clone()],
            vec![Part::line(said!("原因", "Reason"))],
            |answers, cx| cx.ask(Effect::Answer(answers)),
        ));
    }

    /// Saves with the reason given.
    pub(super) fn with_reason(&mut self, saving: Saving, answers: &Answered, cx: &mut Context) {
        let given = answers.iter().flatten().next().cloned();
        let mut saving = saving;
        if let Some(Command::Amend { reason, .. }) = &mut saving.command {
            *reason = given;
        }
        self.carry_out(&saving, cx);
    }

    /// Saved but not handed in: the form goes on with the record there is now, so that nothing is
    /// made twice.
    fn saved_only(
        &mut self,
        id: RecordId,
        saved: Option<&Receipt>,
        refusal: &Refusal,
        cx: &mut Context,
    ) {
        if let (Ok(Some(record)), Some(kind)) =
            (cx.office.record(id), cx.office.catalogue().kind(&self.kind).cloned())
        {
            self.load(&kind, &record, cx);
        }
        if let Some(receipt) = saved {
            cx.ask(Effect::Saved(receipt.at));
        }
        self.refused(refusal, cx);
        let (message, number) =
            (&refusal.message, self.record.as_ref().map_or("", |record| &record.number));
        cx.say(Notice {
            said: Said::new(
                format!("{number} 已保存，还没有提交：{}", message.zh),
                format!("{number} is saved but not submitted: {}", message.en),
            ),
            ..Notice::from(refusal.clone())
        });
    }

    /// Shows a refusal at the field it names; when somebody else changed the record meanwhile,
    /// both versions.
    fn refused(&mut self, refusal: &Refusal, cx: &mut Context) {
        let name = refusal.field.split(['[', '.']).next().unwrap_or_default();
        self.mark_one(&FieldProblem {
            field: name.to_string(),
            row: None,
            column: None,
            said: refusal.message.clone(),
            next: refusal.next.clone(),
        });
        self.focus_wrong();
        cx.say(Notice::from(refusal.clone()));
        let now =
            self.record.as_ref().and_then(|record| cx.office.record(record.id).ok().flatten());
        if let Some(now) =
            now.filter(|now| now.revision != self.base && refusal.kind == RefusalKind::Conflict)
        {
            self.compare(now, cx);
        }
    }

    /// Asks which version counts where two people changed the same fields.
    fn compare(&mut self, now: Record, cx: &mut Context) {
        let Some(before) = self.record.clone() else { return };
        let who = cx.who.map(|who| who.account.clone()).unwrap_or_default();
        let mine = self.as_record(&who, cx);
        let (by, revision) = (&now.updated_by, now.revision);
        let mut body = vec![said!(
            "{by} 已改到第 {revision} 版。您填的都还在。",
            "{by} made revision {revision}. What you typed is still here."
        )];
        let shown = |record: &Record, field: &program::Field| {
            let value = cx.office.shown(cx.who, record, field).unwrap_or_default();
            if value.is_empty() { Said::same("—") } else { value }
        };
        // A draft is resumed over the version of that day; then what differs is all that is known.
        let stale = before.revision != self.base;
        let changed =
            |field: &&program::Field| differs(if stale { &mine } else { &before }, &now, &field.id);
        for field in self.items.iter().filter_map(Item::field).filter(changed) {
            let (theirs, title) = (shown(&now, field), &field.title);
            let ours = differs(&now, &mine, &field.id).then(|| shown(&mine, field));
            let (zh, en) = match ours {
                Some(ours) => (format!("，您填 {}", ours.zh), format!(", yours {}", ours.en)),
                None => Default::default(),
            };
            body.push(Said::new(
                format!("{}：现在 {}{zh}", title.zh, theirs.zh),
                format!("{}: now {}{en}", title.en, theirs.en),
            ));
        }
        let options = vec![
            (
                "mine".to_string(),
                said!("同一栏目以我填的为准", "Where both changed a field, mine counts"),
            ),
            (
                "theirs".to_string(),
                said!(
                    "同一栏目用现在的，其余保留我填的",
                    "Where both changed a field, theirs counts"
                ),
            ),
        ];
        self.asking = Asking::Versions(Box::new(now));
        cx.open(Ask::new(
            said!("别人已经改过", "Somebody else changed it"),
            body,
            vec![Part::one_of(Said::default(), options)],
            |answers, cx| cx.ask(Effect::Answer(answers)),
        ));
    }

    /// Goes on over the version there is now, with what was typed where it shall count.
    pub(super) fn settle(&mut self, now: &Record, answers: &Answered, cx: &mut Context) {
        let theirs = answers.iter().flatten().any(|answer| answer == "theirs");
        let Some(before) = self.record.clone() else { return };
        let who = cx.who.map(|who| who.account.clone()).unwrap_or_default();
        let mine = self.as_record(&who, cx);
        let stale = before.revision != self.base;
        for item in &mut self.items {
            let Some(field) = item.field().cloned() else { continue };
            let changed_here = differs(&before, &mine, &field.id) || item.wrong();
            let changed_there = differs(if stale { &mine } else { &before }, now, &field.id);
            if changed_there && (theirs || !changed_here) {
                *item = filled(&field, now.get(&field.id), cx);
            }
        }
        self.show_heads(cx);
        self.base = now.revision;
        self.record = Some(now.clone());
        self.total(cx.office);
        self.typed_at(cx.now);
        self.keep_draft(cx);
        let revision = now.revision;
        cx.say(Notice::unsure(
            said!("现在以第 {revision} 版为底。", "Now based on revision {revision}."),
            said!("看一遍，再按 F10。", "Look it over and press F10."),
        ));
    }
}

fn finished(receipt: &Receipt, submitted: bool, cx: &mut Context) {
    let number = &receipt.number;
    cx.ask(Effect::Saved(receipt.at));
    let words = if submitted {
        said!("{number} 已保存并提交审核。", "{number} is saved and submitted.")
    } else {
        said!("{number} 已保存。", "{number} is saved.")
    };
    cx.say(Notice::good(words));
    let page = receipt.id.and_then(|id| Page::open(id, cx));
    match page {
        Some(page) => cx.ask(Effect::Replace(Box::new(page))),
        None => cx.close(),
    }
}
