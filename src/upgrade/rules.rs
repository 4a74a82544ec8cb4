//! Pure: what a verified feed means to this program.
//!
//! | the feed's version | decision |
//! |---|---|
//! | below the highest ever seen, or at it with an older date | refused: an old feed is replayed |
//! | not above the installed one | up to date |
//! | above it, without a package for this platform | nothing here |
//! | above it, forced | an offer that cannot be declined |
//! | not above the declined one | declined |
//! | above it | an offer |

use super::facts::{UpgradeFacts, parsed};
use super::feed::{Feed, Package};
use super::version::Version;
use crate::{Cause, Error, Status};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    UpToDate,
    NotForThisPlatform,
    Declined,
    Offer(Offer),
    Refused(Refusal),
}

/// A version to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub version: Version,
    pub forced: bool,
    pub package: Package,
}

/// Why a feed with a good signature is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Older { offered: String, highest: String },
    Replayed { version: String },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Older { offered, highest } => write!(
                f,
                "the feed offers version {offered}, while {highest} was seen before"
            ),
            Refusal::Replayed { version } => write!(
                f,
                "the feed with version {version} is older than one that was seen before"
            ),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::new(Status::UpgradeFeed, Cause::Refused, refusal.to_string())
    }
}

pub fn decide(feed: &Feed, installed: &Version, platform: &str, facts: &UpgradeFacts) -> Decision {
    if let Some(refusal) = refusal(feed, facts) {
        return Decision::Refused(refusal);
    }
    if feed.version <= *installed {
        return Decision::UpToDate;
    }
    let Some(package) = feed.platforms.get(platform) else {
        return Decision::NotForThisPlatform;
    };
    let declined = parsed(&facts.declined).is_some_and(|declined| feed.version <= declined);
    if declined && !feed.forced {
        return Decision::Declined;
    }
    Decision::Offer(Offer {
        version: feed.version.clone(),
        forced: feed.forced,
        package: package.clone(),
    })
}

fn refusal(feed: &Feed, facts: &UpgradeFacts) -> Option<Refusal> {
    let highest = parsed(&facts.highest)?;
    if feed.version < highest {
        return Some(Refusal::Older {
            offered: feed.version.to_string(),
            highest: highest.to_string(),
        });
    }
    let replayed = feed.version == highest && feed.pub_date < facts.published;
    replayed.then(|| Refusal::Replayed {
        version: feed.version.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::testing::feed_of;
    use proptest::prelude::*;

    const HERE: &str = "linux-x86_64";

    fn feed(version: &str, date: i64, forced: bool) -> Feed {
        Feed {
            pub_date: date,
            forced,
            ..feed_of(version, HERE, b"x", "")
        }
    }

    fn facts(highest: &str, published: i64, declined: &str) -> UpgradeFacts {
        UpgradeFacts {
            highest: highest.into(),
            published,
            declined: declined.into(),
            ..UpgradeFacts::default()
        }
    }

    fn word(decision: &Decision) -> &'static str {
        match decision {
            Decision::UpToDate => "up to date",
            Decision::NotForThisPlatform => "elsewhere",
            Decision::Declined => "declined",
            Decision::Offer(Offer { forced: true, .. }) => "forced",
            Decision::Offer(_) => "offer",
            Decision::Refused(Refusal::Older { .. }) => "older",
            Decision::Refused(Refusal::Replayed { .. }) => "replayed",
        }
    }

    #[test]
    fn the_table() {
        let table = [
            (feed("2.0", 5, false), facts("", 0, ""), "offer"),
            (feed("2.0", 5, true), facts("", 0, ""), "forced"),
            (feed("1.0", 5, true), facts("", 0, ""), "up to date"),
            (feed("0.9", 5, false), facts("", 0, ""), "up to date"),
            (feed("1.5", 9, false), facts("2.0", 5, ""), "older"),
            (feed("0.9", 9, true), facts("2.0", 5, ""), "older"),
            (feed("2.0", 4, false), facts("2.0", 5, ""), "replayed"),
            (feed("2.0", 5, false), facts("2.0", 5, ""), "offer"),
            (feed("2.1", 4, false), facts("2.0", 5, ""), "offer"),
            (feed("2.0", 5, false), facts("2.0", 5, "2.0"), "declined"),
            (feed("2.0", 6, true), facts("2.0", 5, "2.0"), "forced"),
            (feed("2.1", 5, false), facts("2.0", 5, "2.0"), "offer"),
            (feed("2.0", 5, false), facts("2.0", 5, "1.5"), "offer"),
        ];
        let installed = "1.0".parse().unwrap();
        for (feed, facts, expected) in table {
            let decision = decide(&feed, &installed, HERE, &facts);
            assert_eq!(word(&decision), expected, "{} {facts:?}", feed.version);
        }
        let elsewhere = decide(
            &feed("2.0", 5, true),
            &installed,
            "darwin-aarch64",
            &facts("", 0, ""),
        );
        assert_eq!(word(&elsewhere), "elsewhere");
    }

    proptest! {
        #[test]
        fn an_offer_is_above_the_installed_and_never_below_the_seen(
            offered in "[0-3]\\.[0-3]", here in "[0-3]\\.[0-3]", seen in "[0-3]\\.[0-3]", declined in "[0-3]\\.[0-3]",
            date in 0..4_i64, published in 0..4_i64, forced: bool,
        ) {
            let here: Version = here.parse().unwrap();
            let facts = facts(&seen, published, &declined);
            if let Decision::Offer(offer) = decide(&feed(&offered, date, forced), &here, HERE, &facts) {
                prop_assert!(offer.version > here);
                prop_assert!(offer.version >= seen.parse().unwrap());
                prop_assert!(offer.forced || offer.version > declined.parse().unwrap());
            }
        }
    }
}
