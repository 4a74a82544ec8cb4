//! Who sent a request: the gateway's check of SDK-HMAC-SHA256, written from the specification (section 11 of the licence
//! API reference) and on purpose sharing nothing with the library's signer, so that one mistake cannot hide in both.
//!
//! The signature is computed over what arrived, byte for byte, and compared in constant time. A refusal carries the text
//! the gateway is known to send, with its own canonical request in it where the signatures differ.

use super::answer::Answer;
use super::clock::{parse_sdk_date, sdk_date};
use axum::http::HeaderMap;
use ring::{digest, hmac};

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const MAX_SKEW_S: i64 = 15 * 60;
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
    pub bearer: Option<String>,
}

/// A request as it arrived.
pub struct Arrived<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    Signed,
    Bearer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    code: &'static str,
    text: String,
    /// A few words for the log.
    pub brief: String,
}

impl Refused {
    fn iam(brief: impl Into<String>, text: &str) -> Refused {
        Refused {
            code: "APIGW.0301",
            text: format!("Incorrect IAM authentication information: {text}"),
            brief: brief.into(),
        }
    }

    /// A header that does not even claim a signature, or claims it in another shape.
    fn shape(brief: &str) -> Refused {
        Refused::iam(brief, &format!("verify aksk signature fail, {brief}"))
    }

    pub fn answer(&self) -> Answer {
        Answer::gateway(401, self.code, &self.text)
    }
}

/// The parts of an `Authorization` header.
struct Claim<'a> {
    access_key: &'a str,
    signed_headers: &'a str,
    signature: [u8; 32],
}

pub fn verify(arrived: &Arrived, credentials: &Credentials, now: i64) -> Result<Accepted, Refused> {
    let authorization = only(arrived.headers, "authorization")
        .ok_or_else(|| Refused::shape("Authorization is missing, repeated or unreadable"))?;
    if let Some(token) = authorization.strip_prefix("Bearer ") {
        return bearer(token, credentials);
    }
    let claim = parse(authorization)?;
    if claim.access_key != credentials.access_key {
        let text = "Get secretKey failed,ak:******,err:ak not exist";
        return Err(Refused::iam("unknown access key", text));
    }
    let date = check_date(arrived, &claim, now)?;
    let canonical = canonical_request(arrived, claim.signed_headers)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, credentials.secret_key.as_bytes());
    let text = string_to_sign(date, &canonical);
    let matches = hmac::verify(&key, text.as_bytes(), &claim.signature).is_ok();
    if matches && declared_hash_is_true(arrived) {
        return Ok(Accepted::Signed);
    }
    let seen = canonical.replace('\n', "|");
    let text = format!("verify aksk signature fail, canonicalRequest:{seen}");
    let brief = if matches { "body hash" } else { "signature" };
    Err(Refused::iam(format!("{brief} differs"), &text))
}

fn bearer(token: &str, credentials: &Credentials) -> Result<Accepted, Refused> {
    let refused = Refused {
        code: "APIGW.0305",
        text: "Incorrect authentication information: bearer token".into(),
        brief: "bearer token".into(),
    };
    let expected = credentials.bearer.as_ref().ok_or(refused.clone())?;
    // Tags of the two tokens are compared, because ring compares tags in constant time.
    let given = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    let wanted = hmac::Key::new(hmac::HMAC_SHA256, expected.as_bytes());
    let tag = hmac::sign(&given, b"bearer");
    hmac::verify(&wanted, b"bearer", tag.as_ref()).map_err(|_| refused)?;
    Ok(Accepted::Bearer)
}

/// Exactly `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`.
fn parse(authorization: &str) -> Result<Claim<'_>, Refused> {
    let odd = || Refused::shape("Authorization has an unexpected form");
    let rest = authorization.strip_prefix(ALGORITHM).ok_or_else(odd)?;
    let mut parts = rest.strip_prefix(' ').ok_or_else(odd)?.split(", ");
    let mut part = |name: &str| parts.next().and_then(|p| p.strip_prefix(name));
    let access_key = part("Access=").ok_or_else(odd)?;
    let signed_headers = part("SignedHeaders=").ok_or_else(odd)?;
    let signature = part("Signature=").and_then(unhex).ok_or_else(odd)?;
    if parts.next().is_some() || !well_listed(signed_headers) {
        return Err(odd());
    }
    Ok(Claim {
        access_key,
        signed_headers,
        signature,
    })
}

/// Lower-case, sorted, each once, with the date and without the signature itself.
fn well_listed(signed_headers: &str) -> bool {
    let names: Vec<&str> = signed_headers.split(';').collect();
    names.is_sorted_by(|a, b| a < b)
        && names.contains(&"x-sdk-date")
        && !names.contains(&"authorization")
        && names
            .iter()
            .all(|n| !n.is_empty() && **n == n.to_ascii_lowercase())
}

fn check_date<'a>(arrived: &Arrived<'a>, claim: &Claim, now: i64) -> Result<&'a str, Refused> {
    debug_assert!(claim.signed_headers.contains("x-sdk-date"));
    let date = only(arrived.headers, "x-sdk-date")
        .ok_or_else(|| Refused::shape("X-Sdk-Date is missing or repeated"))?;
    let signed_at =
        parse_sdk_date(date).ok_or_else(|| Refused::shape("X-Sdk-Date has an unexpected form"))?;
    if (signed_at - now).abs() <= MAX_SKEW_S {
        return Ok(date);
    }
    // The gateway's wording, as reported in huaweicloud-sdk-java-v3 issue 44.
    let server = sdk_date(now);
    let text = format!(
        "calc aksk signature fail:signature expired, signature time:{date},server time:{server}"
    );
    Err(Refused::iam("clock differs by more than 15 minutes", &text))
}

/// Where the client states the body's hash in a header, the canonical request holds that value: it must be true.
fn declared_hash_is_true(arrived: &Arrived) -> bool {
    match only(arrived.headers, "x-sdk-content-sha256") {
        None | Some(UNSIGNED) => true,
        Some(declared) => declared == sha256_hex(arrived.body),
    }
}

fn canonical_request(arrived: &Arrived, signed_headers: &str) -> Result<String, Refused> {
    let mut headers = String::new();
    for name in signed_headers.split(';') {
        let mut values: Vec<&str> = arrived
            .headers
            .get_all(name)
            .iter()
            .filter_map(|v| std::str::from_utf8(v.as_bytes()).ok())
            .collect();
        if values.is_empty() {
            return Err(Refused::shape(&format!(
                "signed header {name} did not arrive"
            )));
        }
        values.sort_unstable();
        for value in values {
            headers.push_str(&format!("{name}:{}\n", value.trim()));
        }
    }
    let payload = match only(arrived.headers, "x-sdk-content-sha256") {
        Some(declared) => declared.to_owned(),
        None => sha256_hex(arrived.body),
    };
    Ok(format!(
        "{}\n{}\n{}\n{headers}\n{signed_headers}\n{payload}",
        arrived.method.to_ascii_uppercase(),
        canonical_path(arrived.path),
        canonical_query(arrived.query),
    ))
}

fn string_to_sign(date: &str, canonical: &str) -> String {
    format!("{ALGORITHM}\n{date}\n{}", sha256_hex(canonical.as_bytes()))
}

fn canonical_path(path: &str) -> String {
    let segments: Vec<String> = path.split('/').map(|s| encode(&decode(s))).collect();
    let mut canonical = segments.join("/");
    if !canonical.ends_with('/') {
        canonical.push('/');
    }
    canonical
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name)), encode(&decode(value))))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect();
    joined.join("&")
}

/// RFC 3986: everything but the unreserved characters, in upper-case hexadecimal.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// What `%XY` stands for; anything else stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?));
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

/// 64 lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The value of a header that must arrive exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => std::str::from_utf8(value.as_bytes()).ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
