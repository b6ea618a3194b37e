//! The command line: one file per subcommand, and what they share.
//!
//! | file | holds |
//! | --- | --- |
//! | [`args`] | the whole command line, for clap |
//! | [`opening`] | data folder, account and password, the open station |
//! | [`caller`] | who gave a command: their files, their standard input |
//! | [`elsewhere`] | commands carried out by the process that owns the folder |
//! | [`prompt`] | questions at the terminal |
//! | [`progress`] | the bar of long work |
//! | [`print`] | tables aligned by cells |
//! | [`failure`] | how a command fails, and its exit status |
//!
//! Results go to standard output, what there is to say about them to standard error. Exit status
//! 0: done; 1: refused or failed; 2: wrong usage. Machine output (`--json`) does not depend on
//! the language: Chinese sentences with the English beside them under `…_en`.
//!
//! Knows every room; nothing knows it but `main`.

mod account;
mod app;
mod archive;
mod args;
mod backup;
mod calendar;
mod caller;
mod completions;
mod decide;
mod detached;
mod due;
mod elsewhere;
mod erase;
mod export;
mod failure;
mod find;
mod follow;
mod global;
mod history;
mod host_key;
mod import;
mod init;
mod key_file;
mod log;
mod man;
mod opening;
mod packs;
mod perform;
mod print;
mod progress;
mod prompt;
mod rebuild;
mod recovery_key;
mod remote;
mod replay;
mod restore;
mod serve;
mod set_up;
mod show;
mod undo;
mod verify;

pub use failure::{Done, Failure};
pub use opening::Opened;

use crate::record::Clock;
use crate::terminal::codec::{Codec, Encoder};
use crate::terminal::text::Shown;
use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use opening::World;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// What the process was started in. Read once, in `main`; nothing below reads the environment.
#[derive(Clone)]
pub struct Surroundings {
    /// `YIZHAN_DATA`.
    pub data: Option<PathBuf>,
    /// The platform's data folder for this program.
    pub home: Option<PathBuf>,
    /// The home folder of whoever started the process.
    pub files: Option<PathBuf>,
    /// The platform's folder for what lives as long as a login, for this program.
    pub runtime: Option<PathBuf>,
    /// The runtime folder of the system's service: `YIZHAN_RUNTIME`, or where systemd makes it.
    pub service: PathBuf,
    /// The platform's folder for temporary files.
    pub temporary: PathBuf,
    /// The locale that says which language; empty when not set.
    pub language: String,
    /// The locale that says which codeset; empty when not set.
    pub codeset: String,
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// Where the present moment comes from.
    pub clock: Arc<dyn Clock>,
}

/// Runs a command line; gives the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>, surroundings: &Surroundings) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed pipe is nobody's fault.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let world = World::new(&cli.global, cli.gives_password(), surroundings);
    // A terminal is written to in its own encoding, a file or a pipe in UTF-8.
    let as_shown = |terminal: bool| if terminal { world.codec() } else { Codec::Utf8 };
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let (to_out, to_err) = (as_shown(stdout.is_terminal()), as_shown(stderr.is_terminal()));
    let out = Encoder::new(to_out, BufWriter::new(stdout.lock()));
    let mut out = Shown::new(out, cli.global.json);
    let mut err = Shown::new(Encoder::new(to_err, stderr), false);
    let words: Vec<String> =
        args.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let to: &mut dyn Write = if gives_a_file(&cli) { out.plainly() } else { &mut out };
    let done = dispatch(&cli, &words, &world, to, &mut err);
    let done = done.and_then(|()| Ok(out.flush()?));
    failure::status(&done, world.lang, &mut err)
}

/// Whether the output is a file rather than text: it is written as it is, and each of its cells
/// made visible by what writes it.
fn gives_a_file(cli: &Cli) -> bool {
    use Command::{Completions, Export, Man};
    matches!(cli.command, Some(Export(_) | Completions(_) | Man(_)))
}

fn dispatch(
    cli: &Cli,
    words: &[String],
    world: &World,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    let Some(command) = &cli.command else { return app::run(&cli.app, world, err) };
    cli.app.not_with_a_subcommand()?;
    if let Command::Decide(args) = command {
        args.check(world)?;
    }
    if let Command::Import(args) = command {
        args.check()?;
    }
    match command {
        Command::Init(args) => init::run(args, world, out, err),
        Command::Decide(args) if args.drafts() => decide::try_draft(args, world, out),
        Command::Replay(args) => replay::run(args, world, out, err),
        Command::Restore(args) => restore::run(args, world, out),
        Command::Verify(args) => verify::run(args, world, out),
        Command::Rebuild(args) => rebuild::run(args, world, out),
        Command::HostKey(args) if !args.makes_another() => host_key::run(world, out),
        Command::Serve(args) => serve::run(args, world, out),
        Command::Packs(args) if args.only_checks() => packs::run(args, world, out),
        // Whoever says who they are goes by what their station has adopted.
        Command::Calendar(args) if !world.has_credentials() => calendar::run(args, world, out, err),
        Command::Due(args) if !world.has_credentials() => due::run(args, world, out, err),
        Command::Completions(args) => completions::run(args, Cli::command(), out),
        Command::Man(args) => man::run(args, Cli::command(), out, err),
        at_work => elsewhere::run(at_work, words, world, out, err),
    }
}

/// Carries out a command on an open station, for whoever gave it.
fn at_station(
    command: &Command,
    at: &Opened,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Option<Done> {
    Some(match command {
        Command::Account(args) => account::run(args, at, out),
        Command::Import(args) => import::run(args, at, out, err),
        Command::Export(args) => export::run(args, at, out, err),
        Command::Find(args) => find::run(args, at, out, err),
        Command::Show(args) => show::run(args, at, out),
        Command::History(args) => history::run(args, at, out),
        Command::Log(args) => log::run(args, at, out, err),
        Command::Undo(args) => undo::run(args, at, out),
        Command::Decide(args) if !args.drafts() => decide::show(args, at, out),
        Command::Perform(args) => perform::run(args, at, out),
        Command::Backup(args) => backup::run(args, at, out),
        Command::Archive(args) => archive::run(args, at, out),
        Command::HostKey(args) if args.makes_another() => host_key::make_another(at, out, err),
        Command::Erase(args) => erase::run(args, at, out),
        Command::RecoveryKey(args) => recovery_key::run(args, at, out, err),
        Command::Packs(args) if !args.only_checks() => packs::at_work(args, at, out, err),
        Command::Calendar(args) => {
            calendar::show(args, at.office.calendar(), (at.lang, at.json), out)
        }
        Command::Due(args) => {
            due::show(args, at.office.calendar(), at.office.today(), (at.lang, at.json), out)
        }
        _ => return None,
    })
}
