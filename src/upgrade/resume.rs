//! Pure: how a download is asked for and what an answer means, so that no byte of another file is ever appended to a part.
//!
//! A part is resumed with `Range` and `If-Range`; the server's validator says that the file is still the same. An answer
//! that is not exactly the rest that was asked for makes the download begin anew.

use super::plan::PartFacts;
use crate::marketplace::transport::{Get, Opened, TransportError};
use crate::{Cause, Error, Status};

/// What becomes of an answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is the rest: append.
    Rest,
    /// It is the whole: begin anew with it.
    Whole,
    /// It is neither; asked without `Range` the server may do better.
    AskAnew,
}

/// `have` bytes of the part are there.
pub fn request(url: &str, have: u64, facts: Option<&PartFacts>) -> Get {
    let mut get = Get {
        url: url.to_owned(),
        // A package is compressed already, and a range of a compressed answer would be one of other bytes.
        headers: vec![("Accept-Encoding", "identity".into())],
    };
    let validator = facts.and_then(|facts| facts.validator.clone());
    if let Some(validator) = validator.filter(|_| have > 0) {
        get.headers.push(("Range", format!("bytes={have}-")));
        get.headers.push(("If-Range", validator));
    }
    get
}

/// Does a part that lies there belong to what is to be fetched?
pub fn is_part_of(facts: &PartFacts, url: &str, size: u64) -> bool {
    facts.url == url && facts.size == size && facts.validator.is_some()
}

/// What `If-Range` may name: a strong entity tag, else the time of the last change.
pub fn validator(opened: &Opened) -> Option<String> {
    let strong = |tag: &&String| tag.starts_with('"');
    let tag = opened.etag.as_ref().filter(strong);
    tag.or(opened.last_modified.as_ref()).cloned()
}

/// An error where no body will help.
pub fn judge(opened: &Opened, have: u64, size: u64) -> Result<Answer, Error> {
    match opened.status {
        206 if have > 0 => {
            let rest = format!("bytes {have}-{}/{size}", size - 1);
            Ok(
                match opened.content_range.as_deref() == Some(rest.as_str()) {
                    true => Answer::Rest,
                    false => Answer::AskAnew,
                },
            )
        }
        200 => match opened.content_length {
            Some(length) if length != size => Err(failed(format!(
                "the server's file has {length} bytes, while {size} are announced"
            ))),
            _ => Ok(Answer::Whole),
        },
        416 if have > 0 => Ok(Answer::AskAnew),
        300..=399 => Err(status_error(opened, "redirects are not followed")),
        _ => Err(status_error(opened, "the server refuses the package")),
    }
}

/// A failure that may be gone when it is tried again. What a server says on purpose stays; its own troubles pass.
pub fn is_passing(error: &Error) -> bool {
    match error.http {
        Some(status) => matches!(status, 408 | 429 | 500..=599),
        None => matches!(
            error.cause,
            Cause::Dns | Cause::Connect | Cause::Proxy | Cause::Tls | Cause::Timeout
        ),
    }
}

fn status_error(opened: &Opened, what: &str) -> Error {
    Error {
        http: Some(opened.status),
        retry_after_s: opened.retry_after_s,
        ..failed(format!("{what}: HTTP {}", opened.status))
    }
}

/// For what the network did.
pub fn broken(error: TransportError) -> Error {
    let error = Error::from(error);
    Error {
        status: Status::UpgradeDownload,
        text: format!("the package: {}", error.text),
        ..error
    }
}

pub fn failed(text: impl Into<String>) -> Error {
    Error::new(Status::UpgradeDownload, Cause::Protocol, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplace::transport::{Body, Piece, TransportErrorKind};

    struct Nothing;

    impl Body for Nothing {
        fn next<'a>(&'a mut self) -> Piece<'a> {
            Box::pin(async { Ok(None) })
        }
    }

    fn opened(status: u16, range: Option<&str>, length: Option<u64>) -> Opened {
        Opened {
            status,
            content_length: length,
            content_range: range.map(str::to_owned),
            etag: None,
            last_modified: None,
            retry_after_s: None,
            body: Box::new(Nothing),
        }
    }

    #[test]
    fn only_the_very_rest_is_appended() {
        let table = [
            (206, Some("bytes 4-9/10"), Some(6), Ok(Answer::Rest)),
            (206, Some("bytes 3-9/10"), None, Ok(Answer::AskAnew)),
            (206, Some("bytes 4-9/11"), None, Ok(Answer::AskAnew)),
            (206, Some("bytes 4-8/10"), None, Ok(Answer::AskAnew)),
            (206, Some("bytes 4-9/*"), None, Ok(Answer::AskAnew)),
            (206, None, None, Ok(Answer::AskAnew)),
            (200, None, Some(10), Ok(Answer::Whole)),
            (200, None, None, Ok(Answer::Whole)),
            (200, None, Some(11), Err(None)),
            (200, None, Some(9), Err(None)),
            (416, None, None, Ok(Answer::AskAnew)),
            (302, None, None, Err(Some(302))),
            (404, None, None, Err(Some(404))),
            (503, None, None, Err(Some(503))),
        ];
        for (status, range, length, expected) in table {
            let got = judge(&opened(status, range, length), 4, 10);
            assert_eq!(
                got.map_err(|error| error.http),
                expected,
                "{status} {range:?} {length:?}"
            );
        }
        assert!(judge(&opened(206, Some("bytes 0-9/10"), None), 0, 10).is_err());
        assert!(judge(&opened(416, None, None), 0, 10).is_err());
    }

    #[test]
    fn a_range_is_asked_for_only_with_a_validator() {
        let facts = |validator: Option<&str>| PartFacts {
            url: "u".into(),
            size: 10,
            validator: validator.map(str::to_owned),
        };
        let asked = |have, facts: Option<&PartFacts>| request("u", have, facts).headers.len();
        assert_eq!(asked(4, Some(&facts(Some("\"a\"")))), 3);
        assert_eq!(asked(0, Some(&facts(Some("\"a\"")))), 1);
        assert_eq!(asked(4, Some(&facts(None))), 1);
        assert_eq!(asked(4, None), 1);
        assert!(is_part_of(&facts(Some("x")), "u", 10));
        assert!(!is_part_of(&facts(Some("x")), "v", 10));
        assert!(!is_part_of(&facts(Some("x")), "u", 11));
        assert!(!is_part_of(&facts(None), "u", 10));
    }

    #[test]
    fn a_weak_tag_is_no_validator() {
        let with = |etag: Option<&str>, changed: Option<&str>| {
            validator(&Opened {
                etag: etag.map(str::to_owned),
                last_modified: changed.map(str::to_owned),
                ..opened(200, None, None)
            })
        };
        assert_eq!(with(Some("\"a\""), Some("then")).as_deref(), Some("\"a\""));
        assert_eq!(with(Some("W/\"a\""), Some("then")).as_deref(), Some("then"));
        assert_eq!(with(Some("W/\"a\""), None), None);
    }

    #[test]
    fn what_passes_and_what_stays() {
        for kind in [
            TransportErrorKind::Dns,
            TransportErrorKind::Reset,
            TransportErrorKind::Timeout,
        ] {
            assert!(is_passing(&broken(TransportError::new(kind, "x"))));
        }
        for (status, passing) in [(503, true), (429, true), (404, false), (302, false)] {
            let error = judge(&opened(status, None, None), 0, 10).unwrap_err();
            assert_eq!(is_passing(&error), passing, "{status}");
        }
        assert!(!is_passing(&failed("wrong size")));
    }
}
