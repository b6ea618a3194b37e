//! What the language of packs costs: the index of many people filled without facets, with six facets,
//! and with eight measures besides; what each takes in memory; and a save under eight bounds.
//!
//! `cargo bench --bench areas -- 100000 1000000` measures these sizes, a million where none is named.
//! The three are opened in turn, three times; the quickest of each counts.

#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench that cannot measure has to stop

mod station;

use station::{PASSWORD, Station, bytes, folder, id_number, measure, sizes};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan::office::{Command, Office, Sources};
use yizhan::program::PERSON;
use yizhan::record::{Fields, SystemClock, Value};
use yizhan::store::{Origin, Secret};

const PEOPLE: &str = include_str!("../assets/programs/person.toml");
const FACETS: &str =
    r#"facet = ["sex", "ethnic_group", "politics", "hukou", "education", "work_status"]"#;
/// Six with few keys, one with three thousand, and one with a key for nearly everybody.
const PER: [&str; 8] = [
    "sex",
    "ethnic_group",
    "politics",
    "hukou",
    "education",
    "work_status",
    "employer",
    "residence_region",
];
const SAVES: u32 = 200;
const ROUNDS: usize = 3;

fn main() {
    for size in sizes() {
        let folder = folder();
        let csv = folder.path().join("people.csv");
        people(&csv, size);
        let station = Station::inside(&folder.path().join("station"));
        measure(station.init());
        let taken = measure(station.acting(&["import", "person", csv.to_str().unwrap()]));
        println!("== {size} people, taken in with {} (exit {})", said(taken.wall), taken.code);
        compare(&station, folder.path(), size);
    }
}

fn said(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The pack of people with so many lines more.
fn pack(folder: &Path, name: &str, facets: bool, measures: bool) -> Option<std::path::PathBuf> {
    if !facets {
        return None;
    }
    let mut text = PEOPLE.replacen("import = {", &format!("{FACETS}\nimport = {{"), 1);
    for per in PER.iter().filter(|_| measures) {
        text += &format!(
            "\n[[kind.person.measure]]\nid = \"by_{per}\"\ncount = true\nper = \"{per}\"\n\
             at_most = 100000000\nsays = {{ zh = \"太多\", en = \"too many\" }}\n"
        );
    }
    let own = folder.join(name);
    fs::create_dir_all(own.join("programs")).unwrap();
    fs::write(own.join("programs/person.toml"), text).unwrap();
    Some(own)
}

struct Seen {
    name: &'static str,
    own: Option<std::path::PathBuf>,
    filled: Duration,
    index: usize,
    measures: (usize, usize),
    save: Duration,
}

fn compare(station: &Station, folder: &Path, size: u32) {
    let shapes =
        [("plain", false, false), ("six facets", true, false), ("and eight bounds", true, true)];
    let mut all: Vec<Seen> = shapes
        .into_iter()
        .map(|(name, facets, measures)| Seen {
            name,
            own: pack(folder, &name.replace(' ', "-"), facets, measures),
            filled: Duration::MAX,
            index: 0,
            measures: (0, 0),
            save: Duration::MAX,
        })
        .collect();
    for _ in 0..ROUNDS {
        all.iter_mut().for_each(|seen| look(station, seen));
    }
    let plain = (all[0].filled, all[0].index);
    for Seen { name, filled, index, measures: (kept, keys), save, .. } in &all {
        let slower = filled.as_secs_f64() / plain.0.as_secs_f64();
        let more = index.saturating_sub(plain.1) as f64 / f64::from(size);
        let a_key = *kept as f64 / (*keys).max(1) as f64;
        println!(
            "  {name}: filled in {} ({slower:.2} x), index {} ({more:.1} B more a record), \
             {keys} keys in {} ({a_key:.1} B a key), a save {}",
            said(*filled),
            bytes(*index as u64),
            bytes(*kept as u64),
            said(*save),
        );
    }
}

/// Opens the station by one of the packs and saves some.
fn look(station: &Station, seen: &mut Seen) {
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let sources = Sources::load(seen.own.as_deref()).unwrap();
    let began = Instant::now();
    let office = Office::open(&station.data, &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    seen.filled = seen.filled.min(began.elapsed());
    seen.index = office.index_footprint();
    seen.measures = office.measures_footprint();
    let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
    let began = Instant::now();
    for n in 0..SAVES {
        let fields = Fields::from([
            ("name".to_string(), Value::Text("周丽".into())),
            ("employer".to_string(), Value::Text(format!("单位{}", n % 3000))),
            ("hukou".to_string(), Value::Choice("agricultural".into())),
        ]);
        let _ = office.perform(
            &admin,
            Command::Create { kind: PERSON.into(), fields, number: None, step: None },
        );
    }
    seen.save = seen.save.min(began.elapsed() / SAVES);
    office.give_up().unwrap();
}

/// A file of made-up people with what the facets and measures go by.
fn people(path: &Path, count: u32) {
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    writeln!(
        out,
        "姓名,身份证号,手机号码,性别,民族,政治面貌,户口类型,学历,工作状态,工作单位,户口所在地行政区划"
    )
    .unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut of = |choices: &[&'static str]| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        choices[usize::try_from(random % choices.len() as u64).unwrap()]
    };
    for n in 0..count {
        let id = id_number(n);
        let sex = if n % 500 * 2 % 2 == 0 { "男" } else { "女" };
        let (name, people) = (of(&["王伟", "李娜", "张敏", "周丽"]), of(&["汉族", "苗族", "回族"]));
        let (party, hukou) = (of(&["群众", "中共党员"]), of(&["农业", "非农业"]));
        let (school, work) = (of(&["初中", "高中", "大专", "本科"]), of(&["在岗", "退休", "病休"]));
        let (unit, region) = (n % 3000, 500_000_000 + n);
        writeln!(
            out,
            "{name},{id},139{n:08},{sex},{people},{party},{hukou},{school},{work},单位{unit},{region}"
        )
        .unwrap();
    }
    out.flush().unwrap();
}
