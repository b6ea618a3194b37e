//! The backups there are: where they are, how old they are, which are kept; and the daily one.
//!
//! They are in `backup/` of the data folder and, where somebody has named one, in a second place:
//! a stick, another disk. The daily ones are called `auto-<day>-<time>.yzb`; the newest of each of the
//! last seven days and of each of the last four weeks are kept. What somebody made by hand is never
//! taken away.

use super::backup::{self, BackupFile, BackupReport};
use super::heads::{self, KnownHead};
use crate::record::{Instant, china_date, china_offset};
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk::{self, ROOM, read_text, write_whole};
use crate::store::files::layout::{BACKUP_DIR, BACKUP_EXTENSION, JOURNAL_DIR};
use crate::store::files::new_file::NewFile;
use crate::store::files::station::StationInfo;
use crate::store::{Progress, Store};
use crate::words::Said;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

const SETTINGS_FILE: &str = "backup.toml";
const AUTO: &str = "auto-";
/// Days of which the newest daily backup is kept, and weeks.
const DAYS: usize = 7;
const WEEKS: usize = 4;

/// A backup of this station, as far as it says itself; it was whole when it got its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownBackup {
    /// The file.
    pub path: PathBuf,
    /// Entries of the journal in it.
    pub entries: u64,
    /// Hash of the last entry's header, in hexadecimal.
    pub head: String,
    /// When it was made.
    pub made: Instant,
    /// Size of the file.
    pub bytes: u64,
    /// In the second place.
    pub second: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Settings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second: Option<PathBuf>,
}

/// The second place for backups, where somebody has named one.
pub fn second_place(dir: &Path) -> Result<Option<PathBuf>, StoreError> {
    let Some(text) = read_text(&dir.join(SETTINGS_FILE))? else { return Ok(None) };
    let settings: Settings = toml::from_str(&text).map_err(|error| StoreError::BadFile {
        file: SETTINGS_FILE.into(),
        detail: error.message().to_string(),
    })?;
    Ok(settings.second)
}

/// A file among the backups, opened as far as it lets itself be.
pub struct BackupOnDisk {
    /// The file.
    pub path: PathBuf,
    /// In the second place.
    pub second: bool,
    /// What it says of itself, or why it is no backup.
    pub opened: Result<BackupFile, StoreError>,
}

/// What is known of a station's journal outside it.
#[derive(Default)]
pub struct Outside {
    /// The heads of its backups, and those written down in the second place.
    pub heads: Vec<KnownHead>,
    /// What should say more and cannot be read.
    pub unread: Vec<Said>,
    /// The second place is named and not there now.
    pub second_away: bool,
}

/// Everything that is known outside.
pub fn outside(dir: &Path, station: &StationInfo) -> Outside {
    let ours = |file: &BackupOnDisk| {
        let opened = file.opened.as_ref().ok()?;
        opened.station().is_ok_and(|of| of.node == station.node).then(|| opened.head())?
    };
    let mut known: Vec<KnownHead> = files(dir).iter().filter_map(ours).collect();
    let (mut unread, mut second_away) = (Vec::new(), false);
    match second_place(dir) {
        Ok(Some(second)) if !second.is_dir() => second_away = true,
        Ok(Some(second)) => match heads::read(&second, station) {
            Ok(heads) => known.extend(heads),
            Err(error) => unread.push(error.said()),
        },
        Ok(None) => {}
        Err(error) => unread.push(error.said()),
    }
    known.sort_by_key(|head| (head.incarnation, head.seq));
    known.dedup_by_key(|head| head.hash);
    Outside { heads: known, unread, second_away }
}

/// Every file in both places that is called a backup.
pub fn files(dir: &Path) -> Vec<BackupOnDisk> {
    let mut files = in_folder(&dir.join(BACKUP_DIR), false);
    if let Ok(Some(second)) = second_place(dir) {
        files.extend(in_folder(&second, true));
    }
    files
}

fn in_folder(folder: &Path, second: bool) -> Vec<BackupOnDisk> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|found| found == BACKUP_EXTENSION))
        .collect();
    files.sort_unstable();
    let opened = |path: PathBuf| BackupOnDisk { opened: BackupFile::open(&path), path, second };
    files.into_iter().map(opened).collect()
}

/// The backups of this station in both places, the one with the most in it first. Other stations'
/// files, and what is no backup, are passed over.
pub fn known(dir: &Path, station: &StationInfo) -> Vec<KnownBackup> {
    let mut known = of_station(files(dir), station);
    known.sort_by_key(|backup| std::cmp::Reverse((backup.entries, backup.made)));
    known
}

fn of_station(files: Vec<BackupOnDisk>, station: &StationInfo) -> Vec<KnownBackup> {
    let ours = |file: BackupOnDisk| {
        let BackupOnDisk { path, second, opened } = file;
        let opened = opened.ok()?;
        let ours = opened.station().is_ok_and(|of| of.node == station.node);
        let BackupReport { entries, head, made, bytes } = opened.report();
        ours.then_some(KnownBackup { path, entries, head, made, bytes, second })
    };
    files.into_iter().filter_map(ours).collect()
}

/// A file's name without the folders above it.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What comparing the journal with the heads known outside came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadsCompared {
    /// How many are known.
    pub known: usize,
    /// What is wrong.
    pub missing: Vec<Said>,
    /// What should say more and cannot be read.
    pub unread: Vec<Said>,
    /// The second place is named and not there now: what it knows was not compared.
    pub second_away: bool,
    /// When they were compared.
    pub at: Instant,
}

impl KnownBackup {
    /// Made by the station itself, and taken away by it after four weeks.
    #[must_use]
    pub fn by_itself(&self) -> bool {
        name_of(&self.path).starts_with(AUTO)
    }
}

/// How things stand with the backups, for the screens.
#[derive(Clone, Debug, Default)]
pub struct BackupState {
    /// The one in the data folder with the most in it.
    pub newest: Option<KnownBackup>,
    /// How many there are in the data folder.
    pub count: usize,
    /// The second place, where somebody has named one.
    pub second: Option<PathBuf>,
    /// The one there with the most in it.
    pub newest_second: Option<KnownBackup>,
    /// Why the last attempt failed, and when that was.
    pub failed: Option<(Instant, StoreError)>,
    /// Entries saved since the newest one.
    pub behind: u64,
    /// When the station's first entry was saved, where there is no backup yet.
    pub begun: Option<Instant>,
}

impl Store {
    /// Writes a backup of everything saved so far to `file`, while saving goes on. The recovery key
    /// and the administrators' passwords of today open it, and nobody else's. It is read back and
    /// checked before it gets its name.
    ///
    /// # Errors
    /// What the machine gives, or the entry of the journal that cannot be read. No file of that name
    /// is left or changed then.
    pub fn backup(&self, file: &Path) -> Result<BackupReport, StoreError> {
        // A copy, so that nobody waits for a backup to sign in.
        let register = self.journal.keys();
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner).0.for_backup(&register);
        let (station, now) = ((&self.station, &ring), self.clock.now());
        let keys = (&self.keys, &self.hand());
        backup::write(file, &self.journal, keys, station, now, &self.progress)
    }

    /// Reads a backup of this station through and checks everything in it.
    ///
    /// # Errors
    /// [`StoreError::Backup`] saying what is wrong.
    pub fn check_backup(&self, file: &Path) -> Result<BackupReport, StoreError> {
        backup::verify(file, &self.keys, &self.progress)
    }

    /// Compares the journal with the heads known outside, and keeps what came of it.
    pub fn look_at_heads(&self) {
        let compared = self.compare_heads();
        *self.heads.lock().unwrap_or_else(PoisonError::into_inner) = Some(compared);
    }

    /// The journal against the heads known outside, as last compared.
    #[must_use]
    pub fn heads(&self) -> Option<HeadsCompared> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How things stand with the backups.
    #[must_use]
    pub fn backups(&self) -> BackupState {
        let known = known(&self.dir, &self.station);
        let here = || known.iter().filter(|backup| !backup.second);
        let newest = here().next().cloned();
        let inside = newest.as_ref().map_or(0, |newest| newest.entries);
        BackupState {
            count: here().count(),
            newest_second: known.iter().find(|backup| backup.second).cloned(),
            second: second_place(&self.dir).ok().flatten(),
            failed: self.backup_failed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            behind: self.head().0.saturating_sub(inside),
            begun: if newest.is_none() { self.begun() } else { None },
            newest,
        }
    }

    /// The backups of this station in both places.
    #[must_use]
    pub fn known_backups(&self) -> Vec<KnownBackup> {
        known(&self.dir, &self.station)
    }

    /// What was damaged and kept as it was: tables, journals, torn ends.
    #[must_use]
    pub fn kept_aside(&self) -> Vec<String> {
        let names = |dir: &Path| {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
        };
        let aside = names(&self.dir).filter(|name| name.contains(".aside-"));
        let torn = names(&self.dir.join(JOURNAL_DIR)).filter(|name| name.starts_with("torn-"));
        aside.chain(torn.map(|name| format!("{JOURNAL_DIR}/{name}"))).collect()
    }

    fn begun(&self) -> Option<Instant> {
        let mut begun = None;
        // The first of all are pages, which have no time.
        let first = self.entries(1, |entry| {
            begun = Some(entry.time);
            ControlFlow::Break(())
        });
        first.ok().and(begun)
    }

    /// The second place for backups, as `backup.toml` names it.
    ///
    /// # Errors
    /// [`StoreError::BadFile`], or what the machine gives.
    pub fn second_place(&self) -> Result<Option<PathBuf>, StoreError> {
        second_place(&self.dir)
    }

    /// Names the second place for backups, or none. It need not be there now: a stick comes and
    /// goes.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn set_second_place(&self, second: Option<&Path>) -> Result<(), StoreError> {
        let settings = Settings { second: second.map(Path::to_path_buf) };
        let text = toml::to_string(&settings).map_err(|error| StoreError::BadFile {
            file: SETTINGS_FILE.into(),
            detail: error.to_string(),
        })?;
        write_whole(&self.dir.join(SETTINGS_FILE), text.as_bytes())?;
        self.tell_second();
        Ok(())
    }

    /// The file a backup gets that is made now.
    #[must_use]
    pub fn backup_name(&self, by_itself: bool) -> PathBuf {
        let now = self.clock.now().with_timezone(&china_offset());
        let prefix = if by_itself { AUTO } else { "" };
        let name = format!("{prefix}{}.{BACKUP_EXTENSION}", now.format("%Y%m%d-%H%M%S"));
        self.dir.join(BACKUP_DIR).join(name)
    }

    /// Makes the backup of the day, when something was saved since the last one and none was made
    /// today, brings the second place up to it, and takes away those no longer kept. Whether it
    /// failed stays known until it succeeds.
    ///
    /// # Errors
    /// What the machine gives; a backup not whole is none.
    pub fn back_up_daily(&self) -> Result<Option<BackupReport>, StoreError> {
        let done = self.daily();
        let mut failed = self.backup_failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = done.as_ref().err().map(|error| (self.clock.now(), error.clone()));
        done
    }

    /// Makes a backup at somebody's wish, in the data folder; whether it failed stays known.
    pub fn back_up_now(&self) {
        let done = self.back_up(&self.backup_name(false));
        let mut failed = self.backup_failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = done.err().map(|error| (self.clock.now(), error));
    }

    fn daily(&self) -> Result<Option<BackupReport>, StoreError> {
        let today = self.clock.today();
        let state = self.backups();
        let old = state.newest.as_ref().is_none_or(|newest| china_date(newest.made) != today);
        let mut made = None;
        if state.behind > 0 && old {
            let file = self.backup_name(true);
            made = Some(self.back_up(&file)?);
            prune(&self.dir.join(BACKUP_DIR), &self.station);
        }
        if let Some(second) = &state.second {
            self.copy_to(second)?;
            heads::add(second, &self.station, self.known_head())?;
            prune(second, &self.station);
        }
        Ok(made)
    }

    /// Makes a backup in the data folder, in the way of [`Store::backup`].
    ///
    /// # Errors
    /// As there.
    pub fn back_up(&self, file: &Path) -> Result<BackupReport, StoreError> {
        let folder = self.dir.join(BACKUP_DIR);
        disk::make_dir(&folder)?;
        disk::need_room(&folder, disk::size_of(&self.dir.join(JOURNAL_DIR)), ROOM)?;
        let report = self.backup(file)?;
        self.tell_second();
        Ok(report)
    }

    /// Writes the journal's head down in the second place, where that is there now.
    fn tell_second(&self) {
        if let Ok(Some(second)) = second_place(&self.dir)
            && second.is_dir()
        {
            let _ = heads::add(&second, &self.station, self.known_head());
        }
    }

    /// The journal's head as somebody outside may write it down.
    fn known_head(&self) -> KnownHead {
        let end = self.journal.end();
        let incarnation = self.register().incarnation();
        let made = self.clock.now();
        KnownHead { incarnation, seq: end.seq, hash: end.hash, place: end.last, made }
    }

    /// Heads known outside, and those of them that the journal does not have and nobody gave up.
    #[must_use]
    pub fn compare_heads(&self) -> HeadsCompared {
        let register = self.register();
        let Outside { heads: known, unread, second_away } = outside(&self.dir, &self.station);
        let missing = known.iter().filter(|head| !head.is_in(&self.journal, &register));
        let missing: Vec<Said> = missing.map(KnownHead::missing).collect();
        HeadsCompared { known: known.len(), missing, unread, second_away, at: self.clock.now() }
    }

    /// Copies the newest backup to the second place, unless it has as much, and reads it back.
    fn copy_to(&self, second: &Path) -> Result<(), StoreError> {
        let state = self.backups();
        let Some(newest) = state.newest else { return Ok(()) };
        if state.newest_second.is_some_and(|there| there.entries >= newest.entries) {
            return Ok(());
        }
        // A folder that is made here would be on this disk when the stick is not plugged in.
        let found = fs::metadata(second).map_err(io(Doing::Reading, second))?;
        if !found.is_dir() {
            return Err(io(Doing::Reading, second)(std::io::ErrorKind::NotADirectory.into()));
        }
        disk::need_room(second, newest.bytes, 0)?;
        let to = second.join(name_of(&newest.path));
        let mut copy = NewFile::backup(&to)?;
        fs::File::open(&newest.path)
            .and_then(|mut from| std::io::copy(&mut from, &mut copy))
            .and_then(|_| copy.sync())
            .map_err(io(Doing::Writing, &to))?;
        backup::verify(&copy.beside(), &self.keys, &Progress::default())?;
        Ok(copy.finish()?)
    }
}

/// Takes away the daily backups that are no longer kept. One that cannot be taken away stays.
fn prune(folder: &Path, station: &StationInfo) {
    let mut daily: Vec<_> = of_station(in_folder(folder, false), station)
        .into_iter()
        .filter(|backup| name_of(&backup.path).starts_with(AUTO))
        .collect();
    daily.sort_by_key(|backup| std::cmp::Reverse(backup.made));
    let made: Vec<NaiveDate> = daily.iter().map(|backup| china_date(backup.made)).collect();
    for (backup, keep) in daily.iter().zip(kept(&made)) {
        if !keep {
            let _ = fs::remove_file(&backup.path);
        }
    }
}

/// Which of the backups made on these days are kept, the newest first: the newest of each of the
/// last seven days there are and of each of the last four weeks.
fn kept(made: &[NaiveDate]) -> Vec<bool> {
    let (mut days, mut weeks) = (BTreeSet::new(), BTreeSet::new());
    made.iter()
        .map(|day| {
            let week = day.iso_week();
            let of_day = days.len() < DAYS && days.insert(*day);
            let of_week = weeks.len() < WEEKS && weeks.insert((week.year(), week.week()));
            of_day || of_week
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_days_and_four_weeks_are_kept() {
        // Twice a day for forty days, back from Sunday 2026-03-01.
        let last = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let made: Vec<NaiveDate> = (0..80).map(|n| last - chrono::Days::new(n / 2)).collect();
        let kept = kept(&made);
        let days: Vec<String> = made
            .iter()
            .zip(kept)
            .filter(|(_, keep)| *keep)
            .map(|(day, _)| day.format("%m-%d").to_string())
            .collect();
        // The last seven days are one week, Monday to Sunday; then the Sundays of three more.
        assert_eq!(
            days,
            [
                "03-01", "02-28", "02-27", "02-26", "02-25", "02-24", "02-23", "02-22", "02-15",
                "02-08"
            ]
        );
    }
}
