//! Making a record, with the person it belongs to where that person is new.

use super::against_pack::{refusal_of, unknown_field};
use super::entering::settle_names;
use super::ids::new_id;
use super::plan::{Door, Plan};
use super::{Actor, Refusal, Right};
use crate::directory::IdRole;
use crate::program::{self, Field, FieldProblem, Kind, PERSON, Required, Stage, same_value};
use crate::record::{Fields, Instant, Record, RecordId, Value, fold};
use crate::said;
use crate::words::Said;
use std::collections::BTreeSet;
use std::sync::PoisonError;

impl super::Office {
    pub(super) fn plan_create(
        &self,
        door: &mut Door,
        actor: &Actor,
        kind_id: &str,
        fields: Fields,
        number: Option<String>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Write)?;
        let kind = self.kind(kind_id)?;
        if !kind.by_hand {
            return Err(only_by_moves(kind));
        }
        let (mut own, mut persons) = self.split(kind, fields)?;
        for field in kind.fields().filter(|field| field.default.is_some()) {
            if !own.contains_key(&field.id)
                && let Some(value) = program::typed::default_value(field, &self.typing())
            {
                own.insert(field.id.clone(), value);
            }
        }
        super::entering::number_rows(&mut own);
        let entered = settle_names(kind, &mut own)?;
        let mut person = None;
        if let Some(reference) = kind.person.as_deref() {
            let entered = settle_names(self.kind(PERSON)?, &mut persons)?;
            let found = self.settle_person(door, actor, &own, reference, persons)?;
            own.insert(reference.to_string(), Value::Reference(found.record.id));
            self.may_begin(&kind.id, found.record.id)?;
            let again =
                program::entered_again(kind, &own, self.kind(PERSON)?, &found.record.fields);
            again.into_iter().next().map_or(Ok(()), |problem| Err(refusal_of(problem)))?;
            person = found.changed.then_some((found.record, entered));
        } else {
            self.unused_id_number(kind, &own, None)?;
        }
        self.checked(kind, &own, Stage::Draft)?;
        self.references_hold(kind, &own, &Fields::new())?;
        let record = self.new_record(door, actor, kind, own, number)?;
        let id = record.id;
        Ok(match person {
            Some((person, entered_there)) => {
                let there = person.id;
                let plan = Plan::put("create", vec![record, person]);
                plan.entered(id, entered).entered(there, entered_there)
            }
            None => Plan::put("create", vec![record]).entered(id, entered),
        })
    }

    /// Divides fields between a kind and the person kind it belongs to.
    fn split(&self, kind: &Kind, fields: Fields) -> Result<(Fields, Fields), Refusal> {
        let person_kind = kind.person.as_ref().and_then(|_| self.catalogue.kind(PERSON));
        let mut own = Fields::new();
        let mut persons = Fields::new();
        for (field, value) in fields {
            if kind.field(&field).is_some() {
                own.insert(field, value);
            } else if person_kind.is_some_and(|person| person.field(&field).is_some()) {
                persons.insert(field, value);
            } else {
                return Err(unknown_field(kind, &field));
            }
        }
        Ok((own, persons))
    }

    /// The person a new record belongs to: named by reference, found by identity number, or made.
    fn settle_person(
        &self,
        door: &mut Door,
        actor: &Actor,
        own: &Fields,
        reference: &str,
        persons: Fields,
    ) -> Result<SettledPerson, Refusal> {
        let kind = self.kind(PERSON)?;
        let named = own.get(reference).and_then(Value::as_reference);
        let by_number = persons
            .get("id_number")
            .and_then(Value::as_text)
            .and_then(|id_number| self.bearer(kind, id_number));
        if let Some(id) = named.or(by_number).map(|id| self.canonical(id)) {
            let record = self.inside(PERSON, id)?.ok_or_else(super::refusal::not_here)?;
            let added = persons.keys().map(String::as_str);
            let added = added.filter(|field| record.get(field).is_none()).collect();
            self.person_may_change(actor, &record, &added, None)?;
            return complete(actor, self.now(), kind, record, persons);
        }
        if persons.is_empty() {
            return Err(Refusal::invalid(
                reference,
                said!("没有写明是谁的。", "It does not say whose this is."),
                said!(
                    "请选一位已登记的人，或填写姓名和身份证号。",
                    "Choose a registered person, or give name and identity number."
                ),
            ));
        }
        self.checked(kind, &persons, Stage::Draft)?;
        self.references_hold(kind, &persons, &Fields::new())?;
        let record = self.new_record(door, actor, kind, persons, None)?;
        Ok(SettledPerson { record, changed: true })
    }

    /// An identity number belongs to one person.
    pub(super) fn unused_id_number(
        &self,
        kind: &Kind,
        fields: &Fields,
        but: Option<RecordId>,
    ) -> Result<(), Refusal> {
        if kind.id != PERSON {
            return Ok(());
        }
        let Some(id_number) = fields.get("id_number").and_then(Value::as_text) else {
            return Ok(());
        };
        let Some(other) = self.bearer(kind, id_number).filter(|id| Some(*id) != but) else {
            return Ok(());
        };
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let number = directory.get(other).map(|card| card.number.clone()).unwrap_or_default();
        Err(Refusal::conflict(
            said!(
                "这个身份证号已登记在 {number} 名下。",
                "This identity number is already registered under {number}."
            ),
            said!(
                "请按 F2 打开 {number}；若号码录错，请核对证件。",
                "Open {number} with F2; if the number was mistyped, check the card."
            ),
        )
        .at("id_number"))
    }

    /// The record of this kind whose own identity number this is.
    fn bearer(&self, kind: &Kind, id_number: &str) -> Option<RecordId> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let bearers = directory.by_id_number(id_number);
        let own = bearers.iter().find(|b| b.kind == kind.code && b.role == IdRole::Own);
        own.map(|bearer| bearer.id)
    }

    /// Who already carries an identity number, told while it is typed: a registered person, or a
    /// file under way or in force that counts them. `but` are the record being filled and its
    /// person.
    #[must_use]
    pub fn known_by_id_number(
        &self,
        id_number: &str,
        but: &[RecordId],
    ) -> Option<(RecordId, Said)> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let bearers = directory.by_id_number(id_number);
        let others = || {
            let others = bearers.iter().filter(|bearer| !but.contains(&bearer.id));
            others.filter(|bearer| bearer.role != IdRole::Other)
        };
        let open = others().find_map(|bearer| {
            let life = self.catalogue.kind_of_code(bearer.kind)?.workflow.as_ref()?;
            let card = directory.get(bearer.id)?;
            (!life.is_over(&card.state)).then_some((bearer.id, card.number))
        });
        if let Some((id, number)) = open {
            let said = said!(
                "这个号码已在档案 {number} 里。",
                "This number stands in file {number} already."
            );
            return Some((id, said));
        }
        let person = self.catalogue.kind_code(PERSON);
        let own = others().find(|bearer| bearer.kind == person && bearer.role == IdRole::Own)?;
        let card = directory.get(own.id)?;
        let (name, number) = (&card.title, &card.number);
        let said = said!(
            "这个号码已登记：{name} {number}。",
            "This number is registered: {name} {number}."
        );
        Some((own.id, said))
    }

    /// Everything wrong with the fields of a record: what the pack says of them, and its own person
    /// entered again in a table where they are the first row.
    #[must_use]
    pub fn problems(&self, kind: &Kind, fields: &Fields, stage: Stage<'_>) -> Vec<FieldProblem> {
        let mut found = program::problems(&self.catalogue, kind, fields, stage, self.today());
        found.extend(self.person_again(kind, fields));
        found
    }

    /// Rows of tables with somebody who is in the record already.
    #[must_use]
    pub fn twice(&self, kind: &Kind, fields: &Fields) -> Vec<FieldProblem> {
        let mut found = program::same_people(kind, fields);
        found.extend(self.person_again(kind, fields));
        found
    }

    fn person_again(&self, kind: &Kind, fields: &Fields) -> Vec<FieldProblem> {
        if !program::has_first_row(kind) {
            return Vec::new();
        }
        let reference = kind.person.as_ref().and_then(|field| fields.get(field)?.as_reference());
        let person =
            reference.and_then(|id| self.inside(PERSON, self.canonical(id)).ok().flatten());
        match (person, self.catalogue.kind(PERSON)) {
            (Some(person), Some(person_kind)) => {
                program::entered_again(kind, fields, person_kind, &person.fields)
            }
            _ => Vec::new(),
        }
    }

    /// Everything the pack says of these values, or the first problem.
    pub(super) fn checked(
        &self,
        kind: &Kind,
        fields: &Fields,
        stage: Stage<'_>,
    ) -> Result<(), Refusal> {
        let problems = self.problems(kind, fields, stage);
        problems.into_iter().next().map_or(Ok(()), |problem| Err(refusal_of(problem)))
    }

    /// Refuses a record that lacks what its state requires.
    pub(super) fn has_what_state_requires(
        &self,
        kind: &Kind,
        fields: &Fields,
        state: &str,
    ) -> Result<(), Refusal> {
        let in_state = |field: &Field| match &field.required {
            Required::In(states) => states.iter().any(|required| required == state),
            _ => false,
        };
        let named = |problem: &FieldProblem| {
            let field = kind.field(&problem.field)?;
            let column = problem.column.as_ref().map(|column| field.column(column));
            Some(column.map_or(in_state(field), |column| column.is_some_and(in_state)))
        };
        let mut all = kind
            .fields()
            .flat_map(|field| std::iter::once(field).chain(field.field_type.columns()));
        if !all.any(in_state) {
            return Ok(());
        }
        let problems = self.problems(kind, fields, Stage::Entering(state));
        let lacking = problems.into_iter().find(|problem| named(problem) == Some(true));
        lacking.map_or(Ok(()), |problem| Err(refusal_of(problem)))
    }

    pub(super) fn new_record(
        &self,
        door: &mut Door,
        actor: &Actor,
        kind: &Kind,
        fields: Fields,
        number: Option<String>,
    ) -> Result<Record, Refusal> {
        let now = self.now();
        let number = match number {
            Some(number) => self.given_number(actor, kind, &number)?,
            None => self.next_number(door, kind),
        };
        let record = Record::made(self.new_id()?, &kind.id, &number, &actor.account, now);
        Ok(Record {
            state: kind.workflow.as_ref().map(|life| life.start.clone()).unwrap_or_default(),
            fields,
            authors: BTreeSet::from([actor.account.clone()]),
            ..record
        })
    }

    /// A new record's identity.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new_id(&self) -> Result<RecordId, Refusal> {
        new_id(self.now())
    }

    /// A number that comes from outside: only with a list of records somebody may bring in, and
    /// only one the kind's own template could have given at some station.
    fn given_number(&self, actor: &Actor, kind: &Kind, number: &str) -> Result<String, Refusal> {
        actor.need(Right::Import).map_err(|refusal| refusal.at("number"))?;
        let number = fold(number).to_ascii_uppercase();
        if kind.number.fits(&number) {
            return self.free_number(number);
        }
        let year = chrono::Datelike::year(&self.today());
        let (title, example) = (&kind.title, kind.number.render(self.short_name(), year, 1));
        Err(Refusal::invalid(
            "number",
            Said::new(
                format!("这个编号不是“{}”的编号。", title.zh),
                format!("This is no number of a {}.", title.en),
            ),
            said!(
                "编号的样子是 {example}；原系统的编号请另填一栏；留空由程序编号。",
                "Numbers look like {example}; keep one of another system in a field of its own, or leave it out and one is given."
            ),
        ))
    }

    fn free_number(&self, number: String) -> Result<String, Refusal> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        if directory.by_number(&number).is_none() {
            return Ok(number);
        }
        Err(Refusal::conflict(
            said!("编号 {number} 已在使用。", "Number {number} is already in use."),
            said!(
                "请打开 {number} 核对；若是另一户，请换一个编号。",
                "Open {number} and compare; give another household another number."
            ),
        )
        .at("number"))
    }

    /// The next number of a kind: one more than the last given under the same prefix.
    fn next_number(&self, door: &mut Door, kind: &Kind) -> String {
        let year = chrono::Datelike::year(&self.today());
        let station = self.short_name();
        let prefix = kind.number.prefix(station, year);
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let last = door.numbers.entry(prefix).or_insert(0);
        let withdrawn = self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            *last += 1;
            let number = kind.number.render(station, year, *last);
            if directory.by_number(&number).is_none() && !withdrawn.contains_key(&number) {
                return number;
            }
        }
    }
}

/// A person, and whether the command makes or changes them.
struct SettledPerson {
    record: Record,
    changed: bool,
}

/// Adds what is new about a person who is already registered; what differs is a question for a
/// human being, never overwritten.
fn complete(
    actor: &Actor,
    now: Instant,
    kind: &Kind,
    mut record: Record,
    persons: Fields,
) -> Result<SettledPerson, Refusal> {
    let mut changed = false;
    for (field, value) in persons {
        let same = |known: &Value| {
            kind.field(&field).map_or(*known == value, |field| same_value(field, known, &value))
        };
        match record.fields.get(&field) {
            Some(known) if same(known) => {}
            Some(_) if field == "name" || field == "id_number" => {
                let number = &record.number;
                return Err(Refusal::conflict(
                    said!(
                        "这个身份证号已登记在另一人名下（{number}）。",
                        "This identity number is registered to somebody else ({number})."
                    ),
                    said!(
                        "请核对证件，更正身份证号或姓名。",
                        "Check the card and correct the number or the name."
                    ),
                )
                .at("id_number"));
            }
            Some(_) => {
                let number = &record.number;
                let title = kind.field(&field).map(|field| field.title.clone()).unwrap_or_default();
                return Err(Refusal::conflict(
                    Said::new(
                        format!("“{}”与已登记的（{number}）不一致。", title.zh),
                        format!("\"{}\" differs from what is registered ({number}).", title.en),
                    ),
                    said!("请核对后在 {number} 上修改。", "Check it and amend {number}."),
                )
                .at(field));
            }
            None => {
                record.fields.insert(field, value);
                changed = true;
            }
        }
    }
    if changed {
        record.revision += 1;
        record.updated = now;
        record.updated_by.clone_from(&actor.account);
    }
    Ok(SettledPerson { record, changed })
}

/// Records of this kind come from moves alone.
fn only_by_moves(kind: &Kind) -> Refusal {
    let title = &kind.title;
    Refusal::forbidden(
        Said::new(
            format!("“{}”由步骤生成，不单独新建。", title.zh),
            format!("A {} is made by a step and not by itself.", title.en),
        ),
        said!(
            "请打开相关的记录，按 m 办理那一步。",
            "Open the record it belongs to and make that step with m."
        ),
    )
}
