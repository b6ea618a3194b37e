//! Hardship assistance: from a file and its person to the facts the eligibility rules ask for.
//!
//! Each fact says where it came from; what nobody has entered or checked stays unknown, with the
//! paper that would settle it (hardship domain page, sections 3 and 4.4). Facts that are a field
//! are said in the rule set and not here.

mod means;
mod people;
#[cfg(test)]
mod tests;

use super::{Area, House, declared};
use crate::policy::Facts;
use crate::program::effective;
use crate::record::{PaperState, Record, Row, Value};
use crate::words::Said;

/// The Rust of hardship assistance.
pub struct Hardship;

impl Area for Hardship {
    fn facts(&self, house: &House<'_>, record: &Record, facts: &mut Facts) {
        let months =
            house.look.whole("window_months").and_then(|months| u32::try_from(months).ok());
        let household = Household { house, file: record, window_months: months.unwrap_or(0) };
        household.identity(facts);
        household.union(facts);
        household.people(facts);
        household.income(facts);
        household.expense(facts);
        household.accident(facts);
        household.vehicle(facts);
    }
}

/// A household as it is decided on.
struct Household<'a> {
    house: &'a House<'a>,
    file: &'a Record,
    /// Months of income the rules look back over (parameter `window_months`).
    window_months: u32,
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

impl Household<'_> {
    fn value(&self, field: &str) -> Option<Value> {
        effective(self.house.kind, &self.file.fields, field).value
    }

    fn yes_no(&self, field: &str) -> Option<bool> {
        self.value(field).as_ref().and_then(Value::as_yes_no)
    }

    fn rows(&self, table: &str) -> &[Row] {
        self.file.get(table).map(Value::rows).unwrap_or_default()
    }

    fn source(&self, field: &str) -> Said {
        declared::source(self.house, self.file, field)
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
        declared::lack(self.house, self.file, facts, name, field, paper);
    }

    fn paper_title(&self, code: &str) -> Said {
        self.house.paper_title(code)
    }
}
