//! Commands carried out by the process that owns the folder, for another of the same user.
//!
//! ```text
//! client: Errand ──> owner: Taken, then Data, Aside … Status
//!                    owner: Ask ──> client: Data … End     once the command reads its input
//! ```
//! Both sides: the owner's [`serve`], and the client's [`Connection::carry_out`].

use super::attach::{Connection, FIRST_WORD, owner_gone, owner_silent};
use super::owner::read;
use super::wire::{Decoder, Errand, FROM_OWNER, Frame};
use crate::said;
use crate::words::{Lang, Said};
use std::io::{self, BufRead, BufWriter, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What carries a command out: the command, its standard input, output and error; gives the exit
/// status.
pub type Errands =
    dyn Fn(&Errand, Box<dyn Read + Send>, &mut dyn Write, &mut dyn Write) -> u8 + Send + Sync;

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
    let input = Box::new(Asked::of(stream.try_clone()?, decoder));
    let mut out = BufWriter::with_capacity(PIECE, Told { stream, as_frame: Frame::Data });
    let mut err = Told { stream, as_frame: Frame::Aside };
    let done = catch_unwind(AssertUnwindSafe(|| errands(errand, input, &mut out, &mut err)));
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

/// Input that is asked for when it is first read.
struct Asked {
    stream: UnixStream,
    decoder: Decoder,
    asked: bool,
    ended: bool,
    /// What has come and was not read yet.
    come: io::Cursor<Vec<u8>>,
}

impl Asked {
    fn of(stream: UnixStream, decoder: Decoder) -> Self {
        Self { stream, decoder, asked: false, ended: false, come: io::Cursor::default() }
    }
}

impl Read for Asked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.asked, true) {
            tell(&self.stream, &Frame::Ask)?;
        }
        loop {
            let length = self.come.read(buffer)?;
            if length > 0 || self.ended || buffer.is_empty() {
                return Ok(length);
            }
            match read(&self.stream, &mut self.decoder)? {
                Some(Frame::Data(bytes)) => self.come = io::Cursor::new(bytes),
                Some(Frame::End) => self.ended = true,
                // Cut off: half a line is not to be taken for a whole one.
                _ => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
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

impl Connection {
    /// Has the owner carry a command out. What it says goes to `out` and `err` as it comes; this
    /// process's standard input is handed over when it is asked for.
    ///
    /// # Errors
    /// When `out` or `err` takes nothing any more.
    pub fn carry_out(
        self,
        errand: &Errand,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> io::Result<Outcome> {
        let stream = self.into_stream();
        let mut decoder = Decoder::new(FROM_OWNER);
        // An owner that has gone shows when it is read from.
        let _ = tell(&stream, &Frame::Errand(errand.clone()));
        stream.set_read_timeout(Some(FIRST_WORD))?;
        loop {
            match read(&stream, &mut decoder) {
                // From now on it may take its time.
                Ok(Some(Frame::Taken)) => stream.set_read_timeout(None)?,
                Ok(Some(Frame::Data(bytes))) => {
                    out.write_all(&bytes)?;
                    out.flush()?;
                }
                Ok(Some(Frame::Aside(bytes))) => err.write_all(&bytes)?,
                Ok(Some(Frame::Ask)) => hand_over(stream.try_clone()?),
                Ok(Some(Frame::Status(status))) => return Ok(Outcome::Over(status)),
                Ok(Some(Frame::Bye(bye))) => return Ok(Outcome::Not(bye.said)),
                Ok(Some(_)) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(Outcome::Not(owner_silent().said));
                }
                Ok(None) | Err(_) => return Ok(Outcome::Not(owner_gone().said)),
            }
        }
    }
}

/// Hands this process's standard input over as it comes.
fn hand_over(stream: UnixStream) {
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let piece = match input.fill_buf() {
                Ok(bytes) if !bytes.is_empty() => bytes.get(..PIECE).unwrap_or(bytes).to_vec(),
                _ => break,
            };
            input.consume(piece.len());
            if tell(&stream, &Frame::Data(piece)).is_err() {
                return;
            }
        }
        let _ = tell(&stream, &Frame::End);
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
        drop(theirs);
        let mut text = String::new();
        let mut input = Asked::of(ours, Decoder::new(FROM_CLIENT));
        // Nobody is there to be asked any more.
        input.asked = true;
        input.read_to_string(&mut text).map(|_| text)
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
