//! How the helper knows that no process of the product runs any more: `<state>.running`.
//!
//! Every process that has a client with a feed holds a shared lock on this file from `isc_init` until the process ends,
//! however it ends; the helper waits for the exclusive one. It is kept beyond shutdown on purpose, as the program's own
//! files are in use until its end: one descriptor per product, given back by the operating system alone, so also beyond the
//! unloading of this library. A forked child shares it, and the installer waits for the child as well.

use crate::Error;
use crate::store;
use crate::sync::{Mutex, lock};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// What this process holds. Never emptied.
static HELD: Mutex<Vec<(PathBuf, File)>> = Mutex::new(Vec::new());

/// Holds the shared lock until the process ends. False where an installer is at work: the caller may ask again.
pub fn hold(path: &Path, shared_folder: bool) -> Result<bool, Error> {
    let mut held = lock(&HELD);
    if held.iter().any(|(known, _)| known == path) {
        return Ok(true);
    }
    let file = store::open_lock_file(path, shared_folder)?;
    match file.try_lock_shared() {
        Ok(()) => {
            held.push((path.to_owned(), file));
            Ok(true)
        }
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(store::storage_error(error, path)),
    }
}

/// The exclusive lock, for the helper: None while a process of the product runs. Held until dropped.
pub fn try_alone(path: &Path) -> Result<Option<store::Lock>, Error> {
    store::Lock::try_take(path.to_owned(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_alone_while_a_process_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.isclic.running");
        let alone = try_alone(&path).unwrap().unwrap();
        assert_eq!(hold(&path, false), Ok(false));
        drop(alone);
        assert_eq!(hold(&path, false), Ok(true));
        assert_eq!(hold(&path, false), Ok(true), "once per process");
        assert!(try_alone(&path).unwrap().is_none());
        let other = store::open_lock_file(&path, false).unwrap();
        assert!(
            other.try_lock_shared().is_ok(),
            "another process of the product"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_is_started_does_not_inherit_it() {
        use std::os::fd::AsRawFd;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.isclic.running");
        assert_eq!(hold(&path, false), Ok(true));
        let held = lock(&HELD);
        let (_, file) = held.iter().find(|(known, _)| *known == path).unwrap();
        // SAFETY: asks for the flags of a descriptor that is open.
        let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFD) };
        assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
    }
}
