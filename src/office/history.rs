//! A record's life as the journal tells it: who did what, when, from where, field by field.

use super::moves::{FIRST_STEP, MOVE, made_in};
use super::own_kinds::ACCOUNT;
use super::refusal::unavailable;
use super::{Actor, Refusal};
use crate::policy::DecisionSheet;
use crate::program::{Ask, AskType, PERSON};
use crate::record::{Fields, Instant, MoveMade, Proposal, Record, RecordId, Value, china_offset};
use crate::said;
use crate::store::{Entry, Op, Origin};
use crate::words::{Lang, Said};

/// One field's change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The field's title.
    pub field: Said,
    /// Before, masked; empty for nothing.
    pub before: Said,
    /// After, masked; empty for nothing.
    pub after: Said,
    /// What was entered, where something else is kept: characters that stand for others.
    pub entered: Option<Said>,
}

impl Change {
    /// `field: before → after`, and in brackets what was entered where that is not what is kept.
    #[must_use]
    pub fn said(&self) -> Said {
        let side = |lang: Lang| {
            let shown = |said: &Said| match said.get(lang) {
                "" => "—".to_string(),
                text => text.to_string(),
            };
            let (before, after) = (shown(&self.before), shown(&self.after));
            let entered = match (&self.entered, lang) {
                (Some(entered), Lang::Zh) => format!("（{}）", entered.zh),
                (Some(entered), Lang::En) => format!(" ({})", entered.en),
                (None, _) => String::new(),
            };
            format!("{}: {before} → {after}{entered}", self.field.get(lang))
        };
        Said::new(side(Lang::Zh), side(Lang::En))
    }
}

/// One event in a record's life.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Journal sequence.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Account.
    pub by: String,
    /// Where that account's session was.
    pub from: Said,
    /// What was done.
    pub what: Said,
    /// The command's name.
    pub command: String,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// What changed, field by field.
    pub changes: Vec<Change>,
    /// What the move was asked and answered, each question with its answer, masked as fields are;
    /// last what departs from the advice and who put it forward.
    pub answers: Vec<(Said, Said)>,
    /// The decision sheet the move rested on, as it was.
    pub sheet: Option<DecisionSheet>,
}

impl super::Office {
    /// A record's life, newest first, with each change field by field.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn history(&self, who: &Actor, kind: &str, id: RecordId) -> Result<Vec<Event>, Refusal> {
        let entries = self.store.history(kind, id).map_err(|error| unavailable(&error))?;
        let mut events = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let now = put_of(entry, id);
            let before = entries.iter().skip(at + 1).find_map(|older| put_of(older, id));
            let mut changes = now.map(|now| self.changes(who, before, now)).unwrap_or_default();
            if let Some(now) = now {
                self.tell_entered(who, entry, now, &mut changes);
            }
            let made = now.and_then(|now| made_in(&entry.command, now));
            let proposed = now.filter(|_| entry.command == "propose");
            let proposed = proposed.and_then(|now| now.proposal.as_ref());
            let answers = match (now, made, proposed) {
                (Some(now), Some(made), _) => self.answers_said(who, now, made),
                (Some(now), None, Some(proposal)) => self.proposed_said(who, now, proposal),
                _ => Vec::new(),
            };
            let sheet = made.and_then(|made| made.sheet.as_ref());
            events.push(Event {
                seq: entry.seq,
                at: entry.time,
                by: entry.actor.clone(),
                from: origin_said(&entry.origin),
                what: self.what_said(entry, now, id),
                command: entry.command.clone(),
                reason: entry.reason.clone(),
                changes,
                answers,
                sheet: sheet
                    .and_then(|sheet| self.kept_sheet(sheet))
                    .zip(now)
                    .map(|(sheet, now)| self.sheet_shown(Some(who), now, sheet)),
            });
        }
        Ok(events)
    }

    /// The decision sheet that the move saved as this entry rested on, as it was then.
    ///
    /// # Errors
    /// When the entry is no move of this record with a sheet.
    pub fn sheet_at(
        &self,
        who: &Actor,
        record: &Record,
        seq: u64,
    ) -> Result<DecisionSheet, Refusal> {
        let history = self.store.history(&record.kind, record.id);
        let history = history.map_err(|error| unavailable(&error))?;
        let stored = history
            .iter()
            .find(|entry| entry.seq == seq)
            .and_then(|entry| made_in(&entry.command, put_of(entry, record.id)?)?.sheet.as_ref());
        let sheet = stored.and_then(|stored| self.kept_sheet(stored));
        sheet.map(|sheet| self.sheet_shown(Some(who), record, sheet)).ok_or_else(|| {
            let number = &record.number;
            Refusal::invalid(
                "at",
                said!(
                    "第 {seq} 条不是 {number} 带依据单的步骤。",
                    "Entry {seq} is no step of {number} with a decision sheet."
                ),
                said!(
                    "用 yizhan history {number} 查看条号。",
                    "See the entries with `yizhan history {number}`."
                ),
            )
        })
    }

    /// The answers of a move in words, with what makes it more than an ordinary one.
    fn answers_said(&self, who: &Actor, record: &Record, made: &MoveMade) -> Vec<(Said, Said)> {
        let mut said = self.each_answer(who, record, &made.id, &made.answers);
        if !made.against.is_empty() {
            said.push(self.against_said(record, &made.id, &made.against));
        }
        if let Some(by) = &made.proposed_by {
            said.push((Said::fixed("提出人", "Put forward by"), Said::same(by)));
        }
        if made.afterwards {
            let yes = Said::fixed("是，事后登记", "yes, entered afterwards");
            said.push((Said::fixed("补录", "Afterwards"), yes));
        }
        said
    }

    /// The last decision that stands, with who and when, and its answers; nothing before one.
    #[must_use]
    pub fn last_decision(&self, who: &Actor, record: &Record) -> Option<(Said, Vec<(Said, Said)>)> {
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        let made = record.standing().into_iter().next_back()?;
        let step = life.find_move(&made.id)?;
        // A return is told with its fields and reason where the fields are.
        if step.submits || step.returns {
            return None;
        }
        let (by, title) = (&made.by, &step.title);
        let at = made.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        let said =
            Said::new(format!("{at}　{by}　{}", title.zh), format!("{at}  {by}  {}", title.en));
        Some((said, self.answers_said(who, record, made)))
    }

    /// What was found beside what was declared: field, declared, found.
    #[must_use]
    pub fn findings_said(&self, who: &Actor, record: &Record) -> Vec<(Said, Said, Said)> {
        let Some(kind) = self.catalogue.kind(&record.kind) else { return Vec::new() };
        let found = record.findings.iter().filter_map(|(id, finding)| {
            let field = kind.field(id)?;
            let declared = self.shown(Some(who), record, field).unwrap_or(Said::fixed("—", "—"));
            let found = self.shown_value(Some(who), field, &finding.value);
            Some((field.title.clone(), declared, found))
        });
        found.collect()
    }

    /// Where the person is registered otherwise than the file copied: field, copied, now.
    #[must_use]
    pub fn copies_said(&self, who: &Actor, record: &Record) -> Vec<(Said, Said, Said)> {
        let Some(person) = self.catalogue.kind(PERSON) else { return Vec::new() };
        let differing = self.differs_from_copy(record).into_iter();
        let said = differing.filter_map(|(id, copied, now)| {
            let field = person.field(&id)?;
            let side = |value: Option<Value>| {
                let shown = value.map(|value| self.shown_value(Some(who), field, &value));
                shown.unwrap_or(Said::fixed("—", "—"))
            };
            Some((field.title.clone(), side(copied), side(now)))
        });
        said.collect()
    }

    /// What somebody put forward, in words.
    #[must_use]
    pub fn proposed_said(
        &self,
        who: &Actor,
        record: &Record,
        proposal: &Proposal,
    ) -> Vec<(Said, Said)> {
        let mut said = self.each_answer(who, record, &proposal.id, &proposal.answers);
        said.push(self.against_said(record, &proposal.id, &proposal.against));
        said
    }

    fn each_answer(
        &self,
        who: &Actor,
        record: &Record,
        step: &str,
        answers: &Fields,
    ) -> Vec<(Said, Said)> {
        let life = self.catalogue.kind(&record.kind).and_then(|kind| kind.workflow.as_ref());
        let step = life.and_then(|life| life.find_move(step));
        let asks = step.map(|step| step.asks.as_slice()).unwrap_or_default();
        let asked =
            asks.iter().filter_map(|ask| Some((ask.title.clone(), ask, answers.get(&ask.id)?)));
        let mut said: Vec<(Said, Said)> = asked
            .map(|(title, ask, value)| (title, self.answer_said(who, record, ask, value)))
            .collect();
        for (id, title) in [
            ("reason", Said::fixed("理由", "Reason")),
            ("clause", Said::fixed("依据条款", "Clause")),
        ] {
            if let Some(text) = answers.get(id).and_then(Value::as_text)
                && !asks.iter().any(|ask| ask.id == id)
            {
                let text = if id == "clause" { self.cited(text) } else { Said::same(text) };
                said.push((title, text));
            }
        }
        said
    }

    fn answer_said(&self, who: &Actor, record: &Record, ask: &Ask, value: &Value) -> Said {
        match (&ask.ask_type, value) {
            (AskType::Value(field), value) => {
                // Masked as the field it goes into is.
                let kind = self.catalogue.kind(&record.kind);
                let written = ask.writes.as_ref().and_then(|path| kind?.field(path));
                self.shown_value(Some(who), written.unwrap_or(field), value)
            }
            (AskType::Clause, Value::Text(clause)) => self.cited(clause),
            (AskType::Fields, Value::Tags(fields)) => {
                let kind = self.catalogue.kind(&record.kind);
                let person = self.catalogue.kind(PERSON);
                let title = |id: &String| {
                    let own = kind.and_then(|kind| kind.field_at(id));
                    let field = own.or_else(|| person.and_then(|kind| kind.field_at(id)));
                    field.map_or_else(|| Said::same(id), |field| field.title.clone())
                };
                Said::join(&fields.iter().map(title).collect::<Vec<_>>(), "、", ", ")
            }
            _ => Said::default(),
        }
    }

    pub(super) fn cited(&self, clause: &str) -> Said {
        let library = self.library();
        let found = library.clauses.get(clause);
        found.map_or_else(|| Said::same(clause), |clause| library.cited(clause))
    }

    pub(super) fn against_said(
        &self,
        record: &Record,
        step: &str,
        against: &[String],
    ) -> (Said, Said) {
        let life = self.catalogue.kind(&record.kind).and_then(|kind| kind.workflow.as_ref());
        let step = life.and_then(|life| life.find_move(step));
        let library = self.library();
        let line = |id: &String| {
            let rules = library.rule_set(step?.requires.as_deref()?)?;
            rules.line(id).map(|line| line.title.clone())
        };
        let name = |id: &String| {
            let ask = step.and_then(|step| step.asks.iter().find(|ask| ask.id == *id));
            let objection = step.and_then(|step| step.objections.iter().find(|it| it.id == *id));
            match (ask, objection) {
                (Some(ask), _) => ask.title.clone(),
                (None, Some(objection)) => objection.title.clone(),
                (None, None) => line(id).unwrap_or(Said::fixed("结论", "the outcome")),
            }
        };
        let names: Vec<Said> = against.iter().map(name).collect();
        (Said::fixed("与建议不同", "Departs from the advice in"), Said::join(&names, "、", ", "))
    }

    /// Adds what was entered to the changes of an entry; to a field that came out unchanged too.
    fn tell_entered(&self, who: &Actor, entry: &Entry, now: &Record, changes: &mut Vec<Change>) {
        let entered = super::entering::entered_in(entry, now.id);
        let kind = self.catalogue.kind(&now.kind).filter(|_| !entered.is_empty());
        for field in kind.into_iter().flat_map(|kind| kind.fields()) {
            let texts: Vec<Said> = entered
                .iter()
                .filter(|(place, _)| *place == field.id)
                .map(|(_, said)| said.clone())
                .collect();
            if texts.is_empty() {
                continue;
            }
            let entered = Some(Said::join(&texts, "，", ", "));
            if let Some(change) = changes.iter_mut().find(|change| change.field == field.title) {
                change.entered = entered;
            } else {
                let kept =
                    now.get(&field.id).map(|value| self.shown_value(Some(who), field, value));
                let kept = kept.unwrap_or_default();
                let field = field.title.clone();
                changes.push(Change { field, before: kept.clone(), after: kept, entered });
            }
        }
    }

    /// A record as it was at a revision; nothing where the journal no longer tells.
    #[must_use]
    pub fn record_at(&self, kind: &str, id: RecordId, revision: u32) -> Option<Record> {
        let entries = self.store.history(kind, id).ok()?;
        let versions = entries.iter().filter_map(|entry| put_of(entry, id));
        versions.into_iter().find(|record| record.revision == revision).cloned()
    }

    /// What the last move of a record is called.
    fn last_step_of(&self, record: &Record) -> Option<Said> {
        let made = record.moves.last()?;
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        Some(life.find_move(&made.id)?.title.clone())
    }

    pub(super) fn what_said(&self, entry: &Entry, now: Option<&Record>, id: RecordId) -> Said {
        match entry.command.as_str() {
            "create" => Said::fixed("新建", "made"),
            FIRST_STEP => match now.and_then(|record| self.last_step_of(record)) {
                Some(title) => Said::new(
                    format!("新建并办理“{}”", title.zh),
                    format!("made, and \"{}\" with it", title.en),
                ),
                None => Said::fixed("新建", "made"),
            },
            "amend" => Said::fixed("修改", "changed"),
            "undo" => Said::fixed("撤销上次保存", "last save taken back"),
            "erase" => Said::fixed("销毁全部资料", "everything erased"),
            "take-back" => Said::fixed("撤回上一步", "last step taken back"),
            "propose" => now
                .and_then(|record| {
                    let proposal = record.proposal.as_ref()?;
                    let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
                    let title = &life.find_move(&proposal.id)?.title;
                    Some(Said::new(
                        format!("提出“{}”，待另一人复核", title.zh),
                        format!("put \"{}\" forward, to be seconded", title.en),
                    ))
                })
                .unwrap_or_else(|| Said::fixed("提出，待复核", "put forward")),
            "merge" => now.map_or_else(Said::default, |record| {
                if record.is_withdrawn() {
                    let into = self.name_of(id);
                    return said!("合并到 {into}", "merged into {into}");
                }
                Said::fixed("并入另一份", "another one merged into it")
            }),
            "add-rows" => Said::fixed("导入行", "rows imported"),
            "reveal" => {
                let fields = entry.ops.iter().find_map(|op| match op {
                    Op::Seen { id: seen, fields, .. } if *seen == id => Some(fields.join(" ")),
                    _ => None,
                });
                let fields = fields.unwrap_or_default();
                said!("查看完整内容：{fields}", "looked at in full: {fields}")
            }
            // A record the move made has made none itself.
            MOVE if now.is_some_and(|record| record.moves.is_empty()) => {
                Said::fixed("由步骤新建", "made by a step")
            }
            MOVE => now
                .and_then(|record| self.last_step_of(record))
                .unwrap_or_else(|| Said::fixed("办理", "step")),
            other if other.starts_with("account") => Said::fixed("账号变动", "account"),
            other => Said::same(other),
        }
    }

    pub(super) fn changes(
        &self,
        who: &Actor,
        before: Option<&Record>,
        now: &Record,
    ) -> Vec<Change> {
        let Some(kind) = self.catalogue.kind(&now.kind) else { return Vec::new() };
        let mut changes = Vec::new();
        let old_state = before.map(|record| record.state.as_str()).unwrap_or_default();
        if old_state != now.state
            && let Some(life) = &kind.workflow
        {
            let title =
                |state: &str| life.state(state).map(|s| s.title.clone()).unwrap_or_default();
            changes.push(Change {
                field: Said::fixed("状态", "State"),
                before: title(old_state),
                after: title(&now.state),
                entered: None,
            });
        }
        for field in kind.fields() {
            let old = before.and_then(|record| record.get(&field.id));
            let new = now.get(&field.id);
            if old == new {
                continue;
            }
            let shown = |value: Option<&Value>| match value {
                Some(Value::Table(rows)) => {
                    Said::join(&self.shown_rows(Some(who), field, rows), "；", "; ")
                }
                Some(value) => self.shown_value(Some(who), field, value),
                None => Said::default(),
            };
            changes.push(Change {
                field: field.title.clone(),
                before: shown(old),
                after: shown(new),
                entered: None,
            });
        }
        changes
    }
}

pub(super) fn put_of(entry: &Entry, id: RecordId) -> Option<&Record> {
    entry.ops.iter().find_map(|op| match op {
        Op::Put { record, .. } if record.id == id && record.kind != ACCOUNT => Some(record),
        _ => None,
    })
}

pub(super) fn origin_said(origin: &Origin) -> Said {
    match origin {
        Origin::Terminal => Said::fixed("本机", "this terminal"),
        Origin::Socket => Said::fixed("本机另一窗口", "another terminal here"),
        Origin::User(user) => {
            said!("本机用户 {user} 的终端", "a terminal of user {user} here")
        }
        Origin::Ssh(address) => said!("SSH {address}", "SSH {address}"),
        Origin::Cli => Said::fixed("命令行", "command line"),
    }
}
