//! Old parts of the journal put away by the built program, and what it says with the second place
//! there and not.

use super::{Desk, json_lines, shown, text};
use crate::stage::copy_folder;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Instant;
use yizhan::record::{Clock, SystemClock};

/// Bytes before the first frame of a segment: magic, sequence, checksum.
const HEAD: usize = 20;
/// A frame: length, checksum, flags, then version, kind, epoch, signer and the sequence.
const FLAGS: usize = 8;
const SEQ: usize = 9 + 2 + 2 + 8;
const FIRST_OF_BATCH: u8 = 0b10;

/// A station with people in it and a journal of several files. The program begins a new one after
/// 64 MB; cutting what it wrote into pieces says the same.
fn desk() -> Desk {
    let desk = Desk::new();
    for list in 0..6 {
        let of = |text: &str, at: usize| text.chars().nth(at % 10).unwrap();
        let person = |n: usize| {
            let (family, given) =
                (of("张王李赵周吴郑陈罗杨", n), of("伟敏静丽强磊洋艳勇军", n / 10));
            format!("{family}{given},1380{list}{n:06}\n")
        };
        let rows: String = (0..100).map(person).collect();
        let list = desk.write("people.csv", &format!("姓名,手机号码\n{rows}"));
        desk.done(&["import", "person", shown(&list)]);
    }
    fs::create_dir(desk.file("stick")).unwrap();
    desk.done(&["backup", "--second", shown(&desk.file("stick"))]);
    cut(&desk.data().join("journal"));
    desk
}

fn cut(journal: &Path) {
    let first = journal.join("00000001.yzj");
    let whole = fs::read(&first).unwrap();
    let (mut at, mut cuts) = (HEAD, vec![HEAD]);
    while let Some(length) = whole.get(at..at + 4) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        if whole[at + FLAGS] & FIRST_OF_BATCH != 0 && at - cuts.last().unwrap() > 1_500 {
            cuts.push(at);
        }
        at += 8 + length;
    }
    assert!(cuts.len() > 3, "{cuts:?}");
    cuts.push(whole.len());
    for (number, piece) in (1..).zip(cuts.windows(2)) {
        let seq = &whole[piece[0] + SEQ..piece[0] + SEQ + 8];
        let mut file = [b"YZJRNL02", seq].concat();
        file.extend(crc32c::crc32c(&file).to_le_bytes());
        file.extend(&whole[piece[0]..piece[1]]);
        fs::write(journal.join(format!("{number:08}.yzj")), file).unwrap();
    }
}

/// A folder as it was.
fn put_back(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy_folder(from, to);
}

fn tomorrow() -> String {
    let day = SystemClock.today() + chrono::TimeDelta::days(2);
    day.format("%Y-%m-%d").to_string()
}

fn entries(desk: &Desk) -> u64 {
    let verified = json_lines(&desk.done(&["verify", "--json"]));
    assert_eq!(verified[0]["ok"], true, "{verified:?}");
    verified[0]["entries"].as_u64().unwrap()
}

#[test]
fn old_files_are_listed_put_away_and_checked_in_both_places() {
    let desk = desk();
    let listed = json_lines(&desk.done(&["archive", "--json"]));
    assert!(listed.len() > 2 && listed.iter().all(|file| file["archived"] == false));
    // Nothing is as old as that.
    assert!(desk.done(&["archive", "--before", "2020-01-01"]).contains("2020-01-01"));
    let before = entries(&desk);
    let done = json_lines(&desk.done(&["archive", "--before", &tomorrow(), "--json"]));
    assert_eq!(done[0]["segments"], listed.len());
    let listed = json_lines(&desk.done(&["archive", "--json"]));
    assert!(listed.iter().all(|file| file["archived"] == true), "{listed:?}");
    // The page and the entry that say so, and the sign-ins.
    assert!(entries(&desk) >= before + 2);
    assert!(text(&desk.yizhan(&["verify"]).output().unwrap().stdout).contains("已归档"));
    assert!(desk.done(&["log", "--what", "journal"]).contains("归档"));
    // The stick goes.
    fs::rename(desk.file("stick"), desk.file("pocket")).unwrap();
    let without = json_lines(&desk.done(&["verify", "--json"]));
    assert_eq!((&without[0]["ok"], &without[0]["archive_away"]), (&true.into(), &true.into()));
    assert!(desk.done(&["find", "张敏"]).contains("张敏"));
    let number = listed_number(&desk);
    let history = desk.done(&["history", &number]);
    assert!(history.contains("归档") && history.contains("接上"), "{history}");
    let (status, said) = desk.failed(&["archive", "--before", &tomorrow()]);
    assert!(status == 1 && said.contains("第二备份位置"), "{said}");
    // And comes back, with one file fewer.
    fs::rename(desk.file("pocket"), desk.file("stick")).unwrap();
    let folder = fs::read_dir(desk.file("stick")).unwrap().flatten().map(|file| file.path());
    let folder = folder.into_iter().find(|path| path.is_dir()).unwrap();
    assert!(!desk.done(&["history", &number]).contains("接上"));
    fs::remove_file(folder.join("00000002.yzj")).unwrap();
    let (status, _) = desk.failed(&["verify"]);
    assert_eq!(status, 1);
}

fn listed_number(desk: &Desk) -> String {
    let found = json_lines(&desk.done(&["find", "张敏", "--json"]));
    found[0]["number"].as_str().unwrap().to_string()
}

#[test]
fn killed_at_any_moment_it_has_put_away_a_file_or_not() {
    let desk = desk();
    let (folder, before) = (desk.file("before"), desk.file("stick-before"));
    copy_folder(&desk.data(), &folder);
    copy_folder(&desk.file("stick"), &before);
    let known = entries(&desk);
    put_back(&folder, &desk.data());
    let began = Instant::now();
    desk.done(&["archive", "--before", &tomorrow()]);
    let whole = began.elapsed();
    for moment in 0..16_u32 {
        put_back(&folder, &desk.data());
        put_back(&before, &desk.file("stick"));
        let mut command = desk.acting(&["archive", "--before", &tomorrow()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The moment, or its end before that.
        let mut output = child.stdout.take().unwrap();
        let (ended, ends) = channel();
        std::thread::spawn(move || {
            let _ = output.read_to_end(&mut Vec::new());
            let _ = ended.send(());
        });
        let _ = ends.recv_timeout(whole * (moment + 1) / 16);
        let _ = child.kill();
        child.wait().unwrap();
        assert!(entries(&desk) >= known - 1, "moment {moment}");
        desk.done(&["archive", "--before", &tomorrow()]);
        let listed = json_lines(&desk.done(&["archive", "--json"]));
        assert!(listed.iter().all(|file| file["archived"] == true), "{moment}: {listed:?}");
        entries(&desk);
    }
}
