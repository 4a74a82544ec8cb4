//! What the lock-free reads look at: all verdicts of a moment, ready to be judged at any time.

use crate::license::verdict::Judged;
use crate::license::{ClockFacts, Policy, Suite};
use std::collections::BTreeMap;

pub struct Snapshot {
    clock: ClockFacts,
    /// Sorted by code.
    licenses: Vec<(Box<[u8]>, Judged)>,
    /// Product id or feature, and the licences that have it.
    features: BTreeMap<Box<[u8]>, Vec<usize>>,
}

impl Snapshot {
    pub fn of(suite: &Suite, policy: &Policy) -> Snapshot {
        let mut features: BTreeMap<Box<[u8]>, Vec<usize>> = BTreeMap::new();
        let mut licenses = Vec::with_capacity(suite.licenses.len());
        for (index, (code, facts)) in suite.licenses.iter().enumerate() {
            licenses.push((code.as_bytes().into(), Judged::new(facts, policy)));
            let named = facts.features.iter().chain([&facts.product_id]);
            for name in named.filter(|name| !name.is_empty()) {
                features
                    .entry(name.as_bytes().into())
                    .or_default()
                    .push(index);
            }
        }
        Snapshot {
            clock: suite.clock_for(policy),
            licenses,
            features,
        }
    }

    pub fn is_licensed(&self, code: &[u8], local: i64) -> bool {
        self.licenses
            .binary_search_by(|(held, _)| held.as_ref().cmp(code))
            .is_ok_and(|index| self.licensed_at(index, self.clock.now(local)))
    }

    pub fn is_any_licensed(&self, local: i64) -> bool {
        let now = self.clock.now(local);
        (0..self.licenses.len()).any(|index| self.licensed_at(index, now))
    }

    pub fn has_feature(&self, name: &[u8], local: i64) -> bool {
        let now = self.clock.now(local);
        self.features
            .get(name)
            .is_some_and(|holders| holders.iter().any(|index| self.licensed_at(*index, now)))
    }

    fn licensed_at(&self, index: usize, now: Option<i64>) -> bool {
        self.licenses[index].1.verdict(now).is_licensed()
    }

    /// A span of local time, from `local` on, in which something is licensed whichever of the plausible times counts.
    pub fn certain_span(&self, local: i64) -> Option<(i64, i64)> {
        let now = self.clock.now(local);
        let until = self
            .licenses
            .iter()
            .filter(|(_, judged)| judged.verdict(now).is_licensed())
            .map(|(_, judged)| judged.offline_until)
            .max()?;
        let from = self.clock.certain_from();
        let until = until.saturating_sub(self.clock.offset.max(0));
        (from <= local && local < until).then_some((from, until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{DayRule, Facts, Said};
    use proptest::prelude::*;

    const T: i64 = 1_800_000_000;
    const POLICY: Policy = Policy {
        day: DayRule {
            offset_minutes: 480,
        },
        offline_days: 3,
        requires_tls: false,
    };

    fn suite(features: &[&str]) -> Suite {
        let mut suite = Suite::default();
        let facts = Facts {
            said: Said::Alive,
            alive_at: T,
            product_id: "P1".into(),
            features: features.iter().map(|f| f.to_string()).collect(),
            ..Facts::default()
        };
        suite.licenses.insert("A".into(), facts);
        suite.licenses.insert("B".into(), Facts::default());
        suite
    }

    #[test]
    fn codes_and_features_are_found() {
        let snapshot = Snapshot::of(&suite(&["mesh", "solver"]), &POLICY);
        assert!(snapshot.is_licensed(b"A", T));
        assert!(!snapshot.is_licensed(b"B", T));
        assert!(!snapshot.is_licensed(b"", T));
        for name in ["P1", "mesh", "solver"] {
            assert!(snapshot.has_feature(name.as_bytes(), T), "{name}");
        }
        assert!(!snapshot.has_feature(b"", T));
        assert!(!snapshot.has_feature(b"mesh", T + 9 * 86_400));
        assert!(!snapshot.is_any_licensed(T + 9 * 86_400));
    }

    proptest! {
        #[test]
        fn the_certain_span_promises_nothing_false(
            date in T - 5000..T + 5000, skew in -9_000_000..9_000_000_i64, later in -9_000_000..9_000_000_i64,
        ) {
            let mut suite = suite(&[]);
            suite.clock.learn_checked(date, T + skew, false);
            let snapshot = Snapshot::of(&suite, &POLICY);
            if let Some((from, until)) = snapshot.certain_span(T + skew) {
                let local = T + skew + later;
                if from <= local && local < until {
                    prop_assert!(snapshot.is_any_licensed(local));
                }
            }
        }
    }
}
