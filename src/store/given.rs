//! Files that somebody gave to the program, licence files above all: read whole, never waited for, of sane size. In scope
//! machine only those of the administrator count, since ordinary users may write in the same folder.

use super::vetting::{rights_of_open, survey, vet, vet_file};
use super::{Scope, files};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// At most one byte more than `max_bytes`, so that the caller sees what is too long. The text says why not.
pub fn read_given(path: &Path, max_bytes: usize, scope: Scope) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| error.to_string();
    let file = open(path, scope).map_err(told)?;
    let metadata = file.metadata().map_err(told)?;
    if !metadata.is_file() {
        return Err("is not a file".into());
    }
    if scope == Scope::Machine {
        vet_folder(path)?;
        vet_file(&rights_of_open(&file).map_err(told)?)?;
    }
    let mut bytes = Vec::new();
    let limit = max_bytes as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// A user may link his own licence file; in scope machine a link leads out of what was vetted.
fn open(path: &Path, scope: Scope) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    match scope {
        Scope::Machine => files::no_surprises(&mut options),
        Scope::User => without_waiting(&mut options),
    }
    options.open(path)
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_NONBLOCK);
}

#[cfg(windows)]
fn without_waiting(_: &mut OpenOptions) {}

fn vet_folder(path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let chain = survey(folder).map_err(|error| error.to_string())?;
    vet(&chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lic");
        std::fs::write(&path, "12345").unwrap();
        let read = |limit| read_given(&path, limit, Scope::User).unwrap().len();
        assert_eq!((read(5), read(4), read(3)), (5, 5, 4));
        assert!(read_given(&dir.path().join("b"), 5, Scope::User).is_err());
        assert!(read_given(dir.path(), 5, Scope::User).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for_and_links_are_the_users_own_business() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(read_given(&pipe, 5, Scope::User).is_err());
        let (target, link) = (dir.path().join("a"), dir.path().join("link"));
        std::fs::write(&target, "1").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(read_given(&link, 5, Scope::User).is_ok());
        assert!(read_given(&link, 5, Scope::Machine).is_err());
    }
}
