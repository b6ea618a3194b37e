//! What must hold of a folder after a power cut: it opens, nothing acknowledged is gone, nothing
//! is there that was never submitted, and saving goes on.

use crate::stage::{PASSWORD, setup};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan::calendar::Calendar;
use yizhan::office::{Actor, Command, Office, Sources};
use yizhan::policy::Library;
use yizhan::program::{Catalogue, PERSON};
use yizhan::record::{Clock, Fields, Record, RecordId, SystemClock, Value};
use yizhan::store::{self, Entry, Op, Origin, Progress, Secret, StoreError, verify_backup};

/// How long a folder may be held by nobody who wants it.
const PATIENCE: Duration = Duration::from_secs(5);

pub const ADMIN: Secret<'_> = Secret::Password { account: "admin", password: PASSWORD };

/// What is asked for once more when it was cut short.
#[derive(Clone, Debug, Default)]
pub enum Again {
    /// Nothing: the station is made, and opens without a hand.
    #[default]
    Nothing,
    /// Making the station.
    Init,
    /// Restoring this backup, which lies beside the data folder.
    Restore(&'static str),
    /// Making a damaged journal whole.
    Heal,
}

/// What a person may rely on, by what the program has told so far.
#[derive(Default)]
pub struct Owed {
    /// The command that may have to be given again, while it has not told that it is done.
    pub again: Again,
    /// The journal was damaged before and is made whole, by an entry of its own.
    pub heals: bool,
    /// Entries of the journal.
    pub seq: u64,
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
        let office = once_free(|| {
            let opened = Office::open(data, &ADMIN, self.sources(), Arc::new(SystemClock));
            opened.map_err(|why| format!("does not open: {}", why.message.en))
        })?;
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
        let office = match (self.open(&data), &owed.again) {
            (Ok(office), Again::Init) if admin(&office).is_err() => {
                return Err("opens to nobody".into());
            }
            // An opening looks at the journal from the checkpoint on only.
            (Ok(office), Again::Heal) if entries(&office).is_err() => {
                close(office)?;
                self.again(&owed.again, folder)?
            }
            (Ok(office), _) => office,
            (Err(why), Again::Nothing) => return Err(why),
            (Err(why), again) => {
                let done = self.again(again, folder).map_err(|again| format!("{why}; {again}"))?;
                if matches!(again, Again::Init) {
                    saves(&done)?;
                    return close(done).map(|()| false);
                }
                done
            }
        };
        let entries = entries(&office)?;
        // Whoever makes a journal whole is entered behind what was there.
        let before = if owed.heals { whole.len() } else { entries.len() };
        if entries.get(..before).is_none_or(|before| !whole.starts_with(before)) {
            return Err(format!("the journal is another one: {entries:#?}"));
        }
        let last = entries.last().map_or(0, |entry| entry.seq);
        if last < owed.seq {
            return Err(format!("the journal ends at {last}, and {} was told", owed.seq));
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
        let (found, notices) = (entries(&office)?.len(), office.notices());
        if found != expected || !notices.is_empty() {
            return Err(format!("opened again: {found} entries of {expected}, {notices:?}"));
        }
        close(office)
    }

    /// Gives a command once more that was cut short, and opens what it made.
    fn again(&self, what: &Again, folder: &Path) -> Result<Arc<Office>, String> {
        let data = folder.join("data");
        let failed = |why: String| format!("{what:?} cannot be done again: {why}");
        let clock = Arc::new(SystemClock);
        match what {
            Again::Nothing => {}
            Again::Init => {
                let made = once_free(|| {
                    let made = Office::create(&data, &setup(), self.sources(), clock.clone());
                    made.map_err(|why| failed(why.message.en.to_string()))
                })?;
                return Ok(made.0);
            }
            Again::Restore(file) => {
                let (file, by) = (folder.join(file), ("admin", clock.now()));
                let told = Progress::default();
                once_free(|| {
                    let restored = store::restore(&file, None, &data, &ADMIN, by, &told);
                    restored.map_err(|why| failed(why.said().en.to_string()))
                })?;
            }
            Again::Heal => {
                let setup = store::Setup::new(clock, Arc::new(|_| None));
                once_free(|| {
                    let healed = store::heal(&data, &ADMIN, "admin", &setup);
                    healed.map_err(|why| failed(why.said().en.to_string()))
                })?;
            }
        }
        self.open(&data).map_err(failed)
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
        for kind in kinds.chain(["account", "adopted", "rules"]) {
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
///
/// # Errors
/// The entry that cannot be read.
pub fn entries(office: &Office) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    let read = office.store().entries(1, |entry| {
        entries.push(entry.clone());
        ControlFlow::Continue(())
    });
    read.map(|()| entries).map_err(|why| why.to_string())
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

/// The administrator, without a word in the journal.
fn admin(office: &Office) -> Result<Actor, String> {
    let admin = office.stand_in("admin", PASSWORD, &Origin::Cli);
    admin.map_err(|why| format!("opens to nobody: {}", why.message.en))
}

fn saves(office: &Office) -> Result<(), String> {
    let admin = admin(office)?;
    let fields = Fields::from([("name".to_string(), Value::Text("区小红".into()))]);
    let command = Command::Create { kind: PERSON.into(), fields, number: None, step: None };
    let saved = office.perform(&admin, command);
    saved.map(drop).map_err(|why| format!("nothing can be saved: {}", why.message.en))
}

/// Tries again while the folder is held: another test of this process may be starting a program,
/// which for a moment has every open file of ours, the lock too.
fn once_free<T>(work: impl Fn() -> Result<T, String>) -> Result<T, String> {
    let (held, began) = (StoreError::Locked.said().en, Instant::now());
    loop {
        match work() {
            Err(why) if why.contains(&*held) && began.elapsed() < PATIENCE => {
                std::thread::yield_now();
            }
            done => return done,
        }
    }
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
