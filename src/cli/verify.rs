//! `yizhan verify`: is everything that was saved still there, unchanged, and by whom? In words for
//! whoever is no engineer.

use super::opening::World;
use super::{Done, Failure, print, progress};
use crate::office::Right;
use crate::said;
use crate::store::{VerifyReport, verify_chain};
use crate::words::Said;
use blake3::Hash;
use clap::Args;
use std::io::Write;

/// What `verify` takes.
#[derive(Args)]
pub struct VerifyArgs {
    /// 这个校验值是否还在链中（印在日报表上） / Whether this hash is still in the chain, as printed on the daily sheet
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

/// Checks the chain, which needs no key; with an account the contents and the table too.
///
/// # Errors
/// [`Failure::Told`] when something is wrong.
pub fn run(args: &VerifyArgs, world: &World, out: &mut dyn Write) -> Done {
    let head = args.head.as_deref().map(hash).transpose()?;
    if !world.has_credentials() {
        let folder = world.folder()?;
        let label = said!("核验", "Verifying");
        let watched = world.watched();
        let report = progress::spinner(watched, label.get(world.lang), || {
            verify_chain(&folder, head.as_ref())
        })?;
        return tell(world, &report, out);
    }
    world.open()?.finish_at_once(|at| {
        at.actor.need(Right::Maintain)?;
        let label = said!("核验", "Verifying");
        let how_far = at.office.store().progress();
        let report = progress::follow(at.watched, &label, at.lang, how_far, || {
            at.office.verify(head.as_ref())
        })?;
        tell(world, &report, out)
    })
}

fn hash(text: &str) -> Result<Hash, Failure> {
    Hash::from_hex(text.trim().to_ascii_lowercase()).map_err(|_| {
        Failure::Usage(said!(
            "校验值是 64 个十六进制字符，见系统页或日报表。",
            "A hash is 64 hexadecimal characters; it stands on the system screen and daily sheets."
        ))
    })
}

fn tell(world: &World, report: &VerifyReport, out: &mut dyn Write) -> Done {
    if world.json {
        print::json_line(out, report)?;
    } else {
        as_text(world, report, out)?;
    }
    if report.ok { Ok(()) } else { Err(Failure::Told) }
}

fn as_text(world: &World, report: &VerifyReport, out: &mut dyn Write) -> Done {
    let lang = world.lang;
    let mut tell = |said: &Said| writeln!(out, "{}", said.get(lang));
    tell(&if report.contents {
        said!(
            "用账号核对了全部，包括内容：",
            "Everything was checked, with an account, contents too:"
        )
    } else {
        said!(
            "没有用密码，核对了不看内容就能核对的：",
            "Without a password, what can be checked without reading any content was:"
        )
    })?;
    for said in evidence(report).iter().chain(&contents(report)) {
        tell(&Said::new(format!("  {}", said.zh), format!("  {}", said.en)))?;
    }
    for said in &report.recovered {
        tell(&Said::new(format!("  {}", said.zh), format!("  {}", said.en)))?;
    }
    if !report.ok {
        let count = report.problem_count;
        tell(&said!("发现 {count} 处问题：", "{count} problems were found:"))?;
        for problem in &report.problems {
            let seq = problem.seq.map(|seq| format!("#{seq} ")).unwrap_or_default();
            let Said { zh, en } = &problem.what;
            tell(&Said::new(format!("  {seq}{zh}"), format!("  {seq}{en}")))?;
        }
    }
    for said in verdict(report) {
        tell(&said)?;
    }
    Ok(())
}

/// What lies in the open: chain, signatures, keys back to the root, restores, erasures, heads.
fn evidence(report: &VerifyReport) -> Vec<Said> {
    let VerifyReport { entries, segments, head, signatures, keys, root, .. } = report;
    let mut said = vec![
        said!(
            "日志 {entries} 条，{segments} 个文件，条条相连，链 {head}",
            "Journal: {entries} entries in {segments} files, each linked to the one before, chain {head}"
        ),
        said!(
            "签名 {signatures} 个；现有 {keys} 把钥匙有效，每一把都由管理员给出，一直追到根 {root}（请和恢复密钥那张纸上的比对）",
            "Signatures: {signatures}; {keys} keys hold now, each given by an administrator, back to the root {root} (compare it with the recovery sheet)"
        ),
    ];
    if let Some(seq) = report.head_found {
        said.push(said!("要找的校验值是第 {seq} 条", "The hash asked for is that of entry {seq}"));
    }
    let (incarnation, erased, lost) = (report.incarnation, report.erased, report.lost);
    if report.branches.is_empty() {
        said.push(said!(
            "没有恢复或修复过",
            "It was never restored from a backup and never repaired"
        ));
    } else {
        let times = report.branches.len();
        said.push(said!(
            "恢复或修复过 {times} 次（现在是第 {incarnation} 世）：",
            "Restored or repaired {times} times (this is life {incarnation}):"
        ));
        let indented = |one: &Said| Said::new(format!("　{}", one.zh), format!("  {}", one.en));
        said.extend(report.branches.iter().map(indented));
    }
    if erased > 0 {
        said.push(said!(
            "{erased} 条的个人内容经两位管理员申请和执行已销毁",
            "Erased by two administrators: what {erased} entries said of a person"
        ));
    }
    if lost > 0 {
        said.push(said!(
            "{lost} 条的内容在损坏中丢失，修复时已记明",
            "Lost in damage, as a repair says: the content of {lost} entries"
        ));
    }
    said.push(match report.heads_known {
        0 => said!(
            "外面还没有记下的链头：有了备份，才看得出日志被整个换过",
            "No head is known outside yet: only with a backup does it show that the whole was replaced"
        ),
        known => said!(
            "外面（备份、第二位置）记下的链头 {known} 个，逐一核对过",
            "Heads known outside, in backups and the second place: {known}, each looked for"
        ),
    });
    if report.archive {
        said.push(said!(
            "归档：逐个文件和这里的比对过",
            "The archive: each of its files was compared with the one here"
        ));
    }
    if report.second_away {
        said.push(said!(
            "第二备份位置现在读不到，那里记下的没有核对：接上再核验一次",
            "The second place for backups is not there now, and what it knows was not looked for: plug it in and verify again"
        ));
    }
    said.extend(report.backups.iter().map(|backup| {
        let (file, count) = (&backup.file, backup.entries);
        said!("备份 {file}：{count} 条", "Backup {file}: {count} entries")
    }));
    said
}

/// What an account opens: who signed, decisions, the table and the index.
fn contents(report: &VerifyReport) -> Vec<Said> {
    let mut said = Vec::new();
    if let Some(table) = &report.table {
        said.push(said!(
            "逐条打开了内容：签名的是不是所写的账号，决定是不是由作决定的人记下",
            "Every content was opened: whether whoever signed is the account it names, and made the decisions in it"
        ));
        let (records, missing, differing) = (table.records, table.missing, table.differing);
        said.push(said!(
            "记录表 {records} 条，缺 {missing}，不一致 {differing}",
            "{records} records in the table, {missing} missing, {differing} differing"
        ));
        said.extend(table.put_right.iter().cloned());
    }
    if let Some(found) = &report.directory {
        let records = found.records;
        said.push(said!(
            "索引 {records} 条，与记录表核对",
            "{records} records in the index, compared with the table"
        ));
    }
    said
}

/// What it comes to, what that means, and what to do.
fn verdict(report: &VerifyReport) -> Vec<Said> {
    match (report.ok, report.contents) {
        (true, true) => vec![said!("没有问题。", "Nothing is wrong.")],
        (true, false) => vec![said!(
            "没有问题：保存过的都在，没有人悄悄改过、删过、换过。内容和记录表没有核对，那要密码：加 --as 账号。",
            "Nothing is wrong: what was saved is there, and nobody changed, removed or replaced any of it unseen. Contents and the table were not checked, which takes a password: add --as NAME."
        )],
        (false, _) => vec![
            said!(
                "如果上次是断电或程序被强行结束，先打开一次站点，它会把没做完的做完，再核验一遍。仍在的，就是磁盘损坏，或有人动过数据文件夹。",
                "After a power cut or a program that was killed, open the station once, which finishes what was cut off, and verify again. What is still listed is a failing disk, or somebody who changed the data folder."
            ),
            said!(
                "这时请停止办理，把整个数据文件夹原样抄一份留作证据，再告诉管理员和上级工会。确认是磁盘损坏、断电或误放了旧的一份的，运行 yizhan rebuild，由备份修复；仍不行时从最近的备份恢复到新目录（yizhan restore）。怀疑有人动过的，先不要修复。",
                "Then stop work, copy the whole data folder as it is and keep the copy as evidence, then tell the administrator and the union above. Where it was the disk, the power or an older copy put there by mistake, `yizhan rebuild` repairs it from the backups; if that does not help, restore the newest backup into a new folder (`yizhan restore`). Where somebody may have changed it, repair nothing yet."
            ),
        ],
    }
}
