//! What can be made to go wrong. A fault either takes the place of the answer (silence, a reset, another status …) or
//! changes the answer that the service gave (members, bytes, the way it is sent). At most one of the first kind and any
//! number of the second kind per fault; latency goes with everything.
//!
//! The first fault of the list that matches a request acts on it; `count` limits how often.

use super::answer::Answer;
use axum::http::header;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Listener {
    Http,
    Https,
}

impl Listener {
    pub fn name(self) -> &'static str {
        match self {
            Listener::Http => "http",
            Listener::Https => "https",
        }
    }
}

/// At which moment a fault that takes the place of the answer strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Once the head has arrived, while the client may still be sending.
    Early,
    /// Once the request has arrived; it takes no effect.
    #[default]
    Before,
    /// Once the request has taken effect: only its answer is lost.
    After,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    pub count: Option<u32>,
    /// Part of the path.
    pub path: Option<String>,
    pub listener: Option<Listener>,
    pub when: When,
    pub latency_ms: u64,

    pub silence: bool,
    pub reset: bool,
    pub close: bool,
    pub garbage: bool,
    pub huge: bool,
    pub redirect: Option<String>,
    pub status: Option<u16>,
    /// Seconds or a date, sent with `status`.
    pub retry_after: Option<Value>,
    pub error_code: Option<String>,

    pub bad_json: bool,
    pub not_utf8: bool,
    pub drop_expire_time: bool,
    pub numbers_as_strings: bool,
    pub extra_members: bool,
    pub wrong_code: bool,
    pub truncated: bool,
    pub slow_body: bool,

    // These change a file of the upgrade feed, as `truncated` and `slow_body` do.
    /// It is longer than it should be.
    pub wrong_size: bool,
    /// The byte in its middle is another one.
    pub corrupt: bool,
    /// It is sent whole, whatever part was asked for.
    pub ignore_range: bool,
    /// The part that is sent is called another one.
    pub wrong_range: bool,
    /// It seems to be another file at each request.
    pub new_etag: bool,
}

/// What takes the place of the answer.
#[derive(Clone, Debug)]
pub enum Instead {
    Silence,
    Reset,
    Close,
    Garbage,
    Huge,
    Answer(Answer),
}

impl Fault {
    /// What is wrong with it, for the admin API.
    pub fn problem(&self) -> Option<&'static str> {
        let instead = self.names_instead().len();
        if instead > 1 {
            return Some(
                "only one of silence, reset, close, garbage, huge, redirect, status, error_code at a time",
            );
        }
        if self.when != When::Before && instead == 0 {
            return Some("\"when\" goes only with a fault that takes the place of the answer");
        }
        if self.status.is_some_and(|s| !(200..=599).contains(&s)) {
            return Some("status is 200 to 599");
        }
        if self.retry_after.is_some() && self.status.is_none() {
            return Some("retry_after goes with status");
        }
        None
    }

    fn matches(&self, listener: Listener, path: &str) -> bool {
        self.count != Some(0)
            && self.listener.is_none_or(|l| l == listener)
            && self.path.as_ref().is_none_or(|part| path.contains(part))
    }

    /// Its name in the log.
    pub fn name(&self) -> String {
        let mut names = self.names_instead();
        let changes = [
            (self.latency_ms > 0, "latency"),
            (self.bad_json, "bad_json"),
            (self.not_utf8, "not_utf8"),
            (self.drop_expire_time, "drop_expire_time"),
            (self.numbers_as_strings, "numbers_as_strings"),
            (self.extra_members, "extra_members"),
            (self.wrong_code, "wrong_code"),
            (self.truncated, "truncated"),
            (self.slow_body, "slow_body"),
            (self.wrong_size, "wrong_size"),
            (self.corrupt, "corrupt"),
            (self.ignore_range, "ignore_range"),
            (self.wrong_range, "wrong_range"),
            (self.new_etag, "new_etag"),
        ];
        names.extend(changes.into_iter().filter(|(on, _)| *on).map(|(_, n)| n));
        names.join("+")
    }

    fn names_instead(&self) -> Vec<&'static str> {
        let kinds = [
            (self.silence, "silence"),
            (self.reset, "reset"),
            (self.close, "close"),
            (self.garbage, "garbage"),
            (self.huge, "huge"),
            (self.redirect.is_some(), "redirect"),
            (self.status.is_some(), "status"),
            (self.error_code.is_some(), "error_code"),
        ];
        let on = kinds.into_iter().filter(|(on, _)| *on);
        on.map(|(_, name)| name).collect()
    }

    pub fn instead(&self) -> Option<Instead> {
        if let Some(url) = &self.redirect {
            let moved = Answer::new(302, json!({})).with_header(header::LOCATION, url);
            return Some(Instead::Answer(moved));
        }
        if let Some(status) = self.status {
            return Some(Instead::Answer(self.status_answer(status)));
        }
        if let Some(code) = &self.error_code {
            let answer = Answer::service(200, code, "a fault of the sandbox");
            return Some(Instead::Answer(answer));
        }
        let kinds = [
            (self.silence, Instead::Silence),
            (self.reset, Instead::Reset),
            (self.close, Instead::Close),
            (self.garbage, Instead::Garbage),
            (self.huge, Instead::Huge),
        ];
        kinds.into_iter().find(|(on, _)| *on).map(|(_, kind)| kind)
    }

    fn status_answer(&self, status: u16) -> Answer {
        let (code, text) = gateway_code(status);
        let answer = Answer::gateway(status, code, text);
        match &self.retry_after {
            None => answer,
            Some(Value::String(text)) => answer.with_header(header::RETRY_AFTER, text),
            Some(other) => answer.with_header(header::RETRY_AFTER, &other.to_string()),
        }
    }

    /// Changes the members of an answer. `other`: a code that the request did not name.
    pub fn change_members(&self, body: &mut Value, other: &str) {
        if let Some(data) = body.get_mut("data") {
            self.change_data(data, other);
        }
        if self.extra_members {
            body["trace"] = json!({"hops": [1, 2, {"deep": null}], "region": "cn-north-4"});
        }
        if self.numbers_as_strings {
            numbers_to_strings(body);
        }
    }

    fn change_data(&self, data: &mut Value, other: &str) {
        if let Value::Array(list) = data {
            list.iter_mut().for_each(|one| self.change_data(one, other));
            return;
        }
        let inside = data["license_code_info"].as_str();
        if let Some(mut info) = inside.and_then(|text| serde_json::from_str(text).ok()) {
            self.change_license(&mut info, other);
            data["license_code_info"] = json!(info.to_string());
        } else {
            self.change_license(data, other);
        }
    }

    fn change_license(&self, info: &mut Value, other: &str) {
        let Value::Object(members) = info else {
            return;
        };
        if self.drop_expire_time {
            members.remove("expire_time");
        }
        if self.wrong_code && members.contains_key("license_code") {
            members.insert("license_code".into(), json!(other));
        }
        if self.extra_members {
            members.insert("seats".into(), json!({"used": 1, "list": ["a"]}));
        }
        if self.numbers_as_strings {
            numbers_to_strings(info);
        }
    }

    /// Changes the bytes of an answer.
    pub fn change_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.not_utf8 {
            let mark = b"\"error_msg\":\"";
            let found = bytes.windows(mark.len()).position(|w| w == mark);
            let at = found.map_or(0, |at| at + mark.len());
            bytes.splice(at..at, [0xff, 0xfe, 0xc3, 0x28]);
        }
        if self.bad_json {
            bytes.truncate(bytes.len() * 2 / 3);
        }
        bytes
    }
}

fn numbers_to_strings(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.to_string()),
        Value::Array(list) => list.iter_mut().for_each(numbers_to_strings),
        Value::Object(members) => members.values_mut().for_each(numbers_to_strings),
        _ => {}
    }
}

/// The gateway's documented code and text for an HTTP status.
fn gateway_code(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("APIGW.0301", "Incorrect IAM authentication information."),
        403 => (
            "APIGW.0302",
            "The IAM user is not authorized to access the API.",
        ),
        404 => ("APIGW.0101", "The API does not exist."),
        413 => ("APIGW.0201", "Request entity too large."),
        429 => ("APIGW.0308", "The throttling threshold has been reached."),
        500 => ("APIGW.0601", "Internal server error."),
        502 => ("APIGW.0201", "Backend unavailable."),
        503 => ("APIGW.0613", "The IAM service is currently unavailable."),
        504 => ("APIGW.0201", "Backend timeout."),
        _ => ("APIGW.0602", "Bad request."),
    }
}

/// The faults that are switched on.
#[derive(Default)]
pub struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    pub fn set(&mut self, list: Vec<Fault>) {
        self.list = list;
    }

    pub fn all(&self) -> &[Fault] {
        &self.list
    }

    /// The fault that acts on this request, counted down.
    pub fn take(&mut self, listener: Listener, path: &str) -> Option<Fault> {
        let fault = self.list.iter_mut().find(|f| f.matches(listener, path))?;
        let acting = fault.clone();
        fault.count = fault.count.map(|left| left - 1);
        Some(acting)
    }
}

/// A code that stands in for that of somebody else's licence.
pub const SOMEBODY_ELSES: &str = "PL-SOMEBODY-ELSES";

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
