//! Threads that look for work by the clock, told that they have time.
//!
//! sled keeps seven threads for its files which wake up every second to see whether anything is
//! to be done, although they are also told when there is. A thread of Linux can have timers that
//! may be late (`PR_SET_TIMERSLACK`), and hands that on to the threads it starts: with an hour of
//! it an idle station wakes for nothing.

/// Does work in which sled may start threads: those may wake up late, and nothing else does.
#[cfg(target_os = "linux")]
pub fn unhurried<T>(work: impl FnOnce() -> T) -> T {
    use rustix::thread::set_current_timer_slack;
    use std::num::NonZeroU64;

    /// Gives a thread its own punctuality back, however the work ends.
    struct Hurry;
    impl Drop for Hurry {
        fn drop(&mut self) {
            let _ = set_current_timer_slack(None);
        }
    }

    /// In nanoseconds.
    const HOUR: u64 = 3_600_000_000_000;
    // A system that refuses has threads that wake up: nothing is wrong with that.
    let _hurry = Hurry;
    let _ = set_current_timer_slack(NonZeroU64::new(HOUR));
    work()
}

/// Elsewhere they wake up.
#[cfg(not(target_os = "linux"))]
pub fn unhurried<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::{fs, thread};

    /// Of this thread, in nanoseconds.
    fn slack() -> u64 {
        let thread = rustix::thread::gettid().as_raw_nonzero();
        let slack = fs::read_to_string(format!("/proc/{thread}/timerslack_ns")).unwrap();
        slack.trim().parse().unwrap()
    }

    #[test]
    fn only_what_is_started_meanwhile_has_time() {
        let own = slack();
        assert!(own < 1_000_000);
        assert_eq!(unhurried(|| thread::spawn(slack).join().unwrap()), 3_600_000_000_000);
        assert_eq!(slack(), own);
        let failed = catch_unwind(AssertUnwindSafe(|| unhurried(|| panic!("as sled may"))));
        assert!(failed.is_err());
        assert_eq!(slack(), own);
    }
}
