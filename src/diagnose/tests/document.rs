//! The document as a whole: what is in it, what must not be, and when it is ready.

use super::*;
use crate::diagnose::diagnose;
use crate::license::{Facts, Said};
use crate::{Cause, Error, Status};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

fn suite(code: &str) -> Suite {
    let mut suite = Suite::default();
    let facts = Facts {
        said: Said::Alive,
        alive_at: NOON,
        confirmed_at: NOON,
        checked_at: NOON,
        expires_at: NOON + 86_400 * 100,
        ..Facts::default()
    };
    suite.licenses.insert(code.into(), facts);
    suite.clock.learn(NOON + 7, NOON, false);
    let error = Error::new(Status::Server, Cause::Server, "the server has a fault");
    suite
        .failures
        .note(&error.with_host("market.test"), NOON - 60);
    suite
}

#[test]
fn the_state_is_described() {
    let desk = Desk::new();
    desk.put(&suite("CODE-0001"));
    let report = desk.examine();
    let state = report.state.known().unwrap();
    assert!(state.exists && state.writable && state.readable);
    assert_eq!(
        (state.origin, state.revision, state.scope),
        ("ours", 1, "user")
    );
    assert!(state.free_bytes.is_some_and(|bytes| bytes > 0));
    let license = &state.licenses[0];
    assert_eq!(
        (license.code.as_str(), license.licensed),
        ("CO****01", true)
    );
    assert_eq!((license.source, license.checked_at), ("marketplace", NOON));
    assert_eq!(
        report.device.known().unwrap().changed.as_deref(),
        Some(&[][..])
    );
    assert_eq!(report.clock.known_offset_s, Some(7));
    assert_eq!(report.errors[0].host.as_deref(), Some("market.test"));
    let files = std::fs::read_dir(desk.folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.contains("doctor")));
}

#[test]
fn a_clock_that_was_set_back_is_told_without_a_network() {
    let desk = Desk::new();
    let mut suite = suite("CODE-0001");
    suite.clock.learn(NOON + 86_400, NOON + 86_400, false);
    desk.put(&suite);
    let report = desk.examine();
    assert_eq!(report.clock.verdict, "implausible");
    assert!(advises(&report, &["before the last one that was seen"]));
    assert!(advises(&report, &["CO****01", "not plausible"]));
}

#[test]
fn looking_makes_no_folder() {
    let desk = Desk::new();
    let folder = desk.folder.path().join("not/yet");
    let desk = desk.with(Key::DataDir, folder.to_str().unwrap());
    let report = desk.examine();
    let state = report.state.known().unwrap();
    assert!(!state.exists && state.writable && state.readable);
    assert_eq!(state.origin, "fresh");
    assert!(!folder.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let desk = Desk::new();
    // Permissions would not stop root, a file in the way does.
    let file = desk.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("state");
    let desk = desk.with(Key::DataDir, below.to_str().unwrap());
    let report = desk.examine();
    let state = report.state.known().unwrap();
    assert!(!state.writable && !state.exists);
    assert!(state.write_error.as_ref().unwrap().is(Cause::Storage));
    assert!(advises(
        &report,
        &[below.to_str().unwrap(), "cannot be written"]
    ));
}

#[test]
fn a_state_that_no_secret_opens_is_told() {
    let desk = Desk::new();
    desk.put(&suite("CODE-0001"));
    let desk = desk.with(Key::StateSecret, "another");
    let report = desk.examine();
    assert!(!report.state.known().unwrap().readable);
    assert!(advises(&report, &["could not be read", "state_secret"]));
}

fn files(desk: &Desk) -> Vec<String> {
    let files = std::fs::read_dir(desk.folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_damaged_state_is_told_by_every_look_and_left_where_it_is() {
    let desk = Desk::new();
    desk.put(&suite("CODE-0001"));
    let file = desk.store().file().unwrap();
    std::fs::write(&file, "rubbish").unwrap();
    let before = files(&desk);
    for _ in 0..2 {
        let report = desk.examine();
        let state = report.state.known().unwrap();
        assert!(!state.readable && state.set_aside.is_empty());
        assert!(advises(&report, &["could not be read", "damaged"]));
        assert_eq!(files(&desk), before);
        assert_eq!(std::fs::read(&file).unwrap(), b"rubbish");
    }
}

#[test]
fn what_a_client_has_set_aside_is_told_for_as_long_as_it_is_kept() {
    let desk = Desk::new();
    desk.put(&suite("CODE-0001"));
    let file = desk.store().file().unwrap();
    std::fs::write(&file, "rubbish").unwrap();
    // As isc_init does.
    assert_eq!(desk.store().load().suite, Suite::default());
    for _ in 0..2 {
        let report = desk.examine();
        let state = report.state.known().unwrap();
        let [aside] = state.set_aside.as_slice() else {
            panic!("{:?}", state.set_aside);
        };
        assert!(aside.contains(".damaged-"), "{aside}");
        assert!(state.readable && state.origin == "fresh");
        assert!(advises(&report, &["was damaged", aside]));
        assert!(!report.ok);
    }
    // Built anew: a fact, and nothing to do.
    desk.put(&suite("CODE-0001"));
    let report = desk.examine();
    assert_eq!(report.state.known().unwrap().set_aside.len(), 1);
    assert!(!advises(&report, &["was damaged"]));
}

#[test]
fn another_machine_is_told_by_the_parts_that_changed() {
    let desk = Desk::new();
    desk.put(&suite("CODE-0001"));
    let desk = desk.on(Parts {
        macs: vec!["9C:B6:D0:01:02:03".into()],
        board: "OTHER-BOARD".into(),
        disks: vec!["WD-WX12345".into()],
        ..laptop()
    });
    let report = desk.examine();
    let changed = report.device.known().unwrap().changed.clone();
    assert_eq!(changed.unwrap(), ["board", "disks", "network"]);
    // The system's own id still settles it.
    assert_eq!(report.state.known().unwrap().origin, "ours");
    let desk = desk.on(Parts {
        os_id: "bbbb19c7c4c5404aaa1f6d2a48adfda4".into(),
        cpu: "178BFBFF00870F10".into(),
        ..laptop()
    });
    let moved = Parts {
        board: "OTHER-BOARD".into(),
        disks: vec!["WD-WX12345".into()],
        macs: vec!["9C:B6:D0:01:02:03".into()],
        ..desk.surroundings.machine.parts()
    };
    let report = desk.on(moved).examine();
    let state = report.state.known().unwrap();
    assert_eq!(state.origin, "foreign");
    assert_eq!(state.licenses[0].verdict, crate::license::Verdict::Foreign);
    assert!(
        advises(&report, &["another computer", "os_id, board, cpu"]),
        "{:?}",
        report.advice
    );
}

#[test]
fn a_broken_configuration_is_a_finding() {
    let mut options = Options::new();
    for (key, value) in [
        (Key::Vendor, "ACME"),
        (Key::Product, "a/b"),
        (Key::SecretKey, "hunter2"),
        (Key::Language, "zh"),
    ] {
        options.set_string(key.code(), value).unwrap();
    }
    let surroundings = Desk::new().surroundings;
    let text = diagnose(&options, &surroundings).unwrap();
    assert!(!text.contains("hunter2"));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["ok"], false);
    assert_eq!(report["config"]["ok"], false);
    let faults: Vec<&str> = report["config"]["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault.as_str().unwrap().split(':').next().unwrap())
        .collect();
    assert_eq!(faults, ["product", "version", "access_key"]);
    assert_eq!(report["network"]["error"]["cause"], "config");
    assert_eq!(report["device"]["parts"][0]["present"], true);
    assert!(
        report["advice"][0]
            .as_str()
            .unwrap()
            .starts_with("配置有误")
    );
    assert_eq!(report["advice"].as_array().unwrap().len(), 1);
}

#[test]
fn the_sites_mistakes_are_told() {
    let desk = Desk::new();
    let site = r#"{"proxy": "socks5://x", "connect_timeout_ms": 700}"#;
    std::fs::write(desk.folder.path().join("site.json"), site).unwrap();
    let report = desk.examine();
    assert!(report.config.ok && report.config.site_file);
    assert!(
        advises(&report, &["administrator's file", "proxy"]),
        "{:?}",
        report.advice
    );
}

/// A machine whose driver never answers.
struct Stuck(Mutex<Receiver<()>>);

impl Machine for Stuck {
    fn os_id(&self) -> String {
        laptop().os_id
    }

    fn parts(&self) -> Parts {
        let _ = self.0.lock().unwrap().recv();
        laptop()
    }
}

#[test]
fn the_document_is_ready_in_time_whatever_hangs() {
    let (_listener, address) = servers::mute();
    let (release, stuck) = channel::<()>();
    let mut desk = Desk::new().with(Key::Endpoint, &format!("https://{address}"));
    desk.surroundings.machine = Arc::new(Stuck(Mutex::new(stuck)));
    let begun = Instant::now();
    let report = desk.examine_within(Duration::from_millis(1500));
    let took = begun.elapsed();
    drop(release);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(report.device.error().unwrap().is(Cause::Timeout));
    // The others have not suffered by it.
    assert!(report.state.known().is_some() && report.system.known().is_some());
    let host = &report.network.known().unwrap().hosts[0];
    assert!(host.connected.ok && host.answer.error.as_ref().unwrap().is(Cause::Timeout));
    assert!(advises(&report, &["computer's parts", "did not come back"]));
}

fn secret() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]{12,24}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nothing_secret_is_in_the_document(
        [code, key, password, user, sealing, serial] in
            [secret(), secret(), secret(), secret(), secret(), secret()],
        by_token in any::<bool>(),
    ) {
        let mut desk = Desk::new().on(Parts {
            os_id: format!("{serial}0"),
            board: format!("{serial}1"),
            disks: vec![format!("{serial}2")],
            macs: vec![format!("{serial}3")],
            cpu: format!("{serial}4"),
        });
        match by_token {
            true => desk.set(Key::BearerToken, &key),
            false => {
                desk.set(Key::AccessKey, &key);
                desk.set(Key::SecretKey, &format!("{key}S"));
            }
        }
        desk.set(Key::StateSecret, &sealing);
        desk.set(Key::AccountId, &user);
        desk.set(Key::Proxy, &format!("http://{user}:{password}@127.0.0.1:1"));
        desk.put(&suite(&code));
        let text = diagnose(&desk.options, &desk.surroundings).unwrap();
        for secret in [&code, &key, &password, &user, &sealing, &serial] {
            prop_assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
        prop_assert!(text.contains(&crate::error::masked(&code)));
    }
}
