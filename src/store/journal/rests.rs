//! Rests: what remains of entries a person was taken out of.

use super::frame::ENTRIES;
use super::reader::JournalReader;
use super::slots;
use crate::store::error::StoreError;
use crate::store::keys::Register;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Sealed rests by sequence; empty where nothing is left.
pub type Rests = BTreeMap<u64, Vec<u8>>;

/// Entries that are not what the pages say of them: erased ones in whose place is something else
/// than their rest, put back or taken away, and rests no page knows of.
///
/// # Errors
/// What the journal gives.
pub(in crate::store) fn not_as_said(
    journal: &JournalReader,
    register: &Register,
) -> Result<Vec<u64>, StoreError> {
    let mut wrong = Vec::new();
    journal.frames(1, |frame| {
        let header = &frame.header;
        if header.kind != ENTRIES || frame.lost() {
            return Ok(ControlFlow::Continue(()));
        }
        let slots = slots::slots(frame.body, header.count).into_iter().flatten();
        for (seq, slot) in (header.seq..).zip(slots) {
            let right = match slot.was {
                None => register.erased(seq).is_none(),
                // A repair may have said that the rest was lost.
                Some(_) if slot.sealed.is_empty() && register.lost((seq, seq)) => true,
                Some(_) => register.is_rest(seq, slot.sealed),
            };
            if !right {
                wrong.push(seq);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(wrong)
}
