//! Erasing a person, from their page: one administrator asks for it, another carries it out.

use crate::office::{Command, ErasureAsked};
use crate::record::{Record, RecordId, china_date};
use crate::said;
use crate::ui::ask::{Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};
use crate::words::Said;

/// Asks why, or, where somebody asked for it already, whether it is to be done.
pub fn ask(person: &Record, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let asked = cx.office.erasures_asked().into_iter().find(|asked| asked.person == person.id);
    match asked {
        None => ask_why(person, cx),
        Some(asked) if asked.by == who.account => ask_drop(&asked, cx),
        Some(asked) => ask_done(asked, cx),
    }
}

fn ask_why(person: &Record, cx: &mut Context) {
    let (id, number) = (person.id, person.number.clone());
    let body = said!(
        "申请销毁 {number} 的全部资料：本人、名下各份档案、以前日志里的内容。由另一位管理员执行，执行后不能找回。",
        "Asks for everything of {number} to be erased: the person, their files, what old entries say of them. Another administrator carries it out; then there is no way back."
    );
    let reason = said!(
        "理由和依据（如：保存期满；本人申请）",
        "Why, and on what it rests (retention is over; the person wishes it)"
    );
    let title = said!("申请销毁个人资料", "Ask for an erasure");
    let asked =
        Ask::new(title, vec![body], vec![Part::line(reason).tall(true)], move |answers, cx| {
            let reason = answers.into_iter().flatten().next().unwrap_or_default();
            let done = said!(
                "已申请。请另一位管理员打开这个人，按 x 执行。",
                "Asked for. Have another administrator open this person and press x."
            );
            carry_out(Command::AskErasure { person: id, reason }, done, cx);
        });
    cx.open(asked.deciding());
}

fn asked_said(asked: &ErasureAsked) -> Said {
    let ErasureAsked { number, by, reason, .. } = asked;
    let day = china_date(asked.at);
    said!(
        "销毁 {number} 的全部资料（{by} 于 {day} 申请，理由：{reason}）？",
        "Erase everything of {number}, asked for by {by} on {day} because: {reason}?"
    )
}

/// The one who asked does not carry it out, and may let it go.
fn ask_drop(asked: &ErasureAsked, cx: &mut Context) {
    let body = vec![
        asked_said(asked),
        said!(
            "申请的是您本人，要由另一位管理员执行。确定则撤回申请，Esc 不变。",
            "You asked for it, so another administrator carries it out. Confirm to let the request go, Esc to leave it."
        ),
    ];
    let title = said!("撤回销毁申请", "Drop the request");
    let person = asked.person;
    let ask = Ask::new(title, body, Vec::new(), move |_, cx| {
        let done = said!("申请已撤回。", "The request was dropped.");
        carry_out(Command::DropErasure { person }, done, cx);
    });
    cx.open(ask.deciding());
}

fn ask_done(asked: ErasureAsked, cx: &mut Context) {
    let body = vec![
        asked_said(&asked),
        said!(
            "执行后不能找回。要改写以前的日志，数据多时需要几分钟。",
            "There is no way back. Old parts of the journal are written anew, which may take minutes where there is much."
        ),
    ];
    let options = vec![
        ("no".to_string(), said!("不销毁", "Leave it")),
        ("yes".to_string(), said!("销毁，不能找回", "Erase it for good")),
    ];
    let parts = vec![Part::open_question(said!("怎么办", "What now"), options)];
    let title = said!("销毁个人资料", "Erase a person");
    let (person, number) = (asked.person, asked.number);
    let ask = Ask::new(title, body, parts, move |answers, cx| {
        if answers.iter().flatten().any(|answer| answer == "yes") {
            erase(person, &number, cx);
        }
    });
    cx.open(ask.deciding());
}

fn erase(person: RecordId, number: &str, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    match cx.office.perform(who, Command::Erase { person }) {
        Ok(receipt) => {
            cx.ask(Effect::Saved(receipt.at));
            cx.ask(Effect::Refresh);
            let done = said!("{number} 的全部资料已销毁。", "Everything of {number} was erased.");
            let body = [done].into_iter().chain(cx.office.leftovers().said()).collect();
            let title = said!("已销毁", "Erased");
            cx.open(Ask::new(title, body, Vec::new(), |_, _| {}));
        }
        Err(refusal) => cx.say(Notice::from(refusal)),
    }
}

fn carry_out(command: Command, done: Said, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    match cx.office.perform(who, command) {
        Ok(receipt) => {
            cx.ask(Effect::Refresh);
            cx.ask(Effect::Saved(receipt.at));
            cx.say(Notice::good(done));
        }
        Err(refusal) => cx.say(Notice::from(refusal)),
    }
}
