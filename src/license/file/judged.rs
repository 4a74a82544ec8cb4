//! A licence file, ready to be judged at any time by a few comparisons. It needs no check, so nothing but its own limits
//! ends it: no offline days, no daily check.

use crate::license::{Facts, Said, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedFile {
    pub here: bool,
    pub valid_from: i64,
    pub expires_at: i64,
}

impl JudgedFile {
    /// None where no file stands, or where the marketplace has said a final word about this code since it was granted.
    /// `said` is what counts of the marketplace's words.
    pub fn of(facts: &Facts, said: Said) -> Option<JudgedFile> {
        let grant = facts.file.as_ref()?;
        let is_final = matches!(said, Said::Released | Said::Missing | Said::Expired);
        let overruled = is_final && facts.checked_at >= grant.granted_at;
        (!overruled).then_some(JudgedFile {
            here: grant.here,
            valid_from: grant.valid_from,
            expires_at: grant.expires_at,
        })
    }

    pub fn verdict(&self, now: Option<i64>) -> Verdict {
        match now {
            _ if !self.here => Verdict::Foreign,
            None => Verdict::Clock,
            Some(now) if now >= self.expires_at => Verdict::Expired,
            // It was valid when it was accepted, so the clock has been set back.
            Some(now) if now < self.valid_from => Verdict::Clock,
            Some(_) => Verdict::Alive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::file::Grant;
    use crate::license::verdict::Judged;
    use crate::license::{DayRule, Policy};
    use proptest::prelude::*;

    const T: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;
    const POLICY: Policy = Policy {
        day: DayRule {
            offset_minutes: 480,
        },
        offline_days: 0,
        requires_tls: true,
    };

    fn with_file(facts: Facts) -> Facts {
        let grant = Grant {
            expires_at: T + 100 * DAY,
            valid_from: T - DAY,
            granted_at: T,
            imported_at: T,
            here: true,
            amount: -1,
            features: Vec::new(),
        };
        Facts {
            file: Some(grant),
            ..facts
        }
    }

    fn online(said: Said, at: i64) -> Facts {
        Facts {
            said,
            alive_at: if said == Said::Alive { at } else { 0 },
            checked_at: at,
            ..Facts::default()
        }
    }

    fn judge(facts: &Facts, now: Option<i64>) -> Verdict {
        Judged::new(facts, &POLICY).verdict(now)
    }

    #[test]
    fn a_file_alone_has_its_own_limits() {
        let facts = with_file(Facts::default());
        for (now, expected) in [
            (None, Verdict::Clock),
            (Some(T - DAY - 1), Verdict::Clock),
            (Some(T - DAY), Verdict::Alive),
            (Some(T + 100 * DAY - 1), Verdict::Alive),
            (Some(T + 100 * DAY), Verdict::Expired),
        ] {
            assert_eq!(judge(&facts, now), expected, "{now:?}");
        }
        let mut elsewhere = facts;
        elsewhere.file.as_mut().unwrap().here = false;
        assert_eq!(judge(&elsewhere, Some(T)), Verdict::Foreign);
        assert_eq!(judge(&elsewhere, None), Verdict::Foreign);
    }

    #[test]
    fn of_two_foundations_the_better_one_counts() {
        let now = Some(T + 50 * DAY);
        let stale = online(Said::Alive, T);
        assert_eq!(judge(&stale, now), Verdict::Stale);
        assert_eq!(judge(&with_file(stale.clone()), now), Verdict::Alive);
        let after = Some(T + 200 * DAY);
        let fresh = online(Said::Alive, T + 200 * DAY);
        assert_eq!(judge(&with_file(fresh), after), Verdict::Alive);
        assert_eq!(judge(&with_file(stale), after), Verdict::Stale);
        let foreign = with_file(Facts::of_another_machine());
        assert_eq!(judge(&foreign, now), Verdict::Alive);
        assert_eq!(judge(&foreign, after), Verdict::Foreign);
    }

    #[test]
    fn a_final_word_of_the_marketplace_since_then_counts_more() {
        for (said, verdict) in [
            (Said::Released, Verdict::Released),
            (Said::Missing, Verdict::Released),
            (Said::Expired, Verdict::Expired),
        ] {
            let now = Some(T + DAY);
            assert_eq!(judge(&with_file(online(said, T)), now), verdict);
            assert_eq!(judge(&with_file(online(said, T - 1)), now), Verdict::Alive);
            let over_http = Facts {
                plain: true,
                ..online(said, T)
            };
            assert_eq!(judge(&with_file(over_http), now), Verdict::Alive);
        }
    }

    proptest! {
        #[test]
        fn verdicts_change_only_where_announced(
            at in T - 5 * DAY..T + 5 * DAY, alive: bool, from in -9 * DAY..120 * DAY, to in -9 * DAY..120 * DAY,
        ) {
            let said = if alive { Said::Alive } else { Said::Nothing };
            let judged = Judged::new(&with_file(online(said, at)), &POLICY);
            let (from, to) = (T + from.min(to), T + from.max(to));
            if judged.next_change(from).is_none_or(|moment| moment > to) {
                prop_assert_eq!(judged.verdict(Some(from)), judged.verdict(Some(to)));
            }
            if let Some((begin, end)) = judged.licensed_span(Some(from)) {
                prop_assert!(begin <= from && from < end);
                let inside = to.clamp(begin, end - 1);
                prop_assert!(judged.verdict(Some(inside)).is_licensed());
            }
        }
    }
}
