//! The chain, followed without any key: frames, signatures, keys, branches, erasures.

use super::report::{BackupCheck, VerifyReport};
use crate::said;
use crate::store::copies::archive::{self, Copied, Differing};
use crate::store::copies::backups::{self, BackupOnDisk, Outside};
use crate::store::copies::heads::KnownHead;
use crate::store::error::StoreError;
use crate::store::files::layout::JOURNAL_DIR;
use crate::store::files::station::StationInfo;
use crate::store::journal::cover::{Cover, Look};
use crate::store::journal::frame::{ENTRIES, Frame};
use crate::store::journal::segment::{self, Cursor, Found};
use crate::store::journal::{scan, slots};
use crate::store::keys::keyring::Keyring;
use crate::store::keys::{KnownKey, Plain, Register, SignerId};
use crate::store::table::checkpoint::Checkpoint;
use crate::words::Said;
use blake3::Hash;
use std::collections::BTreeMap;
use std::path::Path;

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
    let journal = dir.join(JOURNAL_DIR);
    let numbers = if journal.exists() { segment::list(&journal)? } else { Vec::new() };
    let mut report = VerifyReport::default();
    let backups = backups::files(dir);
    let Outside { heads, unread, second_away } = backups::outside(dir, &station);
    let ends = backups.iter().filter_map(|file| Some(file.opened.as_ref().ok()?.report().entries));
    let ends = ends.chain(heads.iter().map(|head| head.seq));
    // The checkpoint is in the open and knows how far the journal had come, and who held keys.
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
    chain.compare_archive(dir, &station, &mut report)?;
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
    /// The rests that are in the place of erased entries, by sequence.
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
                Found::Bad(_) if last && !scan::saved_after(&cursor.rest()?, self.seq + 1) => {
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
            let slots = slots::slots(frame.body, header.count).into_iter().flatten();
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

    /// The archive in the second place, where it is there, against the journal. What a restore or a
    /// repair gave up is there rightly.
    fn compare_archive(
        &self,
        dir: &Path,
        station: &StationInfo,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        let Some(folder) = archive::of(dir, station) else { return Ok(()) };
        report.archive = true;
        for Differing { number, copied, head } in archive::compare(dir, &folder)? {
            let given_up =
                head.is_some_and(|(seq, hash)| self.register.given_up(0, seq, hash.as_bytes()));
            let said = match copied {
                Copied::Other if given_up => continue,
                Copied::Other => said!(
                    "归档里的 {number:08}.yzj 与这里的不是同一条链",
                    "{number:08}.yzj in the archive is of another chain than the one here"
                ),
                _ => said!(
                    "归档里的 {number:08}.yzj 与这里的不同：有销毁过的内容还在，或已损坏。运行 yizhan archive 重新抄一份",
                    "{number:08}.yzj in the archive differs: it still has what was erased here, or is damaged. `yizhan archive` copies it anew"
                ),
            };
            report.problem(None, said);
        }
        Ok(())
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
