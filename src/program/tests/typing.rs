//! Every form people type, and JSON beside it.

use super::typed::{answer_from_json, from_json, parse, to_json};
use super::*;
use crate::record::{PaperState, Row, Value};
use proptest::prelude::*;
use serde_json::json;

/// A field made for a test.
fn field(described: &str) -> Field {
    let text = format!(
        "[pack]\nid = \"t\"\ntitle = {{ zh = \"t\", en = \"t\" }}\n[kind.t]\ncode = 7\n\
         title = {{ zh = \"t\", en = \"t\" }}\nnumber = \"{{seq}}\"\n[[kind.t.section]]\nid = \"s\"\n\
         title = {{ zh = \"s\", en = \"s\" }}\nfield = [{{ id = \"f\", title = {{ zh = \"栏\", en = \"Field\" }}, {described} }}]"
    );
    // A small list file: the shipped one takes a while to read in a debug build.
    let lists = packs().code_lists().map(|list| {
        format!(
            "[list.{}]\ntitle = {{ zh = \"l\", en = \"l\" }}\nentry = [{{ code = \"1\", zh = \"l\", en = \"l\" }}]\n",
            list.id
        )
    });
    let head = "[pack]\nid = \"l\"\ntitle = { zh = \"l\", en = \"l\" }\n".to_string();
    let lists = lists.fold(head, |all, list| all + &list);
    let catalogue = Catalogue::from_texts(&[("t.toml", &text), ("lists.toml", &lists)]);
    let catalogue = catalogue.unwrap_or_else(|problems| panic!("{}", told(&problems)));
    catalogue.kind("t").unwrap().field("f").unwrap().clone()
}

fn typed(described: &str, text: &str) -> Result<Option<Value>, TypedError> {
    let catalogue = packs();
    parse(&field(described), text, &Typing { catalogue, today: today(), records: &NoRecords })
}

fn sent(described: &str, json: &serde_json::Value) -> Result<Option<Value>, TypedError> {
    let catalogue = packs();
    from_json(&field(described), json, &Typing { catalogue, today: today(), records: &NoRecords })
}

fn text(value: &str) -> Value {
    Value::Text(value.to_string())
}

fn choice(code: &str) -> Value {
    Value::Choice(code.to_string())
}

#[test]
fn every_type_takes_what_people_type() {
    let date = Value::Date(day(2025, 3, 3));
    for (described, typed_text, value) in [
        ("type = \"text\"", " a\u{3000}b \n c ", text("a\u{3000}b c")),
        ("type = \"text\", multiline = true", "一，\r\n二", text("一，\n二")),
        ("type = \"text\"", "=HYPERLINK(\"x\")", text("=HYPERLINK(\"x\")")),
        ("type = \"person_name\"", " 汤桂宇　", text("汤桂宇")),
        ("type = \"person_name\"", "阿卜杜拉•买买提", text("阿卜杜拉·买买提")),
        (
            "type = \"id_number\"",
            "５００１０３１８８８０１０１００１５",
            text("500103188801010015"),
        ),
        ("type = \"id_number\"", "50010818880606003x", text("50010818880606003X")),
        ("type = \"phone\"", "138 4391-1748", text("13843911748")),
        ("type = \"bank_card\"", "6222 0211 1111 1111 234", text("6222021111111111234")),
        ("type = \"integer\"", "３人", Value::Integer(3)),
        ("type = \"integer\"", "1,200", Value::Integer(1200)),
        ("type = \"integer\"", "两套", Value::Integer(2)),
        ("type = \"integer\"", "3.0", Value::Integer(3)),
        ("type = \"decimal\"", "62.50㎡", Value::Decimal("62.50".parse().unwrap())),
        ("type = \"money\"", "1.2万", Value::Money(1_200_000)),
        ("type = \"money\"", "５２，０００", Value::Money(5_200_000)),
        ("type = \"money\"", "71000.00", Value::Money(7_100_000)),
        ("type = \"date\"", "20250303", date.clone()),
        ("type = \"date\"", "2025-3-3", date.clone()),
        ("type = \"date\"", "2025.3.3", date.clone()),
        ("type = \"date\"", "2025年3月3日", date),
        ("type = \"date\"", "t", Value::Date(today())),
        (
            "type = \"instant\"",
            "2025-10-15 14:30",
            Value::Instant("2025-10-15T06:30:00Z".parse().unwrap()),
        ),
        ("type = \"yes_no\"", "是", Value::YesNo(true)),
        ("type = \"yes_no\"", "Ｎ", Value::YesNo(false)),
        ("type = \"choice\", list = \"sex\"", "女", choice("female")),
        ("type = \"choice\", list = \"sex\"", "2", choice("female")),
        ("type = \"choice\", list = \"evidence\"", "否", choice("none")),
        (
            "type = \"tags\", list = \"hardship_cause\", max = 3",
            "6、子女上学，ls",
            Value::Tags(vec!["6".into(), "9".into(), "10".into()]),
        ),
        (
            "type = \"tags\", list = \"health\"",
            "癌症/恶性肿瘤 糖尿病",
            Value::Tags(vec!["cancer".into(), "diabetes".into()]),
        ),
        (
            "type = \"papers\", list = \"papers\"",
            "身份证、户口簿=缺；残疾证：不需要",
            Value::Papers(vec![
                ("id_card".into(), PaperState::Received),
                ("household_register".into(), PaperState::Missing),
                ("disability_card".into(), PaperState::NotNeeded),
            ]),
        ),
    ] {
        let typed_text = typed_text.replace("ls", "其他");
        assert_eq!(typed(described, &typed_text), Ok(Some(value)), "{described}: {typed_text}");
        assert_eq!(typed(described, " \u{3000} "), Ok(None), "{described}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_what_to_type() {
    for (described, typed_text) in [
        ("type = \"person_name\"", "张3"),
        ("type = \"person_name\"", "=A1"),
        ("type = \"id_number\"", "500103188801010016"),
        ("type = \"id_number\"", "500112188902290027"),
        ("type = \"phone\"", "无"),
        ("type = \"org_code\"", "123"),
        ("type = \"integer\"", "不详"),
        ("type = \"integer\", min = 1", "0"),
        ("type = \"integer\", max = 20", "21"),
        ("type = \"decimal\"", "大"),
        ("type = \"money\"", "不详"),
        ("type = \"money\", min = 0", "-5"),
        ("type = \"date\"", "2025-02-30"),
        ("type = \"instant\"", "2025-10-15 25:00"),
        ("type = \"yes_no\"", "也许"),
        ("type = \"choice\", list = \"sex\"", "x"),
        ("type = \"tags\", list = \"hardship_cause\", max = 3", "1、2、3、4"),
        ("type = \"reference\", kind = \"t\"", "张三"),
        ("type = \"text\", max = 3", "一二三四"),
        ("type = \"papers\", list = \"papers\"", "身份证=丢了"),
        (
            "type = \"table\", column = [{ id = \"a\", type = \"text\", title = { zh = \"a\", en = \"a\" } }]",
            "x",
        ),
        ("type = \"computed\", is = \"1\", gives = \"integer\"", "1"),
    ] {
        let error = typed(described, typed_text).unwrap_err();
        assert!(!error.said.is_empty() && !error.next.is_empty(), "{described}");
    }
}

#[test]
fn choices_by_number_label_alias_and_pinyin() {
    let catalogue = packs();
    let by = |list: &str, text: &str| {
        let list = catalogue.code_list(list).unwrap();
        list.parse_choice(text, today()).map(|entry| entry.code.clone()).map_err(
            |error| match error {
                NoChoice::Unknown => vec![],
                NoChoice::Several(entries) => entries.iter().map(|e| e.code.clone()).collect(),
                NoChoice::NotOpen(entry) => vec![format!("not open {}", entry.code)],
            },
        )
    };
    for (list, text, code) in [
        ("marital_status", "yh", "married"),
        ("marital_status", "weihun", "single"),
        ("marital_status", "Divorced", "divorced"),
        ("marital_status", "４", "widowed"),
        ("marital_status", "离婚", "divorced"),
        ("work_status", "失（无）业", "unemployed"),
        ("work_status", "下岗", "laid_off"),
        ("health", "tnb", "diabetes"),
        ("health", "恶性肿瘤", "cancer"),
        ("hardship_cause", "10", "10"),
        ("hardship_cause", "患重", "6"),
        ("hukou", "nvxing", ""),
    ] {
        let found = by(list, text);
        if code.is_empty() {
            assert_eq!(found, Err(vec![]), "{text}");
        } else {
            assert_eq!(found, Ok(code.to_string()), "{text}");
        }
    }
    // 男 and 女 have one letter each; 腰颈椎病 and others begin with their own.
    assert_eq!(by("sex", "n"), Err(vec!["male".to_string(), "female".to_string()]));
    assert_eq!(by("sex", "nv"), Ok("female".to_string()));
    assert_eq!(by("hardship_category", "低保户"), Err(vec!["not open subsistence".to_string()]));
    let old = catalogue.code_list("hardship_category").unwrap();
    assert!(old.parse_choice("低保户", day(2015, 6, 1)).is_ok());
    assert_eq!(old.label("subsistence", Lang::Zh), "低保户");
}

#[test]
fn json_of_the_fields_type_and_typed_text_in_json() {
    for (described, json, value) in [
        ("type = \"money\"", json!(5_200_000), Value::Money(5_200_000)),
        ("type = \"money\"", json!("52000"), Value::Money(5_200_000)),
        ("type = \"integer\"", json!(3), Value::Integer(3)),
        ("type = \"yes_no\"", json!(true), Value::YesNo(true)),
        ("type = \"date\"", json!("2025年3月3日"), Value::Date(day(2025, 3, 3))),
        ("type = \"phone\"", json!(13_843_911_748_i64), text("13843911748")),
        ("type = \"choice\", list = \"sex\"", json!(2), choice("female")),
        (
            "type = \"tags\", list = \"hardship_cause\"",
            json!(["子女上学", 6]),
            Value::Tags(vec!["9".into(), "6".into()]),
        ),
        (
            "type = \"papers\", list = \"papers\"",
            json!({ "诊断书": "missing", "3": "received" }),
            Value::Papers(vec![
                ("diagnosis".into(), PaperState::Missing),
                ("id_card".into(), PaperState::Received),
            ]),
        ),
    ] {
        assert_eq!(sent(described, &json), Ok(Some(value)), "{json}");
        assert_eq!(sent(described, &json!(null)), Ok(None));
    }
    for (described, json) in [
        ("type = \"money\"", json!(1.5)),
        ("type = \"money\"", json!(true)),
        ("type = \"money\", min = 0", json!(-1)),
        ("type = \"date\"", json!(20_250_303)),
        ("type = \"yes_no\"", json!([])),
        ("type = \"tags\", list = \"sex\"", json!({})),
        ("type = \"text\"", json!({})),
    ] {
        assert!(sent(described, &json).is_err(), "{described} {json}");
    }
}

#[test]
fn tables_come_as_arrays_of_rows() {
    let catalogue = packs();
    let typing = Typing { catalogue, today: today(), records: &NoRecords };
    let file = catalogue.kind("hardship_file").unwrap();
    let members = file.field("members").unwrap();
    let json = json!([
        { "name": "陈云", "relation": "配偶", "monthly_income": 260_000 },
        { "姓名": "陈小", "relation": "child", "row": 7 },
        { "name": "陈大" },
    ]);
    let rows = from_json(members, &json, &typing).unwrap().unwrap();
    let ids: Vec<u32> = rows.rows().iter().map(|row| row.id).collect();
    assert_eq!(ids, [8, 7, 9]);
    assert_eq!(rows.rows()[0].fields["monthly_income"], Value::Money(260_000));
    assert_eq!(rows.rows()[1].fields["relation"], choice("child"));

    let wrong = from_json(members, &json!([{ "name": "陈云" }, { "nane": "x" }]), &typing);
    let wrong = wrong.unwrap_err();
    assert_eq!(wrong.cell.as_deref(), Some(&Cell { row: 1, column: "nane".into() }));
    assert!(wrong.next.en.contains("`name`"));
}

#[test]
fn consents_are_ticked_by_their_group() {
    let catalogue = packs();
    let typing = Typing { catalogue, today: today(), records: &NoRecords };
    let field = catalogue.kind("hardship_file").unwrap().field("consents").unwrap();
    for value in [
        parse(field, "1、家庭收支与财产", &typing),
        from_json(field, &json!(["health", "household-finance"]), &typing).map(|value| {
            value.map(|value| {
                let rows = value.rows().iter().enumerate();
                Value::Table(rows.map(|(i, row)| Row { id: i as u32 + 1, ..row.clone() }).collect())
            })
        }),
    ] {
        let value = value.unwrap().unwrap();
        let groups: Vec<_> = value.rows().iter().map(|row| row.fields["group"].clone()).collect();
        assert_eq!(groups, [choice("health"), choice("household-finance")]);
        for row in value.rows() {
            assert_eq!(row.fields["signed_on"], Value::Date(today()));
            assert_eq!(row.fields["version"], text("2025-1"));
        }
    }
    let FieldType::Table { fields, .. } = &field.field_type else { panic!() };
    let before = parse(field, "health", &Typing { today: day(2025, 1, 2), ..typing });
    let before = before.unwrap().unwrap();
    let codes = ["health".to_string(), "bank".to_string()];
    let after = typed::tick(fields, "group", before.rows(), &codes, &typing);
    assert_eq!(after[0], before.rows()[0]);
    assert_eq!((after.len(), after[1].id), (2, 2));
}

#[test]
fn answers_to_a_move_name_fields_by_id_title_or_alias() {
    let catalogue = packs();
    let typing = Typing { catalogue, today: today(), records: &NoRecords };
    let file = catalogue.kind("hardship_file").unwrap();
    let back = file.workflow.as_ref().unwrap().find_move("return").unwrap();
    let fields = back.asks.iter().find(|ask| ask.id == "fields").unwrap();
    assert!(fields.required);
    let named = json!(["rigid_expenses", "手机号码", "members.月收入"]);
    let ids = ["rigid_expense", "phone", "members.monthly_income"].map(String::from).to_vec();
    assert_eq!(answer_from_json(file, fields, &named, &typing), Ok(Some(Value::Tags(ids))));
    let wrong = answer_from_json(file, fields, &json!(["annual_incom"]), &typing).unwrap_err();
    assert!(wrong.next.en.contains("annual_income"));
}

fn any_value() -> impl Strategy<Value = (&'static str, Value)> {
    let days = 0_i32..80_000;
    let date = days.prop_map(|n| day(1900, 1, 1) + chrono::Duration::days(i64::from(n)));
    let states = prop_oneof![
        Just(PaperState::Received),
        Just(PaperState::Missing),
        Just(PaperState::NotNeeded)
    ];
    let codes = proptest::sample::subsequence(vec!["1", "2", "3", "9", "10"], 0..5);
    let slips = proptest::sample::subsequence(vec!["id_card", "diagnosis", "fee_slip"], 0..3);
    let papers = (slips, proptest::collection::vec(states, 5)).prop_map(|(codes, states)| {
        Value::Papers(codes.into_iter().map(String::from).zip(states).collect())
    });
    prop_oneof![
        "[一-龥a-z]{1,9}".prop_map(|name| ("type = \"text\"", text(&name))),
        any::<i64>().prop_map(|n| ("type = \"integer\"", Value::Integer(n))),
        any::<i64>().prop_map(|n| ("type = \"money\"", Value::Money(n))),
        (any::<i32>(), 0_u32..6).prop_map(|(n, scale)| {
            ("type = \"decimal\"", Value::Decimal(rust_decimal::Decimal::new(i64::from(n), scale)))
        }),
        date.prop_map(|date| ("type = \"date\"", Value::Date(date))),
        (0_i64..4_000_000_000_000).prop_map(|millis| {
            (
                "type = \"instant\"",
                Value::Instant(chrono::DateTime::from_timestamp_millis(millis).unwrap()),
            )
        }),
        any::<bool>().prop_map(|yes| ("type = \"yes_no\"", Value::YesNo(yes))),
        Just(("type = \"choice\", list = \"sex\"", choice("male"))),
        codes.prop_map(|codes| {
            let codes = codes.into_iter().map(String::from).collect();
            ("type = \"tags\", list = \"hardship_cause\"", Value::Tags(codes))
        }),
        papers.prop_map(|papers| ("type = \"papers\", list = \"papers\"", papers)),
        any::<u128>().prop_map(|n| {
            let id = crate::record::RecordId(uuid::Uuid::from_u128(n));
            ("type = \"reference\", kind = \"t\"", Value::Reference(id))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn json_reads_back((described, value) in any_value()) {
        let json = to_json(&field(described), &value);
        prop_assert_eq!(sent(described, &json), Ok(Some(value)));
    }

    #[test]
    fn no_text_breaks_the_reader(input in ".{0,40}") {
        let catalogue = packs();
        let typing = Typing { catalogue, today: today(), records: &NoRecords };
        for kind in catalogue.kinds() {
            for field in kind.fields() {
                let _ = parse(field, &input, &typing);
            }
        }
    }
}
