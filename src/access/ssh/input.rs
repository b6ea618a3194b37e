//! What a client sends to a command, as the command's standard input.

use crate::access::ending::Ending;
use crate::access::inbox::Inbox;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The input of a command. The client waits while what came is not read.
pub struct Input {
    inbox: Arc<Inbox>,
    /// How long the next piece may take.
    patience: Duration,
    /// What has come and was not read yet.
    come: io::Cursor<Vec<u8>>,
    /// How it ended, after what has come.
    ended: Option<Ending>,
}

impl Input {
    pub fn new(inbox: Arc<Inbox>, patience: Duration) -> Self {
        Self { inbox, patience, come: io::Cursor::default(), ended: None }
    }

    /// Waits for the next piece, or the end.
    fn hear(&mut self) -> io::Result<()> {
        let since = Instant::now();
        loop {
            let left = self.patience.saturating_sub(since.elapsed());
            // A client that sends nothing and no end holds nothing for ever.
            let Some(unheard) = self.inbox.hear(Some(left)) else {
                return Err(ErrorKind::TimedOut.into());
            };
            self.ended = unheard.ending;
            if !unheard.bytes.is_empty() || self.ended.is_some() {
                self.come = io::Cursor::new(unheard.bytes);
                return Ok(());
            }
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.come.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            match self.ended {
                None => self.hear()?,
                Some(Ending::Left) => return Ok(0),
                // Cut off: half a file is not to be taken for a whole one.
                Some(_) => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(leave: impl FnOnce(&Inbox)) -> Result<String, ErrorKind> {
        let inbox = Arc::new(Inbox::default());
        leave(&inbox);
        let mut text = String::new();
        let mut input = Input::new(inbox, Duration::from_millis(5));
        input.read_to_string(&mut text).map(|_| text).map_err(|error| error.kind())
    }

    #[test]
    fn only_what_ended_in_order_is_whole() {
        let some = |inbox: &Inbox| assert!(inbox.offer("名单".as_bytes()));
        let whole = read(|inbox| {
            some(inbox);
            inbox.end(Ending::Left);
            inbox.end(Ending::HungUp);
        });
        assert_eq!(whole.as_deref(), Ok("名单"));
        let cut = read(|inbox| {
            some(inbox);
            inbox.end(Ending::HungUp);
        });
        assert_eq!(cut, Err(ErrorKind::UnexpectedEof));
        assert_eq!(read(|inbox| inbox.house_changed()), Err(ErrorKind::TimedOut));
        assert_eq!(read(|inbox| inbox.end(Ending::Left)).as_deref(), Ok(""));
    }
}
