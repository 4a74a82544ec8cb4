//! What is asked of the marketplace, and what becomes of its answers. Every operation runs on the worker.

use super::core::Core;
use crate::error::{Cause, Error, Status, masked};
use crate::events::event;
use crate::license::facts::{Answer, Source};
use crate::license::{MAX_CODES, Said, Suite, schedule};
use crate::marketplace::{
    BATCH_MAX, Call, Clients, LicenseInfo, LicenseState, Marketplace, Reply, Seen, Usage,
    is_already_activated,
};
use crate::store;
use crate::sync::lock;
use crate::text;
use std::collections::BTreeMap;
use tokio::time::{Instant, timeout_at};

/// What the check of one code came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Today's check had been made already, here or in another process.
    Before,
    /// The marketplace was asked.
    Now(Result<(), Error>),
}

/// One connection to the marketplace for the length of an operation.
pub struct Online {
    market: Marketplace,
    account: Option<String>,
    deadline: Instant,
}

impl Core {
    pub fn go_online(&self, deadline: Instant) -> Result<Online, Error> {
        let live = lock(&self.live).clone();
        let transport = (self.surroundings.transport)(&self.config, &live, &self.lookups)?;
        Ok(Online {
            market: Marketplace {
                transport,
                endpoints: self.config.endpoints.clone(),
                credentials: live.credentials()?,
                request_timeout: self.config.timeouts.request,
                expiry_offset_minutes: self.config.expiry_offset_minutes,
            },
            account: live.account_id,
            deadline,
        })
    }

    /// Activates one code and asks for its state.
    pub async fn activate(&self, code: &str, deadline: Instant) -> Result<Status, Error> {
        let online = self.go_online(deadline)?;
        self.check_room(&[code])?;
        let reply = online
            .market
            .activate(self.circumstances(&online), code)
            .await;
        self.finish_activation(&online, &[code.to_owned()], reply)
            .await
    }

    /// Activates several codes in one request and asks for the state of each.
    pub async fn activate_many(
        &self,
        codes: &[String],
        deadline: Instant,
    ) -> Result<Status, Error> {
        let online = self.go_online(deadline)?;
        let named: Vec<&str> = codes.iter().map(String::as_str).collect();
        self.check_room(&named)?;
        let reply = online
            .market
            .activate_many(self.circumstances(&online), codes)
            .await;
        self.finish_activation(&online, codes, reply).await
    }

    async fn finish_activation(
        &self,
        online: &Online,
        codes: &[String],
        reply: Reply<()>,
    ) -> Result<Status, Error> {
        let source = self.source(&reply);
        match &reply.result {
            Ok(()) => {}
            Err(error) if is_already_activated(error) => {
                self.learn_time(&reply).await;
                return self.confirm_activated(online, codes).await;
            }
            Err(error) => {
                self.note_refusal(codes, error, &reply).await;
                return Err(error.clone());
            }
        }
        // Saved before anything else is asked: what was accepted must not be lost.
        let accepted = self
            .change(|suite| {
                learn_time(suite, reply.seen, false);
                for code in codes {
                    let facts = suite.licenses.entry(code.clone()).or_default();
                    facts.accept_activation(source);
                }
            })
            .await;
        let mut saved = accepted;
        for code in codes {
            match self.query_and_record(online, code, true).await {
                Recorded {
                    result: Ok(()),
                    saved: s,
                } => saved = saved.and(s),
                Recorded {
                    result: Err(error), ..
                } if error.cause == Cause::Verdict => {
                    return Err(error);
                }
                // Accepted, and only the confirmation is missing: today's check stays due.
                Recorded {
                    result: Err(error), ..
                } => {
                    let code = masked(code);
                    self.log
                        .warn(|| format!("{code} is activated, but its query failed: {error}"));
                    break;
                }
            }
        }
        self.nudge();
        saved.map(|()| Status::Ok)
    }

    /// "Already activated" is believed when a query says ALIVE. Of a batch it may be said because of some of its codes: the
    /// others are activated by a second request.
    async fn confirm_activated(&self, online: &Online, codes: &[String]) -> Result<Status, Error> {
        let mut saved = Ok(());
        let mut left = Vec::new();
        for code in codes {
            let recorded = self.query_and_record(online, code, true).await;
            match recorded.result {
                Err(error) if error.status == Status::NotActivated && codes.len() > 1 => {
                    left.push((code.clone(), error));
                }
                result => result?,
            }
            saved = saved.and(recorded.saved);
        }
        if left.len() == codes.len() {
            // The two answers contradict each other: no use asking on.
            let (_, error) = left.swap_remove(0);
            return Err(error);
        }
        if left.is_empty() {
            return saved.map(|()| Status::Already);
        }
        let left: Vec<String> = left.into_iter().map(|(code, _)| code).collect();
        let circumstances = self.circumstances(online);
        let reply = online.market.activate_many(circumstances, &left).await;
        // Ends: each time there are fewer.
        let rest = Box::pin(self.finish_activation(online, &left, reply)).await;
        saved.and(rest)
    }

    /// A code that is held and turns out not to exist loses its verdict, but is kept.
    async fn note_refusal(&self, codes: &[String], error: &Error, reply: &Reply<()>) {
        let denied = error.status == Status::UnknownLicense && codes.len() == 1;
        let held = denied && self.is_held_online(&codes[0]);
        if !held {
            return self.learn_time(reply).await;
        }
        let source = self.source(reply);
        let _ = self
            .change(|suite| {
                learn_time(suite, reply.seen, false);
                if let Some(facts) = suite.licenses.get_mut(&codes[0]) {
                    facts.accept_denial(source, reply.from_fallback, reply.first_was_silent);
                }
            })
            .await;
    }

    /// Asks for the state of codes, whether their check is due or not. A code that is not held is taken up if ALIVE.
    pub async fn query(&self, codes: &[String], deadline: Instant) -> Result<Status, Error> {
        let online = self.go_online(deadline)?;
        let mut first_failure = None;
        for code in codes {
            let recorded = self.query_and_record(&online, code, true).await;
            if let Err(error) = recorded.result {
                let hopeless = !is_about_the_code(&error);
                first_failure.get_or_insert(error);
                if hopeless {
                    break;
                }
            }
        }
        self.nudge();
        match first_failure {
            Some(error) => Err(error),
            None => Ok(Status::Ok),
        }
    }

    pub async fn report_usage(
        &self,
        code: &str,
        clients: Clients,
        deadline: Instant,
    ) -> Result<Status, Error> {
        let online = self.go_online(deadline)?;
        let usage = [Usage {
            license: code.into(),
            clients,
        }];
        let reply = online
            .market
            .report_usage(self.circumstances(&online), &usage)
            .await;
        self.learn_time(&reply).await;
        reply.result.map(|()| Status::Ok)
    }

    /// Makes today's check for those of the codes (None: all) for which it is still due, once among all processes.
    pub async fn check(
        &self,
        only: Option<&str>,
        deadline: Instant,
    ) -> Result<BTreeMap<String, Checked>, Error> {
        // Whoever is at it may hang; half the time is left to ask ourselves.
        let patience = Instant::now() + deadline.duration_since(Instant::now()) / 2;
        let _turn = timeout_at(patience, self.checking.lock()).await.ok();
        self.refresh();
        let mut report = self.nothing_checked(only);
        if self.due_codes(only).is_empty() && !self.is_usage_due(only) {
            self.announce_expiries().await;
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
            self.raise_heartbeat(&code, &result);
            report.insert(code, Checked::Now(result));
        }
        if hopeless.is_none() {
            self.report_todays_use(&online, only).await;
        }
        self.announce_expiries().await;
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

    fn raise_heartbeat(&self, code: &str, result: &Result<(), Error>) {
        let (verdict, expires_at) = {
            let ledger = lock(&self.ledger);
            let facts = ledger.suite.licenses.get(code);
            let expires_at = facts.map_or(0, |facts| facts.expires_at);
            (self.verdict(&ledger.suite, code), expires_at)
        };
        let shown = masked(code);
        match result {
            Ok(()) => {
                self.log
                    .info(|| format!("checked {shown}: {}", verdict.name()));
                self.raise(event::heartbeat(code, verdict, expires_at, None));
            }
            Err(error) => {
                self.log
                    .warn(|| format!("check of {shown} failed: {error}"));
                let text = text::describe(error, self.config.language);
                let failure = Some((error, text.as_str()));
                self.raise(event::heartbeat(code, verdict, expires_at, failure));
            }
        }
    }

    async fn query_and_record(&self, online: &Online, code: &str, take_up: bool) -> Recorded {
        let account = online.account.as_deref();
        let reply = online
            .market
            .query(self.circumstances(online), code, account)
            .await;
        let source = self.source(&reply);
        let held = self.is_held_online(code);
        let answer = match &reply.result {
            Ok(info) => answer_of(info),
            Err(error) => {
                let denied = error.status == Status::UnknownLicense && held;
                self.record_failure(code, &reply, denied.then_some(source))
                    .await;
                return Recorded::failed(error.clone());
            }
        };
        let alive = answer.said == Said::Alive;
        if alive
            && take_up
            && !held
            && let Err(error) = self.check_room(&[code])
        {
            return Recorded::failed(error);
        }
        let saved = self
            .change(|suite| {
                learn_time(suite, reply.seen, alive);
                if alive && take_up && suite.has_room_for(code) {
                    suite.licenses.entry(code.into()).or_default();
                }
                // What is known by a file alone is taken up like an unknown code.
                let facts = suite.licenses.get_mut(code);
                if let Some(facts) = facts.filter(|facts| alive || facts.is_online()) {
                    facts.accept_answer(&answer, source);
                }
            })
            .await;
        Recorded {
            result: refusal(answer.said).map_or(Ok(()), Err),
            saved,
        }
    }

    fn is_held_online(&self, code: &str) -> bool {
        let ledger = lock(&self.ledger);
        let facts = ledger.suite.licenses.get(code);
        facts.is_some_and(|facts| facts.is_online())
    }

    async fn record_failure<T>(&self, code: &str, reply: &Reply<T>, denied: Option<Source>) {
        let Some(source) = denied else {
            return self.learn_time(reply).await;
        };
        let _ = self
            .change(|suite| {
                learn_time(suite, reply.seen, false);
                if let Some(facts) = suite.licenses.get_mut(code) {
                    facts.accept_denial(source, reply.from_fallback, reply.first_was_silent);
                }
            })
            .await;
    }

    /// Takes up the time of an answer that said nothing about a licence. Kept for the next save: a file that changes
    /// with every failed attempt helps nobody.
    async fn learn_time<T>(&self, reply: &Reply<T>) {
        if reply.seen.is_some() {
            learn_time(&mut lock(&self.ledger).suite, reply.seen, false);
        }
    }

    fn circumstances<'a>(&'a self, online: &Online) -> Call<'a> {
        let suite_clock = lock(&self.ledger).suite.clock_for(&self.config.policy);
        Call {
            clock: self.clock.as_ref(),
            offset: suite_clock.offset,
            deadline: online.deadline,
        }
    }

    fn source<T>(&self, reply: &Reply<T>) -> Source {
        let at = match reply.seen {
            Some(seen) => seen.date,
            None => {
                let ledger = lock(&self.ledger);
                let believed = self.believed(&ledger.suite);
                believed.unwrap_or_else(|| self.clock.local())
            }
        };
        Source {
            at,
            plain: reply.plain,
        }
    }

    fn check_room(&self, codes: &[&str]) -> Result<(), Error> {
        let ledger = lock(&self.ledger);
        let held = &ledger.suite.licenses;
        let fresh = codes.iter().filter(|code| !held.contains_key(**code));
        if held.len() + fresh.count() > MAX_CODES {
            return Err(Error::new(
                Status::Limit,
                Cause::Argument,
                format!("at most {MAX_CODES} codes can be held"),
            ));
        }
        Ok(())
    }
}

/// What came of a query.
struct Recorded {
    /// Ok: ALIVE.
    result: Result<(), Error>,
    saved: Result<(), Error>,
}

impl Recorded {
    fn failed(error: Error) -> Recorded {
        Recorded {
            result: Err(error),
            saved: Ok(()),
        }
    }
}

/// Takes up the `Date` of an answer; without one the local clock is all there is.
fn learn_time(suite: &mut Suite, seen: Option<Seen>, successful_check: bool) {
    let Some(seen) = seen else {
        return;
    };
    if successful_check {
        suite.clock.learn_checked(seen.date, seen.local, seen.plain);
    } else {
        suite.clock.learn(seen.date, seen.local, seen.plain);
    }
}

fn answer_of(info: &LicenseInfo) -> Answer {
    Answer {
        said: match info.status {
            LicenseState::Alive => Said::Alive,
            LicenseState::Expired => Said::Expired,
            LicenseState::Released => Said::Released,
        },
        expires_at: info.expires_at,
        activated_at: info.activated_at,
        amount: info.amount,
        product_id: info.product_id.clone(),
        features: info.features.clone(),
    }
}

/// What a negative answer means for the caller.
fn refusal(said: Said) -> Option<Error> {
    let (status, text) = match said {
        Said::Alive | Said::Nothing => return None,
        Said::Expired => (
            Status::Expired,
            "the marketplace says the licence has expired",
        ),
        Said::Released => (Status::Released, "the marketplace has released this code"),
        Said::Missing => (
            Status::UnknownLicense,
            "the marketplace does not know this code",
        ),
    };
    Some(Error::new(status, Cause::Verdict, text))
}

/// True where asking about the next code may fare better.
fn is_about_the_code(error: &Error) -> bool {
    matches!(
        error.status,
        Status::NotActivated
            | Status::UnknownLicense
            | Status::NotReceived
            | Status::Expired
            | Status::Released
            | Status::Rejected
            | Status::Limit
            | Status::Protocol
    )
}
