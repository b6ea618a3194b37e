//! One durable save against the least it could cost on the same disk, and eight writers together.
//!
//! The budget is 1.3 × a bare 4 KB append with `fdatasync`.

#![allow(clippy::expect_used)] // a bench that cannot measure has to stop

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use yizhan::record::{Clock, Record, RecordId, SystemClock, Value};
use yizhan::store::{Draft, DraftOp, Origin, Setup, StationInfo, Store};

fn main() {
    divan::main();
}

/// A folder on the disk the project lies on, not in memory.
fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    tempfile::tempdir_in(target).expect("a folder")
}

fn store(dir: &Path) -> Store {
    let setup = Setup::new(Arc::new(SystemClock), Arc::new(|_| Some(1)));
    let station = StationInfo {
        node: uuid::Uuid::from_u128(1),
        name: "解放碑驿站".into(),
        region: "500103".into(),
    };
    Store::create(dir, &station, "luo", "password", &setup).expect("a store").0
}

/// A record of about 1 KB, as a worker's file is.
fn draft(n: u64) -> Draft {
    let now = SystemClock.now();
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    let fields = (0..20).map(|n| (format!("field_{n}"), Value::Text("渝中区解放碑".into())));
    let record = Record {
        id: RecordId::new(now, random),
        kind: "worker".into(),
        revision: 1,
        state: String::new(),
        number: format!("W-{n}"),
        pack: String::new(),
        fields: fields.collect(),
        created: now,
        created_by: "luo".into(),
        updated: now,
        updated_by: "luo".into(),
        moves: Vec::new(),
    };
    Draft {
        time: now,
        actor: "luo".into(),
        origin: Origin::Terminal,
        command: "save".into(),
        ops: vec![DraftOp::Put(record)],
        reason: None,
    }
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn bare_append_4k(bencher: divan::Bencher) {
    let dir = folder();
    let path = dir.path().join("bare");
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a file");
    bencher.bench_local(|| {
        file.write_all(&[7; 4096]).expect("written");
        file.sync_data().expect("synced");
    });
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn one_save(bencher: divan::Bencher) {
    let dir = folder();
    let store = store(dir.path());
    let mut n = 0;
    bencher
        .with_inputs(|| {
            n += 1;
            vec![draft(n)]
        })
        .bench_local_values(|drafts| store.submit(drafts).wait().expect("saved"));
}

/// Eight sessions that save at the same moment: the time until all eight are told.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn eight_saves_together(bencher: divan::Bencher) {
    let dir = folder();
    let store = store(dir.path());
    let mut n = 0;
    bencher
        .with_inputs(|| {
            n += 8;
            (0..8).map(|at| vec![draft(n + at)]).collect::<Vec<_>>()
        })
        .bench_local_values(|all| {
            std::thread::scope(|scope| {
                for drafts in all {
                    scope.spawn(|| store.submit(drafts).wait().expect("saved"));
                }
            });
        });
}
