//! An open folder before its writer thread runs.

use super::setup::Setup;
use crate::store::Store;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::station::StationInfo;
use crate::store::journal::appending::Journal;
use crate::store::keys::keyring::Keyring;
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{DataKeys, Signer};
use crate::store::saving::queue::Queue;
use crate::store::saving::writer::Writer;
use crate::store::table::records::Records;
use crate::words::Said;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

/// An open folder before its writer thread runs.
pub(super) struct Parts {
    pub(super) lock: File,
    pub(super) keys: DataKeys,
    pub(super) hand: Signer,
    pub(super) ring: (Keyring, Throttle),
    pub(super) journal: Journal,
    pub(super) records: Records,
    pub(super) notices: Vec<Said>,
    pub(super) checkpointed: u64,
    #[cfg(test)]
    pub(super) opener: Signer,
}

impl Parts {
    pub(super) fn start(
        self,
        dir: &Path,
        station: StationInfo,
        setup: &Setup,
    ) -> Result<Store, StoreError> {
        let reader = self.journal.reader();
        let records = Arc::new(self.records);
        let queue = Arc::new(Queue::new(reader.end().seq + 1));
        let hand = Arc::new(RwLock::new(self.hand));
        #[cfg(test)]
        let faults = self.journal.faults.clone();
        let writer = Writer {
            journal: self.journal,
            keys: self.keys.clone(),
            station: hand.clone(),
            records: records.clone(),
            queue: queue.clone(),
            checkpointed: self.checkpointed,
            progress: setup.progress.clone(),
            told: setup.told.clone(),
            compact_above: setup.compact_above,
            building: None,
        };
        let thread = std::thread::Builder::new().name("store writer".into());
        let writer = thread.spawn(move || writer.run()).map_err(io(Doing::Writing, dir))?;
        Ok(Store {
            dir: dir.to_path_buf(),
            station,
            clock: setup.clock.clone(),
            keys: self.keys,
            ring: Mutex::new(self.ring),
            hand,
            journal: reader,
            records,
            queue,
            progress: setup.progress.clone(),
            walking: Mutex::new(()),
            rewriting: Mutex::new(()),
            notices: Mutex::new(self.notices),
            backup_failed: Mutex::default(),
            heads: Mutex::default(),
            proof: Mutex::default(),
            #[cfg(test)]
            opener: self.opener,
            writer: Mutex::new(Some(writer)),
            #[cfg(test)]
            faults,
            _lock: self.lock,
        })
    }
}
