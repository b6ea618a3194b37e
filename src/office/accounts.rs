//! Accounts of the station, and signing in.

use super::door::{ACCOUNT, Plan, unavailable};
use super::{Account, Actor, Refusal, Right};
use crate::program::Role;
use crate::record::{Fields, Instant, Record, Value};
use crate::said;
use crate::store::{Draft, DraftOp, Origin};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// Shortest password; old workstations are shared, so a guessable one opens everything.
const SHORTEST_PASSWORD: usize = 4;

impl super::Office {
    /// Signs an account in. Success and failure are both journaled; too many wrong passwords
    /// make the account wait.
    ///
    /// # Errors
    /// Forbidden when name or password are wrong, the account is disabled or has to wait.
    pub fn sign_in(&self, name: &str, password: &str, origin: &Origin) -> Result<Actor, Refusal> {
        let name = name.trim();
        if let Err(error) = self.store.check_password(name, password) {
            self.note_sign_in(name, origin, "sign-in-failed");
            return Err(Refusal::forbidden(error.said(), error.next()).at("password"));
        }
        let account = self.account(name).filter(|account| !account.disabled);
        let Some(account) = account else {
            self.note_sign_in(name, origin, "sign-in-refused");
            return Err(disabled());
        };
        self.note_sign_in(name, origin, "sign-in");
        Ok(Actor { account: account.name, role: account.role, origin: origin.clone() })
    }

    fn note_sign_in(&self, name: &str, origin: &Origin, what: &str) {
        let particulars = BTreeMap::from([("account".to_string(), name.to_string())]);
        let draft = Draft {
            time: self.now(),
            actor: name.to_string(),
            origin: origin.clone(),
            command: what.to_string(),
            ops: vec![DraftOp::Note(particulars)],
            reason: None,
        };
        // A sign-in must not fail because the disk is full: reading goes on.
        let _ = self.store.submit(vec![draft]).wait();
    }

    /// The accounts of this station by name.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().map(|(_, account)| account.clone()).collect()
    }

    fn account(&self, name: &str) -> Option<Account> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(name).map(|(_, account)| account.clone())
    }

    /// A disabled account does nothing more, even in a session that is still open.
    pub(super) fn still_open(&self, actor: &Actor) -> Result<(), Refusal> {
        match self.account(&actor.account) {
            Some(account) if !account.disabled && account.role == actor.role => Ok(()),
            _ => Err(disabled()),
        }
    }

    pub(super) fn learn_account(&self, record: &Record) {
        let Some(role) = Role::from_id(record.text("role")) else { return };
        let disabled = record.get("disabled").and_then(Value::as_yes_no).unwrap_or(false);
        let account = Account { name: record.number.clone(), role, disabled };
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(record.number.clone(), (record.id, account));
    }

    pub(super) fn plan_account(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        password: &str,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Accounts)?;
        good_name(name)?;
        long_enough(password)?;
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
        let record = account_record(self.now(), &actor.account, name, role)?;
        self.store
            .add_account_slot(&record.number, password)
            .map_err(|error| unavailable(&error))?;
        Ok(Plan::put("account-add", vec![record]))
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
        record.fields.insert("disabled".into(), Value::YesNo(true));
        self.touch(actor, &mut record);
        self.store.remove_account_slot(name).map_err(|error| unavailable(&error))?;
        Ok(Plan::put("account-disable", vec![record]))
    }

    pub(super) fn plan_password(
        &self,
        actor: &Actor,
        name: &str,
        password: &str,
    ) -> Result<Plan, Refusal> {
        if actor.account != name {
            actor.need(Right::Accounts)?;
        }
        let mut record = self.account_of(name)?;
        long_enough(password)?;
        self.touch(actor, &mut record);
        self.store.add_account_slot(name, password).map_err(|error| unavailable(&error))?;
        Ok(Plan::put("account-password", vec![record]))
    }

    fn account_of(&self, name: &str) -> Result<Record, Refusal> {
        let id = self
            .accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map(|(id, _)| *id);
        let stored = match id {
            Some(id) => self.store.get(ACCOUNT, id).map_err(|error| unavailable(&error))?,
            None => None,
        };
        stored.map(|stored| stored.record).ok_or_else(|| {
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
) -> Result<Record, Refusal> {
    let fields = Fields::from([
        ("role".to_string(), Value::Choice(role.id().to_string())),
        ("disabled".to_string(), Value::YesNo(false)),
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
    })
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

fn disabled() -> Refusal {
    Refusal::forbidden(
        said!(
            "这个账号不能使用（已停用、角色已变，或不存在）。",
            "This account cannot be used: disabled, changed, or unknown."
        ),
        said!("请找管理员。", "Ask the administrator."),
    )
}
