//! Two records that turned out to be one: the second is counted, shown and found as the first from
//! then on. Nothing that points at either is rewritten, so that what was decided stays as it was
//! signed; whoever follows a link arrives at the one that is left.

use super::ids::new_id;
use super::merges::{Merges, Note, merge_fields};
use super::own_kinds::MERGE;
use super::plan::Plan;
use super::refusal::{merged_meanwhile, not_here};
use super::{Actor, Office, Refusal, Right};
use crate::directory::{Filter, Sort};
use crate::program::{Kind, Measure, PERSON};
use crate::record::{Record, RecordId, WITHDRAWN};
use crate::said;
use crate::words::Said;
use std::sync::{Arc, PoisonError};

/// The name the journal gives it.
pub(super) const COMMAND: &str = "merge";

impl Office {
    pub(super) fn merges(&self) -> Arc<Merges> {
        Arc::clone(&self.merges.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The record another is counted as; itself where it was never merged.
    #[must_use]
    pub fn canonical(&self, id: RecordId) -> RecordId {
        self.merges().canonical(id)
    }

    /// The record that is counted for one that is gone, by the number that one had.
    pub(super) fn merged_number(&self, number: &str) -> Option<RecordId> {
        self.merges().left_of(number.trim())
    }

    /// Takes note of a merge, or of one that was taken back, and shows again what points at it.
    pub(super) fn learn_merge(&self, record: &Record) {
        if let Some(note) = Note::of(record) {
            self.after_merge(&note, |merges| merges.learn(record));
        }
    }

    /// Forgets a merge the disk refused.
    pub(super) fn forget_merge(&self, id: RecordId) {
        let note = self.merges().note(id).cloned();
        if let Some(note) = note {
            self.after_merge(&note, |merges| merges.forget(id));
        }
    }

    fn after_merge(&self, note: &Note, learn: impl FnOnce(&mut Merges)) {
        let mut touched = self.pointing_ids(note.from);
        touched.extend(self.pointing_ids(note.into));
        learn(Arc::make_mut(&mut self.merges.write().unwrap_or_else(PoisonError::into_inner)));
        self.worked_out.changed();
        // The one that stays is found by the names and numbers of the one that is gone; one that is
        // back by those of all that were merged into it before.
        let stay = [note.into, note.from].map(|id| self.canonical(id));
        touched.extend(stay.into_iter().filter_map(|id| Some((self.kind_of_raw(id)?, id))));
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
        let mut filters: Vec<(&Kind, Filter)> = self
            .references_to(&of)
            .map(|(kind, field)| (kind, super::facets::pointing(kind, &field, to)))
            .collect();
        let whose = self.catalogue.kinds().filter(|kind| of == PERSON && kind.person.is_some());
        filters.extend(
            whose.map(|kind| (kind, Filter { person: Some(to), ..Filter::of_kind(kind.code) })),
        );
        let mut found = Vec::new();
        for (kind, filter) in filters {
            let (_, ids) = directory.list(&filter, &Sort::default(), 0, usize::MAX);
            found.extend(ids.into_iter().map(|id| (kind.id.clone(), id)));
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
                    self.total(kind, measure, &vec![id.0.to_string()], &[]).unwrap_or(0)
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
