//! When the next check is due, and how long to wait after one that failed. Randomness comes in as a number.

use super::day::{DayRule, HOUR, MINUTE};
use super::facts::{Facts, Said};
use super::verdict::Policy;
use std::time::Duration;

/// First wait after a failed check; it doubles from there.
const FIRST_RETRY_S: u64 = 60;
const LONGEST_RETRY_S: u64 = HOUR as u64;
/// Longest wait that a server's `Retry-After` is granted.
const LONGEST_RETRY_AFTER_S: u64 = 24 * HOUR as u64;
/// How often the background asks again about a code that was refused.
pub const REFUSED_RETRY: Duration = Duration::from_secs(10 * MINUTE as u64);
/// Within what time after the day's boundary a program that runs through asks.
const BOUNDARY_SPREAD_S: u64 = 30 * MINUTE as u64;

/// True while today's check of this code is still to be done.
pub fn is_due(facts: &Facts, now: Option<i64>, policy: &Policy) -> bool {
    if !facts.is_online() && facts.file.is_some() {
        return false;
    }
    let Some(now) = now else {
        return true;
    };
    let learnt = !(policy.requires_tls && facts.plain);
    let done = facts.said == Said::Alive
        && learnt
        && facts.confirmed_at != 0
        && policy.day.same_day(facts.confirmed_at, now);
    !done || expired_since_check(facts, now)
}

/// The cached expiry has passed since the last check: the marketplace may have renewed it, or not.
fn expired_since_check(facts: &Facts, now: i64) -> bool {
    facts.expires_at != 0 && now >= facts.expires_at && facts.confirmed_at < facts.expires_at
}

/// The next moment after `now` at which a check that is done now becomes due.
pub fn next_due(facts: &Facts, now: i64, day: DayRule) -> i64 {
    let boundary = day.end_of(day.day_of(now));
    if facts.expires_at > now {
        return boundary.min(facts.expires_at);
    }
    boundary
}

/// How long to wait after the `failures`-th failure in a row (1 = the first). `random` is uniform in 0..1.
pub fn retry_delay(failures: u32, retry_after_s: Option<u32>, random: f64) -> Duration {
    let doubled = FIRST_RETRY_S.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let base = doubled.min(LONGEST_RETRY_S) as f64;
    // Up to a fifth less or more, so that a site's machines do not come back together.
    let jittered = Duration::from_secs_f64(base * (0.8 + 0.4 * random.clamp(0.0, 1.0)));
    let asked =
        Duration::from_secs(u64::from(retry_after_s.unwrap_or(0)).min(LONGEST_RETRY_AFTER_S));
    jittered.max(asked)
}

/// How long after the day's boundary to ask. `random` is uniform in 0..1.
pub fn boundary_delay(random: f64) -> Duration {
    Duration::from_secs_f64(BOUNDARY_SPREAD_S as f64 * random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::day::DAY;
    use proptest::prelude::*;

    const T: i64 = 1_800_000_000 / DAY * DAY;
    const POLICY: Policy = Policy {
        day: DayRule {
            offset_minutes: 480,
        },
        offline_days: 7,
        requires_tls: true,
    };

    fn checked() -> Facts {
        Facts {
            said: Said::Alive,
            alive_at: T,
            confirmed_at: T,
            ..Facts::default()
        }
    }

    #[test]
    fn done_for_the_day_only_by_alive() {
        let end = T + 16 * HOUR;
        assert!(!is_due(&checked(), Some(T), &POLICY));
        assert!(!is_due(&checked(), Some(end - 1), &POLICY));
        assert!(is_due(&checked(), Some(end), &POLICY));
        assert!(is_due(&checked(), None, &POLICY));
        for said in [Said::Nothing, Said::Expired, Said::Released, Said::Missing] {
            let facts = Facts { said, ..checked() };
            assert!(is_due(&facts, Some(T), &POLICY), "{said:?}");
        }
        let plain = Facts {
            plain: true,
            ..checked()
        };
        assert!(is_due(&plain, Some(T), &POLICY));
        let accepted = Facts {
            confirmed_at: 0,
            ..checked()
        };
        assert!(is_due(&accepted, Some(T), &POLICY));
    }

    #[test]
    fn a_passing_expiry_makes_a_check_due_once() {
        let facts = Facts {
            expires_at: T + HOUR,
            ..checked()
        };
        assert!(!is_due(&facts, Some(T + HOUR - 1), &POLICY));
        assert!(is_due(&facts, Some(T + HOUR), &POLICY));
        assert_eq!(next_due(&facts, T, POLICY.day), T + HOUR);
        let asked_again = Facts {
            confirmed_at: T + HOUR,
            ..facts
        };
        assert!(!is_due(&asked_again, Some(T + 2 * HOUR), &POLICY));
        assert_eq!(
            next_due(&asked_again, T + 2 * HOUR, POLICY.day),
            T + 16 * HOUR
        );
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let middle = |failures| retry_delay(failures, None, 0.5).as_secs();
        assert_eq!((middle(1), middle(2), middle(3)), (60, 120, 240));
        assert_eq!((middle(7), middle(40)), (3600, 3600));
        assert_eq!(retry_delay(1, Some(7200), 0.5).as_secs(), 7200);
        assert_eq!(retry_delay(1, Some(u32::MAX), 0.5).as_secs(), 86_400);
    }

    proptest! {
        #[test]
        fn delays_stay_in_their_limits(failures in 1_u32..100, random in 0.0..1.0_f64) {
            let delay = retry_delay(failures, None, random).as_secs_f64();
            prop_assert!((48.0..=4320.0).contains(&delay));
            prop_assert!(boundary_delay(random).as_secs() <= 1800);
        }
    }
}
