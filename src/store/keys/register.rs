//! The register: which keys hold at a place of the journal, as its open frames say.
//!
//! It grows frame by frame in the order of the journal and accepts only what whoever signed the
//! frame may do: the first frame is the recovery key's own, the root; every later key was given by
//! an administrator or the recovery key, back to that root. Kept in the checkpoint, so that opening
//! need not read the journal for it; `verify` derives it anew.

use super::plain::{Branch, EpochFrame, Erase, KeyFrame, Owner, Plain};
use super::seed::{Public, SignerId};
use crate::words::Said;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The role that keeps keys, as the office names it.
pub const ADMINISTRATOR: &str = "administrator";

/// A key that holds, or held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKey {
    /// Whose.
    pub owner: Owner,
    /// The key.
    pub public: Public,
    /// The role of the account.
    pub role: Option<String>,
    /// Somebody else chose its password.
    pub given: bool,
    /// The frame that gave it.
    pub since: u64,
    /// The frame that ended it.
    pub until: Option<u64>,
    /// Who gave it.
    pub by: SignerId,
}

impl KnownKey {
    /// Whether its owner keeps keys, or did: an administrator with a password of their own, or the
    /// recovery key.
    #[must_use]
    pub fn may_keep_keys(&self) -> bool {
        let administrator = self.role.as_deref() == Some(ADMINISTRATOR) && !self.given;
        administrator || self.owner == Owner::Recovery
    }

    fn keeps_keys(&self) -> bool {
        self.until.is_none() && self.may_keep_keys()
    }
}

/// Why a frame is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The journal does not begin with the key of its own root.
    NoRoot,
    /// Nobody here has this key.
    UnknownSigner,
    /// The key no longer held, or not yet.
    NotHeld,
    /// Somebody else chose its password, and it signed more than its replacement.
    Given,
    /// Only an administrator or the recovery key may do this.
    NotAllowed,
    /// The key is somebody else's: whoever signs with it would be taken for another.
    Taken,
    /// An epoch or a branch out of its order.
    Order,
    /// It cannot be read.
    Unreadable,
}

impl Refused {
    /// What is wrong, for a report.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::NoRoot => Said::fixed(
                "日志不是以恢复密钥的签名开头",
                "the journal does not begin with the recovery key's own signature",
            ),
            Self::UnknownSigner => {
                Said::fixed("签名的密钥不在名册上", "signed with a key that is not in the register")
            }
            Self::NotHeld => Said::fixed(
                "签名的密钥当时已停用或尚未启用",
                "signed with a key that did not hold at the time",
            ),
            Self::Given => Said::fixed(
                "签名的密钥只有别人设的密码，只能用来改密码",
                "signed with a key whose password somebody else had chosen: it opens nothing but its change",
            ),
            Self::NotAllowed => Said::fixed(
                "只有管理员或恢复密钥可以改动名册",
                "only an administrator or the recovery key may change the register",
            ),
            Self::Taken => Said::fixed("这把密钥已是别人的", "the key is somebody else's already"),
            Self::Order => {
                Said::fixed("密钥的期次或分支不连续", "an epoch or a branch is out of its order")
            }
            Self::Unreadable => {
                Said::fixed("名册的一页读不懂", "a page of the register cannot be read")
            }
        }
    }
}

/// The keys, epochs, branches and erasures up to a place of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    keys: Vec<KnownKey>,
    epochs: Vec<EpochFrame>,
    branches: Vec<(u64, Branch)>,
    /// For each entry that was erased: the frame that says so, and the hash of the rest.
    erased: BTreeMap<u64, (u64, [u8; 32])>,
    #[serde(skip)]
    places: HashMap<SignerId, usize>,
}

impl Register {
    /// The root: the first key of all.
    #[must_use]
    pub fn root(&self) -> Option<Public> {
        self.keys.first().map(|root| root.public)
    }

    /// Every key there is or was, in order.
    #[must_use]
    pub fn keys(&self) -> &[KnownKey] {
        &self.keys
    }

    /// The key somebody has now.
    #[must_use]
    pub fn current(&self, owner: Owner) -> Option<&KnownKey> {
        self.keys.iter().rev().find(|key| key.owner == owner && key.until.is_none())
    }

    /// The keys that hold now.
    pub fn holders(&self) -> impl Iterator<Item = &KnownKey> {
        self.keys.iter().filter(|key| key.until.is_none())
    }

    /// A key by the name frames give it, whether it still holds or not.
    #[must_use]
    pub fn known(&self, signer: SignerId) -> Option<&KnownKey> {
        match self.places.get(&signer) {
            Some(at) => self.keys.get(*at),
            // Read from a checkpoint and not changed since.
            None => self.keys.iter().rev().find(|key| key.public.id() == signer),
        }
    }

    /// The newest epoch; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u16 {
        self.epochs.last().map_or(0, |epoch| epoch.number)
    }

    /// The epochs, in order.
    #[must_use]
    pub fn epochs(&self) -> &[EpochFrame] {
        &self.epochs
    }

    /// The station's lives so far.
    #[must_use]
    pub fn incarnation(&self) -> u32 {
        self.branches.last().map_or(1, |(_, branch)| branch.incarnation)
    }

    /// The branches, each with its sequence.
    #[must_use]
    pub fn branches(&self) -> &[(u64, Branch)] {
        &self.branches
    }

    /// What is in the place of an erased entry: the frame that erased it and the hash of the rest.
    #[must_use]
    pub fn erased(&self, seq: u64) -> Option<(u64, [u8; 32])> {
        self.erased.get(&seq).copied()
    }

    /// Whether these bytes are what remains of an erased entry.
    #[must_use]
    pub fn is_rest(&self, seq: u64, rest: &[u8]) -> bool {
        self.erased(seq).is_some_and(|(_, said)| said == *blake3::hash(rest).as_bytes())
    }

    /// Every erased entry.
    #[must_use]
    pub fn all_erased(&self) -> &BTreeMap<u64, (u64, [u8; 32])> {
        &self.erased
    }

    /// What the page of an entry may have said, as far as that is kept here.
    #[must_use]
    pub fn pages_at(&self, seq: u64) -> Vec<Plain> {
        let given = self.keys.iter().filter(|key| key.since == seq).map(|key| KeyFrame {
            owner: key.owner,
            public: Some(key.public),
            role: key.role.clone(),
            given: key.given,
        });
        let ended = self.keys.iter().filter(|key| key.until == Some(seq));
        let ended =
            ended.map(|key| KeyFrame { owner: key.owner, public: None, role: None, given: false });
        let keys = given.chain(ended).map(Plain::Key);
        let branches = self.branches.iter().filter(|(at, _)| *at == seq);
        let branches = branches.map(|(_, branch)| Plain::Branch(branch.clone()));
        keys.chain(branches).chain(self.epochs.iter().cloned().map(Plain::Epoch)).collect()
    }

    /// Whether another register says the same.
    #[must_use]
    pub fn is_what(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.keys.clone(), one.epochs.clone(), one.branches.clone());
        of(self) == of(other) && self.erased == other.erased
    }

    /// Whether a branch after them says that the content of a row of entries was lost.
    #[must_use]
    pub fn lost(&self, (first, last): (u64, u64)) -> bool {
        let mut branches = self.branches.iter().filter(|(seq, _)| *seq > last);
        branches.any(|(_, branch)| branch.lost.iter().any(|(a, b)| *a <= first && last <= *b))
    }

    /// Whether a branch after them vouches for a row of entries whose signature was lost.
    #[must_use]
    pub fn vouched(&self, (first, last): (u64, u64)) -> bool {
        let mut branches = self.branches.iter().filter(|(seq, _)| *seq > last);
        branches.any(|(_, branch)| branch.vouched.iter().any(|(a, b)| *a <= first && last <= *b))
    }

    /// Whether a later branch gave up a head: it goes on from before it, or names it.
    #[must_use]
    pub fn given_up(&self, incarnation: u32, seq: u64, hash: &[u8; 32]) -> bool {
        let later = self.branches.iter().map(|(_, branch)| branch);
        later.filter(|branch| branch.incarnation > incarnation).any(|branch| {
            let named = branch.given_up.iter().any(|head| head.seq == seq && head.hash == *hash);
            branch.from < seq || named
        })
    }

    /// Whether somebody may sign entries here.
    ///
    /// # Errors
    /// Why not.
    pub fn may_sign(&self, signer: SignerId) -> Result<&KnownKey, Refused> {
        let key = self.known(signer).ok_or(Refused::UnknownSigner)?;
        match (key.until, key.given) {
            (Some(_), _) => Err(Refused::NotHeld),
            (None, true) => Err(Refused::Given),
            (None, false) => Ok(key),
        }
    }

    /// Takes in an open frame.
    ///
    /// # Errors
    /// Why whoever signed it may not have written it here; nothing is changed then.
    pub fn admit(&mut self, seq: u64, signer: SignerId, plain: &Plain) -> Result<(), Refused> {
        if self.keys.is_empty() {
            return self.found(seq, signer, plain);
        }
        let by = self.known(signer).ok_or(Refused::UnknownSigner)?;
        if by.until.is_some() {
            return Err(Refused::NotHeld);
        }
        let keeps_keys = by.keeps_keys();
        if let Plain::Key(KeyFrame { owner, public: Some(public), .. }) = plain
            && self.known(public.id()).is_some_and(|known| known.owner != *owner)
        {
            return Err(Refused::Taken);
        }
        match plain {
            Plain::Key(key) if keeps_keys || own_replacement(by, key) => {
                self.take(seq, signer, key);
            }
            _ if !keeps_keys => return Err(Refused::NotAllowed),
            Plain::Key(_) => {}
            Plain::Epoch(epoch) if epoch.number == self.epoch().saturating_add(1) => {
                self.epochs.push(epoch.clone());
            }
            Plain::Branch(branch) if branch.incarnation == self.incarnation() + 1 => {
                self.branches.push((seq, branch.clone()));
            }
            Plain::Epoch(_) | Plain::Branch(_) => return Err(Refused::Order),
            Plain::Erase(Erase { entries, .. }) => {
                self.erased.extend(entries.iter().map(|one| (one.seq, (seq, one.rest))));
            }
        }
        Ok(())
    }

    /// The first frame of all: the recovery key signs itself in.
    fn found(&mut self, seq: u64, signer: SignerId, plain: &Plain) -> Result<(), Refused> {
        match plain {
            Plain::Key(key @ KeyFrame { owner: Owner::Recovery, public: Some(public), .. })
                if public.id() == signer =>
            {
                self.take(seq, signer, key);
                Ok(())
            }
            _ => Err(Refused::NoRoot),
        }
    }

    fn take(&mut self, seq: u64, by: SignerId, key: &KeyFrame) {
        for before in &mut self.keys {
            if before.owner == key.owner && before.until.is_none() {
                before.until = Some(seq);
            }
        }
        if let Some(public) = key.public {
            self.places.insert(public.id(), self.keys.len());
            self.keys.push(KnownKey {
                owner: key.owner,
                public,
                role: key.role.clone(),
                given: key.given,
                since: seq,
                until: None,
                by,
            });
        }
    }
}

/// Whoever has a key replaces it by another of their own, and nothing else of it.
fn own_replacement(by: &KnownKey, key: &KeyFrame) -> bool {
    matches!(by.owner, Owner::Account(_))
        && !key.given
        && by.owner == key.owner
        && by.role == key.role
        && key.public.is_some_and(|public| public != by.public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordId;
    use crate::store::keys::{Seed, Signer};

    fn signer(n: u8) -> Signer {
        Seed::from_bytes(&[n; 32]).signer()
    }

    fn account(n: u128) -> Owner {
        Owner::Account(RecordId(uuid::Uuid::from_u128(n)))
    }

    fn key(owner: Owner, of: Option<&Signer>, role: &str, given: bool) -> Plain {
        let role = of.map(|_| role.to_string()).filter(|role| !role.is_empty());
        Plain::Key(KeyFrame { owner, public: of.map(Signer::public), role, given })
    }

    /// The root, an administrator, a volunteer with a password of its own and one with a given one.
    fn register() -> (Register, [Signer; 4]) {
        let [root, admin, own, given] = [1, 2, 3, 4].map(signer);
        let mut register = Register::default();
        let by = root.id();
        register.admit(1, by, &key(Owner::Recovery, Some(&root), "", false)).unwrap();
        register.admit(2, by, &key(account(1), Some(&admin), ADMINISTRATOR, false)).unwrap();
        register.admit(3, admin.id(), &key(account(2), Some(&own), "volunteer", false)).unwrap();
        register.admit(4, admin.id(), &key(account(3), Some(&given), "volunteer", true)).unwrap();
        (register, [root, admin, own, given])
    }

    #[test]
    fn only_whoever_keeps_keys_changes_them() {
        let (register, [root, admin, own, given]) = register();
        let fresh = signer(9);
        let epoch = Plain::Epoch(EpochFrame { number: 1, commitment: [0; 32], holders: vec![] });
        let branch = |incarnation| {
            let (from, why) = (1, "restore".to_string());
            Plain::Branch(Branch {
                incarnation,
                from,
                given_up: vec![],
                lost: vec![],
                vouched: vec![],
                why,
            })
        };
        let self_made = key(account(7), Some(&fresh), ADMINISTRATOR, false);
        let promoted = key(account(2), Some(&own), ADMINISTRATOR, false);
        for plain in [&self_made, &promoted, &epoch, &branch(2)] {
            for (by, refused) in [(&own, true), (&given, true), (&admin, false), (&root, false)] {
                let done = register.clone().admit(9, by.id(), plain);
                assert_eq!(done.is_err(), refused, "{plain:?}");
            }
            assert_eq!(register.clone().admit(9, fresh.id(), plain), Err(Refused::UnknownSigner));
        }
        assert_eq!(register.clone().admit(9, root.id(), &branch(3)), Err(Refused::Order));
        let second = Plain::Epoch(EpochFrame { number: 2, commitment: [0; 32], holders: vec![] });
        assert_eq!(register.clone().admit(9, root.id(), &second), Err(Refused::Order));
    }

    #[test]
    fn a_given_password_replaces_its_own_key_and_signs_nothing_else() {
        let (mut register, [_, admin, own, given]) = register();
        let fresh = signer(9);
        assert_eq!(register.may_sign(given.id()).err(), Some(Refused::Given));
        assert!(register.may_sign(own.id()).is_ok());
        for wrong in [
            key(account(3), Some(&fresh), "supervisor", false),
            key(account(3), Some(&fresh), "volunteer", true),
            key(account(2), Some(&fresh), "volunteer", false),
            key(account(3), None, "", false),
        ] {
            assert_eq!(register.clone().admit(9, given.id(), &wrong), Err(Refused::NotAllowed));
        }
        register.admit(9, given.id(), &key(account(3), Some(&fresh), "volunteer", false)).unwrap();
        assert_eq!(register.may_sign(given.id()).err(), Some(Refused::NotHeld));
        assert!(register.may_sign(fresh.id()).is_ok());
        // Disabled: no key, and what it signs from then on counts for nothing.
        register.admit(10, admin.id(), &key(account(3), None, "", false)).unwrap();
        assert_eq!(register.may_sign(fresh.id()).err(), Some(Refused::NotHeld));
        assert!(register.current(account(3)).is_none());
    }

    #[test]
    fn a_key_is_one_owners_for_ever() {
        let (mut register, [root, admin, own, _]) = register();
        for (whose, of) in [(account(9), &root), (account(9), &own), (Owner::Recovery, &admin)] {
            let page = key(whose, Some(of), "volunteer", false);
            assert_eq!(register.clone().admit(9, admin.id(), &page), Err(Refused::Taken));
        }
        // Another role is given to the same key.
        let page = key(account(2), Some(&own), "supervisor", false);
        register.admit(9, admin.id(), &page).unwrap();
        assert_eq!(register.known(own.id()).unwrap().role.as_deref(), Some("supervisor"));
    }

    #[test]
    fn it_begins_with_its_own_root_and_comes_back_from_a_checkpoint() {
        let (root, other) = (signer(1), signer(2));
        let mut empty = Register::default();
        let first = key(Owner::Recovery, Some(&root), "", false);
        assert_eq!(empty.admit(1, other.id(), &first), Err(Refused::NoRoot));
        let account = key(account(1), Some(&root), ADMINISTRATOR, false);
        assert_eq!(empty.admit(1, root.id(), &account), Err(Refused::NoRoot));
        let (register, signers) = register();
        let bytes = rmp_serde::to_vec_named(&register).unwrap();
        let again: Register = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(again.keys(), register.keys());
        for signer in signers {
            assert_eq!(again.known(signer.id()), register.known(signer.id()));
        }
        assert_eq!(again.root(), Some(root.public()));
    }
}
