//! Hardship assistance: from a file and its person to the facts the eligibility rules ask for.
//!
//! Each fact says where it came from; what nobody has entered or checked stays unknown, with the
//! paper that would settle it (hardship domain page, sections 3 and 4.4). The names are those
//! listed at [`Facts`].

mod means;
mod people;

use crate::policy::Facts;
use crate::program::{Catalogue, Kind, effective};
use crate::record::{PaperState, Record, Regions, Row, Value};
use crate::words::Said;
use chrono::NaiveDate;

/// A household as it is decided on.
pub struct Household<'a> {
    /// The file's kind.
    pub kind: &'a Kind,
    /// The file.
    pub file: &'a Record,
    /// The head of the household.
    pub person: Option<&'a Record>,
    /// Another active file that holds one of them.
    pub duplicate: Option<String>,
    /// The date decided for.
    pub as_of: NaiveDate,
    /// Months of income the rules look back over (parameter `window_months`).
    pub window_months: u32,
    /// Address codes.
    pub regions: &'a Regions,
    /// Titles of fields and papers.
    pub catalogue: &'a Catalogue,
}

/// Papers by their code in the pack's list that prove income (domain 7.1).
const INCOME_PAPERS: [&str; 5] = [
    WAGE_RECORD,
    INCOME_CERTIFICATE,
    "unemployment_proof",
    "allowance_proof",
    "income_undertaking",
];

/// Papers that prove rigid expense, by cause.
const EXPENSE_PAPERS: [&str; 6] =
    ["diagnosis", RECEIPTS, "disability_card", "student_card", "fee_slip", DISASTER_PROOF];

/// Papers that settle the length of the labour relation.
const LABOUR_PAPERS: [&str; 1] = [LABOUR_CONTRACT];

const WAGE_RECORD: &str = "wage_record";
const INCOME_CERTIFICATE: &str = "income_certificate";
const ID_CARD: &str = "id_card";
const LABOUR_CONTRACT: &str = "labour_contract";
const HOUSEHOLD_REGISTER: &str = "household_register";
const DISASTER_PROOF: &str = "disaster_proof";
const RECEIPTS: &str = "medical_receipts";

/// The fields of the person that facts read: what a file copies when it is submitted.
pub const PERSON_FIELDS: [&str; 3] = ["name", "id_number", "work_status"];

/// The facts of a household.
#[must_use]
pub fn facts(household: &Household) -> Facts {
    let mut facts = Facts::new();
    household.identity(&mut facts);
    household.union(&mut facts);
    household.people(&mut facts);
    household.income(&mut facts);
    household.expense(&mut facts);
    household.accident(&mut facts);
    household.exclusions(&mut facts);
    facts
}

/// The fields a fact comes from, for naming them in a return.
#[must_use]
pub fn fields_behind(fact: &str) -> &'static [&'static str] {
    match fact {
        "id_numbers_valid" | "id_warning" | "id_warning_en" | "duplicate_file" => {
            &["members", "id_number"]
        }
        "unit_has_union" => &["unit_has_union"],
        "is_union_member" => &["union_member"],
        "is_migrant" => &["is_migrant"],
        "labour_months" => &["labour_since", "labour_months"],
        "household_size" => &["household_size"],
        "household_complete" => &["members", "household_size"],
        "income_fen" | "income_months_covered" | "income_gaps" => &["annual_income", "incomes"],
        "rigid_fen" | "expenses_evidenced" | "expenses_admissible" => {
            &["rigid_expense", "expenses", "papers"]
        }
        "accident_claimed" | "accident_loss_fen" => &["accident", "accident_loss"],
        "dwellings" => &["dwellings"],
        "has_business_premises" => &["business_premises"],
        "employs_others" => &["employs_others"],
        "high_fee_schooling" => &["high_fee_schooling"],
        "vehicle" => &["has_vehicle", "vehicle_for_work"],
        "controls_company" => &["controls_company"],
        "refuses_investigation" => &["refuses_investigation"],
        "refuses_work" => &["refuses_work"],
        "area" => &["standard_area"],
        _ => &[],
    }
}

impl Household<'_> {
    fn value(&self, field: &str) -> Option<Value> {
        effective(self.kind, &self.file.fields, field).value
    }

    fn yes_no(&self, field: &str) -> Option<bool> {
        self.value(field).as_ref().and_then(Value::as_yes_no)
    }

    fn rows(&self, table: &str) -> &[Row] {
        self.file.get(table).map(Value::rows).unwrap_or_default()
    }

    /// "表单：住房套数", or what a total was summed from.
    fn source(&self, field: &str) -> Said {
        let Some(found) = self.kind.field(field) else { return Said::same(field) };
        let title = &found.title;
        if let Some(finding) = self.file.findings.get(field) {
            let by = &finding.by;
            return Said::new(
                format!("查实“{}”（{by} 登记）", title.zh),
                format!("found \"{}\" (recorded by {by})", title.en),
            );
        }
        let total = effective(self.kind, &self.file.fields, field);
        let from = found.total.as_ref().filter(|_| total.from_rows);
        match from.and_then(|total| self.kind.field(&total.table)) {
            Some(table) => Said::new(
                format!("表单“{}”按“{}”合计", title.zh, table.title.zh),
                format!("form field \"{}\", summed from \"{}\"", title.en, table.title.en),
            ),
            None => {
                Said::new(format!("表单“{}”", title.zh), format!("form field \"{}\"", title.en))
            }
        }
    }

    fn paper_title(&self, code: &str) -> Said {
        let entry = self.catalogue.code_list("papers").and_then(|list| list.entry(code));
        entry.map(|entry| entry.label.clone()).unwrap_or_default()
    }

    /// What a paper's state in the file is; a paper nobody has listed has none.
    fn paper(&self, code: &str) -> Option<PaperState> {
        match self.file.get("papers") {
            Some(Value::Papers(papers)) => {
                papers.iter().find(|(paper, _)| paper == code).map(|(_, state)| *state)
            }
            _ => None,
        }
    }

    /// The first paper said to be missing among those `wanted`.
    fn first_missing(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let Some(Value::Papers(papers)) = self.file.get("papers") else { return None };
        let missing = papers.iter().filter(|(_, state)| *state == PaperState::Missing);
        missing.map(|(code, _)| code).find(|code| wanted(code)).cloned()
    }

    /// A fact that lacks a field nobody has filled.
    fn lack(&self, facts: &mut Facts, name: &str, field: &str, paper: Option<&str>) {
        let title = self.kind.field(field).map(|field| field.title.clone()).unwrap_or_default();
        let missing = match paper {
            None => title,
            Some(code) => {
                let paper = self.paper_title(code);
                Said::new(
                    format!("{}（{}）", paper.zh, title.zh),
                    format!("{} ({})", paper.en, title.en),
                )
            }
        };
        facts.lack(name, missing, paper.map(str::to_string), self.source(field));
    }

    fn know_yes_no(&self, facts: &mut Facts, name: &str, field: &str, paper: Option<&str>) {
        match self.yes_no(field) {
            Some(yes) => facts.know(name, yes, self.source(field)),
            None => self.lack(facts, name, field, paper),
        }
    }
}
