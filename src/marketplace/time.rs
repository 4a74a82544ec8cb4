//! The time formats of the marketplace and of HTTP, all to and from Unix seconds UTC.
//!
//! The expiry of a licence is documented as `yyyyMMddHHmmss` without a zone, hence the offset that the caller gives.
//! ISO 8601 and epoch numbers are understood as well; what cannot be told for certain is None, never a guess.

use chrono::{DateTime, NaiveDateTime};

/// Last second of the year 9999: later times do not fit the header's four digits.
const LAST: i64 = 253_402_300_799;

/// `X-Sdk-Date`: `yyyyMMdd'T'HHmmss'Z'`.
pub fn sdk_date(at: i64) -> String {
    let at = DateTime::from_timestamp(at.clamp(0, LAST), 0).unwrap_or_default();
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// The `Date` header in any of the three forms that HTTP has known.
pub fn http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let rfc850 = "%A, %d-%b-%y %H:%M:%S GMT";
    let asctime = "%a %b %e %H:%M:%S %Y";
    DateTime::parse_from_rfc2822(text)
        .map(|at| at.timestamp())
        .ok()
        .or_else(|| naive(text, rfc850))
        .or_else(|| naive(text, asctime))
}

/// `Retry-After` in seconds: a number, or a date seen from the answer's own `Date`.
pub fn retry_after_s(text: &str, date: Option<i64>) -> Option<u32> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u32::MAX));
    }
    let wait = http_date(text)?.saturating_sub(date?);
    Some(wait.clamp(0, i64::from(u32::MAX)) as u32)
}

/// A time of the marketplace. Times without a zone are read `offset_minutes` east of UTC.
pub fn marketplace_time(text: &str, offset_minutes: i32) -> Option<i64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text, offset_minutes);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp());
    }
    if let Some(at) = naive(text, "%Y%m%dT%H%M%SZ") {
        return Some(at);
    }
    let zoneless = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let at = zoneless.iter().find_map(|form| naive(text, form))?;
    Some(at - i64::from(offset_minutes) * 60)
}

/// The number of digits tells the forms apart: 9 to 11 are epoch seconds, 13 milliseconds, 14 the documented form.
fn digits(text: &str, offset_minutes: i32) -> Option<i64> {
    match text.len() {
        9..=11 => text.parse().ok(),
        13 => text.parse::<i64>().ok().map(|millis| millis / 1000),
        14 => naive(text, "%Y%m%d%H%M%S").map(|at| at - i64::from(offset_minutes) * 60),
        _ => None,
    }
}

fn naive(text: &str, form: &str) -> Option<i64> {
    let at = NaiveDateTime::parse_from_str(text, form).ok()?;
    Some(at.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_dates_of_http_are_one_moment() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(http_date("yesterday"), None);
        assert_eq!(http_date(""), None);
    }

    #[test]
    fn the_signature_date_has_sixteen_characters_at_any_time() {
        assert_eq!(sdk_date(1_573_789_015), "20191115T033655Z");
        for at in [i64::MIN, -1, 0, LAST, i64::MAX] {
            assert_eq!(sdk_date(at).len(), 16, "{at}");
        }
    }

    #[test]
    fn times_of_the_marketplace() {
        let table = [
            ("20230726121646", 0, Some(1_690_373_806)),
            ("20230726121646", 480, Some(1_690_373_806 - 8 * 3600)),
            ("2023-07-26T12:16:46Z", 480, Some(1_690_373_806)),
            ("2023-07-26T20:16:46+08:00", 0, Some(1_690_373_806)),
            ("2023-07-26T12:16:46.125Z", 0, Some(1_690_373_806)),
            ("2023-07-26 20:16:46", 480, Some(1_690_373_806)),
            ("2023-07-26T20:16:46", 480, Some(1_690_373_806)),
            ("20230726T121646Z", 480, Some(1_690_373_806)),
            ("1690373806", 480, Some(1_690_373_806)),
            ("1690373806999", 480, Some(1_690_373_806)),
            (" 99991231235959 ", 0, Some(LAST)),
            ("20231301000000", 0, None),
            ("20230726", 0, None),
            ("2023-07-26", 0, None),
            ("-1690373806", 0, None),
            ("never", 0, None),
            ("", 0, None),
        ];
        for (text, offset, expected) in table {
            assert_eq!(marketplace_time(text, offset), expected, "{text}");
        }
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        let later = "Sun, 06 Nov 1994 08:51:37 GMT";
        assert_eq!(retry_after_s("120", None), Some(120));
        assert_eq!(retry_after_s("99999999999999999999", None), Some(u32::MAX));
        assert_eq!(retry_after_s(later, date), Some(120));
        assert_eq!(retry_after_s(later, date.map(|at| at + 3600)), Some(0));
        assert_eq!(retry_after_s(later, None), None);
        assert_eq!(retry_after_s("soon", date), None);
        assert_eq!(retry_after_s("", date), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", offset in -720i32..=840) {
            let _ = (http_date(&text), marketplace_time(&text, offset));
        }

        #[test]
        fn the_documented_form_is_read_back(at in 0..=LAST) {
            let text = sdk_date(at).replace(['T', 'Z'], "");
            prop_assert_eq!(marketplace_time(&text, 0), Some(at));
        }
    }
}
