//! A feed and its signature, fetched. What they say is not looked at here, and nothing is remembered: a client's look does
//! that, and the diagnosis does not.

use super::feed;
use super::staging::SignedFeed;
use crate::marketplace::transport::{Get, Opened, TransportError};
use crate::marketplace::{Endpoint, Transport};
use crate::{Cause, Error, Status};
use std::time::Duration;
use tokio::time::timeout;

/// Largest signature file: minisign's have four short lines.
const SIGNATURE_MAX: usize = 16 * 1024;

/// What is being fetched, for texts.
#[derive(Clone, Copy)]
enum Subject {
    Feed,
    Signature,
}

/// Each of the two takes at most `limit`.
pub async fn fetch(
    transport: &dyn Transport,
    feed: &str,
    limit: Duration,
) -> Result<SignedFeed, Error> {
    let fetched = async {
        let signature = format!("{feed}.minisig");
        Ok(SignedFeed {
            feed: small(transport, Subject::Feed, feed, limit).await?,
            signature: small(transport, Subject::Signature, &signature, limit).await?,
        })
    };
    fetched.await.map_err(|error: Error| Error {
        host: Endpoint::of_url(feed).map(|server| server.host()),
        ..error
    })
}

async fn small(
    transport: &dyn Transport,
    subject: Subject,
    url: &str,
    limit: Duration,
) -> Result<Vec<u8>, Error> {
    let get = Get {
        url: url.to_owned(),
        headers: Vec::new(),
    };
    let fetching = async {
        let opened = transport.open(get).await.map_err(|e| subject.broken(e))?;
        read(opened, subject).await
    };
    match timeout(limit, fetching).await {
        Ok(fetched) => fetched,
        Err(_) => Err(subject.broken(TransportError::timeout())),
    }
}

async fn read(mut opened: Opened, subject: Subject) -> Result<Vec<u8>, Error> {
    if opened.status != 200 {
        return Err(Error {
            http: Some(opened.status),
            retry_after_s: opened.retry_after_s,
            ..subject.unusable("the server does not give it out")
        });
    }
    let max = subject.max();
    let mut bytes = Vec::new();
    while let Some(piece) = opened.body.next().await.map_err(|e| subject.broken(e))? {
        if bytes.len() + piece.len() > max {
            return Err(subject.unusable(&format!("it is larger than {max} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

impl Subject {
    fn max(self) -> usize {
        match self {
            Subject::Feed => feed::MAX_BYTES,
            Subject::Signature => SIGNATURE_MAX,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Subject::Feed => "the upgrade feed",
            Subject::Signature => "the upgrade feed's signature (.minisig)",
        }
    }

    /// The network's own statuses: what helps is the same as with licences.
    fn broken(self, error: TransportError) -> Error {
        let error = Error::from(error);
        let text = format!("{}: {}", self.name(), error.text);
        Error { text, ..error }
    }

    fn unusable(self, why: &str) -> Error {
        let text = format!("{} cannot be used: {why}", self.name());
        Error::new(Status::UpgradeFeed, Cause::Protocol, text)
    }
}
