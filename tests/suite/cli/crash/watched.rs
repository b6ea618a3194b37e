//! A process that is watched from outside and killed at a moment.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Long enough for the slowest machine; nothing here waits for it to pass.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How the other side of an approval begins a line that acknowledges.
pub const ACKNOWLEDGED: &str = "acknowledged ";

/// When a process is killed.
#[derive(Debug)]
pub enum Moment {
    Never,
    After(Duration),
    Behind(usize),
}

/// Number and revision of what a line acknowledges.
pub fn receipt(line: &str) -> Option<(String, u32)> {
    if let Some(receipt) = line.strip_prefix(ACKNOWLEDGED) {
        let (number, revision) = receipt.trim().split_once(' ')?;
        return Some((number.to_string(), revision.parse().ok()?));
    }
    let answer: serde_json::Value = serde_json::from_str(line).ok()?;
    if answer.get("revision").is_none() {
        assert_ne!(answer["ok"], false, "{line}");
        return None;
    }
    let revision = u32::try_from(answer["revision"].as_u64()?).ok()?;
    Some((answer["number"].as_str()?.to_string(), revision))
}

/// What a process told before it ended.
pub struct Told {
    /// Whole lines.
    pub lines: Vec<String>,
    pub errors: String,
    /// It ended by itself.
    pub finished: bool,
    pub status: Option<i32>,
}

/// Starts a process and kills it at the moment.
pub fn watch(command: &mut Command, lines: Vec<String>, moment: &Moment) -> Told {
    if !lines.is_empty() {
        command.stdin(Stdio::piped());
    }
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = listen(&mut child);
    let mut input = Input { pipe: child.stdin.take(), lines: lines.into_iter() };
    let mut heard = Vec::new();
    input.next();
    let finished = loop {
        if matches!(moment, Moment::Behind(answers) if count(&heard) >= *answers) {
            break false;
        }
        let wait = match moment {
            Moment::After(wait) => wait.saturating_sub(began.elapsed()),
            _ => PATIENCE,
        };
        match output.recv_timeout(wait) {
            Ok(line) => {
                if receipt(&line).is_some() {
                    input.next();
                }
                heard.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => {
                assert!(matches!(moment, Moment::After(_)), "it hangs, after {heard:?}");
                break false;
            }
        }
    };
    if !finished {
        child.kill().unwrap();
    }
    drop(input);
    let status = child.wait().unwrap();
    // Whole lines that were on their way are acknowledged too.
    heard.extend(output.iter());
    let mut errors = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut errors).unwrap();
    let errors = String::from_utf8_lossy(&errors).into_owned();
    // It may have come to its end before the signal came.
    Told { lines: heard, errors, finished: status.code().is_some(), status: status.code() }
}

fn count(lines: &[String]) -> usize {
    lines.iter().filter(|line| receipt(line).is_some()).count()
}

/// The lines of a process as they come.
fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        loop {
            let mut line = Vec::new();
            let read = output.read_until(b'\n', &mut line);
            if read.is_err() || line.last() != Some(&b'\n') {
                return;
            }
            if sender.send(String::from_utf8(line).unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What a process hears, a line at a time; the end behind the last one.
struct Input {
    pipe: Option<ChildStdin>,
    lines: std::vec::IntoIter<String>,
}

impl Input {
    fn next(&mut self) {
        match self.lines.next() {
            Some(line) => {
                // A process that is gone reads no more; its end is heard by whoever listens.
                let pipe = self.pipe.as_mut().unwrap();
                let _ = pipe.write_all(line.as_bytes()).and_then(|()| pipe.flush());
            }
            None => self.pipe = None,
        }
    }
}
