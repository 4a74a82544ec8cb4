//! The folder in which the library hands a package over to the helper: `<state>.upgrade`, beside the state file.
//!
//! | name | says | written by |
//! |---|---|---|
//! | `download.lock`, `helper.lock` | one process downloads, one helper is at work | |
//! | `<version>.part`, `<version>.part.json` | a download and what it is a part of | library |
//! | `package-<version>` (`.exe` on Windows) | the whole package, verified | library |
//! | `feed.json`, `feed.json.minisig` | the feed as it was verified | library |
//! | `plan.json` | [`Plan`], last of all: with it the package is staged | library |
//! | `attempts.json`, `result.json` | [`Attempts`], [`Outcome`] | helper |
//! | `installer.lock` | an installer is at work, also one whose helper was killed | |
//! | `helper-…`, `run-…` | the copies of helper and package that run | helper |
//! | `install.json` | progress: see [`crate::install`] | helper, installer |
//!
//! Small files are replaced in one step. The folder is its owner's alone; in scope machine the administrator's, whom others
//! may watch.
//!
//! * `folder`: how it is made, and whose it is.
//! * `removal`: what is taken out of it, and when.

mod folder;
mod removal;

use super::feed;
use super::plan::{Attempts, Outcome, PartFacts, Plan};
use super::version::Version;
use crate::platform::held;
use crate::store::{self, Lock, storage_error};
use crate::{Error, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".upgrade";
const RUNNING: &str = ".running";
const PACKAGE: &str = "package-";
const PART: &str = ".part";
/// Begins the names of the folders in which copies of the helper run.
pub const HELPER: &str = "helper-";
/// The same for the copies of packages that are run.
pub const RUN: &str = "run-";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staging {
    dir: PathBuf,
}

/// The feed as it was verified, and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFeed {
    pub feed: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Staging {
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The state file beside which this folder lies.
    pub fn state(&self) -> Option<PathBuf> {
        let name = self.dir.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
        (!name.is_empty()).then(|| self.dir.with_file_name(name))
    }

    /// The file on which every process of the product holds a shared lock.
    pub fn running(&self) -> PathBuf {
        let state = self.state().unwrap_or_else(|| self.dir.clone());
        with_suffix(&state, RUNNING)
    }

    pub fn part(&self, version: &Version) -> PathBuf {
        self.dir.join(format!("{version}{PART}"))
    }

    pub fn package(&self, version: &Version) -> PathBuf {
        let extension = if cfg!(windows) { ".exe" } else { "" };
        self.dir.join(format!("{PACKAGE}{version}{extension}"))
    }

    /// Where the installer writes its progress.
    pub fn progress(&self) -> PathBuf {
        self.dir.join("install.json")
    }

    /// None while another process, or another client of this one, downloads.
    pub fn try_download_lock(&self) -> Result<Option<Lock>, Error> {
        Lock::try_take(self.dir.join("download.lock"), false)
    }

    /// Held by the helper while it works, and inherited by the installer: see `iscdesk upgrade-run`.
    pub fn installer_lock(&self) -> PathBuf {
        self.dir.join("installer.lock")
    }

    /// None while another helper is at work.
    pub fn try_helper_lock(&self) -> Result<Option<Lock>, Error> {
        Lock::try_take(self.dir.join("helper.lock"), false)
    }

    pub fn plan(&self) -> Result<Option<Plan>, Error> {
        self.read_json("plan.json")
    }

    pub fn write_plan(&self, plan: &Plan) -> Result<(), Error> {
        self.write_json("plan.json", plan)
    }

    pub fn attempts(&self) -> Result<Attempts, Error> {
        Ok(self.read_json("attempts.json")?.unwrap_or_default())
    }

    pub fn write_attempts(&self, attempts: &Attempts) -> Result<(), Error> {
        self.write_json("attempts.json", attempts)
    }

    pub fn outcome(&self) -> Result<Option<Outcome>, Error> {
        self.read_json("result.json")
    }

    pub fn write_outcome(&self, outcome: &Outcome) -> Result<(), Error> {
        self.write_json("result.json", outcome)
    }

    pub fn part_facts(&self, version: &Version) -> Result<Option<PartFacts>, Error> {
        self.read_json(&format!("{version}{PART}.json"))
    }

    pub fn write_part_facts(&self, version: &Version, facts: &PartFacts) -> Result<(), Error> {
        self.write_json(&format!("{version}{PART}.json"), facts)
    }

    pub fn signed_feed(&self) -> Result<Option<SignedFeed>, Error> {
        let feed = self.read("feed.json")?;
        let signature = self.read("feed.json.minisig")?;
        Ok(feed
            .zip(signature)
            .map(|(feed, signature)| SignedFeed { feed, signature }))
    }

    pub fn write_signed_feed(&self, signed: &SignedFeed) -> Result<(), Error> {
        self.write("feed.json", &signed.feed)?;
        self.write("feed.json.minisig", &signed.signature)
    }

    /// Names a part that was verified as the package. Its facts have done their service.
    pub fn take_in(&self, version: &Version) -> Result<(), Error> {
        let (part, package) = (self.part(version), self.package(version));
        // A virus scanner looks at what has just been written, most of all at programs.
        let renamed = held::patiently(|| fs::rename(&part, &package));
        renamed.map_err(|e| storage_error(e, &package))?;
        self.remove(&format!("{version}{PART}.json"))
    }

    /// Removes a result that is to be told. False where somebody else has done so, and tells it.
    pub fn claim_outcome(&self) -> Result<bool, Error> {
        let path = self.dir.join("result.json");
        match held::patiently(|| fs::remove_file(&path)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(storage_error(e, &path)),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.dir.join(name);
        match read_small(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(storage_error(e, &path)),
        }
    }

    /// What is damaged counts as missing where it is written anew anyway, but is told: a plan in pieces is no plan.
    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(bytes) = self.read(name)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            let path = self.dir.join(name);
            Error::storage(
                Status::Storage,
                format!("{} is damaged: {e}", path.display()),
            )
        })
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let bytes = serde_json::to_vec(value).map_err(|e| {
            let path = self.dir.join(name);
            Error::storage(Status::Storage, format!("{}: {e}", path.display()))
        })?;
        self.write(name, &bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.dir.join(name);
        store::replace_private(&path, bytes).map_err(|e| storage_error(e, &path))
    }
}

/// Whole, and no larger than a feed may be.
fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = feed::MAX_BYTES as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    match bytes.len() > feed::MAX_BYTES {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(bytes),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
