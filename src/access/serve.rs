//! A folder owned with no terminal of its own: a service, or what stays when a window closes.

use super::hall::Hall;
use crate::said;
use crate::words::Said;
use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// How long sessions may take to keep their drafts and say goodbye. A service manager is told to
/// wait for longer.
const PARTING: Duration = Duration::from_secs(3);
/// How long the first session may take to come, where serving ends with the last.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Until when to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The system asks for the end.
    Asked,
    /// The last session has left, or the system asks.
    LastOneLeft,
}

/// Serves until the end; every session is told then and keeps its drafts. Tells the service
/// manager, where there is one, that it is ready, alive and stopping.
///
/// # Errors
/// When the system refuses to tell of its signals.
pub fn run(hall: &Arc<Hall>, until: Until) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let (sender, stop) = sync_channel(1);
    let asked = sender.clone();
    thread::spawn(move || {
        for _ in &mut signals {
            let _ = asked.try_send(());
        }
    });
    if until == Until::LastOneLeft {
        let hall = hall.clone();
        thread::spawn(move || {
            hall.wait_for_the_last(ARRIVAL);
            let _ = sender.try_send(());
        });
    } else {
        // The signals keep the channel open.
        drop(sender);
    }
    // Without a service manager there is nobody to tell.
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    wait(hall, &stop);
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    close(hall, &closing());
    Ok(())
}

/// Ends every session of a hall for the reason said, and gives it time to keep its drafts.
pub fn close(hall: &Hall, reason: &Said) {
    hall.dismiss(reason);
    // Whoever does not leave in time sits at a terminal that takes nothing any more.
    let _ = hall.wait_until_empty(PARTING);
}

fn wait(hall: &Hall, stop: &Receiver<()>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        let _ = stop.recv();
        return;
    };
    while stop.recv_timeout(limit / 2) == Err(RecvTimeoutError::Timeout) {
        // Says nothing when one of the locks everybody needs is stuck.
        let _ = (hall.present(), hall.office().accounts());
        let _ = sd_notify::notify(&[NotifyState::Watchdog]);
    }
}

fn closing() -> Said {
    said!(
        "驿站服务正在停止；已保存的内容和草稿都在。请稍后重新连接。",
        "The yizhan service is stopping; what was saved and the drafts are there. Connect again later."
    )
}
