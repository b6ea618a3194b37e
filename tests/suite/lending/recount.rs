//! Every measure against a naive recount, whatever happens: changes, undo and merges at several desks
//! at once, over a disk that is full now and then. No bound is passed at any moment.

use super::{PACK, RULES, loan, made, moves, stocked};
use crate::full_disk::Disk;
use crate::stage::Station;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use yizhan::office::{Actor, Answers, Command};
use yizhan::record::{Clock, Fields, Record, RecordId, Row, Value};

/// Most that one reader may leave as deposits, in fen.
const MOST: i64 = 30_000;
/// Most pages that may go along of one book.
const MOST_PAGES: i64 = 500;

/// The library with deposits: a sum with a bound, a sum by month, and a last day.
fn pack() -> String {
    let lent_on = "  { id = \"lent_on\",";
    let deposit =
        "  { id = \"deposit\", type = \"money\", title = { zh = \"押金\", en = \"Deposit\" } },\n";
    let more = r#"
[[kind.loan.measure]]
id = "deposits"
where = { state = ["asked", "open"] }
sum = "deposit"
per = "reader"
at_most = 30000
says = { zh = "押金合计 {total} 分，不能超过 {bound} 分。", en = "Deposits come to {total} fen, {bound} at most." }
[[kind.loan.measure]]
id = "deposits_month"
sum = "deposit"
per = ["reader", "lent_on:month"]
[[kind.loan.measure]]
id = "pages_along"
rows = "with"
where = { state = ["asked", "open"] }
sum = "with.pages"
per = "with.other"
at_most = 500
says = { zh = "随书附件共 {total} 页，不能超过 {bound} 页。", en = "{total} pages go along, {bound} at most." }
[[kind.loan.measure]]
id = "along_month"
rows = "with"
count = true
per = ["with.other", "reader", "lent_on:month"]
[[kind.loan.measure]]
id = "last_lent"
last = "lent_on"
per = "book"
"#;
    let note = "    { id = \"note\", type = \"text\"";
    let pages =
        "    { id = \"pages\", type = \"integer\", title = { zh = \"页数\", en = \"Pages\" } },\n";
    let pack = PACK.replacen(lent_on, &format!("{deposit}{lent_on}"), 1) + more;
    pack.replacen(note, &format!("{pages}{note}"), 1)
}

fn station(folder: &Path) -> Station {
    let files = [("programs/lending.toml", &*pack()), ("policy/lending.toml", RULES)];
    Station::with_files_in(folder, &files)
}

/// What happens to loans and readers, at random.
#[derive(Clone, Debug)]
enum Happens {
    Asked { reader: usize, book: usize, deposit: Option<i64> },
    Lent(usize),
    Back(usize),
    Other { loan: usize, field: &'static str, to: usize },
    Deposit { loan: usize, fen: Option<i64> },
    With { loan: usize, other: usize, pages: Option<i64> },
    Undone(usize),
    Merged { reader: usize, into: usize },
    Unmerged,
}

/// What happens at once, and whether the disk has room meanwhile.
#[derive(Clone, Debug)]
struct Round {
    at_once: Vec<Happens>,
    full: bool,
}

fn happens() -> impl Strategy<Value = Happens> {
    // Now and then nobody knows how much it is.
    let deposit = || (0..6_i64).prop_map(|hundreds| (hundreds < 5).then_some(hundreds * 10_000));
    prop_oneof![
        4 => (0..3_usize, 0..3_usize, deposit())
            .prop_map(|(reader, book, deposit)| Happens::Asked { reader, book, deposit }),
        5 => (0..8_usize).prop_map(Happens::Lent),
        2 => (0..8_usize).prop_map(Happens::Back),
        2 => (0..8_usize, prop_oneof![Just("book"), Just("reader")], 0..3_usize)
            .prop_map(|(loan, field, to)| Happens::Other { loan, field, to }),
        2 => (0..8_usize, deposit()).prop_map(|(loan, fen)| Happens::Deposit { loan, fen }),
        3 => (0..8_usize, 0..3_usize, prop::option::weighted(0.8, 1..300_i64))
            .prop_map(|(loan, other, pages)| Happens::With { loan, other, pages }),
        2 => (0..8_usize).prop_map(Happens::Undone),
        1 => (0..3_usize, 0..3_usize).prop_map(|(reader, into)| Happens::Merged { reader, into }),
        1 => Just(Happens::Unmerged),
    ]
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let round = (prop::collection::vec(happens(), 1..5), prop::bool::weighted(0.2));
    // One merge at a time: which of two came last is not for this test to know.
    let merges = |it: &Happens| matches!(it, Happens::Merged { .. } | Happens::Unmerged);
    let round = round.prop_map(move |(mut at_once, full): (Vec<Happens>, bool)| {
        let mut seen = false;
        at_once.retain(|it| !merges(it) || !std::mem::replace(&mut seen, true));
        Round { at_once, full }
    });
    prop::collection::vec(round, 1..16)
}

/// What a recount calls what the sums count without knowing its amount.
const LACKING: &str = "deposits lacking";
const LACKING_MONTH: &str = "deposits_month lacking";
const LACKING_PAGES: &str = "pages_along lacking";

/// What measures come to by a key.
type Totals = BTreeMap<(&'static str, Vec<String>), i64>;

/// The library while things happen to it.
struct Library<'s> {
    station: &'s Station,
    desk: Actor,
    supervisor: Actor,
    readers: Vec<RecordId>,
    books: Vec<RecordId>,
    loans: Vec<RecordId>,
    /// Readers counted as another one, in the order they were merged.
    merged: Vec<(RecordId, RecordId)>,
}

impl<'s> Library<'s> {
    fn new(station: &'s Station) -> Self {
        let named = |kind: &str, field: &str, names: [&str; 3]| {
            names.map(|name| made(station, kind, &[(field, name)])).to_vec()
        };
        Self {
            station,
            desk: station.actor("volunteer"),
            supervisor: station.actor("supervisor"),
            readers: named("reader", "name", ["单静", "解文", "区小红"]),
            books: named("book", "title", ["甲书", "乙书", "丙书"]),
            loans: Vec::new(),
            merged: Vec::new(),
        }
    }

    /// The command something is, and who gives it.
    fn command(&self, happens: &Happens) -> Option<(&Actor, Command)> {
        let loan = |at: usize| self.loans.get(at % self.loans.len().max(1)).copied();
        let amend = |id: RecordId, field: &str, value: Option<Value>| {
            let base = self.station.office.record(id).unwrap().map_or(0, |it| it.revision);
            let fields = BTreeMap::from([(field.to_string(), value)]);
            Command::Amend { id, base, fields, reason: None }
        };
        let step = |id: RecordId, id_of_move: &str| {
            let (id_of_move, answers) = (id_of_move.to_string(), Answers::new());
            Command::Move { id, base: None, id_of_move, answers }
        };
        let by_desk = |command| Some((&self.desk, command));
        match *happens {
            Happens::Asked { reader, book, deposit } => {
                let mut fields = Fields::from([
                    ("reader".to_string(), Value::Reference(self.readers[reader])),
                    ("book".to_string(), Value::Reference(self.books[book])),
                    ("back_in".to_string(), Value::Choice("good".into())),
                    ("lent_on".to_string(), Value::Date(self.station.office.today())),
                ]);
                fields.extend(deposit.map(|fen| ("deposit".to_string(), Value::Money(fen))));
                by_desk(Command::Create { kind: "loan".into(), fields, number: None, step: None })
            }
            Happens::Lent(at) => by_desk(step(loan(at)?, "lend")),
            Happens::Back(at) => {
                let clock = &self.station.clock;
                clock.set(clock.now() + chrono::TimeDelta::days(2));
                by_desk(step(loan(at)?, "bring_back"))
            }
            Happens::Other { loan: at, field, to } => {
                let there = if field == "book" { self.books[to] } else { self.readers[to] };
                by_desk(amend(loan(at)?, field, Some(Value::Reference(there))))
            }
            Happens::Deposit { loan: at, fen } => {
                by_desk(amend(loan(at)?, "deposit", fen.map(Value::Money)))
            }
            Happens::With { loan: at, other, pages } => {
                let mut fields =
                    Fields::from([("other".to_string(), Value::Reference(self.books[other]))]);
                fields.extend(pages.map(|pages| ("pages".to_string(), Value::Integer(pages))));
                let rows = vec![Row { id: 0, fields }];
                by_desk(Command::AddRows { id: loan(at)?, table: "with".into(), rows })
            }
            Happens::Undone(at) => by_desk(Command::Undo { id: loan(at)?, seq: None }),
            Happens::Merged { reader, into } => {
                let (id, into) = (self.readers[reader], self.readers[into]);
                let reason = "登记了两次".to_string();
                Some((&self.supervisor, Command::Merge { id, into, reason }))
            }
            Happens::Unmerged => {
                let (id, _) = *self.merged.last()?;
                Some((&self.supervisor, Command::Undo { id, seq: None }))
            }
        }
    }

    /// Lets things happen at once and keeps what came of them; says where a book was lent twice.
    fn goes_on(&mut self, round: &Round) -> Vec<String> {
        let one = |happens: &Happens| {
            let Some((by, command)) = self.command(happens) else { return (None, Vec::new()) };
            let done = self.station.office.perform(by, command).ok().map(|it| it.id);
            let twice = self.books.iter().filter_map(|book| {
                let out = self.station.office.measure("copies_out", &[book.0.to_string()])?;
                (out > 1).then(|| format!("{out} copies out after {happens:?}"))
            });
            (done, twice.collect())
        };
        let all: Vec<(Option<Option<RecordId>>, Vec<String>)> = thread::scope(|scope| {
            let desks: Vec<_> =
                round.at_once.iter().map(|happens| scope.spawn(move || one(happens))).collect();
            desks.into_iter().map(|desk| desk.join().unwrap()).collect()
        });
        let last = self.merged.last().copied();
        for (happens, (done, _)) in round.at_once.iter().zip(&all) {
            match (happens, done) {
                (Happens::Asked { .. }, Some(id)) => self.loans.extend(*id),
                (Happens::Merged { reader, into }, Some(_)) => {
                    self.merged.push((self.readers[*reader], self.readers[*into]));
                }
                (Happens::Unmerged, Some(_)) => self.merged.retain(|one| Some(*one) != last),
                _ => {}
            }
        }
        all.into_iter().flat_map(|(_, twice)| twice).collect()
    }

    /// Who a reader is counted as.
    fn counted_as(&self, mut id: RecordId) -> String {
        while let Some((_, into)) = self.merged.iter().find(|(gone, _)| *gone == id) {
            id = *into;
        }
        id.0.to_string()
    }

    /// What every measure should come to: every loan looked at, one by one.
    fn recount(&self) -> Totals {
        let mut totals = Totals::new();
        let mut all: Vec<Record> = Vec::new();
        let keep = |loan| {
            all.push(loan);
            Ok(())
        };
        self.station.office.each("loan", keep).unwrap();
        for loan in all.iter().filter(|loan| !loan.is_withdrawn()) {
            let of = |field: &str| loan.get(field).and_then(Value::as_reference).unwrap();
            let (reader, book) = (self.counted_as(of("reader")), of("book").0.to_string());
            let day = loan.get("lent_on").and_then(Value::as_date).unwrap();
            let fen = loan.get("deposit").and_then(Value::as_fen);
            let (out, asked) = (loan.state == "open", loan.state == "asked");
            let mut add = |id, key: &[&str], amount: i64| {
                let key = key.iter().map(|part| (*part).to_string()).collect();
                *totals.entry((id, key)).or_insert(0) += amount;
            };
            if out {
                add("copies_out", &[&book], 1);
                add("loans_of_reader", &[&reader], 1);
            }
            let month = day.format("%Y-%m").to_string();
            for (id, key) in
                [("deposits", vec![&*reader]), ("deposits_month", vec![&*reader, &*month])]
            {
                if id == "deposits" && !out && !asked {
                    continue;
                }
                match fen {
                    Some(fen) => add(id, &key, fen),
                    None => add(if id == "deposits" { LACKING } else { LACKING_MONTH }, &key, 1),
                }
            }
            for row in loan.get("with").map(Value::rows).unwrap_or_default() {
                let other = row.fields["other"].as_reference().unwrap().0.to_string();
                add("along_month", &[&other, &reader, &month], 1);
                match row.fields.get("pages") {
                    Some(Value::Integer(pages)) if out || asked => {
                        add("pages_along", &[&other], *pages);
                    }
                    None if out || asked => add(LACKING_PAGES, &[&other], 1),
                    _ => {}
                }
            }
            let days = (day - chrono::NaiveDate::default()).num_days() + 719_163;
            let last = totals.entry(("last_lent", vec![book])).or_insert(0);
            *last = days.max(*last);
        }
        totals
    }

    /// Where the program says otherwise.
    fn differing(&self, wanted: &Totals) -> Vec<String> {
        let months = ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"];
        let mut keys: Vec<(&str, Vec<String>)> = Vec::new();
        for book in &self.books {
            let book = book.0.to_string();
            keys.push(("copies_out", vec![book.clone()]));
            for reader in self.readers.iter().map(|reader| self.counted_as(*reader)) {
                let key = |month: &str| vec![book.clone(), reader.clone(), month.to_string()];
                keys.extend(months.map(|month| ("along_month", key(month))));
            }
            keys.push(("pages_along", vec![book.clone()]));
            keys.push(("last_lent", vec![book]));
        }
        for reader in self.readers.iter().map(|reader| self.counted_as(*reader)) {
            keys.push(("loans_of_reader", vec![reader.clone()]));
            keys.push(("deposits", vec![reader.clone()]));
            keys.extend(
                months.map(|month| ("deposits_month", vec![reader.clone(), month.to_string()])),
            );
        }
        let one = |(id, key): (&'static str, Vec<String>)| {
            let told = self.station.office.measure(id, &key);
            let none = (id != "last_lent").then_some(0);
            let wanted = wanted.get(&(id, key.clone())).copied().or(none);
            (told != wanted).then(|| format!("{id} {key:?}: {told:?}, counted {wanted:?}"))
        };
        let lack = |(id, key): &(&'static str, Vec<String>)| {
            let (_, name) = [
                ("deposits", LACKING),
                ("deposits_month", LACKING_MONTH),
                ("pages_along", LACKING_PAGES),
            ]
            .into_iter()
            .find(|(sum, _)| sum == id)?;
            let told = i64::try_from(self.station.office.measure_lacks(id, key)).unwrap();
            let wanted = wanted.get(&(name, key.clone())).copied().unwrap_or(0);
            (told != wanted).then(|| format!("{id} {key:?} lacks {told}, counted {wanted}"))
        };
        let lacking: Vec<String> = keys.iter().filter_map(lack).collect();
        keys.into_iter().filter_map(one).chain(lacking).collect()
    }

    /// Deposits above the most there may be, by more than there was: a merge may leave an excess,
    /// and nothing else raises one.
    fn raised(&self, before: &Totals, after: &Totals) -> Vec<String> {
        let mut limits: BTreeMap<String, i64> = BTreeMap::new();
        for reader in &self.readers {
            let own = reader.0.to_string();
            let had = before.get(&("deposits", vec![own.clone()])).copied().unwrap_or(0);
            *limits.entry(self.counted_as(*reader)).or_insert(0) += had.max(MOST);
        }
        let raised = after.iter().filter(|((id, key), fen)| {
            (*id == "pages_along" && **fen > MOST_PAGES)
                || *id == "deposits" && **fen > limits.get(&key[0]).copied().unwrap_or(MOST)
        });
        raised.map(|above| format!("{above:?}, before {before:?}")).collect()
    }
}

#[test]
fn measures_are_what_a_recount_says_whatever_happens() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) };
    let config = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig { failure_persistence: None, ..ProptestConfig::default() },
        None => config,
    };
    proptest!(config, |(rounds in rounds())| {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::over(&folder.path().join("disk"));
        let station = station(&folder.path().join("disk"));
        let mut library = Library::new(&station);
        let mut before = library.recount();
        for round in &rounds {
            let full = disk.as_ref().filter(|_| round.full);
            full.iter().for_each(|disk| disk.fill(0));
            let twice = library.goes_on(round);
            full.iter().for_each(|disk| disk.empty());
            prop_assert_eq!(twice, Vec::<String>::new());
            let after = library.recount();
            prop_assert_eq!(library.differing(&after), Vec::<String>::new(), "{:?}", round);
            prop_assert_eq!(library.raised(&before, &after), Vec::<String>::new(), "{:?}", round);
            before = after;
        }
        let report = station.office.verify(None).unwrap();
        prop_assert!(report.ok, "{:?}", report);
    });
}

/// Two entries on their way, the write refused: neither is counted, and a third is counted once.
#[test]
fn what_a_full_disk_refused_is_counted_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::over(&folder.path().join("disk")) else { return };
    let station = station(&folder.path().join("disk"));
    stocked(&station);
    let asked: Vec<RecordId> = (0..6).map(|_| loan(&station, "解文", "电工手册")).collect();
    let book = station.office.record(asked[0]).unwrap().unwrap();
    let book = book.get("book").and_then(Value::as_reference).unwrap().0.to_string();
    let out = || station.office.measure("copies_out", std::slice::from_ref(&book));
    disk.fill(0);
    // What still fits into the room the journal has is saved; the rest is refused.
    let mut saved = 0;
    while moves(&station, asked[0], "lend").is_ok() {
        saved += 1;
        let undo = Command::Undo { id: asked[0], seq: None };
        if station.office.perform(&station.actor("volunteer"), undo).is_err() {
            break;
        }
        assert!(saved < 10_000, "the disk is never full");
    }
    let counted = out();
    let done: Vec<bool> = thread::scope(|scope| {
        let desks: Vec<_> =
            asked.iter().map(|id| scope.spawn(|| moves(&station, *id, "lend").is_ok())).collect();
        desks.into_iter().map(|desk| desk.join().unwrap()).collect()
    });
    assert_eq!((done, out()), (vec![false; 6], counted));
    disk.empty();
    if counted == Some(0) {
        moves(&station, asked[1], "lend").unwrap();
    }
    assert_eq!(out(), Some(1));
    assert!(moves(&station, asked[2], "lend").is_err());
}

/// A sum counts what it knows and says how many it does not: rules that read it cannot tell.
#[test]
fn what_a_sum_does_not_know_is_not_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let fact = "  { id = \"loans\", unit";
    let deposits = "  { id = \"deposits\", unit = \"fen\", measure = \"deposits\", at = [\"reader\"], \
                    title = { zh = \"押金合计\", en = \"deposits\" } },\n";
    let line = r#"
[[rule_set.line]]
id = "L-DEPOSIT"
title = { zh = "押金不多", en = "Deposits" }
clause = "house-rules/3"
basis = "local"
role = "must"
condition = "deposits <= 25000"
met = { zh = "押金合计 {deposits}。", en = "Deposits come to {deposits}." }
not_met = { zh = "押金合计 {deposits}，太多。", en = "Deposits come to {deposits}, too much." }
unknown = { zh = "不能判断：{missing}。", en = "Cannot tell: {missing}." }
"#;
    let next = "[[rule_set.line]]\nid = \"L-HOUSE\"";
    let rules = RULES.replacen(fact, &format!("{deposits}{fact}"), 1);
    let rules = rules.replacen(next, &format!("{line}\n{next}"), 1);
    let files = [("programs/lending.toml", &*pack()), ("policy/lending.toml", &*rules)];
    let station = Station::with_files_in(&folder.path().join("station"), &files);
    made(&station, "reader", &[("name", "单静")]);
    let loans = ["甲书", "乙书"].map(|title| {
        made(&station, "book", &[("title", title)]);
        let fields = [("reader", "单静"), ("book", title), ("lent_on", "t"), ("deposit", "100")];
        made(&station, "loan", &fields)
    });
    let reader = station.office.record(loans[0]).unwrap().unwrap();
    let reader = reader.get("reader").and_then(Value::as_reference).unwrap().0.to_string();
    let deposits = || {
        let key = std::slice::from_ref(&reader);
        (station.office.measure("deposits", key), station.office.measure_lacks("deposits", key))
    };
    assert_eq!(deposits(), (Some(20_000), 0));
    let told = |loan: RecordId| {
        let record = station.office.record(loan).unwrap().unwrap();
        let sheet = station.office.sheet(&record, None, None).unwrap();
        sheet.lines.iter().find(|line| line.id == "L-DEPOSIT").unwrap().said().zh.to_string()
    };
    assert_eq!(told(loans[0]), "押金合计 200.00。");
    // Of one nobody knows any more how much it was: the other one alone is no sum of both.
    let gone = station.actor("volunteer");
    let amend = |fen: Option<i64>| {
        let base = station.office.record(loans[1]).unwrap().map_or(0, |it| it.revision);
        let fields = BTreeMap::from([("deposit".to_string(), fen.map(Value::Money))]);
        let command = Command::Amend { id: loans[1], base, fields, reason: None };
        station.office.perform(&gone, command).unwrap();
    };
    amend(None);
    assert_eq!(deposits(), (Some(10_000), 1));
    assert_eq!(told(loans[0]), "不能判断：押金合计（有 1 份记录没有填数）。");
    let refused = moves(&station, loans[0], "lend").unwrap_err();
    assert!(refused.message.zh.contains("有 1 份记录没有填数"), "{}", refused.message.zh);
    amend(Some(10_000));
    assert_eq!((deposits(), told(loans[0])), ((Some(20_000), 0), "押金合计 200.00。".to_string()));
    moves(&station, loans[0], "lend").unwrap();
}
