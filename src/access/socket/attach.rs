//! The client's side: a terminal joined to a session that runs elsewhere.
//!
//! A pipe that knows nothing of sessions: raw mode, bytes through, sizes, and the terminal put
//! back however it ends.

use super::place::{self, Places};
use super::wire::{Account, Bye, Decoder, FROM_CLIENT, FROM_OWNER, Frame, Hello, VERSION};
use crate::access::client::Client;
use crate::access::local::{asked_to_end, stop};
use crate::said;
use crate::terminal::{Capabilities, Tty, TtyError, TtyEvent};
use crate::words::Said;
use signal_hook::consts::SIGTSTP;
use signal_hook::iterator::Signals;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// So many things wait for this terminal before their senders do.
const WAITING: usize = 64;

/// A connection to the owner of a data folder.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
}

/// How being attached ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parting {
    /// What the person is to read; empty when they left themselves.
    pub said: Said,
    /// Something went wrong: exit status 1.
    pub failed: bool,
}

/// How long an owner may take for its first word. One that runs says it at once.
pub(super) const FIRST_WORD: Duration = Duration::from_secs(10);

/// What happens at either end.
enum News {
    Terminal(TtyEvent),
    Suspend,
    Owner(Frame),
    OwnerGone,
}

impl Connection {
    /// Connects to the owner of a data folder, if one listens.
    #[must_use]
    pub fn to(data: &Path, places: &Places) -> Option<Self> {
        let sockets = places.of(data).ok()?;
        // What is typed here, a password first, is for no stranger's process.
        let trusted = |(socket, keeper): (PathBuf, u32)| {
            let stream = UnixStream::connect(socket).ok()?;
            place::peer_is(&stream, keeper).then_some(Self { stream })
        };
        sockets.into_iter().find_map(trusted)
    }

    /// The connection itself.
    pub(super) fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// Joins this terminal to a session of the owner, until either ends; signs an account in that
    /// was given at the start.
    ///
    /// # Errors
    /// When input or output is no terminal, or the system refuses it.
    pub fn attach(self, client: &Client, account: Option<Account>) -> Result<Parting, TtyError> {
        let caps = client.capabilities();
        let mut tty = Tty::open()?;
        tty.enter(&caps)?;
        let (columns, rows) = tty.size();
        let (sender, inbox) = sync_channel(WAITING);
        let events = sender.clone();
        tty.forward(move |event| events.send(News::Terminal(event)).is_ok())?;
        suspensions(sender.clone());
        let Ok(reading) = self.stream.try_clone() else { return Ok(owner_gone()) };
        thread::spawn(move || listen(reading, &sender));
        let client = Client { columns, rows, ..client.clone() };
        let hello = Frame::Hello(Hello { version: VERSION, client, account });
        let mut pipe = Pipe { stream: &self.stream, tty: &tty, caps: &caps };
        pipe.tell(&hello);
        let parting = pipe.work(&inbox);
        // The owner keeps drafts as soon as it sees the end.
        let _ = self.stream.shutdown(Shutdown::Both);
        Ok(parting)
    }
}

/// The owner has the folder and says nothing.
pub(super) fn owner_silent() -> Parting {
    Parting {
        said: said!(
            "占用数据目录的驿站进程没有应答，可能被挂起了。请回到那个窗口让它继续（fg），或结束它后再试。",
            "The yizhan process that owns the data folder does not answer; it may have been stopped. Let it go on in its window (fg), or end it and try again."
        ),
        failed: true,
    }
}

/// The owner ended without a word: killed, or the machine took it.
pub(super) fn owner_gone() -> Parting {
    Parting {
        said: said!(
            "提供服务的驿站进程意外结束了。已保存的内容和草稿都在；请重新运行。",
            "The yizhan process that served this has ended unexpectedly. What was saved and the drafts are there; run it again."
        ),
        failed: true,
    }
}

fn suspensions(inbox: SyncSender<News>) {
    if let Ok(mut signals) = Signals::new([SIGTSTP]) {
        thread::spawn(move || {
            let _ = (&mut signals).into_iter().try_for_each(|_| inbox.send(News::Suspend));
        });
    }
}

/// Hands over what the owner sends, to its end.
fn listen(mut stream: UnixStream, inbox: &SyncSender<News>) {
    let mut decoder = Decoder::new(FROM_OWNER);
    let mut buffer = [0; 16 * 1024];
    loop {
        match decoder.frame() {
            Ok(Some(frame)) => {
                if inbox.send(News::Owner(frame)).is_err() {
                    return;
                }
                continue;
            }
            Ok(None) => {}
            Err(_) => break,
        }
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => decoder.feed(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = inbox.send(News::OwnerGone);
}

struct Pipe<'p> {
    stream: &'p UnixStream,
    tty: &'p Tty,
    caps: &'p Capabilities,
}

impl Pipe<'_> {
    fn work(&mut self, inbox: &Receiver<News>) -> Parting {
        let asked = Instant::now();
        let mut silent = true;
        // Every sender is a thread that ends with this process or tells of its end.
        loop {
            let news = if silent {
                inbox.recv_timeout(FIRST_WORD.saturating_sub(asked.elapsed()))
            } else {
                inbox.recv().map_err(RecvTimeoutError::from)
            };
            let news = match news {
                Ok(news) => news,
                Err(RecvTimeoutError::Timeout) => return owner_silent(),
                Err(RecvTimeoutError::Disconnected) => return owner_gone(),
            };
            silent &= !matches!(news, News::Owner(_));
            if let Some(parting) = self.take(news) {
                return parting;
            }
        }
    }

    fn take(&mut self, news: News) -> Option<Parting> {
        match news {
            News::Terminal(TtyEvent::Bytes(bytes)) => {
                for chunk in bytes.chunks(FROM_CLIENT) {
                    self.tell(&Frame::Data(chunk.to_vec()));
                }
            }
            News::Terminal(TtyEvent::Resize(columns, rows)) => {
                self.tell(&Frame::Resize(columns, rows));
            }
            News::Terminal(TtyEvent::Continue) => {
                if self.tty.resume(self.caps).is_err() {
                    return Some(terminal_gone());
                }
                let (columns, rows) = self.tty.size();
                self.tell(&Frame::Resize(columns, rows));
                self.tell(&Frame::Continue);
            }
            News::Terminal(TtyEvent::HangUp) => return Some(terminal_gone()),
            News::Terminal(TtyEvent::Terminate) => {
                return Some(Parting { said: asked_to_end(), failed: false });
            }
            News::Suspend => stop(self.tty, self.caps),
            News::Owner(Frame::Data(bytes)) => {
                if self.tty.write(&bytes).is_err() {
                    return Some(terminal_gone());
                }
                self.tell(&Frame::Taken);
            }
            News::Owner(Frame::Bye(Bye { said, failed })) => return Some(Parting { said, failed }),
            News::Owner(_) => {}
            News::OwnerGone => return Some(owner_gone()),
        }
        None
    }

    /// Tells the owner. That it has gone is heard from the reading side, after its goodbye.
    fn tell(&mut self, frame: &Frame) {
        let _ = (&mut &*self.stream).write_all(&frame.encode());
    }
}

/// There is nobody to tell.
fn terminal_gone() -> Parting {
    Parting { said: Said::default(), failed: true }
}
