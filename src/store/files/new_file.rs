//! A file written for a person: an export, refused rows, a key, a backup.
//!
//! It is made new under a name nobody can foresee, beside its place, readable by its owner alone;
//! brought onto the disk, and only then renamed. Nothing is written through a link, nothing but a
//! regular file is replaced, and never one of a station's own. All looking and writing goes through
//! the opened folder, so that nobody can exchange it meanwhile.

use super::disk;
use super::layout::{BACKUP_DIR, BACKUP_EXTENSION, BACKUP_MAGIC, STATION_FILE};
use crate::said;
use crate::store::error::{Doing, StoreError, io as io_trouble};
use crate::words::Said;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What becomes of a regular file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The new one takes its place: whoever names a file to write asks for that.
    Replaced,
    /// It stays, and nothing is written: it may be a key.
    Kept,
}

/// Why a place will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A folder has the name.
    Folder,
    /// A link has the name; what it points to is not what was named.
    Link,
    /// A pipe, a device, a socket.
    Special,
    /// It is in the data folder of a station.
    Station,
    /// A backup has the name.
    Backup,
    /// A file has the name, and is to stay.
    There,
}

/// Why a file was not written. What was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The place will not do.
    #[error("{path}: {why:?}")]
    Unfit {
        /// The file.
        path: PathBuf,
        why: Unfit,
    },
    /// The machine could not.
    #[error("{path}: {why}")]
    Machine {
        /// The file.
        path: PathBuf,
        /// What the machine says.
        why: io::Error,
    },
}

impl NotWritten {
    /// What happened, and what to do next.
    #[must_use]
    pub fn words(&self) -> (Said, Said) {
        let (path, why) = match self {
            Self::Unfit { path, why } => (path.display(), why),
            Self::Machine { path, why } => {
                let path = path.display();
                let said = said!("{path} 写不了：{why}。", "{path} cannot be written: {why}.");
                return (
                    said,
                    said!(
                        "请核对路径、权限和磁盘空间。",
                        "Check the path, permissions and space on the disk."
                    ),
                );
            }
        };
        let said = match why {
            Unfit::Folder => said!("{path} 是文件夹。", "{path} is a folder."),
            Unfit::Link => said!(
                "{path} 是一个链接，没有写：它指向的可能是别的文件。",
                "{path} is a link and was not written to: it may lead to some other file."
            ),
            Unfit::Special => said!(
                "{path} 不是普通文件（管道或设备），没有写。",
                "{path} is no regular file but a pipe or a device; it was not written to."
            ),
            Unfit::Station => said!(
                "{path} 在站点的数据目录里，那里只放驿站自己的文件，没有写。",
                "{path} is in the data folder of a station, which holds its own files only; it was not written."
            ),
            Unfit::Backup => {
                said!("{path} 是一份备份，没有覆盖。", "{path} is a backup and was not replaced.")
            }
            Unfit::There => {
                said!("已经有 {path}，没有覆盖它。", "There is {path} already; it was left alone.")
            }
        };
        (said, Said::fixed("请换一个文件名或文件夹。", "Give another name or another folder."))
    }
}

impl From<NotWritten> for StoreError {
    fn from(error: NotWritten) -> Self {
        match error {
            NotWritten::Machine { path, why } => io_trouble(Doing::Writing, &path)(why),
            unfit @ NotWritten::Unfit { .. } => Self::Unfit(Box::new(unfit.words())),
        }
    }
}

/// A file being written beside its place. Dropped before it is finished, it goes away.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    folder: OwnedFd,
    name: OsString,
    beside: OsString,
    existing: Existing,
    is_backup: bool,
    file: Option<BufWriter<File>>,
}

impl NewFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When the place will not do, or nothing can be made there.
    pub fn begin(path: &Path, existing: Existing) -> Result<Self, NotWritten> {
        Self::new(path, existing, false)
    }

    /// Begins a backup, which may be in a station's folder of backups and replace another.
    pub(in crate::store) fn backup(path: &Path) -> Result<Self, NotWritten> {
        Self::new(path, Existing::Replaced, true)
    }

    fn new(path: &Path, existing: Existing, is_backup: bool) -> Result<Self, NotWritten> {
        let machine = |why: io::Error| NotWritten::Machine { path: path.to_path_buf(), why };
        let Some(name) = path.file_name().map(OsString::from) else {
            return Err(NotWritten::Unfit { path: path.to_path_buf(), why: Unfit::Folder });
        };
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(above.unwrap_or(Path::new(".")), flags, Mode::empty());
        let folder = folder.map_err(|error| machine(error.into()))?;
        let random: [u8; 8] =
            crate::store::random().map_err(|error| machine(io::Error::other(error)))?;
        let mut beside = name.clone();
        beside.push(format!(".{}.part", disk::hex(&random)));
        let mut new = Self {
            path: path.to_path_buf(),
            folder,
            name,
            beside,
            existing,
            is_backup,
            file: None,
        };
        new.fits()?;
        let made = new.make().map_err(machine)?;
        new.file = Some(BufWriter::new(made));
        Ok(new)
    }

    /// Makes the file beside. That of a backup is made by its path: the folder of backups is the
    /// station's own, where nobody swaps folders.
    fn make(&self) -> io::Result<File> {
        if self.is_backup {
            use std::os::unix::fs::OpenOptionsExt;
            return File::options().write(true).create_new(true).mode(0o600).open(self.beside());
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = rustix::fs::openat(&self.folder, &self.beside, flags, Mode::RUSR | Mode::WUSR);
        Ok(File::from(made?))
    }

    /// Where it is so far, to be read back.
    pub(in crate::store) fn beside(&self) -> PathBuf {
        self.path.with_file_name(&self.beside)
    }

    /// Brings what was written onto the disk.
    ///
    /// # Errors
    /// When the machine cannot.
    pub(in crate::store) fn sync(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.flush()?;
        file.get_ref().sync_all()
    }

    /// Brings it onto the disk and into its place.
    ///
    /// # Errors
    /// When the machine cannot, or the place does no longer do; what was there before is then
    /// still there.
    pub fn finish(mut self) -> Result<(), NotWritten> {
        self.sync().map_err(|why| self.machine(why))?;
        self.fits()?;
        if self.is_backup {
            return self.finish_backup().map_err(|why| self.machine(why));
        }
        match self.existing {
            Existing::Replaced => {
                rustix::fs::renameat(&self.folder, &self.beside, &self.folder, &self.name)
            }
            Existing::Kept => self.take_free_name(),
        }
        .map_err(|error| match error {
            Errno::EXIST => self.unfit(Unfit::There),
            error => self.machine(error.into()),
        })?;
        self.file = None;
        // Some file systems keep no folders in need of that.
        match rustix::fs::fsync(&self.folder) {
            Ok(()) | Err(Errno::INVAL | Errno::NOSYS) => Ok(()),
            Err(error) => Err(self.machine(error.into())),
        }
    }

    fn finish_backup(&mut self) -> io::Result<()> {
        std::fs::rename(self.beside(), &self.path)?;
        self.file = None;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Gives it its name unless there is one, where the file system can tell in one step.
    fn take_free_name(&self) -> Result<(), Errno> {
        let (folder, none) = (&self.folder, AtFlags::empty());
        match rustix::fs::linkat(folder, &self.beside, folder, &self.name, none) {
            Ok(()) => rustix::fs::unlinkat(folder, &self.beside, none),
            Err(Errno::EXIST) => Err(Errno::EXIST),
            // No links on a stick; whether the name is free was looked at just now.
            Err(_) => rustix::fs::renameat(folder, &self.beside, folder, &self.name),
        }
    }

    fn machine(&self, why: io::Error) -> NotWritten {
        NotWritten::Machine { path: self.path.clone(), why }
    }

    fn unfit(&self, why: Unfit) -> NotWritten {
        NotWritten::Unfit { path: self.path.clone(), why }
    }

    fn look(&self, at: impl rustix::path::Arg) -> Result<Option<Stat>, NotWritten> {
        match rustix::fs::statat(&self.folder, at, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.machine(error.into())),
        }
    }

    /// Whether the place will do.
    fn fits(&self) -> Result<(), NotWritten> {
        let found = self.look(&self.name)?;
        let why = match found.map(|found| FileType::from_raw_mode(found.st_mode)) {
            Some(FileType::Directory) => Some(Unfit::Folder),
            _ if self.in_a_station()? => Some(Unfit::Station),
            None => None,
            Some(FileType::Symlink) => Some(Unfit::Link),
            Some(FileType::RegularFile) if self.existing == Existing::Kept => Some(Unfit::There),
            Some(FileType::RegularFile) if !self.is_backup && self.holds_a_backup() => {
                Some(Unfit::Backup)
            }
            Some(FileType::RegularFile) => None,
            Some(_) => Some(Unfit::Special),
        };
        why.map_or(Ok(()), |why| Err(self.unfit(why)))
    }

    /// Whether this folder, or one above it, is the data folder of a station, as its file tells. A
    /// backup may be among its backups.
    fn in_a_station(&self) -> Result<bool, NotWritten> {
        let place = |found: &Stat| (found.st_dev, found.st_ino);
        let mut up = PathBuf::from(".");
        let mut below = None;
        loop {
            let here = self.look(&up)?.map(|found| place(&found));
            // The root is its own parent.
            if here == below {
                return Ok(false);
            }
            if self.look(up.join(STATION_FILE))?.is_some() {
                break;
            }
            below = here;
            up.push("..");
        }
        let here = self.look(".")?.map(|found| place(&found));
        let backups = self.look(up.join(BACKUP_DIR))?.map(|found| place(&found));
        let among_backups = self.is_backup
            && here == backups
            && self.path.extension().is_some_and(|ending| ending == BACKUP_EXTENSION);
        Ok(!among_backups)
    }

    fn holds_a_backup(&self) -> bool {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut head = [0; BACKUP_MAGIC.len()];
        let file = rustix::fs::openat(&self.folder, &self.name, flags, Mode::empty());
        let read = file.map(|file| File::from(file).read_exact(&mut head));
        matches!(read, Ok(Ok(()))) && head == *BACKUP_MAGIC
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = rustix::fs::unlinkat(&self.folder, &self.beside, AtFlags::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn why(path: &Path, existing: Existing) -> Option<Unfit> {
        match NewFile::begin(path, existing) {
            Err(NotWritten::Unfit { why, .. }) => Some(why),
            Err(error) => panic!("{error}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn what_is_not_finished_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut file = NewFile::begin(&path, Existing::Replaced).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut file = NewFile::begin(&path, Existing::Replaced).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(why(folder.path(), Existing::Replaced), Some(Unfit::Folder));
    }

    #[test]
    fn only_a_regular_file_of_nobodys_station_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("letter"), "dear").unwrap();
        symlink(at("letter"), at("link")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        fs::write(at("old.yzb"), [BACKUP_MAGIC.as_slice(), b"rest"].concat()).unwrap();
        fs::create_dir_all(at("data/journal")).unwrap();
        fs::create_dir_all(at("data/backup")).unwrap();
        fs::write(at("data").join(STATION_FILE), "").unwrap();
        symlink(at("data/journal"), at("innocent")).unwrap();
        for (name, expected) in [
            ("letter", None),
            ("new", None),
            ("link", Some(Unfit::Link)),
            ("dangling", Some(Unfit::Link)),
            ("socket", Some(Unfit::Special)),
            ("old.yzb", Some(Unfit::Backup)),
            ("data/new", Some(Unfit::Station)),
            ("data/journal/1", Some(Unfit::Station)),
            ("data/backup/x.yzb", Some(Unfit::Station)),
            ("innocent/1", Some(Unfit::Station)),
            ("data/../letter", None),
        ] {
            assert_eq!(why(&at(name), Existing::Replaced), expected, "{name}");
        }
        assert_eq!(why(&at("letter"), Existing::Kept), Some(Unfit::There));
        for (name, fits) in [
            ("data/backup/x.yzb", true),
            ("old.yzb", true),
            ("data/backup/x", false),
            ("data/x.yzb", false),
            ("data/journal/x.yzb", false),
        ] {
            assert_eq!(NewFile::backup(&at(name)).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn a_name_taken_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = NewFile::begin(&path, Existing::Kept).unwrap();
        symlink("elsewhere", &path).unwrap();
        assert!(file.finish().is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::remove_file(&path).unwrap();
        let mut file = NewFile::begin(&path, Existing::Kept).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
