//! A walk over all records, which counts as it goes.

use super::Records;
use crate::store::error::StoreError;
use crate::store::table::pages::{Glimpse, PAGE, Page, Reached};
use crate::store::table::row::Key;
use crate::store::table::sentinels::Sentinels;
use crate::store::table::tree::Table;
use crate::words::Said;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

/// Pages that are read ahead.
const AHEAD: usize = 2;

/// What is done with each record of a walk.
type Each<'a> = &'a mut dyn FnMut(Glimpse<'_>) -> Result<(), StoreError>;

impl Records {
    /// Gives every record once, counting as it goes, and compares with the sentinels at the end.
    /// Writers are not held up: what they change meanwhile is taken into account.
    ///
    /// # Errors
    /// [`StoreError::Records`] when rows are missing, stale or unreadable; the table has failed
    /// then.
    pub fn walk(&self, each: Each<'_>) -> Result<u64, StoreError> {
        // Over a machine that refuses, what can be read is read.
        let in_memory = self.present().table.as_ref().is_some_and(Table::is_in_memory);
        if let Some(why @ StoreError::Records(_)) = self.trouble().filter(|_| !in_memory) {
            return Err(why);
        }
        let expected = {
            let mut state = self.state();
            state.changed = Some(HashMap::new());
            (state.applied.seq, state.applied.kinds.clone())
        };
        let walked = self.walk_pages(expected.0, each);
        let changed = self.state().changed.take();
        let (count, mut found, newer) = walked?;
        let changed = changed.unwrap_or_default();
        for key in newer {
            match changed.get(&key) {
                Some(0) | None => {}
                Some(before) => found.entry(key.code()).or_default().add(&key, *before),
            }
        }
        let mut expected = expected.1;
        expected.retain(|_, sentinel| sentinel.count > 0);
        if found == expected {
            Ok(count)
        } else {
            let why = Said::fixed("有记录缺失或过时", "records are missing or stale");
            let why = StoreError::Records(why);
            self.fail(&why);
            Err(why)
        }
    }

    fn walk_pages(
        &self,
        start: u64,
        each: Each<'_>,
    ) -> Result<(u64, Sentinels, Vec<Key>), StoreError> {
        let (give, filled) = sync_channel::<Page>(AHEAD);
        let (back, used) = channel::<Page>();
        thread::scope(|scope| {
            let reader = scope.spawn(move || self.read_pages(start, &give, &used));
            let done = filled.iter().try_for_each(|page| {
                page.records().try_for_each(&mut *each)?;
                // Pages are filled again, so that no thread frees what another one asked for. The
                // reader may have ended.
                let _ = back.send(page);
                Ok(())
            });
            drop(filled);
            let read = reader.join().unwrap_or(Err(StoreError::Closed));
            done.and(read)
        })
    }

    /// Opens one page while the one before is looked at, and counts what is on them.
    fn read_pages(
        &self,
        start: u64,
        give: &SyncSender<Page>,
        used: &Receiver<Page>,
    ) -> Result<(u64, Sentinels, Vec<Key>), StoreError> {
        let (mut count, mut found, mut newer) = (0, Sentinels::new(), Vec::new());
        let (mut place, mut more) = (Reached::default(), true);
        while more {
            let mut page = used.try_recv().unwrap_or_default();
            more = self.with(|table| table.next_page(&mut place, None, PAGE, &mut page))?;
            for Glimpse { key, last_seq, .. } in page.records() {
                if last_seq > start {
                    newer.push(key);
                } else {
                    found.entry(key.code()).or_default().add(&key, last_seq);
                }
                count += 1;
            }
            if give.send(page).is_err() {
                break;
            }
        }
        Ok((count, found, newer))
    }
}
