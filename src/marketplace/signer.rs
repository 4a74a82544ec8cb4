//! SDK-HMAC-SHA256, the API gateway's request signature.
//!
//! The secret key signs directly (no date, region or service derivation), and the canonical path ends with `/` although
//! the request's own path does not. Which headers are signed is the caller's choice; the marketplace client signs exactly
//! `content-type;host;x-sdk-date`, so that a header which the HTTP library adds later cannot break the signature.

use super::percent;
use super::secret::Secret;
use crate::hex;
use ring::{digest, hmac};

pub const ALGORITHM: &str = "SDK-HMAC-SHA256";
const DATE_HEADER: &str = "x-sdk-date";

/// What a signature covers.
pub struct Signable<'a> {
    pub method: &'a str,
    /// Absolute path, not encoded.
    pub path: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    /// The headers to sign, as they will be sent. `X-Sdk-Date` must be among them.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

/// The value of the `Authorization` header.
pub fn authorization(access_key: &str, secret_key: &Secret, what: &Signable<'_>) -> String {
    let headers = sorted_headers(what.headers);
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let to_sign = string_to_sign(&headers, &canonical_request(what, &headers, &names));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret_key.expose().as_bytes());
    let signature = hex::lower(hmac::sign(&key, to_sign.as_bytes()).as_ref());
    format!("{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}")
}

fn string_to_sign(headers: &[(String, &str)], canonical: &str) -> String {
    let date = headers.iter().find(|(name, _)| name == DATE_HEADER);
    let date = date.map_or("", |(_, value)| value);
    format!("{ALGORITHM}\n{date}\n{}", sha256(canonical.as_bytes()))
}

fn canonical_request(what: &Signable<'_>, headers: &[(String, &str)], names: &str) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        lines.push_str(&format!("{name}:{value}\n"));
    }
    [
        what.method.to_ascii_uppercase(),
        canonical_path(what.path),
        canonical_query(what.query),
        lines,
        names.to_owned(),
        sha256(what.body),
    ]
    .join("\n")
}

fn sorted_headers<'a>(headers: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    let lower = |(name, value): &(&str, &'a str)| (name.to_ascii_lowercase(), value.trim());
    let mut sorted: Vec<(String, &str)> = headers.iter().map(lower).collect();
    sorted.sort();
    sorted
}

fn canonical_path(path: &str) -> String {
    let segments: Vec<String> = path.split('/').map(percent::encode).collect();
    let mut joined = segments.join("/");
    if !joined.ends_with('/') {
        joined.push('/');
    }
    joined
}

fn canonical_query(query: &[(&str, &str)]) -> String {
    let encoded = |(name, value): &(&str, &str)| (percent::encode(name), percent::encode(value));
    let mut pairs: Vec<(String, String)> = query.iter().map(encoded).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    pairs.join("&")
}

fn sha256(bytes: &[u8]) -> String {
    hex::lower(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const VECTORS: &str = include_str!("../../tests/data/signing-vectors.json");

    fn text<'a>(vector: &'a Value, member: &str) -> &'a str {
        vector[member].as_str().expect(member)
    }

    #[test]
    fn the_documented_vectors_come_out() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let vectors = vectors["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            check(vector);
        }
    }

    fn check(vector: &Value) {
        let headers: Vec<(&str, &str)> = vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let query: Vec<(&str, &str)> = vector["query"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let what = Signable {
            method: text(vector, "method"),
            path: text(vector, "path"),
            query: &query,
            headers: &headers,
            body: text(vector, "body").as_bytes(),
        };
        let sorted = sorted_headers(&headers);
        let canonical = canonical_request(&what, &sorted, text(vector, "signed_headers"));
        assert_eq!(canonical, text(vector, "canonical_request"));
        let to_sign = string_to_sign(&sorted, &canonical);
        assert_eq!(to_sign, text(vector, "string_to_sign"));
        let key = Secret::new(text(vector, "sk"));
        let value = authorization(text(vector, "ak"), &key, &what);
        assert_eq!(value, text(vector, "authorization"));
    }

    #[test]
    fn an_empty_path_and_odd_characters_are_normalised() {
        assert_eq!(canonical_path(""), "/");
        assert_eq!(canonical_path("/a b/c"), "/a%20b/c/");
        assert_eq!(canonical_query(&[("b", ""), ("a", "x y")]), "a=x%20y&b=");
    }
}
