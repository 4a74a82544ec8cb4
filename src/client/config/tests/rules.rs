//! What good options mean, and the rules between several.

use super::*;
use crate::marketplace::endpoint::{DEFAULT_ENDPOINT, DEFAULT_FALLBACK};
use proptest::prelude::*;

#[test]
fn the_defaults_are_the_contracts() {
    let config = good(&[]);
    assert_eq!(config.identity.vendor, "Acme");
    assert_eq!(config.identity.product, "CAD");
    assert_eq!(config.identity.version, "1.0");
    assert!(matches!(config.credentials, Credentials::None));
    assert_eq!(config.endpoints.first.to_string(), DEFAULT_ENDPOINT);
    let fallback = config.endpoints.fallback.unwrap();
    assert_eq!(fallback.to_string(), DEFAULT_FALLBACK);
    assert!(config.requires_tls && config.policy.requires_tls);
    assert_eq!(config.location.vendor, "Acme");
    assert_eq!(config.location.product, "CAD");
    assert_eq!(config.location.scope, Scope::User);
    assert_eq!(config.location.data_dir, None);
    assert!(config.state_secrets.is_empty());
    assert!(matches!(config.proxy, Proxy::System));
    assert_eq!(config.ca_file, None);
    let Timeouts {
        connect,
        request,
        call,
    } = config.timeouts;
    assert_eq!(
        [connect, request, call].map(|d| d.as_millis()),
        [5000, 15000, 30000]
    );
    assert_eq!(config.policy.offline_days, 7);
    assert_eq!(config.policy.day.offset_minutes, 480);
    assert_eq!(config.expiry_offset_minutes, 0);
    assert!(config.auto_heartbeat);
    assert_eq!(config.account_id, None);
    assert_eq!(config.delivery, Delivery::Thread);
    assert_eq!(config.language, Language::En);
    assert_eq!(config.upgrade.feed, None);
    assert!(config.upgrade.public_keys.is_empty() && config.upgrade.helper.is_none());
    assert!(config.license_keys.is_empty());
    assert!(config.log.is_none() && config.warnings.is_empty());
}

#[test]
fn every_option_arrives() {
    let config = good(&[
        (Key::BearerToken, "T"),
        (Key::Endpoint, "http://127.0.0.1:1"),
        (Key::FallbackEndpoint, "https://b.example.com/p"),
        (Key::DataDir, ABSOLUTE),
        (Key::Scope, "machine"),
        (Key::StateSecret, "new  old"),
        (Key::Proxy, "http://h:3128"),
        (Key::ConnectTimeoutMs, "101"),
        (Key::RequestTimeoutMs, "102"),
        (Key::CallTimeoutMs, "103"),
        (Key::OfflineDays, "0"),
        (Key::DayOffsetMinutes, "-60"),
        (Key::ExpiryOffsetMinutes, "60"),
        (Key::AutoHeartbeat, "0"),
        (Key::AccountId, "user 1"),
        (Key::Delivery, "poll"),
        (Key::Language, "zh"),
        (Key::HelperPath, ABSOLUTE),
    ]);
    assert!(matches!(&config.credentials, Credentials::Bearer(t) if t.expose() == "T"));
    assert_eq!(config.endpoints.first.to_string(), "http://127.0.0.1:1");
    let fallback = config.endpoints.fallback.unwrap();
    assert_eq!(fallback.to_string(), "https://b.example.com/p");
    assert!(!config.requires_tls && !config.policy.requires_tls);
    assert_eq!(
        config.location.data_dir.as_deref(),
        Some(Path::new(ABSOLUTE))
    );
    assert_eq!(config.location.scope, Scope::Machine);
    assert_eq!(config.state_secrets, ["new", "old"]);
    assert!(matches!(&config.proxy, Proxy::Http(proxy) if proxy.host() == "h:3128"));
    let Timeouts {
        connect,
        request,
        call,
    } = config.timeouts;
    assert_eq!(
        [connect, request, call].map(|d| d.as_millis()),
        [101, 102, 103]
    );
    assert_eq!(config.policy.offline_days, 0);
    assert_eq!(config.policy.day.offset_minutes, -60);
    assert_eq!(config.expiry_offset_minutes, 60);
    assert!(!config.auto_heartbeat);
    assert_eq!(config.account_id.as_deref(), Some("user 1"));
    assert_eq!(config.delivery, Delivery::Poll);
    assert_eq!(config.language, Language::Zh);
    assert_eq!(config.upgrade.helper.as_deref(), Some(Path::new(ABSOLUTE)));
}

#[test]
fn relative_folders_are_fixed_to_this_moment() {
    let config = good(&[(Key::DataDir, "state")]);
    let expected = std::env::current_dir().unwrap().join("state");
    assert_eq!(config.location.data_dir, Some(expected));
}

#[test]
fn the_fallbacks_default_goes_with_the_default_endpoint_only() {
    let config = good(&[(Key::Endpoint, "https://relay.example.com")]);
    assert_eq!(config.endpoints.fallback, None);
}

#[test]
fn a_client_is_in_one_mode_or_none() {
    let (access, secret, token) = (
        (Key::AccessKey, "AK"),
        (Key::SecretKey, "SK"),
        (Key::BearerToken, "T"),
    );
    assert!(matches!(good(&[]).credentials, Credentials::None));
    let direct = good(&[access, secret]).credentials;
    assert!(
        matches!(direct, Credentials::Signed { access_key, secret_key }
        if access_key == "AK" && secret_key.expose() == "SK")
    );
    assert!(matches!(good(&[token]).credentials, Credentials::Bearer(_)));

    let one_mode = "bearer_token: relay mode excludes";
    let table: [(&[(Key, &str)], &str); 5] = [
        (&[access], "secret_key: missing"),
        (&[secret], "access_key: missing"),
        (&[access, secret, token], one_mode),
        (&[access, token], one_mode),
        (&[secret, token], one_mode),
    ];
    for (settings, expected) in table {
        let text = faults(&with(settings));
        assert!(text.contains(expected), "{text}");
    }
}

const LOOPBACK: &str = "http://127.0.0.1:1";
const NAMES: &str = r#""vendor": "v", "product": "p", "version": "1""#;
const KEYS: &str = r#""access_key": "AK", "secret_key": "SK""#;

#[test]
fn a_plain_secret_key_stays_at_home() {
    let own = r#""endpoint": "http://127.0.0.1:1""#;
    let own_tls = r#""endpoint": "https://[::1]:1", "fallback_endpoint": "https://127.9.9.9""#;
    let mixed = r#""endpoint": "http://127.0.0.1:1", "fallback_endpoint": "https://a.example.com""#;
    let named = r#""endpoint": "https://localhost:1""#;
    let allowed = r#""allow_plain_secret": 1"#;
    let forbidden = r#""allow_plain_secret": 0"#;
    let table = [
        (vec![], false),
        (vec![forbidden], false),
        (vec![mixed], false),
        (vec![named], false),
        (vec![own, forbidden], true),
        (vec![own_tls], true),
        (vec![allowed], true),
        (vec![allowed, mixed], true),
    ];
    for (members, accepted) in table {
        let json = format!("{{{}}}", [&[NAMES, KEYS], &*members].concat().join(","));
        let result = check(&from_file(&json));
        match result {
            Ok(config) => {
                assert!(accepted, "{json}");
                let warned = config
                    .warnings
                    .iter()
                    .any(|w| w.contains("allow_plain_secret"));
                assert_eq!(warned, members.contains(&allowed), "{json}");
            }
            Err(error) => {
                assert!(!accepted, "{json}: {error}");
                assert!(
                    error.text.starts_with("secret_key: not accepted"),
                    "{error}"
                );
                assert!(!error.text.contains("SK"), "{error}");
            }
        }
    }
}

#[test]
fn the_rule_of_the_plain_secret_looks_at_the_final_values() {
    let mut options = from_file(&format!("{{{NAMES},{KEYS}}}"));
    assert!(check(&options).is_err());
    set(&mut options, Key::Endpoint, LOOPBACK);
    assert!(check(&options).is_ok());
    set(&mut options, Key::Endpoint, "https://a.example.com");
    assert!(check(&options).is_err());
    set(&mut options, Key::SecretKey, "from code");
    assert!(check(&options).is_ok());
    // The rule is about the secret key alone.
    let others = r#""bearer_token": "T", "state_secret": "S""#;
    assert!(check(&from_file(&format!("{{{NAMES},{others}}}"))).is_ok());
}

#[test]
fn a_faulty_endpoint_is_not_also_a_fault_of_the_secret() {
    let json = format!("{{{NAMES},{KEYS},\"endpoint\": \"x\"}}");
    assert!(faults(&from_file(&json)).starts_with("endpoint: "));
}

#[test]
fn signed_files_may_hold_what_others_may_not() {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let helper = ABSOLUTE.replace('\\', "\\\\");
    let json = format!("{{{NAMES},{KEYS},\"helper_path\": \"{helper}\"}}");
    let signature = minisign::sign(None, &pair.sk, json.as_bytes(), None, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signed.json");
    fs::write(&path, &json).unwrap();
    fs::write(
        folder.path().join("signed.json.minisig"),
        signature.to_string(),
    )
    .unwrap();
    let signed = Options::load_signed(Some(&path), &pair.pk.to_base64()).unwrap();
    let config = check(&signed).map_err(|error| error.text).ok().unwrap();
    assert_eq!(config.upgrade.helper.as_deref(), Some(Path::new(ABSOLUTE)));
    assert!(config.warnings.is_empty());

    let mut unsigned = from_file(&json);
    let text = faults(&unsigned);
    assert!(text.starts_with("secret_key: not accepted"), "{text}");
    assert!(text.contains("; helper_path: not accepted"), "{text}");
    set(&mut unsigned, Key::SecretKey, "from code");
    set(&mut unsigned, Key::HelperPath, ABSOLUTE);
    assert!(check(&unsigned).is_ok());
}

#[test]
fn an_upgrade_needs_a_version_that_compares_and_a_key() {
    let key = minisign::KeyPair::generate_unencrypted_keypair()
        .unwrap()
        .pk
        .to_base64();
    let keys = format!("{key} {key}");
    let feed = "https://dl.example.com:8443/cad/latest%20one.json";
    let upgrade = |version: &str, feed: &str| {
        let settings = [
            (Key::Version, version),
            (Key::UpgradeFeed, feed),
            (Key::UpgradePublicKey, &keys),
        ];
        check(&with(&settings))
    };
    let fine = [
        "1.2",
        "1.2.3",
        "1.2.3.4",
        "2024.01.05",
        "1.2.3-rc.1+b.01",
        "0.0.0",
        "1.0.0--",
    ];
    for version in fine {
        let config = upgrade(version, feed).map_err(|error| error.text);
        let upgrade = config
            .map(|config| config.upgrade)
            .unwrap_or_else(|e| panic!("{version}: {e}"));
        assert_eq!(upgrade.feed.as_deref(), Some(feed));
        assert_eq!(upgrade.public_keys, [key.clone(), key.clone()]);
    }
    for version in [
        "1",
        "1.2.3.4.5",
        "v1.2",
        "1..2",
        "1.2.x",
        "1.2-rc",
        "01.2.3-rc",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3+",
        "R2024",
    ] {
        let error = upgrade(version, feed).err().expect(version);
        assert!(
            error.text.starts_with("version: must be"),
            "{version}: {error}"
        );
        // Without a feed any version will do.
        good(&[(Key::Version, version)]);
    }
    for bad in [
        "http://dl.example.com/f.json",
        "dl.example.com/f.json",
        "https://dl.example.com",
        "https://dl.example.com/",
        "https://dl.example.com/f.json?x=1",
        "https://dl.example.com/f.json#x",
        "https://u:p@dl.example.com/f.json",
        "https://dl.example.com/a b",
        "https:///f.json",
    ] {
        let error = upgrade("1.2", bad).err().expect(bad);
        assert!(error.text.starts_with("upgrade_feed: "), "{bad}: {error}");
    }
    assert!(upgrade("1.2", "http://127.0.0.1:8080/f.json").is_ok());
    let text = faults(&with(&[(Key::UpgradeFeed, feed)]));
    assert_eq!(
        text,
        "upgrade_public_key: missing, while upgrade_feed is set"
    );
}

/// The published test key of RFC 8032, section 7.1, test 1, in standard base64.
const RFC_KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

#[test]
fn licence_keys_are_32_bytes_in_standard_base64() {
    let two = format!("{RFC_KEY}  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let keys = good(&[(Key::LicensePublicKey, &two)]).license_keys;
    assert_eq!(keys[0][..4], [0xd7, 0x5a, 0x98, 0x01]);
    assert_eq!(keys[0][28..], [0xf7, 0x07, 0x51, 0x1a]);
    assert_eq!(keys[1], [0; 32]);
    let bare = RFC_KEY.trim_end_matches('=');
    for bad in [
        bare.to_owned(),
        format!("{bare}=="),
        format!("A{RFC_KEY}"),
        RFC_KEY.replace('/', "_"),
        RFC_KEY.replace("Ro=", "Rp="),
        RFC_KEY.replace("11q", "密"),
        "=".repeat(44),
    ] {
        fault(Key::LicensePublicKey, &bad);
    }
}

#[test]
fn a_ca_file_holds_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let name = path.to_str().unwrap();
    fs::write(&path, "nothing").unwrap();
    assert!(fault(Key::CaFile, name).contains("holds no PEM certificate"));
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    fs::write(&path, made.cert.pem()).unwrap();
    assert_eq!(
        good(&[(Key::CaFile, name)]).ca_file.as_deref(),
        Some(&*path)
    );
    assert!(matches!(
        Live::check(LiveOption::CaFile, name),
        Ok(Live::CaFile(_))
    ));
}

proptest! {
    #[test]
    fn every_key_is_read_back(key in any::<[u8; 32]>()) {
        let text = base64(&key);
        prop_assert_eq!(super::shape::license_key(&text, 1), Ok(key));
    }

    #[test]
    fn no_text_makes_a_check_panic(texts in proptest::collection::vec((0..TABLE.len(), ".{0,40}"), 0..8)) {
        let mut options = required();
        for (at, text) in texts {
            let _ = options.set_string(TABLE[at].0.code(), &text);
        }
        let _ = check(&options);
    }
}

/// Base64 by its definition, bit by bit.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digit = |at: usize| (0..6).fold(0, |value, k| value << 1 | bit(at * 6 + k));
    let count = (bytes.len() * 8).div_ceil(6);
    let digits = (0..count).map(|at| DIGITS[usize::from(digit(at))] as char);
    digits.chain(std::iter::once('=')).collect()
}
