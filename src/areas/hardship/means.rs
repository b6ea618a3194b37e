//! What they have: income, rigid expense, an accident, and what rules a household out.

use super::{DISASTER_PROOF, EXPENSE_PAPERS, Household, INCOME_PAPERS, RECEIPTS, WAGE_RECORD};
use crate::areas::declared;
use crate::policy::{Facts, Unit};
use crate::program::effective;
use crate::record::{Fields, PaperState, Row, Value};
use crate::said;
use chrono::{Datelike, Months, NaiveDate};

impl Household<'_> {
    pub(super) fn income(&self, facts: &mut Facts) {
        let income = effective(self.house.kind, &self.file.fields, "annual_income");
        let source = self.source("annual_income");
        if income.value.as_ref().and_then(Value::as_fen).is_none() {
            self.lack(facts, "income_months_covered", "annual_income", Some(WAGE_RECORD));
            facts.know("income_gaps", String::new(), source);
            return;
        }
        if let Some(code) = self.first_missing(|code| INCOME_PAPERS.contains(&code)) {
            let missing = self.paper_title(&code);
            facts.lack("income_months_covered", missing, Some(code), source.clone());
            facts.know("income_gaps", String::new(), source);
            return;
        }
        let gaps = self.income_gaps();
        let covered = i64::from(self.window_months) - i64::try_from(gaps.1).unwrap_or(0);
        facts.know("income_months_covered", covered.max(0), source.clone());
        facts.know("income_gaps", gaps.0, source);
    }

    /// The months of the window that no income item covers, by member, and how many at most. A
    /// total typed or imported without items is a statement about the whole window.
    fn income_gaps(&self) -> (String, usize) {
        let items = self.rows("incomes");
        if items.is_empty() {
            return (String::new(), 0);
        }
        let months = window(self.house.as_of, self.window_months);
        let mut names: Vec<String> = items.iter().map(member_of).collect();
        names.dedup();
        names.sort();
        names.dedup();
        let mut worst = 0;
        let mut said = Vec::new();
        for name in names {
            let own: Vec<&Row> = items.iter().filter(|item| member_of(item) == name).collect();
            // An item without dates is the whole window's.
            let dated = |item: &&Row| item.fields.contains_key("month_from");
            if own.iter().any(|item| !dated(item)) {
                continue;
            }
            let open: Vec<String> = months
                .iter()
                .filter(|month| !own.iter().any(|item| covers(&item.fields, **month)))
                .map(|month| month.format("%Y-%m").to_string())
                .collect();
            if !open.is_empty() {
                worst = worst.max(open.len());
                said.push(format!("{name}：{}", open.join("、")));
            }
        }
        (said.join("；"), worst)
    }

    pub(super) fn expense(&self, facts: &mut Facts) {
        let expense = effective(self.house.kind, &self.file.fields, "rigid_expense");
        let source = self.source("rigid_expense");
        let Some(fen) = expense.value.as_ref().and_then(Value::as_fen) else {
            self.lack(facts, "expenses_evidenced", "rigid_expense", Some(RECEIPTS));
            self.lack(facts, "expenses_admissible", "expenses", None);
            return;
        };
        let items = self.rows("expenses");
        let evidence: Vec<&str> = items
            .iter()
            .filter_map(|item| item.fields.get("evidence").and_then(Value::as_text))
            .collect();
        let paper =
            self.first_missing(|code| EXPENSE_PAPERS.contains(&code) || evidence.contains(&code));
        let bare = items.iter().filter(|item| !item.fields.contains_key("evidence")).count();
        if let Some(code) = paper.filter(|_| fen > 0) {
            let missing = self.paper_title(&code);
            facts.lack("expenses_evidenced", missing, Some(code), source.clone());
        } else if fen == 0
            || (bare == 0 && !items.is_empty())
            || self.paper(RECEIPTS) == Some(PaperState::Received)
        {
            facts.know("expenses_evidenced", true, source.clone());
        } else {
            let missing = self.paper_title(RECEIPTS);
            facts.lack("expenses_evidenced", missing, Some(RECEIPTS.into()), source.clone());
        }
        // Each kind the pack's list offers is admissible (待确认); an item without one is a question.
        let unknown = items.iter().filter(|item| !item.fields.contains_key("kind")).count();
        if unknown == 0 {
            facts.know("expenses_admissible", true, source);
        } else {
            let missing = said!("{unknown} 笔支出的类别", "the kind of {unknown} expense(s)");
            facts.lack("expenses_admissible", missing, None, source);
        }
    }

    pub(super) fn accident(&self, facts: &mut Facts) {
        let cause = self.value("main_cause");
        let by_cause =
            cause.as_ref().and_then(Value::as_text).map(|code| matches!(code, "7" | "8"));
        match (self.yes_no("accident"), by_cause) {
            (Some(yes), _) => facts.know("accident_claimed", yes, self.source("accident")),
            (None, Some(yes)) => facts.know("accident_claimed", yes, self.source("main_cause")),
            (None, None) => self.lack(facts, "accident_claimed", "accident", Some(DISASTER_PROOF)),
        }
    }

    pub(super) fn vehicle(&self, facts: &mut Facts) {
        // A vehicle needed for work, or a mobility aid, is no exclusion (domain 2.5, E4).
        if self.yes_no("vehicle_for_work") == Some(true) {
            facts.know("vehicle", "none".to_string(), self.source("vehicle_for_work"));
        } else {
            let vehicle = ("vehicle", Unit::Check);
            declared::take(self.house, self.file, facts, vehicle, "has_vehicle", None);
        }
    }
}

fn member_of(row: &Row) -> String {
    row.fields.get("member").and_then(Value::as_text).unwrap_or("").to_string()
}

/// The first days of the months before the month of `as_of`, oldest first.
fn window(as_of: NaiveDate, months: u32) -> Vec<NaiveDate> {
    let Some(first) = as_of.with_day(1) else { return Vec::new() };
    (1..=months).rev().filter_map(|back| first.checked_sub_months(Months::new(back))).collect()
}

/// Whether an item's period reaches into a month.
fn covers(item: &Fields, month: NaiveDate) -> bool {
    let from = item.get("month_from").and_then(Value::as_date);
    let to = item.get("month_to").and_then(Value::as_date);
    let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
    from.is_none_or(|from| from < next) && to.is_none_or(|to| to >= month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_window_is_the_twelve_months_before() {
        let months = window(day(2025, 10, 15), 12);
        assert_eq!(months.len(), 12);
        assert_eq!(months.first(), Some(&day(2024, 10, 1)));
        assert_eq!(months.last(), Some(&day(2025, 9, 1)));
    }

    #[test]
    fn an_item_covers_the_months_it_reaches_into() {
        let item = Fields::from([
            ("month_from".to_string(), Value::Date(day(2025, 3, 20))),
            ("month_to".to_string(), Value::Date(day(2025, 5, 2))),
        ]);
        assert!(!covers(&item, day(2025, 2, 1)));
        assert!(covers(&item, day(2025, 3, 1)));
        assert!(covers(&item, day(2025, 5, 1)));
        assert!(!covers(&item, day(2025, 6, 1)));
    }
}
