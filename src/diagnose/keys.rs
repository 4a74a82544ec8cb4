//! Whether the gateway takes the program's access key or token: the daily question once more, with them and still without a
//! code. Who is let in is told that the code is missing; who is not, 401 or 403. A wrong clock is refused as well, so the
//! question is signed again by the answer's `Date`, as every request of the client is; what is refused then is the key.

use super::report::{Fault, KeysFacts};
use crate::client::config::Config;
use crate::clock::WallClock;
use crate::marketplace::{Call, Credentials, Endpoint, Endpoints, Marketplace, Transport};
use crate::{Cause, Error, Status};
use std::sync::Arc;
use tokio::time::Instant;

/// None where there are neither keys nor a token, or where the answer says nothing about them.
pub async fn look(
    config: &Config,
    clock: &dyn WallClock,
    endpoint: &Endpoint,
    transport: Arc<dyn Transport>,
    deadline: Instant,
) -> Option<KeysFacts> {
    if matches!(config.credentials, Credentials::None) {
        return None;
    }
    let market = Marketplace {
        transport,
        endpoints: Endpoints {
            first: endpoint.clone(),
            fallback: None,
        },
        credentials: config.credentials.clone(),
        request_timeout: config.timeouts.request,
        expiry_offset_minutes: config.expiry_offset_minutes,
    };
    let call = Call {
        clock,
        offset: 0,
        deadline,
    };
    judged(market.ask_for_entry(call).await.result)
}

fn judged(answer: Result<(), Error>) -> Option<KeysFacts> {
    let error = match answer {
        Ok(()) => return Some(KeysFacts::accepted()),
        Err(error) => error,
    };
    match error.status {
        Status::Unauthorized if error.cause != Cause::Clock => Some(KeysFacts {
            accepted: false,
            error: Some(Fault::from(error)),
        }),
        // The service behind the gateway has spoken.
        Status::Rejected | Status::UnknownLicense | Status::NotActivated | Status::NotReceived => {
            Some(KeysFacts::accepted())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_of_the_gateway_or_the_service_says_anything() {
        let accepted = |status, cause| {
            let facts = judged(Err(Error::new(status, cause, "a reason")));
            facts.map(|facts| facts.accepted)
        };
        assert_eq!(judged(Ok(())).map(|facts| facts.accepted), Some(true));
        for (status, cause, expected) in [
            (Status::Rejected, Cause::Refused, Some(true)),
            (Status::UnknownLicense, Cause::Verdict, Some(true)),
            (Status::Unauthorized, Cause::Refused, Some(false)),
            (Status::Unauthorized, Cause::Clock, None),
            (Status::Throttled, Cause::Throttled, None),
            (Status::Server, Cause::Server, None),
            (Status::Protocol, Cause::Protocol, None),
            (Status::Network, Cause::Connect, None),
        ] {
            assert_eq!(accepted(status, cause), expected, "{status:?}");
        }
    }
}
