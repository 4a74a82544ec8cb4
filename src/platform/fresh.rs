//! A new file under a name that nobody else has.
//!
//! `tempfile`'s own choice of names asks for the current thread, for which std leaves a destructor on the thread. Those
//! are the host's threads here: the destructor would run when such a thread ends, also after the library was unloaded.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// Names tried before giving up: two equal ones are a matter of chance, or of an attacker who fills the folder.
const ATTEMPTS: u32 = 64;

/// Makes a file by `make`, which must refuse a name that is taken.
pub fn create(
    folder: &Path,
    prefix: &str,
    suffix: &str,
    make: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<NamedTempFile> {
    let mut refused = None;
    for attempt in 0..ATTEMPTS {
        // Its keys come from the system's random numbers, and each has others.
        let chance = RandomState::new().hash_one((std::process::id(), attempt));
        let path = folder.join(format!("{prefix}{chance:016x}{suffix}"));
        match make(&path) {
            Ok(file) => {
                return Ok(NamedTempFile::from_parts(
                    file,
                    TempPath::try_from_path(path)?,
                ));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| ErrorKind::AlreadyExists.into()))
}

/// For [`create`]: readable by its owner only.
pub fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn names_differ_and_files_go_with_their_handles() {
        let folder = tempfile::tempdir().unwrap();
        let make = || create(folder.path(), "a.", ".tmp", private).unwrap();
        let (one, other) = (make(), make());
        assert_ne!(one.path(), other.path());
        let name = one.path().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a.") && name.ends_with(".tmp"));
        drop((one, other));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = create(folder.path(), "a", "b", private).unwrap();
        let mode = file.as_file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_taken_name_is_followed_by_another_and_any_other_error_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let calls = Cell::new(0);
        let made = create(folder.path(), "", "", |path| {
            calls.set(calls.get() + 1);
            if calls.get() < 3 {
                return Err(ErrorKind::AlreadyExists.into());
            }
            private(path)
        });
        assert!(made.is_ok());
        assert_eq!(calls.get(), 3);
        let refused = create(
            folder.path(),
            "",
            "",
            |_| Err(ErrorKind::StorageFull.into()),
        );
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::StorageFull);
        let taken = create(folder.path(), "", "", |_| {
            Err(ErrorKind::AlreadyExists.into())
        });
        assert_eq!(taken.unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
}
