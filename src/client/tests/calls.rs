//! What the blocking calls answer.

use super::*;
use crate::Status;
use crate::license::Verdict;
use crate::marketplace::Clients;

#[test]
fn without_keys_every_online_call_says_so() {
    let mut world = World::new();
    world.online = false;
    let client = world.client();
    let answers = [
        client.heartbeat(None),
        client.heartbeat(Some("CODE-0001")),
        client.query(None),
        client.query(Some("CODE-0001")),
        client.activate("CODE-0001"),
    ];
    for answer in answers {
        assert_eq!(answer.unwrap_err().status, Status::Unsupported);
    }
    // With keys, what is missing is the licence.
    world.online = true;
    let missing = world.client().heartbeat(None).unwrap_err();
    assert_eq!(missing.status, Status::NotActivated);
}

#[test]
fn an_activation_is_confirmed_by_a_query_and_licensed() {
    let world = World::new();
    let client = world.client();
    assert!(!client.is_licensed(None));
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Ok));
    assert!(client.is_licensed(None));
    assert!(client.is_licensed(Some(b"CODE-0001")));
    assert!(!client.is_licensed(Some(b"CODE-0002")));
    assert!(client.has_feature(b"P-1"));
    let info = client.license_info(None).unwrap();
    assert_eq!(info.verdict, Verdict::Alive);
    assert_eq!(info.expires_at, T + 100 * DAY);
    assert_eq!((info.checked_at, info.amount), (T, 3));
    assert_eq!(client.heartbeat(None), Ok(Status::Already));
    assert_eq!(world.market.queries(), 1);
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Already));
    assert_eq!(client.list_licenses().unwrap(), r#"["CODE-0001"]"#);
}

#[test]
fn an_activation_whose_query_fails_is_licensed_and_the_check_stays_due() {
    let world = World::new().with(33, 200);
    world.market.mood(Mood::MuteQueries);
    let client = world.client();
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Ok));
    let info = client.license_info(Some("CODE-0001")).unwrap();
    assert_eq!((info.verdict, info.expires_at), (Verdict::Alive, 0));
    assert_eq!(client.heartbeat(None), Ok(Status::Cached));
    world.market.mood(Mood::Kind);
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    assert_eq!(client.license_info(None).unwrap().expires_at, T + 100 * DAY);
}

#[test]
fn already_activated_without_a_confirmation_is_the_querys_error() {
    let world = World::new().with(33, 200);
    world.market.set("CODE-0001", "ALIVE", T + DAY);
    world.market.mood(Mood::MuteQueries);
    let client = world.client();
    let error = client.activate("CODE-0001").unwrap_err();
    assert_eq!(error.status, Status::Timeout);
    assert!(!client.is_licensed(None));
    world.market.mood(Mood::Kind);
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Already));
}

#[test]
fn several_codes_are_activated_in_one_request() {
    let world = World::new();
    world.market.set("CODE-0002", "NEW", T + DAY);
    let client = world.client();
    let codes = ["CODE-0001", "CODE-0002", "CODE-0001"];
    assert_eq!(client.activate_many(&codes), Ok(Status::Ok));
    assert_eq!(world.market.count("/v2/license/activate"), 1);
    assert!(client.is_licensed(Some(b"CODE-0001")) && client.is_licensed(Some(b"CODE-0002")));
    // The best one lasts longest.
    assert_eq!(client.license_info(None).unwrap().license, "CODE-0001");
    // One of these is active already, so each is queried, and the other one is not known.
    let error = client.activate_many(&["CODE-0001", "NONE-0009"]);
    assert_eq!(error.unwrap_err().status, Status::UnknownLicense);
}

#[test]
fn every_refusal_has_its_answer_and_the_cache_stays() {
    let world = World::new().with(33, 150).with(34, 400);
    let client = world.activated();
    let rows = [
        (Mood::Unreachable, Status::Network),
        (Mood::Mute, Status::Timeout),
        (Mood::Http(429), Status::Throttled),
        (Mood::Http(401), Status::Unauthorized),
        (Mood::Http(403), Status::Unauthorized),
        (Mood::Http(500), Status::Server),
        (Mood::Http(503), Status::Server),
        (Mood::Http(404), Status::Rejected),
        (Mood::Http(302), Status::Protocol),
        (Mood::Http(200), Status::Protocol),
    ];
    for (mood, expected) in rows {
        world.market.mood(mood);
        let error = client.query(Some("CODE-0001")).unwrap_err();
        assert_eq!(error.status, expected, "{mood:?}");
        assert!(client.is_licensed(None), "{mood:?}");
    }
}

#[test]
fn a_heartbeat_speaks_from_the_cache_only_where_nobody_answered() {
    let world = World::new().with(33, 150).with(34, 400);
    let client = world.activated();
    world.days_later(1);
    for (mood, expected) in [
        (Mood::Unreachable, Ok(Status::Cached)),
        (Mood::Mute, Ok(Status::Cached)),
        (Mood::Http(500), Err(Status::Server)),
        (Mood::Http(429), Err(Status::Throttled)),
        (Mood::Http(401), Err(Status::Unauthorized)),
    ] {
        world.market.mood(mood);
        let answer = client.heartbeat(Some("CODE-0001"));
        assert_eq!(answer.map_err(|e| e.status), expected, "{mood:?}");
    }
    world.days_later(9);
    world.market.mood(Mood::Unreachable);
    let error = client.heartbeat(None).unwrap_err();
    assert_eq!(error.status, Status::Network);
}

#[test]
fn what_the_marketplace_says_of_a_code_becomes_its_verdict() {
    let world = World::new();
    let client = world.activated();
    for (status, verdict, expected) in [
        ("EXPIRED", Verdict::Expired, Status::Expired),
        ("RELEASED", Verdict::Released, Status::Released),
    ] {
        world.market.set("CODE-0001", status, T + 100 * DAY);
        let error = client.query(None).unwrap_err();
        assert_eq!(error.status, expected);
        assert_eq!(client.license_info(None).unwrap().verdict, verdict);
        assert!(!client.is_licensed(None));
    }
    // The code is kept, and the next ALIVE restores it.
    world.market.set("CODE-0001", "ALIVE", T + 100 * DAY);
    assert_eq!(client.query(None), Ok(Status::Ok));
    assert!(client.is_licensed(None));
    world.market.licenses.lock().unwrap().clear();
    let error = client.query(None).unwrap_err();
    assert_eq!(error.status, Status::UnknownLicense);
    assert_eq!(
        client.license_info(None).unwrap().verdict,
        Verdict::Released
    );
    assert_eq!(
        client.heartbeat(None).unwrap_err().status,
        Status::UnknownLicense
    );
}

#[test]
fn not_activated_leaves_the_verdict() {
    let world = World::new();
    let client = world.activated();
    world.market.set("CODE-0001", "NEW", T + 100 * DAY);
    assert_eq!(client.query(None).unwrap_err().status, Status::NotActivated);
    assert!(client.is_licensed(None));
}

#[test]
fn a_query_takes_up_an_unknown_code_only_if_alive() {
    let world = World::new();
    world.market.set("OTHER-01", "ALIVE", T + DAY);
    world.market.set("OTHER-02", "EXPIRED", T - DAY);
    let client = world.client();
    assert_eq!(client.query(Some("OTHER-01")), Ok(Status::Ok));
    assert_eq!(
        client.query(Some("OTHER-02")).unwrap_err().status,
        Status::Expired
    );
    assert_eq!(client.list_licenses().unwrap(), r#"["OTHER-01"]"#);
    assert_eq!(
        client.heartbeat(Some("OTHER-02")).unwrap_err().status,
        Status::NotActivated
    );
}

#[test]
fn bad_codes_are_refused_before_anything_is_sent() {
    let world = World::new();
    let client = world.client();
    let long = "x".repeat(65);
    for code in ["", long.as_str(), "a\nb"] {
        let status = client.activate(code).unwrap_err().status;
        assert_eq!(status, Status::InvalidArgument);
        assert_eq!(client.query(Some(code)).unwrap_err().status, status);
    }
    let many = vec!["CODE"; 101];
    assert_eq!(
        client.activate_many(&many).unwrap_err().status,
        Status::Limit
    );
    assert_eq!(
        client.activate_many(&[]).unwrap_err().status,
        Status::InvalidArgument
    );
    assert!(world.market.asked.lock().unwrap().is_empty());
}

#[test]
fn the_257th_code_is_one_too_many() {
    let world = World::new();
    let client = world.client();
    let codes: Vec<String> = (0..256).map(|n| format!("SUITE-{n:04}")).collect();
    for code in &codes {
        world.market.set(code, "NEW", T + DAY);
    }
    for chunk in codes.chunks(100) {
        let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
        assert_eq!(client.activate_many(&chunk), Ok(Status::Ok));
    }
    assert_eq!(
        client.activate("CODE-0001").unwrap_err().status,
        Status::Limit
    );
    world.market.set("CODE-0001", "ALIVE", T + DAY);
    assert_eq!(
        client.query(Some("CODE-0001")).unwrap_err().status,
        Status::Limit
    );
    assert_eq!(client.activate("SUITE-0000"), Ok(Status::Already));
}

#[test]
fn usage_is_reported_as_documented() {
    let world = World::new();
    let client = world.activated();
    client
        .report_usage("CODE-0001", Clients::Id("user".into()))
        .unwrap();
    client
        .report_usage("CODE-0001", Clients::ActiveNum(12))
        .unwrap();
    let asked = world.market.asked.lock().unwrap();
    let sent: Vec<&Value> = asked
        .iter()
        .filter(|(url, _)| url.ends_with("/v2/license/software-usage-info"))
        .map(|(_, body)| &body["usage_info"][0]["software_usage_Info"][0])
        .collect();
    assert_eq!(sent, [&json!({"id": "user"}), &json!({"active_num": 12})]);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let world = World::new();
    let mut config = world.config();
    config.credentials = crate::marketplace::Credentials::None;
    let client = Client::start(config, world.surroundings()).unwrap();
    assert_eq!(
        client.activate("CODE-0001").unwrap_err().status,
        Status::Unsupported
    );
    client
        .set_string(super::super::LiveOption::BearerToken, "token")
        .unwrap();
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Ok));
}

#[test]
fn nothing_secret_reaches_the_log() {
    let world = World::new().with(33, 150).with(34, 400);
    let client = world.activated();
    world.market.mood(Mood::Http(401));
    let _ = client.query(None);
    client.forget(Some("CODE-0001")).unwrap();
    let log = world.log.lock().unwrap().join("\n");
    assert!(log.contains("CO****01"), "{log}");
    for secret in ["CODE-0001", "SK"] {
        assert!(!log.contains(secret), "{log}");
    }
}
