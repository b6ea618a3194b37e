//! `yizhan account key-file`: a file that opens the station for a service, in place of a person.
//!
//! The file holds 32 bytes as 64 hexadecimal digits. Nobody but its owner may read it.

use super::{Failure, opening::Opened};
use crate::office::Command;
use crate::said;
use crate::store::{Existing, NewFile};
use clap::Subcommand;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What can be done with the key file.
#[derive(Subcommand)]
pub enum KeyFileCommand {
    /// 新做一个，原来的作废 / Make one; the one before is void
    Make {
        /// 新文件 / The new file
        file: PathBuf,
    },
    /// 停用，以后没有文件能打开站点 / End its use: no file opens the station any more
    End,
}

impl KeyFileCommand {
    /// Carries it out.
    ///
    /// # Errors
    /// A refusal; a file that is there already or cannot be written.
    pub fn run(&self, at: &Opened) -> Result<crate::office::Receipt, Failure> {
        let key = match self {
            Self::End => None,
            Self::Make { file } => Some(make(&at.caller.path(file))?),
        };
        let done = at.office.perform(&at.actor, Command::KeyFile { key: key.as_deref().copied() });
        if let (Err(_), Self::Make { file }) = (&done, self) {
            // A key that opens nothing is of no use. The refusal is what there is to say.
            let _ = fs::remove_file(at.caller.path(file));
        }
        Ok(done?)
    }

    /// What was done.
    #[must_use]
    pub fn done(&self) -> crate::words::Said {
        match self {
            Self::Make { file } => {
                let file = file.display();
                said!(
                    "密钥文件 {file} 已做好。谁能读它，谁就能打开数据：只给运行驿站服务的用户。\n用法：yizhan serve --key-file {file}",
                    "The key file {file} was made. Whoever can read it can open the data: give it to the user who runs the service alone.\nUse it with `yizhan serve --key-file {file}`."
                )
            }
            Self::End => said!("密钥文件已停用。", "The key file is no longer in use."),
        }
    }
}

fn make(file: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let failed = |error: io::Error| Failure::file(file, &error);
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).map_err(|error| failed(io::Error::other(error)))?;
    let text: Zeroizing<String> =
        Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
    let mut made = NewFile::begin(file, Existing::Kept)?;
    writeln!(made, "{}", *text).map_err(failed)?;
    made.finish()?;
    Ok(key)
}

/// Reads a key file that nobody but its owner can read.
///
/// # Errors
/// A file that cannot be read, that others can read, or that is no key file.
pub fn read(file: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let failed = |error: io::Error| Failure::file(file, &error);
    let shown = file.display();
    Failure::unless_private(file)?;
    let text = Zeroizing::new(fs::read_to_string(file).map_err(failed)?);
    digits(text.trim()).ok_or_else(|| {
        Failure::new(
            said!("{shown} 不是密钥文件。", "{shown} is not a key file."),
            said!(
                "请用 yizhan account key-file make 做一个。",
                "Make one with `yizhan account key-file make`."
            ),
        )
    })
}

fn digits(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let pairs = text.as_bytes().chunks(2);
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_comes_back_and_is_nobody_elses() {
        let at = tempfile::tempdir().unwrap();
        let file = at.path().join("key");
        let key = make(&file).unwrap();
        assert_eq!(*read(&file).unwrap(), *key);
        assert!(make(&file).is_err(), "a file that is there is kept");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&file).is_err());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read(&file).is_ok(), "as systemd hands credentials over");
    }

    #[test]
    fn only_64_digits_are_a_key() {
        assert_eq!(digits(&"0f".repeat(32)).map(|key| *key), Some([15; 32]));
        for bad in
            ["", "0f", &"+f".repeat(32), &"0g".repeat(32), &"文".repeat(32), &"0f".repeat(33)]
        {
            assert!(digits(bad).is_none(), "{bad}");
        }
    }
}
