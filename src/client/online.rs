//! The way to the marketplace, and what becomes of its answers: asked for, judged and recorded. Runs on the worker.

use super::core::Core;
use crate::error::{Cause, Error, Status};
use crate::license::facts::{Answer, Source};
use crate::license::{MAX_CODES, Said, Suite};
use crate::marketplace::{
    Call, Clients, LicenseInfo, LicenseState, Marketplace, Reply, Seen, Usage,
};
use crate::sync::lock;
use tokio::time::Instant;

/// One connection to the marketplace for the length of an operation.
pub struct Online {
    pub(super) market: Marketplace,
    pub(super) account: Option<String>,
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
        self.nudge_quietly();
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
        self.learn_time(&reply);
        reply.result.map(|()| Status::Ok)
    }

    pub(super) async fn query_and_record(
        &self,
        online: &Online,
        code: &str,
        take_up: bool,
    ) -> Recorded {
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
        if let Some(error) = self.does_not_count(&reply) {
            return Recorded::failed(error);
        }
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

    /// The fallback of an `https` endpoint may be `http` on this computer.
    pub(super) fn does_not_count<T>(&self, reply: &Reply<T>) -> Option<Error> {
        let plain = reply.plain && self.config.policy.requires_tls;
        plain.then(|| {
            let text = "the answer came over http, which does not count for an https endpoint";
            Error::new(Status::Protocol, Cause::Protocol, text)
        })
    }

    pub(super) fn is_held_online(&self, code: &str) -> bool {
        let ledger = lock(&self.ledger);
        let facts = ledger.suite.licenses.get(code);
        facts.is_some_and(|facts| facts.is_online())
    }

    pub(super) async fn record_failure<T>(
        &self,
        code: &str,
        reply: &Reply<T>,
        denied: Option<Source>,
    ) {
        let Some(source) = denied else {
            return self.learn_time(reply);
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

    /// Takes up the time of an answer that said nothing about a licence, where that costs none. Kept for the next save: a
    /// file that changes with every failed attempt helps nobody.
    pub(super) fn learn_time<T>(&self, reply: &Reply<T>) {
        if let Some(seen) = reply.seen {
            self.learn_in_passing(|clock| clock.learn(seen.date, seen.local, seen.plain));
        }
    }

    pub(super) fn circumstances<'a>(&'a self, online: &Online) -> Call<'a> {
        let suite_clock = lock(&self.ledger).suite.clock_for(&self.config.policy);
        Call {
            clock: self.clock.as_ref(),
            offset: suite_clock.offset,
            deadline: online.deadline,
        }
    }

    pub(super) fn source<T>(&self, reply: &Reply<T>) -> Source {
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

    pub(super) fn check_room(&self, codes: &[&str]) -> Result<(), Error> {
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
pub(super) struct Recorded {
    /// Ok: ALIVE.
    pub(super) result: Result<(), Error>,
    pub(super) saved: Result<(), Error>,
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
pub(super) fn learn_time(suite: &mut Suite, seen: Option<Seen>, successful_check: bool) {
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
pub(super) fn is_about_the_code(error: &Error) -> bool {
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
