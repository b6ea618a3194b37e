//! Packs and rules in the data folder change nothing until an administrator adopts them.

use crate::app::App;
use crate::attach::Service;
use crate::cli::{Desk, id_number, json_lines, shown, text};
use crate::stage::PASSWORD;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::Arc;
use yizhan::office::{Office, Sources};
use yizhan::policy::Library;
use yizhan::program::Catalogue;
use yizhan::record::{Clock, SystemClock};
use yizhan::store::{NewEntry, NewOp, Op, Origin, Secret, Store};

const OURS: &str = "programs/ours.toml";

/// A station with a volunteer and two supervisors.
fn station() -> Desk {
    let desk = Desk::new();
    let accounts =
        [("volunteer", "volunteer"), ("supervisor", "supervisor"), ("second", "supervisor")];
    for (name, role) in accounts {
        let add = ["account", "add", name, "--role", role, "--no-change", "--new-password-file"];
        let password = desk.file("password");
        desk.done(&[&add[..], &[shown(&password)]].concat());
    }
    desk
}

/// The shipped pack of hardship files, as an office finds it.
fn shipped() -> &'static str {
    let mut packs = Catalogue::shipped().iter();
    packs.find(|(name, _)| *name == "hardship.toml").unwrap().1
}

/// The same with the makers of every move a supervisor makes widened to volunteers, whatever else
/// the moves say: what somebody would write who wants to approve their own file.
fn widened() -> String {
    shipped().replace("by = \"supervisor\"", "by = [\"volunteer\", \"supervisor\"]")
}

impl Desk {
    fn as_who(&self, account: &str, args: &[&str]) -> Command {
        let mut command = self.yizhan(args);
        command.args(["--as", account, "--password-file"]).arg(self.file("password"));
        command
    }

    /// Exit status, output and what was said beside it.
    fn says(&self, account: &str, args: &[&str]) -> (i32, String, String) {
        let output = self.as_who(account, args).output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// Puts a file into the data folder.
    fn lay(&self, name: &str, content: &str) {
        self.write(&format!("data/{name}"), content);
    }

    /// Puts a file into the data folder and has the administrator adopt it.
    fn adopt(&self, name: &str, content: &str) {
        self.lay(name, content);
        self.done(&["packs", "adopt", name, "--yes"]);
    }

    /// How the one file stands.
    fn standing(&self) -> String {
        let lines = json_lines(&self.done(&["packs", "diff", "--json"]));
        lines
            .iter()
            .find_map(|line| Some(line["standing"].as_str()?.to_string()))
            .unwrap_or_default()
    }

    fn perform_as(&self, account: &str, line: &Value) -> Value {
        use std::io::Write;
        let mut command = self.as_who(account, &["perform", "-"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        let output = child.wait_with_output().unwrap();
        json_lines(&text(&output.stdout)).remove(0)
    }

    /// A file of a single person, handed in by the volunteer; its number.
    fn submitted(&self, order: u32, income: i64) -> String {
        let day = "2025-10-10";
        let made = self.perform_as(
            "volunteer",
            &json!({"create": "hardship_file", "fields": {
                "name": "欧阳靖雯", "id_number": id_number("19800101", order),
                "annual_income": income, "rigid_expense": 0, "household_size": 1,
                "application_date": day, "standard_area": "urban", "main_cause": "6",
                "consents": [
                    {"group": "household-finance", "version": "2025-1", "signed_on": day},
                ],
            }}),
        );
        assert_eq!(made["ok"], true, "{made}");
        let number = made["number"].as_str().unwrap().to_string();
        let moved = self.moves("volunteer", "submit", &number);
        assert_eq!(moved["ok"], true, "{moved}");
        number
    }

    fn moves(&self, account: &str, step: &str, number: &str) -> Value {
        self.perform_as(account, &json!({"move": step, "number": number}))
    }

    /// A volunteer accepts the file, and may not.
    #[track_caller]
    fn volunteer_may_not_accept(&self, number: &str) {
        let refused = self.moves("volunteer", "accept", number);
        assert_eq!(
            (&refused["ok"], &refused["kind"]),
            (&false.into(), &"forbidden".into()),
            "{refused}"
        );
    }
}

#[test]
fn a_weakened_pack_has_no_effect_until_it_is_adopted() {
    let desk = station();
    let number = desk.submitted(1, 100_000);
    desk.lay(OURS, &widened());
    desk.volunteer_may_not_accept(&number);
    assert_eq!(desk.standing(), "new");
    let (status, out, _) = desk.says("admin", &["packs", "diff", "--lang", "en"]);
    assert_eq!(status, 0);
    let told = "kind hardship_file move accept by: supervisor → volunteer, supervisor";
    assert!(out.contains(told), "{out}");
    assert!(out.contains("1 records of \"Hardship file\"") && out.contains("1 under way"), "{out}");
    // Everybody is told at once.
    let mut window =
        App::start(&desk, &["--as", "admin", "--password-file", shown(&desk.file("password"))]);
    window.wait_for("programs/ours.toml");
    drop(window);
    // Gone again, it was never anything.
    fs::remove_file(desk.data().join(OURS)).unwrap();
    assert_eq!(desk.standing(), "");
}

#[test]
fn what_was_adopted_stays_in_force_when_the_file_changes_or_goes() {
    let desk = station();
    let (chinese, ours) = ("en = \"Hardship file\"", "en = \"Our own file\"");
    let own = shipped().replace(chinese, ours);
    desk.adopt(OURS, &own);
    assert_eq!(desk.standing(), "same");
    let number = desk.submitted(1, 100_000);
    desk.lay(OURS, &widened());
    assert_eq!(desk.standing(), "changed");
    desk.volunteer_may_not_accept(&number);
    fs::remove_file(desk.data().join(OURS)).unwrap();
    assert_eq!(desk.standing(), "removed");
    desk.volunteer_may_not_accept(&number);
    let out = desk.says("admin", &["packs", "diff", "--lang", "en"]).1;
    let told =
        "kind hardship_file title: 困难职工档案 / Our own file → 困难职工档案 / Hardship file";
    assert!(out.contains(told), "{out}");
    // The kind still goes by the name that was adopted.
    let (_, _, said) = desk.says("admin", &["export", "no such kind", "--lang", "en"]);
    assert!(said.contains("hardship_file"), "{said}");
    assert_eq!(desk.says("admin", &["export", "Our own file"]).0, 0);
    // Its removal is adopted like anything else.
    desk.done(&["packs", "adopt", "--yes"]);
    assert_eq!(desk.standing(), "");
    assert_eq!(desk.says("admin", &["export", "Our own file"]).0, 1);
}

#[test]
fn only_an_administrator_adopts_and_the_journal_tells() {
    let desk = station();
    desk.lay(OURS, &widened());
    for account in ["volunteer", "supervisor"] {
        let (status, out, said) = desk.says(account, &["packs", "adopt", "--yes"]);
        assert_eq!((status, out.as_str()), (1, ""), "{account}");
        assert!(said.contains("管理员"), "{said}");
    }
    assert_eq!(desk.says("volunteer", &["packs", "diff"]).0, 1);
    assert_eq!(desk.standing(), "new");
    // Without a terminal to ask at it is said what to add, and nothing happens.
    assert_eq!(desk.says("admin", &["packs", "adopt"]).0, 2);
    assert_eq!(desk.standing(), "new");
    assert_eq!(desk.says("admin", &["packs", "adopt", "programs/other.toml", "--yes"]).0, 1);
    let out = desk.done(&["packs", "adopt", OURS, "--yes", "--json"]);
    let adopted = json_lines(&out);
    let seq = adopted.iter().find_map(|line| line["seq"].as_u64()).unwrap();
    let (who, particulars) = entry(&desk, seq);
    let hash: String = blake3_of(&widened());
    assert_eq!(who, ("admin".into(), "packs-adopt".into()));
    assert_eq!(particulars[OURS], json!(format!("- -> {hash}")));
    let what = particulars[&format!("{OURS} what_en")].as_str().unwrap().to_string();
    assert!(what.contains("move approve by: supervisor → volunteer, supervisor"), "{what}");
}

#[test]
fn at_a_terminal_it_is_asked_and_no_is_the_answer_of_whoever_only_presses_enter() {
    let desk = station();
    desk.lay(OURS, &widened());
    let password = desk.file("password");
    let args = ["packs", "adopt", "--as", "admin", "--password-file", shown(&password)];
    for (typed, standing) in [("\r", "new"), ("n\r", "new"), ("y\r", "same")] {
        let mut window = App::start(&desk, &args);
        window.wait_for("[y/N]");
        window.press(typed);
        window.ended();
        assert_eq!(desk.standing(), standing, "{typed:?}");
    }
}

fn blake3_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

fn admin() -> Secret<'static> {
    Secret::Password { account: "admin", password: PASSWORD }
}

fn open(desk: &Desk) -> Arc<Office> {
    Office::open(&desk.data(), &admin(), Sources::load(None).unwrap(), Arc::new(SystemClock))
        .unwrap()
}

/// Lets the folder go before the next process comes.
fn shut(mut office: Arc<Office>) {
    office.close().unwrap();
    // The thread that filled the index may not have let go yet.
    while let Err(still) = Arc::try_unwrap(office) {
        office = still;
        std::thread::yield_now();
    }
}

/// Who made an entry and with which command; its particulars.
fn entry(desk: &Desk, seq: u64) -> ((String, String), Value) {
    let office = open(desk);
    let entry = office.store().entry(seq).unwrap().unwrap();
    let note = entry.ops.iter().find_map(|op| match op {
        Op::Note(particulars) => Some(json!(particulars)),
        _ => None,
    });
    shut(office);
    ((entry.actor, entry.command), note.unwrap())
}

#[test]
fn a_pack_that_is_wrong_is_told_by_line_and_nothing_is_adopted() {
    let desk = station();
    desk.lay(OURS, &shipped().replacen("start = \"draft\"", "start = \"draught\"", 1));
    desk.lay("calendar/2027.toml", "yaer = 2027\n");
    let (status, out, said) = desk.says("admin", &["packs", "adopt", "--yes"]);
    assert_eq!((status, out.as_str()), (1, ""));
    let told = |start: &str| said.lines().any(|line| line.starts_with(start));
    assert!(told("calendar/2027.toml:1: ") && told("programs/ours.toml:"), "{said}");
    assert_eq!(desk.standing(), "new");
    // Neither keeps anybody from working.
    assert_eq!(desk.says("volunteer", &["find", "周丽"]).0, 0);
    // A kind under which the program keeps its own records would make accounts.
    let account = "[pack]\nid = \"x\"\ntitle = { zh = \"甲\", en = \"A\" }\n[kind.account]\ncode = 99\n\
        title = { zh = \"账\", en = \"Account\" }\nnumber = \"{station}-账-{year}-{seq:05}\"\n\
        [[kind.account.section]]\nid = \"s\"\ntitle = { zh = \"一\", en = \"One\" }\n\
        field = [{ id = \"role\", type = \"text\", title = { zh = \"角色\", en = \"Role\" } }]\n";
    desk.lay(OURS, account);
    let (status, _, said) = desk.says("admin", &["packs", "adopt", OURS, "--yes"]);
    assert!(status == 1 && said.contains("account"), "{said}");
}

#[test]
fn a_state_a_field_or_a_kind_in_use_is_not_lost() {
    let desk = station();
    desk.submitted(1, 100_000);
    let state = shipped().replace("\"submitted\"", "\"handed_in\"");
    // The same word says from when a period runs.
    let state = state.replace("from = \"handed_in\" }", "from = \"submitted\" }");
    let field = shipped().replace("main_cause", "chief_cause");
    let kind = shipped().replace("kind.hardship_file", "kind.hardship_case");
    for (own, lost) in [(state, "submitted"), (field, "main_cause"), (kind, "困难职工档案")] {
        assert_ne!(own, shipped(), "{lost}");
        desk.lay(OURS, &own);
        let (status, _, said) = desk.says("admin", &["packs", "adopt", "--yes"]);
        assert!(status == 1 && said.contains(lost) && said.contains("1 份"), "{lost}: {said}");
    }
    assert_eq!(desk.standing(), "new");
    // Nobody uses this one.
    desk.adopt(OURS, &shipped().replace("worker_no", "staff_no"));
}

#[test]
fn what_is_no_regular_file_is_told_and_never_opened() {
    let desk = station();
    let programs = desk.data().join("programs");
    fs::create_dir(&programs).unwrap();
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, programs.join("pipe.toml"), pipe, 0o600.into(), 0)
        .unwrap();
    let elsewhere = desk.write("elsewhere.toml", &widened());
    symlink(&elsewhere, programs.join("link.toml")).unwrap();
    fs::create_dir(programs.join("folder.toml")).unwrap();
    fs::write(programs.join("ours.toml~"), widened()).unwrap();
    // Were one of them opened, this would not end.
    let (status, out, _) = desk.says("admin", &["packs", "diff"]);
    assert_eq!(status, 0);
    for name in ["pipe.toml", "link.toml", "folder.toml", "ours.toml~"] {
        assert!(out.contains(name), "{name}: {out}");
    }
    let output = desk.yizhan(&["packs", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("pipe.toml"));
    let (status, _, said) = desk.says("admin", &["packs", "adopt", "--yes"]);
    assert_eq!((status, desk.standing().as_str()), (0, ""), "{said}");
    assert_eq!(desk.says("volunteer", &["find", "周丽"]).0, 0);
}

#[test]
fn a_calendar_counts_once_it_is_adopted() {
    let desk = station();
    let year = "year = 2027\ntitle = \"区通知\"\n\
        [[day]]\ndate = 2027-01-01\nkind = \"off\"\nname = \"元旦\"\n";
    desk.lay("calendar/2027.toml", year);
    let asked = ["calendar", "2027", "--json"];
    assert_eq!(desk.says("volunteer", &asked).0, 1);
    let alone = desk.yizhan(&asked).output().unwrap();
    assert!(!alone.status.success() && text(&alone.stderr).contains("--as"));
    desk.done(&["packs", "adopt", "--yes"]);
    let (status, out, said) = desk.says("volunteer", &asked);
    assert_eq!(status, 0, "{said}");
    // A Friday.
    assert_eq!(json_lines(&out), [json!({"date": "2027-01-01", "kind": "off", "name": "元旦"})]);
    assert!(!desk.yizhan(&asked).status().unwrap().success());
}

#[test]
fn the_owner_of_the_folder_adopts_for_another_window_and_goes_on_as_before() {
    let desk = station();
    let number = desk.submitted(1, 100_000);
    let service = Service::start(desk.acting(&["serve"]));
    desk.adopt(OURS, &widened());
    assert_eq!(desk.standing(), "same");
    // What is open goes on under what it was opened with.
    desk.volunteer_may_not_accept(&number);
    drop(service);
    assert_eq!(desk.standing(), "same");
    let in_use = open(&desk);
    assert_eq!(in_use.adopted_in_use().len(), 1);
    shut(in_use);
}

#[test]
fn adopted_texts_come_back_from_a_backup_and_a_rebuilt_table() {
    let desk = station();
    let library = "[pack]\nid = \"lending\"\ntitle = { zh = \"借阅\", en = \"Lending\" }\n\
        [kind.book]\ncode = 900\ntitle = { zh = \"图书\", en = \"Book\" }\n\
        number = \"{station}-书-{year}-{seq:05}\"\nshows = [\"title\"]\n\
        [[kind.book.section]]\nid = \"s\"\ntitle = { zh = \"一\", en = \"One\" }\n\
        field = [{ id = \"title\", type = \"text\", title = { zh = \"书名\", en = \"Title\" } }]\n";
    desk.adopt("programs/lending.toml", library);
    let made =
        desk.perform_as("volunteer", &json!({"create": "book", "fields": {"title": "山城记"}}));
    assert_eq!(made["ok"], true, "{made}");
    let number = made["number"].as_str().unwrap();
    desk.done(&["backup", shown(&desk.file("all.yzb"))]);
    fs::rename(desk.data(), desk.file("before")).unwrap();
    desk.done(&["restore", shown(&desk.file("all.yzb"))]);
    // The file itself is not here any more; what was adopted is.
    assert_eq!(desk.standing(), "removed");
    assert!(desk.done(&["show", number]).contains("山城记"));
    fs::remove_dir_all(desk.data().join("records")).unwrap();
    assert!(desk.done(&["show", number]).contains("山城记"));
    assert_eq!(json_lines(&desk.done(&["verify", "--json"]))[0]["ok"], true);
}

/// The parameter that says from which multiple of the standard on somebody is helped no more,
/// changed so that the same household is advised otherwise.
const RULES: &str = r#"
[[parameter]]
id = "relative_multiple"
title = { zh = "相对困难倍数", en = "the multiple for relative hardship" }
unit = "ratio"
[[parameter.row]]
value = "9/1"
clause = "yuyao-2024/relative"
basis = "to-confirm"
"#;

fn rules_of(desk: &Desk, number: &str, more: &[&str]) -> String {
    let args = [&["decide", number, "--json"], more].concat();
    let sheet: Value = serde_json::from_str(&desk.done(&args)).unwrap();
    sheet["rules"].as_str().unwrap().to_string()
}

#[test]
fn a_file_under_way_ends_under_the_rules_it_was_submitted_with() {
    let desk = station();
    let number = desk.submitted(1, 2_000_000);
    let before = rules_of(&desk, &number, &[]);
    desk.adopt("policy/ours.toml", RULES);
    let library = Library::built_in().unwrap().with_files(&[("policy/ours.toml", RULES)]).unwrap();
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let now = yizhan::policy::Evaluator::new(rules, &library).version().to_string();
    assert_ne!(before, now);
    // What is under way goes on as it began; what is asked for by name or day, or handed in from
    // now on, goes by what was adopted.
    assert_eq!(rules_of(&desk, &number, &[]), before);
    assert_eq!(rules_of(&desk, &number, &["--as-of", "2025-10-15"]), now);
    let draft = desk.write("draft.toml", &RULES.replace("9/1", "8/1"));
    let drafted = rules_of(&desk, &number, &["--rules", shown(&draft)]);
    assert!(drafted != before && drafted != now);
    assert_eq!(rules_of(&desk, &desk.submitted(2, 2_000_000), &[]), now);
    // The sheet a later move keeps is the same one's.
    let accepted = desk.moves("supervisor", "accept", &number);
    assert_eq!(accepted["ok"], true, "{accepted}");
    let office = open(&desk);
    office.wait_for_index();
    let record = office.record(office.numbered(&number).unwrap()).unwrap().unwrap();
    let sheets: Vec<_> = record.moves.iter().map(|made| made.sheet.as_ref().unwrap()).collect();
    assert!(sheets.iter().all(|sheet| sheet.rules() == before), "{sheets:?}");
    shut(office);
    // Also from a table built anew out of the journal.
    fs::remove_dir_all(desk.data().join("records")).unwrap();
    assert_eq!(rules_of(&desk, &number, &[]), before);
}

#[test]
fn another_program_is_noted_once_with_its_version() {
    let desk = station();
    let office = open(&desk);
    let store: &Store = office.store();
    let mut seen = store.scan("adopted", None, 10).unwrap().remove(0).record;
    assert_eq!(seen.number, "program");
    let now = seen.text("text").to_string();
    let line = now.lines().find(|line| line.starts_with("programs/hardship.toml ")).unwrap();
    let hash = blake3_of(shipped());
    assert_eq!(line, format!("programs/hardship.toml {hash}"));
    // As an older program left it.
    let older = now.replace(&hash, "0123456789abcdef");
    seen.fields.insert("text".into(), yizhan::record::Value::Text(older));
    seen.fields.insert("version".into(), yizhan::record::Value::Text("0.0.1".into()));
    seen.revision += 1;
    let draft = NewEntry {
        time: SystemClock.now(),
        actor: "test".into(),
        origin: Origin::Cli,
        command: "test".into(),
        ops: vec![NewOp::Put(seen)],
        reason: None,
    };
    store.submit(yizhan::store::Hand::Station, vec![draft]).wait().unwrap();
    shut(office);
    desk.done(&["find", "周丽"]);
    desk.done(&["find", "周丽"]);
    let office = open(&desk);
    let mut told = Vec::new();
    let each = |entry: &yizhan::store::Entry| {
        if entry.command == "packs-adopt" {
            told.push(entry.clone());
        }
        std::ops::ControlFlow::Continue(())
    };
    office.store().entries(1, each).unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].actor, "station");
    let Some(Op::Note(particulars)) = told[0].ops.first() else { panic!("{told:?}") };
    let wanted = [
        ("programs/hardship.toml", format!("0123456789abcdef -> {hash}")),
        ("version", env!("CARGO_PKG_VERSION").to_string()),
        ("version_before", "0.0.1".to_string()),
    ];
    let wanted = wanted.map(|(key, value)| (key.to_string(), value));
    assert_eq!(particulars, &wanted.into());
    shut(office);
}

/// Killed anywhere on its way, an adoption is there whole or not at all.
#[test]
fn an_adoption_that_is_killed_is_whole_or_was_never_there() {
    let desk = station();
    let own = shipped().replace("en = \"Hardship file\"", "en = \"Our own file\"");
    desk.lay(OURS, &own);
    desk.lay("policy/ours.toml", RULES);
    // Opens without the work that makes passwords hard to guess, and stands for the administrator.
    let office = open(&desk);
    let admin = office.stand_in("admin", PASSWORD, &Origin::Cli).unwrap();
    let (key, _) = office.new_recovery_key(&admin).unwrap();
    desk.write("key", &key.shown());
    shut(office);
    let key = desk.file("key");
    let by_key = |args: &[&str]| {
        let mut command = desk.yizhan(args);
        command.args(["--recovery-key-file", shown(&key)]);
        command
    };
    let (mut whole, mut turns) = (false, 5_000_u64);
    for _ in 0..30 {
        let mut adopt = by_key(&["packs", "adopt", "--yes"]);
        let mut child = adopt.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Somewhere on the way: so many turns of the scheduler, and no clock.
        (0..turns).for_each(|_| std::thread::yield_now());
        turns += turns / 4;
        let _ = child.kill();
        child.wait().unwrap();
        let output = by_key(&["packs", "diff", "--json"]).output().unwrap();
        let lines = json_lines(&text(&output.stdout));
        let standings: Vec<&str> =
            lines.iter().filter_map(|line| line["standing"].as_str()).collect();
        assert!(standings == ["new", "new"] || standings == ["same", "same"], "{standings:?}");
        whole = standings[0] == "same";
        if whole {
            break;
        }
    }
    if !whole {
        desk.done(&["packs", "adopt", "--yes"]);
    }
    assert_eq!(json_lines(&desk.done(&["verify", "--json"]))[0]["ok"], true);
    assert_eq!(desk.says("admin", &["export", "Our own file"]).0, 0);
}

/// A pack of another subject whose kind says which field makes a record confidential.
const COUNSEL: &str = r#"
[pack]
id = "counsel"
title = { zh = "心理咨询", en = "Counselling" }
area = "counsel"

[kind.counsel]
code = 900
title = { zh = "咨询", en = "Counsel" }
number = "{station}-询-{seq:05}"
shows = ["client", "subject"]
confidential = "private"
handler = "counsellor"
search = { names = ["client"] }

[[kind.counsel.section]]
id = "talk"
title = { zh = "谈话", en = "Talk" }
field = [
  { id = "client", type = "person_name", required = "always", title = { zh = "来访者", en = "Client" } },
  { id = "subject", type = "text", max = 80, title = { zh = "事由", en = "Subject" } },
  { id = "private", type = "yes_no", title = { zh = "保密", en = "Private" } },
  { id = "counsellor", type = "text", max = 40, title = { zh = "咨询员", en = "Counsellor" } },
]
"#;

#[test]
fn a_confidential_record_is_known_to_its_handler_and_supervisors_only() {
    let desk = station();
    desk.adopt("programs/counsel.toml", COUNSEL);
    let counsel = |client: &str, private: bool, counsellor: &str| {
        let fields = json!({"client": client, "private": private, "counsellor": counsellor});
        let made = desk.perform_as("supervisor", &json!({"create": "counsel", "fields": fields}));
        made["number"].as_str().unwrap_or_else(|| panic!("{made}")).to_string()
    };
    let open = counsel("区小红", false, "supervisor");
    let hidden = counsel("欧阳靖雯", true, "supervisor");
    let theirs = counsel("尉迟英", true, "volunteer");
    let knows = |account: &str, number: &str, name: &str| {
        let found = desk.says(account, &["find", name, "--kind", "counsel", "--json"]).1;
        let (status, shown, said) = desk.says(account, &["show", number]);
        let known = status == 0;
        assert_eq!(known, found.contains(number), "{account} {number}: {found}{shown}{said}");
        assert!(known || !said.contains(name), "{said}");
        known
    };
    for account in ["volunteer", "admin", "supervisor"] {
        let sees_all = account == "supervisor";
        assert!(knows(account, &open, "区小红"), "{account}");
        assert_eq!(knows(account, &hidden, "欧阳靖雯"), sees_all, "{account}");
        let own = sees_all || account == "volunteer";
        assert_eq!(knows(account, &theirs, "尉迟英"), own, "{account}");
    }
    // What is not known is not changed either.
    let change = json!({"amend": hidden, "base": 1, "fields": {"subject": "x"}});
    let refused = desk.perform_as("volunteer", &change);
    assert_eq!((&refused["ok"], &refused["kind"]), (&false.into(), &"invalid".into()), "{refused}");
}
