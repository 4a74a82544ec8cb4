//! The documented endpoints: what a request that passed the gateway is answered by the licence service.
//!
//! Checks come in the order in which a service of that kind makes them: method, content type, readable JSON, fields,
//! business rules; business refusals are HTTP 200. A batch is all or nothing: a list with a code that does not exist is
//! 92020020, otherwise the first refusal of a code is the answer and nothing was changed.

use super::answer::Answer;
use super::clock::{compact, parse_compact};
use super::licenses::{License, Refusal};
use super::registry::Registry;
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const BASE: &str = "/api/mkp-openapi-public/global";
const MAX_LIST: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    ActivateOne,
    ActivateMany,
    QueryOne,
    QueryMany,
    Usage,
}

impl Endpoint {
    pub fn of(path: &str) -> Option<Endpoint> {
        match path.strip_prefix(BASE)? {
            "/v1/license/activate" => Some(Endpoint::ActivateOne),
            "/v2/license/activate" => Some(Endpoint::ActivateMany),
            "/v1/license/heartbeat" => Some(Endpoint::QueryOne),
            "/v2/license/heartbeat" => Some(Endpoint::QueryMany),
            "/v2/license/software-usage-info" => Some(Endpoint::Usage),
            _ => None,
        }
    }
}

pub struct Call<'a> {
    pub method: &'a Method,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// Why there is no success: a field that fails its check, or a rule.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Field,
    Refused(Refusal),
    Storage,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

type Fields = Map<String, Value>;

pub fn serve(endpoint: Endpoint, call: &Call, registry: &mut Registry, now: i64) -> Answer {
    if call.method != Method::POST {
        return Answer::service(405, "95000002", "Request method not supported");
    }
    if !call.content_type.is_some_and(is_json) {
        return Answer::service(415, "95000003", "Content type not supported");
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(call.body) else {
        return Answer::service(400, "95000004", "req message is not readable");
    };
    let done = match endpoint {
        Endpoint::ActivateOne => activate_one(&fields, registry, now),
        Endpoint::ActivateMany => activate_many(&fields, registry, now),
        Endpoint::QueryOne => query_one(&fields, registry, now),
        Endpoint::QueryMany => query_many(&fields, registry, now),
        Endpoint::Usage => usage(&fields, registry),
    };
    match done {
        Ok(data) => Answer::success(data),
        Err(Failure::Field) => Answer::service(400, "95000001", "req param is invalid"),
        Err(Failure::Refused(refusal)) => Answer::service(200, refusal.code(), refusal.text()),
        Err(Failure::Storage) => Answer::service(200, "92020001", "internal error"),
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn activate_one(
    fields: &Fields,
    registry: &mut Registry,
    now: i64,
) -> Result<Option<Value>, Failure> {
    let code = text(fields.get("license"), 64)?;
    let effective = effective_time(fields)?;
    let mut license = registry.get(code).ok_or(Refusal::Missing)?.clone();
    license.activate(effective, now)?;
    let mut info = json!({
        "status": license.status(now).name(),
        "expire_time": compact(license.estimated_expiry()),
    });
    describe(&license, &mut info);
    registry.insert(license).map_err(|_| Failure::Storage)?;
    // Documented so: a JSON document inside a string.
    Ok(Some(json!({"license_code_info": info.to_string()})))
}

fn activate_many(
    fields: &Fields,
    registry: &mut Registry,
    now: i64,
) -> Result<Option<Value>, Failure> {
    let effective = effective_time(fields)?;
    let licenses = listed(&codes(fields)?, registry)?;
    for license in &licenses {
        license.may_activate(effective)?;
    }
    for mut license in licenses {
        license.activate(effective, now)?;
        registry.insert(license).map_err(|_| Failure::Storage)?;
    }
    Ok(None)
}

fn query_one(fields: &Fields, registry: &Registry, now: i64) -> Result<Option<Value>, Failure> {
    let code = text(fields.get("license"), 64)?;
    heartbeat_info(fields)?;
    let license = registry.get(code).ok_or(Refusal::Missing)?;
    license.may_query()?;
    Ok(Some(license_info(license, now)))
}

/// The batch form of the query is documented to exist and nothing more. This shape is our guess, after the activation's
/// batch form and the single query: `license_list` in, a list of the single answers out.
fn query_many(fields: &Fields, registry: &Registry, now: i64) -> Result<Option<Value>, Failure> {
    let licenses = listed(&codes(fields)?, registry)?;
    for license in &licenses {
        license.may_query()?;
    }
    let data: Vec<Value> = licenses.iter().map(|l| license_info(l, now)).collect();
    Ok(Some(Value::Array(data)))
}

fn usage(fields: &Fields, registry: &Registry) -> Result<Option<Value>, Failure> {
    let reports = list(fields.get("usage_info"))?;
    let mut codes = BTreeSet::new();
    for report in reports {
        codes.insert(text(report.get("license"), 64)?);
        for client in list(report.get("software_usage_Info"))? {
            usage_client(client)?;
        }
    }
    let only_one = codes.len() == 1;
    for license in codes.iter().map(|code| registry.get(code)) {
        let missing = if only_one {
            Refusal::Missing
        } else {
            Refusal::InvalidInList
        };
        license.ok_or(missing)?.may_query()?;
    }
    Ok(None)
}

/// Exactly one of `id` and `active_num`; both are checked before the rule.
fn usage_client(client: &Value) -> Result<(), Failure> {
    let present = |name| client.get(name).filter(|v| !v.is_null());
    let (id, number) = (present("id"), present("active_num"));
    if let Some(id) = id {
        text(Some(id), 256)?;
    }
    if let Some(number) = number {
        let number = number.as_u64().ok_or(Failure::Field)?;
        if number > 999_999_999 {
            return Err(Failure::Field);
        }
    }
    if id.is_some() == number.is_some() {
        return Err(Refusal::InvalidParam.into());
    }
    Ok(())
}

/// What a query tells of a code. `features` is no documented member: it is there for vendors whose product shows them,
/// and for clients to prove that they tolerate added members.
fn license_info(license: &License, now: i64) -> Value {
    let mut info = json!({
        "license_code": license.license,
        "status": license.status(now).name(),
        "activate_time": compact(license.activated_at()),
        "expire_time": compact(license.expires_at()),
    });
    describe(license, &mut info);
    if !license.goods.features.is_empty() {
        info["features"] = json!(license.goods.features);
    }
    info
}

fn describe(license: &License, info: &mut Value) {
    info["product_id"] = json!(license.goods.product_id);
    info["order_id"] = json!(license.goods.order_id);
    if let Some(amount) = license.goods.amount {
        info["amount"] = json!(amount);
    }
}

/// The licences of a list, each once.
fn listed(codes: &[&str], registry: &Registry) -> Result<Vec<License>, Failure> {
    let once: BTreeSet<&str> = codes.iter().copied().collect();
    let found = once.into_iter().map(|code| registry.get(code).cloned());
    let found: Option<Vec<License>> = found.collect();
    Ok(found.ok_or(Refusal::InvalidInList)?)
}

fn codes(fields: &Fields) -> Result<Vec<&str>, Failure> {
    let entries = list(fields.get("license_list"))?;
    entries.iter().map(|entry| text(Some(entry), 64)).collect()
}

/// 1 to 100 entries.
fn list(value: Option<&Value>) -> Result<&Vec<Value>, Failure> {
    let entries = value.and_then(Value::as_array).ok_or(Failure::Field)?;
    if entries.is_empty() || entries.len() > MAX_LIST {
        return Err(Failure::Field);
    }
    Ok(entries)
}

/// A mandatory string of 1 to `max` characters.
fn text(value: Option<&Value>, max: usize) -> Result<&str, Failure> {
    let text = value.and_then(Value::as_str).ok_or(Failure::Field)?;
    if text.is_empty() || text.chars().count() > max {
        return Err(Failure::Field);
    }
    Ok(text)
}

fn effective_time(fields: &Fields) -> Result<Option<i64>, Failure> {
    match fields.get("real_effect_time") {
        None | Some(Value::Null) => Ok(None),
        some => Ok(Some(parse_compact(text(some, 16)?).ok_or(Failure::Field)?)),
    }
}

/// The sunset member is checked where it is sent: an object whose `thirdPartyAccount` is mandatory.
fn heartbeat_info(fields: &Fields) -> Result<(), Failure> {
    let info = match fields.get("heartbeatInfo") {
        None | Some(Value::Null) => return Ok(()),
        Some(info) => info,
    };
    text(info.get("thirdPartyAccount"), 256)?;
    match info.get("ip") {
        None | Some(Value::Null) => Ok(()),
        ip => text(ip, 32).map(|_| ()),
    }
}

#[cfg(test)]
#[path = "endpoints_tests.rs"]
mod tests;
