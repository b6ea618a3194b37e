//! kill -9 in the middle of saving: what was acknowledged is there.

use super::{Desk, PASSWORD, json_lines};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use yizhan::office::{Office, Sources};
use yizhan::record::SystemClock;
use yizhan::store::Secret;

const MOMENTS: u64 = 50;
const LINES: usize = 100;

/// The next of a row of numbers that look random and are the same every time (Knuth's MMIX).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn every_acknowledged_receipt_survives() {
    let desk = Desk::new();
    let line = "{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n";
    let file = desk.write("lines.jsonl", &line.repeat(LINES));
    let mut seed = 2025;
    let mut acknowledged: Vec<String> = Vec::new();
    for moment in 0..MOMENTS {
        let mut command = desk.acting(&["perform"]);
        let mut child =
            command.arg(&file).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Killed after some of the answers; the process is by then anywhere behind them.
        let wait_for = usize::try_from(next(&mut seed)).unwrap() % LINES;
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut heard = String::new();
        for _ in 0..wait_for {
            answers.read_line(&mut heard).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Whole lines that were on their way are acknowledged too.
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut answers, &mut rest).unwrap();
        heard.push_str(&String::from_utf8_lossy(&rest));
        let whole = heard.rfind('\n').map_or("", |end| heard.get(..end).unwrap());
        for answer in json_lines(whole) {
            assert_eq!(answer["ok"], true, "moment {moment}: {answer}");
            acknowledged.push(answer["number"].as_str().unwrap().to_string());
        }
        if moment % 5 == 4 {
            all_there(&desk, &acknowledged);
        }
    }
    assert!(acknowledged.len() > LINES, "too few were acknowledged to say anything");
    all_there(&desk, &acknowledged);
    desk.done(&["verify"]);
}

fn all_there(desk: &Desk, numbers: &[String]) {
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&desk.data(), &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    for number in numbers {
        let id = office.numbered(number);
        assert!(id.is_some(), "{number} was acknowledged and is gone");
    }
    assert!(office.store().verify(None).unwrap().ok);
    office.close().unwrap();
}
