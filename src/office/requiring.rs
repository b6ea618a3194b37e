//! Rules a move requires: every line that must hold does, and one that only should hold has a clause
//! and a reason where it does not; of a row its own, where its table has columns for them.

use super::command::text_of;
use super::worked_out::Worked;
use super::{Answers, Refusal};
use crate::policy::{Library, LineRole, SheetLine};
use crate::program::{EXPLAINS, Field, Kind, Move};
use crate::record::{Record, Value};
use crate::said;
use crate::words::Said;
use std::sync::Arc;

/// A sheet that holds, and its lines that should hold, do not, and were explained.
type Required = (Arc<Worked>, Vec<String>);

impl super::Office {
    /// What rules say of a move: those that advise it, and those it requires.
    ///
    /// # Errors
    /// As [`Self::required`].
    pub(super) fn put_to_rules(
        &self,
        step: &Move,
        (record, made, person): (&Record, &[Record], Option<&Record>),
        answers: &Answers,
    ) -> Result<(Option<Arc<Worked>>, Option<Required>), Refusal> {
        let left = self.as_left(step, record, made);
        let advice = match &step.evaluates {
            Some(rules) => {
                let left = left.as_deref().filter(|_| self.looks_ahead_to(step, rules, record));
                let rules = (rules.as_str(), step.each.as_deref());
                Some(self.sheet_of_move((record, left, person), rules, answers)?)
            }
            None => None,
        };
        let required = match &step.requires {
            Some(rules) => {
                let left = left.as_deref().unwrap_or_default();
                Some(self.required(step, (record, left, person), rules, answers)?)
            }
            None => None,
        };
        Ok((advice, required))
    }

    /// A record and what a move makes beside it as the move leaves them, where rules look at that.
    fn as_left(&self, step: &Move, record: &Record, made: &[Record]) -> Option<Vec<Record>> {
        let ahead = || {
            let rules = step.evaluates.as_ref();
            rules.is_some_and(|rules| self.looks_ahead_to(step, rules, record))
        };
        (step.requires.is_some() || ahead()).then(|| {
            let left = Record { state: step.to.clone(), ..record.clone() };
            std::iter::once(left).chain(made.iter().cloned()).collect()
        })
    }

    /// Whether rules read measures after this very move.
    fn looks_ahead_to(&self, step: &Move, rules: &str, record: &Record) -> bool {
        let library = self.ruled_by(record, rules);
        let after = library.rule_set(rules).and_then(|rules| rules.after.as_deref());
        after == Some(step.id.as_str())
    }

    /// The sheet of the rules a move requires, with the record and what is made beside it as the move
    /// will leave them, the record first; and the lines that do not hold and were explained.
    ///
    /// # Errors
    /// The first line that does not hold, with its row and its clause.
    fn required(
        &self,
        step: &Move,
        (record, left, person): (&Record, &[Record], Option<&Record>),
        rules: &str,
        answers: &Answers,
    ) -> Result<Required, Refusal> {
        let kind = self.kind(&record.kind)?;
        let after = left.first().unwrap_or(record);
        let each = step.each.as_deref();
        let worked = self.sheet_of_move((after, Some(left), person), (rules, each), answers)?;
        let library = self.ruled_by(after, rules);
        let known = |line: &SheetLine| library.rule_set(rules)?.line(&line.id);
        let mut explained = Vec::new();
        let broken = worked.sheet.lines.iter();
        for line in broken.filter(|line| line.result.is_open()) {
            if known(line).is_none_or(|known| known.role != LineRole::Should) {
                let next = said!(
                    "请核对依据；不满足就不能办这一步。",
                    "Check the ground; the step is not made without it."
                );
                return Err(Refusal::conflict(broken_said(line), next)
                    .resting_on(line.clause.clone())
                    .at(each.unwrap_or_default()));
            }
            self.line_is_explained((kind, step), after, (line, &library), answers)?;
            if !explained.contains(&line.id) {
                explained.push(line.id.clone());
            }
        }
        Ok((worked, explained))
    }

    /// Refuses a line that should hold, does not, and has no clause or no reason.
    fn line_is_explained(
        &self,
        (kind, step): (&Kind, &Move),
        record: &Record,
        (line, library): (&SheetLine, &Library),
        answers: &Answers,
    ) -> Result<(), Refusal> {
        let table = step.each.as_deref().and_then(|table| kind.field(table));
        let columns = table.and_then(|table| {
            let [clause, reason] = EXPLAINS.map(|id| table.column(id));
            Some((table, [clause?, reason?]))
        });
        let Some((table, columns)) = columns.zip(line.row).map(|(columns, _)| columns) else {
            let lacking = EXPLAINS.into_iter().find(|id| text_of(answers, id).is_none());
            return lacking.map_or(Ok(()), |lacking| {
                let next = said!(
                    "确需办理的，请写明依据条款和理由。",
                    "Give a clause and a reason to do it all the same."
                );
                let refusal = Refusal::invalid(lacking, broken_said(line), next);
                Err(refusal.resting_on(line.clause.clone()))
            });
        };
        let rows = record.get(&table.id).map(Value::rows).unwrap_or_default();
        let at = line.row.and_then(|row| usize::try_from(row).ok()?.checked_sub(1));
        let row = at.and_then(|at| rows.get(at));
        let text = |column: &Field| {
            let text = row?.fields.get(&column.id)?.as_text()?.trim();
            (!text.is_empty()).then(|| text.to_string())
        };
        let [clause, reason] = columns.map(text);
        let known = |clause: &String| {
            library.clauses.contains_key(clause) || self.library().clauses.contains_key(clause)
        };
        let strange = clause.as_ref().filter(|clause| !known(clause));
        if clause.is_some() && reason.is_some() && strange.is_none() {
            return Ok(());
        }
        let next = next_said(columns.map(|column| &column.title), strange);
        let refusal = Refusal::conflict(broken_said(line), next);
        Err(refusal.resting_on(line.clause.clone()).at(&table.id))
    }
}

/// What to do about a row that is not explained, by the titles of its two columns and a clause it
/// names that is not there.
fn next_said([clause, reason]: [&Said; 2], strange: Option<&String>) -> Said {
    if let Some(strange) = strange {
        return said!(
            "政策库里没有条款“{strange}”，请改成库里的编号；已提交的，先由主管退回这张表。",
            "The library has no clause \"{strange}\"; give the id of one it has. What was handed in is returned by a supervisor first."
        );
    }
    Said::new(
        format!(
            "确需办理的，请在这一行的“{}”和“{}”写明条款编号和理由；已提交的，先由主管退回这张表。",
            clause.zh, reason.zh
        ),
        format!(
            "To do it all the same, give the clause's id and the reason in \"{}\" and \"{}\" of this row; what was handed in is returned by a supervisor first.",
            clause.en, reason.en
        ),
    )
}

/// The sentence of a line, after its row where it is about one.
fn broken_said(line: &SheetLine) -> Said {
    let all = [line.row_said(), line.said()];
    Said::join(&all.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>(), "：", ": ")
}
