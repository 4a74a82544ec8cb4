//! The admin API: JSON over the HTTP port, below `/admin`, without authentication; the port is on loopback only, and a
//! request that a web page sends (it carries `Origin`) is refused. Answers are JSON; a failure is
//! `{"error":"…"}` with 400 (what was sent makes no sense), 404 (no such licence) or 409 (not in this state).
//!
//! | request | does |
//! |---|---|
//! | `GET /admin/health` | `{"ok":true,"now":…,"offset_s":…,"licenses":…,"requests":…}` |
//! | `GET /admin/licenses` | array of all licences |
//! | `POST /admin/licenses` | creates or replaces one, see [`LicenseSpec`] |
//! | `GET`, `DELETE /admin/licenses/{code}` | shows, removes one |
//! | `POST /admin/licenses/{code}/expire` | its term ends now |
//! | `POST /admin/licenses/{code}/freeze`, `/unfreeze` | a query says EXPIRED, or the truth again |
//! | `POST /admin/licenses/{code}/renew` | `{"days":N}`: counted from the original expiry; ends a freeze |
//! | `POST /admin/licenses/{code}/release` | a query says RELEASED |
//! | `POST /admin/licenses/{code}/unactivate` | as before its activation (and received) |
//! | `GET /admin/faults` | array of the faults that are on, with what is left of `count` |
//! | `POST /admin/faults` | one fault or an array of them, see [`Fault`]; takes the place of all earlier ones |
//! | `DELETE /admin/faults` | no faults |
//! | `GET`, `POST /admin/clock` | `{"offset_s":N}`: shifts the clock that `Date`, the 15-minute check and expiry follow |
//! | `GET`, `DELETE /admin/requests` | array of what arrived; forgets it, in the file as well |
//! | `POST /admin/stop` | stops the sandbox once this is answered |

use super::answer::Answer;
use super::clock::{compact, parse_compact};
use super::connection::Line;
use super::faults::Fault;
use super::licenses::{Goods, License, Status, Term};
use super::{Market, lock};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Keeps every time within four-digit years.
const MAX_SECONDS: i64 = 100 * 366 * 86_400;
const DEFAULT_TERM_S: i64 = 365 * 86_400;

type Shared = State<Arc<Market>>;
type Outcome = Result<Value, Failure>;

/// What goes back where a request cannot be done.
struct Failure {
    http: u16,
    text: String,
}

impl Failure {
    fn new(http: u16, text: impl Into<String>) -> Failure {
        let text = text.into();
        Failure { http, text }
    }

    fn answer(self) -> Answer {
        Answer::new(self.http, json!({"error": self.text}))
    }
}

/// A licence to create. Without an expiry it ends a year after its activation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenseSpec {
    /// 1 to 64 characters.
    license: String,
    /// `UNACTIVATED` if left out.
    status: Option<Status>,
    /// Counted from the activation.
    expires_in_s: Option<i64>,
    /// `yyyyMMddHHmmss`, UTC.
    expire_time: Option<String>,
    /// How long a query still says ALIVE after the expiry.
    #[serde(default)]
    grace_s: i64,
    product_id: Option<String>,
    order_id: Option<String>,
    amount: Option<i64>,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    days: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    offset_s: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

pub fn routes() -> Router<Arc<Market>> {
    Router::new()
        .route("/admin/health", get(health))
        .route("/admin/licenses", get(licenses).post(create))
        .route("/admin/licenses/{code}", get(show).delete(remove))
        .route("/admin/licenses/{code}/{action}", post(act))
        .route(
            "/admin/faults",
            get(faults).post(set_faults).delete(clear_faults),
        )
        .route("/admin/clock", get(clock).post(shift))
        .route("/admin/requests", get(requests).delete(forget))
        .route("/admin/stop", post(stop))
        .layer(from_fn(no_web_pages))
}

async fn no_web_pages(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return Failure::new(403, "not for web pages")
            .answer()
            .into_response(0);
    }
    next.run(request).await
}

async fn health(State(market): Shared) -> Response {
    let licenses = lock(&market.registry).all().count();
    answer(
        &market,
        Ok(json!({
            "ok": true,
            "now": market.clock.now(),
            "offset_s": market.clock.offset_s(),
            "licenses": licenses,
            "requests": market.log.all().len(),
        })),
    )
}

async fn licenses(State(market): Shared) -> Response {
    let now = market.clock.now();
    let list: Vec<Value> = lock(&market.registry).all().map(|l| view(l, now)).collect();
    answer(&market, Ok(json!(list)))
}

async fn create(State(market): Shared, body: Bytes) -> Response {
    answer(&market, created(&market, &body))
}

fn created(market: &Market, body: &[u8]) -> Outcome {
    let spec: LicenseSpec = parse(body)?;
    let now = market.clock.now();
    if !(1..=64).contains(&spec.license.chars().count()) {
        return Err(Failure::new(400, "license has 1 to 64 characters"));
    }
    let term = term(&spec)?;
    within(spec.grace_s)?;
    let goods = Goods {
        product_id: spec.product_id.unwrap_or_else(|| "sandbox-product".into()),
        order_id: spec.order_id.unwrap_or_else(|| "CS-SANDBOX".into()),
        amount: spec.amount,
        features: spec.features,
    };
    let status = spec.status.unwrap_or(Status::Unactivated);
    let mut license = License::new(&spec.license, status, term, goods, now);
    if status != Status::Expired {
        license.grace_s = spec.grace_s;
    }
    put(market, license)
}

fn term(spec: &LicenseSpec) -> Result<Term, Failure> {
    match (spec.expires_in_s, &spec.expire_time) {
        (Some(_), Some(_)) => Err(Failure::new(400, "expires_in_s or expire_time, not both")),
        (Some(seconds), None) => Ok(Term::Period(within(seconds)?)),
        (None, Some(text)) => parse_compact(text)
            .map(Term::Until)
            .ok_or_else(|| Failure::new(400, "expire_time is yyyyMMddHHmmss")),
        (None, None) => Ok(Term::Period(DEFAULT_TERM_S)),
    }
}

async fn show(State(market): Shared, Path(code): Path<String>) -> Response {
    let found = find(&market, &code).map(|l| view(&l, market.clock.now()));
    answer(&market, found)
}

async fn remove(State(market): Shared, Path(code): Path<String>) -> Response {
    let removed = lock(&market.registry).remove(&code);
    let outcome = match removed {
        Ok(true) => Ok(json!({"removed": code})),
        Ok(false) => Err(Failure::new(404, "no such licence")),
        Err(error) => Err(Failure::new(500, error.to_string())),
    };
    answer(&market, outcome)
}

async fn act(
    State(market): Shared,
    Path((code, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    answer(&market, acted(&market, &code, &action, &body))
}

fn acted(market: &Market, code: &str, action: &str, body: &[u8]) -> Outcome {
    let mut license = find(market, code)?;
    match action {
        "expire" => license.expire(market.clock.now()),
        "freeze" => license.freeze(),
        "unfreeze" => license.unfreeze(),
        "release" => license.release(),
        "unactivate" => license.unactivate(),
        "renew" => {
            let days = parse::<Renewal>(body)?.days;
            within(days.saturating_mul(86_400))?;
            license
                .renew(days)
                .map_err(|_| Failure::new(409, "a released licence cannot be renewed"))?;
        }
        _ => return Err(Failure::new(404, "no such action")),
    }
    put(market, license)
}

async fn faults(State(market): Shared) -> Response {
    let on: Vec<Fault> = lock(&market.faults).all().to_vec();
    answer(&market, Ok(json!(on)))
}

async fn set_faults(State(market): Shared, body: Bytes) -> Response {
    let outcome = parse_faults(&body).map(|list| {
        let shown = json!(list);
        lock(&market.faults).set(list);
        shown
    });
    answer(&market, outcome)
}

fn parse_faults(body: &[u8]) -> Result<Vec<Fault>, Failure> {
    let list = match parse(body)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    };
    let mut faults = Vec::new();
    for value in list {
        let fault: Fault =
            serde_json::from_value(value).map_err(|e| Failure::new(400, e.to_string()))?;
        if let Some(problem) = fault.problem() {
            return Err(Failure::new(400, problem));
        }
        faults.push(fault);
    }
    Ok(faults)
}

async fn clear_faults(State(market): Shared) -> Response {
    lock(&market.faults).set(Vec::new());
    answer(&market, Ok(json!([])))
}

async fn clock(State(market): Shared) -> Response {
    answer(&market, Ok(clock_view(&market)))
}

async fn shift(State(market): Shared, body: Bytes) -> Response {
    let shifted = parse::<Shift>(&body).and_then(|shift| within(shift.offset_s));
    let outcome = shifted.map(|offset_s| {
        market.clock.shift_to(offset_s);
        clock_view(&market)
    });
    answer(&market, outcome)
}

fn clock_view(market: &Market) -> Value {
    json!({"offset_s": market.clock.offset_s(), "now": market.clock.now()})
}

async fn requests(State(market): Shared) -> Response {
    answer(&market, Ok(json!(market.log.all())))
}

async fn forget(State(market): Shared) -> Response {
    let outcome = match market.log.clear() {
        Ok(()) => Ok(json!([])),
        Err(error) => Err(Failure::new(500, error.to_string())),
    };
    answer(&market, outcome)
}

/// The connection is closed with this answer, and its end ends the sandbox: so the answer always arrives.
async fn stop(State(market): Shared, Extension(line): Extension<Line>) -> Response {
    line.wish_to_stop();
    Answer::new(200, json!({"stopping": true}))
        .with_header(header::CONNECTION, "close")
        .into_response(market.clock.now())
}

fn view(license: &License, now: i64) -> Value {
    json!({
        "license": license.license,
        "status": license.status(now).name(),
        "activated_at": license.activated_at(),
        "ordered_at": license.ordered_at(),
        "expires_at": license.expires_at(),
        "expire_time": compact(license.expires_at()),
        "grace_s": license.grace_s,
        "frozen": license.is_frozen(),
        "product_id": license.goods.product_id,
        "order_id": license.goods.order_id,
        "amount": license.goods.amount,
        "features": license.goods.features,
    })
}

fn find(market: &Market, code: &str) -> Result<License, Failure> {
    let found = lock(&market.registry).get(code).cloned();
    found.ok_or_else(|| Failure::new(404, "no such licence"))
}

fn put(market: &Market, license: License) -> Outcome {
    let shown = view(&license, market.clock.now());
    let kept = lock(&market.registry).insert(license);
    kept.map_err(|error| Failure::new(500, error.to_string()))?;
    Ok(shown)
}

fn within(seconds: i64) -> Result<i64, Failure> {
    if seconds.abs() > MAX_SECONDS {
        return Err(Failure::new(400, "at most a hundred years"));
    }
    Ok(seconds)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::new(400, error.to_string()))
}

fn answer(market: &Market, outcome: Outcome) -> Response<Body> {
    let made = outcome.map_or_else(Failure::answer, |value| Answer::new(200, value));
    made.into_response(market.clock.now())
}
