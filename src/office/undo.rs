//! Taking one's own last save back, until somebody else acted on the record.
//!
//! A save is taken back whole: what it changed besides the record goes back with it, and where one of
//! these cannot, nothing does.
//!
//! Nothing leaves the journal: the record gets its version before once more, as a new entry. A
//! record that was only just made becomes withdrawn: it is in no list any more, its history stays.
//! Moves never leave the record either: one that is taken back is followed by an entry saying so.
//!
//! A decision is not undone. One that led to no closed state is taken back with a reason, before
//! anybody acted; what is closed is put right by a move that says so.

use super::history::{Change, put_of};
use super::own_kinds::MERGE;
use super::plan::Plan;
use super::refusal::{not_here, unavailable};
use super::{Actor, Refusal, Right};
use crate::program::{Move, PERSON};
use crate::record::{Instant, MoveMade, Record, RecordId, TAKEN_BACK, Value, WITHDRAWN};
use crate::said;
use crate::store::{Entry, Op};
use crate::words::Said;
use std::sync::PoisonError;

/// The name the journal gives it.
const COMMAND: &str = "undo";

/// A save that can be taken back.
#[derive(Clone, Debug)]
pub struct Undoable {
    /// Its sequence: what is taken back is this and nothing that came after.
    pub seq: u64,
    /// When it was made.
    pub at: Instant,
    /// What it was.
    pub what: Said,
    /// What taking it back changes, field by field: now, and then.
    pub changes: Vec<Change>,
    /// It made the record, which is withdrawn then.
    pub withdraws: bool,
    /// What else the save changed, and goes back with it.
    pub others: Vec<Also>,
    /// Every record of the save, the one asked about first.
    turned: Vec<Turned>,
}

/// Another record of a save that is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// What it is.
    pub kind: Said,
    pub number: String,
    /// The save made it, and it is withdrawn.
    pub withdraws: bool,
}

/// A record of a save: as it is, and as it was before.
#[derive(Clone, Debug)]
struct Turned {
    now: Record,
    before: Option<Record>,
    /// The entry of the save.
    entry: Entry,
}

impl super::Office {
    /// The save of this actor's that would be taken back now.
    ///
    /// # Errors
    /// A refusal saying why there is none.
    pub fn undoable(&self, actor: &Actor, id: RecordId) -> Result<Undoable, Refusal> {
        actor.need(Right::Write)?;
        let main = self.turned(actor, self.needed(id)?)?;
        let others = self.turned_with(actor, &main)?;
        let turned: Vec<Turned> = std::iter::once(main).chain(others).collect();
        self.can_be_withdrawn(&turned)?;
        let Some((main, others)) = turned.split_first() else { return Err(not_here()) };
        let (record, entry) = (&main.now, &main.entry);
        let others = others.iter().map(|other| Also {
            kind: self.kind(&other.now.kind).map(|kind| kind.title.clone()).unwrap_or_default(),
            number: other.now.number.clone(),
            withdraws: other.before.is_none(),
        });
        let others = others.collect();
        let changes = match &main.before {
            Some(before) => self.changes(actor, Some(record), before),
            None => Vec::new(),
        };
        Ok(Undoable {
            seq: entry.seq,
            at: entry.time,
            what: self.what_said(entry, put_of(entry, id), id),
            changes,
            withdraws: main.before.is_none(),
            others,
            turned,
        })
    }

    /// The last save of a record, where it is this actor's and can be taken back.
    fn turned(&self, actor: &Actor, record: Record) -> Result<Turned, Refusal> {
        let id = record.id;
        super::frozen::must_be_open(self.kind(&record.kind)?, &record)?;
        let history = self.store.history(&record.kind, id).map_err(|error| unavailable(&error))?;
        let puts: Vec<&Entry> =
            history.iter().filter(|entry| put_of(entry, id).is_some()).collect();
        // A save that is on its way to the disk is not in the history yet: what is older is not taken
        // for it.
        let newest = puts.first().and_then(|entry| put_of(entry, id));
        if newest.is_some_and(|newest| newest.revision != record.revision) {
            return Err(still_saving());
        }
        let at = last_standing(&puts, actor).map_err(|by| not_yours(&record, by))?;
        let (Some(entry), before) = (puts.get(at), puts.get(at + 1)) else {
            return Err(nothing(&record));
        };
        let before = before.and_then(|entry| put_of(entry, id)).cloned();
        // A step that was taken back is made again by making it.
        let more = |before: &Record| before.standing().len() > record.standing().len();
        if before.as_ref().is_some_and(more) {
            return Err(nothing(&record));
        }
        if let Some(step) = before.as_ref().and_then(|before| self.made_since(&record, before)) {
            may_be_undone(step, &record)?;
        }
        if let Some(before) = before.as_ref().filter(|_| record.kind == PERSON) {
            let kind = self.kind(PERSON)?;
            let changed = |field: &&str| record.get(field) != before.get(field);
            let fields = kind.fields().map(|field| field.id.as_str()).filter(changed).collect();
            self.person_may_change(actor, &record, &fields, None)?;
        }
        Ok(Turned { entry: (*entry).clone(), now: record, before })
    }

    /// The other records of the same save; each must stand as the save left it.
    fn turned_with(&self, actor: &Actor, main: &Turned) -> Result<Vec<Turned>, Refusal> {
        let mut turned = Vec::new();
        for op in &main.entry.ops {
            let Op::Put { record, .. } = op else { continue };
            if record.id == main.now.id || self.catalogue.kind(&record.kind).is_none() {
                continue;
            }
            let now = self.inside(&record.kind, record.id)?.ok_or_else(not_here)?;
            let number = now.number.clone();
            let other = self.turned(actor, now)?;
            if other.entry.seq != main.entry.seq {
                return Err(changed_since(&main.now, &number));
            }
            turned.push(other);
        }
        Ok(turned)
    }

    /// What a save made is withdrawn only where nothing but the save itself rests on it.
    fn can_be_withdrawn(&self, turned: &[Turned]) -> Result<(), Refusal> {
        let made = || turned.iter().filter(|turned| turned.before.is_none());
        let with: Vec<RecordId> = made().map(|turned| turned.now.id).collect();
        made().try_for_each(|turned| self.must_be_alone(&turned.now, &with))
    }

    pub(super) fn plan_undo(
        &self,
        actor: &Actor,
        id: RecordId,
        seq: Option<u64>,
    ) -> Result<Plan, Refusal> {
        let found = self.undoable(actor, id)?;
        if seq.is_some_and(|seq| seq != found.seq) {
            let now = self.needed(id)?;
            return Err(not_yours(&now, &now.updated_by));
        }
        let merges = found.turned.first().map(|main| merges_in(&main.entry)).unwrap_or_default();
        let records = found.turned.into_iter().map(|turned| self.taken_back(actor, turned, None));
        let mut records = records.collect::<Result<Vec<_>, _>>()?;
        for merge in merges {
            records.push(self.merge_taken_back(actor, merge)?);
        }
        Ok(Plan::put(COMMAND, records))
    }

    /// A record as taking its save back leaves it.
    fn taken_back(
        &self,
        actor: &Actor,
        Turned { now, before, .. }: Turned,
        reason: Option<&str>,
    ) -> Result<Record, Refusal> {
        let mut record = match before {
            Some(before) => {
                self.references_hold(self.kind(&now.kind)?, &before.fields, &now.fields)?;
                self.back_to(actor, before, &now, reason)
            }
            None => Record { state: WITHDRAWN.into(), ..now },
        };
        self.touch(actor, &mut record);
        Ok(record)
    }

    /// The version before, with what never shrinks: the moves, and who had a hand in it.
    fn back_to(&self, actor: &Actor, before: Record, now: &Record, reason: Option<&str>) -> Record {
        let mut moves = now.moves.clone();
        if self.made_since(now, &before).is_some() {
            let answers = reason.map(|reason| ("reason".to_string(), Value::Text(reason.into())));
            moves.push(MoveMade {
                id: TAKEN_BACK.to_string(),
                from: now.state.clone(),
                to: before.state.clone(),
                by: actor.account.clone(),
                at: self.now(),
                answers: answers.into_iter().collect(),
                sheet: None,
                proposed_by: None,
                against: Vec::new(),
                afterwards: false,
            });
        }
        let authors = before.authors.union(&now.authors).cloned().collect();
        Record { revision: now.revision, moves, authors, ..before }
    }

    /// The move that is in `now` and was not in the version before it.
    fn made_since<'o>(&'o self, now: &Record, before: &Record) -> Option<&'o Move> {
        let (made, earlier) = (now.standing(), before.standing());
        if made.len() <= earlier.len() {
            return None;
        }
        let life = self.catalogue.kind(&now.kind)?.workflow.as_ref()?;
        life.find_move(&made.last()?.id)
    }

    /// Whether the last save of a record is a step of this actor's that can be taken back with a
    /// reason: a decision that led to no closed state, nobody having acted since.
    #[must_use]
    pub fn can_be_taken_back(&self, actor: &Actor, record: &Record) -> bool {
        let life = self.catalogue.kind(&record.kind).and_then(|kind| kind.workflow.as_ref());
        let Some((life, made)) = life.zip(record.standing().into_iter().next_back()) else {
            return false;
        };
        let open = life.state(&record.state).is_some_and(|to| !to.closed && !to.in_force);
        let decides =
            life.find_move(&made.id).is_some_and(|step| may_be_undone(step, record).is_err());
        let own = made.by == actor.account && record.updated_by == actor.account;
        open && decides && own && made.at == record.updated
    }

    pub(super) fn plan_take_back(
        &self,
        actor: &Actor,
        id: RecordId,
        seq: Option<u64>,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        let now = self.needed(id)?;
        let kind = self.kind(&now.kind)?;
        super::frozen::must_be_open(kind, &now)?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Refusal::invalid(
                "reason",
                said!("撤回要写明原因。", "Taking a step back needs a reason."),
                said!(
                    "请写一句原因，例如“选错了一批”。",
                    "Give a reason, such as \"the wrong batch\"."
                ),
            ));
        }
        let history = self.store.history(&now.kind, id).map_err(|error| unavailable(&error))?;
        let mut puts = history.iter().filter(|entry| put_of(entry, id).is_some());
        let (Some(last), Some(before)) = (puts.next(), puts.next()) else {
            return Err(nothing(&now));
        };
        if last.actor != actor.account || seq.is_some_and(|seq| seq != last.seq) {
            return Err(not_yours(&now, &last.actor));
        }
        let Some(before) = put_of(before, id) else { return Err(nothing(&now)) };
        let Some(step) = self.made_since(&now, before) else { return Err(nothing(&now)) };
        let in_force = kind.workflow.as_ref().and_then(|life| life.state(&now.state));
        if in_force.is_some_and(|state| state.in_force) {
            return Err(decided(step, &now));
        }
        let main = Turned { entry: last.clone(), before: Some(before.clone()), now };
        let others = self.turned_with(actor, &main)?;
        let turned: Vec<Turned> = std::iter::once(main).chain(others).collect();
        self.can_be_withdrawn(&turned)?;
        let records = turned.into_iter().map(|turned| self.taken_back(actor, turned, Some(reason)));
        let mut plan = Plan::put("take-back", records.collect::<Result<_, _>>()?);
        plan.reason = Some(reason.to_string());
        Ok(plan)
    }

    /// A record others rest on is not taken from under them; `with` are withdrawn with it.
    fn must_be_alone(&self, record: &Record, with: &[RecordId]) -> Result<(), Refusal> {
        if let Some(other) = self.one_pointing_at(record, with) {
            let number = super::reading::number_told(&other);
            return Err(Refusal::conflict(
                said!(
                    "{number} 指向这份记录，不能撤销登记。",
                    "{number} points at this record, so making it cannot be taken back."
                ),
                said!(
                    "请先改 {number}，或用修改（e）更正这里的内容。",
                    "Change {number} first, or correct what is wrong here with Edit (e)."
                ),
            ));
        }
        if record.kind != PERSON {
            return Ok(());
        }
        let other = self.belonging_to(record.id).into_iter().find(|id| !with.contains(id));
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let Some(other) = other.and_then(|id| directory.get(id)) else { return Ok(()) };
        let number = super::reading::number_told(&other);
        Err(Refusal::conflict(
            said!(
                "已为这个人办了 {number}，不能再撤销登记。",
                "{number} was made for this person, so registering them cannot be taken back."
            ),
            said!("有误的内容请用修改（e）更正。", "Correct what is wrong with Edit (e)."),
        ))
    }

    /// The record that had this number before it was withdrawn, for its history.
    #[must_use]
    pub fn withdrawn(&self, number: &str) -> Option<(String, RecordId)> {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).get(number.trim()).cloned()
    }
}

fn still_saving() -> Refusal {
    Refusal::conflict(
        said!("上一次保存还在写入。", "The save before is still being written."),
        said!("请稍等再撤销一次。", "Wait a moment and take it back again."),
    )
}

/// The newest of these entries that was not taken back, when it is this actor's and nobody else
/// has acted since; else who did.
fn last_standing<'e>(puts: &[&'e Entry], actor: &Actor) -> Result<usize, &'e str> {
    let mut taken_back = 0;
    for (at, entry) in puts.iter().enumerate() {
        if entry.actor != actor.account {
            return Err(&entry.actor);
        }
        if entry.command == COMMAND {
            taken_back += 1;
        } else if taken_back > 0 {
            taken_back -= 1;
        } else {
            return Ok(at);
        }
    }
    Ok(puts.len())
}

/// A decision is not undone: it is taken back with a reason, or put right by a move that says so.
fn may_be_undone(step: &Move, record: &Record) -> Result<(), Refusal> {
    if step.not_by_author || step.returns { Err(decided(step, record)) } else { Ok(()) }
}

fn decided(step: &Move, record: &Record) -> Refusal {
    let (number, title) = (&record.number, &step.title);
    Refusal::forbidden(
        Said::new(
            format!("{number} 的“{}”是审核决定，不能撤销。", title.zh),
            format!("\"{}\" of {number} is a decision and is not undone.", title.en),
        ),
        said!(
            "别人还没有接着办的，按 b 撤回并写明原因（命令行 yizhan undo 编号 --reason 原因）；已办结的，按 m 更正或重新申请。",
            "Before anybody acted on it, b takes it back with a reason (`yizhan undo NUMBER --reason TEXT`); what is closed is corrected or reopened with m."
        ),
    )
}

fn not_yours(record: &Record, by: &str) -> Refusal {
    let number = &record.number;
    Refusal::conflict(
        said!(
            "{number} 最后由 {by} 办理，不能再撤销。",
            "{by} has acted on {number} since, so nothing can be taken back."
        ),
        said!("需要更正的，请修改或请审核员退回。", "Edit it, or ask the reviewer to return it."),
    )
}

/// What an entry notes down of records that turned out to be one.
fn merges_in(entry: &Entry) -> Vec<RecordId> {
    let puts = entry.ops.iter().filter_map(|op| match op {
        Op::Put { record, .. } if record.kind == MERGE => Some(record.id),
        _ => None,
    });
    puts.collect()
}

/// Something else the save changed has moved on.
fn changed_since(record: &Record, other: &str) -> Refusal {
    let number = &record.number;
    Refusal::conflict(
        said!(
            "{number} 的这次保存还改了 {other}，{other} 之后又有改动，不能一起撤销。",
            "This save of {number} changed {other} too, and {other} was changed since: they cannot be taken back together."
        ),
        said!("需要更正的，请分别修改。", "Correct each of them with Edit instead."),
    )
}

fn nothing(record: &Record) -> Refusal {
    let number = &record.number;
    Refusal::invalid(
        "number",
        said!("{number} 没有可以撤销的保存。", "There is no save of {number} to take back."),
        said!("需要更正的，请直接修改。", "Edit it instead."),
    )
}
