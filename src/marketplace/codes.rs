//! From an answer to a status.
//!
//! The service reports business failures with HTTP 200, and its documentation's editions disagree about the HTTP status
//! of others; so its own codes decide whatever the HTTP status is. The gateway's codes (`APIGW.…`) and everything
//! unknown go by the HTTP status.

use super::transport::Response;
use super::wire::Envelope;
use crate::error::masked;
use crate::{Cause, Error, Status};

const SUCCESS: &str = "92020000";
const ALREADY_ACTIVATED: &str = "92020003";
/// Longest part of a server's message that is repeated, in characters.
const MESSAGE_MAX: usize = 200;
const CODE_MAX: usize = 64;
/// From here on the gateway's messages repeat our own request, with its `Authorization` header.
const REQUEST_ECHO: &str = "canonicalrequest";

/// What must not appear in any text.
#[derive(Clone, Copy)]
pub struct Hidden<'a> {
    /// Authorization codes: masked.
    pub codes: &'a [&'a str],
    /// Keys and tokens: removed.
    pub secrets: &'a [&'a str],
}

/// True for the refusal of a second activation, which a query turns into success.
pub fn is_already_activated(error: &Error) -> bool {
    error.status == Status::Rejected && error.code.as_deref() == Some(ALREADY_ACTIVATED)
}

/// True where the host is only a gateway without its service: another host may do better.
pub fn is_unavailable(response: &Response) -> bool {
    let answered =
        || Envelope::parse(&response.body).is_some_and(|found| is_service_code(&found.error_code));
    matches!(response.status, 502..=504) && !answered()
}

/// The envelope of a success, else the refusal.
pub fn judge(response: &Response, hidden: &Hidden<'_>) -> Result<Envelope, Error> {
    let envelope = Envelope::parse(&response.body);
    let code = envelope.as_ref().map(|found| found.error_code.as_str());
    let success = (200..300).contains(&response.status) && code == Some(SUCCESS);
    match envelope {
        Some(envelope) if success => Ok(envelope),
        envelope => Err(refusal(response, envelope.as_ref(), hidden)),
    }
}

fn refusal(response: &Response, envelope: Option<&Envelope>, hidden: &Hidden<'_>) -> Error {
    let code = envelope.map_or("", |found| found.error_code.as_str());
    let (status, cause) =
        by_service_code(code, response.status).unwrap_or_else(|| by_http(response.status));
    let mut error = Error::new(status, cause, message(response, envelope, hidden));
    error.http = Some(response.status);
    error.retry_after_s = response.retry_after_s;
    error.code = envelope.map(|found| clean(&found.error_code, CODE_MAX, hidden));
    let request_id = envelope.and_then(|found| found.request_id.as_deref());
    error.request_id = request_id.map(|id| clean(id, CODE_MAX, hidden));
    error
}

fn is_service_code(code: &str) -> bool {
    let known = code.starts_with("9202") || code.starts_with("9500");
    known && code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn by_service_code(code: &str, http: u16) -> Option<(Status, Cause)> {
    let found = match code {
        // A success that HTTP contradicts is no success, and says nothing else.
        SUCCESS => return None,
        // An older edition has this code twice: "Unauthorized" with 403, "internal error" with 500.
        "92020001" if matches!(http, 401 | 403) => (Status::Unauthorized, Cause::Refused),
        "92020001" => (Status::Server, Cause::Server),
        "92020004" => (Status::NotReceived, Cause::Refused),
        "92020005" | "92020020" => (Status::UnknownLicense, Cause::Refused),
        "92020011" => (Status::NotActivated, Cause::Refused),
        code if is_service_code(code) => (Status::Rejected, Cause::Refused),
        _ => return None,
    };
    Some(found)
}

fn by_http(http: u16) -> (Status, Cause) {
    match http {
        429 => (Status::Throttled, Cause::Throttled),
        401 | 403 => (Status::Unauthorized, Cause::Refused),
        400..=499 => (Status::Rejected, Cause::Refused),
        500..=599 => (Status::Server, Cause::Server),
        _ => (Status::Protocol, Cause::Protocol),
    }
}

fn message(response: &Response, envelope: Option<&Envelope>, hidden: &Hidden<'_>) -> String {
    let Some(envelope) = envelope else {
        let kind = response.content_type.as_deref().unwrap_or("no type");
        let kind = clean(kind, CODE_MAX, hidden);
        return format!("the answer is not the documented JSON ({kind})");
    };
    match clean(&without_echo(envelope), MESSAGE_MAX, hidden).trim() {
        "" => "the marketplace refused without a message".into(),
        text => format!("the marketplace says: {text}"),
    }
}

fn without_echo(envelope: &Envelope) -> String {
    let text = &envelope.error_msg;
    // ASCII lower case keeps byte positions.
    let echo = text.to_ascii_lowercase().find(REQUEST_ECHO);
    text[..echo.unwrap_or(text.len())].to_owned()
}

/// Without what must stay hidden and without control characters, at most `max` characters. Hidden texts go first, so
/// that cutting leaves no part of one.
fn clean(text: &str, max: usize, hidden: &Hidden<'_>) -> String {
    let mut text = text.to_owned();
    for secret in hidden.secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "****");
    }
    for code in hidden.codes.iter().filter(|code| !code.is_empty()) {
        text = text.replace(code, &masked(code));
    }
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// True where a refusal's message blames the time of the signature.
pub fn blames_clock(error: &Error) -> bool {
    let text = error.text.to_ascii_lowercase();
    [
        "expired",
        "clock",
        "time difference",
        "timestamp",
        "server time",
    ]
    .iter()
    .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NONE: Hidden<'_> = Hidden {
        codes: &[],
        secrets: &[],
    };

    fn answer(status: u16, code: &str, message: &str) -> Response {
        let body = json!({"error_code": code, "error_msg": message, "request_id": "r-1"});
        Response {
            status,
            body: body.to_string().into_bytes(),
            ..Response::default()
        }
    }

    #[test]
    fn every_documented_code_has_its_status() {
        use Status::*;
        let table = [
            (200, "92020001", Server),
            (500, "92020001", Server),
            (403, "92020001", Unauthorized),
            (401, "92020001", Unauthorized),
            (200, "92020002", Rejected),
            (400, "92020002", Rejected),
            // Which an activation takes for an answer: see `is_already_activated`. For a query it is a refusal like others.
            (200, "92020003", Rejected),
            (503, "92020004", NotReceived),
            (200, "92020005", UnknownLicense),
            (401, "92020005", UnknownLicense),
            (200, "92020011", NotActivated),
            (200, "92020020", UnknownLicense),
            (200, "92020099", Rejected),
            (400, "95000001", Rejected),
            (405, "95000002", Rejected),
            (415, "95000003", Rejected),
            (400, "95000004", Rejected),
            (401, "APIGW.0301", Unauthorized),
            (403, "APIGW.0302", Unauthorized),
            (404, "APIGW.0101", Rejected),
            (429, "APIGW.0308", Throttled),
            (405, "APIGW.0501", Rejected),
            (500, "APIGW.0601", Server),
            (502, "APIGW.0201", Server),
            (406, "MKT.0250", Rejected),
            (200, "MKT.0000", Protocol),
            (302, "", Protocol),
            (500, "92020000", Server),
            (429, "92020000", Throttled),
            (304, "92020000", Protocol),
        ];
        for (http, code, expected) in table {
            let error = judge(&answer(http, code, "m"), &NONE).expect_err(code);
            assert_eq!(error.status, expected, "{http} {code}");
            assert_eq!(error.http, Some(http));
            assert_eq!(error.request_id.as_deref(), Some("r-1"));
            assert_eq!(error.code.as_deref(), Some(code));
            assert_eq!(is_already_activated(&error), code == "92020003");
        }
        for http in [200, 201] {
            assert!(judge(&answer(http, "92020000", "success"), &NONE).is_ok());
        }
    }

    #[test]
    fn a_body_of_another_shape_goes_by_http() {
        for (http, expected) in [
            (200, Status::Protocol),
            (204, Status::Protocol),
            (301, Status::Protocol),
            (401, Status::Unauthorized),
            (404, Status::Rejected),
            (429, Status::Throttled),
            (500, Status::Server),
        ] {
            let response = Response {
                status: http,
                content_type: Some("text/html".into()),
                body: b"<html>\xff</html>".to_vec(),
                ..Response::default()
            };
            let error = judge(&response, &NONE).unwrap_err();
            assert_eq!((error.status, error.code), (expected, None), "{http}");
            assert!(error.text.contains("text/html"));
        }
    }

    #[test]
    fn a_gateway_without_its_service_is_unavailable() {
        let unavailable = |http, code| is_unavailable(&answer(http, code, ""));
        let mute = Response {
            status: 502,
            ..Response::default()
        };
        assert!(is_unavailable(&mute));
        assert!(unavailable(503, "APIGW.0613"));
        assert!(unavailable(504, "APIGW.0201"));
        assert!(!unavailable(503, "92020001"));
        assert!(!unavailable(500, "APIGW.0601"));
        assert!(!unavailable(429, "APIGW.0308"));
    }

    #[test]
    fn messages_hide_codes_and_keys_and_the_echoed_request() {
        let hidden = Hidden {
            codes: &["PL-0123456789", ""],
            secrets: &["AKAKAKAKAKAK", "", "pw"],
        };
        let text = "verify aksk signature fail for AKAKAKAKAKAK and PL-0123456789 (pw)\n, \
                    CanonicalRequest:POST|/api|authorization:SDK Access=x";
        let error = judge(&answer(401, "APIGW.0301", text), &hidden).unwrap_err();
        assert_eq!(
            error.text,
            "the marketplace says: verify aksk signature fail for **** and PL****89 (****),"
        );
        let long = format!("{}PL-0123456789", "x".repeat(MESSAGE_MAX - 5));
        let error = judge(&answer(200, "92020005", &long), &hidden).unwrap_err();
        assert!(error.text.ends_with("xPL***"), "{}", error.text);
        let error = judge(
            &answer(200, "PL-0123456789", "授".repeat(500).as_str()),
            &hidden,
        );
        let error = error.unwrap_err();
        assert_eq!(error.code.as_deref(), Some("PL****89"));
        assert_eq!(error.text.matches('授').count(), MESSAGE_MAX);
    }
}
