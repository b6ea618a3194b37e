//! One durable save against the least it could cost on the same disk, and eight writers together
//! against eight saves one after another.
//!
//! A disk is quicker at one moment than at another, so what is compared is measured in turn, pair
//! by pair, in one run. The budget of a save is 1.1 × a bare 4 KB append with `fdatasync`.

#![allow(clippy::expect_used, clippy::print_stdout)] // a bench that cannot measure has to stop

#[path = "station/mod.rs"]
mod station;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use yizhan::record::{Clock, Record, RecordId, SystemClock, Value};
use yizhan::store::{FirstAccount, NewEntry, NewOp, Origin, Setup, Signer, StationInfo, Store};

/// Pairs of an append and a save.
const PAIRS: usize = 600;
/// Pairs of eight saves in turn and eight together.
const ROUNDS: usize = 200;
const WRITERS: usize = 8;
const BUDGET: f64 = 1.1;

fn main() {
    let folder = station::folder();
    let (store, hand) = store(&folder.path().join("station"));
    let mut drafts = (0..).map(draft);
    let mut draft = || vec![drafts.next().expect("a draft")];
    let bare = folder.path().join("bare");
    let mut bare = OpenOptions::new().create(true).append(true).open(bare).expect("a file");
    let mut append = || {
        bare.write_all(&[7; 4096]).expect("written");
        bare.sync_data().expect("synced");
    };

    let mut single = Pairs::default();
    for _ in 0..PAIRS {
        let drafts = draft();
        single.first.push(timed(&mut append));
        single.second.push(timed(|| drop(store.submit(&hand, drafts).wait().expect("saved"))));
    }
    let ratio = single.tell("bare append of 4 KB", "durable save");
    let within = if ratio <= BUDGET { "within" } else { "over" };
    println!("  {within} the budget of {BUDGET} ×\n");

    let mut eight = Pairs::default();
    for _ in 0..ROUNDS {
        let in_turn: Vec<_> = (0..WRITERS).map(|_| draft()).collect();
        eight.first.push(timed(|| {
            for drafts in in_turn {
                drop(store.submit(&hand, drafts).wait().expect("saved"));
            }
        }));
        eight.second.push(together(&store, &hand, (0..WRITERS).map(|_| draft()).collect()));
    }
    eight.tell("eight saves in turn", "eight writers together");
}

/// From the moment eight writers are let go until the last of them was told.
fn together(store: &Store, hand: &Signer, all: Vec<Vec<NewEntry>>) -> Duration {
    let ready = Barrier::new(all.len() + 1);
    std::thread::scope(|scope| {
        let save = |drafts| {
            ready.wait();
            drop(store.submit(hand, drafts).wait().expect("saved"));
            Instant::now()
        };
        let writers: Vec<_> =
            all.into_iter().map(|drafts| scope.spawn(move || save(drafts))).collect();
        ready.wait();
        let began = Instant::now();
        let told = writers.into_iter().map(|writer| writer.join().expect("told"));
        told.max().map_or(Duration::ZERO, |last| last.saturating_duration_since(began))
    })
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

/// Two things measured in turn.
#[derive(Default)]
struct Pairs {
    first: Vec<Duration>,
    second: Vec<Duration>,
}

impl Pairs {
    /// Prints both and how they compare; gives the ratio of the medians.
    fn tell(&self, first: &str, second: &str) -> f64 {
        let mut ratios: Vec<f64> = self
            .first
            .iter()
            .zip(&self.second)
            .map(|(first, second)| second.as_secs_f64() / first.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let medians = [(first, &self.first), (second, &self.second)].map(|(name, times)| {
            let mut times = times.clone();
            times.sort_unstable();
            let (median, fastest) = (quantile(&times, 2), times.first().copied());
            println!("{name}: median {median:.2?}, fastest {:.2?}", fastest.unwrap_or_default());
            median.as_secs_f64()
        });
        let ratio = medians[1] / medians[0];
        let [low, middle, high] = [1, 2, 3].map(|part| quantile(&ratios, part));
        println!(
            "  {second} is {ratio:.2} × {first} by the medians; pair by pair {middle:.2}, quartiles {low:.2} and {high:.2}, {} pairs",
            ratios.len()
        );
        ratio
    }
}

/// So many quarters up a sorted row.
fn quantile<T: Copy + Default>(sorted: &[T], quarters: usize) -> T {
    sorted.get(sorted.len() * quarters / 4).copied().unwrap_or_default()
}

fn store(dir: &Path) -> (Store, Signer) {
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
    random[2..].copy_from_slice(&n.to_be_bytes());
    let fields = (0..20).map(|n| (format!("field_{n}"), Value::Text("渝中区解放碑".into())));
    let id = RecordId::new(now, random);
    let record = Record {
        fields: fields.collect(),
        ..Record::made(id, "worker", &format!("W-{n}"), "luo", now)
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
