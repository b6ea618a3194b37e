//! Full files of the journal copied by the built program, and what it says with the second place
//! there and not.

use super::{Desk, json_lines, shown, text};
use crate::stage::{copy_folder, put_back};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Instant;

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

fn entries(desk: &Desk) -> u64 {
    let verified = json_lines(&desk.done(&["verify", "--json"]));
    assert_eq!(verified[0]["ok"], true, "{verified:?}");
    verified[0]["entries"].as_u64().unwrap()
}

#[test]
fn full_files_are_listed_copied_and_checked_by_anybody() {
    let desk = desk();
    let listed = json_lines(&desk.done(&["archive", "--list", "--json"]));
    assert!(listed.len() > 2 && listed.iter().all(|file| file["copied"] == "no"), "{listed:?}");
    let done = json_lines(&desk.done(&["archive", "--json"]));
    assert_eq!(
        (&done[0]["copied"], &done[0]["segments"]),
        (&done[0]["segments"], &listed.len().into())
    );
    assert!(desk.done(&["archive", "--list"]).contains("相同"));
    assert!(desk.done(&["archive"]).contains("这次抄了 0 个"));
    entries(&desk);
    // Whoever has the stick checks it, without any password.
    let folder = done[0]["folder"].as_str().unwrap();
    let mut alone = std::process::Command::new(env!("CARGO_BIN_EXE_yizhan"));
    let alone = alone.env_clear().args(["verify", "--json", "--data", folder]).output().unwrap();
    let alone = &json_lines(&text(&alone.stdout))[0];
    assert_eq!((&alone["ok"], &alone["entries"]), (&true.into(), &done[0]["entries"]));
    // The stick goes: work goes on, and archiving says what is missing.
    fs::rename(desk.file("stick"), desk.file("pocket")).unwrap();
    entries(&desk);
    let (status, said) = desk.failed(&["archive"]);
    assert!(status == 1 && said.contains("第二备份位置"), "{said}");
    fs::rename(desk.file("pocket"), desk.file("stick")).unwrap();
    // A copy that was changed is told, and copied anew.
    let copy = Path::new(folder).join("journal/00000002.yzj");
    let mut bytes = fs::read(&copy).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&copy, bytes).unwrap();
    assert_eq!(desk.failed(&["verify"]).0, 1);
    desk.done(&["archive"]);
    entries(&desk);
}

#[test]
fn killed_at_any_moment_it_has_copied_a_file_or_not() {
    let desk = desk();
    let (folder, before) = (desk.file("before"), desk.file("stick-before"));
    copy_folder(&desk.data(), &folder);
    copy_folder(&desk.file("stick"), &before);
    let known = entries(&desk);
    put_back(&folder, &desk.data());
    let began = Instant::now();
    desk.done(&["archive"]);
    let whole = began.elapsed();
    for moment in 0..16_u32 {
        put_back(&folder, &desk.data());
        put_back(&before, &desk.file("stick"));
        let mut command = desk.acting(&["archive"]);
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
        desk.done(&["archive"]);
        let listed = json_lines(&desk.done(&["archive", "--list", "--json"]));
        assert!(listed.iter().all(|file| file["copied"] == "same"), "{moment}: {listed:?}");
        entries(&desk);
    }
}
