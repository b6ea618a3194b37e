//! The owner of a folder that stays when the window it was started from closes.
//!
//! It is this same program, serving in the background until the last session has left; the window
//! attaches to it as any other does. So closing a window never moves sessions from one process to
//! another.

use super::Failure;
use super::app::Account;
use super::opening::World;
use crate::said;
use crate::words::Said;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

/// Starts it and waits until sessions can come.
///
/// # Errors
/// What it says when it does not start.
pub fn start(world: &World, (account, password): &Account) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg("--data").arg(world.folder()?);
    let lang = Said::fixed("zh", "en");
    command.args(["--lang", lang.get(world.lang), "--as", account, "--password-file", "-"]);
    command.args(["serve", "--until-empty"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", **password)?;
    }
    let mut ready = String::new();
    if let Some(output) = &mut child.stdout {
        BufReader::new(output).read_line(&mut ready)?;
    }
    if ready.is_empty() { Err(failed(&mut child)) } else { Ok(()) }
}

/// What it said before it ended.
fn failed(child: &mut Child) -> Failure {
    let mut said = String::new();
    if let Some(errors) = &mut child.stderr {
        let _ = errors.read_to_string(&mut said);
    }
    let _ = child.wait();
    let said = said.trim();
    Failure::new(
        said!("后台的驿站没有启动：{said}", "Yizhan did not start in the background: {said}"),
        said!(
            "可以先不带 --keep-serving 打开。",
            "You can open it without --keep-serving meanwhile."
        ),
    )
}

/// It started, and is gone again.
pub fn not_reached() -> Failure {
    Failure::new(
        said!("连不上后台的驿站。", "Yizhan in the background was not reached."),
        said!(
            "请重试，或先不带 --keep-serving 打开。",
            "Try again, or open it without --keep-serving."
        ),
    )
}
