//! Who gave a command: the folder they stand in, their standard input, whether they read at a
//! terminal. Mostly this process itself; another one's, when the owner of a folder carries a
//! command out for it.

use super::Failure;
use crate::said;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The file name that means standard input.
const STDIN: &str = "-";

/// Who gave a command.
pub struct Caller {
    /// The folder they stand in, where it is not this process's.
    folder: Option<PathBuf>,
    /// Their standard output is a terminal.
    pub terminal: bool,
    input: Input,
    /// The new password they were asked for at their terminal.
    chosen: Option<Zeroizing<String>>,
}

enum Input {
    /// This process's own.
    Standard,
    /// Somebody else's.
    Theirs(Mutex<Theirs>),
}

impl Caller {
    /// Whoever started this process.
    #[must_use]
    pub fn here() -> Self {
        let terminal = io::stdout().is_terminal();
        Self { folder: None, terminal, input: Input::Standard, chosen: None }
    }

    /// Another process.
    #[must_use]
    pub fn elsewhere(folder: PathBuf, terminal: bool, input: Box<dyn Read + Send>) -> Self {
        let input = Input::Theirs(Mutex::new(BufReader::new(input)));
        Self { folder: Some(folder), terminal, input, chosen: None }
    }

    /// The same, who chose this new password when asked.
    #[must_use]
    pub fn who_chose(self, chosen: Option<Zeroizing<String>>) -> Self {
        Self { chosen, ..self }
    }

    /// A file as they name it.
    #[must_use]
    pub fn path(&self, named: &Path) -> PathBuf {
        self.folder.as_ref().map_or_else(|| named.to_path_buf(), |folder| folder.join(named))
    }

    /// The bytes of a file they name, or of their standard input for `-`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn reader(&self, named: &Path) -> Result<Box<dyn Read + '_>, Failure> {
        if named.as_os_str() != STDIN {
            let path = self.path(named);
            let file = std::fs::File::open(&path).map_err(|error| Failure::file(&path, &error))?;
            return Ok(Box::new(file));
        }
        Ok(match &self.input {
            Input::Standard => Box::new(io::stdin().lock()),
            Input::Theirs(input) => Box::new(Held(locked(input))),
        })
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
        match &self.input {
            Input::Standard => io::stdin().lock().read_line(&mut line)?,
            Input::Theirs(input) => locked(input).read_line(&mut line)?,
        };
        Ok(line)
    }

    /// A password from a file they name, which nobody else can reach, or from the next line of their standard input for `-`;
    /// the line end is not part of it.
    ///
    /// # Errors
    /// When it cannot be read, or others could have.
    pub fn secret(&self, named: &Path) -> Result<Zeroizing<String>, Failure> {
        let mut text = Zeroizing::new(String::new());
        let read = if named.as_os_str() == STDIN {
            match &self.input {
                Input::Standard => io::stdin().lock().read_line(&mut text).map(drop),
                Input::Theirs(input) => locked(input).read_line(&mut text).map(drop),
            }
        } else {
            let path = self.path(named);
            Failure::unless_private(&path)?;
            std::fs::read_to_string(path).map(|read| text.push_str(&read))
        };
        read.map_err(|error| Failure::file(named, &error))?;
        let bare = text.strip_suffix('\n').unwrap_or(&text);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        Ok(Zeroizing::new(bare.to_string()))
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
