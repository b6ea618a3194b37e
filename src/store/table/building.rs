//! A table built beside the one in use, to take its place.
//!
//! A station's first table is in `records`, each later one beside it in `records-1`, `records-2`.
//! Which of them counts the checkpoint says and nothing else, so that a table takes the place of
//! another in one step, wherever a crash falls; what is left over is cleared away at the next
//! opening. A table found damaged is never written to again: it gets a mark that says what was
//! found, and is moved to `records.aside-1`, `-2` ... once another is in its place.

use super::applying::{self, Links, Target};
use super::pages::Reached;
use super::row::Row;
use super::sentinels::Sentinels;
use super::tree::{self, Applied, Table, Writes};
use crate::store::KindCodes;
use crate::store::error::StoreError;
use crate::store::files::disk::{self, ROOM};
use crate::store::files::layout::RECORDS_DIR;
use crate::store::journal::reader::JournalReader;
use crate::store::keys::DataKeys;
use crate::store::progress::Progress;
use crate::words::Said;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// In a table's folder: it was found damaged, and how.
const DAMAGED_FILE: &str = "damaged";

/// The folder of a table.
pub fn folder(dir: &Path, generation: u32) -> PathBuf {
    match generation {
        0 => dir.join(RECORDS_DIR),
        later => dir.join(format!("{RECORDS_DIR}-{later}")),
    }
}

/// The tables there are, the newest first.
pub fn generations(dir: &Path) -> Vec<u32> {
    let names = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<u32> = names
        .filter_map(|name| {
            let rest = name.to_str()?.strip_prefix(RECORDS_DIR)?;
            if rest.is_empty() { Some(0) } else { rest.strip_prefix('-')?.parse().ok() }
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

/// Opens a table that nobody has found damaged and whose main file has at least so many bytes.
///
/// # Errors
/// [`StoreError::Records`] saying what is wrong with it.
pub fn usable(
    dir: &Path,
    generation: u32,
    keys: &DataKeys,
    at_least: u64,
) -> Result<(Table, Applied), StoreError> {
    let folder = folder(dir, generation);
    if !folder.exists() {
        return Err(StoreError::Records(Said::fixed("没有找到", "it is not there")));
    }
    if let Some(mark) = disk::read_text(&folder.join(DAMAGED_FILE))? {
        let mut said = mark.lines().map(str::to_string);
        let (zh, en) = (said.next().unwrap_or_default(), said.next().unwrap_or_default());
        return Err(StoreError::Records(Said::new(zh, en)));
    }
    if tree::main_size(&folder) < at_least {
        return Err(StoreError::Records(Said::fixed(
            "文件比上次确认时短",
            "its file is shorter than when it was last confirmed",
        )));
    }
    Table::open(&folder, keys.clone())
}

/// Writes beside a damaged table what was found. A disk that does not take it is no hindrance.
pub fn mark_damaged(dir: &Path, generation: u32, why: &StoreError) {
    let file = folder(dir, generation).join(DAMAGED_FILE);
    if !file.exists() {
        let Said { zh, en } = match why {
            StoreError::Records(detail) => detail.clone(),
            other => other.said(),
        };
        let _ = disk::write_whole(&file, format!("{zh}\n{en}\n").as_bytes());
    }
}

/// Moves a damaged table out of the way and gives its new name.
pub fn set_aside(dir: &Path, generation: u32) -> Result<Option<String>, StoreError> {
    let from = folder(dir, generation);
    if !from.exists() {
        return Ok(None);
    }
    disk::aside(&from, &dir.join(RECORDS_DIR)).map(Some)
}

/// Clears away what an unfinished change of tables has left: damaged tables are kept aside, others
/// are copies of what the one in use holds.
pub fn tidy(dir: &Path, in_use: u32) {
    for generation in generations(dir) {
        let path = folder(dir, generation);
        if generation == in_use {
            continue;
        }
        // The next opening tries again what the disk does not allow now.
        if path.join(DAMAGED_FILE).exists() {
            let _ = set_aside(dir, generation);
        } else {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// A table that is whole up to `applied` and not yet in use.
pub struct Built {
    pub table: Table,
    /// Which one.
    pub generation: u32,
    /// How far it is.
    pub applied: Applied,
    /// Why it was built.
    pub purpose: Purpose,
}

/// Why a table was built.
#[derive(Clone)]
pub enum Purpose {
    /// The one before failed for this reason; this is what it was built from.
    Mend(StoreError, Source),
    /// The one before takes much more room than its records need.
    Compact,
}

/// What a table was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The table before without its damaged snapshots.
    Snapshots,
    Journal,
}

/// Where tables are built, and with what.
pub struct Builder<'a> {
    /// The data folder.
    pub dir: &'a Path,
    /// The table in use.
    pub in_use: u32,
    /// Seal rows and open entries.
    pub keys: &'a DataKeys,
    /// Numbers of kinds.
    pub codes: &'a KindCodes,
    pub journal: &'a JournalReader,
    /// How far it is.
    pub progress: &'a Progress,
    /// Set when nobody wants it any more.
    pub stop: &'a AtomicBool,
}

impl Builder<'_> {
    /// The table to build: one that was begun already, or the next.
    fn next(&self) -> u32 {
        match generations(self.dir).first() {
            None => 0,
            Some(&newest) => newest.max(self.in_use + 1),
        }
    }

    /// Builds a table from the journal alone, going on where an earlier attempt was cut off.
    ///
    /// # Errors
    /// What the journal gives, or the machine; [`StoreError::Closed`] when stopped.
    pub fn out_of_journal(&self, why: &StoreError) -> Result<Built, StoreError> {
        let generation = self.next();
        let path = folder(self.dir, generation);
        let end = self.journal.end();
        self.progress.begin(Said::fixed("用日志重建记录表", "Rebuilding the records"), end.seq);
        let begun = usable(self.dir, generation, self.keys, 0);
        let (table, mut applied) = match begun.ok().filter(|(_, held)| held.seq <= end.seq) {
            Some(begun) => begun,
            None => {
                disk::remove_dir(&path)?;
                let expected = disk::size_of(&folder(self.dir, self.in_use));
                disk::need_room(self.dir, expected, ROOM)?;
                (Table::create(&path, self.keys.clone())?, Applied::default())
            }
        };
        let built = self.catch_up(&table, &mut applied);
        self.progress.end();
        built?;
        let purpose = Purpose::Mend(why.clone(), Source::Journal);
        Ok(Built { table, generation, applied, purpose })
    }

    /// Takes sled's snapshots away from a copy of a closed table that does not open, which is
    /// often all that it needs. Nothing when it has none, or when that was not it.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn without_snapshots(&self, why: &StoreError) -> Result<Option<Built>, StoreError> {
        let generation = self.next();
        let (from, to) = (folder(self.dir, self.in_use), folder(self.dir, generation));
        disk::remove_dir(&to)?;
        disk::need_room(self.dir, disk::size_of(&from), ROOM)?;
        if !tree::copy_without_snapshots(&from, &to)? {
            return Ok(None);
        }
        match Table::open(&to, self.keys.clone()) {
            Ok((table, applied)) if applied.seq > 0 => {
                let purpose = Purpose::Mend(why.clone(), Source::Snapshots);
                Ok(Some(Built { table, generation, applied, purpose }))
            }
            _ => {
                disk::remove_dir(&to)?;
                Ok(None)
            }
        }
    }

    /// Copies the rows of the table in use, page by page as `page` gives them; writing goes on
    /// meanwhile, and what it changes is in the journal from `from` on.
    ///
    /// # Errors
    /// As [`Self::out_of_journal`].
    pub fn out_of_rows(
        &self,
        (from, count): (u64, u64),
        mut page: impl FnMut(&mut Reached) -> Result<Option<Vec<Row>>, StoreError>,
    ) -> Result<Built, StoreError> {
        let generation = self.next();
        let path = folder(self.dir, generation);
        disk::remove_dir(&path)?;
        self.progress.begin(Said::fixed("压缩记录表", "Compacting the records"), count);
        let table = Table::create(&path, self.keys.clone())?;
        let mut kinds = Sentinels::new();
        let (mut place, mut done, mut live) = (Reached::default(), 0, 0);
        let copied = loop {
            let rows = match page(&mut place) {
                Ok(Some(rows)) => rows,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if self.stop.load(Ordering::Relaxed) {
                break Err(StoreError::Closed);
            }
            done += rows.len() as u64;
            for row in &rows {
                kinds.entry(row.key.code()).or_default().add(&row.key, row.last_seq);
            }
            live += table.copy(rows)?;
            self.progress.at(done);
        };
        let mut applied = Applied { seq: from, part: 0, kinds, live };
        let built = copied
            .and_then(|()| table.write(&Writes::default(), &mut applied))
            .and_then(|()| self.catch_up(&table, &mut applied));
        self.progress.end();
        built?;
        Ok(Built { table, generation, applied, purpose: Purpose::Compact })
    }

    /// Brings a table up to the journal's present end.
    pub fn catch_up(&self, table: &Table, applied: &mut Applied) -> Result<(), StoreError> {
        let (links, changed) = (Links::AsTheyAre, None);
        let target = Target { table, codes: self.codes, applied, changed, links };
        applying::replay(target, (self.journal, self.keys), self.progress, self.stop)
    }
}
