//! `install.json`: the progress of a silent installation, as the ISCDesk client reads it.
//!
//! The client polls the file while the installer writes it, so a reader must never find it empty or half written: each
//! report is a new file beside it, flushed, then renamed over the old one. Windows refuses that while a reader holds the
//! old file open; the reader is soon done, so the rename is tried again for a while.

use crate::platform::{fresh, held};
use crate::{Error, Status};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempPath;

/// Writes one report: percent (100 = finished) and the reason of a failure, if there is one.
///
/// Blocks for as long as the disk takes, and for at most 2 s more where another program holds the file.
pub fn report(path: &Path, percent: u32, error_message: Option<&str>) -> Result<(), Error> {
    let system = System {
        rename: &|new, old| fs::rename(new, old),
        is_held: &held::is_held,
        sleep: &std::thread::sleep,
    };
    report_on(&system, path, percent, error_message)
}

/// What the system does, so that tests can stand in for it.
struct System<'a> {
    rename: &'a Rename<'a>,
    is_held: &'a dyn Fn(&io::Error) -> bool,
    sleep: &'a dyn Fn(Duration),
}

type Rename<'a> = dyn Fn(&Path, &Path) -> io::Result<()> + 'a;

fn report_on(
    system: &System,
    path: &Path,
    percent: u32,
    error_message: Option<&str>,
) -> Result<(), Error> {
    if percent > 100 {
        let text = format!("{percent} is more than 100 percent");
        return Err(Error::argument(text));
    }
    let folder = folder_of(path)?;
    let content = content(percent, error_message.unwrap_or_default());
    let new = write_beside(&folder, path, &content).map_err(|e| refused(path, &e))?;
    replace(system, new, path)
}

fn content(percent: u32, error_message: &str) -> String {
    let status = u32::from(percent == 100);
    // A JSON string of its own, so that quotes and line ends in the reason are escaped.
    let message = serde_json::Value::from(error_message);
    format!(r#"{{"status":{status},"progress":{percent},"errorMsg":{message}}}"#)
}

fn folder_of(path: &Path) -> Result<PathBuf, Error> {
    if path.as_os_str().is_empty() {
        return Err(Error::argument("the path of the progress file is empty"));
    }
    let shown = path.display();
    let ends_open = path.to_string_lossy().ends_with(std::path::is_separator);
    let (Some(_), Some(folder)) = (path.file_name(), path.parent()) else {
        return Err(Error::argument(format!("{shown} names no file")));
    };
    if ends_open || path.is_dir() {
        return Err(Error::argument(format!("{shown} is a folder, not a file")));
    }
    if folder.as_os_str().is_empty() {
        return Ok(PathBuf::from("."));
    }
    Ok(folder.to_owned())
}

/// A complete, flushed file of a name of its own in the same folder, so that the rename stays within one volume. It is
/// made like any new file, not private as temporary files are: the progress is for others to read.
fn write_beside(folder: &Path, old: &Path, content: &str) -> io::Result<TempPath> {
    let mut new = fresh::create(folder, ".install-", ".tmp", |name| File::create_new(name))?;
    new.write_all(content.as_bytes())?;
    keep_permissions(old, new.path())?;
    new.as_file().sync_all()?;
    Ok(new.into_temp_path())
}

/// Whoever could read the old file can read the new one.
#[cfg(unix)]
fn keep_permissions(old: &Path, new: &Path) -> io::Result<()> {
    match fs::metadata(old) {
        Ok(old) => fs::set_permissions(new, old.permissions()),
        Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn keep_permissions(_old: &Path, _new: &Path) -> io::Result<()> {
    Ok(())
}

/// `std`'s rename rather than `tempfile`'s: on Windows it also replaces a file that readers hold but let be deleted.
fn replace(system: &System, mut new: TempPath, old: &Path) -> Result<(), Error> {
    let rename = || (system.rename)(&new, old);
    let is_held = |error: &io::Error| (system.is_held)(error) && !is_read_only(old);
    match held::until_free(rename, is_held, system.sleep) {
        Ok(()) => {
            new.disable_cleanup(true);
            Ok(())
        }
        Err(error) if is_held(&error) => Err(busy(old, &error)),
        Err(error) => Err(refused(old, &error)),
    }
}

/// Windows denies access to such a file for good; elsewhere this is not asked.
fn is_read_only(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().readonly())
}

fn refused(path: &Path, error: &io::Error) -> Error {
    let text = format!("cannot write {}: {error}", path.display());
    match error.kind() {
        ErrorKind::InvalidInput => Error::argument(text),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Error::storage(Status::StorageDenied, text)
        }
        ErrorKind::NotFound => {
            let text = format!("the folder of {} does not exist", path.display());
            Error::storage(Status::Storage, text)
        }
        _ => Error::storage(Status::Storage, text),
    }
}

fn busy(path: &Path, error: &io::Error) -> Error {
    let text = format!("another program holds {}: {error}", path.display());
    Error::storage(Status::StorageBusy, text)
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
