//! Licence files: how they are found, taken up, and proved again whenever the state is read.
//!
//! Nothing that was once found out about a file is believed later: the state keeps the token, and what it grants on this
//! machine follows anew from the program's keys, its product and the machine's parts. Time is judged at each moment like
//! that of any licence. A file that proves nothing any more, say because its key was withdrawn, does not count but is
//! kept.

use super::Client;
use super::core::Core;
use crate::error::{Cause, Error, Status, masked};
use crate::license::file::held::MAX_TOTAL_BYTES;
use crate::license::file::{self, Grant, Hashes, Held, LicenseFile, Refusal};
use crate::license::{MAX_CODES, Suite};
use crate::platform::unwaited::{self, NoAnswer};
use crate::sync::lock;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tokio::time::timeout;

/// What is asked for where no name is given.
const DEFAULT_NAME: &str = "license.lic";
/// How far the clock moves on until a machine that is never online notes the time again.
const NOTE_TIME_AFTER: i64 = 3600;

/// The hashes of this machine. Reading its parts takes milliseconds, so once per client and only for licence files.
#[derive(Default)]
pub struct ThisDevice(OnceLock<Hashes>);

impl Core {
    pub fn device_hashes(&self) -> &Hashes {
        let read = || Hashes::of(&self.surroundings.machine.parts());
        self.device.0.get_or_init(read)
    }

    pub fn has_files(&self) -> bool {
        !lock(&self.ledger).suite.files.is_empty()
    }

    /// What a held file grants on this machine, None where it proves nothing.
    pub fn prove(&self, held: &Held) -> Option<Grant> {
        let file = self.opened(&held.token).ok()?;
        let here = file.bound.is_for(self.device_hashes());
        Some(Grant::new(file, held.imported_at, here))
    }

    /// Tells which held files count no more, and why.
    pub fn tell_lost_files(&self) {
        let files = lock(&self.ledger).suite.files.clone();
        for (code, held) in files {
            if let Err(refusal) = self.opened(&held.token) {
                let shown = masked(&code);
                self.log.warn(|| {
                    format!("the licence file held for {shown} counts no more: {refusal}")
                });
            }
        }
    }

    fn opened(&self, token: &str) -> Result<LicenseFile, Refusal> {
        let config = &self.config;
        LicenseFile::open(token, &config.license_keys, &config.identity.product)
    }

    /// Reads, verifies and remembers a file. What goes wrong changes nothing.
    pub async fn take_up_file(&self, path: &Path) -> Result<(), Error> {
        if self.config.license_keys.is_empty() {
            return Err(refused(
                "license_public_key is not set: no licence file can be verified".into(),
            ));
        }
        let _turn = self.taking_up.lock().await;
        let bytes = self
            .read(path)
            .await
            .map_err(|why| refused(format!("{}: {why}", path.display())))?;
        let token = file::token(&bytes)?.to_owned();
        let file = self.opened(&token)?;
        self.refresh();
        self.check_file(&file, &token)?;
        if self.is_settled(&file, &token) {
            return Ok(());
        }
        self.remember(file, &token).await
    }

    /// Not on the worker: a file on a drive that is gone would hold it, and with it every call and the shutdown.
    async fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let (path, scope) = (path.to_owned(), self.config.location.scope);
        let read = self.surroundings.read_given.clone();
        let reading = unwaited::run(&self.lookups, "iscdesk-file", move || {
            read(&path, file::MAX_BYTES, scope)
        });
        match timeout(self.config.timeouts.call, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(NoAnswer::TooMany)) => Err("too many files have not been read yet".into()),
            Ok(Err(NoAnswer::NoThread(error))) => Err(format!("no thread to read it: {error}")),
            Ok(Err(NoAnswer::BrokeOff)) => Err("the reading broke off".into()),
            Err(_) => Err("it could not be read in time; is its drive still there?".into()),
        }
    }

    /// Everything beside signature and product.
    fn check_file(&self, file: &LicenseFile, token: &str) -> Result<(), Error> {
        let now = {
            let ledger = lock(&self.ledger);
            if ledger.suite.is_returned(file) {
                return Err(Refusal::Returned.into());
            }
            check_room(&ledger.suite, file, token)?;
            self.time_by(file, &ledger.suite).ok_or(Refusal::Clock)?
        };
        Ok(file.check(now, self.device_hashes())?)
    }

    /// The time that would be believed once the file is taken up.
    fn time_by(&self, file: &LicenseFile, suite: &Suite) -> Option<i64> {
        let local = self.clock.local();
        let mut clock = suite.clock_for(&self.config.policy);
        if file.issued_at > suite.newest_file {
            clock.learn_file(file.issued_at, local);
        }
        clock.now(local)
    }

    /// True where this very file is held already, or a newer one of the same code that is as good.
    fn is_settled(&self, file: &LicenseFile, token: &str) -> bool {
        let ledger = lock(&self.ledger);
        let suite = &ledger.suite;
        let Some(held) = suite.files.get(&file.code) else {
            return false;
        };
        let facts = suite.licenses.get(&file.code);
        let proved = facts.is_some_and(|facts| facts.file.is_some());
        let counts = self.verdict(suite, &file.code).is_licensed();
        let newer = held.issued_at != 0 && held.issued_at > file.issued_at;
        proved && (held.token == token || (newer && counts))
    }

    async fn remember(&self, file: LicenseFile, token: &str) -> Result<(), Error> {
        let local = self.clock.local();
        let grant = Grant::new(file.clone(), local, true);
        let newer = |suite: &Suite| file.issued_at > suite.newest_file;
        let take_up = |suite: &mut Suite| {
            if newer(suite) && !suite.is_returned(&file) {
                suite.clock.learn_file(file.issued_at, local);
            }
            suite.take_up_file(&file, token, &grant);
        };
        // It counts in this process also where it was not saved, which the log says.
        let _ = self.change(take_up).await;
        let shown = masked(&file.code);
        if lock(&self.ledger).suite.is_returned(&file) {
            return Err(Refusal::Returned.into());
        }
        self.log
            .info(|| format!("the licence file of {shown} is accepted"));
        self.nudge();
        Ok(())
    }

    /// On a machine that never hears the marketplace, the largest local time seen is all that tells a clock set back.
    pub async fn note_time(&self) {
        let local = self.clock.local();
        let passed = {
            let suite = &lock(&self.ledger).suite;
            let alone = !suite.clock.from_marketplace && !suite.files.is_empty();
            let known = self.believed(suite).is_some();
            alone && known && local > suite.clock.mark.saturating_add(NOTE_TIME_AFTER)
        };
        if passed {
            // Noted in this process at least; the log says why no further. The clock may have been set meanwhile.
            let note = |suite: &mut Suite| suite.clock.learn_local(self.clock.local());
            let _ = self.change(note).await;
        }
    }

    /// Codes that the marketplace is asked about, and those that are known by their file alone.
    pub fn split_by_file(&self, codes: Vec<String>) -> (Vec<String>, Vec<String>) {
        let ledger = lock(&self.ledger);
        let held = &ledger.suite.licenses;
        let online = |code: &String| held.get(code).is_none_or(|facts| facts.is_online());
        codes.into_iter().partition(online)
    }

    /// Why the first of these codes that is not licensed is not.
    pub fn first_refusal(&self, codes: &[String]) -> Option<Error> {
        let ledger = lock(&self.ledger);
        codes.iter().find_map(|code| {
            let said = ledger.suite.licenses.get(code)?.said;
            let verdict = self.verdict(&ledger.suite, code);
            verdict.as_result(said).err()
        })
    }
}

impl Client {
    /// Where a file of this name lies: a plain name in the data folder, or an absolute path.
    pub(super) fn license_path(&self, name: Option<&str>) -> Result<PathBuf, Error> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or(DEFAULT_NAME);
        let path = Path::new(name);
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let special = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
        if name.contains(special) || name == "." || name == ".." {
            return Err(Error::argument(
                "file_name is a plain name in the data folder, or an absolute path",
            ));
        }
        match self.core.store.dir() {
            Some(dir) => Ok(dir.join(name)),
            None => Err(Error::storage(
                Status::Storage,
                "no folder is known here: set data_dir, or give an absolute path",
            )),
        }
    }
}

fn check_room(suite: &Suite, file: &LicenseFile, token: &str) -> Result<(), Error> {
    if !suite.has_room_for(&file.code) {
        return Err(limit(format!("at most {MAX_CODES} codes can be held")));
    }
    if suite.file_bytes_besides(&file.code) + token.len() > MAX_TOTAL_BYTES {
        return Err(limit(
            "the licence files held are too large together".into(),
        ));
    }
    Ok(())
}

fn limit(text: String) -> Error {
    Error::new(Status::Limit, Cause::Argument, text)
}

fn refused(text: String) -> Error {
    Error::new(Status::LicenseFile, Cause::Storage, text)
}
