//! What the lock-free reads look at: all verdicts of a moment, ready to be judged at any time.

use crate::license::verdict::Judged;
use crate::license::{ClockFacts, Policy, Suite};
use std::collections::BTreeMap;

pub struct Snapshot {
    clock: ClockFacts,
    /// Sorted by code.
    licenses: Vec<(Box<[u8]>, Judged)>,
    /// Product id or feature, and the licences that have it.
    features: BTreeMap<Box<[u8]>, Vec<Holder>>,
}

/// A licence that has a feature, by the marketplace's word or by its file.
#[derive(Clone, Copy)]
struct Holder {
    index: usize,
    by_file: bool,
}

impl Snapshot {
    pub fn of(suite: &Suite, policy: &Policy) -> Snapshot {
        let mut features: BTreeMap<Box<[u8]>, Vec<Holder>> = BTreeMap::new();
        let mut licenses = Vec::with_capacity(suite.licenses.len());
        for (index, (code, facts)) in suite.licenses.iter().enumerate() {
            licenses.push((code.as_bytes().into(), Judged::new(facts, policy)));
            let online = facts.features.iter().chain([&facts.product_id]);
            let by_file = facts.file.iter().flat_map(|grant| &grant.features);
            let named = online
                .map(|name| (name, false))
                .chain(by_file.map(|name| (name, true)));
            for (name, by_file) in named.filter(|(name, _)| !name.is_empty()) {
                features
                    .entry(name.as_bytes().into())
                    .or_default()
                    .push(Holder { index, by_file });
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
            .is_some_and(|holders| holders.iter().any(|holder| self.grants(*holder, now)))
    }

    fn grants(&self, holder: Holder, now: Option<i64>) -> bool {
        let judged = &self.licenses[holder.index].1;
        match holder.by_file {
            true => judged.is_licensed_by_file(now),
            false => judged.is_licensed_online(now),
        }
    }

    fn licensed_at(&self, index: usize, now: Option<i64>) -> bool {
        self.licenses[index].1.verdict(now).is_licensed()
    }

    /// A span of local time, from `local` on, in which something is licensed whichever of the plausible times counts.
    pub fn certain_span(&self, local: i64) -> Option<(i64, i64)> {
        let now = self.clock.now(local);
        let spans = self.licenses.iter();
        let spans = spans.filter_map(|(_, judged)| judged.licensed_span(now));
        let (from, until) = spans.max_by_key(|(_, until)| *until)?;
        // Both candidates, the local time and the one with the offset, have to lie within.
        let from = from.saturating_sub(self.clock.offset.min(0));
        let from = from.max(self.clock.certain_from());
        let until = until.saturating_sub(self.clock.offset.max(0));
        (from <= local && local < until).then_some((from, until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::file::Grant;
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

    fn grant(valid_from: i64, expires_at: i64, here: bool) -> Grant {
        Grant {
            expires_at,
            valid_from,
            granted_at: T,
            imported_at: T,
            here,
            amount: -1,
            features: vec!["by-file".into()],
        }
    }

    #[test]
    fn a_feature_counts_where_what_names_it_is_licensed() {
        let mut suite = suite(&["mesh"]);
        let later = T + 9 * 86_400;
        suite.licenses.get_mut("A").unwrap().file = Some(grant(0, later + 1, true));
        let snapshot = Snapshot::of(&suite, &POLICY);
        assert!(snapshot.has_feature(b"mesh", T) && snapshot.has_feature(b"by-file", T));
        assert!(!snapshot.has_feature(b"mesh", later) && snapshot.has_feature(b"by-file", later));
        assert!(snapshot.is_licensed(b"A", later) && snapshot.is_any_licensed(later));
        assert!(!snapshot.is_any_licensed(later + 1));
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
            file in prop::option::of((-9_000_000..9_000_000_i64, -9_000_000..9_000_000_i64)), here: bool,
        ) {
            let mut suite = suite(&[]);
            let grant = file.map(|(from, until)| grant(T + from, T + until, here));
            suite.licenses.get_mut("B").unwrap().file = grant;
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
