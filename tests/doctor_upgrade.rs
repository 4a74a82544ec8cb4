//! What the doctor says of an upgrade feed is what a program's own look says, and it leaves no trace.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/upgrade_site.rs"]
mod site;
#[path = "support/sandbox.rs"]
mod support;
#[path = "support/vendor.rs"]
mod vendor;

use iscdesk::upgrade::this_platform;
use serde_json::{Value, json};
use site::{Release, Site};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use vendor::Vendor;

/// A site whose marketplace answers, so that nothing but the feed can be wrong.
fn healthy() -> Site {
    let site = Site::new();
    site.configure("endpoint", json!(site.sandbox.http));
    site.configure("access_key", json!(site.sandbox.access_key));
    site.configure("secret_key", json!(site.sandbox.secret_key));
    site.configure("allow_plain_secret", json!(1));
    site.configure("proxy", json!("direct"));
    site
}

fn doctor(site: &Site, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    command.arg("doctor").args(more).arg("--config");
    command.arg(site.app("iscdesk.json")).output().unwrap()
}

/// The document, whose exit code says whether all is well.
fn examined(site: &Site) -> Value {
    let output = doctor(site, &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let exit = if report["ok"] == true { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(exit), "{report}");
    report
}

fn page(site: &Site, language: &str) -> String {
    let output = doctor(site, &["--language", language]);
    String::from_utf8(output.stdout).unwrap()
}

/// `params` of the notice that a program is given.
fn notice(site: &Site) -> Value {
    let ran = site.run("no");
    let events = ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("event: "));
    let events = events.map(|event| serde_json::from_str::<Value>(event).unwrap());
    let mut notices = events.filter(|event| event["operate"] == "UpgradeNotice");
    notices.next().expect("a notice")["params"].clone()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let Ok(list) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let paths = list.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.is_file());
    paths
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn a_good_feed_is_fetched_and_verified_and_nothing_is_remembered() {
    let site = healthy();
    let state = site.dir.path().join("state");
    site.release("3.0.0", &Release::default());
    let report = examined(&site);
    assert_eq!(report["ok"], true, "{report}");
    let upgrade = &report["upgrade"];
    for (member, expected) in [
        ("fetched", json!(true)),
        ("verified", json!(true)),
        ("version", json!("3.0.0")),
        ("forced", json!(false)),
        ("platform", json!(this_platform())),
        ("has_package", json!(true)),
        ("outcome", json!("offered")),
        ("status", json!(0)),
        ("error", Value::Null),
    ] {
        assert_eq!(upgrade[member], expected, "{member}: {upgrade}");
    }
    assert!(upgrade["published"].as_i64().unwrap() > 1_700_000_000);
    assert!(!state.exists());
    assert_eq!(site.sandbox.requests_to("setup-").len(), 0);

    // Had that version been remembered, this one would be refused.
    site.release("2.0.0", &Release::default());
    assert_eq!(notice(&site)["Version"], "2.0.0");
    let before = files(&state);
    let report = examined(&site);
    assert_eq!(report["upgrade"]["outcome"], "declined", "{report}");
    assert_eq!((&report["ok"], files(&state)), (&json!(true), before));
}

#[test]
fn what_is_no_upgrade_here_is_no_fault_either() {
    let site = healthy();
    site.release("1.0.0", &Release::default());
    assert_eq!(examined(&site)["upgrade"]["outcome"], "up_to_date");
    let elsewhere = ("setup.exe", &b"MZ"[..]);
    site.vendor
        .publish("2.0.0", "plan9-sparc", elsewhere, &site.sandbox.http, &[]);
    let report = examined(&site);
    let upgrade = &report["upgrade"];
    assert_eq!(
        (&upgrade["outcome"], &upgrade["has_package"], &report["ok"]),
        (&json!("not_for_this_platform"), &json!(false), &json!(true))
    );
    let page = page(&site, "en");
    let told = format!("{}): has no package here", this_platform());
    assert!(page.contains(&told), "{page}");
}

/// The program's notice and the doctor agree: the code, and the very words.
fn agree(site: &Site, case: &str) -> Value {
    let notice = notice(site);
    let report = examined(site);
    let upgrade = report["upgrade"].clone();
    assert_eq!(notice["available"], "false", "{case}: {notice}");
    assert_eq!(upgrade["status"], notice["ErrorCode"], "{case}: {upgrade}");
    assert_eq!(upgrade["outcome"], "refused", "{case}");
    let told = notice["ErrorMsg"].as_str().unwrap();
    let why = upgrade["error"]["text"].as_str().unwrap();
    assert!(told.ends_with(&format!("Detail: {why}")), "{case}: {told}");
    let advice = report["advice"].as_array().unwrap();
    assert_eq!(advice.len(), 1, "{case}: {advice:?}");
    let advice = advice[0].as_str().unwrap();
    assert_eq!(advice, format!("No upgrade can be found. {told}"), "{case}");
    upgrade
}

#[test]
fn faults_of_the_feeds_server_are_told_as_to_a_program() {
    let site = healthy();
    site.configure("request_timeout_ms", json!(1000));
    site.release("2.0.0", &Release::default());
    let signature = "feed.json.minisig";
    for (fault, words) in [
        (json!({"path": "feed.json", "status": 404}), "HTTP 404"),
        (json!({"path": "feed.json", "status": 503}), "HTTP 503"),
        (
            json!({"path": "feed.json", "redirect": "https://example.com/"}),
            "HTTP 302",
        ),
        (json!({"path": signature, "status": 403}), "(.minisig)"),
        (json!({"path": signature, "reset": true}), "(.minisig)"),
        (json!({"path": signature, "silence": true}), "(.minisig)"),
        (json!({"path": "feed.json", "huge": true}), "larger than"),
    ] {
        site.sandbox.faults(json!([fault]));
        let upgrade = agree(&site, &fault.to_string());
        let error = &upgrade["error"]["text"];
        assert!(error.as_str().unwrap().contains(words), "{error}");
        assert_eq!(upgrade["fetched"], false, "{upgrade}");
    }
    site.sandbox.clear_faults();
    site.sandbox
        .faults(json!([{"path": "feed.json", "corrupt": true}]));
    let upgrade = agree(&site, "corrupt");
    let stages = (&upgrade["fetched"], &upgrade["verified"]);
    assert_eq!(stages, (&json!(true), &json!(false)));
}

#[test]
fn a_feed_that_is_not_to_be_believed_is_told_as_to_a_program() {
    let site = healthy();
    site.release("2.0.0", &Release::default());
    let other = tempfile::tempdir().unwrap();
    let other = Vendor::new(other.path()).public_key;
    site.configure("upgrade_public_key", json!(other));
    assert_eq!(agree(&site, "foreign")["verified"], false);
    site.configure("upgrade_public_key", json!(site.vendor.public_key));

    site.configure("product", json!("Other CAD"));
    let upgrade = agree(&site, "another product");
    let told = upgrade["error"]["text"].as_str().unwrap();
    let names = "for \"Example CAD\" instead of \"Other CAD\"";
    assert!(told.contains(names), "{told}");
    assert_eq!(upgrade["verified"], true);
    site.configure("product", json!(vendor::PRODUCT));

    assert_eq!(notice(&site)["Version"], "2.0.0");
    site.release("1.5.0", &Release::default());
    let upgrade = agree(&site, "older than one seen before");
    assert_eq!(
        (&upgrade["version"], &upgrade["verified"]),
        (&json!("1.5.0"), &json!(true))
    );
}

#[test]
fn a_server_that_is_not_there_is_told_once_and_no_feed_is_no_part_of_it() {
    let site = healthy();
    site.configure("upgrade_feed", json!("http://127.0.0.1:1/feed.json"));
    let report = examined(&site);
    assert_eq!(report["upgrade"]["status"], -40, "{report}");
    let advice = report["advice"].as_array().unwrap();
    assert_eq!(advice.len(), 1, "{advice:?}");
    let told = advice[0].as_str().unwrap();
    assert!(told.starts_with("No connection to 127.0.0.1:1"), "{told}");
    for (language, title) in [("en", "\nUpgrades\n"), ("zh", "\n升级\n")] {
        let page = page(&site, language);
        assert!(page.contains(title), "{page}");
        assert!(page.contains("[connect]"), "{page}");
    }

    let options = site.app("iscdesk.json");
    let text = fs::read(&options).unwrap();
    let mut without: Value = serde_json::from_slice(&text).unwrap();
    for name in ["upgrade_feed", "upgrade_public_key"] {
        without.as_object_mut().unwrap().remove(name);
    }
    fs::write(&options, without.to_string()).unwrap();
    let report = examined(&site);
    assert_eq!(
        (&report["ok"], &report["upgrade"]),
        (&json!(true), &Value::Null)
    );
    assert!(!page(&site, "en").contains("Upgrades"));
}
