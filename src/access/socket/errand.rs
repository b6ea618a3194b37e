//! Commands carried out by the process that owns the folder, for another process.
//!
//! ```text
//! client: Errand ──> owner: Taken, then Data, Aside … Status
//!                    owner: Ask ──> client: Data or End       a piece of its standard input
//!                    owner: Open ─> client: Taken or Trouble  a file the command names
//!                    owner: Next ─> client: Data, End or Trouble
//!                    owner: More … Finish ──> client: Taken or Trouble
//! ```
//! Files are read and written by the client, so with the rights of whoever gave the command, which
//! may be another user than the owner's. Both sides: the owner's [`serve`], and the client's
//! [`Connection::carry_out`].

use super::attach::{Connection, FIRST_WORD, owner_gone, owner_silent};
use super::place;
use super::wire::next_frame;
use super::wire::{Decoder, Errand, FROM_OWNER, Frame, Named, Purpose, Trouble};
use crate::said;
use crate::store::Origin;
use crate::words::{Lang, Said};
use std::io::{self, BufRead, BufWriter, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What carries a command out: the command, the process it is for, output and error; gives the
/// exit status.
pub type Errands = dyn Fn(&Errand, &Arc<Asker>, &mut dyn Write, &mut dyn Write) -> u8 + Send + Sync;

/// Most bytes in one frame of output or input.
const PIECE: usize = 32 * 1024;

/// Carries a command out for a client, whatever comes of it.
pub(super) fn serve(
    stream: &UnixStream,
    decoder: Decoder,
    errand: &Errand,
    errands: &Errands,
) -> io::Result<()> {
    // A client that shows page by page may take its time.
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    tell(stream, &Frame::Taken)?;
    let asker = Arc::new(Asker::of(stream.try_clone()?, decoder));
    let mut out = BufWriter::with_capacity(PIECE, Told { stream, as_frame: Frame::Data });
    let mut err = Told { stream, as_frame: Frame::Aside };
    let done = catch_unwind(AssertUnwindSafe(|| errands(errand, &asker, &mut out, &mut err)));
    out.flush()?;
    let status = match done {
        Ok(status) => status,
        Err(_) => {
            writeln!(err, "{}", failed().get(Lang::from_locale(&errand.language)))?;
            1
        }
    };
    tell(stream, &Frame::Status(status))
}

fn failed() -> Said {
    said!(
        "命令出了程序错误。已确认保存的都在；请告诉管理员。",
        "The command met a program error. What it had confirmed is saved; tell the administrator."
    )
}

fn tell(mut stream: &UnixStream, frame: &Frame) -> io::Result<()> {
    stream.write_all(&frame.encode())
}

/// Output on its way to the client.
struct Told<'s> {
    stream: &'s UnixStream,
    as_frame: fn(Vec<u8>) -> Frame,
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        tell(self.stream, &(self.as_frame)(piece.to_vec()))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The process a command is carried out for: its standard input, and its files.
#[derive(Debug)]
pub struct Asker {
    /// Each question is answered before the next is put.
    line: Mutex<(UnixStream, Decoder)>,
    /// Where its user sits.
    pub origin: Origin,
}

impl Asker {
    fn of(stream: UnixStream, decoder: Decoder) -> Self {
        let origin = place::origin(&stream, Origin::Cli);
        Self { line: Mutex::new((stream, decoder)), origin }
    }

    /// Its standard input.
    #[must_use]
    pub fn input(self: &Arc<Self>) -> Box<dyn Read + Send> {
        Box::new(Asked::new(self.clone(), Frame::Ask))
    }

    /// A file it names, to be read; as a secret where nobody else may reach it.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn open(
        self: &Arc<Self>,
        path: &str,
        secret: bool,
    ) -> Result<Box<dyn Read + Send>, Trouble> {
        self.named(path, if secret { Purpose::ReadSecret } else { Purpose::Read })?;
        Ok(Box::new(Asked::new(self.clone(), Frame::Next)))
    }

    /// A file it names, to be written.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn begin(self: &Arc<Self>, path: &str, replace: bool) -> Result<Writing, Trouble> {
        self.named(path, if replace { Purpose::Replace } else { Purpose::Make })?;
        Ok(Writing { asker: self.clone() })
    }

    fn named(&self, path: &str, to: Purpose) -> Result<(), Trouble> {
        self.agreed(&Frame::Open(Named { path: path.to_string(), to }))
    }

    fn agreed(&self, question: &Frame) -> Result<(), Trouble> {
        match self.ask(question) {
            Ok(Frame::Taken) => Ok(()),
            Ok(Frame::Trouble(trouble)) => Err(trouble),
            // There is nobody left who reads this.
            _ => Err(Trouble { said: owner_gone().said, next: Said::default() }),
        }
    }

    fn ask(&self, question: &Frame) -> io::Result<Frame> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let (stream, decoder) = &mut *line;
        tell(stream, question)?;
        // Cut off: half a line is not to be taken for a whole one.
        next_frame(stream, decoder)?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }
}

/// Input that is asked for when it is read.
struct Asked {
    asker: Arc<Asker>,
    question: Frame,
    ended: bool,
    /// What has come and was not read yet.
    come: io::Cursor<Vec<u8>>,
}

impl Asked {
    fn new(asker: Arc<Asker>, question: Frame) -> Self {
        Self { asker, question, ended: false, come: io::Cursor::default() }
    }
}

impl Read for Asked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.come.read(buffer)?;
            if length > 0 || self.ended || buffer.is_empty() {
                return Ok(length);
            }
            match self.asker.ask(&self.question)? {
                Frame::Data(bytes) => self.come = io::Cursor::new(bytes),
                Frame::End => self.ended = true,
                Frame::Trouble(trouble) => {
                    return Err(io::Error::other(format!(
                        "{} {}",
                        trouble.said.zh, trouble.said.en
                    )));
                }
                _ => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

/// A file the client writes beside its place. Until it is finished it is not there.
#[derive(Debug)]
pub struct Writing {
    asker: Arc<Asker>,
}

impl Writing {
    /// Has the client bring it into its place.
    ///
    /// # Errors
    /// Why it cannot; what was there before is then still there.
    pub fn finish(self) -> Result<(), Trouble> {
        self.asker.agreed(&Frame::Finish)
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        let line = self.asker.line.lock().unwrap_or_else(PoisonError::into_inner);
        tell(&line.0, &Frame::More(piece.to_vec()))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a command ended that the owner was asked to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this exit status, and everything it had to say.
    Over(u8),
    /// Not begun, or cut off, for the reason said.
    Not(Said),
}

/// What a client does for the command it has given: opens the files that command names.
pub trait Hands {
    /// Opens a file to be read.
    ///
    /// # Errors
    /// Why not.
    fn open(&mut self, path: &str, secret: bool) -> Result<Box<dyn Read>, Trouble>;

    /// Begins a file.
    ///
    /// # Errors
    /// Why not.
    fn begin(&mut self, path: &str, replace: bool) -> Result<Box<dyn InTheMaking>, Trouble>;
}

/// A file being written beside its place.
pub trait InTheMaking: Write {
    /// Brings it into its place.
    ///
    /// # Errors
    /// Why not.
    fn finish(self: Box<Self>) -> Result<(), Trouble>;
}

/// The files a client has open.
#[derive(Default)]
struct Open {
    read: Option<Box<dyn Read>>,
    written: Option<Box<dyn InTheMaking>>,
    /// Why writing failed, to be told when the file is to be finished.
    failed: Option<io::Error>,
}

impl Open {
    fn open(&mut self, named: &Named, hands: &mut dyn Hands) -> Frame {
        let (path, to) = (&*named.path, named.to);
        let opened = match to {
            Purpose::Read | Purpose::ReadSecret => {
                hands.open(path, to == Purpose::ReadSecret).map(|file| self.read = Some(file))
            }
            Purpose::Replace | Purpose::Make => {
                // The one before was given up, and goes away before another may have its name.
                (self.written, self.failed) = (None, None);
                hands.begin(path, to == Purpose::Replace).map(|file| self.written = Some(file))
            }
        };
        opened.map_or_else(Frame::Trouble, |()| Frame::Taken)
    }

    fn next(&mut self) -> Frame {
        let Some(file) = &mut self.read else { return Frame::End };
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => {
                    self.read = None;
                    return Frame::End;
                }
                Ok(length) => {
                    piece.truncate(length);
                    return Frame::Data(piece);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Frame::Trouble(trouble(&error)),
            }
        }
    }

    fn more(&mut self, bytes: &[u8]) {
        if let (Some(file), None) = (&mut self.written, &self.failed) {
            self.failed = file.write_all(bytes).err();
        }
    }

    fn finish(&mut self) -> Frame {
        let done = match (self.written.take(), self.failed.take()) {
            (Some(file), None) => file.finish(),
            (_, failed) => Err(trouble(&failed.unwrap_or_else(|| ErrorKind::NotFound.into()))),
        };
        done.map_or_else(Frame::Trouble, |()| Frame::Taken)
    }
}

fn trouble(error: &io::Error) -> Trouble {
    Trouble {
        said: said!("文件用不了：{error}。", "The file cannot be used: {error}."),
        next: said!(
            "请核对路径、权限和磁盘空间。",
            "Check the path, permissions and space on the disk."
        ),
    }
}

impl Connection {
    /// Has the owner carry a command out. What it says goes to `out` and `err` as it comes; this
    /// process's standard input, and the files `hands` opens, are handed over when asked for.
    ///
    /// # Errors
    /// When `out` or `err` takes nothing any more.
    pub fn carry_out(
        self,
        errand: &Errand,
        hands: &mut dyn Hands,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> io::Result<Outcome> {
        let stream = self.into_stream();
        let mut decoder = Decoder::new(FROM_OWNER);
        let mut files = Open::default();
        // An owner that has gone shows when it is read from.
        let _ = tell(&stream, &Frame::Errand(errand.clone()));
        stream.set_read_timeout(Some(FIRST_WORD))?;
        loop {
            let answer = match next_frame(&stream, &mut decoder) {
                // From now on it may take its time.
                Ok(Some(Frame::Taken)) => {
                    stream.set_read_timeout(None)?;
                    continue;
                }
                Ok(Some(Frame::Data(bytes))) => {
                    out.write_all(&bytes)?;
                    out.flush()?;
                    continue;
                }
                Ok(Some(Frame::Aside(bytes))) => {
                    err.write_all(&bytes)?;
                    continue;
                }
                Ok(Some(Frame::More(bytes))) => {
                    files.more(&bytes);
                    continue;
                }
                Ok(Some(Frame::Ask)) => {
                    hand_over(stream.try_clone()?);
                    continue;
                }
                Ok(Some(Frame::Open(named))) => files.open(&named, hands),
                Ok(Some(Frame::Next)) => files.next(),
                Ok(Some(Frame::Finish)) => files.finish(),
                Ok(Some(Frame::Status(status))) => return Ok(Outcome::Over(status)),
                Ok(Some(Frame::Bye(bye))) => return Ok(Outcome::Not(bye.said)),
                Ok(Some(_)) => continue,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(Outcome::Not(owner_silent().said));
                }
                Ok(None) | Err(_) => return Ok(Outcome::Not(owner_gone().said)),
            };
            let _ = tell(&stream, &answer);
        }
    }
}

/// Hands over the next piece of this process's standard input, once there is one; meanwhile the
/// owner may go.
fn hand_over(stream: UnixStream) {
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let piece = match input.fill_buf() {
            Ok(bytes) if !bytes.is_empty() => bytes.get(..PIECE).unwrap_or(bytes).to_vec(),
            _ => {
                let _ = tell(&stream, &Frame::End);
                return;
            }
        };
        input.consume(piece.len());
        let _ = tell(&stream, &Frame::Data(piece));
    });
}

#[cfg(test)]
mod tests {
    use super::super::wire::FROM_CLIENT;
    use super::*;

    fn heard(frames: &[Frame]) -> io::Result<String> {
        let (ours, theirs) = UnixStream::pair()?;
        for frame in frames {
            tell(&theirs, frame)?;
        }
        // It says no more, and hears what it is asked.
        theirs.shutdown(std::net::Shutdown::Write)?;
        let mut text = String::new();
        let asker = Arc::new(Asker::of(ours, Decoder::new(FROM_CLIENT)));
        asker.input().read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn input_that_was_cut_off_is_not_taken_for_whole() {
        let half = Frame::Data(b"new pass".to_vec());
        let rest = Frame::Data(b"word\n".to_vec());
        assert_eq!(heard(&[half.clone(), rest, Frame::End]).unwrap(), "new password\n");
        assert_eq!(heard(&[half]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(heard(&[Frame::End]).unwrap(), "");
    }
}
