//! Files people really send, one test a kind: the file handed with the project, and beside it one of
//! our own made by another program. What is right is in the README beside the handed files.

use crate::stage::{Station, handed};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use yizhan::exchange::{
    About, Book, ExportOptions, FileTrouble, Format, ImportOptions, Plan, Report, export, import,
    write_rejects,
};
use yizhan::office::Refusal;
use yizhan::words::Lang;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rosters").join(name)
}

/// A station a file was taken in at, and what became of the file.
struct Taken {
    station: Station,
    report: Report,
}

fn try_take(
    station: &Station,
    kind: &str,
    path: &Path,
    options: &ImportOptions<'_>,
) -> Result<Report, Refusal> {
    let plan = Plan::named(station.office.catalogue(), kind).unwrap();
    let book = Book::open(path)?;
    let before = station.office.head_seq();
    let report = import(&station.office, &station.admin, &plan, &book, options, &mut |_, _| {});
    if report.is_err() || options.dry_run {
        assert_eq!(station.office.head_seq(), before, "nothing was written");
    }
    report
}

fn take_with(path: &Path, options: &ImportOptions<'_>) -> Taken {
    let station = Station::new();
    station.clock.set("2025-12-01T01:00:00Z".parse().unwrap());
    let trial = ImportOptions { dry_run: true, ..options.clone() };
    let trial = try_take(&station, "person", path, &trial).unwrap();
    let report = try_take(&station, "person", path, options).unwrap();
    // What was shown before is what happened.
    assert_eq!(trial.sheets, report.sheets);
    assert_eq!((trial.refused, trial.notices), (report.refused.clone(), report.notices.clone()));
    Taken { station, report }
}

/// The handed file and our own of the same kind, taken in as people.
fn each(handed_name: &str, own: &str) -> Vec<(String, Taken)> {
    let files = [handed(&format!("rosters/{handed_name}")), Some(fixture(own))];
    let files = files.into_iter().flatten();
    files
        .map(|path| (path.display().to_string(), take_with(&path, &ImportOptions::default())))
        .collect()
}

fn own(name: &str) -> Taken {
    take_with(&fixture(name), &ImportOptions::default())
}

fn theirs(name: &str) -> Option<Taken> {
    handed(&format!("rosters/{name}")).map(|path| take_with(&path, &ImportOptions::default()))
}

impl Taken {
    /// What is kept of everybody, by number.
    fn kept(&self) -> Vec<Json> {
        kept(&self.station, "person")
    }

    fn of(&self, name: &str) -> Json {
        let all = self.kept();
        let found = all.iter().find(|row| row["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not kept: {all:?}")).clone()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.kept().iter().map(|row| row["name"].as_str().unwrap().to_string()).collect();
        names.sort();
        names
    }

    /// Accepted, unchanged, refused, told.
    fn counts(&self) -> [usize; 4] {
        let report = &self.report;
        let told = report.sum(|sheet| sheet.told);
        [report.accepted(), report.unchanged(), report.refused.len(), told]
    }

    fn refused(&self) -> Vec<usize> {
        self.report.refused.iter().map(|row| row.place.line).collect()
    }

    /// Whether a notice of this kind names a line.
    fn tells(&self, about: About, line: usize) -> bool {
        let notices = &self.report.notices;
        notices.iter().any(|notice| notice.about == about && notice.lines.contains(&line))
    }

    fn said(&self) -> String {
        let notices = self.report.notices.iter().map(|notice| notice.said().zh.into_owned());
        let refused = self.report.refused.iter().map(|row| row.said().zh.into_owned());
        notices.chain(refused).collect::<Vec<_>>().join("\n")
    }
}

fn kept(station: &Station, kind: &str) -> Vec<Json> {
    let options = ExportOptions {
        plan: Plan::named(station.office.catalogue(), kind).unwrap(),
        format: Format::Jsonl,
        lang: Lang::Zh,
        query: None,
        reveal: Some("核对".to_string()),
    };
    let mut bytes = Vec::new();
    export(&station.office, &station.admin, &options, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_far_blank_cell_costs_nothing_and_far_content_is_named() {
    for (file, taken) in each("far-cell.xlsx", "far-blank.xlsx") {
        assert_eq!(taken.counts(), [1, 0, 0, 0], "{file}");
    }
    let station = Station::new();
    let far = fixture("far-content.xlsx");
    let refusal = try_take(&station, "person", &far, &ImportOptions::default()).unwrap_err();
    assert!(refusal.message.zh.contains("第 3 行第 2000 列"), "{}", refusal.message.zh);
}

#[test]
fn formulas_without_a_value_are_refused_each() {
    const SAID: &str = "公式没有结果，请用表格软件打开并保存一次";
    let kind = "hardship_file";
    if let Some(path) = handed("rosters/formula-without-value.xlsx") {
        let station = Station::new();
        let report = try_take(&station, kind, &path, &ImportOptions::default()).unwrap();
        assert_eq!((report.accepted(), report.refused.len()), (0, 3));
        for row in &report.refused {
            let columns: Vec<&str> = row.faults.iter().map(|fault| &*fault.column).collect();
            assert_eq!(columns, ["家庭年度总收入", "年度必要支出", "出生日期"]);
            assert!(row.faults.iter().all(|fault| fault.said.zh.contains(SAID)));
        }
    }
    let station = Station::new();
    let path = fixture("formulas.xlsx");
    let report = try_take(&station, kind, &path, &ImportOptions::default()).unwrap();
    let places: Vec<_> = report
        .refused
        .iter()
        .map(|row| (row.place.line, &*row.faults[0].column, row.faults[0].said.zh.contains(SAID)))
        .collect();
    assert_eq!(places, [(2, "近12个月家庭总收入", true), (3, "备注", true)]);
    let names: Vec<_> = kept(&station, kind).iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["式三"]);
}

#[test]
fn the_sheets_with_headings_that_are_shown() {
    if let Some(taken) = theirs("hidden-first-sheet.xlsx") {
        assert_eq!(taken.names(), ["新人甲"]);
        assert!(taken.said().contains("代码表"), "{}", taken.said());
        assert_eq!(taken.report.sheets[0].name, "2025名单");
    }
    if let Some(taken) = theirs("two-sheets.xlsx") {
        let sheets = &taken.report.sheets;
        let counts: Vec<_> = sheets.iter().map(|s| (&*s.name, s.made)).collect();
        assert_eq!(counts, [("一组", 1), ("二组", 2)]);
        let json = taken.report.to_json();
        assert_eq!(
            (&json["sheets"][1]["sheet"], &json["sheets"][1]["made"]),
            (&"二组".into(), &2.into())
        );
    }
    let taken = own("sheets.xlsx");
    assert_eq!(taken.counts(), [3, 1, 1, 0]);
    let sheets: Vec<_> =
        taken.report.sheets.iter().map(|s| (&*s.name, s.made, s.unchanged, s.refused)).collect();
    assert_eq!(sheets, [("一月", 2, 0, 0), ("二月", 1, 1, 1)]);
    let said = taken.said();
    for told in ["去年", "填表说明", "工作表“二月”第 3 行"] {
        assert!(said.contains(told), "{told} is told in {said}");
    }
    assert!(!said.contains("Sheet4"), "nothing stands in it");
}

#[test]
fn a_sheet_that_is_named_is_the_one() {
    let path = fixture("sheets.xlsx");
    let named =
        |name: &str| ImportOptions { sheets: vec![name.to_string()], ..ImportOptions::default() };
    assert_eq!(take_with(&path, &named("二月")).names(), ["月二", "月四"]);
    assert_eq!(take_with(&path, &named("去年")).names(), ["旧人"], "hidden or not");
    let station = Station::new();
    let refusal = try_take(&station, "person", &path, &named("三月")).unwrap_err();
    assert!(refusal.next.zh.contains("一月、二月"), "{}", refusal.next.zh);
    let csv = try_take(&station, "person", &fixture("bars.csv"), &named("一")).unwrap_err();
    assert!(csv.next.zh.contains("--sheet"));
}

#[test]
fn rows_filtered_out_are_counted_told_and_taken_when_asked() {
    let taken = own("filtered.xlsx");
    assert_eq!(taken.counts(), [4, 0, 0, 2]);
    assert!(taken.tells(About::HiddenRows, 3) && taken.tells(About::HiddenRows, 5));
    assert!(taken.said().contains("隐藏的列也导入了：手机"), "{}", taken.said());
    let all = ImportOptions { hidden: true, ..ImportOptions::default() };
    let taken = take_with(&fixture("filtered.xlsx"), &all);
    assert_eq!(taken.counts(), [6, 0, 0, 0]);
    assert!(taken.tells(About::HiddenRows, 3));
}

#[test]
fn numbers_a_spreadsheet_has_cut() {
    if let (Some(taken), Some(truth)) =
        (theirs("cut-numbers.csv"), handed("rosters/cut-numbers.true.txt"))
    {
        assert_eq!(taken.counts(), [40, 0, 460, 0]);
        assert!(taken.report.refused.iter().all(|row| row.faults[0].said.zh.contains("表格软件")));
        let truth = fs::read_to_string(truth).unwrap();
        for row in taken.kept() {
            assert!(truth.contains(row["id_number"].as_str().unwrap()));
        }
        assert!(
            taken
                .report
                .notices
                .iter()
                .any(|notice| notice.about == About::Cut && notice.count == 460)
        );
    }
    let taken = own("cut.csv");
    assert_eq!(taken.counts(), [10, 0, 20, 0]);
    assert!(
        taken.report.refused.iter().all(|row| row.place.line % 3 != 2),
        "{:?}",
        taken.refused()
    );
}

#[test]
fn guards_come_off_and_marks_that_were_lost_are_shown() {
    if let Some(taken) = theirs("text-guards.csv") {
        assert_eq!(taken.counts(), [2, 0, 2, 0]);
        let row = taken.of("张等号");
        assert_eq!(
            (&row["phone"], &row["employer"], &row["postal_code"]),
            (&"13900000011".into(), &"重庆某厂".into(), &"401320".into())
        );
        assert_eq!(taken.of("李撇号")["phone"], "13900000012");
        let said = taken.said();
        assert!(said.contains("E+10") && said.contains(".0"), "{said}");
    }
    let taken = own("guards.csv");
    assert_eq!(taken.refused(), [3, 4, 5]);
    assert_eq!(taken.of("护一")["phone"], "13900000601");
    let said = taken.said();
    assert!(said.contains("E+10") && said.contains(".0") && said.contains("E+17"), "{said}");
    assert!(
        !said.contains("13900000603") && !said.contains("1.39E") && !said.contains("5.00199"),
        "{said}"
    );
}

#[test]
fn totals_and_signatures_are_nobody() {
    if let Some(taken) = theirs("totals.csv") {
        assert_eq!(taken.counts(), [2, 0, 0, 6]);
        assert_eq!(taken.names(), ["赵一", "钱二"]);
        for line in [5, 6, 7, 8, 10] {
            assert!(taken.tells(About::NoPerson, line), "line {line}: {}", taken.said());
        }
        assert!(taken.tells(About::HeadingsAgain, 9));
    }
    let taken = own("totals.csv");
    assert_eq!(taken.names(), ["末一", "末三", "末二"]);
    let asides =
        &taken.report.notices.iter().find(|notice| notice.about == About::NoPerson).unwrap();
    assert_eq!((asides.count, &asides.lines), (7, &vec![4, 7, 9, 10, 11, 12, 13]));
    assert!(taken.tells(About::HeadingsAgain, 5));
    assert_eq!(taken.counts(), [3, 0, 0, 8]);
}

#[test]
fn other_headings_below_change_what_columns_mean() {
    let taken = own("other-headings.csv");
    assert_eq!((taken.names(), taken.refused()), (vec!["换一".to_string()], vec![4]));
    assert!(taken.tells(About::HeadingsAgain, 3), "{}", taken.said());
}

#[test]
fn birth_months_are_taken_where_the_identity_number_tells_the_day() {
    if let Some(taken) = theirs("year-month.csv") {
        assert_eq!(taken.counts(), [6, 0, 0, 0], "{}", taken.said());
        assert_eq!(taken.of("岁丙")["birth_date"], "1975-06-05");
    }
    let taken = own("months.csv");
    assert_eq!(taken.refused(), [5, 6], "{}", taken.said());
    let days = ["月甲", "月乙", "月丙"].map(|name| taken.of(name)["birth_date"].clone());
    assert_eq!(days, ["1977-03-15", "1977-04-01", "1977-05-31"]);
}

#[test]
fn times_in_the_place_of_days_are_told() {
    if let Some(taken) = theirs("43-seconds.xlsx") {
        assert_eq!(taken.refused(), [2, 5], "{}", taken.said());
        assert!(taken.said().contains("23:59:17"), "{}", taken.said());
        for name in ["刚好", "文本时刻", "文本加八"] {
            assert_eq!(taken.of(name)["told_on"], "2025-03-03", "{name}");
        }
    }
    let taken = own("times.xlsx");
    assert_eq!(taken.refused(), [3, 5, 8], "{}", taken.said());
    for name in ["时甲", "时丙", "时戊", "时己", "时辛"] {
        assert_eq!(taken.of(name)["told_on"], "2025-03-03", "{name}");
    }
}

#[test]
fn the_calendar_is_the_workbooks_own() {
    for (file, taken) in each("date-1904.xlsx", "calendar-1904.xlsx") {
        assert_eq!(taken.counts(), [2, 0, 0, 0], "{file}: {}", taken.said());
        let days: Vec<_> = taken.kept().iter().map(|row| row["told_on"].clone()).collect();
        assert_eq!(days, ["2025-03-03", "2025-03-03"], "{file}");
    }
}

#[test]
fn the_separator_is_the_one_that_gives_headings() {
    if let Some(taken) = theirs("semicolons.csv") {
        assert_eq!(taken.names(), ["张分号", "李分号"]);
    }
    let taken = own("bars.csv");
    assert_eq!(taken.names(), ["杠一", "杠二"]);
    assert_eq!(taken.of("杠一")["employer"], "甲,乙;丙,丁");
}

#[test]
fn utf16_without_a_mark() {
    for (file, taken) in each("utf16-no-mark.csv", "utf16be.csv") {
        assert_eq!(taken.counts(), [1, 0, 0, 0], "{file}");
    }
}

#[test]
fn merged_cells_are_filled_down_and_over_only_where_a_row_is_named() {
    if let Some(taken) = theirs("merged-cells.xlsx") {
        assert_eq!(taken.counts(), [3, 0, 0, 0]);
        assert!(taken.kept().iter().all(|row| row["employer"] == "重庆某厂"));
        assert!(taken.tells(About::Merged, 3) && taken.tells(About::Merged, 4));
    }
    let taken = own("merged.xlsx");
    for name in ["并一", "并二", "并三"] {
        assert_eq!(taken.of(name)["employer"], "巴南某厂");
    }
    assert!(taken.tells(About::NoPerson, 5), "{}", taken.said());
    // Two people cannot share one number.
    assert_eq!(taken.refused(), [7]);
}

#[test]
fn headings_of_two_rows() {
    if let Some(taken) = theirs("two-row-headings.xlsx") {
        assert_eq!(taken.counts(), [1, 0, 0, 0]);
        let row = taken.of("双层乙");
        assert_eq!(
            (&row["phone"], &row["address"]),
            (&"13900000052".into(), &"鱼洞街道2号".into())
        );
    }
    let taken = own("two-rows.xlsx");
    let row = taken.of("行一");
    assert_eq!((&row["birth_date"], &row["phone"]), (&"1973-01-15".into(), &"13900000401".into()));
    assert_eq!(row["address"], "鱼洞一号");
    assert!(taken.report.notices.iter().any(|notice| notice.about == About::JoinedHeadings));
}

#[test]
fn a_filled_column_without_a_heading_is_told() {
    if let Some(taken) = theirs("no-heading.csv") {
        assert_eq!(taken.counts(), [1, 0, 0, 0]);
        assert!(taken.tells(About::NoHeading, 2), "{}", taken.said());
    }
    let taken = own("no-heading.csv");
    assert_eq!(taken.names(), ["缺一", "缺二"]);
    assert!(taken.tells(About::NoHeading, 2) && !taken.tells(About::NoHeading, 3));
}

#[test]
fn refused_rows_of_several_sheets_come_in_put_right() {
    let taken = own("sheets.xlsx");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("未通过.csv");
    write_rejects(&path, &taken.report, Lang::Zh).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("\u{FEFF}姓名,身份证号,手机,工作表,行号,列,值,原因,怎么办"));
    assert!(lines.next().unwrap().starts_with("月三,"), "{text}");
    // The right number, made by the rule of GB 11643.
    let wrong = taken.report.refused[0].cells.iter().find(|cell| cell.ends_with('A')).unwrap();
    let digits = wrong.trim_end_matches('A');
    let right = "0123456789X".chars().map(|last| format!("{digits}{last}"));
    let right = right.into_iter().find(|id| is_identity_number(id)).unwrap();
    fs::write(&path, text.replace(wrong.as_str(), &right)).unwrap();
    let report = try_take(&taken.station, "person", &path, &ImportOptions::default()).unwrap();
    assert_eq!((report.accepted(), report.refused.len()), (1, 0));
    assert!(report.notices.is_empty(), "{:?}", report.notices);
}

/// GB 11643, by sums of its own.
fn is_identity_number(id: &str) -> bool {
    let sum: u32 = id
        .chars()
        .zip(0_u32..)
        .map(|(c, at)| {
            let weight = 2_u32.pow(17 - at) % 11;
            weight * c.to_digit(10).unwrap_or(10)
        })
        .sum();
    sum % 11 == 1
}

/// Files of a few lines after what testers sent: which people are kept, and which lines refused.
#[test]
fn odd_lists_keep_people_and_nobody_else() {
    let ids: Vec<String> = (0..6).map(|n| number_of("19790101", 201 + n)).collect();
    let [a, b, c, ..] = ids.as_slice() else { panic!() };
    let cases: Vec<(String, &[&str], &[usize])> = vec![
        // The first headings are the headings; other ones below end the list.
        (format!("姓名,身份证号\n张三,{a}\n姓名,身份证号,手机,单位\n李四,{b},1,甲\n"), &["张三"], &[4]),
        (format!("姓名,身份证号,住址,单位\n张三,{a},鱼洞,甲厂\n姓名,身份证号,单位,住址\n李四,{b},乙厂,花溪\n"), &["张三"], &[4]),
        (format!("姓名,手机,备用\n张三,13900000012,\n姓名,手机,备用\n李四,13900000013,{a}\n"), &["张三", "李四"], &[]),
        // A quote that was closed by one of the next row.
        ("姓名,住址,手机\n张三,\"甲路1号,13900000012\n李四,乙路2号\",13900000013\n王五,丙,13900000014\n".into(), &["王五"], &[2]),
        // Days counted from today, two names in a cell.
        (format!("姓名,身份证号,告知书签收日期\n张三,{a},-1\n李四,{b},t\n王五,{c},\n"), &["王五"], &[2, 3]),
        ("姓名,手机\n\"张三\n李四\",13900000012\n\"王\n五\",13900000013\n".into(), &["王五"], &[2]),
        // Totals, titles and parts of a list, wherever they are.
        ("单位,姓名,手机\n鱼洞街道,合计,\n2025年,总计,\n甲厂,张三,\n".into(), &["张三"], &[]),
        ("姓名,身份证号,手机,单位\n鱼洞街道困难职工花名册,,,填报时间：2025年3月\n李四,,,甲厂\n共三人,,,\n转下页,,,\n同上,,,乙厂\n石滩村,,,\n第二组,,,\n".into(), &["李四"], &[]),
        ("姓名,手机,单位\n甲,乙,丙\n1,2,3\n张三,13900000012,丁厂\n".into(), &["张三"], &[]),
        // Posts before a name, and names like words of totals.
        ("职务,姓名,手机\n工会主席,张三,13900000012\n审核,李四,13900000013\n".into(), &["张三", "李四"], &[]),
        ("姓名,手机\n王小计,13900000012\n李合计,13900000013\n第五琪,\n".into(), &["李合计", "王小计", "第五琪"], &[]),
        // Words of headings as values.
        ("姓名,送达方式\n张三,电话\n李四,手机\n".into(), &["张三", "李四"], &[]),
        ("姓名,身份证号,手机,领取地点,通知方式\n王五,,,单位,电话\n".into(), &["王五"], &[]),
        // Headings with what is said of them.
        (format!("*姓名（必填）,身份证号★,手机号（11位）\n张三,{a},13900000012\n"), &["张三"], &[]),
        // Two people of one name, by the list's own count.
        ("序号,姓名,单位\n1,张伟,甲厂\n2,李四,甲厂\n3,张伟,甲厂\n".into(), &["张伟", "张伟", "李四"], &[]),
    ];
    for (text, names, refused) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        fs::write(&path, &text).unwrap();
        let taken = take_with(&path, &ImportOptions::default());
        assert_eq!(taken.names(), names, "{text}\n{}", taken.said());
        assert_eq!(taken.refused(), refused, "{text}\n{}", taken.said());
        let [accepted, unchanged, refused, told] = taken.counts();
        let rows = text.lines().count();
        assert!(accepted + unchanged + refused + told < rows, "no row twice: {text}");
    }
}

#[test]
fn a_group_about_somebody_else_is_not_the_persons() {
    let text =
        "职工,,子女,,\n姓名,手机,姓名,学历,出生日期\n张三,13900000012,张小,小学,2015-03-04\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, text).unwrap();
    let taken = take_with(&path, &ImportOptions::default());
    let row = taken.of("张三");
    assert_eq!(
        (&row["phone"], &row["education"], &row["birth_date"]),
        (&"13900000012".into(), &Json::Null, &Json::Null)
    );
    assert!(taken.said().contains("子女出生日期"), "{}", taken.said());
}

/// A number under 500199 by GB 11643.
fn number_of(birth: &str, order: u32) -> String {
    let digits = format!("500199{birth}{order:03}");
    "0123456789X"
        .chars()
        .map(|last| format!("{digits}{last}"))
        .find(|id| is_identity_number(id))
        .unwrap()
}

#[test]
fn web_pages_and_old_xml_are_read_like_tables() {
    for name in ["web-page.xls", "web-page-lines.xls", "xml-2003.xls"] {
        let Some(taken) = theirs(name) else { continue };
        assert!(
            taken.report.accepted() > 0 && taken.report.refused.is_empty(),
            "{name}: {}",
            taken.said()
        );
    }
}

#[test]
fn damaged_and_old_binary_files() {
    if let Some(path) = handed("rosters/breaks-the-reader.xls") {
        let trouble = Book::open(&path).map(|book| book.rows(0, None).find_map(Result::err));
        assert!(!matches!(trouble, Ok(None)), "it is told");
    }
    if let Some(taken) = theirs("old-serial-date.xls") {
        println!("{:?} {}", taken.counts(), taken.said());
        assert!(taken.report.accepted() + taken.report.refused.len() > 0);
    }
    let mime =
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n\r\n--x\r\n";
    let Err(FileTrouble::Foreign(what, _)) = Book::read("x.xls", mime.to_vec()) else { panic!() };
    assert!(what.zh.contains("MHTML"));
}
