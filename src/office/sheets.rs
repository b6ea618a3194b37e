//! Decision sheets: the facts of a file, brought together and put to the rules.

use super::measures::AsLeft;
use super::worked_out::{Which, Worked};
use super::{Actor, Answers, Refusal, Right};
use crate::areas::{self, House, Look, Measured};
use crate::directory::IdRole;
use crate::policy::{self, DecisionSheet, Known, Library, RuleSet, SheetLine};
use crate::program::{Field, FieldType, KeyPart, Kind, Move};
use crate::record::{Fields, Record, RecordId, StoredSheet, Value, china_date};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use std::sync::{Arc, PoisonError};

impl super::Office {
    /// Whether there are rules for this kind of record.
    #[must_use]
    pub fn has_sheet(&self, record: &Record) -> bool {
        self.rules_of(record).is_some()
    }

    /// The rule set a record's sheet is made by, and the table whose rows it is put to: what its
    /// moves are advised by goes before what they require, and a move open now before the last one
    /// made, that before others.
    fn rules_of(&self, record: &Record) -> Option<(&str, Option<&str>)> {
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        let open = |step: &&Move| step.from.contains(&record.state);
        let made =
            || record.standing().into_iter().rev().filter_map(|made| life.find_move(&made.id));
        let open_first = || life.moves.iter().filter(open).chain(made()).chain(&life.moves);
        let advice = open_first().find_map(|step| Some((step, step.evaluates.as_deref()?)));
        let required = || open_first().find_map(|step| Some((step, step.requires.as_deref()?)));
        advice.or_else(required).map(|(step, rules)| (rules, step.each.as_deref()))
    }

    /// The decision sheet of a record, as of `as_of`, or of the day its rules say it is decided for:
    /// by the rules it was last submitted under, where nothing else is
    /// asked for; else by those in force, or by `draft`.
    ///
    /// # Errors
    /// When there are no rules for it.
    pub fn sheet(
        &self,
        record: &Record,
        as_of: Option<NaiveDate>,
        draft: Option<&Library>,
    ) -> Result<DecisionSheet, Refusal> {
        let (id, each) = self.rules_of(record).unwrap_or_default();
        let kept = match (as_of, draft) {
            (None, None) => self.submitted_under(record, id),
            _ => None,
        };
        let in_force = self.library();
        let library = draft.or(kept.as_deref()).unwrap_or(&in_force);
        if library.rule_set(id).is_none() {
            return Err(Refusal::invalid(
                "number",
                said!("这类记录没有认定规则。", "There are no rules for this kind of record."),
                said!(
                    "请给出按规则认定的记录的编号，例如一份档案。",
                    "Give the number of a record that is decided by rules, such as a file."
                ),
            ));
        }
        let kind = self.kind(&record.kind)?;
        let person = self.person_of_record(record);
        let left = self.requiring(record, id).map(|step| self.as_left_by(kind, step, record));
        let left = left.as_deref();
        let record = left.and_then(<[Record]>::first).unwrap_or(record);
        let of = Subject { record, left, person: person.as_ref(), answers: &Fields::new(), each };
        // What the move would make follows from the record.
        let by = By { library, rules: id, once: draft.is_some() || as_of.is_some() };
        Ok(self.evaluate(kind, of, as_of, by)?.sheet.clone())
    }

    /// The move open from a record's state that goes by these rules as a condition: they are shown
    /// for what it will leave.
    fn requiring(&self, record: &Record, rules: &str) -> Option<&Move> {
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        life.moves.iter().find(|step| {
            let goes_by = step.requires.as_deref() == Some(rules) && step.evaluates.is_none();
            goes_by && step.from.contains(&record.state)
        })
    }

    /// The same as `who` may see it: without the amounts of groups that are not open to them.
    ///
    /// # Errors
    /// As [`Self::sheet`].
    pub fn sheet_for(
        &self,
        who: Option<&Actor>,
        record: &Record,
        as_of: Option<NaiveDate>,
        draft: Option<&Library>,
    ) -> Result<DecisionSheet, Refusal> {
        let sheet = self.sheet(record, as_of, draft)?;
        Ok(self.sheet_shown(who, record, sheet))
    }

    /// A sheet, made now or kept with a decision, as `who` may see it.
    #[must_use]
    pub fn sheet_shown(
        &self,
        who: Option<&Actor>,
        record: &Record,
        sheet: DecisionSheet,
    ) -> DecisionSheet {
        // Whoever wrote the facts explains the answer to the worker who is there.
        let wrote = |who: &Actor| record.authors.contains(&who.account);
        if who.is_some_and(|who| who.may(Right::Sensitive) || wrote(who)) {
            return sheet;
        }
        match self.library().rule_set(sheet.rule_set()) {
            Some(rules) => sheet.veiled(rules),
            // Rules nobody has any more: which facts are sensitive is not known.
            None => DecisionSheet { lines: Vec::new(), nearest: Vec::new(), ..sheet },
        }
    }

    /// The sheet of a record in the middle of a move, with its person and with what was answered; and
    /// with what is made beside it in the same entry, the record itself first, where that is known
    /// already.
    pub(super) fn sheet_of_move(
        &self,
        (record, left, person): (&Record, Option<&[Record]>, Option<&Record>),
        (rules, each): (&str, Option<&str>),
        answers: &Answers,
    ) -> Result<Arc<Worked>, Refusal> {
        let library = &*self.ruled_by(record, rules);
        let kind = self.kind(&record.kind)?;
        let asks = |rules: &RuleSet| rules.facts.iter().any(|fact| fact.answer.is_some());
        let once = left.is_some() || library.rule_set(rules).is_some_and(asks);
        let of = Subject { record, left, person, answers, each };
        self.evaluate(kind, of, None, By { library, rules, once })
    }

    /// A sheet as it is kept with the move that rests on it.
    pub(super) fn sheet_to_keep(&self, worked: &Worked) -> Option<StoredSheet> {
        worked.sheet.kept(&worked.known, &self.store.station().region).ok()
    }

    /// A sheet that was kept, by the rules that were kept with it.
    pub(super) fn kept_sheet(&self, stored: &StoredSheet) -> Option<DecisionSheet> {
        let in_force = self.library();
        let kept = self.kept_library(stored.rules());
        DecisionSheet::from_kept(stored, Some(kept.as_deref().unwrap_or(&in_force)))
    }

    fn evaluate(
        &self,
        kind: &Kind,
        Subject { record, left, person, answers, each }: Subject<'_>,
        as_of: Option<NaiveDate>,
        By { library, rules: id, once }: By<'_>,
    ) -> Result<Arc<Worked>, Refusal> {
        let rules = library.rule_set(id).ok_or_else(|| {
            Refusal::unavailable(
                said!("政策库里没有规则“{id}”。", "The library has no rule set \"{id}\"."),
                said!(
                    "请管理员运行 yizhan packs check。",
                    "Ask the administrator to run `yizhan packs check`."
                ),
            )
        })?;
        let (file, person) = super::frozen::as_ruled(kind, record, person, rules);
        let (record, person) = (file.as_ref(), person.as_deref());
        let as_of = as_of.unwrap_or_else(|| decided_for(rules, record));
        let region = &self.store.station().region;
        let seen_ahead = left.is_none().then(|| self.seen_ahead(kind, rules, record)).flatten();
        let own = [record];
        let left = left.or(seen_ahead.as_deref());
        let left = match left {
            Some(left) => AsLeft::of(left.iter()),
            None => AsLeft::of(own),
        };
        let house = House {
            kind,
            person,
            as_of,
            regions: self.regions(),
            catalogue: &self.catalogue,
            answers,
            row: None,
            look: &Outside { office: self, kind, library, as_of, left },
        };
        let pack = self.catalogue.hash(&record.kind);
        let context = policy::Context { number: &record.number, pack, region };
        let know = || known(rules, &house, record, each);
        let work_out =
            |known: &[Known]| policy::Evaluator::new(rules, library).sheet(known, as_of, context);
        if once {
            return Ok(Arc::new(self.worked_out.work_out(know(), work_out)));
        }
        let version = library.version_of(rules);
        let which = Which { record: record.id, rules: version, as_of, today: self.today() };
        Ok(self.worked_out.sheet(which, record, person, know, work_out))
    }

    /// A record and what is beside it as the move will leave them that rules say measures are read
    /// after.
    fn seen_ahead(&self, kind: &Kind, rules: &RuleSet, record: &Record) -> Option<Vec<Record>> {
        let step = kind.workflow.as_ref()?.find_move(rules.after.as_deref()?)?;
        // What was made already has brought about what it does.
        let made = || record.standing().iter().any(|made| made.id == step.id);
        let ahead = step.from.contains(&record.state) || !made();
        ahead.then(|| self.as_left_by(kind, step, record))
    }

    /// How many times rules were applied to a record since the station was opened: looking at a
    /// sheet again applies them to nothing.
    #[must_use]
    pub fn sheets_worked_out(&self) -> u64 {
        self.worked_out.times()
    }

    /// What the outcome a sheet names is called.
    #[must_use]
    pub fn outcome_of(&self, sheet: &DecisionSheet) -> Option<Said> {
        self.library().outcome_of(sheet)
    }

    /// What a sheet comes to, in a few words: the outcome as a whole, and which one where its rules
    /// name some.
    #[must_use]
    pub fn conclusion(&self, sheet: &DecisionSheet) -> Said {
        let library = self.library_behind(sheet);
        let rules = library.rule_set(sheet.rule_set());
        let names = rules.is_some_and(|rules| rules.gives == policy::Gives::Category);
        let none = || names.then_some(Said::fixed("无类别", "no category"));
        let all = [
            Some(sheet.outcome.said()),
            library.score_of(sheet),
            self.outcome_of(sheet).or_else(none),
        ];
        Said::join(&all.into_iter().flatten().collect::<Vec<_>>(), " · ", " · ")
    }

    /// The fields of a record (and its person) that lines of a sheet come from.
    #[must_use]
    pub fn fields_behind(
        &self,
        kind: &Kind,
        sheet: &DecisionSheet,
        line: &SheetLine,
    ) -> Vec<String> {
        let library = self.library();
        let rules = library.rule_set(sheet.rule_set());
        let facts = line.inputs.keys().filter_map(|fact| rules?.fact(fact));
        let own = |field: &String| {
            let person = kind.person.as_deref();
            let of_person = person.and_then(|person| field.strip_prefix(person)?.strip_prefix('.'));
            // What is read behind a reference is put right by another reference.
            let (first, _) = field.split_once('.').unwrap_or((field, ""));
            let leads = kind.field(first).is_some_and(Field::is_reference);
            of_person.unwrap_or(if leads { first } else { field }).to_string()
        };
        facts.flat_map(|fact| &fact.fields).map(own).collect()
    }

    /// What can be chosen for a field: a code to type and its label.
    #[must_use]
    pub fn options(&self, field_type: &FieldType) -> Vec<(String, Said)> {
        let list = match field_type {
            FieldType::Table { fields, one_per: Some(key), .. } => fields
                .iter()
                .find(|field| field.id == *key)
                .and_then(|field| field.field_type.list()),
            other => other.list(),
        };
        let Some(list) = list.and_then(|list| self.catalogue.code_list(list)) else {
            return Vec::new();
        };
        list.open_on(self.today())
            .map(|entry| (entry.label.zh.to_string(), entry.label.clone()))
            .collect()
    }
}

/// What is known of a record, or of each row of one of its tables.
fn known(rules: &RuleSet, house: &House<'_>, record: &Record, each: Option<&str>) -> Vec<Known> {
    let Some(table) = each else {
        return vec![Known { row: None, facts: areas::facts(rules, house, record) }];
    };
    let rows = record.get(table).map(Value::rows).unwrap_or_default();
    let of_row = |(number, row)| {
        let house = House { row: Some((table, row)), ..*house };
        Known { row: Some(number), facts: areas::facts(rules, &house, record) }
    };
    (1..).zip(rows).map(of_row).collect()
}

/// What a sheet is made of.
struct Subject<'s> {
    record: &'s Record,
    /// The record and what is made beside it as measures count them; otherwise the record as it is,
    /// or as its rules say they look ahead.
    left: Option<&'s [Record]>,
    person: Option<&'s Record>,
    answers: &'s Answers,
    /// The table whose rows the rules are put to.
    each: Option<&'s str>,
}

/// The rules a sheet is made by.
struct By<'l> {
    library: &'l Library,
    rules: &'l str,
    /// Nobody looks at it again: a trial, a day of its own.
    once: bool,
}

/// The day a record is decided for: what was found of the field its rules name, else what was
/// entered, else the day it was made.
pub(super) fn decided_for(rules: &RuleSet, record: &Record) -> NaiveDate {
    let day = rules.as_of.as_deref().and_then(|field| {
        let found = record.findings.get(field).map(|finding| &finding.value);
        found.or_else(|| record.get(field))?.as_date()
    });
    day.unwrap_or_else(|| china_date(record.created))
}

/// What rules may look at outside a record, in this office.
struct Outside<'o> {
    office: &'o super::Office,
    kind: &'o Kind,
    library: &'o Library,
    as_of: NaiveDate,
    /// The record and what is made beside it.
    left: AsLeft<'o>,
}

impl Look for Outside<'_> {
    fn whole(&self, parameter: &str) -> Option<i64> {
        let keys = policy::Keys { region: &self.office.store.station().region, facts: &[] };
        let found = self.library.parameter_at(parameter, self.as_of, keys);
        found.probable().and_then(|in_force| in_force.value.as_integer())
    }

    fn measured(&self, measure: &str, key: &[(Value, KeyPart)]) -> Option<Measured> {
        let merges = self.office.merges();
        let key = key.iter().map(|(value, part)| super::counting::key_as(value, *part, &merges));
        let key = key.collect::<Option<Vec<String>>>()?;
        drop(merges);
        self.office.measured(measure, &key, &self.left)
    }

    fn other(&self, kind: &str, id: RecordId) -> Option<Record> {
        let id = self.office.canonical(id);
        let made = self.left.record(id).cloned();
        made.or_else(|| self.office.inside(kind, id).ok().flatten())
    }

    fn another_with(&self, id_number: &str, but: RecordId) -> Option<String> {
        let life = self.kind.workflow.as_ref()?;
        let directory = self.office.directory.read().unwrap_or_else(PoisonError::into_inner);
        let others = directory.by_id_number(id_number).into_iter().filter(|bearer| {
            bearer.kind == self.kind.code && bearer.id != but && bearer.role != IdRole::Other
        });
        others
            .filter_map(|bearer| directory.get(bearer.id))
            .find_map(|card| (!life.is_over(&card.state)).then(|| card.number.into_owned()))
    }
}
