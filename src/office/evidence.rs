//! What the evidence rests on, told to people: the root, the keys that hold, the station's lives, and
//! whether the heads known outside still lie in the journal.

use super::own_kinds::ACCOUNT;
use super::{Account, Office};
use crate::record::{Instant, RecordId, account_form, china_date, china_offset};
use crate::said;
use crate::store::{Hand, HeadsCompared, NewEntry, NewOp, Origin, Owner};
use crate::words::Said;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

/// The name the journal gives the note that heads known outside are missing.
pub(super) const HEADS_MISSING: &str = "heads-missing";
/// New passwords of so many days are told to their owner, the last few.
const TOLD: TimeDelta = TimeDelta::days(90);
/// See [`TOLD`].
const MOST_TOLD: usize = 3;
/// Groups of a fingerprint that are shown where it only tells keys apart.
const FEW_GROUPS: usize = 9;

/// What is remembered while the station is open.
#[derive(Default)]
pub(super) struct Evidence {
    /// That heads are missing was written down.
    noted: AtomicBool,
}

/// A key that holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// Its fingerprint, whole.
    pub fingerprint: String,
    /// The entry that gave it.
    pub since: u64,
    /// When that was.
    pub at: Option<Instant>,
    /// Somebody else chose the password it lies under.
    pub given: bool,
    /// Nothing in the keyring opens it: after a restore its owner needs a new password.
    pub closed: bool,
}

impl HeldKey {
    /// The beginning of the fingerprint, to tell keys apart.
    #[must_use]
    pub fn short(&self) -> &str {
        self.fingerprint.get(..FEW_GROUPS).unwrap_or(&self.fingerprint)
    }

    /// What is to be known of it beside its fingerprint; empty for most.
    #[must_use]
    pub fn mark(&self) -> Said {
        match (self.closed, self.given) {
            (true, _) => Said::fixed("要给新密码", "needs a new password"),
            (false, true) => Said::fixed("密码是别人设的", "given password"),
            (false, false) => Said::default(),
        }
    }

    /// Fingerprint, since when, marks.
    #[must_use]
    pub fn said(&self) -> Said {
        let (short, since, mark) = (self.short(), self.since, self.mark());
        let day = self.at.map(|at| china_date(at).to_string());
        let day = day.unwrap_or_default();
        Said::new(
            format!("{short}　自 {day}（第 {since} 条）　{}", mark.zh).trim_end().to_string(),
            format!("{short}  since {day} (entry {since})  {}", mark.en).trim_end().to_string(),
        )
    }
}

impl Office {
    /// The fingerprint of the root, which is on the recovery sheet.
    #[must_use]
    pub fn root(&self) -> String {
        self.store.register().root().map(|root| root.fingerprint()).unwrap_or_default()
    }

    /// The key somebody has now.
    #[must_use]
    pub fn key_of(&self, owner: Owner) -> Option<HeldKey> {
        let register = self.store.register();
        let key = register.current(owner)?;
        let mut at = None;
        // A page says no time; the entry it was written with does.
        let read = self.store.entries(key.since, |entry| {
            at = Some(entry.time);
            ControlFlow::Break(())
        });
        let closed = owner != Owner::Station && !self.store.has_slot(owner);
        Some(HeldKey {
            fingerprint: key.public.fingerprint(),
            since: key.since,
            at: at.filter(|_| read.is_ok()),
            given: key.given,
            closed,
        })
    }

    /// The key of an account; none while it is disabled.
    #[must_use]
    pub fn key_of_account(&self, name: &str) -> Option<HeldKey> {
        self.key_of(Owner::Account(self.id_of_account(name)?))
    }

    fn id_of_account(&self, name: &str) -> Option<RecordId> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&account_form(name)).map(|(id, _)| *id)
    }

    /// Accounts in use that nothing opens: after a restore they get new passwords.
    #[must_use]
    pub fn without_password(&self) -> Vec<String> {
        let closed = |account: &Account| {
            let owner = self.id_of_account(&account.name).map(Owner::Account);
            !account.disabled && owner.is_some_and(|owner| !self.store.has_slot(owner))
        };
        self.accounts().into_iter().filter(closed).map(|account| account.name).collect()
    }

    /// The newest of the data keys.
    #[must_use]
    pub fn key_epoch(&self) -> u16 {
        self.store.register().epoch()
    }

    /// The station's lives so far, and in words each restore and repair that began another.
    #[must_use]
    pub fn lives(&self) -> (u32, Vec<Said>) {
        let register = self.store.register();
        let branches = register.branches().iter().map(|(seq, branch)| branch.said(*seq));
        (register.incarnation(), branches.collect())
    }

    /// The journal against the heads known outside, as last compared.
    #[must_use]
    pub fn heads(&self) -> Option<HeadsCompared> {
        self.store.heads()
    }

    /// What everybody is told before work: a head known outside is not in the journal. Nothing
    /// while all of them are.
    #[must_use]
    pub fn heads_alarm(&self) -> Option<Said> {
        let compared = self.store.heads()?;
        // The last of them says how far the journal had come.
        let newest = compared.missing.last()?;
        let (missing, known) = (compared.missing.len(), compared.known);
        let (zh, en) = (&newest.zh, &newest.en);
        Some(said!(
            "日志和外面记下的对不上（{known} 处记下的链头，{missing} 处不在）：{zh}。",
            "The journal is not what was written down outside ({known} heads known, {missing} missing): {en}."
        ))
    }

    /// What is wrong with what lies outside, for the first screens and the command line: the alarm,
    /// and files there that cannot be read.
    #[must_use]
    pub fn heads_told(&self) -> Vec<Said> {
        let unread = self.store.heads().map(|compared| compared.unread).unwrap_or_default();
        let unread = unread.into_iter().map(|Said { zh, en }| {
            said!(
                "外面记下的链头有一处读不出来，没有核对：{zh}。请管理员看看这个文件。",
                "What was written down outside could not all be read and compared: {en}. Have the administrator look at that file."
            )
        });
        self.heads_alarm().into_iter().chain(unread).collect()
    }

    /// Compares the journal with the heads known outside again.
    pub(super) fn look_at_heads(&self) {
        self.store.look_at_heads();
        self.note_heads();
    }

    /// Says in the journal, once while it is open, that heads known outside are missing. The
    /// station signs it; a disk that does not take it keeps nobody from being told.
    pub(super) fn note_heads(&self) {
        let Some(compared) = self.store.heads().filter(|heads| !heads.missing.is_empty()) else {
            return;
        };
        if self.evidence.noted.swap(true, Ordering::Relaxed) {
            return;
        }
        let count = |count: usize| count.to_string();
        let mut particulars = BTreeMap::from([
            ("known".to_string(), count(compared.known)),
            ("missing".to_string(), count(compared.missing.len())),
        ]);
        particulars.extend(self.doubt_note());
        let note = NewEntry {
            time: self.now(),
            actor: STATION.to_string(),
            origin: Origin::Cli,
            command: HEADS_MISSING.to_string(),
            ops: vec![NewOp::Note(particulars)],
            reason: None,
        };
        let _ = self.store.submit(Hand::Station, vec![note]).wait();
    }

    /// Who gave an account the password it has, and when, where that was no more than the making
    /// of it: its owner is told at the next sign-in, before anything else.
    #[must_use]
    pub fn password_given(&self, name: &str) -> Option<Said> {
        self.account(name).filter(|account| account.must_change)?;
        let history = self.store.history(ACCOUNT, self.id_of_account(name)?).ok()?;
        let since = self.now() - TOLD;
        let changes = ["account-password", "account-enable"];
        let changes = history
            .iter()
            .filter(|entry| changes.contains(&entry.command.as_str()) && entry.time >= since);
        // Who resets a password may sign in with it and change it; all of that is told.
        let changes: Vec<String> = changes
            .take(MOST_TOLD)
            .map(|entry| {
                let at = entry.time.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
                format!("{} {at}", entry.actor)
            })
            .collect();
        if changes.is_empty() {
            return None;
        }
        let (zh, en) = (changes.join("、"), changes.join(", "));
        Some(said!(
            "最近换过这个账号的密码：{zh}。不是您要求的，请告诉经审员或另一位管理员。",
            "New passwords of this account: {en}. Not at your wish? Tell the auditor or another administrator."
        ))
    }
}

/// What the journal calls the station itself.
const STATION: &str = "station";
