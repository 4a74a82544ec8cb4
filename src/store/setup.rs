//! `iscdesk setup --machine`: the folder that all users of a machine share, made by an administrator.
//!
//! What is there already must pass [`vet`] as it is, and is never taken over: it may hold what an ordinary user put there.
//! Made twice it is as if made once.

use super::paths::chosen_dir;
use super::vetting::{survey, vet};
use super::{Location, no_folder, storage_error};
use crate::{Error, Status};
use std::io;
use std::path::{Path, PathBuf};

/// Makes the folder and its missing parents, and gives the folder the rights that scope machine needs. `Already`: all of
/// it was there.
pub fn machine_folder(location: &Location) -> Result<(PathBuf, Status), Error> {
    let dir = chosen_dir(location).ok_or_else(no_folder)?;
    let mut missing = Vec::new();
    for ancestor in dir.ancestors() {
        match ancestor.symlink_metadata() {
            Ok(_) => {
                judge(ancestor)?;
                break;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => missing.push(ancestor),
            Err(e) => return Err(storage_error(e, ancestor)),
        }
    }
    for folder in missing.iter().rev() {
        system::make(folder, *folder == dir).map_err(|e| not_allowed(e, folder))?;
    }
    system::mark(&dir).map_err(|e| not_allowed(e, &dir))?;
    judge(&dir)?;
    let status = match missing.is_empty() {
        true => Status::Already,
        false => Status::Ok,
    };
    Ok((dir, status))
}

fn judge(folder: &Path) -> Result<(), Error> {
    let chain = survey(folder).map_err(|e| storage_error(e, folder))?;
    vet(&chain).map_err(|why| Error::storage(Status::StorageDenied, why))
}

/// Windows' own word for it differs from that of a file without permission.
const INVALID_OWNER: i32 = 1307;

fn not_allowed(error: io::Error, folder: &Path) -> Error {
    let is_owner = cfg!(windows) && error.raw_os_error() == Some(INVALID_OWNER);
    if error.kind() != io::ErrorKind::PermissionDenied && !is_owner {
        return storage_error(error, folder);
    }
    let administrator = if cfg!(windows) {
        "an administrator in an elevated window"
    } else {
        "root"
    };
    let text = format!("{}: only {administrator} can make it", folder.display());
    Error::storage(Status::StorageDenied, text)
}

#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, Permissions, set_permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    use std::path::Path;

    /// Everybody makes files, nobody removes those of others.
    const SHARED: u32 = 0o1777;
    const READ_BY_ALL: u32 = 0o755;

    /// Narrow first, so that nobody is in it before it is sticky.
    pub fn make(path: &Path, is_last: bool) -> io::Result<()> {
        DirBuilder::new().mode(READ_BY_ALL).create(path)?;
        match is_last {
            true => Ok(()),
            // Whatever the umask.
            false => set_permissions(path, Permissions::from_mode(READ_BY_ALL)),
        }
    }

    pub fn mark(path: &Path) -> io::Result<()> {
        set_permissions(path, Permissions::from_mode(SHARED))
    }
}

#[cfg(windows)]
mod system {
    use crate::platform::access::{SDDL_FOLDER, SDDL_PARENT, make_folder, mark_folder};
    use std::io;
    use std::path::Path;

    pub fn make(path: &Path, is_last: bool) -> io::Result<()> {
        make_folder(path, if is_last { SDDL_FOLDER } else { SDDL_PARENT })
    }

    pub fn mark(path: &Path) -> io::Result<()> {
        mark_folder(path, SDDL_FOLDER)
    }
}
