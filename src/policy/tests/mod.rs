//! The room's tests: loading, parameters by date, and sheets against the worked examples of the
//! domain (hardship.md 3.4 and 4.5).

mod loading;
mod parameters;
mod sheets;
mod stored;
mod written;

use super::*;
use crate::words::Said;
use chrono::NaiveDate;

fn library() -> Library {
    Library::built_in().unwrap_or_else(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.said().en.to_string()).collect();
        panic!("{}", lines.join("\n"))
    })
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const CONTEXT: Context<'static> =
    Context { number: "BN-困-2025-00017", pack: "pack", region: "500113" };

/// A household of three in the city with nothing open; income and rigid expense in fen.
fn household(income: i64, rigid: i64) -> Facts {
    let mut facts = Facts::new();
    let field = || Said::fixed("字段", "field");
    for name in [
        "id_numbers_valid",
        "unit_has_union",
        "household_complete",
        "expenses_evidenced",
        "expenses_admissible",
    ] {
        facts.know(name, true, field());
    }
    for name in ["is_migrant", "is_union_member", "accident_claimed"] {
        facts.know(name, false, field());
    }
    for name in ["id_warning", "id_warning_en", "duplicate_file", "income_gaps"] {
        facts.know(name, "", field());
    }
    for name in [
        "has_business_premises",
        "employs_others",
        "high_fee_schooling",
        "vehicle",
        "controls_company",
        "refuses_investigation",
        "refuses_work",
    ] {
        facts.know(name, "none", field());
    }
    facts.know("area", "urban", field());
    facts.know("household_size", 3, field());
    facts.know("income_months_covered", 12, field());
    facts.know("dwellings", 1, field());
    facts.know("income_fen", income, field());
    facts.know("rigid_fen", rigid, field());
    facts
}

fn sheet(facts: &Facts, date: &str) -> DecisionSheet {
    let library = library();
    evaluate(library.rule_set("hardship-eligibility").unwrap(), &library, facts, day(date), CONTEXT)
}

fn at_2025(income: i64, rigid: i64) -> DecisionSheet {
    sheet(&household(income, rigid), "2025-10-15")
}
