//! Licensed or not: the verdict table of the contract (section 6), first match wins.

use super::day::{DayRule, HOUR, MINUTE};
use super::facts::{Facts, Said};
use super::file::JudgedFile;
use crate::error::{Cause, Error, Status};

/// How long past its expiry a licence stays usable on a machine that could not ask, and past a check that answered
/// ALIVE although the expiry had passed (the marketplace's grace period).
const EXPIRY_GRACE: i64 = 24 * HOUR;
/// What `offline_days` = 0 leaves past the end of the day, so that a session over midnight survives.
const SAME_DAY_GRACE: i64 = 60 * MINUTE;

/// The verdict as it crosses the C ABI. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Verdict {
    None = 0,
    Foreign = 1,
    Released = 2,
    Expired = 3,
    Clock = 4,
    Alive = 5,
    Offline = 6,
    Stale = 7,
}

impl Verdict {
    pub fn code(self) -> i32 {
        self as i32
    }

    pub fn is_licensed(self) -> bool {
        matches!(self, Verdict::Alive | Verdict::Offline)
    }

    pub fn name(self) -> &'static str {
        match self {
            Verdict::None => "NONE",
            Verdict::Foreign => "FOREIGN",
            Verdict::Released => "RELEASED",
            Verdict::Expired => "EXPIRED",
            Verdict::Clock => "CLOCK",
            Verdict::Alive => "ALIVE",
            Verdict::Offline => "OFFLINE",
            Verdict::Stale => "STALE",
        }
    }

    /// Ok where licensed, else the reason as the blocking calls answer it.
    pub fn as_result(self, said: Said) -> Result<(), Error> {
        let (status, text) = match self {
            Verdict::Alive | Verdict::Offline => return Ok(()),
            Verdict::None => (
                Status::NotActivated,
                "this code has not been activated here",
            ),
            Verdict::Foreign => (
                Status::WrongDevice,
                "the licence state comes from another machine; a successful check here heals it",
            ),
            Verdict::Released if said == Said::Missing => (
                Status::UnknownLicense,
                "the marketplace does not know this code",
            ),
            Verdict::Released => (Status::Released, "the marketplace has released this code"),
            Verdict::Expired => (Status::Expired, "the licence has expired"),
            Verdict::Clock => (
                Status::Clock,
                "the computer's clock shows an implausible time; a successful check heals it",
            ),
            Verdict::Stale => (
                Status::OfflineTooLong,
                "the licence has not been checked for longer than it may stay offline",
            ),
        };
        Err(Error::new(status, Cause::Verdict, text))
    }
}

/// What the program's options say about judging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub day: DayRule,
    pub offline_days: u32,
    /// The client's endpoint is `https`: facts learnt over `http` do not count.
    pub requires_tls: bool,
}

/// One licence, ready to be judged at any time by a few comparisons: what the lock-free reads work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub foreign: bool,
    pub said: Said,
    pub expires_at: i64,
    /// 0 where the licence was never known alive.
    pub offline_until: i64,
    /// First second after the day in which the licence was last known alive.
    pub fresh_until: i64,
    /// The marketplace was asked about it, or is to be.
    pub online: bool,
    /// What a licence file grants beside.
    pub file: Option<JudgedFile>,
}

impl Judged {
    pub fn new(facts: &Facts, policy: &Policy) -> Judged {
        let counts = !(policy.requires_tls && facts.plain);
        let alive_at = if counts { facts.alive_at } else { 0 };
        let said = if counts { facts.said } else { Said::Nothing };
        Judged {
            foreign: facts.foreign,
            said,
            expires_at: facts.expires_at,
            offline_until: offline_until(alive_at, facts.expires_at, policy),
            fresh_until: if alive_at == 0 {
                0
            } else {
                policy.day.end_of(policy.day.day_of(alive_at))
            },
            online: facts.is_online(),
            file: JudgedFile::of(facts, said),
        }
    }

    /// A licence is what the better of its two foundations makes it.
    pub fn verdict(&self, now: Option<i64>) -> Verdict {
        match self.file {
            Some(file) if self.is_by_file(now) => file.verdict(now),
            _ => self.online_verdict(now),
        }
    }

    /// True where the file decides: it holds, or there is nothing else.
    pub fn is_by_file(&self, now: Option<i64>) -> bool {
        self.file.is_some() && (self.is_licensed_by_file(now) || !self.online)
    }

    pub fn is_licensed_by_file(&self, now: Option<i64>) -> bool {
        self.file
            .is_some_and(|file| file.verdict(now).is_licensed())
    }

    pub fn is_licensed_online(&self, now: Option<i64>) -> bool {
        self.online_verdict(now).is_licensed()
    }

    /// The expiry of what decides, 0 = unknown.
    pub fn expiry(&self, now: Option<i64>) -> i64 {
        match self.file {
            Some(file) if self.is_by_file(now) => file.expires_at,
            _ => self.expires_at,
        }
    }

    fn online_verdict(&self, now: Option<i64>) -> Verdict {
        if self.foreign {
            return Verdict::Foreign;
        }
        match self.said {
            Said::Released | Said::Missing => return Verdict::Released,
            Said::Expired => return Verdict::Expired,
            Said::Nothing | Said::Alive => {}
        }
        let Some(now) = now else {
            return Verdict::Clock;
        };
        if now < self.offline_until {
            if now < self.fresh_until {
                return Verdict::Alive;
            }
            return Verdict::Offline;
        }
        if self.expires_at != 0 && now >= self.expires_at {
            return Verdict::Expired;
        }
        Verdict::Stale
    }

    /// The times around `now` in which it is licensed on one and the same ground, the longer-lasting one.
    pub fn licensed_span(&self, now: Option<i64>) -> Option<(i64, i64)> {
        let online = self.is_licensed_online(now);
        let online = online.then_some((i64::MIN, self.offline_until));
        let holds = self.is_licensed_by_file(now);
        let file = self.file.filter(|_| holds);
        let by_file = file.map(|file| (file.valid_from, file.expires_at));
        [online, by_file]
            .into_iter()
            .flatten()
            .max_by_key(|(_, until)| *until)
    }

    /// The next moment after `now` at which time alone changes the verdict.
    pub fn next_change(&self, now: i64) -> Option<i64> {
        let online = [self.fresh_until, self.offline_until, self.expires_at];
        let file = self.file.filter(|file| file.here);
        let by_file = file.map(|file| [file.valid_from, file.expires_at]);
        let online = (!self.foreign).then_some(online);
        online
            .into_iter()
            .flatten()
            .chain(by_file.into_iter().flatten())
            .filter(|moment| *moment > now)
            .min()
    }
}

/// Until when a licence last known alive at `alive_at` may be used without a check.
pub fn offline_until(alive_at: i64, expires_at: i64, policy: &Policy) -> i64 {
    if alive_at == 0 {
        return 0;
    }
    let day = policy.day.day_of(alive_at);
    let by_days = match policy.offline_days {
        0 => policy.day.end_of(day) + SAME_DAY_GRACE,
        days => policy.day.end_of(day + i64::from(days)),
    };
    match expires_at {
        0 => by_days,
        expiry if expiry > alive_at => by_days.min(expiry.saturating_add(EXPIRY_GRACE)),
        _ => by_days.min(alive_at.saturating_add(EXPIRY_GRACE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::day::DAY;
    use proptest::prelude::*;

    /// 08:00 of a Chinese day.
    const T: i64 = 1_800_000_000 / DAY * DAY;
    const POLICY: Policy = Policy {
        day: DayRule {
            offset_minutes: 480,
        },
        offline_days: 7,
        requires_tls: false,
    };

    fn alive(expires_at: i64) -> Facts {
        Facts {
            said: Said::Alive,
            alive_at: T,
            confirmed_at: T,
            checked_at: T,
            expires_at,
            ..Facts::default()
        }
    }

    fn judge(facts: &Facts, now: i64) -> Verdict {
        Judged::new(facts, &POLICY).verdict(Some(now))
    }

    #[test]
    fn every_row_of_the_table() {
        let end_of_today = T + 16 * HOUR;
        let far = T + 100 * DAY;
        let rows = [
            (alive(far), T, Verdict::Alive),
            (alive(far), end_of_today - 1, Verdict::Alive),
            (alive(far), end_of_today, Verdict::Offline),
            (alive(far), end_of_today + 7 * DAY - 1, Verdict::Offline),
            (alive(far), end_of_today + 7 * DAY, Verdict::Stale),
            (alive(0), end_of_today + 7 * DAY - 1, Verdict::Offline),
            (alive(0), end_of_today + 7 * DAY, Verdict::Stale),
            // The expiry has passed, the allowance after it has not.
            (alive(T + DAY), T + DAY + 1, Verdict::Offline),
            (alive(T + DAY), T + 2 * DAY - 1, Verdict::Offline),
            (alive(T + DAY), T + 2 * DAY, Verdict::Expired),
            // The marketplace's grace: ALIVE although expired.
            (alive(T - DAY), T, Verdict::Alive),
            (alive(T - DAY), T + DAY - 1, Verdict::Offline),
            (alive(T - DAY), T + DAY, Verdict::Expired),
        ];
        for (facts, now, expected) in rows {
            assert_eq!(judge(&facts, now), expected, "{facts:?} at T+{}", now - T);
        }
    }

    #[test]
    fn the_marketplaces_word_stands_over_times() {
        for (said, expected) in [
            (Said::Released, Verdict::Released),
            (Said::Missing, Verdict::Released),
            (Said::Expired, Verdict::Expired),
        ] {
            let facts = Facts {
                said,
                ..alive(T + 100 * DAY)
            };
            assert_eq!(judge(&facts, T), expected);
            let judged = Judged::new(&facts, &POLICY);
            assert_eq!(judged.verdict(None), expected);
            let foreign = Facts {
                foreign: true,
                ..facts
            };
            assert_eq!(judge(&foreign, T), Verdict::Foreign);
        }
        let judged = Judged::new(&alive(0), &POLICY);
        assert_eq!(judged.verdict(None), Verdict::Clock);
    }

    #[test]
    fn without_offline_days_a_session_over_midnight_survives_an_hour() {
        let policy = Policy {
            offline_days: 0,
            ..POLICY
        };
        let judged = Judged::new(&alive(0), &policy);
        let midnight = T + 16 * HOUR;
        assert_eq!(judged.verdict(Some(midnight + HOUR - 1)), Verdict::Offline);
        assert_eq!(judged.verdict(Some(midnight + HOUR)), Verdict::Stale);
    }

    #[test]
    fn facts_over_http_do_not_count_for_https() {
        let facts = Facts {
            plain: true,
            ..alive(0)
        };
        assert_eq!(judge(&facts, T), Verdict::Alive);
        let strict = Policy {
            requires_tls: true,
            ..POLICY
        };
        assert_eq!(
            Judged::new(&facts, &strict).verdict(Some(T)),
            Verdict::Stale
        );
    }

    #[test]
    fn a_denied_code_is_told_from_a_released_one() {
        let missing = Verdict::Released.as_result(Said::Missing).unwrap_err();
        assert_eq!(missing.status, Status::UnknownLicense);
        let released = Verdict::Released.as_result(Said::Released).unwrap_err();
        assert_eq!(released.status, Status::Released);
    }

    proptest! {
        #[test]
        fn a_licence_once_lost_to_time_does_not_come_back(
            expiry in prop_oneof![Just(0), T - 40 * DAY..T + 40 * DAY],
            days in 0_u32..=365, offset in -720..=840_i32, step in 0..50 * DAY, later in 0..400 * DAY,
        ) {
            let policy = Policy { day: DayRule { offset_minutes: offset }, offline_days: days, requires_tls: true };
            let judged = Judged::new(&alive(expiry), &policy);
            prop_assert!(judged.verdict(Some(T)).is_licensed());
            let now = judged.verdict(Some(T + step));
            if !now.is_licensed() {
                prop_assert!(!judged.verdict(Some(T + step + later)).is_licensed());
            }
        }

        #[test]
        fn the_allowance_keeps_its_limits(
            expiry in prop_oneof![Just(0), T - 40 * DAY..T + 40 * DAY], days in 0_u32..=365, offset in -720..=840_i32,
        ) {
            let policy = Policy { day: DayRule { offset_minutes: offset }, offline_days: days, requires_tls: true };
            let until = offline_until(T, expiry, &policy);
            prop_assert!(until > T);
            prop_assert!(until <= T + (i64::from(days) + 1) * DAY + HOUR);
            if expiry != 0 {
                prop_assert!(until <= expiry.max(T) + DAY);
            }
        }

        #[test]
        fn verdicts_change_only_where_announced(
            expiry in prop_oneof![Just(0), T - 20 * DAY..T + 20 * DAY], days in 0_u32..=20, from in 0..30 * DAY, to in 0..30 * DAY,
        ) {
            let policy = Policy { offline_days: days, ..POLICY };
            let judged = Judged::new(&alive(expiry), &policy);
            let (from, to) = (T + from.min(to), T + from.max(to));
            if judged.next_change(from).is_none_or(|moment| moment > to) {
                prop_assert_eq!(judged.verdict(Some(from)), judged.verdict(Some(to)));
            }
        }
    }
}
