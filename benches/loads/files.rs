//! Hardship files with ten moves, written straight into the store in the shape of one that an office
//! has led to its end: running every rule two million times is not what is measured.
//!
//! What differs from file to file is whose it is, its numbers, and the text of its sheets. Moves are
//! dated as in the demo.

use crate::station::{PASSWORD, Station, other_id_number, written};
use std::collections::BTreeMap;
use std::ops::Add;
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan::demo::{self, Demo};
use yizhan::office::{Answers, Command, Office, Queue, Sources};
use yizhan::program::PERSON;
use yizhan::record::{Clock, Record, RecordId, StoredSheet, SystemClock, Value};
use yizhan::store::{
    Entry, NewEntry, NewOp, Op, Origin, Secret, Signer, Store, StoreError, random_for_ids,
};

const FILE: &str = "hardship_file";
const RULES: &str = "rules";
/// Who leads a file to its end in the demo.
const HANDS: [(&str, &str); 3] =
    [("volunteer", "volunteer"), ("supervisor", "supervisor"), (demo::SECOND, "supervisor")];
/// Files written side by side, version by version: a station's files are under way together.
const TOGETHER: usize = 512;
const MOVES: usize = 10;

/// What making a load took.
#[derive(Clone, Copy)]
pub struct Made {
    pub wall: Duration,
    pub written: u64,
}

impl Add for Made {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, written: self.written + other.written }
    }
}

/// A file for every person of a station, whom `people` brings in; what it took, and how many entries
/// that are.
pub fn write(station: &Station, people: impl FnOnce() -> Made) -> (Made, u32) {
    add_accounts(station);
    let brought = people();
    let pattern = Pattern::of_the_demo();
    let (began, before) = (Instant::now(), written(process::id()));
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&station.data, &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    let entries = pattern.write(office.store());
    office.give_up().unwrap();
    let made = Made { wall: began.elapsed(), written: written(process::id()) - before };
    (brought + made, entries)
}

fn add_accounts(station: &Station) {
    for (name, role) in HANDS {
        let mut add = station.acting(&["account", "add", name, "--role", role, "--no-change"]);
        add.arg("--new-password-file").arg(&station.password);
        crate::done("account add", add);
    }
}

/// One file as the journal of an office has it, from its making to its end.
struct Pattern {
    number: String,
    /// The entries that changed it, oldest first.
    entries: Vec<Entry>,
    /// The rules its sheets were made by, kept once.
    rules: Vec<Record>,
}

impl Pattern {
    /// A file the union above decided, confirmed here: ten moves.
    fn of_the_demo() -> Self {
        let clock = Arc::new(SystemClock);
        let demo = demo::open(demo::PEOPLE, demo::SEED, clock).unwrap();
        let office = &demo.office;
        let id = confirmed(&demo);
        let file = office.record(id).unwrap().unwrap();
        assert_eq!(file.moves.len(), MOVES);
        let mut entries = office.store().history(FILE, id).unwrap();
        entries.reverse();
        entries.retain(|entry| of(entry, id).is_some());
        let rules = office.store().scan(RULES, None, usize::MAX).unwrap();
        let rules = rules.into_iter().map(|stored| stored.record).collect();
        Self { number: file.number, entries, rules }
    }

    /// Writes a file for everybody; how many entries these are with those that made the people.
    fn write(&self, store: &Store) -> u32 {
        let hands = HANDS.map(|(name, _)| (name, store.check_password(name, PASSWORD).unwrap()));
        let hand = |entry: &Entry| -> &Signer {
            &hands.iter().find(|(name, _)| *name == entry.actor).unwrap().1
        };
        let (mut after, mut count) = (None, 0);
        loop {
            let people = store.scan(PERSON, after, TOGETHER).unwrap();
            let Some(last) = people.last() else { break };
            after = Some(last.record.id);
            let mut files: Vec<File> = (count..)
                .zip(people)
                .map(|(n, person)| File::new(n, person.record).unwrap())
                .collect();
            let tickets: Vec<_> = self
                .entries
                .iter()
                .map(|entry| {
                    let drafts = files.iter_mut().map(|file| file.draft(self, entry)).collect();
                    store.submit(hand(entry), drafts)
                })
                .collect();
            for ticket in tickets {
                ticket.wait().unwrap();
            }
            count += u32::try_from(files.len()).unwrap();
        }
        count + count * u32::try_from(self.entries.len()).unwrap()
    }
}

/// Whoever may confirms what the union above has decided.
fn confirmed(demo: &Demo) -> RecordId {
    let office = &demo.office;
    let hands = HANDS.map(|(name, _)| {
        let actor = office.sign_in(name, demo::PASSWORD, &Origin::Terminal);
        actor.map_err(|refusal| refusal.message).unwrap()
    });
    // The list of all files is a supervisor's.
    let files = office.list(&hands[1], &Queue::OfKind(FILE.into()), 0, 10_000).lines;
    let file = files.iter().find(|line| line.state == "decided_above").unwrap().id;
    let confirm = || Command::Move {
        id: file,
        base: None,
        id_of_move: "confirm_above".into(),
        answers: Answers::new(),
    };
    assert!(hands.iter().any(|actor| office.perform(actor, confirm()).is_ok()), "confirmed");
    file
}

/// The record as an entry leaves it.
fn of(entry: &Entry, id: RecordId) -> Option<&Record> {
    entry.ops.iter().filter_map(Op::record).find(|record| record.id == id)
}

/// One of the many.
struct File {
    n: u32,
    id: RecordId,
    number: String,
    head: Record,
    /// Sheets of its moves so far, by the place of the move.
    sheets: BTreeMap<usize, StoredSheet>,
}

impl File {
    fn new(n: u32, head: Record) -> Result<Self, StoreError> {
        let id = RecordId::new(SystemClock.now(), random_for_ids()?);
        let number = format!("BN-困-2025-{:05}", n + 1);
        Ok(Self { n, id, number, head, sheets: BTreeMap::new() })
    }

    /// What an entry of the pattern is for this one.
    fn draft(&mut self, pattern: &Pattern, entry: &Entry) -> NewEntry {
        let like = entry.ops.iter().filter_map(Op::record).find(|record| record.kind == FILE);
        let mut record = like.cloned().unwrap();
        record.id = self.id;
        record.number.clone_from(&self.number);
        record.fields.insert("head".into(), Value::Reference(self.head.id));
        for (field, value) in &mut record.copied {
            self.head.get(field).into_iter().for_each(|own| value.clone_from(own));
        }
        self.number_members(&mut record);
        self.make_sheets(pattern, &mut record);
        let first = self.n == 0 && record.moves.len() == 1;
        let rules = pattern.rules.iter().filter(|_| first).cloned().map(NewOp::Put);
        NewEntry {
            time: SystemClock.now(),
            actor: entry.actor.clone(),
            origin: entry.origin.clone(),
            command: entry.command.clone(),
            ops: std::iter::once(NewOp::Put(record)).chain(rules).collect(),
            reason: entry.reason.clone(),
        }
    }

    /// Nobody lives in two households.
    fn number_members(&self, record: &mut Record) {
        let Some(Value::Table(members)) = record.fields.get_mut("members") else { return };
        let each = u32::try_from(members.len()).unwrap();
        for (place, member) in (self.n * each..).zip(members) {
            if let Some(number) = member.fields.get_mut("id_number") {
                *number = Value::Text(other_id_number(place));
            }
        }
    }

    fn make_sheets(&mut self, pattern: &Pattern, record: &mut Record) {
        for (at, made) in record.moves.iter_mut().enumerate() {
            let Some(sheet) = &mut made.sheet else { continue };
            if let Some(known) = self.sheets.get(&at) {
                sheet.clone_from(known);
                continue;
            }
            let text = sheet.text().unwrap().replace(&pattern.number, &self.number);
            *sheet = StoredSheet::new(text);
            let mut named = sheet.clone();
            named.drop_text();
            self.sheets.insert(at, named);
        }
    }
}
