//! Other loads than people alone: a membership each, hardship files with all their moves, and further
//! entries. What each costs a record, beside what people alone cost in the same run.
//!
//! `cargo bench --bench loads -- 100000` takes so many people, a million where no number is given;
//! two million are a load of their own. `memberships`, `entries` or `files` measure only that. Budget: a record costs at most 1.1 × what one of a million
//! people costs. Opening and checking are measured beyond what an empty station takes for them, the
//! password among it; memory is the peak of `find` once the password is done, beyond that of an empty
//! station too.
//!
//! What is read and kept entry by entry, the journal and its check, is told for an entry as well: a
//! file with ten moves is one record and eleven entries, five of them with a decision sheet.

#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench that cannot measure has to stop

mod files;
#[path = "../station/mod.rs"]
mod station;

use files::Made;
use station::{Station, Taken, measure};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The loads beside people alone; named as arguments, only those are measured.
const MEMBERSHIPS: &str = "memberships";
const ENTRIES: &str = "entries";
const FILES: &str = "files";
const LOADS: [&str; 3] = [MEMBERSHIPS, ENTRIES, FILES];
/// A station of so many people has a hardship file for one in five.
const PEOPLE_A_FILE: u32 = 5;
/// Each measurement but the making is the least of so many.
const TIMES: usize = 3;
const MOST_TIMES: usize = 30;
const BUDGET: f64 = 1.1;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let size = asked.iter().find_map(|size| size.parse().ok()).unwrap_or(1_000_000);
    let names: Vec<&str> =
        LOADS.into_iter().filter(|name| asked.iter().any(|word| word == name)).collect();
    let wanted = |load: &str| names.is_empty() || names.contains(&load);
    let folder = station::folder();
    let at = |name: &str| folder.path().join(name);
    let csv = at("people.csv");
    station::people(&csv, size);

    let base = Station::inside(&at("base"));
    init(&base);
    let mut told = Told { nobody: Looks::at(&base), base: None };
    let mut made = told.import(&base, "person", &csv);
    told.tell("people", &base, (size, size), made);

    if wanted(MEMBERSHIPS) {
        let members = Station::inside(&at("members"));
        init(&members);
        let both = told.import(&members, "person", &csv) + with_memberships(&told, &members, &csv);
        told.tell("people, a membership each", &members, (2 * size, 2 * size), both);
        fs::remove_dir_all(at("members")).unwrap();
    }
    if wanted(ENTRIES) {
        made = made + further_entries(&told, &base, size);
        told.tell("people, another entry each", &base, (size, 2 * size), made);
    }
    fs::remove_dir_all(at("base")).unwrap();
    if wanted(FILES) {
        let households = Station::inside(&at("files"));
        init(&households);
        let files = size / PEOPLE_A_FILE;
        let heads = at("heads.csv");
        station::people(&heads, files);
        let (written, entries) =
            files::write(&households, || told.import(&households, "person", &heads));
        told.tell("hardship files, ten moves each", &households, (2 * files, entries), written);
    }
}

fn init(station: &Station) {
    done("init", station.init());
}

/// Runs what has to succeed.
fn done(what: &str, command: Command) -> Taken {
    let taken = measure(command);
    assert_eq!(taken.code, 0, "{what}");
    taken
}

/// What finding somebody and checking everything take, the least of several times.
#[derive(Clone, Copy)]
struct Looks {
    find: Duration,
    peak: u64,
    verify: Duration,
}

impl Looks {
    fn at(station: &Station) -> Self {
        let find = || {
            let mut find = station.acting(&["find", "王伟"]);
            // Of an empty station it says that there is nobody.
            find.stderr(Stdio::null());
            done("find", find)
        };
        // Where nobody is there it may be over before anybody has looked behind the password.
        let seen = (0..MOST_TIMES).map(|_| find()).filter(|taken| taken.after_password.is_some());
        let found: Vec<Taken> = seen.take(TIMES).collect();
        let verified = (0..TIMES).map(|_| done("verify", station.acting(&["verify"])));
        Self {
            find: found.iter().map(|taken| taken.wall).min().unwrap(),
            peak: found.iter().filter_map(|taken| taken.after_password).min().unwrap(),
            verify: verified.map(|taken| taken.wall).min().unwrap(),
        }
    }
}

/// What is measured of a load, in the order of the table: its heading, its unit, and whether it goes
/// by entries.
const COLUMNS: [(&str, &str, bool); 7] = [
    ("making", "µs", true),
    ("written", "B", true),
    ("journal", "B", true),
    ("table", "B", false),
    ("find", "µs", false),
    ("peak", "B", false),
    ("verify", "µs", true),
];

/// What has been measured so far.
struct Told {
    nobody: Looks,
    /// Each column for one of the people alone.
    base: Option<[f64; COLUMNS.len()]>,
}

impl Told {
    /// Takes a list in; beyond the password.
    fn import(&self, station: &Station, kind: &str, list: &Path) -> Made {
        self.beyond(done(kind, station.acting(&["import", kind, list.to_str().unwrap()])))
    }

    fn beyond(&self, taken: Taken) -> Made {
        Made { wall: taken.wall.saturating_sub(self.nobody.find), written: taken.written }
    }

    /// Measures a load and prints its lines; the first is what the others are held against.
    fn tell(&mut self, what: &str, station: &Station, (records, entries): (u32, u32), made: Made) {
        let (journal, table) = (station.journal(), station.table());
        let looks = Looks::at(station);
        let micros = |time: Duration, nobody| time.saturating_sub(nobody).as_secs_f64() * 1e6;
        let all = [
            micros(made.wall, Duration::ZERO),
            made.written as f64,
            journal as f64,
            table as f64,
            micros(looks.find, self.nobody.find),
            looks.peak.saturating_sub(self.nobody.peak) as f64,
            micros(looks.verify, self.nobody.verify),
        ];
        let record = all.map(|figure| figure / f64::from(records));
        let entry = all.map(|figure| figure / f64::from(entries));
        if self.base.is_none() {
            let heads: Vec<String> =
                COLUMNS.iter().map(|(head, ..)| format!("{head:>18}")).collect();
            println!("{:<32}{}", "", heads.concat());
        }
        let base = *self.base.get_or_insert(record);
        println!("{what}: {records} records, {entries} entries");
        println!("{:<32}{}", "  a record", cells(&record, &base, true));
        if records != entries {
            println!("{:<32}{}", "  an entry", cells(&entry, &base, false));
        }
    }
}

/// Each figure with its ratio to the base; those over the budget have a mark.
fn cells(figures: &[f64], base: &[f64], of_record: bool) -> String {
    let mut line = String::new();
    for (((_, unit, by_entry), figure), base) in COLUMNS.iter().zip(figures).zip(base) {
        let ratio = figure / base;
        let over = if ratio > BUDGET { '!' } else { ' ' };
        let cell = format!("{figure:.1} {unit} {ratio:.2}×{over}");
        let shown = if of_record || *by_entry { cell.as_str() } else { "" };
        let _ = write!(line, "{shown:>18}");
    }
    line
}

/// Memberships are of a kind the program has none of yet: this pack brings it. Its fields go by names
/// the store writes by a number, as those of a pack that comes with the program do.
const PACK: &str = r#"
[pack]
id = "members"
title = { zh = "会籍", en = "Memberships" }
area = "membership"

[kind.membership]
code = 900
title = { zh = "会籍", en = "Membership" }
number = "{station}-会-{seq:06}"
shows = ["number", "member.name", "union", "signed_on"]
person = "member"
search = { numbers = ["worker_no"] }

[[kind.membership.section]]
id = "membership"
title = { zh = "会籍", en = "Membership" }
field = [
  { id = "member", type = "reference", kind = "person", required = "always", title = { zh = "会员", en = "Member" } },
  { id = "worker_no", type = "text", max = 20, title = { zh = "会员证号", en = "Card" } },
  { id = "union", type = "text", max = 80, title = { zh = "所在工会", en = "Union" } },
  { id = "signed_on", type = "date", title = { zh = "入会日期", en = "Joined on" } },
]
"#;

/// A membership for everybody of the list, taken in as a list of its own.
fn with_memberships(told: &Told, station: &Station, people: &Path) -> Made {
    let programs = station.data.join("programs");
    fs::create_dir_all(&programs).unwrap();
    fs::write(programs.join("members.toml"), PACK).unwrap();
    done("adopt", station.acting(&["packs", "adopt", "--yes"]));
    let list = people.with_file_name("members.csv");
    let mut out = BufWriter::new(fs::File::create(&list).unwrap());
    writeln!(out, "姓名,身份证号,会员证号,所在工会,入会日期").unwrap();
    let people = BufReader::new(fs::File::open(people).unwrap()).lines().skip(1);
    for (n, person) in people.enumerate() {
        let person = person.unwrap();
        let who: Vec<&str> = person.splitn(3, ',').take(2).collect();
        let (name, id, union, year) = (who[0], who[1], n % 300 + 1, 1990 + n % 35);
        writeln!(out, "{name},{id},50{n:010},鱼洞街道第{union}工会,{year}-05-01").unwrap();
    }
    out.flush().unwrap();
    told.import(station, "membership", &list)
}

/// A new phone for everybody, each an entry of its own, as lines of `perform`.
fn further_entries(told: &Told, station: &Station, people: u32) -> Made {
    let lines = station.data.with_file_name("phones.jsonl");
    let mut out = BufWriter::new(fs::File::create(&lines).unwrap());
    for n in 0..people {
        let number = n + 1;
        let fields = format!(r#"{{"phone":"139{n:08}"}}"#);
        writeln!(out, r#"{{"amend":"BN-人-{number:06}","base":1,"fields":{fields}}}"#).unwrap();
    }
    out.flush().unwrap();
    told.beyond(done("perform", station.acting(&["perform", lines.to_str().unwrap()])))
}
