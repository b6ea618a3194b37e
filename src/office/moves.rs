//! Moves of a workflow: which are open to whom, and making one.

use super::door::Plan;
use super::entering::settle_names;
use super::{Actor, Answers, Refusal};
use crate::program::{self, Ask, AskType, Kind, Move, Need, PERSON, Stage, Workflow};
use crate::record::{MoveMade, Record, RecordId, Value};
use crate::said;
use crate::words::Said;
use crate::workflow;

/// A move out of a record's state, and whether this actor may make it.
#[derive(Clone, Debug)]
pub struct MoveOffered {
    /// The move.
    pub step: Move,
    /// Why it is not open to this actor; empty when it is.
    pub closed: Option<Said>,
}

impl super::Office {
    /// The moves out of a record's state, those open to the actor first.
    #[must_use]
    pub fn moves(&self, actor: &Actor, record: &Record) -> Vec<MoveOffered> {
        let Some(life) = self.catalogue.kind(&record.kind).and_then(|kind| kind.workflow.as_ref())
        else {
            return Vec::new();
        };
        let mut offered: Vec<MoveOffered> = life
            .moves_from(&record.state)
            .map(|step| MoveOffered {
                step: step.clone(),
                closed: self.may_move(actor, life, step, record).err().map(|why| why.said()),
            })
            .collect();
        offered.sort_by_key(|offer| offer.closed.is_some());
        offered
    }

    fn may_move(
        &self,
        actor: &Actor,
        life: &Workflow,
        step: &Move,
        record: &Record,
    ) -> Result<(), workflow::WhyNot> {
        let (account, role, today) = (&actor.account, actor.role, self.today());
        workflow::may(life, step, record, account, role, today, &self.calendar)
    }

    pub(super) fn plan_move(
        &self,
        actor: &Actor,
        id: RecordId,
        base: Option<u32>,
        id_of_move: &str,
        answers: Answers,
    ) -> Result<Plan, Refusal> {
        let mut record = self.needed(id)?;
        let kind = self.kind(&record.kind)?;
        let (life, step) = self.step(kind, id_of_move)?;
        super::amend::still_at(&record, base)?;
        self.may_move(actor, life, step, &record)
            .map_err(|why| Refusal::forbidden(why.said(), why.next()))?;
        let answers = self.answered(kind, step, answers)?;
        for (ask, field) in step.asks.iter().filter_map(|ask| Some((ask, ask.writes.as_ref()?))) {
            if let Some(value) = answers.get(&ask.id) {
                record.fields.insert(field.clone(), value.clone());
            }
        }
        let entered = settle_names(kind, &mut record.fields)?;
        self.has_what_it_needs(kind, step, &record)?;
        let sheet = match &step.evaluates {
            Some(rules) => self.sheet_inside(&record, rules)?.to_stored().ok(),
            None => None,
        };
        let reason = answers.get("reason").and_then(Value::as_text).map(str::to_string);
        let now = self.now();
        let from = std::mem::replace(&mut record.state, step.to.clone());
        if life.first_moves().any(|first| first.id == step.id) {
            record.pack = self.catalogue.hash(&kind.id).to_string();
        }
        record.moves.push(MoveMade {
            id: step.id.clone(),
            from,
            to: step.to.clone(),
            by: actor.account.clone(),
            at: now,
            answers,
            sheet,
        });
        self.touch(actor, &mut record);
        let mut plan = Plan::put("move", vec![record]).entered(id, entered);
        plan.reason = reason;
        Ok(plan)
    }

    fn step<'k>(
        &self,
        kind: &'k Kind,
        id_of_move: &str,
    ) -> Result<(&'k Workflow, &'k Move), Refusal> {
        let life = kind.workflow.as_ref();
        let step = life.and_then(|life| life.find_move(id_of_move));
        life.zip(step).ok_or_else(|| {
            let known: Vec<&str> =
                life.iter().flat_map(|life| &life.moves).map(|step| step.id.as_str()).collect();
            let known = known.join(", ");
            Refusal::invalid(
                "move",
                said!("没有“{id_of_move}”这个步骤。", "There is no step called \"{id_of_move}\"."),
                said!("可用的有：{known}。", "Known steps: {known}."),
            )
        })
    }

    /// The answers, each of the shape its question asks for and none missing.
    fn answered(&self, kind: &Kind, step: &Move, answers: Answers) -> Result<Answers, Refusal> {
        if let Some(extra) = answers.keys().find(|id| !step.asks.iter().any(|ask| ask.id == **id)) {
            return Err(Refusal::invalid(
                extra.clone(),
                said!("这一步没有“{extra}”这一问。", "This step does not ask for \"{extra}\"."),
                said!("请去掉这一项。", "Leave it out."),
            ));
        }
        for ask in &step.asks {
            match answers.get(&ask.id).filter(|value| !blank(value)) {
                Some(value) => self.fits(kind, ask, value)?,
                None if ask.required => {
                    let title = &ask.title;
                    return Err(Refusal::invalid(
                        ask.id.clone(),
                        Said::new(
                            format!("还没有填写“{}”。", title.zh),
                            format!("\"{}\" is not filled in.", title.en),
                        ),
                        said!("填写后再办理。", "Fill it in and try again."),
                    ));
                }
                None => {}
            }
        }
        Ok(answers)
    }

    /// Whether an answer names what exists: fields of the record, a clause of the library.
    fn fits(&self, kind: &Kind, ask: &Ask, value: &Value) -> Result<(), Refusal> {
        match (&ask.ask_type, value) {
            (AskType::Fields, Value::Tags(fields)) => {
                match fields.iter().find(|field| !self.is_field_of(kind, field)) {
                    Some(unknown) => {
                        Err(super::create::unknown_field(kind, unknown).at(ask.id.clone()))
                    }
                    None => Ok(()),
                }
            }
            (AskType::Clause, Value::Text(clause))
                if !self.library.clauses.contains_key(clause) =>
            {
                Err(Refusal::invalid(
                    ask.id.clone(),
                    said!(
                        "政策库里没有条款“{clause}”。",
                        "The library has no clause \"{clause}\"."
                    ),
                    said!("请从列表中选一条。", "Choose one from the list."),
                ))
            }
            _ => Ok(()),
        }
    }

    fn is_field_of(&self, kind: &Kind, field: &str) -> bool {
        kind.field_at(field).is_some()
            || self
                .catalogue
                .kind(PERSON)
                .is_some_and(|person| kind.person.is_some() && person.field_at(field).is_some())
    }

    fn has_what_it_needs(&self, kind: &Kind, step: &Move, record: &Record) -> Result<(), Refusal> {
        for need in &step.needs {
            match need {
                Need::Complete => self.checked(kind, &record.fields, Stage::Submit)?,
                Need::Consent => {
                    // A consent for each sensitivity group the record holds (PIPL art. 29).
                    let lacking = program::consents_lacking(kind, &record.fields, self.today());
                    if let Some(group) = lacking.first() {
                        return Err(self.no_consent(kind, group));
                    }
                }
                Need::ConsentTo(group) => {
                    let table = kind.consents.as_deref().unwrap_or_default();
                    if !program::consent_given(&record.fields, table, group, self.today()) {
                        return Err(self.no_consent(kind, group));
                    }
                }
            }
        }
        Ok(())
    }

    fn no_consent(&self, kind: &Kind, group: &str) -> Refusal {
        let table = kind.consents.as_deref().unwrap_or_default();
        let column = kind.field(table).and_then(|field| field.column("group"));
        let list = column.and_then(|column| column.field_type.list());
        let entry = list.and_then(|list| self.catalogue.code_list(list)?.entry(group));
        let title = entry.map_or_else(|| Said::same(group), |entry| entry.label.clone());
        Refusal::invalid(
            table,
            Said::new(
                format!("还没有登记“{}”的单独同意。", title.zh),
                format!("The separate consent for \"{}\" is not recorded.", title.en),
            ),
            said!(
                "请职工签字同意后，在“个人信息同意”一项登记。",
                "Have the worker sign it, then record it under consents."
            ),
        )
        .resting_on("pipl-2021/29")
    }
}

fn blank(value: &Value) -> bool {
    value.as_text().is_some_and(|text| text.trim().is_empty())
}
