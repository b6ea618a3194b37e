//! What is masked stays masked, and what people typed is shown, never obeyed.

use crate::attach::Service;
use crate::cli::{Desk, id_number, json_lines, shown, text};
use crate::stage::{Stage, Station};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use yizhan::office::{Actor, Command, LogFilter, LogKind, Queue};
use yizhan::program::{Catalogue, Field, FieldType, Kind, PERSON, Required, Role, masked};
use yizhan::record::{Fields, RecordId, Row, Value};

/// The name of everybody who is planted.
const NAME: &str = "欧阳靖雯";

/// Values no two of which share a piece, and what each gives away.
struct Planting<'c> {
    catalogue: &'c Catalogue,
    made: u32,
    /// The field, and a piece of its value that is to be seen nowhere.
    secrets: Vec<(String, String)>,
}

impl Planting<'_> {
    /// A distinctive value for a field; none for those that cannot hold one.
    fn value(&mut self, field: &Field) -> Option<Value> {
        self.made += 1;
        let n = self.made;
        Some(match &field.field_type {
            FieldType::Text { max, .. } => {
                let mark: String =
                    "甲乙丙丁戊己庚辛壬癸".chars().cycle().skip(n as usize).take(9).collect();
                Value::Text(mark.chars().take(max.unwrap_or(9)).collect())
            }
            FieldType::PersonName => Value::Text(NAME.into()),
            FieldType::IdNumber => Value::Text(id_number("19930715", 200 + n)),
            FieldType::Phone => Value::Text(format!("139{:08}", 27_182_818 + n * 1_000_003)),
            FieldType::BankCard => Value::Text(card(n)),
            FieldType::Money { .. } => Value::Money(314_159_265 + i64::from(n) * 10_000_019),
            FieldType::Date if field.gives_away.is_some() => {
                Value::Date("1993-07-15".parse().unwrap())
            }
            FieldType::Date => Value::Date("2025-10-01".parse().unwrap()),
            FieldType::Integer { min, .. } => Value::Integer(min.unwrap_or(1).max(1)),
            FieldType::YesNo => Value::YesNo(true),
            FieldType::Choice { list } => {
                let entry = self.catalogue.code_list(list)?.entries.last()?;
                Value::Choice(entry.code.clone())
            }
            _ => return None,
        })
    }

    /// Remembers what must not be seen of a value that is not open to everybody.
    fn hide(&mut self, path: &str, field: &Field, value: &Value) -> bool {
        if masked(field, value).is_none() {
            return false;
        }
        match value {
            Value::Text(text) if text.chars().all(|c| c.is_ascii_alphanumeric()) => {
                // Any five digits in a row, but for those a mask leaves at either end.
                let chars: Vec<char> = text.chars().collect();
                let head = if chars.len() == 18 { 6 } else { 4 };
                for start in 0..=chars.len() - 5 {
                    if start + 5 > head && start + 5 <= chars.len() - 4 + 1 {
                        self.secret(path, chars[start..start + 5].iter().collect());
                    }
                }
                self.secret(path, text.clone());
            }
            Value::Text(text) => self.secret(path, text.clone()),
            Value::Money(fen) => {
                let digits = fen.to_string();
                self.secret(path, digits.chars().take(5).collect());
                self.secret(path, format!("{}", fen / 100));
            }
            Value::Date(date) => {
                self.secret(path, date.to_string());
                self.secret(path, date.format("%m-%d").to_string());
                self.secret(path, date.format("%Y%m%d").to_string());
            }
            Value::Choice(code) => {
                let list = field.field_type.list().and_then(|list| self.catalogue.code_list(list));
                let entry = list.and_then(|list| list.entry(code)).unwrap();
                self.secret(path, format!("\"{code}\""));
                // Titles of fields and of consents may be the same words.
                if entry.label.zh.chars().count() > 3 {
                    self.secret(path, entry.label.zh.to_string());
                }
            }
            _ => {}
        }
        true
    }

    fn secret(&mut self, path: &str, piece: String) {
        self.secrets.push((path.to_string(), piece));
    }

    /// Values for every field that is masked or sensitive, and those without which nothing can be
    /// saved.
    fn fields<'f>(&mut self, of: impl Iterator<Item = &'f Field>, under: &str) -> Fields {
        let mut fields = Fields::new();
        for field in of {
            let path = format!("{under}{}", field.id);
            let columns = field.field_type.columns();
            if !columns.is_empty() {
                let row = self.fields(columns.iter(), &format!("{path}."));
                let hides =
                    columns.iter().any(|c| row.get(&c.id).is_some_and(|v| masked(c, v).is_some()));
                if hides {
                    fields.insert(field.id.clone(), Value::Table(vec![Row { id: 1, fields: row }]));
                }
                continue;
            }
            let Some(value) = self.value(field) else { continue };
            if self.hide(&path, field, &value) || field.required == Required::Always {
                fields.insert(field.id.clone(), value);
            }
        }
        fields
    }

    /// Asserts that a text gives nothing of it away.
    #[track_caller]
    fn unseen(&self, place: &str, text: &str) {
        let plain: String = text.chars().filter(|c| *c != ',').collect();
        for (path, piece) in &self.secrets {
            assert!(!plain.contains(piece.as_str()), "{place} gives {path} away: {piece}\n{text}");
        }
    }
}

/// Sixteen digits with the check digit of bank cards.
fn card(n: u32) -> String {
    let body = format!("622848{:09}", 161_803_398 + n * 1_000_033);
    let sum: u32 = body
        .chars()
        .rev()
        .enumerate()
        .map(|(at, c)| {
            let d = c.to_digit(10).unwrap() * if at % 2 == 0 { 2 } else { 1 };
            d / 10 + d % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A station with one record of every kind in which everything that is hidden holds a value.
fn planted(station: &Station) -> (Planting<'_>, Vec<RecordId>) {
    let catalogue = station.office.catalogue();
    let mut planting = planting_of(station);
    let mut ids = Vec::new();
    let mut kinds: Vec<&Kind> = catalogue.kinds().collect();
    kinds.sort_by_key(|kind| kind.person.is_some());
    let mut head = None;
    for kind in kinds {
        let mut fields = planting.fields(kind.fields(), "");
        if let Some(reference) = &kind.person {
            fields.insert(reference.clone(), Value::Reference(head.unwrap()));
        }
        let command = Command::Create { kind: kind.id.clone(), fields, number: None, step: None };
        let id = station.office.perform(&station.admin, command).unwrap().id.unwrap();
        if kind.id == PERSON {
            head = Some(id);
        }
        ids.push(id);
    }
    assert!(planting.secrets.len() > 40, "the packs hide something");
    (planting, ids)
}

fn planting_of(station: &Station) -> Planting<'_> {
    Planting { catalogue: station.office.catalogue(), made: 0, secrets: Vec::new() }
}

/// Everything a screen shows while somebody reads it to its end.
fn read_through(desk: &mut Stage) -> String {
    let mut all = desk.screen();
    for _ in 0..12 {
        desk.press("PageDown");
        all += &desk.screen();
    }
    all
}

#[test]
fn nothing_on_a_volunteers_screen_gives_away_what_is_masked() {
    let station = Station::new();
    let (planting, ids) = planted(&station);
    for (index, id) in ids.iter().enumerate() {
        let record = station.office.record(*id).unwrap().unwrap();
        for width in [80, 120] {
            let mut desk = station.session(width, 40);
            desk.signs_in("volunteer").press("F2").types(NAME).shows(NAME);
            planting.unseen("the hits", &desk.screen());
            for _ in 0..index {
                desk.press("Down");
            }
            desk.press("Enter").shows(&record.number);
            planting.unseen("the page", &read_through(&mut desk));
            desk.press("Tab");
            planting.unseen("the page beside its sheet", &read_through(&mut desk));
            desk.press("F7");
            planting.unseen("the sheet", &read_through(&mut desk));
            desk.press("Esc h");
            planting.unseen("the history", &read_through(&mut desk));
        }
    }
}

#[test]
fn a_form_over_what_is_kept_shows_none_of_it_and_keeps_it() {
    let station = Station::new();
    let (planting, ids) = planted(&station);
    for (index, id) in ids.iter().enumerate() {
        let before = station.office.record(*id).unwrap().unwrap();
        let mut desk = station.session(120, 40);
        desk.signs_in("volunteer").press("F2").types(NAME).shows(NAME);
        for _ in 0..index {
            desk.press("Down");
        }
        desk.press("Enter").shows(&before.number).press("e Ctrl-Home");
        let mut all = desk.screen();
        for _ in 0..120 {
            desk.press("Down");
            all += &desk.screen();
        }
        // The foot of a form lists what can be chosen, whatever is chosen.
        let choices = |path: &str| {
            let kind = station.office.catalogue().kind(&before.kind).unwrap();
            let field = kind.field_at(path);
            field.is_some_and(|field| field.field_type.list().is_some())
        };
        let secrets = planting.secrets.iter().filter(|(path, _)| !choices(path)).cloned().collect();
        Planting { secrets, ..planting_of(&station) }.unseen("the form", &all);
        desk.press("F7");
        planting.unseen("the sheet over the form", &read_through(&mut desk));
        let now = station.office.record(*id).unwrap().unwrap();
        assert_eq!(now.fields, before.fields, "what nobody touched stays");
    }
}

#[test]
fn a_look_in_full_is_asked_for_with_a_reason_and_journaled() {
    let station = Station::new();
    let (_, ids) = planted(&station);
    let volunteer = station.actor("volunteer");
    for id in ids {
        let record = station.office.record(id).unwrap().unwrap();
        let offered = station.office.masked_fields(Some(&volunteer), &record);
        assert!(!offered.is_empty());
        let fields: Vec<String> = offered.iter().map(|(path, _)| path.clone()).collect();
        let look =
            |reason: &str| Command::Reveal { id, fields: fields.clone(), reason: reason.into() };
        assert!(station.office.perform(&volunteer, look(" ")).is_err());
        station.office.perform(&volunteer, look("核对存折")).unwrap();
        let lines = station.office.in_full(&record, &fields);
        assert!(lines.len() >= fields.len());
    }
}

/// Accounts of the desk beside `admin`: what the stage makes in the same folder.
fn desk_with(station: impl FnOnce(&Station)) -> Desk {
    let desk = Desk::bare();
    let made = Station::in_folder(&desk.data());
    station(&made);
    made.office.close().unwrap();
    desk
}

#[test]
fn no_command_of_a_volunteer_gives_away_what_is_masked() {
    let mut numbers = Vec::new();
    let mut secrets = Vec::new();
    let mut kinds = Vec::new();
    let mut desk = desk_with(|station| {
        let (planting, ids) = planted(station);
        secrets = planting.secrets;
        kinds = station.office.catalogue().kinds().map(|kind| kind.id.clone()).collect();
        numbers.extend(ids.iter().map(|id| station.office.record(*id).unwrap().unwrap().number));
    });
    desk.account = "volunteer".into();
    let sources = yizhan::office::Sources::load(None).unwrap();
    let planting = Planting { catalogue: &sources.catalogue, made: 0, secrets };
    let all = || {
        let mut told = String::new();
        let mut run = |args: &[&str]| {
            let output = desk.run(args);
            write!(told, "\n{args:?}\n{}{}", text(&output.stdout), text(&output.stderr)).unwrap();
            output.status.success()
        };
        for number in &numbers {
            for command in ["show", "history", "decide"] {
                for lang in ["zh", "en"] {
                    run(&[command, number, "--lang", lang]);
                    run(&[command, number, "--json", "--lang", lang]);
                }
            }
        }
        for found in [NAME, "oyjw"] {
            assert!(run(&["find", found]));
            assert!(run(&["find", found, "--json"]));
        }
        for kind in &kinds {
            assert!(!run(&["export", kind]), "exports are not for volunteers");
            assert!(!run(&["export", kind, "--reveal", "--reason", "看看"]));
        }
        assert!(!run(&["log"]));
        // A guess is not answered with what is right.
        let guess = json!({"amend": numbers[0], "base": 1, "fields": {"birth_date": "1993-01-01"}});
        let (_, answers) = desk.perform(&format!("{guess}\n"));
        assert_eq!(answers[0]["ok"], false, "{answers:?}");
        told + &format!("{answers:?}")
    };
    planting.unseen("a command", &all());
    // The same where another process has the folder, over its socket.
    let service = {
        let mut owner = desk.yizhan(&["serve"]);
        owner.args(["--as", "admin", "--password-file"]).arg(desk.file("password"));
        Service::start(owner)
    };
    planting.unseen("a command over the socket", &all());
    drop(service);
}

#[test]
fn nothing_between_the_last_four_and_the_whole_number_finds() {
    let desk = Desk::new();
    let number = id_number("19930715", 246);
    let person = json!({"create": "person", "fields":
        {"name": NAME, "id_number": number, "phone": "13812345678"}});
    assert_eq!(desk.perform(&format!("{person}\n")).0, 0);
    let finds = |typed: &str| json_lines(&desk.done(&["find", "--json", typed])).len();
    let last: String = number.chars().skip(14).collect();
    for typed in [number.as_str(), &last, "13812345678", "5678", NAME] {
        assert_eq!(finds(typed), 1, "{typed}");
    }
    let middle: String = number.chars().skip(6).take(8).collect();
    let longer: String = number.chars().skip(13).collect();
    let all_but_one: String = number.chars().skip(1).collect();
    for typed in [
        middle.as_str(),
        &longer,
        &all_but_one,
        "0715",
        "1993",
        "500199",
        "138",
        "13812",
        "345678",
        "1234",
    ] {
        assert_eq!(finds(typed), 0, "{typed}");
    }
}

#[test]
fn a_volunteer_gets_twenty_hits_and_no_list_of_everybody() {
    let mut desk = desk_with(|station| {
        for _ in 0..25 {
            let fields = Fields::from([("name".to_string(), Value::Text("王芳".into()))]);
            let command = Command::Create { kind: PERSON.into(), fields, number: None, step: None };
            station.office.perform(&station.admin, command).unwrap();
        }
        let volunteer = station.actor("volunteer");
        let every = Queue::OfKind(PERSON.into());
        assert_eq!(station.office.list(&volunteer, &every, 0, 100).lines.len(), 0);
        assert_eq!(
            station.office.list(&station.actor("supervisor"), &every, 0, 100).lines.len(),
            25
        );
        let mut screen = station.session(80, 40);
        screen.signs_in("volunteer").press("2").shows("只对主管和经审员开放");
    });
    for (account, hits) in [("volunteer", 20), ("supervisor", 25)] {
        desk.account = account.into();
        assert_eq!(
            json_lines(&desk.done(&["find", "--json", "王芳", "--limit", "500"])).len(),
            hits
        );
        for nothing in ["", " ", "*", "·"] {
            assert_eq!(desk.done(&["find", "--json", nothing]), "", "{nothing:?}");
        }
    }
}

#[test]
fn numbers_tried_out_one_after_another_are_noted() {
    let station = Station::new();
    let volunteer = station.actor("volunteer");
    let search =
        |who: &Actor, text: &str| station.office.search(who, text, None, 50).unwrap().len();
    for n in 0..9 {
        assert_eq!(search(&volunteer, &format!("{n}000")), 0);
    }
    let noted = || {
        let filter = LogFilter { what: Some(LogKind::Searches), ..LogFilter::default() };
        station.office.log(&station.admin, &filter, 0, 10).unwrap().lines
    };
    station.office.store().flush().unwrap();
    assert_eq!(noted().len(), 0);
    // Names, and numbers of files, are no numbers of people.
    assert_eq!(search(&volunteer, "无此人") + search(&volunteer, "BN-困-2025-09999"), 0);
    assert_eq!(search(&volunteer, &id_number("19930715", 7)), 0);
    station.office.store().flush().unwrap();
    let lines = noted();
    assert_eq!((lines.len(), lines[0].by.as_str()), (1, "volunteer"));
}

#[test]
fn a_number_follows_the_pattern_and_only_an_import_brings_a_foreign_one() {
    let mut desk = desk_with(|_| {});
    let create = |kind: &str, number: &str| {
        format!("{}\n", json!({"create": kind, "number": number, "fields": {"name": "周丽"}}))
    };
    desk.account = "volunteer".into();
    let (status, answers) = desk.perform(&create("person", "YZ-人-000009"));
    assert!(status == 1 && answers[0]["ok"] == false, "{answers:?}");
    desk.account = "supervisor".into();
    let long = "9".repeat(5000);
    for number in ["\u{1b}[2J\u{1b}]0;x\u{7}", &long, "BN-困-2025-00001", "x", "YZ-人-9"] {
        let (status, answers) = desk.perform(&create("person", number));
        assert!(status == 1 && answers[0]["ok"] == false, "{number:?}: {answers:?}");
        assert_eq!(answers[0]["field"], "number", "{answers:?}");
    }
    let (status, answers) = desk.perform(&create("person", "YZ-人-000009"));
    assert!(status == 0, "{answers:?}");
    assert!(desk.done(&["show", "YZ-人-000009"]).contains("周丽"));
}

/// Characters nobody sees, or that turn what is beside them, or that terminals obey.
const UNSEEN: &str = "\u{1b}[31m\u{9b}2J\u{7f}\u{202e}\u{2066}\u{200e}\u{61c}\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{e0041}";

#[test]
fn what_people_typed_is_shown_and_never_obeyed() {
    let mut desk = desk_with(|station| {
        let fields = Fields::from([
            ("name".to_string(), Value::Text("周丽".into())),
            ("address".to_string(), Value::Text(format!("鱼洞{UNSEEN}街道"))),
        ]);
        let command = Command::Create { kind: PERSON.into(), fields, number: None, step: None };
        let made = station.office.perform(&station.admin, command).unwrap();
        let mut screen = station.session(120, 40);
        screen.signs_in("volunteer").press("F2").types("周丽").press("Enter").shows(&made.number);
        screen.shows("洞‹U+001B›[31m‹U+009B›2J‹U+007F›‹U+202E›");
        assert!(!screen.screen().contains(|c: char| UNSEEN.contains(c) && !c.is_ascii()));
    });
    let harmful: BTreeSet<char> = UNSEEN.chars().filter(|c| !c.is_ascii_graphic()).collect();
    let clean = |what: &str, output: &str| {
        let found = output.chars().find(|c| harmful.contains(c));
        assert_eq!(found, None, "{what}: {output:?}");
    };
    desk.account = "admin".into();
    for args in [
        &["show", "BN-人-000001"][..],
        &["show", "BN-人-000001", "--json"],
        &["history", "BN-人-000001"],
        &["history", "BN-人-000001", "--json"],
        &["find", "周丽"],
    ] {
        clean(&args.join(" "), &desk.done(args));
    }
    let csv = desk.done(&["export", "person", "--reveal", "--reason", "核对"]);
    clean("csv", csv.strip_prefix('\u{feff}').unwrap());
    assert!(csv.contains("‹U+202E›"), "{csv}");
    // JSON keeps the character and writes it so that nothing obeys it.
    let json = desk.done(&["show", "BN-人-000001", "--json"]);
    let read: serde_json::Value = serde_json::from_str(json.trim()).unwrap();
    assert!(read["fields"]["address"].as_str().unwrap().contains('\u{202e}'), "{json}");
    // What is refused is quoted so too, in an answer and in the file of refused rows.
    for typed in [UNSEEN.to_string(), format!("BN-{UNSEEN}")] {
        let output = desk.run(&["show", &typed]);
        clean("an error", &text(&output.stderr));
    }
    let list = desk.write("list.csv", &format!("姓名,身份证号\n周{UNSEEN}红7,123{UNSEEN}\n"));
    let rejects = desk.file("rejects.csv");
    let output = desk.run(&["import", "person", shown(&list), "--rejects", shown(&rejects)]);
    clean("the report", &text(&output.stdout));
    clean("the report beside", &text(&output.stderr));
    let kept = std::fs::read_to_string(&rejects).unwrap();
    clean("the refused rows", kept.strip_prefix('\u{feff}').unwrap());
}

#[test]
fn a_name_holds_nothing_unseen() {
    let desk = Desk::new();
    for filler in ["\u{3164}", "\u{115f}", "\u{ffa0}", "\u{e0041}"] {
        let line = json!({"create": "person", "fields": {"name": format!("张{filler}伟")}});
        let (status, answers) = desk.perform(&format!("{line}\n"));
        assert!(status == 1 && answers[0]["field"] == "name", "{filler:?}: {answers:?}");
    }
    for mark in ["\u{202e}", "\u{200d}", "\u{feff}"] {
        let line = json!({"create": "person", "fields": {"name": format!("李{mark}强")}});
        assert_eq!(desk.perform(&format!("{line}\n")).0, 0);
    }
    let found = desk.done(&["find", "--json", "李强"]);
    assert_eq!(json_lines(&found).len(), 3);
    for line in json_lines(&found) {
        assert_eq!(line["title"], "李强");
    }
}

#[test]
fn an_auditor_reads_the_log_and_nobody_at_the_counter_does() {
    let mut desk = desk_with(|station| {
        let number = id_number("19930715", 246);
        let fields = Fields::from([
            ("name".to_string(), Value::Text(NAME.into())),
            ("id_number".to_string(), Value::Text(number.clone())),
        ]);
        let command = Command::Create { kind: PERSON.into(), fields, number: None, step: None };
        let id = station.office.perform(&station.admin, command).unwrap().id.unwrap();
        let reason = format!("核对 {number}");
        let look = Command::Reveal { id, fields: vec!["id_number".into()], reason };
        station.office.perform(&station.actor("volunteer"), look).unwrap();
        let mut screen = station.session(120, 40);
        screen.signs_in("auditor").press("l").shows("日志").shows("查看完整内容").shows("身份证号");
        screen.hides(&number).press("Tab Tab").hides("查看完整内容　BN");
        let mut screen = station.session(120, 40);
        screen.signs_in("volunteer").press("l").hides("查看完整内容");
        assert_eq!(station.actor("auditor").role, Role::Auditor);
    });
    desk.write("wrong", "not this\n");
    let mut refused = desk.yizhan(&["find", "x"]);
    refused.args(["--as", "supervisor", "--password-file"]).arg(desk.file("wrong"));
    let served = {
        let mut owner = desk.yizhan(&["serve"]);
        owner.args(["--as", "admin", "--password-file"]).arg(desk.file("password"));
        Service::start(owner)
    };
    assert!(!refused.output().unwrap().status.success());
    drop(served);
    desk.account = "supervisor".into();
    let out = desk.file("out.csv");
    desk.done(&["export", "person", "--out", shown(&out)]);
    for account in ["volunteer", "supervisor"] {
        desk.account = account.into();
        let (status, said) = desk.failed(&["log"]);
        assert!(status == 1 && said.contains("经审员"), "{said}");
    }
    desk.account = "auditor".into();
    let log = |args: &[&str]| {
        let args: Vec<&str> = ["log", "--json"].into_iter().chain(args.iter().copied()).collect();
        json_lines(&desk.done(&args))
    };
    let all = log(&[]);
    let seqs: Vec<u64> = all.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert!(seqs.iter().rev().is_sorted(), "newest first: {seqs:?}");
    for (kind, by, told) in [
        ("reveals", "volunteer", "身份证号"),
        ("exports", "supervisor", "person"),
        ("sign-ins", "supervisor", "supervisor"),
        ("accounts", "admin", "volunteer"),
    ] {
        let lines = log(&["--what", kind]);
        assert!(!lines.is_empty(), "{kind}");
        assert!(lines.iter().all(|line| line["kind"] == kind), "{lines:?}");
        let line = lines.iter().find(|line| line["what"].as_str().unwrap().contains(told));
        assert_eq!(line.unwrap()["by"], by, "{kind}: {lines:?}");
    }
    let about = log(&["--person", "BN-人-000001"]);
    assert_eq!(about.len(), 1, "{about:?}");
    assert_eq!(
        (&about[0]["kind"], &about[0]["number"]),
        (&json!("reveals"), &json!("BN-人-000001"))
    );
    assert!(about[0]["reason"].as_str().unwrap().contains("2460"), "{about:?}");
    assert!(!about[0]["reason"].as_str().unwrap().contains("19930715"), "{about:?}");
    assert!(log(&["--account", "volunteer", "--what", "exports"]).is_empty());
    assert!(log(&["--to", "2020-01-01"]).is_empty());
    assert_eq!(desk.failed(&["log", "--what", "nonsense"]).0, 2);
    for kind in ["overrides", "afterwards", "packs", "clock"] {
        assert!(log(&["--what", kind]).is_empty());
    }
}
