//! All codes of one product on one machine: the content of the state file.

use super::facts::Facts;
use super::verdict::{Judged, Policy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most codes one suite may hold.
pub const MAX_CODES: usize = 256;
/// Longest code, in bytes.
pub const MAX_CODE_BYTES: usize = 64;

/// What is known about time: see [`super::plausible`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockFacts {
    /// Seconds to add to the local clock to get the marketplace's, as of the last answer.
    pub offset: i64,
    /// Largest time seen; 0 = none.
    pub mark: i64,
    /// True where the mark comes from the marketplace, false where only local times were ever seen.
    pub from_marketplace: bool,
}

/// What the program said about a licence that was requested: see `isc_notify_license_verified`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verification {
    pub verified: bool,
    pub message: String,
    pub at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suite {
    pub clock: ClockFacts,
    pub licenses: BTreeMap<String, Facts>,
    pub verification: Option<Verification>,
    /// When each `LicenseExpiring` was last raised, by code.
    pub expiry_notices: BTreeMap<String, i64>,
}

impl Suite {
    /// What another machine may take from this state: the codes, not what is known about them.
    pub fn codes_only(&self) -> Suite {
        Suite {
            licenses: self
                .licenses
                .keys()
                .map(|code| (code.clone(), Facts::of_another_machine()))
                .collect(),
            ..Suite::default()
        }
    }

    /// The best licence held: licensed first, then latest expiry (unknown = latest), then latest check.
    pub fn best(&self, policy: &Policy, now: Option<i64>) -> Option<&str> {
        let rank = |facts: &Facts| {
            let licensed = Judged::new(facts, policy).verdict(now).is_licensed();
            let expiry = match facts.expires_at {
                0 => i64::MAX,
                known => known,
            };
            (licensed, expiry, facts.checked_at)
        };
        self.licenses
            .iter()
            .max_by_key(|(_, facts)| rank(facts))
            .map(|(code, _)| code.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Said;
    use crate::license::day::{DAY, DayRule};

    const T: i64 = 1_800_000_000;
    const POLICY: Policy = Policy {
        day: DayRule {
            offset_minutes: 480,
        },
        offline_days: 7,
        requires_tls: false,
    };

    fn facts(alive_at: i64, expires_at: i64) -> Facts {
        Facts {
            said: Said::Alive,
            alive_at,
            checked_at: alive_at,
            expires_at,
            ..Facts::default()
        }
    }

    #[test]
    fn the_best_licence_is_licensed_then_lasts_longest() {
        let mut suite = Suite::default();
        assert_eq!(suite.best(&POLICY, Some(T)), None);
        suite
            .licenses
            .insert("stale".into(), facts(T - 30 * DAY, 0));
        suite.licenses.insert("short".into(), facts(T, T + DAY));
        assert_eq!(suite.best(&POLICY, Some(T)), Some("short"));
        suite
            .licenses
            .insert("long".into(), facts(T - 60, T + 9 * DAY));
        assert_eq!(suite.best(&POLICY, Some(T)), Some("long"));
        suite.licenses.insert("open".into(), facts(T - 60, 0));
        assert_eq!(suite.best(&POLICY, Some(T)), Some("open"));
        suite.licenses.insert("opener".into(), facts(T, 0));
        assert_eq!(suite.best(&POLICY, Some(T)), Some("opener"));
        for code in ["open", "opener"] {
            suite
                .licenses
                .insert(code.into(), Facts::of_another_machine());
        }
        assert_eq!(suite.best(&POLICY, Some(T)), Some("long"));
    }

    #[test]
    fn another_machine_takes_the_codes_alone() {
        let mut suite = Suite::default();
        suite.licenses.insert("code".into(), facts(T, 0));
        suite.clock.learn(T, T);
        let taken = suite.codes_only();
        assert!(taken.licenses["code"].foreign);
        assert_eq!(taken.licenses["code"].alive_at, 0);
        assert_eq!(taken.clock, ClockFacts::default());
    }
}
