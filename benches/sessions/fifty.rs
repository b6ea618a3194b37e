//! Fifty people over SSH at once, each typing five keys a second for a minute into a search: another
//! name each, and not in step with the others, as people do.
//!
//! Promised, in a station of a million people too: from a key to its frame within 20 ms in 99 of 100,
//! at most 0.5 MB of resident memory for each session, and the memory back when they have left. One
//! more client types and never reads.

use crate::house::{Channel, leave, session, wait_for};
use crate::station::told;
use russh::ChannelMsg;
use std::time::{Duration, Instant};
use tokio::time::{interval, interval_at, timeout};

const SESSIONS: usize = 50;
const MINUTE: Duration = Duration::from_secs(60);
const KEY_EVERY: Duration = Duration::from_millis(200);

pub async fn measure(address: &str, server: u32) {
    // One has come and gone: what the first session and the key derivation take for good is no
    // session's.
    let (connection, mut channel) = session(address).await;
    wait_for(&mut channel, "找人").await;
    leave(connection).await;
    let alone = resident(server);

    let mut people = Vec::new();
    for _ in 0..SESSIONS {
        let (connection, mut channel) = session(address).await;
        wait_for(&mut channel, "找人").await;
        people.push((connection, channel));
    }
    let full = resident(server);
    let (deaf, silent) = session(address).await;
    let typing = tokio::spawn(types_and_never_reads(silent));

    let begun = Instant::now();
    let mut at_work = Vec::new();
    for (n, (connection, channel)) in people.into_iter().enumerate() {
        at_work.push(tokio::spawn(async move { (connection, works(channel, n).await) }));
    }
    let mut waits = Vec::new();
    let mut connections = Vec::new();
    let mut working = 0;
    for person in at_work {
        let (connection, waited) = person.await.expect("a person who worked to the end");
        working = working.max(resident(server));
        waits.extend(waited);
        connections.push(connection);
    }
    let lasted = begun.elapsed();
    typing.abort();
    for connection in connections {
        leave(connection).await;
    }
    leave(deaf).await;
    let after = wait_until_left(server, alone).await;

    waits.sort_unstable();
    let at = |share: usize| waits.get(waits.len() * share / 1000).copied().unwrap_or_default();
    println!("{SESSIONS} sessions, {} keys in {:.0} s", waits.len(), lasted.as_secs_f64());
    println!("key to frame: p50 {:?}  p99 {:?}  p99.9 {:?}", at(500), at(990), at(999));
    println!(
        "resident: {alone} KB with none, {full} KB with {SESSIONS}, {working} KB at work, {after} KB after"
    );
    println!("for each session: {} KB", full.saturating_sub(alone) / SESSIONS as u64);
    let back = working.saturating_sub(after) * 100 / working.saturating_sub(alone).max(1);
    println!("of what they took, back when they have left: {back} %");
}

/// What people look for: surnames in pinyin, often the same ones.
const NAMES: [&str; 16] = [
    "zhang", "wang", "li", "liu", "chen", "yang", "huang", "zhou", "wu", "zhao", "xu", "sun", "ma",
    "zhu", "hu", "guo",
];

/// Types for a minute; how long each key took to its frame.
async fn works(mut channel: Channel, n: usize) -> Vec<Duration> {
    let share = u32::try_from(n).expect("a number") * KEY_EVERY / SESSIONS as u32;
    let mut ticks = interval_at((Instant::now() + share).into(), KEY_EVERY);
    let end = Instant::now() + MINUTE;
    let mut waits = Vec::new();
    let name = NAMES[n % NAMES.len()];
    let keys = format!("{name}{}", "\x7f".repeat(name.len()));
    for key in keys.as_bytes().iter().cycle() {
        if Instant::now() > end {
            break;
        }
        // What comes between two keys, the search's own result, is read and not measured.
        loop {
            tokio::select! {
                _ = ticks.tick() => break,
                heard = channel.wait() => { heard.expect("an open channel"); }
            }
        }
        let pressed = Instant::now();
        channel.data_bytes(vec![*key]).await.expect("a key");
        loop {
            let heard = timeout(Duration::from_secs(10), channel.wait()).await;
            if let ChannelMsg::Data { .. } = heard.expect("a frame").expect("an open channel") {
                break;
            }
        }
        waits.push(pressed.elapsed());
    }
    waits
}

async fn types_and_never_reads(channel: Channel) {
    let mut ticks = interval(KEY_EVERY);
    loop {
        ticks.tick().await;
        // Redraws the whole screen, as fast as it is asked to.
        if channel.data_bytes(&b"\x0c"[..]).await.is_err() {
            break;
        }
    }
}

/// Resident memory of a process in KB.
fn resident(process: u32) -> u64 {
    told(process, "status", "VmRSS").unwrap_or_default()
}

/// Waits until the sessions' memory is back, at most a while; what is resident then.
async fn wait_until_left(server: u32, alone: u64) -> u64 {
    let mut ticks = interval(Duration::from_millis(100));
    for _ in 0..50 {
        ticks.tick().await;
        if resident(server) < alone + 1024 {
            break;
        }
    }
    resident(server)
}
