//! Opening the demo: the app promises a first frame within a second.

#![allow(clippy::expect_used)] // a bench that cannot measure has to stop

use std::sync::Arc;
use yizhan::demo;
use yizhan::record::SystemClock;

fn main() {
    divan::main();
}

#[divan::bench(args = [120, 1_000], sample_count = 5)]
fn open(people: usize) -> demo::Demo {
    demo::open(people, demo::SEED, Arc::new(SystemClock))
        .map_err(|refusal| refusal.message)
        .expect("a demo")
}
