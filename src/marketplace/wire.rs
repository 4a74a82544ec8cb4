//! The documents that go over the wire, and tolerant reading of those that come back.
//!
//! The documentation asks callers to ignore unknown members, and leaves open the name and type of some known ones; so
//! numbers may come as strings, strings as numbers, and `data` as an object or as a string that holds one. Where a fact
//! decides whether somebody may work (the status, the expiry, which code is meant), what cannot be read is an error
//! rather than a guess. serde_json's own depth limit keeps a hostile document from exhausting the stack.

use super::time::marketplace_time;
use crate::{Cause, Error, Status};
use serde::Serialize;
use serde_json::{Map, Value};

/// Longest product id or feature kept, in bytes; the documented maximum of the former.
const NAME_MAX: usize = 128;
/// Features kept of one answer: the member is not documented, so nothing else bounds it.
const FEATURES_MAX: usize = 256;

#[derive(Serialize)]
pub struct ActivateOne<'a> {
    pub license: &'a str,
}

#[derive(Serialize)]
pub struct ActivateMany<'a> {
    pub license_list: &'a [String],
}

/// The query of one code.
#[derive(Serialize)]
pub struct Query<'a> {
    license: &'a str,
    /// Sunset, but still taken from software that knows its end users.
    #[serde(rename = "heartbeatInfo", skip_serializing_if = "Option::is_none")]
    heartbeat_info: Option<HeartbeatInfo<'a>>,
}

#[derive(Serialize)]
struct HeartbeatInfo<'a> {
    #[serde(rename = "thirdPartyAccount")]
    third_party_account: &'a str,
}

impl<'a> Query<'a> {
    pub fn new(license: &'a str, account: Option<&'a str>) -> Query<'a> {
        Query {
            license,
            heartbeat_info: account.map(|third_party_account| HeartbeatInfo {
                third_party_account,
            }),
        }
    }
}

#[derive(Serialize)]
pub struct UsageReport<'a> {
    pub usage_info: Vec<UsageEntry<'a>>,
}

#[derive(Serialize)]
pub struct UsageEntry<'a> {
    license: &'a str,
    /// The capital letter is the documentation's.
    #[serde(rename = "software_usage_Info")]
    software_usage_info: [&'a Clients; 1],
}

/// One report about one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub license: String,
    pub clients: Clients,
}

/// Who used the software today. Each report carries exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Clients {
    /// Tells clients apart, for the marketplace to count them: an account, a device.
    #[serde(rename = "id")]
    Id(String),
    /// How many clients were active today in total.
    #[serde(rename = "active_num")]
    ActiveNum(u32),
}

impl<'a> UsageReport<'a> {
    pub fn new(usage: &'a [Usage]) -> UsageReport<'a> {
        let entry = |usage: &'a Usage| UsageEntry {
            license: &usage.license,
            software_usage_info: [&usage.clients],
        };
        let usage_info = usage.iter().map(entry).collect();
        UsageReport { usage_info }
    }
}

/// What every answer has, whether the service or the gateway before it gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub error_code: String,
    pub error_msg: String,
    pub request_id: Option<String>,
    pub data: Option<Value>,
}

impl Envelope {
    /// None where the body is not a JSON object with an `error_code`.
    pub fn parse(body: &[u8]) -> Option<Envelope> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
            return None;
        };
        let error_code = text_of(&members, &["error_code"])?;
        Some(Envelope {
            error_code,
            error_msg: text_of(&members, &["error_msg"]).unwrap_or_default(),
            request_id: text_of(&members, &["request_id"]),
            data: members.remove("data").filter(|data| !data.is_null()),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenseState {
    Alive,
    Expired,
    Released,
}

/// What a query says about a code. Times are Unix seconds UTC, 0 = not stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseInfo {
    pub status: LicenseState,
    pub expires_at: i64,
    pub activated_at: i64,
    pub product_id: String,
    /// -1 = not stated.
    pub amount: i64,
    pub features: Vec<String>,
}

impl LicenseInfo {
    /// Reads the `data` of a query for `code`.
    pub fn read(envelope: &Envelope, code: &str, offset_minutes: i32) -> Result<Self, Error> {
        let data = envelope.data.as_ref().and_then(object_of);
        let data = data.ok_or_else(|| bad("the answer holds no licence data"))?;
        if text_of(&data, &["license_code"]).is_some_and(|said| said != code) {
            return Err(bad("the answer is about another code"));
        }
        let activated = text_of(&data, &["activate_time", "activateTime"]);
        let activated = activated.and_then(|text| marketplace_time(&text, offset_minutes));
        let product_id = text_of(&data, &["product_id", "productId"]);
        Ok(LicenseInfo {
            status: state_of(&data)?,
            expires_at: expiry_of(&data, offset_minutes)?,
            activated_at: activated.unwrap_or(0),
            product_id: product_id.map(short).unwrap_or_default(),
            amount: amount_of(&data),
            features: features_of(&data),
        })
    }
}

fn state_of(data: &Map<String, Value>) -> Result<LicenseState, Error> {
    let status = text_of(data, &["status"]).unwrap_or_default();
    match status.to_ascii_uppercase().as_str() {
        "ALIVE" => Ok(LicenseState::Alive),
        "EXPIRED" => Ok(LicenseState::Expired),
        "RELEASED" => Ok(LicenseState::Released),
        // Not documented as an answer, so it changes no verdict; but who meets it has to know whom to ask.
        "FROZEN" | "FREEZE" => Err(Error::new(
            Status::Protocol,
            Cause::Frozen,
            "the marketplace answers that the licence is frozen",
        )),
        _ => Err(bad("the answer has no known licence status")),
    }
}

/// A missing expiry is unknown; one that cannot be read is an error, since a guess could lock a paying customer out.
fn expiry_of(data: &Map<String, Value>, offset_minutes: i32) -> Result<i64, Error> {
    let names = ["expire_time", "expireTime"];
    let unreadable = || bad("the licence's expiry cannot be read");
    let mut stated = names.iter().filter_map(|name| data.get(*name));
    match stated.find(|value| !value.is_null()) {
        None => Ok(0),
        Some(value) => match scalar(value).ok_or_else(unreadable)?.as_str() {
            "" | "0" => Ok(0),
            text => marketplace_time(text, offset_minutes).ok_or_else(unreadable),
        },
    }
}

fn amount_of(data: &Map<String, Value>) -> i64 {
    let amount = text_of(data, &["amount"]).and_then(|text| text.parse().ok());
    amount.filter(|amount| *amount >= 0).unwrap_or(-1)
}

fn features_of(data: &Map<String, Value>) -> Vec<String> {
    let listed = data.get("features").and_then(Value::as_array);
    let names = listed.into_iter().flatten().filter_map(scalar);
    let names = names.map(short).filter(|name| !name.is_empty());
    names.take(FEATURES_MAX).collect()
}

/// The object itself, or the one inside a string.
fn object_of(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// The first of the names that holds a text or number.
fn text_of(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| members.get(*name).and_then(scalar))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Without control characters (a NUL would end it in C), cut at a character boundary.
fn short(text: String) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.truncate(text.floor_char_boundary(NAME_MAX));
    text
}

fn bad(text: &str) -> Error {
    Error::new(Status::Protocol, Cause::Protocol, text)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
