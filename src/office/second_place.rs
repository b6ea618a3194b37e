//! The second place for backups. The journal says which it is; `backup.toml` says so again for those
//! who cannot open the journal, and is put right where it says otherwise: whoever could name another
//! place in the open would silence what the second place knows.

use super::own_kinds::PLACE;
use super::plan::Plan;
use super::refusal::unavailable;
use super::{Actor, Command, Office, Refusal, Right};
use crate::record::{Fields, Record, Value};
use crate::said;
use crate::store::{Entry, Op};
use crate::words::Said;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// The full path; empty for none.
const WHERE: &str = "place";
/// The life of the station in which it was named: a copy restored elsewhere has no say there.
const LIFE: &str = "life";

/// Which place an entry names.
pub(super) fn place_said(entry: &Entry) -> Said {
    let place = entry.ops.iter().find_map(|op| match op {
        Op::Put { record, .. } => Some(record.text(WHERE)),
        Op::Seen { .. } | Op::Note(_) => None,
    });
    match place.unwrap_or_default() {
        "" => Said::fixed("每天的备份不再抄到第二处", "No second place for backups any more"),
        place => said!("每天的备份也抄到 {place}", "Second place for backups: {place}"),
    }
}

impl Office {
    /// Names the second place for backups, or none; that is journaled.
    ///
    /// # Errors
    /// For a role that may not, or what the machine gives.
    pub fn name_second_place(&self, actor: &Actor, place: Option<&Path>) -> Result<(), Refusal> {
        self.perform(actor, Command::SecondPlace { place: place.map(Path::to_path_buf) })?;
        self.store.set_second_place(place).map_err(|error| unavailable(&error))?;
        self.look_at_backups();
        Ok(())
    }

    pub(super) fn plan_second_place(
        &self,
        actor: &Actor,
        place: Option<&Path>,
    ) -> Result<Plan, Refusal> {
        actor.need(Right::Maintain)?;
        let now = self.now();
        let kept = self.store.scan(PLACE, None, 1).map_err(|error| unavailable(&error))?;
        let kept = kept.first().map(|kept| self.inside(PLACE, kept.record.id)).transpose()?;
        let mut record = match kept.flatten() {
            Some(mut record) => {
                self.touch(actor, &mut record);
                record
            }
            None => Record::made(super::ids::new_id(now)?, PLACE, PLACE, &actor.account, now),
        };
        let place = place.map(|place| place.display().to_string()).unwrap_or_default();
        let life = self.store.register().incarnation();
        record.fields = Fields::from([
            (WHERE.to_string(), Value::Text(place)),
            (LIFE.to_string(), Value::Text(life.to_string())),
        ]);
        Ok(Plan::put(PLACE, vec![record]))
    }

    /// Makes `backup.toml` name the place the journal names.
    pub(super) fn keep_second_place(&self) {
        // A machine that refuses is told where it refuses.
        let Ok(found) = self.store.scan(PLACE, None, 1) else { return };
        let named = match found.first() {
            Some(found) => match self.store.sure(PLACE, found.record.id) {
                Ok(Some(stored)) => Some(stored.record),
                _ => return,
            },
            None => None,
        };
        let place = named.as_ref().map(|record| record.text(WHERE)).filter(|it| !it.is_empty());
        let place = place.map(PathBuf::from);
        let there = self.store.second_place();
        if matches!(&there, Ok(there) if *there == place) {
            return;
        }
        let life = self.store.register().incarnation().to_string();
        let shown = place.as_ref().map(|place| place.display().to_string()).unwrap_or_default();
        let told = if matches!(there, Ok(None))
            && named.as_ref().is_some_and(|record| record.text(LIFE) != life)
        {
            said!(
                "恢复之前每天的备份也抄到 {shown}；这里还没有第二位置，请在系统页按 p 或用 yizhan backup --second 指定。",
                "Before the restore, daily backups were copied to {shown} too; here there is no second place yet: name one with `p` on the system screen or `yizhan backup --second`."
            )
        } else {
            if self.store.set_second_place(place.as_deref()).is_ok() {
                self.store.look_at_heads();
            }
            let (zh, en) =
                if place.is_some() { (&*shown, &*shown) } else { ("不抄到别处", "none") };
            said!(
                "backup.toml 里的第二备份位置和日志里记的不一样，已改回：{zh}。不是您改的，请运行 yizhan verify。",
                "backup.toml named another second place for backups than the journal does; put back: {en}. If that was not you, run `yizhan verify`."
            )
        };
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }
}
