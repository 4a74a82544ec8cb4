//! A look for a new version: the feed is fetched, verified and judged; the program is told.

use super::{Found, Upgrades};
use crate::client::core::Core;
use crate::error::Error;
use crate::events::event;
use crate::sync::lock;
use crate::text;
use crate::upgrade::fetch::fetch;
use crate::upgrade::rules::{self, Decision};
use crate::upgrade::signature::PackageSignature;
use crate::upgrade::staging::SignedFeed;
use crate::upgrade::{Feed, this_platform};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Upgrades {
    fn begin_look(&self) {
        self.queued.store(false, Ordering::SeqCst);
    }

    fn offer(&self, found: Option<&Arc<Found>>) {
        lock(&self.inner).offered = found.cloned();
    }
}

impl Core {
    pub(super) async fn look_for_upgrade(self: Arc<Core>) {
        let _turn = self.upgrades.looking.lock().await;
        self.upgrades.begin_look();
        self.hold_running();
        match self.find_upgrade().await {
            Ok(found) => self.tell_found(found),
            Err(error) => {
                self.log
                    .warn(|| format!("no look for a new version: {error}"));
                let text = text::describe(&error, self.config.language);
                self.raise(event::upgrade_notice(Err((&error, &text))));
                self.note_failure(&error).await;
            }
        }
    }

    fn tell_found(self: &Arc<Core>, found: Option<Arc<Found>>) {
        self.upgrades.offer(found.as_ref());
        let Some(found) = found else {
            self.raise(event::upgrade_notice(Ok(None)));
            return;
        };
        let (version, forced) = (found.version().as_str(), found.offer.forced);
        // Before the program is told, so that its answer meets what is so.
        let brings = self.is_to_be_brought(&found) && self.upgrades.want(found.version());
        self.log.info(|| format!("version {version} is available"));
        self.raise(event::upgrade_notice(Ok(Some((version, forced)))));
        self.raise(event::update(version, forced, &found.feed.notes));
        if brings {
            let core = self.clone();
            tokio::spawn(async move { core.bring(found).await });
        }
    }

    /// Forced, or accepted earlier; but not again by itself what has failed to install.
    pub(super) fn is_to_be_brought(&self, found: &Found) -> bool {
        let ledger = lock(&self.ledger);
        let facts = &ledger.suite.upgrade;
        let accepted = facts.accepted == found.version().as_str();
        let failed = facts.has_given_up(found.version(), found.feed.pub_date);
        (found.offer.forced || accepted) && !failed
    }

    /// None: nothing to offer.
    pub(super) async fn find_upgrade(&self) -> Result<Option<Arc<Found>>, Error> {
        let (feed, signed) = self.fetch_feed().await?;
        self.refresh();
        let platform = this_platform();
        let facts = lock(&self.ledger).suite.upgrade.clone();
        let decision = rules::decide(&feed, &self.config.installed()?, &platform, &facts);
        if let Decision::Refused(refusal) = decision {
            return Err(refusal.into());
        }
        self.remember_feed(&feed).await;
        let offer = match decision {
            Decision::Offer(offer) => offer,
            other => {
                self.log
                    .debug(|| format!("version {} is not offered: {other:?}", feed.version));
                return Ok(None);
            }
        };
        // Not offered where it could never be installed.
        PackageSignature::of(&offer.package, &feed, self.product(), &platform)?;
        Ok(Some(Arc::new(Found {
            feed,
            signed,
            offer,
        })))
    }

    pub(super) fn product(&self) -> &str {
        &self.config.identity.product
    }

    async fn remember_feed(&self, feed: &Feed) {
        let known = {
            let ledger = lock(&self.ledger);
            let mut facts = ledger.suite.upgrade.clone();
            facts.saw(&feed.version, feed.pub_date);
            facts == ledger.suite.upgrade
        };
        if !known {
            // A failure to save is in the log, and the feed is still remembered here.
            let _ = self
                .change(|suite| suite.upgrade.saw(&feed.version, feed.pub_date))
                .await;
        }
    }

    /// The signature is verified before the feed is read.
    async fn fetch_feed(&self) -> Result<(Feed, SignedFeed), Error> {
        let url = self.feed()?;
        let live = lock(&self.live).clone();
        let transport = (self.surroundings.transport)(&self.config, &live, &self.lookups)?;
        let limit = self.config.timeouts.request;
        let signed = fetch(transport.as_ref(), url, limit).await?;
        let keys = self.config.upgrade_keys()?;
        keys.verify_feed(&signed.feed, &signed.signature)?;
        Ok((Feed::parse(&signed.feed)?, signed))
    }
}
