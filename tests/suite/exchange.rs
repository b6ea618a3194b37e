//! Files in and out, through the one door: the district's lists, and files as they go wrong.

use crate::stage::{Station, handed};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use yizhan::exchange::{
    Book, ExportOptions, FileTrouble, Format, HeadingMap, ImportOptions, Plan, Report, export,
    import, write_rejects,
};
use yizhan::office::{Refusal, RefusalKind};
use yizhan::words::Lang;

const HEADS: &str = "hardship_file";
const MEMBERS: &str = "hardship_file.members";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exchange").join(name)
}

fn take(station: &Station, kind: &str, sheet: &Book, options: &ImportOptions<'_>) -> Report {
    try_take(station, kind, sheet, options).unwrap()
}

fn try_take(
    station: &Station,
    kind: &str,
    sheet: &Book,
    options: &ImportOptions<'_>,
) -> Result<Report, Refusal> {
    let plan = Plan::named(station.office.catalogue(), kind).unwrap();
    let mut last = (0, 1);
    let mut progress = |done, total| last = (done, total);
    let report = import(&station.office, &station.admin, &plan, sheet, options, &mut progress);
    if report.is_ok() {
        assert_eq!(last.0, last.1, "the bar ends full");
    }
    report
}

fn take_file(station: &Station, kind: &str, path: &Path) -> Report {
    take(station, kind, &Book::open(path).unwrap(), &ImportOptions::default())
}

fn counts(report: &Report) -> (usize, usize, usize) {
    (report.accepted(), report.unchanged(), report.refused.len())
}

/// Line and column of every refused row.
fn places(report: &Report) -> Vec<(usize, &str)> {
    report
        .refused
        .iter()
        .map(|row| (row.place.line, row.first().unwrap().column.as_str()))
        .collect()
}

fn out(
    station: &Station,
    kind: &str,
    format: Format,
    reveal: Option<&str>,
    query: Option<&str>,
) -> Result<(usize, Vec<u8>), Refusal> {
    let options = ExportOptions {
        plan: Plan::named(station.office.catalogue(), kind).unwrap(),
        format,
        lang: Lang::Zh,
        query: query.map(str::to_string),
        reveal: reveal.map(str::to_string),
    };
    let mut bytes = Vec::new();
    let rows = export(&station.office, &station.admin, &options, &mut bytes)?;
    Ok((rows, bytes))
}

fn lines(bytes: Vec<u8>) -> Vec<Json> {
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_district_lists_come_in_once_and_as_the_answers_say() {
    let (Some(heads), Some(members), Some(answers)) =
        (handed("hardship-heads.csv"), handed("hardship-members.csv"), handed("answers.json"))
    else {
        return;
    };
    let answers: Json = serde_json::from_slice(&fs::read(answers).unwrap()).unwrap();
    let refused: BTreeSet<(String, String)> = answers["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(&row["number"]), text(&row["column"])))
        .collect();
    let station = Station::new();
    station.clock.set("2025-12-01T01:00:00Z".parse().unwrap());
    let sheet = Book::open(&heads).unwrap();
    // A trial finds the same and writes nothing.
    let before = station.office.head_seq();
    let trial = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let report = take(&station, HEADS, &sheet, &trial);
    assert_eq!(counts(&report), (205, 0, 35));
    assert_eq!(station.office.head_seq(), before);

    let report = take(&station, HEADS, &sheet, &ImportOptions::default());
    let column = |row: &yizhan::exchange::RefusedRow| row.first().unwrap().column.clone();
    let found: BTreeSet<_> =
        report.refused.iter().map(|row| (row.number.clone(), column(row))).collect();
    assert_eq!(found, refused);
    assert_eq!(report.accepted() as u64, answers["accepted"].as_u64().unwrap());
    assert!(report.notices.is_empty(), "{:?}", report.notices);
    // The line is the one an editor shows: rows before it hold quoted line ends.
    let lines: Vec<usize> = physical_lines(&heads, &report);
    assert_eq!(report.refused.iter().map(|row| row.place.line).collect::<Vec<_>>(), lines);

    let rows = take_file(&station, MEMBERS, &members);
    assert_eq!(rows.accepted() + rows.refused.len(), 517);
    for row in &rows.refused {
        let (number, columns) = refused.iter().find(|(number, _)| *number == row.number).unwrap();
        let said = &row.first().unwrap().said.zh;
        assert_eq!(row.first().unwrap().column, "职工编号");
        assert_eq!(**said, format!("户主 {number} 导入时未通过（{columns}）。"));
    }

    // Once more: nothing is added, the same rows are refused for the same reasons.
    let before = station.office.head_seq();
    let again = take(&station, HEADS, &sheet, &ImportOptions::default());
    assert_eq!(counts(&again), (0, 205, 35));
    assert_eq!(again.refused, report.refused);
    let again = take_file(&station, MEMBERS, &members);
    assert_eq!(counts(&again), (0, rows.accepted(), rows.refused.len()));
    assert_eq!(station.office.head_seq(), before, "nothing was written");

    let (count, bytes) = out(&station, HEADS, Format::Jsonl, Some("核对"), None).unwrap();
    assert_eq!(count, 205);
    let kept: BTreeMap<String, Json> =
        self::lines(bytes).into_iter().map(|row| (text(&row["worker_no"]), row)).collect();
    for good in answers["good"].as_array().unwrap() {
        let row = &kept[&text(&good["number"])];
        let pairs = [
            ("name", "name"),
            ("id_number", "id_number"),
            ("household_size", "people"),
            ("annual_income", "income_fen"),
            ("rigid_expense", "rigid_fen"),
        ];
        for (field, answer) in pairs {
            assert_eq!(row[field], good[answer], "{} {field}", good["number"]);
        }
        let people = good["people"].as_u64().unwrap() as usize;
        assert_eq!(row["members"].as_array().map_or(0, Vec::len), people - 1);
    }
    nothing_of_a_person_leaves_masked(&station, &kept);
}

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_string()
}

/// Where the refused numbers are in the file, found by looking for them line by line.
fn physical_lines(path: &Path, report: &Report) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    let line = |number: &str| {
        let mut all = bytes.split(|byte| *byte == b'\n');
        all.position(|line| line.starts_with(number.as_bytes())).unwrap() + 1
    };
    report.refused.iter().map(|row| line(&row.number)).collect()
}

fn nothing_of_a_person_leaves_masked(station: &Station, kept: &BTreeMap<String, Json>) {
    for kind in [HEADS, MEMBERS] {
        for format in [Format::Csv, Format::Jsonl] {
            let (_, bytes) = out(station, kind, format, None, None).unwrap();
            let shown = String::from_utf8(bytes).unwrap();
            for row in kept.values() {
                assert!(!shown.contains(row["id_number"].as_str().unwrap()));
                assert!(!shown.contains(row["phone"].as_str().unwrap()));
            }
            assert!(!shown.contains("糖尿病"), "health is a sensitive group");
        }
    }
    let before = station.office.head_seq();
    assert_eq!(out(station, HEADS, Format::Csv, Some(" "), None).unwrap_err().field, "reason");
    assert_eq!(station.office.head_seq(), before);
    out(station, HEADS, Format::Csv, None, Some("state=draft")).unwrap();
    assert_eq!(station.office.head_seq(), before + 1, "every export is noted");
    let volunteer = station.actor("volunteer");
    let options = ExportOptions {
        plan: Plan::named(station.office.catalogue(), HEADS).unwrap(),
        format: Format::Csv,
        lang: Lang::Zh,
        query: None,
        reveal: None,
    };
    let refusal = export(&station.office, &volunteer, &options, &mut Vec::new()).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Forbidden);
}

#[test]
fn a_workbook_with_a_title_row() {
    let Some(roster) = handed("courier-roster.xlsx") else { return };
    let station = Station::new();
    let report = take_file(&station, "person", &roster);
    println!("{:?}", report.notices);
    assert_eq!(counts(&report), (500, 0, 0), "{:?}", report.refused.first());
    assert_eq!(counts(&take_file(&station, "person", &roster)), (0, 500, 0));
}

#[test]
fn a_broken_quote_costs_one_row() {
    let station = Station::new();
    let report = take_file(&station, HEADS, &fixture("broken-quote.csv"));
    assert_eq!(counts(&report), (4, 0, 1));
    assert_eq!(places(&report), [(3, "")]);
    assert_eq!(report.refused[0].number, "T002");
    assert!(report.said().zh.contains("接收 4 行"));
    assert!(!report.refused[0].said().zh.contains("500199"), "raw lines stay off the screen");
}

#[test]
fn ragged_rows_are_named_and_blank_ones_passed_over() {
    let station = Station::new();
    let report = take_file(&station, HEADS, &fixture("ragged.csv"));
    assert_eq!(counts(&report), (2, 0, 2));
    assert_eq!(places(&report), [(3, ""), (4, "")]);
}

#[test]
fn wrong_encodings_folders_and_empty_files_are_told() {
    let trouble = |path: &Path| Book::open(path).unwrap_err();
    let wrong = trouble(&fixture("wrong-encoding.csv"));
    assert_eq!(wrong, FileTrouble::Encoding { encoding: "GB18030", line: 4 });
    assert!(matches!(trouble(&fixture("")), FileTrouble::Folder(_)));
    assert!(matches!(trouble(&fixture("none.csv")), FileTrouble::Missing(_)));
    let station = Station::new();
    let sheet = Book::read("x.csv", "甲,乙\n1,2\n".as_bytes()).unwrap();
    let refusal = try_take(&station, HEADS, &sheet, &ImportOptions::default()).unwrap_err();
    assert_eq!(refusal.field, "file");
    assert!(refusal.next.zh.contains("--map"));
}

#[test]
fn gb18030_with_a_title_row_and_full_width_digits() {
    let station = Station::new();
    let report = take_file(&station, HEADS, &fixture("district.csv"));
    assert_eq!(counts(&report), (2, 0, 0), "{:?}", report.refused.first());
    let (_, bytes) = out(&station, HEADS, Format::Jsonl, Some("核对"), None).unwrap();
    let rows = lines(bytes);
    assert_eq!(rows[0]["annual_income"], 3_000_000);
    assert_eq!(rows[0]["remarks"], "㐂");
    assert_eq!(rows[1]["annual_income"], 2_000_000);
}

#[test]
fn formulas_are_text_on_the_way_out_and_come_back_as_they_were() {
    let station = Station::new();
    let report = take_file(&station, HEADS, &fixture("formulas.csv"));
    // Income below zero is refused at its column.
    assert_eq!(counts(&report), (2, 0, 1));
    assert_eq!(places(&report), [(4, "近12个月家庭总收入")]);
    let (_, bytes) = out(&station, HEADS, Format::Csv, Some("核对"), None).unwrap();
    let csv = String::from_utf8(bytes.clone()).unwrap();
    assert!(csv.starts_with('\u{FEFF}') && csv.contains("\r\n"));
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""), "{csv}");
    assert!(csv.contains(",'+86"));
    let (_, json) = out(&station, HEADS, Format::Jsonl, Some("核对"), None).unwrap();
    assert_eq!(lines(json)[0]["remarks"], "=HYPERLINK(\"http://x\",\"y\")");
    // What went out in full comes in again as what is already here, from either format.
    let sheet = Book::read("out.csv", bytes.clone()).unwrap();
    assert_eq!(counts(&take(&station, HEADS, &sheet, &ImportOptions::default())), (0, 2, 0));
    let (_, bytes) = out(&station, HEADS, Format::Xlsx, Some("核对"), None).unwrap();
    let sheet = Book::read("out.xlsx", bytes.clone()).unwrap();
    let report = take(&station, HEADS, &sheet, &ImportOptions::default());
    assert_eq!(counts(&report), (0, 2, 0), "{:?}", report.refused.first());
}

#[test]
fn a_map_names_headings() {
    let station = Station::new();
    let sheet = Book::open(&fixture("unknown-heading.csv")).unwrap();
    let report =
        take(&station, HEADS, &sheet, &ImportOptions { dry_run: true, ..ImportOptions::default() });
    assert_eq!(report.notices.len(), 2, "{:?}", report.notices);
    let text = fs::read_to_string(fixture("map.toml")).unwrap();
    let map = HeadingMap::read("map.toml", &text).unwrap();
    let report = take(
        &station,
        HEADS,
        &sheet,
        &ImportOptions { map: Some(&map), ..ImportOptions::default() },
    );
    assert_eq!((counts(&report), report.notices.len()), ((1, 0, 0), 0));
    let (_, bytes) = out(&station, HEADS, Format::Jsonl, None, None).unwrap();
    let row = &lines(bytes)[0];
    assert_eq!((text_of(row, "worker_no"), text_of(row, "remarks")), ("T001", "红"));
}

fn text_of<'j>(row: &'j Json, field: &str) -> &'j str {
    row[field].as_str().unwrap()
}

#[test]
fn a_cell_of_ten_megabytes() {
    let station = Station::new();
    let cell = "大".repeat(10 * 1024 * 1024 / 3);
    let text =
        format!("职工编号,姓名,备注\nT1,张三,\nT2,李四,\"{cell}\"\nT3,王五,{cell}\nT4,赵六,\n");
    let sheet = Book::read("big.csv", text.as_bytes()).unwrap();
    let report = take(&station, HEADS, &sheet, &ImportOptions::default());
    assert_eq!(counts(&report), (2, 0, 2));
    assert_eq!(places(&report), [(3, "备注"), (4, "备注")]);
    assert!(report.refused[0].said().zh.chars().count() < 300);
}

#[test]
fn refused_rows_put_right_come_in() {
    let station = Station::new();
    let text = "职工编号,姓名,近12个月家庭总收入,备注\nT1,张三,不详,=1\nT2,,1000,\nT3,李四,2000,\n";
    let sheet = Book::read("x.csv", text.as_bytes()).unwrap();
    let report = take(&station, HEADS, &sheet, &ImportOptions::default());
    assert_eq!(counts(&report), (1, 0, 2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    write_rejects(&path, &report, Lang::Zh).unwrap();
    let rejects = fs::read_to_string(&path).unwrap();
    let mut lines = rejects.lines();
    let headings = "\u{FEFF}职工编号,姓名,近12个月家庭总收入,备注,行号,列,值,原因,怎么办";
    assert_eq!(lines.next(), Some(headings));
    assert!(lines.next().unwrap().starts_with("T1,张三,不详,'=1,2,近12个月家庭总收入,不详,"));
    fs::write(&path, rejects.replace("T1,张三,不详", "T1,张三,3000").replace("T2,,", "T2,王五,"))
        .unwrap();
    let report = take_file(&station, HEADS, &path);
    assert_eq!((counts(&report), report.notices.len()), ((2, 0, 0), 0), "{:?}", report.refused);
}

#[test]
fn what_is_kept_is_compared_and_never_overwritten() {
    let station = Station::new();
    let take = |text: &str| {
        let sheet = Book::read("x.csv", text.as_bytes()).unwrap();
        take(&station, HEADS, &sheet, &ImportOptions::default())
    };
    let heading = "职工编号,姓名,身份证号,近12个月家庭总收入\n";
    let id = "500199198802110014";
    let id = with_check_digit(id);
    assert_eq!(counts(&take(&format!("{heading}T1,张三,{id},1000\n"))), (1, 0, 0));
    let report = take(&format!("{heading}T1,张三,{id},2000\nT2,李四,{id},5\nt1,张三,{id},1000\n"));
    assert_eq!(counts(&report), (0, 1, 2));
    assert_eq!(places(&report), [(2, "近12个月家庭总收入"), (3, "身份证号")]);
    let first = report.refused[0].first().unwrap();
    assert!(first.said.zh.contains("已在库中") && first.next.zh.contains("BN-困-2025-00001"));
    // The same in one file, before anything of it is kept.
    let id = with_check_digit("500199197503040011");
    let report = take(&format!("{heading}T8,王五,{id},1\nT9,赵六,{id},1\nT8,钱七,,1\n"));
    assert_eq!(counts(&report), (1, 0, 2));
    assert_eq!(places(&report), [(3, "身份证号"), (4, "职工编号")]);
}

/// GB 11643: the last character from the seventeen before it.
fn with_check_digit(id: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits: Vec<u32> = id.chars().take(17).map(|c| c.to_digit(10).unwrap()).collect();
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap();
    id.chars().take(17).chain([check]).collect()
}

#[test]
fn rows_of_a_table_find_their_record() {
    let station = Station::new();
    let read = |text: &str| Book::read("x.csv", text.as_bytes()).unwrap();
    let heads = read("职工编号,姓名,近12个月家庭总收入\nT1,张三,1\nT2,李四,不详\n");
    take(&station, HEADS, &heads, &ImportOptions::default());
    let id = with_check_digit("500199201003040011");
    let rows = format!(
        "职工编号,姓名,与户主关系,身份证号\nT1,张小,子女,{id}\nT1,张大,父母,\nT2,李小,子女,\nT9,王小,子女,\nT1,,子女,\n"
    );
    let report = take(&station, MEMBERS, &read(&rows), &ImportOptions::default());
    assert_eq!(counts(&report), (2, 0, 3));
    assert_eq!(places(&report), [(4, "职工编号"), (5, "职工编号"), (6, "姓名")]);
    let said: Vec<&str> =
        report.refused.iter().map(|row| row.first().unwrap().said.zh.as_ref()).collect();
    assert_eq!(said[0], "户主 T2 导入时未通过（近12个月家庭总收入）。");
    assert!(said[1].contains("T9"));
    let again = take(&station, MEMBERS, &read(&rows), &ImportOptions::default());
    assert_eq!(counts(&again), (0, 2, 3));
    let other = rows.replace("张小,子女", "张小,其他");
    let report = take(&station, MEMBERS, &read(&other), &ImportOptions::default());
    assert_eq!(report.refused[0].first().unwrap().column, "与户主关系");
    let (count, bytes) = out(&station, MEMBERS, Format::Jsonl, Some("核对"), None).unwrap();
    assert_eq!(count, 2);
    assert_eq!(lines(bytes)[0]["id_number"], id.as_str());
}

#[test]
fn an_import_that_is_asked_to_stop_names_what_it_left_and_goes_on_from_there() {
    let station = Station::new();
    let name = |at: u32| char::from_u32(0x4e00 + at).unwrap();
    let rows: String = (0..2_000).map(|at| format!("周{},西路{at}号\n", name(at))).collect();
    let book = Book::read("many.csv", format!("姓名,家庭住址\n{rows}")).unwrap();
    let plan = Plan::named(station.office.catalogue(), "person").unwrap();
    let stop = AtomicBool::new(false);
    let options = ImportOptions { stop: Some(&stop), ..ImportOptions::default() };
    let mut at_row = |done, _| stop.store(done >= 700, Ordering::Relaxed);
    let report =
        import(&station.office, &station.admin, &plan, &book, &options, &mut at_row).unwrap();
    assert_eq!((report.accepted(), report.left.len()), (700, 1_300));
    assert!(report.said().zh.contains("按您的要求停下了"), "{}", report.said().zh);
    assert!(report.said().zh.contains("第 702 行及以后各行"), "{}", report.said().zh);
    // Asked before anything was read, nothing is.
    let refused = import(&station.office, &station.admin, &plan, &book, &options, &mut |_, _| {});
    assert!(refused.unwrap_err().message.zh.contains("停下"));
    let report = take(&station, "person", &book, &ImportOptions::default());
    assert_eq!(counts(&report), (1_300, 700, 0));
}
