//! The key by which a client knows that this is the station: made once, kept in the data folder.

use crate::store::kept_private;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{HashAlg, PrivateKey};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub use russh::keys::PrivateKey as Key;

/// Its name in the data folder.
pub const HOST_KEY_FILE: &str = "ssh_host_ed25519_key";

/// The host key of a data folder; made when there is none.
///
/// # Errors
/// A file that cannot be read or written, that others can read, or that is no key.
pub fn of(data: &Path) -> io::Result<PrivateKey> {
    let file = data.join(HOST_KEY_FILE);
    match kept_private(&file) {
        Ok(Err(open)) => Err(io::Error::new(ErrorKind::PermissionDenied, open.words().0.en)),
        Ok(Ok(())) => {
            let text = Zeroizing::new(fs::read_to_string(&file)?);
            PrivateKey::from_openssh(text.as_str()).map_err(io::Error::other)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(data),
        Err(error) => Err(error),
    }
}

/// Another host key, which is not in use yet. Dropped before, it goes away.
#[derive(Debug)]
pub struct Another {
    key: PrivateKey,
    new: PathBuf,
}

/// Makes another host key beside the one there is.
///
/// # Errors
/// A file that cannot be written.
pub fn another(data: &Path) -> io::Result<Another> {
    let (key, new) = write_new(data)?;
    Ok(Another { key, new })
}

impl Another {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Puts it in the place of the old one, which is gone then. Clients that know the old one warn
    /// until they are told.
    ///
    /// # Errors
    /// A file that cannot be written; the old one stays then.
    pub fn take_over(self) -> io::Result<()> {
        fs::rename(&self.new, self.new.with_file_name(HOST_KEY_FILE))?;
        File::open(self.new.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        // Nothing has that name any more once it has taken over.
        let _ = fs::remove_file(&self.new);
    }
}

fn make(data: &Path) -> io::Result<PrivateKey> {
    let (key, new) = write_new(data)?;
    // Never over one that somebody else has just made.
    fs::hard_link(&new, data.join(HOST_KEY_FILE))?;
    fs::remove_file(&new)?;
    File::open(data)?.sync_all()?;
    Ok(key)
}

/// A new key, in a file of its own so far: half a key would be taken for a broken one for ever.
fn write_new(data: &Path) -> io::Result<(PrivateKey, PathBuf)> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(io::Error::other)?;
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
    let key = PrivateKey::new(pair, "yizhan").map_err(io::Error::other)?;
    let text = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    let new = data.join(HOST_KEY_FILE).with_extension("new");
    let _ = fs::remove_file(&new);
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()?;
    Ok((key, new))
}

/// Its fingerprint, as clients show it at the first connection: `SHA256:…`.
#[must_use]
pub fn fingerprint(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Its public half in one line, as it is in `known_hosts` after the host's name.
#[must_use]
pub fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn it_is_made_once_and_nobody_elses() {
        let data = tempfile::tempdir().unwrap();
        let made = of(data.path()).unwrap();
        let again = of(data.path()).unwrap();
        assert_eq!(fingerprint(&made), fingerprint(&again));
        assert!(fingerprint(&made).starts_with("SHA256:"));
        let file = data.path().join(HOST_KEY_FILE);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(of(data.path()).is_err());
    }

    #[test]
    fn another_one_takes_its_place() {
        let data = tempfile::tempdir().unwrap();
        let first = of(data.path()).unwrap();
        let given_up = another(data.path()).unwrap();
        assert_ne!(fingerprint(&first), fingerprint(given_up.key()));
        drop(given_up);
        assert_eq!(fingerprint(&of(data.path()).unwrap()), fingerprint(&first));
        let new = another(data.path()).unwrap();
        let second = new.key().clone();
        new.take_over().unwrap();
        assert_ne!(fingerprint(&first), fingerprint(&second));
        assert_eq!(fingerprint(&of(data.path()).unwrap()), fingerprint(&second));
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_key_is_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(HOST_KEY_FILE);
        fs::write(&file, "half").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(of(data.path()).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "half");
    }
}
