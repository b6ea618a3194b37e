//! The office itself: what it holds, and the way of a change through it.

use super::command::{Command, Receipt};
use super::keyring::KeyPages;
use super::news::News;
use super::own_kinds::{ACCOUNT, ADOPTED, ERASURE, MERGE, PLACE, RULES};
use super::plan::{Door, Plan};
use super::refusal::{not_here, unavailable};
use super::totals::{Moved, Totals};
use super::{Account, Actor, Refusal, Right};
use crate::calendar::Calendar;
use crate::directory::Directory;
use crate::policy::Library;
use crate::program::{Catalogue, Kind, PERSON};
use crate::record::{Clock, Instant, Record, RecordId};
use crate::said;
use crate::store::{Change, Handed, NewEntry, NewOp, Op, Store, Ticket};
use chrono::NaiveDate;
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// The open station: everything that can be read, and the one door.
pub struct Office {
    pub(super) store: Store,
    pub(super) catalogue: Catalogue,
    /// Exchanged inside the door only, when rules are adopted.
    pub(super) library: RwLock<Arc<Library>>,
    pub(super) calendar: Calendar,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) directory: RwLock<Directory>,
    pub(super) accounts: RwLock<BTreeMap<String, (RecordId, Account)>>,
    pub(super) door: Mutex<Door>,
    /// Held while keys are changed.
    pub(super) keyring_turn: Mutex<()>,
    /// Erasures that were asked for.
    pub(super) erasures: Mutex<BTreeMap<RecordId, Record>>,
    pub(super) evidence: super::evidence::Evidence,
    /// The last restore into another folder that was begun here.
    pub(super) restored: Mutex<Option<super::RestoredBeside>>,
    /// The last two sign-ins of accounts somebody asked about.
    pub(super) signed_in: Mutex<HashMap<RecordId, [Option<super::SignedIn>; 2]>>,
    pub(super) filling: super::filling::Filling,
    /// What went wrong while the index was filled.
    pub(super) notices: Mutex<Vec<crate::words::Said>>,
    pub(super) news: Arc<News>,
    /// When the newest entry was saved, by the clock of that time.
    pub(super) newest: Mutex<Option<Instant>>,
    /// Records whose making was taken back, by number: numbers are not given twice.
    pub(super) withdrawn: Mutex<HashMap<String, (String, RecordId)>>,
    /// The backups, as last looked at.
    pub(super) backups: RwLock<crate::store::BackupState>,
    /// Somebody keeps house in this process.
    pub(super) keeping: AtomicBool,
    pub(super) claims: super::claims::Claims,
    /// Searches by number that found nothing.
    pub(super) misses: super::searching::Misses,
    /// Turns at searching.
    pub(super) turns: crate::store::Turns,
    /// Sign-ins that were refused.
    pub(super) refused: super::refused::RefusedSignIns,
    /// How sessions reach the office.
    pub(super) listening: Mutex<super::Listening>,
    /// What was adopted.
    pub(super) packs: Mutex<super::adopted::Packs>,
    /// Rules that files were submitted under.
    pub(super) kept_rules: Mutex<super::kept_rules::KeptRules>,
    /// Decision sheets, worked out once.
    pub(super) worked_out: super::worked_out::WorkedOut,
    /// Held while values are written and adopted.
    pub(super) adopting: Mutex<()>,
    /// Records that turned out to be one.
    pub(super) merges: RwLock<Arc<super::merges::Merges>>,
    /// What measures come to; it follows inside the door.
    pub(super) totals: RwLock<Totals>,
    /// Every password will do: they guard nothing.
    pub(super) known_passwords: bool,
    /// What its numbers begin with, once it was asked for.
    pub(super) short_name: OnceLock<String>,
}

/// Commands that were handed in and are not on the disk yet.
#[must_use = "nothing is known to be saved before `end_all`"]
pub struct Begun(Vec<Result<Result<Staged, Receipt>, Refusal>>);

/// A change that has its place in the journal and waits for the disk.
pub(super) struct Staged {
    ticket: Ticket<Vec<u64>>,
    number: String,
    revision: u32,
    /// The record the command was about.
    id: Option<RecordId>,
    /// Every record it changes, by kind.
    touched: Vec<(String, RecordId)>,
    /// What it changed of measures.
    moved: Vec<Moved>,
    at: Instant,
    /// A move was only put forward.
    waits: bool,
}

impl Office {
    /// Carries out a command. When this returns a receipt, the change is on the disk.
    ///
    /// # Errors
    /// A refusal; nothing was written.
    pub fn perform(&self, actor: &Actor, command: Command) -> Result<Receipt, Refusal> {
        let receipt = match command {
            Command::Erase { person } => self.erase(actor, person),
            command if command.changes_keys() => {
                self.perform_keys(actor, &command, &mut |_| Ok(()))
            }
            command => self.stage(actor, command, None).and_then(|staged| self.settle(staged)),
        };
        self.news.announce();
        receipt
    }

    /// Carries out commands in order, sharing the waits for the disk; one answer each.
    pub fn perform_all(
        &self,
        actor: &Actor,
        commands: impl IntoIterator<Item = Command>,
    ) -> Vec<Result<Receipt, Refusal>> {
        let begun = self.begin_all(actor, commands);
        self.end_all(begun)
    }

    /// Hands commands in, in order, each made when the one before it is in the index; they are on
    /// the disk once [`Self::end_all`] says so, and others may be handed in meanwhile. Nobody's saves
    /// are written while commands are being made, so making one may not wait for anybody.
    pub fn begin_all(&self, actor: &Actor, commands: impl IntoIterator<Item = Command>) -> Begun {
        let mut together = None;
        let staged = commands.into_iter().map(|command| {
            // A change of keys is done before the next one begins.
            if command.changes_keys() {
                drop(together.take());
                return Ok(Err(self.perform_keys(actor, &command, &mut |_| Ok(()))?));
            }
            together.get_or_insert_with(|| self.store.together());
            self.stage(actor, command, None).map(Ok)
        });
        Begun(staged.collect())
    }

    /// Waits for commands that were handed in; one answer each.
    pub fn end_all(&self, begun: Begun) -> Vec<Result<Receipt, Refusal>> {
        let answers = begun
            .0
            .into_iter()
            .map(|staged| staged?.map_or_else(Ok, |staged| self.settle(staged)))
            .collect();
        self.news.announce();
        answers
    }

    /// Whether somebody may change anything at the moment.
    pub(super) fn may_act(&self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        self.filling.wait();
        self.may_go_on(actor)?;
        self.has_own_password(actor, command)
    }

    /// A change of keys as it was planned before its long work, unless somebody else changed the
    /// account meanwhile.
    fn as_planned(&self, plan: Plan) -> Result<Plan, Refusal> {
        for op in &plan.ops {
            let NewOp::Put(record) = op else { continue };
            let there = self.inside(&record.kind, record.id)?.map_or(0, |there| there.revision);
            if there + 1 != record.revision {
                return Err(Refusal::conflict(
                    said!(
                        "这个账号刚刚被别人改过。",
                        "Somebody else changed this account a moment ago."
                    ),
                    said!("请再做一次。", "Do it once more."),
                ));
            }
        }
        Ok(plan)
    }

    /// Gives a change its place in the journal, with the pages of the keys it comes with.
    pub(super) fn stage(
        &self,
        actor: &Actor,
        command: Command,
        keys: Option<KeyPages>,
    ) -> Result<Staged, Refusal> {
        self.may_act(actor, &command)?;
        let mut door = self.enter();
        let accepts_clock = matches!(command, Command::AcceptClock);
        let mut keys = keys;
        let mut plan = match keys.as_mut().and_then(KeyPages::planned) {
            Some(plan) => self.as_planned(plan)?,
            None => self.plan(&mut door, actor, command)?,
        };
        let moved = self.bounds_hold(&door, &plan)?;
        let hand = self.hand_of(actor)?;
        if let Some(doubt) = self.doubt_note().filter(|_| !accepts_clock) {
            plan.ops.push(NewOp::Note(BTreeMap::from([doubt])));
        }
        let at = self.clock.now();
        let draft = NewEntry {
            time: at,
            actor: actor.account.clone(),
            origin: actor.origin.clone(),
            command: plan.command.to_string(),
            ops: plan.ops,
            reason: plan.reason,
        };
        let waits = plan.command == super::moves::PROPOSE;
        let epoch = door.epoch.unwrap_or_else(|| self.store.epoch());
        let change = match keys {
            Some(keys) => keys.with(&hand, draft),
            None => Change::entries(hand, vec![draft]),
        };
        let Handed { ticket, entries } = self.store.submit_in(epoch, change);
        door.epoch = Some(epoch);
        self.saved_at(at, accepts_clock);
        let ops = entries.iter().flat_map(|entry| &entry.ops);
        let puts: SmallVec<[&Record; 2]> = ops.filter_map(Op::record).collect();
        let (number, revision) = puts
            .first()
            .map_or((String::new(), 0), |record| (record.number.clone(), record.revision));
        let touched = puts.iter().map(|record| (record.kind.clone(), record.id)).collect();
        {
            let mut totals = self.totals_mut();
            moved.iter().for_each(|moved| totals.follow(moved));
        }
        for record in puts {
            self.show(record);
        }
        let id = plan.main;
        Ok(Staged { ticket, number, revision, id, touched, moved, at, waits })
    }

    pub(super) fn settle(&self, staged: Staged) -> Result<Receipt, Refusal> {
        let Staged { ticket, number, revision, id, touched, moved, at, waits } = staged;
        let outcome = ticket.wait();
        if outcome.is_err() {
            // The disk refused: what was built on it is refused too, and the directory shows
            // again what is kept.
            self.enter().epoch = None;
            {
                let mut totals = self.totals_mut();
                moved.iter().for_each(|moved| totals.go_back(moved));
            }
            for (kind, id) in &touched {
                self.take_back(kind, *id);
            }
        }
        // What is read as kept changes now.
        self.worked_out.changed();
        let seq = outcome.map_err(|error| unavailable(&error))?.first().copied().unwrap_or(0);
        Ok(Receipt { number, revision, seq, waits, id, at })
    }

    /// Shows again what is kept, after a change that was not saved.
    pub(super) fn take_back(&self, kind: &str, id: RecordId) {
        match self.store.latest(kind, id) {
            Ok(Some(stored)) => self.show(&stored.record),
            _ if kind == ACCOUNT => self.forget_account(id),
            _ if kind == ADOPTED => self.packs().forget(id),
            _ if kind == RULES => self.kept_rules().forget(id),
            _ if kind == MERGE => self.forget_merge(id),
            _ if kind == ERASURE => self.forget_erasure(id),
            _ if kind == PLACE => {}
            _ => {
                self.directory.write().unwrap_or_else(PoisonError::into_inner).remove(id);
                self.worked_out.changed();
            }
        }
    }

    /// Brings directory and accounts up to a record.
    pub(super) fn show(&self, record: &Record) {
        self.show_unnoticed(record);
        // Only once everybody can see it: a sheet made before is looked at again.
        self.worked_out.changed();
    }

    fn show_unnoticed(&self, record: &Record) {
        match record.kind.as_str() {
            ACCOUNT => return self.learn_account(record),
            ADOPTED => return self.packs().learn(record),
            RULES => return self.kept_rules().learn(record),
            MERGE => return self.learn_merge(record),
            ERASURE => return self.learn_erasure(record),
            // What is done with it is done by whoever named it.
            PLACE => return,
            _ => {}
        }
        if record.is_withdrawn() {
            self.withdraw(record);
            return;
        }
        if let Some(kind) = self.catalogue.kind(&record.kind) {
            if let Some(card) = self.card_of(record) {
                self.directory.write().unwrap_or_else(PoisonError::into_inner).put(&card);
            }
            if kind.id == PERSON {
                self.show_services_of(record);
            }
        }
    }

    /// Takes a record out of every list; its number stays given.
    pub(super) fn withdraw(&self, record: &Record) {
        let mut withdrawn = self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        withdrawn.insert(record.number.clone(), (record.kind.clone(), record.id));
        drop(withdrawn);
        self.directory.write().unwrap_or_else(PoisonError::into_inner).remove(record.id);
    }

    /// A person's files carry the person's name and numbers; they follow a change of those.
    fn show_services_of(&self, person: &Record) {
        for id in self.belonging_to(person.id) {
            let kind = self.kind_of(id).filter(|kind| kind.id != PERSON);
            let record = kind.and_then(|kind| self.inside(&kind.id, id).ok().flatten());
            if let Some(record) = record {
                self.show(&record);
            }
        }
    }

    pub(super) fn plan(
        &self,
        door: &mut Door,
        actor: &Actor,
        command: Command,
    ) -> Result<Plan, Refusal> {
        match command {
            Command::Create { kind, fields, number, step } => {
                let Some(step) = step else {
                    return self.plan_create(door, actor, &kind, fields, number);
                };
                Self::giving_numbers(door, |door| {
                    let made = self.plan_create(door, actor, &kind, fields, number)?;
                    self.plan_first_step(door, actor, made, step)
                })
            }
            Command::Amend { id, base, fields, reason } => {
                self.plan_amend(actor, id, base, fields, reason)
            }
            Command::AddRows { id, table, rows } => self.plan_add_rows(actor, id, &table, rows),
            Command::Move { id, base, id_of_move, answers } => Self::giving_numbers(door, |door| {
                self.plan_move(door, actor, id, base, &id_of_move, answers)
            }),
            Command::Undo { id, seq } => self.plan_undo(actor, id, seq),
            Command::Merge { id, into, reason } => self.plan_merge(actor, id, into, &reason),
            Command::TakeBack { id, seq, reason } => self.plan_take_back(actor, id, seq, &reason),
            Command::AcceptClock => {
                actor.need(Right::Accounts)?;
                let newest = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
                let newest = newest.map(|newest| newest.to_rfc3339()).unwrap_or_default();
                let particulars = BTreeMap::from([("newest".to_string(), newest)]);
                let ops = vec![NewOp::Note(particulars)];
                Ok(Plan { main: None, ops, command: "clock-accepted", reason: None, keyring: None })
            }
            Command::Reveal { id, fields, reason } => self.plan_reveal(actor, id, fields, &reason),
            Command::AddAccount { name, role, password, must_change } => {
                self.plan_account(actor, &name, role, password, must_change)
            }
            Command::DisableAccount { name } => self.plan_disable(actor, &name),
            Command::EnableAccount { name, password } => self.plan_enable(actor, &name, password),
            Command::AccountPerson { name, person } => self.plan_person(actor, &name, person),
            Command::ChangePassword { name, password } => {
                self.plan_password(actor, &name, password)
            }
            Command::AddKey { name, key } => self.plan_key(actor, &name, &key, true),
            Command::RemoveKey { name, key } => self.plan_key(actor, &name, &key, false),
            Command::KeyFile { key } => self.plan_key_file(actor, key),
            Command::NewRecoveryKey => self.plan_recovery(actor),
            Command::AskErasure { person, reason } => self.plan_ask_erasure(actor, person, &reason),
            Command::DropErasure { person } => self.plan_drop_erasure(actor, person),
            // Carried out by itself, in `perform`.
            Command::Erase { .. } => Err(not_here()),
            Command::HostKey { fingerprint } => Self::plan_host_key(actor, fingerprint),
            Command::SecondPlace { place } => self.plan_second_place(actor, place.as_deref()),
            Command::AdoptPacks { changes } => self.plan_adopt(actor, &changes),
            Command::Note { what, mut particulars } => {
                particulars.insert("what".into(), what);
                Ok(Plan {
                    main: None,
                    ops: vec![NewOp::Note(particulars)],
                    command: "note",
                    reason: None,
                    keyring: None,
                })
            }
        }
    }

    /// Numbers of records that are not made after all are given to others.
    fn giving_numbers(
        door: &mut Door,
        plan: impl FnOnce(&mut Door) -> Result<Plan, Refusal>,
    ) -> Result<Plan, Refusal> {
        let numbers = door.numbers.clone();
        let planned = plan(door);
        if planned.is_err() {
            door.numbers = numbers;
        }
        planned
    }

    pub(super) fn totals(&self) -> RwLockReadGuard<'_, Totals> {
        self.totals.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn totals_mut(&self) -> RwLockWriteGuard<'_, Totals> {
        self.totals.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kind of record, by the name it has in its pack.
    pub(super) fn kind(&self, id: &str) -> Result<&Kind, Refusal> {
        self.catalogue.kind(id).ok_or_else(|| {
            let known: Vec<&str> = self.catalogue.kinds().map(|kind| kind.id.as_str()).collect();
            let known = known.join(", ");
            Refusal::invalid(
                "kind",
                said!("没有“{id}”这种记录。", "There is no kind of record called \"{id}\"."),
                said!("可用的有：{known}。", "Known kinds: {known}."),
            )
        })
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Today's civil date.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }
}
