//! Tools that a test wants but a machine may lack.

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
    if !found {
        let all = std::env::var("ISC_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!all, "there is no {tool}, and ISC_REQUIRE_ALL is set");
        println!("skipped: no {tool}");
    }
    found
}
