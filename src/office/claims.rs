//! Who has which file before them in review. Kept in memory only: it tells colleagues, it binds
//! nobody, and it ends with the session.

use super::{Actor, Office};
use crate::record::RecordId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files somebody is reviewing, each with those who opened it, the first first.
#[derive(Default)]
pub(super) struct Claims {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last: u64,
    files: BTreeMap<RecordId, Vec<(u64, String)>>,
}

impl Claims {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who among others has a file: whoever opened it first.
    pub(super) fn other_than(&self, account: &str, id: RecordId) -> Option<String> {
        let open = self.open();
        let (_, first) = open.files.get(&id)?.first()?;
        (first != account).then(|| first.clone())
    }
}

/// A file that somebody has before them; dropping it lets it go.
pub struct Claim {
    office: Arc<Office>,
    id: RecordId,
    number: u64,
}

impl Office {
    /// Says that somebody has a file before them in review, until the claim is dropped. Every
    /// open session hears of both.
    #[must_use]
    pub fn claim(self: &Arc<Self>, actor: &Actor, id: RecordId) -> Claim {
        let mut open = self.claims.open();
        open.last += 1;
        let number = open.last;
        open.files.entry(id).or_default().push((number, actor.account.clone()));
        drop(open);
        self.news.announce();
        Claim { office: self.clone(), id, number }
    }

    /// Who else has a file before them in review.
    #[must_use]
    pub fn claimed_by(&self, actor: &Actor, id: RecordId) -> Option<String> {
        self.claims.other_than(&actor.account, id)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut open = self.office.claims.open();
        if let Some(holders) = open.files.get_mut(&self.id) {
            holders.retain(|(number, _)| *number != self.number);
            if holders.is_empty() {
                open.files.remove(&self.id);
            }
        }
        drop(open);
        self.office.news.announce();
    }
}
