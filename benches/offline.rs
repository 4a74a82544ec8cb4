//! What a machine that is never online pays at its start: proving a licence file, and reading its own fingerprint.
//!
//! `cargo bench --bench offline`. The proof stands beside a bare verification by ring of a message of the same length in
//! the same run: the difference is what base64, JSON and the checks of the claims cost.

use criterion::{Criterion, criterion_group, criterion_main};
use iscdesk::device::{Machine, ThisMachine, fingerprint};
use iscdesk::license::file::{Hashes, LicenseFile, device, jwt};
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::json;
use std::hint::black_box;

const NOW: i64 = 1_800_000_000;

fn proof(criterion: &mut Criterion) {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let key: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
    let parts = ThisMachine.parts();
    let machine = Hashes::of(&parts);
    let claims = json!({
        "sub": "PL-BENCH-0001", "aud": "Bench", "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 86_400, "jti": "file-1",
        "fp": device::sha256_hex(fingerprint(&parts).as_bytes()), "features": ["mesh", "solver"], "amount": 5,
    });
    let token = jwt::sign(&claims, &pair).unwrap();
    let message = token.rsplit_once('.').unwrap().0.as_bytes();
    let signature = pair.sign(message);
    criterion.bench_function("bare ring verification", |bench| {
        let public = UnparsedPublicKey::new(&ED25519, &key);
        bench.iter(|| {
            public
                .verify(black_box(message), signature.as_ref())
                .unwrap()
        });
    });
    criterion.bench_function("licence file from memory", |bench| {
        bench.iter(|| {
            let file = LicenseFile::open(black_box(&token), &[key], "Bench").unwrap();
            file.check(NOW, &machine).unwrap();
            file
        });
    });
}

fn device_fingerprint(criterion: &mut Criterion) {
    criterion.bench_function("device fingerprint", |bench| {
        bench.iter(|| fingerprint(&ThisMachine.parts()));
    });
}

criterion_group!(benches, proof, device_fingerprint);
criterion_main!(benches);
