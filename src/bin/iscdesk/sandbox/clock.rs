//! The sandbox's own clock, which the admin API can shift, and the three time formats of the marketplace. Everything the
//! sandbox says about time comes from here, so that a shifted clock looks to a client like a server of that time.

use chrono::{DateTime, NaiveDateTime, Utc};
use iscdesk::clock::{SystemClock, WallClock};
use std::sync::atomic::{AtomicI64, Ordering};

const DIGITS: &str = "%Y%m%d%H%M%S";

#[derive(Default)]
pub struct SandboxClock {
    offset_s: AtomicI64,
}

impl SandboxClock {
    /// Unix seconds by this clock.
    pub fn now(&self) -> i64 {
        SystemClock.local() + self.offset_s()
    }

    pub fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::SeqCst)
    }

    pub fn shift_to(&self, offset_s: i64) {
        self.offset_s.store(offset_s, Ordering::SeqCst);
    }
}

/// `yyyyMMddHHmmss` in UTC, as in `expire_time`.
pub fn compact(unix: i64) -> String {
    utc(unix).format(DIGITS).to_string()
}

/// The reverse of [`compact`]; exactly 14 digits.
pub fn parse_compact(text: &str) -> Option<i64> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let parsed = NaiveDateTime::parse_from_str(text, DIGITS).ok()?;
    Some(parsed.and_utc().timestamp())
}

/// `yyyyMMdd'T'HHmmss'Z'`, as in `X-Sdk-Date`.
pub fn sdk_date(unix: i64) -> String {
    utc(unix).format("%Y%m%dT%H%M%SZ").to_string()
}

/// The reverse of [`sdk_date`]; exactly that shape.
pub fn parse_sdk_date(text: &str) -> Option<i64> {
    let (day, rest) = text.split_once('T')?;
    let time = rest.strip_suffix('Z')?;
    if day.len() != 8 {
        return None;
    }
    parse_compact(&format!("{day}{time}"))
}

/// The `Date` header.
pub fn http_date(unix: i64) -> String {
    utc(unix).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn utc(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_are_the_documented_ones() {
        assert_eq!(compact(1_690_373_806), "20230726121646");
        assert_eq!(sdk_date(1_467_195_299), "20160629T101459Z");
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for unix in [0, 951_826_554, 1_690_373_806, 4_102_444_799] {
            assert_eq!(parse_compact(&compact(unix)), Some(unix));
            assert_eq!(parse_sdk_date(&sdk_date(unix)), Some(unix));
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for bad in [
            "",
            "2023072612164",
            "20231326121646",
            "+2023072612164",
            "2023-07-26 12",
        ] {
            assert_eq!(parse_compact(bad), None, "{bad}");
        }
        for bad in [
            "20160629101459Z",
            "20160629T101459",
            "2016062T9101459Z",
            "20160629T10:14Z",
        ] {
            assert_eq!(parse_sdk_date(bad), None, "{bad}");
        }
    }
}
