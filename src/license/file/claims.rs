//! What a licence file says.

use super::device::{Bound, Hashes, sha256_hex};
use super::{Refusal, jwt};
use crate::license::day::MINUTE;
use crate::license::suite::MAX_CODE_BYTES;
use serde_json::{Map, Value};

/// How long before `nbf` a file is valid already.
pub const NBF_LEEWAY: i64 = 10 * MINUTE;
/// The last second of the year 9999. Beyond it milliseconds were taken for seconds.
const LAST_TIME: i64 = 253_402_300_799;
const MAX_ID_BYTES: usize = 256;

/// A licence file whose signature and product are right. Times are Unix seconds, 0 = not stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseFile {
    pub code: String,
    /// `jti`, or else a hash of what was signed.
    pub id: String,
    pub expires_at: i64,
    pub not_before: i64,
    pub issued_at: i64,
    pub bound: Bound,
    pub features: Vec<String>,
    /// -1 = not stated.
    pub amount: i64,
}

impl LicenseFile {
    /// Reads a token that is signed by one of the keys and is for this product.
    pub fn open(token: &str, keys: &[[u8; 32]], product: &str) -> Result<LicenseFile, Refusal> {
        let claims = jwt::open(token, keys)?;
        let file = LicenseFile::read(&claims, token)?;
        if !audience(&claims)?.contains(&product) {
            return Err(Refusal::Product);
        }
        Ok(file)
    }

    fn read(claims: &Map<String, Value>, token: &str) -> Result<LicenseFile, Refusal> {
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        Ok(LicenseFile {
            code: text(claims, "sub", MAX_CODE_BYTES)?.ok_or(Refusal::Claim("sub"))?,
            id: text(claims, "jti", MAX_ID_BYTES)?
                .unwrap_or_else(|| format!("sha256:{}", sha256_hex(signed.as_bytes()))),
            expires_at: time(claims, "exp")?.ok_or(Refusal::Claim("exp"))?,
            not_before: time(claims, "nbf")?.unwrap_or(0),
            issued_at: time(claims, "iat")?.unwrap_or(0),
            bound: Bound::read(claims)?,
            features: features(claims)?,
            amount: amount(claims)?,
        })
    }

    /// Whether it holds at this time on this machine.
    pub fn check(&self, now: i64, machine: &Hashes) -> Result<(), Refusal> {
        if now >= self.expires_at {
            return Err(Refusal::Expired);
        }
        if now < self.not_before.saturating_sub(NBF_LEEWAY) {
            return Err(Refusal::NotYetValid);
        }
        match self.bound.is_for(machine) {
            true => Ok(()),
            false => Err(Refusal::Device),
        }
    }
}

fn text(
    claims: &Map<String, Value>,
    name: &'static str,
    max_bytes: usize,
) -> Result<Option<String>, Refusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let fits =
        |text: &&str| (1..=max_bytes).contains(&text.len()) && !text.chars().any(char::is_control);
    match value.as_str().filter(fits) {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Refusal::Claim(name)),
    }
}

fn audience(claims: &Map<String, Value>) -> Result<Vec<&str>, Refusal> {
    let named = match claims.get("aud") {
        Some(Value::String(one)) => Some(vec![one.as_str()]),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    named.ok_or(Refusal::Claim("aud"))
}

fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = match value.as_i64() {
        Some(whole) => Some(whole),
        // Within the range below a fraction's floor is exact.
        None => value.as_f64().map(|fraction| fraction.floor() as i64),
    };
    match seconds {
        Some(seconds) if (0..=LAST_TIME).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(Refusal::Claim(name)),
    }
}

fn features(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let named = match claims.get("features") {
        None => Some(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Some(_) => None,
    };
    named.ok_or(Refusal::Claim("features"))
}

fn amount(claims: &Map<String, Value>) -> Result<i64, Refusal> {
    match claims.get("amount") {
        None => Ok(-1),
        Some(value) => value
            .as_i64()
            .filter(|amount| *amount >= 0)
            .ok_or(Refusal::Claim("amount")),
    }
}
