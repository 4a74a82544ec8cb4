//! The endpoints against the documented requests, answers and error codes.

use super::*;
use crate::sandbox::licenses::{Goods, Status, Term};

const NOW: i64 = 1_750_000_000;

fn registry() -> Registry {
    let mut registry = Registry::default();
    for (code, status) in [
        ("PL-NEW", Status::Unactivated),
        ("PL-NEW2", Status::Unactivated),
        ("PL-ALIVE", Status::Alive),
        ("PL-EXPIRED", Status::Expired),
        ("PL-RELEASED", Status::Released),
        ("PL-WAITS", Status::NotReceived),
    ] {
        let goods = Goods {
            product_id: "12345".into(),
            order_id: "CS123".into(),
            amount: Some(2),
            features: Vec::new(),
        };
        let term = Term::Period(30 * 86_400);
        registry
            .insert(License::new(code, status, term, goods, NOW))
            .unwrap();
    }
    registry
}

fn call(registry: &mut Registry, path: &str, body: Value) -> Answer {
    let endpoint = Endpoint::of(&format!("{BASE}{path}")).unwrap();
    let body = body.to_string();
    let call = Call {
        method: &Method::POST,
        content_type: Some("application/json; charset=utf-8"),
        body: body.as_bytes(),
    };
    serve(endpoint, &call, registry, NOW)
}

fn code(path: &str, body: Value) -> (u16, String) {
    let answer = call(&mut registry(), path, body);
    (answer.http, answer.error_code().unwrap())
}

fn refused(code: &str) -> (u16, String) {
    (200, code.into())
}

fn invalid() -> (u16, String) {
    (400, "95000001".into())
}

#[test]
fn activation_answers_a_document_inside_a_string() {
    let mut registry = registry();
    let body = json!({"license": "PL-NEW"});
    let answer = call(&mut registry, "/v1/license/activate", body.clone());
    assert_eq!(answer.body["error_code"], "92020000");
    let info = answer.body["data"]["license_code_info"].as_str().unwrap();
    let info: Value = serde_json::from_str(info).unwrap();
    assert_eq!(info["status"], "ALIVE");
    assert_eq!(info["product_id"], "12345");
    assert_eq!(info["order_id"], "CS123");
    assert_eq!(info["amount"], 2);

    let query = call(&mut registry, "/v1/license/heartbeat", body.clone());
    let data = &query.body["data"];
    assert_eq!(data["license_code"], "PL-NEW");
    assert_eq!(data["status"], "ALIVE");
    assert_eq!(data["activate_time"], compact(NOW).as_str());
    assert_eq!(
        data["expire_time"],
        compact(NOW + 30 * 86_400).as_str(),
        "the query tells the true expiry"
    );
    assert_eq!(info["expire_time"], compact(NOW + 29 * 86_400).as_str());

    let again = call(&mut registry, "/v1/license/activate", body);
    assert_eq!(again.body["error_code"], "92020003");
    assert!(again.body.get("data").is_none());
}

#[test]
fn business_refusals_are_http_200() {
    let activate = |code_| code("/v1/license/activate", json!({"license": code_}));
    assert_eq!(activate("PL-WAITS"), refused("92020004"));
    assert_eq!(activate("PL-NONE"), refused("92020005"));
    assert_eq!(activate("PL-RELEASED"), refused("92020003"));
    let query = |code_| code("/v1/license/heartbeat", json!({"license": code_}));
    assert_eq!(query("PL-NEW"), refused("92020011"));
    assert_eq!(query("PL-NONE"), refused("92020005"));
    assert_eq!(query("PL-EXPIRED"), refused("92020000"));
    let early = json!({"license": "PL-NEW", "real_effect_time": compact(NOW - 2 * 86_400)});
    assert_eq!(code("/v1/license/activate", early), refused("92020002"));
}

#[test]
fn a_query_tells_expired_and_released() {
    for (license, status) in [("PL-EXPIRED", "EXPIRED"), ("PL-RELEASED", "RELEASED")] {
        let answer = call(
            &mut registry(),
            "/v1/license/heartbeat",
            json!({"license": license}),
        );
        assert_eq!(answer.body["data"]["status"], status);
    }
}

#[test]
fn a_batch_is_all_or_nothing() {
    let mut registry = registry();
    let path = "/v2/license/activate";
    for (bad, code) in [
        ("PL-NONE", "92020020"),
        ("PL-ALIVE", "92020003"),
        ("PL-WAITS", "92020004"),
    ] {
        let body = json!({"license_list": ["PL-NEW", bad, "PL-NEW2"]});
        let answer = call(&mut registry, path, body);
        assert_eq!(answer.body["error_code"], code);
        let untouched = registry.get("PL-NEW").unwrap();
        assert_eq!(untouched.status(NOW), Status::Unactivated);
    }
    let body = json!({"license_list": ["PL-NEW", "PL-NEW2"]});
    let answer = call(&mut registry, path, body);
    assert_eq!(
        answer.body,
        json!({"error_code": "92020000", "error_msg": "success"})
    );
    let activated = registry.get("PL-NEW2").unwrap();
    assert_eq!(activated.status(NOW), Status::Alive);
}

#[test]
fn a_batch_query_lists_each_code() {
    let body = json!({"license_list": ["PL-RELEASED", "PL-ALIVE"]});
    let answer = call(&mut registry(), "/v2/license/heartbeat", body);
    let codes: Vec<&str> = answer.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["license_code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["PL-ALIVE", "PL-RELEASED"]);
    let path = "/v2/license/heartbeat";
    assert_eq!(
        code(path, json!({"license_list": ["PL-NEW"]})),
        refused("92020011")
    );
}

#[test]
fn lists_hold_one_to_a_hundred() {
    let list = |n: usize| json!({"license_list": vec!["PL-NEW"; n]});
    let path = "/v2/license/activate";
    assert_eq!(code(path, list(0)), invalid());
    assert_eq!(code(path, list(100)), refused("92020000"));
    assert_eq!(code(path, list(101)), invalid());
}

#[test]
fn fields_are_checked() {
    let path = "/v1/license/activate";
    for body in [
        json!({}),
        json!({"license": 12}),
        json!({"license": ""}),
        json!({"license": "x".repeat(65)}),
        json!({"license": null}),
        json!({"license": "PL-NEW", "real_effect_time": "2026-01-02"}),
        json!({"license": "PL-NEW", "real_effect_time": 20260102153555_i64}),
    ] {
        assert_eq!(code(path, body.clone()), invalid(), "{body}");
    }
    assert_eq!(
        code(path, json!({"license": "授".repeat(64)})),
        refused("92020005")
    );
    let unknown = json!({"license": "PL-NEW", "new_option": true});
    assert_eq!(code(path, unknown), refused("92020000"));
}

#[test]
fn the_sunset_member_needs_an_account() {
    let ask = |info: Value| {
        code(
            "/v1/license/heartbeat",
            json!({"license": "PL-ALIVE", "heartbeatInfo": info}),
        )
    };
    let good = json!({"thirdPartyAccount": "me", "ip": "192.168.1.51", "more": 1});
    assert_eq!(ask(good), refused("92020000"));
    assert_eq!(ask(json!({"ip": "192.168.1.51"})), invalid());
    assert_eq!(ask(json!("me")), invalid());
    let long = json!({"thirdPartyAccount": "x".repeat(257)});
    assert_eq!(ask(long), invalid());
}

#[test]
fn a_usage_report_carries_exactly_one_of_two() {
    let report = |license: &str, client: Value| {
        let info = json!([{"license": license, "software_usage_Info": [client]}]);
        code(
            "/v2/license/software-usage-info",
            json!({"usage_info": info}),
        )
    };
    assert_eq!(
        report("PL-ALIVE", json!({"id": "account1"})),
        refused("92020000")
    );
    assert_eq!(
        report("PL-ALIVE", json!({"active_num": 100})),
        refused("92020000")
    );
    let both = json!({"id": "a", "active_num": 1});
    assert_eq!(report("PL-ALIVE", both), refused("92020002"));
    assert_eq!(report("PL-ALIVE", json!({})), refused("92020002"));
    for bad in [
        json!({"active_num": 1_000_000_000}),
        json!({"active_num": "100"}),
        json!({"active_num": -1}),
        json!({"id": "x".repeat(257)}),
    ] {
        assert_eq!(report("PL-ALIVE", bad.clone()), invalid(), "{bad}");
    }
    let good = json!({"id": "a"});
    assert_eq!(report("PL-NONE", good.clone()), refused("92020005"));
    assert_eq!(report("PL-NEW", good), refused("92020011"));
}

#[test]
fn usage_lists_are_bounded() {
    let client = json!({"id": "a"});
    let reports = |n, m| {
        let one = json!({"license": "PL-ALIVE", "software_usage_Info": vec![client.clone(); m]});
        let path = "/v2/license/software-usage-info";
        code(path, json!({"usage_info": vec![one; n]}))
    };
    assert_eq!(reports(100, 100), refused("92020000"));
    for (n, m) in [(101, 1), (1, 101), (0, 1), (1, 0)] {
        assert_eq!(reports(n, m), invalid(), "{n} x {m}");
    }
}

#[test]
fn method_type_and_json_are_checked_in_this_order() {
    let ask = |method: Method, content_type, body: &'static [u8]| {
        let call = Call {
            method: &method,
            content_type,
            body,
        };
        let answer = serve(Endpoint::QueryOne, &call, &mut registry(), NOW);
        (answer.http, answer.error_code().unwrap())
    };
    let json_type = Some("application/json");
    let expect = |http, code: &str| (http, code.to_owned());
    assert_eq!(ask(Method::GET, None, b""), expect(405, "95000002"));
    assert_eq!(ask(Method::POST, None, b"{"), expect(415, "95000003"));
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(ask(Method::POST, form, b"{}"), expect(415, "95000003"));
    for unreadable in [&b"{"[..], b"", b"[]", b"\xff"] {
        let answer = ask(Method::POST, json_type, unreadable);
        assert_eq!(answer, expect(400, "95000004"));
    }
}

#[test]
fn other_paths_are_no_endpoints() {
    for path in [
        "/v1/license/activate/",
        "/v3/license/activate",
        "/v1/license/software-usage-info",
        "",
    ] {
        assert_eq!(Endpoint::of(&format!("{BASE}{path}")), None);
    }
    assert_eq!(Endpoint::of("/v1/license/activate"), None);
}
