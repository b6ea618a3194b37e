//! What can go wrong in this room, said in both languages, each with a next step.

mod keyring;

pub use keyring::KeyringError;

use crate::record::{Instant, china_offset};
use crate::said;
use crate::words::Said;
use std::io::{Error as IoError, ErrorKind};
use std::path::Path;
use thiserror::Error;

/// What the store was doing with a file when the machine refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Reading,
    /// Writing or creating it.
    Writing,
    /// Making sure the disk has it.
    Syncing,
}

/// A refusal by the operating system, in a form that can be kept and shown many times.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{doing:?} {file}: {detail}")]
pub struct IoTrouble {
    /// What was going on.
    pub doing: Doing,
    /// The file's or folder's name, without the folders above it.
    pub file: String,
    /// The kind the operating system gave.
    pub kind: ErrorKind,
    /// The operating system's own words.
    pub detail: String,
}

/// Why the store refuses or fails.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The machine failed: disk full, read-only, an I/O error.
    #[error(transparent)]
    Io(#[from] IoTrouble),
    /// Another process holds the data folder.
    #[error("the data folder is in use by another process")]
    Locked,
    /// The folder holds no station.
    #[error("no station in folder {0}")]
    NotAStation(String),
    /// A new station or a restore needs an empty folder.
    #[error("folder {0} is not empty")]
    FolderNotEmpty(String),
    /// Written by a program of another format version.
    #[error("data format {found}, this program reads format {ours}")]
    OtherFormat {
        /// The version the folder states.
        found: u32,
        /// The version this program reads and writes.
        ours: u32,
    },
    /// A text file of the data folder cannot be read as what it should be.
    #[error("{file} cannot be understood: {detail}")]
    BadFile {
        /// The file's name.
        file: String,
        /// What the reader objected to.
        detail: String,
    },
    /// The journal is damaged at an entry that had been saved.
    #[error("the journal is damaged at entry {seq}: {what}")]
    Damaged {
        /// Sequence of the entry that cannot be read.
        seq: u64,
        /// What is wrong with it, for a log.
        what: String,
    },
    /// The journal ends before an entry known to have been saved.
    #[error("the journal ends at entry {found}, entry {known} had been saved")]
    JournalShort {
        /// The last entry there is.
        found: u64,
        /// The last entry known to have been saved.
        known: u64,
    },
    /// Opening stopped at a journal that is not whole; no file was changed.
    #[error("{}", .0.cause)]
    Broken(Box<Broken>),
    /// The keyring belongs to another station than the journal.
    #[error("the keyring does not belong to this journal")]
    OtherKey,
    /// Sealed content does not open: moved, damaged, or another station's key.
    #[error("sealed content does not open: {}", .0.en)]
    Seal(Said),
    /// Whoever was to sign may not, or no longer.
    #[error("not signed: {}", .0.en)]
    NotSigned(Said),
    /// The journal's first pages are lost, and only the recovery key can write them anew.
    #[error("the journal's first pages are lost")]
    RootLost,
    /// The keyring is of an earlier day than the journal, and lacks its newest key.
    #[error("the keyring is older than the journal")]
    OldKeyring,
    /// The journal is of an earlier day than the keyring.
    #[error("the journal is older than the keyring")]
    OldJournal,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Random,
    /// Content written by a newer program.
    #[error("content of schema {found}, this program reads up to {known}")]
    NewerSchema {
        /// The schema byte found.
        found: u8,
        /// The newest schema this program reads.
        known: u8,
    },
    /// Content that should decode does not.
    #[error("content cannot be decoded: {0}")]
    Encoding(String),
    /// One entry is larger than a frame may be.
    #[error("an entry of {bytes} bytes, at most {limit}")]
    TooLarge {
        /// Its encoded size.
        bytes: u64,
        /// The largest a frame may carry.
        limit: u64,
    },
    /// No pack knows this kind of record.
    #[error("kind {0} has no code")]
    UnknownKind(String),
    /// Password, recovery key, slots.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The table of records failed; the journal is whole.
    #[error("the table of records failed: {}", .0.en)]
    Records(Said),
    /// Something this submission was built on was not saved.
    #[error("an earlier entry this one was built on was not saved")]
    Superseded,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// A place where no file is written: what happened, and what to do.
    #[error("not written: {}", .0.0.en)]
    Unfit(Box<(Said, Said)>),
    /// No second place is named, or it is not there now.
    #[error("no second place")]
    NoSecondPlace,
    /// What is in the archive is another journal than the one here.
    #[error("the archive has another journal from segment {number} on")]
    OtherArchive {
        /// The first segment that is another.
        number: u32,
    },
    /// A backup file is not whole.
    #[error("the backup file is not whole: {}", .0.en)]
    Backup(Said),
}

/// A journal that is not whole, and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong with it.
    pub cause: StoreError,
    /// When the last entry before the damage was saved.
    pub since: Option<Instant>,
    /// The backup with the most in it, by its file name, and how many entries it holds.
    pub backup: Option<(String, u64)>,
}

impl Broken {
    fn said(&self) -> Said {
        let Said { zh, en } = self.cause.said();
        let zh = format!("{zh}，已停止打开，未改动任何文件");
        let en = format!("{en}; opening stopped, no file was changed");
        let Some(since) = self.since else { return Said::new(zh, en) };
        let since = since.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
        said!(
            "{zh}；此前最后一条存于 {since}",
            "{en}; the last entry before it was saved at {since}"
        )
    }

    fn next(&self) -> Said {
        let lacking = match &self.cause {
            StoreError::Damaged { seq, .. } => *seq,
            StoreError::JournalShort { known, .. } => *known,
            _ => 0,
        };
        match &self.backup {
            Some((name, entries)) if *entries >= lacking => said!(
                "备份 {name} 里有缺少的内容：运行 yizhan rebuild 补回，损坏的日志会原样另存。",
                "Backup {name} has what is lacking: run `yizhan rebuild` to take it from there; the damaged journal is kept as it is."
            ),
            Some((name, entries)) => said!(
                "运行 yizhan rebuild：用备份 {name}（{entries} 条）和日志中还能读出的部分拼回，并列出缺哪几条；损坏的日志会原样另存。也可用 yizhan restore 恢复到新目录。",
                "Run `yizhan rebuild`: it puts backup {name} ({entries} entries) and what can still be read of the journal together and lists what is missing; the damaged journal is kept as it is. `yizhan restore` makes a new folder instead."
            ),
            None => Said::fixed(
                "本机没有备份：若另有备份文件，先放进数据目录的 backup 里。再运行 yizhan rebuild：取回还能读出的全部内容并列出缺哪几条，损坏的日志会原样另存。",
                "There is no backup here: put one into the data folder's backup/ if there is one elsewhere. Then run `yizhan rebuild`: it takes all that can still be read and lists what is missing; the damaged journal is kept as it is.",
            ),
        }
    }
}

/// Turns an I/O error into a [`StoreError`] that names the file without its folders.
pub(super) fn io(doing: Doing, path: &Path) -> impl FnOnce(IoError) -> StoreError {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    move |error| {
        StoreError::Io(IoTrouble { doing, file, kind: error.kind(), detail: error.to_string() })
    }
}

impl IoTrouble {
    fn said(&self) -> Said {
        let (file, detail) = (&self.file, &self.detail);
        match (self.kind, self.doing) {
            (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => {
                said!(
                    "磁盘空间不足，未保存（{file}）",
                    "The disk is full, nothing was saved ({file})"
                )
            }
            (ErrorKind::ReadOnlyFilesystem, _) => {
                said!(
                    "磁盘为只读，未保存（{file}）",
                    "The disk is read-only, nothing was saved ({file})"
                )
            }
            (ErrorKind::PermissionDenied, _) => {
                said!("没有使用 {file} 的权限", "No permission to use {file}")
            }
            (_, Doing::Reading) => {
                said!("读取 {file} 未成功：{detail}", "Reading {file} failed: {detail}")
            }
            (_, Doing::Writing) => {
                said!("写入 {file} 未成功：{detail}", "Writing {file} failed: {detail}")
            }
            (_, Doing::Syncing) => {
                said!(
                    "磁盘未确认写入 {file}：{detail}",
                    "The disk did not confirm {file}: {detail}"
                )
            }
        }
    }

    fn next(&self) -> Said {
        match self.kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Said::fixed(
                "请腾出磁盘空间后再次保存；已保存的内容仍可查阅。",
                "Free some disk space and save again; what was saved can still be read.",
            ),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Said::fixed(
                "请让系统管理员开放数据目录的写权限，然后重试。",
                "Ask the system administrator to make the data folder writable, then try again.",
            ),
            _ => Said::fixed(
                "请检查磁盘后重试；若反复出现，请先备份再更换磁盘。",
                "Check the disk and try again; if it comes back, make a backup and change the disk.",
            ),
        }
    }
}

impl StoreError {
    /// Whether this says that the journal is not whole.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. }
            | Self::JournalShort { .. }
            | Self::OldJournal
            | Self::Broken(_) => true,
            Self::BadFile { file, .. } => file.ends_with(".yzj"),
            _ => false,
        }
    }

    /// What happened, for the person at the screen.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Io(trouble) => trouble.said(),
            Self::Locked => Said::fixed(
                "另一个驿站程序正在使用这个数据目录",
                "Another Yizhan program is using this data folder",
            ),
            Self::NotAStation(dir) => {
                said!("目录 {dir} 中没有驿站数据", "There is no station in folder {dir}")
            }
            Self::FolderNotEmpty(dir) => said!("目录 {dir} 不是空的", "Folder {dir} is not empty"),
            Self::OtherFormat { found, ours } => said!(
                "数据目录的格式版本是 {found}，本程序使用版本 {ours}",
                "The data folder has format version {found}, this program uses version {ours}"
            ),
            Self::BadFile { file, detail } => {
                said!("无法读懂文件 {file}：{detail}", "File {file} cannot be understood: {detail}")
            }
            Self::Damaged { seq, .. } => {
                said!("日志在第 {seq} 条处损坏", "The journal is damaged at entry {seq}")
            }
            Self::JournalShort { found, known } => said!(
                "日志只到第 {found} 条，而第 {known} 条曾经保存",
                "The journal ends at entry {found}, yet entry {known} had been saved"
            ),
            Self::Broken(broken) => broken.said(),
            Self::OtherKey => Said::fixed(
                "keyring.toml 与日志不是同一个驿站的，已停止打开，未改动任何文件",
                "keyring.toml does not belong to this journal; opening stopped, no file was changed",
            ),
            Self::NotSigned(Said { zh, en }) => {
                said!("没有签名，未保存：{zh}", "Nothing was saved: {en}")
            }
            Self::RootLost => Said::fixed(
                "日志开头的密钥名册已损坏，也没有完好的备份可用；未改动任何文件",
                "The register of keys at the beginning of the journal is damaged and there is no whole backup to take it from; no file was changed",
            ),
            Self::OldKeyring => Said::fixed(
                "keyring.toml 比日志旧，缺少日志最新的密钥；已停止打开，未改动任何文件",
                "keyring.toml is older than the journal and lacks its newest key; opening stopped, no file was changed",
            ),
            Self::OldJournal => Said::fixed(
                "keyring.toml 比日志新：日志是旧的一份，或末尾被截去",
                "keyring.toml is newer than the journal: the journal is an older copy, or its end was cut off",
            ),
            Self::Seal(Said { zh, en }) => {
                said!("加密内容无法打开（{zh}）", "Sealed content does not open ({en})")
            }
            Self::Random => Said::fixed(
                "系统没有提供随机数，未保存",
                "The system gave no random numbers, nothing was saved",
            ),
            Self::NewerSchema { found, known } => said!(
                "内容由更新的程序写入（格式 {found}，本程序读到 {known}）",
                "This was written by a newer program (schema {found}, this one reads up to {known})"
            ),
            Self::Encoding(detail) => {
                said!("一条内容无法解读：{detail}", "Some content cannot be decoded: {detail}")
            }
            Self::TooLarge { bytes, limit } => said!(
                "这次保存的内容有 {bytes} 字节，上限 {limit} 字节，未保存",
                "This save is {bytes} bytes, at most {limit} are possible; nothing was saved"
            ),
            Self::UnknownKind(kind) => {
                said!("没有业务包说明“{kind}”这类记录", "No pack describes records of kind {kind}")
            }
            Self::Keyring(error) => error.said(),
            Self::Records(Said { zh, en }) => said!(
                "记录表不可用（{zh}）；日志完好，已保存的内容没有丢失",
                "The table of records failed ({en}); the journal is whole, nothing saved is lost"
            ),
            Self::Superseded => Said::fixed(
                "前面一次保存未成功，这一次依赖它，因此也未保存",
                "An earlier save did not succeed and this one builds on it, so it was not saved either",
            ),
            Self::Closed => Said::fixed("数据已关闭", "The data is closed"),
            Self::Unfit(words) => words.0.clone(),
            Self::NoSecondPlace => Said::fixed(
                "没有第二备份位置，或现在没有接上",
                "There is no second place for backups, or it is not there now",
            ),
            Self::OtherArchive { number } => said!(
                "归档里的日志文件 {number:08}.yzj 与这里的不是同一条链，未归档",
                "Journal file {number:08}.yzj in the archive is of another chain than the one here; nothing was copied"
            ),
            Self::Backup(Said { zh, en }) => {
                said!("备份文件不完整：{zh}", "The backup file is not whole: {en}")
            }
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Io(trouble) => trouble.next(),
            Self::Locked => Said::fixed(
                "请使用已打开的窗口，或先退出它再打开。",
                "Use the window that is open, or leave it first.",
            ),
            Self::NotAStation(_) => Said::fixed(
                "请检查目录，或新建驿站，或从备份恢复。",
                "Check the folder, make a new station, or restore a backup.",
            ),
            Self::FolderNotEmpty(_) => Said::fixed("请选择一个空目录。", "Choose an empty folder."),
            Self::OtherFormat { found, ours } if found < ours => Said::fixed(
                "它是正式发布之前的程序做的，没有程序再读它：请用当时的程序导出名册，新建驿站后导入。",
                "It was made before the first release and no program reads it any more: export its lists with the build of that day, make a new station and import them.",
            ),
            Self::OtherFormat { .. } | Self::NewerSchema { .. } => Said::fixed(
                "请使用写入这些数据的程序版本，或升级本程序。",
                "Use the program version that wrote this data, or upgrade this program.",
            ),
            Self::BadFile { .. } => Said::fixed(
                "备份里有一份：yizhan restore 备份 --journal 日志目录 --data 新目录，内容一条不少。",
                "A backup holds it: yizhan restore BACKUP --journal JOURNAL --data NEW_FOLDER brings everything back.",
            ),
            Self::Damaged { .. } | Self::JournalShort { .. } | Self::Seal(_) => Said::fixed(
                "请退出后运行 yizhan rebuild：用备份和还能读出的部分补全，损坏的日志原样另存。",
                "Leave and run `yizhan rebuild`: it makes the journal whole from a backup and what can still be read; the damaged one is kept as it is.",
            ),
            Self::Broken(broken) => broken.next(),
            Self::OtherKey => Said::fixed(
                "请把本站原来的 keyring.toml 放回来；备份里也有一份：yizhan restore 备份 --journal 日志目录 --data 新目录。",
                "Put this station's own keyring.toml back; a backup holds it too: yizhan restore BACKUP --journal JOURNAL --data NEW_FOLDER.",
            ),
            Self::NotSigned(_) => Said::fixed(
                "请退出后重新登录再试；仍不行请管理员运行 yizhan verify。",
                "Sign in anew and try again; if that does not help, have the administrator run `yizhan verify`.",
            ),
            Self::RootLost => Said::fixed(
                "请用恢复密钥运行 yizhan rebuild：它会重写名册，记录照旧，各账号由管理员重设密码。",
                "Run `yizhan rebuild` with the recovery key: it writes the register anew; the records stay, and every account gets a new password.",
            ),
            Self::OldKeyring => Said::fixed(
                "请把本站最新的 keyring.toml 放回来。",
                "Put this station's newest keyring.toml back.",
            ),
            Self::OldJournal => Said::fixed(
                "请把原来的日志放回来；找不到就用管理员账号或恢复密钥运行 yizhan rebuild。",
                "Put the journal that was there back; if it is gone, run `yizhan rebuild` as an administrator or with the recovery key.",
            ),
            Self::Random | Self::Superseded => Said::fixed("请重新保存。", "Save again."),
            Self::Encoding(_) => Said::fixed(
                "请运行 yizhan verify 检查数据。",
                "Run yizhan verify to check the data.",
            ),
            Self::TooLarge { .. } => Said::fixed("请分几次保存。", "Save it in several parts."),
            Self::UnknownKind(_) => Said::fixed(
                "请把缺少的业务包放回后再打开。",
                "Put the missing pack back, then open again.",
            ),
            Self::Keyring(error) => error.next(),
            Self::Records(_) => Said::fixed(
                "记录表正在用日志重建，进度见底栏；完成后再试一次即可，填写的内容都在。",
                "It is being rebuilt from the journal, as the bottom line shows; try again once that is done. What was typed is kept.",
            ),
            Self::Closed => Said::fixed("请重新打开。", "Open it again."),
            Self::Unfit(words) => words.1.clone(),
            Self::NoSecondPlace => Said::fixed(
                "先指定并接上：yizhan backup --second 目录。",
                "Name one and connect it: `yizhan backup --second DIR`.",
            ),
            Self::OtherArchive { .. } => Said::fixed(
                "若是恢复或修复以前抄的，把归档文件夹改名留存，再归档一次；不是的，两处都保持原样，运行 yizhan verify 并告诉管理员。",
                "Where it was copied before a restore or a repair, rename the archive's folder to keep it and archive once more; otherwise leave both as they are, run `yizhan verify` and tell the administrator.",
            ),
            Self::Backup(_) => Said::fixed(
                "请改用另一份备份，并重新做一次备份。",
                "Use another backup, and make a new one.",
            ),
        }
    }
}
