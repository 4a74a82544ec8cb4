//! What an earlier run of the program left: the result of an installation, a plan whose helper has gone (the machine was
//! switched off), a download that was broken off.

use super::Found;
use crate::client::core::Core;
use crate::error::{Cause, Error, Status};
use crate::events::event::Stage;
use crate::license::Suite;
use crate::sync::lock;
use crate::upgrade::facts::parsed;
use crate::upgrade::plan::{Ended, Outcome};
use crate::upgrade::{Staging, Version};
use std::sync::Arc;

/// The package is gone by the time that its installation is told.
const NOT_COUNTED: (u64, u64) = (0, 0);

impl Core {
    /// Without reading more than the folder's name.
    pub(super) fn has_left_upgrade(&self) -> bool {
        let accepted = !lock(&self.ledger).suite.upgrade.accepted.is_empty();
        accepted || self.staging().is_ok_and(|staging| staging.dir().exists())
    }

    pub(super) async fn take_up_upgrade(self: Arc<Core>) {
        let (Ok(staging), Ok(installed)) = (self.staging(), self.config.installed()) else {
            return;
        };
        if staging.dir().exists() {
            {
                // Told before the answer to a look that the program asks for at its start.
                let _turn = self.upgrades.looking.lock().await;
                self.report_outcome(&staging, &installed).await;
            }
            staging.sweep();
            match self.take_up_plan(&staging, &installed).await {
                Ok(true) => return,
                Ok(false) => {}
                Err((version, error)) => {
                    let package = staging.package(&version).metadata();
                    let size = package.map_or(0, |package| package.len());
                    let (version, bytes) = (version.as_str(), (size, size));
                    return self
                        .tell_failure(version, Stage::Failed, bytes, &error)
                        .await;
                }
            }
        }
        self.go_on_downloading(&installed).await;
    }

    /// Told once, by the process that takes the result away.
    async fn report_outcome(&self, staging: &Staging, installed: &Version) {
        let outcome = match staging.outcome() {
            Ok(None) => return,
            Ok(Some(outcome)) => seen_through(outcome, installed),
            Err(error) => {
                self.log
                    .warn(|| format!("no result of an upgrade: {error}"));
                // Damaged for good; where it cannot be read, it cannot be removed either.
                let _ = staging.claim_outcome();
                return;
            }
        };
        let told = lock(&self.ledger).suite.upgrade.reported >= outcome.at;
        // In scope machine the result is the administrator's to remove: then the state alone knows that it was told.
        let claimed = match staging.claim_outcome() {
            Ok(claimed) => claimed,
            Err(_) => !told,
        };
        if !claimed {
            return;
        }
        // Without a plan the helper has seen that another attempt would end the same way.
        let is_over = outcome.is_final() || staging.plan() == Ok(None);
        // A failure to save is in the log.
        let _ = self.change(|suite| record(suite, &outcome, is_over)).await;
        self.tell_outcome(&outcome).await;
        if is_over {
            self.clear_plan(staging);
        }
    }

    async fn tell_outcome(&self, outcome: &Outcome) {
        let version = outcome.version.as_str();
        let stage = match outcome.outcome {
            Ended::Installed => {
                self.log.info(|| format!("version {version} is installed"));
                return self.tell_progress(version, Stage::Installed, NOT_COUNTED);
            }
            Ended::Failed => Stage::InstallFailed,
            Ended::NeedsAdmin => Stage::NeedsAdmin,
        };
        let code = outcome.exit_code.map(|code| format!(" (exit code {code})"));
        let text = format!(
            "attempt {} to install version {version}: {}{}",
            outcome.attempts,
            outcome.text,
            code.unwrap_or_default()
        );
        let error = Error::new(Status::UpgradeDownload, Cause::State, text);
        self.tell_failure(version, stage, NOT_COUNTED, &error).await;
    }

    /// True where there is a plan, and a helper to carry it out.
    async fn take_up_plan(
        &self,
        staging: &Staging,
        installed: &Version,
    ) -> Result<bool, (Version, Error)> {
        let plan = match staging.plan() {
            Ok(None) => return Ok(false),
            Ok(Some(plan)) => plan,
            Err(error) => {
                self.log.warn(|| format!("no plan of an upgrade: {error}"));
                self.clear_plan(staging);
                return Ok(false);
            }
        };
        let staged = parsed(&plan.version).filter(|staged| staged > installed);
        let Some(staged) = staged else {
            // Installed by other means.
            self.clear_plan(staging);
            return Ok(false);
        };
        let started = self.start_helper(staging).await;
        started.map_err(|error| (staged, error))?;
        Ok(true)
    }

    fn clear_plan(&self, staging: &Staging) {
        if let Err(error) = staging.clear(None) {
            self.log
                .debug(|| format!("what the upgrade left is still there: {error}"));
        }
    }

    /// A version that was accepted and neither staged nor installed yet. Quietly: the user has been asked.
    async fn go_on_downloading(self: &Arc<Core>, installed: &Version) {
        let accepted = parsed(&lock(&self.ledger).suite.upgrade.accepted);
        let Some(accepted) = accepted else {
            return;
        };
        if accepted <= *installed {
            // A failure to save is in the log.
            let _ = self.change(|suite| suite.upgrade.accepted.clear()).await;
            return;
        }
        if !self.config.auto_heartbeat {
            return;
        }
        let _turn = self.upgrades.looking.lock().await;
        match self.find_upgrade().await {
            Ok(Some(found)) if self.is_to_be_brought(&found) => self.go_on(found),
            Ok(_) => {}
            Err(error) => {
                self.log
                    .warn(|| format!("version {accepted} is not fetched yet: {error}"));
                self.note_failure(&error).await;
            }
        }
    }

    fn go_on(self: &Arc<Core>, found: Arc<Found>) {
        if self.upgrades.want(found.version()) {
            let core = self.clone();
            tokio::spawn(async move { core.bring(found).await });
        }
    }
}

/// An installer may say that all is well where it installed nothing: a forced upgrade would come again at every end. The
/// helper has removed the package by now, so there is no further attempt.
fn seen_through(outcome: Outcome, installed: &Version) -> Outcome {
    let is_true = parsed(&outcome.version).is_none_or(|version| version <= *installed);
    if outcome.outcome != Ended::Installed || is_true {
        return outcome;
    }
    Outcome {
        outcome: Ended::Failed,
        text: format!("the installer told of no error, but version {installed} still runs"),
        ..outcome
    }
}

fn record(suite: &mut Suite, outcome: &Outcome, is_over: bool) {
    let facts = &mut suite.upgrade;
    facts.reported = facts.reported.max(outcome.at);
    match outcome.outcome {
        Ended::Installed => facts.accepted.clear(),
        _ if is_over => facts.give_up(&outcome.version),
        _ => {}
    }
}
