//! Identities of new records.

use super::Refusal;
use super::refusal::unavailable;
use crate::record::{Instant, RecordId};
use std::sync::{Mutex, PoisonError};

/// A new identity made at `now`. Of those made in one process each sorts after the one before, so
/// that what is made together lies together (RFC 9562, 6.2).
pub(super) fn new_id(now: Instant) -> Result<RecordId, Refusal> {
    static LAST: Mutex<u128> = Mutex::new(0);
    let random: [u8; 10] = crate::store::random_for_ids().map_err(|error| unavailable(&error))?;
    let fresh = RecordId::new(now, random);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // A step of at most 2^32, so that nobody guesses the next one and none of them wraps around.
    let step = random.first_chunk::<4>().map_or(0, |step| u128::from(u32::from_le_bytes(*step)));
    let next = last.wrapping_add(step + 1);
    // Within the same millisecond it goes on from there; a clock set back begins anew.
    let fresh = fresh.0.as_u128();
    let same_moment = fresh >> 80 == *last >> 80;
    let id = if same_moment && next >> 62 == *last >> 62 { next } else { fresh };
    *last = id;
    Ok(RecordId(uuid::Uuid::from_u128(id)))
}
