//! What must hold of a folder after a power cut: it opens, nothing acknowledged is gone, nothing
//! is there that was never submitted, and saving goes on.

use crate::cli::PASSWORD;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use yizhan::calendar::Calendar;
use yizhan::office::{Command, Office, Setup, Sources};
use yizhan::policy::Library;
use yizhan::program::{Catalogue, PERSON};
use yizhan::record::{Fields, Record, RecordId, SystemClock, Value};
use yizhan::store::{Entry, Op, Secret, StationInfo, verify_backup};

pub const ADMIN: Secret<'_> = Secret::Password { account: "admin", password: PASSWORD };

/// What a person may rely on, by what the program has told so far.
#[derive(Default)]
pub struct Owed {
    /// The station was made: from now on it opens without a hand.
    pub station: bool,
    /// Entries of the journal.
    pub entries: usize,
    /// Changes, each told with a receipt.
    pub receipts: Vec<Receipt>,
    /// Backup files, and how many entries are in each.
    pub backups: Vec<(String, u64)>,
}

/// A change that was acknowledged, and what was submitted.
pub struct Receipt {
    /// The entry of the journal, where that was told.
    pub seq: Option<usize>,
    pub number: String,
    pub revision: u32,
    /// A text of the submitted fields, or the step that was made.
    pub mark: String,
}

/// Opens folders and looks at them; packs and rules are read once.
#[derive(Clone)]
pub struct Examiner {
    catalogue: Catalogue,
    library: Library,
    calendar: Calendar,
}

impl Examiner {
    pub fn new() -> Self {
        let Sources { catalogue, library, calendar } = Sources::load(None).unwrap();
        Self { catalogue, library, calendar }
    }

    fn sources(&self) -> Sources {
        let Self { catalogue, library, calendar } = self.clone();
        Sources { catalogue, library, calendar }
    }

    /// Opens the station in a folder.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&self, data: &Path) -> Result<Arc<Office>, String> {
        let opened = Office::open(data, &ADMIN, self.sources(), Arc::new(SystemClock));
        let office = opened.map_err(|why| format!("does not open: {}", why.message.en))?;
        office.wait_for_index();
        Ok(office)
    }

    /// Looks at what a power cut left; true when the opening had something to put right and says
    /// so. `whole` is the journal of the same run without a cut.
    ///
    /// # Errors
    /// What is not as it must be.
    pub fn look(&self, folder: &Path, whole: &[Entry], owed: &Owed) -> Result<bool, String> {
        let data = folder.join("data");
        let office = match self.open(&data) {
            Ok(office) if !owed.station && office.recovery_actor().is_none() => {
                close(office)?;
                return self.made_again(&data).map_err(|why| format!("opens to nobody: {why}"));
            }
            Ok(office) => office,
            Err(why) if owed.station => return Err(why),
            // A station without its file is none; one with it was complete.
            Err(why) if StationInfo::load(&data).is_ok() => return Err(why),
            Err(why) => return self.made_again(&data).map_err(|again| format!("{why}; {again}")),
        };
        let entries = entries(&office);
        if whole.get(..entries.len()) != Some(&*entries) {
            return Err(format!("the journal is another one: {entries:#?}"));
        }
        if entries.len() < owed.entries {
            return Err(format!("{} entries of {} told are there", entries.len(), owed.entries));
        }
        let report = office.store().verify(None).map_err(|why| why.to_string())?;
        if !report.ok {
            return Err(format!("verify: {report:#?}"));
        }
        self.records(&office, &entries)?;
        for receipt in &owed.receipts {
            acknowledged(&office, &entries, receipt)?;
        }
        for (file, entries) in &owed.backups {
            let report = verify_backup(&folder.join(file), &ADMIN);
            let report = report.map_err(|why| format!("backup {file}: {why}"))?;
            if report.entries < *entries {
                return Err(format!("backup {file} holds {} entries of {entries}", report.entries));
            }
        }
        saves(&office)?;
        let mended = !office.notices().is_empty();
        close(office)?;
        if mended {
            self.stays_mended(&data, entries.len() + 1)?;
        }
        Ok(mended)
    }

    /// What one opening has put right the next has nothing to say of.
    fn stays_mended(&self, data: &Path, expected: usize) -> Result<(), String> {
        let office = self.open(data)?;
        let (found, notices) = (entries(&office).len(), office.notices());
        if found != expected || !notices.is_empty() {
            return Err(format!("opened again: {found} entries of {expected}, {notices:?}"));
        }
        close(office)
    }

    /// Making the station may be asked for once more when it was cut short.
    fn made_again(&self, data: &Path) -> Result<bool, String> {
        let setup = Setup {
            name: "鱼洞街道服务站".into(),
            region: "500113".into(),
            admin: "admin".into(),
            password: PASSWORD.into(),
        };
        let made = Office::create(data, &setup, self.sources(), Arc::new(SystemClock));
        let (office, _) =
            made.map_err(|why| format!("cannot be made again: {}", why.message.en))?;
        saves(&office)?;
        close(office)?;
        Ok(false)
    }

    /// The records are what the entries amount to, no more and no less.
    fn records(&self, office: &Office, entries: &[Entry]) -> Result<(), String> {
        let mut expected: BTreeMap<(String, RecordId), (Option<Record>, u64)> = BTreeMap::new();
        for entry in entries {
            for op in &entry.ops {
                let Some((kind, id, _)) = op.touches() else { continue };
                let known = expected.entry((kind.to_string(), id)).or_default();
                known.1 = entry.seq;
                if let Op::Put { record, .. } = op {
                    known.0 = Some(record.clone());
                }
            }
        }
        let mut found = BTreeMap::new();
        let kinds = self.catalogue.kinds().map(|kind| kind.id.as_str());
        for kind in kinds.chain(["account"]) {
            let all = office.store().scan(kind, None, usize::MAX).map_err(|why| why.to_string())?;
            for stored in all {
                let key = (kind.to_string(), stored.record.id);
                found.insert(key, (Some(stored.record), stored.last_seq));
            }
        }
        if found == expected {
            return Ok(());
        }
        let (is, should) = (found.len(), expected.len());
        Err(format!("the records differ from the journal: {is} of {should}"))
    }
}

/// The whole journal.
pub fn entries(office: &Office) -> Vec<Entry> {
    let mut entries = Vec::new();
    office
        .store()
        .entries(1, |entry| {
            entries.push(entry.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
    entries
}

fn acknowledged(office: &Office, entries: &[Entry], receipt: &Receipt) -> Result<(), String> {
    let Receipt { seq, number, revision, mark } = receipt;
    let named = entries
        .iter()
        .filter(|entry| seq.is_none_or(|seq| u64::try_from(seq).is_ok_and(|seq| seq == entry.seq)));
    let records = named.flat_map(|entry| &entry.ops).filter_map(|op| match op {
        Op::Put { record, .. } => Some(record),
        _ => None,
    });
    let marked = |record: &Record| {
        record.fields.values().any(|value| value.as_text() == Some(mark))
            || record.moves.last().is_some_and(|made| made.id == *mark)
    };
    let mut records = records.filter(|record| record.number == *number);
    if !records.any(|record| record.revision == *revision && marked(record)) {
        return Err(format!("{number} revision {revision} ({mark}) is not entry {seq:?}"));
    }
    let id = office.numbered(number).ok_or_else(|| format!("{number} cannot be found"))?;
    let now = office.record(id).map_err(|why| why.message.en.to_string())?;
    match now {
        Some(now) if now.revision >= *revision => Ok(()),
        other => Err(format!("{number} should be at {revision}: {other:?}")),
    }
}

fn saves(office: &Office) -> Result<(), String> {
    let admin = office.recovery_actor().ok_or("there is no administrator")?;
    let fields = Fields::from([("name".to_string(), Value::Text("区小红".into()))]);
    let command = Command::Create { kind: PERSON.into(), fields, number: None };
    let saved = office.perform(&admin, command);
    saved.map(drop).map_err(|why| format!("nothing can be saved: {}", why.message.en))
}

/// Closes a station and waits until nothing holds the folder.
fn close(mut office: Arc<Office>) -> Result<(), String> {
    let closed = office.close().map_err(|why| why.message.en.to_string());
    while let Err(held) = Arc::try_unwrap(office) {
        // The thread that filled the index is about to let go.
        std::thread::yield_now();
        office = held;
    }
    closed
}
