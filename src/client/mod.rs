//! The client: what a program can do with its licences.
//!
//! A [`Client`] is made from [`Options`] and may be used from any thread. Calls that ask the marketplace are handed to the
//! worker thread and waited for; getters read what is known; [`Client::is_licensed`] and [`Client::has_feature`] read a
//! published snapshot and never wait for anything.
//!
//! | file | holds |
//! |---|---|
//! | [`options`], [`config`], [`live`] | what the program set; what follows from it; what may change while running |
//! | [`core`] | what the parts of a client share |
//! | [`calls`], [`inbox`], [`worker`] | a call's way to the worker and back; the threads |
//! | [`online`], [`activation`], [`today`] | the way to the marketplace and back; activation; today's check |
//! | [`background`], [`requests`] | what happens unasked; licence requests |
//! | [`listening`], [`notices`] | who is told of events; which expiries were |
//! | [`files`], [`give_back`] | licence files: taken up and proved again; asked for and given back |
//! | [`upgrade`] | new versions: looked for, fetched, handed to the helper, and what became of them |
//! | [`ledger`], [`snapshot`], [`window`] | the suite as this process knows it; what the lock-free reads see |
//! | [`lifecycle`] | open, closing, closed |
//! | [`surroundings`], [`identity`] | time, machine, chance and network, given from outside |

mod activation;
mod background;
mod calls;
pub mod config;
mod core;
mod files;
mod give_back;
pub(crate) mod identity;
mod inbox;
mod info;
mod ledger;
pub mod lifecycle;
mod listening;
mod live;
mod log;
mod notices;
mod online;
pub mod options;
mod requests;
mod snapshot;
pub mod surroundings;
#[cfg(test)]
mod tests;
mod today;
mod upgrade;
pub mod window;
mod worker;

use self::core::Core;
use crate::error::{Cause, Error, Status};
use crate::events::hub;
use crate::license::{MAX_CODE_BYTES, Suite};
use crate::marketplace::{BATCH_MAX, Clients};
use crate::store::{Scope, read_given};
use crate::sync::{self, Deadline, lock};
use crate::text::Language;
use config::Config;
use lifecycle::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use surroundings::Surroundings;
use today::Asker;

pub use info::{Info, Source};
pub use log::{Level, LogSink};
pub use options::Options;

/// Largest `site.json` read; a longer one is cut, and so a damaged one.
const SITE_FILE_MAX: usize = 64 * 1024;
/// How long a shutdown waits where nothing else is said.
pub const DEFAULT_SHUTDOWN: Duration = Duration::from_secs(5);

/// Options that may be set while the client runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveOption {
    Proxy,
    CaFile,
    BearerToken,
    AccountId,
}

pub struct Client {
    core: Arc<Core>,
}

impl Client {
    /// Never touches the network: loads the cached state and starts the background work.
    pub fn init(options: &Options) -> Result<Client, Error> {
        let config = Config::check(options, site_file(options))?;
        Client::start(config, Surroundings::real())
    }

    /// The same with surroundings of the caller's choice.
    pub fn start(config: Config, surroundings: Surroundings) -> Result<Client, Error> {
        worker::join_leftovers();
        let core = Core::new(config, surroundings);
        for warning in &core.config.warnings {
            core.log.warn(|| warning.clone());
        }
        core.load();
        let client = Client { core };
        if client.core.config.auto_heartbeat || client.core.has_files() {
            client.start_background()?;
        }
        client.start_upgrades()?;
        Ok(client)
    }

    /// A client that shows what is known, and neither writes nor asks nor starts anything.
    pub(crate) fn looking(config: Config, surroundings: Surroundings) -> Client {
        let core = Core::new(config, surroundings);
        core.store.seal();
        core.load();
        Client { core }
    }

    /// Ends the client. Ok(Deferred) inside a callback, Err(Timeout) where something did not end in time: that is sealed,
    /// and a later call may still answer Ok(Ok).
    pub fn shutdown(&self, timeout: Duration) -> Result<Status, Error> {
        let core = &self.core;
        let deadline = Deadline::after(timeout);
        if core.log.is_inside() {
            core.life.close();
            core.stop_worker();
            return Ok(Status::Deferred);
        }
        let stop = || {
            core.stop_worker();
            core.recall_threads();
        };
        match core.life.shutdown(stop, &deadline) {
            Shutdown::Deferred => return Ok(Status::Deferred),
            Shutdown::Complete if core.log.close(&deadline) => {
                core.join_threads();
                return Ok(Status::Ok);
            }
            Shutdown::Complete | Shutdown::TimedOut => {}
        }
        core.store.seal();
        core.log.close(&Deadline::after(Duration::ZERO));
        Err(Error::timeout(
            "a callback, a name look-up or the disk has not come back; what is left is sealed",
        ))
    }

    /// Sets an option of a running client; empty takes it back to its default.
    pub fn set_string(&self, option: LiveOption, value: &str) -> Result<Status, Error> {
        self.check_open()?;
        lock(&self.core.live).set(option, value)?;
        self.core.retry_now.store(true, Ordering::SeqCst);
        self.nudge_background();
        Ok(Status::Ok)
    }

    pub fn activate(&self, code: &str) -> Result<Status, Error> {
        let code = checked_code(code)?;
        self.core
            .call(|core, deadline| async move { core.activate(&code, deadline).await })
    }

    pub fn activate_many(&self, codes: &[&str]) -> Result<Status, Error> {
        if codes.is_empty() {
            return Err(Error::argument("no codes given"));
        }
        if codes.len() > BATCH_MAX {
            return Err(Error::new(
                Status::Limit,
                Cause::Argument,
                format!("at most {BATCH_MAX} codes go into one request"),
            ));
        }
        let mut distinct: Vec<String> = Vec::with_capacity(codes.len());
        for code in codes {
            let code = checked_code(code)?;
            if !distinct.contains(&code) {
                distinct.push(code);
            }
        }
        self.core
            .call(|core, deadline| async move { core.activate_many(&distinct, deadline).await })
    }

    /// Makes today's check where it is still due; None: for all codes.
    pub fn heartbeat(&self, code: Option<&str>) -> Result<Status, Error> {
        let codes = self.codes_to_ask(code)?;
        let only = code.map(str::to_owned);
        self.core.call(|core, deadline| async move {
            let report = core.check(only.as_deref(), Asker::Check, deadline).await;
            today::heartbeat_answer(&core, &codes, report)
        })
    }

    /// Asks for the state of a code, held or not; None: of all held.
    pub fn query(&self, code: Option<&str>) -> Result<Status, Error> {
        let codes = match code {
            Some(code) => vec![checked_code(code)?],
            None => self.codes_to_ask(None)?,
        };
        let all = code.is_none();
        self.core.call(move |core, deadline| async move {
            if !all {
                return core.query(&codes, deadline).await;
            }
            let (online, by_file) = core.split_by_file(codes);
            if !online.is_empty() {
                core.query(&online, deadline).await?;
            }
            core.first_refusal(&by_file).map_or(Ok(Status::Ok), Err)
        })
    }

    pub fn report_usage(&self, code: &str, clients: Clients) -> Result<Status, Error> {
        let code = checked_code(code)?;
        self.core
            .call(|core, deadline| async move { core.report_usage(&code, clients, deadline).await })
    }

    /// Removes a code, or everything, from this machine. The marketplace is not told.
    pub fn forget(&self, code: Option<&str>) -> Result<Status, Error> {
        let Some(code) = code else {
            return self
                .core
                .call(|core, _| async move { core.erase().await.map(|()| Status::Ok) });
        };
        self.held_codes(Some(code))?;
        let code = code.to_owned();
        self.core.call(|core, _| async move {
            let forget = |suite: &mut Suite| suite.forget(&code);
            core.change(forget).await.map(|()| Status::Ok)
        })
    }

    /// The language of texts.
    pub fn language(&self) -> Language {
        self.core.config.language
    }

    /// Publishes from now on, into memory that is never freed, when something is licensed for certain.
    pub fn attach_window(&self, window: &'static window::Window) {
        self.core.attach_window(window);
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.core.life.is_closing() {
            return Err(Error::closed());
        }
        Ok(())
    }

    fn start_background(&self) -> Result<(), Error> {
        let idle = lock(&self.core.ledger).suite.licenses.is_empty();
        if idle {
            return Ok(());
        }
        self.core.start_worker()
    }

    fn nudge_background(&self) {
        let core = self.core.clone();
        let has_codes = !lock(&core.ledger).suite.licenses.is_empty();
        if has_codes && core.config.auto_heartbeat {
            // Without a worker there is nothing to nudge.
            let _ = self.core.put(Box::pin(async move { core.nudge() }));
        }
    }

    /// The codes meant, all of them held here.
    fn held_codes(&self, code: Option<&str>) -> Result<Vec<String>, Error> {
        self.check_open()?;
        let only = code.map(checked_code).transpose()?;
        self.core.refresh();
        let ledger = lock(&self.core.ledger);
        let codes: Vec<String> = match only {
            Some(code) if ledger.suite.licenses.contains_key(&code) => vec![code],
            Some(_) => Vec::new(),
            None => ledger.suite.licenses.keys().cloned().collect(),
        };
        if codes.is_empty() {
            // Whoever cannot be asked about has not been forgotten.
            return Err(ledger.unread.clone().unwrap_or_else(not_activated));
        }
        Ok(codes)
    }

    /// The same, to ask the marketplace about: who cannot ask is told so before anything else is missing.
    fn codes_to_ask(&self, code: Option<&str>) -> Result<Vec<String>, Error> {
        let codes = self.held_codes(code);
        codes.map_err(|missing| match missing.status {
            Status::NotActivated => {
                let usable = lock(&self.core.live).credentials();
                usable.err().unwrap_or(missing)
            }
            _ => missing,
        })
    }
}

/// Reads `site.json`, without waiting for a pipe; in scope machine only the administrator's own.
pub(crate) fn site_file(options: &Options) -> impl Fn(&Path) -> Option<Vec<u8>> {
    let scope = match options.text(options::Key::Scope) {
        Some("machine") => Scope::Machine,
        _ => Scope::User,
    };
    move |path| read_given(path, SITE_FILE_MAX, scope).ok()
}

fn not_activated() -> Error {
    Error::new(
        Status::NotActivated,
        Cause::Verdict,
        "no such code has been activated here",
    )
}

fn checked_code(code: &str) -> Result<String, Error> {
    if code.is_empty() || code.len() > MAX_CODE_BYTES {
        return Err(Error::argument(format!(
            "an authorization code has 1 to {MAX_CODE_BYTES} bytes"
        )));
    }
    if code.chars().any(char::is_control) {
        return Err(Error::argument(
            "an authorization code holds no control characters",
        ));
    }
    Ok(code.to_owned())
}
