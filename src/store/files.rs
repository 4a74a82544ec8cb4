//! Opening and reading files that somebody else may have put there: no link is followed, no pipe is waited for, nothing
//! but a regular file of sane size is read.

use super::facts::FileStamp;
use super::format::{self, Payload, Refusal};
use super::storage_failure;
use crate::Error;
use crate::platform::held::{self, Patience};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// What lies under the name of a state file.
#[derive(Debug)]
pub(super) enum Found {
    Missing,
    /// The bytes are kept: a writer may have to copy them.
    Valid(Box<Payload>, Vec<u8>),
    Damaged(&'static str),
    NoSecret,
    Newer(u8),
    NotAFile,
    Unreadable(io::Error),
}

/// What was found, and the outside of exactly that file.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) found: Found,
    pub(super) file: Option<FileStamp>,
}

pub(super) fn read(path: &Path, secrets: &[String]) -> Reading {
    reading(path, secrets, open_regular(path))
}

/// The same, but waits for a program that has the file open and shares it with nobody.
pub(super) fn read_patiently(path: &Path, secrets: &[String], patience: Patience) -> Reading {
    let opened = held::until_shared(patience, || open_regular(path));
    reading(path, secrets, opened)
}

fn reading(path: &Path, secrets: &[String], opened: io::Result<Option<File>>) -> Reading {
    match opened {
        Ok(Some(file)) => read_open(file, secrets),
        Ok(None) => outside(path, Found::NotAFile),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Reading {
            found: Found::Missing,
            file: None,
        },
        Err(e) => outside(path, Found::Unreadable(e)),
    }
}

impl Reading {
    /// The system shows it to nobody, or not to us, or another program has it open and shares it with nobody.
    pub(super) fn unread(&self, path: &Path) -> Option<Error> {
        match &self.found {
            Found::Unreadable(e) => Some(storage_failure(e, path)),
            _ => None,
        }
    }
}

fn read_open(file: File, secrets: &[String]) -> Reading {
    let stamp = file.metadata().ok().map(|m| FileStamp::of(&m));
    let mut bytes = Vec::new();
    let read = file
        .take(format::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes);
    let found = match read {
        Err(e) => Found::Unreadable(e),
        Ok(_) => match format::open(&bytes, secrets) {
            Ok(payload) => Found::Valid(Box::new(payload), bytes),
            Err(Refusal::Damaged(reason)) => Found::Damaged(reason),
            Err(Refusal::NoSecret) => Found::NoSecret,
            Err(Refusal::Newer(version)) => Found::Newer(version),
        },
    };
    Reading { found, file: stamp }
}

fn outside(path: &Path, found: Found) -> Reading {
    let file = path.symlink_metadata().ok().map(|m| FileStamp::of(&m));
    Reading { found, file }
}

/// `None` where something that is not a regular file has the name.
fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true);
    no_surprises(&mut options);
    match options.open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Ok(None),
        // A link, or a folder on Windows, is refused already here.
        Err(e) => match path.symlink_metadata() {
            Ok(m) if !m.is_file() => Ok(None),
            _ => Err(e),
        },
    }
}

/// No link is followed and opening does not wait for the other end of a pipe.
#[cfg(unix)]
pub(super) fn no_surprises(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
}

/// A link is opened as itself, and then is no regular file.
#[cfg(windows)]
pub(super) fn no_surprises(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt;
    options.custom_flags(windows_sys::Win32::Storage::FileSystem::FILE_FLAG_OPEN_REPARSE_POINT);
}

/// A file made with these options is its owner's alone. (On Windows the folder's access list says so.)
pub(super) fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(windows)]
    let _ = options;
}

/// In scope machine every user reads and writes the state, whatever the umask or the folder's access list.
pub(super) fn share(file: &File, shared: bool) -> io::Result<()> {
    #[cfg(unix)]
    if shared {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o666))?;
    }
    #[cfg(windows)]
    if shared {
        crate::platform::access::share(file)?;
    }
    Ok(())
}
