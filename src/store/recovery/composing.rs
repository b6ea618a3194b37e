//! A whole journal put together from a backup and what can still be read of a damaged one.
//!
//! Entries keep their places as far as the chain can be followed: from the backup first, then from
//! the journal, where a damaged frame's header is enough to follow it. Whole entries after a place
//! where it cannot be followed are entered again at the end, in their order, with their own time
//! and account, signed by whoever repairs; each says which entry it was, and the first of a frame
//! with which header and signature. What cannot be read at all is counted and named.
//!
//! A page in the open, a branch, says who put it together and what is given up or vouched for.

use crate::record::{Instant, RecordId};
use crate::said;
use crate::store::copies::archive;
use crate::store::copies::backup::BackupFile;
use crate::store::error::StoreError;
use crate::store::files::disk::hex;
use crate::store::files::station::Anchor;
use crate::store::journal::appending::Journal;
use crate::store::journal::cover::{Cover, Look, Uncovered};
use crate::store::journal::entry::{Entry, Op};
use crate::store::journal::frame::{ENTRIES, Frame, LOST, UNSIGNED};
use crate::store::journal::frame_writer::FrameWriter;
use crate::store::journal::group::{self, Outgoing, Run, What};
use crate::store::journal::salvage::{self, Mended, Owned, Piece, Wanted};
use crate::store::journal::segment::SEGMENT_BYTES;
use crate::store::journal::{block, envelope, rests, scan, slots};
use crate::store::keys::{
    Branch, DataKeys, EpochFrame, GivenUp, KeyFrame, Owner, Plain, Public, Register, Signer,
    SignerId, keyring,
};
use crate::store::progress::Progress;
use crate::words::Said;
use blake3::Hash;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, btree_map};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The name the journal gives the entry that tells of a recovery.
const COMMAND: &str = "recover";
/// A page that says of more lives than this is not believed.
const LIVES: u32 = 64;

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
    /// Entries whose signature does not fit, first and last of each row: whoever did this vouches
    /// for them.
    pub vouched: Vec<(u64, u64)>,
    /// The register was written anew: nobody but the recovery key opens the station.
    pub founded: bool,
    /// Entries entered again after the place where the chain broke.
    pub entered_again: u64,
    /// Hash of the last header, in hexadecimal.
    pub head: String,
    /// Whose keys hold now.
    #[serde(skip)]
    pub register: Register,
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
                "{entered_again} entries after the break were entered again with their own time and account"
            ));
        }
        if self.founded {
            said.push(Said::fixed(
                "密钥名册已由恢复密钥重写：各账号须由管理员重设密码",
                "The recovery key wrote the register of keys anew: every account needs a new password",
            ));
        }
        for (first, last) in &self.vouched {
            said.push(said!(
                "第 {first} 至 {last} 条的签名不符，现由您担保：请逐条核对",
                "The signatures of entries {first} to {last} do not fit; you vouch for them now: look at each"
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

/// Who puts a journal together, when and why.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// The account, or `recovery`.
    pub account: &'a str,
    /// Whose hand it is.
    pub owner: Owner,
    /// Whose hand signs it.
    pub signer: &'a Signer,
    /// When.
    pub time: Instant,
    /// The station's own key: one whose first pages are lost gets it again, and the root's.
    pub station: Public,
    /// [`RESTORE`](crate::store::keys::RESTORE) or [`REPAIR`](crate::store::keys::REPAIR).
    pub why: &'static str,
}

/// What a journal is put together from.
pub struct Sources<'a> {
    /// What the station's signatures and its first header are bound to.
    pub anchor: Anchor,
    /// A backup, to begin with.
    pub backup: Option<BackupFile>,
    /// A journal folder, damaged or not, for what came after it.
    pub journal: Option<&'a Path>,
    /// The folder of the archive, for frames that are damaged elsewhere.
    pub archive: Option<PathBuf>,
    /// The last entry that had been saved for certain, and the hash of its header.
    pub known: Option<(u64, Hash)>,
    /// Heads known outside that the journal does not have: what is not here afterwards is given up.
    pub missing: Vec<(u64, Hash)>,
    /// The register as a checkpoint has it, for pages that are damaged; what it says is only taken
    /// where the chain knows its hash.
    pub noted: Option<&'a Register>,
    /// The station's keys.
    pub keys: &'a DataKeys,
    /// Who asked for it.
    pub by: By<'a>,
    /// How far it is.
    pub progress: &'a Progress,
}

/// Puts a journal together in an empty folder; everything is on the disk when this returns. The
/// last pages and entries tell what was done.
///
/// # Errors
/// A backup that is not whole, somebody who may not do it, [`StoreError::RootLost`], or
/// what the machine gives; the folder is of no use then.
pub fn compose(to: &Path, sources: Sources<'_>) -> Result<Recovered, StoreError> {
    let Sources { anchor, backup, journal, archive, known, mut missing, noted, keys, by, progress } =
        sources;
    missing.extend(known);
    let mut composer = Composer {
        out: FrameWriter::create(to)?,
        anchor,
        archive,
        noted,
        keys,
        cover: Cover::new(anchor.node, Look::Every),
        register: Register::default(),
        settled: Settled { seq: 0, hash: anchor.genesis, register: Register::default() },
        seq: 0,
        hash: anchor.genesis,
        hashes: HashMap::new(),
        pending: Vec::new(),
        turned: false,
        incarnation: 1,
        without_content: Vec::new(),
        rests: BTreeMap::new(),
        broken: false,
        gap: None,
        strays: Vec::new(),
        seen: 0,
        found: Recovered::default(),
    };
    if let Some(backup) = backup {
        progress.begin(Said::fixed("读取备份", "Reading the backup"), backup.seq());
        backup.entries(keys, |frame| {
            progress.at(frame.header.seq);
            composer.follow(Owned::of(frame))
        })?;
        composer.found.from_backup = composer.settled.seq;
    }
    if let Some(journal) = journal {
        progress.begin(Said::fixed("读取日志", "Reading the journal"), 0);
        salvage::pieces(journal, |piece| {
            composer.piece(piece)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let done = composer.end(known).and_then(|()| composer.finish(to, by, &missing));
    progress.end();
    done
}

/// The place up to which everything is written and covered.
struct Settled {
    seq: u64,
    hash: Hash,
    register: Register,
}

/// An entry the chain does not reach, and what its frame says of who wrote it.
struct Stray {
    entry: Entry,
    frame: Option<String>,
}

struct Composer<'a> {
    out: FrameWriter,
    anchor: Anchor,
    archive: Option<PathBuf>,
    noted: Option<&'a Register>,
    keys: &'a DataKeys,
    cover: Cover,
    register: Register,
    settled: Settled,
    seq: u64,
    hash: Hash,
    /// Header hashes so far by first sequence, to tell a frame that is here already from another.
    hashes: HashMap<u64, Hash>,
    /// Frames of the batch that is not covered yet, and whether a page is among them.
    pending: Vec<Owned>,
    turned: bool,
    /// The highest of the station's lives that any page tells of.
    incarnation: u32,
    /// Frames that are here without their content: lost now, or by an earlier repair whose page may
    /// be lost in its turn.
    without_content: Vec<(u64, u64)>,
    /// Rests of entries that were erased after the backup.
    rests: BTreeMap<u64, Vec<u8>>,
    /// The chain could not be followed any more.
    broken: bool,
    /// Bytes before the next frame that are none.
    gap: Option<Vec<u8>>,
    /// Whole entries the chain does not reach, in order.
    strays: Vec<Stray>,
    /// The highest sequence met in the damaged journal since the chain was lost.
    seen: u64,
    found: Recovered,
}

impl Composer<'_> {
    /// Takes in a frame that is chained to the one before; it is written once its whole batch is
    /// covered. One that cannot be here ends the chain.
    fn follow(&mut self, mut owned: Owned) -> Result<(), StoreError> {
        let hash = owned.header.hash();
        let mut taken = self.cover_it(&owned, &hash);
        if taken == Err(Uncovered::Wrong) {
            // The signature itself was damaged: the frame stays, and the branch vouches for it.
            owned.flags |= UNSIGNED;
            owned.signature = None;
            taken = self.cover_it(&owned, &hash);
        }
        if taken.is_err() {
            // What waits for its batch came before it, and is entered again before it.
            self.strand()?;
            self.break_off();
            return self.stray(&owned);
        }
        (self.seq, self.hash) = (owned.header.last(), hash);
        if owned.flags & LOST != 0 {
            self.without_content.push((owned.header.seq, owned.header.last()));
        }
        self.hashes.insert(owned.header.seq, hash);
        self.turned |= owned.header.kind != ENTRIES;
        self.pending.push(owned);
        if self.cover.is_whole() {
            for owned in std::mem::take(&mut self.pending) {
                self.out.frame(&owned.frame())?;
            }
            (self.settled.seq, self.settled.hash) = (self.seq, hash);
            if std::mem::take(&mut self.turned) {
                self.settled.register = self.register.clone();
            }
        }
        Ok(())
    }

    /// Asks who vouches for a frame; nothing is changed when nobody does.
    fn cover_it(&mut self, owned: &Owned, hash: &Hash) -> Result<(), Uncovered> {
        let page = owned.header.kind != ENTRIES;
        let before = (self.cover.clone(), page.then(|| self.register.clone()));
        let taken = self.cover.frame(&owned.frame(), hash, &mut self.register);
        if taken.is_err() {
            self.cover = before.0;
            before.1.into_iter().for_each(|register| self.register = register);
        }
        taken
    }

    /// The chain ends at the last place where everything is covered; what came after is entered
    /// again.
    fn break_off(&mut self) {
        let Settled { seq, hash, register } = &self.settled;
        (self.seq, self.hash, self.register) = (*seq, *hash, register.clone());
        self.broken = true;
    }

    /// Entries of a batch nobody vouches for become strays.
    fn strand(&mut self) -> Result<(), StoreError> {
        if !self.pending.is_empty() {
            self.break_off();
        }
        for owned in std::mem::take(&mut self.pending) {
            self.stray(&owned)?;
        }
        Ok(())
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
        if self.hashes.get(&header.seq) == Some(&header.hash()) {
            self.erased_since(&frame);
            return Ok(());
        }
        if !self.broken && header.seq > self.seq + 1 {
            self.mend(gap.as_deref().unwrap_or_default(), header.previous, header.seq - 1)?;
        }
        let follows = header.seq == self.seq + 1 && header.previous == self.hash;
        if !self.broken && follows {
            return self.follow(Owned::of(&frame));
        }
        self.strand()?;
        self.broken = true;
        self.stray(&Owned::of(&frame))
    }

    /// A frame that is here from the backup, with entries that were erased since: the rests take
    /// their places.
    fn erased_since(&mut self, frame: &Frame<'_>) {
        if frame.header.kind != ENTRIES || frame.lost() {
            return;
        }
        let slots = slots::slots(frame.body, frame.header.count).into_iter().flatten();
        let erased = (frame.header.seq..).zip(slots).filter(|(_, slot)| slot.was.is_some());
        self.rests.extend(erased.map(|(seq, slot)| (seq, slot.sealed.to_vec())));
    }

    /// Follows the chain over one damaged frame.
    fn mend(&mut self, gap: &[u8], hash: Hash, last: u64) -> Result<(), StoreError> {
        let seq = self.seq + 1;
        let signers: Vec<SignerId> =
            self.register.keys().iter().map(|key| key.public.id()).collect();
        let (previous, epoch) = (self.hash, self.keys.newest());
        let pages = self.noted.map(|noted| noted.pages_at(seq)).unwrap_or_default();
        let pages: Vec<Vec<u8>> = pages.iter().filter_map(|page| page.bytes().ok()).collect();
        let wanted = Wanted { seq, previous, hash, last, signers: &signers, epoch, pages: &pages };
        match salvage::mend(gap, &wanted) {
            Some(Mended::Whole(owned)) => {
                self.found.mended.extend(seq..=owned.header.last());
                self.follow(owned)
            }
            Some(Mended::HeaderOnly(owned)) => {
                let archive = self.archive.as_deref();
                if let Some(whole) =
                    archive.and_then(|archive| archive::frame(archive, &owned.header))
                {
                    self.found.mended.extend(seq..=owned.header.last());
                    return self.follow(whole);
                }
                self.lose(seq, owned.header.last());
                self.follow(owned)
            }
            None => Ok(()),
        }
    }

    /// Keeps the entries of a frame the chain does not reach; between it and the one before others
    /// are missing.
    fn stray(&mut self, owned: &Owned) -> Result<(), StoreError> {
        let (first, last) = (owned.header.seq, owned.header.last());
        let before = self.seen.max(self.seq);
        if first > before + 1 {
            self.lose(before + 1, first - 1);
        }
        self.seen = before.max(last);
        if let Some(Plain::Branch(branch)) = Plain::read(owned.header.kind, &owned.body) {
            self.incarnation = self.incarnation.max(branch.incarnation);
        }
        if owned.header.kind != ENTRIES || owned.flags & LOST != 0 {
            return Ok(());
        }
        let frame = owned.frame();
        let Ok(opened) = block::open(self.keys, &frame, first) else {
            // What does not open beside an entry that does is not this station's.
            if first > before {
                self.lose(first, last);
            }
            return Ok(());
        };
        let signature = owned.signature.map(|signature| hex(&signature)).unwrap_or_default();
        let mut of_frame = Some(format!("{} {signature}", hex(&owned.header.bytes())));
        for (seq, opened) in (first..).zip(opened) {
            match opened.and_then(|(seq, opened)| block::decode(seq, &opened)) {
                Ok(Some(entry)) => {
                    self.strays.push(Stray { entry, frame: of_frame.take() });
                }
                Ok(None) => {}
                Err(_) if seq <= before => {}
                Err(_) => self.lose(seq, seq),
            }
        }
        Ok(())
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
        if let Some((seq, hash)) = known
            && !self.broken
            && seq > self.seq
        {
            let gap = self.gap.take().unwrap_or_default();
            self.mend(&gap, hash, seq)?;
        }
        self.strand()?;
        let reached = self.seen.max(self.seq);
        match known {
            Some((seq, _)) if seq > reached => self.lose(reached + 1, seq),
            _ => {}
        }
        Ok(())
    }

    fn finish(
        mut self,
        to: &Path,
        by: By<'_>,
        missing: &[(u64, Hash)],
    ) -> Result<Recovered, StoreError> {
        self.out.flush()?;
        self.look_for_rests(to)?;
        let strays = std::mem::take(&mut self.strays);
        let pages = self.pages(&by, missing)?;
        let mut entries = Vec::new();
        let mut next = self.settled.seq + 1 + pages.len() as u64;
        if !strays.is_empty() {
            let mut links = links(to, self.keys)?;
            for stray in strays {
                entries.push(again(stray, next, &mut links));
                next += 1;
            }
        }
        self.found.entered_again = entries.len() as u64;
        entries.push(self.told(&by, next));
        self.write(&by, &pages, &entries)?;
        self.out.finish()?;
        if !self.rests.is_empty() {
            let opened = Journal::open(to, self.anchor, None, 0, || 0, SEGMENT_BYTES)?;
            let (mut journal, _) = opened;
            journal.replace(&self.rests)?;
        }
        self.found.entries = self.seq;
        self.found.head = self.hash.to_hex().to_string();
        self.found.register = self.register;
        Ok(self.found)
    }

    /// Erased entries whose content is here again get their rest from wherever it was. Where it was
    /// nowhere, and where no page is left that says of an erasure, nothing remains and the branch
    /// says that it was lost.
    fn look_for_rests(&mut self, to: &Path) -> Result<(), StoreError> {
        let register = &self.settled.register;
        self.rests.retain(|seq, rest| register.is_rest(*seq, rest));
        for seq in rests::not_as_said(&scan::look(to, self.anchor)?, register)? {
            if let btree_map::Entry::Vacant(place) = self.rests.entry(seq) {
                place.insert(Vec::new());
                self.found.lost.push((seq, seq));
            }
        }
        Ok(())
    }

    /// The branch, and the epochs whose frames were lost; before them, where the first pages of all
    /// were lost, the root's and the station's key again.
    fn pages(&mut self, by: &By<'_>, missing: &[(u64, Hash)]) -> Result<Vec<Plain>, StoreError> {
        let register = &self.settled.register;
        let mut pages = Vec::new();
        if register.keys().is_empty() {
            if by.owner != Owner::Recovery {
                return Err(StoreError::RootLost);
            }
            let page = |owner, public| {
                Plain::Key(KeyFrame { owner, public: Some(public), role: None, given: false })
            };
            pages.push(page(Owner::Recovery, by.signer.public()));
            pages.push(page(Owner::Station, by.station));
            self.found.founded = true;
        }
        let from = self.settled.seq;
        let here = |(seq, hash): &&(u64, Hash)| {
            *seq <= from && self.hashes.values().any(|held| held == hash)
        };
        let given_up = missing.iter().filter(|head| !here(head));
        let given_up = given_up.map(|(seq, hash)| GivenUp { seq: *seq, hash: *hash.as_bytes() });
        let given_up: Vec<GivenUp> = given_up.collect();
        self.cover.forget_after(from);
        self.found.vouched = self.cover.unsigned().to_vec();
        let kept = |rows: &[(u64, u64)]| -> Vec<(u64, u64)> {
            let rows = rows.iter().filter(|(first, _)| *first <= from);
            rows.map(|(first, last)| (*first, *last.min(&from))).collect()
        };
        // One for each life whose page was lost too, so that what was known of it is explained.
        let (lives, mut lost) = (register.incarnation(), kept(&self.found.lost));
        let told = |row: &(u64, u64)| {
            register.lost(*row) || lost.iter().any(|(a, b)| *a <= row.0 && row.1 <= *b)
        };
        let untold: Vec<_> =
            kept(&self.without_content).into_iter().filter(|row| !told(row)).collect();
        lost.extend(untold);
        let top = self.incarnation.clamp(lives, lives + LIVES) + 1;
        let branches = (lives + 1..=top).map(|incarnation| {
            Plain::Branch(Branch {
                incarnation,
                from,
                given_up: given_up.clone(),
                lost: lost.clone(),
                vouched: self.found.vouched.clone(),
                why: by.why.into(),
            })
        });
        let holders = register.holders().map(|key| Public::id(&key.public));
        let holders: Vec<SignerId> =
            holders.chain(self.found.founded.then(|| by.signer.id())).collect();
        let epochs = (register.epoch() + 1..=self.keys.newest()).filter_map(|number| {
            let commitment = keyring::commitment(&self.keys.key(number)?);
            Some(Plain::Epoch(EpochFrame { number, commitment, holders: holders.clone() }))
        });
        // Epochs first where there is none yet: they count from 1.
        pages.extend(epochs);
        pages.extend(branches);
        Ok(pages)
    }

    /// The entry that tells of the recovery.
    fn told(&self, by: &By<'_>, seq: u64) -> Entry {
        let rows = |rows: &[(u64, u64)]| {
            let rows: Vec<String> = rows.iter().map(|(a, b)| format!("{a}-{b}")).collect();
            rows.join(" ")
        };
        let note = BTreeMap::from([
            ("lost".to_string(), rows(&self.found.lost)),
            ("mended".into(), self.found.mended.len().to_string()),
            ("entered_again".into(), self.found.entered_again.to_string()),
            ("from_backup".into(), self.found.from_backup.to_string()),
            ("why".into(), by.why.into()),
        ]);
        Entry {
            seq,
            time: by.time,
            actor: by.account.to_string(),
            origin: crate::store::Origin::Cli,
            command: COMMAND.into(),
            ops: vec![Op::Note(note)],
            reason: None,
        }
    }

    /// Writes the last batch, signed by whoever puts the journal together.
    fn write(&mut self, by: &By<'_>, pages: &[Plain], entries: &[Entry]) -> Result<(), StoreError> {
        let encoded = entries.iter().map(envelope::encode).collect::<Vec<_>>();
        let signer = || by.signer.clone();
        let mut batch: Vec<Outgoing<'_>> = pages
            .iter()
            .map(|page| Outgoing { signer: signer(), more: true, what: What::Page(page) })
            .collect();
        let mut run = Run::new(signer(), self.keys.newest());
        let last = encoded.len().saturating_sub(1);
        for (at, encoded) in encoded.iter().enumerate() {
            batch.extend(run.push(encoded, at < last));
        }
        batch.extend(run.cut());
        let Self { out, cover, register, settled, seq, hash, .. } = self;
        // Nobody vouched for the batch that was cut off; this one begins where it began.
        *cover = Cover::new(self.anchor.node, Look::Quick);
        *register = settled.register.clone();
        let after = (settled.seq, settled.hash);
        group::frames(self.anchor.node, after, self.keys, &batch, |frame, head| {
            let taken = cover.frame(frame, head, register);
            taken.map_err(|why| StoreError::NotSigned(why.said()))?;
            (*seq, *hash) = (frame.header.last(), *head);
            out.frame(frame)
        })
    }
}

/// An entry to be entered again under the next sequence, linked to what is here now.
fn again(stray: Stray, seq: u64, links: &mut HashMap<(String, RecordId), u64>) -> Entry {
    let Stray { mut entry, frame } = stray;
    let mut note = BTreeMap::from([("was_entry".to_string(), entry.seq.to_string())]);
    note.extend(frame.map(|frame| ("was_frame".to_string(), frame)));
    entry.seq = seq;
    for op in &mut entry.ops {
        let Some((kind, id, _)) = op.touches() else { continue };
        let link = links.insert((kind.to_string(), id), seq).unwrap_or(0);
        match op {
            Op::Put { previous, .. } | Op::Seen { previous, .. } => *previous = link,
            Op::Note(_) => {}
        }
    }
    entry.ops.push(Op::Note(note));
    entry
}

/// The last entry that touched each record of a journal that is whole.
fn links(dir: &Path, keys: &DataKeys) -> Result<HashMap<(String, RecordId), u64>, StoreError> {
    let mut links = HashMap::new();
    salvage::pieces(dir, |piece| {
        if let Piece::Frame(frame) = piece
            && frame.header.kind == ENTRIES
            && !frame.lost()
        {
            for opened in block::open(keys, &frame, frame.header.seq)? {
                let (seq, opened) = opened?;
                let entry = block::decode(seq, &opened)?;
                for (kind, id, _) in
                    entry.iter().flat_map(|entry| &entry.ops).filter_map(Op::touches)
                {
                    links.insert((kind.to_string(), id), seq);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(links)
}
