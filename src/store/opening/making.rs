//! A station made in an empty folder.

use super::claim::claim;
use super::parts::Parts;
use super::setup::{FirstAccount, Setup};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::files::layout::JOURNAL_DIR;
use crate::store::files::station::StationInfo;
use crate::store::journal::appending::Journal;
use crate::store::journal::entry::NewEntry;
use crate::store::keys::keyring::{self, Keyring, NewSlot};
use crate::store::keys::recovery_key::RecoveryKey;
use crate::store::keys::seal::DataKey;
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{ADMINISTRATOR, DataKeys, EpochFrame, KeyFrame, Owner, Plain, Seed};
use crate::store::saving::change::Change;
use crate::store::table::records::Records;
use std::path::Path;

impl Store {
    /// Makes a station in an empty or new folder, or in one where that was cut short; opens it, and
    /// gives the recovery key, which is shown once and kept nowhere. It signs the journal's first
    /// pages and `first`, the first entries.
    ///
    /// # Errors
    /// [`StoreError::FolderNotEmpty`], [`StoreError::Locked`], or what the machine gives.
    pub fn create(
        dir: &Path,
        station: &StationInfo,
        account: &FirstAccount<'_>,
        first: Vec<NewEntry>,
        setup: &Setup,
    ) -> Result<(Self, RecoveryKey), StoreError> {
        let lock = claim(dir)?;
        let recovery = RecoveryKey::generate()?;
        let own = Seed::generate()?;
        let key = DataKey::generate()?;
        let mut ring = Keyring::empty(dir, setup.work, &key, &own)?;
        let root = ring.recovery_slot(&recovery)?;
        let FirstAccount { name, id, password, .. } = *account;
        let admin = ring.account_slot((name, id), password, Seed::generate()?)?;
        ring.add(&root, &key)?;
        ring.add(&admin, &key)?;
        let pages = first_pages([&root, &admin], &own, &key, account.given);
        let journal =
            Journal::create(&dir.join(JOURNAL_DIR), station.anchor(), setup.segment_bytes)?;
        let keys = DataKeys::new(vec![key]);
        let records = Records::create(dir, station.node, &keys, setup.codes.clone())?;
        let parts = Parts {
            lock,
            keys,
            hand: own.signer(),
            ring: (ring, Throttle::load(dir)?),
            journal,
            records,
            notices: Vec::new(),
            checkpointed: 0,
            #[cfg(test)]
            opener: admin.seed.signer(),
        };
        let store = parts.start(dir, station.clone(), setup)?;
        let by = root.seed.signer();
        let pages = pages.into_iter().map(|page| (by.clone(), page)).collect();
        let change = Change { hand: by.into(), pages, drafts: first, turn: None };
        store.submit_when(None, change).wait()?;
        // Last: a folder with this file is complete.
        station.save(dir)?;
        Ok((store, recovery))
    }
}

/// The pages a journal begins with: the root signs itself in, the station's key, the first
/// administrator's, and the first epoch.
fn first_pages([root, admin]: [&NewSlot; 2], own: &Seed, key: &DataKey, given: bool) -> Vec<Plain> {
    let page = |owner, seed: &Seed, role: Option<&str>, given| {
        let (public, role) = (Some(seed.signer().public()), role.map(str::to_string));
        Plain::Key(KeyFrame { owner, public, role, given })
    };
    let holders = [root, admin].map(|slot| slot.seed.signer().id()).to_vec();
    let epoch = EpochFrame { number: 1, commitment: keyring::commitment(key), holders };
    vec![
        page(Owner::Recovery, &root.seed, None, false),
        page(Owner::Station, own, None, false),
        page(admin.owner, &admin.seed, Some(ADMINISTRATOR), given),
        Plain::Epoch(epoch),
    ]
}
