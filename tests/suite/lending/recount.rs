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
use yizhan::record::{Clock, Fields, Record, RecordId, Value};

/// Most that one reader may leave as deposits, in fen.
const MOST: i64 = 30_000;

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
id = "last_lent"
last = "lent_on"
per = "book"
"#;
    PACK.replacen(lent_on, &format!("{deposit}{lent_on}"), 1) + more
}

fn station(folder: &Path) -> Station {
    let files = [("programs/lending.toml", &*pack()), ("policy/lending.toml", RULES)];
    Station::with_files_in(folder, &files)
}

/// What happens to loans and readers, at random.
#[derive(Clone, Debug)]
enum Happens {
    Asked { reader: usize, book: usize, deposit: i64 },
    Lent(usize),
    Back(usize),
    Other { loan: usize, field: &'static str, to: usize },
    Deposit { loan: usize, fen: i64 },
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
    let deposit = || (0..5_i64).prop_map(|hundreds| hundreds * 10_000);
    prop_oneof![
        4 => (0..3_usize, 0..3_usize, deposit())
            .prop_map(|(reader, book, deposit)| Happens::Asked { reader, book, deposit }),
        5 => (0..8_usize).prop_map(Happens::Lent),
        2 => (0..8_usize).prop_map(Happens::Back),
        2 => (0..8_usize, prop_oneof![Just("book"), Just("reader")], 0..3_usize)
            .prop_map(|(loan, field, to)| Happens::Other { loan, field, to }),
        2 => (0..8_usize, deposit()).prop_map(|(loan, fen)| Happens::Deposit { loan, fen }),
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
        let amend = |id: RecordId, field: &str, value: Value| {
            let base = self.station.office.record(id).unwrap().map_or(0, |it| it.revision);
            let fields = BTreeMap::from([(field.to_string(), Some(value))]);
            Command::Amend { id, base, fields, reason: None }
        };
        let step = |id: RecordId, id_of_move: &str| {
            let (id_of_move, answers) = (id_of_move.to_string(), Answers::new());
            Command::Move { id, base: None, id_of_move, answers }
        };
        let by_desk = |command| Some((&self.desk, command));
        match *happens {
            Happens::Asked { reader, book, deposit } => {
                let fields = Fields::from([
                    ("reader".to_string(), Value::Reference(self.readers[reader])),
                    ("book".to_string(), Value::Reference(self.books[book])),
                    ("back_in".to_string(), Value::Choice("good".into())),
                    ("deposit".to_string(), Value::Money(deposit)),
                    ("lent_on".to_string(), Value::Date(self.station.office.today())),
                ]);
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
                by_desk(amend(loan(at)?, field, Value::Reference(there)))
            }
            Happens::Deposit { loan: at, fen } => {
                by_desk(amend(loan(at)?, "deposit", Value::Money(fen)))
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
            let fen = loan.get("deposit").and_then(Value::as_fen).unwrap();
            let (out, asked) = (loan.state == "open", loan.state == "asked");
            let mut add = |id, key: &[&str], amount: i64| {
                let key = key.iter().map(|part| (*part).to_string()).collect();
                *totals.entry((id, key)).or_insert(0) += amount;
            };
            if out {
                add("copies_out", &[&book], 1);
                add("loans_of_reader", &[&reader], 1);
            }
            if out || asked {
                add("deposits", &[&reader], fen);
            }
            add("deposits_month", &[&reader, &day.format("%Y-%m").to_string()], fen);
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
        keys.into_iter().filter_map(one).collect()
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
            *id == "deposits" && **fen > limits.get(&key[0]).copied().unwrap_or(MOST)
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
