//! The guided tour as Windows programs have it: `iscdesk demo --windows`.
#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/mingw.rs"]
mod mingw;
#[path = "support/need.rs"]
mod need;

use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// With what it builds first; told within half a minute.
const LIMIT: Duration = Duration::from_secs(900);

fn demo(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iscdesk"));
    command.arg("demo").args(args);
    command
}

#[test]
fn the_demo_goes_as_told_under_wine() {
    if !mingw::has_wine() || !mingw::can_build(mingw::X64) {
        return;
    }
    let ran = cc::run(&mut demo(&["--windows", "--json"]), "", LIMIT);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let chapters = told["chapters"].as_array().unwrap();
    assert_eq!(chapters.len(), 10, "{told}");
    let built = chapters[0]["found"].as_str().unwrap();
    assert!(built.ends_with("iscdesk.dll"), "{built}");
}

#[test]
fn without_its_tools_it_says_what_to_install() {
    // As `cargo demo -- --windows` hands it over.
    let mut command = demo(&["--", "--windows"]);
    let ran = cc::run(command.env("PATH", "/nonexistent"), "", cc::LIMIT);
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    for told in ["MinGW", "apt install gcc-mingw-w64-x86-64 wine64"] {
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
    }
    assert!(!ran.stdout.contains("1. "), "{ran:?}");
}
