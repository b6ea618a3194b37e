//! The work that makes a password hard to guess: Argon2id, as much of it as the machine does in
//! half a second, and never more than two at once.

use super::bad::bad;
use crate::store::error::StoreError;
use crate::store::turns::Turns;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// KiB in a MiB.
const MIB: u32 = 1024;
/// More memory than this in a file is damage or an attack, not a setting: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1024 * MIB;
/// As many passes over the memory, or a file that came with somebody's backup could keep the
/// program busy for days.
const PASSES_MAX: u32 = 64;
/// One lane: a second one would help an attacker's machine more than a counter's.
const LANES: u32 = 1;
/// Memory that is tried, in MiB. Memory is what an attacker's chip has least of, so it is raised
/// before the passes are.
const SIZES: [u32; 5] = [19, 32, 64, 128, 256];
/// How long a sign-in may take by the work alone.
const PATIENCE: Duration = Duration::from_millis(500);
/// The share of the machine's memory that one derivation may take.
const SHARE: u64 = 4;
/// Taken for the machine's memory, in KiB, where it does not say: 1 GiB.
const UNTOLD_KIB: u64 = 1024 * 1024;
/// Derivations at a time, whoever asks: the memory of two is all that strangers can make the
/// program take.
const AT_ONCE: u64 = 2;

/// How much work one guess at a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Memory of Argon2id, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Work {
    fn default() -> Self {
        Self::LEAST
    }
}

impl Work {
    /// The least that is taken for a password, whatever a file says: 19 MiB and two passes (OWASP's
    /// first choice). Enough for what is random by itself.
    pub const LEAST: Self = Self { memory_kib: 19 * MIB, passes: 2 };
    /// The most memory that is ever chosen, in MiB.
    pub const MOST_MIB: u32 = 256;

    /// As much work as this machine does in about half a second, between [`Self::LEAST`] and
    /// [`Self::MOST_MIB`] in at most a quarter of the machine's memory. Takes a second or two.
    ///
    /// # Errors
    /// When nothing can be derived.
    pub fn measured() -> Result<Self, StoreError> {
        chosen(machine_kib(), Self::time)
    }

    /// Two passes over so much memory, nothing where it is less or more than is ever chosen.
    #[must_use]
    pub fn in_mib(mib: u32) -> Option<Self> {
        let memory_kib = mib.checked_mul(MIB)?;
        (Self::LEAST.memory_kib..=Self::MOST_MIB * MIB)
            .contains(&memory_kib)
            .then_some(Self { memory_kib, ..Self::LEAST })
    }

    /// How long it takes here, now.
    ///
    /// # Errors
    /// When nothing can be derived.
    pub fn time(self) -> Result<Duration, StoreError> {
        let began = Instant::now();
        derive(b"how long", &[0; 16], self)?;
        Ok(began.elapsed())
    }

    /// This, or the least where a file asks for less.
    pub(super) fn at_least(self) -> Self {
        let Self { memory_kib, passes } = Self::LEAST;
        Self { memory_kib: self.memory_kib.max(memory_kib), passes: self.passes.max(passes) }
    }
}

/// The most work that is done within [`PATIENCE`], as `time` tells.
fn chosen(
    machine_kib: u64,
    time: impl Fn(Work) -> Result<Duration, StoreError>,
) -> Result<Work, StoreError> {
    // The shorter of two: something else may have run beside the first.
    let timed = |work| Ok::<_, StoreError>(time(work)?.min(time(work)?));
    let mut best = Work::LEAST;
    let mut took = timed(best)?;
    let room = SIZES.into_iter().filter_map(Work::in_mib).skip(1);
    for work in room.take_while(|work| u64::from(work.memory_kib) <= machine_kib / SHARE) {
        let longer = timed(work)?;
        if longer > PATIENCE {
            break;
        }
        (best, took) = (work, longer);
    }
    // Passes cost the same each.
    let pass = (took / best.passes).max(Duration::from_micros(1));
    let passes = PATIENCE.as_micros() / pass.as_micros().max(1);
    let passes = u32::try_from(passes).unwrap_or(PASSES_MAX).min(PASSES_MAX);
    Ok(Work { passes: passes.max(best.passes), ..best })
}

/// The machine's memory in KiB.
fn machine_kib() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").ok();
    told.as_deref().and_then(total_kib).unwrap_or(UNTOLD_KIB)
}

/// The whole memory, from the lines of `/proc/meminfo`.
fn total_kib(told: &str) -> Option<u64> {
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Argon2id, version 0x13, 32 bytes. Waits while two others are at it.
pub(super) fn derive(
    secret: &[u8],
    salt: &[u8],
    work: Work,
) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    static TURNS: Turns = Turns::of(AT_ONCE);
    if work.memory_kib > MEMORY_KIB_MAX {
        return Err(bad("memory_kib"));
    }
    if work.passes > PASSES_MAX {
        return Err(bad("passes"));
    }
    let params = Params::new(work.memory_kib, work.passes, LANES, Some(32));
    let params = params.map_err(|error| bad(&error.to_string()))?;
    let _turn = TURNS.take();
    let mut key = Zeroizing::new([0; 32]);
    let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret, salt, key.as_mut(), memory.as_mut_slice())
        .map_err(|error| bad(&error.to_string()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{AssociatedData, ParamsBuilder};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_library_does_what_rfc_9106_says() {
        // RFC 9106, section 5.3.
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .output_len(32)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params);
        let mut tag = [0; 32];
        argon.unwrap().hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(crate::store::files::disk::hex(&tag), expected);
    }

    #[test]
    fn a_secret_is_stretched_as_the_reference_program_does() {
        // phc-winner-argon2, test.c: 64 MiB, two passes, one lane.
        let work = Work::in_mib(64).unwrap();
        let key = derive(b"password", b"somesalt", work).unwrap();
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(crate::store::files::disk::hex(key.as_ref()), expected);
    }

    #[test]
    fn work_without_end_is_refused() {
        for work in [
            Work { memory_kib: MEMORY_KIB_MAX + 1, ..Work::LEAST },
            Work { passes: PASSES_MAX + 1, ..Work::LEAST },
            Work { memory_kib: 0, ..Work::LEAST },
            Work { passes: 0, ..Work::LEAST },
        ] {
            assert!(derive(b"x", &[0; 16], work).is_err(), "{work:?}");
        }
        assert_eq!(Work { memory_kib: 8, passes: 1 }.at_least(), Work::LEAST);
        let more = Work { memory_kib: 64 * MIB, passes: 1 };
        assert_eq!(more.at_least(), Work::in_mib(64).unwrap());
        for (mib, taken) in [(0, false), (18, false), (19, true), (256, true), (257, false)] {
            assert_eq!(Work::in_mib(mib).is_some(), taken, "{mib}");
        }
        assert_eq!(Work::in_mib(u32::MAX), None);
    }

    #[test]
    fn the_work_is_what_the_machine_does_in_half_a_second() {
        // Microseconds for a MiB and a pass; the machine's memory in MiB.
        for (pace, machine, mib, passes) in [
            (20_000, 8192, 19, 2), // 760 ms for the least: never less than that
            (6_000, 8192, 32, 2),  // 384 ms, and 768 ms for 64 MiB
            (1_500, 8192, 128, 2), // 384 ms
            (1_100, 8192, 128, 3), // 563 ms for 256 MiB; 140.8 ms a pass over half of it
            (900, 8192, 256, 2),   // 461 ms
            (400, 8192, 256, 4),   // 102.4 ms a pass
            (1, 8192, 256, 64),    // no more passes than a file may ask for
            (400, 512, 128, 9),    // a quarter of the memory; 51.2 ms a pass
            (1_000, 60, 19, 26),   // less than the least is never taken; 19 ms a pass
        ] {
            let time = |work: Work| {
                let steps = u64::from(work.memory_kib / MIB) * u64::from(work.passes);
                Ok(Duration::from_micros(pace * steps))
            };
            let work = chosen(machine * 1024, time).unwrap();
            assert_eq!((work.memory_kib / MIB, work.passes), (mib, passes), "{pace} {machine}");
        }
    }

    #[test]
    fn the_shorter_of_two_counts() {
        let calls = AtomicUsize::new(0);
        let time = |_| {
            let first = calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            Ok(Duration::from_millis(if first { 900 } else { 300 }))
        };
        assert_eq!(chosen(8 << 20, time).unwrap().memory_kib, 256 * MIB);
    }

    #[test]
    fn the_machine_tells_its_memory() {
        assert_eq!(total_kib("MemTotal:       24684092 kB\nMemFree: 1 kB\n"), Some(24_684_092));
        assert_eq!(total_kib("MemFree: 1 kB\n"), None);
    }
}
