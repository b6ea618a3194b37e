//! What the screens look like, kept as text and read by people.

use crate::furnished;
use crate::stage::{PASSWORD, Stage, Station};
use insta::assert_snapshot;
use yizhan::program::Role;
use yizhan::words::Lang;

/// Takes out what differs from run to run: the folder, fingerprints, and what depends on random salts.
fn steady(station: &Station, screen: &str) -> String {
    let mut out = String::new();
    for line in screen.replace(&station.office.folder(), "[folder]").lines() {
        // A backup's size depends on what was drawn at random.
        let sized = line.split_once(" KB").filter(|_| line.contains(".yzb"));
        let line = sized.map_or(line.to_string(), |(before, after)| {
            format!("{}## KB{after}", before.trim_end_matches(|c: char| c.is_ascii_digit()))
        });
        let mut words: Vec<String> = Vec::new();
        let mut after_chain = false;
        for word in line.split(' ') {
            let alone = line.trim() == word;
            let hex = word.len() >= 6 && word.bytes().all(|b| b.is_ascii_hexdigit());
            let hashed = word.rsplit_once('@').is_some_and(|(_, hash)| hash.len() >= 6);
            let long = hex && (alone || word.len() >= 32);
            let bare = word.split('\u{3000}').next().unwrap_or_default();
            let groups: Vec<&str> = bare.split('-').collect();
            let four =
                |group: &&str| group.bytes().all(|b| b.is_ascii_hexdigit()) && group.len() <= 4;
            // A key's, whole, cut at the edge, or its beginning.
            let print = match groups[..] {
                [first, second] => first.len() == 4 && second.len() == 4,
                _ => groups.len() == 8,
            };
            words.push(match word {
                _ if print && groups.iter().all(four) => word.replace(bare, "####-####"),
                _ if hex && (after_chain || long) => "#".repeat(word.len()),
                _ if hashed => format!("{}@####", word.rsplit_once('@').unwrap().0),
                _ => word.to_string(),
            });
            after_chain = matches!(word, "链" | "chain");
        }
        out += &words.join(" ");
        out.push('\n');
    }
    out
}

/// Walks through the product and shows each screen to `show`.
fn tour(station: &Station, desk: &mut Stage, mut show: impl FnMut(&str, &mut Stage)) {
    show("sign-in", desk);
    desk.signs_in("volunteer");
    show("home", desk);
    desk.press("F2").types("jing");
    show("find", desk);
    desk.press("Ctrl-U").types("欧阳靖雯").press("Enter");
    show("person", desk);
    desk.press("Esc F2").types(furnished::NEWCOMER).press("Enter F3 Enter");
    show("form", desk);
    desk.press("Enter").types("张伟").press("Enter").types("po").press("Enter");
    desk.types("500199199103104280").press("Enter").types("2600");
    show("form-table", desk);
    desk.press("Enter Enter").types("五万二").press("Enter");
    show("form-unreadable", desk);
    desk.press("F10");
    show("form-errors", desk);
    desk.press("Esc Esc F6");
    show("drafts", desk);
    desk.press("Esc F2").types(furnished::NEWCOMER).press("Enter F3 Enter");
    desk.types("3")
        .press("Enter Enter")
        .types("5.2万")
        .press("Enter")
        .types("22000")
        .press("Enter")
        .types("6")
        .press("Enter");
    desk.types("3 4").press("F10");
    show("submit", desk);
    desk.press("Esc Ctrl-O").signs_in("supervisor").press("F4");
    desk.pause();
    show("queue", desk);
    desk.press("Ctrl-Home");
    while !desk.screen().lines().any(|line| line.starts_with('▸') && line.contains("欧阳靖雯"))
    {
        desk.press("Down");
    }
    desk.pause().press("Enter");
    show("review", desk);
    desk.press("r");
    show("return", desk);
    desk.press("Esc d");
    show("decline", desk);
    desk.press("Esc F7");
    show("sheet", desk);
    desk.press("Tab PageDown");
    show("sheet-clauses", desk);
    desk.press("Esc h");
    show("history", desk);
    desk.press("Esc F1");
    show("help", desk);
    desk.press("Esc F9").types("t");
    show("palette", desk);
    desk.press("Esc F8");
    show("reveal", desk);
    desk.press("Esc F12");
    show("locked", desk);
    desk.types(PASSWORD).press("Enter 0");
    show("system", desk);
    assert!(!station.office.station_name().is_empty());
}

#[test]
fn at_80_columns() {
    let station = furnished::station_with_newcomer();
    tour(&station, &mut station.session(80, 24), |name, desk| {
        assert_snapshot!(format!("zh-80-{name}"), steady(&station, &desk.screen()));
    });
}

#[test]
fn at_120_columns() {
    let station = furnished::station_with_newcomer();
    tour(&station, &mut station.session(120, 40), |name, desk| {
        assert_snapshot!(format!("zh-120-{name}"), steady(&station, &desk.screen()));
    });
}

#[test]
fn in_english() {
    let station = furnished::station_with_newcomer();
    tour(&station, &mut station.session_in(80, 24, Lang::En, false), |name, desk| {
        assert_snapshot!(format!("en-80-{name}"), steady(&station, &desk.screen()));
    });
}

/// Without colour every state still shows: reverse `⟦⟧`, bold `**`, underlined `__`.
#[test]
fn without_colour() {
    let station = furnished::station_with_newcomer();
    tour(&station, &mut station.session_in(80, 24, Lang::Zh, true), |name, desk| {
        if matches!(name, "form-errors" | "queue" | "review") {
            assert_snapshot!(format!("mono-80-{name}"), steady(&station, &desk.marked()));
        }
    });
}

/// A walk that shows each screen on its way.
type Tour = fn(&Station, &mut Stage, &mut dyn FnMut(&str, &mut Stage));

/// Walks in both sizes, in both languages and without colour, and keeps what is seen.
fn on_every_screen(tour: Tour) {
    for (name, size, lang, mono) in [
        ("zh-80", (80, 24), Lang::Zh, false),
        ("zh-120", (120, 40), Lang::Zh, false),
        ("en-80", (80, 24), Lang::En, false),
        ("mono-80", (80, 24), Lang::Zh, true),
    ] {
        let station = furnished::station_with_newcomer();
        let mut desk = station.session_in(size.0, size.1, lang, mono);
        tour(&station, &mut desk, &mut |step, desk| {
            let screen = if mono { desk.marked() } else { desk.screen() };
            assert_snapshot!(format!("{name}-{step}"), steady(&station, &screen));
        });
    }
}

/// The library of rules, and a new value on its way.
fn rules_tour(station: &Station, desk: &mut Stage, mut show: impl FnMut(&str, &mut Stage)) {
    desk.signs_in("admin").press("z");
    show("rules", desk);
    desk.press("Tab").types("2016");
    show("rules-found", desk);
    desk.press("Down Enter");
    show("rules-clause", desk);
    desk.press("Esc Ctrl-U Tab Tab");
    show("rules-to-confirm", desk);
    desk.press("Tab").types("dbbz").press("Enter");
    show("rules-parameter", desk);
    desk.press("F3").types("790");
    show("rules-new-value", desk);
    desk.press("Enter Enter Enter").types("9").press("F10");
    desk.hears_one_of(station, &["共试算", "decided anew"]);
    show("rules-trial", desk);
}

#[test]
fn the_rules_on_every_screen() {
    on_every_screen(|station, desk, show| rules_tour(station, desk, show));
}

/// The accounts, as the administrator keeps them.
fn accounts_tour(station: &Station, desk: &mut Stage, mut show: impl FnMut(&str, &mut Stage)) {
    desk.signs_in("admin");
    show("home-admin", desk);
    desk.press("0 G");
    show("system-accounts", desk);
    desk.press("a");
    show("accounts", desk);
    desk.press("n").types("周丽").press("Enter").types("2").press("Enter");
    show("account-new", desk);
    desk.types("secret lamp").press("Enter").types("secret lamp").press("Enter G");
    desk.press("s").pastes(crate::accounts::KEY);
    show("account-key", desk);
    desk.press("F10 d");
    show("account-disable", desk);
    desk.press("Enter");
    show("accounts-disabled", desk);
    desk.press("F1");
    show("accounts-help", desk);
    assert!(station.office.account("周丽").is_some_and(|account| account.disabled));
}

#[test]
fn the_accounts_at_80_columns() {
    let station = furnished::station_with_newcomer();
    accounts_tour(&station, &mut station.session(80, 24), |name, desk| {
        assert_snapshot!(format!("zh-80-{name}"), steady(&station, &desk.screen()));
    });
}

#[test]
fn the_accounts_in_english() {
    let station = furnished::station_with_newcomer();
    accounts_tour(&station, &mut station.session_in(80, 24, Lang::En, false), |name, desk| {
        assert_snapshot!(format!("en-80-{name}"), steady(&station, &desk.screen()));
    });
}

/// What the evidence asks of people: erasing, restoring, the recovery key, heads that are missing.
fn evidence_tour(station: &Station, desk: &mut Stage, mut show: impl FnMut(&str, &mut Stage)) {
    station.add("admin2", Role::Administrator);
    let opens = |desk: &mut Stage, who: &str| {
        desk.signs_in(who).press("F2").types(furnished::NEWCOMER).press("Enter");
    };
    opens(desk, "admin");
    desk.press("x");
    show("erase-ask", desk);
    desk.types("1").press("F10 x");
    show("erase-drop", desk);
    desk.press("Esc Ctrl-O");
    opens(desk, "admin2");
    desk.press("x");
    show("erase", desk);
    desk.press("Enter");
    show("erase-sure", desk);
    desk.press("2 Enter");
    show("erased", desk);
    station.office.store().back_up_now();
    desk.press("Enter Ctrl-O").signs_in("admin").press("0 r");
    show("restore", desk);
    desk.press("Esc Esc y");
    show("recovery-key", desk);
    // What the stick has written down is not in the journal any more.
    let stick = tempfile::tempdir().unwrap();
    station.office.name_second_place(&station.admin, Some(stick.path())).unwrap();
    let heads = std::fs::read_dir(stick.path()).unwrap().next().unwrap().unwrap().path();
    let told = std::fs::read_to_string(&heads).unwrap();
    let other = |line: &str| match line.starts_with("hash") {
        true => format!("hash = \"{}\"\n", "0".repeat(64)),
        false => format!("{line}\n"),
    };
    std::fs::write(&heads, told.lines().map(other).collect::<String>()).unwrap();
    station.office.look_at_backups();
    desk.press("Esc Ctrl-O").pause();
    show("heads-sign-in", desk);
    desk.types("admin").press("Enter").types(PASSWORD).press("Enter");
    show("heads", desk);
    desk.press("1 Enter");
    show("heads-home", desk);
}

#[test]
fn the_evidence_on_every_screen() {
    on_every_screen(|station, desk, show| evidence_tour(station, desk, show));
}
