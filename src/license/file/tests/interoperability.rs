//! A common JWT library issues what we accept, and accepts what we issue.

use super::*;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// PKCS#8 of a seed, as `openssl genpkey -algorithm ed25519` writes it.
fn pkcs8(seed: u8) -> Vec<u8> {
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend([seed; 32]);
    der
}

#[test]
fn tokens_of_another_library_are_accepted() {
    let key = EncodingKey::from_ed_der(&pkcs8(1));
    let machine = here();
    let claims = claims(json!({
        "aud": ["Other", PRODUCT], "fp": [machine.fingerprint], "iat": T, "jti": "F-7", "iss": "ACME",
    }));
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("2026".into());
    let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let file = open(&token).unwrap();
    assert_eq!(file.id, "F-7");
    assert_eq!(file.check(T, &machine), Ok(()));
    let of_another = EncodingKey::from_ed_der(&pkcs8(2));
    let token = jsonwebtoken::encode(&header, &claims, &of_another).unwrap();
    assert_eq!(open(&token), Err(Refusal::Signature));
}

#[test]
fn our_tokens_are_accepted_by_another_library() {
    let key = jsonwebtoken::DecodingKey::from_ed_der(&public(&KEY));
    let mut validation = jsonwebtoken::Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[PRODUCT]);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Value>(&token(json!({})), &key, &validation);
    assert_eq!(decoded.unwrap().claims["sub"], "FILE-0001");
}
