//! Fresh folders that only this user may enter, and the copy of a package that is verified and run: it lies alone in such a
//! folder, so that nothing beside it is loaded with it, and it is held open from before its verification until after its
//! end, on Windows so that nobody else can write or rename it meanwhile.

use iscdesk::upgrade::staging::{HELPER, RUN};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What a folder is for. Its name begins so, by which what a killed helper left is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Helper,
    Package,
}

impl Use {
    fn prefix(self) -> &'static str {
        match self {
            Use::Helper => HELPER,
            Use::Package => RUN,
        }
    }
}

pub fn folder(parent: &Path, what_for: Use) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(what_for.prefix());
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Removes what earlier helpers left behind, but not `own`. An error: an installer there is still running. (A helper that
/// is just being started loses its folder as well, finds that out, and looks again who is at work.)
pub fn sweep(parent: &Path, own: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_for = |what_for: Use| name.to_string_lossy().starts_with(what_for.prefix());
        if !entry.file_type()?.is_dir() || entry.path() == own {
            continue;
        }
        if is_for(Use::Package) {
            std::fs::remove_dir_all(entry.path())?;
        } else if is_for(Use::Helper) {
            // What cannot be removed now will be another time.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

pub struct PrivateCopy {
    // Closed before the folder goes: Windows removes no open file.
    file: File,
    path: PathBuf,
    folder: TempDir,
}

impl PrivateCopy {
    /// Copies at most `size` bytes and one more, by which a longer file shows.
    pub fn make(package: &Path, size: u64, parent: &Path) -> io::Result<PrivateCopy> {
        let name = package.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = folder(parent, Use::Package)?;
        let path = folder.path().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o500);
        let mut copy = options.open(&path)?;
        io::copy(
            &mut File::open(package)?.take(size.saturating_add(1)),
            &mut copy,
        )?;
        copy.flush()?;
        copy.sync_all()?;
        drop(copy);
        Ok(PrivateCopy {
            file: held(&path)?,
            path,
            folder,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What is verified is this very file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

fn held(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    /// Others may read it, and run it.
    #[cfg(windows)]
    const FILE_SHARE_READ: u32 = 1;
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, FILE_SHARE_READ);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lies_alone_and_goes_with_its_folder() {
        let parent = TempDir::new().unwrap();
        let package = parent.path().join("package");
        std::fs::write(&package, "installer").unwrap();
        let mut copy = PrivateCopy::make(&package, 9, parent.path()).unwrap();
        let mut text = String::new();
        copy.file().read_to_string(&mut text).unwrap();
        assert_eq!(text, "installer");
        assert_eq!(std::fs::read_dir(copy.folder()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(copy.folder()), 0o700);
            assert_eq!(mode(copy.path()), 0o500);
        }
        let folder = copy.folder().to_owned();
        drop(copy);
        assert!(!folder.exists());
    }

    #[test]
    fn a_longer_package_shows_as_longer_and_no_more_is_copied() {
        let parent = TempDir::new().unwrap();
        let package = parent.path().join("package");
        std::fs::write(&package, vec![1; 1000]).unwrap();
        let copy = PrivateCopy::make(&package, 9, parent.path()).unwrap();
        assert_eq!(std::fs::metadata(copy.path()).unwrap().len(), 10);
    }

    #[test]
    fn only_what_helpers_left_is_swept_away() {
        let parent = TempDir::new().unwrap();
        for name in ["helper-own", "helper-old", "run-old", "other"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
            std::fs::write(parent.path().join(name).join("x"), "x").unwrap();
        }
        std::fs::write(parent.path().join("run-file"), "x").unwrap();
        sweep(parent.path(), &parent.path().join("helper-own")).unwrap();
        let mut left: Vec<_> = std::fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["helper-own", "other", "run-file"]);
    }
}
