//! What was adopted: packs and rules an administrator has put in force, each kept as a record with
//! its text. What lies in the data folder is only looked at, and told where it is something else.

use super::own_files::{CALENDAR, OwnFile, OwnFiles, POLICY, PROGRAMS, folder_of};
use super::own_kinds::ADOPTED;
use super::{Office, Refusal};
use crate::calendar::Calendar;
use crate::policy::Library;
use crate::program::Catalogue;
use crate::record::{Instant, Record, RecordId, Value, china_offset};
use crate::said;
use crate::store::{Change, Hand, NewEntry, NewOp, Origin, Store, StoreError};
use crate::words::{Problem, Said};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

/// The number of the one that tells which program was last seen; files have names with a folder.
const PROGRAM: &str = "program";
/// Who notes down that the program changed.
const STATION: &str = "station";
/// The name the journal gives it.
pub(super) const COMMAND: &str = "packs-adopt";

/// State of a file that is in force, and of one whose removal was adopted.
pub(super) const IN_FORCE: &str = "in_force";
pub(super) const ENDED: &str = "ended";

/// Fields of these records.
pub(super) const TEXT: &str = "text";
pub(super) const HASH: &str = "hash";
const VERSION: &str = "version";

/// A file as it was adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Its hash, the same a pack is known by.
    pub hash: String,
    /// Who adopted it.
    pub by: String,
    /// When.
    pub at: Instant,
    pub(super) text: String,
    pub(super) id: RecordId,
    pub(super) in_force: bool,
}

/// How a file stands to what was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It was never adopted.
    New,
    /// It is another than the one adopted.
    Changed,
    /// It was adopted and is there no longer.
    Removed,
    /// It is the one adopted.
    Same,
}

impl Standing {
    /// What it is called.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::New => Said::fixed("新文件，未启用", "new, not adopted"),
            Self::Changed => Said::fixed(
                "有改动，未启用；仍按上次启用的内容执行",
                "changed, not adopted; what was adopted before stays in force",
            ),
            Self::Removed => Said::fixed(
                "文件没有了；仍按上次启用的内容执行",
                "gone; what was adopted stays in force",
            ),
            Self::Same => Said::fixed("已启用", "adopted"),
        }
    }
}

/// What an office knows of its packs.
#[derive(Default)]
pub(super) struct Packs {
    /// Every file that was ever adopted, by name.
    pub adopted: BTreeMap<String, Adopted>,
    /// The hashes of the files this opening was put together from, by name.
    pub in_use: BTreeMap<String, String>,
    /// Why what was adopted could not be used.
    broken: Vec<Problem>,
    /// What there is to say, as last looked at.
    told: Vec<Said>,
    program: Option<Record>,
}

impl Packs {
    /// Reads what was adopted.
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        let mut packs = Self::default();
        for stored in store.scan(ADOPTED, None, usize::MAX)? {
            packs.learn(&stored.record);
        }
        Ok(packs)
    }

    /// The files in force, for putting catalogue and library together.
    pub fn in_force(&self) -> Vec<OwnFile> {
        let in_force = self.adopted.iter().filter(|(_, adopted)| adopted.in_force);
        in_force
            .map(|(name, adopted)| OwnFile { name: name.clone(), text: adopted.text.clone() })
            .collect()
    }

    /// Says that this opening is put together from them.
    pub fn used(&mut self) {
        self.in_use = self.hashes();
    }

    /// The hashes of the files in force, by name.
    fn hashes(&self) -> BTreeMap<String, String> {
        let in_force = self.adopted.iter().filter(|(_, adopted)| adopted.in_force);
        in_force.map(|(name, adopted)| (name.clone(), adopted.hash.clone())).collect()
    }

    /// Says that they do not hold together with this program.
    pub fn refused(&mut self, problems: Vec<Problem>) {
        self.broken = problems;
    }

    /// Takes note of a file that was adopted, or of what the program brought along.
    pub fn learn(&mut self, record: &Record) {
        if record.number == PROGRAM {
            self.program = Some(record.clone());
            return;
        }
        let adopted = Adopted {
            hash: record.text(HASH).to_string(),
            by: record.updated_by.clone(),
            at: record.updated,
            text: record.text(TEXT).to_string(),
            id: record.id,
            in_force: record.state == IN_FORCE,
        };
        self.adopted.insert(record.number.clone(), adopted);
    }

    /// Forgets an adoption the disk refused.
    pub fn forget(&mut self, id: RecordId) {
        self.adopted.retain(|_, adopted| adopted.id != id);
        self.program.take_if(|program| program.id == id);
    }

    /// How a file stands; `found` is the hash of what lies in the folder.
    pub fn standing(&self, name: &str, found: Option<&str>) -> Standing {
        let adopted = self.adopted.get(name).filter(|adopted| adopted.in_force);
        match (adopted, found) {
            (None, _) => Standing::New,
            (Some(_), None) => Standing::Removed,
            (Some(adopted), Some(found)) if adopted.hash == found => Standing::Same,
            (Some(_), Some(_)) => Standing::Changed,
        }
    }

    /// Every file there is or was in force, by name, with its text in the folder.
    pub fn beside(&self, own: &OwnFiles) -> BTreeMap<String, Option<String>> {
        let in_force = self.adopted.iter().filter(|(_, adopted)| adopted.in_force);
        let mut all: BTreeMap<String, Option<String>> =
            in_force.map(|(name, _)| (name.clone(), None)).collect();
        all.extend(own.files.iter().map(|file| (file.name.clone(), Some(file.text.clone()))));
        all
    }

    /// Whether rules alone wait to be used: packs and calendars come with another opening, and
    /// rules that were adopted together with them fit nothing else.
    fn only_rules_wait(&self) -> bool {
        let (now, used) = (self.hashes(), &self.in_use);
        let differs = |name: &&String| now.get(*name) != used.get(*name);
        let mut differing = now.keys().chain(used.keys()).filter(differs).peekable();
        differing.peek().is_some() && differing.all(|name| folder_of(name) == POLICY)
    }

    /// Whether something was adopted since the station was opened.
    fn waits_for_opening(&self) -> bool {
        self.broken.is_empty() && self.hashes() != self.in_use
    }

    fn look(&mut self, own: &OwnFiles) {
        let mut told = Vec::new();
        if let Some(problem) = self.broken.first() {
            let Said { zh, en } = problem.said();
            told.push(said!(
                "已启用的业务包或规则，这个版本的程序读不了，暂按内置的执行：{zh}。请管理员改好后重新启用（yizhan packs diff）。",
                "This version of the program cannot use the packs or rules adopted and goes by the built-in ones: {en}. Ask the administrator to put them right and adopt them (`yizhan packs diff`)."
            ));
        }
        for (name, text) in self.beside(own) {
            let standing = self.standing(&name, text.as_deref().map(hash_of).as_deref());
            if standing != Standing::Same {
                let said = standing.said();
                told.push(Said::new(
                    format!("{name}：{}（管理员用 yizhan packs diff 查看）。", said.zh),
                    format!(
                        "{name}: {} (`yizhan packs diff` shows it to the administrator).",
                        said.en
                    ),
                ));
            }
        }
        told.extend(own.problems.iter().map(Problem::said));
        if self.waits_for_opening() {
            told.push(said!(
                "业务包或规则的改动已启用，下次打开驿站时生效：请关闭所有窗口（或重启 yizhan serve）。",
                "Packs or rules were adopted and take effect when Yizhan is next opened: close every window (or start `yizhan serve` anew)."
            ));
        }
        self.told = told;
    }
}

/// Sixteen hexadecimal digits of the BLAKE3 hash, as for packs.
pub(super) fn hash_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

/// The hashes of everything that comes with the program, by name.
fn shipped() -> BTreeMap<String, String> {
    let files = |folder: &'static str, files: &'static [(&str, &str)]| {
        files.iter().map(move |(name, text)| {
            let name = name.rsplit('/').next().unwrap_or(name);
            (format!("{folder}/{name}"), hash_of(text))
        })
    };
    files(PROGRAMS, Catalogue::shipped())
        .chain(files(POLICY, Library::shipped()))
        .chain(files(CALENDAR, Calendar::shipped()))
        .collect()
}

/// The record that tells which program was last seen.
pub(super) fn program_record(now: Instant) -> Result<Record, Refusal> {
    let mut record = new_record(now, STATION, PROGRAM)?;
    tell_program(&mut record);
    Ok(record)
}

fn tell_program(record: &mut Record) {
    let files: Vec<String> =
        shipped().into_iter().map(|(name, hash)| format!("{name} {hash}")).collect();
    let version = env!("CARGO_PKG_VERSION").to_string();
    record.fields.insert(VERSION.into(), Value::Text(version));
    record.fields.insert(TEXT.into(), Value::Text(files.join("\n")));
}

/// A record of this kind that does not say anything yet.
pub(super) fn new_record(now: Instant, by: &str, name: &str) -> Result<Record, Refusal> {
    let record = Record::made(super::ids::new_id(now)?, ADOPTED, name, by, now);
    Ok(Record { state: IN_FORCE.to_string(), ..record })
}

impl Office {
    pub(super) fn packs(&self) -> MutexGuard<'_, Packs> {
        self.packs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts rules that were adopted in the place of those in use. Nobody is inside the door
    /// meanwhile, so that one change goes by one library.
    pub(super) fn use_adopted_rules(&self) {
        let _nobody_else = self.enter();
        let mut packs = self.packs();
        // What is on its way to the disk counts for nothing yet.
        let Ok(kept) = Packs::read(&self.store) else { return };
        let mut kept = Packs { in_use: packs.in_use.clone(), ..kept };
        if !kept.only_rules_wait() {
            return;
        }
        // What does not hold together was refused before it was adopted.
        let Ok(sources) = super::Sources::over(&kept.in_force()) else { return };
        kept.used();
        packs.in_use = kept.in_use;
        let library = Arc::new(sources.library);
        *self.library.write().unwrap_or_else(PoisonError::into_inner) = library;
        self.worked_out.forget();
    }

    /// Whether something that was adopted takes effect only when the station is next opened.
    #[must_use]
    pub fn adoption_waits(&self) -> bool {
        self.packs().waits_for_opening()
    }

    /// Compares the data folder with what was adopted, for the notices.
    pub fn look_at_packs(&self) {
        let own = OwnFiles::in_folder(self.store.dir());
        self.packs().look(&own);
    }

    /// What there is to say of packs and rules, as last looked at.
    pub(super) fn told_of_packs(&self) -> Vec<Said> {
        self.packs().told.clone()
    }

    /// The files of the office's own that are in use, with who adopted them.
    #[must_use]
    pub fn adopted_in_use(&self) -> Vec<(String, Adopted)> {
        let packs = self.packs();
        let used = packs.in_use.iter().filter_map(|(name, hash)| {
            let adopted = packs.adopted.get(name)?;
            (adopted.hash == *hash).then(|| (name.clone(), adopted.clone()))
        });
        used.collect()
    }

    /// Notes down that the packs and rules of the program itself are others than the station last
    /// saw: they are adopted with the program. A disk that does not take it is asked again at the
    /// next sign-in.
    pub(super) fn note_program(&self, origin: &Origin) {
        let mut door = self.enter();
        let Some(mut record) = self.packs().program.clone() else { return };
        let (before, old) = (record.text(TEXT).to_string(), record.text(VERSION).to_string());
        tell_program(&mut record);
        if record.text(TEXT) == before {
            return;
        }
        let mut particulars = differing(&before, record.text(TEXT));
        particulars.insert("version".into(), record.text(VERSION).to_string());
        particulars.insert("version_before".into(), old);
        let now = self.now();
        (record.revision, record.updated) = (record.revision + 1, now);
        let draft = NewEntry {
            time: now,
            actor: STATION.to_string(),
            origin: origin.clone(),
            command: COMMAND.to_string(),
            ops: vec![NewOp::Note(particulars), NewOp::Put(record.clone())],
            reason: None,
        };
        let epoch = door.epoch.unwrap_or_else(|| self.store.epoch());
        let ticket =
            self.store.submit_in(epoch, Change::entries(Hand::Station, vec![draft])).ticket;
        door.epoch = Some(epoch);
        let id = record.id;
        self.packs().learn(&record);
        drop(door);
        if ticket.wait().is_err() {
            self.enter().epoch = None;
            self.take_back(ADOPTED, id);
        }
    }
}

/// Which files differ between two lists of names and hashes: `old -> new` by name.
fn differing(before: &str, after: &str) -> BTreeMap<String, String> {
    let read = |text: &str| -> BTreeMap<String, String> {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(name, hash)| (name.to_string(), hash.to_string())).collect()
    };
    let (before, after) = (read(before), read(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let hash = |of: &BTreeMap<String, String>, name: &String| {
        of.get(name).map_or("-", String::as_str).to_string()
    };
    names
        .map(|name| (name.clone(), hash(&before, name), hash(&after, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| (name, format!("{before} -> {after}")))
        .collect()
}

impl Adopted {
    /// `admin, 2025-10-15 09:00, 1f…`.
    #[must_use]
    pub fn said(&self) -> Said {
        let at = self.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        let (by, hash) = (&self.by, &self.hash);
        said!("{by} 于 {at} 启用，{hash}", "adopted by {by} at {at}, {hash}")
    }
}
