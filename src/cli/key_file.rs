//! `yizhan account key-file`: a file that opens the station for a service, in place of a person.
//!
//! The file holds 32 bytes as 64 hexadecimal digits. Nobody but its owner may read it.

use super::{Failure, opening::Opened};
use crate::office::Command;
use crate::said;
use crate::store::Existing;
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
        let Self::Make { file } = self else {
            return Ok(at.office.perform(&at.actor, Command::KeyFile { key: None })?);
        };
        // A key that opens nothing is of no use: the file is there once the key is.
        let mut made = at.caller.begin(file, Existing::Kept)?;
        let key = write_key(&mut made).map_err(|error| Failure::file(file, &error))?;
        let done = at.office.perform(&at.actor, Command::KeyFile { key: Some(*key) })?;
        made.finish()?;
        Ok(done)
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

fn write_key(to: &mut impl Write) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).map_err(io::Error::other)?;
    let text: Zeroizing<String> =
        Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
    writeln!(to, "{}", *text)?;
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
    use super::super::caller::Caller;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_comes_back_and_is_nobody_elses() {
        let at = tempfile::tempdir().unwrap();
        let file = at.path().join("key");
        let mut made = Caller::here().begin(&file, Existing::Kept).unwrap();
        let key = write_key(&mut made).unwrap();
        made.finish().unwrap();
        assert_eq!(*read(&file).unwrap(), *key);
        assert!(Caller::here().begin(&file, Existing::Kept).is_err(), "what is there is kept");
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
