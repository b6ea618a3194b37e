//! Passwords and recovery key of a running store.

use super::Store;
use super::error::StoreError;
use super::keyring::{Keyring, Secret};
use super::recovery::RecoveryKey;
use super::throttle::Throttle;
use std::sync::{MutexGuard, PoisonError};

impl Store {
    fn keys(&self) -> MutexGuard<'_, (Keyring, Throttle)> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the account's password: signing in while the store is open. Wrong ones are
    /// counted and slowed down as at opening. Takes the time of one key derivation.
    ///
    /// # Errors
    /// [`StoreError::Keyring`] for a wrong password, or with the time to wait.
    pub fn check_password(&self, account: &str, password: &str) -> Result<(), StoreError> {
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
    ) -> Result<(), StoreError> {
        self.check(&Secret::Password { account, password }, address)
    }

    /// Whether this is the station's recovery key.
    ///
    /// # Errors
    /// As [`Self::check_password`].
    pub fn check_recovery(&self, recovery_key: &str) -> Result<(), StoreError> {
        self.check(&Secret::Recovery(recovery_key), "")
    }

    fn check(&self, secret: &Secret<'_>, address: &str) -> Result<(), StoreError> {
        let attempt = {
            let (keyring, throttle) = &mut *self.keys();
            keyring.attempt(secret, address, throttle, self.clock.now())?
        };
        // Without the lock: the others need not wait for it.
        let key = attempt.derive()?;
        attempt.settle(key, &mut self.keys().1, self.clock.now()).map(drop)
    }

    /// Gives an account a password, or another one without asking for the old: an administrator's
    /// reset.
    ///
    /// # Errors
    /// An empty password, or what the machine gives; the old one stays then.
    pub fn add_account_slot(&self, account: &str, password: &str) -> Result<(), StoreError> {
        self.keys().0.set_account(account, password, &self.key)
    }

    /// Changes a password by its owner.
    ///
    /// # Errors
    /// As [`Self::check_password`] for the old one, as [`Self::add_account_slot`] for the new.
    pub fn change_password(&self, account: &str, old: &str, new: &str) -> Result<(), StoreError> {
        self.check_password(account, old)?;
        self.add_account_slot(account, new)
    }

    /// Takes an account's password away; the last one stays.
    ///
    /// # Errors
    /// [`super::KeyringError::NoSlot`], [`super::KeyringError::LastSlot`].
    pub fn remove_account_slot(&self, account: &str) -> Result<(), StoreError> {
        self.keys().0.remove_account(account)
    }

    /// Lets the 32 bytes of a key file open the station, in place of those of an earlier one.
    ///
    /// # Errors
    /// What the machine gives; the old one stays then.
    pub fn add_key_file_slot(&self, secret: &[u8; 32]) -> Result<(), StoreError> {
        self.keys().0.set_key_file(secret, &self.key)
    }

    /// From now on no key file opens the station.
    ///
    /// # Errors
    /// What the machine gives; the old one stays then.
    pub fn remove_key_file_slot(&self) -> Result<(), StoreError> {
        self.keys().0.remove_key_file()
    }

    /// Whether an account has a password.
    ///
    /// # Errors
    /// A keyring that cannot be understood.
    pub fn has_account_slot(&self, account: &str) -> Result<bool, StoreError> {
        self.keys().0.has_account(account)
    }

    /// Makes a new recovery key; the one before no longer opens the station.
    ///
    /// # Errors
    /// What the machine gives; the old one stays then.
    pub fn replace_recovery_key(&self) -> Result<RecoveryKey, StoreError> {
        let recovery = RecoveryKey::generate()?;
        self.keys().0.set_recovery(&recovery, &self.key)?;
        Ok(recovery)
    }
}
