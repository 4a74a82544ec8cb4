//! Faults of single options, and how they are reported.

use super::*;
use proptest::prelude::*;

#[test]
fn numbers_keep_their_ranges() {
    let timeout = (100, 600_000);
    let offset = (-720, 840);
    let table = [
        (Key::ConnectTimeoutMs, timeout),
        (Key::RequestTimeoutMs, timeout),
        (Key::CallTimeoutMs, timeout),
        (Key::OfflineDays, (0, 365)),
        (Key::DayOffsetMinutes, offset),
        (Key::ExpiryOffsetMinutes, offset),
        (Key::AutoHeartbeat, (0, 1)),
    ];
    for (key, (low, high)) in table {
        for inside in [low, high] {
            good(&[(key, &inside.to_string())]);
        }
        for below in [low - 1, i64::MIN] {
            assert_eq!(
                fault(key, &below.to_string()),
                format!("{below} is below {low}")
            );
        }
        for above in [high + 1, i64::MAX] {
            assert_eq!(
                fault(key, &above.to_string()),
                format!("{above} is above {high}")
            );
        }
    }
}

#[test]
fn no_text_is_empty_or_holds_a_control_character() {
    for (key, _, _) in TABLE {
        let text = key.kind() == crate::client::options::Kind::Text;
        if !text || key == Key::RelayPublicKey {
            continue;
        }
        for (value, expected) in [
            ("", "empty"),
            ("  ", "empty"),
            ("a\0b", "holds a control character"),
            ("a\nb", "holds a control character"),
            ("a\u{85}b", "holds a control character"),
        ] {
            let text = faults(&with(&[(key, value)]));
            let expected = format!("{}: {expected}", key.name());
            assert!(
                text.split("; ").any(|one| one == expected),
                "{value:?}: {text}"
            );
        }
    }
}

#[test]
fn names_are_one_component_of_a_path() {
    for key in [Key::Vendor, Key::Product, Key::Version] {
        for bad in ["a/b", "a\\b", "C:", "../x", "..", ".", " . "] {
            fault(key, bad);
        }
        let longest = "华".repeat(42) + "ab";
        assert_eq!(longest.len(), 128);
        good(&[(key, &longest)]);
        assert_eq!(fault(key, &format!("{longest}c")), "longer than 128 bytes");
        for fine in ["Acme & Söhne", "a..b", ".hidden", "1.0-rc.1", "工业软件"] {
            good(&[(key, fine)]);
        }
    }
}

#[test]
fn words_are_exact() {
    for (key, words) in [
        (Key::Scope, "user or machine"),
        (Key::Delivery, "thread or poll"),
        (Key::Language, "en or zh"),
    ] {
        for bad in ["x", "User", " user", "EN", "polls"] {
            assert_eq!(fault(key, bad), format!("must be {words}"));
        }
    }
}

#[test]
fn single_values_are_refused_with_a_reason() {
    let path = ABSOLUTE.to_owned() + "-no-such-file.pem";
    let table = [
        (Key::Endpoint, "http://example.com", "may be http only"),
        (Key::Endpoint, "example.com", "must begin with https://"),
        (
            Key::FallbackEndpoint,
            "https://u:p@example.com",
            "may hold no user",
        ),
        (Key::Proxy, "socks5://h:1", "must be `direct` or http://"),
        (Key::CaFile, &path, "cannot be read"),
        (Key::CaFile, ".", "is not a file"),
        (Key::HelperPath, "bin/iscdesk", "must be an absolute path"),
        (
            Key::LicensePublicKey,
            "AAAA",
            "key 1 is not 32 bytes in standard base64",
        ),
        (
            Key::UpgradePublicKey,
            "AAAA",
            "key 1 is not a minisign public key",
        ),
    ];
    for (key, value, expected) in table {
        let text = fault(key, value);
        assert!(text.contains(expected), "{key:?}: {text}");
    }
    good(&[(Key::AccountId, &"a".repeat(256))]);
    assert_eq!(
        fault(Key::AccountId, &"a".repeat(257)),
        "longer than 256 bytes"
    );
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_table() {
    let mut options = Options::new();
    for (key, value) in [
        (Key::LicensePublicKey, "AAAA BBBB"),
        (Key::Language, "de"),
        (Key::RequestTimeoutMs, "50"),
        (Key::OfflineDays, "366"),
        (Key::Product, "a/b"),
        (Key::AccessKey, "AK"),
        (Key::BearerToken, "a b"),
        (Key::Endpoint, "ftp://x"),
        (Key::StateSecret, " "),
    ] {
        set(&mut options, key, value);
    }
    let expected = [
        "vendor: missing",
        "product: holds a path character (/, \\ or :)",
        "version: missing",
        "secret_key: missing, while access_key is set",
        "bearer_token: relay mode excludes the direct mode of access_key and secret_key",
        "bearer_token: must be visible ASCII without spaces",
        "endpoint: must begin with https://",
        "state_secret: empty",
        "request_timeout_ms: 50 is below 100",
        "offline_days: 366 is above 365",
        "language: must be en or zh",
        "license_public_key: key 1 is not 32 bytes in standard base64",
        "license_public_key: key 2 is not 32 bytes in standard base64",
    ];
    assert_eq!(faults(&options), expected.join("; "));
}

#[test]
fn signed_relay_answers_are_not_built() {
    let mut options = Options::new();
    set(&mut options, Key::RelayPublicKey, "anything");
    let error = check(&options).err().unwrap();
    assert_eq!(error.status, Status::Unsupported);
    assert!(error.text.contains("relay_public_key"));
}

#[test]
fn live_values_are_checked_by_the_same_rules() {
    let bad = [
        (LiveOption::Proxy, "socks5://h:1", "proxy: must be"),
        (LiveOption::CaFile, ".", "is not a file"),
        (
            LiveOption::BearerToken,
            "a b",
            "bearer_token: must be visible ASCII",
        ),
        (LiveOption::AccountId, "", "account_id: empty"),
        (
            LiveOption::AccountId,
            "a\nb",
            "account_id: holds a control character",
        ),
    ];
    for (option, value, expected) in bad {
        let error = Live::check(option, value).err().unwrap();
        assert_eq!(error.status, Status::Config);
        assert!(error.text.contains(expected), "{}", error.text);
    }
    let live = |option, value| Live::check(option, value).unwrap();
    assert!(matches!(
        live(LiveOption::Proxy, "direct"),
        Live::Proxy(Proxy::Direct)
    ));
    assert!(matches!(live(LiveOption::AccountId, "u"), Live::AccountId(id) if id == "u"));
    let token = live(LiveOption::BearerToken, "T");
    assert!(matches!(token, Live::BearerToken(Credentials::Bearer(t)) if t.expose() == "T"));
}

const SECRETS: [Key; 4] = [
    Key::AccessKey,
    Key::SecretKey,
    Key::BearerToken,
    Key::StateSecret,
];

fn spoilt(secret: String, how: u8) -> String {
    match how {
        0 => secret,
        1 => format!("{secret} {secret}"),
        2 => format!("{secret}\n"),
        3 => format!("密{secret}"),
        _ => format!("http://u:{secret}@h"),
    }
}

proptest! {
    #[test]
    fn no_text_shows_a_secret(
        set_keys in proptest::collection::vec((0..SECRETS.len(), "Zq7[a-zA-Z0-9+/=%@:]{8,30}", 0_u8..5), 0..5),
        elsewhere in proptest::collection::vec((0..TABLE.len(), "Zq7[a-zA-Z0-9+/=%@: ]{8,30}", 0_u8..5), 0..5),
        site in "Zq7[a-z]{8}",
    ) {
        let mut options = required();
        for (at, secret, how) in set_keys {
            set(&mut options, SECRETS[at], &spoilt(secret, how));
        }
        for (at, secret, how) in elsewhere {
            let key = TABLE[at].0;
            // A folder may be shown; whoever puts a secret in place of a path has told it to the disk anyway.
            let shown = matches!(key, Key::CaFile | Key::DataDir | Key::RelayPublicKey);
            if !shown && key.kind() == crate::client::options::Kind::Text {
                set(&mut options, key, &spoilt(secret, how));
            }
        }
        let json = format!(r#"{{"proxy": "http://u:{site}@h", "ca_file": 5, "secret_key": "{site}"}}"#);
        match Config::check(&options, |_| Some(json.clone().into_bytes())) {
            Ok(config) => prop_assert!(!config.warnings.join(" ").contains("Zq7")),
            Err(error) => prop_assert!(!error.to_string().contains("Zq7"), "{}", error),
        }
    }
}
