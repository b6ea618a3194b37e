//! Who they are: identity numbers, union and labour relation, the household.

use super::{
    EXPENSE_PAPERS, HOUSEHOLD_REGISTER, Household, ID_CARD, INCOME_PAPERS, LABOUR_CONTRACT,
    LABOUR_PAPERS,
};
use crate::policy::Facts;
use crate::program::effective;
use crate::record::{IdNumber, Row, Value};
use crate::said;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};

impl Household<'_> {
    pub(super) fn identity(&self, facts: &mut Facts) {
        let source = Said::fixed("户主和成员的身份证号", "identity numbers of head and members");
        let head =
            self.house.person.and_then(|person| person.get("id_number")).and_then(Value::as_text);
        let members: Vec<(String, Option<&str>)> = self
            .rows("members")
            .iter()
            .map(|row| (name_of(row), row.fields.get("id_number").and_then(Value::as_text)))
            .collect();
        let nobody = head.is_none().then(|| {
            self.house.person.map(|person| person.text("name").to_string()).unwrap_or_default()
        });
        let without: Vec<String> = nobody
            .into_iter()
            .chain(
                members.iter().filter(|(_, number)| number.is_none()).map(|(name, _)| name.clone()),
            )
            .collect();
        let numbers = head.into_iter().chain(members.iter().filter_map(|(_, number)| *number));
        let mut warnings = Vec::new();
        let mut wrong = false;
        for number in numbers {
            match IdNumber::parse(number) {
                Ok(id) => warnings.extend(id.warning(self.house.regions, self.house.as_of)),
                Err(_) => wrong = true,
            }
        }
        if !wrong && !without.is_empty() {
            let names = without.join("、");
            let missing = said!("{names}的身份证号", "identity number of {names}");
            facts.lack("id_numbers_valid", missing, Some(ID_CARD.into()), source.clone());
        } else {
            facts.know("id_numbers_valid", !wrong, source.clone());
        }
        warnings.dedup();
        let warning = Said::join(&warnings, "；", "; ");
        facts.know("id_warning", warning.zh.into_owned(), source.clone());
        facts.know("id_warning_en", warning.en.into_owned(), source);
        let another = |number: &str| self.house.look.another_with(number, self.file.id);
        let own = members.iter().filter_map(|(_, number)| *number);
        facts.know(
            "duplicate_file",
            own.chain(head).find_map(another).unwrap_or_default(),
            Said::fixed("本站全部在办、在档档案", "all active files of this station"),
        );
    }

    pub(super) fn union(&self, facts: &mut Facts) {
        // The work status 农民工 answers the question where the field itself is empty.
        let by_status =
            self.house.person.and_then(|person| person.get("work_status")).and_then(Value::as_text);
        match (self.yes_no("is_migrant"), by_status) {
            (Some(yes), _) => facts.know("is_migrant", yes, self.source("is_migrant")),
            (None, Some(status)) => {
                let migrant = self
                    .house
                    .catalogue
                    .code_list("work_status")
                    .is_some_and(|list| list.label(status, crate::words::Lang::Zh) == "农民工");
                facts.know(
                    "is_migrant",
                    migrant,
                    Said::fixed("人员“工作状态”", "the person's work status"),
                );
            }
            (None, None) => self.lack(facts, "is_migrant", "is_migrant", None),
        }
        let since = self.value("labour_since").as_ref().and_then(Value::as_date);
        let months = self.value("labour_months").as_ref().and_then(Value::as_integer);
        let missing = self.first_missing(|code| LABOUR_PAPERS.contains(&code));
        match (since, months) {
            _ if missing.is_some() => {
                self.lack(facts, "labour_months", "labour_months", missing.as_deref());
            }
            (Some(since), _) => {
                facts.know(
                    "labour_months",
                    whole_months(since, self.house.as_of),
                    self.source("labour_since"),
                );
            }
            (None, Some(months)) => {
                facts.know("labour_months", months, self.source("labour_months"));
            }
            (None, None) => {
                self.lack(facts, "labour_months", "labour_months", Some(LABOUR_CONTRACT));
            }
        }
    }

    pub(super) fn people(&self, facts: &mut Facts) {
        let size = effective(self.house.kind, &self.file.fields, "household_size");
        let source = self.source("members");
        if let Some(typed) = size.disagrees_with_typed.as_ref().and_then(Value::as_integer) {
            let counted = size.value.as_ref().and_then(Value::as_integer).unwrap_or(0);
            let missing = said!(
                "家庭人口的核对（填写 {typed} 人，按成员计 {counted} 人）",
                "a check of the household size ({typed} typed, {counted} by the members)"
            );
            facts.lack("household_complete", missing, Some(HOUSEHOLD_REGISTER.into()), source);
            return;
        }
        // A household of one is complete without rows; a larger one needs each of them.
        let rows = self.rows("members");
        let people = size.value.as_ref().and_then(Value::as_integer).unwrap_or(0);
        if rows.is_empty() && people > 1 {
            let others = people - 1;
            let missing =
                said!("其余 {others} 名家庭成员的登记", "entries for the other {others} members");
            facts.lack("household_complete", missing, Some(HOUSEHOLD_REGISTER.into()), source);
            return;
        }
        // Papers that prove neither income nor expense belong to the file as a whole.
        let other = self.first_missing(|code| {
            !INCOME_PAPERS.contains(&code)
                && !EXPENSE_PAPERS.contains(&code)
                && !LABOUR_PAPERS.contains(&code)
        });
        if let Some(code) = other {
            facts.lack("household_complete", self.paper_title(&code), Some(code), source);
            return;
        }
        let wanting: Vec<Said> = rows.iter().filter_map(|row| self.wanting(row)).collect();
        if wanting.is_empty() {
            facts.know("household_complete", true, source);
        } else {
            facts.lack("household_complete", Said::join(&wanting, "；", "; "), None, source);
        }
    }

    /// What a member's row still lacks for R-HH: relation, identity number, income or "none".
    fn wanting(&self, row: &Row) -> Option<Said> {
        let needed = ["relation", "id_number", "monthly_income"];
        let table = self.house.kind.field("members")?;
        // "None, because …" answers for an income (domain 4.4, R-HH).
        let answered = |column: &str| {
            row.fields.contains_key(column)
                || (column == "monthly_income" && row.fields.contains_key("no_income_reason"))
        };
        let titles: Vec<Said> = needed
            .iter()
            .filter(|column| !answered(column))
            .filter_map(|column| table.column(column).map(|column| column.title.clone()))
            .collect();
        if titles.is_empty() {
            return None;
        }
        let (name, titles) = (name_of(row), Said::join(&titles, "、", ", "));
        Some(Said::new(format!("{name}的{}", titles.zh), format!("{} of {name}", titles.en)))
    }
}

fn name_of(row: &Row) -> String {
    row.fields.get("name").and_then(Value::as_text).unwrap_or("").to_string()
}

/// Whole months from a day to another; a month counts when its day has come.
fn whole_months(since: NaiveDate, until: NaiveDate) -> i64 {
    let months = i64::from(until.year() - since.year()) * 12 + i64::from(until.month())
        - i64::from(since.month());
    (months - i64::from(until.day() < since.day())).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn months_count_when_their_day_has_come() {
        assert_eq!(whole_months(day(2024, 10, 15), day(2025, 10, 15)), 12);
        assert_eq!(whole_months(day(2024, 10, 16), day(2025, 10, 15)), 11);
        assert_eq!(whole_months(day(2025, 10, 16), day(2025, 10, 15)), 0);
    }
}
