//! One person at the end of a line of 64 kbit/s and 300 ms there and back.
//!
//! Promised: what is typed is seen within the way there and back and 50 ms more, a new screen
//! within 1.5 s, and however much is asked for, never a backlog.

use crate::house::{Channel, leave, session};
use russh::ChannelMsg;
use std::num::NonZero;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until, timeout};

/// Bytes a second.
const RATE: f64 = 8_000.0;
/// One way.
const DELAY: Duration = Duration::from_millis(150);
/// What the line itself keeps waiting, in pieces of [`PIECE`]: 16 KB.
const WAITING: usize = 32;
const PIECE: usize = 512;

pub async fn measure(address: &str) {
    let line = line_to(address).await;
    let (connection, channel) = session(&line).await;
    let mut seat = Seat::at(channel);
    seat.press(b"\x1b[?64;1c").await;
    seat.wait_for("找人").await;
    seat.quiet().await;
    let mut echoes = Vec::new();
    for letter in 'a'..='t' {
        let pressed = Instant::now();
        seat.press(letter.to_string().as_bytes()).await;
        seat.wait_for(&('a'..=letter).collect::<String>()).await;
        echoes.push(pressed.elapsed());
        seat.quiet().await;
    }
    echoes.sort_unstable();
    let pressed = Instant::now();
    seat.press(b"\x1b[17~").await;
    seat.wait_for("这里没有").await;
    let screen = pressed.elapsed();
    seat.press(b"\x1b").await;
    seat.quiet().await;
    // Asks for the whole screen thirty times a second, for five seconds, and then for help.
    let before = seat.bytes;
    let mut ticks = interval(Duration::from_millis(33));
    for _ in 0..150 {
        seat.press(b"\x0c").await;
        seat.until(ticks.tick()).await;
    }
    let pressed = Instant::now();
    seat.press(b"\x1bOP").await;
    seat.wait_for("这里可用的按键").await;
    let (flood, bytes) = (pressed.elapsed(), seat.bytes - before);
    println!("64 kbit/s, 300 ms: echo p50 {:?}, longest {:?}", echoes[10], echoes[19]);
    println!(
        "a new screen {screen:?}; after a flood of 150 redraws {flood:?}, {bytes} bytes in all"
    );
    leave(connection).await;
}

/// A terminal that answers when it has worked through what was sent.
struct Seat {
    channel: Channel,
    grid: vt100::Parser,
    bytes: usize,
}

impl Seat {
    fn at(channel: Channel) -> Self {
        let cells = |count| NonZero::new(count).expect("a size");
        Self { channel, grid: vt100::Parser::new(cells(40), cells(120), 0), bytes: 0 }
    }

    async fn press(&mut self, keys: &[u8]) {
        self.channel.data_bytes(keys.to_vec()).await.expect("a key");
    }

    async fn hear(&mut self) {
        if let ChannelMsg::Data { data } = self.channel.wait().await.expect("an open channel") {
            self.bytes += data.len();
            self.grid.process(&data);
            if data.windows(4).any(|bytes| bytes == b"\x1b[5n") {
                self.press(b"\x1b[0n").await;
            }
        }
    }

    async fn wait_for(&mut self, text: &str) {
        while !self.grid.screen().contents().contains(text) {
            self.hear().await;
        }
    }

    /// Hears what comes until something else is ready.
    async fn until<T>(&mut self, other: impl Future<Output = T>) {
        tokio::pin!(other);
        loop {
            tokio::select! {
                biased;
                _ = &mut other => break,
                () = self.hear() => {}
            }
        }
    }

    /// Waits until nothing has come for a while.
    async fn quiet(&mut self) {
        while timeout(Duration::from_millis(800), self.hear()).await.is_ok() {}
    }
}

/// A slow line to an address; where it begins.
async fn line_to(address: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a line");
    let here = listener.local_addr().expect("its beginning").to_string();
    let address = address.to_string();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&address).await.expect("the server");
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            carry(near_in, far_out);
            carry(far_in, near_out);
        }
    });
    here
}

/// Carries bytes one way, late and slowly.
fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let (sender, mut under_way) = mpsc::channel::<(Vec<u8>, Instant)>(WAITING);
    tokio::spawn(async move {
        let mut free = Instant::now();
        let mut piece = [0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            free = free.max(Instant::now()) + Duration::from_secs_f64(length as f64 / RATE);
            let bytes = piece.get(..length).unwrap_or_default().to_vec();
            if sender.send((bytes, free + DELAY)).await.is_err() {
                break;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((bytes, due)) = under_way.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    });
}
