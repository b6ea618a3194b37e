//! Panics that are somebody's answer: told in words by whoever asked, and printed by nobody.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static ANSWERED: Cell<bool> = const { Cell::new(false) };
}

/// Does something that may panic and whose panic the caller tells in its own words; nothing is
/// printed for it. `None` when it panicked.
pub fn answered_for<T>(work: impl FnOnce() -> T) -> Option<T> {
    quiet_when_answered();
    let before = ANSWERED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    ANSWERED.set(before);
    done.ok()
}

/// Whether a panic of this thread is answered for at this moment.
#[must_use]
pub fn is_answered() -> bool {
    ANSWERED.get()
}

/// Has the process print nothing for panics that are answered for.
fn quiet_when_answered() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !is_answered() {
                before(info);
            }
        }));
    });
}
