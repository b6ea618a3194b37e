//! Signing in: by password or key, journaled with where it came from, and when it was last. Who is
//! refused is counted and not journaled.

use super::accounts::{SignedIn, disabled};
use super::own_kinds::ACCOUNT;
use super::{Account, Actor, Held, Refusal, keys};
use crate::record::{RecordId, account_form, china_offset};
use crate::said;
use crate::store::{Hand, NewEntry, NewOp, Origin, Signer};
use crate::words::Said;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{MutexGuard, PoisonError};

/// The name the journal gives it.
const SIGN_IN: &str = "sign-in";

impl super::Office {
    /// Signs an account in. Success is journaled, failure counted; too many wrong passwords
    /// make the account wait, at the machine and over the network each for itself.
    ///
    /// # Errors
    /// Forbidden when name or password are wrong, the account is disabled or has to wait.
    pub fn sign_in(&self, name: &str, password: &str, origin: &Origin) -> Result<Actor, Refusal> {
        let name = account_form(name);
        let signer = self.proved(&name, password, origin)?;
        self.let_in(&name, origin, "sign-in", BTreeMap::new(), Held::with(signer))
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
            self.count_refused(&name, origin);
            return Err(Refusal::forbidden(
                said!("这把密钥不属于这个账号。", "This key does not belong to this account."),
                said!(
                    "请管理员登记：yizhan account key add。",
                    "Have it added with `yizhan account key add`."
                ),
            ));
        }
        // What it signs with lies under the password, which is asked for before the first change.
        self.let_in(&name, origin, "sign-in", by, Held::default())
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
        let signer = self.proved(&actor.account, password, &actor.origin)?;
        let (name, origin) = (&actor.account, &actor.origin);
        self.let_in(name, origin, "unlock", BTreeMap::new(), Held::with(signer))
    }

    /// Somebody whose password is known, without a word in the journal: for what the program tells
    /// by itself, such as the demo.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub fn stand_in(&self, name: &str, password: &str, origin: &Origin) -> Result<Actor, Refusal> {
        let signer = self.proved(name, password, origin)?;
        let Account { name, role, .. } = self.account(name).ok_or_else(disabled)?;
        Ok(Actor { account: name, role, origin: origin.clone(), hand: Held::with(signer) })
    }

    /// The hand of whoever has this account's password; a wrong one is counted.
    pub(super) fn proved(
        &self,
        name: &str,
        password: &str,
        origin: &Origin,
    ) -> Result<Signer, Refusal> {
        self.store.check_password_from(name, password, &counted_from(origin)).map_err(|error| {
            self.count_refused(name, origin);
            Refusal::forbidden(error.said(), error.next()).at("password")
        })
    }

    fn let_in(
        &self,
        name: &str,
        origin: &Origin,
        what: &str,
        by: BTreeMap<String, String>,
        hand: Held,
    ) -> Result<Actor, Refusal> {
        let account = self.account(name).filter(|account| !account.disabled);
        let Some(account) = account else {
            self.count_refused(name, origin);
            return Err(disabled());
        };
        if let Origin::Ssh(_) = origin {
            // A disk that does not take it keeps nobody out.
            let _ = self.store.remember_source(name, &counted_from(origin));
        }
        self.keep_refused();
        self.note_sign_in(name, origin, what, by);
        self.note_program(origin);
        Ok(Actor { account: account.name, role: account.role, origin: origin.clone(), hand })
    }

    /// Writes into the journal what came of a sign-in, linked to the account's record, so that the
    /// next one finds it. The station signs it. A sign-in must not fail because the disk is full:
    /// reading goes on.
    fn note_sign_in(
        &self,
        name: &str,
        origin: &Origin,
        what: &str,
        mut particulars: BTreeMap<String, String>,
    ) {
        particulars.insert("account".to_string(), name.to_string());
        particulars.extend(self.doubt_note());
        let mut ops = vec![NewOp::Note(particulars)];
        let record = self.account_of(name).ok().filter(|_| what == SIGN_IN);
        if let Some(id) = record.as_ref().map(|record| record.id) {
            ops.push(NewOp::Seen { kind: ACCOUNT.into(), id, fields: Vec::new() });
        }
        let time = self.now();
        let note = NewEntry {
            time,
            actor: name.to_string(),
            origin: origin.clone(),
            command: what.to_string(),
            ops,
            reason: None,
        };
        let saved = self.store.submit(Hand::Station, vec![note]).wait().is_ok();
        if let Some(record) = record.filter(|_| saved) {
            let mut known = self.signed_in();
            if let Some([last, before]) = known.get_mut(&record.id) {
                *before = last.replace(SignedIn { at: time, from: origin.clone() });
            }
        }
    }

    fn signed_in(&self) -> MutexGuard<'_, HashMap<RecordId, [Option<SignedIn>; 2]>> {
        self.signed_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last sign-in of an account and the one before it, as the journal tells.
    #[must_use]
    pub fn sign_ins(&self, name: &str) -> [Option<SignedIn>; 2] {
        let Ok(record) = self.account_of(name) else { return [None, None] };
        if let Some(known) = self.signed_in().get(&record.id) {
            return known.clone();
        }
        let history = self.store.history(ACCOUNT, record.id).unwrap_or_default();
        let mut found = history.into_iter().filter(|entry| entry.command == SIGN_IN);
        let mut next = || found.next().map(|entry| SignedIn { at: entry.time, from: entry.origin });
        let sign_ins = [next(), next()];
        self.signed_in().insert(record.id, sign_ins.clone());
        sign_ins
    }

    /// When an account last signed in, by the clock of China; empty where it never did.
    #[must_use]
    pub fn last_sign_in(&self, name: &str) -> String {
        let [last, _] = self.sign_ins(name);
        let at = last.map(|last| last.at.with_timezone(&china_offset()));
        at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
    }

    /// When and from where an account signed in the time before this one; nothing at the first.
    #[must_use]
    pub fn sign_in_before(&self, name: &str) -> Option<Said> {
        let [_, before] = self.sign_ins(name);
        let SignedIn { at, from } = before?;
        let at = at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        let from = super::history::origin_said(&from);
        let (zh, en) = (&from.zh, &from.en);
        Some(said!("上次登录 {at}，来自{zh}", "Last sign-in {at} from {en}"))
    }
}

/// Which addresses are one source, whose attempts are counted together: each of IPv4 for itself,
/// of IPv6 a network, where a single machine has as many addresses as it likes.
#[must_use]
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip => ip,
    }
}

/// The source of a sign-in: its address over SSH, another user of this machine; nothing for the
/// machine itself.
pub(super) fn counted_from(origin: &Origin) -> String {
    let address = match origin {
        Origin::Ssh(address) => address,
        Origin::User(user) => return format!("user {user}"),
        Origin::Terminal | Origin::Socket | Origin::Cli => return String::new(),
    };
    let ip = address.parse::<SocketAddr>().map(|place| place.ip()).or_else(|_| address.parse());
    ip.map_or_else(|_| address.clone(), |ip| source_of(ip).to_string())
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
        assert_eq!(counted_from(&Origin::User(4711)), "user 4711");
        for here in [Origin::Terminal, Origin::Socket, Origin::Cli] {
            assert_eq!(counted_from(&here), "");
        }
    }
}
