//! Where everything is in a data folder: the names that more than one room must know.

/// Which station it is; written last, so a folder that has it is complete.
pub const STATION_FILE: &str = "station.toml";
/// Who can open it.
pub const KEYRING_FILE: &str = "keyring.toml";
/// Held by the one process that owns the folder.
pub const LOCK_FILE: &str = "lock";
/// In a folder that a backup is being restored to.
pub const RESTORING_FILE: &str = "restoring";
/// The folder of the journal.
pub const JOURNAL_DIR: &str = "journal";
/// A journal put together anew, before it takes the place of the other.
pub const NEW_JOURNAL_DIR: &str = "journal.new";
/// The folder of a station's first table, and what the names of all others begin with.
pub const RECORDS_DIR: &str = "records";
/// Which table counts, and what it should hold.
pub const CHECKPOINT_FILE: &str = "records.toml";
/// The folder of backups.
pub const BACKUP_DIR: &str = "backup";
/// What the name of a backup ends with.
pub const BACKUP_EXTENSION: &str = "yzb";
/// What a backup begins with.
pub const BACKUP_MAGIC: &[u8; 8] = b"YZBACK02";
