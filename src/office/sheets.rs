//! Decision sheets: the facts of a file, brought together and put to the rules.

use super::{Actor, Refusal, Right};
use crate::areas::hardship::{self, Household};
use crate::directory::IdRole;
use crate::policy::{self, DecisionSheet, Library};
use crate::program::{FieldType, Kind};
use crate::record::{Record, RecordId, Value, china_date};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use std::sync::PoisonError;

impl super::Office {
    /// Whether there are rules for this kind of record.
    #[must_use]
    pub fn has_sheet(&self, record: &Record) -> bool {
        self.rules_of(record).is_some()
    }

    /// The rule set the record's moves evaluate.
    fn rules_of(&self, record: &Record) -> Option<&str> {
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        life.moves.iter().find_map(|step| step.evaluates.as_deref())
    }

    /// The decision sheet of a record, as of `as_of`, or of the date of application (parameter
    /// `standard_at`, 待确认): by the rules it was last submitted under, where nothing else is
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
        let id = self.rules_of(record).unwrap_or_default();
        let kept = match (as_of, draft) {
            (None, None) => self.submitted_under(record, id),
            _ => None,
        };
        let library = draft.or(kept.as_deref()).unwrap_or(&self.library);
        if library.rule_set(id).is_none() {
            return Err(Refusal::invalid(
                "number",
                said!("这类记录没有认定规则。", "There are no rules for this kind of record."),
                said!("请给出困难职工档案的编号。", "Give the number of a hardship file."),
            ));
        }
        let kind = self.kind(&record.kind)?;
        let person = self.person_of_record(record);
        self.evaluate(kind, record, person.as_ref(), as_of, (library, id))
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
        // Whoever wrote the facts explains the answer to the worker who stands there.
        let wrote = |who: &Actor| record.authors.contains(&who.account);
        if who.is_some_and(|who| who.may(Right::Sensitive) || wrote(who)) {
            return sheet;
        }
        let id = sheet.rules.split('@').next().unwrap_or_default();
        match self.library.rule_set(id) {
            Some(rules) => sheet.veiled(rules),
            // Rules nobody has any more: which facts are sensitive is not known.
            None => DecisionSheet { lines: Vec::new(), nearest: Vec::new(), ..sheet },
        }
    }

    pub(super) fn sheet_inside(
        &self,
        record: &Record,
        rules: &str,
    ) -> Result<DecisionSheet, Refusal> {
        let kept = self.submitted_under(record, rules);
        let library = kept.as_deref().unwrap_or(&self.library);
        let kind = self.kind(&record.kind)?;
        let person = self.person_inside(kind, record);
        self.evaluate(kind, record, person.as_ref(), None, (library, rules))
    }

    fn evaluate(
        &self,
        kind: &Kind,
        record: &Record,
        person: Option<&Record>,
        as_of: Option<NaiveDate>,
        (library, id): (&Library, &str),
    ) -> Result<DecisionSheet, Refusal> {
        let rules = library.rule_set(id).ok_or_else(|| {
            Refusal::unavailable(
                said!("政策库里没有规则“{id}”。", "The library has no rule set \"{id}\"."),
                said!(
                    "请管理员运行 yizhan packs check。",
                    "Ask the administrator to run `yizhan packs check`."
                ),
            )
        })?;
        let (file, person) = super::frozen::as_ruled(kind, record, person);
        let (record, person) = (file.as_ref(), person.as_deref());
        let applied = record.get("application_date").and_then(Value::as_date);
        let as_of = as_of.or(applied).unwrap_or_else(|| china_date(record.created));
        let household = Household {
            kind,
            file: record,
            person,
            duplicate: self.file_with_same_people(record, person),
            as_of,
            window_months: self.window_months(library, as_of),
            regions: self.regions(),
            catalogue: &self.catalogue,
        };
        let facts = hardship::facts(&household);
        Ok(policy::evaluate(
            rules,
            library,
            &facts,
            as_of,
            policy::Context {
                number: &record.number,
                pack: self.catalogue.hash(&record.kind),
                region: &self.store.station().region,
            },
        ))
    }

    /// How far the rules look back for income, where the library says it.
    fn window_months(&self, library: &Library, as_of: NaiveDate) -> u32 {
        let keys = policy::Keys { region: &self.store.station().region, area: None };
        let parameter = library.parameter_at("window_months", as_of, keys);
        let months = parameter.probable().and_then(|in_force| in_force.value.as_integer());
        months.and_then(|months| u32::try_from(months).ok()).unwrap_or(0)
    }

    /// The number of another active file that holds one of the household, with nothing else of it.
    fn file_with_same_people(&self, record: &Record, person: Option<&Record>) -> Option<String> {
        let members = record.get("members").map(Value::rows).unwrap_or_default();
        let numbers = members
            .iter()
            .filter_map(|row| row.fields.get("id_number"))
            .chain(person.and_then(|person| person.get("id_number")))
            .filter_map(Value::as_text);
        let kind = self.catalogue.kind(&record.kind)?;
        let life = kind.workflow.as_ref()?;
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let active = |id: RecordId| {
            let card = directory.get(id)?;
            (!life.is_over(&card.state)).then(|| card.number.into_owned())
        };
        numbers
            .flat_map(|number| directory.by_id_number(number))
            .filter(|bearer| {
                bearer.kind == kind.code && bearer.id != record.id && bearer.role != IdRole::Other
            })
            .find_map(|bearer| active(bearer.id))
    }

    /// The fields of a record (and its person) that facts of these names come from.
    #[must_use]
    pub fn fields_behind<'a>(&self, facts: impl Iterator<Item = &'a str>) -> Vec<String> {
        facts.flat_map(hardship::fields_behind).map(|field| (*field).to_string()).collect()
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
