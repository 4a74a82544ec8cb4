//! A client against a sandbox that misbehaves, over real sockets and TLS: each fault has its own answer in bounded time,
//! and the licence in the cache is not lost.

#[path = "support/sandbox.rs"]
mod support;

use iscdesk::client::{Client, Options};
use iscdesk::error::Status;
use serde_json::json;
use std::time::{Duration, Instant};
use support::Sandbox;
use tempfile::TempDir;

const CODE: &str = "PL-FAULTS-0001";
const CALL_TIMEOUT_MS: i64 = 3000;

fn options(sandbox: &Sandbox, folder: &TempDir, url: &str) -> Options {
    let mut options = Options::new();
    for (key, value) in [
        (1, "ACME"),
        (2, "Faults"),
        (3, "1.0.0"),
        (10, sandbox.access_key.as_str()),
        (11, sandbox.secret_key.as_str()),
        (14, url),
        (20, folder.path().to_str().unwrap()),
    ] {
        options.set_string(key, value).unwrap();
    }
    for (key, value) in [(33, 1000), (34, CALL_TIMEOUT_MS), (43, 0)] {
        options.set_int(key, value).unwrap();
    }
    options
}

fn with_ca(mut options: Options, sandbox: &Sandbox) -> Options {
    options
        .set_string(31, sandbox.ca_file.to_str().unwrap())
        .unwrap();
    options
}

fn licensed_client(sandbox: &Sandbox, folder: &TempDir) -> Client {
    sandbox.license(json!({"license": CODE, "status": "UNACTIVATED", "expires_in_s": 8_640_000}));
    let options = with_ca(options(sandbox, folder, &sandbox.https), sandbox);
    let client = Client::init(&options).unwrap();
    assert_eq!(client.activate(CODE), Ok(Status::Ok));
    client
}

#[test]
fn each_fault_has_its_answer_and_the_cache_stays() {
    let (sandbox, folder) = (Sandbox::start(), TempDir::new().unwrap());
    let client = licensed_client(&sandbox, &folder);
    let rows = [
        (json!({"silence": true}), Status::Timeout),
        (json!({"reset": true}), Status::Network),
        (json!({"close": true}), Status::Network),
        (json!({"garbage": true}), Status::Protocol),
        (json!({"huge": true}), Status::Protocol),
        (json!({"bad_json": true}), Status::Protocol),
        (json!({"not_utf8": true}), Status::Protocol),
        (json!({"wrong_code": true}), Status::Protocol),
        (
            json!({"redirect": "http://127.0.0.1:9/elsewhere"}),
            Status::Protocol,
        ),
        (json!({"truncated": true}), Status::Network),
        (json!({"slow_body": true}), Status::Timeout),
        (json!({"status": 429, "retry_after": 77}), Status::Throttled),
        (json!({"status": 401}), Status::Unauthorized),
        (json!({"status": 403}), Status::Unauthorized),
        (json!({"status": 404}), Status::Rejected),
        (json!({"status": 500}), Status::Server),
        (json!({"status": 502}), Status::Server),
        (json!({"status": 503}), Status::Server),
        (json!({"error_code": "92020001"}), Status::Server),
        (json!({"error_code": "92020002"}), Status::Rejected),
        (json!({"error_code": "92029999"}), Status::Rejected),
    ];
    for (fault, expected) in rows {
        sandbox.faults(fault.clone());
        let begun = Instant::now();
        let error = client.query(Some(CODE)).unwrap_err();
        assert_eq!(error.status, expected, "{fault}: {error:?}");
        // Not a figure, only that nothing hangs.
        assert!(begun.elapsed() < Duration::from_secs(20), "{fault}");
        assert!(client.is_licensed(Some(CODE.as_bytes())), "{fault}");
        assert!(!error.to_string().contains(CODE), "{error}");
        if expected == Status::Throttled {
            assert_eq!(error.retry_after_s, Some(77));
        }
    }
    for tolerated in ["drop_expire_time", "numbers_as_strings", "extra_members"] {
        let mut fault = json!({});
        fault[tolerated] = json!(true);
        sandbox.faults(fault);
        assert_eq!(client.query(Some(CODE)), Ok(Status::Ok), "{tolerated}");
    }
}

#[test]
fn an_unknown_root_is_a_tls_error_and_a_ca_file_mends_it() {
    let (sandbox, folder) = (Sandbox::start(), TempDir::new().unwrap());
    sandbox.license(json!({"license": CODE, "status": "UNACTIVATED", "expires_in_s": 1000}));
    let client = Client::init(&options(&sandbox, &folder, &sandbox.https)).unwrap();
    assert_eq!(client.activate(CODE).unwrap_err().status, Status::Tls);
    let ca_file = sandbox.ca_file.to_str().unwrap();
    client
        .set_string(iscdesk::client::LiveOption::CaFile, ca_file)
        .unwrap();
    assert_eq!(client.activate(CODE), Ok(Status::Ok));
}

#[test]
fn a_clock_that_is_an_hour_off_is_corrected_by_one_more_request() {
    let (sandbox, folder) = (Sandbox::start(), TempDir::new().unwrap());
    sandbox.license(json!({"license": CODE, "status": "UNACTIVATED", "expires_in_s": 8_640_000}));
    sandbox.shift_clock(7200);
    let options = with_ca(options(&sandbox, &folder, &sandbox.https), &sandbox);
    let client = Client::init(&options).unwrap();
    assert_eq!(client.activate(CODE), Ok(Status::Ok));
    let refused = |request: &&serde_json::Value| request["answered"]["http"] == 401;
    let requests = sandbox.requests();
    assert_eq!(requests.iter().filter(refused).count(), 1, "{requests:?}");
}

#[test]
fn what_http_told_does_not_count_for_https() {
    let (sandbox, folder) = (Sandbox::start(), TempDir::new().unwrap());
    sandbox.license(json!({"license": CODE, "status": "UNACTIVATED", "expires_in_s": 8_640_000}));
    let plain = Client::init(&options(&sandbox, &folder, &sandbox.http)).unwrap();
    assert_eq!(plain.activate(CODE), Ok(Status::Ok));
    assert!(plain.is_licensed(None));
    let options = with_ca(options(&sandbox, &folder, &sandbox.https), &sandbox);
    let strict = Client::init(&options).unwrap();
    assert!(!strict.is_licensed(None));
    assert_eq!(strict.heartbeat(None), Ok(Status::Ok));
    assert!(strict.is_licensed(None));
}
