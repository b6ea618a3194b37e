//! What the store is given from outside.

use crate::record::{Clock, RecordId};
use crate::store::given::{KindCodes, Told};
use crate::store::journal::segment::SEGMENT_BYTES;
use crate::store::keys::keyring::Work;
use crate::store::progress::Progress;
use std::sync::Arc;

/// No table smaller than this is compacted: 64 MB.
const COMPACT_ABOVE: u64 = 64 * 1024 * 1024;

/// What the store is given from outside.
#[derive(Clone)]
pub struct Setup {
    /// Where the present moment comes from.
    pub clock: Arc<dyn Clock>,
    /// The packs' numbers for kinds of record.
    pub codes: KindCodes,
    /// Size at which a new journal segment begins.
    pub segment_bytes: u64,
    /// Size above which a table is compacted once most of it is of no use any more.
    pub compact_above: u64,
    /// Where long work says how far it is.
    pub progress: Arc<Progress>,
    /// Who is told of changes nobody asked for.
    pub told: Told,
    /// What the passwords of a station that is made cost to guess; one that is there knows.
    pub work: Work,
}

impl Setup {
    /// A setup with segments of 64 MB.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, codes: KindCodes) -> Self {
        Self {
            clock,
            codes,
            segment_bytes: SEGMENT_BYTES,
            compact_above: COMPACT_ABOVE,
            progress: Arc::default(),
            told: Arc::new(|| {}),
            work: Work::LEAST,
        }
    }
}

/// The first administrator's account.
pub struct FirstAccount<'a> {
    pub name: &'a str,
    /// Its record.
    pub id: RecordId,
    pub password: &'a str,
    /// Somebody else chose the password.
    pub given: bool,
}
