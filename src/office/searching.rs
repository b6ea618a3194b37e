//! Searching: what is found and how much of it, and numbers that are tried one after another.

use super::record_line::RecordLine;
use super::{Actor, Refusal, Right};
use crate::directory::Query;
use crate::record::{Instant, fold};
use crate::store::{Hand, InTurn, NewEntry, NewOp, Turns};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// The most hits of one search for those to whom no lists are open: enough to tell namesakes
/// apart, too few to copy a register out letter by letter.
pub const FEW_HITS: usize = 20;

/// The command of the journal entry that says so.
pub(super) const MISSED: &str = "searches-missed";

/// Numbers that nobody has, by one account, before the journal says so. An honest person asks for
/// a few newcomers an hour; whoever tries numbers out asks for hundreds.
const MISSES: usize = 10;

/// How far back they count.
const WITHIN: TimeDelta = TimeDelta::hours(1);

/// Searches by number that found nothing, by account; never more than [`MISSES`] of each.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<BTreeMap<String, Vec<(Instant, String)>>>);

impl Misses {
    /// Counts one; gives how many there were when it is time to say so, and begins anew.
    fn count(&self, account: &str, number: String, now: Instant) -> Option<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = all.entry(account.to_string()).or_default();
        missed.retain(|(at, _)| now - *at < WITHIN);
        // The screen searches as one types: a number and its beginnings are one.
        if missed.last().is_some_and(|(_, last)| number.starts_with(last.as_str())) {
            missed.pop();
        }
        missed.push((now, number));
        (missed.len() >= MISSES).then(|| std::mem::take(missed).len())
    }
}

/// Turns at searching: one core is left to those whose keys wait to be seen.
pub(super) fn turns() -> Turns {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Turns::of(cores.saturating_sub(1).max(1) as u64)
}

/// The number a search is for, whole or by its last four places; nothing where it is for a name
/// or for the number of a file.
fn number_in(text: &str) -> Option<String> {
    let plain: String = fold(text).chars().filter(|c| !matches!(c, ' ' | '-' | '+')).collect();
    let digits = plain.strip_suffix(['x', 'X']).unwrap_or(&plain);
    let whole = matches!(plain.len(), 4 | 11 | 15 | 18);
    (whole && digits.bytes().all(|b| b.is_ascii_digit())).then_some(plain)
}

impl super::Office {
    /// Finds records as typed, the right ones first; at most [`FEW_HITS`] for those to whom no
    /// lists are open.
    ///
    /// # Errors
    /// None now; a role that may not search would be refused here.
    pub fn search(
        &self,
        actor: &Actor,
        text: &str,
        kind: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RecordLine>, Refusal> {
        let turn = self.turns.take();
        self.searched(&turn, actor, text, (kind, limit))
    }

    /// The same, where nobody else is searching just now; nothing where somebody is.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn search_if_free(
        &self,
        actor: &Actor,
        text: &str,
        kind: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<RecordLine>>, Refusal> {
        let turn = self.turns.free();
        turn.map(|turn| self.searched(&turn, actor, text, (kind, limit))).transpose()
    }

    fn searched(
        &self,
        _turn: &InTurn<'_>,
        actor: &Actor,
        text: &str,
        (kind, limit): (Option<&str>, usize),
    ) -> Result<Vec<RecordLine>, Refusal> {
        let limit = limit.min(Self::most_hits(actor));
        let kind = kind.map(|kind| self.catalogue.kind_code(kind));
        let lines: Vec<RecordLine> = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let hits = directory.search(&Query { text: text.to_string(), kind, limit });
            let cards = hits.iter().filter_map(|hit| directory.get(hit.id));
            let known = cards.filter(|card| super::reading::open_to(actor, card));
            known.map(|card| self.line(&card, &directory, actor)).collect()
        };
        if lines.is_empty()
            && limit > 0
            && let Some(number) = number_in(text)
        {
            self.note_miss(actor, number);
        }
        Ok(lines)
    }

    /// The most hits one search gives somebody.
    #[must_use]
    pub fn most_hits(actor: &Actor) -> usize {
        if actor.may(Right::Lists) { usize::MAX } else { FEW_HITS }
    }

    /// Says in the journal that numbers are tried out; which ones it does not say. Searching goes
    /// on when the disk is full.
    fn note_miss(&self, actor: &Actor, number: String) {
        let now = self.now();
        let Some(count) = self.misses.count(&actor.account, number, now) else { return };
        let note = NewEntry {
            time: now,
            actor: actor.account.clone(),
            origin: actor.origin.clone(),
            command: MISSED.to_string(),
            ops: vec![NewOp::Note(BTreeMap::from([("count".to_string(), count.to_string())]))],
            reason: None,
        };
        // Whoever searches signs nothing by it; the station says what it saw.
        drop(self.store.submit(Hand::Station, vec![note]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for text in ["1234", "002x", "13800138000", "138 0013 8000", "500199199003070011"] {
            assert!(number_in(text).is_some(), "{text}");
        }
        for text in ["张伟", "12", "00017", "BN-困-2025-00017", "zhang", "x", ""] {
            assert_eq!(number_in(text), None, "{text}");
        }
    }

    #[test]
    fn ten_misses_in_an_hour_are_told_once() {
        let misses = Misses::default();
        let start: Instant = "2025-10-15T01:00:00Z".parse().unwrap();
        let at = |minutes| start + TimeDelta::minutes(minutes);
        for number in 0..9_u32 {
            assert_eq!(misses.count("amy", format!("{number:04}"), at(0)), None);
        }
        // Another account, and what is typed on, count for nothing.
        assert_eq!(misses.count("bob", "1111".into(), at(1)), None);
        assert_eq!(misses.count("amy", "000812".into(), at(1)), None);
        assert_eq!(misses.count("amy", "1111".into(), at(2)), Some(10));
        assert_eq!(misses.count("amy", "2222".into(), at(2)), None);
        for number in 0..8_u32 {
            assert_eq!(misses.count("amy", format!("{number:04}"), at(3)), None);
        }
        assert_eq!(misses.count("amy", "3333".into(), at(120)), None);
    }
}
