//! Checking a data folder. Without any password: the chain, who signed what, the keys back to the
//! root, branches, erasures, heads known outside. With one: contents, that whoever signed an entry
//! is the one it names, that decisions grew by those who made them, and the table.

use super::Store;
use super::backup;
use super::backups::{self, BackupOnDisk, Outside};
use super::block;
use super::checkpoint::Checkpoint;
use super::cover::{Cover, Look};
use super::entry::{self, Entry};
use super::error::StoreError;
use super::frame::{ENTRIES, FIRST_OF_BATCH, Frame};
use super::hands::Hands;
use super::heads::KnownHead;
use super::journal;
use super::keyring::Keyring;
use super::keys::{KnownKey, Plain, Register, SignerId};
use super::opening;
use super::progress::Progress;
use super::segment::{self, Cursor, Found};
use super::station::StationInfo;
use super::table::Key;
use crate::record::Instant;
use crate::said;
use crate::words::Said;
use blake3::Hash;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry as Slot;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::PoisonError;
use std::thread;

/// At most this many problems are listed; the rest are counted.
const LISTED: usize = 100;

/// Something a check found wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The entry it concerns, where it concerns one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: Said,
}

/// What a check of the table found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Records in the table.
    pub records: u64,
    /// Records the journal has and the table has not.
    pub missing: u64,
    /// Records that are not as the journal has them.
    pub differing: u64,
    /// What was done about it.
    pub put_right: Vec<Said>,
}

/// What a check of the index found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DirectoryReport {
    /// Records that should be in it.
    pub records: u64,
    /// Records that are not in it.
    pub missing: u64,
    /// Records that are in it otherwise than they are kept.
    pub differing: u64,
    /// What is in it and no record.
    pub surplus: u64,
}

impl DirectoryReport {
    /// Nothing is wrong with it.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.missing + self.differing + self.surplus == 0
    }
}

/// What a check of a backup file found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupCheck {
    /// The file's name.
    pub file: String,
    /// In the second place.
    pub second: bool,
    /// Entries in it, as it says.
    pub entries: u64,
    /// When it was made; nothing for what is no backup.
    pub made: Option<Instant>,
    /// What is wrong with it.
    pub problem: Option<Said>,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Nothing is wrong.
    pub ok: bool,
    /// Fingerprint of the root, the key that signed the first page; it is on the recovery sheet.
    pub root: String,
    /// Entries whose frames are whole, chained and signed.
    pub entries: u64,
    /// Signatures checked.
    pub signatures: u64,
    /// Keys that hold now: accounts, the recovery key, the station, a key file.
    pub keys: usize,
    /// Of the entries, those whose content about a person was erased, by two administrators.
    pub erased: u64,
    /// Of the entries, those whose content a repair says was lost.
    pub lost: u64,
    /// The station's lives so far: one more with each restore or repair.
    pub incarnation: u32,
    /// Restores and repairs, in words.
    pub branches: Vec<Said>,
    /// Heads known outside, in backups and in the second place.
    pub heads_known: usize,
    /// The second place is named and not there now: what it knows was not looked for.
    pub second_away: bool,
    /// Segments of the journal.
    pub segments: u32,
    /// Hash of the last header, in hexadecimal.
    pub head: String,
    /// Bytes at the end that are no entry yet: a save going on, or torn by a crash.
    pub tail_bytes: u64,
    /// Sequence at which the hash asked for stands in the chain; 0 is before the first entry.
    pub head_found: Option<u64>,
    /// Whether contents were opened too.
    pub contents: bool,
    /// The table against the journal, where the key was there.
    pub table: Option<TableReport>,
    /// The index against the table, where it was compared.
    pub directory: Option<DirectoryReport>,
    /// The backups there are.
    pub backups: Vec<BackupCheck>,
    /// What opening the station found and put right.
    pub recovered: Vec<Said>,
    /// What is wrong, the first hundred.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

impl VerifyReport {
    fn problem(&mut self, seq: Option<u64>, what: Said) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(Problem { seq, what });
        }
    }

    /// Takes in what comparing the index gave. It lies in memory only and has been put right.
    pub fn compared_directory(&mut self, found: DirectoryReport) {
        if !found.is_right() {
            let DirectoryReport { missing, differing, surplus, .. } = found;
            self.problem(
                None,
                said!(
                    "索引与记录表不一致：缺 {missing} 条，不同 {differing} 条，多 {surplus} 条；已重建索引",
                    "The index differs from the table: {missing} missing, {differing} different, {surplus} too many; it was made anew"
                ),
            );
        }
        self.directory = Some(found);
        self.ok = self.problem_count == 0;
    }

    /// Takes in what checking a backup gave. Every one that is not whole is a problem: it would be
    /// missed on the day it is needed.
    fn checked_backup(&mut self, check: BackupCheck) {
        if let Some(Said { zh, en }) = &check.problem {
            let file = &check.file;
            self.problem(None, said!("备份 {file}：{zh}", "Backup {file}: {en}"));
        }
        self.backups.push(check);
    }

    /// What had been saved must be there.
    fn must_reach(&mut self, seq: u64, known: u64) {
        if seq < known && self.problem_count == 0 {
            let what = said!(
                "日志只能读到第 {seq} 条，而第 {known} 条曾经保存",
                "The journal can be read up to entry {seq} only, yet entry {known} had been saved"
            );
            self.problem(Some(seq + 1), what);
        }
    }

    fn looked_for(&mut self, wanted: Option<&Hash>) {
        if wanted.is_some() && self.head_found.is_none() {
            self.problem(
                None,
                Said::fixed(
                    "要找的校验值不在日志中：日志末尾可能被截去或替换",
                    "The hash asked for is not in the journal: its end may have been cut off or replaced",
                ),
            );
        }
        self.ok = self.problem_count == 0;
    }
}

/// Checks the journal of a data folder without any key and without changing a file: frames,
/// checksums, the chain, every signature, the keys back to the root, branches, erasures, whether the
/// heads known outside are in it, and whether the hash `head` is. Works while the station is open
/// elsewhere.
///
/// # Errors
/// Only for a folder that is no station or cannot be read; what is wrong with the journal is in the
/// report.
pub fn verify_chain(dir: &Path, head: Option<&Hash>) -> Result<VerifyReport, StoreError> {
    let station = StationInfo::load(dir)?;
    let genesis = station.genesis();
    let journal = dir.join(opening::JOURNAL_DIR);
    let numbers = if journal.exists() { segment::list(&journal)? } else { Vec::new() };
    let mut report = VerifyReport::default();
    let backups = backups::files(dir);
    let Outside { heads, unread, second_away } = backups::outside(dir, &station);
    let ends = backups.iter().filter_map(|file| Some(file.opened.as_ref().ok()?.report().entries));
    let ends = ends.chain(heads.iter().map(|head| head.seq));
    // The checkpoint lies in the open and knows how far the journal had come, and who held keys.
    let checkpoint = Checkpoint::load(dir, station.node)?;
    let mut chain = Chain::new(&station, head, ends.map(|seq| (seq, None)).collect());
    chain.saved = checkpoint.as_ref().map_or(0, |saved| saved.position.seq);
    chain.passed();
    if head == Some(&genesis) {
        report.head_found = Some(0);
    }
    let last = numbers.last().copied().unwrap_or(0);
    for number in 1..=last.max(1) {
        if !numbers.contains(&number) {
            report.problem(
                Some(chain.seq + 1),
                said!("缺少日志文件 {number:08}.yzj", "Journal file {number:08}.yzj is missing"),
            );
            break;
        }
        report.segments += 1;
        let path = segment::path(&journal, number);
        if segment::read_head(&path)? != Some(chain.seq + 1) {
            if number == last
                && number > 1
                && path.metadata().is_ok_and(|m| m.len() <= segment::HEAD)
            {
                break;
            }
            report.problem(
                Some(chain.seq + 1),
                said!(
                    "日志文件 {number:08}.yzj 的开头损坏",
                    "The head of journal file {number:08}.yzj is damaged"
                ),
            );
        }
        if !chain.segment(&path, number == last, &mut report)? {
            break;
        }
    }
    chain.explained(&journal, &mut report)?;
    report.must_reach(chain.seq, chain.saved);
    chain.keys_agree(dir, checkpoint.as_ref(), &mut report);
    report.head = chain.hash.to_hex().to_string();
    let whole = report.problem_count == 0;
    report.heads_known = heads.len();
    report.second_away = second_away;
    unread.into_iter().for_each(|said| report.problem(None, said));
    if whole {
        chain.heads_lie_in_it(&heads, &mut report);
    }
    for file in backups {
        report.checked_backup(chain.backup(file, &station, whole));
    }
    report.looked_for(head);
    Ok(report)
}

/// How far the chain has been followed.
struct Chain<'a> {
    seq: u64,
    hash: Hash,
    wanted: Option<&'a Hash>,
    /// The hashes at the places where backups and known heads end.
    heads: BTreeMap<u64, Option<Hash>>,
    cover: Cover,
    register: Register,
    /// The rests that lie in the place of erased entries, by sequence.
    rests: BTreeMap<u64, [u8; 32]>,
    /// Entries of which nothing is there, first and last of each row.
    lost: Vec<(u64, u64)>,
    /// For each erasure its frame, who signed it, and the entry that asked for it.
    erasures: Vec<(u64, SignerId, u64)>,
    /// A page was met since the last place where everything was covered.
    turned: bool,
    /// The entry the checkpoint was made at, and the register there.
    saved: u64,
    then: Option<Register>,
    /// The last place where everything was covered.
    whole: Whole,
}

/// A place where everything before is covered.
struct Whole {
    seq: u64,
    hash: Hash,
    /// Where in the segment the next frame begins.
    offset: u64,
    /// Signatures so far.
    signatures: u64,
    register: Register,
}

impl<'a> Chain<'a> {
    fn new(
        station: &StationInfo,
        wanted: Option<&'a Hash>,
        heads: BTreeMap<u64, Option<Hash>>,
    ) -> Self {
        Self {
            seq: 0,
            hash: station.genesis(),
            wanted,
            heads,
            cover: Cover::new(station.node, Look::Every),
            register: Register::default(),
            rests: BTreeMap::new(),
            lost: Vec::new(),
            erasures: Vec::new(),
            turned: false,
            saved: 0,
            then: None,
            whole: Whole {
                seq: 0,
                hash: station.genesis(),
                offset: segment::HEAD,
                signatures: 0,
                register: Register::default(),
            },
        }
    }

    /// Remembers the hash here where a backup ends here.
    fn passed(&mut self) {
        if let Some(hash) = self.heads.get_mut(&self.seq) {
            *hash = Some(self.hash);
        }
    }

    /// Checks a backup as far as that goes without a key: its blocks, and that it ends at an entry
    /// of this journal.
    fn backup(&self, file: BackupOnDisk, station: &StationInfo, whole: bool) -> BackupCheck {
        let BackupOnDisk { path, second, opened } = file;
        let name = backups::name_of(&path);
        let empty = BackupCheck { file: name, second, entries: 0, made: None, problem: None };
        let backup = match opened {
            Ok(backup) => backup,
            Err(error) => return BackupCheck { problem: Some(error.said()), ..empty },
        };
        let report = backup.report();
        let of_another = backup.station().is_ok_and(|of| of.node != station.node);
        let signed = of_another || backup.is_signed(&self.register);
        let given_up = backup.head().is_some_and(|head| head.given_up_in(&self.register));
        let checked = backup.blocks();
        let here = self.heads.get(&report.entries).copied().flatten();
        let problem = match (checked, here) {
            (Err(error), _) => Some(error.said()),
            (Ok(()), _) if of_another || given_up => None,
            (Ok(()), _) if whole && !signed => {
                Some(Said::fixed("它不是本站签名的", "this station did not sign it"))
            }
            (Ok(()), Some(hash)) if hash.to_hex().as_str() == report.head => None,
            // A broken journal says nothing about what comes after the break.
            (Ok(()), None) if !whole => None,
            (Ok(()), None) if report.entries > self.seq => Some(Said::fixed(
                "它比日志多：日志的末尾缺失",
                "it has more than the journal, whose end is missing",
            )),
            (Ok(()), _) => Some(Said::fixed("它的链与日志不同", "its chain is not the journal's")),
        };
        BackupCheck { entries: report.entries, made: Some(report.made), problem, ..empty }
    }

    /// Follows the chain through one segment; false when it cannot be followed further.
    fn segment(
        &mut self,
        path: &Path,
        last: bool,
        report: &mut VerifyReport,
    ) -> Result<bool, StoreError> {
        let mut cursor = Cursor::open(path, segment::HEAD, None)?;
        self.whole.offset = segment::HEAD;
        loop {
            match cursor.step()? {
                Found::End => return Ok(self.ends(last, &cursor, report)),
                Found::Frame => {
                    let Ok(frame) = cursor.frame() else { continue };
                    if frame.header.seq != self.seq + 1 || frame.header.previous != self.hash {
                        self.broken(report);
                        return Ok(false);
                    }
                    let page = frame.header.kind != ENTRIES;
                    if !self.frame(&frame, report) {
                        return Ok(false);
                    }
                    self.turned |= page;
                    self.settle(cursor.offset, report);
                }
                Found::Bad(_) if last && !journal::saved_after(&cursor.rest()?, self.seq + 1) => {
                    return Ok(self.ends(last, &cursor, report));
                }
                Found::Bad(_) => {
                    self.broken(report);
                    return Ok(false);
                }
            }
        }
    }

    /// Remembers this place when everything before it is covered.
    fn settle(&mut self, offset: u64, report: &VerifyReport) {
        if !self.cover.is_whole() {
            return;
        }
        let Whole { seq, hash, .. } = &mut self.whole;
        (*seq, *hash) = (self.seq, self.hash);
        (self.whole.offset, self.whole.signatures) = (offset, report.signatures);
        if std::mem::take(&mut self.turned) {
            self.whole.register = self.register.clone();
        }
    }

    /// Behind the last frame of a segment everything is covered, unless it is the last batch, torn:
    /// that is no entry yet, and the next opening cuts it off.
    fn ends(&mut self, last: bool, cursor: &Cursor, report: &mut VerifyReport) -> bool {
        if self.cover.is_whole() {
            report.tail_bytes = cursor.left();
            return true;
        }
        if !last {
            let seq = self.cover.missing().unwrap_or(self.seq);
            report.problem(
                Some(seq),
                said!(
                    "第 {seq} 条没有签名，不知道是谁写的",
                    "Nobody signed entry {seq}: who wrote it is not known"
                ),
            );
            return false;
        }
        let Whole { seq, hash, offset, signatures, register } = &self.whole;
        let (seq, upto) = (*seq, *seq + 1);
        report.tail_bytes = cursor.offset + cursor.left() - offset;
        (report.entries, report.signatures) = (seq, *signatures);
        report.head_found = report.head_found.filter(|found| *found <= seq);
        (self.seq, self.hash, self.register) = (seq, *hash, register.clone());
        self.cover.forget_after(seq);
        self.rests.split_off(&upto);
        self.lost.retain(|(first, _)| *first <= seq);
        report.lost = self.lost.iter().map(|(first, last)| last - first + 1).sum();
        self.erasures.retain(|(at, ..)| *at <= seq);
        self.heads.range_mut(upto..).for_each(|(_, hash)| *hash = None);
        true
    }

    fn frame(&mut self, frame: &Frame<'_>, report: &mut VerifyReport) -> bool {
        let header = &frame.header;
        let hash = header.hash();
        if let Err(why) = self.cover.frame(frame, &hash, &mut self.register) {
            let (seq, Said { zh, en }) = (header.seq, why.said());
            report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
            return false;
        }
        report.entries += u64::from(header.count);
        report.signatures += u64::from(frame.signature.is_some());
        if frame.lost() {
            report.lost += u64::from(header.count);
            self.lost.push((header.seq, header.last()));
        } else if header.kind == ENTRIES {
            let slots = block::slots(frame.body, header.count).into_iter().flatten();
            for (seq, slot) in (header.seq..).zip(slots).filter(|(_, slot)| slot.was.is_some()) {
                self.rests.insert(seq, *blake3::hash(slot.sealed).as_bytes());
            }
        } else if let Some(Plain::Erase(erase)) = Plain::read(header.kind, frame.body) {
            self.erasures.push((header.seq, header.signer, erase.request));
        }
        (self.seq, self.hash) = (header.last(), hash);
        if self.seq == self.saved {
            self.then = Some(self.register.clone());
        }
        self.passed();
        if self.wanted == Some(&self.hash) {
            report.head_found = Some(self.seq);
        }
        true
    }

    /// What is missing from the journal is missing because somebody accountable said so.
    fn explained(&mut self, journal: &Path, report: &mut VerifyReport) -> Result<(), StoreError> {
        report.root = self.register.root().map(|root| root.fingerprint()).unwrap_or_default();
        report.keys = self.register.holders().count();
        report.incarnation = self.register.incarnation();
        for (seq, branch) in self.register.branches() {
            report.branches.push(branch.said(*seq));
        }
        report.erased = self.rests.len() as u64;
        for (seq, rest) in &self.rests {
            if *rest == *blake3::hash(b"").as_bytes() && self.register.lost((*seq, *seq)) {
                report.lost += 1;
            } else if self.register.erased(*seq).is_none_or(|(_, said)| said != *rest) {
                report.problem(
                    Some(*seq),
                    said!(
                        "第 {seq} 条的内容被抹去，而没有两位管理员的销毁记载",
                        "The content of entry {seq} was taken out, and no two administrators said so"
                    ),
                );
            }
        }
        let gone = |seq: &u64| self.lost.iter().any(|(first, last)| (first..=last).contains(&seq));
        let there = |seq: &&u64| !self.rests.contains_key(seq) && !gone(seq);
        for seq in self.register.all_erased().keys().filter(there) {
            report.problem(
                Some(*seq),
                said!(
                    "第 {seq} 条应已销毁，内容却还在：请打开一次站点，由它做完；仍在的，有人放回了旧内容，请运行 yizhan rebuild",
                    "Entry {seq} was to be erased and its content is still there: open the station once, which finishes it; if it stays, somebody put it back, and `yizhan rebuild` takes it out"
                ),
            );
        }
        let gone = self.lost.iter().filter(|row| !self.register.lost(**row));
        let unsigned = self.cover.unsigned().iter().filter(|row| !self.register.vouched(**row));
        for (seq, _) in gone {
            report.problem(
                Some(*seq),
                said!(
                    "第 {seq} 条的内容不见了，而没有修复的记载",
                    "The content of entry {seq} is gone, and no repair says so"
                ),
            );
        }
        for (seq, _) in unsigned {
            report.problem(
                Some(*seq),
                said!(
                    "第 {seq} 条的签名不见了，而没有修复的记载",
                    "The signature of entry {seq} is gone, and no repair says so"
                ),
            );
        }
        self.erased_by_two(journal, report)
    }

    /// Whoever erases is not whoever asked for it.
    fn erased_by_two(&self, journal: &Path, report: &mut VerifyReport) -> Result<(), StoreError> {
        if self.erasures.is_empty() || report.problem_count > 0 {
            return Ok(());
        }
        let mut asked: BTreeMap<u64, SignerId> = BTreeMap::new();
        for number in segment::list(journal)? {
            let mut cursor = Cursor::open(&segment::path(journal, number), segment::HEAD, None)?;
            while let Some(header) = cursor.peek()? {
                let requests = self.erasures.iter().map(|(.., request)| *request);
                for request in requests.filter(|seq| (header.seq..=header.last()).contains(seq)) {
                    asked.insert(request, header.signer);
                }
                cursor.skip()?;
            }
        }
        let owner = |signer| self.register.known(signer).map(|key| key.owner);
        for (seq, signer, request) in &self.erasures {
            let asker = asked.get(request).and_then(|asked| self.register.known(*asked));
            let keeps = asker.is_some_and(KnownKey::may_keep_keys);
            let by = asker.map(|key| key.owner);
            if !keeps || by == owner(*signer) {
                report.problem(
                    Some(*seq),
                    said!(
                        "第 {seq} 条的销毁没有另一位管理员的申请",
                        "The erasure of entry {seq} was not asked for by another administrator"
                    ),
                );
            }
        }
        Ok(())
    }

    /// Keyring and checkpoint say of the keys what the journal says.
    fn keys_agree(&self, dir: &Path, saved: Option<&Checkpoint>, report: &mut VerifyReport) {
        if report.problem_count > 0 {
            return;
        }
        let same = |saved: &Checkpoint| {
            self.then.as_ref().is_none_or(|then| then.is_what(&saved.register))
        };
        if saved.is_some_and(|saved| !same(saved)) {
            report.problem(
                None,
                Said::fixed(
                    "records.toml 里的密钥名册与日志不一致；删去它，下次打开会重新整理",
                    "The register of keys in records.toml differs from the journal's; take the file away and the next opening makes it anew",
                ),
            );
        }
        let Ok(ring) = Keyring::load(dir) else { return };
        let strange = ring.slots().into_iter().filter(|(owner, public)| {
            !self.register.current(*owner).is_some_and(|key| key.public == *public)
        });
        let strange = strange.count();
        if strange > 0 {
            report.problem(
                None,
                said!(
                    "keyring.toml 里有 {strange} 把钥匙不在日志的名册上：不是管理员给的，或已经停用。打开一次站点会去掉它们",
                    "keyring.toml has {strange} slots whose keys are not in the journal's register: no administrator gave them, or they no longer hold. Opening the station once takes them away"
                ),
            );
        }
        if ring.epoch() != self.register.epoch() && !ring.is_turning() {
            let (ours, theirs) = (ring.epoch(), self.register.epoch());
            report.problem(
                None,
                said!(
                    "keyring.toml 是第 {ours} 期的，日志已到第 {theirs} 期：其中一个是旧的",
                    "keyring.toml is of epoch {ours}, the journal of epoch {theirs}: one of them is an older copy"
                ),
            );
        }
    }

    /// What was once the end of the chain is in it, or a branch says that it was given up.
    fn heads_lie_in_it(&self, heads: &[KnownHead], report: &mut VerifyReport) {
        for head in heads {
            let here = self.heads.get(&head.seq).copied().flatten() == Some(head.hash);
            let given_up = head.given_up_in(&self.register);
            if !here && !given_up && head.seq > 0 {
                report.problem(Some(head.seq), head.missing());
            }
        }
    }

    fn broken(&self, report: &mut VerifyReport) {
        let seq = self.seq + 1;
        let what = said!(
            "日志在第 {seq} 条处损坏，其后的内容未能检查",
            "The journal is damaged at entry {seq}; what follows could not be checked"
        );
        report.problem(Some(seq), what);
    }
}

/// Says what is wrong with who wrote an entry.
pub type Judge<'a> = dyn Fn(&Entry, &KnownKey) -> Option<Said> + 'a;

/// A record as the journal has it: the last entry that touched it, and a hash of its content.
struct Expected {
    last_seq: u64,
    content: [u8; 16],
}

impl Store {
    /// Checks everything: the chain, every entry's content, the links of every record's history, and
    /// the table against the journal; a table that differs is set aside and built anew. Takes about 60 bytes of memory per record while it runs.
    /// Saving may go on; what is saved meanwhile is not checked.
    ///
    /// # Errors
    /// What the machine gives; what is wrong is in the report.
    pub fn verify(&self, head: Option<&Hash>) -> Result<VerifyReport, StoreError> {
        self.verify_with(head, &|_, _| None)
    }

    /// The same, and asks `judge` of every entry whether whoever signed it may have written it; it
    /// says what is wrong.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_with(
        &self,
        head: Option<&Hash>,
        judge: &Judge<'_>,
    ) -> Result<VerifyReport, StoreError> {
        let _nothing_rewritten = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let upto = self.head().0;
        let mut report = verify_chain(&self.dir, head)?;
        report.contents = true;
        report.recovered = self.notices();
        self.progress.begin(Said::fixed("核对内容", "Checking the contents"), upto);
        let room = self.records.sentinels().values().map(|sentinel| sentinel.count).sum::<u64>();
        let mut expected = foldhash::HashMap::default();
        expected.reserve(usize::try_from(room).unwrap_or(0));
        report.must_reach(report.entries, upto);
        // Whole files, read for themselves: there may be a second core.
        let sound: Vec<String> = report
            .backups
            .iter()
            .filter(|check| check.problem.is_none())
            .map(|check| check.file.clone())
            .collect();
        thread::scope(|scope| {
            let backups = scope.spawn(|| self.check_backups(&sound));
            if report.entries >= upto {
                self.read_contents(upto, (&mut expected, judge), &mut report)?;
                report.table = Some(self.compare_table(upto, expected, &mut report)?);
            }
            let wrong = backups.join().unwrap_or_else(|panic| resume_unwind(panic));
            for (name, error) in wrong {
                let Said { zh, en } = error.said();
                report.problem(None, said!("备份 {name}：{zh}", "Backup {name}: {en}"));
            }
            Ok::<_, StoreError>(())
        })?;
        self.progress.end();
        report.ok = report.problem_count == 0;
        Ok(report)
    }

    /// Opens everything in the backups that were whole on the outside, and gives those that are not.
    fn check_backups(&self, sound: &[String]) -> Vec<(String, StoreError)> {
        let mut wrong = Vec::new();
        for known in backups::known(&self.dir, &self.station) {
            let name = backups::name_of(&known.path);
            if !sound.contains(&name) {
                continue;
            }
            if let Err(error) = backup::verify(&known.path, &self.keys, &Progress::default()) {
                wrong.push((name, error));
            }
        }
        wrong
    }

    fn read_contents(
        &self,
        upto: u64,
        (expected, judge): (&mut foldhash::HashMap<Key, Expected>, &Judge<'_>),
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        if upto == 0 {
            return Ok(());
        }
        let register = self.register();
        let mut hands = Hands::default();
        let mut repairer = None;
        let walked = self.journal.frames(1, |frame| {
            let header = &frame.header;
            self.progress.at(header.seq);
            if frame.flags & FIRST_OF_BATCH != 0 {
                repairer = None;
            }
            match Plain::read(header.kind, frame.body) {
                Some(Plain::Branch(_)) => repairer = Some(header.signer),
                Some(Plain::Erase(erase)) => hands.erasure(header.seq, erase.request),
                _ => {}
            }
            if header.kind == ENTRIES && !frame.lost() {
                let key = register.known(header.signer);
                // Only what a repair enters again, in its own batch, names another than its signer.
                hands.repairs = repairer == Some(header.signer);
                match block::open(&self.keys, frame, header.seq) {
                    Ok(entries) => {
                        for opened in entries {
                            let entry = opened.and_then(|(seq, one)| {
                                let entry = block::decode(seq, &one)?;
                                // Unless a repair says that its rest was lost.
                                let lost = register.lost((seq, seq));
                                if one.erased.is_some() && entry.is_none() && !lost {
                                    hands.nothing_left(seq);
                                }
                                Ok(entry.map(|entry| (entry, one.erased.is_some())))
                            });
                            self.read_content(entry, (key, judge), &mut hands, expected, report)?;
                        }
                    }
                    Err(error) => unread(header.seq, &error, report),
                }
            }
            let more = header.last() < upto;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        for (seq, Said { zh, en }) in hands.end(&register) {
            report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
        }
        walked
    }

    /// One entry against those before it, and against whoever signed it.
    fn read_content(
        &self,
        entry: Result<Option<(Entry, bool)>, StoreError>,
        (key, judge): (Option<&KnownKey>, &Judge<'_>),
        hands: &mut Hands,
        expected: &mut foldhash::HashMap<Key, Expected>,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        let (entry, erased) = match entry {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(error) => {
                unread(report.entries, &error, report);
                return Ok(());
            }
        };
        let seq = entry.seq;
        let lost = report.lost > 0;
        let fits = |op: &entry::Op| {
            let Some((kind, id, previous)) = op.touches() else { return true };
            let known = self.records.key(kind, id).ok().and_then(|key| expected.get(&key));
            previous == seq || known.map_or(0, |known| known.last_seq) == previous
        };
        let again = hands.is_again(&entry);
        let wrong = hands.look(&entry, key, (erased, lost), fits);
        let wrong = wrong.or_else(|| key.filter(|_| !again).and_then(|key| judge(&entry, key)));
        if let Some(Said { zh, en }) = wrong {
            report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
        }
        for op in &entry.ops {
            let Some((kind, id, previous)) = op.touches() else { continue };
            let key = self.records.key(kind, id)?;
            let put = op.record().map(|record| digest(&entry::encode_record(record)));
            let before = match (expected.entry(key), put) {
                (Slot::Occupied(mut known), put) => {
                    let known = known.get_mut();
                    put.into_iter().for_each(|content| known.content = content);
                    std::mem::replace(&mut known.last_seq, seq)
                }
                (Slot::Vacant(place), Some(content)) => {
                    place.insert(Expected { last_seq: seq, content });
                    0
                }
                (Slot::Vacant(_), None) => 0,
            };
            // Where content was lost the link may lead past what is known.
            if before != previous && report.lost == 0 {
                report.problem(
                    Some(seq),
                    said!(
                        "第 {seq} 条与前一条的关联不对",
                        "Entry {seq} is not linked to the entry before it"
                    ),
                );
            }
        }
        Ok(())
    }

    fn compare_table(
        &self,
        upto: u64,
        mut expected: foldhash::HashMap<Key, Expected>,
        report: &mut VerifyReport,
    ) -> Result<TableReport, StoreError> {
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = TableReport::default();
        let walked = self.records.walk(&mut |record| {
            found.records += 1;
            let known = expected.remove(&record.key);
            // Saved since the check began.
            if record.last_seq <= upto {
                let same = known.is_some_and(|known| {
                    known.last_seq == record.last_seq && digest(record.plain()) == known.content
                });
                found.differing += u64::from(!same);
            }
            Ok(())
        });
        found.missing = expected.len() as u64;
        if walked.is_err() || found.missing + found.differing > 0 {
            let (missing, differing) = (found.missing, found.differing);
            report.problem(
                None,
                said!(
                    "记录表与日志不一致：缺 {missing} 条，不同 {differing} 条",
                    "The table of records differs from the journal: {missing} missing, {differing} different"
                ),
            );
            // The journal is whole, so the table can be put right at once.
            if report.problem_count == 1 {
                let why =
                    StoreError::Records(Said::fixed("与日志不一致", "it differs from the journal"));
                found.put_right = self.queue.rebuild(Some(why)).wait()?;
            }
        }
        Ok(found)
    }
}

/// A record has one form of bytes, so these say whether two are the same.
fn digest(record: &[u8]) -> [u8; 16] {
    let hash = blake3::hash(record);
    hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default()
}

fn unread(seq: u64, error: &StoreError, report: &mut VerifyReport) {
    let Said { zh, en } = error.said();
    report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
}
