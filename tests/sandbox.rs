//! The sandbox as its users meet it: the real executable, spoken to over plain sockets by a client of a few lines.

#[path = "support/sandbox.rs"]
mod support;

#[path = "support/signing.rs"]
mod signing;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use signing::{BASE, borrowed, post, sha256, signed};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};
use support::{Reply, Sandbox, head, read_reply};

const ACTIVATE: &str = "/v1/license/activate";
const QUERY: &str = "/v1/license/heartbeat";
const USAGE: &str = "/v2/license/software-usage-info";

fn ask(sandbox: &Sandbox, endpoint: &str, body: &Value) -> Value {
    let reply = post(sandbox, endpoint, body).expect("an answer");
    assert_eq!(reply.status, 200);
    reply.json()
}

fn query(sandbox: &Sandbox) -> std::io::Result<Reply> {
    post(sandbox, QUERY, &json!({"license": "PL-ALIVE"}))
}

fn with_a_licence() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": "PL-ALIVE", "status": "ALIVE", "amount": 3}));
    sandbox
}

#[test]
fn a_code_is_activated_queried_and_reported() {
    let sandbox = Sandbox::start();
    sandbox.license(json!({
        "license": "PL-NEW", "expires_in_s": 1000, "product_id": "P1", "amount": 3, "features": ["cam"]
    }));
    let code = json!({"license": "PL-NEW"});
    assert_eq!(ask(&sandbox, QUERY, &code)["error_code"], "92020011");
    let activated = ask(&sandbox, ACTIVATE, &code);
    assert_eq!(activated["error_code"], "92020000");
    let info = activated["data"]["license_code_info"].as_str().unwrap();
    let info: Value = serde_json::from_str(info).unwrap();
    assert_eq!(ask(&sandbox, ACTIVATE, &code)["error_code"], "92020003");

    let reply = post(&sandbox, QUERY, &code).unwrap();
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("application/json;charset=UTF-8"));
    assert!(reply.header("date").unwrap().ends_with(" GMT"));
    let data = &reply.json()["data"];
    assert_eq!(data["license_code"], "PL-NEW");
    assert_eq!(data["status"], "ALIVE");
    assert_eq!(data["product_id"], "P1");
    assert_eq!(data["amount"], 3);
    assert_eq!(data["features"], json!(["cam"]));
    assert_ne!(data["expire_time"], info["expire_time"], "an estimate");

    let client = json!([{"id": "me"}]);
    let usage = json!({"usage_info": [{"license": "PL-NEW", "software_usage_Info": client}]});
    assert_eq!(ask(&sandbox, USAGE, &usage)["error_code"], "92020000");

    let missing = ask(&sandbox, QUERY, &json!({"license": "PL-NONE"}));
    assert_eq!(missing["error_code"], "92020005");
    let mut answered = Vec::new();
    for request in sandbox.requests() {
        assert_eq!(request["signature"], "ok");
        answered.push(request["answered"]["error_code"].clone());
    }
    let expected = [
        "92020011", "92020000", "92020003", "92020000", "92020000", "92020005",
    ];
    assert_eq!(answered, expected);
}

#[test]
fn the_life_of_a_licence_is_steered_by_the_admin() {
    let sandbox = with_a_licence();
    let status = || query(&sandbox).unwrap().json()["data"]["status"].clone();
    for (action, body, expected) in [
        ("freeze", json!({}), "EXPIRED"),
        ("unfreeze", json!({}), "ALIVE"),
        ("expire", json!({}), "EXPIRED"),
        ("renew", json!({"days": 30}), "ALIVE"),
        ("release", json!({}), "RELEASED"),
    ] {
        let shown = sandbox.act("PL-ALIVE", action, body);
        assert_eq!(shown["status"], expected, "{action}");
        assert_eq!(status(), expected, "{action}");
    }
    sandbox.act("PL-ALIVE", "unactivate", Value::Null);
    assert_eq!(query(&sandbox).unwrap().json()["error_code"], "92020011");
    sandbox.admin("DELETE", "/licenses/PL-ALIVE", Value::Null);
    assert_eq!(query(&sandbox).unwrap().json()["error_code"], "92020005");
}

#[test]
fn a_bad_signature_is_refused_as_documented() {
    let sandbox = with_a_licence();
    let path = format!("{BASE}{QUERY}");
    let headers = signed(&sandbox, &path, "{}", 0);
    let body = json!({"license": "PL-ALIVE"}).to_string();
    let reply = sandbox
        .http_request("POST", &path, &borrowed(&headers), body.as_bytes())
        .unwrap();
    assert_eq!(reply.status, 401);
    let said = reply.json();
    assert_eq!(said["error_code"], "APIGW.0301");
    assert_eq!(said["request_id"].as_str().unwrap().len(), 32);
    let date = &headers[1].1;
    let expected = format!(
        "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:POST|{path}/||\
         content-type:application/json|x-sdk-date:{date}||content-type;x-sdk-date|{}",
        sha256(body.as_bytes())
    );
    assert_eq!(said["error_msg"], expected.as_str());

    let request = &sandbox.requests()[0];
    assert_eq!(request["signature"], "bad: signature differs");
    let shown = request["headers"]["authorization"].as_str().unwrap();
    assert!(shown.ends_with("Signature=****"), "{shown}");
    let logged = std::fs::read_to_string(&sandbox.log).unwrap();
    assert_eq!(logged.lines().count(), 1);
    assert!(!logged.contains(&headers[2].1));
}

#[test]
fn the_clock_of_the_sandbox_is_what_counts() {
    let sandbox = with_a_licence();
    sandbox.shift_clock(3600);
    let reply = query(&sandbox).unwrap();
    assert_eq!(reply.status, 401);
    let text = reply.json()["error_msg"].as_str().unwrap().to_owned();
    assert!(text.contains("signature expired"), "{text}");
    let date = DateTime::parse_from_rfc2822(reply.header("date").unwrap()).unwrap();
    let ahead = date.timestamp() - DateTime::<Utc>::from(SystemTime::now()).timestamp();
    assert!((3590..=3610).contains(&ahead), "{ahead}");

    let path = format!("{BASE}{QUERY}");
    let body = json!({"license": "PL-ALIVE"}).to_string();
    let headers = signed(&sandbox, &path, &body, 3600);
    let reply = sandbox
        .http_request("POST", &path, &borrowed(&headers), body.as_bytes())
        .unwrap();
    assert_eq!(reply.json()["data"]["status"], "ALIVE");
}

#[test]
fn a_bearer_token_needs_no_signature() {
    let sandbox = Sandbox::start_with(&["--bearer", "a-token"]);
    let body = json!({"license": "PL-NONE"}).to_string();
    let ask = |authorization: &str| {
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", authorization),
        ];
        let path = format!("{BASE}{QUERY}");
        sandbox
            .http_request("POST", &path, &headers, body.as_bytes())
            .unwrap()
            .status
    };
    assert_eq!(ask("Bearer a-token"), 200);
    assert_eq!(ask("Bearer b-token"), 401);
    assert_eq!(sandbox.requests()[0]["signature"], "bearer");
    assert!(
        !std::fs::read_to_string(&sandbox.log)
            .unwrap()
            .contains("-token")
    );
}

#[test]
fn unknown_paths_and_oversized_bodies_are_the_gateways_refusals() {
    let sandbox = Sandbox::start();
    let reply = post(&sandbox, "/v9/license/activate", &json!({})).unwrap();
    let said = (reply.status, reply.json()["error_code"].clone());
    assert_eq!(said, (404, json!("APIGW.0101")));
    let large = json!({"license": "x".repeat(12 * 1024 * 1024)});
    let reply = post(&sandbox, QUERY, &large).unwrap();
    let said = (reply.status, reply.json()["error_code"].clone());
    assert_eq!(said, (413, json!("APIGW.0201")));
}

#[test]
fn a_reset_is_a_reset_and_is_counted() {
    let sandbox = with_a_licence();
    sandbox.faults(json!({"reset": true, "count": 1, "path": "heartbeat", "listener": "http"}));
    assert_eq!(
        query(&sandbox).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(query(&sandbox).unwrap().status, 200);
    let requests = sandbox.requests();
    assert_eq!(requests[0]["answered"]["fault"], "reset");
    assert_eq!(requests[0]["signature"], "ok");
    assert_eq!(requests[1]["answered"]["fault"], Value::Null);
}

#[test]
fn an_early_reset_strikes_while_the_client_is_sending() {
    let sandbox = with_a_licence();
    sandbox.faults(json!({"reset": true, "when": "early"}));
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let head = head("POST", &format!("{BASE}{QUERY}"), "localhost", &[], 1 << 20);
    stream.write_all(&head).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let failed = stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
    assert_eq!(sandbox.requests()[0]["signature"], "unchecked");
}

#[test]
fn an_answer_can_be_lost_after_the_request_took_effect() {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": "PL-NEW"}));
    sandbox.faults(json!({"close": true, "when": "after", "count": 1}));
    let code = json!({"license": "PL-NEW"});
    let failed = post(&sandbox, ACTIVATE, &code).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(ask(&sandbox, ACTIVATE, &code)["error_code"], "92020003");
}

#[test]
fn an_answer_can_stop_half_way() {
    let sandbox = with_a_licence();
    sandbox.faults(json!({"truncated": true}));
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let path = format!("{BASE}{QUERY}");
    let body = json!({"license": "PL-ALIVE"}).to_string();
    let headers = signed(&sandbox, &path, &body, 0);
    let head = head("POST", &path, "localhost", &borrowed(&headers), body.len());
    stream.write_all(&head).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut got = String::new();
    stream.read_to_string(&mut got).unwrap();
    let (head, half) = got.split_once("\r\n\r\n").expect("a head");
    let announced = head.to_ascii_lowercase();
    let announced = announced.split("content-length: ").nth(1).unwrap();
    let announced: usize = announced.split("\r\n").next().unwrap().parse().unwrap();
    assert!(!half.is_empty() && half.len() < announced, "{got}");
    let failed = query(&sandbox).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_huge_answer_is_64_mib() {
    let sandbox = with_a_licence();
    sandbox.faults(json!({"huge": true}));
    let reply = query(&sandbox).unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    // Chunk sizes come on top of the body.
    assert!(reply.body.len() > 64 * 1024 * 1024);
    assert!(reply.body.len() < 65 * 1024 * 1024);
}

#[test]
fn the_other_faults_show() {
    let sandbox = with_a_licence();
    let with = |fault: Value| {
        sandbox.faults(fault);
        query(&sandbox).unwrap()
    };
    let reply = with(json!({"garbage": true}));
    assert_eq!(
        reply.header("content-type"),
        Some("text/html;charset=UTF-8")
    );
    let reply = with(json!({"status": 429, "retry_after": 7}));
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (429, Some("7"))
    );
    assert_eq!(reply.json()["error_code"], "APIGW.0308");
    let reply = with(json!({"error_code": "92020001"}));
    assert_eq!(reply.json()["error_code"], "92020001");
    let reply = with(json!({"redirect": "https://example.com/"}));
    let to = reply.header("location");
    assert_eq!((reply.status, to), (302, Some("https://example.com/")));
    let reply = with(json!({"bad_json": true}));
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    let reply = with(json!({"not_utf8": true}));
    assert!(String::from_utf8(reply.body).is_err());
    let reply = with(json!({"numbers_as_strings": true, "drop_expire_time": true}));
    assert_eq!(reply.json()["data"]["amount"], "3");
    assert!(reply.json()["data"].get("expire_time").is_none());
    let began = Instant::now();
    with(json!({"latency_ms": 300}));
    assert!(began.elapsed() >= Duration::from_millis(300));
    sandbox.clear_faults();
    assert_eq!(query(&sandbox).unwrap().json()["data"]["amount"], 3);
}

#[test]
fn a_slow_body_drips() {
    let sandbox = with_a_licence();
    sandbox.faults(json!({"slow_body": true}));
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let began = Instant::now();
    let head = head("POST", &format!("{BASE}{QUERY}"), "localhost", &[], 0);
    stream.write_all(&head).unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\n{\"e") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        got.push(byte[0]);
    }
    assert!(began.elapsed() >= Duration::from_millis(3 * 200));
}

#[test]
fn silence_ends_when_the_sandbox_stops() {
    let mut sandbox = with_a_licence();
    sandbox.faults(json!({"silence": true}));
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let path = format!("{BASE}{QUERY}");
    stream
        .write_all(&head("POST", &path, "localhost", &[], 0))
        .unwrap();
    sandbox.wait_for_requests(QUERY, 1);
    let pause = Some(Duration::from_millis(100));
    stream.set_read_timeout(pause).unwrap();
    let waiting = stream.read(&mut [0; 1]).unwrap_err().kind();
    assert!(matches!(
        waiting,
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let began = Instant::now();
    assert!(sandbox.stop().success());
    assert!(!matches!(stream.read(&mut [0; 1]), Ok(1..)));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn it_ends_with_its_stdin() {
    let mut sandbox = Sandbox::start();
    assert!(sandbox.close_stdin().success());
}

#[test]
fn licences_outlive_the_sandbox_in_a_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let args = ["--state", file.to_str().unwrap()];
    let mut first = Sandbox::start_with(&args);
    first.license(json!({"license": "PL-ALIVE", "status": "ALIVE"}));
    first.stop();
    let second = Sandbox::start_with(&args);
    assert_eq!(query(&second).unwrap().json()["data"]["status"], "ALIVE");
}

#[test]
fn the_admin_refuses_what_makes_no_sense() {
    let sandbox = Sandbox::start();
    let status = |path: &str, headers: &[(&str, &str)], body: Value| {
        let body = body.to_string();
        let reply = sandbox.http_request("POST", path, headers, body.as_bytes());
        reply.unwrap().status
    };
    assert_eq!(status("/admin/faults", &[], json!({"silense": true})), 400);
    assert_eq!(
        status("/admin/licenses", &[], json!({"licence": "PL"})),
        400
    );
    assert_eq!(status("/admin/licenses/PL/expire", &[], json!({})), 404);
    let page = [("Origin", "https://example.com")];
    assert_eq!(status("/admin/stop", &page, json!({})), 403);
    let health = sandbox.admin("GET", "/health", Value::Null);
    assert_eq!(health["ok"], true);
}

#[test]
fn tls_is_trusted_by_the_root_it_writes() {
    let sandbox = with_a_licence();
    let path = format!("{BASE}{QUERY}");
    let body = json!({"license": "PL-ALIVE"}).to_string();
    let headers = signed(&sandbox, &path, &body, 0);
    let head_of = |path: &str| head("POST", path, "localhost", &borrowed(&headers), body.len());
    let send = |path: &str| {
        let mut stream = sandbox.tls();
        stream.write_all(&head_of(path)).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        read_reply(&mut stream)
    };
    assert_eq!(send(&path).unwrap().json()["data"]["status"], "ALIVE");
    assert_eq!(sandbox.requests()[0]["listener"], "https");
    assert_eq!(send("/admin/stop").unwrap().status, 404, "admin is on HTTP");
    sandbox.faults(json!({"reset": true, "listener": "https"}));
    let failed = send(&path).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
    assert_eq!(query(&sandbox).unwrap().status, 200);
}
