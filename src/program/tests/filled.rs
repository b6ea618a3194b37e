//! What follows from the fields of a record: totals, computed values, what is wrong, what shows.

use super::*;
use crate::record::{Fields, Row, Value};
use serde_json::{Value as Json, json};

/// The fields of a record from JSON.
fn fields(catalogue: &Catalogue, kind: &str, json: &Json) -> Fields {
    let kind = catalogue.kind(kind).unwrap();
    let typing = Typing { catalogue, today: today(), records: &NoRecords };
    let read = |(id, json): (&String, &Json)| {
        let field = kind.field(id).unwrap_or_else(|| panic!("{id}"));
        let value = typed::from_json(field, json, &typing).unwrap_or_else(|e| panic!("{id}: {e}"));
        value.map(|value| (id.clone(), value))
    };
    json.as_object().unwrap().iter().filter_map(read).collect()
}

fn told_at(problems: &[FieldProblem]) -> Vec<String> {
    let place = |problem: &FieldProblem| match (&problem.row, &problem.column) {
        (Some(row), Some(column)) => format!("{}[{row}].{column}", problem.field),
        _ => problem.field.clone(),
    };
    problems.iter().map(place).collect()
}

fn head() -> Value {
    Value::Reference(crate::record::RecordId(uuid::Uuid::from_u128(1)))
}

#[test]
fn totals_stand_as_typed_until_there_are_rows() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let typed = fields(
        catalogue,
        "hardship_file",
        &json!({ "annual_income": "52000", "household_size": 3 }),
    );
    let income = effective(kind, &typed, "annual_income");
    assert_eq!((income.value, income.from_rows), (Some(Value::Money(5_200_000)), false));

    let with_rows = fields(
        catalogue,
        "hardship_file",
        &json!({
            "annual_income": "52000", "household_size": 3,
            "incomes": [
                { "kind": "wage", "amount": "31200" },
                { "kind": "transfer", "amount": "14400", "counted": "是" },
                { "kind": "other", "amount": "600", "counted": "否", "why_not": "节日慰问金" },
            ],
            "members": [{ "name": "陈云" }, { "name": "陈小" }, { "name": "陈兵", "counted": "否" }],
        }),
    );
    let income = effective(kind, &with_rows, "annual_income");
    // 31,200 + 14,400; the consolation money is not counted.
    assert_eq!(income.value, Some(Value::Money(4_560_000)));
    assert!(income.from_rows);
    assert_eq!(income.disagrees_with_typed, Some(Value::Money(5_200_000)));
    let size = effective(kind, &with_rows, "household_size");
    assert_eq!((size.value, size.disagrees_with_typed), (Some(Value::Integer(3)), None));
    assert_eq!(with_rows["annual_income"], Value::Money(5_200_000), "nothing typed is changed");
}

#[test]
fn rows_one_of_which_lacks_its_amount_tell_no_sum() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let incomes = json!([
        { "kind": "wage", "amount": "31200" },
        { "kind": "transfer" },
        { "kind": "other", "counted": "否" },
    ]);
    let of = |json| effective(kind, &fields(catalogue, "hardship_file", &json), "annual_income");
    assert_eq!(of(json!({ "incomes": incomes })).value, None);
    // What was entered by itself is what is known then.
    let entered = of(json!({ "incomes": incomes, "annual_income": "52000" }));
    assert_eq!((entered.value, entered.from_rows), (Some(Value::Money(5_200_000)), false));
    // One that does not count may lack it.
    let counted = of(json!({ "incomes": [incomes[0], incomes[2]] }));
    assert_eq!(counted.value, Some(Value::Money(3_120_000)));
}

#[test]
fn computed_fields_follow_the_totals_and_stay_unknown_without_inputs() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let record = fields(
        catalogue,
        "hardship_file",
        &json!({ "annual_income": "40000", "expenses": [{ "kind": "illness", "amount": "4.6万" }] }),
    );
    assert_eq!(effective(kind, &record, "net_income").value, Some(Value::Money(-600_000)));
    let all = effective_fields(kind, &record);
    assert_eq!(all["rigid_expense"], Value::Money(4_600_000));
    assert_eq!(all["net_income"], Value::Money(-600_000));
    assert_eq!(effective(kind, &Fields::new(), "net_income").value, None);
}

#[test]
fn a_draft_needs_little_and_submitting_what_a_decision_cannot_do_without() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let mut record = Fields::from([("head".to_string(), head())]);
    assert_eq!(problems(catalogue, kind, &record, Stage::Draft, today()), []);
    let lacking = problems(catalogue, kind, &record, Stage::Submit, today());
    assert_eq!(
        told_at(&lacking),
        [
            "application_date",
            "standard_area",
            "household_size",
            "annual_income",
            "rigid_expense",
            "main_cause"
        ]
    );
    record.extend(fields(
        catalogue,
        "hardship_file",
        &json!({
            "application_date": "t", "standard_area": "城市", "annual_income": "52000", "rigid_expense": "28000",
            "main_cause": "患重特大疾病",
            "members": [{ "name": "陈云", "relation": "配偶" }, { "name": "陈小", "relation": "子女" }],
        }),
    ));
    assert_eq!(problems(catalogue, kind, &record, Stage::Submit, today()), []);
    let person = catalogue.kind("person").unwrap();
    let nobody = problems(catalogue, person, &Fields::new(), Stage::Draft, today());
    assert_eq!(told_at(&nobody), ["name"]);
}

#[test]
fn sex_and_birth_date_are_compared_with_the_identity_number() {
    let catalogue = packs();
    let person = catalogue.kind("person").unwrap();
    let number = id_number("19760315", 340); // even: a woman
    let mut record = fields(catalogue, "person", &json!({ "name": "王敏", "id_number": number }));
    let scope: Vec<&Field> = person.fields().collect();
    let filled = filled_from_id(&scope, &record);
    assert_eq!(filled["sex"], Value::Choice("female".into()));
    assert_eq!(filled["birth_date"], Value::Date(day(1976, 3, 15)));

    record.insert("sex".into(), Value::Choice("male".into()));
    let wrong = problems(catalogue, person, &record, Stage::Draft, today());
    assert_eq!(told_at(&wrong), ["sex"]);
    assert!(wrong[0].said.zh.contains("证号上是女"));
    assert!(!filled_from_id(&scope, &record).contains_key("sex"), "nothing typed is replaced");

    record.insert("sex".into(), Value::Choice("female".into()));
    record.insert("birth_date".into(), Value::Date(day(1976, 3, 16)));
    assert_eq!(
        told_at(&problems(catalogue, person, &record, Stage::Draft, today())),
        ["birth_date"]
    );
    assert_eq!(problems(catalogue, person, &record, Stage::Stored, today()), []);

    let file = catalogue.kind("hardship_file").unwrap();
    let mut record = fields(
        catalogue,
        "hardship_file",
        &json!({ "members": [{ "name": "陈云", "row": 4, "id_number": number, "sex": "男" }] }),
    );
    record.insert("head".into(), head());
    let wrong = problems(catalogue, file, &record, Stage::Draft, today());
    assert_eq!(told_at(&wrong), ["members[4].sex"]);
}

#[test]
fn validity_unknown_codes_and_wrong_shapes_are_told() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let record = Fields::from([
        ("head".to_string(), head()),
        ("application_date".to_string(), Value::Date(day(2025, 10, 16))),
        ("main_cause".to_string(), Value::Choice("99".into())),
        ("dwellings".to_string(), Value::Text("2".into())),
        ("no_pack_knows_this".to_string(), Value::Integer(1)),
        (
            "incomes".to_string(),
            Value::Table(vec![Row {
                id: 1,
                fields: Fields::from([
                    ("amount".to_string(), Value::Money(-1)),
                    ("month_from".to_string(), Value::Date(day(2025, 9, 1))),
                    ("month_to".to_string(), Value::Date(day(2025, 8, 31))),
                ]),
            }]),
        ),
    ]);
    let found = problems(catalogue, kind, &record, Stage::Draft, today());
    assert_eq!(
        told_at(&found),
        [
            "application_date",
            "annual_income",
            "incomes[1].month_to",
            "incomes[1].amount",
            "main_cause",
            "dwellings"
        ]
    );
    assert_eq!(told_at(&problems(catalogue, kind, &record, Stage::Stored, today())), ["dwellings"]);
    // An entry that has run out stays on old records.
    let old = Fields::from([
        ("head".to_string(), head()),
        ("category".to_string(), Value::Choice("subsistence".into())),
    ]);
    assert_eq!(problems(catalogue, kind, &old, Stage::Draft, today()), []);
}

#[test]
fn consents_are_asked_for_what_the_record_holds() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let child = id_number("20150601", 11);
    let mut record = fields(
        catalogue,
        "hardship_file",
        &json!({
            "annual_income": "52000", "bank_card": "6222021111111111234",
            "members": [{ "name": "陈小", "id_number": child, "health": "良好" }],
        }),
    );
    let lacking = |record: &Fields| consents_lacking(kind, record, today());
    assert_eq!(lacking(&record), ["bank", "health", "household-finance", "minors"]);
    record.extend(fields(
        catalogue,
        "hardship_file",
        &json!({ "consents": [
            { "group": "health", "signed_on": "t" },
            { "group": "household-finance", "signed_on": "t" },
            { "group": "minors", "guardian": "陈云" },
            { "group": "bank", "signed_on": "2025-01-02", "withdrawn_on": "2025-10-15" },
        ] }),
    ));
    assert_eq!(lacking(&record), ["bank"], "a withdrawn consent is none");
    // Fourteen on the day itself is no longer under fourteen.
    assert_eq!(consents_lacking(kind, &record, day(2029, 6, 1)), ["bank"]);
}

#[test]
fn a_group_is_consented_to_once() {
    let catalogue = packs();
    let kind = catalogue.kind("hardship_file").unwrap();
    let row = json!({ "group": "health", "version": "2025-1", "signed_on": "t" });
    let mut record = fields(catalogue, "hardship_file", &json!({ "consents": [row, row] }));
    record.insert("head".into(), head());
    let found = problems(catalogue, kind, &record, Stage::Draft, today());
    assert_eq!(told_at(&found), ["consents[2].group"]);
}

#[test]
fn values_show_with_labels_and_masks() {
    let catalogue = packs();
    let at = |kind: &str, id: &str, json: Json, reveal: bool| {
        let value = fields(catalogue, kind, &json!({ id: json })).remove(id).unwrap();
        let field = catalogue.kind(kind).unwrap().field(id).unwrap();
        let shown = |lang| show(catalogue, field, &value, lang, reveal);
        (shown(Lang::Zh), shown(Lang::En), plain(catalogue, field, &value, Lang::Zh, reveal))
    };
    let all = |a: &str, b: &str, c: &str| (a.to_string(), b.to_string(), c.to_string());
    let number = json!("500103188801010015");
    let masked = "500103********0015";
    assert_eq!(at("person", "id_number", number, false), all(masked, masked, masked));
    let phone = at("person", "phone", json!("13812345678"), false);
    assert_eq!(phone.0, "138****5678");
    let income = at("hardship_file", "annual_income", json!("52000"), true);
    assert_eq!(income, all("52,000.00", "52,000.00", "52000.00"));
    assert_eq!(at("hardship_file", "annual_income", json!(1), false).0, "***");
    assert_eq!(at("hardship_file", "has_vehicle", json!("是"), false), all("有", "Has", "有"));
    assert_eq!(at("hardship_file", "union_member", json!(true), false), all("是", "yes", "是"));
    let papers = at("hardship_file", "papers", json!({ "3": "received", "10": "缺" }), false);
    assert_eq!(papers, all("已收 1，缺 1", "1 received, 1 missing", "身份证=已收;诊断书=缺"));
    let causes = at("hardship_file", "other_causes", json!([9, 6]), false);
    assert_eq!(causes.0, "子女上学、患重特大疾病");
}
