//! Checking the whole station: journal, contents, table and backups by the store, and the index
//! against the table.

use super::Refusal;
use super::card::Walked;
use super::refusal::unavailable;
use crate::directory::Directory;
use crate::store::{DirectoryReport, StoreError, VerifyReport};
use blake3::Hash;
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::PoisonError;
use std::thread;

impl super::Office {
    /// Checks everything there is; a table or an index that differs is put right, and the report
    /// says so. Nothing is saved while the index is compared, which is done beside the rest.
    ///
    /// # Errors
    /// What the machine gives; what is wrong is in the report.
    pub fn verify(&self, head: Option<&Hash>) -> Result<VerifyReport, Refusal> {
        thread::scope(|scope| {
            let index = scope.spawn(|| {
                self.wait_for_index();
                self.compare_directory()
            });
            let judge = |entry: &_, key: &_| self.judged(entry, key);
            let checked = self.store.verify_with(head, &judge);
            let compared = index.join().unwrap_or_else(|panic| resume_unwind(panic));
            let mut report = checked.map_err(|error| unavailable(&error))?;
            if let Some(table) = &report.table {
                // It was compared with what has been put right since.
                let stale = !table.put_right.is_empty();
                let found = if stale { self.compare_directory()? } else { compared? };
                report.compared_directory(found);
            }
            Ok(report)
        })
    }

    fn compare_directory(&self) -> Result<DirectoryReport, Refusal> {
        let _nobody_else = self.enter();
        let unread = |error| unavailable(&error);
        let (mut report, again) = self.directory_report().map_err(unread)?;
        // The walk had to begin again, over a table that was built anew.
        if again {
            (report, _) = self.directory_report().map_err(unread)?;
        }
        if !report.is_right() {
            let fresh = RefCell::new(Directory::new());
            let mut totals = self.totals().alike();
            let filled = self.each_card(
                |id| fresh.borrow().of_person(id),
                |walked| {
                    if let Walked::Card(card, shares) = walked {
                        fresh.borrow_mut().put(&card);
                        shares.iter().for_each(|share| totals.add(*share));
                    }
                },
            );
            filled.map_err(unread)?;
            let fresh = fresh.into_inner();
            *self.directory.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            *self.totals_mut() = totals;
            self.worked_out.changed();
        }
        Ok(report)
    }

    /// The index against the table, and whether some records were given twice.
    fn directory_report(&self) -> Result<(DirectoryReport, bool), StoreError> {
        let mut report = DirectoryReport::default();
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let of_person = |id| directory.of_person(id);
        let mut totals = self.totals().alike();
        let walk = self.each_card(of_person, |walked| {
            let Walked::Card(card, shares) = walked else { return };
            shares.iter().for_each(|share| totals.add(*share));
            report.records += 1;
            if !directory.holds(&card) {
                let there = directory.get(card.id).is_some();
                *if there { &mut report.differing } else { &mut report.missing } += 1;
            }
        })?;
        let held = directory.len() as u64 + report.missing;
        report.surplus = held.saturating_sub(report.records);
        // What measures come to is a part of the index, and counted again.
        report.differing += self.totals().differing(&totals);
        Ok((report, !walk.notices.is_empty()))
    }
}
