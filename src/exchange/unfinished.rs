//! A file being written: it takes its place when it is whole, and until then nothing is lost.

use super::FileTrouble;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file being written beside its place. Dropped before it is finished, it goes away.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    beside: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Unfinished {
    /// Begins a file only its owner may read.
    ///
    /// # Errors
    /// When it cannot be made there.
    pub fn begin(path: &Path) -> Result<Self, FileTrouble> {
        if path.is_dir() {
            return Err(FileTrouble::Folder(path.display().to_string()));
        }
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".part");
        let beside = path.with_file_name(name);
        let file = private(&beside).map_err(|error| FileTrouble::of(path, &error))?;
        Ok(Self { path: path.to_path_buf(), beside, file: Some(BufWriter::new(file)) })
    }

    /// Brings it onto the disk and into its place.
    ///
    /// # Errors
    /// When the machine cannot; what was there before is then still there.
    pub fn finish(mut self) -> Result<(), FileTrouble> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let placed = file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.path));
        placed.map_err(|error| {
            let _ = fs::remove_file(&self.beside);
            FileTrouble::of(&self.path, &error)
        })
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut file = Unfinished::begin(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut file = Unfinished::begin(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(matches!(Unfinished::begin(folder.path()), Err(FileTrouble::Folder(_))));
    }
}
