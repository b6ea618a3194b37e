//! Moves of a workflow: which are open to whom, and making one.

use super::command::text_of;
use super::entering::{Entered, settle, settle_names};
use super::plan::{Door, Plan};
use super::versions::Version;
use super::{Actor, Answers, FirstStep, Refusal};
use crate::program::{
    self, Ask, AskType, EXPLAINS, Kind, Move, Need, Override, PERSON, Stage, Workflow,
};
use crate::record::{Finding, MoveMade, Proposal, Record, RecordId, Value, name_key};
use crate::said;
use crate::store::NewOp;
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
        let who = workflow::Who { account: &actor.account, role: actor.role };
        workflow::may(life, step, record, who, self.today(), &self.calendar)
    }

    pub(super) fn plan_move(
        &self,
        door: &mut Door,
        actor: &Actor,
        id: RecordId,
        base: Option<u32>,
        id_of_move: &str,
        answers: Answers,
    ) -> Result<Plan, Refusal> {
        let record = self.sure(id)?;
        super::amend::still_at(&record, base)?;
        let person = self.person_of(Version::Next, &record);
        self.moved(door, actor, (record, person.as_ref()), id_of_move, answers)
    }

    /// The plan of a record that is made with a move, in the one entry.
    pub(super) fn plan_first_step(
        &self,
        door: &mut Door,
        actor: &Actor,
        making: Plan,
        FirstStep { id_of_move, answers }: FirstStep,
    ) -> Result<Plan, Refusal> {
        let Plan { main, ops, keyring, .. } = making;
        let (mut made, mut others) = (Vec::new(), Vec::new());
        for op in ops {
            match op {
                NewOp::Put(record) => made.push(record),
                other => others.push(other),
            }
        }
        let place = made.iter().position(|record| Some(record.id) == main);
        // Nothing of it is kept yet: the move brings it to its first revision.
        let record = place.map(|place| Record { revision: 0, ..made.swap_remove(place) });
        let record = record.ok_or_else(super::refusal::not_here)?;
        let kind = self.kind(&record.kind)?;
        let known = self.person_of(Version::Next, &record);
        let person = made.iter().find(|other| other.kind == PERSON).or(known.as_ref());
        let moved = self.moved(door, actor, (record, person), &id_of_move, answers)?;
        if moved.command == PROPOSE {
            return Err(takes_another(kind, &id_of_move));
        }
        let made = made.into_iter().map(NewOp::Put);
        let ops = moved.ops.into_iter().chain(made).chain(others).collect();
        Ok(Plan { main, ops, command: FIRST_STEP, reason: moved.reason, keyring })
    }

    /// The plan of a move on a record, which may be made in the same entry and so be there for nobody
    /// yet; its person as this entry leaves them.
    fn moved(
        &self,
        door: &mut Door,
        actor: &Actor,
        (mut record, person): (Record, Option<&Record>),
        id_of_move: &str,
        answers: Answers,
    ) -> Result<Plan, Refusal> {
        let id = record.id;
        let kind = self.kind(&record.kind)?;
        let (life, step) = self.step(kind, id_of_move)?;
        self.may_move(actor, life, step, &record).map_err(|why| {
            let refusal = Refusal::forbidden(why.said(), why.next());
            match why.clause() {
                Some(clause) => refusal.resting_on(clause),
                None => refusal,
            }
        })?;
        self.clock_must_be_sure(step)?;
        let answers = self.answered(kind, step, &record, answers)?;
        let afterwards = self.told_afterwards(step, &answers)?;
        let before = record.clone();
        self.write_answers(actor, step, &answers, &mut record);
        self.follow_here(kind, step, &answers, &mut record);
        let entered = settle_names(kind, &mut record.fields)?;
        self.references_hold(kind, &record.fields, &before.fields)?;
        self.has_what_it_needs(kind, step, &record)?;
        self.has_what_state_requires(kind, &record.fields, &step.to)?;
        if step.submits {
            record.copied = self.copy_for_submission(kind, person);
        }
        let made = self.follow_beyond(door, actor, step, &answers, &record)?;
        let (made, entered_there): (Vec<Record>, Vec<Entered>) = made.into_iter().unzip();
        let (advice, required) = self.put_to_rules(step, (&record, &made, person), &answers)?;
        let sheet = advice.as_ref().map(|worked| &worked.sheet);
        let departures = self.departures(&before, step, &answers, sheet);
        super::advice::explained(&departures, &answers)?;
        let mut against: Vec<String> = departures.into_iter().map(|it| it.id).collect();
        against.extend(required.iter().flat_map(|(_, explained)| explained).cloned());
        let seconds = step.over_advice == Some(Override::Second) && !against.is_empty();
        let proposed_by = self.seconded(actor, step, &before, &answers)?;
        if proposed_by.is_none() {
            // A colleague's proposal opens the step only to whoever seconds it as it is.
            workflow::may_alone(life, step, &before, &actor.account)
                .map_err(|why| Refusal::forbidden(why.said(), why.next()))?;
            if seconds {
                return Ok(self.put_forward(actor, step, before, answers, against));
            }
        }
        let decided = advice.or(required.map(|(worked, _)| worked));
        let rules = decided.as_ref().and_then(|worked| self.rules_to_keep(&worked.sheet));
        let sheet = decided.and_then(|worked| self.sheet_to_keep(&worked));
        let reason = text_of(&answers, "reason").map(str::to_string);
        let from = std::mem::replace(&mut record.state, step.to.clone());
        if life.is_closed(&from) {
            // Decided once: whoever takes it up again begins a new account of its facts.
            record.authors.clear();
        }
        if step.submits || step.finds_in(&answers) {
            record.authors.insert(actor.account.clone());
        }
        if step.submits {
            record.pack = self.catalogue.hash(&kind.id).to_string();
        }
        record.proposal = None;
        record.moves.push(MoveMade {
            id: step.id.clone(),
            from,
            to: step.to.clone(),
            by: actor.account.clone(),
            at: self.now(),
            answers,
            sheet,
            proposed_by,
            against,
            afterwards,
        });
        self.touch(actor, &mut record);
        let there: Vec<RecordId> = made.iter().map(|record| record.id).collect();
        let records = std::iter::once(record).chain(made).collect();
        let mut plan = Plan::put(MOVE, records).entered(id, entered);
        for (id, entered) in there.into_iter().zip(entered_there) {
            plan = plan.entered(id, entered);
        }
        plan.ops.extend(rules);
        plan.reason = reason;
        Ok(plan)
    }

    /// Puts the answers where they belong: in the field a question writes, or beside what was
    /// declared where it was found out.
    fn write_answers(&self, actor: &Actor, step: &Move, answers: &Answers, record: &mut Record) {
        for ask in &step.asks {
            let Some(value) = answers.get(&ask.id) else { continue };
            if let Some(field) = &ask.writes {
                record.fields.insert(field.clone(), value.clone());
            }
            if ask.finds {
                let finding = Finding {
                    value: value.clone(),
                    found_by: step.id.clone(),
                    by: actor.account.clone(),
                    at: self.now(),
                };
                record.findings.insert(ask.id.clone(), finding);
            }
        }
        if step.submits {
            // What was found of an earlier declaration says nothing of this one.
            record.findings.clear();
        }
    }

    /// The account whose proposal this would carry out: the same move with the same answers by
    /// somebody else. The reason may be in other words.
    fn seconded(
        &self,
        actor: &Actor,
        step: &Move,
        record: &Record,
        answers: &Answers,
    ) -> Result<Option<String>, Refusal> {
        let Some(proposal) = record.proposal.as_ref().filter(|it| it.id == step.id) else {
            return Ok(None);
        };
        let same = without_reason(&proposal.answers) == without_reason(answers);
        if !same {
            return Ok(None);
        }
        if proposal.by == actor.account {
            let why = workflow::WhyNot::OwnProposal;
            return Err(Refusal::forbidden(why.said(), why.next()));
        }
        Ok(Some(proposal.by.clone()))
    }

    /// Keeps a move that departs from the advice until another account makes it too.
    fn put_forward(
        &self,
        actor: &Actor,
        step: &Move,
        mut record: Record,
        answers: Answers,
        against: Vec<String>,
    ) -> Plan {
        let reason = text_of(&answers, "reason").map(str::to_string);
        let (id, by, at) = (step.id.clone(), actor.account.clone(), self.now());
        record.proposal = Some(Proposal { id, by, at, answers, against });
        self.touch(actor, &mut record);
        let mut plan = Plan::put(PROPOSE, vec![record]);
        plan.reason = reason;
        plan
    }

    /// Whether an answer tells of an earlier day, which needs a reason when it is further back
    /// than the pack allows.
    fn told_afterwards(&self, step: &Move, answers: &Answers) -> Result<bool, Refusal> {
        let today = self.today();
        for ask in &step.asks {
            let (Some(days), Some(date)) =
                (ask.afterwards, answers.get(&ask.id).and_then(Value::as_date))
            else {
                continue;
            };
            if (today - date).num_days() <= i64::from(days) {
                continue;
            }
            if text_of(answers, "reason").is_none() {
                let title = &ask.title;
                return Err(Refusal::invalid(
                    "reason",
                    Said::new(
                        format!("“{}”是 {date}，属于补录，要写明原因。", title.zh),
                        format!(
                            "\"{}\" is {date}: an entry made afterwards needs a reason.",
                            title.en
                        ),
                    ),
                    said!(
                        "请写一句为什么现在才登记；等待的期限从登记之日起算。",
                        "Say why it is entered only now; a wait runs from the day of entry."
                    ),
                ));
            }
            return Ok(true);
        }
        Ok(false)
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
    fn answered(
        &self,
        kind: &Kind,
        step: &Move,
        record: &Record,
        answers: Answers,
    ) -> Result<Answers, Refusal> {
        let known = |id: &str| EXPLAINS.contains(&id) || step.asks.iter().any(|ask| ask.id == id);
        if let Some(extra) = answers.keys().find(|id| !known(id)) {
            return Err(Refusal::invalid(
                extra.clone(),
                said!("这一步没有“{extra}”这一问。", "This step does not ask for \"{extra}\"."),
                said!("请去掉这一项。", "Leave it out."),
            ));
        }
        let mut answers = answers;
        answers.retain(|_, value| !blank(value));
        if let Some(problem) = program::unanswered(&step.asks, &answers) {
            return Err(super::against_pack::refusal_of(problem));
        }
        for ask in &step.asks {
            answers.get(&ask.id).map_or(Ok(()), |value| self.fits(kind, ask, value))?;
        }
        if let Some(clause) = text_of(&answers, "clause") {
            self.is_clause("clause", clause)?;
        }
        for field in step.asks.iter().filter_map(Ask::field) {
            if let Some(value) = answers.get_mut(&field.id) {
                settle(field, &field.id, value, &mut Entered::new())?;
            }
        }
        other_people(step, &answers)?;
        let (fields, today) = (&record.fields, self.today());
        match program::answer_problem(&self.catalogue, kind, &step.asks, fields, &answers, today) {
            Some(problem) => Err(super::against_pack::refusal_of(problem)),
            None => Ok(answers),
        }
    }

    fn is_clause(&self, place: &str, clause: &str) -> Result<(), Refusal> {
        if self.library().clauses.contains_key(clause) {
            return Ok(());
        }
        Err(Refusal::invalid(
            place,
            said!("政策库里没有条款“{clause}”。", "The library has no clause \"{clause}\"."),
            said!("请从列表中选一条。", "Choose one from the list."),
        ))
    }

    /// Whether an answer names what exists: fields of the record, a clause of the library.
    fn fits(&self, kind: &Kind, ask: &Ask, value: &Value) -> Result<(), Refusal> {
        match (&ask.ask_type, value) {
            (AskType::Fields, Value::Tags(fields)) => {
                match fields.iter().find(|field| !self.is_field_of(kind, field)) {
                    Some(unknown) => {
                        Err(super::against_pack::unknown_field(kind, unknown).at(ask.id.clone()))
                    }
                    None => Ok(()),
                }
            }
            (AskType::Clause, Value::Text(clause)) => self.is_clause(&ask.id, clause),
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

/// What the journal calls a move.
pub(super) const MOVE: &str = "move";

/// What the journal calls a move that waits for a second account.
pub(super) const PROPOSE: &str = "propose";

/// What the journal calls a record made with a move.
pub(super) const FIRST_STEP: &str = "create-move";

/// The move an entry made on a record of its own.
pub(super) fn made_in<'r>(command: &str, record: &'r Record) -> Option<&'r MoveMade> {
    [MOVE, FIRST_STEP].contains(&command).then(|| record.moves.last()).flatten()
}

/// A record is not made with a move that waits for a second account.
fn takes_another(kind: &Kind, id_of_move: &str) -> Refusal {
    let step = kind.workflow.as_ref().and_then(|life| life.find_move(id_of_move));
    let title = step.map(|step| step.title.clone()).unwrap_or_default();
    Refusal::forbidden(
        Said::new(
            format!("“{}”这一次与建议不同，要另一人复核，不能随新建一并办理。", title.zh),
            format!(
                "\"{}\" departs from the advice here and takes a second account, so it is not made together with the record.",
                title.en
            ),
        ),
        said!(
            "请先新建这份记录，再单独办理这一步。",
            "Make the record first, and the step by itself."
        ),
    )
}

fn without_reason(answers: &Answers) -> Answers {
    let mut answers = answers.clone();
    answers.remove("reason");
    answers
}

/// Where a question wants somebody else than another names, it is somebody else.
fn other_people(step: &Move, answers: &Answers) -> Result<(), Refusal> {
    let key = |id: &str| text_of(answers, id).map(name_key);
    for ask in &step.asks {
        let Some(other) = &ask.not_same_as else { continue };
        if key(&ask.id).is_some() && key(&ask.id) == key(other) {
            let asked = step.asks.iter().find(|asked| asked.id == *other);
            let other = asked.map(|asked| asked.title.clone()).unwrap_or_default();
            let title = &ask.title;
            return Err(Refusal::invalid(
                ask.id.clone(),
                Said::new(
                    format!("“{}”和“{}”要是两个人。", other.zh, title.zh),
                    format!("\"{}\" and \"{}\" are two different people.", other.en, title.en),
                ),
                said!("请填写另一位的姓名。", "Give the name of the other person."),
            ));
        }
    }
    Ok(())
}

fn blank(value: &Value) -> bool {
    value.as_text().is_some_and(|text| text.trim().is_empty())
}
