//! What passes between an air-gapped customer and the vendor.

use super::*;

#[test]
fn a_return_is_proved_by_the_machines_own_key() {
    let key = MachineKey::generate(&ring::rand::SystemRandom::new()).unwrap();
    let stored: MachineKey = serde_json::from_value(serde_json::to_value(&key).unwrap()).unwrap();
    assert_eq!(stored.public(), key.public());
    assert!(!format!("{key:?}").contains(&serde_json::to_string(&key).unwrap()[10..20]));
    let proof = Return {
        sub: "FILE-0001".into(),
        jti: "F-1".into(),
        iat: T,
        product: PRODUCT.into(),
        ret: true,
    };
    let token = proof.sign(&stored.pair().unwrap()).unwrap();
    let public: [u8; 32] = key.public().unwrap().try_into().unwrap();
    assert_eq!(Return::open(&token, &public), Ok(proof.clone()));
    assert_eq!(Return::open(&token, &[7; 32]), Err(Refusal::Signature));
    let no_return = Return {
        ret: false,
        ..proof
    };
    let token = no_return.sign(&key.pair().unwrap()).unwrap();
    assert_eq!(Return::open(&token, &public), Err(Refusal::Claim("ret")));
    assert!(MachineKey::default().is_none() && MachineKey::default().pair().is_none());
}

#[test]
fn a_request_agrees_with_itself() {
    let request = Request::new("ACME", PRODUCT, &parts(), &[7; 32], T);
    let text = serde_json::to_string(&request).unwrap();
    assert!(
        text.starts_with(r#"{"iscdesk_license_request":1,"#),
        "{text}"
    );
    let read: Request = serde_json::from_str(&text).unwrap();
    assert!(read.is_sound());
    assert_eq!(read.public_key(), Some([7; 32]));
    assert_eq!(read.fp, here().fingerprint);
    let tampered = Request {
        fingerprint: "A|B|C|D".into(),
        ..read
    };
    assert!(!tampered.is_sound());
}
