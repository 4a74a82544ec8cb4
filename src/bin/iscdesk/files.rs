//! Files that a person named: read with the name in the error, written so that nothing is lost.

use iscdesk::{Error, Status};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| failed(path, &e))
}

/// Never replaces a file: it may be the only key, or the only copy of a request.
pub fn write_new(path: &Path, text: &str, private: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(|e| failed(path, &e))
}

/// In one step, so that who reads at the same time, a web server for example, finds the old file or the new one.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let mut beside = tempfile::Builder::new();
    beside.prefix(".iscdesk-");
    // For everybody to read, as far as the umask allows: temporary files are else their owner's alone.
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let written = beside.tempfile_in(folder_of(path)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|e| e.error)
    });
    written.map_err(|e| failed(path, &e))
}

/// The folder a file lies in; of a bare name, the current one.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

pub fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::storage(Status::Storage, format!("{}: {error}", path.display()))
}
