//! The store as a whole.

mod archive;
mod backup;
mod backups;
mod chunks;
mod crash;
mod damage;
mod erasing;
mod evidence;
mod failing;
mod golden;
mod life;
mod privacy;
mod saving;
mod seeds;
mod sheets;

use super::files::lock;
use super::journal::envelope::{decode, encode, encode_record};
use super::journal::{appending, block, frame, salvage, segment};
use super::keys::{keyring, seal};
use super::opening::renewed;
use super::table::{applying, checkpoint, pages, tree};
use super::*;
use crate::record::{FixedClock, Record, Value};
use chrono::{TimeZone, Utc};
use std::collections::BTreeMap;

pub(super) const ACCOUNT: &str = "luo";
pub(super) const PASSWORD: &str = "雨天收伞 7";
/// Sequences a new station has: the keys of root, station and first account, the first epoch, and
/// the first account's record.
pub(super) const FIRST: u64 = 5;

pub(super) fn station() -> StationInfo {
    StationInfo {
        node: uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        name: "解放碑驿站".into(),
        region: "500103".into(),
    }
}

pub(super) fn now() -> Instant {
    Utc.with_ymd_and_hms(2025, 6, 1, 1, 0, 0).unwrap()
}

pub(super) fn setup() -> Setup {
    let codes: KindCodes = Arc::new(|kind| match kind {
        "worker" => Some(1),
        "hardship_file" => Some(0x0203),
        "visit" => Some(0xffff),
        "account" => Some(60_000),
        _ => None,
    });
    Setup::new(Arc::new(FixedClock::new(now())), codes)
}

pub(super) fn id(n: u64) -> RecordId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    RecordId::new(now(), random)
}

pub(super) fn record(kind: &str, n: u64, text: &str) -> Record {
    Record {
        state: "draft".into(),
        fields: BTreeMap::from([("name".to_string(), Value::Text(text.into()))]),
        ..Record::made(id(n), kind, &format!("T-{n}"), ACCOUNT, now())
    }
}

pub(super) fn draft(ops: Vec<NewOp>) -> NewEntry {
    NewEntry {
        time: now(),
        actor: ACCOUNT.into(),
        origin: Origin::Terminal,
        command: "save".into(),
        ops,
        reason: None,
    }
}

pub(super) fn put(kind: &str, n: u64, text: &str) -> NewEntry {
    draft(vec![NewOp::Put(record(kind, n, text))])
}

pub(super) fn save(store: &Store, drafts: Vec<NewEntry>) -> Vec<u64> {
    submit(store, drafts).wait().unwrap()
}

pub(super) fn submit(store: &Store, drafts: Vec<NewEntry>) -> Ticket<Vec<u64>> {
    store.submit(store.opened_by(), drafts)
}

pub(super) fn submit_in(store: &Store, epoch: u64, drafts: Vec<NewEntry>) -> Ticket<Vec<u64>> {
    store.submit_in(epoch, Change::entries(store.opened_by(), drafts)).ticket
}

pub(super) fn owner(n: u64) -> Owner {
    Owner::Account(id(n))
}

/// The page that gives a slot's key.
pub(super) fn key_of(slot: &NewSlot, role: &str) -> Plain {
    let (public, role) = (Some(slot.seed.signer().public()), Some(role.to_string()));
    Plain::Key(KeyFrame { owner: slot.owner, public, role, given: false })
}

/// A change of keys, written and settled.
pub(super) fn turned(
    store: &Store,
    by: &Signer,
    pages: Vec<Plain>,
    drafts: Vec<NewEntry>,
    turn: Option<Turn>,
) -> Result<Vec<u64>, StoreError> {
    let pages = pages.into_iter().map(|page| (by.clone(), page)).collect();
    let change = Change { hand: by.into(), pages, drafts, turn };
    let seqs = store.submit_when(None, change).wait()?;
    store.settle_keys()?;
    Ok(seqs)
}

/// Takes an account's key away; a new epoch begins.
pub(super) fn disable(
    store: &Store,
    by: &Signer,
    n: u64,
    drafts: Vec<NewEntry>,
) -> Result<Vec<u64>, StoreError> {
    let (pages, turn) = store.prepare_epoch(&[owner(n)], None)?;
    let none = KeyFrame { owner: owner(n), public: None, role: None, given: false };
    turned(store, by, [vec![Plain::Key(none)], pages].concat(), drafts, Some(turn))
}

pub(super) fn account() -> FirstAccount<'static> {
    FirstAccount { name: ACCOUNT, id: id(0), password: PASSWORD, given: false }
}

/// A station whose first account is kept as a record, as the office keeps it.
pub(super) fn create(dir: &Path) -> Store {
    create_with_key(dir).0
}

pub(super) fn create_with_key(dir: &Path) -> (Store, RecoveryKey) {
    Store::create(dir, &station(), &account(), first(), &setup()).unwrap()
}

pub(super) fn create_with(dir: &Path, station: &StationInfo, setup: &Setup) -> Store {
    Store::create(dir, station, &account(), first(), setup).unwrap().0
}

/// The entry that keeps the first account as a record, signed by the recovery key.
pub(super) fn first() -> Vec<NewEntry> {
    vec![kept(ACCOUNT, 0, "recovery")]
}

/// The entry that keeps an account as a record.
pub(super) fn kept(name: &str, n: u64, actor: &str) -> NewEntry {
    let account = Record { id: id(n), number: name.into(), ..record("account", n, "") };
    NewEntry { actor: actor.into(), ..draft(vec![NewOp::Put(account)]) }
}

pub(super) fn unlock(dir: &Path) -> Result<Store, StoreError> {
    Store::unlock(dir, ACCOUNT, PASSWORD, &setup())
}

/// Opens a station without the derivation of its key from a password, which takes long.
pub(super) fn open_with(dir: &Path, seed: &Seed, setup: &Setup) -> Result<Store, StoreError> {
    let station = StationInfo::load(dir)?;
    let lock = lock::lock(dir)?;
    renewed::finish(dir)?;
    let ring = Keyring::load(dir)?;
    let unlocked = ring.with_seed(seed)?;
    Store::open_with((dir, lock), station, &unlocked, (ring, Throttle::load(dir)?), setup)
}

/// A restore without anything but the backup.
pub(super) fn restored(
    file: &Path,
    to: &Path,
    secret: &Secret<'_>,
) -> Result<Recovered, StoreError> {
    restore(file, None, to, secret, (ACCOUNT, now()), &Progress::default())
}

pub(super) fn text_of(store: &Store, kind: &str, n: u64) -> Option<String> {
    store.get(kind, id(n)).unwrap().map(|stored| stored.record.text("name").to_string())
}

/// Every record's kind, number and text but the first account's, through a walk that checks the
/// sentinels.
pub(super) fn everything(store: &Store) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let walk = store
        .for_each(|stored| {
            let Record { kind, number, .. } = &stored.record;
            let text = stored.record.text("name").to_string();
            assert_eq!(all.insert(format!("{kind} {number}"), text), None);
        })
        .unwrap();
    assert_eq!(walk.notices, []);
    assert_eq!(walk.records, all.len() as u64);
    all.remove(&format!("account {ACCOUNT}"));
    all
}

/// A copy that nobody else can reach, as the folder it was made from.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    private(to, 0o700);
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
            private(&to, 0o600);
        }
    }
}

fn private(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

pub(super) fn segment(dir: &Path, number: u32) -> PathBuf {
    segment::path(&dir.join("journal"), number)
}
