//! Opening a station, and filling the index behind the first screen.

use super::adopted::{Packs, program_record};
use super::card::Walked;
use super::door::Office;
use super::filling::Filling;
use super::kept_rules::KeptRules;
use super::merges::Merges;
use super::own_kinds::{ACCOUNT, OF_THE_HOUSE, code_of};
use super::plan::Door;
use super::refusal::unavailable;
use super::totals::Share;
use super::{News, OwnFiles, Passwords, Refusal};
use crate::calendar::Calendar;
use crate::directory::Directory;
use crate::policy::Library;
use crate::program::{Catalogue, Role};
use crate::record::{Clock, Regions};
use crate::said;
use crate::store::{
    FirstAccount, NewEntry, NewOp, Origin, Progress, RecoveryKey, Secret, StationInfo, Store,
    StoreError,
};
use crate::words::{Problem, Said};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

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

/// What a new station is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its name as printed.
    pub name: String,
    /// The code of the division it is in.
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
            node: super::ids::new_id(clock.now())?.0,
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
        let draft = NewEntry {
            time: clock.now(),
            // The recovery key makes the station, its first account among the rest.
            actor: super::keyring::RECOVERY.to_string(),
            origin: Origin::Cli,
            command: "init".to_string(),
            ops: vec![NewOp::Put(admin.clone()), NewOp::Put(program_record(clock.now())?)],
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
        office.filling.is_done_by(thread);
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
            listening: Mutex::default(),
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
                self.filling.tell(u8::try_from(percent).unwrap_or(99));
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
        let thread = self.filling.take_thread();
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
