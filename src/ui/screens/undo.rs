//! Taking the last save back: what that changes is shown before it happens.

use crate::office::Command;
use crate::record::{Record, china_offset};
use crate::said;
use crate::ui::ask::{Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};
use crate::words::Said;

/// Asks whether the person's own last save of a record is to be taken back.
pub fn ask(record: &Record, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let found = match cx.office.undoable(who, record.id) {
        Ok(found) => found,
        Err(refusal) => return cx.say(Notice::from(refusal)),
    };
    let at = found.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M:%S");
    let what = &found.what;
    let mut body = vec![Said::new(
        format!("您在 {at} 的保存：{}", what.zh),
        format!("Your save of {at}: {}", what.en),
    )];
    if found.withdraws {
        body.push(said!(
            "撤销后这份记录不再出现在任何列表里，它的经过仍在日志中。",
            "Once taken back the record is in no list any more; its history stays in the journal."
        ));
    } else {
        body.push(said!("撤销后：", "Taking it back:"));
        body.extend(found.changes.iter().map(|change| {
            let said = change.said();
            Said::new(format!("　{}", said.zh), format!("  {}", said.en))
        }));
    }
    body.extend(found.others.iter().map(|other| {
        let (kind, number) = (&other.kind, &other.number);
        if other.withdraws {
            return Said::new(
                format!("同一次保存新建的{} {number} 一并撤销。", kind.zh),
                format!("{} {number}, made by the same save, goes with it.", kind.en),
            );
        }
        Said::new(
            format!("同一次保存改过的{} {number} 一并回到以前。", kind.zh),
            format!("{} {number}, changed by the same save, goes back with it.", kind.en),
        )
    }));
    let (id, seq) = (record.id, Some(found.seq));
    let title = said!("撤销上次保存", "Undo the last save");
    let asked = Ask::new(title, body, Vec::new(), move |_, cx| {
        let Some(who) = cx.who else { return };
        match cx.office.perform(who, Command::Undo { id, seq }) {
            Ok(receipt) => {
                let number = &receipt.number;
                cx.ask(Effect::Saved(receipt.at));
                cx.say(Notice::good(said!(
                    "{number} 的上次保存已撤销。",
                    "The last save of {number} was taken back."
                )));
                cx.ask(Effect::Refresh);
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    });
    cx.open(asked.deciding());
}

/// Asks why, then takes the person's own last step back.
pub fn take_back(record: &Record, cx: &mut Context) {
    let (id, number) = (record.id, &record.number);
    let body = vec![said!(
        "{number} 回到上一步以前；这一步和撤回都留在经过里。",
        "{number} goes back to before the last step; the step and its taking back stay in the history."
    )];
    let parts = vec![Part::line(said!("原因", "Reason"))];
    let asked = Ask::new(
        said!("撤回上一步", "Take the last step back"),
        body,
        parts,
        move |answered, cx| {
            let Some(who) = cx.who else { return };
            let reason = answered.into_iter().flatten().next().unwrap_or_default();
            match cx.office.perform(who, Command::TakeBack { id, seq: None, reason }) {
                Ok(receipt) => {
                    let number = &receipt.number;
                    cx.ask(Effect::Saved(receipt.at));
                    cx.say(Notice::good(said!(
                        "{number} 的上一步已撤回。",
                        "The last step of {number} was taken back."
                    )));
                    cx.ask(Effect::Refresh);
                }
                Err(refusal) => cx.say(Notice::from(refusal)),
            }
        },
    );
    cx.open(asked.deciding());
}
