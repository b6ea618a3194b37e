//! Two records that turned out to be one: the second is counted, shown and found as the first from
//! then on. Nothing that points at either is rewritten, so that what was decided stays as it was
//! signed; whoever follows a link arrives at the one that is left.

use super::create::new_id;
use super::door::{Plan, not_here};
use super::{Actor, Office, Refusal, Right};
use crate::program::{Kind, Measure, PERSON};
use crate::record::{Fields, Record, RecordId, Value, WITHDRAWN};
use crate::said;
use crate::store::{Store, StoreError};
use crate::words::Said;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLockReadGuard};

/// The internal kind that says which record is counted as which; its number is the number of the one
/// that is gone.
pub(super) const MERGE: &str = "merge";
/// The name the journal gives it.
pub(super) const COMMAND: &str = "merge";

const FROM: &str = "from";
const INTO: &str = "into";

/// Which records are counted as which.
#[derive(Clone, Debug, Default)]
pub(super) struct Merges {
    into: HashMap<RecordId, RecordId>,
    /// What each note of a merge says.
    notes: HashMap<RecordId, Note>,
}

#[derive(Clone, Debug)]
struct Note {
    from: RecordId,
    into: RecordId,
    /// The number of the one that is gone.
    number: String,
}

impl Note {
    fn of(record: &Record) -> Option<Self> {
        let named = |field: &str| record.get(field).and_then(Value::as_reference);
        let number = record.number.clone();
        Some(Self { from: named(FROM)?, into: named(INTO)?, number })
    }
}

impl Merges {
    /// Reads which there are.
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        let mut merges = Self::default();
        for stored in store.scan(MERGE, None, usize::MAX)? {
            merges.learn(&stored.record);
        }
        Ok(merges)
    }

    fn learn(&mut self, record: &Record) {
        if record.is_withdrawn() {
            return self.forget(record.id);
        }
        if let Some(note) = Note::of(record) {
            self.into.insert(note.from, note.into);
            self.notes.insert(record.id, note);
        }
    }

    /// Forgets what one note says, whatever other notes say of the same record.
    fn forget(&mut self, note: RecordId) {
        let Some(gone) = self.notes.remove(&note) else { return };
        self.into.remove(&gone.from);
        let left = self.notes.values().find(|note| note.from == gone.from);
        if let Some((from, into)) = left.map(|note| (note.from, note.into)) {
            self.into.insert(from, into);
        }
    }

    /// The record another is counted as; itself where it was never merged.
    pub fn canonical(&self, id: RecordId) -> RecordId {
        if self.into.is_empty() {
            return id;
        }
        let mut at = id;
        // A chain ends: nothing that is gone is merged into anything, and nothing into it.
        for _ in 0..=self.into.len() {
            match self.into.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    }

    /// Those counted as a record, at any remove.
    pub fn counted_as(&self, into: RecordId) -> Vec<RecordId> {
        if self.into.is_empty() {
            return Vec::new();
        }
        let all = self.into.keys().filter(|from| self.canonical(**from) == into);
        all.copied().collect()
    }
}

impl Office {
    pub(super) fn merges(&self) -> RwLockReadGuard<'_, Merges> {
        self.merges.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record another is counted as; itself where it was never merged.
    #[must_use]
    pub fn canonical(&self, id: RecordId) -> RecordId {
        self.merges().canonical(id)
    }

    /// Those counted as a record.
    pub(super) fn counted_as(&self, into: RecordId) -> Vec<RecordId> {
        self.merges().counted_as(into)
    }

    /// The record that is counted for one that is gone, by the number that one had.
    pub(super) fn merged_number(&self, number: &str) -> Option<RecordId> {
        let merges = self.merges();
        let note = merges.notes.values().find(|note| note.number == number.trim());
        note.map(|note| merges.canonical(note.from))
    }

    /// Takes note of a merge, or of one that was taken back, and shows again what points at it.
    pub(super) fn learn_merge(&self, record: &Record) {
        if let Some(note) = Note::of(record) {
            self.after_merge(&note, |merges| merges.learn(record));
        }
    }

    /// Forgets a merge the disk refused.
    pub(super) fn forget_merge(&self, id: RecordId) {
        let note = self.merges().notes.get(&id).cloned();
        if let Some(note) = note {
            self.after_merge(&note, |merges| merges.forget(id));
        }
    }

    fn after_merge(&self, note: &Note, learn: impl FnOnce(&mut Merges)) {
        let mut touched = self.pointing_ids(note.from);
        touched.extend(self.pointing_ids(note.into));
        learn(&mut self.merges.write().unwrap_or_else(PoisonError::into_inner));
        self.worked_out.changed();
        // The one that stays is found by the names and numbers of the one that is gone.
        let stays = self.canonical(note.into);
        touched.extend(self.kind_of_raw(stays).map(|kind| (kind, stays)));
        for (kind, id) in touched {
            if let Ok(Some(record)) = self.inside(&kind, id) {
                self.show(&record);
            }
        }
    }

    /// The records that point at one, by whatever field.
    fn pointing_ids(&self, to: RecordId) -> Vec<(String, RecordId)> {
        let Some(of) = self.kind_of_raw(to) else { return Vec::new() };
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for kind in self.catalogue.kinds() {
            let fields = kind.references().filter(|(_, kind)| *kind == of);
            for (field, _) in fields {
                let filter = super::lists::pointing(kind, &field, to);
                let all = directory.list(&filter, crate::directory::Sort::default(), 0, usize::MAX);
                found.extend(all.1.into_iter().map(|id| (kind.id.clone(), id)));
            }
            if of == PERSON && kind.person.is_some() {
                let filter = crate::directory::Filter {
                    person: Some(to),
                    ..crate::directory::Filter::of_kind(kind.code)
                };
                let all = directory.list(&filter, crate::directory::Sort::default(), 0, usize::MAX);
                found.extend(all.1.into_iter().map(|id| (kind.id.clone(), id)));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The kind of a record that may be gone.
    fn kind_of_raw(&self, id: RecordId) -> Option<String> {
        let here = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.kind(id).and_then(|code| self.catalogue.kind_of_code(code))
        };
        let gone =
            || self.catalogue.kinds().find(|kind| matches!(self.inside(&kind.id, id), Ok(Some(_))));
        here.or_else(gone).map(|kind| kind.id.clone())
    }

    /// Whether two records could be one, and what would be more than a bound allows afterwards: said
    /// before it is done. It is done all the same, and nothing that raises it passes.
    ///
    /// # Errors
    /// Why they could not.
    pub fn may_merge(
        &self,
        actor: &Actor,
        from: RecordId,
        into: RecordId,
    ) -> Result<Vec<Said>, Refusal> {
        actor.need(Right::Review)?;
        let (gone, stays) = (self.needed(from)?, self.needed(into)?);
        let kind = self.kind(&stays.kind)?;
        if gone.id != from || stays.id != into {
            return Err(merged_meanwhile());
        }
        if [from, into].iter().any(|id| self.asked_for(*id).is_ok()) {
            return Err(Refusal::conflict(
                said!(
                    "其中一位已申请销毁资料，不能合并。",
                    "An erasure was asked for one of them; they are not merged."
                ),
                said!("请先执行或撤回申请。", "Carry it out or let it go first."),
            ));
        }
        if gone.id == stays.id || gone.kind != stays.kind {
            return Err(Refusal::invalid(
                "into",
                said!("要选另一份同类的记录。", "Choose another record of the same kind."),
                said!("请重新选。", "Choose again."),
            ));
        }
        if kind.workflow.is_some() {
            let title = &kind.title;
            return Err(Refusal::forbidden(
                Said::new(
                    format!("“{}”有自己的流程，不能合并。", title.zh),
                    format!("A {} has a life of its own and is not merged.", title.en),
                ),
                said!("请办结其中一份。", "Close one of them."),
            ));
        }
        Ok(self.excess(kind, from, into))
    }

    /// The bounds two records pass together.
    fn excess(&self, of: &Kind, from: RecordId, into: RecordId) -> Vec<Said> {
        let goes_by = |kind: &Kind, measure: &Measure| {
            let [part] = measure.per.as_slice() else { return false };
            let mut references = kind.references();
            references.any(|(field, to)| field == part.field && to == of.id)
                || (of.id == PERSON && kind.person.as_ref() == Some(&part.field))
        };
        let mut excess = Vec::new();
        for kind in self.catalogue.kinds() {
            for measure in kind.measures.iter().filter(|measure| goes_by(kind, measure)) {
                let Some(most) = measure.at_most else { continue };
                let of = |id: RecordId| {
                    self.others(kind, measure, &vec![id.0.to_string()], &[]).map_or(0, |it| it.0)
                };
                let total = of(from).saturating_add(of(into));
                if total > most {
                    let title = &kind.title;
                    excess.push(Said::new(
                        format!("合并后“{}”共 {total}，超过 {most}；以后不能再增加。", title.zh),
                        format!(
                            "{}: {total} together, more than {most}; no more can be added.",
                            title.en
                        ),
                    ));
                }
            }
        }
        excess
    }

    pub(super) fn plan_merge(
        &self,
        actor: &Actor,
        from: RecordId,
        into: RecordId,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        self.may_merge(actor, from, into)?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Refusal::invalid(
                "reason",
                said!("合并要写明原因。", "Merging needs a reason."),
                said!("例如“同一人登记了两次”。", "Such as \"registered twice\"."),
            ));
        }
        let (mut gone, mut stays) = (self.needed(from)?, self.needed(into)?);
        self.touch(actor, &mut stays);
        gone.state = WITHDRAWN.into();
        self.touch(actor, &mut gone);
        let now = self.now();
        let made = Record::made(new_id(now)?, MERGE, &gone.number, &actor.account, now);
        let merge = Record { fields: merge_fields(from, into), ..made };
        // The records first: what points at them is shown again once the merge itself is.
        let mut plan = Plan::put(COMMAND, vec![stays, gone, merge]);
        plan.reason = Some(reason.to_string());
        Ok(plan)
    }

    /// The note of a merge as taking it back leaves it.
    pub(super) fn merge_taken_back(&self, actor: &Actor, id: RecordId) -> Result<Record, Refusal> {
        let mut merge = self.inside(MERGE, id)?.ok_or_else(not_here)?;
        merge.state = WITHDRAWN.into();
        self.touch(actor, &mut merge);
        Ok(merge)
    }
}

/// What somebody has before them was merged into another record meanwhile.
pub(super) fn merged_meanwhile() -> Refusal {
    Refusal::conflict(
        said!("这份记录刚刚并入了另一份。", "This record was merged into another one meanwhile."),
        said!("请打开并入的那一份再办。", "Open the one that stays and go on there."),
    )
}

fn merge_fields(from: RecordId, into: RecordId) -> Fields {
    Fields::from([
        (FROM.to_string(), Value::Reference(from)),
        (INTO.to_string(), Value::Reference(into)),
    ])
}
