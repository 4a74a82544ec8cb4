//! What the sandbox answers, before it becomes bytes: an HTTP status and a JSON document, in the two shapes that are
//! documented (the service's, and the gateway's with its `request_id`).

use super::clock::http_date;
use super::random::hex_id;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

pub const JSON: &str = "application/json;charset=UTF-8";

#[derive(Clone, Debug)]
pub struct Answer {
    pub http: u16,
    pub body: Value,
    pub headers: HeaderMap,
}

impl Answer {
    pub fn new(http: u16, body: Value) -> Answer {
        Answer {
            http,
            body,
            headers: HeaderMap::new(),
        }
    }

    /// The service's success, with or without data.
    pub fn success(data: Option<Value>) -> Answer {
        let mut body = json!({"error_code": "92020000", "error_msg": "success"});
        if let Some(data) = data {
            body["data"] = data;
        }
        Answer::new(200, body)
    }

    /// The service's refusal.
    pub fn service(http: u16, code: &str, text: &str) -> Answer {
        Answer::new(http, json!({"error_code": code, "error_msg": text}))
    }

    /// The gateway's refusal.
    pub fn gateway(http: u16, code: &str, text: &str) -> Answer {
        Answer::new(
            http,
            json!({"error_msg": text, "error_code": code, "request_id": hex_id()}),
        )
    }

    pub fn with_header(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The code the body carries, for the log.
    pub fn error_code(&self) -> Option<String> {
        self.body["error_code"].as_str().map(str::to_owned)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.body.to_string().into_bytes()
    }

    pub fn into_response(self, now: i64) -> Response<Body> {
        let bytes = self.bytes();
        respond(self.http, self.headers, JSON, Body::from(bytes), now)
    }
}

/// A response with the sandbox's own `Date`, which hyper leaves alone where it is set.
pub fn respond(
    http: u16,
    headers: HeaderMap,
    content_type: &'static str,
    body: Body,
    now: i64,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(http).unwrap_or(StatusCode::OK);
    *response.headers_mut() = headers;
    let fixed = response.headers_mut();
    fixed.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        fixed.insert(header::DATE, date);
    }
    response
}
