//! A transport that answers by a script, for tests.

use super::transport::*;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Mutex;

/// The time of the scripted marketplace.
pub const NOW: i64 = 1_700_000_000;

/// One step of the script. Both hosts draw from the same one.
#[derive(Clone)]
pub enum Step {
    Answer(Response),
    Fail(TransportErrorKind),
    /// Never answers.
    Mute,
}

pub fn answer(status: u16, body: serde_json::Value) -> Step {
    dated(status, body, NOW)
}

pub fn dated(status: u16, body: serde_json::Value, date: i64) -> Step {
    Step::Answer(Response {
        status,
        date: Some(date),
        body: body.to_string().into_bytes(),
        ..Response::default()
    })
}

pub fn code(status: u16, code: &str) -> Step {
    answer(status, json!({"error_code": code, "error_msg": "m"}))
}

pub fn success() -> Step {
    code(200, "92020000")
}

pub fn garbage(status: u16) -> Step {
    Step::Answer(Response {
        status,
        date: Some(NOW + 9999),
        body: b"<html>".to_vec(),
        ..Response::default()
    })
}

#[derive(Default)]
pub struct Script {
    pub steps: Mutex<VecDeque<Step>>,
    pub asked: Mutex<Vec<Request>>,
}

impl Transport for Script {
    fn send<'a>(&'a self, request: Request) -> Sending<'a> {
        self.asked.lock().unwrap().push(request);
        let step = self.steps.lock().unwrap().pop_front();
        Box::pin(async move {
            match step.expect("more requests than the script foresees") {
                Step::Answer(response) => Ok(response),
                Step::Fail(kind) => Err(TransportError::new(kind, "scripted")),
                Step::Mute => std::future::pending().await,
            }
        })
    }

    fn open<'a>(&'a self, _: Get) -> Opening<'a> {
        Box::pin(async { unreachable!("the marketplace has no files") })
    }
}

impl Script {
    pub fn header(&self, request: usize, name: &str) -> String {
        let asked = self.asked.lock().unwrap();
        let found = asked[request].headers.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn hosts(&self) -> Vec<String> {
        let count = self.asked.lock().unwrap().len();
        (0..count).map(|n| self.header(n, "Host")).collect()
    }
}
