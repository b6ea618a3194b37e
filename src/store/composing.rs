//! A whole journal put together from a backup and what can still be read of a damaged one.
//!
//! Entries keep their places as far as the chain can be followed: from the backup first, then from
//! the journal, where a damaged entry's header is enough to follow it. Whole entries behind a place
//! where it cannot be followed are entered again at the end, in their order, with their own time
//! and account; each says which entry it was. What cannot be read at all is counted and named.

use super::backup::BackupFile;
use super::entry::{self, Entry, Op};
use super::error::StoreError;
use super::frame::{ERASED, FIRST_OF_BATCH, Frame, Header};
use super::progress::Progress;
use super::reader;
use super::restoring::Restoring;
use super::salvage::{self, Mended, Piece};
use super::seal::{DataKey, Purpose, Seal};
use crate::record::{Instant, RecordId};
use crate::said;
use crate::words::Said;
use blake3::Hash;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

/// The name the journal gives the entry that tells of a recovery.
const COMMAND: &str = "recover";

/// What came of putting a journal together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Entries in the journal now.
    pub entries: u64,
    /// Of these, entries taken from the backup.
    pub from_backup: u64,
    /// Damaged entries of which nothing is lost.
    pub mended: Vec<u64>,
    /// Entries whose content is lost, first and last of each row of them; the sequences are those
    /// of the damaged journal.
    pub lost: Vec<(u64, u64)>,
    /// Entries entered again behind the place where the chain broke.
    pub entered_again: u64,
    /// Hash of the last header, in hexadecimal.
    pub head: String,
}

impl Recovered {
    /// How many entries are lost.
    #[must_use]
    pub fn lost_count(&self) -> u64 {
        self.lost.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// What came of it, sentence by sentence.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let Self { entries, from_backup, mended, entered_again, .. } = self;
        let mut said = vec![said!(
            "日志现有 {entries} 条，其中取自备份 {from_backup} 条",
            "The journal has {entries} entries now, {from_backup} of them from the backup"
        )];
        if !mended.is_empty() {
            let count = mended.len();
            said.push(said!(
                "{count} 条损坏的记载已完整修复",
                "{count} damaged entries were mended whole"
            ));
        }
        if *entered_again > 0 {
            said.push(said!(
                "链断之后的 {entered_again} 条已按原来的时间和账号重新记入",
                "{entered_again} entries behind the break were entered again with their own time and account"
            ));
        }
        for (first, last) in &self.lost {
            said.push(if first == last {
                said!(
                    "第 {first} 条读不出来，内容已丢失",
                    "Entry {first} cannot be read; its content is lost"
                )
            } else {
                said!(
                    "第 {first} 至 {last} 条读不出来，内容已丢失",
                    "Entries {first} to {last} cannot be read; their content is lost"
                )
            });
        }
        if self.lost.is_empty() {
            said.push(said!("没有丢失任何一条", "Nothing is lost"));
        }
        said
    }
}

/// What a journal is put together from.
pub struct Sources<'a> {
    /// What the first entry is chained to.
    pub genesis: Hash,
    /// A backup of the station.
    pub backup: Option<BackupFile>,
    /// The folder of the damaged journal.
    pub journal: Option<&'a Path>,
    /// An entry that had been saved for certain, and the hash of its header.
    pub known: Option<(u64, Hash)>,
    /// The station's key.
    pub key: &'a DataKey,
    /// Who asked for it, and when.
    pub by: (&'a str, Instant),
    /// How far it is.
    pub progress: &'a Progress,
}

/// Puts a journal together in an empty folder; everything is on the disk when this returns. A last
/// entry tells what was done, unless nothing was damaged.
///
/// # Errors
/// A backup that is not whole, or what the machine gives; the folder is of no use then.
pub fn compose(to: &Path, sources: Sources<'_>) -> Result<Recovered, StoreError> {
    let Sources { genesis, backup, journal, known, key, by, progress } = sources;
    let seal = key.seal(Purpose::Journal);
    let mut composer = Composer {
        out: Restoring::create(to)?,
        seal,
        seq: 0,
        hash: genesis,
        hashes: Vec::new(),
        gap: None,
        strays: Vec::new(),
        seen: 0,
        found: Recovered::default(),
    };
    if let Some(backup) = backup {
        progress.begin(Said::fixed("读取备份", "Reading the backup"), backup.seq());
        backup.entries(key, |flags, header, payload| {
            progress.at(header.seq);
            composer.append(flags, header, &payload)
        })?;
        composer.found.from_backup = composer.seq;
    }
    if let Some(journal) = journal {
        progress.begin(Said::fixed("读取日志", "Reading the journal"), 0);
        salvage::pieces(journal, |piece| {
            composer.piece(piece)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let done = composer.end(known).and_then(|()| composer.finish(to, by));
    progress.end();
    done
}

struct Composer {
    out: Restoring,
    seal: Seal,
    seq: u64,
    hash: Hash,
    /// Header hashes so far, to tell an entry that is here already from another of its number.
    hashes: Vec<Hash>,
    /// Bytes before the next frame that are none.
    gap: Option<Vec<u8>>,
    /// Whole entries the chain does not reach, in order.
    strays: Vec<Entry>,
    /// The highest sequence met in the damaged journal since the chain was lost.
    seen: u64,
    found: Recovered,
}

impl Composer {
    fn append(&mut self, flags: u8, header: &Header, payload: &[u8]) -> Result<(), StoreError> {
        self.out.frame(flags, header, payload)?;
        self.seq = header.seq;
        self.hash = header.hash();
        self.hashes.push(self.hash);
        Ok(())
    }

    fn here_already(&self, header: &Header) -> bool {
        let at = usize::try_from(header.seq).ok().and_then(|seq| seq.checked_sub(1));
        at.and_then(|at| self.hashes.get(at)).is_some_and(|hash| *hash == header.hash())
    }

    fn piece(&mut self, piece: Piece<'_>) -> Result<(), StoreError> {
        let frame = match piece {
            Piece::Gap(bytes) => {
                self.gap = Some(bytes.to_vec());
                return Ok(());
            }
            Piece::Frame(frame) => frame,
        };
        let gap = self.gap.take();
        let header = frame.header;
        if self.here_already(&header) {
            return Ok(());
        }
        if self.strays.is_empty() && header.seq == self.seq + 2 {
            self.mend(gap.as_deref().unwrap_or_default(), header.previous)?;
        }
        let follows = header.seq == self.seq + 1 && header.previous == self.hash;
        if self.strays.is_empty() && follows {
            return self.append(frame.flags, &header, frame.payload);
        }
        self.stray(&frame);
        Ok(())
    }

    /// Follows the chain over one damaged entry.
    fn mend(&mut self, gap: &[u8], wanted: Hash) -> Result<(), StoreError> {
        let seq = self.seq + 1;
        match salvage::mend(gap, seq, self.hash, wanted) {
            Some(Mended::Whole(flags, header, payload)) => {
                self.found.mended.push(seq);
                self.append(flags, &header, &payload)
            }
            Some(Mended::HeaderOnly(header)) => {
                self.lose(seq, seq);
                self.append(ERASED | FIRST_OF_BATCH, &header, &[])
            }
            None => Ok(()),
        }
    }

    /// Keeps an entry the chain does not reach; between it and the one before others are missing.
    fn stray(&mut self, frame: &Frame<'_>) {
        let seq = frame.header.seq;
        let before = self.seen.max(self.seq);
        if seq > before + 1 {
            self.lose(before + 1, seq - 1);
        }
        self.seen = before.max(seq);
        match reader::open(&self.seal, frame) {
            Ok(Some(entry)) => self.strays.push(entry),
            Ok(None) => {}
            // What does not open beside an entry that does is not this station's.
            Err(_) if seq <= before => {}
            Err(_) => self.lose(seq, seq),
        }
    }

    fn lose(&mut self, first: u64, last: u64) {
        match self.found.lost.last_mut() {
            Some((_, before)) if *before + 1 == first => *before = last,
            _ => self.found.lost.push((first, last)),
        }
    }

    /// The pieces are at their end: what is known to have been saved beyond it is lost, unless the
    /// last bytes are it.
    fn end(&mut self, known: Option<(u64, Hash)>) -> Result<(), StoreError> {
        let Some((seq, hash)) = known else { return Ok(()) };
        if self.strays.is_empty() && seq == self.seq + 1 {
            let gap = self.gap.take().unwrap_or_default();
            self.mend(&gap, hash)?;
        }
        let reached = self.seen.max(self.seq);
        if seq > reached {
            self.lose(reached + 1, seq);
        }
        Ok(())
    }

    fn finish(mut self, to: &Path, by: (&str, Instant)) -> Result<Recovered, StoreError> {
        let strays = std::mem::take(&mut self.strays);
        if !strays.is_empty() {
            self.out.flush()?;
            let mut links = links(to, &self.seal)?;
            for entry in strays {
                self.enter_again(entry, &mut links)?;
            }
        }
        let untouched = self.found.mended.is_empty()
            && self.found.lost.is_empty()
            && self.found.entered_again == 0;
        if !untouched {
            self.tell(by)?;
        }
        self.out.finish()?;
        self.found.entries = self.seq;
        self.found.head = self.hash.to_hex().to_string();
        Ok(self.found)
    }

    /// Enters an entry again under the next sequence, linked to what is here now.
    fn enter_again(
        &mut self,
        mut entry: Entry,
        links: &mut HashMap<(String, RecordId), u64>,
    ) -> Result<(), StoreError> {
        let (was, seq) = (entry.seq, self.seq + 1);
        entry.seq = seq;
        for op in &mut entry.ops {
            let Some((kind, id, _)) = op.touches() else { continue };
            let link = links.insert((kind.to_string(), id), seq).unwrap_or(0);
            match op {
                Op::Put { previous, .. } | Op::Seen { previous, .. } => *previous = link,
                Op::Note(_) => {}
            }
        }
        entry.ops.push(Op::Note(BTreeMap::from([("was_entry".into(), was.to_string())])));
        self.found.entered_again += 1;
        self.enter(&entry)
    }

    /// The entry that tells of the recovery.
    fn tell(&mut self, (actor, time): (&str, Instant)) -> Result<(), StoreError> {
        let rows = |rows: &[(u64, u64)]| {
            let rows: Vec<String> = rows.iter().map(|(a, b)| format!("{a}-{b}")).collect();
            rows.join(" ")
        };
        let note = BTreeMap::from([
            ("lost".to_string(), rows(&self.found.lost)),
            ("mended".into(), self.found.mended.len().to_string()),
            ("entered_again".into(), self.found.entered_again.to_string()),
            ("from_backup".into(), self.found.from_backup.to_string()),
        ]);
        self.enter(&Entry {
            seq: self.seq + 1,
            time,
            actor: actor.to_string(),
            origin: super::Origin::Cli,
            command: COMMAND.into(),
            ops: vec![Op::Note(note)],
            reason: None,
        })
    }

    fn enter(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let place = entry::place(entry.seq, &self.hash);
        let payload = self.seal.seal(&place, &entry::encode(entry)?)?;
        let header = Header::new(entry.seq, self.hash, &payload);
        self.append(FIRST_OF_BATCH, &header, &payload)
    }
}

/// The last entry that touched each record of a journal that is whole.
fn links(dir: &Path, seal: &Seal) -> Result<HashMap<(String, RecordId), u64>, StoreError> {
    let mut links = HashMap::new();
    salvage::pieces(dir, |piece| {
        if let Piece::Frame(frame) = piece
            && let Some(entry) = reader::open(seal, &frame)?
        {
            for (kind, id, _) in entry.ops.iter().filter_map(Op::touches) {
                links.insert((kind.to_string(), id), entry.seq);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(links)
}
