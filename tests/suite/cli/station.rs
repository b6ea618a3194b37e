//! Making, opening, searching and keeping a station.

use super::{Desk, id_number, json_lines, shown, text};

#[test]
fn a_station_is_made_once_and_shows_its_recovery_key_once() {
    let desk = Desk::bare();
    let made = desk.init().arg("--json").output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let answer = &json_lines(&text(&made.stdout))[0];
    let key = answer["recovery_key"].as_str().unwrap();
    assert_eq!(key.split('-').map(str::len).collect::<Vec<_>>(), [4; 9]);
    for entry in std::fs::read_dir(desk.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let kept = std::fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&kept).contains(key), "{}", path.display());
        }
    }
    let again = desk.init().output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(!again.stderr.is_empty() && again.stdout.is_empty());

    // The key opens the station when the password is lost.
    let key_file = desk.write("key", key);
    let new = desk.write("new", "another lamp");
    let reset = ["account", "passwd", "admin", "--new-password-file", shown(&new)];
    let mut reset = desk.yizhan(&reset);
    assert!(reset.arg("--recovery-key-file").arg(&key_file).status().unwrap().success());
    assert_eq!(desk.failed(&["account", "list"]).0, 1);
    std::fs::write(desk.file("password"), "another lamp").unwrap();
    // Whoever had the paper chose this one: it opens nothing but its own change.
    assert_eq!(desk.failed(&["account", "list"]).0, 1);
    let own = desk.write("own", "Regenschirm9");
    desk.done(&["account", "passwd", "admin", "--new-password-file", shown(&own)]);
    std::fs::write(desk.file("password"), "Regenschirm9").unwrap();
    assert!(desk.done(&["account", "list"]).contains("admin"));
}

#[test]
fn accounts_have_roles_and_can_be_disabled() {
    let desk = Desk::new();
    let password = desk.file("password");
    let add = |name, role| {
        desk.done(&[
            "account",
            "add",
            name,
            "--role",
            role,
            "--new-password-file",
            shown(&password),
        ])
    };
    add("周丽", "volunteer");
    add("boss", "supervisor");
    let list = json_lines(&desk.done(&["account", "list", "--json"]));
    let of = |name| list.iter().find(|account| account["name"] == name).unwrap();
    assert_eq!(of("周丽")["role"], "volunteer");
    assert_eq!(of("admin")["role"], "administrator");
    desk.done(&["account", "disable", "周丽"]);
    let list = json_lines(&desk.done(&["account", "list", "--json"]));
    assert!(list.iter().any(|account| account["name"] == "周丽" && account["disabled"] == true));
    // The last administrator stays; a volunteer keeps no accounts; roles are checked by clap.
    assert_eq!(desk.failed(&["account", "disable", "admin"]).0, 1);
    let other = Desk { account: "boss".into(), ..desk };
    assert_eq!(other.failed(&["account", "list"]).0, 1);
    let (status, said) =
        other.failed(&["account", "add", "x", "--role", "king", "--new-password-file", "password"]);
    assert_eq!(status, 2);
    assert!(said.contains("volunteer"), "{said}");
}

#[test]
fn a_password_given_by_somebody_else_is_to_be_changed_unless_told_otherwise() {
    let desk = Desk::bare();
    let password = desk.file("password");
    let mut init = desk.yizhan(&["init", "--station", "鱼洞", "--region", "500113"]);
    init.args(["--password-work", "least", "--admin", "admin", "--password-file"]).arg(&password);
    assert!(init.output().unwrap().status.success());
    // Until then nothing else is done with it, see insiders::accounts.
    let new = desk.write("new", "another lamp");
    desk.done(&["account", "passwd", "admin", "--new-password-file", shown(&new)]);
    std::fs::write(&password, "another lamp").unwrap();
    for (name, more) in [("周丽", None), ("script", Some("--no-change"))] {
        let mut args = vec!["account", "add", name, "--role", "volunteer", "--new-password-file"];
        args.push(shown(&password));
        args.extend(more);
        desk.done(&args);
    }
    let must_change: Vec<String> = json_lines(&desk.done(&["account", "list", "--json"]))
        .iter()
        .filter(|account| account["must_change"] == true)
        .map(|account| account["name"].as_str().unwrap().to_string())
        .collect();
    assert_eq!(must_change, ["周丽"]);
}

#[test]
fn keys_are_added_listed_and_removed() {
    // Made by `ssh-keygen`, whose `-l` shows this fingerprint.
    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM11lxGnbiIAQ2mXRvINh6LQN5tq+RhxN5FZKugxG5wh home desk\n";
    const PRINT: &str = "SHA256:hsawrJO35GIviI3y3sP6APtvFF7XvRJOKhKGXCuUfjo";
    let desk = Desk::new();
    let file = desk.write("id_ed25519.pub", KEY);
    assert!(desk.done(&["account", "key", "add", "admin", shown(&file)]).contains(PRINT));
    let listed = json_lines(&desk.done(&["account", "key", "list", "admin", "--json"]));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["fingerprint"], PRINT);
    assert_eq!(listed[0]["type"], "ssh-ed25519");
    assert_eq!(listed[0]["comment"], "home desk");
    assert!(desk.done(&["account", "key", "list", "admin"]).contains(PRINT));
    let private = desk.write("id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
    let (status, said) = desk.failed(&["account", "key", "add", "admin", shown(&private)]);
    assert!(status == 1 && said.contains(".pub"), "{said}");
    assert_eq!(desk.failed(&["account", "key", "list", "nobody"]).0, 1);
    desk.done(&["account", "key", "remove", "admin", PRINT]);
    assert_eq!(desk.failed(&["account", "key", "remove", "admin", PRINT]).0, 1);
    assert!(desk.done(&["account", "key", "list", "admin", "--json"]).is_empty());
}

#[test]
fn records_are_found_shown_masked_and_have_a_history() {
    let desk = Desk::new();
    let number = id_number("19930715", 246);
    let (status, answers) = desk.perform(&format!(
        "{{\"create\":\"person\",\"fields\":{{\"name\":\"欧阳靖雯\",\"id_number\":\"{number}\",\"phone\":\"13812345678\"}}}}\n"
    ));
    assert_eq!(status, 0, "{answers:?}");
    let person = answers[0]["number"].as_str().unwrap();
    for typed in ["欧阳", "ouyang", "oyjw", "5678", person, &number] {
        let found = json_lines(&desk.done(&["find", typed, "--json"]));
        assert_eq!(found.len(), 1, "{typed}");
        let keys: Vec<&String> = found[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["number", "kind", "title", "state"]);
        assert_eq!(found[0]["number"], person, "{typed}");
        assert_eq!(found[0]["title"], "欧阳靖雯");
    }
    assert_eq!(desk.done(&["find", "欧阳", "--kind", "hardship_file", "--json"]), "");
    assert_eq!(desk.failed(&["find", "欧阳", "--kind", "nobody"]).0, 1);
    for args in [&["show", person][..], &["show", person, "--json"], &["show", &number]] {
        let shown = desk.done(args);
        assert!(shown.contains("欧阳靖雯") && shown.contains("500199"), "{shown}");
        assert!(!shown.contains(&number) && !shown.contains("13812345678"), "{shown}");
    }
    let history = json_lines(&desk.done(&["history", person, "--json"]));
    assert_eq!(history[0]["by"], "admin");
    assert_eq!(history[0]["command"], "create");
    assert!(!history.iter().any(|event| event.to_string().contains(&number)));
    let (status, said) = desk.failed(&["show", "BN-困-2025-99999"]);
    assert_eq!(status, 1);
    assert!(said.contains("BN-困-2025-99999") && said.contains("yizhan find"), "{said}");
}

#[test]
fn a_wrong_password_is_refused_and_soon_has_to_wait() {
    let desk = Desk::new();
    let right = desk.file("password");
    let wrong = desk.write("wrong", "not it");
    let try_with = |file| {
        let mut command = desk.yizhan(&["account", "list", "--as", "admin", "--lang", "en"]);
        let output = command.arg("--password-file").arg(file).output().unwrap();
        (output.status.code().unwrap(), text(&output.stderr))
    };
    let wait_of = |said: &str| -> Option<u64> {
        let (_, rest) = said.split_once("wait ")?;
        rest.split(' ').next()?.parse().ok()
    };
    // The waits double, so however slow the machine they are met in the end.
    for _ in 0..2000 {
        let (status, said) = try_with(&wrong);
        assert_eq!(status, 1);
        if wait_of(&said).is_some_and(|seconds| seconds >= 4) {
            let (status, said) = try_with(&right);
            assert_eq!(status, 1, "the right password has to wait too");
            assert!(wait_of(&said).is_some(), "{said}");
            return;
        }
    }
    panic!("two thousand attempts and never a wait");
}

#[test]
fn folders_that_will_not_do_are_named() {
    let desk = Desk::bare();
    let (status, said) = desk.failed(&["find", "x"]);
    assert_eq!(status, 1);
    assert!(said.contains("yizhan init"), "{said}");
    // A folder below a file can never be made.
    let file = desk.write("file", "");
    let mut init = desk.init();
    let output = init.arg("--data").arg(file.join("below")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "--data was given twice");
    std::fs::write(desk.data(), "in the way").unwrap();
    let output = desk.init().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stderr.is_empty());
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::bare();
    let closed = desk.file("data");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser writes anywhere; there is nothing to see then.
    if std::fs::write(closed.join("probe"), "").is_ok() {
        return;
    }
    let output = desk.init().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stderr.is_empty());
}

#[test]
fn another_format_version_is_named_and_nothing_touched() {
    let desk = Desk::new();
    let path = desk.data().join("station.toml");
    let station = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, station.replace("format = 4", "format = 99")).unwrap();
    for args in [&["find", "x"][..], &["verify"], &["rebuild"]] {
        let (status, said) = desk.failed(args);
        assert_eq!(status, 1);
        assert!(said.contains("99"), "{said}");
    }
}

#[test]
fn a_backup_comes_back_whole() {
    let desk = Desk::new();
    let (_, answers) = desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n");
    let number = answers[0]["number"].as_str().unwrap();
    let file = desk.file("station.yzb");
    desk.done(&["backup", shown(&file)]);
    let head = json_lines(&desk.done(&["verify", "--json"]))[0]["head"].clone();
    let (status, _) = desk.failed(&["restore", shown(&file)]);
    assert_eq!(status, 1, "the folder is not empty");
    std::fs::rename(desk.data(), desk.file("before")).unwrap();
    desk.done(&["restore", shown(&file)]);
    assert!(desk.done(&["find", "周丽", "--json"]).contains(number));
    assert!(json_lines(&desk.done(&["verify", "--json"]))[0]["ok"] == true);
    desk.done(&["rebuild"]);
    // What was signed after the backup is not in it: the hash is missed.
    let head = head.as_str().unwrap();
    let (status, said) = desk.failed(&["verify", "--head", head, "--lang", "en"]);
    assert_eq!(status, 1, "{said}");
    let damaged = desk.write("damaged.yzb", "no backup");
    std::fs::rename(desk.data(), desk.file("restored")).unwrap();
    assert_eq!(desk.failed(&["restore", shown(&damaged)]).0, 1);
}

#[test]
fn the_chain_is_checked_without_any_key() {
    let desk = Desk::new();
    let check = |args: &[&str]| {
        let output = desk.yizhan(args).output().unwrap();
        (output.status.code().unwrap(), json_lines(&text(&output.stdout)))
    };
    let (status, report) = check(&["verify", "--json"]);
    assert_eq!(
        (status, &report[0]["ok"], &report[0]["contents"]),
        (0, &true.into(), &false.into())
    );
    let head = report[0]["head"].as_str().unwrap().to_string();
    assert_eq!(check(&["verify", "--json", "--head", &head]).0, 0);
    assert_eq!(check(&["verify", "--json", "--head", &"0".repeat(64)]).0, 1);
    assert_eq!(check(&["verify", "--head", "no hash"]).0, 2);
}

#[test]
fn tools_work_without_any_station() {
    let desk = Desk::bare();
    let plain = |args: &[&str]| {
        let output = desk.yizhan(args).output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (status, out, _) = plain(&["packs", "check"]);
    assert_eq!((status, out.lines().count()), (0, 1), "{out}");
    // 国办发明电〔2024〕12号: in 2025 five weekend days are worked; 1 October is a Wednesday.
    let (_, out, _) = plain(&["calendar", "2025", "--json"]);
    let days = json_lines(&out);
    assert_eq!(days.iter().filter(|day| day["kind"] == "work").count(), 5);
    assert!(days.iter().any(|day| day["date"] == "2025-10-01" && day["kind"] == "off"));
    assert!(days.iter().any(|day| day["date"] == "2025-10-11" && day["kind"] == "work"));
    assert_eq!(plain(&["calendar", "1990"]).0, 1);
    // 2025-10-01 to 08 are off and Saturday the 11th is worked: 29, 30, 9, 10, 11.
    let (_, out, _) = plain(&["due", "2025-09-28", "5", "--working", "--json"]);
    assert_eq!(json_lines(&out)[0]["date"], "2025-10-11");
    // Fifteen days after 3 March 2025.
    let (_, out, _) = plain(&["due", "2025年3月3日", "15", "--lang", "en"]);
    assert!(out.starts_with("2025-03-18"), "{out}");
    assert_eq!(plain(&["due", "2025-02-30", "5"]).0, 2);
    assert_eq!(plain(&["due", "2025-03-03"]).0, 2);
    let (status, out, _) = plain(&["completions", "bash"]);
    assert!(status == 0 && out.contains("yizhan"));
    let (status, out, _) = plain(&["man"]);
    assert!(status == 0 && out.contains(".TH yizhan"));
    let (status, _, said) = plain(&[]);
    assert_eq!(status, 1);
    assert!(said.contains("终端"), "{said}");
    assert_eq!(plain(&["fly"]).0, 2);
    assert_eq!(plain(&["account", "key", "add", "admin"]).0, 2);
}

#[test]
fn problems_of_an_offices_own_files_are_listed_by_line() {
    let desk = Desk::bare();
    desk.write("own/calendar/2027.toml", "yaer = 2027\n");
    desk.write("own/policy/draft.toml", "[[parameter]]\nid = \"x\"\nunit = \"ratoi\"\n");
    let own = desk.file("own");
    let output = desk.yizhan(&["packs", "check", shown(&own)]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let out = text(&output.stdout);
    assert!(out.lines().any(|line| line.contains("2027.toml:1: ")), "{out}");
    assert!(
        out.lines().any(|line| line.contains("draft.toml:3: ") && line.contains("ratio")),
        "{out}"
    );
    let missing = desk.file("nothing");
    assert_eq!(
        desk.yizhan(&["packs", "check", shown(&missing)]).output().unwrap().status.code(),
        Some(1)
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let desk = Desk::bare();
    let mut command = desk.yizhan(&["calendar", "2025"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}
