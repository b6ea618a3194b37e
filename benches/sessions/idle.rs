//! Three people over SSH who do nothing for a minute.
//!
//! Promised: no bytes but what keeps the connections alive, and next to no waking up. The seven
//! threads sled 0.34 keeps for its files would wake once a second each (`store/table/unhurried.rs`), so
//! they are counted apart.

use crate::house::{Channel, leave, session, wait_for};
use russh::ChannelMsg;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const SESSIONS: usize = 3;
const MINUTE: Duration = Duration::from_secs(60);
/// Until what the last key asked for has been drawn.
const SETTLED: Duration = Duration::from_secs(2);

pub async fn measure(address: &str, server: u32) {
    let mut people = Vec::new();
    for _ in 0..SESSIONS {
        let (connection, mut channel) = session(address).await;
        wait_for(&mut channel, "找人").await;
        heard(&mut channel, Instant::now() + SETTLED).await;
        people.push((connection, channel));
    }
    let before = switches(server);
    let end = Instant::now() + MINUTE;
    let mut bytes = 0;
    for (_, channel) in &mut people {
        // What came to the others meanwhile lies in their channels.
        bytes += heard(channel, end).await;
    }
    let after = switches(server);
    println!(
        "{SESSIONS} sessions, nobody typing for {MINUTE:?}: {bytes} bytes for their terminals, \
         {} context switches, and {} of sled's own threads",
        after.ours - before.ours,
        after.sleds - before.sleds
    );
    for (connection, _) in people {
        leave(connection).await;
    }
}

/// How many bytes come for a terminal until a moment.
async fn heard(channel: &mut Channel, end: Instant) -> usize {
    let mut bytes = 0;
    while let Ok(message) = timeout_at(end, channel.wait()).await {
        if let ChannelMsg::Data { data } = message.expect("an open channel") {
            bytes += data.len();
        }
    }
    bytes
}

struct Switches {
    ours: u64,
    sleds: u64,
}

/// How often the threads of a process have gone to sleep, which is as often as they woke up.
fn switches(process: u32) -> Switches {
    let mut counted = Switches { ours: 0, sleds: 0 };
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
    for task in tasks.flatten() {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let status = read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let times: u64 = line.and_then(|line| line.trim().parse().ok()).unwrap_or_default();
        if read("comm").starts_with("sled-io") {
            counted.sleds += times;
        } else {
            counted.ours += times;
        }
    }
    counted
}
