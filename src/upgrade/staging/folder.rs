//! Whose the staging folder is. Whoever writes it could lead the helper to a plan of his own, so it is made for its owner
//! alone, and one that is there already is looked at before anything in it is believed.

use super::{SUFFIX, Staging, with_suffix};
use crate::store::{Scope, storage_error};
use crate::{Error, Status};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

impl Staging {
    /// The folder that belongs to a state file. Nothing is made yet.
    pub fn beside(state: &Path) -> Staging {
        Staging {
            dir: with_suffix(state, SUFFIX),
        }
    }

    /// A folder that is there and this user's alone to write: the helper's way in.
    pub fn open(dir: &Path) -> Result<Staging, Error> {
        let dir = std::path::absolute(dir).map_err(|e| storage_error(e, dir))?;
        let staging = Staging { dir };
        if staging.state().is_none() {
            let text = format!("{} is no staging folder", staging.dir.display());
            return Err(Error::argument(text));
        }
        staging.vet()?;
        Ok(staging)
    }

    /// Makes the folder if it is missing, and looks whose it is. In scope machine only an administrator may: an ordinary user
    /// could make one in the sticky folder of the state, but it would be his.
    pub fn prepare(&self, scope: Scope) -> Result<(), Error> {
        if scope == Scope::Machine && !crate::platform::process::may_be_administrator() {
            return Err(Error::storage(
                Status::StorageDenied,
                "upgrades of a program for all users are the administrator's",
            ));
        }
        match make(&self.dir, scope) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => other.map_err(|e| storage_error(e, &self.dir))?,
        }
        self.vet()
    }

    /// Nor a link, which could lead anywhere.
    fn vet(&self) -> Result<(), Error> {
        let failed = |e| storage_error(e, &self.dir);
        let facts = fs::symlink_metadata(&self.dir).map_err(failed)?;
        let why = match facts.is_dir() {
            false => Some("is not a folder".into()),
            true => foreign(&self.dir, &facts).map_err(failed)?,
        };
        match why {
            None => Ok(()),
            Some(why) => Err(Error::storage(
                Status::StorageDenied,
                format!("{} {why}", self.dir.display()),
            )),
        }
    }
}

#[cfg(unix)]
fn make(dir: &Path, scope: Scope) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mode = match scope {
        Scope::User => 0o700,
        Scope::Machine => 0o755,
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(scope == Scope::User).mode(mode);
    builder.create(dir)
}

#[cfg(unix)]
fn foreign(_: &Path, facts: &Metadata) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let writable = facts.mode() & 0o022 != 0;
    Ok(match facts.uid() == crate::platform::process::user() {
        false => Some("belongs to another user".into()),
        true => writable.then(|| "can be written by other users".into()),
    })
}

/// In scope user with an access list of its own: a data folder elsewhere than in the profile may pass on more than it should.
/// In scope machine what it inherits is right: see `iscdesk setup --machine`.
#[cfg(windows)]
fn make(dir: &Path, scope: Scope) -> io::Result<()> {
    use crate::platform::access;
    if scope == Scope::Machine {
        return fs::create_dir(dir);
    }
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    access::make_folder(dir, &access::sddl_private(&access::user()?))
}

#[cfg(windows)]
fn foreign(dir: &Path, facts: &Metadata) -> io::Result<Option<String>> {
    use crate::platform::access;
    use std::os::windows::fs::MetadataExt;
    use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_REPARSE_POINT;
    if facts.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Ok(Some("leads to another folder".into()));
    }
    let folder = access::open_for_reading_rights(dir)?;
    Ok(access::of(&folder)?.not_private_to(&access::user()?))
}
