//! A word in the log about clients that cannot be spoken with, for whoever is asked why one does
//! not connect: from where, and what it offered. Bounded, as anybody may be the client.

use super::limits::{Limits, Pace};
use crate::said;
use crate::words::Said;
use russh::AlgorithmKind;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where a line for the log goes.
pub type Log = dyn Fn(&Said) + Send + Sync;

/// The most characters told of what a client offers.
const LONGEST: usize = 160;
/// Lines at once, and the time until one more, for one address and for all together.
const EACH: (u32, Duration) = (3, Duration::from_secs(60));
const ALL: (u32, Duration) = (30, Duration::from_secs(10));

/// What is told, and how often.
pub struct Strangers {
    log: Box<Log>,
    paces: Mutex<(Pace, Pace)>,
}

impl Strangers {
    /// Tells to `log`.
    pub fn new(log: Box<Log>) -> Self {
        let pace = |(burst, pace)| Pace::new(&Limits { burst, pace, ..Limits::default() });
        Self { log, paces: Mutex::new((pace(EACH), pace(ALL))) }
    }

    /// A connection failed; told when that is because the two have no algorithm in common.
    pub fn failed(&self, address: IpAddr, error: &russh::Error) {
        let russh::Error::NoCommonAlgo { kind, ours, theirs } = error else { return };
        let address = address.to_canonical();
        let now = Instant::now();
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let everybody = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        let told = paces.0.allows(address, now) && paces.1.allows(everybody, now);
        drop(paces);
        if told {
            (self.log)(&line(address, kind, ours, theirs));
        }
    }
}

fn line(address: IpAddr, kind: &AlgorithmKind, ours: &[String], theirs: &[String]) -> Said {
    let kind = match kind {
        AlgorithmKind::Kex => Said::fixed("密钥交换", "key exchange"),
        AlgorithmKind::Key => Said::fixed("主机密钥", "host key"),
        AlgorithmKind::Cipher => Said::fixed("加密", "cipher"),
        AlgorithmKind::Compression => Said::fixed("压缩", "compression"),
        AlgorithmKind::Mac => Said::fixed("校验", "MAC"),
    };
    let (zh, en) = (kind.zh, kind.en);
    let (theirs, ours) = (bounded(theirs), bounded(ours));
    said!(
        "SSH：{address} 的客户端没有接通。它提供的{zh}算法 {theirs}，本站只用 {ours}。请升级客户端（OpenSSH 6.5、PuTTY 0.70 或更新）。",
        "SSH: a client at {address} was not let in. For the {en} it offers {theirs}; this station uses {ours} only. A newer client is needed: OpenSSH 6.5, PuTTY 0.70 or later."
    )
}

/// Names of algorithms, harmless and not too long: a stranger wrote them.
fn bounded(names: &[String]) -> String {
    let shown = |c: char| if c.is_ascii_alphanumeric() || "-@._+".contains(c) { c } else { '?' };
    let mut line = String::new();
    for name in names {
        if line.len() + name.len() + 1 > LONGEST {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(',');
        }
        line.extend(name.chars().map(shown));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn old(theirs: &str) -> russh::Error {
        let theirs = theirs.split(',').map(str::to_string).collect();
        russh::Error::NoCommonAlgo { kind: AlgorithmKind::Kex, ours: vec!["curve".into()], theirs }
    }

    #[test]
    fn what_a_stranger_offers_is_told_bounded_harmless_and_not_too_often() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let log = move |said: &Said| heard.lock().unwrap().push(said.en.to_string());
        let strangers = Strangers::new(Box::new(log));
        let at = |n: u8| IpAddr::from([192, 0, 2, n]);
        strangers.failed(at(1), &old("diffie\x1b[2J\u{202e},group1"));
        let first = told.lock().unwrap().remove(0);
        assert!(first.contains("192.0.2.1") && first.contains("diffie??2J?,group1"), "{first}");
        assert!(!first.contains('\x1b') && !first.contains('\u{202e}'));
        strangers.failed(at(2), &old(&"long-name,".repeat(1000)));
        strangers.failed(at(2), &old(&"x".repeat(100_000)));
        assert!(told.lock().unwrap().iter().all(|line| line.len() < 500));
        (0..100).for_each(|_| strangers.failed(at(3), &old("group1")));
        assert_eq!(told.lock().unwrap().len(), 2 + 3);
        (0..100).for_each(|n| strangers.failed(at(100 + n), &old("group1")));
        assert_eq!(told.lock().unwrap().len(), 29, "thirty from everybody at once");
        strangers.failed(at(250), &russh::Error::Disconnect);
        assert_eq!(told.lock().unwrap().len(), 29);
    }
}
