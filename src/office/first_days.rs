//! What is still to be set up in a new station, told until it is done.

use super::{Account, Actor, Right};
use crate::program::Role;
use crate::said;
use crate::words::Said;

/// Supervisors that must have their hands in a decision.
const HANDS: usize = 2;

impl super::Office {
    /// What a station with fewer than two supervisors is told: nobody decides alone.
    #[must_use]
    pub fn wants_supervisors(&self) -> Option<Said> {
        let able = |account: &Account| account.role == Role::Supervisor && !account.disabled;
        let there = self.accounts().into_iter().filter(able).count();
        (there < HANDS).then(|| {
            said!(
                "办理决定要两名主管先后经手，现有 {there} 名。不足两名时，决定由上级工会作出，在这里登记文号和日期。",
                "A decision takes two supervisors; this station has {there}. With fewer, the union above decides, and its document and date are entered here."
            )
        })
    }

    /// What is still to be set up, for whoever can do something about it.
    #[must_use]
    pub fn to_set_up(&self, actor: &Actor) -> Vec<Said> {
        let keeps = actor.may(Right::Accounts);
        let alone = keeps && self.accounts().len() == 1;
        let first = alone.then(|| {
            said!(
                "还没有第二个账号：按 0 进“系统”，再按 a 给每个人建自己的账号。",
                "There is no second account yet: press 0, then a, and give everybody one of their own."
            )
        });
        let hands = self.wants_supervisors().filter(|_| keeps || actor.may(Right::Review));
        first.into_iter().chain(hands).collect()
    }
}
