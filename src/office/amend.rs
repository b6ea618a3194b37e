//! Changing a record: fields, rows from an import, and looking at what is masked.

use super::door::Plan;
use super::entering::settle_names;
use super::{Actor, Refusal, Right};
use crate::program::{Kind, Stage};
use crate::record::{Fields, Record, RecordId, Row, Value};
use crate::said;
use crate::store::DraftOp;
use std::collections::BTreeMap;

impl super::Office {
    pub(super) fn plan_amend(
        &self,
        actor: &Actor,
        id: RecordId,
        base: u32,
        changes: BTreeMap<String, Option<Value>>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Write)?;
        let mut record = self.needed(id)?;
        let kind = self.kind(&record.kind)?;
        still_at(&record, Some(base))?;
        open_to_change(actor, kind, &record)?;
        for (field, value) in changes {
            if kind.field(&field).is_none() {
                return Err(super::create::unknown_field(kind, &field));
            }
            match value {
                Some(value) => record.fields.insert(field, value),
                None => record.fields.remove(&field),
            };
        }
        number_rows(&mut record.fields);
        let entered = settle_names(kind, &mut record.fields)?;
        self.checked(kind, &record.fields, stage_of(kind, &record))?;
        self.unused_id_number(kind, &record.fields, Some(id))?;
        self.touch(actor, &mut record);
        Ok(Plan::put("amend", vec![record]).entered(id, entered))
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
        let kind = self.kind(&record.kind)?;
        open_to_change(actor, kind, &record)?;
        if kind.field(table).is_none_or(|field| field.field_type.columns().is_empty()) {
            return Err(super::create::unknown_field(kind, table));
        }
        let mut all = record.get(table).map(|value| value.rows().to_vec()).unwrap_or_default();
        all.extend(rows.into_iter().map(|row| Row { id: 0, ..row }));
        record.fields.insert(table.to_string(), Value::Table(all));
        number_rows(&mut record.fields);
        let entered = settle_names(kind, &mut record.fields)?;
        self.checked(kind, &record.fields, stage_of(kind, &record))?;
        self.touch(actor, &mut record);
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
            return Err(super::create::unknown_field(kind, unknown));
        }
        let seen = DraftOp::Seen { kind: record.kind.clone(), id, fields };
        Ok(Plan {
            main: Some(id),
            ops: vec![seen],
            command: "reveal",
            reason: Some(reason.trim().to_string()),
            keyring: None,
        })
    }

    /// Whether this actor may change a record's fields in its present state, asked before a form
    /// opens.
    ///
    /// # Errors
    /// A refusal that says who can.
    pub fn may_change(&self, actor: &Actor, record: &Record) -> Result<(), Refusal> {
        actor.need(Right::Write)?;
        open_to_change(actor, self.kind(&record.kind)?, record)
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

/// While a file is with its reviewers, only they amend it.
fn open_to_change(actor: &Actor, kind: &Kind, record: &Record) -> Result<(), Refusal> {
    let Some(workflow) = &kind.workflow else { return Ok(()) };
    let with_the_counter = workflow.first_moves().any(|step| step.from.contains(&record.state));
    if with_the_counter || actor.may(Right::Review) {
        return Ok(());
    }
    let state = workflow.state(&record.state).map(|state| state.title.clone()).unwrap_or_default();
    Err(Refusal::forbidden(
        crate::words::Said::new(
            format!("档案现在是“{}”，由审核员处理，不能直接修改。", state.zh),
            format!("The file is now \"{}\" and with its reviewers.", state.en),
        ),
        said!("请联系审核员退回后再改。", "Ask the reviewer to return it first."),
    ))
}

/// What a record in its state must satisfy.
fn stage_of(kind: &Kind, record: &Record) -> Stage<'static> {
    match &kind.workflow {
        Some(life) if !life.first_moves().any(|step| step.from.contains(&record.state)) => {
            Stage::Submit
        }
        _ => Stage::Draft,
    }
}

/// Gives every new row (id 0) of every table an id of its own.
pub(super) fn number_rows(fields: &mut Fields) {
    for value in fields.values_mut() {
        if let Value::Table(rows) = value {
            let mut last = rows.iter().map(|row| row.id).max().unwrap_or(0);
            for row in rows.iter_mut().filter(|row| row.id == 0) {
                last += 1;
                row.id = last;
            }
        }
    }
}
