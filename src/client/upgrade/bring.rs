//! Brings a version that is wanted: fetched with patience, verified whole, staged, handed to the helper.

use super::Found;
use super::part::{Part, kept};
use crate::client::core::Core;
use crate::error::{Error, Status};
use crate::events::event::Stage;
use crate::license::schedule;
use crate::platform::unwaited::{self, NoAnswer};
use crate::store::{Lock, Scope};
use crate::sync::lock;
use crate::upgrade::plan::{FORMAT, Plan};
use crate::upgrade::resume::is_passing;
use crate::upgrade::signature::PackageSignature;
use crate::upgrade::{Staging, Version, this_platform};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::sleep;

/// How often another process is asked whether it has done with the download.
const LOCK_POLL: Duration = Duration::from_millis(200);
/// Failures in a row, without a byte between them, after which the download waits for the next look.
const MAX_FAILURES: u32 = 10;
/// How soon a download that was getting on is taken up again.
const AFTER_PROGRESS: Duration = Duration::from_secs(1);
/// Left free on the disk beside the package and the copy of it that the helper runs.
const RESERVE: u64 = 16 * 1024 * 1024;
const CHUNK: usize = 256 * 1024;

/// Why a download ended without a package.
pub enum Stopped {
    Failed(Error),
    /// Only an administrator may do this.
    NeedsAdmin(Error),
    /// The user has changed his mind.
    Unwanted,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Stopped {
        Stopped::Failed(error)
    }
}

impl Core {
    /// The caller has wanted it: see [`super::Upgrades`].
    pub(super) async fn bring(self: Arc<Core>, found: Arc<Found>) {
        let version = found.version();
        let recorded = {
            let ledger = lock(&self.ledger);
            ledger.suite.upgrade.accepted == version.as_str() && !ledger.unsaved
        };
        if !recorded {
            // A failure to save is in the log; the download goes on, but not after a restart.
            let _ = self.change(|suite| suite.upgrade.accept(version)).await;
        }
        let brought = self.bring_to_helper(&found).await;
        let Err(stopped) = brought else {
            let size = found.offer.package.size;
            return self.tell_progress(version.as_str(), Stage::Staged, (size, size));
        };
        self.upgrades.give_up(version);
        let (stage, error) = match stopped {
            Stopped::Unwanted => return,
            Stopped::Failed(error) => (Stage::Failed, error),
            Stopped::NeedsAdmin(error) => (Stage::NeedsAdmin, error),
        };
        let kept = self.staging().map_or(0, |staging| kept(&staging, &found));
        let bytes = (kept, found.offer.package.size);
        self.tell_failure(version.as_str(), stage, bytes, &error)
            .await;
    }

    async fn bring_to_helper(&self, found: &Found) -> Result<(), Stopped> {
        // Before a download that nobody could install.
        self.helper()?;
        let staging = self.prepared_staging()?;
        let _alone = self.download_lock(&staging, found.version()).await?;
        if !is_staged(&staging, found) {
            if !self.has_package(&staging, found).await? {
                self.fetch_whole(&staging, found).await?;
            }
            self.stage(&staging, found)?;
        }
        Ok(self.start_helper(&staging).await?)
    }

    fn prepared_staging(&self) -> Result<Staging, Stopped> {
        let staging = self.staging()?;
        match staging.prepare(self.store.scope()) {
            Ok(()) => Ok(staging),
            Err(error) if self.is_the_administrators(&error) => Err(Stopped::NeedsAdmin(error)),
            Err(error) => Err(Stopped::Failed(error)),
        }
    }

    fn is_the_administrators(&self, error: &Error) -> bool {
        self.store.scope() == Scope::Machine && error.status == Status::StorageDenied
    }

    async fn download_lock(&self, staging: &Staging, version: &Version) -> Result<Lock, Stopped> {
        loop {
            if let Some(lock) = staging.try_download_lock()? {
                return Ok(lock);
            }
            self.check_wanted(version)?;
            sleep(LOCK_POLL).await;
        }
    }

    pub(super) fn check_wanted(&self, version: &Version) -> Result<(), Stopped> {
        match self.upgrades.is_wanted(version) && self.store.is_open() {
            true => Ok(()),
            false => Err(Stopped::Unwanted),
        }
    }

    /// From an earlier run that ended before its plan was written, or by a feed that said something else of it, the notes
    /// for one.
    async fn has_package(&self, staging: &Staging, found: &Found) -> Result<bool, Stopped> {
        let path = staging.package(found.version());
        let there = path.symlink_metadata();
        if !there.is_ok_and(|there| there.is_file() && there.len() == found.offer.package.size) {
            return Ok(false);
        }
        match self.verify(&path, found).await {
            Err(Stopped::Failed(_)) => Ok(false),
            other => other.map(|()| true),
        }
    }

    async fn fetch_whole(&self, staging: &Staging, found: &Found) -> Result<(), Stopped> {
        let version = found.version();
        staging.clear(Some(version))?;
        let path = staging.part(version);
        let resumed = path.exists();
        self.fetch_patiently(staging, found).await?;
        let mut verified = self.verify(&path, found).await;
        if verified.is_err() {
            staging.clear_packages(None)?;
        }
        if matches!(verified, Err(Stopped::Failed(_))) && resumed {
            // What was there before may have been spoilt, by a power failure for one.
            self.log
                .warn(|| "a resumed package is not whole; it is fetched anew".into());
            self.fetch_patiently(staging, found).await?;
            verified = self.verify(&path, found).await;
            if verified.is_err() {
                staging.clear_packages(None)?;
            }
        }
        verified?;
        self.flush(&path).await?;
        Ok(staging.take_in(version)?)
    }

    /// Passing faults are waited out, like those of the daily check.
    async fn fetch_patiently(&self, staging: &Staging, found: &Found) -> Result<(), Stopped> {
        let mut failures = 0;
        loop {
            let mut part = Part::open(self, staging, found)?;
            self.check_disk(staging, part.left(), found.offer.package.size)?;
            let before = part.have();
            let error = match part.fetch().await {
                Err(Stopped::Failed(error)) if is_passing(&error) => error,
                other => return other,
            };
            let got_on = part.have() > before;
            failures = if got_on { 1 } else { failures + 1 };
            if failures >= MAX_FAILURES {
                return Err(Stopped::Failed(error));
            }
            let chance = (self.surroundings.chance)();
            let wait = match got_on {
                true => AFTER_PROGRESS,
                false => schedule::retry_delay(failures, error.retry_after_s, chance),
            };
            self.log.warn(|| {
                format!(
                    "the download is taken up again in {} s: {error}",
                    wait.as_secs()
                )
            });
            sleep(wait).await;
        }
    }

    /// For the rest of the package, and for the helper's copy of the whole.
    fn check_disk(&self, staging: &Staging, left: u64, size: u64) -> Result<(), Stopped> {
        let needed = left.saturating_add(size).saturating_add(RESERVE);
        match (self.surroundings.room)(staging.dir()) {
            Some(free) if free < needed => {
                let text = format!(
                    "{} has {free} bytes left, while the upgrade needs {needed}",
                    staging.dir().display()
                );
                Err(Stopped::Failed(Error::storage(Status::Storage, text)))
            }
            _ => Ok(()),
        }
    }

    /// In pieces, between which others have their turn.
    async fn verify(&self, path: &Path, found: &Found) -> Result<(), Stopped> {
        let version = found.version();
        let size = found.offer.package.size;
        self.tell_progress(version.as_str(), Stage::Verifying, (size, size));
        let keys = self.config.upgrade_keys()?;
        let (package, platform) = (&found.offer.package, this_platform());
        let signature = PackageSignature::of(package, &found.feed, self.product(), &platform)?;
        let mut reading = keys.begin(&signature)?;
        let failed = |e| crate::store::storage_error(e, path);
        let mut file = File::open(path).map_err(failed)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk).map_err(failed)?;
            if read == 0 {
                return Ok(reading.finish()?);
            }
            reading.update(&chunk[..read])?;
            self.check_wanted(version)?;
            yield_now().await;
        }
    }

    /// Onto the disk before it is named as whole. A slow disk takes seconds for it, which is why it has a thread.
    async fn flush(&self, path: &Path) -> Result<(), Error> {
        let failed = |e| crate::store::storage_error(e, path);
        let file = File::options().write(true).open(path).map_err(failed)?;
        let flushing = unwaited::run(&self.lookups, "iscdesk-flush", move || file.sync_all());
        let flushed = flushing.await.map_err(|no_answer| match no_answer {
            NoAnswer::NoThread(error) => failed(error),
            NoAnswer::TooMany => Error::internal("too many threads wait for the disk"),
            NoAnswer::BrokeOff => Error::internal("the flush ended without a word"),
        })?;
        flushed.map_err(failed)
    }

    /// The plan comes last: a crash before it leaves nothing staged.
    fn stage(&self, staging: &Staging, found: &Found) -> Result<(), Stopped> {
        let version = found.version();
        self.refresh();
        let declined = lock(&self.ledger).suite.upgrade.declined == version.as_str();
        if declined && !found.offer.forced {
            return Err(Stopped::Unwanted);
        }
        self.check_wanted(version)?;
        let plan = self.plan(version)?;
        staging.clear_plan()?;
        staging.write_signed_feed(&found.signed)?;
        Ok(staging.write_plan(&plan)?)
    }

    fn plan(&self, version: &Version) -> Result<Plan, Error> {
        let unknown = |e| Error::internal(format!("the program's own path is not known: {e}"));
        let program = std::env::current_exe().map_err(unknown)?;
        let install_dir = program.parent().unwrap_or(&program).to_owned();
        Ok(Plan {
            format: FORMAT,
            product: self.product().to_owned(),
            installed: self.config.identity.version.clone(),
            version: version.to_string(),
            platform: this_platform(),
            public_keys: self.config.upgrade.public_keys.clone(),
            install_dir,
            program,
        })
    }

    /// The user does not want it: nothing of it stays.
    pub(super) async fn drop_declined(&self, version: &Version) {
        // A failure to save is in the log.
        let _ = self.change(|suite| suite.upgrade.decline(version)).await;
        if let Err(error) = self.clear_declined(version).await {
            self.log
                .warn(|| format!("what was fetched of {version} is still there: {error}"));
        }
    }

    async fn clear_declined(&self, version: &Version) -> Result<(), Error> {
        let staging = self.staging()?;
        if !staging.dir().exists() {
            return Ok(());
        }
        // A download of this process lets go as soon as it sees that nobody wants it.
        let _alone = loop {
            match staging.try_download_lock()? {
                Some(lock) => break lock,
                None if self.upgrades.is_wanted(version) => return Ok(()),
                None => sleep(LOCK_POLL).await,
            }
        };
        staging.clear(None)
    }
}

/// By this process earlier or by another one.
fn is_staged(staging: &Staging, found: &Found) -> bool {
    let plan = staging.plan().ok().flatten();
    let size = staging
        .package(found.version())
        .metadata()
        .map(|facts| facts.len());
    let signed = staging.signed_feed().ok().flatten();
    plan.is_some_and(|plan| plan.version == found.version().as_str())
        && size.is_ok_and(|size| size == found.offer.package.size)
        && signed.is_some_and(|signed| signed.feed == found.signed.feed)
}
