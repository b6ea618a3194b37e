//! `yizhan erase`: takes everything of a person out, at the request of one administrator, by another.

use super::opening::Opened;
use super::{Done, Failure, print};
use crate::office::{Command, ErasureAsked, Receipt, Refusal, Right};
use crate::program::PERSON;
use crate::record::{RecordId, china_date};
use crate::said;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `erase` takes.
#[derive(Args)]
pub struct EraseArgs {
    /// 人员编号；不写则列出已申请的 / The person's number; lists what is asked for if not given
    #[arg(requires = "what")]
    number: Option<String>,
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
#[group(id = "what", multiple = false, requires = "number")]
struct What {
    /// 申请销毁，写明理由：保存期满，或本人要求 / Ask for it, and say why: retention is over, or the person wishes it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// 执行另一位管理员的申请，不能反悔 / Carry out what another administrator asked for; there is no way back
    #[arg(long)]
    confirm: bool,
    /// 撤回申请 / Let the request go
    #[arg(long)]
    drop: bool,
}

/// Asks, carries out, drops, or lists.
///
/// # Errors
/// A refusal, such as of whoever asked for it and would carry it out too.
pub fn run(args: &EraseArgs, at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Accounts)?;
    let Some(number) = args.number.as_deref().map(str::trim) else { return list(at, out) };
    let person = person(at, number)?;
    if let Some(reason) = &args.what.reason {
        let reason = reason.clone();
        let receipt = at.office.perform(&at.actor, Command::AskErasure { person, reason })?;
        let done = said!(
            "已申请销毁 {number} 的全部资料。由另一位管理员执行：yizhan erase {number} --confirm；撤回：--drop。",
            "Asked for everything of {number} to be erased. Another administrator carries it out with `yizhan erase {number} --confirm`; --drop lets it go."
        );
        return told(at, &receipt, &done, out);
    }
    if args.what.drop {
        let receipt = at.office.perform(&at.actor, Command::DropErasure { person })?;
        let done =
            said!("销毁 {number} 的申请已撤回。", "The request to erase {number} was dropped.");
        return told(at, &receipt, &done, out);
    }
    let receipt = at.office.perform(&at.actor, Command::Erase { person })?;
    let left = at.office.leftovers();
    if at.json {
        let line = json!({
            "ok": true,
            "seq": receipt.seq,
            "number": number,
            "backups_until": left.backups_until,
            "by_hand": left.by_hand,
            "aside": left.aside,
            "archive": left.archive,
        });
        return print::json_line(out, &line);
    }
    let done = said!(
        "{number} 的全部资料已销毁：本人和名下各份档案、以前日志里的内容、记录表、索引和草稿。",
        "Everything of {number} was erased: the person and their files, what old entries say of them, table, index and drafts."
    );
    writeln!(out, "{}", done.get(at.lang))?;
    for said in left.said() {
        writeln!(out, "  {}", said.get(at.lang))?;
    }
    Ok(())
}

fn told(at: &Opened, receipt: &Receipt, done: &crate::words::Said, out: &mut dyn Write) -> Done {
    if at.json {
        return print::json_line(out, &json!({ "ok": true, "seq": receipt.seq }));
    }
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}

/// The person of a number: one that erasing is asked for, or any other.
fn person(at: &Opened, number: &str) -> Result<RecordId, Failure> {
    let asked = at.office.erasures_asked().into_iter().find(|asked| asked.number == number);
    if let Some(ErasureAsked { person, .. }) = asked {
        return Ok(person);
    }
    let record = at.record(number)?;
    if record.kind == PERSON {
        return Ok(record.id);
    }
    let of = at.office.person_of_record(&record).map(|person| person.number).unwrap_or_default();
    let refused = Refusal::invalid(
        "number",
        said!("{number} 不是人，是一份档案。", "{number} is a file and not a person."),
        said!(
            "销毁的是一个人的全部资料：yizhan erase {of} --reason 理由。",
            "What is erased is everything of a person: `yizhan erase {of} --reason TEXT`."
        ),
    );
    Err(refused.into())
}

fn list(at: &Opened, out: &mut dyn Write) -> Done {
    let asked = at.office.erasures_asked();
    if at.json {
        return asked.iter().try_for_each(|asked| {
            let ErasureAsked { number, by, at, reason, .. } = asked;
            let line = json!({ "number": number, "by": by, "at": at, "reason": reason });
            print::json_line(out, &line)
        });
    }
    if asked.is_empty() {
        let none = said!("没有待执行的销毁申请。", "Nothing is asked to be erased.");
        return Ok(writeln!(out, "{}", none.get(at.lang))?);
    }
    let rows: Vec<[String; 4]> = asked
        .into_iter()
        .map(|ErasureAsked { number, by, at, reason, .. }| {
            let day = china_date(at).to_string();
            [number, by, day, reason]
        })
        .collect();
    let heading = [
        said!("人员编号", "Number"),
        said!("申请人", "Asked by"),
        said!("日期", "Date"),
        said!("理由", "Reason"),
    ];
    print::table(out, heading.each_ref().map(|said| said.get(at.lang)), &rows)
}
