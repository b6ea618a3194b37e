//! Checking the whole station: journal, contents, table and backups by the store, and the index
//! against the table.

use super::card::Walked;
use super::{Refusal, door};
use crate::directory::Directory;
use crate::store::{DirectoryReport, VerifyReport};
use blake3::Hash;
use std::sync::PoisonError;

impl super::Office {
    /// Checks everything there is; a table or an index that differs is put right, and the report
    /// says so. Nothing is saved while the index is compared.
    ///
    /// # Errors
    /// What the machine gives; what is wrong is in the report.
    pub fn verify(&self, head: Option<&Hash>) -> Result<VerifyReport, Refusal> {
        // The index goes on filling meanwhile.
        let mut report = self
            .store
            .verify_with(head, &|entry, key| self.judged(entry, key))
            .map_err(|error| door::unavailable(&error))?;
        self.wait_for_index();
        if report.table.is_some() {
            report.compared_directory(self.compare_directory()?);
        }
        Ok(report)
    }

    fn compare_directory(&self) -> Result<DirectoryReport, Refusal> {
        let _nobody_else = self.enter();
        let mut report = DirectoryReport::default();
        let unread = |error| door::unavailable(&error);
        {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let compared = self.each_card(|walked| {
                let Walked::Card(card) = walked else { return };
                report.records += 1;
                if !directory.holds(&card) {
                    let there = directory.get(card.id).is_some();
                    *if there { &mut report.differing } else { &mut report.missing } += 1;
                }
            });
            compared.map_err(unread)?;
            let held = directory.len() as u64 + report.missing;
            report.surplus = held.saturating_sub(report.records);
        }
        if !report.is_right() {
            let mut fresh = Directory::new();
            let filled = self.each_card(|walked| {
                if let Walked::Card(card) = walked {
                    fresh.put(&card);
                }
            });
            filled.map_err(unread)?;
            *self.directory.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(report)
    }
}
