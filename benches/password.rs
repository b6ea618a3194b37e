//! What one guess at a password costs on this machine, and what guessing a short one would.
//!
//! The figures of SECURITY.md: whoever holds a stolen backup guesses on as many cores as this
//! machine has, at the work a station measures when it is made.

#![allow(clippy::expect_used, clippy::print_stdout)] // a bench that cannot measure has to stop

use std::time::{Duration, Instant};
use yizhan::store::Work;

/// Derivations one after another, and on each of two threads.
const TIMES: u32 = 8;
/// Seconds of a year.
const YEAR: f64 = 365.25 * 86_400.0;

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let measured = Work::measured().expect("a measure");
    tell("the least there is", Work::LEAST, cores);
    tell("measured here", measured, cores);
}

fn tell(what: &str, work: Work, cores: usize) {
    let mut alone: Vec<Duration> = (0..TIMES).map(|_| work.time().expect("derived")).collect();
    alone.sort_unstable();
    let median = alone[alone.len() / 2];
    // The program never derives more than two at once, and so neither does this.
    let threads = cores.min(2);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..TIMES).for_each(|_| assert!(work.time().is_ok())));
        }
    });
    let done = f64::from(TIMES) * f64::from(u32::try_from(threads).expect("few"));
    let rate = done / began.elapsed().as_secs_f64();
    let Work { memory_kib, passes } = work;
    println!("{what}: {} MiB, {passes} passes", memory_kib / 1024);
    println!("  one derivation: {median:.0?} (median of {TIMES})");
    println!("  {threads} at once, of {cores} cores: {rate:.2} a second");
    for (kind, letters, length) in
        [("8 of a-z", 26_f64, 8), ("8 of a-z and 0-9", 36.0, 8), ("12 digits", 10.0, 12)]
    {
        let guesses = letters.powi(length) / 2.0;
        let years = guesses / rate / YEAR;
        println!("  {kind}: half of {letters}^{length} is {guesses:.2e} guesses, {years:.0} years");
    }
}
