//! Taking a person out of entries that are long written: the rest of each entry is in its place,
//! the chain and every signature hold, and a page says who did it and at whose request.
//!
//! The rests are on the disk in a file of their own before the page is written, and the page before
//! any segment is: a crash leaves everything as it was, or is finished at the next opening.

use super::Store;
use super::error::{Doing, StoreError, io};
use super::files::disk;
use super::journal::appending::Journal;
use super::journal::entry::{Entry, NewEntry};
use super::journal::frame::ENTRIES;
use super::journal::rests::Rests;
use super::journal::{block, envelope};
use super::keys::{Erase, Erased, Plain, Register, Signer};
use super::saving::change::{Change, Hand};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// The file in the data folder, while an erasure is under way.
const ERASING_FILE: &str = "erasing.bin";

#[derive(Serialize, Deserialize)]
struct File {
    rests: Rests,
}

impl Store {
    /// Takes out of entries what they say of a person: `rest` gives for each of them what remains,
    /// the entry without the person or nothing. `draft` is saved with the page that says so, and
    /// what it keeps of the records is what the table holds from then on. The whole takes a while
    /// where old segments are written anew.
    ///
    /// # Errors
    /// An entry that is not there or cannot be read, or what the machine gives; nothing is erased
    /// then, or, once the page is written, the next opening finishes it.
    pub fn erase(
        &self,
        signer: &Signer,
        request: u64,
        seqs: &[u64],
        rest: impl Fn(Entry) -> Option<Entry>,
        draft: NewEntry,
    ) -> Result<u64, StoreError> {
        let _nobody_checks = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = self.rests(seqs, rest)?;
        let path = self.dir.join(ERASING_FILE);
        let file = rmp_serde::to_vec(&File { rests: rests.clone() })
            .map_err(|error| StoreError::Encoding(error.to_string()))?;
        disk::write_whole(&path, &file)?;
        let entries = rests.iter().map(|(seq, rest)| {
            let rest = *blake3::hash(rest).as_bytes();
            Erased { seq: *seq, rest }
        });
        let page = Plain::Erase(Erase { request, entries: entries.collect() });
        let pages = vec![(signer.clone(), page)];
        let hand = Hand::Person(signer.clone());
        let change = Change { hand, pages, drafts: vec![draft], turn: None };
        let saved = self.submit_when(None, change).wait();
        let Some(seq) = saved.inspect_err(|_| drop(std::fs::remove_file(&path)))?.pop() else {
            return Err(StoreError::Closed);
        };
        self.queue.erase(rests).wait()?;
        std::fs::remove_file(&path).map_err(io(Doing::Writing, &path))?;
        // sled keeps what a row said before until its file is written anew.
        self.queue.compact().wait()?;
        Ok(seq)
    }

    /// The sealed rests of entries, in their places.
    fn rests(
        &self,
        seqs: &[u64],
        rest: impl Fn(Entry) -> Option<Entry>,
    ) -> Result<Rests, StoreError> {
        let mut rests = Rests::new();
        for seq in seqs {
            self.journal.frames(*seq, |frame| {
                let gone = || StoreError::Damaged { seq: *seq, what: "not an entry".into() };
                if frame.header.kind != ENTRIES || frame.lost() {
                    return Err(gone());
                }
                let opened = block::open(&self.keys, frame, *seq)?.next().transpose()?;
                let (_, opened) = opened.ok_or_else(gone)?;
                let entry = block::decode(*seq, &opened)?;
                let sealed = match entry.and_then(&rest) {
                    Some(rest) => {
                        let plain = envelope::encode(&rest);
                        block::seal_rest(&self.keys, (*seq, &frame.header.previous), &plain)?
                    }
                    None => Vec::new(),
                };
                rests.insert(*seq, sealed);
                Ok(ControlFlow::Break(()))
            })?;
        }
        Ok(rests)
    }
}

/// Finishes an erasure a crash cut short, or forgets one whose page was never written. True when
/// segments were written anew.
///
/// # Errors
/// What the machine gives.
pub(super) fn finish(
    dir: &Path,
    journal: &mut Journal,
    register: &Register,
) -> Result<bool, StoreError> {
    let path: PathBuf = dir.join(ERASING_FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io(Doing::Reading, &path)(error)),
    };
    let rests = rmp_serde::from_slice::<File>(&bytes).map(|file| file.rests).unwrap_or_default();
    let written = !rests.is_empty() && rests.iter().all(|(seq, rest)| register.is_rest(*seq, rest));
    if written {
        journal.replace(&rests)?;
    }
    std::fs::remove_file(&path).map_err(io(Doing::Writing, &path))?;
    Ok(written)
}
