//! Keeping house: what an open station does by itself. The backup of the day, trying again what
//! the machine refused, and writing down what was only counted.
//!
//! The keeper sleeps until something changes or the hour is over; with nothing changed nothing
//! else wakes it.

use super::{Actor, Office, Refusal, Right};
use crate::record::{Instant, china_offset};
use crate::said;
use crate::store::BackupState;
use crate::words::Said;
use chrono::TimeDelta;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// How often the keeper looks whether a backup is due.
const HOUR: Duration = Duration::from_hours(1);
/// How often it tries again what the machine refused.
const AGAIN: Duration = Duration::from_secs(5);
/// A newest backup older than this is told on the home screen.
const OLD: TimeDelta = TimeDelta::hours(48);

/// Keeps house until it is dropped.
pub struct Keeper {
    office: Arc<Office>,
    stop: Arc<AtomicBool>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.office.keeping.store(false, Ordering::Relaxed);
        self.office.news.announce();
    }
}

impl Office {
    /// Begins to keep house; one process does that for a station, and from now on warns when
    /// backups are missing.
    #[must_use]
    pub fn keep_house(self: &Arc<Self>) -> Keeper {
        let keeper = Keeper { office: self.clone(), stop: Arc::default() };
        self.keeping.store(true, Ordering::Relaxed);
        let (office, stop) = (self.clone(), keeper.stop.clone());
        let changes = self.subscribe();
        thread::spawn(move || {
            office.wait_for_index();
            let mut looked = None;
            while !stop.load(Ordering::Relaxed) {
                let wait = office.look_after(&mut looked);
                if changes.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                    break;
                }
            }
        });
        keeper
    }

    /// Does what is due and says when to look again.
    fn look_after(&self, looked: &mut Option<Instant>) -> Duration {
        let now = self.now();
        let since = looked.map_or(HOUR, |looked| (now - looked).to_std().unwrap_or(HOUR));
        if since >= HOUR {
            *looked = Some(now);
            // Whether it failed is told on the screens until it succeeds.
            if let Ok(Some(_)) = self.store.back_up_daily() {
                self.verify_daily();
            }
            self.keep_refused();
            self.look_at_backups();
        }
        if self.store.trouble().is_some() {
            if self.store.try_again().is_ok() && self.store.trouble().is_none() {
                self.news.announce();
            }
            return AGAIN;
        }
        HOUR.saturating_sub(if since >= HOUR { Duration::ZERO } else { since })
    }

    /// Checks everything once a day, beside the backup; what is wrong is told on the first screens.
    fn verify_daily(&self) {
        self.store.look_at_heads();
        // Not the index, which holds up saving and lies in memory only.
        let told = match self.store.verify_with(None, &|entry, key| self.judged(entry, key)) {
            Ok(report) if report.ok => return,
            Ok(report) => {
                let count = report.problem_count;
                let first = report.problems.first().map(|problem| problem.what.clone());
                let Said { zh, en } = first.unwrap_or_default();
                said!(
                    "今天的自动核验发现 {count} 处问题：{zh}。请管理员运行 yizhan verify 查看全部，先不要作决定。",
                    "Today's check found {count} problems: {en}. Have the administrator run `yizhan verify` for all of them before anything is decided."
                )
            }
            // A machine that refuses is told where it refuses.
            Err(_) => return,
        };
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        self.news.announce();
    }

    /// Makes a backup in the data folder now, behind the screen; how it went shows where backups
    /// are shown.
    ///
    /// # Errors
    /// For a role that may not.
    pub fn back_up_behind(self: &Arc<Self>, actor: &Actor) -> Result<(), Refusal> {
        actor.need(Right::Maintain)?;
        let office = self.clone();
        thread::spawn(move || {
            office.store.back_up_now();
            office.look_at_backups();
        });
        Ok(())
    }

    /// Reads again which backups there are, compares the journal with what they know of it, and
    /// tells the sessions.
    pub fn look_at_backups(&self) {
        self.look_at_heads();
        self.read_backups();
    }

    pub(super) fn read_backups(&self) {
        let state = self.store.backups();
        *self.backups.write().unwrap_or_else(PoisonError::into_inner) = state;
        self.news.announce();
    }

    /// How things stand with the backups, as last looked at.
    #[must_use]
    pub fn backups(&self) -> BackupState {
        let mut state = self.backups.read().unwrap_or_else(PoisonError::into_inner).clone();
        let inside = state.newest.as_ref().map_or(0, |newest| newest.entries);
        state.behind = self.store.head().0.saturating_sub(inside);
        state
    }

    /// Why somebody should look after the backups; nothing while all is well, or where nobody
    /// keeps house.
    #[must_use]
    pub fn backup_warning(&self) -> Option<Said> {
        if !self.keeping.load(Ordering::Relaxed) {
            return None;
        }
        let state = self.backups();
        if let Some((at, why)) = &state.failed {
            let at = at.with_timezone(&china_offset()).format("%m-%d %H:%M");
            let Said { zh, en } = why.said();
            return Some(said!(
                "{at} 的自动备份没有做成：{zh}。请到系统页（0）查看。",
                "The backup of {at} was not made: {en}. See the system screen (0)."
            ));
        }
        let behind = state.behind;
        let since = match &state.newest {
            _ if behind == 0 => return None,
            Some(newest) => newest.made,
            None => state.begun?,
        };
        if self.now() - since <= OLD {
            return None;
        }
        let at = since.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        Some(match state.newest {
            Some(_) => said!(
                "最近的备份是 {at} 的，已过 48 小时，其后又保存了 {behind} 条。请到系统页（0）按 b 备份。",
                "The newest backup is of {at}, more than 48 hours ago; {behind} entries were saved since. Press b on the system screen (0)."
            ),
            None => said!(
                "自 {at} 建站以来还没有备份。请到系统页（0）按 b 备份。",
                "There is no backup since the station was made at {at}. Press b on the system screen (0)."
            ),
        })
    }
}
