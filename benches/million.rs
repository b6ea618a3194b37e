//! A station of many people, as an office would meet it: a CSV taken in by the built program, what it
//! weighs, and how soon somebody is found afterwards; beside it `sqlite3` with the same file.
//!
//! `cargo bench --bench million -- 10000 100000 1000000` measures these sizes, a million where none is
//! named. What is beside is measured in the same run, since machines differ from hour to hour.

#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench that cannot measure has to stop

mod station;

use station::{Station, bytes, folder, people, run, size_of, sizes};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    for size in sizes() {
        let folder = folder();
        let csv = folder.path().join("people.csv");
        people(&csv, size);
        println!("== {size} people, {}", bytes(fs::metadata(&csv).unwrap().len()));
        measured(&Station::inside(folder.path()), &csv);
        sqlite(folder.path(), &csv);
        visidata(&csv);
    }
}

/// One station from the file, measured step by step.
fn measured(station: &Station, csv: &Path) {
    run("init", station.init());
    // What opening costs anyway: the password.
    let empty = run("find, nobody there", station.acting(&["find", "王伟"]));
    let csv = csv.to_str().unwrap();
    let import = run("import with checks", station.acting(&["import", "person", csv]));
    println!("  after the password {:.2?}", import.saturating_sub(empty));
    tell_sizes("before a backup", station);
    run("backup", station.acting(&["backup"]));
    tell_sizes("with one backup", station);
    let found = run("find with nobody in", station.acting(&["find", "王伟"]));
    println!("  after the password {:.2?}", found.saturating_sub(empty));
    run("verify with an account", station.acting(&["verify"]));
    run("verify without a password", station.yizhan(&["verify"]));
    run("rebuild --compact", station.acting(&["rebuild", "--compact"]));
    tell_sizes("compacted", station);
}

fn tell_sizes(when: &str, station: &Station) {
    let (journal, records) = (bytes(station.journal()), bytes(station.table()));
    let backup = bytes(size_of(&station.data.join("backup")));
    let all = bytes(size_of(&station.data));
    println!("  disk {when}: {all} (journal {journal}, table {records}, backup {backup})");
}

/// The same file in sqlite: one unique and two plain indexes.
fn sqlite(folder: &Path, csv: &Path) {
    let db = folder.join("people.sqlite");
    let mut command = Command::new("sqlite3");
    command.arg(&db).stdin(Stdio::null());
    let csv = csv.display();
    for line in [
        "create table p(name,id_number,phone,address);".to_string(),
        "create unique index i on p(id_number);".into(),
        "create index n on p(name);".into(),
        "create index t on p(phone);".into(),
        format!(".import --csv --skip 1 \"{csv}\" p"),
    ] {
        command.args(["-cmd", &line]);
    }
    command.arg("select count(*) from p;");
    if Command::new("sqlite3").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("  skipped: sqlite3 is missing, install sqlite3");
        return;
    }
    run("sqlite3 .import, three indexes", command);
    println!("  disk: {}", bytes(size_of(&db)));
    let mut like = Command::new("sqlite3");
    like.arg(&db).arg("select * from p where name like '%王伟%' limit 20;");
    run("sqlite3 LIKE", like);
}

/// The same file opened in VisiData, which holds all of it in memory.
fn visidata(csv: &Path) {
    if Command::new("vd").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("  skipped: vd is missing, install VisiData (pip install visidata)");
        return;
    }
    let mut load = Command::new("vd");
    load.arg("-b").arg(csv).stderr(Stdio::null());
    run("VisiData, the file loaded", load);
}
