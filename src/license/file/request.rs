//! What passes between an air-gapped customer and the vendor: the request for a licence file, and the proof that one was
//! given back.
//!
//! A machine makes a key of its own; the request names its public half. The proof is a JWT under that key, so a vendor
//! who kept the request knows that it comes from the machine that the file was made for.

use super::device::{Hashes, PartHash};
use super::{Refusal, base64, jwt};
use crate::device::{self, Parts};
use crate::error::Error;
use ring::rand::SecureRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Version of the request's document.
const VERSION: u32 = 1;

/// What a customer sends. Readable on purpose: he can see what leaves his network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// 1. Says what kind of document this is.
    #[serde(rename = "iscdesk_license_request")]
    pub version: u32,
    pub vendor: String,
    pub product: String,
    /// The documented fingerprint, and its hash as a file's `fp` names it.
    pub fingerprint: String,
    pub fp: String,
    /// For a file's `parts`.
    pub parts: Vec<PartHash>,
    /// The machine's Ed25519 public key in standard base64: it signs returns.
    pub key: String,
    /// Unix seconds by the machine's clock.
    pub at: i64,
}

impl Request {
    pub fn new(vendor: &str, product: &str, parts: &Parts, key: &[u8], at: i64) -> Request {
        let hashes = Hashes::of(parts);
        Request {
            version: VERSION,
            vendor: vendor.to_owned(),
            product: product.to_owned(),
            fingerprint: device::fingerprint(parts),
            fp: hashes.fingerprint,
            parts: hashes.parts,
            key: base64::encode_standard(key),
            at,
        }
    }

    /// The machine's public key.
    pub fn public_key(&self) -> Option<[u8; 32]> {
        base64::decode_standard(&self.key)?.try_into().ok()
    }

    /// True where it is a document of this version that agrees with itself.
    pub fn is_sound(&self) -> bool {
        self.version == VERSION
            && self.fp == super::device::sha256_hex(self.fingerprint.as_bytes())
            && self.public_key().is_some()
    }
}

/// The claims of a proof that a licence file was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The code.
    pub sub: String,
    /// The file's name.
    pub jti: String,
    pub iat: i64,
    pub product: String,
    /// Always true: tells a return from a licence file.
    pub ret: bool,
}

impl Return {
    pub fn sign(&self, key: &Ed25519KeyPair) -> Option<String> {
        jwt::sign(self, key)
    }

    /// A proof under the key that the machine's request named.
    pub fn open(token: &str, key: &[u8; 32]) -> Result<Return, Refusal> {
        let claims = jwt::open(token, std::slice::from_ref(key))?;
        let proof: Return =
            serde_json::from_value(Value::Object(claims)).map_err(|_| Refusal::Payload)?;
        match proof.ret {
            true => Ok(proof),
            false => Err(Refusal::Claim("ret")),
        }
    }
}

/// The key that a machine made for itself: PKCS#8 in base64url, as it lies in the sealed state. Empty = none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MachineKey(String);

impl MachineKey {
    pub fn generate(random: &dyn SecureRandom) -> Result<MachineKey, Error> {
        let document = Ed25519KeyPair::generate_pkcs8(random)
            .map_err(|_| Error::internal("the system gives no random numbers"))?;
        Ok(MachineKey(base64::encode_url(document.as_ref())))
    }

    /// None where there is none, or where it is damaged.
    pub fn pair(&self) -> Option<Ed25519KeyPair> {
        let bytes = base64::decode_url(&self.0)?;
        Ed25519KeyPair::from_pkcs8(&bytes).ok()
    }

    pub fn public(&self) -> Option<Vec<u8>> {
        self.pair().map(|pair| pair.public_key().as_ref().to_vec())
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for MachineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() {
            "MachineKey(none)"
        } else {
            "MachineKey(…)"
        })
    }
}
