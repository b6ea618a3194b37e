//! What the evidence rests on: shown on the system screen, where a new recovery key is made and a
//! backup restored, and the alarm before work.

use crate::office::{Opens, Restored, RestoredBeside, Right, who_needs_passwords};
use crate::record::{china_date, china_offset};
use crate::said;
use crate::store::{KnownBackup, Owner};
use crate::ui::ask::{Ask, Part};
use crate::ui::reading::Reading;
use crate::ui::screen::{Context, Effect, Notice};
use crate::ui::theme::Tone;
use crate::words::Said;
use std::path::Path;
use zeroize::Zeroizing;

/// What everybody says to have read before they work, each time they sign in.
pub fn alarm(alarm: Said) -> Ask {
    let body = vec![
        alarm,
        said!(
            "yizhan verify 写明每一处。可以查看；在查清以前，最好不要登记和决定。",
            "`yizhan verify` lists each of them. You can look; better enter and decide nothing before it is cleared up."
        ),
    ];
    let read =
        said!("我已看到，会马上告诉管理员", "I have read it and tell the administrator at once");
    let parts = vec![Part::open_question(
        said!("看过以后再开始", "Before you begin"),
        vec![("read".to_string(), read)],
    )];
    let title = said!("日志可能被换过", "The journal may have been replaced");
    Ask::new(title, body, parts, |_, _| {}).binding().deciding()
}

/// The root, lives, heads and keys.
pub fn tell(reading: &mut Reading, cx: &Context) {
    let office = cx.office;
    reading.heading(said!("签名和钥匙", "Signatures and keys"));
    reading.value(said!("根指纹", "Root"), Said::same(office.root()));
    reading.line(
        Tone::Quiet,
        said!(
            "和恢复密钥那张纸上的必须一样；yizhan verify 逐条核对签名。",
            "It must be the one on the recovery sheet; `yizhan verify` checks every signature."
        ),
    );
    heads(reading, cx);
    let (life, branches) = office.lives();
    reading.value(
        said!("第几世", "Life"),
        match branches.len() {
            0 => said!("{life}（没有恢复或修复过）", "{life} (never restored or repaired)"),
            times => {
                said!("{life}（恢复或修复过 {times} 次）", "{life} ({times} restores or repairs)")
            }
        },
    );
    for branch in branches {
        reading.push(Tone::Plain, Said::default(), branch, 2);
    }
    let epoch = office.key_epoch();
    let renewed = said!(
        "第 {epoch} 期（每次停用账号、换恢复密钥时更换）",
        "epoch {epoch} (another with each account disabled and each recovery key)"
    );
    reading.value(said!("数据密钥", "Data key"), renewed);
    if !cx.who.is_some_and(|who| who.may(Right::Accounts) || who.may(Right::Log)) {
        return;
    }
    let none = || said!("没有", "none");
    for (owner, title) in [
        (Owner::Recovery, said!("恢复密钥", "Recovery key")),
        (Owner::Station, said!("本站", "The station")),
        (Owner::KeyFile, said!("密钥文件", "Key file")),
    ] {
        reading.value(title, office.key_of(owner).map_or_else(none, |key| key.said()));
    }
    for account in office.accounts() {
        let key = office.key_of_account(&account.name);
        let said = match (key, account.disabled) {
            (Some(key), _) => key.said(),
            (None, true) => said!("已停用", "disabled"),
            (None, false) => none(),
        };
        reading.value(Said::same(account.name), said);
    }
}

fn heads(reading: &mut Reading, cx: &Context) {
    let title = said!("外面记下的链头", "Heads outside");
    let Some(compared) = cx.office.heads() else { return };
    let at = compared.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
    let (known, missing) = (compared.known, compared.missing.len());
    let said = match (known, missing) {
        (0, _) => said!("还没有（有了备份就有）", "none yet (each backup is one)"),
        (_, 0) => said!(
            "{known} 处，都在日志里（{at} 核对）",
            "{known} known, all in the journal (compared {at})"
        ),
        _ => said!(
            "{known} 处，{missing} 处不在日志里（{at} 核对）",
            "{known} known, {missing} missing from the journal (compared {at})"
        ),
    };
    match missing {
        0 => reading.value(title, said),
        _ => reading.push(Tone::Bad, title, said, 0),
    }
    for said in compared.missing.into_iter().chain(compared.unread) {
        reading.push(Tone::Bad, Said::default(), said, 2);
    }
    if compared.second_away {
        let said = said!(
            "第二位置现在不在，那里记下的没有核对",
            "The second place is not there now; what it knows was not compared"
        );
        reading.push(Tone::Unsure, Said::default(), said, 2);
    }
}

/// Erasures that are asked for and not carried out.
pub fn erasures(reading: &mut Reading, cx: &Context) {
    let asked = cx.office.erasures_asked();
    let may = cx.who.is_some_and(|who| who.may(Right::Accounts) || who.may(Right::Log));
    if asked.is_empty() || !may {
        return;
    }
    reading.heading(said!("待执行的销毁", "Erasures asked for"));
    for asked in asked {
        let day = china_date(asked.at);
        let (by, reason) = (&asked.by, &asked.reason);
        let said = said!("{by} 于 {day} 申请：{reason}", "by {by} on {day}: {reason}");
        reading.value(Said::same(asked.number), said);
    }
    reading.line(
        Tone::Quiet,
        said!(
            "由另一位管理员执行：按 F2 打开那个人，再按 x。",
            "Another administrator carries it out: F2 to open the person, then x."
        ),
    );
    reading.gap();
}

/// How the restore goes that was begun here.
pub fn restored(reading: &mut Reading, cx: &Context) {
    let may = cx.who.is_some_and(|who| who.may(Right::Accounts));
    let Some(RestoredBeside { folder, done }) = cx.office.restored().filter(|_| may) else {
        return;
    };
    let place = folder.display();
    let title = said!("恢复备份", "Restore");
    match done {
        None => {
            reading.value(title, said!("正在恢复到 {place}……", "restoring into {place} …"));
        }
        Some(Ok(Restored { recovered, without_password })) => {
            let entries = recovered.entries;
            reading.value(
                title,
                said!(
                    "已恢复到 {place}：{entries} 条。打开它：yizhan --data {place}",
                    "restored into {place}: {entries} entries. Open it with `yizhan --data {place}`"
                ),
            );
            for said in who_needs_passwords(&without_password) {
                reading.push(Tone::Plain, Said::default(), said, 2);
            }
        }
        Some(Err(refusal)) => {
            let (message, next) = (refusal.message, refusal.next);
            reading.push(
                Tone::Bad,
                title,
                Said::new(
                    format!("没有恢复到 {place}：{} {}", message.zh, next.zh),
                    format!("not restored into {place}: {} {}", message.en, next.en),
                ),
                0,
            );
        }
    }
}

/// Asks whether a new recovery key is wanted, and shows it once.
pub fn ask_recovery_key(cx: &mut Context) {
    let body = said!(
        "换一把新的恢复密钥，只显示一次，请准备好纸笔；原来的马上作废。纸丢了或被人看到时才需要。",
        "Makes a new recovery key, shown once: have paper ready. The one before is void at once. It is needed when the sheet is lost or was seen."
    );
    let options = vec![
        ("no".to_string(), said!("不换", "Keep the one there is")),
        ("yes".to_string(), said!("换一把新的", "Make a new one")),
    ];
    let parts = vec![Part::open_question(said!("怎么办", "What now"), options)];
    let title = said!("换恢复密钥", "New recovery key");
    let ask = Ask::new(title, vec![body], parts, |answers, cx| {
        if answers.iter().flatten().any(|answer| answer == "yes") {
            new_recovery_key(cx);
        }
    });
    cx.open(ask.deciding());
}

fn new_recovery_key(cx: &mut Context) {
    let Some(who) = cx.who else { return };
    match cx.office.new_recovery_key(who) {
        Ok((recovery, receipt)) => {
            cx.ask(Effect::Saved(receipt.at));
            cx.ask(Effect::Refresh);
            let root = cx.office.root();
            let body = vec![
                Said::same(recovery.shown()),
                said!(
                    "请抄在纸上，与电脑分开保管，把旧的那张纸销毁。这里只显示这一次，关闭后不再出现。",
                    "Write it on paper, keep it away from the computer and destroy the old sheet. It is shown here this once and not again."
                ),
                said!(
                    "根指纹（没有变），抄在同一张纸上：{root}",
                    "Root fingerprint (unchanged), on the same sheet: {root}"
                ),
                said!(
                    "以前的备份仍用旧的打开：请按 b 现在备份一次。",
                    "Backups made before still open with the old one: press b and make one now."
                ),
            ];
            let title = said!("新的恢复密钥", "The new recovery key");
            cx.open(Ask::new(title, body, Vec::new(), |_, _| {}).fleeting().deciding());
        }
        Err(refusal) => cx.say(Notice::from(refusal)),
    }
}

/// Asks which backup is restored where, and with what it opens.
pub fn ask_restore(cx: &mut Context) {
    ask_restore_again("", cx);
}

fn ask_restore_again(folder: &str, cx: &mut Context) {
    let known = cx.office.store().known_backups();
    if known.is_empty() {
        return cx.say(Notice::unsure(
            said!("还没有备份可以恢复。", "There is no backup to restore."),
            said!("按 b 做一次备份。", "Press b to make one."),
        ));
    }
    let name = cx.who.map(|who| who.account.clone()).unwrap_or_default();
    let options = known.iter().map(option).collect();
    let secrets = vec![
        ("password".to_string(), said!("{name} 的密码", "the password of {name}")),
        ("recovery".to_string(), said!("恢复密钥", "the recovery key")),
    ];
    let parts = vec![
        Part::one_of(said!("哪一份", "Which"), options),
        Part::line(said!("新文件夹的完整路径", "Full path of the new folder"))
            .starting_with(folder),
        Part::one_of(said!("用什么打开", "Opened with"), secrets),
        Part::secret(said!("密码或恢复密钥", "That password or key")),
    ];
    let body = vec![said!(
        "在另一个空文件夹里恢复出一个站点；现在这个不受影响。备份用做备份那天的密码打开。",
        "Makes a station in another, empty folder; this one stays as it is. A backup opens with the passwords of its day."
    )];
    let title = said!("恢复备份", "Restore a backup");
    let ask = Ask::new(title, body, parts, |answers, cx| {
        let mut answers = answers.into_iter().map(|given| given.into_iter().next());
        let mut next = || answers.next().flatten().unwrap_or_default();
        let (file, folder, with, secret) = (next(), next(), next(), Zeroizing::new(next()));
        let opens = match with.as_str() {
            "recovery" => Opens::Recovery(secret),
            _ => Opens::Password(secret),
        };
        let Some(who) = cx.who else { return };
        match cx.office.restore_behind(who, Path::new(&file), Path::new(&folder), opens) {
            Ok(()) => {
                cx.say(Notice::good(said!(
                    "开始恢复；进展写在“备份”一节。",
                    "Restoring; how it goes stands under \"Backups\"."
                )));
                cx.ask(Effect::Refresh);
            }
            Err(refusal) => {
                cx.say(Notice::from(refusal));
                ask_restore_again(&folder, cx);
            }
        }
    });
    cx.open(ask.fleeting().deciding());
}

fn option(backup: &KnownBackup) -> (String, Said) {
    let at = backup.made.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
    let entries = backup.entries;
    let file = backup.path.file_name().unwrap_or_default().to_string_lossy();
    let second = if backup.second { ("（第二位置）", " (second place)") } else { ("", "") };
    let (zh, en) = second;
    let said = said!("{at}　{entries} 条　{file}{zh}", "{at}  {entries} entries  {file}{en}");
    (backup.path.display().to_string(), said)
}
