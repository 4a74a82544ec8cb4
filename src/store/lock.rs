//! Locks between processes: `<state>.lock` for writing, `<state>.check` for today's check.
//!
//! The operating system's own file locks, so a process that dies leaves none behind. They are asked for, never waited
//! for: the caller polls with its own deadline. The lock files are empty and stay for ever; removing one would let two
//! processes hold "the" lock on two files of the same name.

use super::storage_error;
use crate::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    /// The process that took it.
    owner: u32,
}

impl Lock {
    /// `None` where somebody else, in this process or another, holds it.
    pub(crate) fn try_take(path: PathBuf, shared: bool) -> Result<Option<Lock>, Error> {
        let file = open_lock_file(&path, shared)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock {
                file,
                path,
                owner: std::process::id(),
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(storage_error(e, &path)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A forked child shares the lock. While it lives, closing our descriptor would not release it; and when it
        // drops its copy, it must not release ours.
        if self.owner == std::process::id() {
            let _ = self.file.unlock();
        }
    }
}

/// The file of a lock, made if missing; `shared`: for all users.
pub fn open_lock_file(path: &Path, shared: bool) -> Result<File, Error> {
    open(path, shared).map_err(|e| storage_error(e, path))
}

/// Opens first and makes only what is missing: in a sticky folder Linux refuses "open or make" on another user's file.
fn open(path: &Path, shared: bool) -> io::Result<File> {
    let mut attempts = 0;
    loop {
        let answer = match existing(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => make(path, shared),
            other => other,
        };
        attempts += 1;
        match answer {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && attempts < 3 => {}
            Ok(file) if !file.metadata()?.is_file() => {
                return Err(io::Error::other("it is not a regular file"));
            }
            other => return other,
        }
    }
}

fn existing(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    super::files::no_surprises(&mut options);
    options.open(path)
}

fn make(path: &Path, shared: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    super::files::owner_only(&mut options);
    let file = options.open(path)?;
    super::files::share(&file, shared)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_lives_on_elsewhere_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        let lock = Lock::try_take(path.clone(), false).unwrap().unwrap();
        // What a forked child would hold.
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(Lock::try_take(path, false).unwrap().is_some());
        drop(inherited);
    }

    #[test]
    fn a_forked_childs_copy_does_not_release_the_lock_when_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        let lock = Lock::try_take(path.clone(), false).unwrap().unwrap();
        let copy = Lock {
            file: lock.file.try_clone().unwrap(),
            path: path.clone(),
            owner: lock.owner.wrapping_add(1),
        };
        drop(copy);
        assert!(Lock::try_take(path, false).unwrap().is_none());
    }
}
