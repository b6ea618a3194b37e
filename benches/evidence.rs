//! What the evidence costs: a signature made and checked, a hundred thousand single saves, and
//! checking all of them without any key.
//!
//! Processor time, not time on the wall: the disk is no part of it. Budgets: 60 µs of processor time
//! a signature, made or checked.

#![allow(clippy::expect_used, clippy::print_stdout)] // a bench that cannot measure has to stop

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan::record::{Clock, Record, RecordId, SystemClock, Value};
use yizhan::store::{
    FirstAccount, NewEntry, NewOp, Origin, Seed, Setup, Signer, StationInfo, Store, verify_chain,
};

/// Signatures made and checked.
const SIGNATURES: u32 = 20_000;
/// Saves one after another; `EVIDENCE_SAVES` says otherwise.
const SAVES: u64 = 100_000;
const BUDGET: f64 = 60.0;

fn main() {
    let signer = Seed::generate().expect("a seed").signer();
    let public = signer.public();
    let messages: Vec<[u8; 71]> = (0..SIGNATURES).map(message).collect();
    let mut signatures = Vec::new();
    let made = busy(|| signatures.extend(messages.iter().map(|message| signer.sign(message))));
    let mut right = 0;
    let checked = busy(|| {
        let all = messages.iter().zip(&signatures);
        right = all.filter(|(message, signature)| public.signed(*message, signature)).count();
    });
    assert_eq!(right, messages.len(), "a signature was not accepted");
    tell("a signature made", made, SIGNATURES.into());
    tell("a signature checked", checked, SIGNATURES.into());

    let saves = std::env::var("EVIDENCE_SAVES").ok().and_then(|n| n.parse().ok()).unwrap_or(SAVES);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let folder = tempfile::tempdir_in(target).expect("a folder");
    let dir = folder.path().join("station");
    let (store, hand) = station(&dir);
    let began = Instant::now();
    let spent = busy(|| {
        for n in 0..saves {
            drop(store.submit(&hand, vec![draft(n)]).wait().expect("saved"));
        }
    });
    println!("{saves} single saves: {:.1?} on the wall", began.elapsed());
    let each = spent.as_secs_f64() * 1e6 / saves as f64;
    println!("  a single save, signature and all the rest: {each:.0} µs of processor time");
    store.close().expect("closed");
    let began = Instant::now();
    let mut report = None;
    let spent = busy(|| report = verify_chain(&dir, None).ok());
    let report = report.expect("a report");
    assert!(report.ok, "{:?}", report.problems);
    println!("verify without a key: {} signatures, {:.2?}", report.signatures, began.elapsed());
    tell("a frame checked, all of it", spent, report.signatures);
}

/// Prints what one of so many cost.
fn tell(what: &str, spent: Duration, count: u64) {
    let each = spent.as_secs_f64() * 1e6 / count as f64;
    let within = if each <= BUDGET { "within" } else { "over" };
    println!("  {what}: {each:.1} µs of processor time, {within} {BUDGET} µs");
}

/// Processor time of the whole process while something is done.
fn busy(work: impl FnOnce()) -> Duration {
    let spent = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
    };
    let before = spent();
    work();
    spent().saturating_sub(before)
}

fn message(n: u32) -> [u8; 71] {
    let mut message = [7; 71];
    for (to, from) in message.iter_mut().zip(n.to_le_bytes()) {
        *to = from;
    }
    message
}

fn station(dir: &Path) -> (Store, Signer) {
    let setup = Setup::new(Arc::new(SystemClock), Arc::new(|_| Some(1)));
    let station = StationInfo {
        node: uuid::Uuid::from_u128(1),
        name: "解放碑驿站".into(),
        region: "500103".into(),
    };
    let id = RecordId::new(SystemClock.now(), [0; 10]);
    let account = FirstAccount { name: "luo", id, password: "password", given: false };
    let made = Store::create(dir, &station, &account, Vec::new(), &setup);
    let (store, _) = made.expect("a store");
    let hand = store.check_password("luo", "password").expect("the account's hand");
    (store, hand)
}

/// A record of about 1 KB, as a worker's file is.
fn draft(n: u64) -> NewEntry {
    let now = SystemClock.now();
    let mut random = [0; 10];
    for (to, from) in random.iter_mut().zip(n.to_be_bytes()) {
        *to = from;
    }
    let text = "同事的补充说明，".repeat(30);
    let record = Record {
        fields: [("note".to_string(), Value::Text(text))].into(),
        ..Record::made(RecordId::new(now, random), "worker", &format!("P-{n}"), "luo", now)
    };
    NewEntry {
        time: now,
        actor: "luo".into(),
        origin: Origin::Terminal,
        command: "save".into(),
        ops: vec![NewOp::Put(record)],
        reason: None,
    }
}
