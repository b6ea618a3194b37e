//! Erasing a person: retention over, or the person's own right. One administrator asks for it with a
//! reason, another carries it out, and everything that is kept of the person goes: the record, the
//! files that belong to it, what old entries say of both, tables, index and drafts. What remains says
//! that there was something, who decided it, and who erased it.

use super::own_kinds::ERASURE;
use super::plan::Plan;
use super::refusal::{not_here, unavailable};
use super::{Actor, Command, Office, Receipt, Refusal, Right};
use crate::program::PERSON;
use crate::record::{ERASED, Fields, Instant, Record, RecordId, Value, china_date};
use crate::said;
use crate::store::{Entry, NewEntry, NewOp, Op, Store, StoreError};
use crate::words::Said;
use chrono::{Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

const ASKED: &str = "asked";
const DONE: &str = "done";
const DROPPED: &str = "dropped";
/// The names the journal gives these entries.
const ASK: &str = crate::store::ERASE_REQUEST;
const DROP: &str = "erase-dropped";
const ERASE: &str = crate::store::ERASE;
/// Fields of a request.
const WHOM: &str = "person";
const WHY: &str = "reason";
/// Daily backups are kept four weeks.
const ROTATION: Days = Days::new(28);

/// Somebody asked for a person to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureAsked {
    pub person: RecordId,
    /// The person's number.
    pub number: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// Where a person who was erased may still lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftovers {
    /// The day the last of the daily backups with the person is gone.
    pub backups_until: NaiveDate,
    /// Backups made by hand, which nobody takes away by itself.
    pub by_hand: Vec<String>,
    /// Damaged tables and journals that were kept as they were.
    pub aside: Vec<String>,
    /// There is an archive in the second place, or that place is not there now and there may be one.
    pub archive: bool,
}

impl Leftovers {
    /// What is left, and what to do about it.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let until = self.backups_until;
        let mut said = vec![said!(
            "每天的备份里还有：最晚到 {until} 随轮换删去；在那以前恢复备份的，要再销毁一次。做到别处的备份文件请自己删去。",
            "Daily backups still have it: the last of them goes on {until} at the latest; whoever restores one before then erases again. Backup files made elsewhere are yours to delete."
        )];
        if !self.by_hand.is_empty() {
            let files = self.by_hand.join("、");
            let en = self.by_hand.join(", ");
            said.push(Said::new(
                format!("手工做的备份不会自己删去，请处理：{files}"),
                format!(
                    "Backups made by hand are never taken away by themselves; see to them: {en}"
                ),
            ));
        }
        if self.archive {
            said.push(said!(
                "第二备份位置的归档里还有：接上它运行 yizhan archive，改过的文件会重新抄一份。",
                "The archive in the second place still has it: connect that and run `yizhan archive`, which copies the files that changed anew."
            ));
        }
        if !self.aside.is_empty() {
            let (files, en) = (self.aside.join("、"), self.aside.join(", "));
            said.push(Said::new(
                format!("损坏后另存的文件里可能还有，不再需要时请删去：{files}"),
                format!("Files kept aside after damage may still have it; delete them when they are no longer needed: {en}"),
            ));
        }
        said
    }
}

impl Office {
    fn asked(&self) -> MutexGuard<'_, BTreeMap<RecordId, Record>> {
        self.erasures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read_erasures(store: &Store) -> Result<BTreeMap<RecordId, Record>, StoreError> {
        let all = store.scan(ERASURE, None, usize::MAX)?.into_iter().map(|stored| stored.record);
        Ok(all.filter(|record| record.state == ASKED).map(|record| (record.id, record)).collect())
    }

    pub(super) fn learn_erasure(&self, record: &Record) {
        let mut asked = self.asked();
        if record.state == ASKED {
            asked.insert(record.id, record.clone());
        } else {
            asked.remove(&record.id);
        }
    }

    pub(super) fn forget_erasure(&self, id: RecordId) {
        self.asked().remove(&id);
    }

    /// Erasures that were asked for and not carried out, the oldest first.
    #[must_use]
    pub fn erasures_asked(&self) -> Vec<ErasureAsked> {
        let asked = self.asked();
        let told = asked.values().filter_map(|record| {
            let person = record.get(WHOM).and_then(Value::as_reference)?;
            let (number, by) = (record.number.clone(), record.created_by.clone());
            let reason = record.text(WHY).to_string();
            Some(ErasureAsked { person, number, by, at: record.created, reason })
        });
        told.collect()
    }

    pub(super) fn asked_for(&self, person: RecordId) -> Result<Record, Refusal> {
        let asked = self.asked();
        let of = |record: &&Record| record.get(WHOM).and_then(Value::as_reference) == Some(person);
        asked.values().find(of).cloned().ok_or_else(|| {
            Refusal::invalid(
                "number",
                said!(
                    "还没有人申请销毁这个人的资料。",
                    "Nobody has asked for this person to be erased."
                ),
                said!(
                    "先由一位管理员申请并写明理由：yizhan erase 编号 --reason 理由。",
                    "One administrator asks first, with a reason: `yizhan erase NUMBER --reason TEXT`."
                ),
            )
        })
    }

    /// The person and all that belongs to them, none of it under way.
    fn whole_of(&self, person: RecordId) -> Result<Vec<Record>, Refusal> {
        let head = self.inside(PERSON, person)?.filter(|person| !person.is_withdrawn());
        let mut whole = vec![head.ok_or_else(not_here)?];
        for id in self.belonging_to(person) {
            let Some(kind) = self.kind_of(id) else { continue };
            let Some(record) = self.inside(&kind.id, id)? else { continue };
            let closed = kind.workflow.as_ref().is_none_or(|life| life.is_closed(&record.state));
            if !closed {
                let number = &record.number;
                return Err(Refusal::conflict(
                    said!(
                        "{number} 还在办理，办结之前不能销毁本人的资料。",
                        "{number} is under way; nothing of the person is erased before it is closed."
                    ),
                    said!("请先办结或撤回它。", "Close it or take it back first."),
                ));
            }
            whole.push(record);
        }
        // Whoever was registered twice is gone twice.
        for id in self.merges().counted_as(person) {
            whole.extend(self.inside(PERSON, *id)?);
        }
        Ok(whole)
    }

    pub(super) fn plan_ask_erasure(
        &self,
        actor: &Actor,
        person: RecordId,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let reason = reason.trim().to_string();
        if reason.is_empty() {
            return Err(Refusal::invalid(
                "reason",
                said!("销毁个人资料要写明理由。", "Erasing a person needs a reason."),
                said!(
                    "例如“保存期满”或“本人申请”，写明依据。",
                    "Say on what it rests, such as \"retention is over\" or \"at the person's request\"."
                ),
            ));
        }
        let whole = self.whole_of(person)?;
        if self.asked_for(person).is_ok() {
            return Err(Refusal::conflict(
                said!("已经有人申请过了。", "Somebody has asked for it already."),
                said!(
                    "由另一位管理员执行：yizhan erase 编号 --confirm。",
                    "Another administrator carries it out: `yizhan erase NUMBER --confirm`."
                ),
            ));
        }
        let number = whole.first().map(|head| head.number.clone()).unwrap_or_default();
        let now = self.now();
        let made = Record::made(super::ids::new_id(now)?, ERASURE, &number, &actor.account, now);
        let fields = Fields::from([
            (WHOM.to_string(), Value::Reference(person)),
            (WHY.to_string(), Value::Text(reason)),
        ]);
        let asked = Record { state: ASKED.into(), fields, ..made };
        Ok(Plan::put(ASK, vec![asked]))
    }

    pub(super) fn plan_drop_erasure(
        &self,
        actor: &Actor,
        person: RecordId,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let mut asked = self.asked_for(person)?;
        asked.state = DROPPED.into();
        self.touch(actor, &mut asked);
        Ok(Plan::put(DROP, vec![asked]))
    }

    /// Carries an erasure out that another administrator asked for. It takes a while: old segments
    /// of the journal and the table are written anew. Nothing else is saved meanwhile.
    ///
    /// # Errors
    /// Somebody who asked for it alone, a file under way, or what the machine gives.
    pub(super) fn erase(&self, actor: &Actor, person: RecordId) -> Result<Receipt, Refusal> {
        let command = Command::Erase { person };
        self.may_act(actor, &command)?;
        actor.need(Right::Accounts)?;
        let hand = self.hand_of(actor)?;
        let door = self.enter();
        let mut request = self.asked_for(person)?;
        let asked = self.store.history(ERASURE, request.id).map_err(|error| unavailable(&error))?;
        // The row says who asked; the signature of its entry says who did.
        let asked = asked.last().filter(|entry| entry.command == ASK).map_or(0, |entry| entry.seq);
        let asker = self.store.signed_by(asked).map_err(|error| unavailable(&error))?;
        let asker = asker.filter(|key| asked > 0 && key.may_keep_keys()).ok_or_else(not_here)?;
        let own = self.store.register().known(hand.id()).map(|key| key.owner);
        if own.is_none_or(|own| own == asker.owner)
            || request.created_by == actor.account
            || self.same_person(&request.created_by, &actor.account)
        {
            let by = &request.created_by;
            return Err(Refusal::forbidden(
                said!(
                    "申请销毁的是“{by}”本人，要由另一位管理员执行。",
                    "\"{by}\" asked for this; another administrator carries it out."
                ),
                said!(
                    "请另一位管理员登录后执行；只有一位管理员时，由恢复密钥执行。",
                    "Have another administrator do it; where there is only one, the recovery key does."
                ),
            ));
        }
        let whole = self.whole_of(person)?;
        let mut seqs = BTreeSet::new();
        for record in &whole {
            let history = self.store.history(&record.kind, record.id);
            seqs.extend(history.map_err(|error| unavailable(&error))?.iter().map(|one| one.seq));
        }
        let ids: BTreeSet<RecordId> = whole.iter().map(|record| record.id).collect();
        let now = self.now();
        let stubs: Vec<Record> =
            whole.iter().map(|record| last_of(record, &actor.account, now)).collect();
        request.state = DONE.into();
        self.touch(actor, &mut request);
        let puts = stubs.iter().chain([&request]).cloned().map(NewOp::Put).collect();
        let draft = NewEntry {
            time: now,
            actor: actor.account.clone(),
            origin: actor.origin.clone(),
            command: ERASE.to_string(),
            ops: puts,
            reason: None,
        };
        let seqs: Vec<u64> = seqs.into_iter().collect();
        let rest = |entry| Some(without(entry, &ids));
        let saved = self.store.erase(&hand, asked, &seqs, rest, draft);
        let seq = saved.map_err(|error| unavailable(&error))?;
        for (before, stub) in whole.iter().zip(&stubs) {
            if let Some(kind) = self.catalogue.kind(&before.kind) {
                let moved = self.totals().moved(kind, Some(before), stub);
                self.totals_mut().follow(&moved);
            }
        }
        drop(door);
        for stub in stubs.iter().chain([&request]) {
            self.show(stub);
        }
        self.forget_drafts(&ids);
        self.news.announce();
        let (number, revision) = (request.number.clone(), request.revision);
        Ok(Receipt { number, revision, seq, waits: false, id: Some(person), at: now })
    }

    /// Whether two accounts are one person's.
    fn same_person(&self, one: &str, other: &str) -> bool {
        let person = |name| {
            let person = self.account(name).and_then(|account| account.person);
            person.map(|person| self.canonical(person))
        };
        person(one).is_some() && person(one) == person(other)
    }

    /// Drafts of an erased person are let go, whoever typed them.
    fn forget_drafts(&self, ids: &BTreeSet<RecordId>) {
        for account in self.accounts() {
            self.drop_drafts_of(&account.name, ids);
        }
    }

    /// Where somebody erased today may still lie.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        let backups = self.store.known_backups();
        let by_hand = backups.iter().filter(|backup| !backup.by_itself());
        let by_hand = by_hand.map(|backup| backup.path.display().to_string()).collect();
        let last = backups.iter().map(|backup| china_date(backup.made)).max();
        let last = last.unwrap_or_else(|| self.today());
        let backups_until = last.checked_add_days(ROTATION).unwrap_or(last);
        let (aside, archive) = (self.store.kept_aside(), self.store.may_be_archived());
        Leftovers { backups_until, by_hand, aside, archive }
    }
}

/// What remains of a record: that it was there, its number, and who decided what when.
fn rest_of(record: &Record) -> Record {
    let moves = record.moves.iter().map(|made| crate::record::MoveMade {
        answers: Fields::new(),
        sheet: None,
        ..made.clone()
    });
    Record {
        fields: Fields::new(),
        copied: Fields::new(),
        findings: BTreeMap::new(),
        proposal: None,
        moves: moves.collect(),
        ..record.clone()
    }
}

/// The last version of a record that is erased.
fn last_of(record: &Record, by: &str, at: Instant) -> Record {
    Record {
        state: ERASED.into(),
        revision: record.revision + 1,
        updated: at,
        updated_by: by.to_string(),
        ..rest_of(record)
    }
}

/// An entry without what it says of these records. Reasons and notes are typed by people and may
/// name anybody.
fn without(mut entry: Entry, ids: &BTreeSet<RecordId>) -> Entry {
    for op in &mut entry.ops {
        match op {
            Op::Put { record, .. } if ids.contains(&record.id) => *record = rest_of(record),
            Op::Note(note) => note.clear(),
            Op::Put { .. } | Op::Seen { .. } => {}
        }
    }
    entry.reason = None;
    entry
}
