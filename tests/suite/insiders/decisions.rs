//! Nobody decides alone, and what is decided is not rewritten.

use crate::cli::{Desk, id_number, text};
use crate::furnished::EXCLUSIONS;
use serde_json::{Value as Json, json};

/// A station of one volunteer and three supervisors.
fn station() -> Desk {
    let desk = Desk::new();
    let members = [
        ("volunteer", "volunteer"),
        ("second", "volunteer"),
        ("boss", "supervisor"),
        ("deputy", "supervisor"),
        ("third", "supervisor"),
        ("auditor", "auditor"),
    ];
    for (name, role) in members {
        let add = ["account", "add", name, "--role", role, "--no-change"];
        let add: Vec<&str> = add.into_iter().chain(["--new-password-file", "password"]).collect();
        desk.done(&add);
    }
    desk
}

/// The answers to lines carried out for an account.
fn by(desk: &mut Desk, account: &str, lines: &[Json]) -> Vec<Json> {
    desk.account = account.into();
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    desk.perform(&lines).1
}

/// One line that is carried out.
#[track_caller]
fn done(desk: &mut Desk, account: &str, line: Json) -> Json {
    let answer = by(desk, account, &[line]).remove(0);
    assert_eq!(answer["ok"], true, "{answer:#}");
    answer
}

/// One line that is refused; it says what happened and what to do, in both languages.
#[track_caller]
fn refused(desk: &mut Desk, account: &str, line: &Json) -> Json {
    let answer = by(desk, account, std::slice::from_ref(line)).remove(0);
    assert_eq!(answer["ok"], false, "carried out: {line}");
    for key in ["message", "next", "message_en", "next_en"] {
        assert!(!answer[key].as_str().unwrap().is_empty(), "{answer:#}");
    }
    answer
}

/// The fields of a file, by the standards of 2025-10-15, in which everything is checked and every paper there.
fn complete() -> Json {
    let mut fields = json!({
        "annual_income": "9000", "rigid_expense": "1000", "household_size": 1, "main_cause": "6",
        "dwellings": 1, "unit_has_union": true, "union_member": true, "is_migrant": false,
        "accident": false, "labour_months": 60, "application_date": "2025-10-15",
        "papers": {"wage_record": "received", "medical_receipts": "received"},
        "consents": ["household-finance", "publicity", "means-check", "bank", "health"],
    });
    for field in EXCLUSIONS {
        fields[field] = json!("none");
    }
    fields
}

/// The number the file has in the year the test runs.
fn number(desk: &mut Desk) -> String {
    desk.account = "auditor".into();
    let found = desk.done(&["find", "欧阳靖雯", "--kind", "hardship_file", "--json"]);
    let found: Json = serde_json::from_str(found.lines().next().unwrap()).unwrap();
    found["number"].as_str().unwrap().to_string()
}

fn revision(desk: &mut Desk, number: &str) -> Json {
    desk.account = "boss".into();
    let shown: Json = serde_json::from_str(&desk.done(&["show", number, "--json"])).unwrap();
    shown["revision"].clone()
}

/// A change to fields of a file as it stands.
fn amend(desk: &mut Desk, number: &str, fields: &Json) -> Json {
    let base = revision(desk, number);
    json!({"amend": number, "base": base, "fields": fields})
}

#[test]
fn facts_freeze_at_submission_for_everybody() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    for account in ["volunteer", "second", "boss", "admin"] {
        for fields in [
            json!({"annual_income": "1"}),
            json!({"bank_card": "6200000000000005"}),
            json!({"category": "deep"}),
            json!({"remarks": "x"}),
            json!({"consents": []}),
            json!({"papers": {}}),
        ] {
            let change = amend(&mut desk, &file, &fields.clone());
            let said = refused(&mut desk, account, &change);
            assert_eq!(said["kind"], "forbidden", "{account} {fields}: {said}");
            assert!(said["next"].as_str().unwrap().contains("退回"), "{said}");
        }
    }
    // Somebody else's file it does not become either.
    let other = json!({"name": "单静", "id_number": id_number("19900101", 2)});
    let other = done(&mut desk, "volunteer", json!({"create": "person", "fields": other}));
    let change = amend(&mut desk, &file, &json!({"head": other["number"]}));
    refused(&mut desk, "boss", &change);
    // A paper that came in is added.
    let more = json!({"papers": {"wage_record": "received", "medical_receipts": "received",
        "diagnosis": "received"}});
    let change = amend(&mut desk, &file, &more);
    done(&mut desk, "volunteer", change);
}

/// Registers a head and submits a file for them.
fn submitted(desk: &mut Desk) {
    let head = json!({"name": "欧阳靖雯", "id_number": id_number("19800101", 1)});
    done(desk, "volunteer", json!({"create": "person", "fields": head}));
    let mut fields = complete();
    fields["name"] = json!("欧阳靖雯");
    fields["id_number"] = json!(id_number("19800101", 1));
    let made = done(desk, "volunteer", json!({"create": "hardship_file", "fields": fields}));
    done(desk, "volunteer", json!({"move": "submit", "number": made["number"]}));
}

#[test]
fn a_return_opens_what_it_names_and_nothing_else() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    let named = json!({"reason": "缺票据", "fields": ["rigid_expense"]});
    done(&mut desk, "boss", json!({"move": "return", "number": file, "answers": named}));
    let change = amend(&mut desk, &file, &json!({"annual_income": "1"}));
    assert_eq!(refused(&mut desk, "volunteer", &change)["field"], "annual_income");
    let change = amend(&mut desk, &file, &json!({"rigid_expense": "900"}));
    done(&mut desk, "volunteer", change);
    done(&mut desk, "volunteer", json!({"move": "submit", "number": file}));
    let change = amend(&mut desk, &file, &json!({"rigid_expense": "800"}));
    refused(&mut desk, "volunteer", &change);
}

#[test]
fn the_person_under_a_file_is_corrected_by_a_supervisor_who_says_why() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    let another = id_number("19800101", 7);
    let change = amend(&mut desk, "BN-人-000001", &json!({"id_number": another}));
    assert_eq!(refused(&mut desk, "volunteer", &change.clone())["kind"], "forbidden");
    assert_eq!(refused(&mut desk, "boss", &change.clone())["field"], "reason");
    let mut reasoned = change;
    reasoned["reason"] = json!("证件号录错");
    done(&mut desk, "boss", reasoned);
    // The file keeps what it was submitted with, and nothing was written there.
    assert_eq!(revision(&mut desk, &file), 2);
    // What feeds no file is anybody's at the counter.
    let change = amend(&mut desk, "BN-人-000001", &json!({"address": "鱼洞街道 3 号"}));
    done(&mut desk, "volunteer", change);
}

#[test]
fn authors_and_administrators_review_nothing_and_nobody_reviews_twice() {
    let mut desk = station();
    let head = json!({"name": "欧阳靖雯", "id_number": id_number("19800101", 1)});
    done(&mut desk, "boss", json!({"create": "person", "fields": head}));
    let mut fields = complete();
    fields["name"] = json!("欧阳靖雯");
    fields["id_number"] = json!(id_number("19800101", 1));
    let made = done(&mut desk, "boss", json!({"create": "hardship_file", "fields": fields}));
    let file = made["number"].clone();
    // Handed in by another, it still has the boss as an author.
    done(&mut desk, "volunteer", json!({"move": "submit", "number": file}));
    for account in ["boss", "volunteer", "admin", "auditor"] {
        let said = refused(&mut desk, account, &json!({"move": "accept", "number": file}));
        assert_eq!(said["kind"], "forbidden", "{account}: {said}");
    }
    done(&mut desk, "deputy", json!({"move": "accept", "number": file}));
    // Who adds a paper has written a fact.
    let number = file.as_str().unwrap().to_string();
    let more = json!({"papers": {"wage_record": "received", "medical_receipts": "received",
        "diagnosis": "received"}});
    let change = amend(&mut desk, &number, &more);
    done(&mut desk, "third", change);
    let visit =
        json!({"visitor": "周丽", "second_visitor": "陈静", "findings": "属实", "visit_date": "t"});
    done(&mut desk, "volunteer", json!({"move": "record_visit", "number": file, "answers": visit}));
    refused(&mut desk, "third", &json!({"move": "start_means_check", "number": file}));
}

#[test]
fn visits_name_two_people_and_lie_after_the_application() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    done(&mut desk, "boss", json!({"move": "accept", "number": file}));
    let visit = |first: &str, second: &str, date: &str| {
        json!({"move": "record_visit", "number": file.clone(), "answers": {
            "visitor": first, "second_visitor": second, "findings": "属实", "visit_date": date}})
    };
    let said = refused(&mut desk, "volunteer", &visit("周丽", "周丽", "t"));
    assert_eq!(said["field"], "second_visitor", "{said}");
    let said = refused(&mut desk, "volunteer", &visit("周丽", " 周 丽", "t"));
    assert_eq!(said["field"], "second_visitor", "{said}");
    let said = refused(&mut desk, "volunteer", &visit("周丽", "陈静", "2020-01-01"));
    assert_eq!(said["field"], "visit_date", "{said}");
    let said = refused(&mut desk, "volunteer", &visit("周丽", "陈静", "2199-01-01"));
    assert_eq!(said["field"], "visit_date", "{said}");
    done(&mut desk, "volunteer", visit("周丽", "陈静", "t"));
}

#[test]
fn decisions_are_not_undone_and_closed_is_closed() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    done(&mut desk, "boss", json!({"move": "accept", "number": file}));
    desk.account = "boss".into();
    let (status, said) = desk.failed(&["undo", &file]);
    assert!(status == 1 && said.contains("--reason"), "{said}");
    let (status, _) = desk.failed(&["undo", &file, "--reason", " "]);
    assert_eq!(status, 1);
    desk.done(&["undo", &file, "--reason", "点错了一件"]);
    let told = desk.done(&["history", &file]);
    assert!(told.contains("撤回上一步") && told.contains("点错了一件"), "{told}");
    // Not once somebody acted on it.
    done(&mut desk, "boss", json!({"move": "accept", "number": file}));
    let visit =
        json!({"visitor": "周丽", "second_visitor": "陈静", "findings": "属实", "visit_date": "t"});
    done(&mut desk, "second", json!({"move": "record_visit", "number": file, "answers": visit}));
    refused(&mut desk, "boss", &json!({"take_back": file, "reason": "后悔了"}));
    refused(&mut desk, "boss", &json!({"undo": file}));
}

#[test]
fn against_the_advice_takes_a_clause_a_reason_and_a_second_account() {
    let mut desk = station();
    submitted(&mut desk);
    let file = number(&mut desk);
    // 9,000 − 1,000 yuan for one person in twelve months is 666.67 a month, below 770: the sheet
    // suggests yes, so that declining departs from it.
    let decline =
        |answers: Json| json!({"move": "decline", "number": file.clone(), "answers": answers});
    let whole = json!({"clause": "yuyao-2024/relative", "reason": "不想给"});
    desk.account = "boss".into();
    let sheet = desk.done(&["decide", &file, "--json"]);
    assert!(sheet.contains("\"outcome\":\"suggests\""), "{sheet}");
    assert_eq!(
        refused(&mut desk, "boss", &decline(json!({"reason": "不想给"})))["field"],
        "clause"
    );
    let said = done(&mut desk, "boss", decline(whole.clone()));
    assert_eq!(said["waits"], true, "{said}");
    refused(&mut desk, "boss", &decline(whole.clone()));
    refused(&mut desk, "volunteer", &decline(whole.clone()));
    desk.account = "deputy".into();
    let told = desk.done(&["history", &file]);
    assert!(told.contains("待另一人复核") && told.contains("与建议不同"), "{told}");
    let agreed = json!({"clause": "yuyao-2024/relative", "reason": "复核同意"});
    let said = done(&mut desk, "deputy", decline(agreed));
    assert_eq!(said["waits"], Json::Null, "{said}");
    // An auditor finds it, and the sheet it went against as it was.
    desk.account = "auditor".into();
    let log = desk.done(&["log", "--what", "overrides"]);
    assert!(log.contains(&file) && log.contains("boss") && log.contains("deputy"), "{log}");
    let seq = said["seq"].to_string();
    let then: Json =
        serde_json::from_str(&desk.done(&["decide", &file, "--at", &seq, "--json"])).unwrap();
    assert_eq!(then["outcome"], "suggests", "{then}");
    // Closed: nobody amends it, takes it back or undoes it.
    for account in ["boss", "deputy", "volunteer", "admin"] {
        let change = amend(&mut desk, &file, &json!({"remarks": "x"}));
        let said = refused(&mut desk, account, &change);
        assert!(said["message"].as_str().unwrap().contains("办结"), "{said}");
        refused(&mut desk, account, &json!({"undo": file}));
        refused(&mut desk, account, &json!({"take_back": file, "reason": "x"}));
    }
}

#[test]
fn files_of_before_are_taken_over_by_two() {
    let mut desk = station();
    let mut fields = complete();
    fields["name"] = json!("欧阳靖雯");
    fields["id_number"] = json!(id_number("19800101", 1));
    let made = done(&mut desk, "boss", json!({"create": "hardship_file", "fields": fields}));
    let file = made["number"].clone();
    let answers =
        json!({"document": "巴工帮〔2020〕3号", "decided_on": "2020-03-01", "category": "deep"});
    let take = json!({"move": "take_over", "number": file, "answers": answers});
    refused(&mut desk, "volunteer", &take.clone());
    done(&mut desk, "boss", take);
    refused(&mut desk, "boss", &json!({"move": "confirm_taken_over", "number": file}));
    done(&mut desk, "deputy", json!({"move": "confirm_taken_over", "number": file}));
    // No sheet is invented for it.
    desk.account = "boss".into();
    let told = desk.done(&["history", file.as_str().unwrap(), "--json"]);
    assert!(
        told.lines()
            .all(|line| { serde_json::from_str::<Json>(line).unwrap()["sheet"] == Json::Null })
    );
    // What was wrong is corrected by other hands, and only what the correction names is open.
    let named = json!({"reason": "收入录错", "fields": ["annual_income"]});
    let correct = json!({"move": "correct", "number": file, "answers": named});
    refused(&mut desk, "deputy", &correct.clone());
    done(&mut desk, "third", correct);
    let number = file.as_str().unwrap().to_string();
    let change = amend(&mut desk, &number, &json!({"rigid_expense": "1"}));
    refused(&mut desk, "volunteer", &change);
    let change = amend(&mut desk, &number, &json!({"annual_income": "9500"}));
    done(&mut desk, "volunteer", change);
}

#[test]
fn a_list_of_files_of_before_is_taken_over_as_it_comes_in() {
    let mut desk = station();
    let list = format!(
        "姓名,身份证号,近12个月家庭总收入,困难类别\n区小红,{},9000,深度困难\n尉迟英,{},12000,相对困难\n",
        id_number("19800101", 1),
        id_number("19810101", 2)
    );
    let list = desk.write("list.csv", &list);
    let import = ["import", "hardship_file", list.to_str().unwrap(), "--then", "take_over"];
    let document = "document=巴工帮〔2020〕3号";
    desk.account = "boss".into();
    let wrong = [&import[..], &["--answer", "dokument=x"]].concat();
    let (status, said) = desk.failed(&wrong);
    assert!(status == 1 && said.contains("decided_on"), "{said}");
    let right =
        [&import[..], &["--answer", document, "--answer", "decided_on=2020-03-01"]].concat();
    let told = desk.done(&right);
    assert!(told.contains("2 份"), "{told}");
    for (name, category) in [("区小红", "深度困难"), ("尉迟英", "相对困难")] {
        let found = desk.done(&["find", name, "--kind", "hardship_file", "--json"]);
        let found: Json = serde_json::from_str(found.lines().next().unwrap()).unwrap();
        let number = found["number"].as_str().unwrap().to_string();
        assert_eq!(found["state"], "taken_over");
        refused(&mut desk, "boss", &json!({"move": "confirm_taken_over", "number": number}));
        done(&mut desk, "deputy", json!({"move": "confirm_taken_over", "number": number}));
        desk.account = "boss".into();
        assert!(desk.done(&["history", &number]).contains(category));
    }
}

#[test]
fn help_on_the_command_line_names_the_ways() {
    let desk = Desk::new();
    let help = text(&desk.yizhan(&["undo", "--help"]).output().unwrap().stdout);
    assert!(help.contains("--reason"), "{help}");
    let help = text(&desk.yizhan(&["decide", "--help"]).output().unwrap().stdout);
    assert!(help.contains("--at"), "{help}");
}
