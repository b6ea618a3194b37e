//! The bar of long work: on standard error, and only where somebody looks at it.

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
            let percent = percent();
            let bar = shown.get_or_insert_with(|| new_bar(label, percent.is_some()));
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

fn new_bar(label: &str, counted: bool) -> ProgressBar {
    let bar = ProgressBar::new(100);
    let template = if counted { "{msg} {bar:30} {percent}%" } else { "{msg} {spinner}" };
    // A template known at compile time; the default one would do as well.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(label.to_string());
    bar
}
