//! When an expiry is announced: when 30, 7 and 1 day before it have come, whichever is the nearest, each once; and never
//! twice on one day, also where the expiry itself has moved meanwhile.

use super::day::{DAY, DayRule};
use super::suite::ExpiryNotice;

/// Days before the expiry, nearest last.
pub const NOTICE_DAYS: [i64; 3] = [30, 7, 1];

/// The announcement that is due now, if it has not been made.
pub fn due_notice(
    expires_at: i64,
    now: i64,
    day: DayRule,
    last: Option<&ExpiryNotice>,
) -> Option<ExpiryNotice> {
    if expires_at <= now {
        return None;
    }
    let left = expires_at - now;
    let days = NOTICE_DAYS.into_iter().rfind(|days| left <= days * DAY)?;
    let notice = ExpiryNotice {
        expires_at,
        days,
        at: now,
    };
    let made = last.is_some_and(|last| last.covers(&notice) || day.same_day(last.at, now));
    (!made).then_some(notice)
}

impl ExpiryNotice {
    /// Who was told this need not be told `other`.
    pub fn covers(&self, other: &ExpiryNotice) -> bool {
        self.expires_at == other.expires_at && self.days <= other.days
    }
}

/// Whole days left, counting a begun one.
pub fn days_left(expires_at: i64, now: i64) -> i64 {
    ((expires_at - now).max(0) + DAY - 1) / DAY
}

/// The next moment after `now` at which an announcement becomes due.
pub fn next_notice(expires_at: i64, now: i64) -> Option<i64> {
    NOTICE_DAYS
        .into_iter()
        .map(|days| expires_at.saturating_sub(days * DAY))
        .filter(|moment| *moment > now)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_800_000_000 / DAY * DAY;
    const RULE: DayRule = DayRule {
        offset_minutes: 480,
    };

    #[test]
    fn each_threshold_is_announced_once() {
        let expiry = T + 40 * DAY;
        let mut last = None;
        let mut announced = Vec::new();
        for hour in 0..41 * 24 {
            let now = T + hour * 3600;
            if let Some(notice) = due_notice(expiry, now, RULE, last.as_ref()) {
                announced.push((notice.days, days_left(expiry, now)));
                last = Some(notice);
            }
        }
        assert_eq!(announced, [(30, 30), (7, 7), (1, 1)]);
    }

    #[test]
    fn a_late_start_announces_the_nearest_alone_and_a_renewal_begins_anew() {
        let expiry = T + 5 * DAY;
        let notice = due_notice(expiry, T, RULE, None).unwrap();
        assert_eq!(notice.days, 7);
        let due = |expiry, now| due_notice(expiry, now, RULE, Some(&notice));
        assert_eq!(due(expiry, T + DAY), None);
        assert_eq!(due(expiry + DAY, T + DAY).unwrap().days, 7);
        assert_eq!(due_notice(T, T, RULE, None), None);
        assert_eq!(next_notice(expiry, T), Some(T + 4 * DAY));
        assert_eq!(next_notice(expiry, T + 4 * DAY), None);
    }
    #[test]
    fn nothing_is_announced_twice_on_one_day() {
        // Begun late: half a day after the start, one day is left.
        let expiry = T + DAY + DAY / 2;
        let notice = due_notice(expiry, T, RULE, None).unwrap();
        assert_eq!(notice.days, 7);
        let due = |expiry, now| due_notice(expiry, now, RULE, Some(&notice));
        assert_eq!(due(expiry, T + DAY / 2), None);
        // 16:00 UTC begins the next Chinese day.
        let tomorrow = T + 16 * 3600;
        assert_eq!(due(expiry, tomorrow).unwrap().days, 1);
        // Renewed by little: that is for tomorrow as well.
        assert_eq!(due(expiry + DAY, T + 60), None);
        assert_eq!(due(expiry + DAY, tomorrow).unwrap().days, 7);
    }
}
