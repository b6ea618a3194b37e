//! A slow line: 64 kbit/s and 300 ms there and back, in virtual time.
//!
//! The transport is the one real sessions have: one frame on its way, the next built only when
//! that one has gone (a long one: when the terminal said that it came), so that the latest state
//! wins and nothing piles up.

use crate::furnished;
use crate::stage::{PASSWORD, Station, start};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZero;
use std::time::Duration;
use yizhan::record::{Clock, Instant};
use yizhan::ui::{Input, Session};

/// Microseconds a byte takes at 64 kbit/s.
const BYTE: u64 = 125;
/// One way.
const WAY: u64 = 150_000;
const ROUND_TRIP: u64 = 2 * WAY;
/// Frames longer than this are acknowledged by the terminal.
const LONG: usize = 1024;
const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// One direction of the line: bytes leave one after another and arrive later.
#[derive(Default)]
struct Wire {
    busy_until: u64,
}

impl Wire {
    /// When the last byte has left.
    fn takes(&mut self, now: u64, bytes: usize) -> u64 {
        self.busy_until = self.busy_until.max(now) + bytes as u64 * BYTE;
        self.busy_until
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Bytes from the terminal reach the session.
    Heard(Vec<u8>),
    /// The frame on its way is no longer.
    Gone,
    /// A frame reaches the terminal.
    Painted(Vec<u8>),
    /// The time the session asked for, unless it has asked anew since.
    Woken(u64),
}

/// A moment at the terminal: when, how many bytes came, the screen, what is before the cursor.
struct Seen {
    at: u64,
    bytes: usize,
    screen: String,
    before_cursor: String,
}

struct Line<'s> {
    station: &'s Station,
    begun: Instant,
    session: Session,
    grid: vt100::Parser,
    down: Wire,
    up: Wire,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    asked: u64,
    on_its_way: bool,
    seen: Vec<Seen>,
}

impl<'s> Line<'s> {
    fn new(station: &'s Station) -> Self {
        let session = Session::new(station.office.clone(), start(COLUMNS, ROWS));
        let cells = |n| NonZero::new(n).unwrap();
        let mut line = Self {
            station,
            begun: station.clock.now(),
            session,
            grid: vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0),
            down: Wire::default(),
            up: Wire::default(),
            events: BinaryHeap::new(),
            order: 0,
            asked: 0,
            on_its_way: false,
            seen: Vec::new(),
        };
        line.send(0);
        line
    }

    fn at(&mut self, when: u64, event: Event) {
        self.order += 1;
        self.events.push(Reverse((when, self.order, event)));
    }

    /// A key is pressed at a moment.
    fn key(&mut self, when: u64, bytes: &[u8]) {
        let left = self.up.takes(when, bytes.len());
        self.at(left + WAY, Event::Heard(bytes.to_vec()));
    }

    /// Sends what there is to send, unless a frame is on its way.
    fn send(&mut self, now: u64) {
        if !self.on_its_way
            && let Some(mut frame) = self.session.frame()
        {
            let long = frame.len() > LONG;
            if long {
                frame.extend_from_slice(b"\x1b[5n");
            }
            let left = self.down.takes(now, frame.len());
            self.on_its_way = true;
            self.at(left + WAY, Event::Painted(frame));
            if !long {
                self.at(left, Event::Gone);
            }
        }
        self.asked += 1;
        // The lock after idle minutes is not waited for.
        let soon = self.session.wake_in().filter(|wait| *wait < Duration::from_secs(5));
        if let Some(wait) = soon {
            let when = now + u64::try_from(wait.as_micros()).unwrap();
            self.at(when, Event::Woken(self.asked));
        }
    }

    /// Goes on until nothing is on its way any more; tells when that was.
    fn run(&mut self) -> u64 {
        let mut last = 0;
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            last = now;
            self.station.clock.set(self.begun + Duration::from_micros(now));
            match event {
                Event::Heard(bytes) if bytes == b"\x1b[0n" => {
                    // The session may hear it too: an answer is never text.
                    self.session.input(Input::Bytes(&bytes));
                    self.on_its_way = false;
                }
                Event::Heard(bytes) => self.session.input(Input::Bytes(&bytes)),
                Event::Gone => self.on_its_way = false,
                Event::Woken(asked) if asked == self.asked => self.session.input(Input::Wake),
                Event::Woken(_) => continue,
                Event::Painted(frame) => {
                    self.painted(now, &frame);
                    if frame.ends_with(b"\x1b[5n") {
                        self.key(now, b"\x1b[0n");
                    }
                    continue;
                }
            }
            self.send(now);
        }
        last
    }

    fn painted(&mut self, now: u64, frame: &[u8]) {
        self.grid.process(frame);
        let screen = self.grid.screen();
        let (row, column) = screen.cursor_position();
        let before_cursor = (0..column)
            .filter_map(|at| screen.cell(row, at))
            .map(|cell| cell.contents().to_string())
            .collect();
        let (bytes, screen) = (frame.len(), screen.contents());
        self.seen.push(Seen { at: now, bytes, screen, before_cursor });
    }

    fn rows(&self) -> Vec<String> {
        self.grid.screen().rows(0, COLUMNS).map(|row| row.trim_end().to_string()).collect()
    }

    /// The first moment from `when` on at which something was seen.
    #[track_caller]
    fn first(&self, when: u64, what: impl Fn(&Seen) -> bool) -> u64 {
        let seen = self.seen.iter().find(|seen| seen.at >= when && what(seen));
        match seen {
            Some(seen) => seen.at - when,
            None => panic!("never seen:\n{}", self.grid.screen().contents()),
        }
    }

    /// Keys one after another, each when all is still; tells when it was still again.
    fn calmly(&mut self, from: u64, keys: &[&str]) -> u64 {
        let mut now = from;
        for key in keys {
            self.key(now, key.as_bytes());
            now = self.run().max(now) + 1_000;
        }
        now
    }
}

const F2: &str = "\x1b[12~";
const F3: &str = "\x1b[13~";
const F4: &str = "\x1b[14~";
const DOWN: &str = "\x1b[B";
const PAGE_DOWN: &str = "\x1b[6~";

#[test]
fn typing_is_echoed_within_a_round_trip() {
    let station = furnished::station_with_newcomer();
    let mut line = Line::new(&station);
    let name = furnished::NEWCOMER;
    // To the first field of the form, which is a wide one.
    let keys = ["volunteer", "\r", PASSWORD, "\r", F2, name, "\r", F3, "\r", "\x1b[1;5H"];
    let mut now = line.calmly(0, &keys);
    let text = "渝中区化龙桥街道aB3站";
    let mut pressed = Vec::new();
    // Five keys a second, then twenty: faster than the line is long.
    for (at, c) in text.chars().enumerate() {
        now += if at < 6 { 200_000 } else { 50_000 };
        line.key(now, c.to_string().as_bytes());
        let typed: String = text.chars().take(at + 1).collect();
        pressed.push((now, typed));
    }
    line.run();
    for (when, typed) in pressed {
        let echo = line.first(when, |seen| seen.before_cursor.contains(&typed));
        assert!(echo <= ROUND_TRIP + 50_000, "{typed} came back after {echo} µs");
    }
}

#[test]
fn a_new_screen_comes_within_a_second_and_a_half() {
    let station = furnished::station();
    let mut line = Line::new(&station);
    let mut now = line.calmly(0, &["supervisor", "\r", PASSWORD]);
    for (key, shows) in [
        ("\r", "要办的事"),
        (F4, "共 4 件"),
        ("\r", "认定"),
        ("\t", "家庭"),
        ("h", "新建"),
        ("\x1b[20~", "全部操作"),
    ] {
        line.key(now, key.as_bytes());
        let still = line.run();
        let came = line.first(now, |seen| seen.screen.contains(shows));
        assert!(came <= 1_500_000, "{shows} came after {came} µs");
        now = still.max(now) + 1_000;
    }
}

#[test]
fn keys_without_end_never_make_a_backlog() {
    let station = furnished::station();
    let mut line = Line::new(&station);
    let mut now = line.calmly(0, &["supervisor", "\r", PASSWORD, "\r", F4]);
    // Thirty keys a second for ten seconds, each of which changes much of the screen.
    let begun = now;
    let sent_before: usize = line.seen.iter().map(|seen| seen.bytes).sum();
    for at in 0..300 {
        now += 33_000;
        let key = [F4, "2", DOWN, "0", PAGE_DOWN, "1", DOWN][at % 7];
        line.key(now, key.as_bytes());
    }
    now += 33_000;
    line.key(now, b"1");
    line.run();
    // The last key is seen as soon as the frame before it is through.
    let came = line.first(now, |seen| seen.screen.contains("要办的事"));
    assert!(came <= 3_000_000, "the last key was seen after {came} µs");
    // No more was sent than the line carries, and the picture is the right one.
    let sent: usize = line.seen.iter().map(|seen| seen.bytes).sum();
    let carried = (now + came - begun) / BYTE;
    assert!((sent - sent_before) as u64 <= carried, "{sent} bytes");
    let last = line.rows();
    line.key(now + came, b"\x0c");
    line.run();
    assert_eq!(line.rows(), last);
}
