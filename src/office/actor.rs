//! Who acts, and what each role may do.

use super::Refusal;
use crate::program::Role;
use crate::record::RecordId;
use crate::said;
use crate::store::{Origin, Signer};
use crate::words::Said;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Make and amend records.
    Write,
    /// Amend what is under review.
    Review,
    /// See sensitive fields in full, with a reason.
    Reveal,
    /// See sensitivity groups, such as health and household finance, without asking: whoever
    /// decides on them. Numbers of people stay masked here too.
    Sensitive,
    /// Open lists of everything, and find more than a handful.
    Lists,
    /// Read the log of the house: who looked, took out, was refused.
    Log,
    /// Take lists out of the program.
    Export,
    /// Bring lists in.
    Import,
    /// Keep accounts.
    Accounts,
    /// Back up and verify.
    Maintain,
}

impl Right {
    /// Whether a role has it. A volunteer sees what a search or a queue shows, masked, and more
    /// only with a reason; an auditor reads masked and changes nothing; an administrator may enter
    /// at the counter, and reviews and decides nothing.
    #[must_use]
    pub fn belongs_to(self, role: Role) -> bool {
        match role {
            Role::Volunteer => matches!(self, Self::Write | Self::Reveal),
            Role::Supervisor => !matches!(self, Self::Accounts | Self::Log),
            Role::Auditor => matches!(self, Self::Maintain | Self::Lists | Self::Log),
            Role::Administrator => self != Self::Review,
        }
    }
}

/// An account of this station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name typed at sign-in.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Set when its rights have ended.
    pub disabled: bool,
    /// Somebody else chose its password: it chooses one of its own before anything else.
    pub must_change: bool,
    /// Its SSH public keys, each an OpenSSH line.
    pub keys: Vec<String>,
    /// Whose account it is, where that person is registered here.
    pub person: Option<RecordId>,
}

impl Account {
    /// Whether it can be used, in a word.
    #[must_use]
    pub fn state(&self) -> Said {
        match (self.disabled, self.must_change) {
            (true, _) => Said::fixed("已停用", "disabled"),
            (false, true) => Said::fixed("待改密码", "new password"),
            (false, false) => Said::fixed("在用", "in use"),
        }
    }
}

/// The hand a session signs with, held until it is locked or left: empty for one that came by an SSH
/// key and has not been asked for a password yet. All copies of an actor share it.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<Holding>>);

#[derive(Default)]
struct Holding {
    signer: Option<Signer>,
    /// A change was to be signed and could not be.
    wanted: bool,
}

impl Held {
    /// Holds this hand.
    #[must_use]
    pub fn with(signer: Signer) -> Self {
        let held = Self::default();
        held.take(signer);
        held
    }

    fn inside(&self) -> MutexGuard<'_, Holding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds this hand from now on.
    pub fn take(&self, signer: Signer) {
        *self.inside() = Holding { signer: Some(signer), wanted: false };
    }

    /// The same hand, held by somebody else from here on.
    fn apart(&self) -> Self {
        let signer = self.inside().signer.clone();
        signer.map(Self::with).unwrap_or_default()
    }

    /// Holds nothing any more.
    pub fn let_go(&self) {
        *self.inside() = Holding::default();
    }

    /// The hand; that there is none is remembered, so that the session asks for the password.
    #[must_use]
    pub fn signer(&self) -> Option<Signer> {
        let mut inside = self.inside();
        inside.wanted |= inside.signer.is_none();
        inside.signer.clone()
    }

    /// Whether a change was to be signed since this was last asked, and could not be.
    #[must_use]
    pub fn was_wanted(&self) -> bool {
        std::mem::take(&mut self.inside().wanted)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

/// Who asks is told by the account; what its session holds is no part of it.
impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Held {}

/// Who is asking: an account, signed in from somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's name.
    pub account: String,
    pub role: Role,
    /// Where the session comes from.
    pub origin: Origin,
    /// What it signs with.
    pub hand: Held,
}

impl Actor {
    /// The same for work that goes on after a screen that may lock meanwhile.
    #[must_use]
    pub fn at_work(&self) -> Self {
        Self { hand: self.hand.apart(), ..self.clone() }
    }

    /// Whether this actor has a right.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        right.belongs_to(self.role)
    }

    /// Nothing when the actor has the right.
    ///
    /// # Errors
    /// A refusal that says who can.
    pub fn need(&self, right: Right) -> Result<(), Refusal> {
        if self.may(right) {
            return Ok(());
        }
        let role = self.role.title();
        let (zh, en) = (&role.zh, &role.en);
        Err(Refusal::forbidden(
            said!("{zh}账号不能进行这项操作。", "This is not open to a {en} account."),
            match right {
                Right::Log => {
                    said!("请由经审员或管理员查看。", "Ask an auditor or the administrator.")
                }
                _ => said!("请由审核员或管理员办理。", "Ask a supervisor or the administrator."),
            },
        ))
    }
}
