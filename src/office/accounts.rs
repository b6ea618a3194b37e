//! Accounts of the station: making, changing and disabling them.
//!
//! What an account's password opens lies in the keyring, which follows; everything else in its
//! record.

use super::keyring::RECOVERY;
use super::own_kinds::ACCOUNT;
use super::passwords::PASSWORD_RULE;
use super::plan::KeyringChange;
use super::plan::Plan;
use super::refusal::not_here;
use super::{Account, Actor, Command, Receipt, Refusal, Right};
use crate::program::{PERSON, Role};
use crate::record::{
    Fields, Instant, Record, RecordId, Value, account_form, account_look, account_name,
};
use crate::said;
use crate::store::{Entry, NewOp, Op, Origin, Owner};
use crate::words::Said;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// Fields of an account's record.
const MUST_CHANGE: &str = "must_change";
const DISABLED: &str = "disabled";
const KEYS: &str = "keys";
const WHOSE: &str = "person";

/// What the journal calls whoever came with a key and without an account.
const NOBODY: [&str; 3] = [RECOVERY, "key-file", "station"];

/// A sign-in that was.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SignedIn {
    /// When.
    pub at: Instant,
    /// Where the session came from.
    pub from: Origin,
}

/// Whether whoever an entry makes an account for chooses another password first.
pub(super) fn must_change(entry: &Entry) -> bool {
    entry.ops.iter().any(|op| match op {
        Op::Put { record, .. } => record.get(MUST_CHANGE) == Some(&Value::YesNo(true)),
        Op::Seen { .. } | Op::Note(_) => false,
    })
}

impl super::Office {
    /// The accounts of this station by name.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().map(|(_, account)| account.clone()).collect()
    }

    /// One account, its name as typed.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<Account> {
        self.look_at_account(name, Account::clone)
    }

    /// What is to be known of one account.
    fn look_at_account<T>(&self, name: &str, look: impl FnOnce(&Account) -> T) -> Option<T> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let found = accounts.get(name).or_else(|| accounts.get(&account_form(name)));
        found.map(|(_, account)| look(account))
    }

    /// Whose account it is.
    #[must_use]
    pub fn person_of_account(&self, account: &Account) -> Option<Record> {
        let person = self.canonical(account.person?);
        self.inside(PERSON, person).ok().flatten().filter(|person| !person.is_withdrawn())
    }

    /// A disabled account does nothing more, even in a session that is still open.
    ///
    /// # Errors
    /// The sentence such a session ends with.
    pub fn may_go_on(&self, actor: &Actor) -> Result<(), Refusal> {
        let goes_on = |account: &Account| !account.disabled && account.role == actor.role;
        match self.look_at_account(&actor.account, goes_on) {
            None if actor.account == RECOVERY => self.holds_recovery(actor),
            Some(true) => Ok(()),
            _ => Err(disabled()),
        }
    }

    /// Whoever came with the recovery key still holds the one that counts.
    fn holds_recovery(&self, actor: &Actor) -> Result<(), Refusal> {
        let register = self.store.register();
        let own = register.current(Owner::Recovery).map(|key| key.public);
        let held = actor.hand.signer().map(|signer| signer.public());
        if own.is_some() && own == held { Ok(()) } else { Err(disabled()) }
    }

    /// Whether an account must choose a password of its own before anything else: somebody else
    /// gave it the one it has.
    #[must_use]
    pub fn must_change_password(&self, name: &str) -> bool {
        self.look_at_account(name, |account| account.must_change).unwrap_or(false)
    }

    /// Nothing when the account has a password of its own; one that somebody else chose opens
    /// nothing but its change.
    ///
    /// # Errors
    /// The sentence that says so, and how to change it.
    pub fn own_password(&self, name: &str) -> Result<(), Refusal> {
        if !self.must_change_password(name) {
            return Ok(());
        }
        let name = account_form(name);
        let chosen = said!(
            "这个密码是别人设的，先要改成自己的。",
            "Somebody else chose this password; choose one of your own first."
        );
        let told: Vec<Said> = [chosen].into_iter().chain(self.password_given(&name)).collect();
        Err(Refusal::forbidden(
            Said::join(&told, "", " "),
            said!(
                "请运行 yizhan 登录，按提示改密码；或运行 yizhan account passwd {name}。",
                "Run `yizhan`, sign in and follow the screen, or run `yizhan account passwd {name}`."
            ),
        ))
    }

    /// Until a password of its own is chosen an account changes nothing else, from wherever.
    pub(super) fn has_own_password(&self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::ChangePassword { name, .. } if account_form(name) == actor.account => Ok(()),
            _ => self.own_password(&actor.account),
        }
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
            person: record.get(WHOSE).and_then(Value::as_reference),
        };
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(record.number.clone(), (record.id, account));
    }

    /// A row of the table is signed by nobody: which role an account has, and whether it has any, is
    /// what the journal's register says.
    pub(super) fn as_registered(&self, id: RecordId) {
        let register = self.store.register();
        let key = register.current(Owner::Account(id));
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        let Some((_, account)) = accounts.values_mut().find(|(known, _)| *known == id) else {
            return;
        };
        match key {
            Some(key) => {
                let role = key.role.as_deref().and_then(Role::from_id);
                (account.role, account.must_change) = (role.unwrap_or(account.role), key.given);
            }
            None => account.disabled = true,
        }
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
        let name = good_name(name)?;
        self.nobody_is_like(&name)?;
        self.password_fits(&password, &name)?;
        let record = account_record(self.now(), &actor.account, &name, role, must_change)?;
        let set = KeyringChange::set(&record, password, must_change);
        Ok(Plan { keyring: Some(set), ..Plan::put("account-add", vec![record]) })
    }

    /// Nothing when no account has this name, or one that a person would take for it.
    fn nobody_is_like(&self, name: &str) -> Result<(), Refusal> {
        if let Some(account) = self.account(name) {
            let next = if account.disabled {
                said!(
                    "它已停用；要恢复请用 yizhan account enable，或换一个名字。",
                    "It is disabled: bring it back with `yizhan account enable`, or choose another name."
                )
            } else {
                said!(
                    "请换一个名字，或用 yizhan account passwd 改密码。",
                    "Choose another name, or change its password with `yizhan account passwd`."
                )
            };
            let there = said!("账号“{name}”已经有了。", "Account \"{name}\" already exists.");
            return Err(Refusal::conflict(there, next).at("name"));
        }
        let look = account_look(name);
        let like = self.accounts().into_iter().find(|other| account_look(&other.name) == look);
        like.map_or(Ok(()), |Account { name: other, .. }| {
            Err(Refusal::conflict(
                said!(
                    "“{name}”和已有的账号“{other}”看起来一样，会被认错。",
                    "\"{name}\" looks like the account \"{other}\" and would be taken for it."
                ),
                said!(
                    "请换一个看得出不同的名字，例如加上姓名或工号。",
                    "Choose a name that can be told apart, such as with a staff number."
                ),
            )
            .at("name"))
        })
    }

    pub(super) fn plan_disable(&self, actor: &Actor, name: &str) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let mut record = self.account_of(name)?;
        if self.account(name).is_some_and(|account| account.disabled) {
            return Err(Refusal::conflict(
                said!("“{name}”已经停用了。", "\"{name}\" is disabled already."),
                said!("不用再做什么。", "There is nothing left to do."),
            )
            .at("name"));
        }
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
        if record.number == actor.account {
            // Whoever has left the register signs nothing, their own leaving included.
            return Err(Refusal::invalid(
                "name",
                said!("不能停用自己的账号。", "Nobody disables the account they act as."),
                said!("请另一位管理员停用它。", "Have another administrator do it."),
            ));
        }
        record.fields.insert(DISABLED.into(), Value::YesNo(true));
        self.touch(actor, &mut record);
        let remove = KeyringChange::Remove(record.id);
        Ok(Plan { keyring: Some(remove), ..Plan::put("account-disable", vec![record]) })
    }

    pub(super) fn plan_password(
        &self,
        actor: &Actor,
        name: &str,
        password: String,
    ) -> Result<Plan, Refusal> {
        let own = account_form(name) == actor.account;
        if !own {
            actor.need(Right::Accounts)?;
        }
        let record = self.account_of(name)?;
        if self.account(name).is_some_and(|account| account.disabled) {
            let name = &record.number;
            return Err(Refusal::conflict(
                said!(
                    "“{name}”已停用，改密码不会让它重新可用。",
                    "\"{name}\" is disabled; a new password does not bring it back."
                ),
                said!(
                    "要恢复请由管理员启用：yizhan account enable {name}。",
                    "An administrator enables it: `yizhan account enable {name}`."
                ),
            )
            .at("name"));
        }
        self.with_password(actor, record, password, !own, "account-password")
    }

    pub(super) fn plan_enable(
        &self,
        actor: &Actor,
        name: &str,
        password: String,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let mut record = self.account_of(name)?;
        if self.account(name).is_some_and(|account| !account.disabled) {
            let name = &record.number;
            return Err(Refusal::conflict(
                said!("“{name}”没有停用。", "\"{name}\" is not disabled."),
                said!(
                    "要给它新密码请用 yizhan account passwd {name}。",
                    "`yizhan account passwd {name}` gives it a new password."
                ),
            )
            .at("name"));
        }
        record.fields.insert(DISABLED.into(), Value::YesNo(false));
        self.with_password(actor, record, password, true, "account-enable")
    }

    /// What whoever chooses a password here is told before; nothing where every password will do.
    #[must_use]
    pub fn password_rule(&self) -> Option<Said> {
        (!self.known_passwords).then_some(PASSWORD_RULE)
    }

    /// Nothing when a password will do for this account.
    fn password_fits(&self, password: &str, name: &str) -> Result<(), Refusal> {
        match self.password_rule() {
            Some(_) => super::passwords::fit(password, name, self.station_name()),
            None => Ok(()),
        }
    }

    /// The plan of an account that gets a password.
    fn with_password(
        &self,
        actor: &Actor,
        mut record: Record,
        password: String,
        must_change: bool,
        command: &'static str,
    ) -> Result<Plan, Refusal> {
        self.password_fits(&password, &record.number)?;
        record.fields.insert(MUST_CHANGE.into(), Value::YesNo(must_change));
        self.touch(actor, &mut record);
        // Another password, another key: whoever knew the one before signs nothing any more.
        let set = KeyringChange::set(&record, password, must_change);
        Ok(Plan { keyring: Some(set), ..Plan::put(command, vec![record]) })
    }

    pub(super) fn plan_person(
        &self,
        actor: &Actor,
        name: &str,
        person: Option<RecordId>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let mut record = self.account_of(name)?;
        match person {
            Some(id) => {
                let there = self.inside(PERSON, id)?.filter(|person| !person.is_withdrawn());
                there.ok_or_else(not_here)?;
                record.fields.insert(WHOSE.into(), Value::Reference(id));
            }
            None => {
                record.fields.remove(WHOSE);
            }
        }
        self.touch(actor, &mut record);
        Ok(Plan::put("account-person", vec![record]))
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
        if actor.account != account_form(name) {
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

    pub(super) fn plan_recovery(&self, actor: &Actor) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let ops = vec![NewOp::Note(BTreeMap::new())];
        let keyring = Some(KeyringChange::Recovery);
        Ok(Plan { main: None, ops, command: "recovery-key-new", reason: None, keyring })
    }

    pub(super) fn plan_key_file(
        &self,
        actor: &Actor,
        key: Option<[u8; 32]>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let command = if key.is_some() { "key-file-make" } else { "key-file-end" };
        let ops = vec![NewOp::Note(BTreeMap::new())];
        let keyring = Some(KeyringChange::KeyFile(key.map(Zeroizing::new)));
        Ok(Plan { main: None, ops, command, reason: None, keyring })
    }

    pub(super) fn plan_host_key(actor: &Actor, fingerprint: String) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        let ops = vec![NewOp::Note(BTreeMap::from([("fingerprint".into(), fingerprint)]))];
        Ok(Plan { main: None, ops, command: "host-key-new", reason: None, keyring: None })
    }

    /// An account's record as it stands for the next change.
    pub(super) fn account_of(&self, name: &str) -> Result<Record, Refusal> {
        let id = self
            .accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&account_form(name))
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
    let record = Record::made(super::ids::new_id(now)?, ACCOUNT, name, by, now);
    Ok(Record { fields, ..record })
}

/// The form of a name an account can have.
pub(super) fn good_name(typed: &str) -> Result<String, Refusal> {
    let name = account_name(typed)
        .map_err(|error| Refusal::invalid("name", error.said(), error.next()))?;
    let look = account_look(&name);
    if NOBODY.iter().any(|own| account_look(own) == look) {
        return Err(Refusal::invalid(
            "name",
            said!(
                "日志用“{name}”指恢复密钥或密钥文件，它不能是账号。",
                "In the journal \"{name}\" is the recovery key or a key file; no account has that name."
            ),
            said!("请换一个账号名。", "Choose another name."),
        ));
    }
    Ok(name)
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
