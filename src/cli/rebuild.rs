//! `yizhan rebuild`: a station put right in its place.
//!
//! A damaged journal is made whole from the newest backup and what can still be read of it; the
//! table of records is compared with the journal and built anew where it differs.

use super::opening::{Opened, World};
use super::{Done, Failure, print, progress};
use crate::office::Right;
use crate::said;
use crate::store::{self, Healed, KindCodes, Progress, Setup, StationInfo, VerifyReport};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::sync::Arc;

/// What `rebuild` takes.
#[derive(Args)]
pub struct RebuildArgs {
    /// 压缩：把记录抄进一张新表，去掉文件里不再需要的部分 / Compact: copy the records into a fresh table without what its files no longer need
    #[arg(long)]
    compact: bool,
}

/// Puts the station right and says what was done.
///
/// # Errors
/// [`Failure::Told`] when something could not be put right.
pub fn run(args: &RebuildArgs, world: &World, out: &mut dyn Write) -> Done {
    StationInfo::load(&world.folder()?)?;
    let who = world.credentials()?;
    let healed = heal(world, &who)?;
    world.open_with(&who, world.sources()?)?.finish(|at| {
        at.actor.need(Right::Maintain)?;
        if args.compact { compact(at, out) } else { check(at, healed.as_ref(), out) }
    })
}

/// Makes a damaged journal whole; nothing when it is.
fn heal(world: &World, who: &super::opening::Credentials) -> Result<Option<Healed>, Failure> {
    let folder = world.folder()?;
    let how_far = Arc::<Progress>::default();
    // No record is looked at before the journal is whole: kinds need no numbers yet.
    let codes: KindCodes = Arc::new(|_| None);
    let setup = Setup { progress: how_far.clone(), ..Setup::new(world.clock(), codes) };
    let label = said!("检查日志", "Checking the journal");
    Ok(progress::follow(world.watched(), &label, world.lang, &how_far, || {
        store::heal(&folder, &who.secret(), who.name(), &setup)
    })?)
}

fn check(at: &Opened, healed: Option<&Healed>, out: &mut dyn Write) -> Done {
    let label = said!("核对记录表", "Checking the table");
    let store = at.office.store();
    let report =
        progress::follow(at.watched, &label, at.lang, store.progress(), || at.office.verify(None))?;
    if at.json {
        let mut shown = serde_json::to_value(&report)?;
        shown["healed"] = healed.map_or(json!(null), |healed| {
            json!({ "journal": healed.journal, "backup": healed.backup, "kept": healed.kept })
        });
        print::json_line(out, &shown)?;
    } else {
        tell(at, healed, &report, out)?;
    }
    let lost = healed.is_some_and(|healed| !healed.journal.lost.is_empty());
    if report.ok && !lost { Ok(()) } else { Err(Failure::Told) }
}

fn tell(at: &Opened, healed: Option<&Healed>, report: &VerifyReport, out: &mut dyn Write) -> Done {
    if let Some(healed) = healed {
        for said in healed.journal.said() {
            writeln!(out, "{}", said.get(at.lang))?;
        }
        let kept = &healed.kept;
        let said =
            said!("损坏的日志原样存于 {kept}", "The damaged journal is kept as it was in {kept}");
        writeln!(out, "{}", said.get(at.lang))?;
    }
    for said in &report.recovered {
        writeln!(out, "{}", said.get(at.lang))?;
    }
    let table = report.table.clone().unwrap_or_default();
    for put_right in &table.put_right {
        writeln!(out, "{}", put_right.get(at.lang))?;
    }
    for problem in &report.problems {
        writeln!(out, "{}", problem.what.get(at.lang))?;
    }
    let records = table.records;
    let done = said!("记录表 {records} 条，与日志一致。", "{records} records, as in the journal.");
    if report.ok {
        writeln!(out, "{}", done.get(at.lang))?;
    }
    Ok(())
}

fn compact(at: &Opened, out: &mut dyn Write) -> Done {
    let label = said!("压缩记录表", "Compacting the records");
    let store = at.office.store();
    let (before, after) =
        progress::follow(at.watched, &label, at.lang, store.progress(), || store.compact())?;
    if at.json {
        return print::json_line(out, &json!({ "before": before, "after": after }));
    }
    let done = said!(
        "记录表已压缩：{before} 字节变为 {after} 字节。",
        "The table of records went from {before} bytes to {after}."
    );
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}
