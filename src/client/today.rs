//! Today's check: once for each code among all processes of the folder, and with it the day's usage report.

use super::core::Core;
use super::not_activated;
use super::online::{Online, is_about_the_code};
use crate::error::{Error, Status, masked};
use crate::events::event;
use crate::license::suite::Verification;
use crate::license::{Said, schedule};
use crate::marketplace::{BATCH_MAX, Clients, Usage};
use crate::store;
use crate::sync::lock;
use crate::text;
use std::collections::BTreeMap;
use tokio::time::{Instant, timeout_at};

/// Who has today's check made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The background or `isc_heartbeat`: `Heartbeat` tells of it.
    Check,
    /// A licence request, which has an answer of its own.
    Request,
}

/// What the check of one code came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Today's check had been made already, here or in another process.
    Before,
    /// The marketplace was asked.
    Now(Result<(), Error>),
}

impl Core {
    /// Makes today's check for those of the codes (None: all) for which it is still due, once among all processes.
    pub async fn check(
        &self,
        only: Option<&str>,
        asker: Asker,
        deadline: Instant,
    ) -> Result<BTreeMap<String, Checked>, Error> {
        // Whoever is at it may hang; half the time is left to ask ourselves.
        let patience = Instant::now() + deadline.duration_since(Instant::now()) / 2;
        let _turn = timeout_at(patience, self.checking.lock()).await.ok();
        self.refresh();
        let mut report = self.nothing_checked(only);
        if self.due_codes(only).is_empty() && !self.is_usage_due(only) {
            self.announce_expiries();
            return Ok(report);
        }
        let online = self.go_online(deadline)?;
        let _alone = self.check_lock(only, patience).await;
        self.refresh();
        let mut hopeless: Option<Error> = None;
        for code in self.due_codes(only) {
            let result = match &hopeless {
                Some(error) => Err(error.clone()),
                None => self.query_and_record(&online, &code, false).await.result,
            };
            if let Err(error) = &result
                && !is_about_the_code(error)
            {
                hopeless = Some(error.clone());
            }
            self.tell_checked(&code, asker, &result);
            report.insert(code, Checked::Now(result));
        }
        if hopeless.is_none() {
            self.report_todays_use(&online, only).await;
        }
        self.announce_expiries();
        Ok(report)
    }

    /// The lock of the one process that checks. None where it cannot be had: then everybody asks.
    async fn check_lock(&self, only: Option<&str>, patience: Instant) -> Option<store::Lock> {
        loop {
            match self.store.try_check_lock() {
                Ok(Some(lock)) => return Some(lock),
                Ok(None) => {}
                Err(error) => {
                    self.log
                        .debug(|| format!("checking without a lock: {error}"));
                    return None;
                }
            }
            if Instant::now() >= patience {
                self.log
                    .warn(|| "another process has not finished today's check; asking too".into());
                return None;
            }
            tokio::time::sleep(super::ledger::LOCK_POLL).await;
            self.refresh();
            if self.due_codes(only).is_empty() {
                return None;
            }
        }
    }

    fn nothing_checked(&self, only: Option<&str>) -> BTreeMap<String, Checked> {
        let ledger = lock(&self.ledger);
        let codes = ledger.suite.licenses.keys();
        codes
            .filter(|code| only.is_none_or(|only| only == *code))
            .map(|code| (code.clone(), Checked::Before))
            .collect()
    }

    pub fn due_codes(&self, only: Option<&str>) -> Vec<String> {
        let ledger = lock(&self.ledger);
        let now = self.believed(&ledger.suite);
        ledger
            .suite
            .licenses
            .iter()
            .filter(|(code, _)| only.is_none_or(|only| only == *code))
            .filter(|(_, facts)| schedule::is_due(facts, now, &self.config.policy))
            .map(|(code, _)| code.clone())
            .collect()
    }

    /// Codes that were confirmed today and whose use was not reported yet.
    fn unreported_codes(&self, only: Option<&str>) -> Vec<String> {
        let day = self.config.policy.day;
        let ledger = lock(&self.ledger);
        let Some(now) = self.believed(&ledger.suite) else {
            return Vec::new();
        };
        // What the program itself has refused today is not in use.
        let refused = |found: &Verification| !found.verified && day.same_day(found.at, now);
        if ledger.suite.verification.as_ref().is_some_and(refused) {
            return Vec::new();
        }
        ledger
            .suite
            .licenses
            .iter()
            .filter(|(code, _)| only.is_none_or(|only| only == *code))
            .filter(|(_, facts)| facts.said == Said::Alive && day.same_day(facts.confirmed_at, now))
            .filter(|(_, facts)| facts.usage_at == 0 || !day.same_day(facts.usage_at, now))
            .map(|(code, _)| code.clone())
            .collect()
    }

    pub fn is_usage_due(&self, only: Option<&str>) -> bool {
        lock(&self.live).account_id.is_some() && !self.unreported_codes(only).is_empty()
    }

    async fn report_todays_use(&self, online: &Online, only: Option<&str>) {
        let Some(account) = &online.account else {
            return;
        };
        for codes in self.unreported_codes(only).chunks(BATCH_MAX) {
            let usage: Vec<Usage> = codes
                .iter()
                .map(|code| Usage {
                    license: code.clone(),
                    clients: Clients::Id(account.clone()),
                })
                .collect();
            let reply = online
                .market
                .report_usage(self.circumstances(online), &usage)
                .await;
            if let Err(error) = &reply.result {
                self.log
                    .warn(|| format!("today's use was not reported: {error}"));
                return;
            }
            let at = self.source(&reply).at;
            let _ = self
                .change(|suite| {
                    for code in codes {
                        if let Some(facts) = suite.licenses.get_mut(code) {
                            facts.usage_at = at;
                        }
                    }
                })
                .await;
        }
    }

    fn tell_checked(&self, code: &str, asker: Asker, result: &Result<(), Error>) {
        let (verdict, expires_at) = {
            let ledger = lock(&self.ledger);
            let facts = ledger.suite.licenses.get(code);
            let expires_at = facts.map_or(0, |facts| facts.expires_at);
            (self.verdict(&ledger.suite, code), expires_at)
        };
        let shown = masked(code);
        match result {
            Ok(()) => self
                .log
                .info(|| format!("checked {shown}: {}", verdict.name())),
            Err(error) => self
                .log
                .warn(|| format!("check of {shown} failed: {error}")),
        }
        if asker == Asker::Request {
            return;
        }
        let failure = result.as_ref().err();
        let text = failure.map(|error| text::describe(error, self.config.language));
        let failure = failure.zip(text.as_deref());
        self.raise(event::heartbeat(code, verdict, expires_at, failure));
    }
}

/// Success only if each code succeeded, else the first failure; of successes, the one that says most.
pub(super) fn heartbeat_answer(
    core: &Core,
    codes: &[String],
    report: Result<BTreeMap<String, Checked>, Error>,
) -> Result<Status, Error> {
    let ledger = lock(&core.ledger);
    let mut answer = Status::Already;
    for code in codes {
        let checked = match &report {
            Ok(report) => report.get(code).cloned().unwrap_or(Checked::Before),
            Err(error) => Checked::Now(Err(error.clone())),
        };
        match checked {
            Checked::Before => match ledger.suite.licenses.get(code) {
                None => return Err(not_activated()),
                // Nobody is asked about it: it speaks for itself.
                Some(facts) if !facts.is_online() => {
                    core.verdict(&ledger.suite, code).as_result(facts.said)?;
                }
                Some(_) => {}
            },
            Checked::Now(Ok(())) if answer == Status::Already => answer = Status::Ok,
            Checked::Now(Ok(())) => {}
            Checked::Now(Err(error)) => {
                let licensed = core.verdict(&ledger.suite, code).is_licensed();
                if !error.is_unreachable() || !licensed {
                    return Err(error);
                }
                answer = Status::Cached;
            }
        }
    }
    Ok(answer)
}
