//! How the helper is found and started: the one program that runs installers.

use crate::client::core::Core;
use crate::error::{Cause, Error, Status};
use crate::platform::module;
use crate::upgrade::Staging;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const NAME: &str = if cfg!(windows) {
    "iscdesk.exe"
} else {
    "iscdesk"
};
/// It copies itself and is gone; a slow disk or a virus scanner takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

impl Core {
    /// Starts the helper, which waits for the program's end by itself. Returns when it is on its way.
    pub(super) async fn start_helper(&self, staging: &Staging) -> Result<(), Error> {
        if self.life.is_closing() {
            return Err(Error::closed());
        }
        self.hold_running();
        let helper = self.helper()?;
        let shown = helper.display();
        let started = (self.surroundings.start_helper)(&helper, staging.dir());
        let mut starting = started.map_err(|e| not_started(format!("{shown}: {e}")))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match starting() {
                Ok(Some(0)) => return Ok(()),
                Ok(Some(code)) => return Err(not_started(format!("{shown} ended with {code}"))),
                Ok(None) if Instant::now() < until => sleep(POLL).await,
                Ok(None) => return Err(not_started(format!("{shown} does not come back"))),
                Err(e) => return Err(not_started(format!("{shown}: {e}"))),
            }
        }
    }

    pub(super) fn helper(&self) -> Result<PathBuf, Error> {
        let helper = match &self.config.upgrade.helper {
            Some(helper) => Some(helper.clone()),
            None => module::path().and_then(|own| Some(own.parent()?.join(NAME))),
        };
        let helper = helper.ok_or_else(|| not_started("its folder is not known".into()))?;
        match helper.is_file() {
            true => Ok(helper),
            false => Err(not_started(format!("{} is missing", helper.display()))),
        }
    }
}

fn not_started(why: String) -> Error {
    let text = format!("the upgrade is ready, but its helper cannot be started: {why}");
    Error::new(Status::UpgradeDownload, Cause::State, text)
}
