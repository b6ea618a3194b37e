//! Changing a record: fields, rows from an import, and looking at what is masked.

use super::entering::settle_names;
use super::plan::Plan;
use super::{Actor, Refusal, Right};
use crate::program::{Kind, Stage};
use crate::record::{Record, RecordId, Row, Value};
use crate::said;
use crate::store::NewOp;
use std::collections::BTreeMap;

impl super::Office {
    pub(super) fn plan_amend(
        &self,
        actor: &Actor,
        id: RecordId,
        base: u32,
        changes: BTreeMap<String, Option<Value>>,
        reason: Option<String>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Write)?;
        let mut record = self.needed(id)?;
        if record.id != id {
            return Err(super::refusal::merged_meanwhile());
        }
        let before = record.fields.clone();
        let kind = self.kind(&record.kind)?;
        still_at(&record, Some(base))?;
        let changes = numbered(&record, changes);
        self.may_make_changes(actor, &record, &changes, reason.as_deref())?;
        for (field, value) in changes {
            if kind.field(&field).is_none() {
                return Err(super::against_pack::unknown_field(kind, &field));
            }
            match value {
                Some(value) => record.fields.insert(field, value),
                None => record.fields.remove(&field),
            };
        }
        let entered = settle_names(kind, &mut record.fields)?;
        self.checked(kind, &record.fields, stage_of(kind, &record))?;
        self.references_hold(kind, &record.fields, &before)?;
        self.has_what_state_requires(kind, &record.fields, &record.state)?;
        self.unused_id_number(kind, &record.fields, Some(id))?;
        self.wrote(actor, kind, &mut record);
        let mut plan = Plan::put("amend", vec![record]).entered(id, entered);
        plan.reason = reason.map(|reason| reason.trim().to_string()).filter(|it| !it.is_empty());
        Ok(plan)
    }

    pub(super) fn plan_add_rows(
        &self,
        actor: &Actor,
        id: RecordId,
        table: &str,
        rows: Vec<Row>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Write)?;
        let mut record = self.needed(id)?;
        if record.id != id {
            return Err(super::refusal::merged_meanwhile());
        }
        let before = record.fields.clone();
        let kind = self.kind(&record.kind)?;
        if kind.field(table).is_none_or(|field| field.field_type.columns().is_empty()) {
            return Err(super::against_pack::unknown_field(kind, table));
        }
        let mut all = record.get(table).map(|value| value.rows().to_vec()).unwrap_or_default();
        all.extend(rows.into_iter().map(|row| Row { id: 0, ..row }));
        let changes = BTreeMap::from([(table.to_string(), Some(Value::Table(all)))]);
        let changes = numbered(&record, changes);
        self.may_make_changes(actor, &record, &changes, None)?;
        for (field, value) in changes {
            record.fields.extend(value.map(|value| (field, value)));
        }
        let entered = settle_names(kind, &mut record.fields)?;
        self.checked(kind, &record.fields, stage_of(kind, &record))?;
        self.references_hold(kind, &record.fields, &before)?;
        self.wrote(actor, kind, &mut record);
        Ok(Plan::put("add-rows", vec![record]).entered(id, entered))
    }

    pub(super) fn plan_reveal(
        &self,
        actor: &Actor,
        id: RecordId,
        fields: Vec<String>,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Reveal)?;
        let record = self.needed(id)?;
        let id = record.id;
        let kind = self.kind(&record.kind)?;
        if reason.trim().is_empty() {
            return Err(Refusal::invalid(
                "reason",
                said!("查看完整号码要写明原因。", "Showing a full number needs a reason."),
                said!(
                    "写一句原因，例如“核对银行卡”。",
                    "Give a short reason, such as \"checking the bank card\"."
                ),
            ));
        }
        if let Some(unknown) = fields.iter().find(|field| kind.field_at(field).is_none()) {
            return Err(super::against_pack::unknown_field(kind, unknown));
        }
        let seen = NewOp::Seen { kind: record.kind.clone(), id, fields };
        Ok(Plan {
            main: Some(id),
            ops: vec![seen],
            command: "reveal",
            reason: Some(reason.trim().to_string()),
            keyring: None,
        })
    }

    /// Marks a record as changed now by this actor, who is an author of what it says, so that what
    /// was put forward on what it said before waits no more.
    fn wrote(&self, actor: &Actor, kind: &Kind, record: &mut Record) {
        if kind.workflow.is_some() {
            record.authors.insert(actor.account.clone());
            record.proposal = None;
        }
        self.touch(actor, record);
    }

    /// Marks a record as changed now by this actor.
    pub(super) fn touch(&self, actor: &Actor, record: &mut Record) {
        record.revision += 1;
        record.updated = self.now();
        record.updated_by.clone_from(&actor.account);
    }
}

/// Nothing when the record is still at the revision a change was based on.
pub(super) fn still_at(record: &Record, base: Option<u32>) -> Result<(), Refusal> {
    let now = record.revision;
    match base {
        Some(base) if base != now => {
            let (number, by) = (&record.number, &record.updated_by);
            Err(Refusal::conflict(
                said!(
                    "{number} 已被 {by} 修改过（您看到的是第 {base} 版，现在是第 {now} 版）。",
                    "{number} was changed by {by} meanwhile (you saw revision {base}, it is now {now})."
                ),
                said!(
                    "您填写的内容还在；请对照新内容后再保存。",
                    "What you typed is still here; compare with the new version and save again."
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// The changes with an id for every new row, as they would be kept.
fn numbered(
    record: &Record,
    changes: BTreeMap<String, Option<Value>>,
) -> BTreeMap<String, Option<Value>> {
    let number = |(field, value): (String, Option<Value>)| {
        let Some(Value::Table(mut rows)) = value else { return (field, value) };
        // A row that was there and is gone leaves its id unused.
        let kept = record.get(&field).map(Value::rows).unwrap_or_default();
        let mut last = kept.iter().chain(&rows).map(|row| row.id).max().unwrap_or(0);
        for row in rows.iter_mut().filter(|row| row.id == 0) {
            last += 1;
            row.id = last;
        }
        (field, Some(Value::Table(rows)))
    };
    changes.into_iter().map(number).collect()
}

/// What a record in its state must satisfy.
fn stage_of(kind: &Kind, record: &Record) -> Stage<'static> {
    match &kind.workflow {
        Some(life) if !life.submitting().any(|step| step.from.contains(&record.state)) => {
            Stage::Submit
        }
        _ => Stage::Draft,
    }
}
