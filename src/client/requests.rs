//! Licence requests: the program asks, waits for the `LicenseVerify` event, verifies, and tells the outcome.

use super::core::Core;
use super::today::Asker;
use super::{Client, not_activated};
use crate::error::{Cause, Error, Status};
use crate::events::event;
use crate::license::Suite;
use crate::license::suite::Verification;
use crate::sync::lock;
use crate::text;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

/// Most requests that wait for their answer.
const MAX_PENDING: usize = 64;

impl Client {
    /// Returns at once; `LicenseVerify` answers, those of one kind in the order of the requests. `device_info` is the program's own and is
    /// not sent anywhere: the marketplace has no place for it.
    pub fn request_license_string(&self, _device_info: Option<&str>) -> Result<Status, Error> {
        self.check_open()?;
        let core = self.core.clone();
        let pending = Pending::take(&core)?;
        self.core.put(Box::pin(async move {
            core.answer_request().await;
            drop(pending);
        }))?;
        Ok(Status::Ok)
    }

    /// Takes up a licence file. Returns at once; `LicenseVerify` answers, with the file's absolute path, or with the reason
    /// why it is not accepted. `file_name` is a plain name in the data
    /// folder or an absolute path, None or empty: `license.lic`; any other is the one thing that is refused here.
    pub fn request_license_file(
        &self,
        file_name: Option<&str>,
        _device_info: Option<&str>,
    ) -> Result<Status, Error> {
        self.check_open()?;
        let path = self.license_path(file_name)?;
        let core = self.core.clone();
        let pending = Pending::take(&core)?;
        self.core.put(Box::pin(async move {
            core.answer_file_request(&path).await;
            drop(pending);
        }))?;
        Ok(Status::Ok)
    }

    /// Records what the program found. Returns at once.
    pub fn notify_license_verified(
        &self,
        verified: bool,
        message: Option<&str>,
    ) -> Result<Status, Error> {
        self.check_open()?;
        let message = message.unwrap_or_default().to_owned();
        if !verified && message.is_empty() {
            return Err(Error::argument(
                "a failed verification needs an error message",
            ));
        }
        let core = self.core.clone();
        let at = {
            let suite = &lock(&core.ledger).suite;
            core.believed(suite).unwrap_or_else(|| core.clock.local())
        };
        self.core.put(Box::pin(async move {
            let record = |suite: &mut Suite| {
                suite.verification = Some(Verification {
                    verified,
                    message: message.clone(),
                    at,
                });
            };
            // A failure to save is in the log.
            let _ = core.change(record).await;
            // Today's usage report may have waited for this.
            core.nudge();
        }))?;
        Ok(Status::Ok)
    }
}

impl Core {
    async fn answer_request(&self) {
        let deadline = Instant::now() + self.config.timeouts.call;
        // Why a check failed is in the log; what counts here is whether there is a usable licence.
        let _ = self.check(None, Asker::Request, deadline).await;
        let best = self.best_usable();
        let event = match &best {
            Ok(code) => event::license_verify_string(Ok(code)),
            Err(error) => {
                let text = text::describe(error, self.config.language);
                event::license_verify_string(Err((error, &text)))
            }
        };
        self.raise(event);
    }

    async fn answer_file_request(&self, path: &Path) {
        let event = match self.take_up_file(path).await {
            Ok(()) => event::license_verify_file(Ok(&path.to_string_lossy())),
            Err(error) => {
                self.log.warn(|| format!("no licence file: {error}"));
                let text = text::describe(&error, self.config.language);
                event::license_verify_file(Err((&error, &text)))
            }
        };
        self.raise(event);
    }

    /// The best licence's code, or why there is none that can be used.
    fn best_usable(&self) -> Result<String, Error> {
        let ledger = lock(&self.ledger);
        let now = self.believed(&ledger.suite);
        let Some(code) = ledger.suite.best(&self.config.policy, now) else {
            return Err(not_activated());
        };
        let said = ledger.suite.licenses[code].said;
        let verdict = self.verdict(&ledger.suite, code);
        verdict.as_result(said).map(|()| code.to_owned())
    }
}

/// Counts a request until it is answered.
struct Pending(Arc<Core>);

impl Pending {
    fn take(core: &Arc<Core>) -> Result<Pending, Error> {
        let earlier = core.pending_requests.fetch_add(1, Ordering::SeqCst);
        let pending = Pending(core.clone());
        if earlier >= MAX_PENDING {
            return Err(Error::new(
                Status::Busy,
                Cause::State,
                format!("{MAX_PENDING} licence requests wait for their answer already"),
            ));
        }
        Ok(pending)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending_requests.fetch_sub(1, Ordering::SeqCst);
    }
}
