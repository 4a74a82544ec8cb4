//! The log of everything that arrived at the marketplace's endpoints: one JSON document per request, in memory for the
//! admin API and as a line in `requests.jsonl` for whoever reads along. A line is written as soon as it is decided what
//! the answer will be, before any latency, so that a request which never gets its answer is in the log as well.
//!
//! Signatures and tokens are masked: a log is sent around.

use axum::http::HeaderMap;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

/// Most requests kept in memory; the file keeps all.
const MAX_KEPT: usize = 10_000;
/// Largest body that is shown.
const MAX_SHOWN: usize = 64 * 1024;

#[derive(Clone, Debug, Serialize)]
pub struct Record {
    pub time: String,
    pub listener: &'static str,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    pub answered: Answered,
    /// "ok", "bearer", "bad: …", or "unchecked" where a fault came before the body.
    pub signature: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Answered {
    /// None where nothing is answered.
    pub http: Option<u16>,
    pub error_code: Option<String>,
    pub fault: Option<String>,
}

pub struct Log {
    inner: Mutex<Inner>,
}

struct Inner {
    kept: VecDeque<Record>,
    file: File,
}

impl Log {
    /// Begins a new file, whatever was there.
    pub fn create(path: &Path) -> std::io::Result<Log> {
        std::fs::write(path, "")?;
        let file = File::options().append(true).open(path)?;
        let kept = VecDeque::new();
        Ok(Log {
            inner: Mutex::new(Inner { kept, file }),
        })
    }

    pub fn write(&self, record: Record) {
        let mut inner = super::lock(&self.inner);
        if let Ok(mut line) = serde_json::to_string(&record) {
            line.push('\n');
            // A full disk must not stop the sandbox; memory still has the record.
            let _ = inner.file.write_all(line.as_bytes());
        }
        if inner.kept.len() == MAX_KEPT {
            inner.kept.pop_front();
        }
        inner.kept.push_back(record);
    }

    pub fn all(&self) -> Vec<Record> {
        super::lock(&self.inner).kept.iter().cloned().collect()
    }

    pub fn clear(&self) -> std::io::Result<()> {
        let mut inner = super::lock(&self.inner);
        inner.kept.clear();
        inner.file.set_len(0)
    }
}

/// The true time, not the sandbox's: a log tells when things happened.
pub fn timestamp() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub fn shown_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = match name.as_str() {
            "authorization" => masked_authorization(&text),
            "cookie" | "proxy-authorization" | "x-security-token" => "****".into(),
            _ => text.into_owned(),
        };
        let all = shown.entry(name.as_str().to_owned()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&text);
    }
    shown
}

/// JSON as it is, other text as a string, what is too long as its length.
pub fn shown_body(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if body.len() > MAX_SHOWN {
        return serde_json::json!({"bytes": body.len()});
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn masked_authorization(text: &str) -> String {
    let scheme = text.split(' ').next().unwrap_or_default();
    match (scheme, text.split_once("Signature=")) {
        ("SDK-HMAC-SHA256", Some((kept, _))) => format!("{kept}Signature=****"),
        ("SDK-HMAC-SHA256" | "Bearer" | "Basic", _) => format!("{scheme} ****"),
        _ => "****".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn record(path: &str) -> Record {
        Record {
            time: timestamp(),
            listener: "http",
            method: "POST".into(),
            path: path.into(),
            query: String::new(),
            headers: BTreeMap::new(),
            body: Value::Null,
            answered: Answered::default(),
            signature: "ok".into(),
        }
    }

    #[test]
    fn each_record_is_a_line_and_clearing_empties_both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.jsonl");
        std::fs::write(&path, "left over\n").unwrap();
        let log = Log::create(&path).unwrap();
        log.write(record("/a"));
        log.write(record("/b"));
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["path"], "/b");
        log.clear().unwrap();
        assert!(log.all().is_empty());
        log.write(record("/c"));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn signatures_and_tokens_are_masked() {
        let shown = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", HeaderValue::from_static(value));
            shown_headers(&headers)["authorization"].clone()
        };
        assert_eq!(
            shown("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=77595ad6"),
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=****"
        );
        assert_eq!(shown("SDK-HMAC-SHA256 secret"), "SDK-HMAC-SHA256 ****");
        assert_eq!(shown("Bearer secret"), "Bearer ****");
        assert_eq!(shown("secret"), "****");
    }

    #[test]
    fn bodies_are_shown_as_what_they_are() {
        assert_eq!(shown_body(b""), Value::Null);
        assert_eq!(shown_body(b"{\"a\":1}"), serde_json::json!({"a": 1}));
        assert_eq!(shown_body(b"{a"), Value::String("{a".into()));
        let long = vec![b' '; MAX_SHOWN + 1];
        assert_eq!(
            shown_body(&long),
            serde_json::json!({"bytes": MAX_SHOWN + 1})
        );
    }
}
