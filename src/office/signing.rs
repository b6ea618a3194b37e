//! Signing in: by password or key, journaled with where it came from, and when it was last.

use super::accounts::{SignedIn, disabled};
use super::door::ACCOUNT;
use super::{Actor, Refusal, keys};
use crate::record::{Record, Value, account_form, china_offset};
use crate::said;
use crate::store::{Draft, DraftOp, Origin};
use crate::words::Said;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Fields of an account's record: the last sign-in and the one before, each with its origin.
const LAST: [&str; 2] = ["signed_in", "signed_in_from"];
const BEFORE: [&str; 2] = ["signed_in_before", "signed_in_before_from"];

impl super::Office {
    /// Signs an account in. Success and failure are both journaled; too many wrong passwords
    /// make the account wait, at the machine and over the network each for itself.
    ///
    /// # Errors
    /// Forbidden when name or password are wrong, the account is disabled or has to wait.
    pub fn sign_in(&self, name: &str, password: &str, origin: &Origin) -> Result<Actor, Refusal> {
        let name = account_form(name);
        self.proved(&name, password, origin)?;
        self.let_in(&name, origin, "sign-in", BTreeMap::new())
    }

    /// Signs an account in by one of its SSH keys, an OpenSSH public key line whose comment does
    /// not matter; that whoever asks holds the key is proved already. Journaled as by password.
    ///
    /// # Errors
    /// Forbidden when it is no key of this account, or the account is disabled.
    pub fn sign_in_by_key(&self, name: &str, key: &str, origin: &Origin) -> Result<Actor, Refusal> {
        let name = account_form(name);
        let fingerprint = keys::fingerprint(key).unwrap_or_default();
        let by = BTreeMap::from([("key".to_string(), fingerprint)]);
        if !self.has_key(&name, key) {
            self.note_sign_in(&name, origin, "sign-in-failed", by);
            return Err(Refusal::forbidden(
                said!("这把密钥不属于这个账号。", "This key does not belong to this account."),
                said!(
                    "请管理员登记：yizhan account key add。",
                    "Have it added with `yizhan account key add`."
                ),
            ));
        }
        self.let_in(&name, origin, "sign-in", by)
    }

    /// Whether an account that may sign in has this SSH key. Nothing is written.
    #[must_use]
    pub fn knows_key(&self, name: &str, key: &str) -> bool {
        self.account(name).is_some_and(|account| !account.disabled) && self.has_key(name, key)
    }

    fn has_key(&self, name: &str, key: &str) -> bool {
        self.account(name).is_some_and(|account| keys::holds(&account.keys, key))
    }

    /// Opens a locked session again with its owner's password.
    ///
    /// # Errors
    /// As [`sign_in`](Self::sign_in).
    pub fn unlock(&self, actor: &Actor, password: &str) -> Result<Actor, Refusal> {
        self.proved(&actor.account, password, &actor.origin)?;
        self.let_in(&actor.account, &actor.origin, "unlock", BTreeMap::new())
    }

    /// Nothing when this is the account's password; a wrong one is counted and journaled.
    pub(super) fn proved(
        &self,
        name: &str,
        password: &str,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        self.store.check_password_from(name, password, &counted_from(origin)).map_err(|error| {
            self.note_sign_in(name, origin, "sign-in-failed", BTreeMap::new());
            Refusal::forbidden(error.said(), error.next()).at("password")
        })
    }

    fn let_in(
        &self,
        name: &str,
        origin: &Origin,
        what: &str,
        by: BTreeMap<String, String>,
    ) -> Result<Actor, Refusal> {
        let account = self.account(name).filter(|account| !account.disabled);
        let Some(account) = account else {
            self.note_sign_in(name, origin, "sign-in-refused", by);
            return Err(disabled());
        };
        self.note_sign_in(name, origin, what, by);
        self.note_program(origin);
        Ok(Actor { account: account.name, role: account.role, origin: origin.clone() })
    }

    /// Writes into the journal what came of a sign-in; a good one stands in the account's record
    /// too, for the next time. A sign-in must not fail because the disk is full: reading goes on.
    fn note_sign_in(
        &self,
        name: &str,
        origin: &Origin,
        what: &str,
        mut particulars: BTreeMap<String, String>,
    ) {
        particulars.insert("account".to_string(), name.to_string());
        particulars.extend(self.doubt_note());
        let note = Draft {
            time: self.now(),
            actor: name.to_string(),
            origin: origin.clone(),
            command: what.to_string(),
            ops: vec![DraftOp::Note(particulars)],
            reason: None,
        };
        if what != "sign-in" || self.remember_sign_in(name, origin, note.clone()).is_none() {
            let _ = self.store.submit(vec![note]).wait();
        }
    }

    /// The note with the account's record behind it, in one entry; nothing when it could not be
    /// written so.
    fn remember_sign_in(&self, name: &str, origin: &Origin, mut note: Draft) -> Option<()> {
        let mut door = self.enter();
        let mut record = self.account_of(name).ok()?;
        record.revision += 1;
        record.updated = note.time;
        record.updated_by = name.to_string();
        remember(&mut record, origin);
        note.ops.push(DraftOp::Put(record.clone()));
        let epoch = door.epoch.unwrap_or_else(|| self.store.epoch());
        let ticket = self.store.submit_in(epoch, vec![note]);
        door.epoch = Some(epoch);
        // In the order of the journal, so that no older record is learnt over a newer one.
        self.learn_account(&record);
        drop(door);
        if ticket.wait().is_err() {
            self.enter().epoch = None;
            self.take_back(ACCOUNT, record.id);
            return None;
        }
        Some(())
    }

    /// When and from where an account signed in the time before this one; nothing at the first.
    #[must_use]
    pub fn sign_in_before(&self, name: &str) -> Option<Said> {
        let [_, before] = self.account(name)?.signed_in;
        let SignedIn { at, from } = before?;
        let at = at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        let from = super::history::origin_said(&from);
        let (zh, en) = (&from.zh, &from.en);
        Some(said!("上次登录 {at}，来自{zh}", "Last sign-in {at} from {en}"))
    }
}

/// Takes the last sign-in down into the record, behind which stands the one before.
fn remember(record: &mut Record, origin: &Origin) {
    for (last, before) in LAST.iter().zip(BEFORE) {
        if let Some(value) = record.fields.get(*last).cloned() {
            record.fields.insert(before.to_string(), value);
        }
    }
    let from = serde_json::to_string(origin).unwrap_or_default();
    record.fields.insert(LAST[0].to_string(), Value::Instant(record.updated));
    record.fields.insert(LAST[1].to_string(), Value::Text(from));
}

/// The last sign-in and the one before it, as an account's record tells.
pub(super) fn signed_in(record: &Record) -> [Option<SignedIn>; 2] {
    [LAST, BEFORE].map(|[at, from]| match (record.get(at), record.get(from)) {
        (Some(Value::Instant(at)), Some(Value::Text(from))) => {
            Some(SignedIn { at: *at, from: serde_json::from_str(from).ok()? })
        }
        _ => None,
    })
}

/// Whose wrong passwords are counted together: those of one address over SSH, of one network for
/// IPv6, where a single machine has as many addresses as it likes; nothing for the machine itself.
fn counted_from(origin: &Origin) -> String {
    let Origin::Ssh(address) = origin else { return String::new() };
    let ip = address.parse::<SocketAddr>().map(|place| place.ip()).or_else(|_| address.parse());
    match ip.map(|ip: IpAddr| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
        Ok(ip) => ip.to_string(),
        Err(_) => address.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_count_together() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:50022", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("[2001:db8:1:2:3:4:5:6]:50022", "2001:db8:1:2::"),
            ("2001:db8:1:2::9", "2001:db8:1:2::"),
            ("somewhere", "somewhere"),
        ] {
            assert_eq!(counted_from(&Origin::Ssh(address.into())), counted, "{address}");
        }
        for here in [Origin::Terminal, Origin::Socket, Origin::Cli] {
            assert_eq!(counted_from(&here), "");
        }
    }
}
