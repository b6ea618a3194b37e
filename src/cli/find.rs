//! `yizhan find`: the same search as the app.

use super::opening::Opened;
use super::{Done, print};
use crate::office::Office;
use crate::said;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `find` takes.
#[derive(Args)]
pub struct FindArgs {
    /// 要找的内容 / What to look for
    text: String,
    /// 只找这种记录，如 person、hardship_file / Only this kind of record, such as person
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// 最多列出几条 / List at most so many
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
}

/// Prints what is found, the best first.
///
/// # Errors
/// A kind nobody knows.
pub fn run(args: &FindArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let kind = match &args.kind {
        Some(name) => Some(at.kind(name)?.id.as_str()),
        None => None,
    };
    let limit = args.limit.min(Office::most_hits(&at.actor));
    let found = at.office.search(&at.actor, &args.text, kind, limit)?;
    if at.json {
        for line in &found {
            let (number, kind) = (&line.number, &line.kind);
            let (title, state) = (&line.title, &line.state);
            let shown = json!({ "number": number, "kind": kind, "title": title, "state": state });
            print::json_line(out, &shown)?;
        }
    } else if !found.is_empty() {
        let rows: Vec<[String; 4]> = found
            .iter()
            .map(|line| {
                let kind = line.kind_title.get(at.lang).to_string();
                [line.number.clone(), line.title.clone(), kind, line.about(at.lang)]
            })
            .collect();
        let heading = [
            said!("编号", "Number"),
            said!("姓名", "Name"),
            said!("种类", "Kind"),
            said!("状态", "State"),
        ];
        print::table(out, heading.each_ref().map(|said| said.get(at.lang)), &rows)?;
    }
    let note = if found.is_empty() {
        said!(
            "没有找到“{}”。可以试姓名的一部分、拼音首字母，或电话、证件的全号或后四位。",
            "Nothing found for \"{}\". Try part of the name, pinyin initials, or a phone or identity number, whole or its last four.",
            args.text
        )
    } else if found.len() == limit && limit < args.limit {
        said!(
            "只列出前 {limit} 条；请写得更具体。",
            "Only the first {limit} are listed; be more specific."
        )
    } else if found.len() == limit {
        said!(
            "只列出前 {limit} 条；可以写得更具体，或用 --limit 加大。",
            "Only the first {limit} are listed; be more specific, or raise --limit."
        )
    } else {
        return Ok(());
    };
    Ok(writeln!(err, "{}", note.get(at.lang))?)
}
