//! Changes of keys: who can open the station, and with which key they sign.
//!
//! Such a change is prepared in the keyring, written in the journal together with the account's
//! record, and settled in the keyring: what the journal says counts, so that nothing ever changes
//! without its entry and a crash anywhere leaves the old or the new.

use super::plan::KeyringChange;
use super::plan::Plan;
use super::refusal::unavailable;
use super::{Actor, Command, Held, Office, Receipt, Refusal};
use crate::program::Role;
use crate::record::Record;
use crate::said;
use crate::store::{
    Change, Hand, KeyFrame, NewEntry, Origin, Owner, Plain, RecoveryKey, Secret, Signer,
    StoreError, Turn,
};
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// What the journal calls whoever came with the recovery key.
pub(super) const RECOVERY: &str = "recovery";

impl KeyringChange {
    /// An account gets a new key.
    pub fn set(record: &Record, password: String, given: bool) -> Self {
        let (name, id) = (record.number.clone(), record.id);
        let (password, role) = (Zeroizing::new(password), record.text("role").to_string());
        Self::Set { name, id, password, role, given }
    }
}

/// The pages a change of keys writes in the journal, and who signs what.
pub(super) struct KeyPages {
    plan: Option<Plan>,
    pages: Vec<Plain>,
    turn: Option<Turn>,
    /// Who signs the entry, where it is not whoever asked: the owner's new key.
    entry: Option<Signer>,
}

impl KeyPages {
    /// What the change amounts to, planned before the long work.
    pub fn planned(&mut self) -> Option<Plan> {
        self.plan.take()
    }

    /// The change of an entry with these pages; `hand` signs them.
    pub fn with(self, hand: &Signer, draft: NewEntry) -> Change {
        let pages = self.pages.into_iter().map(|page| (hand.clone(), page)).collect();
        let entry = self.entry.unwrap_or_else(|| hand.clone());
        Change { hand: Hand::Person(entry), pages, drafts: vec![draft], turn: self.turn }
    }
}

impl Office {
    /// Whose hand signs what an actor does.
    ///
    /// # Errors
    /// A session that holds none: it came by an SSH key and was not asked for a password yet.
    pub(super) fn hand_of(&self, actor: &Actor) -> Result<Signer, Refusal> {
        actor.hand.signer().ok_or_else(|| {
            Refusal::forbidden(
                said!(
                    "用密钥登录只能查看；改动要由本人签名，签名要用密码。",
                    "Signed in by a key, this session reads; a change is signed, and signing takes your password."
                ),
                said!(
                    "请输入一次密码（F12 锁屏后解锁也可以），再做一次；命令行请改用密码登录。",
                    "Type your password once (or lock with F12 and unlock) and do it again; on the command line sign in with the password."
                ),
            )
            .at("password")
        })
    }

    /// Carries out a change of keys; a recovery key it makes is given to `show` before it counts.
    pub(super) fn perform_keys(
        &self,
        actor: &Actor,
        command: &Command,
        show: &mut dyn FnMut(&RecoveryKey) -> Result<(), Refusal>,
    ) -> Result<Receipt, Refusal> {
        let _turn = self.keyring_turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.may_act(actor, command)?;
        // Everything that can be refused is, before the long work and before a file is touched.
        let mut plan = self.plan(&mut self.enter(), actor, command.clone())?;
        self.hand_of(actor)?;
        let Some(change) = plan.keyring.take() else {
            return self.settle(self.stage(actor, command.clone(), None)?);
        };
        let own = match &change {
            KeyringChange::Set { name, .. } => *name == actor.account,
            KeyringChange::Recovery => actor.account == RECOVERY,
            _ => false,
        };
        let mut recovery = None;
        let pages = self.prepare(own, change, &mut recovery);
        let mut pages = pages.map_err(|error| unavailable(&error))?;
        pages.plan = Some(plan);
        // Shown before it counts: killed between the two, the one before would be void and nobody
        // would have seen this one.
        if let Some(Err(refusal)) = recovery.as_ref().map(show) {
            let _ = self.store.settle_keys();
            return Err(refusal);
        }
        let fresh = pages.entry.clone();
        let staged = self.stage(actor, command.clone(), Some(pages));
        let done = staged.and_then(|staged| self.settle(staged));
        let settled = self.store.settle_keys();
        let receipt = done?;
        fresh.into_iter().for_each(|signer| actor.hand.take(signer));
        settled.map_err(|error| behind(&error))?;
        Ok(receipt)
    }

    /// Prepares a change in the keyring and gives the pages that make it count; a recovery key it
    /// makes goes into `made`.
    fn prepare(
        &self,
        own: bool,
        change: KeyringChange,
        made: &mut Option<RecoveryKey>,
    ) -> Result<KeyPages, StoreError> {
        let page = |owner, public, role, given| Plain::Key(KeyFrame { owner, public, role, given });
        let mut pages = KeyPages { plan: None, pages: Vec::new(), turn: None, entry: None };
        match change {
            KeyringChange::Set { name, id, password, role, given } => {
                let slot = self.store.account_slot((&name, id), &password, None)?;
                self.store.keep_slot(&slot)?;
                let signer = slot.seed.signer();
                pages.pages.push(page(slot.owner, Some(signer.public()), Some(role), given));
                pages.entry = own.then_some(signer);
            }
            KeyringChange::Remove(id) => {
                let owner = Owner::Account(id);
                let (turned, turn) = self.store.prepare_epoch(&[owner], None)?;
                pages.pages.push(page(owner, None, None, false));
                pages.pages.extend(turned);
                pages.turn = Some(turn);
            }
            KeyringChange::KeyFile(Some(key)) => {
                let slot = self.store.key_file_slot(&key)?;
                self.store.keep_slot(&slot)?;
                pages.pages.push(page(slot.owner, Some(slot.seed.signer().public()), None, false));
            }
            KeyringChange::KeyFile(None) => {
                let (turned, turn) = self.store.prepare_epoch(&[Owner::KeyFile], None)?;
                pages.pages.push(page(Owner::KeyFile, None, None, false));
                pages.pages.extend(turned);
                pages.turn = Some(turn);
            }
            KeyringChange::Recovery => {
                let (slot, recovery) = self.store.recovery_slot()?;
                self.store.keep_slot(&slot)?;
                let public = slot.seed.signer().public();
                let (turned, turn) = self.store.prepare_epoch(&[Owner::Recovery], Some(public))?;
                // Last: whoever has the key before may be the one who asks.
                pages.pages.extend(turned);
                pages.pages.push(page(Owner::Recovery, Some(public), None, false));
                pages.turn = Some(turn);
                pages.entry = own.then(|| slot.seed.signer());
                *made = Some(recovery);
            }
        }
        Ok(pages)
    }

    /// Makes a new recovery key, which is shown once and kept nowhere; the one before no longer
    /// opens the station.
    ///
    /// # Errors
    /// Somebody who keeps no accounts, or what the machine gives; the one before stays then.
    pub fn new_recovery_key(&self, actor: &Actor) -> Result<(RecoveryKey, Receipt), Refusal> {
        let mut shown = None;
        let receipt = self.show_recovery_key(actor, &mut |key| {
            shown = RecoveryKey::read(&key.shown());
            Ok(())
        })?;
        let key = shown.ok_or_else(|| unavailable(&StoreError::Closed))?;
        Ok((key, receipt))
    }

    /// The same, showing the key before it counts: whoever is cut off between the two still has one
    /// that opens.
    ///
    /// # Errors
    /// As [`Self::new_recovery_key`], and what `show` gives.
    pub fn show_recovery_key(
        &self,
        actor: &Actor,
        show: &mut dyn FnMut(&RecoveryKey) -> Result<(), Refusal>,
    ) -> Result<Receipt, Refusal> {
        let receipt = self.perform_keys(actor, &Command::NewRecoveryKey, show)?;
        self.news.announce();
        Ok(receipt)
    }

    /// Whoever has the recovery key, as the journal knows them.
    ///
    /// # Errors
    /// Another key than this station's.
    pub fn by_recovery_key(&self, typed: &str) -> Result<Actor, Refusal> {
        let checked = self.store.check(&Secret::Recovery(typed), "");
        let signer = checked.map_err(|error| Refusal::forbidden(error.said(), error.next()))?;
        Ok(Actor {
            account: RECOVERY.into(),
            role: Role::Administrator,
            origin: Origin::Cli,
            hand: Held::with(signer),
        })
    }
}

/// The entry is written and the keyring could not follow: what holds now, and what to do.
fn behind(error: &StoreError) -> Refusal {
    let why = error.said();
    let (zh, en) = (&why.zh, &why.en);
    Refusal::unavailable(
        said!(
            "改动已记入日志并生效，但钥匙串还没有整理好：{zh}。",
            "The change is in the journal and holds, but the keyring is not tidied up yet: {en}."
        ),
        said!("下次打开站点时会再试。", "It is tried again when the station is next opened."),
    )
}

#[cfg(test)]
mod tests {
    use crate::office::{Command, Office, Passwords, Setup, Sources};
    use crate::program::Role;
    use crate::record::FixedClock;
    use crate::store::{Origin, Owner, Secret, Work};
    use std::path::Path;
    use std::sync::Arc;

    const PASSWORD: &str = "tin-moss-47";
    const FIRST: &str = "first lamp";
    const SECOND: &str = "second lamp";
    const ADMIN: Secret<'_> = Secret::Password { account: "admin", password: PASSWORD };

    fn clock() -> Arc<FixedClock> {
        Arc::new(FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()))
    }

    fn station(dir: &Path) -> Arc<Office> {
        let setup = Setup {
            name: "鱼洞街道服务站".into(),
            region: "500113".into(),
            admin: "admin".into(),
            password: PASSWORD.into(),
            must_change: false,
            passwords: Passwords::Guard(Work::LEAST),
        };
        let (office, _) =
            Office::create(dir, &setup, Sources::load(None).unwrap(), clock()).unwrap();
        let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
        office.perform(&admin, add("周丽")).unwrap();
        office
    }

    fn add(name: &str) -> Command {
        Command::AddAccount {
            name: name.into(),
            role: Role::Volunteer,
            password: FIRST.into(),
            must_change: false,
        }
    }

    fn change(name: &str) -> Command {
        Command::ChangePassword { name: name.into(), password: SECOND.into() }
    }

    fn opens(office: &Office, name: &str, password: &str) -> bool {
        office.sign_in(name, password, &Origin::Terminal).is_ok()
    }

    #[test]
    fn a_journal_that_cannot_be_written_leaves_passwords_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let office = station(&dir.path().join("station"));
        let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
        for command in
            [change("周丽"), Command::DisableAccount { name: "周丽".into() }, add("冉光辉")]
        {
            office.store.refuse_next_write();
            office.perform(&admin, command).unwrap_err();
            assert!(opens(&office, "周丽", FIRST) && !opens(&office, "周丽", SECOND));
        }
        assert!(office.account("冉光辉").is_none());
        assert!(!opens(&office, "冉光辉", FIRST));
        office.perform(&admin, add("冉光辉")).unwrap();
        assert!(opens(&office, "冉光辉", FIRST));
    }

    #[test]
    fn a_keyring_that_cannot_be_written_is_told_before_anything_changes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("station");
        let office = station(&folder);
        let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
        // A folder in the file's place: the new file cannot take it.
        let (keyring, aside) = (folder.join("keyring.toml"), folder.join("aside"));
        std::fs::rename(&keyring, &aside).unwrap();
        std::fs::create_dir(&keyring).unwrap();
        for command in [change("周丽"), Command::DisableAccount { name: "周丽".into() }] {
            let head = office.store.head();
            office.perform(&admin, command).unwrap_err();
            assert_eq!(office.store.head(), head, "refused before anything is written");
            assert!(opens(&office, "周丽", FIRST) && !opens(&office, "周丽", SECOND));
        }
        std::fs::remove_dir(&keyring).unwrap();
        std::fs::rename(&aside, &keyring).unwrap();
        let owner = Owner::Account(office.account_of("周丽").unwrap().id);
        assert!(office.store.has_slot(owner));
        office.perform(&admin, Command::DisableAccount { name: "周丽".into() }).unwrap();
        assert!(!office.store.has_slot(owner) && !opens(&office, "周丽", FIRST));
        office.close().unwrap();
        drop(office);
        let office = Office::open(&folder, &ADMIN, Sources::load(None).unwrap(), clock()).unwrap();
        assert!(office.account("周丽").unwrap().disabled);
        assert!(!office.store.has_slot(owner));
        office.wait_for_index();
    }
}
