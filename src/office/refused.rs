//! Sign-ins that were refused, counted: by day, account and source. Anybody who reaches the door
//! can be refused as often as they like, so none of it goes into the journal, which is for ever;
//! what is kept here has a bound, and is written now and then.

use super::Office;
use super::log::{LogFilter, LogKind, LogLine};
use super::signing::counted_from;
use crate::record::{Instant, china_date, china_offset};
use crate::said;
use crate::store::{Origin, Store, StoreError};
use crate::words::Said;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{self, Duration};

/// Most rows; beyond them counts go into the rest, where they are not told apart.
const MOST_ROWS: usize = 512;
/// Most characters kept of a name somebody gave.
const LONGEST_NAME: usize = 40;
/// How often counts are written while nobody signs in.
const EVERY: Duration = Duration::from_secs(60);
/// Where they lie.
const SHELF: &str = "refused";

/// Refused sign-ins of one day, one account and one source; those for names that are no account
/// together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    /// The name, as last given where it is none of an account.
    name: String,
    /// There is an account of this name.
    account: bool,
    from: Origin,
    counted: Counted,
}

/// How often, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counted {
    count: u64,
    first: Instant,
    last: Instant,
}

impl Counted {
    fn add_all<'c>(&mut self, others: impl IntoIterator<Item = &'c Self>) {
        for other in others {
            self.count = self.count.saturating_add(other.count);
            self.first = self.first.min(other.first);
            self.last = self.last.max(other.last);
        }
    }
}

/// What is written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// In the order they were last counted in.
    rows: Vec<Row>,
    /// What the rows that had to go had counted.
    rest: Option<Counted>,
}

impl Kept {
    fn count(&mut self, new: Row) {
        let day = china_date(new.counted.last);
        let same = |row: &Row| {
            china_date(row.counted.last) == day
                && row.from == new.from
                && row.account == new.account
                && (row.name == new.name || !new.account)
        };
        let before = self.rows.iter().position(same).map(|at| self.rows.remove(at));
        let mut counted = new.counted;
        counted.add_all(before.iter().map(|row| &row.counted));
        self.rows.push(Row { counted, ..new });
        if self.rows.len() > MOST_ROWS {
            self.let_one_go();
        }
    }

    /// Of the older half the rarest goes, names of accounts last: neither do many strangers of
    /// today push out what stood out before, nor does that push out what is new.
    fn let_one_go(&mut self) {
        let older = self.rows.iter().take(MOST_ROWS / 2).enumerate();
        let rarest = older.min_by_key(|(_, row)| (row.account, row.counted.count));
        let Some(at) = rarest.map(|(at, _)| at) else { return };
        let mut rest = self.rows.remove(at).counted;
        rest.add_all(&self.rest);
        self.rest = Some(rest);
    }
}

#[derive(Debug, Default)]
struct Counting {
    kept: Kept,
    /// Something is counted that is not written.
    unwritten: bool,
    /// When it was last tried to write.
    tried: Option<time::Instant>,
}

impl Counting {
    fn write(&mut self, store: &Store) -> Result<(), StoreError> {
        self.tried = Some(time::Instant::now());
        store.keep_side(SHELF, "", &self.kept)?;
        self.unwritten = false;
        Ok(())
    }
}

/// Refused sign-ins of an open station.
#[derive(Debug, Default)]
pub(super) struct RefusedSignIns(Mutex<Counting>);

impl RefusedSignIns {
    /// As last written. What cannot be read counts as nothing: it may keep nobody out.
    pub fn read(store: &Store) -> Self {
        let kept = store.side(SHELF, "").ok().flatten().unwrap_or_default();
        Self(Mutex::new(Counting { kept, ..Counting::default() }))
    }

    fn counting(&self) -> MutexGuard<'_, Counting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Office {
    /// Counts a sign-in that was refused. A flood of them costs one write a minute.
    pub(super) fn count_refused(&self, name: &str, origin: &Origin) {
        let account = self.account(name).is_some();
        let printable = name.chars().map(|c| if c.is_control() { '?' } else { c });
        let name = printable.take(LONGEST_NAME).collect();
        let from = match origin {
            Origin::Ssh(_) => Origin::Ssh(counted_from(origin)),
            other => other.clone(),
        };
        let now = self.now();
        let counted = Counted { count: 1, first: now, last: now };
        let mut counting = self.refused.counting();
        counting.kept.count(Row { name, account, from, counted });
        counting.unwritten = true;
        if counting.tried.is_none_or(|tried| tried.elapsed() >= EVERY) {
            // A disk that does not take it now is asked again.
            let _ = counting.write(&self.store);
        }
    }

    /// Writes what was counted since it was last written.
    pub(super) fn keep_refused(&self) {
        let mut counting = self.refused.counting();
        if counting.unwritten {
            let _ = counting.write(&self.store);
        }
    }

    /// The lines of the log about refused sign-ins, the newest first.
    pub(super) fn refused_lines(&self, filter: &LogFilter) -> Vec<LogLine> {
        let wanted = filter.what.is_none_or(|kind| kind == LogKind::SignIns);
        if !wanted || filter.person.is_some() {
            return Vec::new();
        }
        let within = |counted: &Counted| {
            filter.from.is_none_or(|from| china_date(counted.last) >= from)
                && filter.to.is_none_or(|to| china_date(counted.first) <= to)
        };
        let counting = self.refused.counting();
        let by = |row: &&Row| filter.account.as_ref().is_none_or(|name| row.name == *name);
        let rows = counting.kept.rows.iter().rev().filter(by);
        let mut lines: Vec<LogLine> =
            rows.filter(|row| within(&row.counted)).map(row_line).collect();
        let rest = counting.kept.rest.iter().filter(|rest| within(rest));
        lines.extend(rest.filter(|_| filter.account.is_none()).map(rest_line));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines
    }
}

fn row_line(row: &Row) -> LogLine {
    let (name, times) = (&row.name, times(&row.counted, "%H:%M"));
    let (zh, en) = (&times.zh, &times.en);
    let what = if row.account {
        said!("{name} 登录被拒绝 {zh}", "{name} was refused {en}")
    } else {
        said!(
            "用本站没有的账号名登录被拒绝 {zh}，最近一次写的是“{name}”",
            "names that are no account were refused {en}, the last being \"{name}\""
        )
    };
    line(row.name.clone(), super::history::origin_said(&row.from), what, &row.counted)
}

fn rest_line(rest: &Counted) -> LogLine {
    let times = times(rest, "%Y-%m-%d");
    let (zh, en) = (&times.zh, &times.en);
    let what = said!(
        "另有零散的登录被拒绝 {zh}，没有分开记",
        "others, a few here and there and no longer told apart, were refused {en}"
    );
    let everywhere = Said::fixed("各处", "everywhere");
    line("-".to_string(), everywhere, what, rest)
}

/// How often and, where that is more than once, from when to when.
fn times(counted: &Counted, format: &str) -> Said {
    let Counted { count, first, last } = counted;
    let at = |at: &Instant| at.with_timezone(&china_offset()).format(format).to_string();
    let (first, last) = (at(first), at(last));
    match count {
        1 => Said::fixed("1 次", "once"),
        _ if first == last => said!("{count} 次（{last}）", "{count} times ({last})"),
        _ => said!("{count} 次（{first} 到 {last}）", "{count} times ({first} to {last})"),
    }
}

fn line(by: String, from: Said, what: Said, counted: &Counted) -> LogLine {
    LogLine {
        seq: None,
        at: counted.last,
        by,
        from,
        kind: LogKind::SignIns,
        what,
        count: counted.count,
        number: String::new(),
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn start() -> Instant {
        "2025-10-15T01:00:00Z".parse().unwrap()
    }

    fn refused(kept: &mut Kept, name: &str, account: bool, from: &str, minutes: i64) {
        let at = start() + TimeDelta::minutes(minutes);
        let counted = Counted { count: 1, first: at, last: at };
        kept.count(Row { name: name.into(), account, from: Origin::Ssh(from.into()), counted });
    }

    fn total(kept: &Kept) -> u64 {
        let rows: u64 = kept.rows.iter().map(|row| row.counted.count).sum();
        rows + kept.rest.as_ref().map_or(0, |rest| rest.count)
    }

    #[test]
    fn a_row_for_each_day_account_and_source_and_one_for_all_names_of_nobody() {
        let mut kept = Kept::default();
        for minutes in [0, 1, 2] {
            refused(&mut kept, "admin", true, "192.0.2.7", minutes);
            refused(&mut kept, &format!("guess{minutes}"), false, "192.0.2.7", minutes);
        }
        refused(&mut kept, "admin", true, "192.0.2.8", 3);
        refused(&mut kept, "zhouli", true, "192.0.2.7", 3);
        // 01:00 UTC is 09:00 in China; fifteen hours later another day begins there.
        refused(&mut kept, "admin", true, "192.0.2.7", 15 * 60);
        let rows: Vec<_> =
            kept.rows.iter().map(|row| (row.name.as_str(), row.counted.count)).collect();
        let expected = [("admin", 3), ("guess2", 3), ("admin", 1), ("zhouli", 1), ("admin", 1)];
        assert_eq!(rows, expected);
        let first = &kept.rows[0].counted;
        assert_eq!((first.first, first.last - first.first), (start(), TimeDelta::minutes(2)));
    }

    #[test]
    fn rows_have_a_bound_and_no_count_is_lost() {
        let mut kept = Kept::default();
        // What stood out before, and a single try at an account.
        (0..50).for_each(|n| refused(&mut kept, "guess", false, "203.0.113.9", n));
        refused(&mut kept, "admin", true, "203.0.113.9", 60);
        for n in 0..5_000 {
            refused(&mut kept, "guess", false, &format!("2001:db8:{n:x}::"), 100 + n);
        }
        refused(&mut kept, "zhouli", true, "192.0.2.7", 6_000);
        assert_eq!(kept.rows.len(), MOST_ROWS);
        assert_eq!(total(&kept), 5_052);
        let count = |name: &str, from: &str| {
            let from = Origin::Ssh(from.into());
            let row = kept.rows.iter().find(|row| row.name == name && row.from == from);
            row.map(|row| row.counted.count)
        };
        assert_eq!(count("guess", "203.0.113.9"), Some(50));
        assert_eq!(count("admin", "203.0.113.9"), Some(1));
        assert_eq!(count("zhouli", "192.0.2.7"), Some(1));
    }
}
