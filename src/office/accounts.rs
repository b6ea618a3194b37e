//! Accounts of the station: making, changing and disabling them.
//!
//! What an account's password opens lies in the keyring, everything else in its record. The
//! keyring follows the record: a password is set or taken away once the journal entry is on the
//! disk, so that nothing ever changes without its entry.

use super::door::{ACCOUNT, Plan};
use super::{Account, Actor, Command, Receipt, Refusal, Right};
use crate::program::Role;
use crate::record::{Fields, Instant, Record, RecordId, Value};
use crate::said;
use crate::store::{DraftOp, Origin, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// Shortest password; old workstations are shared, so a guessable one opens everything.
const SHORTEST_PASSWORD: usize = 4;

/// Fields of an account's record.
const MUST_CHANGE: &str = "must_change";
const DISABLED: &str = "disabled";
const KEYS: &str = "keys";

/// What becomes of the keyring once a change of an account is on the disk.
pub(super) enum KeyringChange {
    /// The account gets this password.
    Set(String, Zeroizing<String>),
    /// The account's password goes.
    Remove(String),
    /// This key file opens the station, or none does any more.
    KeyFile(Option<Zeroizing<[u8; 32]>>),
}

/// A sign-in that was.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignedIn {
    /// When.
    pub at: Instant,
    /// Where the session came from.
    pub from: Origin,
}

impl super::Office {
    /// The accounts of this station by name.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().map(|(_, account)| account.clone()).collect()
    }

    /// One account.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(name).map(|(_, account)| account.clone())
    }

    /// A disabled account does nothing more, even in a session that is still open.
    ///
    /// # Errors
    /// The sentence such a session ends with.
    pub fn may_go_on(&self, actor: &Actor) -> Result<(), Refusal> {
        match self.account(&actor.account) {
            Some(account) if !account.disabled && account.role == actor.role => Ok(()),
            _ => Err(disabled()),
        }
    }

    /// Whether an account must choose a password of its own before anything else: somebody else
    /// gave it the one it has.
    #[must_use]
    pub fn must_change_password(&self, name: &str) -> bool {
        self.account(name).is_some_and(|account| account.must_change)
    }

    /// Until a password of its own is chosen a session changes nothing else. A command line goes
    /// on: whoever gave it the password file is the one who chose it.
    pub(super) fn has_own_password(&self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let changes = matches!(command, Command::ChangePassword { .. });
        if changes || actor.origin == Origin::Cli || !self.must_change_password(&actor.account) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            said!(
                "这个密码是别人设的，先要改成自己的。",
                "Somebody else chose this password; choose one of your own first."
            ),
            said!("请在终端登录，按提示改密码。", "Sign in at a terminal and follow the screen."),
        ))
    }

    pub(super) fn learn_account(&self, record: &Record) {
        let Some(role) = Role::from_id(record.text("role")) else { return };
        let yes = |field| record.get(field).and_then(Value::as_yes_no).unwrap_or(false);
        let keys = match record.get(KEYS) {
            Some(Value::Tags(keys)) => keys.clone(),
            _ => Vec::new(),
        };
        let account = Account {
            name: record.number.clone(),
            role,
            disabled: yes(DISABLED),
            must_change: yes(MUST_CHANGE),
            keys,
            signed_in: super::signing::signed_in(record),
        };
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(record.number.clone(), (record.id, account));
    }

    /// An account that was not saved after all.
    pub(super) fn forget_account(&self, id: RecordId) {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, (known, _)| *known != id);
    }

    pub(super) fn plan_account(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        password: String,
        must_change: bool,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        good_name(name)?;
        long_enough(&password)?;
        if self.account(name.trim()).is_some() {
            return Err(Refusal::conflict(
                said!("账号“{name}”已经有了。", "Account \"{name}\" already exists."),
                said!(
                    "请换一个名字，或用 yizhan account passwd 改密码。",
                    "Choose another name, or change its password with `yizhan account passwd`."
                ),
            )
            .at("name"));
        }
        let record = account_record(self.now(), &actor.account, name, role, must_change)?;
        let set = KeyringChange::Set(record.number.clone(), Zeroizing::new(password));
        Ok(Plan { keyring: Some(set), ..Plan::put("account-add", vec![record]) })
    }

    pub(super) fn plan_disable(&self, actor: &Actor, name: &str) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let mut record = self.account_of(name)?;
        let last_one = !self.accounts().iter().any(|other| {
            other.role == Role::Administrator && !other.disabled && other.name != record.number
        });
        if last_one && record.text("role") == Role::Administrator.id() {
            return Err(Refusal::invalid(
                "name",
                said!(
                    "这是最后一个管理员账号，停用后没有人能管理账号。",
                    "This is the last administrator; nobody could keep accounts without it."
                ),
                said!("请先新建另一个管理员账号。", "Make another administrator first."),
            ));
        }
        record.fields.insert(DISABLED.into(), Value::YesNo(true));
        self.touch(actor, &mut record);
        let remove = KeyringChange::Remove(record.number.clone());
        Ok(Plan { keyring: Some(remove), ..Plan::put("account-disable", vec![record]) })
    }

    pub(super) fn plan_password(
        &self,
        actor: &Actor,
        name: &str,
        password: String,
    ) -> Result<Plan, Refusal> {
        if actor.account != name {
            actor.need(Right::Accounts)?;
        }
        let mut record = self.account_of(name)?;
        long_enough(&password)?;
        record.fields.insert(MUST_CHANGE.into(), Value::YesNo(actor.account != name));
        self.touch(actor, &mut record);
        let set = KeyringChange::Set(record.number.clone(), Zeroizing::new(password));
        Ok(Plan { keyring: Some(set), ..Plan::put("account-password", vec![record]) })
    }

    /// Changes the password of whoever asks, who proves that they are the one.
    ///
    /// # Errors
    /// At `old` when it is not the password, at `password` when the new one will not do.
    pub fn change_own_password(
        &self,
        actor: &Actor,
        old: &str,
        new: &str,
    ) -> Result<Receipt, Refusal> {
        self.proved(&actor.account, old, &actor.origin).map_err(|refusal| refusal.at("old"))?;
        if old == new {
            return Err(Refusal::invalid(
                "password",
                said!("新密码和原来的一样。", "The new password is the old one."),
                said!("请换一个新的。", "Choose another."),
            ));
        }
        let (name, password) = (actor.account.clone(), new.to_string());
        self.perform(actor, Command::ChangePassword { name, password })
    }

    pub(super) fn plan_key(
        &self,
        actor: &Actor,
        name: &str,
        key: &str,
        add: bool,
    ) -> Result<Plan, Refusal> {
        if actor.account != name {
            actor.need(Right::Accounts)?;
        }
        let mut record = self.account_of(name)?;
        let mut keys = self.account(name).map(|account| account.keys).unwrap_or_default();
        let command = if add {
            super::keys::add(&mut keys, key)?;
            "account-key-add"
        } else {
            super::keys::remove(&mut keys, key)?;
            "account-key-remove"
        };
        record.fields.insert(KEYS.into(), Value::Tags(keys));
        self.touch(actor, &mut record);
        Ok(Plan::put(command, vec![record]))
    }

    pub(super) fn plan_key_file(
        &self,
        actor: &Actor,
        key: Option<[u8; 32]>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let command = if key.is_some() { "key-file-make" } else { "key-file-end" };
        let ops = vec![DraftOp::Note(BTreeMap::new())];
        let keyring = Some(KeyringChange::KeyFile(key.map(Zeroizing::new)));
        Ok(Plan { main: None, ops, command, reason: None, keyring })
    }

    /// Brings the keyring up to a change of an account that is on the disk.
    pub(super) fn follow_in_keyring(&self, change: &KeyringChange) -> Result<(), Refusal> {
        let done = match change {
            KeyringChange::Set(name, password) => self.store.add_account_slot(name, password),
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

    /// An account's record as it stands for the next change.
    pub(super) fn account_of(&self, name: &str) -> Result<Record, Refusal> {
        let id = self
            .accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map(|(id, _)| *id);
        let record = match id {
            Some(id) => self.inside(ACCOUNT, id)?,
            None => None,
        };
        record.ok_or_else(|| {
            Refusal::invalid(
                "name",
                said!("没有账号“{name}”。", "There is no account \"{name}\"."),
                said!("用 yizhan account list 查看。", "See `yizhan account list`."),
            )
        })
    }
}

/// The record of a new account.
pub(super) fn account_record(
    now: Instant,
    by: &str,
    name: &str,
    role: Role,
    must_change: bool,
) -> Result<Record, Refusal> {
    let fields = Fields::from([
        ("role".to_string(), Value::Choice(role.id().to_string())),
        (DISABLED.to_string(), Value::YesNo(false)),
        (MUST_CHANGE.to_string(), Value::YesNo(must_change)),
    ]);
    Ok(Record {
        id: super::create::new_id(now)?,
        kind: ACCOUNT.to_string(),
        revision: 1,
        state: String::new(),
        number: name.trim().to_string(),
        pack: String::new(),
        fields,
        created: now,
        created_by: by.to_string(),
        updated: now,
        updated_by: by.to_string(),
        moves: Vec::new(),
        authors: BTreeSet::new(),
        copied: Fields::new(),
        findings: BTreeMap::new(),
        proposal: None,
    })
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

pub(super) fn good_name(name: &str) -> Result<(), Refusal> {
    let name = name.trim();
    if !name.is_empty() && name.chars().count() <= 40 && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "name",
        said!("账号名要有 1 到 40 个字。", "An account name has 1 to 40 characters."),
        said!("请换一个账号名。", "Choose another name."),
    ))
}

pub(super) fn long_enough(password: &str) -> Result<(), Refusal> {
    if password.chars().count() >= SHORTEST_PASSWORD {
        return Ok(());
    }
    Err(Refusal::invalid(
        "password",
        said!(
            "密码至少要 {SHORTEST_PASSWORD} 个字符。",
            "A password has at least {SHORTEST_PASSWORD} characters."
        ),
        said!("请换一个更长的密码。", "Choose a longer one."),
    ))
}

pub(super) fn disabled() -> Refusal {
    Refusal::forbidden(
        said!(
            "这个账号不能使用（已停用、角色已变，或不存在）。",
            "This account cannot be used: disabled, changed, or unknown."
        ),
        said!("请找管理员。", "Ask the administrator."),
    )
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
