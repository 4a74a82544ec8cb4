//! All codes of one product on one machine: the content of the state file.

use super::facts::Facts;
use super::failures::Failures;
use super::file::{Held, MachineKey, Returned};
use super::verdict::{Judged, Policy};
use crate::upgrade::UpgradeFacts;
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
    /// Learnt over plain `http`; does not count for a client whose endpoint is `https`.
    pub plain: bool,
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
    /// The last `LicenseExpiring` that a program was told, by code.
    pub expiry_notices: BTreeMap<String, ExpiryNotice>,
    /// Licence files that were accepted, by code.
    pub files: BTreeMap<String, Held>,
    /// Licence files that were given back and are refused.
    pub returned: Vec<Returned>,
    /// The latest `iat` of all licence files accepted.
    pub newest_file: i64,
    /// Signs returns.
    pub machine_key: MachineKey,
    /// What went wrong in the background lately.
    pub failures: Failures,
    pub upgrade: UpgradeFacts,
}

/// Which announcement of an expiry was made last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExpiryNotice {
    pub expires_at: i64,
    /// Days before the expiry: one of [`super::expiring::NOTICE_DAYS`].
    pub days: i64,
    /// When its day had come.
    pub at: i64,
}

impl Suite {
    /// What another machine may take from this state: the codes, not what is known about them; and licence files, which
    /// say themselves which machine they are for.
    pub fn codes_only(&self) -> Suite {
        Suite {
            licenses: self
                .licenses
                .keys()
                .map(|code| (code.clone(), Facts::of_another_machine()))
                .collect(),
            files: self.files.clone(),
            returned: self.returned.clone(),
            upgrade: self.upgrade.seen_only(),
            ..Suite::default()
        }
    }

    /// Puts in front what decides for a client of this policy.
    pub fn arrange(&mut self, policy: &Policy) {
        for facts in self.licenses.values_mut() {
            facts.arrange(policy.requires_tls);
        }
    }

    /// What a client of this policy may believe about time.
    pub fn clock_for(&self, policy: &Policy) -> ClockFacts {
        if policy.requires_tls && self.clock.plain {
            return ClockFacts::default();
        }
        self.clock.clone()
    }

    /// Takes up facts that could not be saved, where they are newer than these.
    pub fn merge(&mut self, unsaved: &Suite) {
        for (code, facts) in &unsaved.licenses {
            let newer = self
                .licenses
                .get(code)
                .is_none_or(|held| facts.last_word() > held.last_word());
            if newer && self.has_room_for(code) {
                self.licenses.insert(code.clone(), facts.clone());
            }
        }
        if unsaved.clock.from_marketplace && unsaved.clock.mark > self.clock.mark {
            self.clock = unsaved.clock.clone();
        }
        for (code, notice) in &unsaved.expiry_notices {
            let told = self.expiry_notices.entry(code.clone()).or_default();
            if notice.at >= told.at {
                *told = *notice;
            }
        }
        self.failures.merge(&unsaved.failures);
        self.upgrade.merge(&unsaved.upgrade);
        self.merge_files(unsaved);
    }

    /// Removes what is known about a code, files included. They may be imported again.
    pub fn forget(&mut self, code: &str) {
        self.licenses.remove(code);
        self.expiry_notices.remove(code);
        self.files.remove(code);
    }

    /// True where the code is held or one more may be.
    pub fn has_room_for(&self, code: &str) -> bool {
        self.licenses.len() < MAX_CODES || self.licenses.contains_key(code)
    }

    /// The best licence held: licensed first, then latest expiry (unknown = latest), then latest check.
    pub fn best(&self, policy: &Policy, now: Option<i64>) -> Option<&str> {
        let rank = |facts: &Facts| {
            let judged = Judged::new(facts, policy);
            let licensed = judged.verdict(now).is_licensed();
            let expiry = match judged.expiry(now) {
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
    fn unsaved_facts_win_only_where_they_are_newer() {
        let mut stored = Suite::default();
        stored.licenses.insert("both".into(), facts(T, 1));
        stored.licenses.insert("theirs".into(), facts(T, 2));
        let mut unsaved = Suite::default();
        unsaved.licenses.insert("both".into(), facts(T - 1, 3));
        unsaved.licenses.insert("ours".into(), facts(T, 4));
        stored.merge(&unsaved);
        let expiries: Vec<i64> = stored.licenses.values().map(|f| f.expires_at).collect();
        assert_eq!(expiries, [1, 4, 2]);
    }

    #[test]
    fn what_http_told_about_time_is_not_believed_for_https() {
        let mut suite = Suite::default();
        suite.clock.learn(T, T, true);
        assert_eq!(suite.clock_for(&POLICY).mark, T);
        let strict = Policy {
            requires_tls: true,
            ..POLICY
        };
        assert_eq!(suite.clock_for(&strict), ClockFacts::default());
        suite.clock.learn(T - 9 * DAY, T, false);
        assert_eq!(suite.clock_for(&strict).mark, T - 9 * DAY);
        suite.clock.learn(T, T, true);
        assert_eq!(suite.clock_for(&strict).mark, T - 9 * DAY);
    }

    #[test]
    fn another_machine_takes_the_codes_alone() {
        let mut suite = Suite::default();
        suite.licenses.insert("code".into(), facts(T, 0));
        suite.clock.learn(T, T, false);
        let taken = suite.codes_only();
        assert!(taken.licenses["code"].foreign);
        assert_eq!(taken.licenses["code"].alive_at, 0);
        assert_eq!(taken.clock, ClockFacts::default());
    }
}
