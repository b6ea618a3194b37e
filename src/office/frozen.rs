//! What may still be changed: facts freeze at submission, and what is closed stays as it is.

use super::{Actor, Refusal, Right};
use crate::policy::{FactKind, Library, RuleSet};
use crate::program::{FieldType, Kind, PERSON, Role, State, Workflow};
use crate::record::{Fields, PaperState, Record, RecordId, Value};
use crate::said;
use crate::words::Said;
use crate::workflow::{Open, open_facts};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Which fields of a record somebody may change now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changeable {
    /// All of them.
    All,
    /// Some.
    Only {
        /// These freely.
        freely: BTreeSet<String>,
        /// Papers and consents, to which something may be added.
        adding: BTreeSet<String>,
    },
}

impl Changeable {
    /// Whether a field may be changed freely.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only { freely, .. } => freely.contains(field),
        }
    }

    /// Whether anything may be typed into a field at all.
    #[must_use]
    pub fn takes(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only { freely, adding } => freely.contains(field) || adding.contains(field),
        }
    }
}

impl super::Office {
    /// Which fields of a record this actor may change in its present state, asked before a form
    /// opens.
    ///
    /// # Errors
    /// A refusal that says who can and how.
    pub fn changeable(&self, actor: &Actor, record: &Record) -> Result<Changeable, Refusal> {
        actor.need(Right::Write)?;
        let kind = self.kind(&record.kind)?;
        let Some(life) = &kind.workflow else { return Ok(Changeable::All) };
        let state = life.state(&record.state);
        let named = match open_facts(life, record) {
            Open::Closed => return Err(closed(record, state)),
            Open::All => {
                let by = state.map(|state| state.edit_by.as_slice()).unwrap_or_default();
                if by.is_empty() || by.contains(&actor.role) {
                    return Ok(Changeable::All);
                }
                return Err(not_by_role(by));
            }
            Open::Named(fields) => fields,
            Open::Frozen => Vec::new(),
        };
        let mut freely = free_fields(kind, life, state, actor.role, || self.read_by_rules(kind));
        let mut adding: BTreeSet<String> = kind.consents.iter().cloned().collect();
        for field in kind.fields() {
            if matches!(field.field_type, FieldType::Papers { .. }) {
                adding.insert(field.id.clone());
            }
            let total = field.total.as_ref().map(|total| total.table.as_str());
            // A total and its rows are one fact: whichever of them is named.
            let with_it = named.iter().any(|name| Some(name.as_str()) == total);
            let rows_of = kind.fields().any(|other| {
                named.contains(&other.id)
                    && other.total.as_ref().is_some_and(|total| total.table == field.id)
            });
            let column = named.iter().any(|name| name.split('.').next() == Some(&field.id));
            if column || with_it || rows_of {
                freely.insert(field.id.clone());
            }
        }
        Ok(Changeable::Only { freely, adding })
    }

    /// The fields of a kind that the rules its moves evaluate read.
    fn read_by_rules(&self, kind: &Kind) -> BTreeSet<String> {
        let moves = kind.workflow.iter().flat_map(|life| &life.moves);
        let sets: BTreeSet<&str> = moves
            .flat_map(|step| step.evaluates.iter().chain(&step.requires))
            .map(String::as_str)
            .collect();
        let library = self.library();
        let rules = sets.into_iter().filter_map(|id| library.rule_set(id));
        let facts = rules.flat_map(|rules| &rules.facts);
        // A column is read with its table, and what is behind a reference with the reference.
        let own = |path: &String| path.split('.').next().unwrap_or_default().to_string();
        let mut read: BTreeSet<String> = facts.flat_map(FactKind::looks_at).map(own).collect();
        // What a field that is read is made of is read with it.
        let totals = kind.fields().filter(|field| read.contains(&field.id));
        let tables: Vec<String> =
            totals.filter_map(|field| Some(field.total.as_ref()?.table.clone())).collect();
        read.extend(tables);
        read
    }

    /// Whether this actor may make these changes to a record: facts that are frozen stay.
    ///
    /// # Errors
    /// At the first field that may not change.
    pub(super) fn may_make_changes(
        &self,
        actor: &Actor,
        record: &Record,
        changes: &BTreeMap<String, Option<Value>>,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let kind = self.kind(&record.kind)?;
        let changed: Vec<(&String, Option<&Value>)> = changes
            .iter()
            .filter(|(field, value)| record.get(field) != value.as_ref())
            .map(|(field, value)| (field, value.as_ref()))
            .collect();
        if kind.id == PERSON {
            let fields = changed.iter().map(|(field, _)| field.as_str()).collect();
            return self.person_may_change(actor, record, &fields, reason);
        }
        let open = self.changeable(actor, record)?;
        for (field, value) in changed {
            if open.has(field) || adds_only(kind, field, record.get(field), value) {
                continue;
            }
            return Err(frozen(kind, record, field));
        }
        Ok(())
    }

    /// What a person's record feeds into files that were submitted is changed only by a supervisor
    /// who says why; the files keep their copy.
    pub(super) fn person_may_change(
        &self,
        actor: &Actor,
        person: &Record,
        fields: &BTreeSet<&str>,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        actor.need(Right::Write)?;
        if fields.is_empty() {
            return Ok(());
        }
        let library = self.library();
        let kinds = self.catalogue.kinds();
        let read: BTreeSet<&str> = kinds.flat_map(|kind| read_of_person(&library, kind)).collect();
        let feeding: Vec<&str> = read.into_iter().filter(|field| fields.contains(field)).collect();
        let Some(file) = self.file_fed_by(person.id, &feeding)? else { return Ok(()) };
        let number = &file.number;
        if actor.role != Role::Supervisor {
            return Err(Refusal::forbidden(
                said!(
                    "{number} 是按这里登记的内容提交的，姓名、证件号等由主管写明原因后更正。",
                    "{number} was submitted with what is registered here; a supervisor corrects name, identity number and the like, with a reason."
                ),
                said!("请交主管更正。", "Ask a supervisor to correct it."),
            )
            .at(feeding.first().copied().unwrap_or_default()));
        }
        if reason.is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Refusal::invalid(
                "reason",
                said!(
                    "{number} 是按这里登记的内容提交的，更正要写明原因。",
                    "{number} was submitted with what is registered here; correcting it needs a reason."
                ),
                said!(
                    "请写一句原因，例如“证件号录错”。",
                    "Give a reason, such as \"number mistyped\"."
                ),
            ));
        }
        Ok(())
    }

    /// A file of this person that was submitted with what these fields said.
    fn file_fed_by(&self, person: RecordId, fields: &[&str]) -> Result<Option<Record>, Refusal> {
        if fields.is_empty() {
            return Ok(None);
        }
        for id in self.belonging_to(person) {
            let Some(kind) = self.kind_of(id) else { continue };
            let Some(life) = &kind.workflow else { continue };
            let Some(file) = self.inside(&kind.id, id)? else { continue };
            let fixed = match open_facts(life, &file) {
                Open::All => false,
                Open::Named(named) => fields.iter().any(|field| !named.iter().any(|n| n == field)),
                Open::Frozen | Open::Closed => true,
            };
            if fixed {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// What the person's record says that a file copies when it is submitted.
    pub(super) fn copy_for_submission(&self, kind: &Kind, person: Option<&Record>) -> Fields {
        let fields = person.map(|person| person.fields.clone()).unwrap_or_default();
        let library = self.library();
        let read = read_of_person(&library, kind);
        fields.into_iter().filter(|(field, _)| read.contains(field.as_str())).collect()
    }

    /// Where the person is registered otherwise than a file copied: field, copied, registered now.
    #[must_use]
    pub fn differs_from_copy(
        &self,
        record: &Record,
    ) -> Vec<(String, Option<Value>, Option<Value>)> {
        let Some(person) = self.person_of_record(record).filter(|_| !record.copied.is_empty())
        else {
            return Vec::new();
        };
        let kind = self.catalogue.kind(&record.kind);
        let library = self.library();
        let read = kind.map(|kind| read_of_person(&library, kind)).unwrap_or_default();
        let fields = self.catalogue.kind(PERSON).into_iter().flat_map(Kind::fields);
        fields
            .map(|field| field.id.as_str())
            .filter(|field| read.contains(field))
            .filter(|field| record.copied.get(*field) != person.get(field))
            .map(|field| {
                (field.to_string(), record.copied.get(field).cloned(), person.get(field).cloned())
            })
            .collect()
    }
}

/// The fields of its person that the rules of a kind read.
fn read_of_person<'l>(library: &'l Library, kind: &'l Kind) -> BTreeSet<&'l str> {
    let Some(person) = kind.person.as_deref() else { return BTreeSet::new() };
    let moves = kind.workflow.iter().flat_map(|life| &life.moves);
    let named = moves.flat_map(|step| step.evaluates.iter().chain(&step.requires));
    let rules = named.filter_map(|id| library.rule_set(id));
    rules.flat_map(|rules| rules.read_of(person)).collect()
}

/// A record and its person as rules read them: findings in the place of what was declared,
/// and once submitted the person as copied then.
pub(super) fn as_ruled<'r>(
    kind: &Kind,
    record: &'r Record,
    person: Option<&'r Record>,
    rules: &RuleSet,
) -> (Cow<'r, Record>, Option<Cow<'r, Record>>) {
    let mut file = Cow::Borrowed(record);
    for (field, finding) in &record.findings {
        let fields = &mut file.to_mut().fields;
        // What was found counts, whatever rows the declared total was summed from.
        if let Some(total) = kind.field(field).and_then(|field| field.total.as_ref()) {
            fields.remove(&total.table);
        }
        fields.insert(field.clone(), finding.value.clone());
    }
    let fixed = !record.copied.is_empty()
        && kind
            .workflow
            .as_ref()
            .is_some_and(|life| matches!(open_facts(life, record), Open::Frozen | Open::Closed));
    let mut person = person.map(Cow::Borrowed);
    if let Some(person) = person.as_mut().filter(|_| fixed) {
        let reference = kind.person.as_deref().unwrap_or_default();
        for field in rules.read_of(reference) {
            let copied = record.copied.get(field);
            // Nearly always nothing has changed since, and nothing is copied.
            if person.get(field) == copied {
                continue;
            }
            let fields = &mut person.to_mut().fields;
            match copied {
                Some(value) => fields.insert(field.to_string(), value.clone()),
                None => fields.remove(field),
            };
        }
    }
    (file, person)
}

/// The fields a state opens to a role while facts are frozen: those no rule reads and no move
/// writes. What rules read is worked out only where the state opens any.
fn free_fields(
    kind: &Kind,
    life: &Workflow,
    state: Option<&State>,
    role: Role,
    read_by_rules: impl FnOnce() -> BTreeSet<String>,
) -> BTreeSet<String> {
    if !state.is_some_and(|state| state.edit_by.contains(&role)) {
        return BTreeSet::new();
    }
    let mut closed = read_by_rules();
    closed.extend(kind.person.clone());
    let asks = life.moves.iter().flat_map(|step| &step.asks);
    closed.extend(asks.filter_map(|ask| ask.writes.clone()));
    let ids = kind.fields().map(|field| field.id.clone());
    ids.filter(|id| !closed.contains(id)).collect()
}

/// Whether a change of papers or consents only adds: a paper that came in, a consent signed.
fn adds_only(kind: &Kind, field: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let Some(after) = after else { return false };
    match (before, after) {
        (_, Value::Papers(now)) => {
            let before = match before {
                Some(Value::Papers(before)) => before.as_slice(),
                _ => &[],
            };
            before.iter().all(|(code, was)| {
                now.iter().any(|(paper, is)| {
                    paper == code
                        && (is == was
                            || (*was == PaperState::Missing && *is == PaperState::Received))
                })
            })
        }
        (before, Value::Table(now)) if kind.consents.as_deref() == Some(field) => {
            let before = before.map(Value::rows).unwrap_or_default();
            before.iter().all(|row| now.contains(row))
        }
        _ => false,
    }
}

fn frozen(kind: &Kind, record: &Record, field: &str) -> Refusal {
    let title = kind.field(field).map(|field| field.title.clone()).unwrap_or_default();
    let number = &record.number;
    Refusal::forbidden(
        Said::new(
            format!("{number} 已经提交，“{}”不能再改。", title.zh),
            format!("{number} was submitted, so \"{}\" stays as it is.", title.en),
        ),
        said!(
            "有误的，请主管退回并写明这一栏；材料和同意可以补充，不能改。",
            "If it is wrong, ask a supervisor to return it naming this field; papers and consents may be added, not changed."
        ),
    )
    .at(field)
}

fn closed(record: &Record, state: Option<&State>) -> Refusal {
    let title = state.map(|state| state.title.clone()).unwrap_or_default();
    let number = &record.number;
    Refusal::forbidden(
        Said::new(
            format!("{number} 是“{}”，已经办结，谁也不能修改或撤销。", title.zh),
            format!("{number} is \"{}\" and closed: nobody changes it or takes it back.", title.en),
        ),
        said!(
            "有误的，按 m 办理更正或重新申请，要写明原因。",
            "If something is wrong, m has the step that corrects or reopens it, with a reason."
        ),
    )
}

/// Refuses whatever would change or take back what is closed.
pub(super) fn must_be_open(kind: &Kind, record: &Record) -> Result<(), Refusal> {
    let Some(life) = &kind.workflow else { return Ok(()) };
    if life.is_closed(&record.state) {
        return Err(closed(record, life.state(&record.state)));
    }
    Ok(())
}

fn not_by_role(by: &[Role]) -> Refusal {
    let titles: Vec<Said> = by.iter().map(|role| role.title()).collect();
    let titles = Said::join(&titles, "、", ", ");
    Refusal::forbidden(
        Said::new(
            format!("这份记录现在由{}修改。", titles.zh),
            format!("In this state it is changed by: {}.", titles.en),
        ),
        said!("请交给他们修改。", "Ask them to change it."),
    )
}
