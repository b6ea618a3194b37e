//! The data keys of a station: one for each epoch, the newest last.
//!
//! A new epoch begins when somebody who could open the station no longer may. What is saved from
//! then on is sealed under a key they never had; what was saved before stays as it is, and each
//! epoch's key opens the one before it.

use super::seal::{DataKey, Purpose, Seal};
use crate::store::error::StoreError;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Bytes that say under which epoch's key something is sealed.
const EPOCH: usize = 2;

/// One epoch's key and its seals, made once.
struct Epoch {
    key: DataKey,
    seals: [Seal; 4],
}

impl Epoch {
    fn new(key: DataKey) -> Self {
        let seals = Purpose::ALL.map(|purpose| key.seal(purpose));
        Self { key, seals }
    }

    fn seal(&self, purpose: Purpose) -> &Seal {
        let [journal, records, backup, shelf] = &self.seals;
        match purpose {
            Purpose::Journal => journal,
            Purpose::Records => records,
            Purpose::Backup => backup,
            Purpose::Shelf => shelf,
        }
    }
}

/// The data keys, shared by everything that seals and opens. Epochs count from 1.
#[derive(Clone)]
pub struct DataKeys(Arc<RwLock<Epochs>>);

#[derive(Default)]
struct Epochs {
    begun: Vec<Arc<Epoch>>,
    /// The next one, whose frame is on its way to the disk.
    next: Option<Arc<Epoch>>,
}

impl DataKeys {
    /// The keys of the epochs so far, the first epoch's first.
    #[must_use]
    pub fn new(keys: Vec<DataKey>) -> Self {
        let begun = keys.into_iter().map(|key| Arc::new(Epoch::new(key))).collect();
        Self(Arc::new(RwLock::new(Epochs { begun, next: None })))
    }

    fn read(&self) -> RwLockReadGuard<'_, Epochs> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Epochs> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn epoch(&self, number: u16) -> Option<Arc<Epoch>> {
        let at = usize::from(number).checked_sub(1)?;
        let epochs = self.read();
        let next = epochs.next.as_ref().filter(|_| at == epochs.begun.len());
        epochs.begun.get(at).or(next).cloned()
    }

    /// The newest epoch.
    #[must_use]
    pub fn newest(&self) -> u16 {
        u16::try_from(self.read().begun.len()).unwrap_or(u16::MAX)
    }

    /// The key of an epoch.
    #[must_use]
    pub fn key(&self, epoch: u16) -> Option<DataKey> {
        self.epoch(epoch).map(|epoch| epoch.key.clone())
    }

    /// The next epoch's key can seal, and is not the newest before [`Self::begin`].
    pub fn prepare(&self, key: DataKey) {
        self.change().next = Some(Arc::new(Epoch::new(key)));
    }

    /// The epoch that was prepared begins, if the journal has it; else it is forgotten.
    pub fn begin(&self, written: bool) {
        let mut epochs = self.change();
        if let Some(next) = epochs.next.take().filter(|_| written) {
            epochs.begun.push(next);
        }
    }

    /// The seal of an epoch for one purpose.
    #[must_use]
    pub fn seal_of(&self, epoch: u16, purpose: Purpose) -> Option<Seal> {
        self.epoch(epoch).map(|epoch| epoch.seal(purpose).clone())
    }

    /// Seals under the newest key: its epoch, two bytes, and what is sealed.
    ///
    /// # Errors
    /// As [`Seal::seal`].
    pub fn seal(
        &self,
        purpose: Purpose,
        place: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let number = self.newest();
        let epoch = self.epoch(number).ok_or(StoreError::Closed)?;
        let sealed = epoch.seal(purpose).seal(place, plain)?;
        let mut out = Vec::with_capacity(EPOCH + sealed.len());
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Self::seal`] made; nothing when it belongs elsewhere or was changed.
    #[must_use]
    pub fn open(&self, purpose: Purpose, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (number, rest) = sealed.split_first_chunk::<EPOCH>()?;
        self.epoch(u16::from_le_bytes(*number))?.seal(purpose).open(place, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_epoch_sealed_stays_open_in_the_next_and_not_the_other_way() {
        let (one, two) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
        let keys = DataKeys::new(vec![one.clone()]);
        let before = keys.seal(Purpose::Records, b"p", b"before").unwrap();
        keys.prepare(two.clone());
        assert_eq!(keys.newest(), 1);
        keys.begin(false);
        assert!(keys.seal_of(2, Purpose::Records).is_none());
        keys.prepare(two);
        keys.begin(true);
        let after = keys.seal(Purpose::Records, b"p", b"after").unwrap();
        assert_eq!((keys.newest(), &before[..2], &after[..2]), (2, &[1, 0][..], &[2, 0][..]));
        assert_eq!(keys.open(Purpose::Records, b"p", &before).unwrap(), b"before");
        assert_eq!(keys.open(Purpose::Records, b"p", &after).unwrap(), b"after");
        let old = DataKeys::new(vec![one]);
        assert!(old.open(Purpose::Records, b"p", &after).is_none());
        assert!(keys.open(Purpose::Shelf, b"p", &after).is_none());
    }
}
