//! The question whether a clock that reads earlier than what was saved is right.

use crate::office::ClockDoubt;
use crate::said;
use crate::ui::ask::{Ask, Part};
use crate::ui::screen::Notice;

/// Asks; until it is answered with yes nothing is saved.
pub fn question(doubt: ClockDoubt) -> Ask {
    let (now, newest) = doubt.shown();
    let body = vec![
        said!(
            "本机时钟现在是 {now}，而上次保存是在 {newest}。",
            "The machine's clock reads {now}, yet the last save was at {newest}."
        ),
        said!(
            "常见原因是主板电池没电，开机后日期回到从前。期限和“今天”都按时钟推算，所以先问一声；已保存的内容和次序不受影响。",
            "Often the battery on the mainboard is flat and the date falls back when the machine is switched on. Deadlines and \"today\" come from the clock, hence the question; what was saved, and its order, is not affected."
        ),
    ];
    let wait = said!(
        "时钟不对：先去校准，校准前只查阅、不保存",
        "It is wrong: I will have it set; until then only reading"
    );
    let right = said!("时钟是对的：按它继续保存", "It is right: go on saving by it");
    let options = vec![("wait".to_string(), wait), ("right".to_string(), right)];
    let parts = vec![Part::one_of(said!("怎么办", "What now"), options)];
    Ask::new(said!("时钟倒退了", "The clock has gone back"), body, parts, |answers, cx| {
        let right = answers.iter().flatten().any(|answer| answer == "right");
        let Some(who) = cx.who.filter(|_| right) else { return };
        match cx.office.accept_clock(who) {
            Ok(_) => {
                cx.say(Notice::good(said!("已记下：时钟无误。", "Noted: the clock is right.")))
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    })
}
