//! What can go wrong while a package is made: each with what was being done, for the person who runs it.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot start {tool}: {source}")]
    Start { tool: String, source: io::Error },
    #[error("{tool} failed ({status}):\n{said}")]
    Tool {
        tool: String,
        status: String,
        said: String,
    },
    #[error("{tool} says nothing of {what}")]
    Silent { tool: &'static str, what: String },
    #[error("{} is no {what}: {reason}", path.display())]
    Format {
        path: PathBuf,
        what: &'static str,
        reason: String,
    },
    #[error("{package} ({licence}) ships no licence text; it may not be handed out without one")]
    NoLicenceText { package: String, licence: String },
    #[error("no licence text of {owner}: {hint}")]
    NoRuntimeLicence {
        owner: &'static str,
        hint: &'static str,
    },
    #[error("{template}: nothing is known to fill in for @{name}@")]
    Template {
        template: &'static str,
        name: String,
    },
    #[error("SOURCE_DATE_EPOCH is no number of seconds: {0:?}")]
    Epoch(String),
    #[error("--documented-names: only the Windows library has documented file names, not {0}")]
    NoDocumentedName(&'static str),
    #[error("an archive holds {0:?} twice")]
    Twice(String),
    #[error("cannot write an archive: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl Error {
    /// Adds to a failed file operation which one and where.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File {
            doing,
            path,
            source,
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;

pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::file("read", path))
}
