//! Who wrote what, entry by entry: whether whoever signed is the one it names, whether decisions only
//! grew and by whom, whether erasures are what was asked for, and whether time ran forward.

use crate::record::{ERASED, Instant, MoveMade, Record, RecordId, WITHDRAWN};
use crate::store::journal::encoded;
use crate::store::journal::entry::{Entry, Op};
use crate::store::keys::{KnownKey, Owner, Register};
use crate::words::Said;
use chrono::TimeDelta;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// Commands that take a record out of every list without a move of its own: it was counted as another
/// one, or made by a step that was taken back.
const WITHDRAWS: [&str; 2] = ["merge", "take-back"];

/// Kind and number of the one record the station keeps by itself: which program it last saw.
const OWN: (&str, &str) = ("adopted", "program");
/// The kind of the records of accounts, as the office names it.
const ACCOUNT: &str = "account";
/// The command that asks for an erasure, and the one that carries it out.
pub const ERASE_REQUEST: &str = "erase-request";
/// See [`ERASE_REQUEST`].
pub const ERASE: &str = "erase";
/// A note with this key says that the clock was in doubt; the command that settles it.
pub const CLOCK_DOUBTED: &str = "clock_doubted";
/// See [`CLOCK_DOUBTED`].
pub const CLOCK_ACCEPTED: &str = "clock-accepted";
/// A note with this key says which entry a repair entered again.
const WAS_ENTRY: &str = "was_entry";
/// Commands that change a record's state without a move of its workflow.
const WITHOUT_MOVE: [&str; 4] = ["undo", "packs-adopt", ERASE_REQUEST, "erase-dropped"];
/// So much earlier than the newest entry only a clock in doubt reads.
const BACK: TimeDelta = TimeDelta::days(2);

/// What was last known of a record. Of one without state and moves, as most are, nothing is kept.
#[derive(Default)]
struct Known {
    state: [u8; 8],
    moves: usize,
    /// Of all moves so far.
    digest: [u8; 16],
}

impl Known {
    fn of(record: &Record) -> Self {
        let state = short(record.state.as_bytes());
        Self { state, moves: record.moves.len(), digest: digest(&record.moves) }
    }

    fn is_blank(&self) -> bool {
        self.moves == 0 && self.state == [0; 8]
    }
}

/// A record as an entry puts it.
struct Put<'e> {
    record: &'e Record,
    /// Nothing before it that is missing here can be in its history.
    whole: bool,
    /// An entry before this one touched it.
    known: bool,
}

/// Who is who and what was where, as the entries so far tell.
#[derive(Default)]
pub struct Hands {
    /// The frame being read belongs to a repair, by whoever signed its branch.
    pub repairs: bool,
    accounts: HashMap<RecordId, String>,
    records: foldhash::HashMap<RecordId, Known>,
    /// Requests to erase, by administrators or the recovery key.
    requests: HashSet<u64>,
    /// Erasures: the page and the request it names.
    erasures: Vec<(u64, u64)>,
    /// Records that were erased.
    gone: HashSet<RecordId>,
    /// Entries of which a rest is in their place, with the records it touches.
    rests: Vec<(u64, Vec<RecordId>)>,
    newest: Option<Instant>,
}

impl Hands {
    /// A page that erases.
    pub fn erasure(&mut self, seq: u64, request: u64) {
        self.erasures.push((seq, request));
    }

    /// An entry of which nothing at all is left.
    pub fn nothing_left(&mut self, seq: u64) {
        self.rests.push((seq, Vec::new()));
    }

    /// Whether an entry is one that a repair entered again; it keeps its own actor, and the
    /// repairer signed it.
    pub fn is_again(&self, entry: &Entry) -> bool {
        let again = |op: &Op| matches!(op, Op::Note(note) if note.contains_key(WAS_ENTRY));
        self.repairs && entry.ops.iter().any(again)
    }

    /// What is wrong with who signed an entry. Where content was lost, an account whose record is
    /// not known and a record whose link does not fit say nothing.
    pub fn look(
        &mut self,
        entry: &Entry,
        key: Option<&KnownKey>,
        (erased, lost): (bool, bool),
        fits: impl Fn(&Op) -> bool,
    ) -> Option<Said> {
        let again = self.is_again(entry);
        let puts = entry.ops.iter().filter_map(|op| match op {
            Op::Put { record, previous } => {
                Some(Put { record, whole: !lost || fits(op), known: *previous != 0 })
            }
            _ => None,
        });
        let puts: SmallVec<[Put<'_>; 2]> = puts.collect();
        self.erasing(entry, key, erased);
        let (named, others): (SmallVec<[&Put<'_>; 2]>, SmallVec<[&Put<'_>; 2]>) =
            puts.iter().partition(|put| put.record.kind == ACCOUNT);
        let mut renamed = false;
        for Put { record, .. } in named {
            let before = self.accounts.insert(record.id, record.number.clone());
            renamed |= before.is_some_and(|before| before != record.number);
        }
        let mut odd = None;
        for put in others {
            let found = self.grown(entry, put, erased);
            odd = odd.or(found.filter(|_| put.whole && !again && !erased));
        }
        let late = self.ran_back(entry) && !again;
        if self.is_another(entry, key, &puts, lost) && !again || renamed {
            return Some(Said::fixed(
                "签名的不是它所写的那个账号",
                "it was not signed by the account it names",
            ));
        }
        odd.or_else(|| {
            late.then(|| {
                Said::fixed(
                    "时间比前面的条目早，而没有时钟存疑的记载",
                    "its time is before that of entries before it, and nothing says that the clock was in doubt",
                )
            })
        })
    }

    fn is_another(
        &self,
        entry: &Entry,
        key: Option<&KnownKey>,
        puts: &[Put<'_>],
        lost: bool,
    ) -> bool {
        match key.map(|key| key.owner) {
            Some(Owner::Station) => puts
                .iter()
                .any(|Put { record, .. }| (record.kind.as_str(), record.number.as_str()) != OWN),
            Some(Owner::Account(id)) => {
                self.accounts.get(&id).map_or(!lost, |name| *name != entry.actor)
            }
            Some(Owner::Recovery) => entry.actor != "recovery",
            Some(Owner::KeyFile) | None => true,
        }
    }

    /// What is wrong with how a record's moves and state went on: moves only grow, by whoever
    /// signed, and the state follows the last of them.
    fn grown(&mut self, entry: &Entry, put: &Put<'_>, erased: bool) -> Option<Said> {
        let record = put.record;
        let now = Known::of(record);
        let state = now.state;
        let before = match now.is_blank() {
            true => self.records.remove(&record.id),
            false => self.records.insert(record.id, now),
        };
        let before = before.or_else(|| put.known.then(Known::default));
        if erased {
            return None;
        }
        let (had, held) = before.as_ref().map_or((0, None), |it| (it.moves, Some(it)));
        let kept = record.moves.get(..had);
        let same = kept.is_some_and(|kept| held.is_none_or(|held| digest(kept) == held.digest));
        let made = record.moves.get(had..).unwrap_or_default();
        // A new move brings the text of its sheet along.
        let bare = |made: &MoveMade| made.sheet.as_ref().is_some_and(|it| it.text().is_none());
        if !same || made.iter().any(|made| made.by != entry.actor || bare(made)) {
            return Some(Said::fixed(
                "记录的决定不是由签名的人作出的，或以前的决定被改写",
                "decisions of a record are not those of whoever signed, or earlier ones were rewritten",
            ));
        }
        let jumped = match (made.last(), held) {
            (Some(last), _) => last.to != record.state,
            (None, Some(held)) => {
                let command = entry.command.as_str();
                let goes = record.state == WITHDRAWN && WITHDRAWS.contains(&command);
                held.state != state
                    && !(goes || WITHOUT_MOVE.contains(&command) || entry.command == ERASE)
            }
            (None, None) => false,
        };
        jumped.then(|| {
            Said::fixed(
                "记录换了状态，而没有人办过这一步",
                "a record changed its state and nobody made that move",
            )
        })
    }

    fn erasing(&mut self, entry: &Entry, key: Option<&KnownKey>, erased: bool) {
        if erased {
            let touched = entry.ops.iter().filter_map(Op::touches).map(|(_, id, _)| id);
            self.rests.push((entry.seq, touched.collect()));
        }
        let keeps = key.is_some_and(KnownKey::may_keep_keys);
        if keeps && entry.command == ERASE_REQUEST {
            self.requests.insert(entry.seq);
        }
        if keeps && entry.command == ERASE {
            let gone = entry.ops.iter().filter_map(|op| match op {
                Op::Put { record, .. } if record.state == ERASED => Some(record.id),
                _ => None,
            });
            self.gone.extend(gone);
        }
    }

    /// Whether time ran back with no word of it.
    fn ran_back(&mut self, entry: &Entry) -> bool {
        let doubted = entry.command == CLOCK_ACCEPTED
            || entry
                .ops
                .iter()
                .any(|op| matches!(op, Op::Note(note) if note.contains_key(CLOCK_DOUBTED)));
        let newest = self.newest.filter(|_| entry.command != CLOCK_ACCEPTED);
        if doubted {
            self.newest = newest;
            return false;
        }
        self.newest = Some(newest.map_or(entry.time, |newest| newest.max(entry.time)));
        newest.is_some_and(|newest| newest - entry.time > BACK)
    }

    /// What is wrong with erasures, once everything is read. What a repair says was lost is not held
    /// against them: the chain still knows who signed it.
    pub fn end(&self, register: &Register) -> Vec<(u64, Said)> {
        let lost = |seq: u64| register.lost((seq, seq));
        let asked = self.erasures.iter().filter(|(_, request)| !self.requests.contains(request));
        let asked = asked.filter(|(_, request)| !lost(*request));
        let unasked = asked.map(|(seq, _)| {
            let what = Said::fixed(
                "没有管理员申请过这次销毁",
                "no administrator had asked for this erasure",
            );
            (*seq, what)
        });
        let of_the_gone = |ids: &[RecordId]| ids.iter().any(|id| self.gone.contains(id));
        // The entry that comes with the page names whom it is about.
        let named =
            |seq: u64| register.erased(seq).is_none_or(|(page, _)| !lost(page) && !lost(page + 1));
        let others = self.rests.iter().filter(|(seq, ids)| named(*seq) && !of_the_gone(ids));
        let others = others.map(|(seq, _)| {
            let what = Said::fixed(
                "它被销毁，却不是被销毁的人的记载",
                "it was erased and says nothing of anybody who was erased",
            );
            (*seq, what)
        });
        unasked.chain(others).collect()
    }
}

fn digest(moves: &[MoveMade]) -> [u8; 16] {
    if moves.is_empty() {
        return [0; 16];
    }
    blake3::hash(&encoded::moves(moves)).as_bytes().first_chunk::<16>().copied().unwrap_or_default()
}

fn short(bytes: &[u8]) -> [u8; 8] {
    // Most records have no state.
    if bytes.is_empty() {
        return [0; 8];
    }
    blake3::hash(bytes).as_bytes().first_chunk::<8>().copied().unwrap_or_default()
}
