//! Which part of a file a request asks for (RFC 9110, 14): pure. One range is understood; what is not is answered with
//! the whole file, as the RFC allows.

use super::clock::http_date;
use axum::http::{HeaderMap, HeaderName, header};

/// What a file is recognised by.
pub struct Stamp {
    pub length: u64,
    /// Unix seconds.
    pub modified: i64,
    /// A strong entity tag, with its quotes.
    pub tag: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    Whole,
    /// From the first byte to before the second; at least one.
    Part(u64, u64),
    /// Nothing of it is in the file.
    Beyond,
}

pub fn asked(headers: &HeaderMap, stamp: &Stamp) -> Asked {
    let Some(range) = text(headers, header::RANGE) else {
        return Asked::Whole;
    };
    match text(headers, header::IF_RANGE) {
        Some(known) if known != stamp.tag && known != http_date(stamp.modified) => Asked::Whole,
        _ => parse(range, stamp.length).unwrap_or(Asked::Whole),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// None: not understood.
fn parse(range: &str, length: u64) -> Option<Asked> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = if first.is_empty() {
        let count: u64 = last.parse().ok()?;
        (length.saturating_sub(count), length)
    } else {
        let from: u64 = first.parse().ok()?;
        let last = match last {
            "" => u64::MAX,
            last => last.parse().ok()?,
        };
        if last < from {
            return None;
        }
        (from, last.saturating_add(1).min(length))
    };
    Some(match from < to {
        true => Asked::Part(from, to),
        false => Asked::Beyond,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ask(headers: &[(HeaderName, &'static str)]) -> Asked {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        let stamp = Stamp {
            length: 100,
            modified: 784_111_777,
            tag: "\"a\"".into(),
        };
        asked(&headers, &stamp)
    }

    #[test]
    fn ranges_are_as_the_rfc_counts_them() {
        let range = |text| ask(&[(header::RANGE, text)]);
        assert_eq!(ask(&[]), Asked::Whole);
        assert_eq!(range("bytes=0-0"), Asked::Part(0, 1));
        assert_eq!(range("bytes=10-"), Asked::Part(10, 100));
        assert_eq!(range("bytes=99-500"), Asked::Part(99, 100));
        assert_eq!(range("bytes=-30"), Asked::Part(70, 100));
        assert_eq!(range("bytes=-300"), Asked::Part(0, 100));
        assert_eq!(range("bytes=100-"), Asked::Beyond);
        assert_eq!(range("bytes=-0"), Asked::Beyond);
        for strange in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=x-"] {
            assert_eq!(range(strange), Asked::Whole, "{strange}");
        }
        let largest = "bytes=1-18446744073709551615";
        assert_eq!(range(largest), Asked::Part(1, 100));
    }

    #[test]
    fn another_file_than_the_one_begun_is_given_whole() {
        let if_range = |known| ask(&[(header::RANGE, "bytes=10-"), (header::IF_RANGE, known)]);
        assert_eq!(if_range("\"a\""), Asked::Part(10, 100));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(if_range(date), Asked::Part(10, 100));
        assert_eq!(if_range("\"b\""), Asked::Whole);
        assert_eq!(if_range("W/\"a\""), Asked::Whole);
    }
}
