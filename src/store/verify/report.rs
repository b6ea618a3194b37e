//! What a check found, to be told.

use crate::record::Instant;
use crate::said;
use crate::words::Said;
use blake3::Hash;
use serde::Serialize;

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
    /// The archive is there: each of its copies was compared.
    pub archive: bool,
    /// Hash of the last header, in hexadecimal.
    pub head: String,
    /// Bytes at the end that are no entry yet: a save going on, or torn by a crash.
    pub tail_bytes: u64,
    /// Sequence at which the hash asked for is in the chain; 0 is before the first entry.
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
    pub(super) fn problem(&mut self, seq: Option<u64>, what: Said) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(Problem { seq, what });
        }
    }

    /// Takes in what comparing the index gave. It is in memory only and has been put right.
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
    pub(super) fn checked_backup(&mut self, check: BackupCheck) {
        if let Some(Said { zh, en }) = &check.problem {
            let file = &check.file;
            self.problem(None, said!("备份 {file}：{zh}", "Backup {file}: {en}"));
        }
        self.backups.push(check);
    }

    /// What had been saved must be there.
    pub(super) fn must_reach(&mut self, seq: u64, known: u64) {
        if seq < known && self.problem_count == 0 {
            let what = said!(
                "日志只能读到第 {seq} 条，而第 {known} 条曾经保存",
                "The journal can be read up to entry {seq} only, yet entry {known} had been saved"
            );
            self.problem(Some(seq + 1), what);
        }
    }

    pub(super) fn looked_for(&mut self, wanted: Option<&Hash>) {
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
