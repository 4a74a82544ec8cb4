//! Upgrades from end to end, as a customer has them: a C program with the library and the helper beside it, a feed made by
//! the command line and served by the sandbox, and an installer that really replaces the program once it has ended.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/upgrade_site.rs"]
mod site;
#[path = "support/sandbox.rs"]
mod support;
#[path = "support/vendor.rs"]
mod vendor;

use serde_json::json;
use site::{INSTALLED, NOTHING_NEW, Release, STAGED, Site, has, has_not};
use std::fs::{self, File};
use std::time::Instant;
use support::PATIENCE;

#[test]
fn an_optional_upgrade_is_accepted_and_the_program_replaced_after_its_end() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    let said = site.runs("1.0.0", "yes");
    let offered = r#""operate":"Update","params":{"fromForceWin":"false","Version":"2.0.0","Notes":"Faster."}"#;
    has(
        &said,
        &[
            r#""available":"true""#,
            offered,
            r#""Stage":"downloading""#,
            STAGED,
        ],
    );
    site.wait_for_helper();
    let said = site.runs("2.0.0", "yes");
    has(&said, &[INSTALLED, NOTHING_NEW]);
    assert_eq!(site.left(), [""; 0]);
    has_not(&site.runs("2.0.0", "yes"), INSTALLED);
}

#[test]
fn a_forced_upgrade_over_tls_asks_nobody() {
    let site = Site::at("https");
    site.release("2.0.0", &Release::forced());
    let said = site.runs("1.0.0", "no");
    has(&said, &[r#""fromForceWin":"true""#, STAGED]);
    site.wait_for_helper();
    has(&site.runs("2.0.0", "no"), &[INSTALLED, NOTHING_NEW]);
}

#[test]
fn a_declined_version_stays_quiet_until_a_newer_or_a_forced_one_appears() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    has(&site.runs("1.0.0", "no"), &[r#""operate":"Update""#]);
    let said = site.runs("1.0.0", "yes");
    has_not(&said, r#""operate":"Update""#);
    site.release("2.1.0", &Release::default());
    has(&site.runs("1.0.0", "no"), &[r#""Version":"2.1.0""#]);
    has_not(&site.runs("1.0.0", "yes"), r#""operate":"Update""#);
    site.release("2.2.0", &Release::forced());
    has(&site.runs("1.0.0", "no"), &[STAGED]);
    site.wait_for_helper();
    has(&site.runs("2.2.0", "no"), &[INSTALLED]);
}

#[test]
fn a_download_that_breaks_off_goes_on_and_what_is_corrupt_is_not_installed() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    site.sandbox
        .faults(json!([{"path": "setup-", "corrupt": true}]));
    let ran = site.run("yes");
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    has(&ran.stdout, &[r#""Stage":"failed""#, r#""ErrorCode":-81"#]);
    site.sandbox
        .faults(json!([{"path": "setup-", "truncated": true, "count": 1}]));
    has(&site.runs("1.0.0", "yes"), &[STAGED]);
    let asked = site.sandbox.requests_to("setup-");
    let ranges = asked.iter().filter(|r| r["headers"]["range"].is_string());
    assert!(ranges.count() > 0, "{asked:?}");
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
}

#[test]
fn a_failing_installer_leaves_the_old_program_and_is_tried_three_times() {
    let site = Site::new();
    let failing = Release {
        script: "exit 9",
        ..Release::default()
    };
    site.release("2.0.0", &failing);
    has(&site.runs("1.0.0", "yes"), &[STAGED]);
    site.wait_for_helper();
    // The next start is told, and, while there are attempts left, the helper waits for its end in turn.
    for (attempt, answer) in [(1, "yes"), (2, "yes"), (3, "no")] {
        let said = site.run(answer).stdout;
        let told = format!("attempt {attempt} to install version 2.0.0");
        has(
            &said,
            &[
                "this is version 1.0.0",
                r#""Stage":"install_failed""#,
                &told,
                "exit code 9",
            ],
        );
        site.wait_for_helper();
    }
    has_not(&site.run("no").stdout, "install_failed");
    assert_eq!(site.left(), [""; 0]);
}

#[test]
fn several_processes_download_once_and_the_last_one_to_end_lets_the_installer_begin() {
    let site = Site::new();
    site.release("2.0.0", &Release::large());
    let log = |number: usize| site.dir.path().join(format!("log-{number}"));
    let start = |number| {
        let mut command = site.command("wait");
        command.stdout(File::create(log(number)).unwrap());
        command.spawn().unwrap()
    };
    let mut programs: Vec<_> = (0..4).map(start).collect();
    let deadline = Instant::now() + PATIENCE;
    let is_staged = |number| fs::read_to_string(log(number)).unwrap().contains(STAGED);
    while !(0..4).all(is_staged) {
        assert!(Instant::now() < deadline);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let asked = site.sandbox.requests_to("setup-");
    assert_eq!(asked.len(), 1, "{asked:?}");
    for program in &mut programs {
        let installed = fs::read(site.app("program")).unwrap();
        assert_eq!(installed, site.first_program(), "one still runs");
        program.kill().unwrap();
        program.wait().unwrap();
    }
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
    assert_eq!(site.left(), [""; 0]);
}

#[test]
fn a_program_that_is_killed_is_upgraded_as_well() {
    let site = Site::new();
    site.release("2.0.0", &Release::default());
    // Two programs: one is killed, the other one ends.
    let (log, mut other) = (site.dir.path().join("log"), site.command("wait"));
    let mut killed = site
        .command("wait")
        .stdout(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !fs::read_to_string(&log).unwrap().contains(STAGED) {
        assert!(Instant::now() < deadline, "{:?}", fs::read_to_string(&log));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let mut other = other.stdout(std::process::Stdio::null()).spawn().unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
}
