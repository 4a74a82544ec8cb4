//! Upgrades that are broken off, by a server that misbehaves, a disk that is full, a shutdown, or a kill at every step: what
//! was fetched is not lost, nothing is run that should not be, and the next start makes it good. Real programs, real sockets,
//! real signals.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/upgrade_site.rs"]
mod site;
#[path = "support/sandbox.rs"]
mod support;
#[path = "support/vendor.rs"]
mod vendor;

use cc::Ran;
use serde_json::{Value, json};
use site::{INSTALLED, Release, STAGED, Site, has};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::PATIENCE;

/// What is slow is slow enough to be interrupted: 4 KiB every 200 ms.
const SLOW: &str = r#"{"path": "setup-", "slow_body": true}"#;

fn slow() -> Value {
    serde_json::from_str(SLOW).unwrap()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The server honest again: what was fetched of version 2 is gone on with, by one request for the rest, and installed.
fn goes_on(site: &Site) {
    let part = site.part("2.0.0");
    assert!(!part.is_empty());
    assert!(
        site.package("2.0.0").starts_with(&part),
        "not one byte is another"
    );
    site.sandbox.clear_faults();
    site.sandbox.forget_requests();
    has(&site.runs("1.0.0", "yes"), &[STAGED]);
    let asked = site.sandbox.requests_to("setup-");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(
        asked[0]["headers"]["range"],
        format!("bytes={}-", part.len())
    );
    assert_eq!(asked[0]["answered"]["http"], 206);
    site.wait_for_helper();
    has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
}

#[test]
fn a_program_that_is_killed_while_it_downloads_goes_on_where_it_was() {
    let site = Site::new();
    site.release("2.0.0", &Release::large());
    site.sandbox.faults(slow());
    let mut killed = site.command("yes").stdout(Stdio::null()).spawn().unwrap();
    until("nothing is fetched", || !site.part("2.0.0").is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    goes_on(&site);
}

#[test]
fn a_shutdown_while_it_downloads_keeps_what_was_fetched() {
    let site = Site::new();
    site.release("2.0.0", &Release::large());
    site.sandbox.faults(slow());
    let program = site.compile_beside(&cc::root().join("tests/c/upgrade_shutdown.c"));
    let ran = cc::run(&mut site.command_of(&program), "", cc::LIMIT);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let took = ran.stdout.trim().strip_prefix("shutdown 0 after ").unwrap();
    let took: u64 = took.strip_suffix(" ms").unwrap().parse().unwrap();
    assert!(took < 1000, "the contract's bound: {took} ms");
    goes_on(&site);
}

/// A file may not become larger: what a full disk looks like to who writes, on every machine. In units of 512 bytes.
fn with_limit(command: &Command, units: u64) -> Command {
    let mut limited = Command::new("sh");
    limited
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {units}; exec \"$@\""),
            "sh",
        ])
        .arg(command.get_program())
        .args(command.get_args())
        .env_remove("LD_LIBRARY_PATH");
    limited
}

#[test]
fn a_disk_that_becomes_full_while_it_downloads_is_told_and_what_was_fetched_is_kept() {
    let site = Site::new();
    site.release("2.0.0", &Release::large());
    let ran = cc::run(&mut with_limit(&site.command("yes"), 200), "", cc::LIMIT);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    has(
        &ran.stdout,
        &[r#""Stage":"failed""#, r#""ErrorCode":-60"#, "2.0.0.part"],
    );
    assert_eq!(site.part("2.0.0").len(), 200 * 512);
    goes_on(&site);
}

/// What the program makes of a server's misbehaviour.
#[derive(Debug)]
enum Expected {
    /// Told with this code; nothing is staged.
    Refused(i32),
    Staged,
}

#[test]
fn a_server_that_misbehaves_gets_nothing_wrong_installed_and_loses_nobody() {
    use Expected::*;
    let elsewhere = "http://192.0.2.1/feed/feed.json";
    let stops = json!({"path": "setup-", "truncated": true, "count": 1});
    let then = |fault: Value| json!([stops, fault]);
    #[rustfmt::skip]
    let table = [
        (json!({"path": "feed.json", "huge": true}), Refused(-80)),
        (json!({"path": "feed.json", "redirect": elsewhere}), Refused(-80)),
        (json!({"path": "feed.json", "status": 404}), Refused(-80)),
        (json!({"path": ".minisig", "status": 404}), Refused(-80)),
        (json!({"path": ".minisig", "corrupt": true}), Refused(-81)),
        (json!({"path": "feed.json", "corrupt": true}), Refused(-81)),
        (json!({"path": "setup-", "redirect": elsewhere}), Refused(-82)),
        (json!({"path": "setup-", "wrong_size": true}), Refused(-82)),
        (json!({"path": "setup-", "corrupt": true}), Refused(-81)),
        (json!({"path": "setup-", "huge": true}), Refused(-82)),
        (json!({"path": "setup-", "status": 404}), Refused(-82)),
        (then(json!({"path": "setup-", "corrupt": true})), Refused(-81)),
        (stops.clone(), Staged),
        (then(json!({"path": "setup-", "ignore_range": true})), Staged),
        (then(json!({"path": "setup-", "wrong_range": true, "count": 1})), Staged),
        (then(json!({"path": "setup-", "new_etag": true})), Staged),
    ];
    let site = Site::new();
    site.release("2.0.0", &Release::large());
    for (fault, expected) in table {
        site.sandbox.faults(fault.clone());
        let ran = site.run("yes");
        assert!(
            ran.stdout.starts_with("this is version 1.0.0\n"),
            "{fault}: {ran:?}"
        );
        match expected {
            Refused(code) => assert_refused(&site, &ran, code, &fault),
            Staged => {
                assert_eq!(ran.exit, Some(0), "{fault}: {ran:?}");
                site.wait_for_helper();
                has(&site.runs("2.0.0", "yes"), &[INSTALLED]);
                site.begin_anew();
            }
        }
    }
}

fn assert_refused(site: &Site, ran: &Ran, code: i32, fault: &Value) {
    assert_eq!(ran.exit, Some(1), "{fault}: {ran:?}");
    has(&ran.stdout, &[&format!(r#""ErrorCode":{code}"#)]);
    let left = site.find_staging().map(|_| site.left()).unwrap_or_default();
    let runnable = |name: &&String| name.starts_with("package-") || *name == "plan.json";
    assert_eq!(left.iter().find(runnable), None, "{fault}: {left:?}");
}

/// Runs the program with a kill at its so-manieth step, or at the helper's. False where there are not so many.
fn killed_at(site: &Site, shim: &Path, victim: &str, number: usize) -> bool {
    let mark = site.dir.path().join("mark");
    // Missing where nobody was killed before.
    let _ = std::fs::remove_file(&mark);
    let mut command = site.command("yes");
    command
        .env("LD_PRELOAD", shim)
        .env("KILL_IN", victim)
        .env("KILL_AT", number.to_string())
        .env("KILL_MARK", &mark);
    let ran = cc::run(&mut command, "", cc::LIMIT);
    assert!(ran.stdout.starts_with("this is version 1.0.0\n"), "{ran:?}");
    if site.find_staging().is_some() {
        site.wait_for_helper();
    }
    if victim == "program" {
        assert_eq!(ran.exit.is_none(), mark.exists(), "{ran:?}");
    }
    mark.exists()
}

/// Starts the program as its user would, until it is the new one and nothing is left of the upgrade.
fn made_good(site: &Site) {
    for _ in 0..5 {
        let ran = site.run("yes");
        assert_eq!(ran.exit, Some(0), "{ran:?}");
        site.wait_for_helper();
        if ran.stdout.starts_with("this is version 2.0.0\n") && site.left().is_empty() {
            return;
        }
        assert!(ran.stdout.starts_with("this is version "), "{ran:?}");
    }
    panic!("still not good: {:?}", site.left());
}

/// How often that was.
fn kill_at_every_step(victim: &str) -> usize {
    let site = Site::new();
    let shim = site.compile_shim(&cc::root().join("tests/support/kill_at.c"));
    site.release("2.0.0", &Release::default());
    for number in 1.. {
        if !killed_at(&site, &shim, victim, number) {
            return number - 1;
        }
        made_good(&site);
        site.begin_anew();
    }
    unreachable!()
}

#[test]
fn a_program_that_is_killed_at_any_step_of_staging_is_upgraded_in_the_end() {
    let steps = kill_at_every_step("program");
    println!("{steps} steps");
    assert!(steps >= 10, "{steps}");
}

#[test]
fn a_helper_that_is_killed_at_any_step_installs_in_the_end() {
    let steps = kill_at_every_step("iscdesk");
    println!("{steps} steps");
    assert!(steps >= 10, "{steps}");
}
