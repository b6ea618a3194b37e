//! Who can open a running store: passwords, the recovery key, the key file, and the keys behind them.
//!
//! A change of keys takes three steps, so that a crash anywhere leaves the old or the new: a slot or
//! an epoch is prepared in the keyring, its page is written in the journal with everything else of
//! the change, and the keyring is settled by what the journal then says.

use super::Store;
use super::error::StoreError;
use super::journal::cover::{Cover, Look};
use super::keys::keyring::{Keyring, NewSlot, Secret};
use super::keys::recovery_key::RecoveryKey;
use super::keys::seal::DataKey;
use super::keys::throttle::Throttle;
use super::keys::{KeyFrame, Owner, Plain, Public, Register, Seed, Signer};
use super::saving::change::Turn;
use crate::record::RecordId;
use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};

impl Store {
    pub(super) fn ring(&self) -> MutexGuard<'_, (Keyring, Throttle)> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys that hold, the epochs, branches and erasures up to the journal's end.
    #[must_use]
    pub fn register(&self) -> Arc<Register> {
        self.journal.keys()
    }

    /// The station's own hand.
    #[must_use]
    pub fn hand(&self) -> Signer {
        self.hand.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever has this account's password: signing in while the store is open. Wrong ones are
    /// counted and slowed down as at opening. Takes the time of one key derivation.
    ///
    /// # Errors
    /// [`StoreError::Keyring`] for a wrong password, or with the time to wait.
    pub fn check_password(&self, account: &str, password: &str) -> Result<Signer, StoreError> {
        self.check_password_from(account, password, "")
    }

    /// The same for somebody who comes over the network from `address`, whose wrong passwords
    /// are counted apart from those at the machine; empty for the machine itself.
    ///
    /// # Errors
    /// As [`Self::check_password`].
    pub fn check_password_from(
        &self,
        account: &str,
        password: &str,
        address: &str,
    ) -> Result<Signer, StoreError> {
        self.check(&Secret::Password { account, password }, address)
    }

    /// Whoever has the secret of this station: a password, the recovery key, the key file.
    ///
    /// # Errors
    /// As [`Self::check_password`].
    pub fn check(&self, secret: &Secret<'_>, address: &str) -> Result<Signer, StoreError> {
        if let Some(signer) = self.proved_at_opening(secret) {
            return Ok(signer);
        }
        let attempt = {
            let register = self.register();
            let holds = |owner, public: &Public| {
                register.current(owner).is_some_and(|key| key.public == *public)
            };
            let (keyring, throttle) = &mut *self.ring();
            keyring.attempt(secret, address, throttle, self.clock.now(), holds)?
        };
        // Without the lock: the others need not wait for it.
        let found = attempt.derive()?;
        let (_, seed) = attempt.settle(found, &mut self.ring().1, self.clock.now())?;
        Ok(seed.signer())
    }

    /// Whoever opened the station and signs in now; once, and only while the key holds.
    fn proved_at_opening(&self, secret: &Secret<'_>) -> Option<Signer> {
        let proof = self.proof.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let signer = proof.proves(secret)?;
        let register = self.register();
        let known = register.known(signer.id())?;
        known.until.is_none().then_some(signer)
    }

    /// A slot for an account with this password, not in the keyring yet: with a new seed, or with
    /// the one it has. Takes the time of one key derivation.
    ///
    /// # Errors
    /// An empty password, or what the machine gives.
    pub fn account_slot(
        &self,
        account: (&str, RecordId),
        password: &str,
        seed: Option<&Seed>,
    ) -> Result<NewSlot, StoreError> {
        let seed = seed.map_or_else(Seed::generate, |seed| Ok(seed.clone()))?;
        // A copy, so that nobody waits for a derivation to sign in.
        let ring = self.ring().0.clone();
        ring.account_slot(account, password, seed)
    }

    /// A new recovery key and its slot, not in the keyring yet.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn recovery_slot(&self) -> Result<(NewSlot, RecoveryKey), StoreError> {
        let recovery = RecoveryKey::generate()?;
        let ring = self.ring().0.clone();
        Ok((ring.recovery_slot(&recovery)?, recovery))
    }

    /// A slot for the 32 bytes of a key file, not in the keyring yet.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn key_file_slot(&self, secret: &[u8; 32]) -> Result<NewSlot, StoreError> {
        let ring = self.ring().0.clone();
        ring.key_file_slot(secret)
    }

    /// Puts a slot into the keyring. It counts once the journal has its key; one with the key its
    /// owner has already, under another password, counts at once, and the one before comes back.
    ///
    /// # Errors
    /// What the machine gives; the keyring stays as it was then.
    pub fn keep_slot(&self, slot: &NewSlot) -> Result<Option<NewSlot>, StoreError> {
        let newest = self.keys.key(self.keys.newest()).ok_or(StoreError::Closed)?;
        self.ring().0.add(slot, &newest)
    }

    /// Prepares a new epoch in the keyring for everybody who holds a key but those who leave, and
    /// for `joins`. The pages go into the journal with whatever it is made for.
    ///
    /// # Errors
    /// A journal whose pages are not what the register says, or what the machine gives.
    pub fn prepare_epoch(
        &self,
        leave: &[Owner],
        joins: Option<Public>,
    ) -> Result<(Vec<Plain>, Turn), StoreError> {
        // A key that is handed out is only handed to whom the journal names, back to the root.
        let register = self.derive_register()?;
        let stay = register
            .holders()
            .filter(|key| !leave.contains(&key.owner) && !matches!(key.owner, Owner::Station));
        let stay: Vec<Public> = stay.map(|key| key.public).chain(joins).collect();
        let present = self.keys.key(self.keys.newest()).ok_or(StoreError::Closed)?;
        let (key, station) = (DataKey::generate()?, Seed::generate()?);
        let epoch = self.ring().0.prepare((&present, &key), &station, &stay)?;
        let public = Some(station.signer().public());
        let own = KeyFrame { owner: Owner::Station, public, role: None, given: false };
        Ok((vec![Plain::Key(own), Plain::Epoch(epoch)], Turn { key, station }))
    }

    /// The register as the journal's own pages and their signatures give it.
    fn derive_register(&self) -> Result<Register, StoreError> {
        let mut register = Register::default();
        let mut cover = Cover::new(self.station.node, Look::Quick);
        self.journal.pages(self.station.genesis(), |frame, first| {
            cover.within(first);
            let taken = cover.frame(frame, &frame.header.hash(), &mut register);
            let seq = frame.header.seq;
            taken.map_err(|why| StoreError::Damaged { seq, what: why.said().en.into_owned() })
        })?;
        Ok(register)
    }

    /// Asks the journal's own pages whether the register this opening began with is right: it came
    /// from a file in the open. Where it is not, the pages count from now on, and the answer is no.
    ///
    /// # Errors
    /// A page whose signature is not right, or what the machine gives.
    pub fn check_register(&self) -> Result<bool, StoreError> {
        let derived = self.derive_register()?;
        if derived.is_what(&self.register()) {
            return Ok(true);
        }
        self.journal.set_register(derived);
        Ok(false)
    }

    /// Brings the keyring up to the journal, after a change of keys.
    ///
    /// # Errors
    /// What the machine gives; the next opening tries again.
    pub fn settle_keys(&self) -> Result<(), StoreError> {
        let register = self.register();
        self.ring().0.settle(&register)
    }

    /// Whether somebody has a slot in the keyring.
    #[must_use]
    pub fn has_slot(&self, owner: Owner) -> bool {
        self.ring().0.has(owner)
    }

    /// Remembers that an account's owner has signed in over the network from `address`.
    ///
    /// # Errors
    /// What the machine gives; it is known until the folder is closed all the same.
    pub fn remember_source(&self, account: &str, address: &str) -> Result<(), StoreError> {
        let (keyring, throttle) = &mut *self.ring();
        throttle.remember(&keyring.account_tag(account)?, address)
    }

    /// Every address somebody has signed in from over the network, as far as remembered.
    #[must_use]
    pub fn known_sources(&self) -> BTreeSet<String> {
        self.ring().1.sources()
    }
}
