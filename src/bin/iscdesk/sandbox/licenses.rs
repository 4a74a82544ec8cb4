//! One licence as the marketplace keeps it: pure state and transitions, with the time as an argument.
//!
//! ```text
//! NOT_RECEIVED ─► UNACTIVATED ─activate─► ALIVE ─expiry + grace─► EXPIRED ─renew─► ALIVE
//!                                          └─────────────── release ──────────────► RELEASED
//! ```
//!
//! EXPIRED is not stored: it follows from the expiry, so that a shifted clock expires licences as time would. A frozen
//! licence answers EXPIRED as well: the marketplace documents no FROZEN status and tells of freezing only the merchant's
//! server, so what a query says of a frozen code is our choice.

use serde::{Deserialize, Serialize};

const DAY_S: i64 = 86_400;
/// How long before its creation here a licence was ordered. The activation's estimate is counted from the order, so it
/// differs from the query's expiry by the time that passed until the activation.
const ORDERED_BEFORE_S: i64 = DAY_S;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    NotReceived,
    Unactivated,
    Alive,
    Expired,
    Released,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::NotReceived => "NOT_RECEIVED",
            Status::Unactivated => "UNACTIVATED",
            Status::Alive => "ALIVE",
            Status::Expired => "EXPIRED",
            Status::Released => "RELEASED",
        }
    }
}

/// Why the service refuses a code, with its documented number and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    InvalidParam,
    IllegalState,
    NotReceived,
    Missing,
    NotActivated,
    InvalidInList,
}

impl Refusal {
    pub fn code(self) -> &'static str {
        match self {
            Refusal::InvalidParam => "92020002",
            Refusal::IllegalState => "92020003",
            Refusal::NotReceived => "92020004",
            Refusal::Missing => "92020005",
            Refusal::NotActivated => "92020011",
            Refusal::InvalidInList => "92020020",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Refusal::InvalidParam => "invalid param",
            Refusal::IllegalState => "illegal state",
            Refusal::NotReceived => "can not active before user received.",
            Refusal::Missing => "license code notexist",
            Refusal::NotActivated => "license code has been not activated.",
            Refusal::InvalidInList => "Invalid license code exists.",
        }
    }
}

/// Where a licence stands, apart from time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Stage {
    NotReceived,
    Unactivated,
    Activated,
    Released,
}

/// What is known about a licence that is not about its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    pub product_id: String,
    pub order_id: String,
    pub amount: Option<i64>,
    pub features: Vec<String>,
}

/// When a licence ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// So many seconds from the activation on.
    Period(i64),
    /// At this time, whenever it is activated.
    Until(i64),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    pub license: String,
    pub goods: Goods,
    stage: Stage,
    frozen: bool,
    ordered_at: i64,
    activated_at: i64,
    expires_at: i64,
    /// Seconds after the expiry during which a query still says ALIVE, as in the marketplace's grace period.
    pub grace_s: i64,
    /// Where the term is counted from the activation.
    period_s: Option<i64>,
}

impl License {
    /// A licence in the given state. EXPIRED ends a second ago at the latest.
    pub fn new(license: &str, status: Status, term: Term, goods: Goods, now: i64) -> License {
        let (expires_at, period_s) = match term {
            Term::Period(seconds) => (now + seconds, Some(seconds)),
            Term::Until(at) => (at, None),
        };
        let mut made = License {
            license: license.into(),
            goods,
            stage: Stage::Unactivated,
            frozen: false,
            ordered_at: now - ORDERED_BEFORE_S,
            activated_at: 0,
            expires_at,
            grace_s: 0,
            period_s,
        };
        match status {
            Status::NotReceived => made.stage = Stage::NotReceived,
            Status::Unactivated => {}
            Status::Alive => made.begin(now),
            Status::Expired => made.expire(now),
            Status::Released => {
                made.begin(now);
                made.release();
            }
        }
        made
    }

    pub fn status(&self, now: i64) -> Status {
        match self.stage {
            Stage::NotReceived => Status::NotReceived,
            Stage::Unactivated => Status::Unactivated,
            Stage::Released => Status::Released,
            Stage::Activated if self.frozen => Status::Expired,
            Stage::Activated if now >= self.expires_at + self.grace_s => Status::Expired,
            Stage::Activated => Status::Alive,
        }
    }

    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    pub fn activated_at(&self) -> i64 {
        self.activated_at
    }

    pub fn ordered_at(&self) -> i64 {
        self.ordered_at
    }

    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The expiry an activation states: counted from the order.
    pub fn estimated_expiry(&self) -> i64 {
        self.expires_at - (self.activated_at - self.ordered_at)
    }

    /// Whether an activation would be accepted. `effective`: when the software takes effect, not before the order.
    pub fn may_activate(&self, effective: Option<i64>) -> Result<(), Refusal> {
        match self.stage {
            Stage::NotReceived => Err(Refusal::NotReceived),
            Stage::Activated | Stage::Released => Err(Refusal::IllegalState),
            Stage::Unactivated if effective.is_some_and(|at| at < self.ordered_at) => {
                Err(Refusal::InvalidParam)
            }
            Stage::Unactivated => Ok(()),
        }
    }

    pub fn activate(&mut self, effective: Option<i64>, now: i64) -> Result<(), Refusal> {
        self.may_activate(effective)?;
        self.begin(effective.unwrap_or(now));
        Ok(())
    }

    /// Whether a query or a usage report is answered. A code that was not received is not activated either, and the
    /// text of 92020004 speaks of activation only.
    pub fn may_query(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::NotReceived | Stage::Unactivated => Err(Refusal::NotActivated),
            Stage::Activated | Stage::Released => Ok(()),
        }
    }

    /// Ends the term now, whatever the licence was.
    pub fn expire(&mut self, now: i64) {
        if self.stage != Stage::Activated {
            self.begin(now);
        }
        self.grace_s = 0;
        self.expires_at = self.expires_at.min(now - 1);
    }

    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    pub fn unfreeze(&mut self) {
        self.frozen = false;
    }

    /// Counts from the original expiry, as a renewal in grace or retention does, and ends a freeze. A released licence
    /// cannot be renewed.
    pub fn renew(&mut self, days: i64) -> Result<(), Refusal> {
        if self.stage == Stage::Released {
            return Err(Refusal::IllegalState);
        }
        self.expires_at += days * DAY_S;
        self.period_s = self.period_s.map(|period| period + days * DAY_S);
        self.frozen = false;
        Ok(())
    }

    pub fn release(&mut self) {
        self.stage = Stage::Released;
    }

    /// Back to the state before the activation; also how a code that was not received is received.
    pub fn unactivate(&mut self) {
        self.stage = Stage::Unactivated;
        self.activated_at = 0;
        self.frozen = false;
    }

    fn begin(&mut self, at: i64) {
        self.stage = Stage::Activated;
        self.activated_at = at;
        if let Some(period) = self.period_s {
            self.expires_at = at + period;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_750_000_000;

    fn licence(status: Status) -> License {
        let term = Term::Period(30 * DAY_S);
        License::new("PL-TEST-0001", status, term, Goods::default(), NOW)
    }

    #[test]
    fn every_status_is_what_was_asked_for() {
        for status in [
            Status::NotReceived,
            Status::Unactivated,
            Status::Alive,
            Status::Expired,
            Status::Released,
        ] {
            assert_eq!(licence(status).status(NOW), status);
        }
    }

    #[test]
    fn activation_counts_the_term_from_itself_and_happens_once() {
        let mut licence = licence(Status::Unactivated);
        assert_eq!(licence.may_query(), Err(Refusal::NotActivated));
        licence.activate(None, NOW + 500).unwrap();
        assert_eq!(licence.expires_at(), NOW + 500 + 30 * DAY_S);
        assert_eq!(licence.activated_at(), NOW + 500);
        assert_eq!(licence.may_query(), Ok(()));
        assert_eq!(
            licence.activate(None, NOW + 501),
            Err(Refusal::IllegalState)
        );
    }

    #[test]
    fn the_estimate_differs_from_the_expiry() {
        for term in [Term::Period(30 * DAY_S), Term::Until(NOW + 30 * DAY_S)] {
            let mut licence = License::new("PL", Status::Unactivated, term, Goods::default(), NOW);
            licence.activate(None, NOW).unwrap();
            assert_eq!(licence.expires_at(), NOW + 30 * DAY_S);
            assert_eq!(licence.estimated_expiry(), NOW + 29 * DAY_S);
        }
    }

    #[test]
    fn what_was_not_received_or_is_released_cannot_be_activated() {
        let refused = |status| licence(status).activate(None, NOW);
        assert_eq!(refused(Status::NotReceived), Err(Refusal::NotReceived));
        assert_eq!(refused(Status::Released), Err(Refusal::IllegalState));
        assert_eq!(refused(Status::Expired), Err(Refusal::IllegalState));
    }

    #[test]
    fn a_licence_cannot_take_effect_before_its_order() {
        let ordered = licence(Status::Unactivated).ordered_at();
        let at = |effective| licence(Status::Unactivated).activate(Some(effective), NOW);
        assert_eq!(at(ordered - 1), Err(Refusal::InvalidParam));
        assert_eq!(at(ordered), Ok(()));
    }

    #[test]
    fn time_alone_expires_after_the_grace_period() {
        let mut licence = licence(Status::Alive);
        licence.grace_s = 100;
        let end = licence.expires_at();
        assert_eq!(licence.status(end + 99), Status::Alive);
        assert_eq!(licence.status(end + 100), Status::Expired);
    }

    #[test]
    fn a_frozen_licence_says_expired_until_it_is_thawed() {
        let mut licence = licence(Status::Alive);
        licence.freeze();
        assert_eq!(licence.status(NOW), Status::Expired);
        licence.unfreeze();
        assert_eq!(licence.status(NOW), Status::Alive);
    }

    #[test]
    fn renewal_counts_from_the_original_expiry() {
        let mut licence = licence(Status::Alive);
        licence.expire(NOW);
        let ended = licence.expires_at();
        licence.freeze();
        licence.renew(10).unwrap();
        assert_eq!(licence.expires_at(), ended + 10 * DAY_S);
        assert_eq!(licence.status(NOW), Status::Alive);
        licence.release();
        assert_eq!(licence.renew(10), Err(Refusal::IllegalState));
    }

    #[test]
    fn unactivate_leads_back_to_the_beginning() {
        let mut licence = licence(Status::NotReceived);
        licence.unactivate();
        assert_eq!(licence.status(NOW), Status::Unactivated);
        licence.activate(None, NOW).unwrap();
        licence.freeze();
        licence.unactivate();
        assert_eq!(licence.status(NOW), Status::Unactivated);
        licence.activate(None, NOW + DAY_S).unwrap();
        assert_eq!(licence.status(NOW + DAY_S), Status::Alive);
        assert_eq!(licence.expires_at(), NOW + 31 * DAY_S);
    }

    #[test]
    fn it_survives_being_written_down() {
        let mut licence = licence(Status::Alive);
        licence.goods.features = vec!["cam".into()];
        let text = serde_json::to_string(&licence).unwrap();
        assert_eq!(serde_json::from_str::<License>(&text).unwrap(), licence);
    }
}
