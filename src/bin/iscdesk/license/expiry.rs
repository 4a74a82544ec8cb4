//! Until when, as people write it: days from now, a day, or a moment.

use chrono::{DateTime, NaiveDate, NaiveTime};

const DAY: i64 = 86_400;

/// `365d`, `2027-12-31` (that day included, by UTC) or `2027-12-31T18:00:00Z`, as Unix seconds.
pub fn parse(text: &str, now: i64) -> Option<i64> {
    if let Some(days) = text.strip_suffix('d') {
        let days: u32 = days.parse().ok()?;
        return Some(now + i64::from(days) * DAY);
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let midnight = day.and_time(NaiveTime::MIN).and_utc().timestamp();
        return Some(midnight + DAY);
    }
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(moment.timestamp())
}

/// A moment as people read it.
pub fn show(time: i64) -> String {
    match DateTime::from_timestamp(time, 0) {
        Some(moment) => moment.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_a_day_and_a_moment() {
        assert_eq!(parse("365d", 1000), Some(1000 + 365 * DAY));
        assert_eq!(parse("1970-01-02", 0), Some(2 * DAY));
        assert_eq!(parse("1970-01-01T08:00:05+08:00", 0), Some(5));
        for bad in ["", "d", "-1d", "2027", "2027-13-01", "tomorrow"] {
            assert_eq!(parse(bad, 0), None, "{bad}");
        }
        assert_eq!(show(5), "1970-01-01 00:00:05 UTC");
    }
}
