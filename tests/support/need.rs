//! Tools that a test wants but a machine may lack.

// Each test file uses another part of this.
#![allow(dead_code)]

use std::process::{Command, Stdio};

/// True where `tool` can be run. Else the test says so and skips itself, or fails where `ISC_REQUIRE_ALL` is 1: on the
/// machines that are meant to have everything.
pub fn need(tool: &str) -> bool {
    let found = Command::new(tool)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    is_there(found, tool)
}

/// As [`need`], for what cannot be run.
pub fn is_there(found: bool, what: &str) -> bool {
    if !found {
        let all = std::env::var("ISC_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!all, "there is no {what}, and ISC_REQUIRE_ALL is set");
        println!("skipped: no {what}");
    }
    found
}
