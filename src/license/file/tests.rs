//! What is accepted, and that nothing else is.

mod interoperability;
mod requests;

use super::*;
use crate::device::{Kind, Machine, Parts};
use crate::error::{Error, Status};
use crate::license::day::MINUTE;
use proptest::prelude::*;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::LazyLock;

const T: i64 = 1_800_000_000;
const PRODUCT: &str = "Mini CAD";

static KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair(1));

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(pair: &Ed25519KeyPair) -> [u8; 32] {
    pair.public_key().as_ref().try_into().unwrap()
}

fn parts() -> Parts {
    Parts {
        os_id: "9f3c55e2-7b3e90aa41c2".into(),
        macs: vec!["04:7C:16:5E:E3:5D".into(), "04:7C:16:5E:E3:5E".into()],
        disks: vec!["S4EWNX0R123456".into()],
        board: "PF3ABCDE".into(),
        cpu: "BFEBFBFF00090672".into(),
    }
}

fn here() -> Hashes {
    Hashes::of(&parts())
}

fn claims(extra: Value) -> Value {
    let mut claims = json!({"sub": "FILE-0001", "aud": PRODUCT, "exp": T + 1000});
    for (name, value) in extra.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn token(extra: Value) -> String {
    jwt::sign(&claims(extra), &KEY).unwrap()
}

/// A token of any header, signed properly.
fn raw(header: &str, payload: &str, key: &Ed25519KeyPair) -> String {
    let encoded = |text: &str| base64::encode_url(text.as_bytes());
    let signed = format!("{}.{}", encoded(header), encoded(payload));
    let signature = base64::encode_url(key.sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

fn open(token: &str) -> Result<LicenseFile, Refusal> {
    LicenseFile::open(token, &[public(&KEY)], PRODUCT)
}

fn judge(extra: Value, now: i64) -> Result<(), Refusal> {
    open(&token(extra))?.check(now, &here())
}

#[test]
fn a_file_says_what_it_grants() {
    let file = open(&token(json!({
        "jti": "F-1", "iat": T, "nbf": T - 5, "features": ["mesh", "solver"], "amount": 3,
    })))
    .unwrap();
    assert_eq!((file.code.as_str(), file.id.as_str()), ("FILE-0001", "F-1"));
    assert_eq!(
        (file.expires_at, file.not_before, file.issued_at),
        (T + 1000, T - 5, T)
    );
    assert_eq!(file.features, ["mesh", "solver"]);
    assert_eq!(file.amount, 3);
    assert!(file.bound.is_site());
    let bare = open(&token(json!({}))).unwrap();
    assert_eq!(
        (bare.amount, bare.issued_at, bare.features.len()),
        (-1, 0, 0)
    );
    assert_eq!(bare.id.len(), "sha256:".len() + 64);
}

#[test]
fn any_of_the_keys_will_do() {
    let token = token(json!({}));
    let (other, right) = (public(&pair(2)), public(&KEY));
    assert!(LicenseFile::open(&token, &[other, right], PRODUCT).is_ok());
    for keys in [&[][..], &[other][..], &[[0; 32]][..]] {
        let refused = LicenseFile::open(&token, keys, PRODUCT);
        assert_eq!(refused, Err(Refusal::Signature));
    }
}

#[test]
fn only_eddsa_is_looked_at() {
    let payload = claims(json!({})).to_string();
    let public_key = public(&KEY);
    let mac = |header: &str| {
        let signed = format!(
            "{}.{}",
            base64::encode_url(header.as_bytes()),
            base64::encode_url(payload.as_bytes())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, &public_key);
        let tag = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", base64::encode_url(tag.as_ref()))
    };
    let unsigned = {
        let signed = raw(r#"{"alg":"none"}"#, &payload, &KEY);
        signed[..=signed.rfind('.').unwrap()].to_owned()
    };
    assert_eq!(open(&unsigned), Err(Refusal::Algorithm));
    assert_eq!(open(&mac(r#"{"alg":"HS256"}"#)), Err(Refusal::Algorithm));
    assert_eq!(open(&mac(r#"{"alg":"EdDSA"}"#)), Err(Refusal::Signature));
    let rows = [
        (r#"{"alg":"EdDSA"}"#, Ok(())),
        (r#"{"alg":"EdDSA","typ":"lic","kid":"7"}"#, Ok(())),
        (r#"{"alg":"none"}"#, Err(Refusal::Algorithm)),
        (r#"{"alg":"HS256"}"#, Err(Refusal::Algorithm)),
        (r#"{"alg":"eddsa"}"#, Err(Refusal::Algorithm)),
        (r#"{"alg":"Ed25519"}"#, Err(Refusal::Algorithm)),
        (r#"{"alg":["EdDSA"]}"#, Err(Refusal::Algorithm)),
        (r#"{}"#, Err(Refusal::Algorithm)),
        (r#"{"alg":"none","alg":"EdDSA"}"#, Err(Refusal::Header)),
        (r#"["EdDSA"]"#, Err(Refusal::Header)),
        (r#"{"alg":"EdDSA","crit":["exp"]}"#, Err(Refusal::Critical)),
        (r#"{"alg":"EdDSA","crit":[]}"#, Err(Refusal::Critical)),
        (
            r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#,
            Err(Refusal::Critical),
        ),
    ];
    for (header, expected) in rows {
        let opened = open(&raw(header, &payload, &KEY));
        assert_eq!(opened.map(drop), expected, "{header}");
    }
}

#[test]
fn claims_that_are_missing_or_malformed() {
    let long = "x".repeat(65);
    let hash = "0".repeat(64);
    let rows = [
        (json!({"sub": null}), "sub"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": long}), "sub"),
        (json!({"sub": 7}), "sub"),
        (json!({"sub": "a\nb"}), "sub"),
        (json!({"aud": null}), "aud"),
        (json!({"aud": 7}), "aud"),
        (json!({"aud": [PRODUCT, 7]}), "aud"),
        (json!({"exp": null}), "exp"),
        (json!({"exp": "1900000000"}), "exp"),
        (json!({"exp": -1}), "exp"),
        (json!({"exp": (T + 1000) * 1000}), "exp"),
        (json!({"exp": 1e300}), "exp"),
        (json!({"nbf": "x"}), "nbf"),
        (json!({"iat": true}), "iat"),
        (json!({"jti": 7}), "jti"),
        (json!({"jti": ""}), "jti"),
        (json!({"features": "mesh"}), "features"),
        (json!({"features": [1]}), "features"),
        (json!({"amount": 1.5}), "amount"),
        (json!({"amount": -1}), "amount"),
        (json!({"amount": "3"}), "amount"),
        (json!({"fp": ""}), "fp"),
        (json!({"fp": []}), "fp"),
        (json!({"fp": hash.replace('0', "A")}), "fp"),
        (json!({"fp": [hash, "short"]}), "fp"),
        (json!({"fp": {}}), "fp"),
        (json!({"min": 1}), "parts"),
        (json!({"parts": hash, "min": 1}), "parts"),
        (json!({"parts": [], "min": 1}), "parts"),
        (json!({"parts": [hash]}), "min"),
        (json!({"parts": [hash], "min": 0}), "min"),
        (json!({"parts": [hash], "min": 2}), "min"),
        (json!({"parts": [hash], "min": 1.0}), "min"),
        // The same part twice is one part.
        (json!({"parts": [hash, hash], "min": 2}), "min"),
    ];
    for (extra, name) in rows {
        assert_eq!(
            open(&token(extra.clone())),
            Err(Refusal::Claim(name)),
            "{extra}"
        );
    }
    let twice = format!(r#"{{"sub":"A","aud":"{PRODUCT}","exp":{},"exp":1}}"#, T + 9);
    assert_eq!(
        open(&raw(r#"{"alg":"EdDSA"}"#, &twice, &KEY)),
        Err(Refusal::Payload)
    );
    assert_eq!(
        open(&raw(r#"{"alg":"EdDSA"}"#, "[]", &KEY)),
        Err(Refusal::Payload)
    );
}

#[test]
fn times_may_be_fractions_and_unknown_claims_are_nobodys() {
    let extra = json!({"exp": T as f64 + 0.9, "nbf": T as f64 - 0.5, "iss": {"any": ["thing"]}});
    let file = open(&token(extra)).unwrap();
    assert_eq!((file.expires_at, file.not_before), (T, T - 1));
}

#[test]
fn the_product_is_one_of_the_audience() {
    let rows = [
        (json!(PRODUCT), true),
        (json!(["Other", PRODUCT]), true),
        (json!("Mini"), false),
        (json!("mini cad"), false),
        (json!(["Other"]), false),
        (json!([]), false),
    ];
    for (aud, fits) in rows {
        let opened = open(&token(json!({"aud": aud})));
        assert_eq!(opened.is_ok(), fits, "{aud}");
        assert!(fits || opened == Err(Refusal::Product));
    }
}

#[test]
fn times_have_their_exact_limits() {
    let rows = [
        (json!({"exp": T + 1}), Ok(())),
        (json!({"exp": T}), Err(Refusal::Expired)),
        (json!({"exp": T - 1}), Err(Refusal::Expired)),
        (json!({"exp": 0}), Err(Refusal::Expired)),
        (json!({"nbf": T + 10 * MINUTE}), Ok(())),
        (
            json!({"nbf": T + 10 * MINUTE + 1}),
            Err(Refusal::NotYetValid),
        ),
    ];
    for (extra, expected) in rows {
        assert_eq!(judge(extra.clone(), T), expected, "{extra}");
    }
}

#[test]
fn a_machine_is_told_by_its_fingerprint_or_its_parts() {
    let machine = here();
    let hash = |kind: &str, nth: usize| {
        let mut of_kind = machine.parts.iter().filter(|part| part.kind == kind);
        of_kind.nth(nth).unwrap().hash.clone()
    };
    let (other, right) = ("0".repeat(64), machine.fingerprint.clone());
    let (os_id, board, card) = (hash("os_id", 0), hash("board", 0), hash("network", 1));
    let no = Err(Refusal::Device);
    let rows = [
        (json!({}), Ok(())),
        (json!({"fp": right}), Ok(())),
        (json!({"fp": [other, right]}), Ok(())),
        (json!({"fp": other}), no),
        (json!({"parts": [os_id, board, other], "min": 2}), Ok(())),
        (json!({"parts": [os_id, card, other], "min": 2}), Ok(())),
        (json!({"parts": [os_id, board, other], "min": 3}), no),
        (json!({"parts": [other], "min": 1}), no),
        // A part that is named twice counts once.
        (json!({"parts": [os_id, os_id, other], "min": 2}), no),
        (json!({"fp": other, "parts": [os_id], "min": 1}), Ok(())),
        (json!({"fp": right, "parts": [other], "min": 1}), Ok(())),
        (json!({"fp": other, "parts": [other], "min": 1}), no),
    ];
    for (extra, expected) in rows {
        assert_eq!(judge(extra.clone(), T), expected, "{extra}");
    }
}

#[test]
fn hashes_are_those_that_vendors_compute() {
    let machine = here();
    // printf 'board:PF3ABCDE' | sha256sum
    let board = device::sha256_hex(b"board:PF3ABCDE");
    assert_eq!(device::part_hash(Kind::Board, " pf3abcde "), board);
    assert!(machine.parts.contains(&PartHash {
        kind: "board".into(),
        hash: board
    }));
    assert_eq!(machine.parts.len(), 6);
    // printf '%s' 'abc' | sha256sum
    assert_eq!(
        device::sha256_hex(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let fingerprint = crate::device::fingerprint(&parts());
    assert_eq!(
        machine.fingerprint,
        device::sha256_hex(fingerprint.as_bytes())
    );
    let nothing = Hashes::of(&Parts {
        board: "To be filled by O.E.M.".into(),
        ..Parts::default()
    });
    assert_eq!(nothing.parts, []);
    // The real machine can be asked.
    let _ = Hashes::of(&crate::device::ThisMachine.parts());
}

#[test]
fn what_surrounds_the_token_does_not_count() {
    let plain = token(json!({}));
    for text in [
        plain.clone(),
        format!("\u{feff}{plain}\r\n"),
        format!("\u{feff} \r\n\t{plain}\n\n"),
    ] {
        assert_eq!(super::token(text.as_bytes()), Ok(plain.as_str()));
    }
    let padded = |length: usize| format!("{plain}{}", " ".repeat(length - plain.len()));
    assert!(super::token(padded(MAX_BYTES).as_bytes()).is_ok());
    let long = padded(MAX_BYTES + 1);
    assert_eq!(super::token(long.as_bytes()), Err(Refusal::TooLong));
    assert_eq!(super::token(b"\xff\xfea\0"), Err(Refusal::NotText));
    for text in ["", ".", "..", "a.b", "a.b.c.d", "e30.e30."] {
        assert!(open(text).is_err(), "{text:?}");
    }
    let (head, tail) = plain.split_at(plain.len() / 2);
    for wrapped in [format!("{head}\n{tail}"), format!("{plain}=")] {
        assert_eq!(open(&wrapped), Err(Refusal::NotAToken));
    }
}

#[test]
fn a_refusal_is_an_error_with_its_reason() {
    let error = Error::from(Refusal::Claim("exp"));
    assert_eq!(error.status, Status::LicenseFile);
    assert!(error.text.contains("exp"), "{error}");
}

proptest! {
    #[test]
    fn every_change_of_one_character_is_refused(at in any::<prop::sample::Index>(), other in any::<char>(), ascii in 32_u8..127) {
        static TOKEN: LazyLock<String> = LazyLock::new(|| token(json!({"iat": T})));
        let at = at.index(TOKEN.len());
        for other in [other, char::from(ascii)] {
            let changed = format!("{}{other}{}", &TOKEN[..at], &TOKEN[at + 1..]);
            if changed != *TOKEN {
                let read = super::token(changed.as_bytes()).and_then(open);
                prop_assert!(read.is_err(), "{at} {other:?}");
            }
        }
    }

    #[test]
    fn nothing_that_is_not_signed_is_accepted(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(super::token(&bytes).and_then(open).is_err());
        prop_assert!(open(&text).is_err());
    }
}

#[test]
fn every_single_character_counts_also_in_the_last_digit() {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= ";
    let token = token(json!({}));
    for at in [
        0,
        token.find('.').unwrap(),
        token.rfind('.').unwrap() - 1,
        token.len() - 1,
    ] {
        for digit in DIGITS
            .chars()
            .filter(|digit| !token[at..].starts_with(*digit))
        {
            let changed = format!("{}{digit}{}", &token[..at], &token[at + 1..]);
            let read = super::token(changed.as_bytes()).and_then(open);
            assert!(read.is_err(), "{at} {digit}");
        }
    }
}
