//! Merging a record that turned out to be another one: chosen by a search, told what that does, done
//! with a reason.

use crate::office::Command;
use crate::record::{Record, RecordId};
use crate::said;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};
use crate::ui::screens::find::Find;
use crate::words::Said;

/// Opens the search for the one that stays.
pub fn choose(record: &Record, cx: &mut Context) {
    let Some(kind) = cx.office.catalogue().kind(&record.kind) else { return };
    let find = Find::choosing(kind, false, "");
    cx.open(find);
}

/// The one that stays was chosen: says what happens and asks why.
pub fn chosen(record: &Record, answers: &Answered, cx: &mut Context) {
    // What the search answers ends in the number.
    let chosen = answers.first().and_then(|answer| answer.first());
    let number = chosen.and_then(|chosen| chosen.rsplit(' ').next()).unwrap_or_default();
    let Some(into) = cx.office.numbered(number) else { return };
    let Some(who) = cx.who else { return };
    let excess = match cx.office.may_merge(who, record.id, into) {
        Ok(excess) => excess,
        Err(refusal) => return cx.say(Notice::from(refusal)),
    };
    ask(record, into, excess, cx);
}

fn ask(record: &Record, into: RecordId, excess: Vec<Said>, cx: &mut Context) {
    let (id, gone, stays) = (record.id, cx.office.title_of(record), cx.office.name_of(into));
    let number = &record.number;
    let mut body = vec![said!(
        "{gone}（{number}）并入 {stays}：以后只有 {stays}，指向 {gone} 的记录都算在 {stays} 名下，内容不改。名下没有动过之前，可以撤销。",
        "{gone} ({number}) becomes {stays}: what points at {gone} is counted as {stays}'s from now on and is not rewritten. It can be taken back until something of it was changed."
    )];
    body.extend(excess);
    let parts = vec![Part::line(said!("原因", "Reason"))];
    let title = said!("合并", "Merge");
    let asked = Ask::new(title, body, parts, move |answers, cx| {
        let Some(who) = cx.who else { return };
        let reason = answers.into_iter().flatten().next().unwrap_or_default();
        match cx.office.perform(who, Command::Merge { id, into, reason }) {
            Ok(receipt) => {
                let number = &receipt.number;
                cx.ask(Effect::Saved(receipt.at));
                cx.say(Notice::good(said!("已并入 {number}。", "Merged into {number}.")));
                cx.ask(Effect::Refresh);
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    });
    cx.open(asked.deciding());
}
