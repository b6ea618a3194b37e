//! Checking a data folder: the chain without any key, the contents and the table with it.

use super::backup;
use super::backups::{self, BackupOnDisk};
use super::checkpoint::Checkpoint;
use super::entry;
use super::error::StoreError;
use super::journal;
use super::reader;
use super::segment::{self, Cursor, Found};
use super::station::StationInfo;
use super::table::Key;
use super::{Store, opening};
use crate::record::Instant;
use crate::said;
use crate::words::Said;
use blake3::Hash;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;

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
    /// Entries whose frames are whole and chained.
    pub entries: u64,
    /// Of these, entries whose content has been erased.
    pub erased: u64,
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
/// checksums, the chain, and whether the hash `head` still stands in it. Works while the station
/// is open elsewhere.
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
    let heads = backups.iter().filter_map(|file| {
        let report = file.opened.as_ref().ok()?.report();
        Some((report.entries, None))
    });
    let heads: BTreeMap<u64, Option<Hash>> = heads.collect();
    let mut chain = Chain { seq: 0, hash: genesis, wanted: head, heads };
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
    // The checkpoint lies in the open and knows how far the journal had come.
    let known =
        Checkpoint::load(dir, station.node)?.map_or(0, |checkpoint| checkpoint.position.seq);
    report.must_reach(chain.seq, known);
    report.head = chain.hash.to_hex().to_string();
    for file in backups {
        report.checked_backup(chain.backup(file, &station));
    }
    report.looked_for(head);
    Ok(report)
}

/// How far the chain has been followed.
struct Chain<'a> {
    seq: u64,
    hash: Hash,
    wanted: Option<&'a Hash>,
    /// The hashes at the places where backups end.
    heads: BTreeMap<u64, Option<Hash>>,
}

impl Chain<'_> {
    /// Remembers the hash here where a backup ends here.
    fn passed(&mut self) {
        if let Some(hash) = self.heads.get_mut(&self.seq) {
            *hash = Some(self.hash);
        }
    }

    /// Checks a backup as far as that goes without a key: its blocks, and that it ends at an entry
    /// of this journal.
    fn backup(&self, file: BackupOnDisk, station: &StationInfo) -> BackupCheck {
        let BackupOnDisk { path, second, opened } = file;
        let name = backups::name_of(&path);
        let empty = BackupCheck { file: name, second, entries: 0, made: None, problem: None };
        let backup = match opened {
            Ok(backup) => backup,
            Err(error) => return BackupCheck { problem: Some(error.said()), ..empty },
        };
        let report = backup.report();
        let of_another = backup.station().is_ok_and(|of| of.node != station.node);
        let checked = backup.blocks();
        let here = self.heads.get(&report.entries).copied().flatten();
        let problem = match (checked, here) {
            (Err(error), _) => Some(error.said()),
            (Ok(()), _) if of_another => None,
            (Ok(()), Some(hash)) if hash.to_hex().as_str() == report.head => None,
            // A broken journal says nothing about what comes after it.
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
        loop {
            match cursor.step()? {
                Found::End => return Ok(true),
                Found::Frame => {
                    let Ok((frame, _)) = cursor.frame() else { continue };
                    if frame.header.seq != self.seq + 1 || frame.header.previous != self.hash {
                        self.broken(report);
                        return Ok(false);
                    }
                    report.entries += 1;
                    report.erased += u64::from(frame.erased());
                    self.seq = frame.header.seq;
                    self.hash = frame.header.hash();
                    self.passed();
                    if self.wanted == Some(&self.hash) {
                        report.head_found = Some(self.seq);
                    }
                }
                Found::Bad(_) if last && !journal::saved_after(&cursor.rest()?, self.seq + 1) => {
                    report.tail_bytes = cursor.left();
                    return Ok(true);
                }
                Found::Bad(_) => {
                    self.broken(report);
                    return Ok(false);
                }
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
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let upto = self.head().0;
        let mut report = verify_chain(&self.dir, head)?;
        report.contents = true;
        report.recovered = self.notices();
        self.progress.begin(Said::fixed("核对内容", "Checking the contents"), upto);
        let mut expected = HashMap::new();
        report.must_reach(report.entries, upto);
        if report.entries >= upto {
            self.read_contents(upto, &mut expected, &mut report)?;
            report.table = Some(self.compare_table(upto, expected, &mut report)?);
        }
        self.check_backups(&mut report);
        self.progress.end();
        report.ok = report.problem_count == 0;
        Ok(report)
    }

    /// Opens everything in the backups that were whole on the outside.
    fn check_backups(&self, report: &mut VerifyReport) {
        let sound: Vec<String> = report
            .backups
            .iter()
            .filter(|check| check.problem.is_none())
            .map(|check| check.file.clone())
            .collect();
        for known in backups::known(&self.dir, &self.station) {
            let name = backups::name_of(&known.path);
            if !sound.contains(&name) {
                continue;
            }
            if let Err(error) = backup::verify(&known.path, &self.key, &self.progress) {
                let Said { zh, en } = error.said();
                report.problem(None, said!("备份 {name}：{zh}", "Backup {name}: {en}"));
            }
        }
    }

    fn read_contents(
        &self,
        upto: u64,
        expected: &mut HashMap<Key, Expected>,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        if upto == 0 {
            return Ok(());
        }
        self.journal.frames(1, |frame| {
            let seq = frame.header.seq;
            self.progress.at(seq);
            match reader::open(&self.journal_seal, frame) {
                Ok(None) => {}
                Ok(Some(entry)) => {
                    for op in &entry.ops {
                        let Some((kind, id, previous)) = op.touches() else { continue };
                        let key = self.records.key(kind, id)?;
                        let before = expected.get(&key).map_or(0, |known| known.last_seq);
                        // Where an entry was erased the link may lead past what is known.
                        if before != previous && report.erased == 0 {
                            report.problem(
                                Some(seq),
                                said!(
                                    "第 {seq} 条与前一条的关联不对",
                                    "Entry {seq} is not linked to the entry before it"
                                ),
                            );
                        }
                        if let entry::Op::Put { record, .. } = op {
                            let content = digest(record)?;
                            expected.insert(key, Expected { last_seq: seq, content });
                        } else if let Some(known) = expected.get_mut(&key) {
                            known.last_seq = seq;
                        }
                    }
                }
                Err(error) => {
                    let (zh, en) = (error.said().zh, error.said().en);
                    report.problem(Some(seq), said!("第 {seq} 条：{zh}", "Entry {seq}: {en}"));
                }
            }
            Ok(if seq < upto { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    }

    fn compare_table(
        &self,
        upto: u64,
        mut expected: HashMap<Key, Expected>,
        report: &mut VerifyReport,
    ) -> Result<TableReport, StoreError> {
        let mut found = TableReport::default();
        let walked = self.records.walk(&mut |stored| {
            found.records += 1;
            let Ok(key) = self.records.key(&stored.record.kind, stored.record.id) else { return };
            let known = expected.remove(&key);
            // Saved since the check began.
            if stored.last_seq > upto {
                return;
            }
            let same = known.is_some_and(|known| {
                known.last_seq == stored.last_seq
                    && digest(&stored.record).is_ok_and(|content| content == known.content)
            });
            found.differing += u64::from(!same);
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

fn digest(record: &crate::record::Record) -> Result<[u8; 16], StoreError> {
    let hash = blake3::hash(&entry::encode(record)?);
    Ok(hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default())
}
