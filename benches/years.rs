//! Ten years of a busy station: 200,000 people and three million entries, and what it costs then to
//! open it, save, check, back up, make the table small and archive the journal.
//!
//! `cargo bench --bench years -- 20000` takes so many people, with fifteen entries each.

#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench that cannot measure has to stop

#[path = "station/mod.rs"]
mod station;

use station::{Station, bytes, run, size_of};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Entries each person has in the end, the making among them.
const ENTRIES: u32 = 15;

fn main() {
    let people = std::env::args().skip(1).find_map(|size| size.parse().ok()).unwrap_or(200_000);
    let folder = station::folder();
    let (csv, lines) = (folder.path().join("people.csv"), folder.path().join("lines.jsonl"));
    station::people(&csv, people);
    let years = Station::inside(&folder.path().join("years"));
    run("init", years.init());
    run("find, nobody there", years.acting(&["find", "王伟"]));
    run("import", years.acting(&["import", "person", csv.to_str().unwrap()]));
    println!("== {people} people, {} entries", people * ENTRIES);
    for round in 1..ENTRIES {
        amendments(&lines, people, round);
        let perform = years.acting(&["perform", lines.to_str().unwrap()]);
        if round + 1 == ENTRIES {
            run("the last year and a half", perform);
        } else {
            station::measure(perform);
        }
    }
    tell("grown", &years);
    run("open and find", years.acting(&["find", "王伟"]));
    fs::write(&lines, amendment(1, ENTRIES)).unwrap();
    run("open, find and save one", years.acting(&["perform", lines.to_str().unwrap()]));
    run("verify with an account", years.acting(&["verify"]));
    run("verify without a password", years.yizhan(&["verify"]));
    run("backup", years.acting(&["backup"]));
    run("rebuild --compact", years.acting(&["rebuild", "--compact"]));
    tell("compacted, with a backup", &years);
    run("open and find", years.acting(&["find", "王伟"]));

    let second = folder.path().join("second");
    fs::create_dir(&second).unwrap();
    run("backup --second", years.acting(&["backup", "--second", second.to_str().unwrap()]));
    run("archive", years.acting(&["archive"]));
    println!("  the archive: {}", bytes(size_of(&second)));
    run("archive, nothing new", years.acting(&["archive"]));
    run("verify, the archive too", years.acting(&["verify"]));
    run("history of one", years.acting(&["history", "BN-人-000007"]));
}

fn tell(when: &str, station: &Station) {
    let (journal, table) = (bytes(station.journal()), bytes(station.table()));
    println!(
        "  {when}: journal {journal}, table {table}, in all {}",
        bytes(size_of(&station.data))
    );
}

/// Another address for everybody, as lines of `perform`.
fn amendments(path: &Path, people: u32, round: u32) {
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    for n in 1..=people {
        out.write_all(amendment(n, round).as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

fn amendment(n: u32, round: u32) -> String {
    let mut line = String::new();
    let fields = format!(r#"{{"address":"新市街{}号{round}室"}}"#, n % 900 + 1);
    let _ = writeln!(line, r#"{{"amend":"BN-人-{n:06}","base":{round},"fields":{fields}}}"#);
    line
}
