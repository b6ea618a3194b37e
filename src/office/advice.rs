//! What the decision sheet and the record advise, and in what an answer departs from it.
//!
//! The office compares, not the screen: whoever decides otherwise says under which clause and why,
//! whichever way the command came.

use super::command::text_of;
use super::{Answers, Refusal};
use crate::formula::Inputs;
use crate::policy::{DecisionSheet, LineResult, LineRole, Overall, SheetLine};
use crate::program::{
    Ask, EXPLAINS, FieldType, FromSheet, Kind, Move, effective_fields, plain, see,
};
use crate::record::{Record, Value};
use crate::said;
use crate::words::{Lang, Said};
use rust_decimal::Decimal;

/// What a departure from the advice is called, where the outcome as a whole is meant.
const OUTCOME: &str = "outcome";

/// One thing in which a move would depart from the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// `outcome`, the id of an answer, or what the pack calls it.
    pub id: String,
    /// What it is.
    pub said: Said,
}

impl super::Office {
    /// What answers a question by the sheet; nothing where the sheet does not say. A score is given in
    /// points; that a question has room for it is checked with its pack.
    #[must_use]
    pub fn suggested(&self, ask: &Ask, sheet: &DecisionSheet) -> Option<Value> {
        let field = ask.field()?;
        match ask.from_sheet? {
            FromSheet::Category => sheet.category.clone().map(Value::Choice),
            FromSheet::Score if matches!(field.field_type, FieldType::Integer { .. }) => {
                sheet.score.map(Value::Integer)
            }
            FromSheet::Score => {
                let library = self.library_behind(sheet);
                let scale = library.rule_set(sheet.rule_set())?.scale.unwrap_or(1);
                Some(Value::Decimal(Decimal::from(sheet.score?) / Decimal::from(scale.max(1))))
            }
        }
    }

    /// In what a move with these answers would depart from the advice. A move the pack does not
    /// compare departs from nothing.
    #[must_use]
    pub fn departures(
        &self,
        record: &Record,
        step: &Move,
        answers: &Answers,
        sheet: Option<&DecisionSheet>,
    ) -> Vec<Departure> {
        let Some(kind) = self.catalogue.kind(&record.kind).filter(|_| step.over_advice.is_some())
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        found.extend(sheet.and_then(|sheet| outcome(kind, step, sheet)));
        for ask in &step.asks {
            let suggested = sheet.and_then(|sheet| self.suggested(ask, sheet));
            let Some(suggested) = suggested else { continue };
            if answers.get(&ask.id).is_some_and(|answer| *answer != suggested) {
                found.push(self.other_answer(ask, &suggested));
            }
        }
        let mut inputs = Inputs::new();
        for (id, value) in effective_fields(kind, &record.fields).iter() {
            if let Some(field) = kind.field(id) {
                see(&mut inputs, field, value);
            }
        }
        let objections = step.objections.iter();
        let holds = objections.filter(|it| it.when.eval(&inputs).yes_no() == Some(true));
        found.extend(holds.map(|it| Departure { id: it.id.clone(), said: it.title.clone() }));
        found
    }

    /// The clauses a move can rest on by the sheet: what was met for one that leads into force, and
    /// for one that does not what speaks against the person. A tier that only does not apply is no
    /// ground; to lie above every tier is.
    #[must_use]
    pub fn grounds(&self, record: &Record, step: &Move, sheet: &DecisionSheet) -> Vec<String> {
        let life = self.catalogue.kind(&record.kind).and_then(|kind| kind.workflow.as_ref());
        let in_force = life.and_then(|life| life.state(&step.to)).is_some_and(|to| to.in_force);
        let library = self.library();
        let rules = library.rule_set(sheet.rule_set());
        let known = |line: &SheetLine| {
            let lines = rules.map(|rules| rules.lines.as_slice()).unwrap_or_default();
            lines.iter().find(|known| known.id == line.id)
        };
        let is_tier =
            |line: &SheetLine| known(line).is_some_and(|known| known.role == LineRole::Outcome);
        // The tiers of one question, from the lowest up: those that compare with a threshold.
        let is_step = |line: &SheetLine| {
            is_tier(line) && known(line).is_some_and(|it| !it.compares.is_empty())
        };
        let mut steps = sheet.lines.iter().filter(|line| is_step(line));
        let above_all = steps.clone().all(|line| line.result == LineResult::NotMet);
        let highest = steps.next_back().map(|line| line.id.as_str()).filter(|_| above_all);
        let speaks = |line: &&SheetLine| match line.result {
            LineResult::Met => in_force,
            LineResult::NotMet => {
                !in_force && (!is_tier(line) || Some(line.id.as_str()) == highest)
            }
            LineResult::Unknown | LineResult::NotAsked => false,
        };
        let mut clauses = Vec::new();
        for line in sheet.lines.iter().filter(speaks) {
            if !clauses.contains(&line.clause) {
                clauses.push(line.clause.clone());
            }
        }
        clauses
    }

    fn other_answer(&self, ask: &Ask, suggested: &Value) -> Departure {
        let shown = |lang| {
            let field = ask.field()?;
            Some(plain(&self.catalogue, field, suggested, lang, true))
        };
        let label =
            Said::new(shown(Lang::Zh).unwrap_or_default(), shown(Lang::En).unwrap_or_default());
        let title = &ask.title;
        Departure {
            id: ask.id.clone(),
            said: Said::new(
                format!("“{}”的建议是{}", title.zh, label.zh),
                format!("the advice for \"{}\" is {}", title.en, label.en),
            ),
        }
    }
}

/// Whether the outcome speaks against where a move leads: into force against anything but a yes,
/// to an end without it against a yes.
fn outcome(kind: &Kind, step: &Move, sheet: &DecisionSheet) -> Option<Departure> {
    let to = kind.workflow.as_ref()?.state(&step.to)?;
    let against = match sheet.outcome {
        Overall::Suggests => to.is_final && !to.in_force,
        Overall::SuggestsNo | Overall::NeedsPerson => to.in_force,
    };
    let outcome = sheet.outcome.said();
    let said = Said::new(
        format!("认定依据单的结论是“{}”", outcome.zh),
        format!("the decision sheet says \"{}\"", outcome.en),
    );
    against.then(|| Departure { id: OUTCOME.to_string(), said })
}

/// Refuses a departure without clause and reason.
pub(super) fn explained(departures: &[Departure], answers: &Answers) -> Result<(), Refusal> {
    let lacking = EXPLAINS.into_iter().find(|id| text_of(answers, id).is_none());
    let Some(lacking) = lacking else { return Ok(()) };
    if departures.is_empty() {
        return Ok(());
    }
    let said: Vec<Said> = departures.iter().map(|departure| departure.said.clone()).collect();
    let said = Said::join(&said, "；", "; ");
    Err(Refusal::invalid(
        lacking,
        Said::new(
            format!("与建议不同（{}），要写明依据条款和理由。", said.zh),
            format!("This departs from the advice ({}); it needs a clause and a reason.", said.en),
        ),
        said!(
            "请选一条条款并写出理由；或者按建议办理。",
            "Choose a clause and give the reason; or follow the advice."
        ),
    ))
}
