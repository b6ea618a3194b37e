//! A whole new journal, put together beside the old one, takes its place.
//!
//! It does so by two renames. A mark inside says that it is whole, so that what a crash cut short
//! anywhere between is finished at the next opening.

use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::layout::{CHECKPOINT_FILE, JOURNAL_DIR, NEW_JOURNAL_DIR};
use crate::store::table::building;
use crate::words::Said;
use std::path::Path;

/// In a new journal: it is whole, and the table has to be built anew from it.
pub(in crate::store) const WHOLE_FILE: &str = "whole";

/// Finishes what a crash cut short: a whole new journal takes its place, and what was known of the
/// old one is taken away, so that the table is built anew.
pub(in crate::store) fn finish(dir: &Path) -> Result<(), StoreError> {
    let (old, new) = (dir.join(JOURNAL_DIR), dir.join(NEW_JOURNAL_DIR));
    if !old.exists() && new.join(WHOLE_FILE).exists() {
        disk::rename(&new, &old)?;
    }
    let mark = old.join(WHOLE_FILE);
    if !mark.exists() {
        return Ok(());
    }
    let why = Said::fixed("日志已重新整理", "the journal was put together anew");
    for generation in building::generations(dir) {
        building::mark_damaged(dir, generation, &StoreError::Records(why.clone()));
    }
    for path in [dir.join(CHECKPOINT_FILE), mark] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(Doing::Writing, &path)(error));
            }
            _ => {}
        }
    }
    disk::sync_dir(dir)?;
    disk::sync_dir(&old)
}
