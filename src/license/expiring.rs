//! When an expiry is announced: once each when 30, 7 and 1 day before it have come, whichever is the nearest.

use super::day::DAY;
use super::suite::ExpiryNotice;

/// Days before the expiry, nearest last.
pub const NOTICE_DAYS: [i64; 3] = [30, 7, 1];

/// An announcement to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    pub notice: ExpiryNotice,
    /// Days left, counting a begun one.
    pub days: i64,
}

/// The announcement that is due now, if it has not been made.
pub fn due_notice(expires_at: i64, now: i64, last: Option<&ExpiryNotice>) -> Option<ExpiryNotice> {
    if expires_at <= now {
        return None;
    }
    let left = expires_at - now;
    let days = NOTICE_DAYS.into_iter().rfind(|days| left <= days * DAY)?;
    let made = last.is_some_and(|last| last.expires_at == expires_at && last.days <= days);
    (!made).then_some(ExpiryNotice { expires_at, days })
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

    const T: i64 = 1_800_000_000;

    #[test]
    fn each_threshold_is_announced_once() {
        let expiry = T + 40 * DAY;
        let mut last = None;
        let mut announced = Vec::new();
        for hour in 0..41 * 24 {
            let now = T + hour * 3600;
            if let Some(notice) = due_notice(expiry, now, last.as_ref()) {
                announced.push((notice.days, days_left(expiry, now)));
                last = Some(notice);
            }
        }
        assert_eq!(announced, [(30, 30), (7, 7), (1, 1)]);
    }

    #[test]
    fn a_late_start_announces_the_nearest_alone_and_a_renewal_begins_anew() {
        let expiry = T + 5 * DAY;
        let notice = due_notice(expiry, T, None).unwrap();
        assert_eq!(notice.days, 7);
        assert_eq!(due_notice(expiry, T + DAY, Some(&notice)), None);
        assert_eq!(due_notice(expiry + DAY, T, Some(&notice)).unwrap().days, 7);
        assert_eq!(due_notice(T, T, None), None);
        assert_eq!(next_notice(expiry, T), Some(T + 4 * DAY));
        assert_eq!(next_notice(expiry, T + 4 * DAY), None);
    }
}
