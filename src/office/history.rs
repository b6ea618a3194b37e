//! A record's life as the journal tells it: who did what, when, from where, field by field.

use super::door::{ACCOUNT, unavailable};
use super::{Actor, Refusal};
use crate::record::{Instant, Record, RecordId, Value};
use crate::said;
use crate::store::{Entry, Op, Origin};
use crate::words::{Lang, Said};

/// One field's change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The field's title.
    pub field: Said,
    /// Before, masked; empty for nothing.
    pub before: Said,
    /// After, masked; empty for nothing.
    pub after: Said,
    /// What was entered, where something else is kept: characters that stand for others.
    pub entered: Option<Said>,
}

impl Change {
    /// `field: before → after`, and in brackets what was entered where that is not what is kept.
    #[must_use]
    pub fn said(&self) -> Said {
        let side = |lang: Lang| {
            let shown = |said: &Said| match said.get(lang) {
                "" => "—".to_string(),
                text => text.to_string(),
            };
            let (before, after) = (shown(&self.before), shown(&self.after));
            let entered = match (&self.entered, lang) {
                (Some(entered), Lang::Zh) => format!("（{}）", entered.zh),
                (Some(entered), Lang::En) => format!(" ({})", entered.en),
                (None, _) => String::new(),
            };
            format!("{}: {before} → {after}{entered}", self.field.get(lang))
        };
        Said::new(side(Lang::Zh), side(Lang::En))
    }
}

/// One event in a record's life.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Journal sequence.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Account.
    pub by: String,
    /// Where that account's session was.
    pub from: Said,
    /// What was done.
    pub what: Said,
    /// The command's name.
    pub command: String,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// What changed, field by field.
    pub changes: Vec<Change>,
}

impl super::Office {
    /// A record's life, newest first, with each change field by field.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn history(&self, who: &Actor, kind: &str, id: RecordId) -> Result<Vec<Event>, Refusal> {
        let entries = self.store.history(kind, id).map_err(|error| unavailable(&error))?;
        let mut events = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let now = put_of(entry, id);
            let before = entries.iter().skip(at + 1).find_map(|older| put_of(older, id));
            let mut changes = now.map(|now| self.changes(who, before, now)).unwrap_or_default();
            if let Some(now) = now {
                self.tell_entered(who, entry, now, &mut changes);
            }
            events.push(Event {
                seq: entry.seq,
                at: entry.time,
                by: entry.actor.clone(),
                from: origin_said(&entry.origin),
                what: self.what_said(entry, now, id),
                command: entry.command.clone(),
                reason: entry.reason.clone(),
                changes,
            });
        }
        Ok(events)
    }

    /// Adds what was entered to the changes of an entry; to a field that came out unchanged too.
    fn tell_entered(&self, who: &Actor, entry: &Entry, now: &Record, changes: &mut Vec<Change>) {
        let entered = super::entering::entered_in(entry, now.id);
        let kind = self.catalogue.kind(&now.kind).filter(|_| !entered.is_empty());
        for field in kind.into_iter().flat_map(|kind| kind.fields()) {
            let texts: Vec<Said> = entered
                .iter()
                .filter(|(place, _)| *place == field.id)
                .map(|(_, said)| said.clone())
                .collect();
            if texts.is_empty() {
                continue;
            }
            let entered = Some(Said::join(&texts, "，", ", "));
            if let Some(change) = changes.iter_mut().find(|change| change.field == field.title) {
                change.entered = entered;
            } else {
                let kept =
                    now.get(&field.id).map(|value| self.shown_value(Some(who), field, value));
                let kept = kept.unwrap_or_default();
                let field = field.title.clone();
                changes.push(Change { field, before: kept.clone(), after: kept, entered });
            }
        }
    }

    /// A record as it was at a revision; nothing where the journal no longer tells.
    #[must_use]
    pub fn record_at(&self, kind: &str, id: RecordId, revision: u32) -> Option<Record> {
        let entries = self.store.history(kind, id).ok()?;
        let versions = entries.iter().filter_map(|entry| put_of(entry, id));
        versions.into_iter().find(|record| record.revision == revision).cloned()
    }

    pub(super) fn what_said(&self, entry: &Entry, now: Option<&Record>, id: RecordId) -> Said {
        match entry.command.as_str() {
            "create" => Said::fixed("新建", "made"),
            "amend" => Said::fixed("修改", "changed"),
            "undo" => Said::fixed("撤销上次保存", "last save taken back"),
            "take-back" => Said::fixed("撤回上一步", "last step taken back"),
            "propose" => now
                .and_then(|record| {
                    let proposal = record.proposal.as_ref()?;
                    let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
                    let title = &life.find_move(&proposal.id)?.title;
                    Some(Said::new(
                        format!("提出“{}”，待另一人复核", title.zh),
                        format!("put \"{}\" forward, to be seconded", title.en),
                    ))
                })
                .unwrap_or_else(|| Said::fixed("提出，待复核", "put forward")),
            "add-rows" => Said::fixed("导入行", "rows imported"),
            "reveal" => {
                let fields = entry.ops.iter().find_map(|op| match op {
                    Op::Seen { id: seen, fields, .. } if *seen == id => Some(fields.join(" ")),
                    _ => None,
                });
                let fields = fields.unwrap_or_default();
                said!("查看完整内容：{fields}", "looked at in full: {fields}")
            }
            "move" => now
                .and_then(|record| {
                    let made = record.moves.last()?;
                    let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
                    Some(life.find_move(&made.id)?.title.clone())
                })
                .unwrap_or_else(|| Said::fixed("办理", "step")),
            other if other.starts_with("account") => Said::fixed("账号变动", "account"),
            other => Said::same(other),
        }
    }

    pub(super) fn changes(
        &self,
        who: &Actor,
        before: Option<&Record>,
        now: &Record,
    ) -> Vec<Change> {
        let Some(kind) = self.catalogue.kind(&now.kind) else { return Vec::new() };
        let mut changes = Vec::new();
        let old_state = before.map(|record| record.state.as_str()).unwrap_or_default();
        if old_state != now.state
            && let Some(life) = &kind.workflow
        {
            let title =
                |state: &str| life.state(state).map(|s| s.title.clone()).unwrap_or_default();
            changes.push(Change {
                field: Said::fixed("状态", "State"),
                before: title(old_state),
                after: title(&now.state),
                entered: None,
            });
        }
        for field in kind.fields() {
            let old = before.and_then(|record| record.get(&field.id));
            let new = now.get(&field.id);
            if old == new {
                continue;
            }
            let shown = |value: Option<&Value>| match value {
                Some(Value::Table(rows)) => {
                    Said::join(&self.shown_rows(Some(who), field, rows), "；", "; ")
                }
                Some(value) => self.shown_value(Some(who), field, value),
                None => Said::default(),
            };
            changes.push(Change {
                field: field.title.clone(),
                before: shown(old),
                after: shown(new),
                entered: None,
            });
        }
        changes
    }
}

pub(super) fn put_of(entry: &Entry, id: RecordId) -> Option<&Record> {
    entry.ops.iter().find_map(|op| match op {
        Op::Put { record, .. } if record.id == id && record.kind != ACCOUNT => Some(record),
        _ => None,
    })
}

pub(super) fn origin_said(origin: &Origin) -> Said {
    match origin {
        Origin::Terminal => Said::fixed("本机", "this terminal"),
        Origin::Socket => Said::fixed("本机另一窗口", "another terminal here"),
        Origin::Ssh(address) => said!("SSH {address}", "SSH {address}"),
        Origin::Cli => Said::fixed("命令行", "command line"),
    }
}
