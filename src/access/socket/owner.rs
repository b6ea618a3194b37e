//! The owner's side: listens, and runs a session for each client.

use super::errand::{self, Errands};
use super::place::{self, Places};
use super::wire::next_frame;
use super::wire::{Account, Bye, Decoder, FROM_CLIENT, Frame, Hello, VERSION};
use crate::access::desk::{Ended, Gone, Line, Sent};
use crate::access::ending::Ending;
use crate::access::hall::{Guest, Hall};
use crate::access::inbox::Inbox;
use crate::said;
use crate::store::Origin;
use crate::words::Said;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long a lone Esc waits: the client may itself be at the end of a line.
const ESC_WAIT: Duration = Duration::from_millis(50);
/// How long a client may take to begin.
const HELLO: Duration = Duration::from_secs(5);
/// How often a client that does not read is looked after, to see whether its session is over.
const WRITING: Duration = Duration::from_secs(1);

/// The open socket of a data folder, until dropped.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    closed: Arc<AtomicBool>,
}

impl Door {
    /// Listens for clients of the data folder this process owns, and serves them in the hall.
    ///
    /// # Errors
    /// When there is no place for a socket or the system refuses it.
    pub fn open(
        hall: &Arc<Hall>,
        data: &Path,
        places: &Places,
        errands: Box<Errands>,
    ) -> io::Result<Self> {
        let path = places.for_owner(data)?;
        // Whoever holds the folder's lock is its only owner: a socket that lies there is that of
        // an owner who died.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        if let Some(group) = places.group() {
            std::os::unix::fs::lchown(&path, None, Some(group))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o660))?;
        }
        let anybody = places.group().is_some();
        let closed = Arc::new(AtomicBool::new(false));
        let (hall, shut) = (hall.clone(), closed.clone());
        let errands = Arc::from(errands);
        thread::Builder::new()
            .name("socket".into())
            .spawn(move || accept(&listener, anybody, &hall, &shut, &errands))?;
        Ok(Self { path, closed })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // The listening thread only wakes up for a client.
        let _ = UnixStream::connect(&self.path);
        let _ = fs::remove_file(&self.path);
    }
}

/// Serves whoever comes: where a group is served the socket's own rights say who may.
fn accept(
    listener: &UnixListener,
    anybody: bool,
    hall: &Arc<Hall>,
    closed: &AtomicBool,
    errands: &Arc<Errands>,
) {
    for (number, stream) in (1_u64..).zip(listener.incoming()) {
        if closed.load(Ordering::Relaxed) {
            break;
        }
        let Ok(stream) = stream else { continue };
        if !anybody && !place::peer_is(&stream, place::own_user()) {
            continue;
        }
        let (hall, errands) = (hall.clone(), errands.clone());
        // A machine without room for a thread serves those who are there.
        let _ = thread::Builder::new().name(format!("socket session {number}")).spawn(move || {
            // A client that is not understood, or went away: its connection ends, nothing else.
            let _ = attend(&hall, &stream, &*errands);
            let _ = stream.shutdown(Shutdown::Both);
        });
    }
}

/// Serves one client from its first word to its end.
fn attend(hall: &Arc<Hall>, stream: &UnixStream, errands: &Errands) -> io::Result<()> {
    stream.set_read_timeout(Some(HELLO))?;
    stream.set_write_timeout(Some(WRITING))?;
    let mut decoder = Decoder::new(FROM_CLIENT);
    let first = next_frame(stream, &mut decoder)?;
    let version = match &first {
        Some(Frame::Hello(hello)) => hello.version,
        Some(Frame::Errand(errand)) => errand.version,
        _ => return Ok(()),
    };
    if version != VERSION {
        return bye(stream, other_version(), true);
    }
    // A command has its place in the hall too: whoever closes it waits for the end of both.
    let guest = match hall.enter(Inbox::default()) {
        Ok(guest) => guest,
        Err(closed) => return bye(stream, closed, true),
    };
    let hello = match first {
        Some(Frame::Hello(hello)) => hello,
        Some(Frame::Errand(errand)) => return errand::serve(stream, decoder, &errand, errands),
        _ => return Ok(()),
    };
    seat(hall, &guest, stream, decoder, hello)
}

/// Runs a session for a client.
fn seat(
    hall: &Arc<Hall>,
    guest: &Guest,
    stream: &UnixStream,
    decoder: Decoder,
    hello: Hello,
) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    let hearing = (stream.try_clone()?, guest.inbox().clone());
    thread::Builder::new()
        .name("socket input".into())
        .spawn(move || listen(&hearing.0, decoder, &hearing.1))?;
    let Hello { client, account, .. } = hello;
    // Whoever cannot sign in sees the sign-in screen, which says why when they try.
    let origin = place::origin(stream, Origin::Socket);
    let known = account.and_then(|Account { name, password }| {
        hall.office().sign_in(&name, &password, &origin).ok()
    });
    let mut line = SocketLine { stream, inbox: guest.inbox() };
    let Ended { ending, .. } = guest.work(client.start(origin, ESC_WAIT), known, &mut line);
    let failed = ending == Ending::Failed;
    bye(stream, ending.said().unwrap_or_default(), failed)
}

/// Leaves in the inbox what the client tells, to its end.
fn listen(stream: &UnixStream, mut decoder: Decoder, inbox: &Inbox) {
    while let Ok(Some(frame)) = next_frame(stream, &mut decoder) {
        match frame {
            Frame::Data(bytes) if inbox.typed(&bytes) => {}
            Frame::Resize(columns, rows) => inbox.resized(columns, rows),
            Frame::Taken => inbox.frame_taken(),
            Frame::Continue => inbox.resumed(),
            _ => break,
        }
    }
    inbox.end(Ending::HungUp);
}

fn bye(mut stream: &UnixStream, said: Said, failed: bool) -> io::Result<()> {
    stream.write_all(&Frame::Bye(Bye { said, failed }).encode())
}

fn other_version() -> Said {
    said!(
        "正在运行的驿站是另一个版本。请关闭所有驿站窗口（或重启 yizhan serve）后再打开。",
        "The running yizhan is of another version. Close every window of it (or restart `yizhan serve`) and open it again."
    )
}

struct SocketLine<'l> {
    stream: &'l UnixStream,
    inbox: &'l Inbox,
}

impl SocketLine<'_> {
    /// Writes all of it, as long as the session has not been ended meanwhile.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        while !bytes.is_empty() {
            match (&mut &*self.stream).write(bytes) {
                Ok(0) => return Err(Gone),
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    if self.inbox.ending() {
                        return Err(Gone);
                    }
                }
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }
}

impl Line for SocketLine<'_> {
    fn send(&mut self, frame: Vec<u8>) -> Result<Sent, Gone> {
        self.write(&Frame::Data(frame).encode())?;
        Ok(Sent::OnItsWay)
    }
}
