//! The compact form of a signed JWT (RFC 7515, 7519, 8037), with Ed25519 and nothing else.
//!
//! The header never chooses how a token is verified: anything but `EdDSA` is refused before a key is looked at, so that
//! neither `none` nor a MAC under the public key gets anywhere.

use super::{Refusal, base64, strict};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::Serialize;
use serde_json::{Map, Value};

const HEADER: &[u8] = br#"{"alg":"EdDSA","typ":"JWT"}"#;

/// The claims of a token that one of the keys has signed.
pub fn open(token: &str, keys: &[[u8; 32]]) -> Result<Map<String, Value>, Refusal> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::NotAToken)?;
    let (header, payload) = signed.split_once('.').ok_or(Refusal::NotAToken)?;
    let decoded = |part| base64::decode_url(part).ok_or(Refusal::NotAToken);
    let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
    check_header(&header)?;
    let verifies = |key: &[u8; 32]| {
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(signed.as_bytes(), &signature).is_ok()
    };
    if !keys.iter().any(verifies) {
        return Err(Refusal::Signature);
    }
    strict::object(&payload).ok_or(Refusal::Payload)
}

fn check_header(bytes: &[u8]) -> Result<(), Refusal> {
    let header = strict::object(bytes).ok_or(Refusal::Header)?;
    if header.get("alg").and_then(Value::as_str) != Some("EdDSA") {
        return Err(Refusal::Algorithm);
    }
    if header.contains_key("crit") {
        return Err(Refusal::Critical);
    }
    Ok(())
}

/// A token of these claims. None where they do not make a JSON object.
pub fn sign(claims: &impl Serialize, key: &Ed25519KeyPair) -> Option<String> {
    let payload = serde_json::to_vec(claims).ok()?;
    strict::object(&payload)?;
    let signed = format!(
        "{}.{}",
        base64::encode_url(HEADER),
        base64::encode_url(&payload)
    );
    let signature = key.sign(signed.as_bytes());
    let signature = base64::encode_url(signature.as_ref());
    Some(format!("{signed}.{signature}"))
}
