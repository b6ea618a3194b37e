//! `yizhan recovery-key`: the key on paper that opens the station when every password is lost.

use super::opening::Opened;
use super::{Done, print};
use crate::office::{Refusal, Right};
use crate::record::china_offset;
use crate::said;
use crate::store::Owner;
use crate::words::Said;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `recovery-key` takes.
#[derive(Args)]
pub struct RecoveryKeyArgs {
    /// 换一把新的，只显示这一次；原来的作废（管理员，或用 --recovery-key-file 给出原来的） / Make a new one, shown this once; the one before is void (an administrator, or the one before with --recovery-key-file)
    #[arg(long)]
    new: bool,
}

/// What to write on the sheet beside the key.
#[must_use]
pub fn root_said(root: &str) -> Said {
    said!(
        "根指纹 {root}：请抄在同一张纸上；yizhan verify 和系统页显示的必须和它一样。",
        "Root fingerprint {root}: write it on the same sheet; what `yizhan verify` and the system screen show must be the same."
    )
}

/// Says which recovery key holds, or makes another and gives it once, to standard output.
///
/// # Errors
/// A refusal, or what the machine gives; the key before stays then.
pub fn run(args: &RecoveryKeyArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    if !args.new {
        return tell(at, out);
    }
    let root = at.office.root();
    let mut told = Ok(());
    let receipt = at.office.show_recovery_key(&at.actor, &mut |recovery| {
        let key = recovery.shown();
        let line =
            if at.json { json!({ "recovery_key": key, "root": root }).to_string() } else { key };
        told = writeln!(out, "{line}").and_then(|()| out.flush());
        told.as_ref().map_or_else(|_| Err(not_shown()), |()| Ok(()))
    });
    told?;
    receipt?;
    let told = said!(
        "上面是新的恢复密钥，只显示这一次；原来的已作废。请抄在纸上，与电脑分开保管，把旧的那张纸销毁。以前的备份仍用旧的打开：请现在做一次备份（yizhan backup）。",
        "Above is the new recovery key, shown this once; the one before is void. Write it on paper, keep it away from the computer and destroy the old sheet. Backups made before still open with the old one: make one now (`yizhan backup`)."
    );
    writeln!(err, "{}", told.get(at.lang))?;
    Ok(writeln!(err, "{}", root_said(&root).get(at.lang))?)
}

fn tell(at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    let (root, key) = (at.office.root(), at.office.key_of(Owner::Recovery));
    if at.json {
        let line = json!({
            "root": root,
            "key": key.as_ref().map(|key| &key.fingerprint),
            "since": key.as_ref().map(|key| key.since),
            "at": key.as_ref().and_then(|key| key.at),
        });
        return print::json_line(out, &line);
    }
    writeln!(out, "{}", root_said(&root).get(at.lang))?;
    if let Some(key) = key {
        let (since, print) = (key.since, &key.fingerprint);
        let day = key.at.map(|at| at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M"));
        let day = day.map(|day| day.to_string()).unwrap_or_default();
        let said = said!(
            "现在这把恢复密钥从 {day}（第 {since} 条）起有效，指纹 {print}。密钥本身只在纸上。",
            "The present recovery key holds since {day} (entry {since}), fingerprint {print}. The key itself is on paper only."
        );
        writeln!(out, "{}", said.get(at.lang))?;
    }
    let how = said!(
        "纸丢了或被人看到：yizhan recovery-key --new（管理员，或 --recovery-key-file 原来的那把）换一把；界面上在系统页（0）按 y。",
        "Lost, or seen by somebody: `yizhan recovery-key --new` replaces it (an administrator, or the one before with --recovery-key-file); on the screens press y on the system screen (0)."
    );
    Ok(writeln!(out, "{}", how.get(at.lang))?)
}

/// A key nobody could read is not made.
fn not_shown() -> Refusal {
    Refusal::unavailable(
        said!(
            "新的恢复密钥没能显示出来，没有换。",
            "The new recovery key could not be shown; nothing was changed."
        ),
        said!("原来的仍然有效，请再试一次。", "The one before still holds; try again."),
    )
}
