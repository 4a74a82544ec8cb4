//! Upgrades of the program: a look for a new version, the user's answer, the download, and the hand-over to the helper.
//!
//! Everything runs on the worker. One look, and one download, is under way at a time in a process; between processes the
//! staging folder's lock sees to the latter. What the user said is in the sealed state, so that a download that was broken
//! off goes on after a restart.
//!
//! | file | holds |
//! |---|---|
//! | `look` | the feed: fetched, verified, judged, told |
//! | `bring` | a version that is wanted: fetched with patience, verified, staged |
//! | `part` | one attempt to fetch what is missing |
//! | `helper` | how the helper is found and started |
//! | `aftermath` | what an earlier run of the program left: a result, a plan, a broken download |

mod aftermath;
mod bring;
mod helper;
mod look;
mod part;

use super::Client;
use super::core::Core;
use crate::error::{Cause, Error, Status};
use crate::events::event::{self, Stage};
use crate::sync::{Mutex, lock};
use crate::text;
use crate::upgrade::staging::SignedFeed;
use crate::upgrade::{Feed, Offer, Staging, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a client knows of upgrades while it runs.
#[derive(Default)]
pub struct Upgrades {
    /// A look has been asked for and not begun.
    queued: AtomicBool,
    looking: tokio::sync::Mutex<()>,
    /// What an earlier run left has been seen to, or a download of it is under way: see `wanted`.
    #[cfg(test)]
    pub taken_up: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What the last notice offered.
    offered: Option<Arc<Found>>,
    /// The version that is being brought, or has been.
    wanted: Option<Version>,
}

/// A version that the feed offers, with what the helper will need to prove it.
pub struct Found {
    feed: Feed,
    signed: SignedFeed,
    offer: Offer,
}

impl Found {
    fn version(&self) -> &Version {
        &self.offer.version
    }
}

impl Upgrades {
    /// True for the one who is to bring this version.
    fn want(&self, version: &Version) -> bool {
        let mut inner = lock(&self.inner);
        let first = inner.wanted.as_ref() != Some(version);
        inner.wanted = Some(version.clone());
        first
    }

    pub(super) fn is_wanted(&self, version: &Version) -> bool {
        lock(&self.inner).wanted.as_ref() == Some(version)
    }

    /// It could not be brought: who wants it again begins anew.
    fn give_up(&self, version: &Version) {
        let mut inner = lock(&self.inner);
        if inner.wanted.as_ref() == Some(version) {
            inner.wanted = None;
        }
    }

    fn decline(&self, version: &Version) {
        let mut inner = lock(&self.inner);
        inner.offered = None;
        if inner.wanted.as_ref() == Some(version) {
            inner.wanted = None;
        }
    }
}

impl Client {
    /// Looks for a new version. Returns at once; `UpgradeNotice` answers, and `Update` follows where there is one. Calls
    /// that wait for the same look are answered together.
    pub fn check_new_versions(&self) -> Result<Status, Error> {
        self.check_open()?;
        self.core.feed()?;
        if self.core.upgrades.queued.swap(true, Ordering::SeqCst) {
            return Ok(Status::Ok);
        }
        let core = self.core.clone();
        let put = self.core.put(Box::pin(async move {
            core.look_for_upgrade().await;
        }));
        if put.is_err() {
            self.core.upgrades.queued.store(false, Ordering::SeqCst);
        }
        put.map(|()| Status::Ok)
    }

    /// What the user decided about the version of the last notice. Returns at once; `UpgradeProgress` tells the rest.
    /// Ok(Already) where it is being brought, or is staged.
    pub fn upgrade_notify(&self, upgrade: bool) -> Result<Status, Error> {
        self.check_open()?;
        self.core.feed()?;
        let offered = lock(&self.core.upgrades.inner).offered.clone();
        let found = offered.ok_or_else(|| out_of_turn("no notice has offered a new version"))?;
        match upgrade {
            true => self.accept(found),
            false if found.offer.forced => Err(out_of_turn("a forced upgrade cannot be declined")),
            false => self.decline(&found),
        }
    }

    fn accept(&self, found: Arc<Found>) -> Result<Status, Error> {
        if !self.core.upgrades.want(found.version()) {
            return Ok(Status::Already);
        }
        let (core, version) = (self.core.clone(), found.version().clone());
        // At once, so that what the user said outlives a program that ends now.
        core.change_unsaved(|suite| suite.upgrade.accept(&version));
        let put = self.core.put(Box::pin(async move {
            core.bring(found).await;
        }));
        if put.is_err() {
            self.core.upgrades.give_up(&version);
        }
        put.map(|()| Status::Ok)
    }

    fn decline(&self, found: &Found) -> Result<Status, Error> {
        let (core, version) = (self.core.clone(), found.version().clone());
        core.upgrades.decline(&version);
        core.change_unsaved(|suite| suite.upgrade.decline(&version));
        self.core.put(Box::pin(async move {
            core.drop_declined(&version).await;
        }))?;
        Ok(Status::Ok)
    }

    /// At the start: says that the program runs, and takes up what an earlier run left. Touches no network here.
    pub(super) fn start_upgrades(&self) -> Result<(), Error> {
        let core = &self.core;
        if core.config.upgrade.feed.is_none() {
            return Ok(());
        }
        core.hold_running();
        if !core.has_left_upgrade() {
            return Ok(());
        }
        let core = core.clone();
        self.core.put(Box::pin(async move {
            core.clone().take_up_upgrade().await;
            #[cfg(test)]
            core.upgrades.taken_up.store(true, Ordering::SeqCst);
        }))
    }
}

impl Core {
    fn feed(&self) -> Result<&str, Error> {
        let feed = self.config.upgrade.feed.as_deref();
        feed.ok_or_else(|| Error::unsupported("no upgrade_feed is set"))
    }

    fn staging(&self) -> Result<Staging, Error> {
        let state = self.store.file();
        let state = state.ok_or_else(|| {
            Error::storage(
                Status::Storage,
                "there is no folder for upgrades on this platform",
            )
        })?;
        Ok(Staging::beside(&state))
    }

    /// Never a reason not to start.
    fn hold_running(&self) {
        match self.store.hold_running_lock() {
            Ok(true) => {}
            Ok(false) => self
                .log
                .warn(|| "an installer of this product is at work while the program starts".into()),
            Err(error) => self
                .log
                .warn(|| format!("an installer will not know that the program runs: {error}")),
        }
    }

    /// Looks and brings what is found, without a program that is asked.
    #[cfg(test)]
    pub async fn bring_newest(self: &Arc<Core>) {
        if let Ok(Some(found)) = self.find_upgrade().await
            && self.upgrades.want(found.version())
        {
            self.clone().bring(found).await;
        }
    }

    fn tell_progress(&self, version: &str, stage: Stage, bytes: (u64, u64)) {
        self.raise(event::upgrade_progress(version, stage, bytes, None));
    }

    async fn tell_failure(&self, version: &str, stage: Stage, bytes: (u64, u64), error: &Error) {
        self.log
            .error(|| format!("the upgrade to {version}: {error}"));
        let text = text::describe(error, self.config.language);
        let failure = Some((error, text.as_str()));
        self.raise(event::upgrade_progress(version, stage, bytes, failure));
        self.note_failure(error).await;
    }
}

fn out_of_turn(text: &str) -> Error {
    Error::new(Status::InvalidState, Cause::State, text)
}
