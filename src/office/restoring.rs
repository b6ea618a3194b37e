//! A data folder made from a backup, and opened once: that it opens is known then, and so is who
//! needs a new password in it.

use super::refusal::unavailable;
use super::{Actor, Command, Office, Refusal, Right, Sources};
use crate::record::Clock;
use crate::said;
use crate::store::{self, Progress, Recovered, Secret};
use crate::words::Said;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::thread;
use zeroize::Zeroizing;

/// What came of a restore.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What was put together.
    pub recovered: Recovered,
    /// The accounts whose passwords the backup does not carry.
    pub without_password: Vec<String>,
}

/// A restore into another folder, begun on the screen of an open station.
#[derive(Clone, Debug)]
pub struct RestoredBeside {
    pub folder: PathBuf,
    /// What came of it; nothing while it goes on.
    pub done: Option<Result<Restored, Refusal>>,
}

/// What opens a backup on the screen.
pub enum Opens {
    /// The password of whoever asks.
    Password(Zeroizing<String>),
    /// The recovery key.
    Recovery(Zeroizing<String>),
}

/// Makes a data folder from a backup and opens it once.
///
/// # Errors
/// A folder that is not empty, a wrong secret, a backup that is not whole, somebody who keeps no
/// accounts, or what the machine gives.
pub fn restore(
    file: &Path,
    journal: Option<&Path>,
    folder: &Path,
    (secret, by): (&Secret<'_>, &str),
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
) -> Result<Restored, Refusal> {
    let recovered = store::restore(file, journal, folder, secret, (by, clock.now()), &progress)
        .map_err(|error| unavailable(&error))?;
    let sources = Sources::load(None).map_err(|problems| {
        let why = problems.into_iter().next().map(|problem| problem.message).unwrap_or_default();
        Refusal::unavailable(why, Said::default())
    })?;
    let office = Office::open_watched(folder, secret, sources, clock, progress)?;
    let without_password = office.without_password();
    office.wait_for_index();
    office.close()?;
    Ok(Restored { recovered, without_password })
}

/// Who needs a new password after a restore, and how they get one.
#[must_use]
pub fn who_needs_passwords(accounts: &[String]) -> Vec<Said> {
    if accounts.is_empty() {
        return Vec::new();
    }
    let (zh, en) = (accounts.join("、"), accounts.join(", "));
    vec![Said::new(
        format!(
            "备份里只有管理员的密码。这些账号要由管理员给新密码（yizhan account passwd 账号，或系统页按 a）：{zh}。"
        ),
        format!(
            "A backup carries the passwords of administrators only. An administrator gives these accounts new ones (`yizhan account passwd NAME`, or a on the system screen): {en}."
        ),
    )]
}

impl Office {
    /// Restores a backup of this station into another folder, behind the screen; how it goes shows
    /// where backups are shown.
    ///
    /// # Errors
    /// For a role that may not, or a folder that is named badly.
    pub fn restore_behind(
        self: &Arc<Self>,
        actor: &Actor,
        file: &Path,
        folder: &Path,
        opens: Opens,
    ) -> Result<(), Refusal> {
        actor.need(Right::Accounts)?;
        if !folder.is_absolute() {
            return Err(Refusal::invalid(
                "folder",
                said!("要写完整路径。", "Give a full path."),
                said!("例如 /home/union/yizhan-2。", "For example /home/union/yizhan-2."),
            ));
        }
        let shown = folder.display().to_string();
        let what = super::log::RESTORED.to_string();
        let particulars = BTreeMap::from([("folder".to_string(), shown)]);
        self.perform(actor, Command::Note { what, particulars })?;
        let (office, by) = (self.clone(), actor.account.clone());
        let (file, folder) = (file.to_path_buf(), folder.to_path_buf());
        self.tell_restored(RestoredBeside { folder: folder.clone(), done: None });
        thread::spawn(move || {
            let (secret, by) = match &opens {
                Opens::Password(password) => (Secret::Password { account: &by, password }, &*by),
                Opens::Recovery(key) => (Secret::Recovery(key), super::keyring::RECOVERY),
            };
            let clock = office.clock.clone();
            let done = restore(&file, None, &folder, (&secret, by), clock, Arc::default());
            office.tell_restored(RestoredBeside { folder, done: Some(done) });
        });
        Ok(())
    }

    fn tell_restored(&self, restored: RestoredBeside) {
        *self.restored.lock().unwrap_or_else(PoisonError::into_inner) = Some(restored);
        self.news.announce();
    }

    /// The last restore into another folder that was begun here.
    #[must_use]
    pub fn restored(&self) -> Option<RestoredBeside> {
        self.restored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
