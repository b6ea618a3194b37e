//! The bar of long work: on standard error, and only where somebody looks at it.

use crate::store::Progress;
use crate::words::{Lang, Said};
use indicatif::{ProgressBar, ProgressStyle};
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often a bar looks at the work.
const LOOK: Duration = Duration::from_millis(120);

/// Does `work` and meanwhile shows that something is going on.
pub fn spinner<T: Send>(shown: bool, label: &str, work: impl FnOnce() -> T + Send) -> T {
    bar(shown, label, || None, work)
}

/// Does `work` and meanwhile shows how far it is, in percent where that is known.
pub fn bar<T: Send>(
    shown: bool,
    label: &str,
    percent: impl Fn() -> Option<u8>,
    work: impl FnOnce() -> T + Send,
) -> T {
    watch(shown, || (label.to_string(), percent()), work)
}

/// Does `work` and meanwhile shows what it says itself of how far it is; `label` until it does.
pub fn follow<T: Send>(
    shown: bool,
    label: &Said,
    lang: Lang,
    progress: &Progress,
    work: impl FnOnce() -> T + Send,
) -> T {
    let now = || match progress.shown() {
        Some((what, percent)) => (what.get(lang).to_string(), percent),
        None => (label.get(lang).to_string(), None),
    };
    watch(shown, now, work)
}

fn watch<T: Send>(
    shown: bool,
    now: impl Fn() -> (String, Option<u8>),
    work: impl FnOnce() -> T + Send,
) -> T {
    if !shown {
        return work();
    }
    thread::scope(|scope| {
        let (done, waits) = channel::<()>();
        let worker = scope.spawn(move || {
            let result = work();
            drop(done);
            result
        });
        let mut shown = None;
        // Quick work shows nothing at all.
        while waits.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let (label, percent) = now();
            let bar = shown.get_or_insert_with(|| ProgressBar::new(100));
            styled(bar, label, percent.is_some());
            match percent {
                Some(percent) => bar.set_position(u64::from(percent)),
                None => bar.tick(),
            }
        }
        if let Some(bar) = shown {
            bar.finish_and_clear();
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn styled(bar: &ProgressBar, label: String, counted: bool) {
    let template = if counted { "{msg} {bar:30} {percent}%" } else { "{msg} {spinner}" };
    // A template known at compile time; the default one would do as well.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(label);
}
