//! Activation: accepted by the marketplace, saved, and then confirmed by asking for the state of each code.

use super::core::Core;
use super::online::{Online, Recorded, learn_time};
use crate::error::{Cause, Error, Status, masked};
use crate::marketplace::{Reply, is_already_activated};
use tokio::time::Instant;

impl Core {
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
                self.learn_time(&reply);
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
        if let Some(error) = self.does_not_count(&reply) {
            return Err(error);
        }
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
        self.nudge_quietly();
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
        // Of several codes it is not said which one is meant.
        let denied = error.status == Status::UnknownLicense && codes.len() == 1;
        let held = denied && self.is_held_online(&codes[0]);
        self.record_failure(&codes[0], reply, held.then(|| self.source(reply)))
            .await;
    }
}
