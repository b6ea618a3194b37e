//! The store as a whole.

mod backup;
mod backups;
mod crash;
mod damage;
mod failing;
mod golden;
mod privacy;
mod saving;

use super::*;
use crate::record::{FixedClock, Record, Value};
use chrono::{TimeZone, Utc};
use std::collections::BTreeMap;

pub(super) const ACCOUNT: &str = "luo";
pub(super) const PASSWORD: &str = "雨天收伞 7";

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

pub(super) fn draft(ops: Vec<DraftOp>) -> Draft {
    Draft {
        time: now(),
        actor: ACCOUNT.into(),
        origin: Origin::Terminal,
        command: "save".into(),
        ops,
        reason: None,
    }
}

pub(super) fn put(kind: &str, n: u64, text: &str) -> Draft {
    draft(vec![DraftOp::Put(record(kind, n, text))])
}

pub(super) fn save(store: &Store, drafts: Vec<Draft>) -> Vec<u64> {
    store.submit(store.opened_by(), drafts).wait().unwrap()
}

pub(super) fn account() -> FirstAccount<'static> {
    FirstAccount { name: ACCOUNT, id: id(0), password: PASSWORD, given: false }
}

/// A station whose first account is kept as a record, as the office keeps it.
pub(super) fn create(dir: &Path) -> Store {
    create_with_key(dir).0
}

pub(super) fn create_with_key(dir: &Path) -> (Store, RecoveryKey) {
    let kept = Record { id: id(0), number: ACCOUNT.into(), ..record("account", 0, "") };
    let first = Draft { actor: "recovery".into(), ..draft(vec![DraftOp::Put(kept)]) };
    Store::create(dir, &station(), &account(), vec![first], &setup()).unwrap()
}

pub(super) fn unlock(dir: &Path) -> Result<Store, StoreError> {
    Store::unlock(dir, ACCOUNT, PASSWORD, &setup())
}

/// Opens a station without the derivation of its key from a password, which takes long.
pub(super) fn open_with(dir: &Path, seed: &Seed, setup: &Setup) -> Result<Store, StoreError> {
    let station = StationInfo::load(dir)?;
    let lock = opening::lock(dir)?;
    healing::finish(dir)?;
    let ring = Keyring::load(dir)?;
    let unlocked = ring.with_seed(seed)?;
    Store::open_with((dir, lock), station, unlocked, (ring, Throttle::load(dir)?), setup)
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

/// Every record's kind, number and text, through a walk that checks the sentinels.
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
    all
}

pub(super) fn copy(from: &Path, to: &Path) {
    disk::make_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
            // As the program makes them, whatever the repository's checkout has made of that.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&to, mode).unwrap();
        }
    }
}

pub(super) fn segment(dir: &Path, number: u32) -> PathBuf {
    segment::path(&dir.join("journal"), number)
}
