//! `yizhan completions`: what a shell needs to complete a command line.

use super::Done;
use super::args::Cli;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// What `completions` takes.
#[derive(Args)]
pub struct CompletionsArgs {
    /// 哪种 shell / Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &CompletionsArgs, out: &mut dyn Write) -> Done {
    // Into memory first: the generator does not hand on what the output says.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "yizhan", &mut script);
    Ok(out.write_all(&script)?)
}
