//! Workbooks nobody has thought of: random sheets, written part by part as spreadsheet programs do,
//! of which every value has to be stored as it was meant, refused, or told.

use crate::stage::Station;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use yizhan::exchange::{About, Book, ImportOptions, Plan, Report, import};
use yizhan::record::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How a text is written in a cell.
#[derive(Clone, Copy, Debug)]
enum Text {
    Shared,
    Rich,
    Inline,
    Guarded,
    Formula,
    /// A formula without a value.
    Unworked,
    /// The error of a formula.
    Failed,
}

/// How a number is written in a cell.
#[derive(Clone, Copy, Debug)]
enum Number {
    Text(Text),
    Plain,
    /// With `.0` or in powers of ten, as text.
    Spoiled,
}

/// How a day is written in a cell.
#[derive(Clone, Copy, Debug)]
enum Day {
    Styled,
    General,
    Iso,
    Text,
    Chinese,
    /// 43 seconds before it.
    Early,
    Unworked,
}

#[derive(Clone, Debug)]
struct Person {
    name: Text,
    id: Number,
    phone: Number,
    employer: Text,
    /// The employer is merged with the row above.
    merged: bool,
    /// The day is merged into the phone, where that is to its left.
    over: bool,
    day: Day,
    days: u64,
    hidden: bool,
    /// Something is in the column without a heading.
    beside: bool,
}

#[derive(Clone, Debug)]
enum Line {
    Person(Person),
    Blank,
    Total,
    Note,
    Headings,
}

#[derive(Clone, Debug)]
struct Sheet {
    hidden: bool,
    title: bool,
    two_rows: bool,
    /// The order of the columns, as places in [`TITLES`].
    order: Vec<usize>,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Model {
    from_1904: bool,
    sheets: Vec<Sheet>,
}

const TITLES: [&str; 5] = ["姓名", "身份证号", "手机", "工作单位", "告知书签收日期"];
const PHONE: usize = 2;
const DAY: usize = 4;

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        6 => Just(Text::Shared), 3 => Just(Text::Rich), 3 => Just(Text::Inline),
        2 => Just(Text::Guarded), 3 => Just(Text::Formula), 1 => Just(Text::Unworked),
        1 => Just(Text::Failed),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        8 => text().prop_map(Number::Text), 1 => Just(Number::Plain), 1 => Just(Number::Spoiled),
    ]
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![
        4 => Just(Day::Styled), 2 => Just(Day::General), 2 => Just(Day::Iso), 2 => Just(Day::Text),
        1 => Just(Day::Chinese), 1 => Just(Day::Early), 1 => Just(Day::Unworked),
    ]
}

fn person() -> impl Strategy<Value = Line> {
    let flags = (
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.1),
    );
    (text(), number(), number(), text(), day(), 0_u64..9_000, flags).prop_map(
        |(name, id, phone, employer, day, days, (merged, over, hidden, beside))| {
            Line::Person(Person {
                name,
                id,
                phone,
                employer,
                merged,
                over,
                day,
                days,
                hidden,
                beside,
            })
        },
    )
}

fn sheet() -> impl Strategy<Value = Sheet> {
    let line = prop_oneof![
        14 => person(), 1 => Just(Line::Blank), 1 => Just(Line::Total), 1 => Just(Line::Note),
        1 => Just(Line::Headings),
    ];
    let order = Just((0..TITLES.len()).collect::<Vec<_>>()).prop_shuffle();
    (
        prop::bool::weighted(0.2),
        any::<bool>(),
        prop::bool::weighted(0.3),
        order,
        prop::collection::vec(line, 1..12),
    )
        .prop_map(|(hidden, title, two_rows, order, lines)| Sheet {
            hidden,
            title,
            two_rows,
            order,
            lines,
        })
}

fn model() -> impl Strategy<Value = Model> {
    (any::<bool>(), prop::collection::vec(sheet(), 1..4)).prop_map(|(from_1904, mut sheets)| {
        // A workbook shows one sheet at least.
        sheets[0].hidden = false;
        Model { from_1904, sheets }
    })
}

/// Somebody as a row means them.
#[derive(Debug)]
struct Meant {
    sheet: String,
    line: usize,
    hidden: bool,
    /// Something of it cannot be read; the row has to be refused.
    bad: bool,
    id: String,
    fields: BTreeMap<&'static str, String>,
    /// None where the cell is merged into its neighbour.
    day: Option<NaiveDate>,
}

/// What a written workbook has to come to.
#[derive(Debug, Default)]
struct Expected {
    people: Vec<Meant>,
    /// Rows that are nobody, by sheet and line.
    asides: BTreeSet<(String, usize)>,
    again: BTreeSet<(String, usize)>,
    hidden_sheets: Vec<String>,
    beside: BTreeSet<(String, usize)>,
}

/// A number nobody has had before, by GB 11643. None ends in three zeros: beside numbers that were
/// cut, such a one is rightly not believed.
fn new_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let birth = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + Days::new(u64::from(next / 99));
    let digits = format!("500199{}{:03}", birth.format("%Y%m%d"), 101 + next % 99);
    let sum: u32 = digits
        .chars()
        .zip(0_u32..)
        .map(|(c, at)| c.to_digit(10).unwrap() * (2_u32.pow(17 - at) % 11))
        .sum();
    let last = "10X98765432".chars().nth((sum % 11) as usize).unwrap();
    format!("{digits}{last}")
}

/// Writes one workbook.
#[derive(Default)]
struct Writer {
    strings: Vec<String>,
    expected: Expected,
    from_1904: bool,
}

impl Writer {
    fn text(&mut self, at: &str, how: Text, text: &str) -> String {
        let middle = text.char_indices().nth(1).map_or(text.len(), |(at, _)| at);
        let (first, rest) = text.split_at(middle);
        match how {
            Text::Shared => {
                self.strings.push(format!("<si><t>{text}</t></si>"));
                format!("<c r=\"{at}\" t=\"s\"><v>{}</v></c>", self.strings.len() - 1)
            }
            Text::Rich => {
                self.strings.push(format!(
                    "<si><r><t>{first}</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\">{rest}</t></r><rPh sb=\"0\" eb=\"1\"><t>ク</t></rPh></si>"
                ));
                format!("<c r=\"{at}\" t=\"s\"><v>{}</v></c>", self.strings.len() - 1)
            }
            Text::Inline => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            Text::Guarded => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>'{text}</t></is></c>"),
            Text::Formula => format!("<c r=\"{at}\" t=\"str\"><f>Z9&amp;\"\"</f><v>{text}</v></c>"),
            Text::Unworked => format!("<c r=\"{at}\"><f>Z9</f></c>"),
            Text::Failed => format!("<c r=\"{at}\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>"),
        }
    }

    fn number(&mut self, at: &str, how: Number, digits: &str) -> String {
        match how {
            Number::Text(how) => self.text(at, how, digits),
            Number::Plain => {
                format!("<c r=\"{at}\"><v>{}</v></c>", digits.trim_end_matches('X'))
            }
            Number::Spoiled if digits.len() > 15 => self.text(at, Text::Shared, "5.00199E+17"),
            Number::Spoiled => self.text(at, Text::Shared, &format!("{digits}.0")),
        }
    }

    fn day(&mut self, at: &str, how: Day, day: NaiveDate) -> String {
        let first = if self.from_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
        let first = NaiveDate::from_ymd_opt(first.0, first.1, first.2).unwrap();
        let number = (day - first).num_days();
        match how {
            Day::Styled => format!("<c r=\"{at}\" s=\"1\"><v>{number}</v></c>"),
            Day::General => format!("<c r=\"{at}\"><v>{number}</v></c>"),
            Day::Iso => format!("<c r=\"{at}\" t=\"d\"><v>{day}T00:00:00</v></c>"),
            Day::Text => self.text(at, Text::Shared, &day.to_string()),
            Day::Chinese => self.text(at, Text::Inline, &day.format("%Y年%-m月%-d日").to_string()),
            Day::Early => {
                let early = number as f64 - 43.0 / 86_400.0;
                format!("<c r=\"{at}\" s=\"1\"><v>{early}</v></c>")
            }
            Day::Unworked => format!("<c r=\"{at}\" s=\"1\"><f>TODAY()</f></c>"),
        }
    }

    fn sheet(&mut self, sheet: &Sheet, name: &str) -> String {
        let mut rows = String::new();
        let mut merges: Vec<String> = Vec::new();
        let mut line = 0;
        if sheet.title {
            line += 1;
            let cell = self.text(&format!("A{line}"), Text::Inline, "某街道名册");
            let _ = write!(rows, "<row r=\"{line}\">{cell}</row>");
            merges.push(format!("A{line}:E{line}"));
        }
        line += 1;
        let depth = if sheet.two_rows { 2 } else { 1 };
        let headings = self.headings(sheet, line, &mut merges);
        rows.push_str(&headings);
        line += depth - 1;
        if sheet.hidden {
            self.expected.hidden_sheets.push(name.to_string());
        }
        let mut employer: Option<(usize, String)> = None;
        let mut begun: Option<usize> = None;
        for row in &sheet.lines {
            line += 1;
            let at = (name.to_string(), line);
            let Line::Person(person) = row else {
                close(&mut begun, line, &mut merges, sheet);
                employer = None;
                match row {
                    Line::Total => {
                        let cell = self.text(&format!("A{line}"), Text::Shared, "合 计");
                        let _ = write!(rows, "<row r=\"{line}\">{cell}</row>");
                        self.expected.asides.insert(at);
                    }
                    Line::Note => {
                        let cell = self.text(&format!("B{line}"), Text::Inline, "填表人：周某");
                        let _ = write!(rows, "<row r=\"{line}\">{cell}</row>");
                        self.expected.asides.insert(at);
                    }
                    Line::Headings => {
                        let plain = Sheet { two_rows: false, ..sheet.clone() };
                        let again = self.headings(&plain, line, &mut Vec::new());
                        rows.push_str(&again);
                        self.expected.again.insert(at);
                    }
                    _ => {}
                }
                continue;
            };
            // A merged region has a text that can be read at its top.
            let merged = person.merged && employer.is_some();
            if !merged {
                close(&mut begun, line, &mut merges, sheet);
                let readable = !matches!(person.employer, Text::Unworked | Text::Failed);
                employer = readable.then(|| (line, format!("厂{line}号")));
            } else if begun.is_none() {
                begun = employer.as_ref().map(|(line, _)| *line);
            }
            let cells = self.person(
                sheet,
                name,
                line,
                person,
                employer.as_ref().filter(|_| merged),
                &mut merges,
            );
            let hidden = if person.hidden { " hidden=\"1\"" } else { "" };
            let _ = write!(rows, "<row r=\"{line}\"{hidden}>{cells}</row>");
        }
        close(&mut begun, line + 1, &mut merges, sheet);
        let all: String =
            merges.iter().map(|region| format!("<mergeCell ref=\"{region}\"/>")).collect();
        let merged = if merges.is_empty() {
            String::new()
        } else {
            format!("<mergeCells>{all}</mergeCells>")
        };
        format!(
            "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData>{merged}</worksheet>"
        )
    }

    fn headings(&mut self, sheet: &Sheet, line: usize, merges: &mut Vec<String>) -> String {
        let (mut top, mut low) = (String::new(), String::new());
        for (at, which) in sheet.order.iter().enumerate() {
            let column = letter(at);
            let place = format!("{column}{line}");
            if sheet.two_rows && *which == PHONE {
                top += &self.text(&place, Text::Shared, "联系方式");
                low += &self.text(&format!("{column}{}", line + 1), Text::Rich, TITLES[PHONE]);
            } else {
                top += &self.text(&place, Text::Shared, TITLES[*which]);
                if sheet.two_rows {
                    merges.push(format!("{column}{line}:{column}{}", line + 1));
                }
            }
        }
        if sheet.two_rows {
            format!("<row r=\"{line}\">{top}</row><row r=\"{}\">{low}</row>", line + 1)
        } else {
            format!("<row r=\"{line}\">{top}</row>")
        }
    }

    fn person(
        &mut self,
        sheet: &Sheet,
        name: &str,
        line: usize,
        person: &Person,
        merged: Option<&(usize, String)>,
        merges: &mut Vec<String>,
    ) -> String {
        let id = new_id();
        let phone = format!("139{line:08}");
        let called = format!("甲{}", char::from_u32(0x4E00 + line as u32).unwrap());
        let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(person.days);
        let employer = merged.map_or_else(|| format!("厂{line}号"), |(_, text)| text.clone());
        let mut cells = String::new();
        let beside = sheet.order.windows(2).position(|pair| pair == [PHONE, DAY]);
        let over = beside.filter(|_| person.over);
        for (at, which) in sheet.order.iter().enumerate() {
            let place = format!("{}{line}", letter(at));
            cells += &match which {
                4 if over.is_some() => String::new(),
                0 => self.text(&place, person.name, &called),
                1 => self.number(&place, person.id, &id),
                2 => self.number(&place, person.phone, &phone),
                3 if merged.is_some() => String::new(),
                3 => self.text(&place, person.employer, &employer),
                _ => self.day(&place, person.day, day),
            };
        }
        if person.beside {
            cells += &self.text(&format!("F{line}"), Text::Shared, "旁注");
            if !person.hidden && !sheet.hidden {
                self.expected.beside.insert((name.to_string(), line));
            }
        }
        if let Some(at) = over {
            merges.push(format!("{}{line}:{}{line}", letter(at), letter(at + 1)));
        }
        let lost = |text: Text| matches!(text, Text::Unworked | Text::Failed);
        let lost_number = |number: Number| match number {
            Number::Text(text) => lost(text),
            Number::Plain => false,
            Number::Spoiled => true,
        };
        let bad = lost(person.name)
            || lost_number(person.id)
            || matches!(person.id, Number::Plain)
            || lost_number(person.phone)
            || merged.is_none() && lost(person.employer)
            || over.is_none() && matches!(person.day, Day::Early | Day::Unworked);
        if !sheet.hidden {
            let fields =
                BTreeMap::from([("name", called), ("phone", phone), ("employer", employer)]);
            let (sheet, hidden, day) = (name.to_string(), person.hidden, Some(day));
            let day = day.filter(|_| over.is_none());
            self.expected.people.push(Meant { sheet, line, hidden, bad, id, fields, day });
        }
        cells
    }
}

fn letter(at: usize) -> char {
    "ABCDEFGH".chars().nth(at).unwrap()
}

/// Ends a merged region of the employer column above a line.
fn close(begun: &mut Option<usize>, line: usize, merges: &mut Vec<String>, sheet: &Sheet) {
    if let Some(first) = begun.take() {
        let at = letter(sheet.order.iter().position(|which| *which == 3).unwrap());
        merges.push(format!("{at}{first}:{at}{}", line - 1));
    }
}

fn write(model: &Model) -> (Vec<u8>, Expected) {
    let mut writer = Writer { from_1904: model.from_1904, ..Writer::default() };
    let names: Vec<String> = (1..=model.sheets.len()).map(|n| format!("第{n}表")).collect();
    let sheets: Vec<String> =
        model.sheets.iter().zip(&names).map(|(sheet, name)| writer.sheet(sheet, name)).collect();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    part(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    let mut listed = String::new();
    let mut relations = String::new();
    for (at, (sheet, name)) in model.sheets.iter().zip(&names).enumerate() {
        let state = if sheet.hidden { " state=\"hidden\"" } else { "" };
        let _ =
            write!(listed, "<sheet name=\"{name}\" sheetId=\"{}\"{state} r:id=\"s{at}\"/>", at + 1);
        let _ = write!(
            relations,
            "<Relationship Id=\"s{at}\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>"
        );
    }
    let calendar = if model.from_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
    part(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{REL}\">{calendar}<sheets>{listed}</sheets></workbook>"
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"{PACKAGE}\">{relations}<Relationship Id=\"t\" Type=\"{REL}/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"y\" Type=\"{REL}/styles\" Target=\"styles.xml\"/></Relationships>"
        ),
    );
    part(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
        ),
    );
    part(
        "xl/sharedStrings.xml",
        &format!("<sst xmlns=\"{MAIN}\">{}</sst>", writer.strings.concat()),
    );
    for (at, sheet) in sheets.iter().enumerate() {
        part(&format!("xl/worksheets/sheet{at}.xml"), sheet);
    }
    (zip.finish().unwrap().into_inner(), writer.expected)
}

fn station() -> &'static Station {
    static STATION: OnceLock<Station> = OnceLock::new();
    STATION.get_or_init(|| {
        let station = Station::new();
        station.clock.set("2025-12-01T01:00:00Z".parse().unwrap());
        station
    })
}

/// Lines of a sheet a kind of notice is about, and how many there are.
fn told(report: &Report, about: About, sheet: &str) -> usize {
    let notices = report.notices.iter();
    notices
        .filter(|notice| notice.about == about && notice.sheet == sheet)
        .map(|notice| notice.count)
        .sum()
}

fn check(model: &Model) -> Result<(), TestCaseError> {
    let (bytes, expected) = write(model);
    let station = station();
    let plan = Plan::named(station.office.catalogue(), "person").unwrap();
    let book = Book::read("random.xlsx", bytes).unwrap();
    let report = import(
        &station.office,
        &station.admin,
        &plan,
        &book,
        &ImportOptions::default(),
        &mut |_, _| {},
    );
    let visible =
        |sheet: &str| expected.people.iter().filter(|one| one.sheet == sheet).collect::<Vec<_>>();
    let report = report.map_err(|why| TestCaseError::fail(format!("{}", why.message.zh)))?;
    let refused: BTreeSet<(String, usize)> =
        report.refused.iter().map(|row| (row.place.sheet.to_string(), row.place.line)).collect();
    for one in &expected.people {
        let place = (one.sheet.clone(), one.line);
        let kept =
            station.office.numbered(&one.id).and_then(|id| station.office.record(id).unwrap());
        prop_assert_eq!(refused.contains(&place), one.bad && !one.hidden, "{:?}", one);
        let Some(kept) = kept else {
            prop_assert!(one.bad || one.hidden, "lost: {:?}", one);
            continue;
        };
        prop_assert!(!one.bad && !one.hidden, "taken: {:?}", one);
        for (field, meant) in &one.fields {
            prop_assert_eq!(kept.text(field), meant.as_str(), "{} of {:?}", field, one);
        }
        prop_assert_eq!(kept.get("told_on").cloned(), one.day.map(Value::Date), "{:?}", one);
        if one.day.is_none() {
            let merged = told(&report, About::Merged, &one.sheet);
            prop_assert!(merged > 0, "not told: {:?}", one);
        }
    }
    let sheets: BTreeSet<&str> = expected.people.iter().map(|one| one.sheet.as_str()).collect();
    for sheet in sheets {
        let hidden = visible(sheet).iter().filter(|one| one.hidden).count();
        prop_assert_eq!(told(&report, About::HiddenRows, sheet), hidden);
        let count =
            |all: &BTreeSet<(String, usize)>| all.iter().filter(|(name, _)| name == sheet).count();
        prop_assert_eq!(told(&report, About::NoPerson, sheet), count(&expected.asides));
        prop_assert_eq!(told(&report, About::HeadingsAgain, sheet), count(&expected.again));
        prop_assert_eq!(told(&report, About::NoHeading, sheet), count(&expected.beside));
    }
    for sheet in &expected.hidden_sheets {
        prop_assert!(
            report
                .notices
                .iter()
                .any(|notice| notice.about == About::Sheet && notice.sheet == *sheet)
        );
    }
    let good = expected.people.iter().filter(|one| !one.bad && !one.hidden).count();
    prop_assert_eq!(report.accepted(), good);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_stored_as_meant_or_refused_or_told(model in model()) {
        check(&model)?;
    }
}
