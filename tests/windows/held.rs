//! A state file that another program has open and shares with nobody: what `tests/c/windows/held.c` checks.

use super::{CODE, Site};
use crate::cc::{self, Language};
use serde_json::json;
use std::sync::Once;

const SECOND: &str = "PL-9876543210";
const PROGRAM: &str = "held.exe";

fn check(scenario: &str) {
    static MADE: Once = Once::new();
    let Some(site) = Site::new() else { return };
    MADE.call_once(|| {
        let source = cc::root().join("tests/c/windows/held.c");
        let link = ["libiscdesk.dll.a"];
        site.workshop.make(&source, Language::C, PROGRAM, &link);
    });
    let second = json!({"license": SECOND, "product_id": "P1", "amount": 3});
    site.sandbox.license(second);
    let config = site.config(json!({}));
    let mut program = site.workshop.command(PROGRAM);
    program.args([&config, &site.data_dir(), CODE, SECOND, scenario]);
    let ran = site.run(&mut program, "");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn an_activation_is_saved_when_a_scanner_is_done() {
    check("for a while");
}

#[test]
fn a_file_that_stays_held_is_told_and_saved_later() {
    check("for ever");
}

#[test]
fn a_file_that_is_held_at_the_start_is_read_when_it_is_free() {
    check("at the start");
}

#[test]
fn what_is_known_stays_while_a_changed_file_is_held() {
    check("changed and held");
}
