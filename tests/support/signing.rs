//! SDK-HMAC-SHA256 in a few lines, for tests that speak to the sandbox without the library.

use super::support::{Reply, Sandbox};
use chrono::{DateTime, Utc};
use ring::{digest, hmac};
use serde_json::Value;
use std::time::SystemTime;

pub const BASE: &str = "/api/mkp-openapi-public/global";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The headers of a request signed at a time that many seconds from now.
pub fn signed(sandbox: &Sandbox, path: &str, body: &str, offset_s: i64) -> Vec<(String, String)> {
    let at = DateTime::<Utc>::from(SystemTime::now()).timestamp() + offset_s;
    let at = DateTime::from_timestamp(at, 0).unwrap();
    let date = at.format("%Y%m%dT%H%M%SZ").to_string();
    let names = "content-type;x-sdk-date";
    let canonical = format!(
        "POST\n{path}/\n\ncontent-type:application/json\nx-sdk-date:{date}\n\n{names}\n{}",
        sha256(body.as_bytes())
    );
    let text = format!("SDK-HMAC-SHA256\n{date}\n{}", sha256(canonical.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, sandbox.secret_key.as_bytes());
    let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
    let access_key = &sandbox.access_key;
    let authorization = format!(
        "SDK-HMAC-SHA256 Access={access_key}, SignedHeaders={names}, Signature={signature}"
    );
    vec![
        ("Content-Type".into(), "application/json".into()),
        ("X-Sdk-Date".into(), date),
        ("Authorization".into(), authorization),
    ]
}

pub fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = headers.iter();
    pairs.map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

/// A signed request to an endpoint below the base path.
pub fn post(sandbox: &Sandbox, endpoint: &str, body: &Value) -> std::io::Result<Reply> {
    let path = format!("{BASE}{endpoint}");
    let body = body.to_string();
    let headers = signed(sandbox, &path, &body, 0);
    sandbox.http_request("POST", &path, &borrowed(&headers), body.as_bytes())
}
