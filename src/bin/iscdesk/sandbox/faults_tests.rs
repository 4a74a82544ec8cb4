//! Which fault acts on which request, and what it makes of an answer.

use super::*;

fn fault(json: Value) -> Fault {
    serde_json::from_value(json).unwrap()
}

fn answer() -> Value {
    let info = json!({"expire_time": "20300101000000", "amount": 2}).to_string();
    json!({
        "error_code": "92020000",
        "error_msg": "success",
        "data": {"license_code": "PL-1", "expire_time": "20300101000000", "amount": 2},
        "inside": {"license_code_info": info},
    })
}

fn changed(json: Value) -> Value {
    let mut body = answer();
    fault(json).change_members(&mut body, "PL-2");
    body
}

#[test]
fn the_first_match_acts_and_is_counted_down() {
    let mut faults = Faults::default();
    faults.set(vec![
        fault(json!({"count": 2, "path": "heartbeat", "reset": true})),
        fault(json!({"listener": "https", "status": 503})),
    ]);
    let mut name = |listener, path| faults.take(listener, path).map(|f| f.name());
    let reset = Some("reset".to_owned());
    let status = Some("status".to_owned());
    assert_eq!(name(Listener::Http, "/v1/license/activate"), None);
    assert_eq!(name(Listener::Http, "/v1/license/heartbeat"), reset);
    assert_eq!(name(Listener::Https, "/v1/license/heartbeat"), reset);
    assert_eq!(name(Listener::Http, "/v1/license/heartbeat"), None);
    assert_eq!(name(Listener::Https, "/v1/license/heartbeat"), status);
    assert_eq!(faults.all()[0].count, Some(0));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for bad in [
        json!({"reset": true, "silence": true}),
        json!({"when": "after", "truncated": true}),
        json!({"status": 42}),
        json!({"retry_after": 3}),
    ] {
        assert!(fault(bad.clone()).problem().is_some(), "{bad}");
    }
    assert!(serde_json::from_value::<Fault>(json!({"silense": true})).is_err());
    let good = json!({"status": 429, "retry_after": 3, "when": "early"});
    assert_eq!(fault(good).problem(), None);
}

#[test]
fn a_status_carries_the_gateways_code_and_the_waiting_time() {
    for (retry_after, header) in [(json!(3), "3"), (json!("Wed"), "Wed")] {
        let fault = fault(json!({"status": 429, "retry_after": retry_after}));
        let Some(Instead::Answer(answer)) = fault.instead() else {
            panic!("no answer");
        };
        assert_eq!(answer.http, 429);
        assert_eq!(answer.body["error_code"], "APIGW.0308");
        assert_eq!(answer.headers["retry-after"], header);
    }
}

#[test]
fn members_are_changed_where_they_are() {
    let body = changed(json!({"drop_expire_time": true}));
    assert!(body["data"].get("expire_time").is_none());
    assert_eq!(body["data"]["amount"], 2);

    let body = changed(json!({"numbers_as_strings": true}));
    assert_eq!(body["data"]["amount"], "2");

    let body = changed(json!({"wrong_code": true}));
    assert_eq!(body["data"]["license_code"], "PL-2");

    let body = changed(json!({"extra_members": true}));
    assert!(body["trace"].is_object() && body["data"]["seats"].is_object());

    assert_eq!(changed(json!({})), answer());
}

#[test]
fn members_are_changed_inside_the_string_and_in_lists() {
    let dropping = fault(json!({"drop_expire_time": true, "numbers_as_strings": true}));
    let mut body = json!({"data": answer()["inside"]});
    dropping.change_members(&mut body, "PL-2");
    let text = body["data"]["license_code_info"].as_str().unwrap();
    assert_eq!(text, "{\"amount\":\"2\"}");

    let mut body = json!({"data": [answer()["data"]]});
    fault(json!({"wrong_code": true})).change_members(&mut body, "PL-2");
    assert_eq!(body["data"][0]["license_code"], "PL-2");
}

#[test]
fn bytes_become_unreadable() {
    let bytes = answer().to_string().into_bytes();
    let cut = fault(json!({"bad_json": true})).change_bytes(bytes.clone());
    assert!(serde_json::from_slice::<Value>(&cut).is_err());
    assert!(std::str::from_utf8(&cut).is_ok());
    let dirty = fault(json!({"not_utf8": true})).change_bytes(bytes.clone());
    assert!(std::str::from_utf8(&dirty).is_err());
    let lossy = String::from_utf8_lossy(&dirty).into_owned();
    assert!(serde_json::from_str::<Value>(&lossy).is_ok());
    assert_eq!(fault(json!({})).change_bytes(bytes.clone()), bytes);
}
