//! Licence files of two issuers that share nothing with the library: the crate `jsonwebtoken`, and Ed25519 written from
//! RFC 8032 in plain Python. A C program takes them up by `isc_request_license_file`, under valgrind where there is one.
//! What is right is accepted; everything else is refused, each with its own reason.

#![cfg(target_os = "linux")]

#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use programs::{Link, Program};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Valgrind takes twenty times as long.
const LIMIT: Duration = Duration::from_secs(300);
/// The product of `tests/c/check.h`.
const PRODUCT: &str = "Test";
const VENDOR: [u8; 32] = [7; 32];
const STRANGER: [u8; 32] = [8; 32];
const DAY: i64 = 86_400;
/// What may stand in a token. Only the dot is no digit of base64url.
const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

const NOT_SIGNED: &str = "not signed with a licence key";
const NOT_EDDSA: &str = "not signed with EdDSA";

/// What a token is signed by.
#[derive(Clone)]
enum Signer {
    Ed25519([u8; 32]),
    Hs256(Vec<u8>),
    Nobody,
}

/// A token to issue, and what the library has to say about it: None where it is accepted.
struct Case {
    header: Value,
    claims: Value,
    signer: Signer,
    refusal: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Issuer {
    JsonWebToken,
    Python,
}

impl Issuer {
    fn issue(self, cases: &[Case]) -> Vec<String> {
        match self {
            Issuer::JsonWebToken => cases.iter().map(by_jsonwebtoken).collect(),
            Issuer::Python => by_python(cases),
        }
    }
}

fn by_jsonwebtoken(case: &Case) -> String {
    let mut header: Header = Header::new(Algorithm::HS256);
    let key = match &case.signer {
        Signer::Ed25519(seed) => {
            header.alg = Algorithm::EdDSA;
            EncodingKey::from_ed_der(&pkcs8(seed))
        }
        Signer::Hs256(secret) => EncodingKey::from_secret(secret),
        Signer::Nobody => panic!("jsonwebtoken issues no unsigned token"),
    };
    header.kid = case.header["kid"].as_str().map(str::to_owned);
    jsonwebtoken::encode(&header, &case.claims, &key).expect("it can be issued")
}

/// PKCS#8 of a seed, as `openssl genpkey -algorithm ed25519` writes it.
fn pkcs8(seed: &[u8; 32]) -> Vec<u8> {
    let start = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    [&start[..], seed].concat()
}

fn by_python(cases: &[Case]) -> Vec<String> {
    let wanted = cases.iter().map(|case| {
        let mut wanted = json!({"header": case.header, "claims": case.claims});
        match &case.signer {
            Signer::Ed25519(seed) => wanted["ed25519"] = hex(seed).into(),
            Signer::Hs256(secret) => wanted["hmac"] = hex(secret).into(),
            Signer::Nobody => {}
        }
        wanted
    });
    let wanted: Value = wanted.collect();
    let mut python = Command::new("python3")
        .arg(programs::root().join("tests/support/issue_jwt.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut stdin = python.stdin.take().expect("stdin is piped");
    write!(stdin, "{wanted}").expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list of tokens")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn public_key(seed: &[u8; 32]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed");
    pair.public_key().as_ref().to_vec()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs() as i64
}

/// The program that takes files up, and a folder of files for it.
struct Customer(Program);

impl Customer {
    fn new() -> Customer {
        Customer(programs::build(
            "cc",
            "license_files.c",
            &["-std=c99"],
            Link::Shared,
        ))
    }

    /// Takes the tokens up in this order. Returns the answers, and the codes held in the end.
    fn take_up(&self, tokens: &[String]) -> (Vec<Value>, Value) {
        let list = self.0.folder().join("list");
        let paths: Vec<PathBuf> = tokens.iter().enumerate().map(|t| self.write(t)).collect();
        let lines = paths.iter().map(|path| format!("{}\n", path.display()));
        std::fs::write(&list, lines.collect::<String>()).expect("written");
        let (state, key) = (self.0.folder().join("state"), base64(&public_key(&VENDOR)));
        let arguments = [&*state, Path::new(&key), &*list];
        let said = self.run(&arguments);
        let told = |what| said.lines().filter_map(move |line| line.strip_prefix(what));
        let read = |text: &str| serde_json::from_str::<Value>(text).expect(text);
        let answers: Vec<Value> = told("answer ").map(read).collect();
        assert_eq!(answers.len(), tokens.len(), "{said}");
        let held = told("held ").map(read).next().expect(&said);
        (answers, held)
    }

    /// The machine's hash as the documentation tells it: SHA-256 of the fingerprint's bytes. Asked of the program, since
    /// valgrind shows another CPU.
    fn fingerprint_hash(&self) -> String {
        let said = self.run(&[]);
        let told = said.trim_end().strip_prefix("fingerprint ");
        let fingerprint = told.expect(&said);
        hex(digest(&SHA256, fingerprint.as_bytes()).as_ref())
    }

    fn run(&self, arguments: &[&Path]) -> String {
        match need::need("valgrind") {
            true => self.0.run_by_valgrind(arguments, LIMIT),
            false => self.0.run(arguments, LIMIT),
        }
    }

    fn write(&self, (number, token): (usize, &String)) -> PathBuf {
        let path = self.0.folder().join(format!("{number}.lic"));
        std::fs::write(&path, token).expect("written");
        path
    }
}

/// None where the message says success, else the reason; a failure has the documented form.
fn reason(answer: &Value) -> Option<&str> {
    let params = &answer["params"];
    if params["Status"] == "success" {
        return None;
    }
    assert_eq!(params["Status"], "failed", "{answer}");
    assert_eq!(params["ErrorCode"], -28, "{answer}");
    params["ErrorMsg"].as_str()
}

fn claims(code: &str, more: Value) -> Value {
    let mut claims = json!({"sub": code, "aud": PRODUCT, "exp": now() + 30 * DAY});
    for (name, value) in more.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

fn case(refusal: Option<&'static str>, signer: &Signer, code: &str, more: Value) -> Case {
    let alg = match signer {
        Signer::Ed25519(_) => "EdDSA",
        Signer::Hs256(_) => "HS256",
        Signer::Nobody => "none",
    };
    Case {
        header: json!({"typ": "JWT", "alg": alg, "kid": "2026"}),
        claims: claims(code, more),
        signer: signer.clone(),
        refusal,
    }
}

/// What a vendor may issue, and everything that must not pass.
fn cases(customer: &Customer) -> Vec<Case> {
    let vendor = Signer::Ed25519(VENDOR);
    let here = customer.fingerprint_hash();
    let elsewhere = "0123456789abcdef".repeat(4);
    let now = now();
    let good = |code, more| case(None, &vendor, code, more);
    let bad = |refusal, more| case(Some(refusal), &vendor, "BAD", more);
    let forged = |refusal, signer: Signer| case(Some(refusal), &signer, "BAD", json!({}));
    let key = public_key(&VENDOR);
    let text = base64(&key);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    vec![
        good("SITE", json!({"iss": "ACME", "jti": "F-1", "iat": now})),
        good(
            "HERE",
            json!({"fp": here, "features": ["mesh"], "amount": 3}),
        ),
        good(
            "LIST",
            json!({"fp": [elsewhere, here], "aud": ["Other", PRODUCT]}),
        ),
        // A fraction, as some libraries write times; and a clock that is five minutes off.
        good(
            "SOON",
            json!({"exp": now as f64 + 9000.5, "nbf": now + 300}),
        ),
        forged(NOT_SIGNED, Signer::Ed25519(STRANGER)),
        forged(NOT_EDDSA, Signer::Hs256(key)),
        forged(NOT_EDDSA, Signer::Hs256(text.into_bytes())),
        forged(NOT_EDDSA, Signer::Hs256(pem.into_bytes())),
        bad("another product", json!({"aud": "Testament"})),
        bad("another product", json!({"aud": ["Other"]})),
        bad("has expired", json!({"exp": now - 1})),
        bad("not valid yet", json!({"nbf": now + 3600})),
        bad("another machine", json!({"fp": elsewhere})),
        bad("another machine", json!({"parts": [elsewhere], "min": 1})),
        bad("claim sub", json!({"sub": ""})),
        bad("claim exp", json!({"exp": "never"})),
    ]
}

fn is_accepted_and_refused(issuer: Issuer, more: Vec<Case>) {
    let customer = Customer::new();
    let cases: Vec<Case> = cases(&customer).into_iter().chain(more).collect();
    let tokens = issuer.issue(&cases);
    let (answers, held) = customer.take_up(&tokens);
    for (case, answer) in cases.iter().zip(&answers) {
        let reason = reason(answer);
        let as_expected = match case.refusal {
            None => reason.is_none(),
            Some(refusal) => reason.is_some_and(|reason| reason.contains(refusal)),
        };
        assert!(as_expected, "{issuer:?} {}: {answer}", case.claims);
    }
    assert_eq!(held, json!(["HERE", "LIST", "SITE", "SOON"]));
}

#[test]
fn tokens_of_jsonwebtoken() {
    if need::need("cc") {
        is_accepted_and_refused(Issuer::JsonWebToken, Vec::new());
    }
}

#[test]
fn tokens_of_rfc_8032_in_python() {
    if need::need("cc") && need::need("python3") {
        // The name of an algorithm alone makes no signature, nor does a signature make another algorithm's name.
        let mut cases = vec![case(Some(NOT_EDDSA), &Signer::Nobody, "BAD", json!({}))];
        for alg in ["none", "None", "HS256", "ES256", "eddsa"] {
            let mut renamed = case(Some(NOT_EDDSA), &Signer::Ed25519(VENDOR), "BAD", json!({}));
            renamed.header["alg"] = alg.into();
            cases.push(renamed);
        }
        let mut unsigned = case(Some(NOT_SIGNED), &Signer::Nobody, "BAD", json!({}));
        unsigned.header["alg"] = "EdDSA".into();
        cases.push(unsigned);
        is_accepted_and_refused(Issuer::Python, cases);
    }
}

/// Every single character changed: to its neighbour in the alphabet, whose bits differ in the lowest place; the last of
/// each part, which has spare bits, and the first to every other one.
fn changes(token: &str) -> Vec<String> {
    let bytes = token.as_bytes();
    let mut changed = Vec::new();
    for (at, &old) in bytes.iter().enumerate() {
        let place = CHARACTERS.iter().position(|known| *known == old);
        let place = place.expect("a character of a token");
        let at_edge = [at.checked_sub(1), Some(at + 1)].into_iter().any(|next| {
            next.and_then(|next| bytes.get(next))
                .is_none_or(|b| *b == b'.')
        });
        let others = match at_edge || old == b'.' {
            true => CHARACTERS,
            false => std::slice::from_ref(&CHARACTERS[place ^ 1]),
        };
        for new in others.iter().filter(|new| **new != old) {
            let mut bytes = bytes.to_vec();
            bytes[at] = *new;
            changed.push(String::from_utf8(bytes).expect("ASCII"));
        }
    }
    changed
}

fn no_character_can_be_changed(issuer: Issuer) {
    let good = case(None, &Signer::Ed25519(VENDOR), "GOOD", json!({}));
    let token = issuer.issue(&[good]).remove(0);
    let mut tokens = changes(&token);
    assert!(tokens.len() > token.len(), "each place is changed");
    tokens.push(token);
    let (answers, held) = Customer::new().take_up(&tokens);
    let (last, refused) = answers.split_last().expect("there are some");
    for (token, answer) in tokens.iter().zip(refused) {
        assert!(reason(answer).is_some(), "{token}: {answer}");
    }
    assert_eq!(reason(last), None);
    assert_eq!(held, json!(["GOOD"]));
}

#[test]
fn no_character_of_jsonwebtokens_can_be_changed() {
    if need::need("cc") {
        no_character_can_be_changed(Issuer::JsonWebToken);
    }
}

#[test]
fn no_character_of_pythons_can_be_changed() {
    if need::need("cc") && need::need("python3") {
        no_character_can_be_changed(Issuer::Python);
    }
}
