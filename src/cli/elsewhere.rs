//! Commands on a folder that another process owns: the owner carries them out.
//!
//! So `yizhan find` works while the counter's window is open, and a key is added while `serve`
//! runs. Account and password are asked for here and go no further than the owner; files the command
//! names are opened here, with the rights of whoever gave it.

use super::args::{Cli, Command};
use super::caller::{Caller, NamedInWords};
use super::opening::{Credentials, Opened, World};
use super::{Done, Failure, Surroundings, at_station, failure, gives_a_file};
use crate::access::socket::attach::Connection;
use crate::access::socket::errand::{Errands, Outcome};
use crate::access::socket::wire::{Account, Chosen, Errand, Proof, VERSION};
use crate::office::Office;
use crate::said;
use crate::terminal::text::Shown;
use crate::words::Said;
use clap::Parser;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Carries out a command on the station of the data folder: here, or, where another process owns
/// the folder, there.
///
/// # Errors
/// As [`World::open`]; what the command gives.
pub fn run(
    command: &Command,
    words: &[String],
    world: &World,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    let (folder, places) = (world.folder()?, world.places());
    // Whoever is served by another user need not look into the folder.
    let who = match Connection::to(&folder, &places) {
        Some(_) => world.credentials()?,
        None => world.credentials_for_station()?,
    };
    let chosen = match command {
        Command::Account(account) => account.ask(world)?,
        _ => None,
    };
    if let Some(owner) = Connection::to(&folder, &places) {
        return ask(owner, &errand(words, &who, chosen, world)?, world, out, err);
    }
    match world.open_with(&who, world.sources()?) {
        Ok(opened) => {
            let caller = Caller::here().who_chose(chosen);
            Opened { caller, ..opened }.finish(|at| {
                at_station(command, at, out, err).unwrap_or_else(|| Err(not_for_the_owner()))
            })
        }
        // Somebody may have opened the folder meanwhile.
        Err(failure) => match Connection::to(&folder, &places) {
            Some(owner) => ask(owner, &errand(words, &who, chosen, world)?, world, out, err),
            None => Err(failure),
        },
    }
}

fn errand(
    words: &[String],
    who: &Credentials,
    chosen: Option<Zeroizing<String>>,
    world: &World,
) -> Result<Errand, Failure> {
    let proof = match who {
        Credentials::Password { account, password } => {
            Proof::Password(Account { name: account.clone(), password: password.clone() })
        }
        Credentials::Recovery(key) => Proof::Recovery(key.clone()),
        // It opens folders for `serve`, and the folder is open.
        Credentials::KeyFile(_) => return Err(not_with_a_key_file()),
    };
    Ok(Errand {
        version: VERSION,
        words: words.to_vec(),
        folder: std::env::current_dir()?.to_string_lossy().into_owned(),
        language: world.surroundings.language.clone(),
        terminal: io::stdout().is_terminal(),
        proof,
        chosen: chosen.map(Chosen),
    })
}

fn ask(
    owner: Connection,
    errand: &Errand,
    world: &World,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    match owner.carry_out(errand, &mut NamedInWords(&errand.words), out, err)? {
        Outcome::Over(0) => Ok(()),
        Outcome::Over(status) => Err(Failure::Elsewhere(status)),
        Outcome::Not(said) => {
            writeln!(err, "yizhan: {}", said.get(world.lang))?;
            Err(Failure::Told)
        }
    }
}

fn not_with_a_key_file() -> Failure {
    Failure::Usage(said!(
        "密钥文件只用于 yizhan serve；请用 --as 和 --password-file。",
        "A key file is for `yizhan serve`; use --as and --password-file."
    ))
}

/// What carries commands out for other processes, at the owner.
#[must_use]
pub fn errands(office: &Arc<Office>, surroundings: &Surroundings) -> Box<Errands> {
    let (office, surroundings) = (office.clone(), surroundings.clone());
    Box::new(move |errand, asker, out, err| {
        let surroundings =
            Surroundings { language: errand.language.clone(), ..surroundings.clone() };
        let name = String::from("yizhan");
        let cli = match Cli::try_parse_from([&name].into_iter().chain(&errand.words)) {
            Ok(cli) => cli,
            Err(error) => return failure::unparsed(&error, out, err),
        };
        let world = World::new(&cli.global, cli.gives_password(), &surroundings);
        let folder = PathBuf::from(&errand.folder);
        let chosen = errand.chosen.as_ref().map(|Chosen(password)| password.clone());
        let caller = Caller::another(asker, folder, errand.terminal).who_chose(chosen);
        let as_file = gives_a_file(&cli);
        let (mut out, mut err) = (Shown::new(out, cli.global.json), Shown::new(err, false));
        let err = &mut err;
        let done = known(&office, &errand.proof).and_then(|who| {
            for alarm in office.heads_told() {
                writeln!(err, "{}", alarm.get(world.lang))?;
            }
            let at = world.for_caller(office.clone(), &who, caller)?;
            office.wait_for_index();
            let command = cli.command.as_ref();
            let to: &mut dyn Write = if as_file { out.plainly() } else { &mut out };
            let done = command.and_then(|command| at_station(command, &at, to, err));
            done.unwrap_or_else(|| Err(not_for_the_owner()))
        });
        failure::status(&done, world.lang, err)
    })
}

/// Who asks; a password is checked when they sign in.
fn known(office: &Office, proof: &Proof) -> Result<Credentials, Failure> {
    Ok(match proof {
        Proof::Password(Account { name, password }) => {
            Credentials::Password { account: name.clone(), password: password.clone() }
        }
        Proof::Recovery(key) => {
            // A wrong one is told before anything else; it is checked where they act.
            office.by_recovery_key(key)?;
            Credentials::Recovery(key.clone())
        }
    })
}

fn not_for_the_owner() -> Failure {
    Failure::Usage(Said::fixed(
        "驿站开着的时候不能执行这个命令。请关闭所有驿站窗口（或停下 yizhan serve）后再试。",
        "This command is not for an open station. Close every window of yizhan (or stop `yizhan serve`) and try again.",
    ))
}
