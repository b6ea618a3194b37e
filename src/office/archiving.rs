//! Old entries put away in the second place, by an administrator.

use super::door::unavailable;
use super::{Actor, Office, Refusal, Right};
use crate::record::china_date;
use crate::store::{Draft, DraftOp, OldSegment, PutAwayReport};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What the journal calls it.
pub(super) const COMMAND: &str = "archive";

impl Office {
    /// The parts of the journal that are written no more, the oldest first.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn old_segments(&self, actor: &Actor) -> Result<Vec<OldSegment>, Refusal> {
        actor.need(Right::Maintain)?;
        self.store.old_segments().map_err(|error| unavailable(&error))
    }

    /// Puts away what was saved before a day, as far as whole parts of the journal are older. The
    /// entries lie in the second place from then on and no longer here.
    ///
    /// # Errors
    /// Somebody who is no administrator, no second place, or what the machine gives.
    pub fn put_away(&self, actor: &Actor, before: NaiveDate) -> Result<PutAwayReport, Refusal> {
        actor.need(Right::Accounts)?;
        self.may_go_on(actor)?;
        self.own_password(&actor.account)?;
        let hand = self.hand_of(actor)?;
        let old = self.old_segments(actor)?.into_iter();
        let is_old = |one: &OldSegment| {
            one.away || one.until.is_some_and(|until| china_date(until) < before)
        };
        let upto = old.take_while(is_old).last().map_or(0, |one| one.number);
        let _nobody_else = self.enter();
        let draft = |old: &[OldSegment]| {
            let told = |seq: Option<u64>| seq.unwrap_or(0).to_string();
            let note = BTreeMap::from([
                ("first".to_string(), told(old.first().map(|one| one.first))),
                ("last".to_string(), told(old.last().map(|one| one.last))),
            ]);
            Draft {
                time: self.now(),
                actor: actor.account.clone(),
                origin: actor.origin.clone(),
                command: COMMAND.to_string(),
                ops: vec![DraftOp::Note(note)],
                reason: None,
            }
        };
        self.store.put_away(&hand, upto, draft).map_err(|error| unavailable(&error))
    }
}
