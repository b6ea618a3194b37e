//! The question whether a clock that reads earlier than what was saved, or much later, is right.

use crate::office::ClockDoubt;
use crate::said;
use crate::ui::ask::{Ask, Part};
use crate::ui::screen::Notice;

/// Tells what is in doubt; whoever may settle it is asked.
pub fn question(doubt: ClockDoubt, may_settle: bool) -> Ask {
    let (now, newest) = doubt.shown();
    let mut body = vec![
        said!(
            "本机时钟现在是 {now}，而上次保存是在 {newest}。",
            "The machine's clock reads {now}, yet the last save was at {newest}."
        ),
        said!(
            "常见原因是主板电池没电，或有人改了日期。期限和“今天”都按时钟推算：登记照常，会注明；确认以前不作决定，等待的期限不算。",
            "Often the battery on the mainboard is flat, or somebody changed the date. Waits and \"today\" come from the clock: entering goes on and is marked; until it is settled nothing is decided and no wait counts."
        ),
    ];
    let title = if doubt.is_back() {
        said!("时钟倒退了", "The clock has gone back")
    } else {
        said!("时钟超前了", "The clock runs ahead")
    };
    if !may_settle {
        body.push(said!(
            "请告诉管理员：校准时钟，或在系统页（0）按 c 确认。",
            "Tell the administrator: to set the clock, or to say on the system screen (0) with c that it is right."
        ));
        return Ask::new(title, body, Vec::new(), |_, _| {});
    }
    let wait = said!(
        "时钟不对：去校准，校准前不作决定",
        "It is wrong: I will have it set; until then nothing is decided"
    );
    let right = said!("时钟是对的：照常办理", "It is right: go on as usual");
    let options = vec![("wait".to_string(), wait), ("right".to_string(), right)];
    let parts = vec![Part::one_of(said!("怎么办", "What now"), options)];
    Ask::new(title, body, parts, |answers, cx| {
        let right = answers.iter().flatten().any(|answer| answer == "right");
        let Some(who) = cx.who.filter(|_| right) else { return };
        match cx.office.accept_clock(who) {
            Ok(_) => {
                cx.say(Notice::good(said!("已记下：时钟无误。", "Noted: the clock is right.")));
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    })
    .deciding()
}
