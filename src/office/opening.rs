//! Opening a station, and filling the index behind the first screen.

use super::adopted::{ADOPTED, Packs, program_record};
use super::card::Walked;
use super::door::{ACCOUNT, Door, Office, unavailable};
use super::erasing::ERASURE;
use super::kept_rules::{KeptRules, RULES};
use super::merging::{MERGE, Merges};
use super::second_place::PLACE;
use super::totals::Share;
use super::{News, OwnFiles, Passwords, Refusal};
use crate::calendar::Calendar;
use crate::directory::Directory;
use crate::policy::Library;
use crate::program::{Catalogue, Role};
use crate::record::{Clock, Regions};
use crate::said;
use crate::store::{
    Draft, DraftOp, FirstAccount, Origin, Progress, RecoveryKey, Secret, StationInfo, Store,
    StoreError,
};
use crate::words::{Problem, Said};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

/// The key numbers of the office's own kinds; packs use smaller ones.
const ACCOUNT_CODE: u16 = 60_000;

/// The kinds the office keeps its own records under, with their key numbers; packs have smaller ones.
const OF_THE_HOUSE: [(&str, u16); 6] = [
    (ACCOUNT, ACCOUNT_CODE),
    (ADOPTED, 60_001),
    (RULES, 60_002),
    (ERASURE, 60_003),
    (PLACE, 60_004),
    (MERGE, 60_005),
];
/// Kinds that come with no program are numbered from here on, by their names: the store has to be
/// open, and brought up to the journal, before the packs in it that describe them can be read.
const FIRST_OWN: u16 = 30_000;

/// Shares that are added up at once while the index fills, and how many times as many wait for it.
const SHARES_AT_ONCE: usize = 8192;
const SHARES_AHEAD: usize = 4;

/// What the rules and descriptions are read from.
pub struct Sources {
    /// Packs.
    pub catalogue: Catalogue,
    /// Regulations and rules.
    pub library: Library,
    /// Holidays.
    pub calendar: Calendar,
}

impl Sources {
    /// The built-in files, and over them those of a folder with `programs`, `policy` and
    /// `calendar` inside, where it has them. A station is opened with the built-in ones alone: what
    /// it has adopted lies in its store, and what lies in its folder counts for nothing.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(own: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let own = own.map(OwnFiles::in_folder).unwrap_or_default();
        match Self::over(&own.files) {
            Ok(sources) if own.problems.is_empty() => Ok(sources),
            Ok(_) => Err(own.problems),
            Err(problems) => Err(own.problems.into_iter().chain(problems).collect()),
        }
    }

    fn codes(&self) -> crate::store::KindCodes {
        let mut codes: foldhash::HashMap<String, u16> =
            self.catalogue.kinds().map(|kind| (kind.id.clone(), kind.code)).collect();
        codes.extend(OF_THE_HOUSE.map(|(kind, code)| (kind.to_string(), code)));
        Arc::new(move |kind| Some(codes.get(kind).copied().unwrap_or_else(|| code_of(kind))))
    }

    fn setup(
        &self,
        clock: Arc<dyn Clock>,
        news: &Arc<News>,
        progress: Arc<Progress>,
    ) -> crate::store::Setup {
        let news = news.clone();
        let told: crate::store::Told = Arc::new(move || news.announce());
        progress.tell(told.clone());
        let setup = crate::store::Setup::new(clock, self.codes());
        crate::store::Setup { progress, told, ..setup }
    }
}

/// The key number of a kind that does not come with the program.
pub(super) fn code_of(kind: &str) -> u16 {
    let of_the_house = OF_THE_HOUSE.iter().find(|(house, _)| *house == kind);
    of_the_house.map_or_else(
        || {
            let [first, second, ..] = *blake3::hash(kind.as_bytes()).as_bytes();
            FIRST_OWN + u16::from_le_bytes([first, second]) % (ACCOUNT_CODE - FIRST_OWN)
        },
        |(_, code)| *code,
    )
}

/// Whether the office keeps its own records under this kind: no pack may have one of the name.
pub(super) fn is_of_the_house(kind: &str) -> bool {
    OF_THE_HOUSE.iter().any(|(house, _)| *house == kind)
}

/// What a new station is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its name as printed.
    pub name: String,
    /// The code of the division it stands in.
    pub region: String,
    /// The first administrator's account.
    pub admin: String,
    /// That account's password.
    pub password: String,
    /// The administrator chooses another password at the first sign-in, before anything else.
    pub must_change: bool,
    /// What its passwords are worth.
    pub passwords: Passwords,
}

/// How far the index is.
pub(super) struct Filling {
    complete: Mutex<bool>,
    done: Condvar,
    percent: AtomicU8,
    /// The thread that fills it, which holds the office as long as it runs.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Filling {
    fn new() -> Self {
        Self {
            complete: Mutex::new(false),
            done: Condvar::new(),
            percent: AtomicU8::new(0),
            thread: Mutex::default(),
        }
    }

    /// Waits until the index is complete: duplicates cannot be ruled out before.
    pub fn wait(&self) {
        let mut complete = self.complete.lock().unwrap_or_else(PoisonError::into_inner);
        while !*complete {
            complete = self.done.wait(complete).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn percent(&self) -> Option<u8> {
        let percent = self.percent.load(Ordering::Relaxed);
        (percent < 100).then_some(percent)
    }

    fn finish(&self) {
        self.percent.store(100, Ordering::Relaxed);
        *self.complete.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.done.notify_all();
    }
}

impl Office {
    /// Makes a station and opens it, signed in as its administrator. The recovery key is to be
    /// shown once and is kept nowhere.
    ///
    /// # Errors
    /// What the store says; an account name or password that will not do.
    pub fn create(
        dir: &Path,
        setup: &Setup,
        sources: Sources,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, RecoveryKey), Refusal> {
        let name = super::accounts::good_name(&setup.admin)?;
        if setup.passwords != Passwords::Known {
            super::passwords::fit(&setup.password, &name, &setup.name)?;
        }
        let info = StationInfo {
            node: super::create::new_id(clock.now())?.0,
            name: setup.name.clone(),
            region: setup.region.clone(),
        };
        let news = Arc::new(News::default());
        let with = crate::store::Setup {
            work: setup.passwords.work(),
            ..sources.setup(clock.clone(), &news, Arc::default())
        };
        let name = name.as_str();
        let role = Role::Administrator;
        let admin =
            super::accounts::account_record(clock.now(), name, name, role, setup.must_change)?;
        let draft = Draft {
            time: clock.now(),
            // The recovery key makes the station, its first account among the rest.
            actor: super::accounts::RECOVERY.to_string(),
            origin: Origin::Cli,
            command: "init".to_string(),
            ops: vec![DraftOp::Put(admin.clone()), DraftOp::Put(program_record(clock.now())?)],
            reason: None,
        };
        // A station without its administrator would open to nobody.
        let account = FirstAccount {
            name,
            id: admin.id,
            password: &setup.password,
            given: setup.must_change,
        };
        let (store, recovery) = Store::create(dir, &info, &account, vec![draft], &with)
            .map_err(|error| unavailable(&error))?;
        let mut office = Self::over(store, sources, clock, news)?;
        office.known_passwords = setup.passwords == Passwords::Known;
        office.learn_account(&admin);
        let office = Arc::new(office);
        office.fill();
        Ok((office, recovery))
    }

    /// Opens a station with a password or the recovery key. The index fills behind the first
    /// screen; what needs it complete waits.
    ///
    /// # Errors
    /// What the store says: wrong password, folder in use, another version, damage.
    pub fn open(
        dir: &Path,
        secret: &Secret<'_>,
        sources: Sources,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, Refusal> {
        Self::open_watched(dir, secret, sources, clock, Arc::default())
    }

    /// The same, saying through `progress` how far it is: after damage it can take a while.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_watched(
        dir: &Path,
        secret: &Secret<'_>,
        sources: Sources,
        clock: Arc<dyn Clock>,
        progress: Arc<Progress>,
    ) -> Result<Arc<Self>, Refusal> {
        let news = Arc::new(News::default());
        let with = sources.setup(clock.clone(), &news, progress);
        let store = Store::open(dir, secret, &with).map_err(|error| unavailable(&error))?;
        let office = Arc::new(Self::over(store, sources, clock, news)?);
        for account in
            office.store.scan(ACCOUNT, None, usize::MAX).map_err(|error| unavailable(&error))?
        {
            office.learn_account(&account.record);
            office.as_registered(account.record.id);
        }
        office.find_newest();
        office.keep_second_place();
        office.note_heads();
        let filling = office.clone();
        let thread = thread::spawn(move || {
            // Nothing is changed before it is known whose keys hold.
            filling.look_at_register();
            filling.fill();
        });
        *office.filling.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(office)
    }

    /// An office over a store, with what was adopted in it over the built-in files.
    fn over(
        store: Store,
        mut sources: Sources,
        clock: Arc<dyn Clock>,
        news: Arc<News>,
    ) -> Result<Self, Refusal> {
        let mut packs = Packs::read(&store).map_err(|error| unavailable(&error))?;
        let erasures = Self::read_erasures(&store).map_err(|error| unavailable(&error))?;
        let kept_rules = KeptRules::read(&store).map_err(|error| unavailable(&error))?;
        let merges = Merges::read(&store).map_err(|error| unavailable(&error))?;
        let refused = super::refused::RefusedSignIns::read(&store);
        let adopted = packs.in_force();
        if !adopted.is_empty() {
            match Sources::over(&adopted) {
                Ok(with_adopted) => {
                    sources = with_adopted;
                    packs.used();
                }
                // Nobody is locked out by a file; it is told on every screen that comes first.
                Err(problems) => packs.refused(problems),
            }
        }
        let office = Self {
            store,
            catalogue: sources.catalogue,
            library: RwLock::new(Arc::new(sources.library)),
            calendar: sources.calendar,
            clock,
            directory: RwLock::new(Directory::new()),
            accounts: RwLock::new(BTreeMap::new()),
            door: Mutex::new(Door::default()),
            keyring_turn: Mutex::default(),
            signed_in: Mutex::default(),
            erasures: Mutex::new(erasures),
            evidence: super::evidence::Evidence::default(),
            restored: Mutex::default(),
            filling: Filling::new(),
            notices: Mutex::default(),
            misses: super::searching::Misses::default(),
            turns: super::searching::turns(),
            refused,
            news,
            newest: Mutex::default(),
            withdrawn: Mutex::default(),
            backups: RwLock::default(),
            keeping: AtomicBool::new(false),
            claims: super::claims::Claims::default(),
            doors: Mutex::default(),
            packs: Mutex::new(packs),
            kept_rules: Mutex::new(kept_rules),
            adopting: Mutex::default(),
            merges: RwLock::new(Arc::new(merges)),
            totals: RwLock::default(),
            worked_out: super::worked_out::WorkedOut::default(),
            known_passwords: false,
            short_name: OnceLock::new(),
        };
        office.keep_packs();
        office.look_at_packs();
        Ok(office)
    }

    /// Packs records were submitted under stay readable for ever: each is kept once by its hash.
    fn keep_packs(&self) {
        for pack in self.catalogue.packs() {
            let shelf = "packs";
            if !self.store.has_side(shelf, &pack.hash) {
                // A full or read-only disk must not keep anybody from reading; it is tried again
                // at the next opening.
                let _ = self.store.keep_side(shelf, &pack.hash, &pack.text);
            }
        }
    }

    /// The register of keys was taken from a file in the open; the journal's own pages are asked
    /// before anything can be changed.
    fn look_at_register(&self) {
        // A machine that refuses is told where it refuses.
        if matches!(self.store.check_register(), Ok(true) | Err(StoreError::Io(_))) {
            return;
        }
        let ids: Vec<_> = {
            let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
            accounts.values().map(|(id, _)| *id).collect()
        };
        ids.into_iter().for_each(|id| self.as_registered(id));
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.push(said!(
            "记着谁有钥匙的 records.toml 被改过，已改用日志里的名册。请管理员运行 yizhan verify，先不要作决定。",
            "records.toml, which says who has a key, was changed; the journal's own register is used. Have the administrator run `yizhan verify` before anything is decided."
        ));
    }

    /// Fills the directory from the records. People come first, so that a file finds its head.
    fn fill(&self) {
        let total: u64 =
            self.catalogue.kinds().map(|kind| self.store.count(&kind.id).unwrap_or(0)).sum();
        let room = usize::try_from(total).unwrap_or(0);
        self.directory.write().unwrap_or_else(PoisonError::into_inner).reserve(room);
        if let Err(error) = self.fill_with_all(total) {
            let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
            notices.push(error.said());
        }
        self.worked_out.changed();
        self.filling.finish();
        self.read_backups();
    }

    /// Puts every record into the directory. What records count for is added up beside that, some
    /// thousands of shares at a time.
    fn fill_with_all(&self, total: u64) -> Result<(), StoreError> {
        let directory = || self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let of_person = |id| directory().of_person(id);
        thread::scope(|scope| {
            let (give, given) = sync_channel::<Vec<Share>>(SHARES_AHEAD);
            scope.spawn(move || {
                for shares in given {
                    let mut totals = self.totals_mut();
                    shares.into_iter().for_each(|share| totals.add(share));
                }
            });
            let (mut seen, mut collected) = (0_u64, Vec::new());
            let walk = self.each_card(of_person, |walked| {
                let (card, shares) = match walked {
                    Walked::Card(card, shares) => (card, shares),
                    Walked::Withdrawn(record) => return self.withdraw(&record),
                };
                self.directory.write().unwrap_or_else(PoisonError::into_inner).put(&card);
                collected.extend_from_slice(shares);
                if collected.len() >= SHARES_AT_ONCE {
                    let room = Vec::with_capacity(SHARES_AT_ONCE + 64);
                    // The other end waits until this one is done.
                    let _ = give.send(std::mem::replace(&mut collected, room));
                }
                seen += 1;
                let percent = (seen * 99).checked_div(total).unwrap_or(99).min(99);
                self.filling.percent.store(u8::try_from(percent).unwrap_or(99), Ordering::Relaxed);
            });
            let _ = give.send(collected);
            walk.map(drop)
        })
    }

    /// Saves what waits and lets the folder go. A checkpoint the disk does not take costs the next
    /// opening some time and nothing else.
    ///
    /// # Errors
    /// What the store says of its own; everything acknowledged is safe in any case.
    pub fn close(&self) -> Result<(), Refusal> {
        self.keep_refused();
        match self.store.flush() {
            Ok(()) | Err(StoreError::Io(_)) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Closes it and gives up the folder: another process can open it once this returns, if nobody
    /// else in this one holds the office.
    ///
    /// # Errors
    /// As [`Self::close`].
    pub fn give_up(self: Arc<Self>) -> Result<(), Refusal> {
        self.close()?;
        let thread = self.filling.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // One that broke off has let the office go as well.
        let _ = thread.map(JoinHandle::join);
        Ok(())
    }

    /// The store, for commands that look after the folder itself.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Division codes.
    #[must_use]
    pub fn regions(&self) -> &'static Regions {
        Regions::built_in()
    }

    /// Why nothing can be saved at the moment, in words.
    #[must_use]
    pub fn trouble(&self) -> Option<Said> {
        self.store.trouble().map(|error| error.said())
    }
}
