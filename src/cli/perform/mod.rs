//! `yizhan perform`: commands as JSON lines through the one door, an answer a line.

mod line;

use super::opening::Opened;
use super::{Done, Failure, print};
use crate::office::{Receipt, Refusal};
use clap::Args;
use serde_json::json;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;

/// At most so many lines share one wait for the disk.
const TOGETHER: usize = 64;

/// What `perform` takes.
#[derive(Args)]
pub struct PerformArgs {
    /// JSON 行文件，- 为标准输入 / A file of JSON lines, - is standard input
    file: PathBuf,
}

/// Carries out the commands of a file in order.
///
/// Lines that are there already share one wait for the disk; nothing waits for a line that has not
/// come yet, so that whoever writes the next one may first read the answer to this.
///
/// # Errors
/// [`Failure::Told`] when a line was refused.
pub fn run(args: &PerformArgs, at: &Opened, out: &mut dyn Write) -> Done {
    let input = at.caller.reader(&args.file)?;
    let mut input = BufReader::with_capacity(256 * 1024, input);
    let mut refused = false;
    let mut read = 0;
    loop {
        let lines = some_lines(&mut input).map_err(|error| Failure::file(&args.file, &error))?;
        if lines.is_empty() {
            break;
        }
        for answer in answers(at, read, &lines) {
            refused |= answer.is_err();
            tell(&answer, out)?;
        }
        out.flush()?;
        read += lines.len();
    }
    if refused { Err(Failure::Told) } else { Ok(()) }
}

/// The next line, and those after it that have come already. Empty at the end.
fn some_lines(input: &mut BufReader<impl Read>) -> io::Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        lines.push(line);
        if lines.len() == TOGETHER || !input.buffer().contains(&b'\n') {
            break;
        }
    }
    Ok(lines)
}

/// One answer for each line that is not blank, in order.
fn answers(at: &Opened, before: usize, lines: &[Vec<u8>]) -> Vec<Result<Receipt, Refusal>> {
    // A line is read only when the one before it has been checked, so that it may build on it.
    let mut unread = Vec::new();
    let commands = (1..).zip(lines).filter_map(|(row, line)| {
        let (answer, command) = match line::read(at, before + row, line) {
            Ok(Some(command)) => (None, Some(command)),
            Ok(None) => return None,
            Err(refusal) => (Some(refusal), None),
        };
        unread.push(answer);
        command
    });
    let mut done = at.office.perform_all(&at.actor, commands).into_iter();
    let answers = unread.into_iter().filter_map(|refusal| match refusal {
        Some(refusal) => Some(Err(refusal)),
        None => done.next(),
    });
    answers.collect()
}

fn tell(answer: &Result<Receipt, Refusal>, out: &mut dyn Write) -> Done {
    match answer {
        Ok(receipt) => {
            let Receipt { number, revision, seq, waits, .. } = receipt;
            let mut line =
                json!({ "ok": true, "number": number, "revision": revision, "seq": seq });
            if *waits {
                // Put forward, and made only once another account makes it too.
                line["waits"] = json!(true);
            }
            print::json_line(out, &line)
        }
        Err(refusal) => print::json_line(out, refusal),
    }
}
