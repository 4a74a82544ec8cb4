use super::*;
use proptest::prelude::*;
use serde_json::json;

const CODE: &str = "PL-0123456789";

fn envelope(data: Value) -> Envelope {
    let body = json!({"error_code": "92020000", "error_msg": "success", "data": data});
    Envelope::parse(body.to_string().as_bytes()).unwrap()
}

fn read(data: Value) -> Result<LicenseInfo, Error> {
    LicenseInfo::read(&envelope(data), CODE, 0)
}

fn full() -> Value {
    json!({
        "license_code": CODE, "status": "ALIVE", "expire_time": "20230726121646",
        "activate_time": "20220726121646", "product_id": "12345", "amount": 2, "features": ["cam", "cad"],
        "a_new_member": {"anything": [1, 2]},
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut data = full();
    data[member] = value;
    data
}

#[test]
fn requests_are_spelled_as_documented() {
    let text = |value: &dyn erased::Json| value.json();
    assert_eq!(text(&ActivateOne { license: "A" }), r#"{"license":"A"}"#);
    assert_eq!(text(&Query::new("A", None)), r#"{"license":"A"}"#);
    let codes = ["A".to_string(), "B".to_string()];
    let many = ActivateMany {
        license_list: &codes,
    };
    assert_eq!(text(&many), r#"{"license_list":["A","B"]}"#);
    let usage = [
        Usage {
            license: "A".into(),
            clients: Clients::Id("account1".into()),
        },
        Usage {
            license: "B".into(),
            clients: Clients::ActiveNum(100),
        },
    ];
    assert_eq!(
        text(&UsageReport::new(&usage)),
        concat!(
            r#"{"usage_info":[{"license":"A","software_usage_Info":[{"id":"account1"}]},"#,
            r#"{"license":"B","software_usage_Info":[{"active_num":100}]}]}"#
        )
    );
}

mod erased {
    pub trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}

#[test]
fn an_answer_is_read_in_every_tolerated_form() {
    let expected = read(full()).unwrap();
    assert_eq!(expected.status, LicenseState::Alive);
    assert_eq!(expected.expires_at, 1_690_373_806);
    assert_eq!(expected.activated_at, 1_658_837_806);
    assert_eq!(expected.product_id, "12345");
    assert_eq!(expected.amount, 2);
    assert_eq!(expected.features, ["cam", "cad"]);

    let mut renamed = with("expireTime", json!("20230726121646"));
    renamed.as_object_mut().unwrap().remove("expire_time");
    for same in [
        with("expire_time", json!(20_230_726_121_646_u64)),
        with("expire_time", json!(1_690_373_806)),
        with("expire_time", json!(1_690_373_806_000_u64)),
        with("expire_time", json!("2023-07-26T12:16:46Z")),
        with("amount", json!("2")),
        with("product_id", json!(12345)),
        with("status", json!(" alive ")),
        json!(full().to_string()),
        renamed,
    ] {
        assert_eq!(read(same.clone()).as_ref(), Ok(&expected), "{same}");
    }
}

#[test]
fn what_is_not_stated_is_unknown() {
    let info = read(json!({"status": "RELEASED"})).unwrap();
    assert_eq!(info.status, LicenseState::Released);
    assert_eq!(
        (info.expires_at, info.activated_at, info.amount),
        (0, 0, -1)
    );
    assert_eq!((info.product_id.as_str(), info.features.len()), ("", 0));
    for empty in [json!(null), json!(""), json!(0), json!("0")] {
        let data = with("expire_time", empty.clone());
        assert_eq!(read(data).unwrap().expires_at, 0, "{empty}");
    }
    let odd = with("activate_time", json!("some day"));
    assert_eq!(read(odd).unwrap().activated_at, 0);
    assert_eq!(read(with("amount", json!(-5))).unwrap().amount, -1);
    assert_eq!(
        read(with("features", json!("cam"))).unwrap().features.len(),
        0
    );
}

#[test]
fn the_zone_of_the_expiry_is_the_option_s() {
    let info = LicenseInfo::read(&envelope(full()), CODE, 480).unwrap();
    assert_eq!(info.expires_at, 1_690_373_806 - 8 * 3600);
}

#[test]
fn what_decides_and_cannot_be_read_is_an_error() {
    for data in [
        json!(null),
        json!([]),
        json!(7),
        json!("not json"),
        json!("[]"),
        json!({}),
        with("status", json!("FROZEN")),
        with("status", json!(null)),
        with("expire_time", json!("next summer")),
        with("expire_time", json!("20230732121646")),
        with("expire_time", json!(["20230726121646"])),
        with("expire_time", json!(-1)),
        with("license_code", json!("PL-other")),
    ] {
        let error = read(data.clone()).expect_err(&data.to_string());
        assert_eq!(error.status, Status::Protocol, "{data}");
        assert!(!error.text.contains("PL-"), "{data}");
    }
}

#[test]
fn a_frozen_licence_has_a_cause_of_its_own() {
    for (status, cause) in [
        ("FROZEN", Cause::Frozen),
        ("Freeze", Cause::Frozen),
        ("UNFREEZE", Cause::Protocol),
    ] {
        let error = read(with("status", json!(status))).unwrap_err();
        assert_eq!((error.status, error.cause), (Status::Protocol, cause));
    }
}

#[test]
fn an_envelope_needs_an_object_with_an_error_code() {
    let parse = |text: &str| Envelope::parse(text.as_bytes()).map(|found| found.error_code);
    let ok = Some("92020000".to_string());
    assert_eq!(parse(r#"{"error_code":"92020000"}"#), ok);
    assert_eq!(parse(r#"{"error_code":92020000,"error_msg":null}"#), ok);
    assert_eq!(parse("\u{feff}{\"error_code\":\" 92020000 \"}\r\n"), ok);
    for text in [
        "",
        "<html></html>",
        "[]",
        "{}",
        "{\"error_code\":",
        r#"{"error_code":null}"#,
        r#"{"error_code":{}}"#,
        r#"{"error_code":"1"} trailing"#,
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
    assert_eq!(Envelope::parse(b"{\"error_code\":\"\xff\"}"), None);
}

#[test]
fn deep_documents_are_refused_without_exhausting_the_stack() {
    let deep = "[".repeat(500_000);
    let body = format!("{{\"error_code\":\"92020000\",\"data\":{deep}");
    assert_eq!(Envelope::parse(body.as_bytes()), None);
    assert_eq!(read(json!(deep)).unwrap_err().status, Status::Protocol);
}

#[test]
fn a_long_product_id_is_cut_between_characters() {
    let id = read(with("product_id", json!("授".repeat(50))))
        .unwrap()
        .product_id;
    assert_eq!(id, "授".repeat(42));
    let id = read(with("product_id", json!("a\u{0}b")))
        .unwrap()
        .product_id;
    assert_eq!(id, "ab");
}

proptest! {
    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::parse(&body);
    }

    #[test]
    fn no_member_panics(name in "[a-z_T]{1,12}", value in ".*", number in any::<f64>()) {
        let _ = read(with(&name, json!(value)));
        let _ = read(with(&name, json!(number)));
    }
}
