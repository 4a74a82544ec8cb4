//! The sealed format of the state file: bytes to payload and back, without I/O.
//!
//! ```text
//! magic 8 | version 1 | salt 32 | nonce 12 | AES-256-GCM(JSON) + tag 16 | SHA-256 of all before 32
//! ```
//!
//! The key is HKDF-SHA256 of the secret under the file's own salt; all before the ciphertext is authenticated with it.
//! The checksum at the end is no protection: it tells an accident from a secret we do not have. A wrong checksum is
//! damage; a right one that no secret opens is a good file of somebody else (a rotated secret, a newer program) and must
//! not be lost. Every later version of the format keeps magic, version and checksum where they are.

use crate::Error;
use crate::license::Suite;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};

/// Largest file that is read or written.
pub const MAX_BYTES: usize = 4 << 20;

const MAGIC: &[u8; 8] = b"ISCSTATE";
const VERSION: u8 = 1;
const VERSION_AT: usize = MAGIC.len();
const SALT_AT: usize = VERSION_AT + 1;
const NONCE_AT: usize = SALT_AT + 32;
const BODY_AT: usize = NONCE_AT + NONCE_LEN;
/// Separates this use of the secret from any other.
const KEY_PURPOSE: &[u8] = b"iscdesk state file 1";

/// What lies inside the seal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// Grows with every write.
    pub revision: u64,
    /// The machine that wrote it, in the words of [`super::Identity`].
    pub binding: serde_json::Value,
    pub suite: Suite,
}

/// Why bytes are not a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not, or no longer, a state file.
    Damaged(&'static str),
    /// Whole, but no secret of ours opens it.
    NoSecret,
    /// Whole, but of a later format.
    Newer(u8),
}

/// Seals a payload with a fresh salt and nonce.
pub fn seal(payload: &Payload, secret: &str, random: &dyn SecureRandom) -> Result<Vec<u8>, Error> {
    let mut body = serde_json::to_vec(payload)
        .map_err(|e| Error::internal(format!("the state cannot be written as JSON: {e}")))?;
    let mut out = MAGIC.to_vec();
    out.push(VERSION);
    out.resize(BODY_AT, 0);
    random
        .fill(&mut out[SALT_AT..])
        .map_err(|_| Error::internal("the system gives no random numbers"))?;
    key(secret, &out)
        .and_then(|key| {
            key.seal_in_place_append_tag(nonce(&out), Aad::from(&out[..]), &mut body)
                .ok()
        })
        .ok_or_else(|| Error::internal("the state cannot be sealed"))?;
    out.append(&mut body);
    let sum = digest(&SHA256, &out);
    out.extend_from_slice(sum.as_ref());
    if out.len() > MAX_BYTES {
        return Err(Error::internal(
            "the state is larger than a state file may be",
        ));
    }
    Ok(out)
}

/// Opens what [`seal`] made with any of the secrets.
pub fn open(bytes: &[u8], secrets: &[String]) -> Result<Payload, Refusal> {
    let sealed = checked(bytes)?;
    let (header, body) = sealed.split_at(BODY_AT);
    let plain = secrets
        .iter()
        .find_map(|secret| decrypt(secret, header, body))
        .ok_or(Refusal::NoSecret)?;
    serde_json::from_slice(&plain).map_err(|_| Refusal::Damaged("its content is not a state"))
}

/// Header and body of a whole file of our version, the checksum cut off.
fn checked(bytes: &[u8]) -> Result<&[u8], Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::Damaged("it is larger than a state file can be"));
    }
    if bytes.len() < BODY_AT + AES_256_GCM.tag_len() + SHA256_OUTPUT_LEN {
        return Err(Refusal::Damaged("it is cut short"));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(Refusal::Damaged("it does not begin like a state file"));
    }
    let (sealed, sum) = bytes.split_at(bytes.len() - SHA256_OUTPUT_LEN);
    if digest(&SHA256, sealed).as_ref() != sum {
        return Err(Refusal::Damaged("its checksum is wrong"));
    }
    match sealed[VERSION_AT] {
        VERSION => Ok(sealed),
        0 => Err(Refusal::Damaged("it has no version")),
        newer => Err(Refusal::Newer(newer)),
    }
}

fn decrypt(secret: &str, header: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = body.to_vec();
    let length = key(secret, header)?
        .open_in_place(nonce(header), Aad::from(header), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

fn key(secret: &str, header: &[u8]) -> Option<LessSafeKey> {
    let salt = Salt::new(HKDF_SHA256, &header[SALT_AT..NONCE_AT]);
    let pseudo_random = salt.extract(secret.as_bytes());
    let okm = pseudo_random.expand(&[KEY_PURPOSE], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(okm)))
}

fn nonce(header: &[u8]) -> Nonce {
    let mut value = [0; NONCE_LEN];
    value.copy_from_slice(&header[NONCE_AT..BODY_AT]);
    Nonce::assume_unique_for_key(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Facts;
    use proptest::prelude::*;
    use ring::rand::SystemRandom;

    fn secrets(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| s.to_string()).collect()
    }

    fn payload(code: &str, alive_at: i64, revision: u64) -> Payload {
        let mut suite = Suite::default();
        suite.clock.mark = alive_at;
        let facts = Facts {
            alive_at,
            ..Facts::default()
        };
        suite.licenses.insert(code.into(), facts);
        Payload {
            revision,
            binding: serde_json::json!({"os": "00"}),
            suite,
        }
    }

    fn sealed() -> Vec<u8> {
        seal(&payload("PL-1", 7, 3), "one", &SystemRandom::new()).unwrap()
    }

    fn with_sum(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - SHA256_OUTPUT_LEN);
        let sum = digest(&SHA256, &bytes);
        bytes.extend_from_slice(sum.as_ref());
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens_again(code in "\\PC{1,64}", at in any::<i64>(), revision in any::<u64>(), secret in "\\PC{0,40}") {
            let before = payload(&code, at, revision);
            let bytes = seal(&before, &secret, &SystemRandom::new()).unwrap();
            prop_assert_eq!(open(&bytes, &secrets(&["other", &secret])), Ok(before));
        }

        #[test]
        fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
            let mut file = if magic { b"ISCSTATE\x01".to_vec() } else { Vec::new() };
            file.extend(bytes);
            prop_assert!(matches!(open(&file, &secrets(&["one"])), Err(Refusal::Damaged(_))));
        }

        #[test]
        fn an_extended_file_is_refused(tail in proptest::collection::vec(any::<u8>(), 1..64)) {
            let mut bytes = sealed();
            bytes.extend(tail);
            prop_assert!(matches!(open(&bytes, &secrets(&["one"])), Err(Refusal::Damaged(_))));
            prop_assert!(open(&with_sum(bytes), &secrets(&["one"])).is_err());
        }
    }

    #[test]
    fn every_single_bit_flip_is_damage() {
        let good = sealed();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let answer = open(&bad, &secrets(&["one"]));
            assert!(matches!(answer, Err(Refusal::Damaged(_))), "bit {bit}");
        }
    }

    #[test]
    fn a_forged_checksum_does_not_help() {
        let good = sealed();
        for at in 0..good.len() - SHA256_OUTPUT_LEN {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(
                open(&with_sum(bad), &secrets(&["one"])).is_err(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn every_truncation_is_damage() {
        let good = sealed();
        for length in 0..good.len() {
            let answer = open(&good[..length], &secrets(&["one"]));
            assert!(
                matches!(answer, Err(Refusal::Damaged(_))),
                "length {length}"
            );
        }
    }

    #[test]
    fn a_wrong_secret_is_not_damage() {
        assert_eq!(open(&sealed(), &secrets(&["two"])), Err(Refusal::NoSecret));
        assert_eq!(open(&sealed(), &[]), Err(Refusal::NoSecret));
    }

    #[test]
    fn a_later_format_is_told_apart() {
        let mut bytes = sealed();
        bytes[VERSION_AT] = 2;
        assert_eq!(
            open(&with_sum(bytes), &secrets(&["one"])),
            Err(Refusal::Newer(2))
        );
    }

    #[test]
    fn salt_and_nonce_are_fresh_each_time() {
        let (a, b) = (sealed(), sealed());
        assert_ne!(a[SALT_AT..NONCE_AT], b[SALT_AT..NONCE_AT]);
        assert_ne!(a[NONCE_AT..BODY_AT], b[NONCE_AT..BODY_AT]);
    }

    #[test]
    fn no_code_is_readable_in_the_file() {
        let bytes = seal(&payload("PL-CLEAR-TEXT", 7, 3), "one", &SystemRandom::new()).unwrap();
        assert!(!bytes.windows(5).any(|w| w == b"CLEAR"));
    }
}
