//! What is still wrong with the fields of a record, told at the field.

use super::same::same_person;
use super::typed::{TypedError, in_range};
use super::{
    Ask, Catalogue, Field, FieldType, Kind, Required, Validity, day_number, effective_fields, see,
};
use crate::formula::Inputs;
use crate::record::{
    Fields, IdNumber, OrganisationCode, Row, Sex, Value, parse_card, parse_phone, unseen_in,
};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};

/// How much is asked of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'s> {
    /// Being entered: what is there must be right, little need be there.
    Draft,
    /// Handed in: what is required at submitting must be there.
    Submit,
    /// Going into this workflow state: as at submitting, and what the state requires.
    Entering(&'s str),
    /// Read back from the store: only the shape counts, lists and rules may have changed.
    Stored,
}

/// One thing wrong at one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: String,
    /// The id of the row, in a table.
    pub row: Option<u32>,
    /// The column, in a table.
    pub column: Option<String>,
    /// What is wrong.
    pub said: Said,
    /// What to do.
    pub next: Said,
}

/// The column and field ids an identity number is compared with, where a pack has them.
pub(super) const BIRTH_DATE: &str = "birth_date";
const SEX: &str = "sex";

/// From this age a child gives its own consent (Personal Information Protection Law, art. 31).
const OWN_CONSENT_AGE: i32 = 14;

/// Everything wrong with the fields of a record, in the order of the form. Fields no pack knows
/// are left alone.
#[must_use]
pub fn problems(
    catalogue: &Catalogue,
    kind: &Kind,
    fields: &Fields,
    stage: Stage<'_>,
    today: NaiveDate,
) -> Vec<FieldProblem> {
    let effective = effective_fields(kind, fields);
    let scope: Vec<&Field> = kind.fields().collect();
    let check = Check { catalogue, stage, today };
    let mut found = Vec::new();
    // Most fields of a long form are empty, so each that is not is found its place.
    let mut given: Vec<Option<&Value>> = vec![None; scope.len()];
    for (id, value) in effective.iter() {
        let place = scope.iter().position(|field| field.id == *id);
        if let Some(given) = place.and_then(|at| given.get_mut(at)) {
            *given = Some(value);
        }
    }
    for (field, given) in scope.iter().zip(given) {
        for error in check.value(field, given, &effective, &scope) {
            found.push(FieldProblem {
                field: field.id.clone(),
                row: None,
                column: None,
                said: error.said,
                next: error.next,
            });
        }
        let rows = given.map(Value::rows).unwrap_or_default();
        if !rows.is_empty() {
            check.rows(field, rows, &mut found);
        }
    }
    found
}

/// The first question of a move that must be answered and is not.
#[must_use]
pub fn unanswered(asks: &[Ask], answers: &Fields) -> Option<FieldProblem> {
    let ask = asks.iter().find(|ask| ask.required && !answers.contains_key(&ask.id))?;
    let title = &ask.title;
    Some(FieldProblem {
        field: ask.id.clone(),
        row: None,
        column: None,
        said: Said::new(
            format!("还没有填写“{}”。", title.zh),
            format!("\"{}\" is not filled in.", title.en),
        ),
        next: said!("填写后再办理。", "Fill it in and try again."),
    })
}

/// The first thing wrong with the answers of a move, each as its question describes it; formulas
/// see the answers beside the fields of the record, and before them.
#[must_use]
pub fn answer_problem(
    catalogue: &Catalogue,
    kind: &Kind,
    asks: &[Ask],
    fields: &Fields,
    answers: &Fields,
    today: NaiveDate,
) -> Option<FieldProblem> {
    let mut values = effective_fields(kind, fields).into_owned();
    values.extend(answers.clone());
    let asked: Vec<&Field> = asks.iter().filter_map(Ask::field).collect();
    let scope: Vec<&Field> = asked.iter().copied().chain(kind.fields()).collect();
    let check = Check { catalogue, stage: Stage::Draft, today };
    asked.iter().filter(|field| answers.contains_key(&field.id)).find_map(|field| {
        let error = check.field(field, &values, &scope).into_iter().next()?;
        Some(FieldProblem {
            field: field.id.clone(),
            row: None,
            column: None,
            said: error.said,
            next: error.next,
        })
    })
}

struct Check<'c> {
    catalogue: &'c Catalogue,
    stage: Stage<'c>,
    today: NaiveDate,
}

impl Check<'_> {
    fn rows(&self, table: &Field, rows: &[Row], found: &mut Vec<FieldProblem>) {
        let columns: Vec<&Field> = table.field_type.columns().iter().collect();
        for (index, row) in rows.iter().enumerate() {
            let mut add = |column: &str, error: TypedError| {
                found.push(FieldProblem {
                    field: table.id.clone(),
                    row: Some(row.id),
                    column: Some(column.to_string()),
                    said: error.said,
                    next: error.next,
                });
            };
            for column in &columns {
                for error in self.field(column, &row.fields, &columns) {
                    add(&column.id, error);
                }
            }
            if !matches!(self.stage, Stage::Stored)
                && let Some((column, error)) = same_person(&columns, rows, index)
            {
                add(column, error);
            }
            if let FieldType::Table { one_per: Some(key), .. } = &table.field_type
                && let Some(code) = row.fields.get(key)
                && rows.iter().take(index).any(|other| other.fields.get(key) == Some(code))
            {
                let said = Said::fixed("这一项已经有一行了。", "There is a row for this already.");
                let next = Said::fixed("请改原来那一行。", "Change the row that is there.");
                add(key, TypedError::new(said, next));
            }
        }
    }

    /// What is wrong with one field among the values of its record or row.
    fn field(&self, field: &Field, values: &Fields, scope: &[&Field]) -> Vec<TypedError> {
        self.value(field, values.get(&field.id), values, scope)
    }

    /// The same where its value is known.
    fn value(
        &self,
        field: &Field,
        value: Option<&Value>,
        values: &Fields,
        scope: &[&Field],
    ) -> Vec<TypedError> {
        let Some(value) = value else {
            return if self.requires(field) { vec![missing(field)] } else { Vec::new() };
        };
        if !fits(&field.field_type, value) {
            return vec![TypedError::new(
                Said::fixed("存的值与栏目类型不符。", "The stored value is of another type."),
                Said::fixed("请重新填写这一栏。", "Fill in this field again."),
            )];
        }
        if matches!(self.stage, Stage::Stored) || field.is_computed() {
            return Vec::new();
        }
        if let Value::Text(text) = value
            && text.is_empty()
            && self.requires(field)
        {
            return vec![missing(field)];
        }
        let wrong = in_range(field, value)
            .err()
            .or_else(|| self.well_formed(field, value))
            .or_else(|| self.in_list(field, value))
            .or_else(|| self.agrees_with_id(field, value, values, scope))
            .or_else(|| self.valid(field, values, scope));
        wrong.into_iter().collect()
    }

    fn requires(&self, field: &Field) -> bool {
        if field.is_computed() {
            return false;
        }
        match (&field.required, self.stage) {
            (_, Stage::Stored) | (Required::Never, _) => false,
            (Required::Always, _) => true,
            (Required::AtSubmit, stage) => !matches!(stage, Stage::Draft),
            (Required::In(states), Stage::Entering(state)) => {
                states.iter().any(|required| required == state)
            }
            (Required::In(_), _) => false,
        }
    }

    fn well_formed(&self, field: &Field, value: &Value) -> Option<TypedError> {
        let Value::Text(text) = value else { return None };
        let told = match &field.field_type {
            FieldType::IdNumber => {
                let error = IdNumber::parse_on(text, self.today).err()?;
                (error.said(), error.next())
            }
            FieldType::OrgCode => {
                let error = OrganisationCode::parse(text).err()?;
                (error.said(), error.next())
            }
            FieldType::Phone => {
                let error = parse_phone(text).err()?;
                (error.said(), error.next())
            }
            FieldType::BankCard => {
                let error = parse_card(text).err()?;
                (error.said(), error.next())
            }
            FieldType::PersonName => {
                let error = unseen_in(text)?;
                (error.said(), error.next())
            }
            _ => return None,
        };
        Some(TypedError::new(told.0, told.1))
    }

    /// An entry that has run out stays valid on old records; one that never was does not.
    fn in_list(&self, field: &Field, value: &Value) -> Option<TypedError> {
        let list = self.catalogue.code_list(field.field_type.list()?)?;
        let codes: Vec<&str> = match value {
            Value::Choice(code) => vec![code],
            Value::Tags(codes) => codes.iter().map(String::as_str).collect(),
            Value::Papers(papers) => papers.iter().map(|(code, _)| code.as_str()).collect(),
            _ => return None,
        };
        let code = codes.into_iter().find(|code| list.entry(code).is_none())?;
        Some(TypedError::new(
            said!("代码“{code}”不在代码表里。", "The code \"{code}\" is not in its list."),
            Said::fixed("请重新选择。", "Choose again."),
        ))
    }

    /// A birth date or sex that is not the one in the identity number beside it.
    fn agrees_with_id(
        &self,
        field: &Field,
        value: &Value,
        values: &Fields,
        scope: &[&Field],
    ) -> Option<TypedError> {
        if field.id != BIRTH_DATE && field.id != SEX {
            return None;
        }
        let (_, from_id) = from_id(scope, values)
            .into_iter()
            .find(|(id, from_id)| *id == field.id && from_id != value)?;
        // Masked like the number it comes from: a guess at a date must not be answered with it.
        let shown = |lang| super::plain(self.catalogue, field, &from_id, lang, false);
        let (zh, en) = (shown(crate::words::Lang::Zh), shown(crate::words::Lang::En));
        let title = &field.title;
        Some(TypedError::new(
            Said::new(
                format!("“{}”与身份证号不一致，证号上是{zh}。", title.zh),
                format!("{} differs from the identity number, which says {en}.", title.en),
            ),
            Said::fixed(
                "请照证件核对：改这一栏，或改身份证号。",
                "Compare with the card: change this field, or the identity number.",
            ),
        ))
    }

    fn valid(&self, field: &Field, values: &Fields, scope: &[&Field]) -> Option<TypedError> {
        let valid = field.valid.as_ref()?;
        (!holds(valid, values, scope, self.today)).then(|| {
            let next = Said::fixed("请核对后改正。", "Check it and put it right.");
            TypedError::new(valid.said.clone(), next)
        })
    }
}

/// Whether a condition holds among these values; what is unknown counts as met.
fn holds(valid: &Validity, values: &Fields, scope: &[&Field], today: NaiveDate) -> bool {
    let mut inputs = Inputs::new();
    inputs.know("today", day_number(today));
    for field in scope {
        if let Some(value) = values.get(&field.id) {
            see(&mut inputs, field, value);
        }
    }
    valid.formula.eval(&inputs).yes_no() != Some(false)
}

/// What is unlikely about these fields though nothing is wrong with them: by field, in words.
#[must_use]
pub fn doubts(kind: &Kind, fields: &Fields, today: NaiveDate) -> Vec<(String, Said)> {
    let effective = effective_fields(kind, fields);
    let scope: Vec<&Field> = kind.fields().collect();
    let doubts = kind.doubts.iter();
    doubts
        .filter(|(_, likely)| !holds(likely, &effective, &scope, today))
        .map(|(field, likely)| (field.clone(), likely.said.clone()))
        .collect()
}

fn missing(field: &Field) -> TypedError {
    let title = &field.title;
    TypedError::new(
        Said::new(format!("还没有填“{}”。", title.zh), format!("{} is not filled in.", title.en)),
        field.help.clone().unwrap_or_else(|| Said::fixed("请填写。", "Fill it in.")),
    )
}

/// True when a value is of the field's type.
#[must_use]
pub fn fits(field_type: &FieldType, value: &Value) -> bool {
    match field_type {
        FieldType::Text { .. }
        | FieldType::PersonName
        | FieldType::IdNumber
        | FieldType::OrgCode
        | FieldType::Phone
        | FieldType::BankCard => matches!(value, Value::Text(_)),
        FieldType::Integer { .. } => matches!(value, Value::Integer(_)),
        FieldType::Decimal { .. } => matches!(value, Value::Decimal(_)),
        FieldType::Money { .. } => matches!(value, Value::Money(_)),
        FieldType::Date => matches!(value, Value::Date(_)),
        FieldType::Instant => matches!(value, Value::Instant(_)),
        FieldType::YesNo => matches!(value, Value::YesNo(_)),
        FieldType::Choice { .. } => matches!(value, Value::Choice(_)),
        FieldType::Tags { .. } => matches!(value, Value::Tags(_)),
        FieldType::Reference { .. } => matches!(value, Value::Reference(_)),
        FieldType::Table { .. } => matches!(value, Value::Table(_)),
        FieldType::Papers { .. } => matches!(value, Value::Papers(_)),
        FieldType::Computed { gives, .. } => fits(gives, value),
    }
}

/// Birth date and sex by the identity number among these values, for the fields that exist.
pub(super) fn from_id(scope: &[&Field], values: &Fields) -> Vec<(String, Value)> {
    let id = scope
        .iter()
        .filter(|field| matches!(field.field_type, FieldType::IdNumber))
        .filter_map(|field| values.get(&field.id)?.as_text())
        .find_map(|text| IdNumber::parse(text).ok());
    let Some(id) = id else { return Vec::new() };
    let sex = match id.sex() {
        Sex::Male => "male",
        Sex::Female => "female",
    };
    [(BIRTH_DATE, Value::Date(id.birth_date())), (SEX, Value::Choice(sex.to_string()))]
        .into_iter()
        .filter(|(name, _)| scope.iter().any(|field| field.id == *name))
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}

/// What the identity number tells of fields still empty: birth date and sex, for a form to fill
/// in. `scope` is the fields of a kind or the columns of a table. Nothing typed is replaced.
#[must_use]
pub fn filled_from_id(scope: &[&Field], values: &Fields) -> Fields {
    from_id(scope, values).into_iter().filter(|(id, _)| !values.contains_key(id)).collect()
}

/// The sensitivity groups the record holds values of without a consent in force: by the `group`
/// and `withdrawn_on` columns of the kind's consents table. A child under fourteen in a row adds
/// the group `minors`.
#[must_use]
pub fn consents_lacking(kind: &Kind, fields: &Fields, today: NaiveDate) -> Vec<String> {
    let Some(consents) = &kind.consents else { return Vec::new() };
    let mut needed: Vec<&str> = Vec::new();
    for field in kind.fields() {
        let Some(value) = fields.get(&field.id) else { continue };
        needed.extend(field.sensitive.as_deref());
        for row in value.rows() {
            for column in field.field_type.columns() {
                if row.fields.contains_key(&column.id) {
                    needed.extend(column.sensitive.as_deref());
                }
            }
            if born(field.field_type.columns(), row).is_some_and(|born| is_minor(born, today)) {
                needed.push("minors");
            }
        }
    }
    needed.sort_unstable();
    needed.dedup();
    let missing = needed.into_iter().filter(|group| !consent_given(fields, consents, group, today));
    missing.map(str::to_string).collect()
}

/// True when a consent of this group is in the table and was not withdrawn.
#[must_use]
pub fn consent_given(fields: &Fields, table: &str, group: &str, today: NaiveDate) -> bool {
    let rows = fields.get(table).map(Value::rows).unwrap_or_default();
    rows.iter().any(|row| {
        let withdrawn = row.fields.get("withdrawn_on").and_then(Value::as_date);
        row.fields.get("group").and_then(Value::as_text) == Some(group)
            && withdrawn.is_none_or(|day| day > today)
    })
}

fn born(columns: &[Field], row: &Row) -> Option<NaiveDate> {
    let typed = row.fields.get(BIRTH_DATE).and_then(Value::as_date);
    let columns: Vec<&Field> = columns.iter().collect();
    typed.or_else(|| {
        let derived = from_id(&columns, &row.fields);
        derived.iter().find_map(|(_, value)| value.as_date())
    })
}

fn is_minor(born: NaiveDate, today: NaiveDate) -> bool {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let age = today.year() - born.year() - i32::from(!had_birthday);
    age < OWN_CONSENT_AGE
}
