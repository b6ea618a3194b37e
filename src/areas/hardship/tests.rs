//! A table of every fact the area gives: what is entered, and what the domain page says follows
//! (hardship 3, 4.4 and 7.1).

use crate::areas::{House, Look, Measured, facts};
use crate::formula::Val;
use crate::policy::{FactValue, Library};
use crate::program::{Catalogue, KeyPart, NoRecords, PERSON, Typing, typed};
use crate::record::{Clock, Fields, FixedClock, Record, RecordId, Regions, Value};
use chrono::NaiveDate;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The whole number of an invented person in Chongqing's never-assigned code, and another one.
const HEAD: &str = "500199199103104280";
const OTHER: &str = "500199198001010019";

/// Twelve months of income; one other file has [`OTHER`] in it.
struct Outside;

impl Look for Outside {
    fn whole(&self, parameter: &str) -> Option<i64> {
        (parameter == "window_months").then_some(12)
    }

    fn measured(&self, _: &str, _: &[(Value, KeyPart)]) -> Option<Measured> {
        None
    }

    fn other(&self, _: &str, _: RecordId) -> Option<Record> {
        None
    }

    fn another_with(&self, id_number: &str, _: RecordId) -> Option<String> {
        (id_number == OTHER).then(|| "BN-困-2025-00009".to_string())
    }
}

/// What is known of a fact: the value, or `?` with the paper that would settle it.
fn known(file: &Json, person: &Json, fact: &str) -> String {
    let catalogue = Catalogue::built_in().unwrap();
    let library = Library::built_in().unwrap();
    let as_of = NaiveDate::from_ymd_opt(2025, 10, 15).unwrap();
    let now = FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()).now();
    let typing = Typing { catalogue: &catalogue, today: as_of, records: &NoRecords };
    let record = |kind: &str, json: &Json| {
        let kind = catalogue.kind(kind).unwrap();
        let mut fields = Fields::new();
        for (id, json) in json.as_object().unwrap() {
            let value = typed::from_json(kind.field(id).unwrap(), json, &typing);
            let value = value.unwrap_or_else(|error| panic!("{id}: {error:?}"));
            fields.extend(value.map(|value| (id.clone(), value)));
        }
        let id = RecordId(uuid::Uuid::from_u128(1));
        Record { fields, ..Record::made(id, &kind.id, "BN-困-2025-00001", "a", now) }
    };
    let (file, person) = (record("hardship_file", file), record(PERSON, person));
    let house = House {
        kind: catalogue.kind("hardship_file").unwrap(),
        person: Some(&person),
        as_of,
        regions: Regions::built_in(),
        catalogue: &catalogue,
        answers: &Fields::new(),
        row: None,
        look: &Outside,
    };
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let found = facts(rules, &house, &file);
    match found.get(fact).map(|fact| &fact.value) {
        Some(FactValue::Known(Val::Integer(number))) => number.to_string(),
        Some(FactValue::Known(Val::YesNo(yes))) => if *yes { "yes" } else { "no" }.to_string(),
        Some(FactValue::Known(Val::Text(text))) => text.clone(),
        Some(FactValue::Known(Val::List(texts))) => texts.join(","),
        Some(FactValue::Unknown { paper, .. }) => {
            format!("? {}", paper.as_deref().unwrap_or_default()).trim_end().to_string()
        }
        None => "nothing".to_string(),
    }
}

fn member(more: &Json) -> Json {
    let mut row = json!({"name": "田甜", "relation": "配偶", "monthly_income": "800"});
    let all = more.as_object().unwrap().clone();
    row.as_object_mut().unwrap().extend(all);
    json!([row])
}

/// Fact, file, person, what follows.
type Entry = (&'static str, Json, Json, &'static str);

fn table() -> Vec<Entry> {
    who_they_are().into_iter().chain(what_they_have()).collect()
}

fn head() -> Json {
    json!({"name": "周丽", "id_number": HEAD})
}

fn who_they_are() -> Vec<Entry> {
    let nobody = || json!({"name": "周丽"});
    let with = |number: &str| json!({"members": member(&json!({"id_number": number}))});
    vec![
        ("id_numbers_valid", json!({}), head(), "yes"),
        ("id_numbers_valid", json!({}), nobody(), "? id_card"),
        ("id_numbers_valid", json!({"members": member(&json!({}))}), head(), "? id_card"),
        ("id_numbers_valid", with(OTHER), head(), "yes"),
        // The address code was never given to any place, which is a remark and no error.
        ("id_warning", json!({}), nobody(), ""),
        ("id_warning_en", json!({}), nobody(), ""),
        ("duplicate_file", json!({}), head(), ""),
        ("duplicate_file", with(OTHER), head(), "BN-困-2025-00009"),
        ("is_migrant", json!({}), nobody(), "?"),
        ("is_migrant", json!({"is_migrant": true}), nobody(), "yes"),
        ("is_migrant", json!({}), json!({"name": "周丽", "work_status": "农民工"}), "yes"),
        (
            "is_migrant",
            json!({"is_migrant": false}),
            json!({"name": "周丽", "work_status": "农民工"}),
            "no",
        ),
        ("labour_months", json!({}), head(), "? labour_contract"),
        ("labour_months", json!({"labour_months": 30}), head(), "30"),
        // From 16 October to 15 October the twelfth month is not over.
        ("labour_months", json!({"labour_since": "2024-10-16"}), head(), "11"),
        ("labour_months", json!({"labour_since": "2024-10-15"}), head(), "12"),
        (
            "labour_months",
            json!({"labour_months": 30, "papers": {"labour_contract": "missing"}}),
            head(),
            "? labour_contract",
        ),
        ("household_complete", json!({"household_size": 1}), head(), "yes"),
        ("household_complete", json!({"household_size": 3}), head(), "? household_register"),
        ("household_complete", json!({"members": member(&json!({}))}), head(), "?"),
        ("household_complete", with(OTHER), head(), "yes"),
        (
            "household_complete",
            json!({"household_size": 4,
            "members": member(&json!({"id_number": OTHER}))}),
            head(),
            "? household_register",
        ),
    ]
}

fn what_they_have() -> Vec<Entry> {
    let whole_year = json!([{"member": "周丽", "kind": "1", "amount": "9000",
        "month_from": "2024-10-01", "month_to": "2025-09-30"}]);
    let half_year = json!([{"member": "周丽", "kind": "1", "amount": "9000",
        "month_from": "2024-10-01", "month_to": "2025-03-31"}]);
    let spent = |more: &Json| {
        let mut row = json!({"member": "周丽", "amount": "1000"});
        let all = more.as_object().unwrap().clone();
        row.as_object_mut().unwrap().extend(all);
        json!({"expenses": [row]})
    };
    vec![
        ("income_months_covered", json!({}), head(), "? wage_record"),
        ("income_months_covered", json!({"annual_income": "9000"}), head(), "12"),
        ("income_months_covered", json!({"incomes": whole_year}), head(), "12"),
        ("income_months_covered", json!({"incomes": half_year}), head(), "6"),
        (
            "income_months_covered",
            json!({"annual_income": "9000",
            "papers": {"wage_record": "missing"}}),
            head(),
            "? wage_record",
        ),
        ("income_gaps", json!({"incomes": whole_year}), head(), ""),
        (
            "income_gaps",
            json!({"incomes": half_year}),
            head(),
            "周丽：2025-04、2025-05、2025-06、2025-07、2025-08、2025-09",
        ),
        ("expenses_evidenced", json!({}), head(), "? medical_receipts"),
        ("expenses_evidenced", json!({"rigid_expense": "0"}), head(), "yes"),
        ("expenses_evidenced", json!({"rigid_expense": "1000"}), head(), "? medical_receipts"),
        (
            "expenses_evidenced",
            json!({"rigid_expense": "1000",
            "papers": {"medical_receipts": "received"}}),
            head(),
            "yes",
        ),
        ("expenses_evidenced", spent(&json!({"evidence": "fee_slip"})), head(), "yes"),
        ("expenses_admissible", json!({}), head(), "?"),
        ("expenses_admissible", json!({"rigid_expense": "1000"}), head(), "yes"),
        ("expenses_admissible", spent(&json!({"kind": "1"})), head(), "yes"),
        ("expenses_admissible", spent(&json!({})), head(), "?"),
        ("accident_claimed", json!({}), head(), "? disaster_proof"),
        ("accident_claimed", json!({"accident": false}), head(), "no"),
        ("accident_claimed", json!({"main_cause": "7"}), head(), "yes"),
        ("accident_claimed", json!({"main_cause": "6"}), head(), "no"),
        ("vehicle", json!({}), head(), "?"),
        ("vehicle", json!({"has_vehicle": "unchecked"}), head(), "?"),
        ("vehicle", json!({"has_vehicle": "has"}), head(), "has"),
        // Needed for work, it rules nobody out (2.5, E4).
        ("vehicle", json!({"has_vehicle": "has", "vehicle_for_work": true}), head(), "none"),
    ]
}

#[test]
fn every_fact_the_area_gives_comes_out_as_the_domain_page_says() {
    let mut wrong = Vec::new();
    for (fact, file, person, expected) in table() {
        let found = known(&file, &person, fact);
        if found != expected {
            wrong.push(format!("{fact} of {file} {person}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fact that no field and no measure gives is the area's, and each is in the table.
#[test]
fn no_fact_is_missing_from_the_table() {
    let library = Library::built_in().unwrap();
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let own = rules
        .facts
        .iter()
        .filter(|fact| fact.from.is_none() && fact.measure.is_none() && fact.rows.is_none());
    let own: BTreeSet<&str> = own.map(|fact| fact.id.as_str()).collect();
    let tried: BTreeSet<&str> = table().iter().map(|(fact, ..)| *fact).collect();
    assert_eq!(own, tried);
}
