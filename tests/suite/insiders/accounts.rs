//! Names, roles and passwords of accounts: nobody becomes somebody else.

use crate::accounts::KEY;
use crate::app::App;
use crate::attach::{Service, office};
use crate::cli::{Desk, PASSWORD, id_number, json_lines, shown, text};
use crate::furnished;
use crate::stage::{Stage, Station, start};
use std::process::Output;
use yizhan::office::{Command, Office};
use yizhan::program::Role;
use yizhan::store::Origin;
use yizhan::ui::Start;
use yizhan::words::Lang;

/// A password nobody here has but who tries to take an account over.
const FOREIGN: &str = "not yours";

impl Desk {
    /// A command for an account with this password.
    fn by(&self, name: &str, password: &str, args: &[&str]) -> Output {
        let file = self.write("by", password);
        let mut command = self.yizhan(args);
        command.args(["--as", name, "--password-file"]).arg(file).output().unwrap()
    }

    /// Makes an account with a password file of its own; exit status and what was said.
    fn adds(&self, name: &str, role: &str, password: &str, more: &[&str]) -> (i32, String) {
        let file = self.write("given", password);
        let add = ["account", "add", name, "--role", role, "--new-password-file", shown(&file)];
        self.failed(&[&add[..], more].concat())
    }

    fn accounts(&self) -> Vec<serde_json::Value> {
        json_lines(&self.done(&["account", "list", "--json"]))
    }

    fn account(&self, name: &str) -> serde_json::Value {
        let mut accounts = self.accounts().into_iter();
        accounts.find(|account| account["name"] == name).unwrap()
    }

    /// Slots of the keyring.
    fn slots(&self) -> usize {
        let keyring = std::fs::read_to_string(self.data().join("keyring.toml")).unwrap();
        keyring.matches("[[slot]]").count()
    }
}

fn refused(output: &Output) -> String {
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{said}");
    said
}

#[test]
fn a_name_in_another_form_is_the_same_account() {
    let desk = Desk::new();
    for taken in ["ａｄｍｉｎ", "ADMIN", "Ａdmin", "\u{3000}admin "] {
        let (status, said) = desk.adds(taken, "volunteer", FOREIGN, &["--no-change"]);
        assert!(status == 1 && said.contains("“admin”已经有了"), "{taken}: {said}");
        refused(&desk.by("admin", FOREIGN, &["account", "list"]));
        assert!(desk.by(taken, PASSWORD, &["account", "list"]).status.success(), "{taken}");
    }
    assert_eq!(desk.accounts().len(), 1);
    // What is done under another form is the account's, and so is every command about it.
    let (status, said) = desk.adds("ＺＨＯＵ", "志愿者", PASSWORD, &["--no-change"]);
    assert_eq!(status, 0, "{said}");
    let file =
        desk.write("person.jsonl", "{\"create\":\"person\",\"fields\":{\"name\":\"张蕾\"}}\n");
    let made = desk.by("Zhou", PASSWORD, &["perform", shown(&file)]);
    let number = json_lines(&text(&made.stdout))[0]["number"].as_str().unwrap().to_string();
    let history = json_lines(&desk.done(&["history", &number, "--json"]));
    assert_eq!(history[0]["by"], "zhou");
    let key = desk.write("id.pub", KEY);
    let own = desk.by("ｚｈｏｕ", PASSWORD, &["account", "key", "add", "ZHOU", shown(&key)]);
    assert!(own.status.success(), "{}", text(&own.stderr));
    assert_eq!(desk.account("zhou")["keys"], 1);
    desk.done(&["account", "disable", "Ｚhou"]);
    refused(&desk.by("zhou", PASSWORD, &["find", "zl"]));
}

#[test]
fn what_looks_like_an_account_is_refused() {
    let desk = Desk::new();
    for name in ["boss", "zhouli", "口工"] {
        assert_eq!(desk.adds(name, "supervisor", PASSWORD, &[]).0, 0);
    }
    for (name, like) in [
        // Cyrillic а and і, digits, Katakana ロ, each beside the name it is taken for.
        ("\u{430}dmin", "admin"),
        ("adm\u{456}n", "admin"),
        ("\u{410}DMIN", "admin"),
        ("b0ss", "boss"),
        ("b\u{43e}ss", "boss"),
        ("zhou1i", "zhouli"),
        ("\u{30ed}工", "口工"),
    ] {
        let (status, said) = desk.adds(name, "supervisor", FOREIGN, &[]);
        assert_eq!(status, 1, "{name}");
        assert!(said.contains(&format!("“{like}”看起来一样")), "{name}: {said}");
        assert!(said.contains("请换一个看得出不同的名字"), "{said}");
    }
    // The journal's own words for keys without an account.
    for name in ["recovery", "ｒｅｃｏｖｅｒｙ", "rec\u{43e}very", "key-file"] {
        let (status, said) = desk.adds(name, "supervisor", FOREIGN, &[]);
        assert!(status == 1 && said.contains("恢复密钥"), "{name}: {said}");
    }
    // So is what looks like one that is disabled: its history is another's.
    desk.done(&["account", "disable", "boss"]);
    assert!(desk.adds("b0ss", "supervisor", FOREIGN, &[]).1.contains("看起来一样"));
    let (_, said) = desk.adds("boss", "supervisor", FOREIGN, &[]);
    assert!(said.contains("account enable"), "{said}");
    assert_eq!(desk.accounts().len(), 4);
}

#[test]
fn what_nobody_sees_is_in_no_name() {
    let desk = Desk::new();
    for (name, why) in [
        ("ad\u{200b}min", "看不见的字符（U+200B）"),
        ("admin\u{200d}", "看不见的字符（U+200D）"),
        ("\u{202e}nimda", "看不见的字符（U+202E）"),
        ("adm\u{2066}in", "看不见的字符（U+2066）"),
        ("adm\u{ad}in", "看不见的字符（U+00AD）"),
        ("adm\u{1b}[1min", "看不见的字符（U+001B）"),
        ("ad min", "空格"),
        ("\u{f90a}主任", "不能有"),
        ("\u{fb01}n", "不能有"),
        ("\u{661}\u{627}admin", "从右到左"),
        ("", "1 到 40 个字"),
    ] {
        let (status, said) = desk.adds(name, "volunteer", FOREIGN, &[]);
        assert!(status == 1 && said.contains(why), "{name:?}: {said}");
        assert!(said.contains("例如 周丽"), "it says what to do: {said}");
        // At the door it is nobody's either.
        refused(&desk.by(name, PASSWORD, &["account", "list"]));
    }
    assert_eq!(desk.accounts().len(), 1);
    let bare = Desk::bare();
    let mut init = bare.yizhan(&["init", "--station", "鱼洞", "--region", "500113"]);
    init.args(["--password-work", "least", "--admin", "ad\u{200b}min", "--password-file"])
        .arg(bare.file("password"));
    assert!(refused(&init.output().unwrap()).contains("U+200B"));
    assert!(!bare.data().join("keyring.toml").exists());
}

#[test]
fn every_door_knows_a_name_by_its_form() {
    let station = Station::new();
    let office = &station.office;
    let add = Command::AddKey { name: "ＶＯＬＵＮＴＥＥＲ".into(), key: KEY.into() };
    office.perform(&station.admin, add).unwrap();
    for typed in ["volunteer", "Volunteer", "ｖｏｌｕｎｔｅｅｒ"] {
        for origin in
            [Origin::Terminal, Origin::Socket, Origin::Cli, Origin::Ssh("192.0.2.7".into())]
        {
            let actor = office.sign_in(typed, PASSWORD, &origin).unwrap();
            assert_eq!((actor.account.as_str(), actor.role), ("volunteer", Role::Volunteer));
        }
        let far = Origin::Ssh("192.0.2.7".into());
        assert!(office.knows_key(typed, KEY));
        assert_eq!(office.sign_in_by_key(typed, KEY, &far).unwrap().account, "volunteer");
        let mut desk = station.session(80, 24);
        desk.signs_in(typed);
        assert_eq!(desk.who().as_deref(), Some("volunteer"));
    }
    let nobody = office.sign_in("volunteer\u{200b}", PASSWORD, &Origin::Socket);
    assert!(nobody.is_err() && !office.knows_key("volunteer\u{200b}", KEY));
    // At the process that owns the folder, for another.
    let desk = self::office();
    let _service = Service::start(desk.acting(&["serve"]));
    assert!(desk.by("ＡＤＭＩＮ", PASSWORD, &["account", "list"]).status.success());
    refused(&desk.by("\u{430}dmin", PASSWORD, &["account", "list"]));
}

#[test]
fn roles_are_typed_in_either_language() {
    let desk = Desk::new();
    for (name, typed, role) in [
        ("甲", "志愿者", "volunteer"),
        ("乙", "主管", "supervisor"),
        ("丙", "经审员", "auditor"),
        ("丁", "管理员", "administrator"),
        ("戊", "Supervisor", "supervisor"),
        ("己", "admin", "administrator"),
    ] {
        let (status, said) = desk.adds(name, typed, PASSWORD, &[]);
        assert_eq!(status, 0, "{typed}: {said}");
        assert_eq!(desk.account(name)["role"], role);
    }
    for (typed, meant) in
        [("superviser", "supervisor"), ("经审", "经审员"), ("volunter", "volunteer")]
    {
        let (status, said) = desk.adds("庚", typed, PASSWORD, &[]);
        assert!(status == 2 && said.contains(&format!("是不是“{meant}”")), "{said}");
        assert!(said.contains("did you mean") && said.contains("管理员"), "{said}");
    }
}

/// Everything a command line can ask of a station.
fn everything(desk: &Desk) -> Vec<Vec<&'static str>> {
    let row = format!("name,id_number\n关小雨,{}\n", id_number("19930715", 246));
    desk.write("people.csv", &row);
    desk.write("line.jsonl", "{\"create\":\"person\",\"fields\":{\"name\":\"张蕾\"}}\n");
    desk.write("more", "another password");
    [
        "find zl",
        "show BN-1",
        "history BN-1",
        "decide BN-1",
        "undo BN-1",
        "perform line.jsonl",
        "import person people.csv",
        "import person people.csv --dry-run",
        "export person",
        "export person --out out.csv",
        "backup out.yzb",
        "account list",
        "account add 冉光辉 --role volunteer --new-password-file more",
        "account enable 冉光辉 --new-password-file more",
        "account passwd admin --new-password-file more",
        "account disable admin",
        "account key list 周丽",
        "account key-file make key-file",
        "find zl --clock-is-right",
    ]
    .map(|line| line.split(' ').collect())
    .into()
}

#[test]
fn a_password_somebody_else_gave_opens_nothing_but_its_change() {
    for served in [false, true] {
        let desk = Desk::new();
        assert_eq!(desk.adds("周丽", "管理员", "given by admin", &[]).0, 0);
        let service = served.then(|| Service::start(desk.acting(&["serve"])));
        for args in everything(&desk) {
            let said = refused(&desk.by("周丽", "given by admin", &args));
            assert!(said.contains("yizhan account passwd 周丽"), "{args:?}: {said}");
        }
        assert!(!desk.file("out.csv").exists() && !desk.file("out.yzb").exists());
        assert_eq!(desk.accounts().len(), 2);
        assert_eq!(desk.account("周丽")["must_change"], true);
        let own = desk.write("own", "of her own");
        let change = ["account", "passwd", "周丽", "--new-password-file", shown(&own)];
        let changed = desk.by("周丽", "given by admin", &change);
        assert!(changed.status.success(), "{}", text(&changed.stderr));
        assert!(desk.by("周丽", "of her own", &["account", "list"]).status.success());
        refused(&desk.by("周丽", "given by admin", &["account", "list"]));
        drop(service);
    }
}

#[test]
fn a_given_password_opens_no_whole_folder_either() {
    let desk = Desk::new();
    assert_eq!(desk.adds("周丽", "管理员", "given by admin", &[]).0, 0);
    let draft = desk.write("draft.toml", "");
    for args in [
        &["serve"][..],
        &["verify"],
        &["rebuild"],
        &["replay", "hardship-eligibility", "--rules", shown(&draft)],
        &["decide", "BN-1", "--rules", shown(&draft)],
    ] {
        let said = refused(&desk.by("周丽", "given by admin", args));
        assert!(said.contains("yizhan account passwd 周丽"), "{args:?}: {said}");
    }
}

#[test]
fn a_given_password_does_not_open_a_locked_screen() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F12");
    let reset = Command::ChangePassword { name: "volunteer".into(), password: "given lamp".into() };
    station.office.perform(&station.admin, reset).unwrap();
    desk.types("given lamp").press("Enter").shows("别人设的").hides("要办的事");
    for typed in ["given lamp", "of my own", "of my own"] {
        desk.types(typed).press("Enter");
    }
    desk.shows("要办的事");
}

#[test]
fn a_new_password_does_not_bring_a_disabled_account_back() {
    let desk = Desk::new();
    assert_eq!(desk.adds("周丽", "志愿者", "first one", &["--no-change"]).0, 0);
    let open = desk.slots();
    desk.done(&["account", "disable", "周丽"]);
    assert_eq!(desk.slots(), open - 1);
    let second = desk.write("second", "second one");
    let with_second =
        |what: &str| desk.failed(&["account", what, "周丽", "--new-password-file", shown(&second)]);
    let (status, said) = with_second("passwd");
    assert!(status == 1 && said.contains("yizhan account enable 周丽"), "{said}");
    assert_eq!(desk.slots(), open - 1);
    for password in ["first one", "second one"] {
        refused(&desk.by("周丽", password, &["find", "zl"]));
    }
    // Enabling is not its own doing, nor that of who keeps no accounts.
    assert_eq!(desk.adds("boss", "主管", "of the chief", &["--no-change"]).0, 0);
    let enable = ["account", "enable", "周丽", "--new-password-file", shown(&second)];
    refused(&desk.by("boss", "of the chief", &enable));
    assert_eq!(desk.account("周丽")["disabled"], true);
    // Enabled, it has a new password, which is to be changed before anything else.
    assert_eq!(with_second("enable").0, 0);
    assert_eq!(desk.account("周丽")["must_change"], true);
    refused(&desk.by("周丽", "first one", &["find", "zl"]));
    assert!(refused(&desk.by("周丽", "second one", &["find", "zl"])).contains("passwd 周丽"));
    let third = desk.write("third", "third one");
    let change = ["account", "passwd", "周丽", "--new-password-file", shown(&third)];
    assert!(desk.by("周丽", "second one", &change).status.success());
    assert!(desk.by("周丽", "third one", &["find", "zl"]).status.success());
    let (status, said) = with_second("enable");
    assert!(status == 1 && said.contains("没有停用"), "{said}");
}

/// Changes that are on their way together leave the keyring as the last of them has it.
#[test]
fn a_password_on_its_way_opens_nothing_once_the_account_is_disabled() {
    let station = Station::new();
    let office: &Office = &station.office;
    let name = || "volunteer".to_string();
    let change =
        |password: &str| Command::ChangePassword { name: name(), password: password.into() };
    let enable =
        |password: &str| Command::EnableAccount { name: name(), password: password.into() };
    let disable = || Command::DisableAccount { name: name() };
    let opens = |password: &str| office.sign_in("volunteer", password, &Origin::Cli).is_ok();
    let id = office.store().scan("account", None, 99).unwrap().into_iter();
    let id = id.map(|stored| stored.record).find(|record| record.number == "volunteer").unwrap().id;
    let has_slot = || office.store().has_slot(yizhan::store::Owner::Account(id));
    for answer in office.perform_all(&station.admin, [change("second lamp"), disable()]) {
        answer.unwrap();
    }
    assert!(!has_slot());
    let both = [enable("third lamp"), disable(), enable("fourth lamp")];
    for answer in office.perform_all(&station.admin, both) {
        answer.unwrap();
    }
    assert!(
        opens("fourth lamp") && !opens("third lamp") && !opens("second lamp") && !opens(PASSWORD)
    );
    for answer in office.perform_all(&station.admin, [disable(), change("fifth lamp")]) {
        let _ = answer;
    }
    assert!(!has_slot() && !opens("fifth lamp"));
}

#[test]
fn the_new_password_is_asked_for_twice_and_not_shown() {
    for served in [false, true] {
        let desk = Desk::new();
        let service = served.then(|| Service::start(desk.acting(&["serve"])));
        let password = desk.file("password");
        let by = ["--as", "admin", "--password-file", shown(&password)];
        let at_terminal = |words: &[&str]| App::start(&desk, &[words, &by].concat());
        let mut window = at_terminal(&["account", "add", "周丽", "--role", "主管"]);
        window.wait_for("周丽 的新密码");
        window.press("Regenschirm7\r");
        window.wait_for("再输一次");
        window.press("Regenschirm8\r");
        window.wait_for("两次不一样");
        window.press("Regenschirm9\rRegenschirm9\r");
        window.wait_for("已建");
        assert_eq!(window.ended(), 0);
        assert!(!String::from_utf8_lossy(&window.seen).contains("schirm"));
        let account = desk.account("周丽");
        assert!(account["role"] == "supervisor" && account["must_change"] == true, "{account}");
        // It is the one typed twice, and changed the same way.
        let given = desk.write("given", "Regenschirm9");
        let by = ["--as", "周丽", "--password-file", shown(&given)];
        let mut window = App::start(&desk, &[&["account", "passwd", "周丽"], &by[..]].concat());
        window.wait_for("周丽 的新密码");
        window.press("Regenmantel10\rRegenmantel10\r");
        window.wait_for("密码已改");
        assert_eq!(window.ended(), 0);
        assert!(desk.by("周丽", "Regenmantel10", &["find", "zl"]).status.success());
        drop(service);
    }
    // A script without a terminal says where the password is.
    let desk = Desk::new();
    let (status, said) = desk.failed(&["account", "add", "周丽", "--role", "volunteer"]);
    assert!(status == 2 && said.contains("--new-password-file"), "{said}");
}

#[test]
fn an_account_may_name_its_person() {
    let desk = Desk::new();
    assert_eq!(desk.adds("周丽", "志愿者", PASSWORD, &["--no-change"]).0, 0);
    let (_, answers) = desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n");
    let number = answers[0]["number"].as_str().unwrap().to_string();
    let of = |name: &str| desk.account(name)["person"].clone();
    assert!(of("周丽").is_null());
    desk.done(&["account", "person", "周丽", &number]);
    assert_eq!(of("周丽"), number.as_str());
    assert!(desk.done(&["account", "list"]).contains(&number));
    let (status, said) = desk.failed(&["account", "person", "周丽", "BN-nobody"]);
    assert!(status == 1 && said.contains("BN-nobody"), "{said}");
    // It is not for the account itself to say, nor to unsay.
    for args in
        [["account", "person", "周丽", number.as_str()], ["account", "person", "周丽", "--none"]]
    {
        refused(&desk.by("周丽", PASSWORD, &args));
    }
    assert_eq!(of("周丽"), number.as_str());
    desk.done(&["account", "person", "周丽", "--none"]);
    assert!(of("周丽").is_null());
    assert_eq!(desk.failed(&["account", "person", "周丽"]).0, 2);
    // What scripts read is there as before, and this behind it.
    let before = ["name", "role", "disabled", "must_change", "keys", "signed_in", "person"];
    let fields = [&before[..], &["key", "given", "closed"]].concat();
    let account = desk.account("admin");
    let keys: Vec<&String> = account.as_object().unwrap().keys().collect();
    assert_eq!(keys, fields);
}

#[test]
fn a_station_without_two_supervisors_is_told_so() {
    let desk = Desk::bare();
    let init = desk.init().output().unwrap();
    let said = text(&init.stderr);
    assert!(said.contains("两名主管") && said.contains("上级工会"), "{said}");
    assert!(said.contains("yizhan account add"), "{said}");
    let station = Station::new();
    // The first day: one account, and how to make the next.
    let folder = tempfile::tempdir().unwrap();
    let (alone, _) = crate::stage::made(&folder.path().join("station"), station.clock.clone(), &[]);
    let hint = "还没有第二个账号";
    station.session_of(&alone, 80, 24).signs_in("admin").shows(hint).shows("两名主管");
    station.session(80, 24).signs_in("admin").hides(hint);
    let told = |name: &str| {
        let mut desk = station.session(80, 24);
        desk.signs_in(name);
        desk.screen().contains("两名主管")
    };
    assert!(told("admin") && told("supervisor") && !told("volunteer"));
    let add = |name: &str| Command::AddAccount {
        name: name.into(),
        role: Role::Supervisor,
        password: PASSWORD.into(),
        must_change: false,
    };
    station.office.perform(&station.admin, add("乙")).unwrap();
    assert!(!told("admin") && !told("supervisor"));
    station.office.perform(&station.admin, Command::DisableAccount { name: "乙".into() }).unwrap();
    assert!(told("admin"));
}

#[test]
fn accounts_are_kept_on_the_screen() {
    let station = Station::new();
    let office = &station.office;
    let mut desk = station.session(80, 24);
    desk.signs_in("admin").press("0 a").shows("共 4 个");
    // Made, with a slip in the second password, and under a name that will do.
    desk.press("n").types("Ａｄｍｉｎ").press("Enter").types("2").press("Enter");
    desk.types("secret lamp").press("Enter").types("secret lamp").press("Enter");
    desk.shows("“admin”已经有了").press("Ctrl-U").types("冉光辉").press("Enter Enter");
    desk.types("secret lamp").press("Enter").types("secret lam").press("Enter").shows("不一样");
    desk.press("Enter Enter")
        .types("secret lamp")
        .press("Enter")
        .types("secret lamp")
        .press("Enter");
    desk.shows("账号 冉光辉 已建").shows("共 5 个").shows("待改密码");
    let account = office.account("冉光辉").unwrap();
    assert!(account.role == Role::Supervisor && account.must_change && !account.disabled);
    office.sign_in("冉光辉", "secret lamp", &Origin::Terminal).unwrap();
    // A key is pasted, and removed by its fingerprint.
    marks(&mut desk, "冉光辉");
    desk.press("s").pastes(KEY).press("F10").shows("SHA256:hsawrJO35");
    assert!(office.knows_key("冉光辉", KEY));
    desk.press("x").shows("SHA256:hsawrJO35").press("Space F10");
    assert!(!office.knows_key("冉光辉", KEY));
    // Disabling is confirmed; a disabled one gets no password but by being enabled.
    desk.press("d").shows("不能再登录").press("Esc");
    assert!(!office.account("冉光辉").unwrap().disabled);
    desk.press("d Enter").shows("已停用");
    assert!(office.account("冉光辉").unwrap().disabled);
    desk.press("p").hides("再输一次");
    desk.press("e")
        .types("third lamp")
        .press("Enter")
        .types("third lamp")
        .press("Enter")
        .shows("已启用");
    let account = office.account("冉光辉").unwrap();
    assert!(!account.disabled && account.must_change);
    office.sign_in("冉光辉", "third lamp", &Origin::Terminal).unwrap();
    desk.press("p").types("fourth lamp").press("Enter").types("fourth lamp").press("Enter");
    office.sign_in("冉光辉", "fourth lamp", &Origin::Terminal).unwrap();
    // One's own password takes the old one.
    marks(&mut desk, "admin");
    desk.press("p").shows("现在的密码").press("Esc");
}

#[test]
fn the_person_of_an_account_is_named_on_the_screen() {
    let station = furnished::station();
    let person = furnished::person(&station, "周丽", 40);
    let number = station.office.record(person).unwrap().unwrap().number;
    let mut desk = station.session(120, 40);
    desk.signs_in("admin").press("0 a");
    marks(&mut desk, "volunteer");
    desk.press("i").types("BN-nobody").press("Enter").shows("没有编号");
    desk.press("i").types(&number).press("Enter").shows(&format!("周丽 {number}"));
    assert_eq!(station.office.account("volunteer").unwrap().person, Some(person));
    desk.press("i Ctrl-U Enter").hides(&number);
    assert_eq!(station.office.account("volunteer").unwrap().person, None);
    // Somebody's file is nobody's person.
    let file = furnished::found(&station, furnished::OTHERS[0], "hardship_file");
    let name = "volunteer".to_string();
    let wrong = Command::AccountPerson { name, person: Some(file) };
    assert!(station.office.perform(&station.admin, wrong).is_err());
}

/// Goes to the row of an account.
fn marks(desk: &mut Stage, name: &str) {
    desk.press("Ctrl-Home");
    for _ in 0..20 {
        if desk.screen().lines().any(|line| line.starts_with('▸') && line.contains(name)) {
            return;
        }
        desk.press("Down");
    }
    panic!("{name} is not there:\n{}", desk.screen());
}

#[test]
fn only_administrators_come_to_the_accounts() {
    let station = Station::new();
    for name in ["volunteer", "supervisor", "auditor"] {
        let mut desk = station.seated(Start { lang: Lang::En, ..start(80, 24) });
        desk.signs_in(name).press("0 G").hides("press a").press("a").hides("in all");
        desk.press("F1").hides("Accounts");
    }
    let mut desk = station.session_in(80, 24, Lang::En, false);
    desk.signs_in("admin").press("0 G").shows("press a").press("a").shows("4 in all");
    // Whoever sees the keys of a screen sees these.
    desk.press("F1");
    for title in ["New", "Disable", "Password", "Add key", "Person"] {
        desk.shows(title);
    }
}
