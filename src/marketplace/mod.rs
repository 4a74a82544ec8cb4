//! The client of the marketplace's License 2.0 API.
//!
//! Every operation is one POST, asked of the first host and, where that is unavailable, once of the fallback host,
//! signed anew for it. Beyond that there is a single second try: a request refused with 401 while the answer's `Date`
//! is more than five minutes from the time signed is signed again with the offset so learnt. Everything else (when to
//! ask again, what an answer means for a licence, what to remember) is the caller's: this room holds no state.
//!
//! Operations are futures, and dropping one cuts its connection; so a shutdown never waits for a mute server. They run on
//! a tokio runtime with I/O and time that the caller owns.
//!
//! | file | holds |
//! |---|---|
//! | `exchange` | which host is asked, how often and until when |
//! | [`wire`], [`codes`], [`time`] | documents, error codes, times |
//! | [`signer`], [`credentials`], [`secret`], `percent` | request signing |
//! | [`endpoint`], [`proxy`], [`system_proxy`], `proxy_list`, `challenge` | where, and which way |
//! | [`transport`] | what is needed of an HTTP library |
//! | [`reqwest_transport`], `faults`, [`roots`], [`apart`], [`lookup`] | how reqwest gives it |
//! | [`trust`], [`x509`] | what a server presents, for the diagnosis |

pub mod apart;
pub mod challenge;
pub mod codes;
pub mod credentials;
pub mod endpoint;
mod exchange;
mod faults;
pub mod lookup;
mod percent;
pub mod proxy;
#[cfg(any(windows, test))]
mod proxy_list;
pub mod reqwest_transport;
pub mod roots;
pub mod secret;
pub mod signer;
pub mod system_proxy;
pub mod time;
pub mod transport;
pub mod trust;
pub mod wire;
pub mod x509;

pub use codes::is_already_activated;
pub use credentials::Credentials;
pub use endpoint::{Endpoint, Endpoints};
pub use exchange::{Call, Reply, Seen};
pub use lookup::ThreadsAlive;
pub use proxy::Proxy;
pub use reqwest_transport::{ReqwestTransport, TransportConfig, user_agent};
pub use secret::Secret;
pub use transport::Transport;
pub use wire::{Clients, LicenseInfo, LicenseState, Usage};

use crate::{Cause, Error, Status};
use exchange::Question;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

const BASE: &str = "/api/mkp-openapi-public/global";
const QUERY: &str = "/v1/license/heartbeat";
/// Most codes in one batch.
pub const BATCH_MAX: usize = 100;

/// The marketplace, or a relay in its place.
pub struct Marketplace {
    pub transport: Arc<dyn Transport>,
    pub endpoints: Endpoints,
    pub credentials: Credentials,
    /// Limit of one attempt.
    pub request_timeout: Duration,
    /// Zone of times that come without one, in minutes east of UTC.
    pub expiry_offset_minutes: i32,
}

impl Marketplace {
    /// Activates one code (v1). The expiry in its answer is documented as an estimate and not looked at: query it.
    pub async fn activate(&self, call: Call<'_>, code: &str) -> Reply<()> {
        let body = wire::ActivateOne { license: code };
        let question = question("/v1/license/activate", &body, vec![code]);
        self.ask(call, &question, |_| Ok(())).await
    }

    /// Activates up to [`BATCH_MAX`] codes in one request (v2).
    pub async fn activate_many(&self, call: Call<'_>, codes: &[String]) -> Reply<()> {
        if let Err(error) = check_batch(codes.len()) {
            return Reply::refused(error);
        }
        let body = wire::ActivateMany {
            license_list: codes,
        };
        let named = codes.iter().map(String::as_str).collect();
        let question = question("/v2/license/activate", &body, named);
        self.ask(call, &question, |_| Ok(())).await
    }

    /// Asks for status and expiry of one code (v1 heartbeat). The sunset `heartbeatInfo`
    /// goes with it where an end user's id is given.
    pub async fn query(
        &self,
        call: Call<'_>,
        code: &str,
        account: Option<&str>,
    ) -> Reply<LicenseInfo> {
        let body = wire::Query::new(code, account);
        let question = question(QUERY, &body, vec![code]);
        let offset = self.expiry_offset_minutes;
        self.ask(call, &question, |envelope| {
            LicenseInfo::read(envelope, code, offset)
        })
        .await
    }

    /// Asks about no code at all: who may not ask is refused by the gateway, everybody else by the service.
    pub async fn ask_for_entry(&self, call: Call<'_>) -> Reply<()> {
        let body = wire::Query::new("", None);
        let question = question(QUERY, &body, Vec::new());
        self.ask(call, &question, |_| Ok(())).await
    }

    /// Reports who used the software today, for up to [`BATCH_MAX`] codes (v2).
    pub async fn report_usage(&self, call: Call<'_>, usage: &[Usage]) -> Reply<()> {
        if let Err(error) = check_batch(usage.len()) {
            return Reply::refused(error);
        }
        let body = wire::UsageReport::new(usage);
        let named = usage.iter().map(|one| one.license.as_str()).collect();
        let question = question("/v2/license/software-usage-info", &body, named);
        self.ask(call, &question, |_| Ok(())).await
    }
}

/// The documented path that is asked daily.
pub fn query_path() -> String {
    format!("{BASE}{QUERY}")
}

fn question<'a>(path: &str, body: &impl Serialize, codes: Vec<&'a str>) -> Question<'a> {
    Question {
        path: format!("{BASE}{path}"),
        // Structs of strings and numbers always serialize.
        body: serde_json::to_vec(body).unwrap_or_default(),
        codes,
    }
}

fn check_batch(count: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::argument("no codes given")),
        1..=BATCH_MAX => Ok(()),
        _ => Err(Error::new(
            Status::Limit,
            Cause::Argument,
            format!("at most {BATCH_MAX} codes go into one request"),
        )),
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
