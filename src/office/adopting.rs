//! Adopting packs and rules: only an administrator does, knowing what changes, and nothing that is
//! in use is lost by it.

use super::adopted::{COMMAND, ENDED, HASH, IN_FORCE, TEXT, hash_of, new_record};
use super::own_files::OwnFile;
use super::own_kinds::code_of;
use super::plan::Plan;
use super::{Actor, Office, Receipt, Refusal, Sources};
use crate::program::{Catalogue, Field, Kind, Role};
use crate::record::{Record, Value};
use crate::said;
use crate::store::NewOp;
use crate::words::{Problem, Said};
use std::collections::BTreeMap;
use std::mem::discriminant;

/// One file that is adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Its place in the data folder.
    pub name: String,
    /// What it says; nothing to adopt that it is gone.
    pub text: Option<String>,
}

impl Office {
    /// What would be in force with these files adopted.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn with_adopted(&self, changes: &[Adoption]) -> Result<Sources, Vec<Problem>> {
        let mut files: BTreeMap<String, String> =
            self.packs().in_force().into_iter().map(|file| (file.name, file.text)).collect();
        for Adoption { name, text } in changes {
            match text {
                Some(text) => files.insert(name.clone(), text.clone()),
                None => files.remove(name),
            };
        }
        let files = files.into_iter().map(|(name, text)| OwnFile { name, text });
        Sources::over(&files.collect::<Vec<_>>())
    }

    /// Puts files in force: rules at once, packs and calendars from the next opening on. Nothing is
    /// adopted unless all are.
    ///
    /// # Errors
    /// Somebody who is no administrator; files that do not hold together; what is in use and would
    /// be lost.
    pub fn adopt(&self, actor: &Actor, changes: Vec<Adoption>) -> Result<Receipt, Refusal> {
        let adopted = self.perform(actor, super::Command::AdoptPacks { changes });
        if adopted.is_ok() {
            self.use_adopted_rules();
        }
        self.look_at_packs();
        self.news.announce();
        adopted
    }

    /// Nothing when this actor may adopt.
    ///
    /// # Errors
    /// A sentence that says who may.
    pub fn may_adopt(&self, actor: &Actor) -> Result<(), Refusal> {
        if actor.role == Role::Administrator {
            return Ok(());
        }
        Err(Refusal::forbidden(
            said!("业务包和规则由管理员启用。", "Packs and rules are adopted by an administrator."),
            said!("请管理员运行 yizhan packs adopt。", "Ask one to run `yizhan packs adopt`."),
        ))
    }

    pub(super) fn plan_adopt(&self, actor: &Actor, changes: &[Adoption]) -> Result<Plan, Refusal> {
        self.may_adopt(actor)?;
        if changes.is_empty() {
            return Err(Refusal::invalid(
                "file",
                said!("没有要启用的文件。", "There is no file to adopt."),
                said!("用 yizhan packs diff 查看。", "See `yizhan packs diff`."),
            ));
        }
        let sources = self.with_adopted(changes).map_err(|problems| broken(&problems))?;
        self.must_not_lose(&sources.catalogue)?;
        let particulars = self.particulars(changes);
        let records = changes.iter().map(|change| self.adopted_record(actor, change));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let mut plan = Plan::put(COMMAND, records);
        plan.main = None;
        plan.ops.push(NewOp::Note(particulars));
        Ok(plan)
    }

    fn adopted_record(&self, actor: &Actor, change: &Adoption) -> Result<Record, Refusal> {
        let known = self.packs().adopted.get(&change.name).map(|adopted| adopted.id);
        let known = known.and_then(|id| self.inside(super::own_kinds::ADOPTED, id).transpose());
        let mut record = match known.transpose()? {
            Some(mut known) => {
                self.touch(actor, &mut known);
                known
            }
            None => new_record(self.now(), &actor.account, &change.name)?,
        };
        record.state = if change.text.is_some() { IN_FORCE } else { ENDED }.to_string();
        if let Some(text) = &change.text {
            record.fields.insert(TEXT.into(), Value::Text(text.clone()));
            record.fields.insert(HASH.into(), Value::Text(hash_of(text)));
        }
        Ok(record)
    }

    /// What the journal says of an adoption, by file: the hashes before and after, what it changes,
    /// and for how many records.
    fn particulars(&self, changes: &[Adoption]) -> BTreeMap<String, String> {
        let mut particulars = BTreeMap::new();
        for change in changes {
            let name = &change.name;
            let before = self.packs().adopted.get(name).filter(|adopted| adopted.in_force).cloned();
            let was = before.as_ref().map_or("-", |before| &before.hash);
            let is = change.text.as_deref().map_or_else(|| "-".to_string(), hash_of);
            particulars.insert(name.clone(), format!("{was} -> {is}"));
            let before = before.as_ref().map(|before| before.text.as_str());
            let found = super::differing::differences(name, before, change.text.as_deref());
            let said: Vec<Said> = found.iter().map(crate::edited::Difference::said).collect();
            let said = Said::join(&said, "\n", "\n");
            particulars.insert(format!("{name} what"), said.zh.into_owned());
            particulars.insert(format!("{name} what_en"), said.en.into_owned());
            let affected = self.affected(name, &found).into_iter();
            let counts = affected.map(|kind| format!("{} {}", kind.kind, kind.records));
            particulars.insert(format!("{name} records"), counts.collect::<Vec<_>>().join(", "));
        }
        particulars
    }

    /// A kind, state or field that records use must be there afterwards.
    fn must_not_lose(&self, after: &Catalogue) -> Result<(), Refusal> {
        let mut codes = BTreeMap::new();
        for kind in after.kinds() {
            if let Some(other) = codes.insert(code_of(&kind.id), &kind.id) {
                return Err(two_of_one_number(&kind.id, other));
            }
        }
        for kind in self.catalogue.kinds() {
            let records = self.store.count(&kind.id).unwrap_or(0);
            if records == 0 {
                continue;
            }
            let title = &kind.title;
            let Some(now) = after.kind(&kind.id) else {
                let lost =
                    Said::new(format!("种类“{}”", title.zh), format!("the kind \"{}\"", title.en));
                return Err(in_use(&lost, title, records));
            };
            self.must_not_lose_of(kind, now)?;
        }
        Ok(())
    }

    fn must_not_lose_of(&self, kind: &Kind, now: &Kind) -> Result<(), Refusal> {
        let states =
            kind.workflow.iter().flat_map(|life| &life.states).filter(|state| {
                now.workflow.as_ref().and_then(|life| life.state(&state.id)).is_none()
            });
        let states: Vec<_> = states.collect();
        let fields = lost_fields(kind, now);
        if states.is_empty() && fields.is_empty() {
            return Ok(());
        }
        let mut used: BTreeMap<&str, (Said, u64)> = BTreeMap::new();
        self.each(&kind.id, |record| {
            for state in states.iter().filter(|state| state.id == record.state) {
                let (id, title) = (&state.id, &state.title);
                let said = Said::new(
                    format!("状态“{}”（{id}）", title.zh),
                    format!("the state \"{}\" ({id})", title.en),
                );
                used.entry(id).or_insert((said, 0)).1 += 1;
            }
            for (path, field) in
                fields.iter().filter(|(path, _)| !record.is_withdrawn() && has(&record, path))
            {
                let title = &field.title;
                let said = Said::new(
                    format!("字段“{}”（{path}）", title.zh),
                    format!("the field \"{}\" ({path})", title.en),
                );
                used.entry(path).or_insert((said, 0)).1 += 1;
            }
            Ok(())
        })?;
        match used.into_values().next() {
            Some((lost, records)) => Err(in_use(&lost, &kind.title, records)),
            None => Ok(()),
        }
    }
}

/// The fields and columns that are not there afterwards, or hold something else, by path.
fn lost_fields<'k>(kind: &'k Kind, now: &Kind) -> Vec<(String, &'k Field)> {
    let columns = |field: &'k Field| {
        let columns = field.field_type.columns().iter();
        columns.map(move |column| (format!("{}.{}", field.id, column.id), column))
    };
    let all = kind
        .fields()
        .flat_map(|field| std::iter::once((field.id.clone(), field)).chain(columns(field)));
    all.filter(|(path, field)| {
        let after = now.field_at(path);
        after.is_none_or(|after| discriminant(&after.field_type) != discriminant(&field.field_type))
    })
    .collect()
}

/// Whether a record has a value at a path.
fn has(record: &Record, path: &str) -> bool {
    match path.split_once('.') {
        None => record.get(path).is_some(),
        Some((table, column)) => {
            let rows = record.get(table).map(Value::rows).unwrap_or_default();
            rows.iter().any(|row| row.fields.contains_key(column))
        }
    }
}

fn in_use(lost: &Said, title: &Said, records: u64) -> Refusal {
    Refusal::conflict(
        Said::new(
            format!(
                "{}没有了，而有 {records} 份“{}”正在使用它。没有启用任何文件。",
                lost.zh, title.zh
            ),
            format!(
                "{} would be gone, and {records} records of \"{}\" use it. Nothing was adopted.",
                lost.en, title.en
            ),
        ),
        said!(
            "请在业务包里保留它（可以改名称，不能改 id 和类型），再启用。",
            "Keep it in the pack (its title may change, its id and type may not) and adopt again."
        ),
    )
    .at("file")
}

fn two_of_one_number(kind: &str, other: &str) -> Refusal {
    Refusal::conflict(
        said!(
            "种类“{kind}”和“{other}”的存放编号相同。没有启用任何文件。",
            "The kinds \"{kind}\" and \"{other}\" would be kept under one number. Nothing was adopted."
        ),
        said!("请给其中一个换一个 id。", "Give one of them another id."),
    )
    .at("file")
}

pub(super) fn broken(problems: &[Problem]) -> Refusal {
    let said: Vec<Said> = problems.iter().take(3).map(Problem::said).collect();
    let Said { zh, en } = Said::join(&said, "；", "; ");
    Refusal::invalid(
        "file",
        said!("没有启用任何文件：{zh}", "Nothing was adopted: {en}"),
        said!("请改好后再启用。", "Put this right and adopt again."),
    )
}
