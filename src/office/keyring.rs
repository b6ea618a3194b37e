//! The keyring behind the accounts: what an account's password opens.
//!
//! It follows the account's record: a password is set or taken away once the journal entry is on
//! the disk, so that nothing ever changes without its entry.

use super::Refusal;
use crate::said;
use crate::store::StoreError;
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// What becomes of the keyring once a change of an account is on the disk.
pub(super) enum KeyringChange {
    /// The account gets this password.
    Set(String, Zeroizing<String>),
    /// The account's password goes.
    Remove(String),
    /// This key file opens the station, or none does any more.
    KeyFile(Option<Zeroizing<[u8; 32]>>),
}

impl super::Office {
    /// Brings the keyring up to a change of an account that is on the disk.
    ///
    /// Changes come here after the disk, in any order: what an account has now decides, so that a
    /// password that was on its way when the account was disabled opens nothing.
    pub(super) fn follow_in_keyring(&self, change: &KeyringChange) -> Result<(), Refusal> {
        let _turn = self.keyring_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let disabled = |name: &str| self.account(name).is_none_or(|account| account.disabled);
        let done = match change {
            KeyringChange::Set(name, _) if disabled(name) => Ok(()),
            KeyringChange::Set(name, password) => self.store.add_account_slot(name, password),
            KeyringChange::Remove(name) if !disabled(name) => Ok(()),
            KeyringChange::Remove(name) => match self.store.has_account_slot(name) {
                Ok(false) => Ok(()),
                _ => self.store.remove_account_slot(name),
            },
            KeyringChange::KeyFile(Some(key)) => self.store.add_key_file_slot(key),
            KeyringChange::KeyFile(None) => self.store.remove_key_file_slot(),
        };
        done.map_err(|error| behind(&error, change))
    }

    /// Disabled accounts whose password could not be taken away at the time lose it now.
    pub(super) fn settle_keyring(&self) {
        for account in self.accounts().into_iter().filter(|account| account.disabled) {
            // It is tried again at the next opening; the account cannot sign in either way.
            let _ = self.follow_in_keyring(&KeyringChange::Remove(account.name));
        }
    }
}

/// The entry is written and the keyring could not follow: what holds now, and what to do.
fn behind(error: &StoreError, change: &KeyringChange) -> Refusal {
    let why = error.said();
    let (zh, en) = (&why.zh, &why.en);
    match change {
        KeyringChange::Set(name, _) => Refusal::unavailable(
            said!(
                "改动已记入日志，但“{name}”的新密码没有写进钥匙串：{zh}。原来的密码（如有）仍然有效。",
                "The change is in the journal, but the new password of \"{name}\" did not reach the keyring: {en}. The old one, if any, still holds."
            ),
            said!("请再改一次密码。", "Change the password once more."),
        ),
        KeyringChange::Remove(name) => Refusal::unavailable(
            said!(
                "“{name}”已停用，不能再登录；但密码还没有从钥匙串里删去：{zh}。",
                "\"{name}\" is disabled and cannot sign in, but its password is still in the keyring: {en}."
            ),
            said!("下次打开站点时会再试。", "It is tried again when the station is next opened."),
        ),
        KeyringChange::KeyFile(_) => Refusal::unavailable(
            said!(
                "改动已记入日志，但没有写进钥匙串：{zh}。原来的密钥文件（如有）仍然有效。",
                "The change is in the journal but did not reach the keyring: {en}. The old key file, if any, still holds."
            ),
            said!("请再做一次。", "Do it once more."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::office::{Command, Office, Setup, Sources};
    use crate::program::Role;
    use crate::record::FixedClock;
    use crate::store::{Origin, Secret};
    use std::path::Path;
    use std::sync::Arc;

    const ADMIN: Secret<'_> = Secret::Password { account: "admin", password: "demo" };

    fn clock() -> Arc<FixedClock> {
        Arc::new(FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()))
    }

    fn station(dir: &Path) -> Arc<Office> {
        let setup = Setup {
            name: "鱼洞街道服务站".into(),
            region: "500113".into(),
            admin: "admin".into(),
            password: "demo".into(),
            must_change: false,
        };
        let (office, _) =
            Office::create(dir, &setup, Sources::load(None).unwrap(), clock()).unwrap();
        let admin = office.sign_in("admin", "demo", &Origin::Cli).unwrap();
        office.perform(&admin, add("周丽")).unwrap();
        office
    }

    fn add(name: &str) -> Command {
        Command::AddAccount {
            name: name.into(),
            role: Role::Volunteer,
            password: "first".into(),
            must_change: false,
        }
    }

    fn change(name: &str) -> Command {
        Command::ChangePassword { name: name.into(), password: "second".into() }
    }

    fn opens(office: &Office, name: &str, password: &str) -> bool {
        office.sign_in(name, password, &Origin::Terminal).is_ok()
    }

    #[test]
    fn a_journal_that_cannot_be_written_leaves_passwords_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let office = station(&dir.path().join("station"));
        let admin = office.sign_in("admin", "demo", &Origin::Cli).unwrap();
        for command in
            [change("周丽"), Command::DisableAccount { name: "周丽".into() }, add("冉光辉")]
        {
            office.store.refuse_next_write();
            office.perform(&admin, command).unwrap_err();
            assert!(opens(&office, "周丽", "first") && !opens(&office, "周丽", "second"));
        }
        assert!(office.account("冉光辉").is_none());
        assert!(!office.store.has_account_slot("冉光辉").unwrap());
        office.perform(&admin, add("冉光辉")).unwrap();
        assert!(opens(&office, "冉光辉", "first"));
    }

    #[test]
    fn a_keyring_that_cannot_be_written_is_told_and_mended() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("station");
        let office = station(&folder);
        let admin = office.sign_in("admin", "demo", &Origin::Cli).unwrap();
        // A folder in the file's place: the new file cannot take it.
        let (keyring, aside) = (folder.join("keyring.toml"), folder.join("aside"));
        std::fs::rename(&keyring, &aside).unwrap();
        std::fs::create_dir(&keyring).unwrap();
        let told = office.perform(&admin, change("周丽")).unwrap_err();
        assert!(told.message.zh.contains("已记入日志") && opens(&office, "周丽", "first"));
        let told = office.perform(&admin, Command::DisableAccount { name: "周丽".into() });
        assert!(
            told.unwrap_err().message.zh.contains("已停用") && !opens(&office, "周丽", "first")
        );
        std::fs::remove_dir(&keyring).unwrap();
        std::fs::rename(&aside, &keyring).unwrap();
        office.close().unwrap();
        drop(office);
        let office = Office::open(&folder, &ADMIN, Sources::load(None).unwrap(), clock()).unwrap();
        assert!(office.account("周丽").unwrap().disabled);
        assert!(!office.store.has_account_slot("周丽").unwrap());
        office.wait_for_index();
    }
}
