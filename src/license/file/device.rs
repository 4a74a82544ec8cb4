//! Which machines a licence file is for, and the hashes by which a machine is told.
//!
//! A fingerprint's hash is the SHA-256 of its UTF-8 bytes. A part's hash is the SHA-256 of `kind:VALUE`: the kind's name
//! in lower case (`os_id`, `board`, `cpu`, `disks`, `network`), a colon, and one value (one disk, one network card)
//! without surrounding blanks, upper-cased. Both in lower-case hex. Parts that many machines share (fillers of makers,
//! ids of hypervisors) are not there, and an empty one never is.

use super::Refusal;
use crate::device::{self, Kind, Parts, well_known};
use crate::hex;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A part of a machine, by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartHash {
    pub kind: String,
    pub hash: String,
}

/// What a licence file may know of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    pub fingerprint: String,
    pub parts: Vec<PartHash>,
}

impl Hashes {
    pub fn of(parts: &Parts) -> Hashes {
        let one = std::slice::from_ref;
        let all = [
            (Kind::OsId, one(&parts.os_id)),
            (Kind::Board, one(&parts.board)),
            (Kind::Cpu, one(&parts.cpu)),
            (Kind::Disks, &parts.disks),
            (Kind::Network, &parts.macs),
        ];
        let hashed = all.into_iter().flat_map(|(kind, values)| {
            let telling = values.iter().filter(|value| well_known::counts(value));
            telling.map(move |value| PartHash {
                kind: kind.name().into(),
                hash: part_hash(kind, value),
            })
        });
        Hashes {
            fingerprint: sha256_hex(device::fingerprint(parts).as_bytes()),
            parts: hashed.collect(),
        }
    }
}

pub fn part_hash(kind: Kind, value: &str) -> String {
    let value = value.trim().to_uppercase();
    sha256_hex(format!("{}:{value}", kind.name()).as_bytes())
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::lower(digest(&SHA256, bytes).as_ref())
}

/// The machines that a licence file names. Neither: any machine, a site licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    fingerprints: Option<BTreeSet<String>>,
    /// Hashes of parts, and how many of them a machine must have.
    parts: Option<(BTreeSet<String>, usize)>,
}

impl Bound {
    pub(super) fn read(claims: &Map<String, Value>) -> Result<Bound, Refusal> {
        let fingerprints = match claims.get("fp") {
            None => None,
            Some(value) => Some(hashes(value).ok_or(Refusal::Claim("fp"))?),
        };
        let parts = match (claims.get("parts"), claims.get("min")) {
            (None, None) => None,
            // Alone it would make a site licence of a misspelled `parts`.
            (None, Some(_)) => return Err(Refusal::Claim("parts")),
            (Some(value), min) => {
                let parts = hashes(value)
                    .filter(|_| value.is_array())
                    .ok_or(Refusal::Claim("parts"))?;
                let min = min.and_then(Value::as_u64).map(usize::try_from);
                match min {
                    Some(Ok(min)) if (1..=parts.len()).contains(&min) => Some((parts, min)),
                    _ => return Err(Refusal::Claim("min")),
                }
            }
        };
        Ok(Bound {
            fingerprints,
            parts,
        })
    }

    pub fn is_site(&self) -> bool {
        self.fingerprints.is_none() && self.parts.is_none()
    }

    /// Where a file names both fingerprints and parts, one of the two is enough: the parts are there to forgive what
    /// the fingerprint does not.
    pub fn is_for(&self, machine: &Hashes) -> bool {
        let by_fingerprint = |named: &BTreeSet<String>| named.contains(&machine.fingerprint);
        let by_parts = |(named, min): &(BTreeSet<String>, usize)| {
            let has = |hash: &&String| machine.parts.iter().any(|part| part.hash == **hash);
            named.iter().filter(has).count() >= *min
        };
        self.is_site()
            || self.fingerprints.as_ref().is_some_and(by_fingerprint)
            || self.parts.as_ref().is_some_and(by_parts)
    }
}

/// One hash or a list of at least one.
fn hashes(value: &Value) -> Option<BTreeSet<String>> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let read = |item: &Value| {
        let text = item.as_str().filter(|text| is_hash(text))?;
        Some(text.to_owned())
    };
    let all: Option<BTreeSet<String>> = items.iter().map(read).collect();
    all.filter(|all| !all.is_empty())
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
