//! How a command fails: what is said, and the exit status.

use crate::access::socket::wire::Trouble;
use crate::office::Refusal;
use crate::said;
use crate::store::{NotWritten, StoreError, kept_private};
use crate::terminal::text::harmless;
use crate::words::{Lang, Problem, Said};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What a command comes to.
pub type Done = Result<(), Failure>;

/// Why a command did not come to its end.
#[derive(Debug)]
pub enum Failure {
    /// Refused or failed: exit status 1.
    Refused(Box<Refusal>),
    /// Edited files that do not hold together: exit status 1.
    Problems(Vec<Problem>),
    /// The command line asks for what does not go together: exit status 2.
    Usage(Said),
    /// The process that carried it out has said all, and gave this exit status.
    Elsewhere(u8),
    /// All that there is to say is in the output: exit status 1.
    Told,
    /// Nobody reads the output any more, or it cannot be written.
    Output(io::Error),
}

/// Tells why a command failed, if it did; its exit status.
pub fn status(done: &Done, lang: Lang, err: &mut dyn Write) -> u8 {
    done.as_ref().err().map_or(0, |failure| {
        failure.tell(lang, err);
        failure.status()
    })
}

/// Shows what a command line that cannot be carried out is told, which may be the help it asked
/// for; its exit status.
pub fn unparsed(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    // Whoever hears nothing any more has gone.
    let _ = if error.use_stderr() { write!(err, "{error}") } else { write!(out, "{error}") };
    u8::try_from(error.exit_code()).unwrap_or(2)
}

impl Failure {
    /// Something failed: what happened and what to do next.
    #[must_use]
    pub fn new(message: Said, next: Said) -> Self {
        Self::from(Refusal::unavailable(message, next))
    }

    /// A file of the person's that cannot be read or written.
    #[must_use]
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self::new(
            said!("文件 {path} 用不了：{error}。", "The file {path} cannot be used: {error}."),
            said!("请核对路径和权限。", "Check its path and permissions."),
        )
    }

    /// A file that holds a secret is read only where nobody else could have read or put it there.
    ///
    /// # Errors
    /// What is wrong with its mode, and the command that puts it right.
    pub fn unless_private(path: &Path) -> Result<(), Self> {
        match kept_private(path) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(open)) => {
                let (said, next) = open.words();
                Err(Self::new(said, next))
            }
            Err(error) => Err(Self::file(path, &error)),
        }
    }

    /// What the process that carries the command out is told of it.
    #[must_use]
    pub fn into_trouble(self) -> Trouble {
        match self {
            Self::Refused(refusal) => Trouble { said: refusal.message, next: refusal.next },
            Self::Usage(said) => Trouble { said, next: Said::default() },
            other => Trouble { said: Said::same(format!("{other:?}")), next: Said::default() },
        }
    }

    /// The exit status.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Elsewhere(status) => *status,
            // Whoever closed the pipe has what they wanted.
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => 0,
            _ => 1,
        }
    }

    /// Says what happened and what to do next.
    pub fn tell(&self, lang: Lang, err: &mut dyn Write) {
        // When standard error is gone too, there is nobody to tell.
        let _ = self.write(lang, err);
    }

    fn write(&self, lang: Lang, err: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Told | Self::Elsewhere(_) => Ok(()),
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Self::Output(error) => {
                let said = said!(
                    "输出写不出去：{error}。请检查磁盘空间或输出的去处。",
                    "The output could not be written: {error}. Check the disk or where it goes."
                );
                writeln!(err, "yizhan: {}", said.get(lang))
            }
            Self::Usage(said) => {
                let help = said!("用法见 yizhan --help。", "See `yizhan --help`.");
                writeln!(err, "yizhan: {}\n  {}", said.get(lang), help.get(lang))
            }
            Self::Problems(problems) => {
                for problem in problems {
                    writeln!(err, "{}", super::print::problem(problem, lang))?;
                }
                let next = said!(
                    "请改好后再试；yizhan packs check 会逐条列出。",
                    "Put this right and try again; `yizhan packs check` lists every problem."
                );
                writeln!(err, "  {}", next.get(lang))
            }
            Self::Refused(refusal) => {
                let at = match refusal.field.as_str() {
                    "" => String::new(),
                    field => format!("{field}: "),
                };
                writeln!(err, "yizhan: {at}{}", harmless(refusal.message.get(lang)))?;
                match refusal.next.get(lang) {
                    "" => Ok(()),
                    next => writeln!(err, "  {}", harmless(next)),
                }
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let next = match error {
            StoreError::NotAStation(_) => said!(
                "新建站点：yizhan init；从备份恢复：yizhan restore；别的目录：--data。",
                "Make a station with `yizhan init`, restore one with `yizhan restore`, or name another folder with --data."
            ),
            _ => error.next(),
        };
        Self::new(error.said(), next)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.said, trouble.next)
    }
}

impl From<NotWritten> for Failure {
    fn from(error: NotWritten) -> Self {
        let (said, next) = error.words();
        Self::new(said, next)
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}
