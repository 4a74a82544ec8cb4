//! Secrets never come from the command line, which every user of the computer can read: they come from a file that is
//! named there, or from an environment variable.

use iscdesk::{Cause, Error, Status};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub const HELP: &str = "\
Secrets are never taken from the command line, which every user of a computer can read. They come from the options file,
or from a file named here, or from the environment: ISCDESK_SECRET_KEY, ISCDESK_BEARER_TOKEN, ISCDESK_STATE_SECRET.";

/// A secret from the file, else from the environment variable; None where there is neither.
pub fn read(file: Option<&PathBuf>, variable: &str) -> Result<Option<Zeroizing<String>>, Error> {
    match file {
        Some(path) => read_file(path).map(Some),
        None => read_variable(variable),
    }
}

/// Without the line end that editors leave behind.
fn read_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    let bytes = bytes.map_err(|e| fault(format!("{}: {e}", path.display())))?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| fault(format!("{}: is not UTF-8 text", path.display())))?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn read_variable(variable: &str) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.into_string();
    text.map(|text| Some(Zeroizing::new(text)))
        .map_err(|_| fault(format!("{variable}: is not UTF-8 text")))
}

fn fault(text: String) -> Error {
    Error::new(Status::Config, Cause::Config, text)
}
