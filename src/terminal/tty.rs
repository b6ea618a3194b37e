//! The terminal this process was started in: raw mode, size, bytes, signals.
//!
//! The one file of this room that touches the system. Two threads block, one on the keyboard and
//! one on signals, and hand what they get to one place; with nothing typed nothing wakes up.

use super::backend::LeanBackend;
use super::caps::Capabilities;
use super::clamp_size;
use crate::said;
use crate::words::Said;
use crossterm::terminal;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What the terminal or the system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TtyEvent {
    /// Bytes typed, pasted or answered, for the session's parser.
    Bytes(Vec<u8>),
    /// A new size, columns and rows, clamped.
    Resize(u16, u16),
    /// The terminal has gone (its window was closed, the line dropped): end the session at once,
    /// nothing can be shown any more.
    HangUp,
    /// Somebody asks the program to end (SIGTERM, SIGINT): save drafts, say so, end.
    Terminate,
    /// Back from a suspension: call [`Tty::resume`] and draw anew.
    Continue,
}

/// Why the terminal could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TtyError {
    /// Input or output is a file or a pipe.
    #[error("standard input and output are not a terminal")]
    NotATerminal,
    /// The system refused.
    #[error("the terminal could not be {doing}: {source}")]
    System {
        /// What was tried: opened, read, written.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl TtyError {
    fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }

    /// What happened and what to do, for the person who started the program.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::NotATerminal => said!(
                "这里不是终端：输入或输出被接到了文件或管道。请直接在终端窗口里运行，或改用命令行子命令。",
                "This is not a terminal: input or output goes to a file or a pipe. Run the \
                 program in a terminal window, or use one of its subcommands."
            ),
            Self::System { source, .. } => said!(
                "终端没有响应（{source}）。已保存的内容不受影响；请换一个终端窗口重新运行。",
                "The terminal did not respond ({source}). What was saved is safe; start the \
                 program again in another terminal window."
            ),
        }
    }
}

/// The terminal of this process, in raw mode until dropped. There is one per process.
#[derive(Debug)]
pub struct Tty {
    undo: Undo,
    signals: Option<Handle>,
}

impl Tty {
    /// Takes the terminal over: raw mode. Nothing is written to it yet, see
    /// [`enter`](Self::enter). From here on a panic on the calling thread restores the terminal
    /// before its message is printed.
    ///
    /// # Errors
    /// When input or output is no terminal, or the system refuses raw mode.
    pub fn open() -> Result<Self, TtyError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TtyError::NotATerminal);
        }
        terminal::enable_raw_mode().map_err(TtyError::system("opened"))?;
        let undo = Undo::default();
        undo.restore_on_panic();
        Ok(Self { undo, signals: None })
    }

    /// Columns and rows, clamped; 80×24 when the terminal does not know.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        size()
    }

    /// Sends what begins a session; what ends it is sent when this is dropped.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn enter(&self, caps: &Capabilities) -> Result<(), TtyError> {
        self.undo.set(LeanBackend::leave(caps));
        self.write(&LeanBackend::enter(caps))
    }

    /// What the terminal tells from now on, in a bounded channel.
    ///
    /// # Errors
    /// When the system refuses the threads or the signals.
    pub fn events(&mut self) -> Result<Receiver<TtyEvent>, TtyError> {
        let (sender, receiver) = sync_channel(256);
        self.forward(move |event| sender.send(event).is_ok())?;
        Ok(receiver)
    }

    /// As [`events`](Self::events), but hands each event to `deliver`, which may put it among
    /// other things a session waits for and tells whether anybody still listens.
    ///
    /// # Errors
    /// When the system refuses the threads or the signals.
    pub fn forward<F>(&mut self, deliver: F) -> Result<(), TtyError>
    where
        F: Fn(TtyEvent) -> bool + Clone + Send + 'static,
    {
        let opened = TtyError::system;
        let mut signals =
            Signals::new([SIGWINCH, SIGHUP, SIGTERM, SIGINT, SIGCONT]).map_err(opened("opened"))?;
        self.signals = Some(signals.handle());
        let for_signals = deliver.clone();
        thread::Builder::new()
            .name("tty-signals".into())
            .spawn(move || {
                for signal in &mut signals {
                    let event = match signal {
                        SIGWINCH => {
                            let (columns, rows) = size();
                            TtyEvent::Resize(columns, rows)
                        }
                        SIGCONT => TtyEvent::Continue,
                        SIGHUP => TtyEvent::HangUp,
                        _ => TtyEvent::Terminate,
                    };
                    if !for_signals(event) {
                        break;
                    }
                }
            })
            .map_err(opened("opened"))?;
        thread::Builder::new()
            .name("tty-input".into())
            .spawn(move || read_all(io::stdin().lock(), deliver))
            .map_err(opened("read"))?;
        Ok(())
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// When the terminal has gone; the session ends then.
    pub fn write(&self, bytes: &[u8]) -> Result<(), TtyError> {
        write_out(bytes).map_err(TtyError::system("written"))
    }

    /// Takes the terminal over again after a suspension, during which a shell may have changed
    /// it. The caller repaints.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn resume(&self, caps: &Capabilities) -> Result<(), TtyError> {
        // Raw mode counts as on already; only off and on sets it anew.
        terminal::disable_raw_mode().map_err(TtyError::system("opened"))?;
        terminal::enable_raw_mode().map_err(TtyError::system("opened"))?;
        self.write(&LeanBackend::enter(caps))
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if let Some(signals) = &self.signals {
            signals.close();
        }
        self.undo.run();
    }
}

fn size() -> (u16, u16) {
    match terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => clamp_size(columns, rows),
        _ => (80, 24),
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Reads until the end, which is always the terminal's going: a read error must not be tried
/// again, or a closed window leaves a process spinning for ever.
fn read_all(mut input: impl Read, deliver: impl Fn(TtyEvent) -> bool) {
    let mut buffer = [0; 4096];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                let bytes = buffer.get(..n).unwrap_or_default().to_vec();
                if !deliver(TtyEvent::Bytes(bytes)) {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    deliver(TtyEvent::HangUp);
}

/// What puts the terminal back, done once by whoever comes first: drop or panic.
#[derive(Clone, Debug, Default)]
struct Undo(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// The bytes; nothing once they were sent.
    bytes: Option<Vec<u8>>,
    /// What other threads had to say on their end, which would be lost on a full screen.
    panics: Vec<String>,
}

impl Undo {
    fn set(&self, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes = Some(bytes);
    }

    fn run(&self) {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Nobody is left to tell of an error here.
        if let Some(bytes) = kept.bytes {
            let _ = write_out(&bytes);
        }
        let _ = terminal::disable_raw_mode();
        for panic in kept.panics {
            let _ = writeln!(io::stderr(), "{panic}");
        }
    }

    /// A panic of the session's own thread restores the terminal first; one of another thread
    /// belongs to another session or to background work, leaves it alone and is told when this
    /// terminal is the shell's again.
    fn restore_on_panic(&self) {
        let undo = self.clone();
        let owner = thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if super::panics::is_answered() {
                return;
            }
            if thread::current().id() == owner {
                undo.run();
            } else {
                let mut kept = undo.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.bytes.is_some() {
                    kept.panics.push(info.to_string());
                    return;
                }
            }
            before(info);
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    struct Scripted(Vec<io::Result<&'static [u8]>>);

    impl Read for Scripted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.pop() {
                Some(Ok(mut bytes)) => bytes.read(buffer),
                Some(Err(error)) => Err(error),
                None => panic!("read again after the end"),
            }
        }
    }

    fn read(mut script: Vec<io::Result<&'static [u8]>>) -> Vec<TtyEvent> {
        script.reverse();
        let (sender, receiver) = channel();
        read_all(Scripted(script), move |event| sender.send(event).is_ok());
        receiver.iter().collect()
    }

    #[test]
    fn the_end_of_input_is_told_once_and_never_read_again() {
        let a = || TtyEvent::Bytes(b"a".to_vec());
        assert_eq!(read(vec![Ok(b"a"), Ok(b"")]), [a(), TtyEvent::HangUp]);
        let gone = io::Error::from_raw_os_error(5); // EIO
        assert_eq!(read(vec![Ok(b"a"), Err(gone)]), [a(), TtyEvent::HangUp]);
        let interrupted = Err(ErrorKind::Interrupted.into());
        assert_eq!(read(vec![interrupted, Ok(b"a"), Ok(b"")]), [a(), TtyEvent::HangUp]);
    }

    #[test]
    fn reading_ends_when_nobody_listens() {
        read_all(Scripted(vec![Ok(b"a")]), |_| false);
    }

    #[test]
    fn errors_say_what_to_do() {
        let said = TtyError::NotATerminal.said();
        assert!(said.zh.contains("终端") && said.en.contains("terminal"));
    }
}
