//! `yizhan completions`: what a shell needs to complete a command line.

use super::Done;
use clap::Args;
use clap_complete::Shell;
use std::io::Write;

/// What `completions` takes.
#[derive(Args)]
pub struct CompletionsArgs {
    /// 哪种 shell / Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for the command line.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &CompletionsArgs, mut line: clap::Command, out: &mut dyn Write) -> Done {
    // Into memory first: the generator does not hand on what the output says.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut line, "yizhan", &mut script);
    Ok(out.write_all(&script)?)
}
