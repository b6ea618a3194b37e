//! Checking the whole station: journal, contents, table and backups by the store, and the index
//! against the table.

use super::card::Walked;
use super::{Refusal, door};
use crate::directory::{Directory, Filter, Sort};
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
        self.wait_for_index();
        let mut report = self
            .store
            .verify_with(head, &|entry, key| self.judged(entry, key))
            .map_err(|error| door::unavailable(&error))?;
        if report.table.is_some() {
            report.compared_directory(self.compare_directory()?);
        }
        Ok(report)
    }

    fn compare_directory(&self) -> Result<DirectoryReport, Refusal> {
        let _nobody_else = self.enter();
        let mut fresh = Directory::new();
        let walk = self.each_card(|walked| {
            if let Walked::Card(card) = walked {
                fresh.put(&card);
            }
        });
        walk.map_err(|error| door::unavailable(&error))?;
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        let (total, ids) = fresh.list(&Filter::default(), Sort::default(), 0, usize::MAX);
        let (mut missing, mut differing) = (0, 0);
        for id in ids {
            match directory.get(id) {
                None => missing += 1,
                Some(card) if fresh.get(id).as_ref() != Some(&card) => differing += 1,
                Some(_) => {}
            }
        }
        let surplus = (directory.len() + missing).saturating_sub(total);
        let report = DirectoryReport {
            records: total as u64,
            missing: missing as u64,
            differing: differing as u64,
            surplus: surplus as u64,
        };
        if !report.is_right() {
            *directory = fresh;
        }
        Ok(report)
    }
}
