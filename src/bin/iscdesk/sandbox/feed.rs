//! The upgrade feed: with `--feed DIR` the files of that folder are served below `/feed/` on both ports, as any static
//! file server does it: `GET` and `HEAD`, one byte range, a strong `ETag`, `Last-Modified`, `If-Range`. Files are looked
//! up at each request, so a new version is published by writing it there.
//!
//! The faults that take the place of the answer act here as well. Of those that change it, a download has its own.

use super::Market;
use super::answer::{Answer, JSON, respond};
use super::clock::http_date;
use super::connection::{Cut, Line};
use super::faults::{Fault, Instead};
use super::log::{Answered, Record, shown_headers, timestamp};
use super::range::{self, Asked, Stamp};
use super::streams::{FilePart, Flaws};
use super::{gateway, lock};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::fs::File;
use std::path::Component;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

const BYTES: &str = "application/octet-stream";
/// How much a file of the wrong size has too much.
const SURPLUS: u64 = 1000;

/// A file of the folder, open.
struct Served {
    file: File,
    stamp: Stamp,
    content_type: &'static str,
}

pub async fn receive(
    State(market): State<Arc<Market>>,
    Extension(line): Extension<Line>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let head = request.into_parts().0;
    let fault = lock(&market.faults).take(line.listener, head.uri.path());
    let fault = fault.unwrap_or_default();
    if let Some(instead) = fault.instead() {
        let http = match &instead {
            Instead::Answer(answer) => Some(answer.http),
            Instead::Garbage | Instead::Huge => Some(200),
            Instead::Silence | Instead::Reset | Instead::Close => None,
        };
        market.log.write(record(&head, &line, http, &fault));
        wait(&fault).await;
        return gateway::send(instead, &fault, line, market.clock.now()).await;
    }
    let response = answer(&market, &head, &name, &fault, &line);
    let http = Some(response.status().as_u16());
    market.log.write(record(&head, &line, http, &fault));
    wait(&fault).await;
    response
}

async fn wait(fault: &Fault) {
    if fault.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.latency_ms)).await;
    }
}

fn answer(market: &Market, head: &Parts, name: &str, fault: &Fault, line: &Line) -> Response {
    let now = market.clock.now();
    if head.method != Method::GET && head.method != Method::HEAD {
        let allow = (header::ALLOW, "GET, HEAD");
        return refusal(405, "only GET and HEAD", Some(allow), now);
    }
    match find(market, name) {
        Some(served) => give(served, head, fault, line, now),
        None => refusal(404, "no such file", None, now),
    }
}

fn refusal(http: u16, text: &str, more: Option<(HeaderName, &str)>, now: i64) -> Response {
    let mut answer = Answer::new(http, json!({"error": text}));
    if let Some((name, value)) = more {
        answer = answer.with_header(name, value);
    }
    answer.into_response(now)
}

/// Nothing outside the folder: each part of the name is a plain one.
fn find(market: &Market, name: &str) -> Option<Served> {
    let folder = market.feed.as_ref()?;
    let name = std::path::Path::new(name);
    let plain = |part: Component| matches!(part, Component::Normal(_));
    if !name.components().all(plain) {
        return None;
    }
    let file = File::open(folder.join(name)).ok()?;
    let facts = file.metadata().ok().filter(|facts| facts.is_file())?;
    let written = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let is_json = name.extension().is_some_and(|end| end == "json");
    Some(Served {
        file,
        stamp: Stamp {
            length: facts.len(),
            modified: written.as_secs() as i64,
            tag: format!("\"{:x}-{:x}\"", facts.len(), written.as_nanos()),
        },
        content_type: if is_json { JSON } else { BYTES },
    })
}

fn give(served: Served, head: &Parts, fault: &Fault, line: &Line, now: i64) -> Response {
    let mut stamp = served.stamp;
    if fault.wrong_size {
        stamp.length += SURPLUS;
    }
    if fault.new_etag {
        stamp.tag = format!("\"{}\"", super::random::hex_id());
    }
    let asked = match fault.ignore_range {
        true => Asked::Whole,
        false => range::asked(&head.headers, &stamp),
    };
    let mut headers = described(&stamp, fault);
    let (http, from, to) = match asked {
        Asked::Whole => (200, 0, stamp.length),
        Asked::Part(from, to) => {
            let told = if fault.wrong_range { from + 1 } else { from };
            set(
                &mut headers,
                header::CONTENT_RANGE,
                &format!("bytes {told}-{}/{}", to - 1, stamp.length),
            );
            (206, from, to)
        }
        Asked::Beyond => {
            let whole = format!("bytes */{}", stamp.length);
            return refusal(
                416,
                "no such range",
                Some((header::CONTENT_RANGE, &whole)),
                now,
            );
        }
    };
    set(
        &mut headers,
        header::CONTENT_LENGTH,
        &(to - from).to_string(),
    );
    let flaws = Flaws {
        corrupt_at: fault.corrupt.then_some(stamp.length / 2),
        slow: fault.slow_body,
        stop_after: fault.truncated.then_some((to - from) / 2),
    };
    let body = match head.method == Method::HEAD {
        true => Body::empty(),
        false => match FilePart::new(served.file, from..to, flaws, line.clone()) {
            Ok(part) => Body::new(part),
            Err(_) => {
                line.cut(Cut::Close);
                Body::empty()
            }
        },
    };
    respond(http, headers, served.content_type, body, now)
}

fn described(stamp: &Stamp, fault: &Fault) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !fault.ignore_range {
        set(&mut headers, header::ACCEPT_RANGES, "bytes");
    }
    set(&mut headers, header::ETAG, &stamp.tag);
    set(
        &mut headers,
        header::LAST_MODIFIED,
        &http_date(stamp.modified),
    );
    headers
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Numbers, dates and hexadecimal digits only: all of them can stand in a header.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn record(head: &Parts, line: &Line, http: Option<u16>, fault: &Fault) -> Record {
    let name = fault.name();
    Record {
        time: timestamp(),
        listener: line.listener.name(),
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: shown_headers(&head.headers),
        body: Value::Null,
        answered: Answered {
            http,
            error_code: None,
            fault: (!name.is_empty()).then_some(name),
        },
        // A feed is for everybody.
        signature: "unchecked".into(),
    }
}
