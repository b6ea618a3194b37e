//! Who gave a command: their files, their standard input, whether they read at a terminal. Mostly
//! this process itself; another one, when the owner of a folder carries a command out for it.

use super::Failure;
use crate::access::socket::errand::{Asker, Hands, InTheMaking, Writing};
use crate::access::socket::wire::Trouble;
use crate::exchange::FileTrouble;
use crate::office::Refusal;
use crate::said;
use crate::store::{Existing, NewFile, Origin};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The file name that means standard input.
const STDIN: &str = "-";

/// Who gave a command.
pub struct Caller {
    /// Their standard output is a terminal.
    pub terminal: bool,
    from: From,
    /// The new password they were asked for at their terminal.
    chosen: Option<Zeroizing<String>>,
}

enum From {
    /// This process.
    Here,
    /// Another process of this machine, and the folder it is in.
    Another(Arc<Asker>, PathBuf, Mutex<Theirs>),
    /// Somebody at another machine, who names no files of this one.
    Visitor(Mutex<Theirs>),
}

impl Caller {
    /// Whoever started this process.
    #[must_use]
    pub fn here() -> Self {
        Self { terminal: io::stdout().is_terminal(), from: From::Here, chosen: None }
    }

    /// Another process of this machine.
    #[must_use]
    pub fn another(asker: &Arc<Asker>, folder: PathBuf, terminal: bool) -> Self {
        let input = Mutex::new(BufReader::new(asker.input()));
        Self { terminal, from: From::Another(asker.clone(), folder, input), chosen: None }
    }

    /// Somebody at another machine.
    #[must_use]
    pub fn visitor(input: Box<dyn Read + Send>) -> Self {
        let from = From::Visitor(Mutex::new(BufReader::new(input)));
        Self { terminal: false, from, chosen: None }
    }

    /// The same, who chose this new password when asked.
    #[must_use]
    pub fn who_chose(self, chosen: Option<Zeroizing<String>>) -> Self {
        Self { chosen, ..self }
    }

    /// Where they sit.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match &self.from {
            From::Another(asker, ..) => asker.origin.clone(),
            From::Here | From::Visitor(_) => Origin::Cli,
        }
    }

    /// A place of this machine that this process itself is to use.
    ///
    /// # Errors
    /// For another user, whose places are not this process's to use.
    pub fn place(&self, named: &Path) -> Result<PathBuf, Failure> {
        match &self.from {
            From::Here => Ok(named.to_path_buf()),
            From::Another(asker, folder, _) if asker.origin == Origin::Cli => {
                Ok(folder.join(named))
            }
            From::Another(..) | From::Visitor(_) => Err(not_your_place(named)),
        }
    }

    /// The bytes of a file they name, or of their standard input for `-`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn reader(&self, named: &Path) -> Result<Box<dyn Read + '_>, Failure> {
        if named.as_os_str() == STDIN {
            return Ok(match self.input() {
                Some(input) => Box::new(Held(locked(input))),
                None => Box::new(io::stdin().lock()),
            });
        }
        self.opened(named, false)
    }

    /// Their standard input, where it is not this process's own.
    fn input(&self) -> Option<&Mutex<Theirs>> {
        match &self.from {
            From::Here => None,
            From::Another(_, _, input) | From::Visitor(input) => Some(input),
        }
    }

    fn opened(&self, named: &Path, secret: bool) -> Result<Box<dyn Read + '_>, Failure> {
        match &self.from {
            From::Here => {
                if secret {
                    Failure::unless_private(named)?;
                }
                let file = File::open(named).map_err(|error| Failure::file(named, &error))?;
                Ok(Box::new(file))
            }
            From::Another(asker, ..) => Ok(asker.open(&named.to_string_lossy(), secret)?),
            From::Visitor(_) => Err(not_your_place(named)),
        }
    }

    /// Begins a file they name.
    ///
    /// # Errors
    /// When its place will not do.
    pub fn begin(&self, named: &Path, existing: Existing) -> Result<Written, Failure> {
        match &self.from {
            From::Here => {
                let begun = NewFile::begin(named, existing).map_err(FileTrouble::from);
                Ok(Written::Here(begun.map_err(Refusal::from)?))
            }
            From::Another(asker, ..) => {
                let replace = existing == Existing::Replaced;
                Ok(Written::There(asker.begin(&named.to_string_lossy(), replace)?))
            }
            From::Visitor(_) => Err(not_your_place(named)),
        }
    }

    /// Whether files they name are opened by this process.
    #[must_use]
    pub fn is_here(&self) -> bool {
        matches!(self.from, From::Here)
    }

    /// The new password from a file they name, or else the one they chose when asked.
    ///
    /// # Errors
    /// As [`Self::secret`]; when there is neither.
    pub fn new_password(&self, named: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
        match (named, &self.chosen) {
            (Some(file), _) => self.secret(file),
            (None, Some(chosen)) => Ok(chosen.clone()),
            (None, None) => Err(Failure::Usage(said!(
                "请用 --new-password-file 给出新密码。",
                "Give the new password with --new-password-file."
            ))),
        }
    }

    /// The next line of their standard input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn line(&self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.input() {
            None => io::stdin().lock().read_line(&mut line)?,
            Some(input) => locked(input).read_line(&mut line)?,
        };
        Ok(line)
    }

    /// A password from a file they name, which nobody else can reach, or from the next line of
    /// their standard input for `-`; the line end is not part of it.
    ///
    /// # Errors
    /// When it cannot be read, or others could have.
    pub fn secret(&self, named: &Path) -> Result<Zeroizing<String>, Failure> {
        self.short(named, true)
    }

    /// The same of what is no secret, such as a public key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self, named: &Path) -> Result<Zeroizing<String>, Failure> {
        self.short(named, false)
    }

    fn short(&self, named: &Path, secret: bool) -> Result<Zeroizing<String>, Failure> {
        let mut text = Zeroizing::new(String::new());
        if named.as_os_str() == STDIN {
            match self.input() {
                None => io::stdin().lock().read_line(&mut text),
                Some(input) => locked(input).read_line(&mut text),
            }
        } else {
            self.opened(named, secret)?.read_to_string(&mut text)
        }
        .map_err(|error| Failure::file(named, &error))?;
        let bare = text.strip_suffix('\n').unwrap_or(&text);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        Ok(Zeroizing::new(bare.to_string()))
    }
}

fn not_your_place(named: &Path) -> Failure {
    let named = named.display();
    Failure::new(
        said!(
            "{named} 没有使用：驿站服务由另一个系统用户运行，这里不替别人开文件。",
            "{named} was not used: the service runs as another user of the system and opens no files for others here."
        ),
        said!(
            "请以运行服务的用户执行这条命令，如 sudo -u yizhan yizhan …。",
            "Give this command as the user the service runs as, such as `sudo -u yizhan yizhan …`."
        ),
    )
}

/// A file being written for whoever gave the command. Dropped before it is finished, it goes away.
pub enum Written {
    /// By this process.
    Here(NewFile),
    /// By theirs.
    There(Writing),
}

impl Written {
    /// Brings it into its place.
    ///
    /// # Errors
    /// When that cannot be done; what was there before is then still there.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Here(file) => {
                Ok(file.finish().map_err(FileTrouble::from).map_err(Refusal::from)?)
            }
            Self::There(file) => Ok(file.finish()?),
        }
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Here(file) => file.write(bytes),
            Self::There(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Here(file) => file.flush(),
            Self::There(file) => file.flush(),
        }
    }
}

/// Opens for a command carried out elsewhere what its words name, and nothing else: the process
/// that carries it out may be another user's.
pub struct NamedInWords<'w>(pub &'w [String]);

impl NamedInWords<'_> {
    fn named(&self, path: &str) -> Result<PathBuf, Trouble> {
        let is = |word: &String| {
            word == path || word.split_once('=').is_some_and(|(_, value)| value == path)
        };
        if self.0.iter().any(is) {
            return Ok(path.into());
        }
        Err(Trouble {
            said: said!("命令里没有写 {path}。", "The command does not name {path}."),
            next: said!("请告诉管理员。", "Tell the administrator."),
        })
    }
}

impl Hands for NamedInWords<'_> {
    fn open(&mut self, path: &str, secret: bool) -> Result<Box<dyn Read>, Trouble> {
        let path = self.named(path)?;
        if secret {
            Failure::unless_private(&path).map_err(Failure::into_trouble)?;
        }
        if path.is_dir() {
            let trouble = Refusal::from(FileTrouble::Folder(path.display().to_string()));
            return Err(Failure::from(trouble).into_trouble());
        }
        let file =
            File::open(&path).map_err(|error| Failure::file(&path, &error).into_trouble())?;
        Ok(Box::new(file))
    }

    fn begin(&mut self, path: &str, replace: bool) -> Result<Box<dyn InTheMaking>, Trouble> {
        let path = self.named(path)?;
        let existing = if replace { Existing::Replaced } else { Existing::Kept };
        let begun = Caller::here().begin(&path, existing).map_err(Failure::into_trouble)?;
        Ok(Box::new(begun))
    }
}

impl InTheMaking for Written {
    fn finish(self: Box<Self>) -> Result<(), Trouble> {
        Written::finish(*self).map_err(Failure::into_trouble)
    }
}

type Theirs = BufReader<Box<dyn Read + Send>>;

fn locked(input: &Mutex<Theirs>) -> MutexGuard<'_, Theirs> {
    input.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Their input, as long as it is read.
struct Held<'c>(MutexGuard<'c, Theirs>);

impl Read for Held<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}
