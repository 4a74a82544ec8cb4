//! The upgrade feed, where one is set: fetched, verified and judged by the very rules of a client's look, but nobody is told
//! of a version, and none counts as seen.

use super::report::FeedFacts;
use crate::client::config::Config;
use crate::marketplace::Transport;
use crate::upgrade::fetch::fetch;
use crate::upgrade::rules::{self, Decision};
use crate::upgrade::signature::PackageSignature;
use crate::upgrade::staging::SignedFeed;
use crate::upgrade::{Feed, UpgradeFacts, this_platform};
use crate::{Error, Status};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What came from the feed's server, before it is judged.
pub struct Fetched {
    signed: Result<SignedFeed, Error>,
    took: Duration,
}

pub async fn look(
    transport: Result<impl Transport, Error>,
    url: &str,
    limit: Duration,
    until: Instant,
) -> Fetched {
    let begun = Instant::now();
    let fetching = async { fetch(&transport?, url, limit).await };
    let late = || Error::timeout("the upgrade feed: no answer in time");
    let signed = timeout_at(until, fetching).await;
    Fetched {
        signed: signed.unwrap_or_else(|_| Err(late())),
        took: begun.elapsed(),
    }
}

/// `known`: what the state remembers of feeds, versions and the user's word.
pub fn judge(fetched: &Fetched, config: &Config, known: &UpgradeFacts) -> FeedFacts {
    let mut facts = FeedFacts {
        fetched: fetched.signed.is_ok(),
        platform: this_platform(),
        took_ms: u64::try_from(fetched.took.as_millis()).unwrap_or(u64::MAX),
        ..FeedFacts::default()
    };
    let judged = fetched.signed.clone();
    let judged = judged.and_then(|signed| judge_signed(&signed, config, known, &mut facts));
    match judged {
        Ok(outcome) => facts.outcome = outcome,
        Err(error) => {
            facts.outcome = "refused";
            facts.status = error.status.code();
            facts.error = Some(super::Fault {
                cause: error.cause.name(),
                // With host and HTTP status, as it is told to a program.
                text: error.to_string(),
            });
        }
    }
    facts
}

fn judge_signed(
    signed: &SignedFeed,
    config: &Config,
    known: &UpgradeFacts,
    facts: &mut FeedFacts,
) -> Result<&'static str, Error> {
    config
        .upgrade_keys()?
        .verify_feed(&signed.feed, &signed.signature)?;
    facts.verified = true;
    let feed = Feed::parse(&signed.feed)?;
    facts.version = Some(feed.version.to_string());
    facts.published = Some(feed.pub_date);
    facts.forced = Some(feed.forced);
    facts.has_package = Some(feed.platforms.contains_key(&facts.platform));
    let installed = config.installed()?;
    Ok(
        match rules::decide(&feed, &installed, &facts.platform, known) {
            Decision::UpToDate => "up_to_date",
            Decision::NotForThisPlatform => "not_for_this_platform",
            Decision::Declined => "declined",
            Decision::Refused(refusal) => return Err(refusal.into()),
            Decision::Offer(offer) => {
                let product = &config.identity.product;
                PackageSignature::of(&offer.package, &feed, product, &facts.platform)?;
                "offered"
            }
        },
    )
}

impl FeedFacts {
    /// Why no version can be found, where that is so.
    pub fn refusal(&self) -> Option<Status> {
        Status::from_code(self.status).filter(|status| !status.is_success())
    }
}
