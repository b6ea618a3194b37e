//! A household as it is written into a file: who lives there, what comes in, what has to go out.
//!
//! Built in order by whoever tells its story; everything not said is in order: papers received,
//! consents signed, exclusions checked and not met.

use super::people::Person;
use crate::record::{Fields, PaperState, Row, Value};
use chrono::{Datelike, Days, Months, NaiveDate};

/// Income and rigid expense of twelve months.
#[derive(Clone, Copy, Debug)]
enum Money {
    /// As told, in fen.
    Stated { income: i64, rigid: i64 },
    /// So that what is left per head and month lies `plus` fen of the household's twelve months
    /// above a multiple of the minimum-living standard.
    AtLine { num: i64, den: i64, plus: i64, rigid: i64 },
}

/// One who lives with the head.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub person: Person,
    pub relation: &'static str,
    pub status: &'static str,
    /// Fen a month.
    pub monthly: i64,
    pub counted: bool,
}

/// A household and everything its file will say.
#[derive(Clone, Debug)]
pub(super) struct Household {
    money: Money,
    members: Vec<Member>,
    items: Option<u32>,
    missing: Vec<&'static str>,
    consents: Vec<&'static str>,
    fields: Fields,
    left_out: Vec<&'static str>,
}

/// Rigid expense of twelve months where the story does not say, in fen.
const ORDINARY_EXPENSE: i64 = 1_320_000;
/// Papers of an ordinary application, by the codes of the list.
const PAPERS: &[&str] = &[
    "application_form",
    "id_card",
    "household_register",
    "wage_record",
    "bank_card_copy",
    "medical_receipts",
    "income_undertaking",
    "means_check_authorisation",
];
const CONSENTS: &[&str] =
    &["health", "bank", "household-finance", "minors", "publicity", "means-check"];
/// Exclusions beside the number of dwellings, each checked and found not to be met.
const EXCLUSIONS: &[&str] = &[
    "has_vehicle",
    "business_premises",
    "employs_others",
    "high_fee_schooling",
    "controls_company",
    "refuses_investigation",
    "refuses_work",
];

impl Household {
    /// A head with these others, in relative hardship through illness.
    pub fn of(members: Vec<Member>) -> Self {
        let mut household = Self {
            money: Money::AtLine { num: 5, den: 4, plus: 0, rigid: ORDINARY_EXPENSE },
            members,
            items: None,
            missing: Vec::new(),
            consents: CONSENTS.to_vec(),
            fields: Fields::new(),
            left_out: Vec::new(),
        };
        let fields = &mut household.fields;
        for exclusion in EXCLUSIONS {
            fields.insert((*exclusion).into(), choice("none"));
        }
        fields.insert("dwellings".into(), Value::Integer(1));
        fields.insert("standard_area".into(), choice("urban"));
        fields.insert("main_cause".into(), choice("6"));
        fields.insert("union_member".into(), Value::YesNo(true));
        fields.insert("unit_has_union".into(), Value::YesNo(true));
        fields.insert("is_migrant".into(), Value::YesNo(false));
        fields.insert("accident".into(), Value::YesNo(false));
        fields.insert("housing_type".into(), choice("rented"));
        fields.insert("health".into(), choice("minor"));
        household
    }

    /// Income and rigid expense of twelve months, in yuan.
    pub fn with_money(mut self, income: i64, rigid: i64) -> Self {
        self.money = Money::Stated { income: income * 100, rigid: rigid * 100 };
        self
    }

    /// What is left lies `plus` fen a year above `num`/`den` of the standard.
    pub fn at_line(mut self, num: i64, den: i64, plus: i64) -> Self {
        self.money = Money::AtLine { num, den, plus, rigid: ORDINARY_EXPENSE };
        self
    }

    /// Income and expense item by item, the income of the last `months` months only.
    pub fn itemised(mut self, months: u32) -> Self {
        self.items = Some(months);
        self
    }

    /// A field that differs from the ordinary.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_string(), value);
        self
    }

    /// A choice that differs from the ordinary.
    pub fn chosen(self, field: &str, code: &str) -> Self {
        self.with(field, choice(code))
    }

    /// A field nobody has filled in yet.
    pub fn without(mut self, field: &'static str) -> Self {
        self.left_out.push(field);
        self
    }

    /// A paper asked for that has not come in.
    pub fn lacking_paper(mut self, code: &'static str) -> Self {
        self.missing.push(code);
        self
    }

    /// A consent that was not signed.
    pub fn lacking_consent(mut self, group: &str) -> Self {
        self.consents.retain(|consent| *consent != group);
        self
    }

    /// What the file is there to show, for whoever tries the demo.
    pub fn showing(self, remark: &str) -> Self {
        self.with("remarks", Value::Text(format!("演示：{remark}")))
    }

    /// The remark made by [`Self::showing`].
    pub fn remark(&self) -> Option<&str> {
        self.fields.get("remarks").and_then(Value::as_text)
    }

    /// People who count, the head included.
    fn size(&self) -> i64 {
        1 + i64::try_from(self.members.iter().filter(|member| member.counted).count()).unwrap_or(0)
    }

    /// Whether the standard of the city applies, rather than that of the country.
    pub fn is_urban(&self) -> bool {
        self.fields.get("standard_area").and_then(Value::as_text) != Some("rural")
    }

    /// Income and rigid expense of twelve months, in fen.
    fn amounts(&self, standard: i64) -> (i64, i64) {
        match self.money {
            Money::Stated { income, rigid } => (income, rigid),
            Money::AtLine { num, den, plus, rigid } => {
                (12 * self.size() * standard * num / den + plus + rigid, rigid)
            }
        }
    }

    /// The category the numbers fall into at 1.5 times the standard (the example value of the
    /// rules shipped); none above that.
    pub fn category(&self, standard: i64) -> Option<&'static str> {
        let (income, rigid) = self.amounts(standard);
        let (left, line) = (income - rigid, 12 * self.size() * standard);
        if left < line { Some("deep") } else { (2 * left <= 3 * line).then_some("relative") }
    }

    /// Whether the numbers lie within five per cent of a line, where the rules want a person.
    pub fn is_near_a_line(&self, standard: i64) -> bool {
        let (income, rigid) = self.amounts(standard);
        let (left, line) = (income - rigid, 12 * self.size() * standard);
        let near = |num: i64, den: i64| {
            left * den * 20 >= line * num * 19 && left * den * 20 <= line * num * 21
        };
        near(1, 1) || near(3, 2)
    }

    /// The fields of a file applied for on this day, when the standard (fen a head and month)
    /// was this. The head is added when the file is opened.
    pub fn fields(&self, head: &Person, applied: NaiveDate, standard: i64) -> Fields {
        let mut fields = self.fields.clone();
        let (income, rigid) = self.amounts(standard);
        let years_ago = applied.checked_sub_months(Months::new(60)).unwrap_or(applied);
        fields.entry("labour_since".into()).or_insert(Value::Date(years_ago));
        fields.insert("application_date".into(), Value::Date(applied));
        fields.entry("household_size".into()).or_insert(Value::Integer(self.size()));
        let members = self.members.iter().map(Member::row);
        let members = table(members);
        if !members.rows().is_empty() {
            fields.insert("members".into(), members);
        }
        match self.items {
            None => {
                fields.insert("annual_income".into(), Value::Money(income));
                fields.insert("rigid_expense".into(), Value::Money(rigid));
            }
            Some(months) => {
                fields.insert("incomes".into(), self.income_items(head, applied, income, months));
                fields.insert("expenses".into(), expense_items(head, rigid));
            }
        }
        fields.insert("papers".into(), self.papers());
        fields.insert("consents".into(), self.consent_rows(head, applied));
        for field in &self.left_out {
            fields.remove(*field);
        }
        fields
    }

    fn income_items(&self, head: &Person, applied: NaiveDate, income: i64, months: u32) -> Value {
        let this_month = applied.with_day(1).unwrap_or(applied);
        let from = this_month.checked_sub_months(Months::new(months)).unwrap_or(applied);
        let to = this_month.checked_sub_days(Days::new(1)).unwrap_or(applied);
        let others: Vec<(&str, i64, &str)> = self
            .members
            .iter()
            .filter(|member| member.counted && member.monthly > 0)
            .map(|member| {
                let kind = if member.status == "retired" { "transfer" } else { "wage" };
                (member.person.name.as_str(), member.monthly * 12, kind)
            })
            .collect();
        let of_others: i64 = others.iter().map(|(_, amount, _)| amount).sum();
        let own = (head.name.as_str(), income - of_others, "wage");
        table([own].into_iter().chain(others).map(|(name, amount, kind)| {
            Fields::from([
                ("member".to_string(), text(name)),
                ("kind".to_string(), choice(kind)),
                ("month_from".to_string(), Value::Date(from)),
                ("month_to".to_string(), Value::Date(to)),
                ("amount".to_string(), Value::Money(amount)),
                ("evidence".to_string(), choice("wage_record")),
            ])
        }))
    }

    fn papers(&self) -> Value {
        let state = |code: &&str| {
            let missing = self.missing.contains(code);
            if missing { PaperState::Missing } else { PaperState::Received }
        };
        let unlisted = self.missing.iter().filter(|code| !PAPERS.contains(code));
        let codes = PAPERS.iter().chain(unlisted);
        Value::Papers(codes.map(|code| ((*code).to_string(), state(code))).collect())
    }

    fn consent_rows(&self, head: &Person, applied: NaiveDate) -> Value {
        table(self.consents.iter().map(|group| {
            let mut row = Fields::from([
                ("group".to_string(), choice(group)),
                ("version".to_string(), text("2025-1")),
                ("signed_on".to_string(), Value::Date(applied)),
                ("form".to_string(), choice("paper")),
            ]);
            if *group == "minors" {
                row.insert("guardian".to_string(), text(&head.name));
            }
            row
        }))
    }
}

impl Member {
    fn row(&self) -> Fields {
        let schooling = match (self.status, self.person.born) {
            ("student", born) if born.year() > 2013 => Some("primary"),
            ("student", born) if born.year() > 2010 => Some("junior"),
            ("student", _) => Some("college"),
            _ => None,
        };
        let mut row = Fields::from([
            ("name".to_string(), text(&self.person.name)),
            ("relation".to_string(), choice(self.relation)),
            ("id_number".to_string(), text(&self.person.id_number)),
            ("monthly_income".to_string(), Value::Money(self.monthly)),
            ("status".to_string(), choice(self.status)),
            ("counted".to_string(), Value::YesNo(self.counted)),
        ]);
        if let Some(schooling) = schooling {
            row.insert("schooling".to_string(), choice(schooling));
        }
        row
    }
}

/// Two thirds for illness, the rest for schooling, each with its paper.
fn expense_items(head: &Person, rigid: i64) -> Value {
    let illness = rigid * 2 / 3;
    let items =
        [("illness", illness, "medical_receipts"), ("schooling", rigid - illness, "fee_slip")];
    table(items.into_iter().map(|(kind, amount, paper)| {
        Fields::from([
            ("member".to_string(), text(&head.name)),
            ("kind".to_string(), choice(kind)),
            ("amount".to_string(), Value::Money(amount)),
            ("evidence".to_string(), choice(paper)),
        ])
    }))
}

/// A table whose rows are counted from 1.
fn table(rows: impl Iterator<Item = Fields>) -> Value {
    Value::Table((1..).zip(rows).map(|(id, fields)| Row { id, fields }).collect())
}

/// A choice by its code.
pub(super) fn choice(code: &str) -> Value {
    Value::Choice(code.to_string())
}

/// A text.
pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}
