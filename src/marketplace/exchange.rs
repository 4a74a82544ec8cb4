//! One question and its way to an answer: which host, how often, until when.
//!
//! The rules, in order: the first host; the fallback host once, if the first was unavailable; per call one second try
//! with a corrected clock. Of two failures one with an answer beats one without, and of two silent hosts the first one's
//! is told, since that is the one an administrator has allowed.

use super::Marketplace;
use super::codes::{self, Hidden};
use super::endpoint::Endpoint;
use super::transport::{Request, Response, TransportError};
use super::wire::Envelope;
use crate::clock::WallClock;
use crate::{Cause, Error, Status};
use tokio::time::Instant;

/// Largest difference between the time signed and the answer's `Date` that a refusal is not blamed on.
const SKEW_S: u64 = 300;

/// The circumstances of one call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub clock: &'a dyn WallClock,
    /// Seconds to add to the local clock to get the marketplace's, as far as known.
    pub offset: i64,
    /// When the whole call must have ended.
    pub deadline: Instant,
}

/// A `Date` of the marketplace and when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Unix seconds by the marketplace.
    pub date: i64,
    /// Unix seconds by the local clock at that moment.
    pub local: i64,
    /// It came over `http`.
    pub plain: bool,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    pub result: Result<T, Error>,
    /// Of the last well-formed answer in this call that had a `Date`.
    pub seen: Option<Seen>,
    /// The result came over `http`.
    pub plain: bool,
    /// The result is the fallback host's.
    pub from_fallback: bool,
    /// The first host gave no HTTP answer at all.
    pub first_was_silent: bool,
}

impl<T> Reply<T> {
    /// Of a call that asked nobody.
    pub(super) fn refused(error: Error) -> Reply<T> {
        Reply {
            result: Err(error),
            seen: None,
            plain: false,
            from_fallback: false,
            first_was_silent: false,
        }
    }
}

/// What is asked, the same for every host.
pub(super) struct Question<'a> {
    pub path: String,
    pub body: Vec<u8>,
    /// The codes in it, which must not appear in any text.
    pub codes: Vec<&'a str>,
}

/// What is learnt on the way, from one attempt to the next.
struct Session<'a> {
    call: Call<'a>,
    offset: i64,
    signed_again: bool,
    seen: Option<Seen>,
}

/// How much of an answer one host gave. The more the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Heard {
    /// No HTTP answer at all.
    Nothing,
    /// A gateway that does not reach its service.
    Gateway,
    /// An answer that no other host would better.
    Answer,
}

/// What one host gave.
struct Outcome<T> {
    result: Result<T, Error>,
    heard: Heard,
    /// The offset by which the request should have been signed.
    skew: Option<i64>,
}

impl Marketplace {
    pub(super) async fn ask<T>(
        &self,
        call: Call<'_>,
        question: &Question<'_>,
        read: impl Fn(&Envelope) -> Result<T, Error>,
    ) -> Reply<T> {
        let mut session = Session {
            call,
            offset: call.offset,
            signed_again: false,
            seen: None,
        };
        let mut endpoint = &self.endpoints.first;
        let mut outcome = self.ask_host(&mut session, endpoint, question, &read).await;
        let first_was_silent = outcome.heard == Heard::Nothing;
        let mut from_fallback = false;
        if let Some(fallback) = &self.endpoints.fallback
            && outcome.heard < Heard::Answer
            && session.has_time()
        {
            let second = self.ask_host(&mut session, fallback, question, &read).await;
            if second.heard > outcome.heard {
                (endpoint, outcome, from_fallback) = (fallback, second, true);
            }
        }
        Reply {
            result: outcome.result,
            seen: session.seen,
            plain: endpoint.is_plain(),
            from_fallback,
            first_was_silent,
        }
    }

    /// Asks one host, and again where the clock was to blame.
    async fn ask_host<T>(
        &self,
        session: &mut Session<'_>,
        endpoint: &Endpoint,
        question: &Question<'_>,
        read: &impl Fn(&Envelope) -> Result<T, Error>,
    ) -> Outcome<T> {
        let outcome = self.attempt(session, endpoint, question, read).await;
        let Some(offset) = outcome.skew else {
            return outcome;
        };
        if session.signed_again || !session.has_time() {
            return outcome;
        }
        session.signed_again = true;
        session.offset = offset;
        let mut outcome = self.attempt(session, endpoint, question, read).await;
        if let Err(error) = &mut outcome.result
            && error.status == Status::Unauthorized
            && codes::blames_clock(error)
        {
            error.cause = Cause::Clock;
        }
        outcome
    }

    async fn attempt<T>(
        &self,
        session: &mut Session<'_>,
        endpoint: &Endpoint,
        question: &Question<'_>,
        read: &impl Fn(&Envelope) -> Result<T, Error>,
    ) -> Outcome<T> {
        let signed_at = session.now();
        let Some(request) = self.request(endpoint, question, signed_at) else {
            let text = "no access key and no token: nothing can be asked online";
            return Outcome::answer(Err(Error::unsupported(text)));
        };
        let response = match self.send(session, request).await {
            Ok(response) => response,
            Err(error) => return Outcome::failed(error, endpoint),
        };
        session.note_date(&response, endpoint);
        let hidden = Hidden {
            codes: &question.codes,
            secrets: &self.credentials.secrets(),
        };
        let mut outcome = Outcome::judged(&response, &hidden, endpoint, read);
        if self.credentials.are_signed() && outcome.is_refused_with_401() {
            outcome.skew = session.skew(&response, signed_at);
        }
        outcome
    }

    /// None without credentials.
    fn request(&self, endpoint: &Endpoint, question: &Question<'_>, at: i64) -> Option<Request> {
        let path = endpoint.path(&question.path);
        let host = endpoint.host();
        let headers = self.credentials.headers(&host, &path, &question.body, at)?;
        Some(Request {
            url: endpoint.url(&question.path),
            headers,
            body: question.body.clone(),
        })
    }

    async fn send(
        &self,
        session: &Session<'_>,
        request: Request,
    ) -> Result<Response, TransportError> {
        if !session.has_time() {
            return Err(TransportError::timeout());
        }
        let attempt = Instant::now() + self.request_timeout;
        let until = session.call.deadline.min(attempt);
        let sent = tokio::time::timeout_at(until, self.transport.send(request)).await;
        sent.unwrap_or_else(|_| Err(TransportError::timeout()))
    }
}

impl Session<'_> {
    fn local(&self) -> i64 {
        self.call.clock.local()
    }

    /// The marketplace's time as far as known.
    fn now(&self) -> i64 {
        self.local().saturating_add(self.offset)
    }

    fn has_time(&self) -> bool {
        Instant::now() < self.call.deadline
    }

    /// Only an answer of the documented shape tells the time: any box on the way can send a `Date`.
    fn note_date(&mut self, response: &Response, endpoint: &Endpoint) {
        if let Some(date) = response.date
            && Envelope::parse(&response.body).is_some()
        {
            self.seen = Some(Seen {
                date,
                local: self.local(),
                plain: endpoint.is_plain(),
            });
        }
    }

    /// The offset to sign with instead, where the answer's `Date` is far from the time signed.
    fn skew(&self, response: &Response, signed_at: i64) -> Option<i64> {
        let date = response.date?;
        let far = date.abs_diff(signed_at) > SKEW_S;
        far.then(|| date.saturating_sub(self.local()))
    }
}

impl<T> Outcome<T> {
    fn answer(result: Result<T, Error>) -> Outcome<T> {
        Outcome {
            result,
            heard: Heard::Answer,
            skew: None,
        }
    }

    fn failed(error: TransportError, endpoint: &Endpoint) -> Outcome<T> {
        let heard = match error.is_unavailable() {
            true => Heard::Nothing,
            false => Heard::Answer,
        };
        Outcome {
            result: Err(Error::from(error).with_host(endpoint.host())),
            heard,
            skew: None,
        }
    }

    fn judged(
        response: &Response,
        hidden: &Hidden<'_>,
        endpoint: &Endpoint,
        read: &impl Fn(&Envelope) -> Result<T, Error>,
    ) -> Outcome<T> {
        let result = codes::judge(response, hidden).and_then(|envelope| read(&envelope));
        let result = result.map_err(|mut error| {
            error.http = Some(response.status);
            error.with_host(endpoint.host())
        });
        let heard = match codes::is_unavailable(response) {
            true => Heard::Gateway,
            false => Heard::Answer,
        };
        Outcome {
            result,
            heard,
            skew: None,
        }
    }

    fn is_refused_with_401(&self) -> bool {
        let refused =
            |error: &Error| error.status == Status::Unauthorized && error.http == Some(401);
        self.result.as_ref().is_err_and(refused)
    }
}
