//! The way of a request: its fault is looked up, its body read, its sender verified, the answer made and logged, and then
//! sent as the fault wants. What passes the gateway's checks goes to [`super::endpoints`].

use super::answer::{Answer, JSON, respond};
use super::connection::{Cut, Line};
use super::endpoints::{self, Call, Endpoint};
use super::faults::{Fault, Instead, SOMEBODY_ELSES, When};
use super::log::{Answered, Record, shown_body, shown_headers, timestamp};
use super::signature::{Accepted, Arrived, Refused, verify};
use super::streams::{Drip, Flood, Stub};
use super::{Market, lock};
use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

const MAX_BODY: usize = 12 * 1024 * 1024;
/// How much more is read and thrown away, so that the refusal is not lost in a reset.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

const GARBAGE: &str = "<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body><h1>Sign in to the network</h1></body></html>";

/// What came of reading a body.
enum Received {
    Whole(Vec<u8>),
    TooLong,
    Broken,
    Unread,
}

/// A request with what is known about it.
struct Exchange {
    head: Parts,
    received: Received,
    sender: Option<Result<Accepted, Refused>>,
}

pub async fn receive(
    State(market): State<Arc<Market>>,
    Extension(line): Extension<Line>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let fault = lock(&market.faults).take(line.listener, head.uri.path());
    let fault = fault.unwrap_or_default();
    let received = match fault.when {
        When::Early => Received::Unread,
        _ => read(body).await,
    };
    let exchange = Exchange::new(head, received, &market);
    let outcome = decide(&market, &exchange, &fault);
    market.log.write(exchange.record(&line, &outcome, &fault));
    if fault.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.latency_ms)).await;
    }
    send(outcome, &fault, line, market.clock.now()).await
}

async fn read(mut body: Body) -> Received {
    let mut bytes = Vec::new();
    let mut length = 0;
    while length <= MAX_DRAINED {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        match next {
            None if length > MAX_BODY => return Received::TooLong,
            None => return Received::Whole(bytes),
            Some(Err(_)) => return Received::Broken,
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                length += data.len();
                if length <= MAX_BODY {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
    Received::TooLong
}

impl Exchange {
    fn new(head: Parts, received: Received, market: &Market) -> Exchange {
        let mut exchange = Exchange {
            head,
            received,
            sender: None,
        };
        if let Received::Whole(body) = &exchange.received {
            let arrived = Arrived {
                method: exchange.head.method.as_str(),
                path: exchange.head.uri.path(),
                query: exchange.head.uri.query().unwrap_or_default(),
                headers: &exchange.head.headers,
                body,
            };
            let sender = verify(&arrived, &market.credentials, market.clock.now());
            exchange.sender = Some(sender);
        }
        exchange
    }

    fn body(&self) -> &[u8] {
        match &self.received {
            Received::Whole(body) => body,
            _ => &[],
        }
    }

    fn record(&self, line: &Line, outcome: &Instead, fault: &Fault) -> Record {
        let name = fault.name();
        let (http, error_code) = match outcome {
            Instead::Answer(answer) => (Some(answer.http), answer.error_code()),
            Instead::Garbage | Instead::Huge => (Some(200), None),
            Instead::Silence | Instead::Reset | Instead::Close => (None, None),
        };
        Record {
            time: timestamp(),
            listener: line.listener.name(),
            method: self.head.method.to_string(),
            path: self.head.uri.path().to_owned(),
            query: self.head.uri.query().unwrap_or_default().to_owned(),
            headers: shown_headers(&self.head.headers),
            body: shown_body(self.body()),
            answered: Answered {
                http,
                error_code,
                fault: (!name.is_empty()).then_some(name),
            },
            signature: self.signature(),
        }
    }

    fn signature(&self) -> String {
        match &self.sender {
            Some(Ok(Accepted::Signed)) => "ok".into(),
            Some(Ok(Accepted::Bearer)) => "bearer".into(),
            Some(Err(refused)) => format!("bad: {}", refused.brief),
            None => "unchecked".into(),
        }
    }
}

fn decide(market: &Market, exchange: &Exchange, fault: &Fault) -> Instead {
    if let Some(instead) = fault.instead() {
        if fault.when == When::After {
            handle(market, exchange);
        }
        return instead;
    }
    match handle(market, exchange) {
        None => Instead::Close,
        Some(mut answer) => {
            fault.change_members(&mut answer.body, &other_code(market, exchange));
            Instead::Answer(answer)
        }
    }
}

/// The honest answer. None where the client broke off.
fn handle(market: &Market, exchange: &Exchange) -> Option<Answer> {
    let endpoint = Endpoint::of(exchange.head.uri.path());
    let body = match (&exchange.received, endpoint) {
        (Received::Broken | Received::Unread, _) => return None,
        (_, None) => {
            let text = "The API does not exist or has not been published in the environment.";
            return Some(Answer::gateway(404, "APIGW.0101", text));
        }
        (Received::TooLong, _) => {
            let text = "Request entity too large.";
            return Some(Answer::gateway(413, "APIGW.0201", text));
        }
        (Received::Whole(body), _) => body,
    };
    if let Some(Err(refused)) = &exchange.sender {
        return Some(refused.answer());
    }
    let content_type = exchange.head.headers.get(header::CONTENT_TYPE);
    let call = Call {
        method: &exchange.head.method,
        content_type: content_type.and_then(|value| value.to_str().ok()),
        body,
    };
    let mut registry = lock(&market.registry);
    let now = market.clock.now();
    Some(endpoints::serve(endpoint?, &call, &mut registry, now))
}

/// The code of another licence than the one the request names, for `wrong_code`.
fn other_code(market: &Market, exchange: &Exchange) -> String {
    let body = shown_body(exchange.body());
    let registry = lock(&market.registry);
    let other = registry.all().find(|l| body["license"] != l.license);
    other.map_or(SOMEBODY_ELSES.into(), |l| l.license.clone())
}

pub async fn send(outcome: Instead, fault: &Fault, line: Line, now: i64) -> Response {
    match outcome {
        Instead::Silence => std::future::pending().await,
        Instead::Reset => hang_up(line, Cut::Reset).await,
        Instead::Close => hang_up(line, Cut::Close).await,
        Instead::Garbage => {
            let page = Body::from(GARBAGE);
            respond(200, HeaderMap::new(), "text/html;charset=UTF-8", page, now)
        }
        Instead::Huge => respond(200, HeaderMap::new(), JSON, Body::new(Flood::new()), now),
        Instead::Answer(answer) => {
            let bytes = fault.change_bytes(answer.bytes());
            let mut headers = answer.headers;
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            let body = match (fault.truncated, fault.slow_body) {
                (true, _) => Body::new(Stub::new(&bytes, line)),
                (false, true) => Body::new(Drip::new(bytes)),
                (false, false) => Body::from(bytes),
            };
            respond(answer.http, headers, JSON, body, now)
        }
    }
}

async fn hang_up(line: Line, cut: Cut) -> Response {
    line.cut(cut);
    std::future::pending().await
}
