//! The key by which a client knows that this is the station: made once, kept in the data folder.

use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{HashAlg, PrivateKey};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Its name in the data folder.
pub const HOST_KEY_FILE: &str = "ssh_host_ed25519_key";

/// The host key of a data folder; made when there is none.
///
/// # Errors
/// A file that cannot be read or written, that others can read, or that is no key.
pub fn of(data: &Path) -> io::Result<PrivateKey> {
    let file = data.join(HOST_KEY_FILE);
    match fs::metadata(&file) {
        Ok(found) if found.mode() & 0o077 != 0 => {
            Err(io::Error::new(ErrorKind::PermissionDenied, "others can read it"))
        }
        Ok(_) => {
            let text = Zeroizing::new(fs::read_to_string(&file)?);
            PrivateKey::from_openssh(text.as_str()).map_err(io::Error::other)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(&file),
        Err(error) => Err(error),
    }
}

fn make(file: &Path) -> io::Result<PrivateKey> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(io::Error::other)?;
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
    let key = PrivateKey::new(pair, "yizhan").map_err(io::Error::other)?;
    let text = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    // Whole or not at all: half a key would be taken for a broken one for ever.
    let new = file.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()?;
    fs::hard_link(&new, file)?;
    fs::remove_file(&new)?;
    Ok(key)
}

/// Its fingerprint, as clients show it at the first connection: `SHA256:…`.
#[must_use]
pub fn fingerprint(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

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
    fn a_file_that_is_no_key_is_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(HOST_KEY_FILE);
        fs::write(&file, "half").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(of(data.path()).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "half");
    }
}
